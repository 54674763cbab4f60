"""Everything that the study of blocs says of one system, and the same as plain data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from alliance_sim.analysis.balance import (
    LeadingSplit,
    LineIndex,
    Triads,
    blow_up,
    leading_split,
    line_index,
    symmetric,
    triads,
)
from alliance_sim.analysis.exact import Number, fraction
from alliance_sim.analysis.landscape import Landscape, Minimum, landscape
from alliance_sim.analysis.positions import Centre, centre
from alliance_sim.errors import InputError
from alliance_sim.spec.blocs import BlocSystem

MOST_LISTED = 1000
"""Local minima in the plain data; a level landscape can have as many as partitions."""
_EXACT_IN_JSON = 2**53
"""From here on not every whole number is a double, which is how most readers take JSON."""


@dataclass(frozen=True)
class Balance:
    """Structural balance of a system."""

    symmetrised: bool
    """Whether directions differed, so that the mean of both stands for a tie."""
    ties: int
    """Pairs whose tie is not 0."""
    triads: Triads
    line_index: LineIndex | None
    """Number of ties to be changed; None where there are too many actors to enumerate."""
    weighted_index: LineIndex | None
    """Total strength of ties to be changed."""
    leading: LeadingSplit
    blow_up: float | None


@dataclass(frozen=True)
class Blocs:
    """A system with its landscape, its balance, and where the weight lies on its issues."""

    system: BlocSystem
    landscape: Landscape | None
    """None without ties, and where there are too many actors to enumerate."""
    balance: Balance | None
    """None without ties."""
    positions: Mapping[str, Centre]
    notes: tuple[str, ...] = ()
    """What was left out, and why."""

    def members(self, across: Sequence[bool]) -> tuple[list[str], list[str]]:
        """The ids of both blocs, that of the first actor first."""
        actors = list(self.system.actors)
        both = zip(actors, across, strict=True)
        found: tuple[list[str], list[str]] = ([], [])
        for actor, other in both:
            found[other].append(actor)
        return found

    def as_json(self) -> dict[str, Any]:
        """Plain data; whole numbers beyond 2^53 and split basins are text."""
        system = self.system
        return {
            "name": system.name,
            "about": system.about,
            "source": system.source,
            "actors": {
                key: {"name": name, "size": _plain(actor.size)}
                for (key, actor), name in zip(system.actors.items(), system.names(), strict=True)
            },
            "landscape": None if self.landscape is None else self._landscape(self.landscape),
            "balance": None if self.balance is None else self._balance(self.balance),
            "positions": {
                issue: {
                    "median": float(each.median),
                    "lower_median": float(each.lower),
                    "upper_median": float(each.upper),
                    "mean": float(each.mean),
                }
                for issue, each in self.positions.items()
            },
            "notes": list(self.notes),
        }

    def _landscape(self, found: Landscape) -> dict[str, Any]:
        return {
            "partitions": found.partitions,
            "local_minima": len(found.codes),
            "minima": [self._minimum(each) for each in found.minima(MOST_LISTED)],
        }

    def _minimum(self, each: Minimum) -> dict[str, Any]:
        actors, whole = self.system.actors, each.basin.denominator == 1
        return {
            "blocs": list(self.members(each.across)),
            "energy": _plain(each.energy),
            "basin": _plain(each.basin.numerator) if whole else str(each.basin),
            "basin_share": each.share,
            "strict": each.strict,
            "frustration": {
                actor: _plain(value) for actor, value in zip(actors, each.frustration, strict=True)
            },
        }

    def _balance(self, found: Balance) -> dict[str, Any]:
        leading = found.leading
        actors = list(self.system.actors)
        return {
            "symmetrised": found.symmetrised,
            "ties": found.ties,
            "triads": {
                "balanced": found.triads.balanced,
                "unbalanced": found.triads.unbalanced,
                "by_negative_ties": list(found.triads.by_negative_ties),
            },
            "frustration_index": self._index(found.line_index),
            "weighted_frustration_index": self._index(found.weighted_index),
            "leading_eigenvector": {
                "eigenvalue": leading.value,
                "components": dict(zip(actors, leading.components, strict=True)),
                "sides": leading.signs and dict(zip(actors, leading.signs, strict=True)),
            },
            "blow_up_time": found.blow_up,
        }

    def _index(self, found: LineIndex | None) -> dict[str, Any] | None:
        if found is None:
            return None
        return {
            "value": _plain(found.value),
            "blocs": list(self.members(found.across)),
            "splits_that_reach_it": found.splits,
        }


def blocs_of(system: BlocSystem) -> Blocs:
    """Landscape, balance and positions of a system.

    Where there are too many actors to enumerate partitions, the rest is done and a note says so.
    """
    notes: list[str] = []
    positions = {issue: _centre(system, issue) for issue in system.issues}
    if not system.ties:
        return Blocs(system, None, None, positions)
    found = None
    try:
        found = landscape(system.sizes(), system.table())
    except InputError as error:
        notes += [f"{each.what}; {each.mend}" for each in error.problems]
    return Blocs(system, found, _balance(system, notes), positions, tuple(notes))


def _balance(system: BlocSystem, notes: list[str]) -> Balance:
    rows = system.table()
    table = symmetric(rows)
    for place, actor in enumerate(system.actors.values()):
        table[place][place] = fraction(actor.self_tie)
    directed = any(rows[i][j] != rows[j][i] for i in range(len(rows)) for j in range(i))
    return Balance(
        symmetrised=directed,
        ties=sum(bool(table[i][j]) for i in range(len(table)) for j in range(i)),
        triads=triads(table),
        line_index=_index(table, False, notes),
        weighted_index=_index(table, True, notes),
        leading=leading_split(table),
        blow_up=blow_up(table),
    )


def _index(table: list[list[Fraction]], weighted: bool, notes: list[str]) -> LineIndex | None:
    try:
        return line_index(table, weighted)
    except InputError as error:
        told = [f"{each.what}; {each.mend}" for each in error.problems]
        notes += [each for each in told if each not in notes]
        return None


def _centre(system: BlocSystem, issue: str) -> Centre:
    stances = system.issues[issue]
    weights = [
        fraction(system.capability(issue, actor)) * fraction(stance.salience)
        for actor, stance in stances.items()
    ]
    return centre([each.position for each in stances.values()], weights)


def _plain(value: Number) -> Number | str:
    if isinstance(value, int):
        return value if abs(value) <= _EXACT_IN_JSON else str(value)
    return value
