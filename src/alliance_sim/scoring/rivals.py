"""Simple forecasters that any model has to beat.

A rival is a function of a history and of rows that are asked for, which gives the mean and the
standard deviation of a normal predictive distribution for each row. With L the dyad's last value,
observed in year s, and h the years from s to the target:

- persistence: N(L, v_h), v_h the mean square of all dyads' changes over h years;
- random walk with drift: N(L + h b, s2 h (1 + h / T)), b the dyad's own mean yearly change over the
  T years that it was observed (not shrunk), s2 pooled;
- mean of the dyad: N(m, w2 (1 + 1 / n)), w2 pooled over dyads;
- AR(1): N(m + f^h (L - m), s2 (1 + f^2 + ... + f^(2h-2)) + s2 (1 + f + ... + f^(h-1))^2 / n), f
  pooled, about the mean of each dyad's n values, which is itself uncertain;
- local level: see :mod:`alliance_sim.scoring.local_level`;
- regression: see :mod:`alliance_sim.scoring.regression`.

A dyad without history is taken as one more drawn from those with one: its L (or m) is theirs on
average, with their variance times 1 + 1 / D over D dyads, and h counts from the origin.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import NamedTuple, TypeAlias

import numpy as np
import pandas as pd

from alliance_sim.rng import stream
from alliance_sim.scoring.folds import Doubles, Ints, Panel, Task
from alliance_sim.scoring.local_level import fit_level

DRAWS = 1000
"""Draws of a predictive distribution."""
FEWEST = 10
"""Changes from which a variance or a regression is estimated; judgement."""


class Moments(NamedTuple):
    """A normal predictive distribution for each row; NaN where there is none."""

    mean: Doubles
    sd: Doubles


Rival: TypeAlias = Callable[[Panel, pd.DataFrame], Moments]


@dataclass(frozen=True, eq=False)
class Start:
    """What rows start from."""

    place: Ints
    """(row,) place of the dyad in the panel."""
    known: np.ndarray[tuple[int], np.dtype[np.bool_]]
    """(row,) whether the dyad has a history."""
    lag: Ints
    """(row,) years from the last value to the target; from the origin without one."""


def start_of(history: Panel, rows: pd.DataFrame) -> Start:
    """Where rows start."""
    place = history.places(rows["dyad"])
    value, year = history.last()
    known = np.isfinite(value[place])
    begin = np.where(known, year[place], rows["origin"].to_numpy(dtype=np.int64))
    return Start(place, known, rows["year"].to_numpy(dtype=np.int64) - begin)


def forecast(task: Task, rival: Rival, draws: int = DRAWS, seed: int = 0) -> Doubles:
    """Draws of one rival: see :func:`forecasts`.

    Example:
        >>> from alliance_sim.scoring import make_task
        >>> values = {"dyad": "a-b", "year": range(2000, 2014), "value": [0.1, 0.2] * 7}
        >>> forecast(make_task(pd.DataFrame(values), 2012, 2013), persistence, draws=50).shape
        (3, 50)
    """
    return forecasts(task, {"it": rival}, draws, seed)["it"]


def forecasts(
    task: Task, rivals: Mapping[str, Rival], draws: int = DRAWS, seed: int = 0
) -> dict[str, Doubles]:
    """Draws of rivals for every row of a task, cut off at the bounds.

    The normal numbers of a row are keyed by its dyad, origin, year and fold: rows that are added
    move no other, and all rivals share them.

    Args:
        task: what is asked for.
        rivals: name -> rival.
        draws: how many.
        seed: of the draws.

    Returns:
        Name -> draws, (row, draw); NaN where a rival has nothing to say.
    """
    blocks = list(task.blocks())
    normal = _normals(task, draws, seed)
    out = {}
    for name, rival in rivals.items():
        moments = np.full((2, len(task.rows)), np.nan)
        for block in blocks:
            moments[:, block.places] = rival(block.history, block.rows)
        out[name] = _cut(task, Moments(*moments), normal)
    return out


def drawn(task: Task, moments: Moments, draws: int = DRAWS, seed: int = 0) -> Doubles:
    """Draws from given normal distributions for the rows of a task, cut off at the bounds."""
    return _cut(task, moments, _normals(task, draws, seed))


def _cut(task: Task, moments: Moments, normal: Doubles) -> Doubles:
    out = normal * moments.sd[:, None]
    out += moments.mean[:, None]
    return np.clip(out, *task.bounds, out=out)


def _normals(task: Task, draws: int, seed: int) -> Doubles:
    """Standard normal numbers, (row, draw)."""
    out = np.empty((len(task.rows), draws))
    keys = task.rows[["dyad", "origin", "year", "fold"]].itertuples(index=False, name=None)
    for place, key in enumerate(keys):
        stream(seed, "scoring", *key).standard_normal(out=out[place])
    return out


# -- the rivals ----------------------------------------------------------------------------


def persistence(history: Panel, rows: pd.DataFrame) -> Moments:
    """The last value, as uncertain as values have been after so many years."""
    start = start_of(history, rows)
    level, spread = _with_new(history.last()[0], start)
    return Moments(level, np.sqrt(spread + change_variances(history.values, start.lag)))


def drift(history: Panel, rows: pd.DataFrame) -> Moments:
    """A random walk with the dyad's own drift, by its first and last values."""
    start = start_of(history, rows)
    step = _increments(history.values)
    span = _sums(step.dyad, step.years, len(history.dyads))
    moved = _sums(step.dyad, step.change, len(history.dyads))
    several = span > 0
    own = np.divide(moved, span, out=np.full(len(span), np.nan), where=several)
    left = len(step.change) - several.sum()
    if left < FEWEST:
        return persistence(history, rows)
    rest = step.change - own[step.dyad] * step.years
    variance = float((rest**2 / step.years).sum() / left)
    # One value gives no drift: the mean drift then, uncertain as drifts differ.
    slope, doubt = _with_new(own, Start(start.place, several[start.place], start.lag))
    doubt = np.where(several[start.place], variance / np.maximum(span[start.place], 1), doubt)
    level, spread = _with_new(history.last()[0], start)
    h = start.lag
    return Moments(level + h * slope, np.sqrt(spread + variance * h + h**2 * doubt))


