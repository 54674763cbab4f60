"""A comparison as plain data: its outcomes at the horizon, row by row, and one JSON object."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from alliance_sim.analysis.variance import COMPONENTS
from alliance_sim.cli.comparing import Comparison
from alliance_sim.spec.base import month_number, month_text
from alliance_sim.validation import KEY, said_of
from alliance_sim.wording import finite

if TYPE_CHECKING:
    import xarray as xr

Row = Mapping[str, Any]
"""What is known of one outcome at the horizon, by the names of the dataset."""


def rows_of(data: xr.Dataset) -> Iterator[dict[str, Any]]:
    """What is said of each outcome at the last month."""
    for place, outcome in enumerate(data["outcome"].to_numpy()):
        one = data.isel(outcome=place, month=-1)
        flat = {str(name): one[name].item() for name in one.variables if not one[name].dims}
        yield flat | {"outcome": str(outcome)}


def is_class_row(row: Row) -> bool:
    """Whether an outcome is a relation class."""
    return bool(row.get("class_change", np.nan) == row.get("class_change", np.nan))


def as_json(found: Comparison) -> dict[str, Any]:
    """A comparison as plain data at the horizon, without infinities and NaN.

    Months of divergence count from the first month; null is later than the horizon.
    """
    data, attributes, plan = found.data, found.data.attrs, found.plan
    horizon = plan.pairs[0].scenario.horizon
    last = month_text(month_number(horizon.start) + horizon.months)
    about = json.loads(attributes["scenarios"])
    return {
        "baseline": {"scenario": plan.baseline_label, "title": attributes["baseline_title"]},
        "month": last,
        "seed": attributes["seed"],
        "runs": attributes["runs"],
        "replicates": attributes["replicates"],
        "sampling": attributes["sampling"],
        "horizon": horizon.model_dump(),
        "drivers": attributes["drivers"],
        "theories": plan.theories,
        "scenarios": [
            {"scenario": label, **about[label], **_scenario_json(data.sel(scenario=label))}
            for label in plan.scenarios
        ],
        "files": [str(path) for path in found.files],
    }


def _scenario_json(data: xr.Dataset) -> dict[str, Any]:
    found: dict[str, Any] = {"theories": {}}
    for theory in data["theory"].to_numpy():
        of_pair = data.sel(theory=theory)
        outcomes = {row["outcome"]: _outcome_json(row) for row in rows_of(of_pair)}
        found["theories"][str(theory)] = {"outcomes": outcomes}
        if "relation" in of_pair:
            found["theories"][str(theory)]["transitions"] = list(_transitions(of_pair))
    if "variance_total" in data:
        rows = rows_of(data.isel(theory=0))
        found["variance"] = {row["outcome"]: _variance_json(row) for row in rows}
    return found


def _outcome_json(row: Row) -> dict[str, Any]:
    about = {"name": row["outcome_name"], "unit": row["unit"], KEY: said_of(row)}
    divergence = {kind: _part(row, f"divergence_{kind}_") for kind in ("first", "lasting")}
    when = {"divergence": {**divergence, "mean": finite(row["divergence_mean"])}}
    if is_class_row(row):
        share, off = row["class_change"], row["class_change_error"]
        return {**about, "class_change": {"share": share, "error": finite(off)}, **when}
    keys = ("effect_mean", "effect_median", "share_up", "share_down")
    effect = {key.removeprefix("effect_"): finite(row[key]) for key in keys}
    effect |= {key.removeprefix("effect_") + "_error": finite(row[f"{key}_error"]) for key in keys}
    effect |= _part(row, "effect_q", keep="q")
    pairing = {
        "unpaired_variance": finite(row["unpaired_variance"]),
        "paired_variance": finite(row["paired_variance"]),
        **_part(row, "pairing_"),
    }
    least = {"smallest_effect": row["smallest_effect"]}
    return {**about, **least, "effect": effect, "pairing": pairing, **when}


def _part(row: Row, prefix: str, keep: str = "") -> dict[str, Any]:
    """Entries whose names begin alike, by the rest of their names."""
    return {
        keep + name.removeprefix(prefix): finite(value)
        for name, value in row.items()
        if name.startswith(prefix)
    }


def _variance_json(row: Row) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for part in (*COMPONENTS, "total"):
        values = {"variance": row[f"variance_{part}"], "error": row[f"variance_{part}_error"]}
        if part != "total":
            values |= {"share": row[f"share_{part}"], "share_error": row[f"share_{part}_error"]}
        found[part] = {key: finite(value) for key, value in values.items()}
    return found


def _transitions(of_pair: xr.Dataset) -> Iterator[dict[str, Any]]:
    """Moves between classes that any run makes, and runs that stay."""
    table = of_pair[["transition", "transition_error"]].to_dataframe().reset_index()
    for row in table[table["transition"] > 0].to_dict("records"):
        yield {
            "relation": row["relation"],
            "from": row["from_class"],
            "to": row["to_class"],
            "share": row["transition"],
            "error": finite(row["transition_error"]),
        }
