"""Comparison, sensitivity and discovery, as their commands left them in a folder of results."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from alliance_sim import plots
from alliance_sim.analysis.comparison import COMPARISON
from alliance_sim.report import words
from alliance_sim.report.analyses import read
from alliance_sim.report.folders import Result
from alliance_sim.report.pictures import Album, Picture
from alliance_sim.report.tables import month

if TYPE_CHECKING:
    import xarray as xr

View = Mapping[str, Any]

SENSITIVITY, DISCOVERY = "sensitivity.nc", "discovery.json"
SHOWN = 15
"""Uncertain numbers named in a table of sensitivity."""
COMPONENTS = {"parameter": "parameters", "chance": "chance", "theory": "theories"}


# -- comparison ----------------------------------------------------------------------------


def comparison(result: Result, album: Album) -> View | None:
    """Paired effects by scenario and theory, when they begin, and what the spread is made of."""
    needed = ("effect_mean", "effect_mean_error", "divergence_lasting_q50", "outcome_name", "unit")
    found, note = read(result, COMPARISON, needed)
    if found is None:
        return {"note": note, "rows": [], "split": [], "pictures": []} if note else None
    several = found.sizes["scenario"] * found.sizes["theory"] > 1
    return {
        "note": note,
        "when": month(found, -1),
        "runs": words.known(found.attrs, "runs"),
        "several": several,
        "theories": found.sizes["theory"] > 1,
        "rows": [*_pairs(found)],
        "split": [*_split(found)] if "variance_total" in found else [],
        "pictures": [*_pictures(found, album)] if "variance_total" in found else [],
        "drivers": found.attrs.get("drivers") == "on" and found.sizes["theory"] > 1,
    }


def _pairs(found: xr.Dataset) -> Iterator[View]:
    """A row for each outcome of each scenario under each theory, at the horizon."""
    last = found.isel(month=-1)
    for outcome in last["outcome"].to_numpy():
        for scenario in last["scenario"].to_numpy():
            for theory in last["theory"].to_numpy():
                one = last.sel(outcome=outcome, scenario=scenario, theory=theory)
                yield {
                    "outcome": one["outcome_name"].item(),
                    "scenario": _plain(scenario),
                    "theory": _plain(theory),
                    **_effect(one),
                    "after": _months(one, "divergence_lasting_q50"),
                    "never": _share(one, "divergence_lasting_never"),
                    "worth": _worth(one),
                }


def _plain(name: object) -> str:
    return str(name).replace("_", " ")


def _effect(one: xr.Dataset) -> dict[str, str]:
    """Mean effect and its error; of a relation class the share of runs that change it."""
    mean, doubt = _number(one, "effect_mean"), _number(one, "effect_mean_error")
    if math.isfinite(mean):
        places = words.digits(mean, doubt)
        return {"mean": words.signed(mean, places), "error": words.error(doubt, places)}
    share, doubt = _number(one, "class_change"), _number(one, "class_change_error")
    if not math.isfinite(share):
        return {"mean": "–", "error": ""}
    return {"mean": f"{words.percent(share, 1)} change class", "error": f"{100 * doubt:.1f}"}


def _worth(one: xr.Dataset) -> str:
    """How many runs without shared draws a pair is worth."""
    gain, doubt = _number(one, "pairing_gain"), _number(one, "pairing_gain_error")
    return f"{gain:.1f} ± {doubt:.1f}" if math.isfinite(gain) else "–"


def _months(one: xr.Dataset, name: str) -> str:
    value = _number(one, name)
    return f"{value:.0f}" if math.isfinite(value) else "later"


def _share(one: xr.Dataset, name: str) -> str:
    value = _number(one, name)
    return words.percent(value) if math.isfinite(value) else "–"


def _number(one: xr.Dataset, name: str) -> float:
    """A single number, or NaN where the file has none."""
    return float(one[name]) if name in one and not one[name].dims else math.nan


def _split(found: xr.Dataset) -> Iterator[View]:
    """Shares of the variance at the horizon, for each outcome of each scenario that varies."""
    last = found.isel(month=-1)
    for outcome in last["outcome"].to_numpy():
        for scenario in last["scenario"].to_numpy():
            one = last.sel(outcome=outcome, scenario=scenario)
            total = _number(one, "variance_total")
            if not math.isfinite(total):
                continue
            spread = math.sqrt(max(total, 0.0))
            shares = {part: _part(one, part) for part in COMPONENTS}
            yield {
                "outcome": one["outcome_name"].item(),
                "scenario": _plain(scenario),
                "spread": words.plain(spread, words.digits(spread)),
                **shares,
            }


def _pictures(found: xr.Dataset, album: Album) -> Iterator[Picture]:
    """The split of the variance of each scenario in which anything varies."""
    total = found["variance_total"].isel(month=-1)
    for scenario in map(str, found["scenario"].to_numpy()):
        if float(total.sel(scenario=scenario).max()) > 0:
            alt = f"What the variance of each effect of {_plain(scenario)} is made of, as tabled."
            drawn = plots.variance_split(found, scenario)
            yield album.picture(drawn, alt, "What the spread of effects is made of.")


def _part(one: xr.Dataset, part: str) -> str:
    share, doubt = _number(one, f"share_{part}"), _number(one, f"share_{part}_error")
    if not math.isfinite(share):
        return "–"
    return f"{words.plain(100 * share, 1)} ± {100 * doubt:.1f}"


# -- sensitivity ---------------------------------------------------------------------------


def sensitivity(result: Result) -> View | None:
    """Which uncertain numbers matter, each with its source, and what they rest on together."""
    found, note = read(result, SENSITIVITY, ("name", "basis", "source", "outcome_name"))
    if found is None:
        return {"note": note, "outcomes": []} if note else None
    shared = "S1" in found and "ST" in found
    return {
        "note": note,
        "shared": shared,
        "measured": words.known(found.attrs, "measured"),
        "runs": words.known(found.attrs, "runs"),
        "count": words.known(found.attrs, "uncertain_numbers"),
        "chance": words.known(found.attrs, "chance"),
        "outcomes": [_influences(found, place, shared) for place in range(found.sizes["outcome"])],
    }


def _influences(found: xr.Dataset, place: int, shared: bool) -> View:
    one = found.isel(outcome=place, month=-1)
    key = "ST" if shared else "mu_star"
    values = one[key].to_numpy() if key in one else np.full(one.sizes["parameter"], np.nan)
    together = np.array([not str(each) for each in one["source"].to_numpy()])
    order = np.lexsort((-np.nan_to_num(values, nan=-np.inf), together))
    listed = [int(each) for each in order if np.isfinite(values[each])][:SHOWN]
    grounds = [str(each) for each in one["ground"].to_numpy()] if "ground" in one.coords else []
    return {
        "title": f"{one['outcome_name'].item()} in {month(found, -1)}",
        "rows": [_influence(one.isel(parameter=each), shared) for each in listed],
        "grounds": [
            {"name": name, **_indices(one.isel(ground=k), "group_")}
            for k, name in enumerate(grounds)
        ],
    }


def _influence(row: xr.Dataset, shared: bool) -> View:
    about = {key: str(row[key].item()) for key in ("name", "basis", "source")}
    if shared:
        return about | _indices(row, "")
    size, doubt = _number(row, "mu_star"), _number(row, "mu_star_conf")
    places = words.digits(size)
    spread = words.plain(_number(row, "sigma"), places)
    return about | {
        "size": f"{words.plain(size, places)} ± {words.plain(doubt, places)}",
        "spread": spread,
    }


def _indices(row: xr.Dataset, prefix: str) -> dict[str, str]:
    """First and total order in percent, with their intervals."""
    shown = {}
    for name in ("S1", "ST"):
        ends = [100 * _number(row, f"{prefix}{name}{end}") for end in ("", "_low", "_high")]
        value, low, high = (words.plain(each, 0) for each in ends)
        shown[name] = f"{value} ({low} to {high})"
    return shown


# -- discovery -----------------------------------------------------------------------------


def discovery(result: Result) -> View | None:
    """Under which conditions an outcome comes about: boxes and a tree, in sentences."""
    file = result.beside(DISCOVERY)
    if file is None:
        return None
    try:
        return _discovered(json.loads(file.read_text(encoding="utf-8")), result)
    except (OSError, ValueError, KeyError, TypeError, AttributeError):  # some other file
        return {"note": f"{DISCOVERY} could not be read.", "when": "", "boxes": [], "rules": []}


def _discovered(found: Any, result: Result) -> View:
    ours, theirs = words.known(result.data.attrs, "scenario_hash"), str(found.get("hash"))
    other = f"{DISCOVERY} was made from another state of the scenario than the result."
    tree = found.get("tree") or {}
    return {
        "note": "" if ours == theirs else other,
        "when": " and ".join(map(str, found["when"])),
        "points": int(found["points"]),
        "share": words.percent(float(found["share"]), 1),
        "finding": str(found["finding"]),
        "boxes": [_box(each) for each in found["boxes"]],
        "rules": [_rule(each) for each in tree.get("rules", ())],
        "right": words.percent(float(tree["right"])) if tree else "",
        "guess": words.percent(float(tree["guess"])) if tree else "",
    }


def _box(found: Mapping[str, Any]) -> View:
    return {
        "density": words.percent(float(found["density"])),
        "coverage": words.percent(float(found["coverage"])),
        "mass": words.percent(float(found["mass"])),
        "rows": [
            {
                "told": _condition(each),
                "chance": words.error(float(each["quasi_p"]), 3),
                "again": words.percent(float(each["returns"])),
                "basis": str(each["basis"]),
                "source": str(each["source"]),
            }
            for each in found["conditions"]
        ],
    }


def _rule(found: Mapping[str, Any]) -> View:
    told = " and ".join(_condition(each) for each in found["conditions"])
    return {
        "density": words.percent(float(found["density"])),
        "share": words.percent(float(found["share"])),
        "told": told or "anything",
    }


def _condition(found: Mapping[str, Any]) -> str:
    """A restriction in words, with the part of the prior that it leaves."""
    low, high = (float(each) for each in found["probabilities"])
    above, below, name = found["above"], found["below"], found["name"]
    if above is None:
        return f"{name} is at most {below} (lowest {words.percent(high)} of its prior)"
    if below is None:
        return f"{name} is at least {above} (highest {words.percent(1 - low)} of its prior)"
    part = f"{words.percent(low)} to {words.percent(high)}"
    return f"{name} is between {above} and {below} ({part} of its prior)"
