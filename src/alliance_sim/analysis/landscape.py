"""Landscape theory: the energy of every split into two blocs, and where descents end.

Axelrod and Bennett (1993), "A Landscape Theory of Aggregation", British Journal of Political
Science 23: 211-233. With sizes s, propensities p (positive: drawn together) and a distance d
that is 0 within a bloc and 1 across, the frustration of actor i is F_i = sum over j of
s_j p_ij d_ij, and the energy of a partition is E = sum over i of s_i F_i: a sum over ordered
pairs, in which each unordered pair counts twice.

Blocs have no names, so that n actors have 2^(n-1) partitions, all in one bloc among them. A
partition is a code: bit k-1 says whether actor k stands across from actor 0.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

import numpy as np
import numpy.typing as npt

from alliance_sim.analysis.basins import Basins, Codes, Ways, basins_of
from alliance_sim.analysis.exact import Array, Number, array, number, whole
from alliance_sim.errors import InputError, Problem

MAX_ACTORS = 24
"""Enumerated in 64-bit integers: 8.4 million partitions."""
MAX_ACTORS_LARGE = 20
"""Enumerated where numbers outgrow 64 bits and Python's own integers take their place."""


@dataclass(frozen=True)
class Minimum:
    """A partition that no single actor can leave for one of lower energy."""

    code: int
    across: tuple[bool, ...]
    """For each actor, whether it stands across from the first."""
    energy: Number
    basin: Fraction
    """Starts whose steepest descent ends here; a start with several equally steep moves counts
    in parts, one for each of them."""
    share: float
    """The basin as a share of all partitions."""
    strict: bool
    """Whether every single move raises the energy; if not, some move leaves it as it is."""
    frustration: tuple[Number, ...]
    """F_i of each actor, from its own propensities (row i)."""


@dataclass(frozen=True)
class Landscape:
    """All partitions of a system, and its local minima from the deepest up."""

    actors: int
    energies: Array = field(repr=False)
    """(2^(n-1),) whole multiples of ``unit``, by code."""
    unit: Fraction
    """1 where sizes and propensities are whole numbers."""
    codes: Codes = field(repr=False)
    """(minimum,) by energy, then by code."""
    basins: Basins = field(repr=False)
    """(minimum,) as exact fractions."""
    strict: npt.NDArray[np.bool_] = field(repr=False)
    sizes: tuple[int, ...] = field(repr=False)
    propensities: tuple[tuple[int, ...], ...] = field(repr=False)
    own_unit: Fraction = field(repr=False)
    """Unit of frustrations."""

    @property
    def partitions(self) -> int:
        """How many there are."""
        return len(self.energies)

    def energy(self, code: int) -> Number:
        """The energy of a partition."""
        return number(self.energies[code], self.unit)

    def frustration(self, code: int) -> tuple[Number, ...]:
        """F_i of each actor in a partition, (actor,)."""
        across = sides(code, self.actors)
        return tuple(
            number(
                sum(
                    size * p
                    for size, p, other in zip(self.sizes, row, across, strict=True)
                    if other != own
                ),
                self.own_unit,
            )
            for row, own in zip(self.propensities, across, strict=True)
        )

    def minima(self, most: int | None = None) -> list[Minimum]:
        """The local minima, deepest first; with ``most``, so many of them."""
        return [
            Minimum(
                code=int(code),
                across=sides(int(code), self.actors),
                energy=self.energy(code),
                basin=self.basins[place],
                share=float(self.basins[place] / self.partitions),
                strict=bool(self.strict[place]),
                frustration=self.frustration(int(code)),
            )
            for place, code in enumerate(self.codes[:most])
        ]


