"""The shipped world and its scenarios: sourced, complete, and without self-feedback.

What is checked here is what a reader has to be able to rely on without running anything: every
number says where it comes from, nothing is declared for nothing, and no driver feeds on what
it moves.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import pytest

from alliance_sim.load import load_scenario, load_world
from alliance_sim.spec import Scenario, World
from alliance_sim.spec.base import Frozen, directed_pair, month_number, undirected_pair
from alliance_sim.spec.numbers import Distribution
from alliance_sim.spec.scenario import Between
from alliance_sim.spec.forces import ArenaChannel, CapacityChannel, DesireChannel, Driver

ACTORS = {
    *("afghanistan", "china", "france", "germany", "iran", "iraq", "israel", "russia"),
    *("saudi_arabia", "syria", "turkey", "united_arab_emirates", "united_kingdom"),
    "united_states",
}
SCENARIOS = (
    "baseline_2018",
    "us_threatens_jcpoa",
    "us_exits_jcpoa",
    "us_intervenes_syria",
    "us_leaves_syria",
    "nato_expands",
    "iran_us_rapprochement",
    "syria_settlement",
)
CONCLUSION = {f"CC{n:02d}" for n in range(1, 24)} | {f"CD{n:02d}" for n in range(1, 8)}
LEFT_OUT = {
    "CC13": "shared ideas on order do not change by themselves and do not suffice (T38): they are "
    "the stances of the two, which the mechanism issue_agreement reads",
}
"""Passages of the conclusion that are no driver of the world, and why."""


@pytest.fixture(scope="module")
def world() -> World:
    return load_world("west_asia_2018")


@pytest.fixture(scope="module")
def scenarios() -> dict[str, Scenario]:
    return {name: load_scenario(name) for name in SCENARIOS}


# -- where numbers come from -----------------------------------------------------------------

Path = tuple[str, ...]
Owner = tuple[Path, Any]
"""Where something that may have a source stands, and its source."""


def children(value: Any) -> Iterator[tuple[str, Any]]:
    match value:
        case Distribution():
            return
        case Frozen():
            yield from ((name, getattr(value, name)) for name in type(value).model_fields)
        case dict():
            yield from value.items()
        case list() | tuple():
            yield from ((str(place), item) for place, item in enumerate(value))


def numbers(
    value: Any, path: Path = (), owners: tuple[Owner, ...] = ()
) -> Iterator[tuple[Path, tuple[Owner, ...]]]:
    """Every number under a value, with the owners of sources above it, nearest first."""
    if isinstance(value, Distribution) or (
        isinstance(value, int | float) and not isinstance(value, bool)
    ):
        yield path, owners
        return
    if getattr(value, "source", None) is not None:
        owners = ((path, value.source), *owners)
    for name, child in children(value):
        if name not in ("source", "sources"):
            yield from numbers(child, (*path, name), owners)


def own_source(path: Path, owners: tuple[Owner, ...]) -> str | None:
    """The nearest source of an entry above the number that speaks of it."""
    for place, source in owners:
        if isinstance(source, str):
            return source
        inside = path[len(place) :]
        for length in range(len(inside), 0, -1):
            if text := source.get(".".join(inside[:length])):
                return str(text)
    return None


def pattern_source(path: Path, world: World) -> str | None:
    """The world's source for a path or for what stands above it; the closest pattern wins."""
    found = [
        (len(parts), text)
        for pattern, text in world.sources.items()
        for parts in [pattern.split(".")]
        if len(parts) <= len(path)
        and all(part in ("*", name) for part, name in zip(parts, path, strict=False))
    ]
    return max(found)[1] if found else None


def known_source(text: str | None, world: World) -> bool:
    """Whether a source starts with a declared reference or with ``judgement``."""
    first = re.match(r"\w+", text or "")
    return first is not None and first[0] in {*world.references, "judgement"}


