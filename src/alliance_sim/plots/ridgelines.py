"""How runs are spread by scenario and theory: a ridge each, above each other."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise, product
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import numpy.typing as npt
from matplotlib.artist import Artist
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from alliance_sim.analysis import summary
from alliance_sim.errors import InputError, Problem
from alliance_sim.plots import style
from alliance_sim.validation import said_of

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.axes import Axes

Doubles = npt.NDArray[np.float64]

_HIGH = 0.86
"""Height of the highest ridge, in rows."""
_GAP = 0.35
"""Rows left free between scenarios that have a ridge for each theory."""
_NAME = 165.0
"""Points that a name may take."""
_POINTS = 240
_SAME = 1e-6
"""Values that lie closer together than this, relative to their size, are one value."""


class Ridge(NamedTuple):
    """One ridge: what it is called, and the runs."""

    scenario: str
    theory: str
    values: Doubles


@style.styled
def ridgeline(ds: xr.Dataset, name: str, ax: Axes | None = None) -> Axes:
    """Paired effects at the last month: a ridge for each scenario and theory.

    A ridge is the density of the runs that moved. Runs that did not move at all are no density:
    they are drawn as a spike at zero, as high as their share, and counted beside the ridge. The
    area of a ridge says nothing across scenarios: the highest point of each is as high as the
    share of runs that moved.

    Args:
        ds: effects as ``compare`` gives them, of several scenarios, theories, or both.
        name: a numeric outcome.
        ax: where to draw; left out, a new figure.

    Raises:
        InputError: where there is no such numeric effect.
    """
    ridges = _ridges(ds, name)
    rows = _rows(ridges)
    target = style.axes_for(ds, ax, height=1.7 + 0.46 * (rows[-1] + 1))
    low, high = _limits(ridges)
    if any((ridge.values == 0).any() for ridge in ridges):
        # Room for how many did not move.
        beside = style.text_size(">99% not moved", style.SMALL)[0] + 6
        high = low + (high - low) / max(0.5, 1 - beside / style.size_of(target)[0])
    target.set_ylim(rows[-1] + 0.25, -1.0)
    target.set_xlim(low, high)
    target.axvline(0, color=style.GREY, linewidth=0.8, zorder=1)
    for row, ridge in zip(rows, ridges, strict=True):
        draw_ridge(target, ridge.values, row, (low, high))
    names = _names(ridges, style.scenario_names(ds) if "scenario" in ds.coords else {})
    if ax is None:
        # The last line of a name stands on the line of its ridge.
        target.set_yticks(rows, names, va="bottom")
        target.tick_params(axis="y", length=0)
    else:
        _names_inside(target, names, rows)
    _tell_still(target, ridges, rows)
    target.spines["left"].set_visible(False)
    month = str(ds["month"].to_numpy()[-1])[:7]
    label, said = f"{style.with_units(ds[name])} in {month}", said_of(ds[name].attrs)
    target.set_xlabel(style.marked(label, said, style.size_of(target)[0]))
    style.legend(target, _key(ridges), own=ax is None, title=style.title_of(ds[name]))
    return target


def _ridges(ds: xr.Dataset, name: str) -> list[Ridge]:
    known = numeric_effects(ds)
    if name not in known:
        mend = f"use one of: {', '.join(known)}" if known else "give what compare returns"
        raise InputError([Problem(f"there is no numeric effect '{name}'", mend)])
    values = ds[name].isel(month=-1) if "month" in ds[name].dims else ds[name]
    if "replicate" in values.dims:
        values = values.isel(replicate=0)
    labels = [
        [str(each) for each in ds[dim].to_numpy()] if dim in values.dims else [""]
        for dim in ("scenario", "theory")
    ]
    whole = values.transpose(..., "run").to_numpy().astype(np.float64)
    arrays = whole.reshape(-1, whole.shape[-1])
    pairs = zip(product(*labels), arrays, strict=True)
    return [Ridge(scenario, theory, array) for (scenario, theory), array in pairs]


def numeric_effects(ds: xr.Dataset) -> list[str]:
    """Outcomes that have effects run by run and are numbers."""
    return [str(each) for each, values in ds.data_vars.items() if _is_numeric_effect(values)]


def _is_numeric_effect(values: xr.DataArray) -> bool:
    dims, others = set(map(str, values.dims)), {"month", "scenario", "theory", "replicate"}
    classed = values.attrs.get("units") == summary.CHANGED
    return not classed and {"run"} <= dims <= {"run", *others}


def _rows(ridges: list[Ridge]) -> list[float]:
    """Where each ridge stands; theories of one scenario stand closer together."""
    several = len({ridge.theory for ridge in ridges}) > 1
    begins = [before.scenario != after.scenario for before, after in pairwise(ridges)]
    gaps = np.cumsum([0.0, *(_GAP * (several and new) for new in begins)])
    return [float(row + gap) for row, gap in enumerate(gaps)]


def _limits(ridges: list[Ridge]) -> tuple[float, float]:
    """Zero and all but the last thousandth of the runs on either side."""
    ends = np.array([np.quantile(ridge.values, (0.001, 0.999)) for ridge in ridges])
    low, high = min(0.0, float(ends.min())), max(0.0, float(ends.max()))
    pad = 0.04 * (high - low) or 0.01
    return low - pad, high + pad


def draw_ridge(ax: Axes, values: Doubles, row: float, limits: tuple[float, float]) -> None:
    """One ridge on its row, with its median; a spike where many runs have one value."""
    moved = values[values != 0]
    share = len(moved) / len(values)
    ax.plot(limits, [row, row], color=style.PALE, linewidth=0.8, zorder=2)
    if share < 1:
        _spike(ax, 0.0, row, 1 - share, style.VERMILLION)
    if share and np.ptp(moved) <= _SAME * np.abs(moved).max():
        _spike(ax, float(moved.mean()), row, share, style.BLUE)
    elif share:
        x, y = density(moved, limits)
        y = row - _HIGH * share * y
        ax.fill_between(x, row, y, color=style.BAND_50, alpha=0.85, linewidth=0, zorder=3)
        ax.plot(x, y, color=style.BLUE, linewidth=1.2, zorder=3)
    median = float(np.median(values))
    ax.plot([median, median], [row, row - 0.3], color=style.BLACK, linewidth=2.0, zorder=4)


def density(values: Doubles, limits: tuple[float, float]) -> tuple[Doubles, Doubles]:
    """A Gaussian kernel density within the data and the limits, its highest point at 1.

    The curve ends where the data end: a kernel would show effects of a sign that no run has.
    """
    from scipy.stats import gaussian_kde

    low, high = max(limits[0], float(values.min())), min(limits[1], float(values.max()))
    x = np.linspace(low, high, _POINTS)
    y = gaussian_kde(values)(x)
    return x, y / y.max()


def _spike(ax: Axes, value: float, row: float, share: float, colour: str) -> None:
    """Runs of one and the same value."""
    top = row - _HIGH * share
    ax.plot([value, value], [row, top], color=colour, linewidth=2.6, zorder=3.5)
    ax.plot([value], [top], "o", color=colour, markersize=4, zorder=3.5)


def _names(ridges: list[Ridge], titles: Mapping[str, str]) -> list[str]:
    """Scenario and theory of each ridge, the scenario once."""
    by_theory = len({ridge.theory for ridge in ridges}) > 1
    names, previous = [], ""
    for ridge in ridges:
        title = titles.get(ridge.scenario, style.words(ridge.scenario))
        words = style.fit(title, _NAME, style.BODY, 1 if by_theory else 2)
        if by_theory:
            theory = style.shorten(ridge.theory.replace("_", " "), _NAME, style.BODY)
            words = theory if ridge.scenario == previous or not words else f"{words}\n{theory}"
        names.append(words)
        previous = ridge.scenario
    return names


def _names_inside(ax: Axes, names: list[str], rows: list[float]) -> None:
    """Names in room made to the left within the axes: others' figures may have none beside them."""
    wide = style.size_of(ax)[0]
    lines = [line for name in names for line in name.split("\n")]
    room = min(max(style.text_size(line, style.BODY)[0] for line in lines) + 8, 0.5 * wide)
    low, high = ax.get_xlim()
    ticks = [tick for tick in ax.get_xticks() if low <= tick <= high]
    ax.set_xlim(high - (high - low) / (1 - room / wide), high)
    ax.set_xticks(ticks)
    ax.set_yticks([])
    for row, name in zip(rows, names, strict=True):
        text = "\n".join(style.shorten(line, room, style.BODY) for line in name.split("\n"))
        spot = ax.get_yaxis_transform()
        ax.text(0, row, text, transform=spot, va="bottom", fontsize=style.BODY)


def _tell_still(ax: Axes, ridges: list[Ridge], rows: list[float]) -> None:
    """How many runs did not move, at the right end of each ridge."""
    for row, ridge in zip(rows, ridges, strict=True):
        still = 100 * float(np.mean(ridge.values == 0))
        if still:
            ax.annotate(
                f"{style.percent(still)} not moved",
                (1, row),
                (0, 3),
                xycoords=("axes fraction", "data"),
                textcoords="offset points",
                ha="right",
                zorder=5,
                fontsize=style.SMALL,
                color=style.GREY,
            )


def _key(ridges: list[Ridge]) -> list[Artist]:
    key: list[Artist] = [
        Patch(facecolor=style.BAND_50, edgecolor=style.BLUE, label="runs that moved"),
        Line2D([], [], color=style.BLACK, linewidth=2.0, label="median of all runs"),
    ]
    if any((ridge.values == 0).any() for ridge in ridges):
        look = {"color": style.VERMILLION, "marker": "o", "markersize": 4, "linewidth": 2.6}
        key.append(Line2D([], [], label="runs that did not", **look))  # type: ignore[arg-type]
    return key
