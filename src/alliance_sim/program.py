"""A compiled scenario: names turned into places in arrays, values into tables.

A program is the same for all runs. Drawing its tables for a block of runs gives the
``Parameters`` of that block.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal, Protocol

import numpy as np
import numpy.typing as npt

from alliance_sim.arrays import Floats
from alliance_sim.rules.signals import Signal

Precision = type[np.float32] | type[np.float64]


class Quantile(Protocol):
    """A distribution, as far as drawing from it goes."""

    def ppf(self, u: npt.NDArray[np.float64], /) -> Floats:
        """Values at probabilities."""
        ...  # pragma: no cover


@dataclass(frozen=True)
class Leaf:
    """An uncertain number: its path, what its draws are keyed by, its distribution."""

    path: str
    key: str
    distribution: Quantile


JOINT = "world.joint."
"""What the key of all numbers of one table of joint draws begins with; its name follows."""

Draws = Mapping[str, Floats]
"""Path -> values, (r,), of every uncertain number."""


@dataclass
class Table:
    """An array some of whose entries may be uncertain."""

    values: Floats
    leaves: list[tuple[tuple[int, ...], Leaf]] = field(default_factory=list)

    def draw(self, draws: Draws, dtype: Precision = np.float32) -> Floats:
        """The array with a last axis of runs; of length 1 where all entries are certain."""
        values: Floats = self.values[..., None].astype(dtype)
        if not self.leaves:
            return values
        runs = len(draws[self.leaves[0][1].path])
        out = np.repeat(values, runs, axis=-1)
        for place, leaf in self.leaves:
            out[place] = draws[leaf.path]
        return out


Channel = Literal["orientation", "trust", "desire", "capacity", "arena", "choice"]
"""What a driver acts on."""


@dataclass(frozen=True)
class DriverRule:
    """A driver: what it reads, and where its push goes."""

    id: str
    sign: float
    weight: Table
    signal: Signal
    response: Callable[[Floats], Floats]
    channel: Channel
    places: tuple[tuple[int, ...], ...]
    """Directed dyads (i, j); for exchange (d, p); for an arena (m,); for a choice (c,)."""
    either_way: bool = False
    """Whether a change of the reading counts by its size alone."""


@dataclass(frozen=True)
class ArenaPush:
    """An input of an arena."""

    arena: int
    weight: Table
    signal: Signal


@dataclass(frozen=True)
class ChoiceRule:
    """An ordered decision that is not about one dyad."""

    id: str
    actor: int
    cutpoints: tuple[float, ...]
    base: float
    """Expected option at the base date, 0 to 1."""
    rate: Table


NEVER = 10**6
"""A month that no horizon reaches."""


@dataclass(frozen=True)
class Timing:
    """When an intervention begins, in months from the start of the horizon."""

    earliest: int
    latest: int
    path: str | None = None
    """Path of the uncertain date, which also keys its draws; None for a fixed one."""
    hazard: Table | None = None
    """Expected events a year, for an event that may never come."""


@dataclass(frozen=True)
class Effect:
    """What an intervention sets, and when."""

    id: str
    kind: Literal[
        "coercion",
        "presence",
        "arena",
        "standing",
        "doubt",
        "capability",
        "channel",
        "government",
    ]
    timing: Timing
    places: tuple[tuple[int, ...], ...]
    value: Table
    over_months: int = 1
    for_months: int | None = None
    breaks: bool = False
    """Whether it breaks an agreement, which costs trust."""


@dataclass(frozen=True)
class Cabinet:
    """Governments of one actor: kinds, leanings and calendar."""

    actor: int
    key: str
    kinds: tuple[str, ...]
    now: int
    orientation: Table
    """(kind, j) leaning towards j."""
    turnover: Floats | None
    """(kind,) cumulative probability after an election; None without a calendar."""
    elections: frozenset[int]
    """Months of the horizon with an election."""


@dataclass(frozen=True)
class OutcomeRule:
    """A declared outcome: a signal, what becomes of one over time, or a relation class."""

    id: str
    signal: Signal | None
    pair: int | None
    over_time: Literal["level", "fallen", "variance"] = "level"
    fall: float = 0.0
    """How far the signal has to fall, for ``fallen``."""


@dataclass(frozen=True)
class Program:
    """A compiled scenario."""

    actors: tuple[str, ...]
    keys: tuple[str, ...]
    """What draws are keyed by, for each actor."""
    pairs: tuple[tuple[int, int], ...]
    domains: tuple[str, ...]
    arenas: tuple[str, ...]
    agreements: tuple[str, ...]
    tables: dict[str, Table]
    """Field of ``Parameters`` -> its table."""
    mechanism_weight: dict[str, Table]
    behaviour: dict[str, Table]
    class_limits: dict[str, Table]
    cutpoints: tuple[float, ...]
    impacts: Floats
    revision_chance: float
    calibrated: bool
    drivers: tuple[DriverRule, ...]
    pushes: tuple[ArenaPush, ...]
    effects: tuple[Effect, ...]
    cabinets: tuple[Cabinet, ...]
    choices: tuple[ChoiceRule, ...]
    outcomes: tuple[OutcomeRule, ...]
    recorded: tuple[str, ...]
    """Dyads whose alignment is recorded each month, as the scenario writes them."""
    recorded_places: tuple[tuple[tuple[int, int], ...], ...]
    classed_pairs: tuple[int, ...]
    """Pairs whose relation class is recorded each month."""
    leaves: tuple[Leaf, ...]
    """Every uncertain number, by path."""
    months: int
    start: int
    """Month number of the first month."""

    @property
    def pair_index(self) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]:
        """First and second actor of each pair."""
        first = np.array([pair[0] for pair in self.pairs], dtype=np.intp)
        second = np.array([pair[1] for pair in self.pairs], dtype=np.intp)
        return first, second


def full(array: Floats, runs: int) -> Floats:
    """A writable copy with a last axis of ``runs``."""
    return np.broadcast_to(array, (*array.shape[:-1], runs)).copy()
