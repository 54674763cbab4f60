"""What an output is on average where one input is low, and where it is high."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Doubles = npt.NDArray[np.float64]

LOW, HIGH = (0.05, 0.15), (0.85, 0.95)
"""Probabilities around the lowest and the highest decile between which is averaged."""


@dataclass(frozen=True)
class Swings:
    """Means, (..., factor), and that of everything, (...)."""

    low: Doubles
    high: Doubles
    mean: Doubles


def swings(points: Doubles, values: Doubles) -> Swings:
    """Means of every output where one factor is around its lowest and its highest decile.

    What the other factors do to an output by a straight line in their normal scores is taken off
    before averaging. They are independent of the one that is looked at, so that this moves no
    mean, only the noise of it: a control variate.

    Args:
        points: (point, factor), probabilities in (0, 1), factors independent of one another.
        values: (..., point).
    """
    from scipy.special import ndtri

    flat = values.reshape(-1, values.shape[-1])
    scores = ndtri(points)
    lines = np.column_stack([np.ones(len(points)), scores])
    coefficients = np.linalg.lstsq(lines, flat.T, rcond=None)[0]
    left = flat - (lines @ coefficients).T
    mean, slopes = coefficients[0][:, None], coefficients[1:].T
    ends = []
    for low, high in (LOW, HIGH):
        inside = ((points >= low) & (points <= high)).astype(np.float64)
        count = inside.sum(axis=0)
        with np.errstate(divide="ignore", invalid="ignore"):
            centre = (scores * inside).sum(axis=0) / count
            found = mean + left @ inside / count + slopes * centre
        ends.append(found.reshape(*values.shape[:-1], -1))
    return Swings(ends[0], ends[1], mean[:, 0].reshape(values.shape[:-1]))
