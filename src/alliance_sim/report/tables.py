"""Outcomes, effects and relation classes at the horizon, ready to be printed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from alliance_sim import validation
from alliance_sim.analysis import summary
from alliance_sim.plots import style
from alliance_sim.report import words
from alliance_sim.report.folders import Result
from alliance_sim.report.validations import class_mark

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr

View = Mapping[str, Any]

LEAST_SHARE = 5e-4
"""Share of runs below which a relation class rounds to none, and is left out."""
LEAST_SEEN = 0.005
"""Share of runs in another class from which a picture of classes shows anything."""


def month(data: xr.Dataset, place: int) -> str:
    """A month of a dataset, YYYY-MM."""
    return str(data["month"].to_numpy()[place])[:7]


def rows(table: pd.DataFrame) -> Iterator[tuple[Any, dict[str, Any]]]:
    """Label and values of every row of a table."""
    for name, row in zip(table.index, table.to_dict("records"), strict=True):
        yield name, {str(key): value for key, value in row.items()}


def effects(result: Result) -> View:
    """Outcomes at the horizon, and their differences from the baseline, ready to be printed."""
    table = summary.horizon_table(result.data, result.baseline)
    listed = [row for _, row in rows(table)]
    return {
        "when": month(result.data, -1),
        "levels": [_level(row) for row in listed],
        "effects": [_effect(row) for row in listed] if result.baseline is not None else [],
        "baseline": words.known(result.data.attrs, "baseline"),
        "runs": result.runs,
        "notes": validation.notes(row[validation.KEY] for row in listed),
    }


def _level(row: Mapping[str, Any]) -> View:
    places = words.digits(row["q05"], row["q95"])
    shown = {key: words.plain(row[key], places) for key in ("median", "q25", "q75", "q05", "q95")}
    return {
        "name": row["name"],
        "unit": row["unit"],
        "mark": validation.mark(row[validation.KEY]),
        **shown,
        "error": words.error(row["median_error"], places),
    }


def _effect(row: Mapping[str, Any]) -> View:
    places = words.digits(row["effect_q05"], row["effect_q95"])
    keys = ("mean", "median", "q05", "q95")
    return {
        "name": row["name"],
        "unit": row["unit"],
        "mark": validation.mark(row[validation.KEY]),
        **{key: words.signed(row[f"effect_{key}"], places) for key in keys},
        "error": words.error(row["effect_mean_error"], places),
        "up": words.percent(row["share_up"]),
        "down": words.percent(row["share_down"]),
    }


def across(results: Sequence[Result]) -> list[View]:
    """A row for each outcome of any result, with what each result says of it."""
    found = [
        dict(rows(summary.horizon_table(each.data, each.baseline))) if each.has_runs else {}
        for each in results
    ]
    listed: list[View] = []
    for name in dict.fromkeys(name for each in found for name in each):
        records = [each.get(name) for each in found]
        first = next(record for record in records if record)
        cells = [_cell(record) if record else "–" for record in records]
        said = validation.marks(record[validation.KEY] for record in records if record)
        about = {"name": first["name"], "unit": first["unit"], "mark": said}
        listed.append({**about, "cells": cells})
    return listed


def _cell(row: Mapping[str, Any]) -> str:
    if "effect_mean" not in row:
        shown = _level(row)
        return f"level {shown['median']} [{shown['q05']}, {shown['q95']}]"
    shown = _effect(row)
    return f"{shown['mean']} [{shown['q05']}, {shown['q95']}]"


# -- relation classes ----------------------------------------------------------------------


def relations(data: xr.Dataset) -> list[str]:
    """Class outcomes and recorded pairs; a pair that an outcome reports counts once."""
    found: list[str] = []
    seen: list[Any] = []
    for name in summary.classed_names(data):
        codes = summary.codes(data, name).to_numpy()
        if not any(np.array_equal(codes, other) for other in seen):
            found.append(name)
        seen += [codes] if name in data.data_vars else []
    return found


def moves(data: xr.Dataset, name: str) -> bool:
    """Whether more runs than can be seen are ever in another class than the first month's usual."""
    codes = summary.codes(data, name).to_numpy()
    usual = np.bincount(codes[:, 0].astype(np.intp)).argmax()
    return bool((codes != usual).mean(axis=0).max() >= LEAST_SEEN)


def class_word(name: str) -> str:
    """A relation class in plain words."""
    return style.class_label(name)


def relation(result: Result, name: str) -> View:
    """Shares of one relation's classes; those that no run is in are left out."""
    shares = summary.class_shares(result.data, name, baseline=result.baseline)
    listed = []
    for each, row in rows(shares):
        if max(row["share"], row.get("baseline_share", 0.0)) < LEAST_SHARE:
            continue
        shown = {"class": class_word(str(each)), "share": words.percent(row["share"], 1)}
        shown["error"] = words.plain(100 * row["error"], 1)
        if "difference" in row:
            shown["change"] = words.signed(100 * row["difference"], 1)
            shown["change_error"] = words.plain(100 * row["difference_error"], 1)
        listed.append(shown)
    mark = class_mark(result, name)
    return {"name": style.relation(result.data, name), "mark": mark, "rows": listed}
