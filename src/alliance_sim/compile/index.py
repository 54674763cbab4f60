"""Names of a scenario as places in arrays, and the uncertain numbers met on the way."""

from __future__ import annotations

import numpy as np

from alliance_sim.program import JOINT, Leaf, Table
from alliance_sim.spec import Scenario
from alliance_sim.spec import world as wd
from alliance_sim.spec.base import directed_pair, month_number, undirected_pair
from alliance_sim.spec.numbers import AnyNumber, Distribution, Joint


class Index:
    """Places of names, and what they stand for.

    Actors are ordered by what they are keyed by, all else alphabetically, so that neither
    the order of the file nor its labels change a number.
    """

    def __init__(self, scenario: Scenario) -> None:
        """Give every name of a scenario its place."""
        self.scenario = scenario
        self.world = world = scenario.world
        self.actors = tuple(sorted(world.actors, key=lambda a: world.actors[a].keyed_as or a))
        self.actor = {name: place for place, name in enumerate(self.actors)}
        self.domains = tuple(sorted(world.domains))
        self.domain = {name: place for place, name in enumerate(self.domains)}
        self.arenas = tuple(sorted(world.arenas))
        self.arena = {name: place for place, name in enumerate(self.arenas)}
        self.agreements = tuple(sorted(world.agreements))
        self.choices = tuple(sorted(world.choices))
        self.agreement = {name: place for place, name in enumerate(self.agreements)}
        self.relations = self._relations()
        self.pairs = tuple(sorted(self.relations))
        self.pair = {pair: place for place, pair in enumerate(self.pairs)}
        self.governed = tuple(a for a in self.actors if world.actors[a].government)
        self.leaves: dict[str, Leaf] = {}

    def _relations(self) -> dict[tuple[int, int], tuple[str, wd.Relation]]:
        found = {}
        for key, relation in self.world.dyads.items():
            a, b = (self.actor[name] for name in undirected_pair(key) or ())
            found[min(a, b), max(a, b)] = (key, relation)
        return found

    def horizon(self) -> tuple[int, int]:
        """First month number and number of months."""
        horizon = self.scenario.horizon
        return month_number(horizon.start), horizon.months

    def put(self, table: Table, place: tuple[int, ...], value: AnyNumber, path: str) -> None:
        """Store a number, certain or not, at a place of a table."""
        table.leaves = [each for each in table.leaves if each[0] != place]
        if isinstance(value, Distribution):
            leaf = self.leaves.setdefault(path, Leaf(path, self._key(path, value), value))
            table.values[place] = value.median
            table.leaves.append((place, leaf))
        else:
            table.values[place] = value

    def one(self, value: AnyNumber, path: str) -> Table:
        """A table of a single number, drawn to shape (r,)."""
        table = Table(np.zeros(()))
        self.put(table, (), value, path)
        return table

    def _key(self, path: str, value: Distribution) -> str:
        """What a number is drawn by: columns of one table together, all others by themselves."""
        if isinstance(value, Joint):
            return JOINT + value.joint.of
        return self._identity(path)

    def _identity(self, path: str) -> str:
        """A path with every actor called by what it is keyed by, dyads in one order."""

        def key(name: str) -> str:
            actor = self.world.actors.get(name)
            return (actor.keyed_as or name) if actor else name

        parts = []
        for part in path.split("."):
            directed, undirected = directed_pair(part), undirected_pair(part)
            if directed:
                parts.append("->".join(map(key, directed)))
            elif undirected:
                parts.append("-".join(sorted(map(key, undirected))))
            else:
                parts.append(key(part))
        return ".".join(parts)

    def members(self, party: str) -> list[int]:
        """Places of an actor, or of all members of a group."""
        if party in self.world.groups:
            return sorted(self.actor[name] for name in self.world.groups[party].members)
        return [self.actor[party]]

    def places(self, dyad: str) -> list[tuple[int, int]]:
        """Directed places that a dyad stands for."""
        pair = directed_pair(dyad)
        if pair:
            a, b = pair
            return [(i, j) for i in self.members(a) for j in self.members(b) if i != j]
        a, b = undirected_pair(dyad) or ("", "")
        forth = [(i, j) for i in self.members(a) for j in self.members(b) if i != j]
        return sorted({*forth, *((j, i) for i, j in forth)})

    def pairs_of(self, dyad: str) -> list[int]:
        """Places of the declared pairs that an undirected dyad stands for."""
        found = {(min(i, j), max(i, j)) for i, j in self.places(dyad)}
        return [self.pair[pair] for pair in sorted(found) if pair in self.pair]

    def pair_of(self, dyad: str) -> int:
        """Place of the declared pair of a dyad of two actors."""
        a, b = undirected_pair(dyad) or directed_pair(dyad) or ("", "")
        i, j = sorted((self.actor[a], self.actor[b]))
        return self.pair[i, j]

    def government_of(self, actor: str) -> wd.Governments:
        """The governments declared for an actor."""
        government = self.world.actors[actor].government
        assert government is not None
        return government
