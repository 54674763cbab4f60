"""Results on disk: the files of a folder of results, written whole and read back.

Runs are Zarr stores (:mod:`alliance_sim.store.runs`), and grow block by block; what is worked out
of them is NetCDF.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from alliance_sim.errors import InputError, Problem
from alliance_sim.store import needed, netcdf, runs
from alliance_sim.validation import KEY

if TYPE_CHECKING:
    import xarray as xr

# -- names of the files in a folder of results ---------------------------------------------

RUNS = ".zarr"
"""How the name of a store of runs ends."""
RESULT, BASELINE = f"result{RUNS}", f"baseline{RUNS}"
"""The runs of a scenario, and those of its baseline."""
COMPARISON, EFFECTS = "comparison.nc", "effects.nc"
"""What scenarios change by month, and their effects at the horizon run by run."""
EXPLANATION, LOG = "explanation.nc", "log_run_{run}.txt"
"""What moved alignments, and the story of one run."""
SENSITIVITY = "sensitivity.nc"
"""On which uncertain numbers outcomes hang."""
CALIBRATION = "calibration.nc"
"""What a calibration found, and how it went."""
BACKTEST = "backtest.nc"
"""How good forecasts of years that were held back were."""
DISCOVERY, POINTS = "discovery.json", "discovery.nc"
"""The conditions under which an outcome comes about, and the points that they were found among."""
BLOCS, PARTITIONS, BLOCS_PICTURE = "blocs.nc", "blocs.json", "blocs.png"
"""How often actors share a bloc, the partitions of a system, and a picture of either."""
REPORT = "report.html"
"""The page about all of it."""
PLOTS = "plots"
"""The folder of pictures within it."""


EXPORT = "export"
"""The folder of tables for other programs within it."""
FOLDERS = (RESULT, BASELINE, PLOTS, EXPORT)
MOST_JSON = 2**23
"""Bytes of a file of JSON that is read."""


def table(name: str) -> str:
    """The file of a table in a folder of results."""
    return f"{name}.csv"


# -- datasets ------------------------------------------------------------------------------


def write(data: xr.Dataset, path: Path) -> Path:
    """Write a dataset; a path that ends in .zarr is one of runs."""
    return runs.write(data, path) if path.suffix == RUNS else netcdf.write(data, path)


def read(path: Path) -> xr.Dataset:
    """A dataset that :func:`write`, or a run, wrote; text is text again.

    Raises:
        InputError: where it is missing, damaged, or is no such dataset.
    """
    data = runs.read(path) if path.suffix == RUNS or path.is_dir() else netcdf.read(path)
    for name, each in data.variables.items():
        if not _is_described(each.attrs):
            what = f"'{path}' holds no results as this library writes them: '{name}' has odd notes"
            raise InputError([Problem(what, "give what a command of alliance-sim wrote")])
    needed.check_needed(path, data)
    return data


_TEXTS = ("long_name", "units", "about", "flag_meanings", KEY)
_NUMBERS = {"valid_range": 2, "smallest_effect": 1}


def _is_described(notes: Mapping[str, Any]) -> bool:
    """Whether tables and pictures can use what a variable says of itself."""
    try:
        numbers = {key: np.asarray(notes[key]) for key in _NUMBERS if key in notes}
    except ValueError:  # lists of different lengths
        return False
    return all(isinstance(notes.get(key, ""), str) for key in _TEXTS) and all(
        each.dtype.kind in "if" and each.size == _NUMBERS[key] for key, each in numbers.items()
    )


def is_runs(path: Path) -> bool:
    """Whether a path is a store of runs, whatever its name: by its ending, or by what is in it."""
    return path.suffix == RUNS or (path / "zarr.json").is_file()


def open_results(place: str | Path) -> xr.Dataset:
    """The runs that a folder of results, or a single file or store, holds.

    Small results are in memory; large ones are read when they are looked at.

    Raises:
        InputError: where there are none, or they are damaged.

    Example:
        >>> import alliance_sim as al
        >>> al.open_results("results/nowhere")
        Traceback (most recent call last):
        alliance_sim.errors.InputError: there is no folder 'results/nowhere/result.zarr'; ...
    """
    path = Path(place)
    return read(path if is_runs(path) or path.suffix == ".nc" else path / RESULT)
