"""How many partitions descend to each local minimum, counted in exact fractions.

Where several moves are equally steep a start is split evenly between them. Counts are held as
whole multiples of a common unit, in digits of 32 bits in arrays of their own, so that millions of
splits take seconds and no number is rounded.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import overload

import numpy as np
import numpy.typing as npt

Codes = npt.NDArray[np.int64]
Ways = npt.NDArray[np.uint32]
Digits = npt.NDArray[np.uint64]

_BITS = 32
"""Of a digit. At most 24 moves lead away from each of 2^23 partitions, so that sums of digits
stay below 2^61 before they are carried."""
_LOW = np.uint64((1 << _BITS) - 1)
_SHIFT = np.uint64(_BITS)


@dataclass(frozen=True)
class Basins(Sequence[Fraction]):
    """Sizes of basins; a fraction is made when it is asked for, as there can be millions."""

    digits: Digits
    """(digit, minimum), the lowest digit first, of whole multiples of 1 / ``scale``."""
    scale: int

    def __len__(self) -> int:
        return int(self.digits.shape[1])

    @overload
    def __getitem__(self, place: int) -> Fraction: ...
    @overload
    def __getitem__(self, place: slice) -> list[Fraction]: ...
    def __getitem__(self, place: int | slice) -> Fraction | list[Fraction]:
        if isinstance(place, slice):
            return [self[each] for each in range(len(self))[place]]
        return self._fraction(self.digits[:, place])

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sequence) and list(self) == list(other)

    __hash__ = None  # type: ignore[assignment]

    def total(self) -> Fraction:
        """The sum of all basins, which is the number of partitions."""
        return self._fraction(self.digits.sum(axis=1))

    def _fraction(self, digits: Digits) -> Fraction:
        value = sum(digit << _BITS * place for place, digit in enumerate(digits.tolist()))
        return Fraction(value, self.scale)


def moved(codes: Codes, actor: int, actors: int) -> Codes:
    """Codes after an actor has changed sides; when the first one does, all others do."""
    return codes ^ ((1 << (actors - 1)) - 1 if actor == 0 else 1 << (actor - 1))


def basins_of(ways: Ways, minima: Codes, n: int) -> Basins:
    """How many starts end in each minimum, starts with several ways down in equal parts.

    Args:
        ways: (2^(n-1),) by code; bit k says whether moving actor k is a steepest way down.
        minima: (minimum,) the codes without a way down.
        n: number of actors.
    """
    ends = _single_ways(ways, n)
    starts = np.bincount(ends, minlength=len(ends)).astype(np.uint64)
    rounds = _rounds(ways, ends, n)
    # Scaled by what every split on the way down can divide by, all parts are whole.
    scale = math.prod(math.lcm(*np.unique(_count(ways[each])).tolist()) for each in rounds)
    digits = -(-(scale * len(ways)).bit_length() // _BITS)
    parts = np.empty((digits, len(ways)), dtype=np.uint64)
    for place in range(digits):
        np.multiply(starts, np.uint64(scale >> _BITS * place & int(_LOW)), out=parts[place])
    for codes in rounds:
        shares = _divided(_carried(parts[:, codes]), _count(ways[codes]))
        for here, below in _ways_down(codes, ways, ends, n):
            for place in range(digits):
                np.add.at(parts[place], below, shares[place, here])
    return Basins(_carried(parts[:, minima]), scale)


def _single_ways(ways: Ways, n: int) -> Codes:
    """Where each code leads while there is one way down: to a minimum, or to a choice."""
    ends = np.arange(len(ways))
    for actor in range(n):
        single = np.flatnonzero(ways == 1 << actor)
        ends[single] = moved(single, actor, n)
    while True:
        further = ends[ends]
        if np.array_equal(further, ends):
            return ends
        ends = further


def _rounds(ways: Ways, ends: Codes, n: int) -> list[Codes]:
    """Codes with several ways down, each in a round after all those that lead to it."""
    waiting = np.zeros(len(ways), dtype=np.uint32)
    tied = np.flatnonzero(_count(ways) > 1)
    for _, below in _ways_down(tied, ways, ends, n):
        np.add.at(waiting, below, np.uint32(1))
    found: list[Codes] = []
    ready = tied[waiting[tied] == 0]
    while len(ready):
        found.append(ready)
        reached = []
        for _, below in _ways_down(ready, ways, ends, n):
            np.subtract.at(waiting, below, np.uint32(1))
            reached.append(np.unique(below[(waiting[below] == 0) & (_count(ways[below]) > 1)]))
        ready = np.concatenate(reached)
    return found


def _ways_down(codes: Codes, ways: Ways, ends: Codes, n: int) -> Iterator[tuple[Codes, Codes]]:
    """By actor: the places of the codes that it may leave, and where each leads."""
    own = ways[codes]
    for actor in range(n):
        here = np.flatnonzero(own & np.uint32(1 << actor))
        yield here, ends[moved(codes[here], actor, n)]


def _count(ways: Ways) -> npt.NDArray[np.uint8]:
    return np.bitwise_count(ways)


def _carried(digits: Digits) -> Digits:
    """The same numbers, each digit below its base."""
    carry = np.zeros_like(digits[0])
    for digit in digits:
        np.add(digit, carry, out=digit)
        np.right_shift(digit, _SHIFT, out=carry)
        np.bitwise_and(digit, _LOW, out=digit)
    return digits


def _divided(digits: Digits, by: npt.NDArray[np.uint8]) -> Digits:
    """Numbers divided, without a rest, by one of at most 24, from the highest digit down."""
    divisor = by.astype(np.uint64)
    rest = np.zeros_like(digits[0])
    for digit in digits[::-1]:
        rest <<= _SHIFT
        rest += digit
        np.floor_divide(rest, divisor, out=digit)
        rest -= digit * divisor
    return digits
