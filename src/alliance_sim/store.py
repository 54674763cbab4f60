"""Datasets on disk: the files of a folder of results, written whole and read back."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from alliance_sim.errors import InputError, Problem

if TYPE_CHECKING:
    import xarray as xr

# -- names of the files in a folder of results ---------------------------------------------

RESULT, BASELINE = "result.nc", "baseline.nc"
"""The runs of a scenario, and those of its baseline."""
COMPARISON, EFFECTS = "comparison.nc", "effects.nc"
"""What scenarios change by month, and their effects at the horizon run by run."""
EXPLANATION, LOG = "explanation.nc", "log_run_{run}.txt"
"""What moved alignments, and the story of one run."""
SENSITIVITY = "sensitivity.nc"
"""On which uncertain numbers outcomes hang."""
DISCOVERY, POINTS = "discovery.json", "discovery.nc"
"""The conditions under which an outcome comes about, and the points that they were found among."""
BLOCS, PARTITIONS, BLOCS_PICTURE = "blocs.nc", "blocs.json", "blocs.png"
"""How often actors share a bloc, the partitions of a system, and a picture of either."""
REPORT = "report.html"
"""The page about all of it."""
PLOTS = "plots"
"""The folder of pictures within it."""


def table(name: str) -> str:
    """The file of a table in a folder of results."""
    return f"{name}.csv"


# -- datasets ------------------------------------------------------------------------------

_INT32 = 2**31
_FIRST_MONTH, _LAST_MONTH = "1677-09", "2262-04"
"""Between them xarray reads dates by itself; others are written as text, YYYY-MM."""


def write(data: xr.Dataset, path: Path) -> Path:
    """Write NetCDF 3, which needs no library beyond SciPy to be read; put in place whole."""
    # Its integers have 32 bits.
    large = {
        key: str(value)
        for key, value in data.attrs.items()
        if isinstance(value, int) and not -_INT32 <= value < _INT32
    }
    part = path.with_suffix(f"{path.suffix}.part")
    data = data.assign_attrs(large)
    # The format cannot hold what is empty, such as the values of no uncertain number.
    data = data.drop_dims([name for name, size in data.sizes.items() if not size])
    for name in [name for name, each in data.coords.items() if each.dtype.kind == "M"]:
        months = np.datetime_as_string(data[name].to_numpy(), "M")
        if not all(_FIRST_MONTH < str(month) < _LAST_MONTH for month in months):
            data = data.assign_coords({name: months})
    data.to_netcdf(part, engine="scipy", format="NETCDF3_64BIT")
    os.replace(part, path)
    return path


def read(path: Path) -> xr.Dataset:
    """A dataset that :func:`write` wrote, in memory; text is text again.

    Raises:
        InputError: where the file is missing, or is no such dataset.
    """
    import xarray as xr

    try:
        with xr.open_dataset(path, engine="scipy") as opened:
            data = opened.load()
    except OSError as error:
        reason = str(error.strerror or error).lower()
        raise InputError([Problem(f"cannot read '{path}': {reason}", "name another")]) from error
    except Exception as error:  # SciPy raises nearly anything on a file that is not NetCDF
        mend = "give a file or folder that a command of alliance-sim wrote"
        raise InputError([Problem(f"'{path}' holds no results", mend)]) from error
    texts = {
        name: each.astype(str).astype(object)
        for name, each in data.coords.items()
        if each.dtype.kind in "SU"
    }
    return data.assign_coords(texts)
