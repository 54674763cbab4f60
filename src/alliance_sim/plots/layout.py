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


# -- ties ----------------------------------------------------------------------------------

_STEPS = np.array([6.0, 12.0, 20.0, 30.0, 45.0, 65.0, 90.0, 120.0])
_ANGLES = np.arange(16) * np.pi / 8
_MOVES = (_STEPS[:, None, None] * np.stack([np.cos(_ANGLES), np.sin(_ANGLES)], -1)).reshape(-1, 2)


def clear_ties(
    positions: Doubles, sizes: Doubles, weights: Doubles, canvas: Doubles, gap: float = 12.0
) -> Doubles:
    """Move names one by one, where that helps, off the ties between others.

    Args:
        positions: of names that do not touch, (n, 2), in points.
        sizes: width and height of each name, (n, 2).
        weights: how much it matters that a tie crosses no name, symmetric, (n, n); 0 for no tie.
        canvas: width and height of the canvas.
        gap: least room between two names.
    """
    at, n = positions.copy(), len(positions)
    need = (sizes[:, None] + sizes[None, :]) / 2 + gap - 1e-6
    for _ in range(12):
        moved = False
        for k in range(n):
            others = np.arange(n) != k
            spots = np.concatenate([at[k : k + 1], at[k] + _MOVES])
            inside = ((spots >= sizes[k] / 2) & (spots <= canvas - sizes[k] / 2)).all(axis=-1)
            near = np.abs(spots[:, None] - at[others]) < need[k, others]
            spots = spots[[True, *(inside & ~near.all(axis=-1).any(axis=-1))[1:]]]
            cost = _crossings(k, spots, at, sizes, weights)
            if cost[0] == 0:
                continue
            cost += 0.05 * np.linalg.norm(spots - positions[k], axis=-1)
            best = int(cost.round(6).argmin())
            if cost[best] < cost[0] - 1e-3:
                at[k], moved = spots[best], True
        if not moved:
            break
    return at


def crossings(at: Doubles, sizes: Doubles, weights: Doubles) -> float:
    """How badly ties cross the names of others; 0 where none does."""
    return float(sum(_crossings(k, at[[k]], at, sizes, weights)[0] for k in range(len(at))))


def _crossings(k: int, spots: Doubles, at: Doubles, sizes: Doubles, weights: Doubles) -> Doubles:
    """How badly ties cross names if name k stood at each of some spots, (spot,).

    Counted are the ties of k across other names, and those of others across k.
    """
    half = sizes / 2 + 3
    own = np.flatnonzero(weights[k] * (np.arange(len(at)) != k))
    third = np.equal.outer(own, np.arange(len(at))) | (np.arange(len(at)) == k)
    inside = _inside(spots[:, None, None], at[own][:, None], at, half)  # (spot, tie, name)
    total = (inside * ~third * weights[k, own][:, None]).sum(axis=(1, 2))
    i, j = np.nonzero(np.triu(weights, 1))
    i, j = i[(i != k) & (j != k)], j[(i != k) & (j != k)]
    inside = _inside(at[i], at[j], spots[:, None], half[k])  # (spot, tie)
    return np.asarray(total + (inside * weights[i, j]).sum(axis=1), dtype=np.float64)


def _inside(start: Doubles, end: Doubles, centre: Doubles, half: Doubles) -> Doubles:
    """Length of a line inside a box, in points, and 20 more for touching it at all."""
    along = np.where(np.abs(end - start) < 1e-9, 1e-9, end - start)
    one, other = (centre - half - start) / along, (centre + half - start) / along
    enter = np.maximum(np.minimum(one, other).max(axis=-1), 0)
    leave = np.minimum(np.maximum(one, other).min(axis=-1), 1)
    length = (leave - enter) * np.linalg.norm(along, axis=-1)
    return np.where(leave > enter, length + 20, 0.0)