def test_every_number_of_the_world_has_a_source(world: World) -> None:
    missing = [
        ".".join(path)
        for path, owners in numbers(world)
        if not known_source(own_source(path, owners) or pattern_source(path, world), world)
    ]
    assert not missing


def test_a_number_without_source_would_be_found(world: World) -> None:
    bare = world.model_copy(update={"sources": {}})
    found = [path for path, owners in numbers(bare) if own_source(path, owners) is None]
    assert ("actors", "iran", "capability") in found
    assert ("arenas", "syria_war", "level") not in found


def test_every_source_text_of_the_world_starts_with_a_reference_or_judgement(
    world: World,
) -> None:
    def texts(value: Any) -> Iterator[str]:
        for name in ("source", "sources"):
            given = getattr(value, name, None)
            yield from given.values() if isinstance(given, dict) else filter(None, [given])
        for _, child in children(value):
            yield from texts(child)

    every = list(texts(world))
    assert len(every) > len(world.drivers)
    assert [text for text in every if not known_source(text, world)] == []
    cited = {word for text in every for word in re.findall(r"\w+", text)}
    assert set(world.references) - cited == set()


@pytest.mark.parametrize("name", SCENARIOS)
def test_every_intervention_has_a_source(name: str, scenarios: dict[str, Scenario]) -> None:
    scenario = scenarios[name]
    assert set(scenario.sources) == {each.id for each in scenario.interventions}
    assert all(known_source(text, scenario.world) for text in scenario.sources.values())


# -- completeness ----------------------------------------------------------------------------


def test_the_actors_are_there(world: World) -> None:
    assert set(world.actors) >= ACTORS


@pytest.mark.parametrize("name", SCENARIOS)
def test_scenarios_are_complete(name: str, scenarios: dict[str, Scenario]) -> None:
    scenario = scenarios[name]
    assert scenario.question
    assert scenario.about
    assert scenario.claims
    if name == "baseline_2018":
        assert scenario.interventions == ()
    else:
        assert scenario.baseline == "baseline_2018"
        assert scenario.interventions
        assert scenario.world == scenarios["baseline_2018"].world


def test_threat_withdrawal_and_sanctions_are_three_interventions(
    scenarios: dict[str, Scenario],
) -> None:
    (threat,) = scenarios["us_threatens_jcpoa"].interventions
    withdrawal, sanctions = scenarios["us_exits_jcpoa"].interventions
    assert threat.agreement is not None
    assert threat.agreement.does == "threaten"
    assert withdrawal.agreement is not None
    assert withdrawal.agreement.does == "leave"
    assert sanctions.coercion is not None
    assert isinstance(sanctions.at, Between)
    assert isinstance(withdrawal.at, str)
    assert month_number(withdrawal.at) < month_number(sanctions.at.between[0])


def test_the_conclusion_is_covered(world: World) -> None:
    used = [passage for driver in world.drivers.values() for passage in driver.passages]
    assert len(used) == len(set(used)), "a passage counts once"
    assert CONCLUSION - set(used) == set(LEFT_OUT)
    assert all(LEFT_OUT.values())
    assert all(driver.passages for driver in world.drivers.values())


def mentions(value: Any, kind: str) -> Iterator[str]:
    """Texts found under fields of a name, anywhere below a value."""
    for name, child in children(value):
        if name == kind and isinstance(child, str):
            yield child
        yield from mentions(child, kind)


def parties(world: World) -> set[str]:
    """Every actor and group that a dyad or a leaning of the world names."""
    named: set[str] = set()
    for driver in world.drivers.values():
        for dyad in driver.dyads:
            named.update(re.findall(r"\w+", dyad))
    for what in (world.drivers, world.arenas, world.outcomes):
        for kind in ("alignment", "trust", "coercion", "of", "dyad"):
            for text in mentions(what, kind):
                named.update(re.findall(r"\w+", text))
    for actor in world.actors.values():
        for kind in actor.government.kinds.values() if actor.government else ():
            named.update(kind.orientation)
    return named


