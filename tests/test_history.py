"""The world of 1991 and the years to 2016: facts from outside, and no event counted twice."""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import yaml
from jsonschema import Draft202012Validator
from test_initial_state import write
from test_shipped_world import known_source, numbers
from typer.testing import CliRunner
from worlds import small_scenario

import alliance_sim as al
from alliance_sim.cli import app
from alliance_sim.errors import InputError
from alliance_sim.library import scenario_root
from alliance_sim.load import load_scenario, load_world, read_scenario, schema
from alliance_sim.spec import Scenario, World
from alliance_sim.spec.base import month_number
from alliance_sim.spec.provenance import own_source, pattern_source
from alliance_sim.timeline_data import with_timeline

ROOT = Path(__file__).resolve().parents[1]
DATA = Path(os.environ.get("ALLIANCE_SIM_DATA", ROOT.parent / "shared" / "data"))
TIMELINE = scenario_root() / "timelines" / "west_asia_1991_2016.yaml"
INITIAL = scenario_root() / "worlds" / "west_asia_1991_initial.yaml"


@cache
def history() -> Scenario:
    """The years as they were."""
    return load_scenario("history_1991_2016")


@cache
def world() -> World:
    """The world in which they begin."""
    return load_world("west_asia_1991")


# -- what the data say, where they are at hand -------------------------------------------------


@pytest.fixture
def data() -> Path:
    if not (DATA / "states.csv").is_file():
        pytest.skip("the data are not at hand; set ALLIANCE_SIM_DATA to their folder")
    return DATA


def test_the_shipped_files_are_what_the_command_writes(data: Path, tmp_path: Path) -> None:
    state, timeline = tmp_path / "state.yaml", tmp_path / "timeline.yaml"
    asked = ["initial-state", "--data", str(data), "--year", "1990", "--until", "2016"]
    done = CliRunner().invoke(app, [*asked, "--out", str(state), "--timeline", str(timeline)])
    assert done.exit_code == 0, done.output
    assert state.read_bytes() == INITIAL.read_bytes()
    assert timeline.read_bytes() == TIMELINE.read_bytes()


def test_capability_is_followed_to_a_tenth(data: Path) -> None:
    """In every year, what holds is within a tenth of the published share."""
    table = pd.read_csv(data / "state_year.csv").set_index(["iso3", "year"])["nmc_cinc"]
    changes = {
        (each.capability.of, str(each.at)): float(each.capability.level)
        for each in history().interventions
        if each.capability
    }
    for name, actor in world().actors.items():
        level = float(actor.capability)
        for year in range(1990, 2017):
            level = changes.get((name, f"{year}-01"), level)
            # Values are kept to four decimals, which the smallest state notices.
            assert level == pytest.approx(table[actor.iso3, year], rel=0.11, abs=0.0001)


def test_nothing_from_data_looks_ahead(data: Path, tmp_path: Path) -> None:
    """Without all that came after a year, what the command says up to it is the same."""
    until = 1998
    for file in data.glob("*.csv"):
        table = pd.read_csv(file)
        for column in ("year", "start_year", "start"):
            if column in table and pd.api.types.is_numeric_dtype(table[column]):
                table = table[table[column] <= until]
        table.to_csv(tmp_path / file.name, index=False)
    assert len(pd.read_csv(tmp_path / "state_year.csv")) < len(pd.read_csv(data / "state_year.csv"))
    state, timeline = with_timeline(tmp_path, 1990, until)
    shipped = TIMELINE.read_text(encoding="utf-8")
    early = [line for line in told(shipped) if line.split(" at: ")[1] < f"{until + 1}"]
    assert len(early) > 100
    assert told(timeline.to_yaml()) == early
    # Which treaties will end moves depth from commitment to agreements, and adds none.
    found = total_depth(state.dyads, state.agreements)
    initial = yaml.safe_load(INITIAL.read_text(encoding="utf-8"))
    assert found == pytest.approx(total_depth(initial["dyads"], initial["agreements"]), abs=2e-4)
    for key, values in state.dyads.items():
        same = {name: each for name, each in initial["dyads"][key].items() if name != "commitment"}
        assert {name: each for name, each in values.items() if name != "commitment"} == same


def told(text: str) -> list[str]:
    """Lines of interventions, but for treaties."""
    lines = [line for line in text.splitlines() if line.startswith("  - {")]
    return [line for line in lines if " agreement: " not in line]


