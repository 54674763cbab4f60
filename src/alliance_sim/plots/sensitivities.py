"""Which uncertain numbers move an outcome: a tornado, and shares of the variance over time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import numpy.typing as npt
from matplotlib.artist import Artist
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from alliance_sim.errors import InputError, Problem
from alliance_sim.plots import style
from alliance_sim.validation import said_in

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.axes import Axes

Doubles = npt.NDArray[np.float64]

_SHARES = "S1 / ST [% of variance]"
_BAR = 0.42  # of a row; the name stands over it


class BasisStyle(NamedTuple):
    """How what a number rests on looks."""

    colour: str
    hatch: str
    label: str


BASES: dict[str, BasisStyle] = {
    "judgement": BasisStyle(style.ORANGE, "////", "a judgement"),
    "data": BasisStyle(style.BLUE, "", "data"),
    "paper": BasisStyle(style.GREEN, "....", "the paper"),
    "mixed": BasisStyle(style.PURPLE, "xx", "several"),
    "unsourced": BasisStyle(style.PALE, "", "nothing that is said"),
}


@style.styled
def tornado(
    ds: xr.Dataset,
    outcome: str | None = None,
    ax: Axes | None = None,
    month: str | None = None,
    most: int = 10,
) -> Axes:
    """How far each uncertain number swings an outcome, the others left random.

    A bar goes from the mean outcome where the number is around its lowest decile (open dot) to
    where it is around its highest (full dot); its look says what the number rests on. Beside it
    the shares of the variance, first and total order.

    Args:
        ds: what ``alliance_sim.sensitivity`` returned.
        outcome: one of its outcomes; left out, the first.
        ax: axes to draw on; left out, those of a new figure.
        month: YYYY-MM; left out, the last.
        most: how many numbers to show.
    """
    one = _one(ds, outcome, month)
    rows = _rows(one, most)
    height = 1.9 + 0.44 * max(1, len(rows))
    target = style.axes_for(ds, ax, width=7.6, height=height)
    _bars(target, one, rows)
    when = str(one["month"].to_numpy())[:7]
    effect = ds.attrs.get("baseline")
    name, unit = str(one["outcome_name"].item()), str(one["unit"].item())
    label = f"{'Mean effect on: ' if effect else 'Mean of: '}{name}, {when} [{unit}]"
    target.set_xlabel(style.marked(label, said_in(one), style.size_of(target)[0]))
    title = "Outcome with each number at its lowest and highest decile"
    style.legend(target, _key(one, rows), own=ax is None, title=title)
    return target


def _one(ds: xr.Dataset, outcome: str | None, month: str | None) -> xr.Dataset:
    """One outcome in one month."""
    known = [str(each) for each in ds["outcome"].to_numpy()]
    wanted = known[0] if outcome is None else outcome
    if wanted not in known:
        mend = f"use one of: {', '.join(known)}"
        raise InputError([Problem(f"no sensitivity of '{wanted}' was looked at", mend)])
    if "S1" not in ds:
        mend = "use the method both or sobol"
        raise InputError([Problem("a screening alone has no shares to draw", mend)])
    months = [str(each)[:7] for each in ds["month"].to_numpy()]
    if month is not None and month not in months:
        mend = f"use {months[0]} to {months[-1]}"
        raise InputError([Problem(f"no sensitivity in '{month}' was looked at", mend)])
    place = -1 if month is None else months.index(month)
    return ds.isel(month=place, outcome=known.index(wanted))


def _rows(one: xr.Dataset, most: int) -> list[int]:
    """Places of the numbers to show, the widest swing first."""
    width = np.abs((one["swing_high"] - one["swing_low"]).to_numpy())
    shown = np.flatnonzero(np.isfinite(width) & np.isfinite(one["ST"].to_numpy()))
    return sorted(shown.tolist(), key=lambda place: -width[place])[:most]


def _bars(ax: Axes, one: xr.Dataset, rows: list[int]) -> None:
    low, high = one["swing_low"].to_numpy(), one["swing_high"].to_numpy()
    basis, names = one["basis"].to_numpy(), one["name"].to_numpy()
    first, total = 100 * one["S1"].to_numpy(), 100 * one["ST"].to_numpy()
    for row, place in enumerate(rows):
        look = BASES[str(basis[place])]
        left, right = sorted((low[place], high[place]))
        bar: dict[str, Any] = {"facecolor": look.colour, "hatch": look.hatch, "edgecolor": "white"}
        ax.barh(row, right - left, left=left, height=_BAR, **bar)
        dot: dict[str, Any] = {"color": style.BLACK, "markersize": 5.5, "zorder": 3}
        ax.plot(low[place], row, "o", markerfacecolor="white", **dot)
        ax.plot(high[place], row, "o", **dot)
        told = f"{max(first[place], 0.0):.0f} / {max(total[place], 0.0):.0f}"
        edge: dict[str, Any] = {"transform": ax.get_yaxis_transform(), "ha": "right"}
        ax.text(1.0, row, told, va="center", fontsize=style.SMALL, **edge)
        # Across the bars alone: names stand between them.
        ends = [row - _BAR / 2 - 0.04, row + _BAR / 2 + 0.04]
        ax.plot([one["mean"].item()] * 2, ends, color=style.BLACK, linewidth=0.8, zorder=2.5)
    ax.set_yticks([])
    ax.set_ylim(max(0, len(rows) - 1) + 0.45, -0.75)
    ax.spines["left"].set_visible(False)
    head: dict[str, Any] = {"ha": "right", "va": "center", "fontsize": 7, "color": style.GREY}
    ax.text(1.0, -0.62, _SHARES, transform=ax.get_yaxis_transform(), **head)
    wide = style.size_of(ax)[0]
    beside = style.text_size(_SHARES, 7)[0] + 10
    for row, place in enumerate(rows):
        room = wide - beside if row == 0 else wide  # the heading of the shares is beside it
        name = style.shorten(str(names[place]), room, style.SMALL)
        spot = {"transform": ax.get_yaxis_transform(), "va": "bottom", "fontsize": style.SMALL}
        clear = {"facecolor": "white", "edgecolor": "none", "pad": 0.4}
        ax.text(0.0, row - 0.26, name, bbox=clear, **spot)  # type: ignore[arg-type]
    reach = np.array([*low[rows], *high[rows], one["mean"].item()])
    room_beside = 0.03 * max(float(np.ptp(reach)), 1e-9)
    start, stop = float(reach.min()) - room_beside, float(reach.max()) + room_beside
    ax.set_xlim(start, start + (stop - start) / max(0.4, 1 - beside / wide))


def _key(one: xr.Dataset, rows: list[int]) -> list[Artist]:
    shown = {str(one["basis"].to_numpy()[place]) for place in rows}
    key: list[Artist] = [
        Patch(facecolor=look.colour, hatch=look.hatch, edgecolor="white", label=f"on {look.label}")
        for basis, look in BASES.items()
        if basis in shown
    ]
    dot: dict[str, Any] = {"color": style.BLACK, "marker": "o", "linestyle": "", "markersize": 5.5}
    key += [
        Line2D([], [], markerfacecolor="white", label="at its lowest decile", **dot),
        Line2D([], [], label="at its highest", **dot),
        Line2D([], [], color=style.BLACK, linewidth=0.8, label="mean of all"),
    ]
    return key


# -- over time -----------------------------------------------------------------------------

_LOOKS = (
    (style.BLUE, ""),
    (style.ORANGE, "////"),
    (style.SKY, ""),
    ("#00263D", "\\\\\\\\"),
    (style.YELLOW, "...."),
    (style.VERMILLION, ""),
)
_FEWEST_MONTHS = 2
_SERIES = "ask for the whole series: design=SensitivityDesign(series=True)"


@style.styled
def influence(ds: xr.Dataset, outcome: str | None = None, ax: Axes | None = None) -> Axes:
    """First-order shares of the variance over time, stacked; what is missing to 100% is interplay.

    The numbers with the largest shares get an area each, the others and chance one together.

    Args:
        ds: what ``alliance_sim.sensitivity`` returned for a series of months.
        outcome: one of its outcomes; left out, the first.
        ax: axes to draw on; left out, those of a new figure.
    """
    if ds.sizes["month"] < _FEWEST_MONTHS:
        raise InputError([Problem("there is one month only", _SERIES)])
    known = _one(ds, outcome, None)
    whole = ds.sel(outcome=known["outcome"].item())
    shares = 100 * np.clip(whole["S1"].transpose("parameter", "month").to_numpy(), 0, None)
    moving = np.isfinite(shares).any(axis=0)
    whole, shares = whole.isel(month=moving), shares[:, moving]
    areas = _areas(whole, shares)
    target = style.axes_for(ds, ax, width=8.0, height=4.4)
    days = style.dates(whole)
    stack = np.array([values for _, values, _ in areas])
    total = stack.sum(axis=0)
    # Sampling error may take the sum of all first-order shares a little beyond the whole.
    stack = stack * np.divide(100, total, out=np.ones_like(total), where=total > 100)
    drawn = target.stackplot(days, stack, linewidth=0.4, edgecolor="white")
    key: list[Artist] = []
    for each, (label, _, (colour, hatch)) in zip(drawn, areas, strict=True):
        each.set_facecolor(colour)
        each.set_hatch(hatch)
        key.append(Patch(facecolor=colour, hatch=hatch, edgecolor="white", label=label))
    style.month_axis(target, whole)
    target.set_ylim(0, 100)
    target.set_yticks(range(0, 101, 20))
    label, high = "First-order share of the variance [%]", style.size_of(target)[1]
    target.set_ylabel(style.marked(label, said_in(known), high))
    name = str(whole["outcome_name"].item())
    title = f"{'Effect on: ' if ds.attrs.get('baseline') else ''}{name}"
    style.legend(target, key, own=ax is None, title=title)
    return target


def _areas(one: xr.Dataset, shares: Doubles) -> list[tuple[str, Doubles, tuple[str, str]]]:
    """Label, share by month and look of every area, from the bottom."""
    paths = [str(each) for each in one["parameter"].to_numpy()]
    names = dict(zip(paths, map(str, one["name"].to_numpy()), strict=True))
    measured = [place for place in range(len(paths)) if np.isfinite(shares[place]).any()]
    filled = np.nan_to_num(shares)
    own = [place for place in measured if paths[place] not in ("all others", "chance")]
    own.sort(key=lambda place: -filled[place].sum())
    top, rest = own[: len(_LOOKS)], own[len(_LOOKS) :]
    areas = [
        (style.shorten(names[paths[place]], 220, style.SMALL), filled[place], look)
        for place, look in zip(top, _LOOKS, strict=False)
    ]
    rest += [place for place in measured if paths[place] == "all others"]
    if rest:
        areas.append(("all other numbers", filled[rest].sum(axis=0), (style.PALE, "")))
    for place in measured:
        if paths[place] == "chance":
            areas.append(("chance", filled[place], (style.GREY, "xx")))
    return areas
