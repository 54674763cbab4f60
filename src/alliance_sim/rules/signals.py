"""Readings of a situation: what drivers respond to and what outcomes report.

Each function makes a signal from places in the arrays; a signal maps a situation to one
number a run, shaped (r,) or (1,) where it is the same in all runs. Several places are
averaged in the order given.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Literal

import numpy as np

from alliance_sim.arrays import Floats, Situation
from alliance_sim.rules import mechanisms

Signal = Callable[[Situation], Floats]
Places = Sequence[tuple[int, int]]
DyadArray = Literal["alignment", "trust", "coercion", "threat", "commitment"]


def average(values: Sequence[Floats]) -> Floats:
    """Mean of arrays, added up in order."""
    total = values[0]
    for value in values[1:]:
        total = total + value
    return np.asarray(total / len(values)) if len(values) > 1 else total


def dyads(name: DyadArray, places: Places) -> Signal:
    """Mean of a dyadic array of the state over directed dyads."""

    def read(now: Situation) -> Floats:
        array: Floats = getattr(now.state, name)
        return average([array[i, j] for i, j in places])

    return read


def common_threat(places: Places) -> Signal:
    """Threat that two actors share from all others (Walt 1987)."""

    def read(now: Situation) -> Floats:
        roots = now.state.root_threat
        values = [
            mechanisms.common_threat(roots[i : i + 1], roots[j : j + 1])[0, 0] for i, j in places
        ]
        return average(values)

    return read


def arena(place: int) -> Signal:
    """Level of an arena."""
    return lambda now: now.state.arena[place]


def cooperation(pairs: Sequence[int], domains: Sequence[int]) -> Signal:
    """Mean exchange of pairs over domains."""

    def read(now: Situation) -> Floats:
        exchange = now.state.cooperation
        return average([exchange[d, p] for d in domains for p in pairs])

    return read


def presence(actors: Sequence[int], place: int) -> Signal:
    """Mean presence of actors in an arena."""
    return lambda now: average([now.circumstances.presence[i, place] for i in actors])


def capability(actors: Sequence[int]) -> Signal:
    """Sum of capability shares."""

    def read(now: Situation) -> Floats:
        shares = [now.circumstances.capability[i] for i in actors]
        return np.asarray(average(shares) * len(actors))

    return read


def government(place: int, kind: int) -> Signal:
    """1 where the government in office is of the kind, else 0."""

    def read(now: Situation) -> Floats:
        in_office = now.circumstances.government[place] == kind
        return np.asarray(in_office.astype(now.state.arena.dtype))

    return read


def agreement(place: int, parties: Sequence[int]) -> Signal:
    """How firmly the least bound of the parties is bound."""

    def read(now: Situation) -> Floats:
        standing = now.circumstances.standing[place]
        least: Floats = standing[parties[0]]
        for i in parties[1:]:
            least = np.minimum(least, standing[i])
        return least

    return read


def choice(place: int) -> Signal:
    """Running record of a choice."""
    return lambda now: now.state.choice[place]


def partners(pairs: Sequence[int], domains: Sequence[int], least: float) -> Signal:
    """Number of pairs whose mean exchange over domains is at least ``least``."""

    def read(now: Situation) -> Floats:
        exchange = now.state.cooperation
        count = np.zeros(exchange.shape[-1], exchange.dtype)
        if domains:
            for p in pairs:
                count += average([exchange[d, p] for d in domains]) >= least
        return count

    return read


def product(parts: Sequence[Signal]) -> Signal:
    """Product of signals."""

    def read(now: Situation) -> Floats:
        total = parts[0](now)
        for part in parts[1:]:
            total = total * part(now)
        return total

    return read


def minimum(parts: Sequence[Signal]) -> Signal:
    """Lowest of signals."""

    def read(now: Situation) -> Floats:
        total = parts[0](now)
        for part in parts[1:]:
            total = np.minimum(total, part(now))
        return total

    return read


def mean(parts: Sequence[Signal]) -> Signal:
    """Mean of signals."""
    return lambda now: average([part(now) for part in parts])


def absence(part: Signal) -> Signal:
    """One minus a signal."""
    return lambda now: 1 - part(now)


def rescaled(part: Signal) -> Signal:
    """A signal mapped from -1..1 to 0..1."""
    return lambda now: (part(now) + 1) / 2
