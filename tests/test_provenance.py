"""What numbers rest on, by the rules that docs/sensitivity.md states."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import alliance_sim as al
from alliance_sim.compile import compile_scenario
from alliance_sim.engines.blocks import uncertain_keys
from alliance_sim.errors import InputError
from alliance_sim.library import shipped_scenarios
from alliance_sim.load import load_scenario, read_scenario
from alliance_sim.spec import Scenario, World
from alliance_sim.spec.provenance import (
    SET,
    Provenance,
    basis_of,
    intervention_source,
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
        ("nmc 7.0, table 2; wdi", "data"),
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
    worlds: list[World] = []
    for name in shipped_scenarios():
        scenario = load_scenario(name)
        known = scenario.world in worlds  # its own numbers have been asked of another scenario
        worlds += [] if known else [scenario.world]
        for path in uncertain_keys(compile_scenario(scenario)):
            if not (known and path.startswith("world.")):
                expected = "data" if path == "interventions.sanctions_back.at" else "judgement"
                if ": posterior of " in source_of(scenario, path):
                    expected = "mixed"
                assert (name, path, basis_of(scenario, path)) == (name, path, expected)


# -- what was set over a file's own ----------------------------------------------------------

CAPABILITY = "world.actors.iran.capability"
WIDE = "{uniform: [0.05, 0.9]}"


def test_a_prior_that_is_set_is_a_judgement_whatever_the_file_cites(exits: Scenario) -> None:
    whole = f"world.actors.china={{name: China, capability: {WIDE}}}"
    scenario = load_scenario("us_exits_jcpoa", [f"{CAPABILITY}={WIDE}", whole])
    for path in (CAPABILITY, "world.actors.china.capability"):
        assert basis_of(exits, path) == "data"
        assert provenance_of(scenario, path) == Provenance(SET, "judgement")
    assert source_of(scenario, "world.actors.russia.capability").startswith("nmc: CINC")


def test_what_is_set_outranks_the_source_of_its_entry_and_of_nothing_else(exits: Scenario) -> None:
    data = exits.model_dump(mode="json", by_alias=True, exclude_unset=True)
    data["world"]["drivers"]["shield"]["source"] = "nmc: ratio of both"
    scenario = read_scenario(data, [f"{WEIGHT}={{uniform: [0, 9]}}"])
    assert (basis_of(read_scenario(data), WEIGHT), basis_of(scenario, WEIGHT)) == (
        "data",
        "judgement",
    )
    assert basis_of(scenario, "world.drivers.shield.signal") == "data"
    plain = read_scenario(data)
    kept = [each for each in uncertain_keys(compile_scenario(scenario)) if each != WEIGHT]
    assert len(kept) > 50
    assert all(provenance_of(scenario, path) == provenance_of(plain, path) for path in kept)


@pytest.mark.parametrize("number", ["sanctions_back", "1"])
def test_numbers_of_interventions_that_are_set(number: str) -> None:
    at = "interventions.sanctions_back.at"
    scenario = load_scenario(
        "us_exits_jcpoa", [f"interventions.{number}.at={{between: [2018-06, 2019-06]}}"]
    )
    assert provenance_of(scenario, at) == Provenance(SET, "judgement")
    assert source_of(scenario, "interventions.sanctions_back.coercion.level") != SET
    told = intervention_source(scenario, "sanctions_back")
    assert told == f"{scenario.sources['sanctions_back']}; at: {SET}"
    assert (
        intervention_source(load_scenario("us_exits_jcpoa"), "sanctions_back")
        == (scenario.sources["sanctions_back"])
    )


@pytest.mark.parametrize(
    "source",
    [
        'world.drivers.shield.source="nmc: own count"',
        "world.drivers.shield.source={weight: 'nmc: own count'}",
        f"sources={{{WEIGHT}: 'nmc: own count'}}",
    ],
)
@pytest.mark.parametrize("first", [True, False])
def test_an_override_may_bring_a_source_of_its_own(source: str, first: bool) -> None:
    settings = [f"{WEIGHT}={{uniform: [0, 9]}}", source]
    scenario = load_scenario("us_exits_jcpoa", settings if first else settings[::-1])
    assert provenance_of(scenario, WEIGHT) == Provenance("nmc: own count", "data", ("nmc",))


def test_a_file_that_sets_values_says_where_they_come_from_or_they_are_judgements(
    tmp_path: Path,
) -> None:
    at = "interventions.sanctions_back.at"
    parent, child = tmp_path / "parent.yaml", tmp_path / "child.yaml"
    text = (
        f"extends: us_exits_jcpoa\nset:\n  {CAPABILITY}: {WIDE}\n  {WEIGHT}: {{uniform: [0, 9]}}\n"
    )
    parent.write_text(text + f"sources:\n  {WEIGHT}: 'nmc: own count'\n")
    child.write_text("extends: parent.yaml\nname: Child\n")
    for scenario in (load_scenario(parent), load_scenario(child)):
        assert (source_of(scenario, CAPABILITY), source_of(scenario, WEIGHT)) == (
            SET,
            "nmc: own count",
        )
        assert basis_of(scenario, at) == "data"
    again = load_scenario(child, [f"{WEIGHT}={{uniform: [0, 8]}}"])
    assert source_of(again, WEIGHT) == SET
    child.write_text(
        f"extends: parent.yaml\nset:\n  {at}: {{between: [2018-06, 2019-06]}}\n"
        f"  {CAPABILITY}: {WIDE}\n"
        f"sources:\n  sanctions_back: 'nmc: a table'\n  {CAPABILITY}: 'nmc: another'\n"
    )
    scenario = load_scenario(child)
    assert (source_of(scenario, at), source_of(scenario, CAPABILITY)) == (
        "nmc: a table",
        "nmc: another",
    )


def test_another_world_leaves_behind_what_was_set_in_the_first(tmp_path: Path) -> None:
    parent, child = tmp_path / "parent.yaml", tmp_path / "child.yaml"
    parent.write_text(f"extends: us_exits_jcpoa\nset:\n  {CAPABILITY}: {WIDE}\n")
    world = load_scenario("us_exits_jcpoa").world
    (tmp_path / "world.json").write_text(world.model_dump_json(by_alias=True, exclude_unset=True))
    child.write_text("extends: parent.yaml\nworld: world.json\n")
    assert basis_of(load_scenario(child), CAPABILITY) == "data"


def test_settings_that_have_no_source_leave_none() -> None:
    plain = load_scenario("us_exits_jcpoa")
    settings = ["horizon.months=12", "name=Other", "world.name=Other", f"{WEIGHT}=null"]
    with pytest.raises(InputError):  # the weight is needed
        load_scenario("us_exits_jcpoa", settings)
    assert load_scenario("us_exits_jcpoa", settings[:3]).sources == plain.sources


@pytest.mark.parametrize("step", ["9" * 5000, "99", "unheard_of"])
def test_what_is_set_nowhere_is_told_as_a_mistake(step: str) -> None:
    with pytest.raises(InputError, match=r"path .*use one of: sanctions_back, withdrawal"):
        load_scenario("us_exits_jcpoa", [f"interventions.{step}.at=2018-06"])


def test_variance_of_a_prior_that_was_set_is_booked_on_judgement() -> None:
    scenario = load_scenario("us_exits_jcpoa", [f"{CAPABILITY}={WIDE}"])
    design = al.SensitivityDesign(method="morris", trajectories=2, parameters=CAPABILITY)
    found = al.sensitivity(scenario, None, ["iran_to_russia"], design=design)
    assert found["basis"].sel(parameter=CAPABILITY).item() == "judgement"
    assert found["source"].sel(parameter=CAPABILITY).item() == SET
