"""When a scenario parts from its baseline: by run, and on average."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Doubles = npt.NDArray[np.float64]

LEVELS = (0.05, 0.5, 0.95)
CLEAR = 3.0
"""Monte-Carlo errors from zero at which a mean effect counts as clear of it. judgement: chance
alone passes it in one month out of 370."""


def first_month(change: Doubles) -> Doubles:
    """The first month in which each run differs from its baseline at all, (run,).

    Runs of a pair share every draw, so that before anything is done to them they agree to the
    last bit.

    Args:
        change: scenario minus baseline, (run, month).

    Returns:
        Months since the first; infinite where a run never differs.

    Example:
        >>> first_month(np.array([[0.0, 0.0, -0.1], [0.0, 0.0, 0.0]]))
        array([ 2., inf])
    """
    return _first(change != 0)


def lasting_month(change: Doubles, least: float) -> Doubles:
    """The month from which each run differs by a size that matters, and goes on so, (run,).

    From it on every month up to the last differs by more than ``least``, to the same side.

    Args:
        change: scenario minus baseline, (run, month).
        least: smallest effect of interest, in the outcome's unit.

    Example:
        >>> lasting_month(np.array([[0.0, 0.3, 0.0, 0.2, 0.3], [0.0, 0.3, 0.3, 0.3, 0.0]]), 0.1)
        array([ 3., inf])
    """
    side = np.sign(change) * (np.abs(change) > least)
    stays = (side != 0) & (side == side[:, -1:])
    kept = np.logical_and.accumulate(stays[:, ::-1], axis=1)[:, ::-1]
    return _first(kept)


def clear_month(mean: Doubles, error: Doubles, errors: float = CLEAR) -> float:
    """The first month in which the mean effect is more than so many errors from zero.

    Args:
        mean: mean effect by month, (month,).
        error: its Monte-Carlo error.
        errors: how many of them.

    Returns:
        Months since the first; infinite if there is none. A single run has no error, and no
        such month.
    """
    return float(_first((np.abs(mean) > errors * error)[None])[0])


def over_runs(months: Doubles) -> dict[str, float]:
    """Quantiles of the months of divergence over runs, and the share that never diverges.

    A run that never diverges within the horizon counts as later than all that do; a quantile
    that falls among such runs is not known, and NaN. Quantiles are months that occur: the
    smallest that at least so many of the runs have reached.

    Example:
        >>> over_runs(np.array([2.0, 3.0, 4.0, np.inf]))
        {'q05': 2.0, 'q50': 3.0, 'q95': nan, 'never': 0.25}
    """
    found = np.sort(months)
    places = [max(0, int(np.ceil(level * len(found) - 1e-9)) - 1) for level in LEVELS]
    names = [f"q{100 * level:02.0f}" for level in LEVELS]
    quantiles = {
        name: float(found[place]) if np.isfinite(found[place]) else float("nan")
        for name, place in zip(names, places, strict=True)
    }
    return quantiles | {"never": float(np.mean(np.isinf(months)))}


def _first(happens: npt.NDArray[np.bool_]) -> Doubles:
    """The first month in which something happens, by run."""
    return np.where(happens.any(axis=1), happens.argmax(axis=1).astype(np.float64), np.inf)
