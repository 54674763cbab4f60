"""Sensitivity and discovery, as their commands left them in a folder of results."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from alliance_sim import plots, store
from alliance_sim.errors import InputError
from alliance_sim.files import regular_text
from alliance_sim.plots.studies import of_discovery
from alliance_sim.report import words
from alliance_sim.report.analyses import other_draws, read
from alliance_sim.report.folders import Result
from alliance_sim.report.pictures import Album, Picture
from alliance_sim.report.tables import month
from alliance_sim.validation import KEY, NOT_VALIDATED, mark, marks, said_in

if TYPE_CHECKING:
    import xarray as xr

View = Mapping[str, Any]

SHOWN = 15
"""Uncertain numbers named in a table of sensitivity."""
DRAWN = 3
"""Outcomes of a sensitivity analysis that have pictures; all have tables."""


# -- sensitivity ---------------------------------------------------------------------------


def sensitivity(result: Result, album: Album) -> View | None:
    """Which uncertain numbers matter, each with its source, and what they rest on together."""
    found, note = read(result, store.SENSITIVITY)
    if found is None:
        return {"note": note, "outcomes": []} if note else None
    shared = "S1" in found and "ST" in found
    return {
        "note": note,
        "shared": shared,
        "measured": words.known(found.attrs, "measured"),
        "runs": words.runs(found.attrs),
        "count": _count(found),
        "chance": words.known(found.attrs, "chance"),
        "outcomes": [
            {
                **_influences(found, place, shared),
                "pictures": [*_swings(found, place, album)] if place < DRAWN else [],
            }
            for place in range(found.sizes["outcome"])
        ],
    }


def _count(found: xr.Dataset) -> str:
    """How many numbers and dates were uncertain; files of old tell only of both together."""
    if "uncertain" in found.attrs:
        return f"{found.attrs['uncertain']} that are uncertain"
    return f"{words.known(found.attrs, 'uncertain_numbers')} uncertain numbers and dates"


def _swings(found: xr.Dataset, place: int, album: Album) -> Iterator[Picture]:
    """A tornado of an outcome, and shares over time where there is a series of months."""
    if not {"S1", "swing_low", "swing_high", "mean"} <= {*map(str, found.variables)}:
        return
    outcome = str(found["outcome"].to_numpy()[place])
    one = found.isel(outcome=place, month=-1)
    title = str(one["outcome_name"].item())
    width = np.abs((one["swing_high"] - one["swing_low"]).to_numpy())
    if not np.isfinite(width).any():
        return
    widest = [int(each) for each in np.argsort(-np.nan_to_num(width), kind="stable")[:3]]
    told = "; ".join(_swing(one.isel(parameter=each)) for each in widest if width[each] > 0)
    alt = f"Tornado: mean of {title} with each number at its lowest and highest decile. {told}."
    caption = f"{title} in {month(found, -1)}: how far each uncertain number swings it."
    yield album.picture(plots.tornado(found, outcome), alt, caption)
    if found.sizes["month"] > 1:
        first, last = month(found, 0), month(found, -1)
        alt = f"{title}: shares of the variance by number, {first} to {last}; the last are tabled."
        caption = f"{title}: on which numbers its spread rests, month by month."
        yield album.picture(plots.influence(found, outcome), alt, caption)


def _swing(row: xr.Dataset) -> str:
    low, high = words.scalar(row, "swing_low"), words.scalar(row, "swing_high")
    places = words.digits(low, high)
    return f"{row['name'].item()}: {words.plain(low, places)} to {words.plain(high, places)}"


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
        "mark": mark(said_in(one)),
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
    size, doubt = words.scalar(row, "mu_star"), words.scalar(row, "mu_star_conf")
    places = words.digits(size)
    spread = words.plain(words.scalar(row, "sigma"), places)
    return about | {
        "size": f"{words.plain(size, places)} ± {words.plain(doubt, places)}",
        "spread": spread,
    }


def _indices(row: xr.Dataset, prefix: str) -> dict[str, str]:
    """First and total order in percent, with their intervals."""
    shown = {}
    for name in ("S1", "ST"):
        ends = [100 * words.scalar(row, f"{prefix}{name}{end}") for end in ("", "_low", "_high")]
        value, low, high = (words.plain(each, 0) for each in ends)
        shown[name] = f"{value} ({low} to {high})"
    return shown


# -- discovery -----------------------------------------------------------------------------


def discovery(result: Result, album: Album) -> View | None:
    """Under which conditions an outcome comes about: boxes and a tree, in sentences."""
    file = result.beside(store.DISCOVERY)
    if file is None:
        return None
    try:
        view = _discovered(json.loads(regular_text(file, store.MOST_JSON)), result)
    except (
        OSError,
        ValueError,
        RecursionError,
        KeyError,
        TypeError,
        AttributeError,
    ):  # some other file
        nothing = {"when": "", "mark": "", "boxes": [], "rules": [], "pictures": []}
        return {"note": f"{store.DISCOVERY} could not be read.", **nothing}
    return {**view, "pictures": [*_points(result, view, album)]}


def _points(result: Result, view: View, album: Album) -> Iterator[Picture]:
    """The boxes among the points, where the folder holds those of this search."""
    found, _ = read(result, store.POINTS)
    if found is None or found.attrs.get("when") != view["when"] or not view["boxes"]:
        return
    limits = "; ".join(row["told"] for row in view["boxes"][0]["rows"])
    alt = f"Points at which {view['when']} comes about, and the boxes. Box 1: {limits}."
    caption = "Where in the space of the uncertain numbers it comes about."
    for each in of_discovery(found):
        yield album.picture(each.draw(), alt, caption)


def _discovered(found: Any, result: Result) -> View:
    ours, theirs = words.known(result.data.attrs, "scenario_hash"), str(found.get("hash"))
    other = f"{store.DISCOVERY} was made from another state of the scenario than the result."
    tree = found.get("tree") or {}
    about = {"seed": found.get("seed"), "runs": found["points"]}
    return {
        "note": other_draws(result, store.DISCOVERY, about) if ours == theirs else other,
        "when": " and ".join(map(str, found["when"])),
        "mark": marks(map(str, (found.get(KEY) or {"": NOT_VALIDATED}).values())),
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


# -- how to reproduce ----------------------------------------------------------------------


def commands(result: Result, besides: str) -> list[str]:
    """The commands that made what stands beside a result, each once."""
    found = []
    for name in (
        store.EXPLANATION,
        store.COMPARISON,
        store.SENSITIVITY,
        store.POINTS,
        store.BLOCS,
    ):
        file = result.beside(name)
        try:
            data = store.read(file) if file else None
        except InputError:  # its own part says so
            continue
        if data is not None and data.attrs.get("command"):
            found.append(str(data.attrs["command"]))
    return [each for each in dict.fromkeys(found) if each != besides]
