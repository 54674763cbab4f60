"""``run``: scenarios to distributions of outcomes."""

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
    Theory,
    Workers,
)
from alliance_sim.cli.recording import command_line


@app.command(
    epilog="Example: alliance-sim run us_exits_jcpoa --runs 500 --seed 7\n\n"
    "Example: alliance-sim run mine.yaml --set horizon.months=36 --out results/short"
)
@guarded
def run(
    context: typer.Context,
    scenarios: Annotated[
        list[str],
        typer.Argument(metavar="SCENARIO", help="Shipped names, or paths of files."),
    ],
    runs: Runs = 2000,
    seed: Seed = 0,
    settings: Settings = None,
    theory: Theory = None,
    sampling: SamplingMethod = None,
    workers: Workers = None,
    scheduler: Scheduler = None,
    out: Out = None,
    no_plots: NoPlots = False,
    no_baseline: Annotated[
        bool, typer.Option("--no-baseline", help="Run without the scenario's baseline.")
    ] = False,
    quiet: Quiet = False,
    as_json: AsJson = False,
) -> None:
    """Run scenarios to distributions of outcomes, and to differences from their baseline.

    Results go to a folder: result.nc (for xarray), summary.csv, classes.csv and pictures.
    """
    from alliance_sim.cli import jobs as preparing
    from alliance_sim.cli.hands import hands
    from alliance_sim.cli.progress import busy

    quiet = quiet or as_json
    with busy("reading", quiet):
        chosen = preparing.Settings(
            tuple(settings or ()), theory, sampling.value if sampling else None
        )
        jobs = preparing.prepare(scenarios, chosen, out, not no_baseline)
    commands = [command_line(context, scenarios=[each]) for each in scenarios]
    try:
        with hands(workers, scheduler) as several:
            _run_jobs(jobs, commands, (runs, seed, several), not no_plots, quiet, as_json)
    finally:
        preparing.tidy(jobs)


def _run_jobs(
    jobs: list[Any],
    commands: list[str],
    size: tuple[int, int, Any],
    plots: bool,
    quiet: bool,
    as_json: bool,
) -> None:
    """Run one job after another; each is printed when it is done."""
    from alliance_sim.cli import running, tables
    from alliance_sim.cli.layout import show
    from alliance_sim.cli.progress import busy, progress

    runner = running.Runner(*size)
    found = []
    for place, (job, command) in enumerate(zip(jobs, commands, strict=True)):
        with progress(job.label, runner.work(job), quiet) as advance:
            finding = runner.find(job, advance)
        finding.data.attrs["command"] = command
        with busy("writing results and drawing pictures", quiet):
            running.write(finding, plots)
        if as_json:
            found.append(running.as_json(finding))
            continue
        where = tables.files_view(finding.files, job.folder, finding.data.attrs)
        show(*([""] if place else []), tables.finding_view(finding), "", *where)
    if as_json:
        print_json(found[0] if len(found) == 1 else {"results": found})
