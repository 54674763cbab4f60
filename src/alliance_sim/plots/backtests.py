"""How good forecasts were: skill against simple rivals, and whether the spread was right."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from matplotlib.artist import Artist
from matplotlib.lines import Line2D

from alliance_sim.errors import InputError, Problem
from alliance_sim.plots import style

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.axes import Axes


class _Mark(NamedTuple):
    colour: str
    marker: str
    face: str


_MARKS = (
    _Mark(style.BLACK, "o", style.BLACK),
    _Mark(style.VERMILLION, "s", "white"),
    _Mark(style.BLUE, "D", style.BLUE),
    _Mark(style.ORANGE, "^", "white"),
    _Mark(style.GREEN, "v", style.GREEN),
    _Mark(style.PURPLE, "P", "white"),
    _Mark(style.SKY, "X", style.SKY),
)
"""Rivals differ in colour, in shape and in being filled."""
_SPREAD = 0.7
"""Share of the room of a horizon that its intervals take."""
_SCORES = {"crps": "CRPS", "error": "absolute error"}
_FOLDS = {
    "known": "dyads whose history is known",
    "left out": "dyads left out",
    "new": "dyads without a history",
}


@style.styled
def backtest(
    ds: xr.Dataset,
    forecaster: str | None = None,
    ax: Axes | None = None,
    fold: str = "known",
    score: str = "crps",
    origins: str = "rolling",
) -> Axes:
    """Skill of one forecaster against each rival by years ahead, with bootstrap intervals.

    Above zero the forecaster is better than the rival; an interval that holds zero does not tell.

    Args:
        ds: the ``dataset()`` of a table of ``alliance_sim.scoring``.
        forecaster: whose skill; left out, the first that is no rival.
        ax: axes to draw on; left out, those of a new figure.
        fold: ``known``, ``left out`` or ``new``.
        score: ``crps`` or ``error``.
        origins: ``rolling`` or ``fixed``.

    Raises:
        InputError: if nothing of that name was scored.
    """
    asked = _forecaster(ds, forecaster)
    _check(ds, forecaster=asked, fold=fold, score=score, origins=origins)
    one = ds.sel(forecaster=asked, fold=fold, score=score, origins=origins)
    one = one.dropna("horizon", subset=["skill"], how="all")
    rivals = [
        (name, look)
        for name, look in zip(map(str, ds["against"].to_numpy()), _looks(ds), strict=True)
        if name != asked and np.isfinite(one["skill"].sel(against=name)).any()
    ]
    if not rivals:
        mend = "choose another forecaster, fold or origins"
        raise InputError([Problem(f"no skill of {asked} is known there", mend)])
    target = style.axes_for(ds, ax, width=7.6, height=4.4)
    horizons = [str(each) for each in one["horizon"].to_numpy()]
    for place, (name, look) in enumerate(rivals):
        off = _SPREAD * ((place + 0.5) / len(rivals) - 0.5)
        _draw_rival(target, one.sel(against=name), off, look)
    target.axhline(0, color=style.BLACK, linewidth=0.8, zorder=1)
    for edge in np.arange(1, len(horizons)) - 0.5:
        target.axvline(edge, color=style.PALE, linewidth=0.6, zorder=0.5)
    target.set_xticks(range(len(horizons)), horizons)
    target.set_xlim(-0.5, len(horizons) - 0.5)
    target.set_xlabel("Years ahead of the last year known")
    label = f"Skill in {_SCORES.get(score, score)} [1 = perfect]"
    target.set_ylabel(style.wrap(label, style.size_of(target)[1], style.BODY))
    level = round(100 * float(ds.attrs.get("level", 0.9)))
    title = f"{asked} against its rivals, with {level}% intervals: {_FOLDS.get(fold, fold)}"
    style.legend(target, [_key(*rival) for rival in rivals], own=ax is None, title=title)
    return target


def _draw_rival(ax: Axes, one: xr.Dataset, off: float, look: _Mark) -> None:
    where = np.arange(one.sizes["horizon"]) + off
    ax.vlines(where, one["skill_low"], one["skill_high"], color=look.colour, linewidth=1.1)
    ax.plot(where, one["skill"], look.marker, **_dots(look))


def _dots(look: _Mark) -> dict[str, Any]:
    return {
        "color": look.colour,
        "markerfacecolor": look.face,
        "markersize": 5.0,
        "linestyle": "",
        "zorder": 3,
    }


def _key(name: str, look: _Mark) -> Line2D:
    return Line2D([], [], marker=look.marker, label=style.words(name), **_dots(look))


def _looks(ds: xr.Dataset) -> list[_Mark]:
    return [_MARKS[place % len(_MARKS)] for place in range(ds.sizes["against"])]


def _forecaster(ds: xr.Dataset, name: str | None) -> str:
    if name is not None:
        return name
    known = [str(each) for each in ds["forecaster"].to_numpy()]
    rivals = json.loads(ds.attrs.get("rivals") or "[]")
    return next((each for each in known if each not in rivals), known[-1])


def _check(ds: xr.Dataset, **asked: str) -> None:
    problems = []
    for key, value in asked.items():
        known = [str(each) for each in ds[key].to_numpy()]
        if value not in known:
            mend = f"use one of: {', '.join(known)}"
            problems.append(Problem(f"the backtest has no {key} '{value}'", mend))
    if problems:
        raise InputError(problems)


# -- calibration ---------------------------------------------------------------------------


@style.styled
def coverage(
    ds: xr.Dataset,
    ax: Axes | None = None,
    fold: str = "known",
    forecasters: Sequence[str] | None = None,
    origins: str = "rolling",
) -> Axes:
    """How often what came lay within the central 50% and 90% intervals, of each forecaster.

    Left of its line a forecaster was too sure of itself, right of it not sure enough.

    Args:
        ds: the ``dataset()`` of a table of ``alliance_sim.scoring``.
        ax: axes to draw on; left out, those of a new figure.
        fold: ``known``, ``left out`` or ``new``.
        forecasters: which ones, from above; left out, all.
        origins: ``rolling`` or ``fixed``.

    Raises:
        InputError: if nothing of that name was scored.
    """
    _check(ds, fold=fold, origins=origins)
    one = ds.sel(fold=fold, origins=origins, horizon="all")
    one = one.dropna("forecaster", subset=["coverage_50", "coverage_90"])
    if forecasters is not None:
        for name in forecasters:
            _check(one, forecaster=name)
        one = one.sel(forecaster=list(forecasters))
    names = [style.words(str(each)) for each in one["forecaster"].to_numpy()]
    target = style.axes_for(ds, ax, width=7.0, height=1.9 + 0.3 * len(names))
    places = np.arange(len(names))
    key: list[Artist] = []
    for level, face in ((50, "white"), (90, style.BLUE)):
        look: dict[str, Any] = {"color": style.BLUE, "markerfacecolor": face}
        look |= {"markersize": 6.5, "linestyle": ""}
        values = 100 * one[f"coverage_{level}"].to_numpy()
        target.hlines(
            places,
            np.minimum(values, level),
            np.maximum(values, level),
            color=style.PALE,
            linewidth=2.0,
            zorder=1,
        )
        target.plot(values, places, "o", zorder=3, **look)
        target.axvline(level, color=style.BLACK, linewidth=0.9, linestyle=(0, (4, 2)), zorder=2)
        key.append(Line2D([], [], marker="o", label=f"within the {level}% interval", **look))
    nominal: dict[str, Any] = {"color": style.BLACK, "linewidth": 0.9, "linestyle": (0, (4, 2))}
    key.append(Line2D([], [], label="where it should be", **nominal))
    room = style.size_of(target)[0] / 3
    target.set_yticks(places, [style.shorten(name, room, style.BODY) for name in names])
    target.set_ylim(len(names) - 0.5, -0.5)
    target.set_xlim(0, 102)
    target.set_xlabel("Forecasts whose interval held what came [%]")
    style.legend(target, key, own=ax is None, title=f"Spread: {_FOLDS.get(fold, fold)}")
    return target
