"""What scenarios change: fans of paired effects, and what their variance is made of."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import numpy.typing as npt
from matplotlib.artist import Artist
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import MaxNLocator

from alliance_sim.analysis import divergence, summary
from alliance_sim.analysis.effects import least_effect
from alliance_sim.analysis.variance import COMPONENTS
from alliance_sim.errors import InputError, Problem
from alliance_sim.plots import style
from alliance_sim.validation import said_in

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.axes import Axes

Doubles = npt.NDArray[np.float64]

LEVELS = (0.05, 0.25, 0.5, 0.75, 0.95)
_DASHES = (0, (5, 2))


# -- fans ----------------------------------------------------------------------------------


@style.styled
def effect_fan(
    ds: xr.Dataset,
    name: str,
    dyad: str | None = None,
    ax: Axes | None = None,
    baseline: xr.Dataset | None = None,
) -> Axes:
    """A paired effect over the months: mean, median, 50% and 90% of runs, in its units.

    Triangles on the zero line mark the month from which half of the runs differ from the
    baseline at all (open), and by more than the smallest effect of interest to the end (full).

    Args:
        ds: effects of one scenario, as ``compare`` gives them, or, with a baseline, results.
        name: a numeric outcome, or ``alignment``.
        dyad: for ``alignment``, the recorded dyad, such as ``iran-russia``.
        ax: where to draw; left out, a new figure.
        baseline: results with the same draws, to be subtracted.

    Raises:
        InputError: where there is no such effect, or ds holds several scenarios or theories.
    """
    change = ds if baseline is None else summary.paired(baseline, ds)
    values = _one_effect(change, name, dyad)
    target = style.axes_for(ds, ax)
    draw_effect_fan(target, change, values)
    about = style.subject(change, name, dyad)
    if not about.startswith("Change in "):
        about = f"Change in {about[:1].lower()}{about[1:]}"
    label = style.axis_label(values.assign_attrs(long_name=about), style.size_of(target)[1])
    target.set_ylabel(label)
    taken = style.mark_interventions(target, change)
    key = [*_fan_key(), *_mark_divergence(target, change, values)]
    title = f"{about} from {_against(change)}"
    style.legend(target, key, own=ax is None, title=title, under=taken)
    return target


def _against(change: xr.Dataset) -> str:
    return str(change.attrs["baseline_title"]) or "the baseline"


def _one_effect(change: xr.Dataset, name: str, dyad: str | None) -> xr.DataArray:
    """The effect on one outcome, (run, month)."""
    problems = []
    if "baseline_title" not in change.attrs:
        mend = "give its baseline too, or what compare returns"
        problems.append(Problem("these are results of one scenario, not effects", mend))
    several = [dim for dim in ("scenario", "theory", "replicate") if dim in change.dims]
    if several:
        mend = f"choose one first, as in ds.isel({several[0]}=0)"
        problems.append(Problem(f"these effects differ by {', '.join(several)}", mend))
    if not problems and name in change and change[name].attrs.get("units") == summary.CHANGED:
        mend = "ask for its class shares"
        problems.append(Problem(f"'{name}' is a relation class, and has no fan", mend))
    if problems:
        raise InputError(problems)
    return summary.series(change, name, dyad)


def draw_effect_fan(ax: Axes, change: xr.Dataset, values: xr.DataArray) -> None:
    """Bands and lines alone, and the limits of the axes."""
    days, array = style.dates(change), values.to_numpy().astype(np.float64)
    bands, mean = np.quantile(array, LEVELS, axis=0), array.mean(axis=0)
    ax.fill_between(days, bands[0], bands[4], color=style.BAND_90, linewidth=0)
    for edge in (bands[0], bands[4]):
        ax.plot(days, edge, color=style.BAND_50, linewidth=0.6)
    ax.fill_between(days, bands[1], bands[3], color=style.BAND_50, alpha=0.85, linewidth=0)
    ax.axhline(0, color=style.BLACK, linewidth=0.8, zorder=2)
    ax.plot(days, bands[2], color=style.BLUE, linewidth=2.2, zorder=5)
    ax.plot(days, mean, color=style.BLACK, linestyle=_DASHES, linewidth=1.2, zorder=5)
    low, high = min(0.0, float(bands.min())), max(0.0, float(bands.max()))
    bottom, top = style.value_range(low, high, values.attrs.get("valid_range"))
    # The triangles on the zero line need room.
    room = 0.04 * (top - bottom)
    ax.set_ylim(min(bottom, -room), max(top, room))
    ax.yaxis.set_major_locator(MaxNLocator(5, steps=[1, 2, 2.5, 5, 10], min_n_ticks=3))
    style.month_axis(ax, change)


def _fan_key() -> list[Artist]:
    mean = Line2D([], [], color=style.BLACK, linestyle=_DASHES, linewidth=1.2, label="mean")
    return [
        Line2D([], [], color=style.BLUE, linewidth=2.2, label="median"),
        mean,
        Patch(facecolor=style.BAND_50, label="50% of runs"),
        Patch(facecolor=style.BAND_90, edgecolor=style.BAND_50, linewidth=0.6, label="90% of runs"),
    ]


def _mark_divergence(ax: Axes, change: xr.Dataset, values: xr.DataArray) -> list[Artist]:
    """Triangles where half of the runs have parted from the baseline, and what they mean."""
    array, least = values.to_numpy().astype(np.float64), least_effect(values)
    kinds = (
        ("white", divergence.first_month(array), "half of runs differ: from"),
        (style.BLACK, divergence.lasting_month(array, least), f"by over {least:g}, for good: from"),
    )
    key: list[Artist] = []
    for face, months, words in kinds:
        median = divergence.over_runs(months)["q50"]
        look = {"color": style.BLACK, "markerfacecolor": face, "markersize": 6, "linewidth": 0}
        if median != median:
            continue
        place, day = int(median), style.dates(change)[int(median)]
        ax.plot([day], [0], marker="^", zorder=7, **look)  # type: ignore[arg-type]
        month = np.datetime_as_string(change["month"].to_numpy().astype("datetime64[M]"))[place]
        label = f"{words} {month}"
        key.append(Line2D([], [], marker="^", label=label, **look))  # type: ignore[arg-type]
    return key


# -- variance ------------------------------------------------------------------------------


class _Part(NamedTuple):
    words: str
    colour: str
    hatch: str
    ink: str


_PARTS = {
    "parameter": _Part("parameters", style.BLUE, "", "white"),
    "chance": _Part("chance", style.PALE, "", style.BLACK),
    "theory": _Part("choice of theory", style.ORANGE, "////", style.BLACK),
}
_HALF = 0.23
"""Half the height of a bar, in rows; the name stands over it."""
_CLASS_UNITS = ("class", summary.CHANGED)
_LEAST_NAMED = 8.0
"""Percent below which a part is too narrow to hold its number."""


@style.styled
def variance_split(ds: xr.Dataset, scenario: str | None = None, ax: Axes | None = None) -> Axes:
    """What the variance of each effect is made of at the last month, in percent; a bar each.

    Behind a bar stands the standard deviation, in the outcome's units, of which the whole bar is
    the square; for a class outcome that of 1 where the class changes and 0 where it does not.
    Parts are unbiased estimates; one that came out below zero is drawn as none.

    Args:
        ds: a comparison, or what ``alliance_sim.analysis.variance.variance_split`` gives.
        scenario: which one, where there are several.
        ax: where to draw; left out, a new figure.

    Raises:
        InputError: where the variance was not split, no such scenario is there, or nothing
            varies.
    """
    one = _one_split(ds, scenario)
    known = np.flatnonzero(one["variance_total"].to_numpy() > 0)
    if not len(known):
        raise InputError([Problem("no effect varies", "split the variance of another scenario")])
    one = one.isel(outcome=known)
    target = style.axes_for(ds, ax, height=1.6 + 0.4 * len(known))
    kinds = [kind for kind in COMPONENTS if np.isfinite(one[f"share_{kind}"]).any()]
    shares = np.stack([100 * one[f"share_{kind}"].to_numpy() for kind in kinds])
    left = np.zeros(len(known))
    for kind, share in zip(kinds, np.maximum(shares, 0.0), strict=True):
        _draw_part(target, _PARTS[kind], left, share)
        left = left + share
    _name_bars(target, one, left, _class_changes(one))
    if ax is not None:
        style.keep_inside(target)
    key: list[Artist] = [
        Patch(
            facecolor=_PARTS[kind].colour,
            hatch=_PARTS[kind].hatch,
            edgecolor=style.GREY,
            linewidth=0.4,
            label=_PARTS[kind].words,
        )
        for kind in kinds
    ]
    month = str(ds["month"].to_numpy()[-1])[:7]
    title = f"Variance of the effect in {month}"
    if scenario is not None:
        title += f": {style.scenario_names(ds)[scenario]}"
    style.legend(target, key, own=ax is None, title=title)
    return target


def _one_split(ds: xr.Dataset, scenario: str | None) -> xr.Dataset:
    """The split of one scenario at the last month."""
    if "variance_total" not in ds:
        mend = "compare with two replicates, and split it"
        raise InputError([Problem("the variance of these effects was not split", mend)])
    one = ds.isel(month=-1)
    if "scenario" not in ds.dims:
        return one
    labels = [str(each) for each in ds["scenario"].to_numpy()]
    if scenario is None and len(labels) == 1:
        return one.isel(scenario=0)
    if scenario not in labels:
        what = "there are several scenarios" if scenario is None else f"no scenario '{scenario}'"
        raise InputError([Problem(what, f"name one of: {', '.join(labels)}")])
    return one.sel(scenario=scenario)


def _draw_part(ax: Axes, part: _Part, left: Doubles, share: Doubles) -> None:
    """One part of every bar, with its percent where there is room."""
    rows = range(len(share))
    ax.barh(
        rows,
        share,
        2 * _HALF,
        left=left,
        color=part.colour,
        hatch=part.hatch,
        edgecolor=style.GREY,
        linewidth=0.4,
    )
    for row, start, width in zip(rows, left, share, strict=True):
        if width >= _LEAST_NAMED:
            words = ax.text(start + width / 2, row, f"{width:.0f}%", ha="center", va="center")
            words.set(fontsize=style.SMALL, color=part.ink)
            if part.hatch:
                words.set_bbox({"boxstyle": "round,pad=0.15", "fc": "white", "ec": "none"})


def _name_bars(ax: Axes, one: xr.Dataset, ends: Doubles, changes: Sequence[bool]) -> None:
    """Outcomes over their bars, standard deviations with their units to the right."""
    names = [style.words(str(each)) for each in one.get("outcome_name", one["outcome"]).to_numpy()]
    wide = style.size_of(ax)[0]
    ax.set_yticks([])
    ax.spines["left"].set_visible(False)
    ax.set_ylim(len(names) - 0.5, -0.75)
    behind = _deviations(one, changes)
    room = max(style.text_size(each, style.SMALL)[0] for each in behind) + 10
    for row, (name, end, text) in enumerate(zip(names, ends, behind, strict=True)):
        said = said_in(one.isel(outcome=row))
        words = style.marked_name(name[:1].upper() + name[1:], said, wide, style.SMALL)
        ax.text(0, row - _HALF - 0.03, words, fontsize=style.SMALL, va="bottom")
        look = {"va": "center", "fontsize": style.SMALL, "color": style.GREY}
        ax.annotate(text, (end, row), (5, 0), textcoords="offset points", **look)  # type: ignore[arg-type]
    ax.set_xlim(0, max(100.0, float(ends.max())) / max(0.4, 1 - room / wide))
    ax.set_xticks(range(0, 101, 25))
    ax.spines["bottom"].set_bounds(0, 100)
    label = "Share of the variance [%]"
    label += "; SD: standard deviation of the effect"
    label += "; *: of 1 where the class changes, 0 where not" if any(changes) else ""
    ax.set_xlabel(style.wrap(label, wide, style.BODY))


def _deviations(one: xr.Dataset, changes: Sequence[bool]) -> list[str]:
    """What stands behind a bar: a standard deviation in the outcome's units."""
    deviations = np.sqrt(one["variance_total"].to_numpy())
    units = one["unit"].to_numpy() if "unit" in one.coords else [""] * len(deviations)
    return [
        f"SD {deviation:.2g} {'*' if change else unit}".rstrip()
        for deviation, unit, change in zip(deviations, units, changes, strict=True)
    ]


def _class_changes(one: xr.Dataset) -> list[bool]:
    """Whether the effect on each outcome is a change of class; known where units are."""
    if "unit" not in one.coords:
        return [False] * one.sizes["outcome"]
    return [str(each) in _CLASS_UNITS for each in one["unit"].to_numpy()]