def total_depth(dyads: dict[str, Any], agreements: dict[str, Any]) -> dict[str, float]:
    """Commitment of every pair with that of the treaties in force."""
    total = {key: float(values["commitment"]) for key, values in dyads.items()}
    for each in agreements.values():
        if each.get("in_force", True):
            total["-".join(sorted(each["parties"]))] += each["depth"]
    return total


# -- what everybody knows ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("by", "on", "month", "low", "high"),
    [
        ("united_states", "iraq", "2002-12", 0.5, 0.8),  # embargo and no-fly zones
        ("united_states", "iraq", "2012-12", 0.0, 0.1),  # troops gone
        ("united_states", "afghanistan", "2001-12", 0.5, 0.8),  # war
        ("united_states", "india", "1998-04", 0.0, 0.05),  # before the tests
        ("united_states", "india", "1999-01", 0.3, 0.4),  # after them
        ("germany", "russia", "2014-02", 0.0, 0.1),
        ("germany", "russia", "2014-12", 0.4, 0.6),  # Crimea
        ("france", "iran", "2006-12", 0.0, 0.05),
        ("france", "iran", "2013-01", 0.45, 0.55),  # oil embargo
        ("france", "iran", "2016-06", 0.1, 0.25),  # relief
        ("russia", "iran", "2011-01", 0.1, 0.2),  # Resolution 1929
        ("russia", "iran", "2016-06", 0.0, 0.0),
    ],
)
def test_pressure_that_everybody_knows(
    by: str, on: str, month: str, low: float, high: float
) -> None:
    assert low <= pressure(by, on, month) <= high


def pressure(by: str, on: str, month: str) -> float:
    """Declared pressure once what was begun by a month is complete."""
    groups = world().groups
    relation = world().dyads["-".join(sorted((by, on)))]
    level = float(relation.coercion.get(f"{by}->{on}", 0))
    for each in sorted(history().interventions, key=lambda each: (str(each.at), each.id)):
        did = each.coercion
        if did is None or month_number(str(each.at)) > month_number(month) or did.on != on:
            continue
        if by in (groups[did.by].members if did.by in groups else (did.by,)):
            level = float(did.level)
    return level


@pytest.mark.parametrize(
    ("actor", "month", "kind"),
    [
        ("iran", "2004-01", "open_to_west"),
        ("iran", "2010-01", "conservative"),
        ("iran", "2015-01", "pragmatist"),
        ("russia", "2010-01", "reset"),
        ("russia", "2013-01", "pro_cooperation"),
        ("afghanistan", "1999-01", "taliban"),
        ("united_states", "2005-01", "hostile_to_deal"),
    ],
)
def test_who_governed(actor: str, month: str, kind: str) -> None:
    government = world().actors[actor].government
    assert government is not None
    held = [(str(each.at), each.government) for each in history().interventions if each.government]
    changes = sorted((at, did.becomes) for at, did in held if did.of == actor and at <= month)
    assert (changes[-1][1] if changes else government.now) == kind


def test_the_treaty_of_2001_joins_iran_and_russia_once() -> None:
    """Its depth is that of neutrality, and in no measured commitment before it."""
    treaty = world().agreements["treaty_iran_russia_40"]
    assert (treaty.in_force, treaty.depth) == (False, 0.5 * 0.4)
    joins = [
        (each.at, each.agreement.party, each.agreement.does)
        for each in history().interventions
        if each.agreement and each.agreement.id == "treaty_iran_russia_40"
    ]
    assert sorted(joins) == [("2001-01", "iran", "join"), ("2001-01", "russia", "join")]


# -- form ----------------------------------------------------------------------------------------


def test_eighteen_states_and_every_pair() -> None:
    assert len(world().actors) == 18
    assert len(world().dyads) == 18 * 17 / 2
    assert set(history().dyads) == set(world().dyads)
    assert {each.iso3 for each in world().actors.values()} >= {"EGY", "IND", "PAK", "QAT"}


