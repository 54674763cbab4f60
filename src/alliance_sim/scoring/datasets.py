"""A table of a backtest as a dataset, for files and pictures."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    import xarray as xr

    from alliance_sim.scoring.table import Table

_TEXT = ["forecaster", "against", "origins", "fold", "horizon", "score"]


def as_dataset(table: Table) -> xr.Dataset:
    """Mean scores, skill with its interval, and histograms by bin.

    Dimensions: ``origins``, ``fold``, ``horizon`` (text; ``all`` is one), ``forecaster``,
    ``against`` (rivals), ``score`` (``crps``, ``error``), ``bin``. NaN where there is nothing.
    """
    import xarray as xr

    orders = {key: _order(table, key) for key in _TEXT}
    means = _cube(table.scores, ["origins", "fold", "horizon", "forecaster"], orders)
    skills = _cube(
        table.skill, ["origins", "fold", "horizon", "forecaster", "against", "score"], orders
    )
    bins = [name for name in table.pit if str(name).startswith("bin_")]
    counts = _cube(table.pit, ["fold", "forecaster"], orders)
    pit = xr.concat([counts[name] for name in bins], dim="bin").transpose("fold", "forecaster", ...)
    found = means.merge(skills.rename(low="skill_low", high="skill_high"))
    about = {
        key: json.dumps(value) if isinstance(value, list) else value
        for key, value in table.about.items()
    }
    title = f"Backtest of {table.about['measure']}, {table.about['first']} to {table.about['last']}"
    return found.assign(pit=pit).assign_attrs(title=title, **about)


def _order(table: Table, key: str) -> list[str]:
    """Labels in the order in which the table has them; horizons by years, all of them last."""
    frame = table.skill if key in table.skill else table.scores
    labels = [str(each) for each in dict.fromkeys(frame[key])]
    if key == "horizon":
        return sorted(labels, key=lambda label: int(label) if label.isdigit() else np.inf)
    return labels


def _cube(frame: pd.DataFrame, keys: list[str], orders: dict[str, list[str]]) -> xr.Dataset:
    """A frame as arrays over its keys, in doubles."""
    whole = pd.MultiIndex.from_product([orders[key] for key in keys], names=keys)
    cube = frame.set_index(keys).reindex(whole).astype(np.float64).to_xarray()
    return cube.reindex({key: orders[key] for key in keys})  # a product of keys is sorted
