"""Which inputs of a model carry the variance of what comes out: indices of Sobol.

A design has rows A and B, drawn independently, and for each factor (or group of factors) u the
rows AB of A with the columns of u taken from B. Chance is a factor like any other, if its columns
are the draws of noise.

- First order, S_u = V[E(Y | u)] / V[Y]: what would go if u were known. For a group, the closed
  index: with what its members do together.
- Total order, T_u = 1 - V[E(Y | all but u)] / V[Y]: what would stay if all but u were known.

Sources: Sobol (1993); estimators of Saltelli et al. (2010), Computer Physics Communications
181:259-270, and, for total order, Jansen (1999), as `scipy.stats.sobol_indices` has them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

Doubles = npt.NDArray[np.float64]

LEVEL = 0.9
"""Of intervals, as everywhere in this library; for rows of a Sobol sequence the least that they
cover: see :func:`shares`."""
RESAMPLES = 300
"""Bootstrap samples: the ends of a 90% interval are then known to a tenth of its width."""
_HALF = 0.5
_ROUNDING = 1e-6
"""Outcomes are kept in single precision (epsilon 1.2e-7): a spread below some epsilons, relative to
them, is none."""


@dataclass(frozen=True)
class Shares:
    """Indices with their bootstrap intervals, (factor, output); NaN where nothing varies."""

    first: Doubles
    first_low: Doubles
    first_high: Doubles
    total: Doubles
    total_low: Doubles
    total_high: Doubles


def shares(
    a: Doubles,
    b: Doubles,
    ab: Doubles,
    generator: np.random.Generator,
    scale: Doubles | None = None,
) -> Shares:
    """Indices of every factor or group, for every output at once.

    A factor that carries most of the variance is measured by what its complement leaves:
    the same runs, with the roles of A and B exchanged, are a design for all but u, and the
    estimators are sharpest for small indices.

    The bootstrap takes rows as independent. Those of a scrambled Sobol sequence are more even than
    that, and an index found from them errs far less than the interval allows for: it is no closer
    than 90%, and mostly holds the truth always. Several short sequences of scrambles of their own
    would give intervals that are exact, about indices that err several times as much.

    Args:
        a: outputs at the rows of A, (output, n), n a power of two.
        b: outputs at those of B, (output, n).
        ab: outputs at those of AB, (factor, output, n).
        generator: of the bootstrap, which draws rows of the design anew.
        scale: size of the numbers in single precision that outputs were made from, (output,), such
            as the levels of which they are differences; left out, that of the outputs.
    """
    if scale is None:
        scale = np.maximum(np.abs(a).max(axis=-1), np.abs(b).max(axis=-1))
    middle = (a.mean(axis=-1) + b.mean(axis=-1))[:, None] / 2
    a, b, ab = a - middle, b - middle, ab - middle
    own_first, own_total = _indices(a, b, ab)
    rest_first, rest_total = _indices(b, a, ab)
    still = _still(a, b, scale)
    large = (1 - rest_total) > _HALF
    first = np.where(large, 1 - rest_total, own_first)
    total = np.where(large, 1 - rest_first, own_total)
    bounds = _bootstrap(a, b, ab, large, generator)
    return Shares(
        *(np.where(still, np.nan, each) for each in (first, *bounds[0], total, *bounds[1]))
    )


def _indices(a: Doubles, b: Doubles, ab: Doubles) -> tuple[Doubles, Doubles]:
    """First and total order, (factor, output)."""
    from scipy.stats import sobol_indices

    # SciPy centres what it is given in place, drops axes of length one, and fails where that
    # leaves none; a factor that changes nothing is added so that there always is one.
    given: dict[Literal["f_A", "f_B", "f_AB"], Doubles]
    given = {"f_A": a.copy(), "f_B": b.copy(), "f_AB": np.concatenate([ab, a[None]])}
    found = sobol_indices(func=given, n=a.shape[-1])
    shape = (a.shape[0], ab.shape[0] + 1)
    first, total = (each.reshape(shape).T for each in (found.first_order, found.total_order))
    return first[:-1], total[:-1]


def _still(a: Doubles, b: Doubles, scale: Doubles) -> npt.NDArray[np.bool_]:
    """Which outputs do not vary, beyond rounding, (output,)."""
    both = np.concatenate([a, b], axis=-1)
    spread = both.max(axis=-1) - both.min(axis=-1)
    flat: npt.NDArray[np.bool_] = spread <= _ROUNDING * scale
    return flat


def _bootstrap(
    a: Doubles, b: Doubles, ab: Doubles, large: npt.NDArray[np.bool_], rng: np.random.Generator
) -> list[tuple[Doubles, Doubles]]:
    """Ends of the intervals of first and of total order.

    Every estimator is a ratio of means over rows, so that a bootstrap sample is one product of
    its counts with the terms of the rows: thousands of outputs cost next to nothing.
    """
    n = a.shape[-1]
    counts = rng.multinomial(n, np.full(n, 1 / n), size=RESAMPLES).T / n  # (row, resample)
    mean = (a @ counts + b @ counts) / 2
    variance = (a**2 @ counts + b**2 @ counts) / 2 - mean**2
    with np.errstate(divide="ignore", invalid="ignore"):
        first = np.where(
            large[..., None],
            1 - (0.5 * (b - ab) ** 2) @ counts / variance,
            (b * (ab - a)) @ counts / variance,
        )
        total = np.where(
            large[..., None],
            1 - (a * (ab - b)) @ counts / variance,
            (0.5 * (a - ab) ** 2) @ counts / variance,
        )
    tail = (1 - LEVEL) / 2
    ends = []
    for drawn in (first, total):
        low, high = np.quantile(np.nan_to_num(drawn), (tail, 1 - tail), axis=-1)
        ends.append((low, high))
    return ends
