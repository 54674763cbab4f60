"""The story of one run: every sentence against the run itself, stepped by the other engine."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest
from test_closed_forms import pull_of_a, two_actors
from test_explaining import RISE, scenario_of
from worlds import small_scenario

import alliance_sim as al
from alliance_sim.analysis.chronicle import INSTEAD, VERBS
from alliance_sim.errors import DifferentWorldsWarning
from alliance_sim.rules.decision import LADDER
from alliance_sim.simulate import reporting_like
from alliance_sim.simulate.explaining import account

SEED, RUN = 7, 3


@pytest.fixture(scope="module")
def sides() -> tuple[Any, Any]:
    scenario = al.load_scenario("us_exits_jcpoa")
    return scenario, reporting_like(al.load_scenario("baseline_2018"), scenario)


@pytest.fixture(scope="module")
def story(sides: tuple[Any, Any]) -> Any:
    return al.chronicle(sides[0], RUN, SEED, dyads=["iran-russia"], against=sides[1])


def test_decisions_are_those_of_mesa_agents_run_side_by_side(
    story: Any, sides: tuple[Any, Any]
) -> None:
    models = [al.AllianceModel(each, seed=SEED, run=RUN) for each in sides]
    iran, russia = (
        [next(a for a in model.agents if a.actor == name) for model in models]
        for name in ("iran", "russia")
    )
    wanted = []
    months = [str(each)[:7] for each in np.arange("2018-05", "2023-05", dtype="datetime64[M]")]
    for month in months:
        for model in models:
            model.step()
        for mine, other, a, b in (
            (iran, "russia", "Iran", "Russia"),
            (russia, "iran", "Russia", "Iran"),
        ):
            now, held = (LADDER.index(agent.posture(other)) for agent in mine)
            if now != held:
                wanted.append((month, f"{a} {VERBS[now].format(b=b)} instead of {INSTEAD[held]}"))
    told = [
        (each.month, each.text.split(", most for")[0])
        for each in story.entries
        if each.kind == "decides"
    ]
    assert len(wanted) > 10
    assert sorted(told) == sorted(wanted)


def test_the_account_at_the_end_is_the_effect_of_that_run_in_the_ensemble(story: Any) -> None:
    effect = al.compare("baseline_2018", "us_exits_jcpoa", runs=RUN + 1, seed=SEED)
    last = effect["alignment"].isel(run=RUN, month=-1)
    for direction, words in (
        ("iran->russia", "Iran's alignment to Russia"),
        ("russia->iran", "Russia's alignment to Iran"),
    ):
        (entry,) = (e for e in story.entries if e.kind == "account" and e.text.startswith(words))
        whole, *parts = (float(each) for each in re.findall(r"[+-]\d\.\d\d", entry.text))
        assert whole == round(float(last.sel(dyad=direction)), 2)
        assert sum(parts) == pytest.approx(whole, abs=0.03)  # each is rounded


def test_interventions_are_told_at_their_dates_with_their_values(story: Any) -> None:
    told = [each for each in story.entries if each.kind == "outside"]
    assert told[0].month == "2018-05"
    assert told[0].text.endswith("leaves Joint Comprehensive Plan of Action (2015) (withdrawal)")
    begins, whole = told[1:]
    model = al.AllianceModel(al.load_scenario("us_exits_jcpoa"), seed=SEED, run=RUN)
    us, iran = (model.actors.index(each) for each in ("united_states", "iran"))
    policy = []
    for _ in range(24):
        model.step()
        coercion = model.block.situation.circumstances.coercion
        policy.append(float(coercion[us, iran, min(0, coercion.shape[-1] - 1)]))
    rises = np.flatnonzero(np.diff(policy) > 1e-6) + 1
    months = np.arange("2018-05", "2020-05", dtype="datetime64[M]")
    assert begins.month == str(months[rises[0]])
    assert whole.month == str(months[rises[-1]])
    assert f"{policy[0]:.2f} to {policy[-1]:.2f} (sanctions_back)" in whole.text


def test_the_story_follows_from_seed_and_number_alone(story: Any, sides: tuple[Any, Any]) -> None:
    again = al.chronicle(sides[0], RUN, SEED, dyads=["iran-russia"], against=sides[1])
    assert again == story
    other = al.chronicle(sides[0], RUN + 1, SEED, dyads=["iran-russia"], against=sides[1])
    assert other.entries != story.entries
    late = al.chronicle(sides[0], 700, 0, dyads=["iran-russia"], against=sides[1])
    effect = al.compare("baseline_2018", "us_exits_jcpoa", runs=701, seed=0)["alignment"]
    whole = float(effect.isel(run=700, month=-1).sel(dyad="iran->russia"))
    assert any(f"Iran's alignment to Russia has come {whole:+.2f}" in each for each in late.lines())


def test_nothing_is_told_of_a_scenario_against_itself() -> None:
    scenario = al.read_scenario(small_scenario())
    told = al.chronicle(scenario, 2, 0, against=scenario)
    assert [each.kind for each in told.entries if each.kind != "account"] == []


def test_without_a_baseline_change_is_counted_from_the_base_date() -> None:
    scenario = al.read_scenario(small_scenario())
    told = al.chronicle(scenario, 2, 0)
    ds = al.run(scenario, runs=3, seed=0)
    dyad = str(ds["dyad"].values[0])
    a, _, b = dyad.replace("->", "-").partition("-")
    change = ds["alignment_last"].sel(actor=a, other=b) - ds["alignment_first"].sel(
        actor=a, other=b
    )
    names = dict(zip(ds["actor"].values, ds["actor_name"].values, strict=True))
    start = f"alignment to {names[b]} has come {float(change.isel(run=2)):+.2f} since the base date"
    assert any(start in each.text for each in told.entries if each.kind == "account")
    assert told.against == ""


def test_an_end_and_a_rise_in_steps_are_told_as_what_they_are() -> None:
    brief = RISE | {"for_months": 6}
    ramp = {
        "id": "press",
        "at": "2000-05",
        "coercion": {"by": "b", "on": "a", "level": 0.6, "over_months": 4},
    }
    told = al.chronicle(scenario_of(two_actors(), interventions=[brief, ramp]))
    outside = [(each.month, each.text) for each in told.entries if each.kind == "outside"]
    assert outside == [
        ("2000-03", "A's capability 0.50 to 0.90 (rise)"),
        ("2000-05", "B's coercion on A begins to move from 0.00 (press)"),
        ("2000-08", "B's coercion on A 0.00 to 0.60 (press)"),
        ("2000-09", "A's capability 0.90 to 0.50 (rise)"),
    ]


def test_elections_and_classes_are_told_where_they_change() -> None:
    # In the world set by hand alignments move more, so that classes change.
    by_hand = al.load_scenario("us_exits_jcpoa", ["world=west_asia_2018"])
    told = al.chronicle(by_hand, 3, 0, dyads=["iran-turkey"])
    ds = al.run(by_hand, runs=4, seed=0)
    codes = ds["relation_class"].isel(run=3).sel(pair="iran-turkey").to_numpy()
    months = [str(each)[:7] for each in ds["month"].to_numpy()]
    turns = [months[k + 1] for k in np.flatnonzero(np.diff(codes))]
    assert turns
    classed = [each.month for each in told.entries if each.text.startswith("Iran and Turkey: ")]
    assert classed == turns
    model = al.AllianceModel(al.load_scenario("us_exits_jcpoa"), seed=0, run=3)
    changes, before = [], model.block.situation.circumstances.government.copy()
    for month in months[:-1]:
        model.step()
        now = model.block.situation.circumstances.government
        changes += [month] * int((now != before).sum())
        before = now.copy()
    assert changes
    assert [e.month for e in told.entries if "has a new government" in e.text] == changes


def test_a_driver_of_the_baseline_alone_is_named_where_it_is_missing() -> None:
    """It would have pulled by 0.4 of utility from the rise on; no other cause has begun by then."""
    with_driver = scenario_of(two_actors(drivers={"pull": pull_of_a(1.0)}), interventions=[RISE])
    without = scenario_of(two_actors(), interventions=[RISE])
    reasons: list[str] = []
    for run in range(12):
        with pytest.warns(DifferentWorldsWarning):
            entries = al.chronicle(without, run, seed=1, against=with_driver).entries
        first = {each.text for each in entries if each.kind == "weighs" and each.month == "2000-03"}
        assert '"Pull" drives A away from B (-0.40)' in first
        reasons += [
            each.text.split(", most for ")[1]
            for each in entries
            if each.kind == "decides" and each.month == "2000-03" and ", most for " in each.text
        ]
    assert reasons
    assert all(each == '"Pull" (-0.40 of -0.40)' for each in reasons), reasons


def test_no_number_is_less_than_nothing_and_nothing() -> None:
    """A small negative number rounds to nothing, which has no sign to be read as a direction."""
    scenario = al.read_scenario(small_scenario())
    told = " ".join(line for run in range(2) for line in al.chronicle(scenario, run, 1).lines())
    assert "+0.00" in told
    assert "-0.00" not in told


def test_numbers_in_brackets_are_what_is_weighed_in_that_month(
    story: Any, sides: tuple[Any, Any]
) -> None:
    now, before = (account(each, "iran-russia", RUN + 1, SEED)["weighed"] for each in sides)
    change = (now - before).isel(run=RUN)
    names = {"Iran": "iran", "Russia": "russia"}
    told = 0
    for entry in story.entries:
        found = re.search(r"([+-]?\d\.\d\d)(?: of ([+-]?\d\.\d\d))?\)$", entry.text)
        if entry.kind not in ("weighs", "decides") or not found:
            continue
        pattern = r"(?:draws|drives|moves) (\w+)" if entry.kind == "weighs" else r"^(\w+)"
        who = names[re.findall(pattern, entry.text)[0]]
        (direction,) = (each for each in change["direction"].values if each.startswith(who))
        terms = change.sel(direction=direction, decision=entry.month).to_numpy()
        assert np.abs(terms - float(found[1])).min() <= 0.00501, entry
        if found[2]:
            assert terms.sum() == pytest.approx(float(found[2]), abs=0.00501)
        told += 1
    assert told > 10
    assert "in that month less the same in the baseline" in story.legend()


def test_a_run_in_which_nothing_came_says_so() -> None:
    never = RISE | {"at": {"hazard_per_year": 1e-9}}
    scenario, calm = (scenario_of(two_actors(), interventions=each) for each in ([never], []))
    told = [each.text for each in al.chronicle(scenario, 3, 1, against=calm).entries]
    assert told == [
        "nothing that the scenario does beyond the baseline has happened in this run, so that "
        "nothing differs from it"
    ]


def test_one_dyad_may_be_given_as_it_is(sides: tuple[Any, Any]) -> None:
    one, several = ({"dyads": each, "seed": 1} for each in ("iran-russia", ["iran-russia"]))
    assert al.chronicle(sides[0], **one) == al.chronicle(sides[0], **several)
    found, wanted = (al.explain(sides[0], runs=2, **each) for each in (one, several))
    assert found.identical(wanted)
    assert account(sides[0], runs=2, **one).identical(account(sides[0], runs=2, **several))