def landscape(sizes: Sequence[Any], propensities: Sequence[Sequence[Any]] | Array) -> Landscape:
    """Every partition of a system into two blocs, and the local minima under single moves.

    A partition is a local minimum if no single move lowers its energy. From every other one the
    actor moves whose move lowers it most; where several moves lower it equally, the start is
    split evenly between them, so that no order of the actors decides. Moves along a level are
    never made. All of it is exact: decimals count as they are written.

    Args:
        sizes: (actor,) above 0.
        propensities: (actor, other); p_ij of actor i towards j, which may differ from p_ji.
            The diagonal plays no part, as no actor stands across from itself.

    Raises:
        InputError: where the two do not fit, or there are too many actors to enumerate.

    Example:
        >>> found = landscape([1, 1, 2], [[0, 1, -1], [1, 0, -1], [-1, -1, 0]])
        >>> [(each.across, each.energy, int(each.basin)) for each in found.minima()]
        [((False, False, True), -8, 4)]
    """
    n = len(sizes)
    rows = [list(row) for row in propensities]
    _check_shape(sizes, rows)
    s, s_unit = whole(sizes)
    flat, p_unit = whole(each for row in rows for each in row)
    p = [flat[i * n : (i + 1) * n] for i in range(n)]
    pair = array(
        [[0 if i == j else s[i] * s[j] * (p[i][j] + p[j][i]) for j in range(n)] for i in range(n)]
    )
    check_count(n, large=pair.dtype == object)
    found = energies(pair)
    codes, basins, strict = _minima(found, n)
    return Landscape(
        actors=n,
        energies=found,
        unit=s_unit * s_unit * p_unit,
        codes=codes,
        basins=basins,
        strict=strict,
        sizes=tuple(s),
        propensities=tuple(map(tuple, p)),
        own_unit=s_unit * p_unit,
    )


def _check_shape(sizes: Sequence[Any], rows: Sequence[Sequence[Any]]) -> None:
    n = len(sizes)
    problems = []
    if not n:
        problems.append(Problem("there are no actors", "give a size for each"))
    if len(rows) != n or any(len(row) != n for row in rows):
        mend = "give as many rows and columns as there are sizes"
        problems.append(Problem(f"the propensities are no {n} by {n} table", mend))
    if any(not size > 0 for size in sizes):
        problems.append(Problem("a size is not above 0", "give each actor a size above 0"))
    if problems:
        raise InputError(problems)


def check_count(actors: int, large: bool = False) -> None:
    """Refuse so many actors that their partitions cannot be enumerated."""
    most = MAX_ACTORS_LARGE if large else MAX_ACTORS
    if actors > most:
        why = " where numbers outgrow 64 bits" if large else ""
        what = f"{actors} actors have 2^{actors - 1} partitions; up to {most} actors are done{why}"
        raise InputError([Problem(what, "leave out minor actors, or join those that act as one")])


def energies(pair: Array) -> Array:
    """Sum over unordered pairs across blocs, of every partition, in the type of the input.

    Actors come in one by one: on the side of actor 0 a newcomer adds what it has with those
    across, on the other side the rest of what it has.

    Args:
        pair: (actor, actor, ...) symmetric; what a pair adds when it is split. Further axes,
            such as runs, are kept.

    Returns:
        (2^(actors - 1), ...) by code.
    """
    found = np.zeros((1, *pair.shape[2:]), dtype=pair.dtype)
    for k in range(1, len(pair)):
        across = np.zeros((1, *pair.shape[2:]), dtype=pair.dtype)
        for j in range(1, k):
            across = np.concatenate([across, across + pair[k, j]])
        together = pair[k, :k].sum(axis=0)
        found = np.concatenate([found + across, found + (together - across)])
    return found


def sides(code: int, actors: int) -> tuple[bool, ...]:
    """For each actor, whether it stands across from the first."""
    return (False, *(bool(code >> k & 1) for k in range(actors - 1)))


def _after(found: Array, actor: int) -> Array:
    """Energies after an actor has changed sides, by the code before."""
    if actor == 0:
        return found[::-1]
    return found.reshape(-1, 2, 1 << (actor - 1))[:, ::-1].reshape(-1)


def _minima(found: Array, n: int) -> tuple[Codes, Basins, npt.NDArray[np.bool_]]:
    """Codes of the local minima, their basins, and whether they are strict."""
    lowest, level = found.copy(), np.zeros(len(found), dtype=bool)
    ways: Ways = np.zeros(len(found), dtype=np.uint32)
    for actor in range(n if n > 1 else 0):
        after = _after(found, actor)
        level |= (after == found).astype(bool)
        ways[((after == lowest) & (after < found)).astype(bool)] |= np.uint32(1 << actor)
        steeper = (after < lowest).astype(bool)
        ways[steeper] = 1 << actor
        np.copyto(lowest, after, where=steeper)
    del lowest
    codes = np.flatnonzero(ways == 0)
    codes = codes[np.argsort(found[codes], kind="stable")]
    return codes, basins_of(ways, codes, n), ~level[codes]
