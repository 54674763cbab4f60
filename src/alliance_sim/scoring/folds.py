"""What is to be forecast from what: origins, targets, and dyads whose history is hidden."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from alliance_sim.errors import InputError, Problem
from alliance_sim.rng import stream
from alliance_sim.wording import counted

Doubles = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

KNOWN, LEFT_OUT, NEW = "known", "left out", "new"
"""Folds: the dyad's history is known; it is there but hidden; there is none up to the origin."""
MOST_AHEAD = 5
"""Years ahead of the rolling origins."""
FOLDS = 5
"""Groups in which dyads are left out."""
_FEWEST_TO_LEAVE_OUT = 3  # dyads: one is hidden, and two say how dyads differ
_ASKED = ["dyad", "year", "origin", "horizon"]
_NOTHING_HIDDEN = -1
_LAST_YEAR = 9999  # four digits; a slip in one would otherwise make a panel of any size


@dataclass(frozen=True, eq=False)
class Panel:
    """Yearly values of dyads."""

    dyads: tuple[str, ...]
    years: Ints
    """(year,) consecutive."""
    values: Doubles
    """(dyad, year); NaN where nothing was observed."""

    @classmethod
    def from_frame(cls, frame: pd.DataFrame, column: str = "value") -> Panel:
        """A panel from rows of ``dyad``, ``year`` and a column of values, in any order, with gaps.

        Raises:
            InputError: if a column is missing, a dyad is no text, a year is no whole number of four
                digits, a value is infinite, a ``sampling`` negative, or a dyad has two rows in a
                year.
        """
        _check(frame, column)
        kept = frame.dropna(subset=[column])
        years = np.arange(kept["year"].min(), kept["year"].max() + 1, dtype=np.int64)
        wide = kept.pivot(index="dyad", columns="year", values=column).sort_index()
        wide = wide.reindex(columns=years)
        return cls(tuple(map(str, wide.index)), years, wide.to_numpy(dtype=np.float64))

    def until(self, year: int) -> Panel:
        """What was observed up to a year, this included."""
        kept = self.years <= year
        return Panel(self.dyads, self.years[kept], self.values[:, kept])

    def without(self, dyads: Collection[str]) -> Panel:
        """The same with some dyads hidden: they stay in their places, without values."""
        hidden = np.isin(np.array(self.dyads), list(dyads))
        return Panel(self.dyads, self.years, np.where(hidden[:, None], np.nan, self.values))

    def last(self) -> tuple[Doubles, Ints]:
        """Last value of each dyad and its year; NaN and the year before the first without one."""
        seen = np.isfinite(self.values)
        place = self.values.shape[1] - 1 - seen[:, ::-1].argmax(axis=1)
        any_seen = seen.any(axis=1)
        value = np.where(any_seen, self.values[np.arange(len(self.dyads)), place], np.nan)
        return value, np.where(any_seen, self.years[place], self.years[0] - 1)

    def places(self, dyads: pd.Series) -> Ints:
        """Places of dyads in the panel."""
        known = {dyad: place for place, dyad in enumerate(self.dyads)}
        return np.array([known[dyad] for dyad in dyads], dtype=np.int64)


@dataclass(frozen=True, eq=False)
class Block:
    """Forecasts from one origin that share what is known."""

    origin: int
    places: Ints
    """(row,) which rows of the task these are."""
    rows: pd.DataFrame
    """``dyad``, ``year``, ``origin``, ``horizon``: what is asked, without what was observed."""
    history: Panel
    """All that may be known: years up to the origin, dyads that are left out without values."""


@dataclass(frozen=True, eq=False)
class Task:
    """What is to be forecast, and what came.

    A forecaster gives an array of draws, (row, draw), for the rows, and may know of each block
    only its ``history``.
    """

    rows: pd.DataFrame
    """A forecast each. ``dyad``, ``year``, ``origin``, ``horizon`` (years from the origin),
    ``observed``, ``last`` and ``last_year`` (the last value up to the origin and its year; NaN and
    -1 where it is hidden or missing), ``sampling`` (standard error of ``observed - last``; 0 where
    none is given), ``fold`` (``known``, ``left out`` or ``new``), ``hidden`` (group of dyads that
    is left out, or -1), ``fixed`` and ``rolling`` (whether it belongs to these origins)."""
    panel: Panel
    groups: tuple[tuple[str, ...], ...]
    """Dyads that are left out together."""
    first: int
    """First year that is forecast."""
    last: int
    measure: str
    bounds: tuple[float, float]

    def blocks(self) -> Iterator[Block]:
        """Rows by origin and by what is hidden, with what may be known of them."""
        keys = self.rows[["origin", "hidden"]].to_numpy(dtype=np.int64)
        for origin, hidden in np.unique(keys, axis=0):
            places = np.flatnonzero((keys == (origin, hidden)).all(axis=1))
            history = self.panel.until(int(origin))
            if hidden != _NOTHING_HIDDEN:
                history = history.without(self.groups[hidden])
            asked = self.rows.iloc[places][_ASKED].reset_index(drop=True)
            yield Block(int(origin), places, asked, history)


