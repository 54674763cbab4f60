"""``compare``: what scenarios change, run by run, under one theory or several."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from alliance_sim.cli.app import app
from alliance_sim.cli.guard import guarded
from alliance_sim.cli.layout import print_json
from alliance_sim.cli.options import (
    AsJson,
    NoPlots,
    Out,
    Quiet,
    Runs,
    SamplingMethod,
    Scheduler,
    Seed,
    Settings,
    Workers,
)
from alliance_sim.cli.recording import command_line


@app.command(
    epilog="Example: alliance-sim compare baseline_2018 us_exits_jcpoa --runs 500\n\n"
    "Example: alliance-sim compare baseline_2018 us_exits_jcpoa nato_expands --set drivers=false "
    "--theory all --theory balance_of_threat"
)
@guarded
def compare(
    context: typer.Context,
    baseline: Annotated[
        str,
        typer.Argument(metavar="BASELINE", help="What to measure against: a scenario."),
    ],
    scenarios: Annotated[
        list[str],
        typer.Argument(metavar="SCENARIO...", help="Shipped names, or paths of files."),
    ],
    runs: Runs = 1000,
    seed: Seed = 0,
    settings: Settings = None,
    theories: Annotated[
        list[str] | None,
        typer.Option(
            "--theory",
            metavar="NAME",
            help="Compare under this theory; may be given several times. 'all' admits all "
            "mechanisms. Left out, the scenarios' own.",
            show_default=False,
        ),
    ] = None,
    replicates: Annotated[
        int,
        typer.Option(
            min=1,
            metavar="K",
            help="Ensembles with the same parameters and other chance, to split the variance by; "
            "1 saves their time and splits nothing.",
        ),
    ] = 2,
    sampling: SamplingMethod = None,
    workers: Workers = None,
    scheduler: Scheduler = None,
    out: Out = None,
    no_plots: NoPlots = False,
    quiet: Quiet = False,
    as_json: AsJson = False,
) -> None:
    """Set scenarios against a baseline that shares every random draw, run by run.

    Effects by month, months of divergence, what pairing saves, and the variance split into
    parameters, chance and theory. Results go to results/SCENARIO, or for several scenarios to
    results/compare: comparison.nc and .csv, divergence.csv, variance.csv and pictures.
    """
    from alliance_sim.cli import comparing, jobs
    from alliance_sim.cli.hands import hands
    from alliance_sim.cli.progress import busy

    quiet = quiet or as_json
    with busy("reading", quiet):
        chosen = jobs.Settings(tuple(settings or ()), None, sampling.value if sampling else None)
        plan = comparing.prepare(baseline, scenarios, chosen, theories or None, replicates, out)
    command = command_line(context)
    try:
        with hands(workers, scheduler) as several:
            _compare(plan, (runs, seed, several), command, not no_plots, quiet, as_json)
    finally:
        jobs.remove_empty(plan.made)


def _compare(
    plan: Any,
    size: tuple[int, int, Any],
    command: str,
    plots: bool,
    quiet: bool,
    as_json: bool,
) -> None:
    """Run what was planned, write and print it."""
    from alliance_sim.cli import comparing, comparison_json, comparison_views
    from alliance_sim.cli.layout import show
    from alliance_sim.cli.progress import busy, progress
    from alliance_sim.cli.running import Runner
    from alliance_sim.cli.tables import written_view

    label = next(iter(plan.scenarios)) if len(plan.scenarios) == 1 else "compare"
    with progress(label, plan.ensembles * size[0], quiet) as advance:
        found = comparing.run(plan, Runner(*size), advance)
    with busy("writing results and drawing pictures", quiet):
        comparing.write(found, command, plots)
    if as_json:
        print_json(comparison_json.as_json(found))
        return
    show(comparison_views.comparison_view(found), "", written_view(found.files, plan.folder))
