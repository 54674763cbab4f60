"""Where in the space of uncertain numbers an outcome comes about."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import xarray as xr
from matplotlib.artist import Artist
from matplotlib.lines import Line2D
from matplotlib.patches import Patch, Rectangle

from alliance_sim.errors import InputError, Problem
from alliance_sim.plots import style
from alliance_sim.results import parsed
from alliance_sim.validation import KEY, NOT_VALIDATED, marks

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_MOST_POINTS = 1500
_BINS = 20
_LINES = ("-", (0, (5, 2)), (0, (1, 1.5)))
"""Outline of the first, second and third box."""


class Found(Protocol):
    """What holds its points and boxes as a dataset."""

    def dataset(self) -> xr.Dataset:
        """Points and boxes."""
        ...


@style.styled
def conditions(found: xr.Dataset | Found, ax: Axes | None = None) -> Axes:
    """The two numbers that the boxes restrict most, what came about at each point, and the boxes.

    Axes count in quantiles of the priors. Where only one number is restricted, the picture shows
    how frequent the outcome is by its value.

    Args:
        found: what ``alliance_sim.discover`` returned, or its ``dataset()``.
        ax: axes to draw on; left out, those of a new figure.
    """
    ds = found if isinstance(found, xr.Dataset) else found.dataset()
    order = _most_restricted(ds)
    if not order:
        raise InputError([Problem("no box was found", "there is nothing to draw")])
    target = style.axes_for(ds, ax, width=6.4, height=5.6)
    key = _frequency(target, ds, order[0]) if len(order) == 1 else _scatter(target, ds, order[:2])
    said = marks(map(str, parsed(ds.attrs, KEY, dict).values() or [NOT_VALIDATED]))
    if ax is not None:  # there is no title
        key.append(Line2D([], [], linestyle="", label=said))
    style.legend(target, key, own=ax is None, title=f"{ds.attrs.get('when', '')}, {said}")
    return target


def _most_restricted(ds: xr.Dataset) -> list[int]:
    """Places of the numbers that boxes restrict, by box, and in each the narrowest first."""
    width = (ds["high"] - ds["low"]).transpose("box", "parameter").to_numpy()
    found: list[int] = []
    for row in width:
        narrow = [place for place in np.argsort(row, kind="stable").tolist() if row[place] < 1]
        found += [place for place in narrow if place not in found]
    return found


def _scatter(ax: Axes, ds: xr.Dataset, places: list[int]) -> list[Artist]:
    points = ds["probability"].to_numpy()[:_MOST_POINTS, places]
    happens = ds["happens"].to_numpy()[:_MOST_POINTS].astype(bool)
    # The rarer of the two stands out, so that the boxes' edges can be seen among them.
    rarer = happens if happens.mean() <= 0.5 else ~happens
    words = ("it does not", "it does") if rarer is happens else ("it does", "it does not")
    pale: dict[str, Any] = {"color": "#B5B5B5", "marker": ".", "linestyle": "", "markersize": 3}
    dark: dict[str, Any] = {"color": style.BLUE, "marker": "o", "linestyle": "", "markersize": 4}
    ax.plot(*points[~rarer].T, zorder=1, **pale)
    ax.plot(*points[rarer].T, zorder=2, **dark)
    key: list[Artist] = [
        Line2D([], [], label=words[1], **dark),
        Line2D([], [], label=words[0], **pale),
    ]
    for box in range(ds.sizes["box"]):
        x, y = ((float(ds["low"][box, place]), float(ds["high"][box, place])) for place in places)
        if (x, y) == ((0.0, 1.0), (0.0, 1.0)):
            continue
        look: dict[str, Any] = {"linestyle": _LINES[box % len(_LINES)], "linewidth": 1.8}
        corner = Rectangle(
            (x[0], y[0]), x[1] - x[0], y[1] - y[0], facecolor="none", zorder=3, **look
        )
        corner.set_edgecolor(style.VERMILLION)
        corner.set_clip_on(False)
        ax.add_patch(corner)
        key.append(Line2D([], [], color=style.VERMILLION, label=_box_label(ds, box), **look))
    ax.set_xlim(0, 1)
    ax.set_ylim(0, 1)
    ax.set_yticks(np.linspace(0, 1, 6))
    ax.set_xlabel(_axis(ds, places[0], style.size_of(ax)[0]))
    ax.set_ylabel(_axis(ds, places[1], style.size_of(ax)[1]))
    return key


def _frequency(ax: Axes, ds: xr.Dataset, place: int) -> list[Artist]:
    values = ds["probability"].to_numpy()[:, place]
    happens = ds["happens"].to_numpy().astype(bool)
    edges = np.linspace(0, 1, _BINS + 1)
    count = np.histogram(values, edges)[0]
    share = 100 * np.histogram(values[happens], edges)[0] / np.maximum(count, 1)
    ax.stairs(share, edges, fill=True, facecolor=style.BAND_50, edgecolor="white", linewidth=0.6)
    low, high = float(ds["low"][0, place]), float(ds["high"][0, place])
    ax.axvspan(low, high, facecolor=style.SPAN, zorder=0)
    for limit in (low, high):
        if 0 < limit < 1:
            ax.axvline(limit, color=style.VERMILLION, linewidth=1.8)
    ax.axhline(100 * happens.mean(), color=style.BLACK, linewidth=0.8, linestyle=(0, (4, 1.5)))
    ax.set_xlim(0, 1)
    ax.set_ylim(0, max(5.0, 1.08 * float(share.max())))
    ax.set_yticks([tick for tick in ax.get_yticks() if tick <= min(100, ax.get_ylim()[1])])
    ax.set_xlabel(_axis(ds, place, style.size_of(ax)[0]))
    ax.set_ylabel("Points at which it comes about [%]")
    dashes: Any = (0, (4, 1.5))
    return [
        Patch(facecolor=style.BAND_50, label="share by value"),
        Patch(facecolor=style.SPAN, label=_box_label(ds, 0)),
        Line2D([], [], color=style.BLACK, linewidth=0.8, linestyle=dashes, label="share of all"),
    ]


def _box_label(ds: xr.Dataset, box: int) -> str:
    density, coverage = float(ds["density"][box]), float(ds["coverage"][box])
    return f"box {box + 1}: {density:.0%} inside, {coverage:.0%} of all cases"


def _axis(ds: xr.Dataset, place: int, room: float) -> str:
    name = str(ds["name"].to_numpy()[place])
    return style.wrap(f"{name} [quantile of its prior]", room, style.BODY)
