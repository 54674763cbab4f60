"""What numbers rest on, by the rules that docs/sensitivity.md states."""

from __future__ import annotations

from typing import Any

import pytest

from alliance_sim.compile import compile_scenario
from alliance_sim.engines.blocks import uncertain_keys
from alliance_sim.library import shipped_scenarios
from alliance_sim.load import load_scenario
from alliance_sim.spec import Scenario
from alliance_sim.spec.provenance import (
    basis_of,
    pattern_source,
    provenance_of,
    source_of,
    text_behind_drivers,
)

WEIGHT = "world.drivers.shield.weight"


@pytest.fixture(scope="module")
def exits() -> Scenario:
    return load_scenario("us_exits_jcpoa")


def with_source(scenario: Scenario, source: Any) -> Scenario:
    """The scenario with another source beside the driver ``shield``."""
    drivers = dict(scenario.world.drivers)
    drivers["shield"] = drivers["shield"].model_copy(update={"source": source})
    return scenario.model_copy(
        update={"world": scenario.world.model_copy(update={"drivers": drivers})}
    )


@pytest.mark.parametrize(
    ("source", "basis"),
    [
        ("judgement", "judgement"),
        ("judgement: what sharma, conclusion, suggests", "judgement"),
        ("sharma, conclusion; weight judgement", "judgement"),
        ("sharma, conclusion; weight and shape judgement: hedged", "judgement"),
        ("sharma, conclusion; date, size and weight judgement", "judgement"),
        ("sharma, conclusion; shape judgement", "paper"),
        ("sharma, conclusion, paragraph 2", "paper"),
        ("nmc: share of the United States", "data"),
        ("nmc, wdi: ratio of both", "data"),
        ("nmc: ratio, scaled at 0.1 (judgement)", "mixed"),
        ("nmc: ratio; every coefficient is judgement", "mixed"),
        ("nmc, sharma: the larger of both", "mixed"),
        ("sharma, conclusion; weight: nmc, share", "data"),
        ("sharma, conclusion; weight: 3 of 4", "data"),
        ("sharma, conclusion; dates: 7 August; weight judgement", "judgement"),
        ("common sense", "unsourced"),
        ("", "unsourced"),
        ({"signal": "nmc: share"}, "unsourced"),
        ({"signal": "nmc: share", "weight": "judgement"}, "judgement"),
    ],
)
def test_the_rules(exits: Scenario, source: Any, basis: str) -> None:
    assert basis_of(with_source(exits, source), WEIGHT) == basis


def test_a_clause_speaks_of_the_numbers_it_names_alone(exits: Scenario) -> None:
    at, level = (
        provenance_of(exits, f"interventions.sanctions_back.{each}")
        for each in ("at", "coercion.level")
    )
    assert at.source == level.source
    assert (at.basis, level.basis) == ("data", "judgement")
    assert at.cites == ("sharma",)


def test_the_nearest_entry_speaks_before_the_patterns_of_the_world(exits: Scenario) -> None:
    assert source_of(exits, WEIGHT).startswith("sharma, historical background")
    assert source_of(exits, "world.actors.iran.capability").startswith("nmc: CINC")
    assert basis_of(exits, "world.dyads.iran-russia.alignment") == "mixed"
    assert source_of(exits, "interventions.unheard_of.at") == ""


def test_the_closest_pattern_wins(exits: Scenario) -> None:
    given = {"a.*": "far", "a.*.c": "stars", "a.b.c": "named", "*.b.c": "more stars"}
    world = exits.world.model_copy(update={"sources": given})
    assert pattern_source(world, ("a", "b", "c", "d")) == "named"
    assert pattern_source(world, ("a", "x", "c")) == "stars"
    assert pattern_source(world, ("a", "x")) == "far"
    assert pattern_source(world, ("x", "y")) == ""


def test_the_text_behind_drivers_is_told_by_the_passages_cited_for_them(exits: Scenario) -> None:
    assert text_behind_drivers(exits.world) == "sharma"
    bare = {
        name: each.model_copy(update={"passages": ()}) for name, each in exits.world.drivers.items()
    }
    without = exits.world.model_copy(update={"drivers": bare})
    assert text_behind_drivers(without) == ""


@pytest.mark.slow
def test_every_uncertain_number_that_is_shipped_says_what_it_rests_on() -> None:
    for name in shipped_scenarios():
        scenario = load_scenario(name)
        for path in uncertain_keys(compile_scenario(scenario)):
            expected = "data" if path == "interventions.sanctions_back.at" else "judgement"
            assert (name, path, basis_of(scenario, path)) == (name, path, expected)
