"""What is gained by giving a scenario and its baseline the same draws."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Doubles = npt.NDArray[np.float64]

_EXACT = float(np.finfo(np.float32).eps)
"""Outcomes are kept in single precision: a spread below this, relative to them, is rounding."""


def gain(before: Doubles, after: Doubles) -> dict[str, Doubles]:
    """How much less a paired difference varies than one between ensembles of their own draws.

    Two ensembles with draws of their own would give a mean difference with variance
    (Var(s) + Var(b)) / n, pairs give Var(s - b) / n. Their ratio is the number of unpaired runs
    that one paired run is worth (common random numbers; Glasserman 2003, Monte Carlo Methods in
    Financial Engineering, chapter 4).

    Args:
        before: an outcome in the baseline, (run, ...).
        after: the same in the scenario, (run, ...).

    Returns:
        Arrays without the dimension of runs: ``unpaired_variance`` and ``paired_variance`` in
        squared units; ``pairing_correlation``; ``pairing_gain`` and ``pairing_gain_error``, its
        jackknife standard error. The last three are NaN where nothing varies, and the gain
        where the difference does not: no number of unpaired runs does as well.
    """
    n = len(before)
    if n < 2:
        unknown = np.full(before.shape[1:], np.nan)
        return dict.fromkeys(_NAMES, unknown)
    scale = np.maximum(np.abs(before).max(axis=0), np.abs(after).max(axis=0))
    centred = [each - each.mean(axis=0) for each in (after, before, after - before)]
    squares = [each**2 for each in centred]
    s, b, d = (_settled(each.sum(axis=0) / (n - 1), scale) for each in squares)
    covariance = (centred[0] * centred[1]).sum(axis=0) / (n - 1)
    ratio, error = _ratio_error(squares, n)
    known = d > 0
    return {
        "unpaired_variance": s + b,
        "paired_variance": d,
        "pairing_correlation": _over(covariance, np.sqrt(s * b)),
        "pairing_gain": np.where(known, ratio, np.nan),
        "pairing_gain_error": np.where(known, error, np.nan),
    }


_NAMES = (
    "unpaired_variance",
    "paired_variance",
    "pairing_correlation",
    "pairing_gain",
    "pairing_gain_error",
)


def _settled(variance: Doubles, scale: Doubles) -> Doubles:
    """A variance, exactly 0 where it is no more than rounding."""
    return np.where(variance <= (_EXACT * scale) ** 2, 0.0, variance)


def _ratio_error(squares: list[Doubles], n: int) -> tuple[Doubles, Doubles]:
    """(Var(s) + Var(b)) / Var(s - b), and its jackknife error.

    Without run i a sample variance is proportional to Σ e² - e_i² n / (n - 1), exactly, with e
    the departures from the mean of all.
    """
    s, b, d = (each.sum(axis=0) for each in squares)
    ratio = _over(s + b, d)
    if n < 3:
        return ratio, np.full_like(ratio, np.nan)
    left = [each.sum(axis=0) - each * n / (n - 1) for each in squares]
    without = _over(left[0] + left[1], left[2])
    spread = ((without - without.mean(axis=0)) ** 2).sum(axis=0)
    return ratio, np.sqrt(spread * (n - 1) / n)


def _over(above: Doubles, below: Doubles) -> Doubles:
    """A quotient, NaN where it has no value."""
    return np.divide(above, below, out=np.full_like(above, np.nan), where=below > 0)
