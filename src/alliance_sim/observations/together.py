"""Dyads that share a state move together: how much, and made-up ones that do as well.

Taking dyads for independent is harmless for the forecast of one dyad, but makes sums over dyads,
and so whatever is fitted to all of them, look more certain than they are (Aronow, P. M., C. Samii
and V. A. Assenova (2015), "Cluster-robust variance estimation for dyadic data", Political Analysis
23:564-577).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Together:
    """Standard normal numbers of dyads of which a share comes from their two states.

    Attributes:
        members: (dyad, 2) places of the states.
        share: of the variance, in [0, 1]; dyads with one state in common correlate by half of it.
        generator: draws them.
    """

    members: npt.NDArray[np.intp]
    share: float
    generator: np.random.Generator

    def __call__(self, shape: tuple[int, ...]) -> Floats:
        """Numbers (dyad, run)."""
        own = self.generator.standard_normal(shape)
        states = self.generator.standard_normal((int(self.members.max()) + 1, shape[1]))
        both = states[self.members[:, 0]] + states[self.members[:, 1]]
        return np.asarray(np.sqrt(1 - self.share) * own + np.sqrt(self.share / 2) * both)


def members_of(dyads: Sequence[str]) -> npt.NDArray[np.intp]:
    """(dyad, 2) places of the states of dyads such as ``iran-russia`` in alphabetical order.

    Example:
        >>> members_of(["a-b", "b-c"]).tolist()
        [[0, 1], [1, 2]]
    """
    pairs = [each.split("-") for each in dyads]
    places = {name: place for place, name in enumerate(sorted({a for pair in pairs for a in pair}))}
    return np.array([[places[name] for name in pair] for pair in pairs], dtype=np.intp)


def shared_part(values: npt.ArrayLike, dyads: Sequence[str]) -> float:
    """Share of changes that comes from states: twice the correlation of dyads that share one.

    Args:
        values: (dyad, year) observed, NaN where nothing was; each dyad in units of its own changes.
        dyads: such as ``iran-russia``.
    """
    changes = np.diff(np.asarray(values, dtype=float), axis=1)
    seen = np.isfinite(changes)
    filled = np.where(seen, changes, 0.0)
    size = np.sqrt(np.square(filled).sum(axis=1) / np.maximum(seen.sum(axis=1), 1))
    filled = np.divide(filled, size[:, None], out=np.zeros_like(filled), where=size[:, None] > 0)
    members = members_of(dyads)
    common = (members[:, None, :, None] == members[None, :, None, :]).any(axis=-1).sum(axis=-1)
    both = seen.astype(float) @ seen.T
    pairs = (common == 1) & (both > 0)
    if not pairs.any():
        return 0.0
    correlations = (filled @ filled.T)[pairs] / both[pairs]
    return float(np.clip(2 * correlations.mean(), 0, 1))
