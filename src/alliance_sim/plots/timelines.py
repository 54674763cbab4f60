"""What happens over the months: fans of a number, shares of relation classes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
from matplotlib.artist import Artist
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import MaxNLocator

from alliance_sim.analysis import summary
from alliance_sim.plots import style

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.axes import Axes

Doubles = npt.NDArray[np.float64]

LEVELS = (0.05, 0.25, 0.5, 0.75, 0.95)
LEAST = 0.5
"""Percent of runs below which a class is too thin to be seen, and not named."""
_LEGEND = 45.0
"""Points that a legend of classes may take inside axes: three lines."""


@style.styled
def fan(
    ds: xr.Dataset,
    name: str,
    dyad: str | None = None,
    ax: Axes | None = None,
    baseline: xr.Dataset | None = None,
) -> Axes:
    """A number over the months: median, 50% and 90% of runs, in the outcome's units.

    Args:
        ds: results of a scenario.
        name: a numeric outcome, or ``alignment``.
        dyad: for ``alignment``, the recorded dyad, such as ``iran-russia``.
        ax: where to draw; left out, a new figure.
        baseline: results whose median is drawn dashed, over a light band of 90% of its runs.
    """
    values = summary.series(ds, name, dyad)  # speaks up before a figure is begun
    target = style.axes_for(ds, ax)
    draw_fan(target, ds, name, dyad, baseline)
    about = style.subject(ds, name, dyad)
    values = values.assign_attrs(long_name=about)
    target.set_ylabel(style.axis_label(values, style.size_of(target)[1]))
    taken = style.mark_interventions(target, ds)
    key = fan_key(baseline is not None)
    style.legend(target, key, own=ax is None, title=about, under=taken)
    return target


def draw_fan(
    ax: Axes,
    ds: xr.Dataset,
    name: str,
    dyad: str | None = None,
    baseline: xr.Dataset | None = None,
) -> None:
    """Bands and lines alone, and the limits of the axes."""
    days = style.dates(ds)
    found = summary.quantiles(ds, name, LEVELS, dyad)
    bands = found.to_numpy()
    drawn = [bands]
    if baseline is not None:
        before = summary.quantiles(baseline, name, LEVELS, dyad).to_numpy()
        when = style.dates(baseline)
        ax.fill_between(when, before[0], before[4], color=style.PALE, alpha=0.8, linewidth=0)
        for edge in (before[0], before[4]):
            ax.plot(when, edge, color=style.GREY, linestyle=(0, (5, 2)), linewidth=0.7, zorder=3)
        ax.plot(when, before[2], color=style.BLACK, linestyle=(0, (5, 2)), linewidth=1.3, zorder=4)
        drawn.append(before)
    # Over a baseline the wide band is see-through, edged so that it shows in grey too.
    ax.fill_between(days, bands[0], bands[4], color=style.BAND_90, alpha=0.75, linewidth=0)
    for edge in (bands[0], bands[4]):
        ax.plot(days, edge, color=style.BAND_50, linewidth=0.6)
    ax.fill_between(days, bands[1], bands[3], color=style.BAND_50, alpha=0.85, linewidth=0)
    ax.plot(days, bands[2], color=style.BLUE, linewidth=2.2, zorder=5)
    low, high = (float(limit([limit(each) for each in drawn])) for limit in (np.min, np.max))
    ax.set_ylim(*style.value_range(low, high, found.attrs.get("valid_range")))
    if ax.get_ylim()[0] < 0 < ax.get_ylim()[1]:
        ax.axhline(0, color=style.GREY, linewidth=0.6, zorder=1)
    ax.yaxis.set_major_locator(MaxNLocator(5, steps=[1, 2, 2.5, 5, 10], min_n_ticks=3))
    style.month_axis(ax, ds)


def fan_key(with_baseline: bool) -> list[Artist]:
    """What the bands and lines of a fan mean."""
    key: list[Artist] = [
        Line2D([], [], color=style.BLUE, linewidth=2.2, label="median"),
        Patch(facecolor=style.BAND_50, label="50% of runs"),
        Patch(facecolor=style.BAND_90, edgecolor=style.BAND_50, linewidth=0.6, label="90% of runs"),
    ]
    if with_baseline:
        dashed = Line2D([], [], color=style.BLACK, linestyle=(0, (5, 2)), linewidth=1.3)
        dashed.set_label("baseline, median")
        band = Patch(facecolor=style.PALE, edgecolor=style.GREY, linestyle=(0, (4, 2)))
        band.set(label="baseline, 90%", linewidth=0.7)
        key += [dashed, band]
    return key


@style.styled
def classes(ds: xr.Dataset, name: str, ax: Axes | None = None) -> Axes:
    """Share of runs in each relation class over the months, stacked from hostile to alliance.

    Args:
        ds: results of a scenario.
        name: a class outcome, or a recorded pair such as ``iran-russia``.
        ax: where to draw; left out, a new figure.
    """
    summary.codes(ds, name)  # speaks up before a figure is begun
    target = style.axes_for(ds, ax)
    room = style.size_of(target)[1]
    what = "Relation class" if ax is None else style.relation(ds, name)
    said = summary.said_of_classes(ds, name)
    target.set_ylabel(style.marked(f"{what} [% of runs]", said, room))
    unnamed, taken = draw_classes(target, ds, name, _LEGEND if ax is not None else 0.0)
    style.legend(target, unnamed, ax is None, style.subject(ds, name), under=taken)
    return target


def draw_classes(
    ax: Axes, ds: xr.Dataset, name: str, legend: float = 0.0, marks: bool = True
) -> tuple[list[Artist], float]:
    """Stacked areas, named where there is room for the name.

    Args:
        ax: where to draw.
        ds: results of a scenario.
        name: a class outcome or recorded pair.
        legend: points of the height that a legend inside the axes will take.
        marks: whether to mark interventions.

    Returns:
        What a legend has to name, and how many points of head room are taken.
    """
    table = summary.class_shares(ds, name, month=None)["share"].unstack(sort=False)
    labels = [str(each) for each in table.columns]
    shares = 100 * table.to_numpy().T
    days, top, unnamed = style.dates(ds), np.zeros(shares.shape[1]), list[Artist]()
    style.month_axis(ax, ds)
    ax.set_ylim(0, 100)
    lines: set[float] = set()
    taken = 0.0
    if marks:
        taken = style.mark_interventions(ax, ds, filled=True)
        lines = {day for mark in style.interventions(ds) for day in mark[:2]}
    ax.set_yticks(range(0, 101, 20))
    ax.spines["left"].set_bounds(0, 100)
    for label, share in zip(labels, shares, strict=True):
        if not share.any():
            continue
        look, text = style.class_style(label), style.class_label(label)
        area = ax.fill_between(days, top, top + share, label=text, facecolor=look.colour)
        area.set(edgecolor=look.ink if look.hatch else "white", hatch=look.hatch, linewidth=0)
        ax.plot(days, top + share, color="white", linewidth=0.8)
        spot = _room(ax, text, days, top, share, lines, legend)
        if spot is None and share.max() >= LEAST:
            unnamed.append(_swatch(look, text))
        elif spot is not None:
            words = ax.text(*spot, text, color=look.ink, ha="center", va="center", zorder=6)
            if look.hatch:
                words.set_color(style.BLACK)
                words.set_bbox({"boxstyle": "round,pad=0.25", "fc": "white", "ec": "none"})
        top = top + share
    return unnamed, taken


def _swatch(look: style.ClassStyle, text: str) -> Patch:
    edge = look.ink if look.hatch else style.GREY
    return Patch(facecolor=look.colour, hatch=look.hatch, edgecolor=edge, linewidth=0.4, label=text)


def _room(
    ax: Axes,
    text: str,
    days: Doubles,
    bottom: Doubles,
    share: Doubles,
    lines: set[float],
    taken: float,
) -> tuple[float, float] | None:
    """The middle of the widest place of an area that holds its name off all lines, if any does.

    Days, and percent of runs; so many points of the height will be taken by a legend.
    """
    wide, tall = style.size_of(ax)
    width, height = style.text_size(text, style.BODY)
    days_wide = (width + 28) / wide * (days[-1] - days[0])
    share_high = (height + 6) / max(tall - taken, tall / 2) * ax.get_ylim()[1]
    best, spot = share_high, None
    for middle in days:
        under = np.abs(days - middle) <= days_wide / 2
        if middle - days_wide / 2 < days[0] or middle + days_wide / 2 > days[-1]:
            continue
        if any(abs(line - middle) <= days_wide / 2 for line in lines):
            continue
        low, high = bottom[under].max(), (bottom + share)[under].min()
        if high - low > best:
            best, spot = float(high - low), (float(middle), float(low + high) / 2)
    return spot
