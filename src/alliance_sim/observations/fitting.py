"""The numbers of a measure by maximum likelihood, for a latent that is given."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import optimize

from alliance_sim.observations.filtering import filtered
from alliance_sim.observations.model import Linear

Floats = npt.NDArray[np.float64]

FREE = ("level", "noise", "drift", "between", "sampling")
"""What is fitted unless something else is asked for."""
_SIGNED = frozenset({"level", "slope"})
_SHARES = frozenset({"sampling", "back"})
_STEP = 1e-5
"""Of the differences that stand for slopes: the root of the precision, times a margin."""
_SMALLEST = -12.0
"""Of a logarithm: a standard deviation below e^-12 is none."""
_LARGEST = 12.0
"""Of a logarithm: no measure is as wide as e^12, and a search that strays comes back."""


@dataclass(frozen=True)
class Fit:
    """Numbers that make what was observed most likely."""

    numbers: Linear
    log_likelihood: float
    observations: int
    converged: bool


def fit(
    values: npt.ArrayLike,
    errors: npt.ArrayLike,
    start: Linear,
    latent: npt.ArrayLike | None = None,
    free: Sequence[str] = FREE,
) -> Fit:
    """Find the numbers of a measure that make a panel most likely.

    Args:
        values: (dyad, year) observed, NaN where nothing was.
        errors: (dyad, year) standard errors of the measurement.
        start: where the search begins; numbers that are not free stay as they are here.
        latent: (dyad, year); left out, 0 everywhere, which leaves ``slope`` without meaning.
        free: names of the numbers to find: those of :data:`FREE`, ``slope``, ``back``.

    Example:
        >>> start = Linear(level=0, slope=0, noise=0.1, drift=0.1, between=0.3)
        >>> made = start.simulate(np.zeros((200, 20, 1)), np.random.default_rng(1))[..., 0]
        >>> found = fit(made, np.zeros_like(made), replace(start, noise=0.3), free=["noise"])
        >>> round(float(found.numbers.noise), 2)
        0.1
    """
    values = np.asarray(values, dtype=float)
    zero = np.zeros(values.shape)
    fixed = zero if latent is None else np.asarray(latent, dtype=float)
    fixed = np.repeat(fixed[..., None], len(free) + 1, axis=2)
    count = max(int(np.isfinite(values).sum()), 1)

    def cost(point: Floats) -> tuple[float, Floats]:
        # One run at the point, and one beside it in each direction.
        runs = np.tile(point[:, None], len(free) + 1)
        runs[np.arange(len(free)), np.arange(1, len(free) + 1)] += _STEP
        known = filtered(fixed, values, errors, _at(start, free, runs))
        each = -known.log_likelihood / count
        return float(each[0]), (each[1:] - each[0]) / _STEP

    begin = np.array([_bare(name, float(getattr(start, name))) for name in free])
    bounds = [_bounds(name) for name in free]
    found = optimize.minimize(cost, begin, jac=True, method="L-BFGS-B", bounds=bounds)
    best = _at(start, free, found.x[:, None])
    single: dict[str, Any] = {name: float(getattr(best, name)[0]) for name in free}
    return Fit(replace(start, **single), -float(found.fun) * count, count, bool(found.success))


def _at(start: Linear, free: Sequence[str], runs: Floats) -> Linear:
    """The numbers at points (free, run) of the search."""
    found: dict[str, Any] = {name: _real(name, row) for name, row in zip(free, runs, strict=True)}
    return replace(start, **found)


def _bare(name: str, value: float) -> float:
    if name in _SIGNED or name in _SHARES:
        return value
    return float(np.log(max(value, np.exp(_SMALLEST))))


def _real(name: str, point: Floats) -> Floats:
    return point if name in _SIGNED or name in _SHARES else np.exp(point)


def _bounds(name: str) -> tuple[float | None, float | None]:
    if name in _SIGNED:
        return None, None
    return (0.0, 1.0) if name in _SHARES else (_SMALLEST, _LARGEST)
