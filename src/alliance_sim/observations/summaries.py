r"""What a panel says of the numbers that made it, in few numbers: summaries for a calibration.

With discrepancies as in :mod:`~alliance_sim.observations.model` and a latent path that moves by
:math:`g_k` with number *k*, the score of the likelihood at a reference is
:math:`\sum_d \text{slope}\, g_{kd}' V_d^{-1} (y_d - \text{level} - \text{slope}\, a_d)`, V the
covariance of the dyad's years. Scores are summaries that lose little (Ruli, E., N. Sartori and L.
Ventura (2016), "Approximate Bayesian computation with composite score functions", Statistics and
Computing 26:679-692). Spread and memory of the changes say the rest.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from alliance_sim.observations.model import Linear

Floats = npt.NDArray[np.float64]

LAGS = (1, 2, 5)
"""Years over which changes are looked at."""
_TINY = 1e-12  # keeps logarithms finite where nothing changes at all


@dataclass(frozen=True)
class Summaries:
    """Summaries of a panel, seen where something was observed."""

    weights: Floats
    """(direction, dyad, year) of the scores."""
    expected: Floats
    """(dyad, year) what scores are counted from."""
    seen: npt.NDArray[np.bool_]
    """(dyad, year) where something was observed."""
    noisy: npt.NDArray[np.bool_]
    """(dyad,) whose measurement is less exact than that of the median dyad."""

    def names(self, numbers: Sequence[str]) -> tuple[str, ...]:
        """What each summary is, given the names of the numbers that move the latent."""
        lags = [lag for lag in LAGS if lag < self.seen.shape[1]]
        scores = [f"score of {each}" for each in ("level", "slope", *numbers)]
        changes = [f"changes over {lag} years" if lag > 1 else "yearly changes" for lag in lags]
        rest = ("one change and the next", "changes of noisy against exact dyads")
        return (*scores, "spread between dyads", *changes, *rest)

    def of(self, values: Floats) -> Floats:
        """Summaries of panels (dyad, year, run): (run, summary)."""
        away = np.where(self.seen[..., None], values - self.expected[..., None], 0.0)
        scores = np.tensordot(self.weights, away, axes=([1, 2], [0, 1]))
        kept = np.where(self.seen[..., None], away, np.nan)
        return np.concatenate([scores, self._moments(kept)]).T

    def widened(self, found: Floats) -> Floats:
        """Summaries (run, summary), and products of those of spread with each other."""
        spread = found[:, len(self.weights) :]
        one, other = np.triu_indices(spread.shape[1])
        return np.concatenate([found, spread[:, one] * spread[:, other]], axis=1)

    def _moments(self, away: Floats) -> Floats:
        """Spread between dyads, of changes over some years, and of those of noisy dyads."""
        with np.errstate(invalid="ignore"):
            seen = np.maximum(self.seen.sum(axis=1), 1)[:, None]
            between = (np.nansum(away, axis=1) / seen).var(axis=0)
        found = [np.log(between + _TINY)]
        for lag in LAGS:
            if lag < away.shape[1]:
                change = np.square(away[:, lag:] - away[:, :-lag])
                found.append(np.log(np.nanmean(change, axis=(0, 1)) + _TINY))
        steps = np.diff(away, axis=1)
        found.append(np.nanmean(steps[:, 1:] * steps[:, :-1], axis=(0, 1)))
        squares = np.square(steps)
        both = [np.nanmean(squares[part], axis=(0, 1)) for part in (self.noisy, ~self.noisy)]
        found.append(np.log(both[0] + _TINY) - np.log(both[1] + _TINY))
        return np.stack(found)


def summaries(
    values: npt.ArrayLike, errors: Floats, latent: Floats, moves: Floats, numbers: Linear
) -> Summaries:
    """Make the summaries for a panel.

    Args:
        values: (dyad, year) observed; only where is looked at.
        errors: (dyad, year) standard errors of the measurement.
        latent: (dyad, year) of the reference.
        moves: (number, dyad, year) change of the latent with each number.
        numbers: of the measure at the reference; single numbers.

    The first two directions of the scores are those of level and slope.
    """
    seen = np.isfinite(np.asarray(values, dtype=float))
    errors = np.nan_to_num(errors)
    directions = np.concatenate([np.ones((1, *latent.shape)), latent[None], numbers.slope * moves])
    weights = np.zeros(directions.shape)
    for dyad in range(len(seen)):
        at = np.flatnonzero(seen[dyad])
        if len(at):
            covariance = _covariance(at, errors[dyad, at], numbers)
            weights[:, dyad, at] = np.linalg.solve(covariance, directions[:, dyad, at].T).T
    size = np.sqrt(np.square(weights).sum(axis=(1, 2), keepdims=True))
    typical = np.where(seen, errors, 0).sum(axis=1) / np.maximum(seen.sum(axis=1), 1)
    noisy = typical > np.median(typical)
    if not noisy.any():
        noisy = np.arange(len(seen)) % 2 == 0  # all alike: halves, of which neither is noisier
    return Summaries(weights / np.maximum(size, _TINY), numbers.expected(latent), seen, noisy)


def _covariance(years: npt.NDArray[np.intp], errors: Floats, numbers: Linear) -> Floats:
    """Of a dyad's values in the years in which it was observed, given its latent."""
    stay = 1 - float(np.asarray(numbers.back))
    ahead = years - years[0]
    variance = np.empty(len(years))
    held, last = float(np.square(numbers.between)), 0
    for place, when in enumerate(ahead):
        for _ in range(when - last):
            held = stay**2 * held + float(np.square(numbers.drift))
        variance[place], last = held, when
    apart = np.abs(ahead[:, None] - ahead[None, :])
    first = np.minimum(np.arange(len(years))[:, None], np.arange(len(years))[None, :])
    both = variance[first] * stay**apart
    return np.asarray(both + np.diag(numbers.error_variance(errors)))
