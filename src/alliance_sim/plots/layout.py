"""Where the actors of a network stand: near those they align with, no two names touching."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Doubles = npt.NDArray[np.float64]


def place(alignment: Doubles, sizes: Doubles, width: float, height: float) -> tuple[Doubles, float]:
    """Positions of actors, (n, 2), and by how much the canvas had to grow to hold them.

    The same input always gives the same picture: classical scaling (Torgerson 1952) of the
    distances 1 - alignment, spread over the canvas, then names pushed apart.

    Args:
        alignment: mutual alignment, symmetric, (n, n), -1 to 1.
        sizes: width and height of each name, (n, 2), in points.
        width: of the canvas, in points.
        height: of the canvas, in points.
    """
    start = _spread(classical_scaling(1 - alignment))
    # Names that fill more than half of a canvas leave no room for ties.
    full = np.sqrt(2 * sizes.prod(axis=1).sum() / (width * height))
    for growth in max(1.0, full) * 1.25 ** np.arange(24):
        canvas = growth * np.array((width, height))
        room = canvas - sizes
        if (room > 0).all():
            placed, done = _push_apart(sizes / 2 + start * room, sizes, canvas)
            if done:
                return placed, float(growth)
    raise AssertionError("a canvas this large holds any names")


def classical_scaling(distances: Doubles) -> Doubles:
    """Two coordinates for each item, (n, 2), from distances, symmetric, (n, n)."""
    n = len(distances)
    centre = np.eye(n) - 1 / n
    squares = np.where(np.eye(n, dtype=bool), 0.0, distances**2)
    values, vectors = np.linalg.eigh(-centre @ squares @ centre / 2)
    found = vectors[:, ::-1][:, :2] * np.sqrt(np.maximum(values[::-1][:2], 0))
    if n < 2:
        return np.zeros((n, 2))
    # Eigenvectors come with either sign: the longest entry is to be positive.
    longest = found[np.abs(found).argmax(axis=0), (0, 1)]
    found = found * np.where(longest < 0, -1.0, 1.0)
    return np.asarray(found, dtype=np.float64)


def _spread(coordinates: Doubles) -> Doubles:
    """Coordinates in the unit square, half by value and half by rank: clusters loosen."""
    n = len(coordinates)
    low, high = coordinates.min(axis=0), coordinates.max(axis=0)
    scaled = (coordinates - low) / np.maximum(high - low, 1e-12)
    ranks = coordinates.round(9).argsort(axis=0, kind="stable").argsort(axis=0, kind="stable")
    return np.asarray((scaled + ranks / max(n - 1, 1)) / 2, dtype=np.float64)


def _push_apart(
    positions: Doubles, sizes: Doubles, canvas: Doubles, gap: float = 12.0
) -> tuple[Doubles, bool]:
    """Move names apart along the shorter way until none is nearer than the gap, in points."""
    at = positions.copy()
    need = (sizes[:, None] + sizes[None, :]) / 2 + gap
    for _ in range(200):
        lacking = need - np.abs(at[:, None] - at[None, :])
        touching = np.argwhere(np.triu((lacking > 1e-6).all(axis=-1), 1))
        if not len(touching):
            return at, True
        for i, j in touching:
            apart = at[j] - at[i]
            lack = need[i, j] - np.abs(apart)
            if (lack > 0).all():  # still, after the pushes before
                axis = int(lack[1] < lack[0])
                push = lack[axis] / 2 * (1.0 if apart[axis] >= 0 else -1.0)
                at[i, axis] -= push
                at[j, axis] += push
        at = np.clip(at, sizes / 2, canvas - sizes / 2)
    return at, False
