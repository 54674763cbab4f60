"""``explain``: what moved an alignment, and the story of one run."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from alliance_sim.cli.app import app
from alliance_sim.cli.guard import guarded
from alliance_sim.cli.layout import print_json, show
from alliance_sim.cli.options import (
    Against,
    AsJson,
    NoPlots,
    Out,
    Quiet,
    Runs,
    ScenarioName,
    Scheduler,
    Seed,
    Settings,
    Theory,
    Workers,
)
from alliance_sim.cli.recording import command_line

RunNumber = Annotated[
    int | None,
    typer.Option(
        "--run",
        min=0,
        metavar="R",
        help="Tell the story of this run, from 0, instead of explaining the ensemble.",
        show_default=False,
    ),
]
Dyads = Annotated[
    list[str] | None,
    typer.Option(
        "--dyad",
        metavar="A,B",
        help="Dyad to explain, a,b or a->b; may be given again. Left out, the first that the "
        "scenario records; for a run, all of them.",
        show_default=False,
    ),
]


@app.command(
    epilog="Example: alliance-sim explain us_exits_jcpoa --dyad iran,russia\n\n"
    "Example: alliance-sim explain us_exits_jcpoa --run 3 --dyad iran,china"
)
@guarded
def explain(
    context: typer.Context,
    scenario: ScenarioName,
    against: Against = None,
    no_baseline: Annotated[
        bool, typer.Option("--no-baseline", help="Explain the change since the base date.")
    ] = False,
    run: RunNumber = None,
    dyads: Dyads = None,
    runs: Runs = 512,
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
    """Say what mechanisms and drivers moved an alignment, in parts that add up to it.

    With --run, tell one run month by month: what came from outside, what each side weighed and
    decided, and what followed.
    """
    from alliance_sim.cli import explaining
    from alliance_sim.cli import jobs as preparing
    from alliance_sim.cli.hands import hands
    from alliance_sim.cli.progress import busy

    quiet = quiet or as_json
    with busy("reading", quiet):
        chosen = preparing.Settings(tuple(settings or ()), theory)
        (job,) = preparing.prepare([scenario], chosen, out, not no_baseline, against)
    try:
        # The story of one run is the same, however many there are.
        command = command_line(context, **({} if run is None else {"runs": None}))
        with hands(workers, scheduler) as several:
            asked = explaining.Asked(tuple(dyads or ()), runs, seed, several, not no_plots, command)
            answer: Any = (
                explaining.ensemble(job, asked, quiet)
                if run is None
                else explaining.story(job, asked, run)
            )
    finally:
        preparing.tidy([job])
    if as_json:
        print_json(answer.as_json())
    else:
        show(*answer.view())
