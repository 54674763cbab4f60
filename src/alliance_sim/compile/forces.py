"""From drivers, arena inputs and governments to what pushes the model from within."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from alliance_sim.compile.index import Index
from alliance_sim.compile.readings import reading, response
from alliance_sim.program import ArenaPush, Cabinet, Channel, ChoiceRule, DriverRule, Table
from alliance_sim.rules import decision
from alliance_sim.spec import forces as fo
from alliance_sim.spec import world as wd
from alliance_sim.spec.base import month_number
from alliance_sim.spec.numbers import AnyNumber


def drivers(ix: Index) -> Iterable[DriverRule]:
    """The drivers of the world, by id; none where the scenario leaves them out."""
    if not ix.scenario.drivers:
        return
    for name, driver in sorted(ix.world.drivers.items()):
        if not _read_so(ix, driver):
            continue
        channel, places = _target(ix, driver)
        yield DriverRule(
            id=name,
            sign=1.0 if driver.direction == "convergence" else -1.0,
            weight=ix.one(driver.weight, f"world.drivers.{name}.weight"),
            signal=reading(ix, driver.signal),
            response=response(driver.response),
            channel=channel,
            places=tuple(places),
            either_way=driver.response == "either_way",
        )


def _read_so(ix: Index, driver: fo.Driver) -> bool:
    """Whether a driver acts under the readings that the scenario follows."""
    readings = ix.world.readings
    return all(
        ix.scenario.readings.get(reading, readings[reading].default) in options
        for reading, options in driver.reading.items()
    )


def choices(ix: Index) -> Iterable[ChoiceRule]:
    """The choices of the world, by id."""
    for name in ix.choices:
        choice = ix.world.choices[name]
        cutpoints = decision.choice_cutpoints(choice.shares)
        yield ChoiceRule(
            id=name,
            actor=ix.actor[choice.by],
            cutpoints=cutpoints,
            base=float(decision.mean_option(np.zeros(1), cutpoints)[0]),
            rate=ix.one(choice.rate, f"world.choices.{name}.rate"),
        )


def _target(ix: Index, driver: fo.Driver) -> tuple[Channel, Sequence[tuple[int, ...]]]:
    """What a driver acts on, and where."""
    match driver.channel:
        case fo.ArenaChannel(arena=arena):
            return "arena", [(ix.arena[arena],)]
        case fo.ChoiceChannel(choice=choice):
            return "choice", [(ix.choices.index(choice),)]
        case fo.DesireChannel(desire=domain):
            return "desire", _exchange_places(ix, driver, domain)
        case fo.CapacityChannel(capacity=domain):
            return "capacity", _exchange_places(ix, driver, domain)
        case channel:
            places = sorted({place for dyad in driver.dyads for place in ix.places(dyad)})
            return channel, [(i, j) for i, j in places if (min(i, j), max(i, j)) in ix.pair]


def _exchange_places(ix: Index, driver: fo.Driver, domain: str) -> list[tuple[int, ...]]:
    pairs = sorted({pair for dyad in driver.dyads for pair in ix.pairs_of(dyad)})
    return [(ix.domain[domain], pair) for pair in pairs]


def arena_pushes(ix: Index) -> Iterable[ArenaPush]:
    """Declared inputs of arenas."""
    for name, place in ix.arena.items():
        for number, given in enumerate(ix.world.arenas[name].inputs):
            path = f"world.arenas.{name}.inputs.{number}.weight"
            yield ArenaPush(place, ix.one(given.weight, path), reading(ix, given.signal))


def _groups_first(ix: Index, kind: wd.GovernmentKind) -> list[tuple[str, AnyNumber]]:
    """Leanings of a kind of government, so that what is said of an actor overrides its group."""
    return sorted(kind.orientation.items(), key=lambda each: (each[0] in ix.actor, each[0]))


def cabinets(ix: Index) -> Iterable[Cabinet]:
    """Governments of every actor that declares some."""
    start, months = ix.horizon()
    for name in ix.governed:
        government = ix.government_of(name)
        kinds = tuple(sorted(government.kinds))
        table = Table(np.zeros((len(kinds), len(ix.actors))))
        for place, kind in enumerate(kinds):
            for party, value in _groups_first(ix, government.kinds[kind]):
                path = f"world.actors.{name}.government.kinds.{kind}.orientation.{party}"
                for j in ix.members(party):
                    if j != ix.actor[name]:
                        ix.put(table, (place, j), value, path)
        calendar, turnover, elections = government.elections, None, frozenset[int]()
        if calendar:
            chances = [calendar.turnover.get(kind, 0.0) for kind in kinds]
            turnover = np.cumsum(chances)
            first = month_number(calendar.next) - start
            elections = frozenset(t for t in range(first, months, calendar.every_months) if t >= 0)
        yield Cabinet(
            actor=ix.actor[name],
            key=ix.world.actors[name].keyed_as or name,
            kinds=kinds,
            now=kinds.index(government.now),
            orientation=table,
            turnover=turnover,
            elections=elections,
        )
