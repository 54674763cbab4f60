"""Scenarios times theories side by side: the dataset of a comparison, and its tables."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from alliance_sim.analysis import effects
from alliance_sim.analysis.variance import COMPONENTS
from alliance_sim.validation import KEY

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr

Labels = Mapping[str, Sequence[str] | Sequence[int]]


def stacked(found: Sequence[xr.Dataset], labels: Labels) -> xr.Dataset:
    """Datasets of one shape under new leading dims, the last of which runs fastest."""
    import xarray as xr

    first, sizes = found[0], [len(each) for each in labels.values()]
    variables = {}
    for name, values in first.data_vars.items():
        whole = np.stack([each[name].to_numpy() for each in found])
        array = whole.reshape(*sizes, *values.shape)
        variables[name] = ((*labels, *values.dims), array, values.attrs)
    where = {name: list(each) for name, each in labels.items()}
    return xr.Dataset(variables, {**first.coords, **where}, shared_attributes(found))


def shared_attributes(found: Sequence[xr.Dataset]) -> dict[str, Any]:
    """Attributes that all agree on; a title for all, and the hashes of those that differ."""
    first = found[0].attrs
    attributes = {
        key: value
        for key, value in first.items()
        if all(str(each.attrs.get(key)) == str(value) for each in found)
    }
    if "title" not in attributes:
        titles = dict.fromkeys(str(each.attrs.get("title", "")) for each in found)
        attributes["title"] = f"{len(titles)} scenarios against {first.get('baseline_title', '')}"
    if "scenario_hash" not in attributes:
        hashes = dict.fromkeys(str(each.attrs.get("scenario_hash", "")) for each in found)
        attributes["scenario_hashes"] = json.dumps([*hashes])
    return attributes


def of_pair(baseline: xr.Dataset, scenario: xr.Dataset) -> xr.Dataset:
    """Effects by outcome and month, and moves between relation classes, of paired runs."""
    found = effects.effects(baseline, scenario)
    moves = effects.transitions(baseline, scenario)
    return found if moves is None else found.assign(moves.data_vars).assign_coords(moves.coords)


def comparison(
    pairs: Mapping[tuple[str, str], xr.Dataset], variances: Sequence[xr.Dataset] = ()
) -> xr.Dataset:
    """All pairs in one dataset.

    Args:
        pairs: what :func:`of_pair` gives, by scenario and theory, theories within scenarios.
        variances: what :func:`alliance_sim.analysis.variance.variance_split` gives, by
            scenario; none where the variance was not split.

    Returns:
        A dataset over scenario, theory, outcome and month with the variables of ``of_pair``,
        and those of the variances over scenario, outcome and month.
    """
    scenarios = list(dict.fromkeys(scenario for scenario, _ in pairs))
    theories = list(dict.fromkeys(theory for _, theory in pairs))
    whole = stacked(list(pairs.values()), {"scenario": scenarios, "theory": theories})
    if variances:
        whole = whole.assign(stacked(variances, {"scenario": scenarios}).data_vars)
    return whole


# -- tables --------------------------------------------------------------------------------


def effect_rows(whole: xr.Dataset) -> pd.DataFrame:
    """A row for each scenario, theory, outcome and month, a column for each statistic."""
    keys = ["scenario", "theory", "outcome", "month"]
    return _rows(whole, keys, _over(whole, keys))


def divergence_rows(whole: xr.Dataset) -> pd.DataFrame:
    """A row for each scenario, theory and outcome: months of divergence, from the first month."""
    keys = ["scenario", "theory", "outcome"]
    return _rows(whole, keys, _over(whole, keys))


def transition_rows(whole: xr.Dataset) -> pd.DataFrame:
    """A row for each scenario, theory, relation and pair of classes that any run moves between."""
    keys = ["scenario", "theory", "relation", "from_class", "to_class"]
    table = _rows(whole, keys, _over(whole, keys))
    return table[table["transition"] > 0].reset_index(drop=True)


def variance_rows(whole: xr.Dataset) -> pd.DataFrame:
    """A row for each scenario, outcome, month and component, with its share of the total."""
    import pandas as pd

    keys = ["scenario", "outcome", "month"]
    tables = []
    for each in (*COMPONENTS, "total"):
        names = {
            name: name.replace(f"_{each}", "")
            for name in _over(whole, keys)
            if f"_{each}" in name and name.startswith(("variance", "share"))
        }
        table = _rows(whole, keys, list(names)).rename(columns=names)
        table.insert(len(keys), "component", each)
        tables.append(table)
    return pd.concat(tables, ignore_index=True).dropna(subset="variance", ignore_index=True)


def _over(whole: xr.Dataset, keys: Sequence[str]) -> list[str]:
    """Variables with exactly these dims."""
    return [str(name) for name, each in whole.data_vars.items() if set(each.dims) == set(keys)]


def _rows(whole: xr.Dataset, keys: list[str], names: Sequence[str]) -> pd.DataFrame:
    """A column for each name; outcomes say how far they are validated before that."""
    names = [*([KEY] if "outcome" in keys and KEY in whole.coords else []), *names]
    table = whole[list(names)].to_dataframe(dim_order=keys)[list(names)].reset_index()
    if "month" in table:
        table["month"] = np.datetime_as_string(whole["month"].to_numpy(), "M")[
            np.tile(np.arange(whole.sizes["month"]), len(table) // whole.sizes["month"])
        ]
    return table
