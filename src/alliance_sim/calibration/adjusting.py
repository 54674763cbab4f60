"""From simulations near the observed summaries to a sample of the posterior.

Rejection with local-linear regression adjustment: Beaumont, M. A., W. Zhang and D. J. Balding
(2002), "Approximate Bayesian Computation in Population Genetics", Genetics 162(4):2025-2035. Points
are adjusted as normal scores, so that they stay in the unit cube and their prior is normal.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import ndtr, ndtri

Doubles = npt.NDArray[np.float64]

_RIDGE = 1e-6  # of the summaries' variance: keeps the regression solvable where some are collinear
_LEAST = 2  # points for each slope, and for the centre, below which nothing is adjusted
_EDGE = 1e-9  # a point's distance to the faces of the cube, whose normal score would be infinite


@dataclass(frozen=True)
class Sample:
    """A weighted sample of points.

    Attributes:
        points: (particle, factor), in (0, 1).
        weights: (particle,), summing to one.
    """

    points: Doubles
    weights: Doubles

    @property
    def effective(self) -> float:
        """Size of an equally weighted sample as precise as this one (Kish 1965)."""
        return float(1 / np.square(self.weights).sum())

    def rows(self, count: int, rng: np.random.Generator) -> npt.NDArray[np.intp]:
        """Particles for so many equally likely rows: systematic resampling, in random order."""
        edges = np.cumsum(self.weights)
        at = (rng.random() + np.arange(count)) / count
        found = np.searchsorted(edges / edges[-1], at, side="right")
        return rng.permutation(np.minimum(found, len(edges) - 1))


def scale_of(summaries: Doubles) -> Doubles:
    """Median absolute deviation of each summary, (summary,); infinite where nothing varies.

    A summary that does not vary says nothing of any number, and so is given no weight.
    """
    spread = np.median(np.abs(summaries - np.median(summaries, axis=0)), axis=0)
    return np.where(spread > 0, spread, np.inf)


def distances(summaries: Doubles, observed: Doubles, scale: Doubles) -> Doubles:
    """Euclidean distance of simulated from observed summaries, each in units of its scale."""
    return np.asarray(np.sqrt(np.square((summaries - observed) / scale).sum(axis=1)))


def nearest(
    points: Doubles,
    summaries: Doubles,
    observed: Doubles,
    keep: int,
    scale: Doubles | None = None,
) -> Sample:
    """The posterior from a table of simulations: the nearest ones, adjusted.

    Args:
        points: (simulation, factor), drawn evenly from the unit cube.
        summaries: (simulation, summary), what each point led to.
        observed: (summary,).
        keep: simulations that count.
        scale: (summary,), units of distance; left out, the spread of each.
    """
    scale = scale_of(summaries) if scale is None else scale
    away = distances(summaries, observed, scale)
    near = np.argsort(away, kind="stable")[:keep]
    return adjusted(
        Sample(points[near], np.full(len(near), 1 / len(near))),
        summaries[near],
        observed,
        scale,
    )


def adjusted(sample: Sample, summaries: Doubles, observed: Doubles, scale: Doubles) -> Sample:
    """Points moved to where they would lie had their summaries been the observed ones.

    Args:
        sample: points near the observed summaries.
        summaries: (particle, summary), what each led to.
        observed: (summary,).
        scale: (summary,), units of distance.

    Returns:
        The sample, its points adjusted, with weights that fall with the distance. Where it is too
        small to tell slopes from luck, points stay where they are.
    """
    away = (summaries - observed) / scale
    far = np.sqrt(np.square(away).sum(axis=1))
    kernel = 1 - np.square(far / max(far.max(), np.finfo(float).tiny))  # Epanechnikov
    weights = sample.weights * np.maximum(kernel, 0)
    if not weights.any():  # all equally far
        weights = sample.weights
    weights = weights / weights.sum()
    size = 1 / np.square(weights).sum()
    if size <= _LEAST * (away.shape[1] + 1):
        return Sample(sample.points, weights)
    score = ndtri(np.clip(sample.points, _EDGE, 1 - _EDGE))
    inputs = away - weights @ away
    squares = (inputs * weights[:, None]).T @ inputs
    squares += _RIDGE * np.trace(squares) / len(squares) * np.eye(len(squares))
    centre = weights @ score
    slopes = np.linalg.lstsq(squares, (inputs * weights[:, None]).T @ (score - centre), rcond=None)[
        0
    ]
    # A fit with many inputs leaves too little over: as much more as degrees of freedom were used.
    wider = np.sqrt(size / (size - inputs.shape[1] - 1))
    left = score - centre - inputs @ slopes
    moved = ndtr(centre - (weights @ away) @ slopes + wider * left)
    return Sample(np.clip(moved, _EDGE, 1 - _EDGE), weights)