def dyad_mean(history: Panel, rows: pd.DataFrame) -> Moments:
    """The mean of all that was observed of the dyad."""
    start = start_of(history, rows)
    count, means, within = _within(history.values)
    if not np.isfinite(within):
        return persistence(history, rows)
    level, spread = _with_new(means, start)
    spread += within * np.where(start.known, 1 / np.maximum(count[start.place], 1), 0.0)
    return Moments(level, np.sqrt(spread + within))


def autoregression(history: Panel, rows: pd.DataFrame) -> Moments:
    """AR(1) about the mean of each dyad, with one coefficient by least squares."""
    start = start_of(history, rows)
    fitted = fit_autoregression(history.values)
    if fitted is None:
        return persistence(history, rows)
    coefficient, variance = fitted
    count, means, _ = _within(history.values)
    level, spread = _with_new(means, start)
    away = np.where(start.known, (history.last()[0] - means)[start.place], 0.0)
    years = np.arange(int(start.lag.max(initial=1)))
    powers: Doubles = np.power(coefficient**2, years)
    # The constant m (1 - f) has the variance s2 / n, and enters every year of the way.
    pushes = np.cumsum(np.power(coefficient, years))[start.lag - 1]
    doubt = pushes**2 / np.maximum(count[start.place], 1)
    ahead = variance * (np.cumsum(powers)[start.lag - 1] + doubt)
    # Nothing is known of where a dyad without history stands about its own mean.
    ahead = np.where(start.known, ahead, _stationary(coefficient, variance, powers))
    return Moments(level + coefficient**start.lag * away, np.sqrt(spread + ahead))


def fit_autoregression(values: Doubles) -> tuple[float, float] | None:
    """Coefficient and innovation variance, from years that follow on each other; None if too few.

    f = sum (x_t - m)(x_{t+1} - m) / sum (x_t - m)^2 over all dyads, m the mean of the dyad.

    Args:
        values: (dyad, year), NaN where nothing was observed.
    """
    means = _within(values)[1]
    off = values - means[:, None]
    before, after = off[:, :-1], off[:, 1:]
    both = np.isfinite(before) & np.isfinite(after)
    free = int(both.sum()) - int((both.any(axis=1)).sum()) - 1
    total = float((before[both] ** 2).sum())
    if free < FEWEST or total == 0:
        return None
    coefficient = float((before[both] * after[both]).sum() / total)
    rest = after[both] - coefficient * before[both]
    return coefficient, float((rest**2).sum() / free)


