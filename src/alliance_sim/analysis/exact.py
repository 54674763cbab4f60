"""Numbers without rounding: what is written as 0.1 counts as one tenth, in whole numbers.

Tables of sizes and propensities are short decimals. Read as such they have a common
denominator, so that energies, ties and medians come out exactly, whatever their size.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from fractions import Fraction
from typing import Any

import numpy as np
import numpy.typing as npt

from alliance_sim.errors import InputError, Problem

Number = int | float
Array = npt.NDArray[Any]

_SAFE = 2**62
"""Sums below it, and their doubles, fit into 64 bits."""


def fraction(value: Any) -> Fraction:
    """A number as the decimal that it prints as: 0.1 is 1/10, not the nearest binary fraction.

    Raises:
        InputError: where it is no finite number.

    Example:
        >>> fraction(0.1) + fraction(0.2) == fraction(0.3)
        True
    """
    if isinstance(value, int | Fraction | np.integer):
        return Fraction(int(value)) if not isinstance(value, Fraction) else value
    try:
        return Fraction(str(value))
    except ValueError as error:
        what = f"{value!r} is no finite number"
        raise InputError([Problem(what, "give finite numbers")]) from error


def whole(values: Iterable[Any]) -> tuple[list[int], Fraction]:
    """Numbers as whole multiples of a common unit, which is 1 where all of them are whole."""
    parts = [fraction(each) for each in values]
    scale = math.lcm(*(each.denominator for each in parts))
    return [int(each * scale) for each in parts], Fraction(1, scale)


def number(count: int, unit: Fraction) -> Number:
    """A multiple of a unit: whole where the unit is 1, else the nearest float."""
    return int(count) if unit == 1 else float(count * unit)


def array(rows: Sequence[Sequence[int]]) -> Array:
    """Whole numbers as 64-bit integers where no sum of them can overflow, else as Python's."""
    largest = sum(abs(each) for row in rows for each in row)
    return np.array(rows, dtype=np.int64 if largest < _SAFE else object)