def test_nothing_is_declared_for_nothing(world: World) -> None:
    readers = (world.drivers, world.outcomes, world.arenas)
    read = {text for reader in readers for text in mentions(reader, "arena")}
    assert {n for n, arena in world.arenas.items() if not arena.stances} - read == set()
    deployed = {arena for actor in world.actors.values() for arena in actor.presence}
    reached = {name for name, arena in world.arenas.items() if arena.proximity}
    assert reached <= deployed
    assert set(world.groups) <= parties(world)
    named = {text for driver in world.drivers.values() for text in mentions(driver.signal, "id")}
    assert set(world.agreements) <= named
    theories = {name for theory in world.theories.values() for name in theory}
    assert theories == set(world.mechanisms)


# -- no self-feedback -------------------------------------------------------------------------


def places(dyad: str, world: World) -> set[tuple[str, str]]:
    """Directed dyads that a dyad with actors or groups stands for."""
    pair = directed_pair(dyad) or undirected_pair(dyad)
    assert pair is not None
    a, b = (world.groups[p].members if p in world.groups else (p,) for p in pair)
    forth = {(i, j) for i in a for j in b if i != j}
    return forth if directed_pair(dyad) else forth | {(j, i) for i, j in forth}


def moved(driver: Driver, world: World) -> set[tuple[str, ...]]:
    """What a driver moves, as kind and place."""
    directed = {place for dyad in driver.dyads for place in places(dyad, world)}
    match driver.channel:
        case ArenaChannel(arena=arena):
            return {("arena", arena)}
        case DesireChannel(desire=domain) | CapacityChannel(capacity=domain):
            return {("cooperation", *sorted(place), domain) for place in directed}
        case "trust":
            return {("trust", *place) for place in directed}
        case _:
            return {("alignment", *place) for place in directed}


def read(signal: Any, world: World) -> set[tuple[str, ...]]:
    """What a signal reads, as kind and place."""
    found: set[tuple[str, ...]] = {("arena", text) for text in mentions(signal, "arena")}
    for kind in ("alignment", "trust"):
        for dyad in mentions(signal, kind):
            found |= {(kind, *place) for place in places(dyad, world)}
    for dyad, domain in exchanges(signal):
        for place in places(dyad, world):
            for each in [domain] if domain else world.domains:
                found.add(("cooperation", *sorted(place), each))
    return found


def exchanges(signal: Any) -> Iterator[tuple[str, str | None]]:
    """Dyad and domain of every reading of cooperation."""
    for name, child in children(signal):
        if name == "cooperation":
            yield child.dyad, child.domain
        else:
            yield from exchanges(child)


def test_no_driver_reads_what_it_moves(world: World) -> None:
    circular = {
        name: moved(driver, world) & read(driver.signal, world)
        for name, driver in world.drivers.items()
    }
    assert {name: overlap for name, overlap in circular.items() if overlap} == {}


def test_a_circular_driver_would_be_found(world: World) -> None:
    data = {
        "name": "Liking breeds liking",
        "direction": "convergence",
        "dyads": ["russia-west"],
        "signal": {"mean": [{"rescaled": {"alignment": "united_states->russia"}}]},
        "weight": 1.0,
        "source": "judgement",
    }
    driver = Driver.model_validate(data)
    assert moved(driver, world) & read(driver.signal, world)


@pytest.mark.parametrize("name", SCENARIOS[1:])
def test_interventions_come_in_order_and_within_the_horizon(
    name: str, scenarios: dict[str, Scenario]
) -> None:
    scenario = scenarios[name]
    first = [
        month_number(at.between[0] if isinstance(at, Between) else str(at))
        for at in (each.at for each in scenario.interventions)
    ]
    assert all(a <= b for a, b in pairwise(first))
    assert all(0 <= month - month_number("2018-05") < 24 for month in first)
