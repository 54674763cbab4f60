"""How an effect grows with a signal."""

from __future__ import annotations

import numpy as np

from alliance_sim.arrays import Floats


def saturating(signal: Floats, half: float) -> Floats:
    """Level off: x / (x + half), rescaled to be 1 at x = 1; negative signals count as 0."""
    x = np.maximum(signal, 0)
    return (1 + half) * x / (x + half)


def threshold(signal: Floats, at: float, width: float) -> Floats:
    """Logistic step: one half at ``at``, softer for a larger ``width``."""
    return np.asarray(1 / (1 + np.exp(np.clip((at - signal) / width, -80, 80))))


def hump(signal: Floats, peak: float, width: float) -> Floats:
    """Gaussian: 1 at ``peak``, exp(-1/2) one ``width`` away from it."""
    return np.asarray(np.exp(-0.5 * ((signal - peak) / width) ** 2))
