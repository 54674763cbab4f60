"""Structural balance: triads, the line index, the leading eigenvector, and the closed form.

Ties are a symmetric table, positive between friends, negative between foes, and 0 where there is
no tie. The diagonal counts in the closed form and in the eigenvector, as in Marvel et al. (2011),
and nowhere else.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
import numpy.typing as npt

from alliance_sim.analysis.exact import Array, Number, array, fraction, number, whole
from alliance_sim.analysis.landscape import check_count, energies, sides
from alliance_sim.errors import InputError, Problem

Doubles = npt.NDArray[np.float64]
Table = Sequence[Sequence[Any]] | Array

NEAR = 1e-9
"""Components and gaps between eigenvalues below this share of the largest count as 0: far above
the rounding errors of an eigenvalue routine in double precision, far below any stated tie."""


@dataclass(frozen=True)
class Triads:
    """Triads by their number of negative ties; only those with all three ties count."""

    by_negative_ties: tuple[int, int, int, int]

    @property
    def balanced(self) -> int:
        """Triads with a positive product of signs: no negative tie, or two."""
        return self.by_negative_ties[0] + self.by_negative_ties[2]

    @property
    def unbalanced(self) -> int:
        """Triads with a negative product of signs: one negative tie, or three."""
        return self.by_negative_ties[1] + self.by_negative_ties[3]


@dataclass(frozen=True)
class LineIndex:
    """The least that must change for a system to be balanced."""

    value: Number
    """Number of ties, or their total strength."""
    across: tuple[bool, ...]
    """A split that reaches it, the first by code: who stands across from the first actor."""
    splits: int
    """How many splits reach it."""


@dataclass(frozen=True)
class LeadingSplit:
    """The sides that the leading eigenvector gives."""

    value: float
    """The largest eigenvalue."""
    components: tuple[float, ...]
    """Of unit length; the first one that is not near 0 is positive."""
    signs: tuple[int, ...] | None
    """1 and -1 for the two sides, 0 where a component is near 0 and gives none; None where the
    largest eigenvalue is repeated, so that its eigenvectors agree on no split."""


def symmetric(ties: Table) -> list[list[Fraction]]:
    """The mean of both directions, which a directed system is read by."""
    rows = [[fraction(each) for each in row] for row in ties]
    return [[(each + rows[j][i]) / 2 for j, each in enumerate(row)] for i, row in enumerate(rows)]


def triads(ties: Table) -> Triads:
    """Count triads by their signs (Cartwright and Harary 1956, Psychological Review 63: 277-293).

    Raises:
        InputError: where the table is not square and symmetric.

    Example:
        >>> found = triads([[0, 1, -1], [1, 0, 1], [-1, 1, 0]])
        >>> found.balanced, found.unbalanced
        (0, 1)
    """
    signs = _signs(_checked(ties))
    friends, foes = (signs > 0).astype(np.int64), (signs < 0).astype(np.int64)
    ff, gg = friends @ friends, foes @ foes
    return Triads(
        (
            int((ff * friends).sum()) // 6,
            int((ff * foes).sum()) // 2,
            int((gg * friends).sum()) // 2,
            int((gg * foes).sum()) // 6,
        )
    )


def line_index(ties: Table, weighted: bool = False) -> LineIndex:
    """The line index of balance, or frustration index: exact, over all splits into two.

    The smallest number of ties (``weighted``: the smallest total strength of ties) whose removal,
    or change of sign, leaves a balanced system (Harary 1959, Behavioral Science 4: 316-323). By
    the structure theorem these are, for the best split into two, the negative ties within and
    the positive ties across.

    Raises:
        InputError: where the table is not square and symmetric, or too large to enumerate.

    Example:
        >>> line_index([[0, -1, -1], [-1, 0, -1], [-1, -1, 0]]).value
        1
    """
    rows = _checked(ties)
    n = len(rows)
    flat, unit = whole(each for row in rows for each in row)
    table = [
        [0 if i == j else flat[i * n + j] for j in range(n)] for i in range(n)
    ]  # an actor's tie with itself is within any bloc
    if not weighted:
        table, unit = [[(each > 0) - (each < 0) for each in row] for row in table], Fraction(1)
    pair = array(table)
    check_count(n, large=pair.dtype == object)
    within = sum(-each for i, row in enumerate(table) for each in row[:i] if each < 0)
    found = energies(pair)
    best = found.min()
    reach = np.flatnonzero(found == best)
    return LineIndex(number(int(best) + within, unit), sides(int(reach[0]), n), len(reach))


def leading_split(ties: Table) -> LeadingSplit:
    """Sides by the signs of the leading eigenvector (Marvel et al. 2011).

    Components within ``NEAR`` of 0, beside the largest, belong to no side; where the two largest
    eigenvalues are within ``NEAR`` of each other, beside the largest in absolute value, there is
    no single leading eigenvector and no split.

    Raises:
        InputError: where the table is not square and symmetric.

    Example:
        >>> leading_split([[0, 1, -1], [1, 0, -1], [-1, -1, 0]]).signs
        (1, 1, -1)
    """
    values, vectors = np.linalg.eigh(_doubles(ties))
    leading = vectors[:, -1]
    clear = np.abs(leading) > NEAR * np.abs(leading).max()
    leading = leading * np.sign(leading[np.flatnonzero(clear)[0]])
    size = float(np.abs(values).max())
    alone = len(values) == 1 or values[-1] - values[-2] > NEAR * size
    signs = tuple(int(each) for each in np.sign(leading) * clear)
    return LeadingSplit(float(values[-1]), tuple(map(float, leading)), signs if alone else None)


def blow_up(ties: Table) -> float | None:
    """When the closed form grows beyond all bounds: 1 / largest eigenvalue, if that is above 0.

    None where it never does. The unit is that of time in dX/dt = X^2, one over that of ties.

    Raises:
        InputError: where the table is not square and symmetric.

    Example:
        >>> blow_up([[0, 2], [2, 0]])
        0.5
    """
    values = np.linalg.eigvalsh(_doubles(ties))
    rounding = len(values) * np.finfo(np.float64).eps * np.abs(values).max()
    return float(1 / values[-1]) if values[-1] > rounding else None


def closed_form(ties: Table, time: float) -> Doubles:
    """Ties at a time, X(t) = X0 (I - t X0)^-1, which solves dX/dt = X^2 from X(0) = X0.

    Marvel, Kleinberg, Kleinberg and Strogatz (2011), PNAS 108: 1771-1776. In it x_ij changes by
    the sum over all k of x_ik x_kj, k = i and k = j among them, so that the diagonal counts: it
    is taken as given and moves like any other tie. Through the eigenvalues l_k of X0 and their
    vectors v_k, X(t) is the sum of l_k / (1 - t l_k) v_k v_k'.

    Args:
        ties: (actor, actor) symmetric, with its diagonal.
        time: before the blow-up; may be negative, as long as the solution reaches back to it.

    Returns:
        (actor, actor), symmetric.

    Raises:
        InputError: where the table is not square and symmetric, or the solution ends before.

    Example:
        >>> closed_form([[0, 1], [1, 0]], 0.5).round(4).tolist()
        [[0.6667, 1.3333], [1.3333, 0.6667]]
    """
    values, vectors = np.linalg.eigh(_doubles(ties))
    left = 1 - time * values
    # At the blow-up itself what is left of the difference is rounding.
    if not (left > len(left) * np.finfo(np.float64).eps).all():
        ends = 1 / (values[-1] if time > 0 else values[0])
        what = f"the closed form has no value at time {time:g}: it ends at {ends:.6g}"
        raise InputError([Problem(what, "ask for a time before that")])
    found: Doubles = (vectors * (values / left)) @ vectors.T
    return found


def _checked(ties: Table) -> list[list[Fraction]]:
    rows = [[fraction(each) for each in row] for row in ties]
    if not rows or any(len(row) != len(rows) for row in rows):
        raise InputError([Problem("ties are no square table", "give a row for each actor")])
    for i, row in enumerate(rows):
        for j in range(i):
            if row[j] != rows[j][i]:
                what = (
                    f"ties differ by direction: {float(row[j]):g} in row {i + 1}, column {j + 1}, "
                    f"and {float(rows[j][i]):g} the other way"
                )
                mend = "balance is defined for ties without direction; give symmetric(ties)"
                raise InputError([Problem(what, mend)])
    return rows


def _signs(rows: Sequence[Sequence[Fraction]]) -> Array:
    n = len(rows)
    return np.array(
        [[0 if i == j else (rows[i][j] > 0) - (rows[i][j] < 0) for j in range(n)] for i in range(n)]
    )


def _doubles(ties: Table) -> Doubles:
    return np.array([[float(each) for each in row] for row in _checked(ties)])
