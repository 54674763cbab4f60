"""Where the weight lies on an issue: weighted median and mean of positions.

The weight of an actor is its capability times its salience. The median is what a majority of
weight cannot be turned against when positions lie on a line (Black 1948, Journal of Political
Economy 56: 23-34); capability, position and salience are the three numbers of Bueno de Mesquita's
expected-utility forecasts (1994, in "European Community Decision Making", edited with Stokman).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import accumulate
from typing import Any

from alliance_sim.analysis.exact import fraction
from alliance_sim.errors import InputError, Problem


@dataclass(frozen=True)
class Centre:
    """Where the weight lies; exact, in the unit of positions."""

    median: Fraction
    """Midpoint of ``lower`` and ``upper``."""
    lower: Fraction
    """The first position at or below which half of the weight lies, or more."""
    upper: Fraction
    """The first position at or below which more than half lies; above ``lower`` only where
    exactly half of the weight lies at or below that one."""
    mean: Fraction


def centre(positions: Sequence[Any], weights: Sequence[Any]) -> Centre:
    """Weighted median and mean of positions on a line.

    Where exactly half of the weight lies up to one position, all points from there to the next
    that has weight are medians, and the midpoint is given. Actors without weight do not count.

    Args:
        positions: (actor,).
        weights: (actor,) not negative, not all 0.

    Raises:
        InputError: where the two do not fit, or there is no weight.

    Example:
        >>> found = centre([0, 10, 20], [1, 1, 2])
        >>> [float(each) for each in (found.median, found.lower, found.upper, found.mean)]
        [15.0, 10.0, 20.0, 12.5]
    """
    places = [fraction(each) for each in positions]
    shares = [fraction(each) for each in weights]
    total = sum(shares, Fraction())
    if len(places) != len(shares) or any(each < 0 for each in shares) or not total:
        what = "positions need as many weights, none negative and not all 0"
        raise InputError([Problem(what, "give each position its weight")])
    ranked = sorted(zip(places, shares, strict=True))
    reached = list(accumulate(share for _, share in ranked))
    lower = next(p for (p, _), sum_ in zip(ranked, reached, strict=True) if 2 * sum_ >= total)
    upper = next(p for (p, _), sum_ in zip(ranked, reached, strict=True) if 2 * sum_ > total)
    mean = sum((p * w for p, w in zip(places, shares, strict=True)), Fraction()) / total
    return Centre((lower + upper) / 2, lower, upper, mean)
