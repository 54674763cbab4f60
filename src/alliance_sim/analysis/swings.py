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
    """Means and their standard errors, (..., factor), and the mean of everything, (...)."""

    low: Doubles
    low_error: Doubles
    high: Doubles
    high_error: Doubles
    mean: Doubles


def swings(points: Doubles, values: Doubles) -> Swings:
    """Means of every output where one factor is around its lowest and its highest decile.

    From a design with at least as many rows as factors, what the other factors do to an output by
    a straight line in their normal scores is taken off before averaging: a control variate. The
    line for either half of the rows is fitted to the other half. It is so independent of what it
    is taken off, and moves no mean, only the noise of it; fitted to the same rows it would follow
    whatever a factor does, and halve what is curved in it where rows are few.

    Errors are those of a ratio of sums over rows, taken as independent; points of one row share
    numbers, and count together. The even rows of a Sobol sequence err less than that. A single row
    within a decile has no error: NaN.

    Args:
        points: (matrix, row, factor), probabilities in (0, 1), factors independent of one another
            and rows too; matrices repeat numbers of a row, as those of a Sobol design do.
        values: (..., matrix, row).
    """
    from scipy.special import ndtri

    flat = values.reshape(-1, *values.shape[-2:])
    scores = ndtri(points)
    slopes = _slopes(scores, flat)
    left = np.stack([y - (scores * own).sum(axis=-1) for y, own in zip(flat, slopes, strict=True)])
    ends = []
    for low, high in (LOW, HIGH):
        inside = ((points >= low) & (points <= high)).astype(np.float64)
        count, centre = inside.sum(axis=0), (scores * inside).sum(axis=0)
        sums = np.einsum("mrf,qmr->qrf", inside, left, optimize=True) + centre * slopes
        ends.append([each.reshape(*values.shape[:-2], -1) for each in _ratio(sums, count)])
    (low_mean, low_error), (high_mean, high_error) = ends
    mean = left.mean(axis=(-2, -1)).reshape(values.shape[:-2])
    return Swings(low_mean, low_error, high_mean, high_error, mean)


def _slopes(scores: Doubles, values: Doubles) -> Doubles:
    """Slopes of every output for the rows that they were not fitted to, (output, row, factor)."""
    _, rows, factors = scores.shape
    found = np.zeros((len(values), rows, factors))
    if rows < max(factors, 2):
        return found
    halves = np.arange(rows) < rows // 2
    for here in (halves, ~halves):
        there = scores[:, ~here].reshape(-1, factors)
        lines = np.column_stack([np.ones(len(there)), there])
        fitted = values[:, :, ~here].reshape(len(values), -1)
        found[:, here] = np.linalg.lstsq(lines, fitted.T, rcond=None)[0][1:].T[:, None]
    return found


def _ratio(sums: Doubles, count: Doubles) -> tuple[Doubles, Doubles]:
    """Sums over rows by counts over rows, and the standard error, (output, factor)."""
    rows = (count > 0).sum(axis=0)
    with np.errstate(divide="ignore", invalid="ignore"):
        mean = sums.sum(axis=1) / count.sum(axis=0)
        off = sums - mean[:, None] * count
        error = np.sqrt((off**2).sum(axis=1) * rows / (rows - 1)) / count.sum(axis=0)
    return mean, np.where(rows > 1, error, np.nan)