def test_all_stands_for_every_pair_in_the_loader_and_in_the_schema() -> None:
    """By itself alone: in a list, or as another word, it is a mistake in both."""
    given = small_scenario()
    is_valid = Draft202012Validator(schema("scenario")).is_valid
    everything = given | {"dyads": "all"}
    assert read_scenario(everything).dyads == tuple(sorted(given["world"]["dyads"]))
    assert is_valid(everything)
    for wrong in (["all"], "ALL", "every"):
        assert not is_valid(given | {"dyads": wrong})
        with pytest.raises(InputError):
            read_scenario(given | {"dyads": wrong})


def test_every_number_and_every_intervention_has_a_source() -> None:
    missing = [
        ".".join(path)
        for path in numbers(world())
        if not known_source(own_source(world(), path) or pattern_source(world(), path), world())
    ]
    assert not missing
    assert set(history().sources) == {each.id for each in history().interventions}


def test_nothing_after_2016() -> None:
    assert history().horizon.months == 12 * (2016 - 1990)
    assert max(str(each.at) for each in history().interventions) <= "2016-12"
    assert all(isinstance(each.at, str) for each in history().interventions)


def test_no_event_says_when_it_ends_in_another_year() -> None:
    """Or else a forecast from the end of its year would know."""
    for each in history().interventions:
        did = next(filter(None, (each.arena, each.coercion, each.presence, each.channel)), None)
        months = max(each.for_months or 1, getattr(did, "over_months", 1))
        assert int(str(each.at)[5:]) + months - 1 <= 12, each.id


def test_rules_are_those_of_2018_and_so_is_every_stance_said_to_be() -> None:
    later = load_world("west_asia_2018")
    for part in ("domains", "behaviour", "classes", "theories", "mechanisms"):
        assert getattr(world(), part) == getattr(later, part), part
    for name, driver in world().drivers.items():
        assert driver == later.drivers[name]
    for name, arena in world().arenas.items():
        if "as in west_asia_2018" in arena.about:
            assert later.arenas[name].stances.items() <= arena.stances.items(), name
    for name, actor in later.actors.items():
        assert world().actors[name].iso3 == actor.iso3


def test_three_years_stay_in_range() -> None:
    """Nor does the run warn, which would fail it, that the base date is unstable."""
    short = history().horizon.model_copy(update={"months": 36})
    ds = al.run(history().model_copy(update={"horizon": short}), runs=16, seed=3, workers=1)
    alignment = ds["alignment"].values
    assert ds.sizes["dyad"] == 153
    assert np.isfinite(alignment).all()
    assert np.abs(alignment).max() < 0.98


# -- the command, on made-up data ------------------------------------------------------------------


def test_a_change_becomes_an_intervention_of_its_january(tmp_path: Path) -> None:
    """Great Borduria doubles, signs a treaty, and comes under three kinds of sanctions of six."""
    folder = write(
        tmp_path,
        sanctions_gsdb_cases="BBB,United States,2017,2020,1,1,1,0,0,0,1,0,0,0,0\n",
        state_year="BBB,2017,0.04,1\nAAA,2017,0.0101,1\n",
        dyad_year_structure="AAA,BBB,2017,1,0,0,0,0,,,,0,250\n",
        unga_dyad_calendar_year="AAA,BBB,2017,0.9\n",
    )
    state, timeline = with_timeline(folder, 2016, 2017, ["AAA", "BBB", "USA"])
    made = {each["id"]: each for each, _ in timeline.changes}
    assert made["capability_great_borduria_2017"]["capability"]["level"] == 0.04
    assert made["capability_great_borduria_2017"]["at"] == "2017-01"
    assert "capability_aland_2017" not in made  # 1 per cent is no change
    assert made["coercion_fourth_land_great_borduria_2017"]["coercion"]["level"] == 0.5 * 3 / 6
    # A defence treaty in place of one of non-aggression, between rivals: half of 0.2, half of 1.
    treaty = state.agreements["treaty_aland_great_borduria_50"]
    assert treaty["depth"] == pytest.approx(0.5 * (0.5 - 0.1))
    assert made["treaty_aland_great_borduria_50_2017_aland"]["agreement"]["does"] == "join"
    with pytest.raises(InputError, match="does not follow"):
        with_timeline(folder, 2016, 2016)


def test_a_timeline_needs_a_file_and_a_last_year(tmp_path: Path) -> None:
    asked = ["initial-state", "--data", str(write(tmp_path)), "--year", "2016"]
    assert CliRunner().invoke(app, [*asked, "--until", "2017"]).exit_code == 2
