"""``calibrate``: fit a world's uncertain numbers to what was observed of its dyads."""

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
    Scheduler,
    Seed,
    SourceOf,
    Workers,
)
from alliance_sim.cli.recording import command_line

if TYPE_CHECKING:
    from alliance_sim.simulate.calibrated import Calibration


@app.command(
    epilog="Example: alliance-sim calibrate --observations votes.csv --until 2011\n\n"
    "Example: alliance-sim calibrate --observations votes.csv --until 2016 "
    "--free 'world.drivers.*'"
)
@guarded
def calibrate(
    context: typer.Context,
    until: Annotated[
        int, typer.Option(metavar="YEAR", help="Last year that counts; nothing later does.")
    ],
    observations: ObservationFiles = None,
    scenario: Annotated[
        str, typer.Option(metavar="SCENARIO", help="History to run, with wide priors.")
    ] = "calibration_1991_2016",
    free: Annotated[
        list[str] | None,
        typer.Option(
            metavar="PATTERN",
            help="Paths of numbers to fit; left out, weights of mechanisms and flows.",
            show_default=False,
        ),
    ] = None,
    measure: Measure = "votes",
    source: SourceOf = None,
    particles: Annotated[
        int, typer.Option(min=50, metavar="N", help="Points of a generation.")
    ] = 512,
    most: Annotated[
        int, typer.Option(min=200, metavar="N", help="Runs of the search, at most.")
    ] = 16_000,
    pilot: Annotated[
        int,
        typer.Option(
            min=200, metavar="N", help="Runs to learn from; as many again check the calibration."
        ),
    ] = 2048,
    seed: Seed = 0,
    workers: Workers = None,
    scheduler: Scheduler = None,
    out: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR",
            help="Folder for results; left out, results/calibration_MEASURE_YEAR.",
            show_default=False,
        ),
    ] = None,
    no_plots: NoPlots = False,
    quiet: Quiet = False,
    as_json: AsJson = False,
) -> None:
    """Fit weights and flows to votes or other observations, by simulation (ABC-SMC).

    Written: posterior.yaml, which a world takes in with `extends`, calibration.nc with how it went,
    and a picture. Says whether the calibration can be believed, and what it cannot reproduce.
    """
    from alliance_sim.calibration import Effort
    from alliance_sim.cli import calibrating, jobs
    from alliance_sim.cli.hands import hands
    from alliance_sim.cli.progress import busy
    from alliance_sim.simulate.calibrations import FREE, CalibrationDesign, plan

    quiet = quiet or as_json
    with busy("reading", quiet):
        effort = Effort(particles=particles, most=most)
        design = CalibrationDesign(free or FREE, measure, source)
        study = plan(observations or [], until, scenario, design, seed)
    folder = out or Path("results") / f"calibration_{measure}_{study.panel.years[-1]}"
    made = jobs.make_folder(folder)
    try:
        with hands(workers, scheduler) as several:
            found = study.run(effort, pilot, several, calibrating.teller(quiet))
        _tell(found, folder, command_line(context), (not no_plots, quiet, as_json))
    finally:
        jobs.remove_empty(made)


def _tell(found: Calibration, folder: Path, command: str, manner: tuple[bool, bool, bool]) -> None:
    from alliance_sim.cli import calibrating
    from alliance_sim.cli.layout import show
    from alliance_sim.cli.progress import busy
    from alliance_sim.cli.tables import written_view

    plots, quiet, as_json = manner
    with busy("writing results and drawing pictures", quiet):
        data, files = calibrating.write(found, folder, command, plots)
    if as_json:
        print_json(calibrating.as_json(data, files))
        return
    show(calibrating.view(data), "", written_view(files, folder))
