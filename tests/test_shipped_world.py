"""The shipped world and its scenarios: sourced, complete, and without self-feedback.

What is checked here is what a reader has to be able to rely on without running anything: every
number says where it comes from, nothing is declared for nothing, and no driver feeds on what
it moves.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from itertools import pairwise
from typing import Any

import pytest
from ruamel.yaml import YAML

from alliance_sim.library import scenario_root
from alliance_sim.load import load_scenario, load_world
from alliance_sim.spec import Scenario, World
from alliance_sim.spec.base import directed_pair, month_number, undirected_pair
from alliance_sim.spec.forces import (
    ArenaChannel,
    CapacityChannel,
    ChoiceChannel,
    DesireChannel,
    Driver,
)
from alliance_sim.spec.numbers import Distribution
from alliance_sim.spec.provenance import children, own_source, pattern_source
from alliance_sim.spec.scenario import Between

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
PASSAGES = {
    f"{kind}{number:02d}"
    for kind, last in {"CC": 23, "CD": 7, "BC": 44, "BD": 35}.items()
    for number in range(1, last + 1)
}
"""Ids of what the paper says draws together (C) or apart (D), in its conclusion and body."""
OUTCOMES = {
    *("axis_strength", "iran_to_russia", "russia_to_iran", "iran_to_china", "iran_partner_count"),
    *("joint_military_ops", "trade_volume", "arms_supply", "energy_cooperation"),
    *("regional_instability", "payoff_both", "payoff_russia", "trust_iran_in_russia"),
    *("russian_sanctions_support", "split_probability", "alliance_type", "institutional_depth"),
    *("stance_variance", "explained_share", "time_to_peak", "persistence", "turkey_to_axis"),
    *("afghan_stabilisation", "us_regional_influence", "iran_regional_influence"),
    *("regional_spillover", "russian_activity_core_sectors"),
}
"""Outcomes that the paper's claims are about."""
OFF_THE_RULE = {
    "shared_principles": "helps and does not suffice (T38)",
    "minor_obstacles": "stated as a fact, and called minor",
    "narrow_military_agreement": "in force, and covers little",
    "sanctions_relief": "isolation cuts trade as well, so relief is halved",
    "china_as_full_substitute": "the upper end of what china_as_substitute sweeps",
}
"""Drivers whose weight is not that of the rule, and why."""


@pytest.fixture(scope="module")
def world() -> World:
    return load_world("west_asia_2018")


@pytest.fixture(scope="module")
def scenarios() -> dict[str, Scenario]:
    return {name: load_scenario(name) for name in SCENARIOS}


# -- where numbers come from -----------------------------------------------------------------

Path = tuple[str, ...]


def numbers(value: Any, path: Path = ()) -> Iterator[Path]:
    """Where every number under a value stands."""
    if isinstance(value, Distribution) or (
        isinstance(value, int | float) and not isinstance(value, bool)
    ):
        yield path
        return
    for name, child in children(value):
        if name not in ("source", "sources"):
            yield from numbers(child, (*path, name))


def known_source(text: str | None, world: World) -> bool:
    """Whether a source starts with a declared reference or with ``judgement``."""
    first = re.match(r"\w+", text or "")
    return first is not None and first[0] in {*world.references, "judgement"}


def test_every_number_of_the_world_has_a_source(world: World) -> None:
    missing = [
        ".".join(path)
        for path in numbers(world)
        if not known_source(own_source(world, path) or pattern_source(world, path), world)
    ]
    assert not missing


def test_a_number_without_source_would_be_found(world: World) -> None:
    bare = world.model_copy(update={"sources": {}})
    found = [path for path in numbers(bare) if not own_source(bare, path)]
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


@cache
def passages() -> dict[str, dict[str, Any]]:
    """The paper's passages as shipped, by id."""
    file = scenario_root() / "sharma_2018" / "passages.yaml"
    found: dict[str, dict[str, Any]] = YAML(typ="safe").load(file.read_text("utf-8"))["passages"]
    return found


def cited_in(name: str) -> set[str]:
    """Passages that the drivers of a shipped world stand for."""
    return {id for driver in load_world(name).drivers.values() for id in driver.passages}


def value_at(path: str, world: World) -> Any:
    """What stands at a dotted path of a world, or None."""
    value: Any = world
    for name in path.split("."):
        value = dict(children(value)).get(name)
    return value


def test_the_passages_are_all_there() -> None:
    assert set(passages()) == PASSAGES
    assert len(PASSAGES) == 109


def test_every_passage_is_a_driver_or_says_why_not(world: World) -> None:
    cited = cited_in("west_asia_2018") | cited_in("west_asia_1980")
    assert cited <= set(passages())
    held = {id: text["held_by"] for id, text in passages().items() if "held_by" in text}
    left_out = {id: text["left_out"] for id, text in passages().items() if "left_out" in text}
    assert set(passages()) - cited - set(held) - set(left_out) == set()
    assert {id: path for id, path in held.items() if value_at(path, world) is None} == {}
    assert all(left_out.values())


