"""From what happens from outside to what a claim is about there is a decision of an actor.

Two proofs for every claim that is run. The first walks the world: what interventions touch, and
what follows from that with nobody deciding anything, must not be read by the outcome. The second
runs the claim's scenarios with nobody deciding anything: the outcome must not move, to the bit.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

import numpy as np
import pytest

from alliance_sim.compile import compile_scenario, labels_of
from alliance_sim.engines.blocks import Lanes, parameter_draws, prepare
from alliance_sim.engines.recording import record_month
from alliance_sim.load import load_scenario
from alliance_sim.load.claims import load_claims
from alliance_sim.results import Record
from alliance_sim.simulate import reporting_like
from alliance_sim.spec import Intervention, Scenario, World
from alliance_sim.spec import outcomes as oc
from alliance_sim.spec import signals as sig
from alliance_sim.spec.base import directed_pair, undirected_pair
from alliance_sim.spec.forces import ArenaChannel
from alliance_sim.spec.numbers import Distribution
from alliance_sim.step import begin_month, observe, read_drivers, settle_arenas

LOADED = load_claims()
CLAIMS = {each.id: each for each in LOADED.claims}
Element = tuple[str, ...]


def scenarios_of(name: str) -> tuple[list[Scenario], Scenario | None, tuple[str, ...]]:
    """Everything that a claim runs, its baseline, and its outcomes."""
    bound, known = CLAIMS[name], LOADED.scenarios
    files = [bound.scenario, *([bound.against] if bound.against else []), *bound.points]
    baseline = None if bound.baseline is None else known[bound.baseline]
    return [known[file] for file in files], baseline, bound.claim.outcomes


# -- the walk -------------------------------------------------------------------------------


def members(world: World, party: str) -> tuple[str, ...]:
    return world.groups[party].members if party in world.groups else (party,)


def directions(world: World, dyad: str) -> set[tuple[str, str]]:
    pair = directed_pair(dyad)
    a, b = pair or undirected_pair(dyad) or ("", "")
    forth = {(i, j) for i in members(world, a) for j in members(world, b) if i != j}
    return forth if pair else forth | {(j, i) for i, j in forth}


def threat(world: World, who: str, whom: str) -> set[Element]:
    """What the threat that one perceives from another follows from, decisions left out."""
    near = [name for name, arena in world.arenas.items() if who in arena.proximity]
    return {("coercion", whom, who), ("capability", whom)} | {("presence", whom, m) for m in near}


def union(parts: Iterable[set[Element]]) -> set[Element]:
    return set().union(*parts)


def threats(world: World, dyad: str) -> set[Element]:
    return union(threat(world, i, j) for i, j in directions(world, dyad))


def common_threats(world: World, dyad: str) -> set[Element]:
    both = {actor for pair in directions(world, dyad) for actor in pair}
    return union(threat(world, i, k) for i in both for k in world.actors if k != i)


def treaties(world: World, dyad: str) -> set[Element]:
    actors = {actor for pair in directions(world, dyad) for actor in pair}
    deep = [name for name, agreement in world.agreements.items() if agreement.depth != 0]
    return {("agreement", name, actor) for name in deep for actor in actors}


def parties(world: World, asked: sig.AgreementIn) -> set[Element]:
    named = [asked.party] if asked.party else world.agreements[asked.id].parties
    return {("agreement", asked.id, each) for each in named}


READS: dict[type, Callable[[World, Any], set[Element]]] = {
    sig.ArenaSignal: lambda world, s: {("arena", s.arena)},
    sig.CoercionSignal: lambda world, s: {("coercion", *d) for d in directions(world, s.coercion)},
    sig.ThreatSignal: lambda world, s: threats(world, s.threat),
    sig.CommonThreatSignal: lambda world, s: common_threats(world, s.common_threat),
    sig.CommitmentSignal: lambda world, s: treaties(world, s.commitment),
    sig.PresenceSignal: lambda world, s: {
        ("presence", each, s.presence.in_arena) for each in members(world, s.presence.of)
    },
    sig.CapabilitySignal: lambda world, s: {
        ("capability", each) for each in members(world, s.capability)
    },
    sig.GovernmentSignal: lambda world, s: {("government", s.government.of)},
    sig.AgreementSignal: lambda world, s: parties(world, s.agreement),
    sig.ProductSignal: lambda world, s: union(reads(world, part) for part in s.product),
    sig.MinimumSignal: lambda world, s: union(reads(world, part) for part in s.minimum),
    sig.MeanSignal: lambda world, s: union(reads(world, part) for part in s.mean),
    sig.AbsenceSignal: lambda world, s: reads(world, s.absence),
    sig.RescaledSignal: lambda world, s: reads(world, s.rescaled),
    # These move by decisions alone, as the second proof shows.
    sig.AlignmentSignal: lambda world, s: set(),
    sig.TrustSignal: lambda world, s: set(),
    sig.CooperationSignal: lambda world, s: set(),
    sig.ChoiceSignal: lambda world, s: set(),
    sig.PartnersSignal: lambda world, s: set(),
}


def reads(world: World, signal: Any) -> set[Element]:
    """What a signal reads that can change with nobody deciding anything."""
    return READS[type(signal)](world, signal)


def touched_by(world: World, scenario: Scenario) -> Iterator[Element]:
    """What the interventions of a scenario set."""
    for each in scenario.interventions:
        yield from touched(world, each)


def touched(world: World, each: Intervention) -> Iterable[Element]:
    """What one intervention sets; a channel changes what may be exchanged, and pairs decide."""
    if each.coercion:
        pressed = members(world, each.coercion.on)
        return [("coercion", i, j) for i in members(world, each.coercion.by) for j in pressed]
    if each.presence:
        return [("presence", i, each.presence.in_arena) for i in members(world, each.presence.of)]
    found = {
        "arena": each.arena and ("arena", each.arena.id),
        "agreement": each.agreement and ("agreement", each.agreement.id, each.agreement.party),
        "government": each.government and ("government", each.government.of),
        "capability": each.capability and ("capability", each.capability.of),
    }
    return [element for element in found.values() if element]


def undecided(world: World, start: Iterable[Element]) -> set[Element]:
    """What interventions touch, and the arenas that follow with nobody deciding anything."""
    touched = set(start)
    while True:
        more = {
            ("arena", name)
            for name, arena in world.arenas.items()
            if any(reads(world, given.signal) & touched for given in arena.inputs)
        }
        more |= {
            ("arena", driver.channel.arena)
            for driver in world.drivers.values()
            if isinstance(driver.channel, ArenaChannel) and reads(world, driver.signal) & touched
        }
        if more <= touched:
            return touched
        touched |= more


def lowest(value: float | Distribution) -> float:
    return value.support[0] if isinstance(value, Distribution) else value


def highest(value: float | Distribution) -> float:
    return value.support[1] if isinstance(value, Distribution) else value


def depth_is_out_of_reach(world: World, dyad: str) -> bool:
    """Whether treaties alone cannot make a pair an alliance, the class that asks for a target."""
    a, b = next(iter(directions(world, dyad)))
    relation = next(r for key, r in world.dyads.items() if set(key.split("-")) == {a, b})
    depth = highest(relation.commitment) + sum(
        highest(each.depth) for each in world.agreements.values() if {a, b} <= set(each.parties)
    )
    return depth < lowest(world.classes.deep_from)


def answers(world: World, outcome: str) -> set[Element]:
    """What an outcome reads that can change with nobody deciding anything."""
    match world.outcomes[outcome].measure:
        case oc.ClassMeasure(relation_class=dyad):
            assert depth_is_out_of_reach(world, dyad), "threats alone could make an alliance"
            return set()
        case oc.FallenMeasure(fallen=fall):
            return answers(world, fall.of)
        case oc.VarianceMeasure(variance=followed):
            return answers(world, followed)
        case oc.EffectMeasure(effect=effect):
            return answers(world, effect.on)
    return reads(world, world.outcomes[outcome].measure)


@pytest.mark.parametrize("name", CLAIMS)
def test_no_way_from_intervention_to_outcome_without_a_decision(name: str) -> None:
    scenarios, baseline, outcomes = scenarios_of(name)
    for scenario in scenarios:
        world = scenario.world
        start = set(touched_by(world, scenario))
        if baseline is not None:
            start |= set(touched_by(world, baseline))
        for outcome in outcomes:
            assert not answers(world, outcome) & undecided(world, start)


def test_the_walk_finds_what_answers_directly() -> None:
    """The walk is no rubber stamp: pressure is read by threat, and arenas feed arenas."""
    scenario = load_scenario("us_exits_jcpoa")
    world = scenario.world
    start = set(touched_by(world, scenario))
    assert reads(world, sig.ThreatSignal(threat="iran->united_states")) & start
    assert ("arena", "nuclear_dispute") in undecided(world, start)
    assert ("arena", "syria_war") not in undecided(world, start)


# -- nobody decides -------------------------------------------------------------------------


def without_decisions(scenario: Scenario, outcomes: tuple[str, ...]) -> np.ndarray:
    """Outcomes where everything from outside happens and arenas respond, and nobody decides."""
    plain = tuple(dict.fromkeys(_monthly(scenario.world, name) for name in outcomes))
    scenario = scenario.model_copy(update={"outcomes": plain, "dyads": ()})
    program, labels = compile_scenario(scenario), labels_of(scenario)
    where = Lanes(11, 0, slice(0, 16), scenario.sampling)
    block, (draws, _) = prepare(program, where), parameter_draws(program, where)
    limits = {name: table.draw(draws) for name, table in program.class_limits.items()}
    record = Record.empty(labels, where.width)
    record_month(block, record, 0, limits)
    for month in range(program.months):
        before = block.situation.circumstances.arena_mean
        if begin_month(block, month):
            observe(block)
        read_drivers(block)
        state = block.situation.state
        state.arena = settle_arenas(block, np.zeros_like(state.arena), before)
        observe(block)
        record_month(block, record, month + 1, limits)
    return record.outcomes


def _monthly(world: World, name: str) -> str:
    """An outcome that a single run reports."""
    match world.outcomes[name].measure:
        case oc.EffectMeasure(effect=effect):
            return effect.on
    return name


@pytest.mark.slow
@pytest.mark.parametrize("name", CLAIMS)
def test_the_outcome_stays_where_it_is_while_nobody_decides(name: str) -> None:
    scenarios, baseline, outcomes = scenarios_of(name)
    for scenario in scenarios:
        moved = without_decisions(scenario, outcomes)
        if baseline is None:
            np.testing.assert_array_equal(moved, moved[:, :1] * np.ones_like(moved))
        else:
            still = without_decisions(_like(baseline, scenario), outcomes)
            np.testing.assert_array_equal(moved, still)


def _like(baseline: Scenario, scenario: Scenario) -> Scenario:
    if baseline.world.drivers != scenario.world.drivers:  # a world without a driver, on purpose
        return baseline
    return reporting_like(baseline, scenario)


def test_somebody_has_to_decide_for_anything_to_happen() -> None:
    """Without decisions nothing but arenas, pressure and threat moves; with them it does."""
    scenario = load_scenario("us_exits_jcpoa")
    still = without_decisions(scenario, ("iran_to_russia", "trade_volume", "trust_iran_in_russia"))
    assert np.array_equal(still, np.broadcast_to(still[:, :1], still.shape))
    moved = without_decisions(scenario, ("us_regional_influence", "iran_regional_influence"))
    assert not np.array_equal(moved, np.broadcast_to(moved[:, :1], moved.shape))