def make_task(
    frame: pd.DataFrame,
    first: int,
    last: int,
    *,
    measure: str = "kappa_w",
    bounds: tuple[float, float] = (-1.0, 1.0),
    folds: int = FOLDS,
    seed: int = 0,
) -> Task:
    """Forecasts of the years ``first`` to ``last`` for every dyad that was observed in them.

    Origins: one at ``first - 1`` that looks ahead to ``last``, and one at the end of each year from
    ``first - 1`` to ``last - 1`` that looks one to five years ahead. Each forecast is asked for
    twice where the dyad has a history: with it, and with it hidden (``folds`` random groups of
    dyads, each hidden once); without a history, once.

    Args:
        frame: rows of ``dyad``, ``year``, ``value``; any years, any dyads, with gaps. A column
            ``sampling`` may hold the standard error of each value.
        first: first year to be forecast.
        last: last year to be forecast; years without values are passed over.
        measure: what the values are, for tables.
        bounds: the least and the largest value that can be.
        folds: groups in which dyads are left out; 0 leaves none out.
        seed: which dyads are left out together.

    Raises:
        InputError: if the frame cannot be read, or there is nothing to forecast or to know.

    Example:
        >>> years = range(2008, 2014)
        >>> frame = pd.DataFrame({"dyad": "a-b", "year": years, "value": 0.1})
        >>> task = make_task(frame, 2012, 2013)
        >>> task.rows[["origin", "year", "horizon"]].to_numpy().tolist()
        [[2011, 2012, 1], [2011, 2013, 2], [2012, 2013, 1]]
    """
    panel = Panel.from_frame(frame)
    _check_years(panel, first, last, bounds)
    rows = _rows(panel, first, last)
    groups = _groups(panel, first, folds, seed)
    group_of = {dyad: place for place, group in enumerate(groups) for dyad in group}
    again = rows[(rows["fold"] == KNOWN) & rows["dyad"].isin(list(group_of))]
    again = again.assign(
        fold=LEFT_OUT, last=np.nan, last_year=-1, hidden=again["dyad"].map(group_of).astype(int)
    )
    rows = pd.concat([rows, again], ignore_index=True) if len(again) else rows
    rows["sampling"] = _sampling(frame, rows)
    return Task(rows, panel, groups, first, last, measure, bounds)


def _rows(panel: Panel, first: int, last: int) -> pd.DataFrame:
    """Forecasts with nothing hidden."""
    parts = []
    for origin in range(first - 1, last):
        value, year = panel.until(origin).last()
        furthest = last if origin == first - 1 else min(last, origin + MOST_AHEAD)
        for target in range(origin + 1, furthest + 1):
            if target not in panel.years:
                continue
            observed = panel.values[:, panel.years == target][:, 0]
            part = pd.DataFrame({"dyad": panel.dyads, "year": target, "origin": origin})
            part["horizon"] = target - origin
            part["observed"] = observed
            part["last"] = value
            part["last_year"] = np.where(np.isfinite(value), year, -1)
            part["fold"] = np.where(np.isfinite(value), KNOWN, NEW)
            part["hidden"] = _NOTHING_HIDDEN
            part["fixed"] = origin == first - 1
            part["rolling"] = target - origin <= MOST_AHEAD
            parts.append(part[np.isfinite(observed)])
    return pd.concat(parts, ignore_index=True)


def _groups(panel: Panel, first: int, folds: int, seed: int) -> tuple[tuple[str, ...], ...]:
    """Dyads with a history before the first year, in random groups of about the same size."""
    seen = np.isfinite(panel.until(first - 1).values).any(axis=1)
    dyads = np.array(panel.dyads)[seen]
    if folds < 1 or len(dyads) < _FEWEST_TO_LEAVE_OUT:
        return ()
    mixed = stream(seed, "scoring", "folds").permutation(dyads)
    count = min(max(folds, 2), len(dyads))
    return tuple(tuple(sorted(mixed[place::count].tolist())) for place in range(count))


