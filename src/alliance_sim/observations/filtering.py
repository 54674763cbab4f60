r"""The discrepancy of each dyad, tracked on what was observed, and forecasts that start from it.

In each run, :math:`r_{dt} = y_{dt} - \text{level} - \text{slope}\, a_{dt}` is a local level with
noise (Harvey, A. C. (1989), Forecasting, Structural Time Series Models and the Kalman Filter,
Cambridge University Press): :math:`\delta_{d,t+1} = (1 - \text{back}) \delta_{dt} + \text{drift}\,
\epsilon`, which a scalar Kalman filter tracks exactly. The discrepancy of a dyad starts, with
standard deviation ``between``, in the first year in which it was observed; that of a dyad never
observed starts at the origin of the forecast.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from alliance_sim.observations.model import Linear

Floats = npt.NDArray[np.float64]

RECENT = 5
"""Measurements whose errors stand for those to come; judgement: one alone is not exactly known."""


@dataclass(frozen=True)
class Filtered:
    """What is known of the discrepancies at an origin, given what was observed up to it."""

    mean: Floats
    """(dyad, run)."""
    variance: Floats
    """(dyad, run)."""
    log_likelihood: Floats
    """(run,) of all observations up to the origin."""


def filtered(
    latent: npt.ArrayLike,
    values: npt.ArrayLike,
    errors: npt.ArrayLike,
    numbers: Linear,
    origin: int | None = None,
) -> Filtered:
    """Track the discrepancies up to an origin.

    Args:
        latent: (dyad, year, run).
        values: (dyad, year) observed, NaN where nothing was; what comes after the origin is not
            looked at.
        errors: (dyad, year) standard errors of the measurement, as in a panel.
        numbers: of the measure; single numbers or one of each run.
        origin: place of the last year whose observations are known; left out, the last one.

    Example:
        >>> numbers = Linear(level=0.0, slope=1.0, noise=0.1, drift=0.0, between=10.0)
        >>> found = filtered(np.zeros((1, 3, 1)), [[0.1, 0.2, 0.3]], np.zeros((1, 3)), numbers)
        >>> round(float(found.mean[0, 0]), 3)  # without drift, the mean of what was observed
        0.2
    """
    latent, values, errors = (np.asarray(each, dtype=float) for each in (latent, values, errors))
    last = values.shape[1] - 1 if origin is None else origin
    dyads, runs = values.shape[0], latent.shape[2]
    mean = np.zeros((dyads, runs))
    variance = np.broadcast_to(np.square(numbers.between), (dyads, runs)).astype(float)
    likelihood = np.zeros(runs)
    started = np.zeros((dyads, 1), dtype=bool)
    for year in range(last + 1):
        later, wider = numbers.moved(mean, variance)
        mean, variance = np.where(started, later, mean), np.where(started, wider, variance)
        seen = np.isfinite(values[:, year])[:, None]
        started |= seen
        error = numbers.error_variance(np.nan_to_num(errors[:, year])[:, None])
        total = variance + error
        surprise = values[:, year, None] - numbers.expected(latent[:, year]) - mean
        surprise = np.where(seen, surprise, 0.0)
        likelihood -= 0.5 * np.where(
            seen, np.log(2 * np.pi * total) + surprise**2 / total, 0.0
        ).sum(0)
        gain = np.where(seen, variance / total, 0.0)
        mean, variance = mean + gain * surprise, (1 - gain) * variance
    return Filtered(mean, variance, likelihood)


def forecast(
    latent: npt.ArrayLike,
    values: npt.ArrayLike,
    errors: npt.ArrayLike,
    origin: int,
    horizons: Sequence[int],
    numbers: Linear,
    generator: np.random.Generator,
) -> Floats:
    """Draw what will be observed after an origin, a draw of each run.

    A run's discrepancy walks one path through all horizons; the error of the measurement is
    that of :func:`recent_errors`.

    Args:
        latent: (dyad, year, run), which reaches the farthest horizon.
        values: (dyad, year) observed; what comes after the origin is not looked at.
        errors: (dyad, year) standard errors of the measurement.
        origin: place of the last year whose observations are known.
        horizons: years ahead, from 1, ascending.
        numbers: of the measure; single numbers or one of each run.
        generator: draws discrepancies and errors.

    Returns:
        (dyad, horizon, run), within the range that can be observed.
    """
    latent = np.asarray(latent, dtype=float)
    known = filtered(latent, values, errors, numbers, origin)
    spread = np.sqrt(numbers.error_variance(recent_errors(errors, origin)[:, None]))
    delta = known.mean + np.sqrt(known.variance) * generator.standard_normal(known.mean.shape)
    drawn = []
    for ahead in range(1, max(horizons) + 1):
        delta = numbers.stepped(delta, generator.standard_normal)
        if ahead in horizons:
            error = spread * generator.standard_normal(delta.shape)
            drawn.append(numbers.expected(latent[:, origin + ahead]) + delta + error)
    return numbers.kept(np.stack(drawn, axis=1))


def forecast_moments(
    latent: npt.ArrayLike,
    values: npt.ArrayLike,
    errors: npt.ArrayLike,
    origin: int,
    horizons: Sequence[int],
    numbers: Linear,
) -> tuple[Floats, Floats]:
    """Mean and variance of :func:`forecast`, each (dyad, horizon, run), without any draw.

    They are those of the normal distribution before it is cut to the range of the measure.
    """
    latent = np.asarray(latent, dtype=float)
    known = filtered(latent, values, errors, numbers, origin)
    error = numbers.error_variance(recent_errors(errors, origin)[:, None])
    mean, variance = known.mean, known.variance
    means, variances = [], []
    for ahead in range(1, max(horizons) + 1):
        mean, variance = numbers.moved(mean, variance)
        if ahead in horizons:
            means.append(numbers.expected(latent[:, origin + ahead]) + mean)
            variances.append(variance + error)
    return np.stack(means, axis=1), np.stack(variances, axis=1)


def recent_errors(errors: npt.ArrayLike, origin: int) -> Floats:
    """(dyad,) standard error to expect of a dyad's next measurement, from those up to an origin.

    The median of its last :data:`RECENT` ones; that of all dyads where it has none, and 0 where
    nothing was measured at all.
    """
    known = np.asarray(errors, dtype=float)[:, : origin + 1]
    seen = np.isfinite(known)
    typical = float(np.median(known[seen])) if seen.any() else 0.0
    own = [row[has][-RECENT:] for row, has in zip(known, seen, strict=True)]
    return np.array([np.median(each) if each.size else typical for each in own])
