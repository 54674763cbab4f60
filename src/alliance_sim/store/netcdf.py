"""Datasets as NetCDF 3, which needs no library beyond SciPy to be read."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from alliance_sim.errors import InputError, Problem
from alliance_sim.files import replacing
from alliance_sim.store.header import check_header
from alliance_sim.store.trust import DistrustError

if TYPE_CHECKING:
    import xarray as xr

_INT32 = 2**31
_FIRST_MONTH, _LAST_MONTH = "1677-09", "2262-04"
"""Between them xarray reads dates by itself; others are written as text, YYYY-MM."""


def write(data: xr.Dataset, path: Path) -> Path:
    """Write a dataset to a file, which is put in place whole."""
    # Its integers have 32 bits.
    large = {
        key: str(value)
        for key, value in data.attrs.items()
        if isinstance(value, int) and not -_INT32 <= value < _INT32
    }
    data = data.assign_attrs(large)
    # The format cannot hold what is empty, such as the values of no uncertain number.
    data = data.drop_dims([name for name, size in data.sizes.items() if not size])
    with replacing(path) as part:
        with_far_months_as_text(data).to_netcdf(part, engine="scipy", format="NETCDF3_64BIT")
    return path


def with_far_months_as_text(data: xr.Dataset) -> xr.Dataset:
    """Months that xarray cannot read back as dates, as text."""
    for name in [name for name, each in data.coords.items() if each.dtype.kind == "M"]:
        months = np.datetime_as_string(data[name].to_numpy(), "M")
        if not all(_FIRST_MONTH < str(month) < _LAST_MONTH for month in months):
            data = data.assign_coords({name: months})
    return data


def with_months_as_dates(data: xr.Dataset) -> xr.Dataset:
    """The opposite: months that were written as text, as dates."""
    month = data.coords.get("month")
    if month is None or month.dtype.kind not in "OSUT":
        return data
    dates = month.to_numpy().astype(str).astype("datetime64[M]")
    return data.assign_coords(month=dates.astype("datetime64[s]"))


def read(path: Path) -> xr.Dataset:
    """A dataset that :func:`write` wrote, in memory; text is text again.

    Raises:
        InputError: where the file is missing, or is no such dataset.
    """
    import xarray as xr

    try:
        check_header(path)
        with xr.open_dataset(path, engine="scipy") as opened:
            data = opened.load()
        texts = {
            name: each.astype(str).astype(object)
            for name, each in data.coords.items()
            if each.dtype.kind in "SU"
        }
        return with_months_as_dates(data.assign_coords(texts))
    except OSError as error:
        reason = str(error.strerror or error).lower()
        raise InputError([Problem(f"cannot read '{path}': {reason}", "name another")]) from error
    except DistrustError as error:
        what = f"'{path}' holds no results as this library writes them: {error}"
        raise InputError([Problem(what, "give what a command of alliance-sim wrote")]) from error
    except Exception as error:  # SciPy raises nearly anything on a file that is not NetCDF
        mend = "give a file or folder that a command of alliance-sim wrote"
        raise InputError([Problem(f"'{path}' holds no results", mend)]) from error
