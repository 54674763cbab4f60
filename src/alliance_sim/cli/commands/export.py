"""``export``: runs as files for other programs."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from alliance_sim.cli.app import app
from alliance_sim.cli.guard import guarded
from alliance_sim.cli.options import Quiet


class Form(StrEnum):
    """What other programs read."""

    parquet = "parquet"
    csv = "csv"
    netcdf = "netcdf"


@app.command(epilog="Example: alliance-sim export results/us_exits_jcpoa --format csv")
@guarded
def export(
    result: Annotated[
        Path, typer.Argument(metavar="RESULT", help="Folder of results, or a store of runs.")
    ],
    form: Annotated[
        Form, typer.Option("--format", help="What to write.", case_sensitive=False)
    ] = Form.parquet,
    out: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR", help="Folder for the files; left out, RESULT/export.", show_default=False
        ),
    ] = None,
    no_baseline: Annotated[
        bool, typer.Option("--no-baseline", help="Leave out the runs of the baseline.")
    ] = False,
    quiet: Quiet = False,
) -> None:
    """Write the runs of a result as Parquet, CSV or NetCDF, for other programs.

    Parquet and CSV: runs, a row for each run and month with every outcome, alignment and relation
    class; parameters, a row for each run with every value drawn. The runs of the baseline, where
    the folder has them, go to files of their own: baseline_runs, baseline_parameters.
    """
    import sys

    from alliance_sim.cli.jobs import unwritable
    from alliance_sim.cli.progress import busy
    from alliance_sim.files import check_inside
    from alliance_sim.report.folders import read_result
    from alliance_sim.store import BASELINE, EXPORT, tables

    found = read_result(result)
    if out is None:
        check_inside(found.folder, [EXPORT])
    folder = out or found.folder / EXPORT
    try:
        with busy("writing", quiet):
            files = tables.export(found.data, folder, form.value)
            if found.baseline is not None and not no_baseline:
                files += tables.export(found.baseline, folder, form.value, "baseline_")
    except OSError as error:
        raise unwritable(folder, error) from error
    if found.baseline is None and not no_baseline and (found.folder / BASELINE).exists():
        print(*found.notes, file=sys.stderr)  # it is there, and could not be used
    for each in files:
        print(f"Written: {each}")
