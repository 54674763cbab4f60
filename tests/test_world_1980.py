"""The shipped world of 1980 and its scenarios: the paper's Soviet era."""

from __future__ import annotations

import re

import numpy as np
import pytest
from test_shipped_world import known_source, numbers

import alliance_sim as al
from alliance_sim.compile import compile_scenario
from alliance_sim.engines import stability
from alliance_sim.library import shipped_worlds, whole_worlds
from alliance_sim.load import load_scenario, load_world
from alliance_sim.spec import Scenario, World
from alliance_sim.spec.base import month_number
from alliance_sim.spec.numbers import Lognormal
from alliance_sim.spec.provenance import own_source, pattern_source

REPLAYS = ("soviet_collapse_replay", "support_for_adversary_replay", "iran_us_allied")
PASSAGES = {
    *("BC08", "BC12", "BC42"),
    *("BD01", "BD02", "BD03", "BD04", "BD05", "BD06", "BD07", "BD26"),
}


@pytest.fixture(scope="module")
def world() -> World:
    return load_world("west_asia_1980")


@pytest.fixture(scope="module")
def scenarios() -> dict[str, Scenario]:
    return {name: load_scenario(name) for name in ("baseline_1980", *REPLAYS)}


def test_it_is_a_whole_world_and_its_values_are_not() -> None:
    assert "west_asia_1980" in whole_worlds()
    assert "west_asia_1980_initial" in set(shipped_worlds()) - set(whole_worlds())


def test_the_soviet_union_draws_the_numbers_of_russia(world: World) -> None:
    assert world.actors["soviet_union"].keyed_as == "russia"


def test_every_pair_has_a_relation(world: World) -> None:
    size = len(world.actors)
    assert len(world.dyads) == size * (size - 1) // 2


def test_every_number_has_a_source(world: World) -> None:
    missing = [
        ".".join(path)
        for path in numbers(world)
        if not known_source(own_source(world, path) or pattern_source(world, path), world)
    ]
    assert not missing


def test_general_rules_are_those_of_2018(world: World) -> None:
    later = load_world("west_asia_2018")
    assert world.domains == later.domains
    assert world.behaviour == later.behaviour
    assert world.classes == later.classes
    assert world.theories == later.theories
    assert {name: each.weight for name, each in world.mechanisms.items()} == {
        name: each.weight for name, each in later.mechanisms.items()
    }


def test_drivers_hold_the_passages_and_follow_the_rule_of_weights(world: World) -> None:
    assert {passage for each in world.drivers.values() for passage in each.passages} == PASSAGES
    for name, driver in world.drivers.items():
        median = 0.2 if driver.channel == "trust" else 0.3
        assert driver.weight == Lognormal(lognormal=(median, 0.5)), name


def test_outcomes_are_named_as_in_2018(world: World) -> None:
    later = load_world("west_asia_2018").outcomes
    assert set(world.outcomes) <= set(later)
    for name, outcome in world.outcomes.items():
        assert outcome.range == later[name].range, name
        assert outcome.unit == later[name].unit, name


def test_the_base_date_is_stable(scenarios: dict[str, Scenario]) -> None:
    found = stability.check(compile_scenario(scenarios["baseline_1980"]))
    assert found.stable, found


def test_scenarios_are_complete(scenarios: dict[str, Scenario]) -> None:
    sizes = {(each.horizon.start, each.horizon.months) for each in scenarios.values()}
    assert sizes == {("1980-01", 180)}
    for name, scenario in scenarios.items():
        assert scenario.question.endswith("?"), name
        assert set(scenario.sources) == {each.id for each in scenario.interventions}, name
        assert all(each.about for each in scenario.interventions), name
        assert all(known_source(text, scenario.world) for text in scenario.sources.values()), name
    for name in REPLAYS:
        assert scenarios[name].baseline == "baseline_1980"
        assert scenarios[name].claims
        assert all(re.fullmatch(r"C\d\d", claim) for claim in scenarios[name].claims)


@pytest.mark.parametrize("name", REPLAYS)
def test_nothing_moves_before_it_happens(name: str, scenarios: dict[str, Scenario]) -> None:
    kept = {each.id for each in scenarios["baseline_1980"].interventions}
    first = min(
        month_number(str(each.at)) for each in scenarios[name].interventions if each.id not in kept
    )
    before = first - month_number("1980-01")
    effect = al.compare("baseline_1980", name, runs=2, seed=1)["axis_strength"]
    assert np.all(effect.isel(month=slice(0, before)) == 0)
    assert np.any(effect.isel(month=slice(before, None)) != 0)


def test_the_replay_ends_what_the_baseline_keeps() -> None:
    """Troops, pressure and war are gone at the end, and what is remembered fades slowly."""
    signals = {
        "troops": "{presence: {of: soviet_union, in: afghan_war}}",
        "border": "{presence: {of: soviet_union, in: northern_border}}",
        "pressure": "{coercion: soviet_union->iran}",
        "power": "{capability: soviet_union}",
        "war": "{arena: iran_iraq_war}",
        "memory": "{arena: memory_of_coercion}",
    }
    changes = [
        f"world.outcomes.{name}={{name: {name}, measure: {signal}}}"
        for name, signal in signals.items()
    ]
    changes.append(f"outcomes=[{', '.join(signals)}]")
    ends = {}
    for name in ("baseline_1980", "soviet_collapse_replay"):
        ds = al.run(load_scenario(name, changes), runs=8, seed=1)
        ends[name] = {each: float(ds[each].isel(month=-1).mean()) for each in signals}
    kept, gone = ends["baseline_1980"], ends["soviet_collapse_replay"]
    assert kept["troops"] == pytest.approx(0.8)
    assert kept["war"] > 0.5
    assert gone["troops"] == 0
    assert gone["border"] < 0.2
    assert gone["pressure"] < 0.05
    assert gone["power"] == pytest.approx(kept["power"] / 2, rel=0.2)
    assert gone["war"] < 0.3
    assert 0.3 < gone["memory"] < kept["memory"]
