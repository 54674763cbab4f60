"""``report`` and ``plot``: pages and pictures from results that are there already."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from alliance_sim.cli.app import app
from alliance_sim.cli.guard import guarded
from alliance_sim.cli.options import Quiet


class Format(StrEnum):
    """Formats of pictures."""

    png = "png"
    svg = "svg"
    pdf = "pdf"


@app.command(
    epilog="Example: alliance-sim report results/us_exits_jcpoa -o jcpoa.html\n\n"
    "Example: alliance-sim report results/one results/two -o both.html --claims claims.json"
)
@guarded
def report(
    results: Annotated[
        list[Path],
        typer.Argument(metavar="RESULT...", help="Folders of results, or files of runs."),
    ],
    out: Annotated[
        Path | None,
        typer.Option(
            "--out",
            "-o",
            metavar="FILE",
            help="Page to write; left out, report.html in the folder of the first result.",
            show_default=False,
        ),
    ] = None,
    claims: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Verdicts on claims, as `alliance-sim claims --json` printed them.",
            show_default=False,
        ),
    ] = None,
    quiet: Quiet = False,
) -> None:
    """Write one self-contained HTML page about results; it opens offline.

    What compare, explain, sensitivity and discover left in a folder is shown as well.
    """
    from alliance_sim.cli.progress import busy
    from alliance_sim.report import write

    with busy("drawing pictures and writing the page", quiet):
        page = write(results, out, claims)
    print(f"Written: {page}")


@app.command(
    epilog="Example: alliance-sim plot results/us_exits_jcpoa --kind fan --dyad iran,russia\n\n"
    "Example: alliance-sim plot claims.json --kind forest --format svg"
)
@guarded
def plot(
    result: Annotated[
        Path,
        typer.Argument(
            metavar="RESULT",
            help="Folder of results, file of runs, or what `alliance-sim claims --json` printed.",
        ),
    ],
    out: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR", help="Folder for pictures; left out, RESULT/plots.", show_default=False
        ),
    ] = None,
    kinds: Annotated[
        list[str] | None,
        typer.Option(
            "--kind",
            metavar="NAME",
            help="Kind of picture: overview, fan, effect, horizon, classes, effects, network, "
            "matrix; attribution, utility, tornado, influence, conditions, variance_split, "
            "ridgeline, comembership of what other commands left; forest for claims. May be "
            "given again; left out, those that `run` draws.",
            show_default=False,
        ),
    ] = None,
    outcome: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="Pictures of this outcome alone.", show_default=False),
    ] = None,
    dyad: Annotated[
        str | None,
        typer.Option(
            metavar="A,B",
            help="Pictures of this recorded dyad alone; a,b or a->b.",
            show_default=False,
        ),
    ] = None,
    form: Annotated[Format, typer.Option("--format", help="Format of pictures.")] = Format.png,
    quiet: Quiet = False,
) -> None:
    """Draw the pictures of a result anew, or some of them."""
    from alliance_sim.cli.drawing import Wanted, draw
    from alliance_sim.cli.progress import busy

    wanted = Wanted(tuple(kinds or ()), outcome, dyad, form.value)
    with busy("drawing pictures", quiet):
        drawn = [*draw(result, wanted, out)]
    for each in drawn:
        print(f"Written: {each}")
