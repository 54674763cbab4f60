"""How much better than a rival, and how sure: skill with a bootstrap over dyads and years.

Scores of a dyad hang together over years, and scores of a year over dyads. Both are therefore
drawn anew, with replacement and independently of each other; a cell counts as often as its
dyad times its year was drawn (the pigeonhole bootstrap: Owen 2007, Annals of Applied Statistics
1:386-411). It does not know that two dyads share a state.
"""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

import numpy as np

from alliance_sim.rng import stream
from alliance_sim.scoring.folds import Doubles, Ints

RESAMPLES = 2000
"""Resamples of a bootstrap."""
LEVEL = 0.9
"""Probability of its intervals."""


class Skill(NamedTuple):
    """Skill and its interval, each (forecaster, rival)."""

    value: Doubles
    """1 - mean score / mean score of the rival; NaN against a rival without error."""
    low: Doubles
    high: Doubles


def skill(
    scores: Doubles,
    rivals: Ints,
    dyads: Ints,
    years: Ints,
    resamples: int = RESAMPLES,
    seed: int = 0,
) -> Skill:
    """Skill of every forecaster against every rival.

    Args:
        scores: (forecaster, row), finite; less is better, 0 is best.
        rivals: places among the forecasters of those that are the measure.
        dyads: (row,) number of the dyad, from 0.
        years: (row,) number of the year, from 0.
        resamples: how many.
        seed: of the resampling; all forecasters share it.

    Example:
        >>> scores = np.array([[1.0, 1.0, 1.0, 1.0], [2.0, 2.0, 2.0, 2.0]])
        >>> skill(scores, np.array([1]), np.array([0, 0, 1, 1]), np.array([0, 1, 0, 1])).value
        array([[0.5],
               [0. ]])
    """
    sizes = int(dyads.max()) + 1, int(years.max()) + 1
    cell = dyads * sizes[1] + years
    sums = [np.bincount(cell, row, sizes[0] * sizes[1]).reshape(sizes) for row in scores]
    counts = np.bincount(cell, minlength=sizes[0] * sizes[1]).reshape(sizes)
    by_dyad, by_year = _weights(*sizes, resamples, seed)
    drawn = np.stack([((by_dyad @ each) * by_year).sum(axis=1) for each in sums])
    # A resample may miss every cell of a panel with gaps.
    drawn[:, ((by_dyad @ counts) * by_year).sum(axis=1) == 0] = np.nan
    whole = scores.sum(axis=1)
    value = _against(whole[:, None], whole[rivals][:, None])[..., 0]
    spread = _against(drawn, drawn[rivals])
    edges = [(1 - LEVEL) / 2, (1 + LEVEL) / 2]
    low, high = _quantiles(spread, edges)
    return Skill(value, low, high)


def _against(own: Doubles, rival: Doubles) -> Doubles:
    """(forecaster, rival, resample); rows are the same, so that sums do for means."""
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = own[:, None] / rival[None]
    known: Doubles = np.where(np.isfinite(ratio), 1 - ratio, np.nan)
    return known


def _quantiles(spread: Doubles, edges: list[float]) -> Doubles:
    """Quantiles over resamples, without those that are missing; NaN where all are."""
    whole, some = np.isfinite(spread).all(axis=-1), np.isfinite(spread).any(axis=-1)
    out = np.full((len(edges), *spread.shape[:2]), np.nan)
    out[:, whole] = np.quantile(spread[whole], edges, axis=-1)
    for place in zip(*np.nonzero(some & ~whole), strict=True):
        out[(slice(None), *place)] = np.nanquantile(spread[place], edges)
    return out


@lru_cache(maxsize=16)
def _weights(dyads: int, years: int, resamples: int, seed: int) -> tuple[Doubles, Doubles]:
    """How often each dyad and each year is drawn, (resample, dyad) and (resample, year)."""
    drawn = []
    for name, size in (("dyads", dyads), ("years", years)):
        generator = stream(seed, "scoring", "bootstrap", name, size)
        drawn.append(generator.multinomial(size, np.full(size, 1 / size), resamples).astype(float))
    return drawn[0], drawn[1]
