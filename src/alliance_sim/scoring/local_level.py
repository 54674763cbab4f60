"""The local level model, by which an exponentially smoothed level is the best forecast.

x_t = m_t + e_t with variance s2, m_{t+1} = m_t + n_t with variance q s2 (Muth 1960; Harvey 1989).
Dyads share q and s2; each has its own level, which begins with its first value.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

Doubles = npt.NDArray[np.float64]

_NARROWEST, _WIDEST = -9.0, 9.0
"""Logs of the least and largest q that are looked at: a fixed mean, and a random walk."""


class Level(NamedTuple):
    """A filtered level."""

    mean: Doubles
    """(dyad,) at the last year of the panel; NaN without a value."""
    variance: Doubles
    """(dyad,) of the level, in units of the noise variance."""
    ratio: float
    """q, variance of a year's step over that of the noise."""
    noise: float
    """s2, variance of the noise."""


def fit_level(values: Doubles) -> Level | None:
    """The filtered levels at the most likely q and s2, or None if no dyad has two values.

    The likelihood is exact, given the first value of each dyad; s2 is concentrated out.

    Args:
        values: (dyad, year), NaN where nothing was observed.
    """
    from scipy.optimize import minimize_scalar

    if not (np.isfinite(values).sum(axis=1) > 1).any():
        return None
    found = minimize_scalar(
        lambda log_ratio: filter_level(values, float(np.exp(log_ratio)))[2],
        bounds=(_NARROWEST, _WIDEST),
        method="bounded",
        options={"xatol": 1e-3},
    )
    ratio = float(np.exp(found.x))
    mean, variance, _, noise = filter_level(values, ratio)
    return Level(mean, variance, ratio, noise)


def filter_level(values: Doubles, ratio: float) -> tuple[Doubles, Doubles, float, float]:
    """Kalman filter of all dyads at once.

    Args:
        values: (dyad, year), NaN where nothing was observed.
        ratio: q.

    Returns:
        Mean and variance of the level after the last year (the latter in units of the noise
        variance), minus twice the log likelihood with the noise variance concentrated out (up
        to a constant), and the noise variance.
    """
    mean = np.full(len(values), np.nan)
    variance = np.full(len(values), np.nan)
    squares, logs, count = 0.0, 0.0, 0
    for column in values.T:
        variance = variance + ratio
        seen = np.isfinite(column)
        begun = np.isfinite(mean)
        update, start = seen & begun, seen & ~begun
        spread = variance[update] + 1.0
        surprise = column[update] - mean[update]
        squares += float((surprise**2 / spread).sum())
        logs += float(np.log(spread).sum())
        count += int(update.sum())
        gain = variance[update] / spread
        mean[update] += gain * surprise
        variance[update] = gain
        mean[start], variance[start] = column[start], 1.0
    if not count:
        return mean, variance, np.inf, np.nan
    noise = squares / count
    return mean, variance, count * np.log(max(noise, 1e-300)) + logs, noise
