"""``claims``: each claim of the paper against the model."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from alliance_sim.cli.app import app
from alliance_sim.cli.guard import guarded
from alliance_sim.cli.layout import print_json
from alliance_sim.cli.options import AsJson, Quiet, Scheduler, Seed, Workers


@app.command(epilog="Example: alliance-sim claims --only C01,C02")
@guarded
def claims(
    only: Annotated[
        str | None,
        typer.Option(
            metavar="ID,...", help="Judge these claims alone, such as C01,C02.", show_default=False
        ),
    ] = None,
    runs: Annotated[
        int, typer.Option(min=1, metavar="N", help="Runs, and draws of the parameters.")
    ] = 2048,
    seed: Seed = 0,
    workers: Workers = None,
    scheduler: Scheduler = None,
    file: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="File of claims; left out, the shipped one.", show_default=False
        ),
    ] = None,
    quiet: Quiet = False,
    as_json: AsJson = False,
) -> None:
    """Hold each claim of the paper against the model: effect, doubts, and a verdict.

    The verdicts follow rules fixed beforehand, in docs/verdicts.md.
    """
    from alliance_sim.claims import plan_claims
    from alliance_sim.cli.hands import hands
    from alliance_sim.cli.progress import busy, progress

    quiet = quiet or as_json
    with busy("reading", quiet):
        ids = [each.strip() for each in only.split(",")] if only is not None else []
        plan = plan_claims(file, ids, runs, seed)
    with hands(workers, scheduler) as several, progress("claims", plan.work, quiet) as advance:
        report = plan.run(several, advance)
    if as_json:
        print_json(report.as_json())
        return
    from alliance_sim.cli.claims import claims_view
    from alliance_sim.cli.layout import show

    show(claims_view(report))
