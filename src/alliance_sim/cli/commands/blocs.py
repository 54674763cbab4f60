"""``blocs``: the two-bloc partitions of a system, or of a scenario's actors at a month."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from alliance_sim.cli.app import app
from alliance_sim.cli.guard import guarded
from alliance_sim.cli.layout import print_json
from alliance_sim.cli.options import AsJson, Quiet, Runs, Scheduler, Seed, Settings, Theory, Workers
from alliance_sim.cli.recording import command_line
from alliance_sim.errors import InputError, Problem


class Sizes(StrEnum):
    """What counts as the size of a scenario's actors."""

    capability = "capability"
    equal = "equal"


OF_SCENARIOS = [
    "month",
    "run",
    "runs",
    "seed",
    "sizes",
    "settings",
    "theory",
    "workers",
    "scheduler",
]
"""Parameters that say how a scenario is run; a file is studied as it is."""


@app.command(
    epilog="Example: alliance-sim blocs examples/highland_tribes.csv\n\n"
    "Example: alliance-sim blocs us_exits_jcpoa --month 2020-01 --runs 500"
)
@guarded
def blocs(
    context: typer.Context,
    source: Annotated[
        str,
        typer.Argument(
            metavar="FILE|SCENARIO",
            help="A system of actors in YAML or CSV, or a scenario by name or path.",
        ),
    ],
    month: Annotated[
        str | None,
        typer.Option(
            metavar="YYYY-MM",
            help="Month of a scenario; left out, the end of its horizon.",
            show_default=False,
        ),
    ] = None,
    run: Annotated[
        int | None,
        typer.Option(
            min=0,
            metavar="R",
            help="Study this run of a scenario by itself, in place of all.",
            show_default=False,
        ),
    ] = None,
    runs: Runs = 1000,
    seed: Seed = 0,
    sizes: Annotated[
        Sizes, typer.Option(help="What counts as the size of a scenario's actors.")
    ] = Sizes.capability,
    top: Annotated[int, typer.Option(min=1, metavar="N", help="How many partitions to print.")] = 5,
    settings: Settings = None,
    theory: Theory = None,
    workers: Workers = None,
    scheduler: Scheduler = None,
    out: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR",
            help="Folder for a picture and the numbers; left out, nothing is written.",
            show_default=False,
        ),
    ] = None,
    quiet: Quiet = False,
    as_json: AsJson = False,
) -> None:
    """Find the blocs into which actors would fall, and how balanced their ties are.

    Of a file: every partition into two blocs by its energy (Axelrod and Bennett 1993), local
    minima with their basins, frustration, structural balance, weighted positions on issues. Of a
    scenario: how often each pair shares a bloc. Definitions are in docs/blocs.md.
    """
    from alliance_sim.cli import partitions as view
    from alliance_sim.cli.hands import hands
    from alliance_sim.cli.jobs import Settings as Chosen
    from alliance_sim.cli.layout import show

    quiet = quiet or as_json
    own = view.own_file(source)
    if own is not None:
        _refuse(context, source)
    with hands(workers, scheduler) as several:
        asked = view.Asked(source, own, month, run, runs, seed, sizes.value, several)
        found = view.find(asked, Chosen(tuple(settings or ()), theory), quiet)
    unused = OF_SCENARIOS if own is not None else ("runs",) if run is not None else ()
    command = command_line(context, **dict.fromkeys(unused))
    files = view.write(found, out, command) if out is not None else []
    if as_json:
        about = {"command": command, "files": [str(each) for each in files]}
        print_json(found.as_json() | about)
        return
    show(*view.blocs_view(found, top))
    if files:
        show("", "Written to:", *(f"  {each}" for each in files))


def _refuse(context: typer.Context, source: str) -> None:
    """Say which of the options given are for scenarios alone, where the source is a file."""
    given = []
    for each in context.command.params:
        origin = context.get_parameter_source(each.name or "")
        # By name, as typer's own copy of click may or may not be the one installed.
        if each.name in OF_SCENARIOS and origin is not None and "DEFAULT" not in origin.name:
            given.append(each.opts[0])
    if given:
        what = f"'{source}' is a system by itself, not a scenario that is run"
        raise InputError([Problem(what, f"leave {', '.join(given)} out")])
