"""Pictures of what other commands than `run` leave in a folder of results."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from alliance_sim import store
from alliance_sim.plots.attributions import attribution
from alliance_sim.plots.blocs import comembership
from alliance_sim.plots.comparisons import variance_split
from alliance_sim.plots.discoveries import conditions
from alliance_sim.plots.files import Drawing, drawings, write_drawings
from alliance_sim.plots.ridgelines import numeric_effects, ridgeline
from alliance_sim.plots.sensitivities import influence, tornado

if TYPE_CHECKING:
    import xarray as xr


class Study(NamedTuple):
    """A file in a folder of results, and what can be drawn from it."""

    file: str
    kinds: Mapping[str, str]
    """Kind of picture -> the command that makes what it is drawn from."""
    drawings: Callable[[xr.Dataset], Iterator[Drawing]]


def of_explanation(found: xr.Dataset) -> Iterator[Drawing]:
    """What moved the alignment of each dyad, and what its decisions weighed."""
    for dyad in map(str, found["dyad"].to_numpy()):
        yield Drawing("attribution", dyad, partial(attribution, found, dyad))
        if "weighed" in found:
            yield Drawing("utility", dyad, partial(attribution, found, dyad, of="utility"))


def of_sensitivity(found: xr.Dataset, month: str | None = None) -> Iterator[Drawing]:
    """A tornado of each outcome, and shares over time where there is a series.

    Args:
        found: what ``alliance_sim.sensitivity`` returned; a screening alone has no pictures.
        month: YYYY-MM, of the tornado; left out, the last.
    """
    for outcome in map(str, found["outcome"].to_numpy()) if "S1" in found else ():
        yield Drawing("tornado", outcome, partial(tornado, found, outcome, month=month))
        if found.sizes["month"] > 1:
            yield Drawing("influence", outcome, partial(influence, found, outcome))


def of_discovery(found: xr.Dataset) -> Iterator[Drawing]:
    """Boxes among the points; none where no box was found."""
    # A file cannot hold what is empty: there is no such dim in it then.
    if found.sizes.get("box"):
        yield Drawing("conditions", "", partial(conditions, found))


def of_comparison(found: xr.Dataset) -> Iterator[Drawing]:
    """What the variance of each scenario's effects is made of, where it was split and varies."""
    if "variance_total" not in found:
        return
    varies = (found["variance_total"].isel(month=-1) > 0).any("outcome").to_numpy()
    for scenario in map(str, found["scenario"].to_numpy()[varies]):
        yield Drawing("variance_split", scenario, partial(variance_split, found, scenario))


def of_effects(found: xr.Dataset) -> Iterator[Drawing]:
    """Ridges of each number, where there are several scenarios or theories."""
    if np.prod([found.sizes.get(dim, 1) for dim in ("scenario", "theory")]) > 1:
        for name in numeric_effects(found):
            yield Drawing("ridgeline", name, partial(ridgeline, found, name))


def of_blocs(found: xr.Dataset) -> Iterator[Drawing]:
    """How often each pair shares a bloc."""
    yield Drawing("comembership", "", partial(comembership, found))


_EXPLAIN, _SENSITIVITY = "explain SCENARIO", "sensitivity SCENARIO"
STUDIES = (
    Study(store.EXPLANATION, {"attribution": _EXPLAIN, "utility": _EXPLAIN}, of_explanation),
    Study(
        store.SENSITIVITY,
        {"tornado": _SENSITIVITY, "influence": f"{_SENSITIVITY} --series"},
        of_sensitivity,
    ),
    Study(store.POINTS, {"conditions": "discover SCENARIO --when CONDITION"}, of_discovery),
    Study(store.COMPARISON, {"variance_split": "compare BASELINE SCENARIO"}, of_comparison),
    Study(store.EFFECTS, {"ridgeline": "compare BASELINE SCENARIO SCENARIO"}, of_effects),
    Study(store.BLOCS, {"comembership": "blocs SCENARIO"}, of_blocs),
)
"""Everything beside the runs that pictures are drawn from."""


def write_comparison(
    comparison: xr.Dataset,
    effects: xr.Dataset,
    first: tuple[xr.Dataset, xr.Dataset],
    folder: str | Path,
) -> list[Path]:
    """Write the pictures of a comparison as PNG files into a folder, and return their paths.

    ``effect_<outcome>.png`` for each number of a single scenario, ``ridgeline_<outcome>.png``
    where there are several scenarios or theories, and ``variance_split_<scenario>.png`` where
    the variance was split.

    Args:
        comparison: what ``alliance_sim.analysis.comparison.comparison`` gives.
        effects: effects run by run at the last month, over scenario and theory.
        first: baseline and results of the first scenario and theory.
        folder: where to write.
    """
    baseline, ds = first
    single = comparison.sizes["scenario"] == 1
    fans = [each for each in drawings(ds, baseline) if each.kind == "effect"] if single else []
    return [
        *write_drawings([*fans, *of_effects(effects), *of_comparison(comparison)], folder),
    ]
