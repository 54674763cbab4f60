"""Runs as files for other programs: Parquet, CSV, NetCDF; written block by block."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, get_args

import numpy as np

from alliance_sim.errors import InputError, Problem
from alliance_sim.files import replacing
from alliance_sim.results import class_names, is_class, outcome_names
from alliance_sim.rng import BLOCK
from alliance_sim.store import netcdf

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr

Form = Literal["parquet", "csv", "netcdf"]
_MOST_NETCDF = 2**32 - 4
"""Bytes of a variable that NetCDF 3 can hold."""


def export(ds: xr.Dataset, folder: Path, form: Form, prefix: str = "") -> list[Path]:
    """Write runs into a folder in another form.

    Args:
        ds: the runs of a scenario.
        folder: where the files go; made, if it is not there.
        form: ``parquet`` and ``csv`` give two tables: ``runs``, a row for each run and month with
            every outcome, the alignment of every recorded dyad and the class of every recorded
            pair; and ``parameters``, a row for each run with every value drawn. ``netcdf`` gives
            one file with everything.
        prefix: what the names of the files begin with.

    Returns:
        The files.

    Raises:
        InputError: where there is no such form, or one needs a library that is not installed, or
            cannot hold so much.
    """
    if form not in get_args(Form):
        raise InputError([Problem(f"'{form}' is no format", "use parquet, csv or netcdf")])
    folder.mkdir(parents=True, exist_ok=True)
    if form == "netcdf":
        _refuse_what_netcdf_cannot_hold(ds)
        return [netcdf.write(ds, folder / f"{prefix}runs.nc")]
    write = _write_parquet if form == "parquet" else _write_csv
    tables: dict[str, Callable[[xr.Dataset], pd.DataFrame]] = {"runs": months_table}
    if "parameters" in ds:
        tables["parameters"] = parameters_table
    return [
        write(map(table, _blocks(ds)), folder / f"{prefix}{name}.{form}")
        for name, table in tables.items()
    ]


def months_table(ds: xr.Dataset) -> pd.DataFrame:
    """A row for each run and month: outcomes, alignments and relation classes, classes in words."""
    import pandas as pd

    runs, months = ds["run"].to_numpy(), np.datetime_as_string(ds["month"].to_numpy(), "M")
    columns: dict[str, Any] = {
        "run": np.repeat(runs, len(months)),
        "month": np.tile(months, len(runs)),
    }
    for name in outcome_names(ds):
        values = ds[name].transpose("run", "month").to_numpy().ravel()
        columns[name] = _in_words(ds, name, values) if is_class(ds, name) else values
    for name, dim in (("alignment", "dyad"), ("relation_class", "pair")):
        if name in ds:
            whole = ds[name].transpose(dim, "run", "month").to_numpy()
            for each, values in zip(ds[dim].to_numpy(), whole, strict=True):
                flat = values.ravel()
                told = flat if name == "alignment" else _in_words(ds, name, flat)
                columns[f"{name} {each}"] = told
    return pd.DataFrame(columns)


def parameters_table(ds: xr.Dataset) -> pd.DataFrame:
    """A row for each run: the value drawn for every uncertain number, by its path."""
    import pandas as pd

    names = [str(each) for each in ds["parameter"].to_numpy()]
    table = pd.DataFrame(ds["parameters"].transpose("run", "parameter").to_numpy(), columns=names)
    table.insert(0, "run", ds["run"].to_numpy())
    return table


def _in_words(ds: xr.Dataset, name: str, codes: Any) -> Any:
    """Relation classes by their names."""
    import pandas as pd

    return pd.Categorical.from_codes(codes, pd.Index(class_names(ds, name)))


def _blocks(ds: xr.Dataset) -> Iterator[xr.Dataset]:
    """The runs in pieces that memory can hold."""
    for start in range(0, ds.sizes["run"], BLOCK):
        yield ds.isel(run=slice(start, start + BLOCK)).load()


def _write_csv(frames: Iterator[pd.DataFrame], path: Path) -> Path:
    with replacing(path) as part, part.open("w", encoding="utf-8", newline="") as file:
        for place, frame in enumerate(frames):
            frame.to_csv(file, index=False, header=not place)
    return path


def _write_parquet(frames: Iterator[pd.DataFrame], path: Path) -> Path:
    try:
        import pyarrow as pa
        import pyarrow.parquet as pq
    except ImportError as error:
        mend = "pip install 'alliance-sim[parquet]', or choose another format"
        raise InputError([Problem("Parquet needs pyarrow", mend)]) from error
    with replacing(path) as part:
        writer: Any = None
        try:
            for frame in frames:
                table = pa.Table.from_pandas(frame, preserve_index=False)
                writer = writer or pq.ParquetWriter(part, table.schema)
                writer.write_table(table)
        finally:
            if writer is not None:
                writer.close()
    return path


def _refuse_what_netcdf_cannot_hold(ds: xr.Dataset) -> None:
    large = [str(name) for name, each in ds.data_vars.items() if each.nbytes > _MOST_NETCDF]
    if large:
        what = f"NetCDF 3 cannot hold so many runs: {', '.join(large)}"
        raise InputError([Problem(what, "choose Parquet, or open the Zarr store as it is")])
