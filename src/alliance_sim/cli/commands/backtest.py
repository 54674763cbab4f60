"""``backtest``: forecasts of years that were held back, scored beside simple rivals."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from alliance_sim.cli.app import app
from alliance_sim.cli.guard import guarded
from alliance_sim.cli.layout import print_json
from alliance_sim.cli.options import (
    AsJson,
    Measure,
    NoPlots,
    ObservationFiles,
    Quiet,
    Runs,
    Scheduler,
    Seed,
    SourceOf,
    Workers,
)
from alliance_sim.cli.recording import command_line

if TYPE_CHECKING:
    from alliance_sim.simulate.backtest_data import Backtest


@app.command(
    epilog="Example: alliance-sim backtest --observations votes.csv --from 2012 --to 2016\n\n"
    "Example: alliance-sim backtest --observations votes.csv --observations later.csv "
    "--from 2017 --to 2024 --conditional"
)
@guarded
def backtest(
    context: typer.Context,
    first: Annotated[
        int, typer.Option("--from", metavar="YEAR", help="First year that is forecast.")
    ],
    last: Annotated[int, typer.Option("--to", metavar="YEAR", help="Last year that is forecast.")],
    observations: ObservationFiles = None,
    measure: Measure = "votes",
    source: SourceOf = None,
    conditional: Annotated[
        bool,
        typer.Option(
            "--conditional/--pure",
            help="Whether what comes from outside after an origin is known there.",
        ),
    ] = False,
    history: Annotated[
        str, typer.Option(metavar="SCENARIO", help="Scenario of known years to run.")
    ] = "history_1991_2016",
    posterior: Annotated[
        str,
        typer.Option(
            metavar="auto|none|FILE",
            help="Values laid over the world: the shipped ones that saw nothing after the first "
            "origin (auto), none, or those of a file.",
        ),
    ] = "auto",
    runs: Runs = 500,
    seed: Seed = 0,
    details: Annotated[
        bool, typer.Option("--details", help="Every horizon and both kinds of origins.")
    ] = False,
    workers: Workers = None,
    scheduler: Scheduler = None,
    out: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR",
            help="Folder for results; left out, results/backtest_FROM_TO.",
            show_default=False,
        ),
    ] = None,
    skill: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Also put the skill into this file, which holds it by observable.",
            show_default=False,
        ),
    ] = None,
    no_plots: NoPlots = False,
    quiet: Quiet = False,
    as_json: AsJson = False,
) -> None:
    """Forecast years that were held back, and score that beside simple rivals, in one table.

    Written: backtest.nc, the tables as CSV, pictures. Nothing after an origin is known at it but,
    with --conditional, what came from outside.
    """
    from alliance_sim.cli import jobs
    from alliance_sim.cli.hands import hands
    from alliance_sim.cli.progress import busy, progress
    from alliance_sim.observations.skill import Skill
    from alliance_sim.simulate.backtests import BacktestDesign, plan_backtest

    quiet = quiet or as_json
    with busy("reading", quiet):
        design = BacktestDesign(measure, source, conditional, posterior, runs)
        study = plan_backtest(observations or [], first, last, history, design, seed=seed)
        if skill is not None and skill.exists():
            Skill.read(skill)  # mistakes are told before anything runs
    folder = out or Path("results") / f"backtest_{first}_{last}"
    made = jobs.make_folder(folder)
    try:
        label = f"backtest, {len(study.origins)} origins"
        with hands(workers, scheduler) as several, progress(label, study.runs, quiet) as advance:
            simulated = study.simulated(several, advance)
        with busy("fitting, forecasting and scoring", quiet):
            found = study.scored(*simulated)
        _tell(
            found, (folder, skill), command_line(context), (details, not no_plots, quiet, as_json)
        )
    finally:
        jobs.remove_empty(made)


def _tell(
    found: Backtest,
    places: tuple[Path, Path | None],
    command: str,
    manner: tuple[bool, bool, bool, bool],
) -> None:
    from rich.text import Text

    from alliance_sim.cli import backtesting
    from alliance_sim.cli.backtest_views import backtest_view
    from alliance_sim.cli.layout import plain, show
    from alliance_sim.cli.progress import busy
    from alliance_sim.cli.tables import written_view

    folder, skill = places
    details, plots, quiet, as_json = manner
    with busy("writing results and drawing pictures", quiet):
        files = backtesting.write(found, folder, command, plots)
        if skill is not None:
            entry = found.skill_entry(command)
            backtesting.write_skill(entry, found.task.measure, skill)
    if as_json:
        named = [str(each) for each in (*files, skill) if each is not None]
        told = found.as_json() | {"command": command, "files": named}
        print_json(told)
        return
    notes = [Text(plain(note), style="dim") for note in found.notes]
    about = f"Seed {found.about['seed']}, {found.about['runs']:,} runs of "
    about += f"{found.about['scenario']} ({found.about['scenario_hash'][:12]})"
    where = written_view(files, folder) + (f"; skill to {skill}" if skill is not None else "")
    show(backtest_view(found.table, details), *notes, "", where, about)
