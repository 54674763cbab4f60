"""``sensitivity``: which uncertain numbers an outcome hangs on, and what those rest on."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Any

import typer

from alliance_sim.cli.app import app
from alliance_sim.cli.guard import guarded
from alliance_sim.cli.layout import print_json
from alliance_sim.cli.options import (
    Against,
    AsJson,
    Chance,
    NoPlots,
    Out,
    Quiet,
    ScenarioName,
    Scheduler,
    Seed,
    Settings,
    Theory,
    Workers,
)
from alliance_sim.cli.recording import command_line


class Method(StrEnum):
    """How to look."""

    both = "both"
    morris = "morris"
    sobol = "sobol"


@app.command(
    epilog="Example: alliance-sim sensitivity us_exits_jcpoa\n\n"
    "Example: alliance-sim sensitivity us_exits_jcpoa --outcome trade_volume --month 2020-05\n\n"
    "Example: alliance-sim sensitivity us_exits_jcpoa --no-baseline "
    "--outcome alliance_type=strategic_alliance"
)
@guarded
def sensitivity(
    context: typer.Context,
    scenario: ScenarioName,
    against: Against = None,
    no_baseline: Annotated[
        bool, typer.Option("--no-baseline", help="Look at the outcome itself, not at an effect.")
    ] = False,
    outcome: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME",
            help="Outcome, or condition such as alliance_type=tactical; several may be given. "
            "Left out, the scenario's first number.",
            show_default=False,
        ),
    ] = None,
    month: Annotated[
        str | None,
        typer.Option(metavar="YYYY-MM", help="Month; left out, the last.", show_default=False),
    ] = None,
    series: Annotated[
        bool, typer.Option("--series", help="Every month; the table shows the one of --month.")
    ] = False,
    method: Annotated[
        Method,
        typer.Option(
            help="Screen by elementary effects (morris), share variance (sobol), or share it "
            "among those that the screening finds (both)."
        ),
    ] = Method.both,
    top: Annotated[
        int, typer.Option(min=1, metavar="K", help="Numbers that get a share of their own.")
    ] = 10,
    points: Annotated[
        int, typer.Option(min=2, metavar="N", help="Rows of the Sobol design, a power of two.")
    ] = 1024,
    trajectories: Annotated[
        int, typer.Option(min=2, metavar="R", help="Trajectories of the screening.")
    ] = 20,
    parameters: Annotated[
        str,
        typer.Option(
            metavar="PATTERN",
            help="Look one by one only at numbers whose path fits, such as 'world.drivers.*'.",
        ),
    ] = "*",
    chance: Chance = False,
    seed: Seed = 0,
    settings: Settings = None,
    theory: Theory = None,
    workers: Workers = None,
    scheduler: Scheduler = None,
    out: Out = None,
    no_plots: NoPlots = False,
    quiet: Quiet = False,
    as_json: AsJson = False,
) -> None:
    """Share an outcome's variance among the uncertain numbers, each with its source.

    What comes of it is told by number and by what numbers rest on: judgement, data, the paper,
    and chance. Written to the scenario's folder: sensitivity.nc, sensitivity.csv, a picture.
    """
    from alliance_sim.cli import analysing
    from alliance_sim.cli.hands import hands
    from alliance_sim.simulate import SensitivityDesign, plan_sensitivity

    design = SensitivityDesign(method.value, points, trajectories, top, parameters, series, chance)
    quiet = quiet or as_json
    with analysing.prepared(
        scenario, (settings, theory), out, against, not no_baseline, quiet
    ) as job:
        study = plan_sensitivity(job.scenario, job.baseline, outcome or (), month, design, seed)
        if not quiet:
            analysing.say(analysing.cost_of(study))
        with hands(workers, scheduler) as several:
            data = analysing.run_plan(study, "sensitivity", several, quiet)
        data.attrs["command"] = command_line(context)
        found = analysing.SensitivityFinding(job, data, month)
        _tell(found, not no_plots, quiet, as_json)


def _tell(found: Any, plots: bool, quiet: bool, as_json: bool) -> None:
    """Write and print."""
    from alliance_sim.cli import shares as view
    from alliance_sim.cli.layout import show
    from alliance_sim.cli.progress import busy

    with busy("writing results and drawing pictures", quiet):
        files = found.write(plots)
    if as_json:
        print_json(view.as_json(found, files))
        return
    show(view.sensitivity_view(found), "", *view.files_view(found, files))