def local_level(history: Panel, rows: pd.DataFrame) -> Moments:
    """An exponentially smoothed level, with the smoothing that was most likely for all dyads."""
    start = start_of(history, rows)
    fitted = fit_level(history.values)
    if fitted is None:
        return persistence(history, rows)
    # The filter runs to the end of the panel: what follows is counted from the origin.
    horizon = rows["horizon"].to_numpy(dtype=np.int64)
    level, spread = _with_new(fitted.mean, start)
    own = np.where(start.known, fitted.noise * fitted.variance[start.place], 0.0)
    ahead = fitted.noise * (1 + fitted.ratio * horizon)
    return Moments(level, np.sqrt(spread + own + ahead))


# -- parts ---------------------------------------------------------------------------------


def change_variances(values: Doubles, lags: Ints) -> Doubles:
    """Mean square of all dyads' changes over so many years, for each lag.

    Where fewer than :data:`FEWEST` changes over so many years were observed, that over the most
    years with enough of them, in proportion to the years; the variance of all values without any.
    """
    found = {int(lag): _change_variance(values, int(lag)) for lag in np.unique(lags)}
    return np.array([found[int(lag)] for lag in lags])


def _change_variance(values: Doubles, lag: int) -> float:
    for years in range(min(lag, values.shape[1] - 1), 0, -1):
        change = values[:, years:] - values[:, :-years]
        seen = np.isfinite(change)
        if seen.sum() >= FEWEST:
            return float(np.mean(change[seen] ** 2)) * lag / years
    seen = np.isfinite(values)
    return float(np.var(values[seen])) if seen.any() else np.nan


def _with_new(values: Doubles, start: Start) -> tuple[Doubles, Doubles]:
    """A quantity of dyads for each row, and its variance: 0 if known, that of the others if not."""
    seen = values[np.isfinite(values)]
    mean = float(seen.mean()) if len(seen) else np.nan
    between = float(seen.var(ddof=1)) * (1 + 1 / len(seen)) if len(seen) > 1 else 0.0
    return (
        np.where(start.known, values[start.place], mean),
        np.where(start.known, 0.0, between),
    )


class _Steps(NamedTuple):
    dyad: Ints
    years: Ints
    change: Doubles


def _increments(values: Doubles) -> _Steps:
    """Changes from each value to the dyad's next, whatever the years between."""
    dyad, year = np.nonzero(np.isfinite(values))
    same = dyad[1:] == dyad[:-1]
    seen = values[dyad, year]
    return _Steps(dyad[1:][same], np.diff(year)[same], np.diff(seen)[same])


def _sums(dyad: Ints, numbers: Doubles | Ints, dyads: int) -> Doubles:
    return np.bincount(dyad, weights=numbers, minlength=dyads).astype(np.float64)


def _within(values: Doubles) -> tuple[Ints, Doubles, float]:
    """Count and mean of each dyad's values, and the pooled variance about these means."""
    seen = np.isfinite(values)
    count = seen.sum(axis=1)
    filled = np.where(seen, values, 0.0)
    means = np.divide(filled.sum(axis=1), count, out=np.full(len(values), np.nan), where=count > 0)
    free = int((count[count > 0] - 1).sum())
    off = (values - means[:, None])[seen]
    return count, means, float((off**2).sum() / free) if free >= FEWEST else np.nan


def _stationary(coefficient: float, variance: float, powers: Doubles) -> float:
    """Variance about the mean in the long run; that of the longest lag if there is none."""
    if abs(coefficient) < 1:
        return variance / (1 - coefficient**2)
    return variance * float(powers.sum())


RIVALS: dict[str, Rival] = {
    "persistence": persistence,
    "drift": drift,
    "dyad mean": dyad_mean,
    "AR(1)": autoregression,
    "local level": local_level,
}
"""All but the regression, which may be given covariates."""
