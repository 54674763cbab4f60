"""``run``: scenarios to distributions of outcomes."""

from __future__ import annotations

import sys
from typing import Annotated, Any

import typer

from alliance_sim.cli.app import app
from alliance_sim.cli.guard import FAILED, guarded, nothing_saved_yet
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
    resume: Annotated[
        bool,
        typer.Option(
            "--resume",
            help="Go on with runs that were interrupted, or add runs to those of the folder.",
        ),
    ] = False,
    quiet: Quiet = False,
    as_json: AsJson = False,
) -> None:
    """Run scenarios to distributions of outcomes, and to differences from their baseline.

    Results go to a folder: result.zarr (for xarray), summary.csv, classes.csv and pictures.
    """
    from alliance_sim.cli import jobs as preparing
    from alliance_sim.cli.hands import hands
    from alliance_sim.cli.progress import busy
    from alliance_sim.cli.running import Runner

    quiet = quiet or as_json
    chosen = preparing.Settings(tuple(settings or ()), theory, sampling.value if sampling else None)
    with busy("reading", quiet), nothing_saved_yet():
        jobs = preparing.prepare(scenarios, chosen, out, not no_baseline)
    commands = [command_line(context, scenarios=[each]) for each in scenarios]
    try:
        with hands(workers, scheduler) as several:
            runner = Runner(runs, seed, several, resume)
            runner.refuse_what_cannot_fit(jobs)
            _run_jobs(jobs, commands, runner, not no_plots, quiet, as_json)
    finally:
        preparing.tidy(jobs)


def _run_jobs(
    jobs: list[Any],
    commands: list[str],
    runner: Any,
    plots: bool,
    quiet: bool,
    as_json: bool,
) -> None:
    """Run one job after another; each is printed when it is done."""
    from alliance_sim.cli import running, tables
    from alliance_sim.cli.layout import show
    from alliance_sim.cli.progress import busy, progress
    from alliance_sim.results import failures_of

    found = []
    failed = False
    for place, (job, command) in enumerate(zip(jobs, commands, strict=True)):
        plan = runner.plan(job)
        if not quiet:
            for line in runner.expect(job, plan):
                print(line, file=sys.stderr)
        with progress(job.label, plan.left, quiet) as advance:
            finding = runner.find(job, advance)
        failed = failed or bool(failures_of(finding.data))
        with busy("writing results and drawing pictures", quiet):
            running.write(finding, command, plots)
        if as_json:
            found.append(running.as_json(finding))
            continue
        where = tables.files_view(finding.files, job.folder, finding.data.attrs)
        show(*([""] if place else []), tables.finding_view(finding), "", *where)
    if as_json:
        print_json(found[0] if len(found) == 1 else {"results": found})
    if failed:  # the warnings have said which
        raise typer.Exit(FAILED)