def test_no_passage_is_both_left_out_and_used() -> None:
    left_out = {id for id, text in passages().items() if "left_out" in text}
    held = {id for id, text in passages().items() if "held_by" in text}
    assert left_out & (cited_in("west_asia_2018") | cited_in("west_asia_1980") | held) == set()


def test_only_what_is_over_is_left_to_the_earlier_world(world: World) -> None:
    open_ = {
        id
        for id, text in passages().items()
        if not {"held_by", "left_out"} & set(text) and text.get("era") != "pre_1991"
    }
    # That the Soviet Union is no longer there to be feared has been so since 1991.
    assert open_ - cited_in("west_asia_2018") == {"BC08"}
    over = {id for id, text in passages().items() if text.get("era") == "pre_1991"}
    assert over & cited_in("west_asia_2018") == set()


def test_a_driver_without_passage_is_owned_by_the_modeller(world: World) -> None:
    own = {name: driver for name, driver in world.drivers.items() if not driver.passages}
    assert set(own) == {"vote_follows_relations", "vote_follows_sponsors"}
    for driver in own.values():
        assert isinstance(driver.source, str)
        assert driver.source.startswith("judgement")


def weights_allowed(driver: Driver) -> set[float]:
    """Medians that the world's rule allows, by channel and by the firmest passage."""
    how = {passages()[id]["modality"] for id in driver.passages}
    firm = "asserted" in how or not how
    match driver.channel:
        case "orientation":
            return {0.3, 0.5} if firm else {0.15}
        case "trust":
            return {0.2 if firm else 0.1}
        case ChoiceChannel():
            return {1.0 if firm else 0.5}
        case _:
            return {0.3 if firm else 0.15}


def test_weights_follow_one_rule(world: World) -> None:
    off = {
        name
        for name, driver in world.drivers.items()
        if round(getattr(driver.weight, "median", -1.0), 6) not in weights_allowed(driver)
    }
    assert off == set(OFF_THE_RULE)
    # All weights are equally uncertain; only the one that is swept has bounds instead.
    spread = {
        name: getattr(driver.weight, "lognormal", (0.0, 0.0))[1]
        for name, driver in world.drivers.items()
    }
    assert {name for name, sigma in spread.items() if sigma != 0.5} == {
        "china_as_substitute",
        "china_as_full_substitute",
    }


def test_the_outcomes_are_there(world: World) -> None:
    assert len(OUTCOMES) == 27
    assert set(world.outcomes) >= OUTCOMES | {"payoff_iran"}


def test_outcomes_say_what_they_measure(world: World) -> None:
    assert [name for name, outcome in world.outcomes.items() if not outcome.about] == []


def test_both_payoffs_follow_one_formula(world: World) -> None:
    iran, russia, both = (
        world.outcomes[name].measure.model_dump_json(by_alias=True)
        for name in ("payoff_iran", "payoff_russia", "payoff_both")
    )
    assert re.sub(r"\biran\b", "russia", iran) == russia
    assert both == f'{{"minimum":[{iran},{russia}]}}'


def test_drivers_under_a_reading_name_an_option(world: World) -> None:
    for driver in world.drivers.values():
        for reading, options in driver.reading.items():
            assert set(options) < set(world.readings[reading].options)


def test_each_option_of_a_reading_makes_a_world_of_its_own(world: World) -> None:
    for name, reading in world.readings.items():
        acting = [
            frozenset(
                each
                for each, driver in world.drivers.items()
                if option in driver.reading.get(name, reading.options)
            )
            for option in reading.options
        ]
        assert len(set(acting)) == len(reading.options), name


def test_drafts_bind_nobody_and_other_agreements_do(world: World) -> None:
    drafts = {name for name, agreement in world.agreements.items() if not agreement.in_force}
    assert drafts == {"visits_and_training", "us_russia_restraint"}
    # What visits and training build has to come from what the two do.
    assert world.agreements["visits_and_training"].depth == 0


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
        for leadership in actor.government.kinds.values() if actor.government else ():
            named.update(leadership.orientation)
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
    signals = [driver.signal for driver in world.drivers.values()]
    decided = {text for what in (signals, world.outcomes) for text in mentions(what, "choice")}
    assert set(world.choices) <= decided
    asked = {reading for driver in world.drivers.values() for reading in driver.reading}
    assert set(world.readings) <= asked
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
        case ChoiceChannel(choice=choice):
            return {("choice", choice)}
        case "trust":
            return {("trust", *place) for place in directed}
        case _:
            return {("alignment", *place) for place in directed}


def read(signal: Any, world: World) -> set[tuple[str, ...]]:
    """What a signal reads, as kind and place."""
    found: set[tuple[str, ...]] = {
        (kind, text) for kind in ("arena", "choice") for text in mentions(signal, kind)
    }
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
