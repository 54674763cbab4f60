"""Which of many inputs matter at all: elementary effects of Morris, for little money.

Morris (1991), Technometrics 33:161-174; mu* is that of Campolongo, Cariboni and Saltelli (2007),
Environmental Modelling & Software 22:1509-1518. Design and measures are SALib's.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

Doubles = npt.NDArray[np.float64]

LEVELS = 4
"""Levels of the grid: the usual ones."""
_EDGE = 1 / (2 * LEVELS)
"""The levels are the middles of four equally likely parts, as the ends of many distributions are
infinite."""
_RESAMPLES = 200


@dataclass(frozen=True)
class Screening:
    """Measures of the elementary effects, (factor,), in the output's unit.

    An effect is that of a move from the 1/8 to the 7/8 quantile, if all of it acted as the step
    taken did.
    """

    mu: Doubles
    """Mean effect, with its sign."""
    mu_star: Doubles
    """Mean size of the effect."""
    sigma: Doubles
    """Standard deviation of the effect: how much it depends on where the others stand."""
    mu_star_conf: Doubles
    """Half the width of a 90% interval of ``mu_star``."""


def trajectories(factors: int, count: int, generator: np.random.Generator) -> Doubles:
    """Points of so many trajectories, (trajectory x (factors + 1), factor), as probabilities.

    Each trajectory moves one factor after the other, each once.
    """
    from SALib.sample import morris

    points = morris.sample(_problem(factors), count, num_levels=LEVELS, seed=_seed(generator))
    return np.asarray(points, np.float64)


def screen(points: Doubles, output: Doubles, generator: np.random.Generator) -> Screening:
    """Measures of every factor for one output, (point,)."""
    from SALib.analyze import morris

    found = morris.analyze(
        _problem(points.shape[1]),
        points,
        np.asarray(output, np.float64),
        num_resamples=_RESAMPLES,
        conf_level=0.9,
        num_levels=LEVELS,
        seed=_seed(generator),
    )
    names = ("mu", "mu_star", "sigma", "mu_star_conf")
    return Screening(*(np.asarray(found[name], np.float64) for name in names))


def _problem(factors: int) -> dict[str, Any]:
    return {
        "num_vars": factors,
        "names": [str(place) for place in range(factors)],
        "bounds": [[_EDGE, 1 - _EDGE]] * factors,
    }


def _seed(generator: np.random.Generator) -> int:
    """A seed for SALib drawn from a generator of ours, never 0, which some versions ignore."""
    return int(generator.integers(1, 2**31))