def _sampling(frame: pd.DataFrame, rows: pd.DataFrame) -> Doubles:
    """Standard error of the change from the last value to the one observed."""
    if "sampling" not in frame:
        return np.zeros(len(rows))
    error = frame.dropna(subset=["value"]).set_index(["dyad", "year"])["sampling"].fillna(0.0)
    total = np.zeros(len(rows))
    for column in ("year", "last_year"):
        keys = pd.MultiIndex.from_frame(rows[["dyad", column]])
        total += np.square(error.reindex(keys).fillna(0.0).to_numpy(dtype=np.float64))
    return np.sqrt(total)


# -- mistakes ------------------------------------------------------------------------------


def _check(frame: pd.DataFrame, column: str) -> None:
    needed = ["dyad", "year", column]
    missing = [name for name in needed if name not in frame]
    if missing:
        what = f"the series has no column {', '.join(missing)}"
        raise InputError([Problem(what, f"give the columns {', '.join(needed)}")])
    kept = frame.dropna(subset=[column])
    if kept.empty:
        raise InputError([Problem("the series has no values", "give rows with values")])
    problems = [*_wrong_cells(kept, column), *_wrong_errors(kept)]
    twice = kept[kept.duplicated(["dyad", "year"])]
    if len(twice):
        one = twice.iloc[0]
        what = f"{counted(len(twice), 'row')} more than one a dyad and year"
        mend = f"keep one, as of {one['dyad']} in {one['year']}"
        problems.append(Problem(what, mend))
    if problems:
        raise InputError(problems)


def _wrong_cells(kept: pd.DataFrame, column: str) -> Iterator[Problem]:
    if not all(isinstance(dyad, str) for dyad in kept["dyad"].unique()):
        yield Problem("a dyad has no name", "name every dyad in text, such as iran-russia")
    if not all(pd.api.types.is_numeric_dtype(kept[name]) for name in ("year", column)):
        yield Problem("years and values are numbers", "mend what is text in them")
        return
    if not np.isfinite(kept[column].to_numpy(dtype=np.float64)).all():
        yield Problem("a value is infinite", "leave it empty if it is not known")
    if (kept["year"] % 1 != 0).any():
        yield Problem("a year is no whole number", "give a row a year")
    elif not kept["year"].between(1, _LAST_YEAR).all():
        yield Problem("a year is out of range", f"give years from 1 to {_LAST_YEAR}")


def _wrong_errors(kept: pd.DataFrame) -> Iterator[Problem]:
    if "sampling" not in kept:
        return
    mend = "give standard errors of 0 or more, and leave empty what is not known"
    if not pd.api.types.is_numeric_dtype(kept["sampling"]):
        yield Problem("a standard error is text", mend)
    elif not kept["sampling"].dropna().between(0, np.inf, inclusive="left").all():
        yield Problem("a standard error is negative or infinite", mend)


def _check_years(panel: Panel, first: int, last: int, bounds: tuple[float, float]) -> None:
    held = f"the series has {panel.years[0]} to {panel.years[-1]}"
    problems = []
    if last < first:
        what = f"the last year, {last}, comes before the first, {first}"
        problems.append(Problem(what, "let the years to be forecast run forwards"))
    asked = (panel.years >= first) & (panel.years <= last)
    if last >= first and not np.isfinite(panel.values[:, asked]).any():
        what = f"nothing was observed from {first} to {last}"
        problems.append(Problem(what, f"choose other years: {held}"))
    if not np.isfinite(panel.values[:, panel.years < first]).any():
        what = f"nothing was observed before {first}, so there is nothing to learn from"
        problems.append(Problem(what, f"choose a later first year: {held}"))
    low, high = bounds
    if not low < high:
        what = f"the bounds {low:g} and {high:g} leave nothing between them"
        problems.append(Problem(what, "give the least value first, and the largest after it"))
    beyond = int(np.sum((panel.values < low) | (panel.values > high)))
    if beyond:
        what = f"{counted(beyond, 'value')} outside {low:g} to {high:g}"
        problems.append(Problem(what, "mend them, or give the bounds of this measure"))
    if problems:
        raise InputError(problems)
