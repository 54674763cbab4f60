"""Interventions and elections: what they set, when, for how long, and nothing else."""

import dataclasses
import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from pydantic import ValidationError
from scipy import stats
from worlds import small_scenario

from alliance_sim.engines.ensemble import run_ensemble
from alliance_sim.results import Record
from alliance_sim.spec import Scenario

Lanes = npt.NDArray[np.floating[Any]]
RUNS = 3

MEASURES: dict[str, Any] = {
    "a_on_b": {"coercion": "a->b"},
    "b_on_a": {"coercion": "b->a"},
    "a_on_c": {"coercion": "a->c"},
    "b_on_c": {"coercion": "b->c"},
    "c_on_a": {"coercion": "c->a"},
    "c_on_b": {"coercion": "c->b"},
    "forces_a": {"presence": {"of": "a", "in": "straits"}},
    "forces_b": {"presence": {"of": "b", "in": "straits"}},
    "forces_c": {"presence": {"of": "c", "in": "straits"}},
    "straits": {"arena": "straits"},
    "pact_a": {"agreement": {"id": "pact", "party": "a"}},
    "pact_b": {"agreement": {"id": "pact", "party": "b"}},
    "pact_c": {"agreement": {"id": "pact", "party": "c"}},
    "depth_ab": {"commitment": "a-b"},
    "depth_bc": {"commitment": "b-c"},
    "trust_a_of_b": {"trust": "a->b"},
    "trust_b_of_a": {"trust": "b->a"},
    "trust_c_of_a": {"trust": "c->a"},
    "doves_rule_a": {"government": {"of": "a", "is": "doves"}},
    "hawks_rule_a": {"government": {"of": "a", "is": "hawks"}},
    "others_rule_a": {"government": {"of": "a", "is": "others"}},
    "power_a": {"capability": "a"},
    "power_b": {"capability": "b"},
    "trade_ab": {"cooperation": {"dyad": "a-b", "domain": "trade"}},
    "trade_bc": {"cooperation": {"dyad": "b-c", "domain": "trade"}},
    "arms_ab": {"cooperation": {"dyad": "a-b", "domain": "arms"}},
}


EVERY_MONTH = 1 - 1e-12
"""Chance of a revision at which no draw lets a gap be, so that what follows is exact."""


def world(
    elections: dict[str, Any] | None = None, revision: float = EVERY_MONTH, draft: bool = False
) -> dict[str, Any]:
    """Three actors in which nothing moves by itself, so that all change is from outside."""
    kinds = {kind: {} for kind in ("doves", "hawks", "others")}
    government = {"now": "doves", "kinds": kinds} | ({"elections": elections} if elections else {})
    still = {"reversion": 0, "response": 0, "decay": 0}
    return {
        "name": "Three",
        "date": "2000-01",
        "actors": {
            "a": {"name": "A", "capability": 0.5, "government": government},
            "b": {"name": "B", "capability": 0.3, "presence": {"straits": 0.25}},
            "c": {"name": "C", "capability": 0.2},
        },
        "groups": {"bloc": {"name": "Bloc", "members": ["b", "c"]}},
        "domains": {
            "trade": {"name": "Trade", "rate": 0.25, "elasticity": 0, "exposure": 0},
            "arms": {"name": "Arms", "rate": 0.25, "elasticity": 0, "exposure": 0},
        },
        "arenas": {"straits": {"name": "Straits", "level": 0.5, "rate": 0.2, "noise": 0}},
        "agreements": {
            "pact": {"name": "Pact", "parties": ["a", "b"], "depth": 0.5, "in_force": not draft}
        },
        "dyads": {
            "a-b": {
                "alignment": 0.2,
                "trust": 0.8,
                "coercion": {"b->a": 0.5},
                "commitment": 0.1,
                "cooperation": {"trade": 0.8, "arms": 0.4},
            },
            "a-c": {"alignment": 0.0, "trust": 0.6},
            "b-c": {"alignment": 0.1, "cooperation": {"trade": 0.6}},
        },
        "behaviour": {
            "revision": {"chance": revision},
            "trust": {"rise": 0, "fall": 0, "reversion": 0, "breach": 0.25},
            "coercion": {key: still[key] for key in ("response", "decay")},
            "commitment": {key: still[key] for key in ("response", "decay")},
            "alignment": {"responsiveness": 0, "reversion": 0},
        },
        "outcomes": {
            name: {"name": name, "measure": measure} for name, measure in MEASURES.items()
        },
    }


class Story:
    """What an ensemble recorded, by name of the outcome: (month, run)."""

    def __init__(
        self,
        *interventions: dict[str, Any],
        months: int = 12,
        runs: int = RUNS,
        elections: dict[str, Any] | None = None,
        sampling: str = "latin_hypercube",
        revision: float = EVERY_MONTH,
        draft: bool = False,
    ) -> None:
        scenario = Scenario.model_validate(
            {
                "name": "Story",
                "world": world(elections, revision, draft),
                "horizon": {"start": "2000-01", "months": months},
                "interventions": list(interventions),
                "outcomes": list(MEASURES),
                "sampling": sampling,
            }
        )
        self.record = run_ensemble(scenario, runs, seed=1)

    def __getitem__(self, name: str) -> Lanes:
        return self.record.outcomes[list(MEASURES).index(name)]

    def is_(self, name: str, *expected: float) -> None:
        """The same in every run, from the base state on; the last value stays to the end."""
        values = self[name]
        wanted = [*expected] + [expected[-1]] * (len(values) - len(expected))
        for run in range(values.shape[1]):
            np.testing.assert_allclose(values[:, run], wanted, rtol=0, atol=2e-6, err_msg=name)

    def still(self, *moving: str) -> None:
        """Nothing but these has moved."""
        for name in set(MEASURES) - set(moving):
            assert (self[name] == self[name][0]).all(), name


def act(at: Any = "2000-03", **rest: Any) -> dict[str, Any]:
    return {"id": rest.pop("id", "it"), "at": at} | rest


def test_without_interventions_nothing_moves() -> None:
    story = Story()
    story.still()
    story.is_("b_on_a", 0.5)
    story.is_("a_on_b", 0)
    story.is_("forces_b", 0.25)
    story.is_("pact_c", 0)
    story.is_("depth_ab", 0.6)


# -- every kind --------------------------------------------------------------------------------


def test_coercion_is_set_from_its_month_on() -> None:
    story = Story(act(coercion={"by": "a", "on": "b", "level": 0.75}))
    # The third month: base state, two months without, and then.
    story.is_("a_on_b", 0, 0, 0, 0.75)
    story.still("a_on_b")


def test_coercion_can_be_lifted() -> None:
    story = Story(act(at="2000-01", coercion={"by": "b", "on": "a", "level": 0}))
    story.is_("b_on_a", 0.5, 0)
    story.still("b_on_a")


def test_a_group_acts_and_suffers_through_all_its_members() -> None:
    story = Story(act(coercion={"by": "bloc", "on": "a", "level": 0.75}))
    story.is_("b_on_a", 0.5, 0.5, 0.5, 0.75)
    story.is_("c_on_a", 0, 0, 0, 0.75)
    story.still("b_on_a", "c_on_a")
    story = Story(act(coercion={"by": "a", "on": "bloc", "level": 0.25}))
    story.is_("a_on_b", 0, 0, 0, 0.25)
    story.is_("a_on_c", 0, 0, 0, 0.25)
    story.still("a_on_b", "a_on_c")
    # ... towards each other too, but nobody presses itself.
    story = Story(act(coercion={"by": "bloc", "on": "bloc", "level": 0.25}))
    story.is_("b_on_c", 0, 0, 0, 0.25)
    story.is_("c_on_b", 0, 0, 0, 0.25)
    story.still("b_on_c", "c_on_b")


def test_presence_is_set_for_one_or_for_a_group() -> None:
    story = Story(act(presence={"of": "a", "in": "straits", "level": 0.5}))
    story.is_("forces_a", 0, 0, 0, 0.5)
    story.still("forces_a")
    story = Story(act(presence={"of": "bloc", "in": "straits", "level": 0.5}))
    story.is_("forces_b", 0.25, 0.25, 0.25, 0.5)
    story.is_("forces_c", 0, 0, 0, 0.5)
    story.still("forces_b", "forces_c")


def test_an_arena_is_moved_for_good() -> None:
    story = Story(act(arena={"id": "straits", "change": -0.25}), months=120)
    assert (story["straits"][:3] == 0.5).all()
    np.testing.assert_allclose(story["straits"][-1], 0.25, atol=1e-6)
    story.still("straits")


def test_an_arena_that_is_moved_with_its_mean_moves_by_the_change() -> None:
    # "Added to its level and to the mean it returns to": there is nothing to return from.
    Story(act(arena={"id": "straits", "change": -0.25})).is_("straits", 0.5, 0.5, 0.5, 0.25)


def test_an_arena_keeps_within_its_bounds() -> None:
    story = Story(act(arena={"id": "straits", "change": 0.75}))
    story.is_("straits", 0.5, 0.5, 0.5, 1)


def test_leaving_an_agreement_ends_its_depth_and_costs_trust() -> None:
    story = Story(act(agreement={"id": "pact", "party": "a", "does": "leave"}))
    story.is_("pact_a", 1, 1, 1, 0)
    story.is_("depth_ab", 0.6, 0.6, 0.6, 0.1)
    # A quarter of the trust of the other party, once; not that of the one who left, nor that
    # of an actor who had no part in it.
    story.is_("trust_a_of_b", 0.8)
    story.is_("trust_b_of_a", 0.8, 0.8, 0.8, 0.6)
    story.still("pact_a", "depth_ab", "trust_b_of_a")


def test_trust_falls_in_no_run_before_the_wronged_takes_a_breach_up() -> None:
    runs, chance, months = 4000, 0.25, 40
    story = Story(
        act(agreement={"id": "pact", "party": "a", "does": "leave"}),
        months=months,
        runs=runs,
        revision=chance,
    )
    story.still("pact_a", "depth_ab", "trust_b_of_a")
    trust = story["trust_b_of_a"]
    assert (trust[:3] == trust[0]).all()
    # It falls once, by a quarter, when the wronged takes it up, and not before.
    fallen = trust < 0.7
    np.testing.assert_allclose(trust, np.where(fallen, 0.6, 0.8), rtol=0, atol=1e-6)
    assert (np.diff(fallen.astype(int), axis=0) >= 0).all()
    # How soon: a loss of 0.2 at an eagerness of 2 is held in a month with this chance.
    bar = -math.log((1 - chance) / chance)
    monthly = stats.logistic.cdf(bar + 2 * 0.2)
    for month in (1, 2, 5, 10):
        share = 1 - (1 - monthly) ** month
        error = math.sqrt(share * (1 - share) / runs)
        assert fallen[2 + month].mean() == pytest.approx(share, abs=4 * error)
    assert fallen[-1].all()


def test_a_second_breach_of_another_s_word_costs_its_own_share() -> None:
    pact = {"id": "pact", "party": "a"}
    story = Story(
        act(at="2000-03", id="exit", agreement=pact | {"does": "leave"}),
        act(at="2000-05", id="return", agreement=pact | {"does": "join"}),
        act(at="2000-07", id="again", agreement=pact | {"does": "leave"}),
    )
    story.is_("pact_a", 1, 1, 1, 0, 0, 1, 1, 0)
    story.is_("trust_b_of_a", 0.8, 0.8, 0.8, 0.6, 0.6, 0.6, 0.6, 0.45)
    story.is_("trust_a_of_b", 0.8)


# -- drafts ------------------------------------------------------------------------------------


def test_a_draft_binds_nobody() -> None:
    story = Story(draft=True)
    story.still()
    for name in ("pact_a", "pact_b", "pact_c"):
        story.is_(name, 0)
    story.is_("depth_ab", 0.1)


def test_a_draft_binds_those_who_join_once_another_has() -> None:
    story = Story(
        act(at="2000-03", id="first", agreement={"id": "pact", "party": "a", "does": "join"}),
        act(at="2000-05", id="second", agreement={"id": "pact", "party": "b", "does": "join"}),
        draft=True,
    )
    story.is_("pact_a", 0, 0, 0, 1)
    story.is_("pact_b", 0, 0, 0, 0, 0, 1)
    story.is_("depth_ab", *[0.1] * 5, 0.6)
    story.still("pact_a", "pact_b", "depth_ab")


def test_leaving_a_draft_breaks_nothing_and_leaving_what_was_joined_does() -> None:
    def step(name: str, at: str, party: str, does: str) -> dict[str, Any]:
        return act(at=at, id=name, agreement={"id": "pact", "party": party, "does": does})

    Story(step("exit", "2000-03", "a", "leave"), draft=True).still()
    Story(step("threat", "2000-03", "a", "threaten"), draft=True).still()
    alone = Story(
        step("entry", "2000-02", "a", "join"), step("exit", "2000-04", "a", "leave"), draft=True
    )
    alone.still("pact_a")
    both = Story(
        step("entry", "2000-02", "a", "join"),
        step("other", "2000-02", "b", "join"),
        step("exit", "2000-04", "a", "leave"),
        draft=True,
    )
    both.is_("trust_b_of_a", *[0.8] * 4, 0.6)
    both.is_("trust_a_of_b", 0.8)
    both.is_("depth_ab", 0.1, 0.1, 0.6, 0.6, 0.1)


def test_an_agreement_can_be_left_only_once() -> None:
    leave = {"id": "pact", "party": "a", "does": "leave"}
    story = Story(act(agreement=leave), act(at="2000-06", id="again", agreement=leave))
    story.is_("trust_b_of_a", 0.8, 0.8, 0.8, 0.6)
    other = {"id": "pact", "party": "b", "does": "leave"}
    story = Story(act(agreement=leave), act(at="2000-06", id="other", agreement=other))
    story.is_("pact_b", 1, 1, 1, 1, 1, 1, 0)
    story.is_("trust_a_of_b", 0.8)  # nothing binds the one who has left


def test_a_threat_to_leave_takes_depth_away_but_breaks_nothing() -> None:
    threat = {"id": "pact", "party": "a", "does": "threaten", "credibility": 0.75}
    story = Story(act(agreement=threat))
    story.is_("pact_a", 1, 1, 1, 0.25)
    story.is_("depth_ab", 0.6, 0.6, 0.6, 0.1 + 0.5 * 0.25)
    story.still("pact_a", "depth_ab")


def test_joining_an_agreement_binds_to_all_parties() -> None:
    story = Story(act(agreement={"id": "pact", "party": "c", "does": "join"}))
    story.is_("pact_c", 0, 0, 0, 1)
    story.is_("depth_bc", 0, 0, 0, 0.5)
    story.still("pact_c", "depth_bc")


def test_who_has_joined_can_leave_and_breaks_its_word_to_all_parties() -> None:
    story = Story(
        act(agreement={"id": "pact", "party": "c", "does": "join"}),
        act(at="2000-06", id="exit", agreement={"id": "pact", "party": "a", "does": "leave"}),
    )
    story.is_("trust_b_of_a", *[0.8] * 6, 0.6)
    story.is_("trust_c_of_a", *[0.6] * 6, 0.45)


def test_a_government_is_put_in_office_and_stays() -> None:
    story = Story(act(government={"of": "a", "becomes": "hawks"}))
    story.is_("hawks_rule_a", 0, 0, 0, 1)
    story.is_("doves_rule_a", 1, 1, 1, 0)
    story.still("hawks_rule_a", "doves_rule_a")


def test_capability_is_set() -> None:
    story = Story(act(capability={"of": "a", "level": 0.25}))
    story.is_("power_a", 0.5, 0.5, 0.5, 0.25)
    story.still("power_a")


def test_a_channel_is_closed_and_exchange_follows_when_either_side_cuts_it() -> None:
    runs, chance = 4000, 0.25
    story = Story(
        act(channel={"between": "a-b", "domain": "trade", "level": 0.25}),
        runs=runs,
        revision=chance,
    )
    trade = story["trade_ab"].astype(np.float64)
    assert (trade[:3] == trade[0]).all()
    # A revision closes the whole gap, as 0.25 a month on average in a quarter of the months.
    cut = trade[3] < 0.5
    np.testing.assert_allclose(trade[3], np.where(cut, 0.2, 0.8), rtol=0, atol=1e-6)
    # One of two sides is enough: 1 - (1 - chance of a small gap), sooner by 2 * 0.6 for this one.
    stays = stats.logistic.sf(math.log((1 - 0.75**0.5) / 0.75**0.5) + 2 * 0.6) ** 2
    share = 1 - stays
    assert np.mean(cut) == pytest.approx(share, abs=4 * math.sqrt(share * stays / runs))
    story.still("trade_ab")


def test_a_channel_is_closed_and_exchange_follows_at_its_rate() -> None:
    story = Story(
        act(channel={"between": "a-b", "domain": "trade", "level": 0.25}, for_months=6), months=24
    )
    closing = [0.2 + 0.6 * 0.75**months for months in range(1, 7)]
    opening = [0.8 - (0.8 - closing[-1]) * 0.75**months for months in range(1, 17)]
    story.is_("trade_ab", 0.8, 0.8, 0.8, *closing, *opening)
    story.still("trade_ab")


# -- how long ----------------------------------------------------------------------------------

SETTINGS: dict[str, tuple[dict[str, Any], str, float, float]] = {
    "coercion": ({"by": "b", "on": "a", "level": 1}, "b_on_a", 0.5, 1),
    "presence": ({"of": "b", "in": "straits", "level": 1}, "forces_b", 0.25, 1),
    "capability": ({"of": "a", "level": 0.1}, "power_a", 0.5, 0.1),
}


@pytest.mark.parametrize("kind", SETTINGS)
def test_a_ramp_reaches_its_level_in_equal_steps(kind: str) -> None:
    action, outcome, before, after = SETTINGS[kind]
    story = Story(act(**{kind: action | {"over_months": 4}}))
    steps = [before + (after - before) * step / 4 for step in (1, 2, 3, 4)]
    story.is_(outcome, before, before, before, *steps)
    story.still(outcome)


@pytest.mark.parametrize("kind", SETTINGS)
@pytest.mark.parametrize("over_months", [1, 4, 9])
def test_what_lasts_for_some_months_ends_after_them(kind: str, over_months: int) -> None:
    action, outcome, before, after = SETTINGS[kind]
    story = Story(act(for_months=5, **{kind: action | {"over_months": over_months}}))
    risen = [min((month + 1) / over_months, 1) for month in range(5)]
    steps = [before + (after - before) * share for share in risen]
    story.is_(outcome, before, before, before, *steps, before)
    story.still(outcome)


def test_who_leaves_for_some_months_comes_back() -> None:
    leave = {"id": "pact", "party": "a", "does": "leave"}
    story = Story(act(agreement=leave, for_months=2))
    story.is_("pact_a", 1, 1, 1, 0, 0, 1)
    story.is_("trust_b_of_a", 0.8, 0.8, 0.8, 0.6)  # which does not bring the trust back


def test_an_arena_comes_back_when_the_change_ends() -> None:
    story = Story(act(arena={"id": "straits", "change": -0.25}, for_months=3), months=120)
    assert (story["straits"][4] < 0.3).all()
    np.testing.assert_allclose(story["straits"][-1], 0.5, atol=1e-6)


def test_later_interventions_act_on_what_earlier_ones_left() -> None:
    def press(name: str, at: str, level: float, **rest: Any) -> dict[str, Any]:
        return act(at=at, id=name, coercion={"by": "a", "on": "b", "level": level} | rest)

    # Written in another order than they happen.
    story = Story(press("z", "2000-05", 0.25), press("y", "2000-03", 0.75))
    story.is_("a_on_b", 0, 0, 0, 0.75, 0.75, 0.25)
    ramp = Story(press("y", "2000-03", 0.5), press("z", "2000-05", 1, over_months=2))
    ramp.is_("a_on_b", 0, 0, 0, 0.5, 0.5, 0.75, 1)


def test_later_interventions_act_on_earlier_ones_in_the_order_of_the_run() -> None:
    at_some_time = {"between": ["2000-01", "2001-12"]}
    story = Story(
        act(at=at_some_time, id="random", coercion={"by": "a", "on": "b", "level": 1}),
        act(at="2000-06", id="fixed", coercion={"by": "a", "on": "b", "level": 0.25}),
        months=24,
        runs=128,
    )
    last, before = story["a_on_b"][-1], story["a_on_b"][5]
    after = (story["a_on_b"][7:] == 1).any(axis=0)
    assert before.any()
    assert after.any()
    assert not (after & (before == 1)).any()
    assert (last == np.where(after, 1, 0.25)).all()  # June itself: the fixed one comes second


def test_a_threat_does_not_bring_back_who_has_left() -> None:
    pact = {"id": "pact", "party": "a"}
    story = Story(
        act(at="2000-03", id="exit", agreement=pact | {"does": "leave"}),
        act(at="2000-06", id="threat", agreement=pact | {"does": "threaten"}),
    )
    story.is_("pact_a", 1, 1, 1, 0)


# -- when --------------------------------------------------------------------------------------


def first_months(values: Lanes, before: float) -> npt.NDArray[np.int64]:
    """Month of the horizon from which each run differs from ``before``; -1 where it never does."""
    changed = values[1:] != np.float32(before)
    return np.where(changed.any(axis=0), changed.argmax(axis=0), -1)


def test_a_date_within_a_range_is_uniform_over_its_months() -> None:
    story = Story(
        act(at={"between": ["2000-03", "2000-08"]}, capability={"of": "a", "level": 0.1}),
        runs=1200,
        sampling="monte_carlo",
    )
    months, counts = np.unique(first_months(story["power_a"], 0.5), return_counts=True)
    assert months.tolist() == [2, 3, 4, 5, 6, 7]
    assert stats.chisquare(counts).pvalue > 1e-3


def test_stratified_dates_spread_evenly() -> None:
    story = Story(
        act(at={"between": ["2000-03", "2000-10"]}, capability={"of": "a", "level": 0.1}),
        runs=1024,
    )
    months, counts = np.unique(first_months(story["power_a"], 0.5), return_counts=True)
    assert months.tolist() == list(range(2, 10))
    assert counts.tolist() == [128] * 8


def test_a_range_of_one_month_is_that_month() -> None:
    fixed = Story(act(at="2000-04", capability={"of": "a", "level": 0.1}))
    ranged = Story(
        act(at={"between": ["2000-04", "2000-04"]}, capability={"of": "a", "level": 0.1})
    )
    assert same(fixed.record, ranged.record)


def test_a_hazard_waits_an_exponential_time() -> None:
    months, rate, runs = 120, 0.5, 1000
    story = Story(
        act(
            at={"hazard_per_year": rate, "from": "2001-01"},
            capability={"of": "a", "level": 0.1},
        ),
        months=months,
        runs=runs,
        sampling="monte_carlo",
    )
    first = first_months(story["power_a"], 0.5)
    # In the month that begins k months after the first one: a geometric distribution.
    chance = 1 - math.exp(-rate / 12)
    never = math.exp(-rate * (months - 12) / 12)
    assert np.mean(first == -1) == pytest.approx(
        never, abs=4 * math.sqrt(never * (1 - never) / runs)
    )
    waits = first[first >= 0] - 12
    assert waits.min() == 0
    # Spread within its month, the waiting time is exponential (cut off at the horizon).
    within = np.random.default_rng(1).random(len(waits))
    times = waits - np.log1p(-within * chance) * 12 / rate
    horizon = stats.truncexpon(b=(months - 12) * rate / 12, scale=12 / rate)
    assert stats.kstest(times, horizon.cdf).pvalue > 1e-3


def test_an_event_without_hazard_never_comes() -> None:
    story = Story(act(at={"hazard_per_year": 0}, capability={"of": "a", "level": 0.1}), months=60)
    story.still()


def test_an_uncertain_hazard_is_that_of_its_run() -> None:
    story = Story(
        act(
            at={
                "hazard_per_year": {"categorical": {"values": [0, 50], "probabilities": [0.5] * 2}}
            },
            capability={"of": "a", "level": 0.1},
        ),
        runs=512,
    )
    hazard = story.record.parameters[0]
    assert set(hazard.tolist()) == {0, 50}
    assert ((first_months(story["power_a"], 0.5) >= 0) == (hazard > 0)).all()


def test_an_uncertain_level_is_that_of_its_run() -> None:
    level = {"uniform": [0.25, 0.75]}
    story = Story(act(coercion={"by": "a", "on": "b", "level": level}), runs=64)
    drawn = story.record.parameters[0]
    assert len(set(drawn.tolist())) == 64
    np.testing.assert_allclose(story["a_on_b"][3:], np.broadcast_to(drawn, (10, 64)), atol=1e-6)
    assert (story["a_on_b"][:3] == 0).all()


# -- elections ---------------------------------------------------------------------------------

TURNOVER = {"doves": 0.2, "hawks": 0.5, "others": 0.3}


def calendar(**turnover: float) -> dict[str, Any]:
    return {"next": "2000-07", "every_months": 12, "turnover": turnover}


def in_office(story: Story) -> dict[str, Lanes]:
    return {kind: story[f"{kind}_rule_a"] for kind in TURNOVER}


def test_elections_are_won_with_the_frequencies_of_turnover() -> None:
    runs = 2000
    story = Story(months=31, runs=runs, elections=calendar(**TURNOVER))
    ruling = in_office(story)
    for kind, chance in TURNOVER.items():
        error = math.sqrt(chance * (1 - chance) / runs)
        for month in (7, 19, 31):
            assert ruling[kind][month].mean() == pytest.approx(chance, abs=4 * error)
    # Only elections change who rules, and each result is independent of the one before.
    for values in ruling.values():
        changes = np.nonzero((np.diff(values, axis=0) != 0).any(axis=1))[0]
        assert changes.tolist() == [6, 18, 30]
    table = [[int((a[7] * b[19]).sum()) for b in ruling.values()] for a in ruling.values()]
    assert stats.chi2_contingency(table).pvalue > 1e-3
    story.still(*(f"{kind}_rule_a" for kind in TURNOVER))


def test_a_kind_that_turnover_leaves_out_never_wins() -> None:
    for certain in TURNOVER:
        story = Story(months=31, runs=40, elections=calendar(**{certain: 1.0}))
        assert (story[f"{certain}_rule_a"][7:] == 1).all()


def test_a_calendar_that_began_earlier_goes_on() -> None:
    begun = {"next": "1998-04", "every_months": 9, "turnover": {"hawks": 1}}
    # 1998-04, 1999-01, 1999-10, 2000-07: the first month of the horizon is 2000-01.
    Story(elections=begun).is_("hawks_rule_a", *[0] * 7, 1)


def test_a_coup_on_election_day_wins_and_lasts_to_the_next_election() -> None:
    story = Story(
        act(at="2000-07", government={"of": "a", "becomes": "others"}),
        months=24,
        elections=calendar(hawks=1),
    )
    story.is_("others_rule_a", *[0] * 7, *[1] * 12, 0)
    story.is_("hawks_rule_a", *[0] * 19, 1)


# -- what changes nothing changes nothing ------------------------------------------------------


def same(a: Record, b: Record) -> bool:
    """Whether two records are the same, bit for bit."""
    return all(
        getattr(a, field.name).tobytes() == getattr(b, field.name).tobytes()
        for field in dataclasses.fields(Record)
    )


PEACE = {"id": "thirty_years_peace"}
IDLE: dict[str, dict[str, Any]] = {
    "coercion": {"coercion": {"by": "athens", "on": "sparta", "level": 0.1, "over_months": 3}},
    "no_coercion": {"coercion": {"by": "persia", "on": "league", "level": 0}},
    "presence": {"presence": {"of": "athens", "in": "aegean", "level": 0.7}},
    "no_presence": {"presence": {"of": "league", "in": "aegean", "level": 0, "over_months": 7}},
    "arena": {"arena": {"id": "aegean", "change": 0}},
    "threat": {"agreement": PEACE | {"party": "sparta", "does": "threaten", "credibility": 0}},
    "join": {"agreement": PEACE | {"party": "athens", "does": "join"}},
    "government": {"government": {"of": "athens", "becomes": "peace_party"}},
    "capability": {"capability": {"of": "persia", "level": 0.45, "over_months": 5}},
    "channel": {"channel": {"between": "athens-sparta", "domain": "trade", "level": 0.5}},
}
WHEN: Sequence[tuple[str, dict[str, Any]]] = [
    ("fixed", {"at": "1432-03"}),
    ("ending", {"at": "1432-03", "for_months": 4}),
    ("range", {"at": {"between": ["1432-02", "1432-11"]}}),
    ("hazard", {"at": {"hazard_per_year": 3}}),
]


def greek_record(*interventions: dict[str, Any]) -> Record:
    """All mechanisms, drivers and uncertain numbers, and no interventions but these."""
    scenario = small_scenario()
    del scenario["theory"]
    # Acts are coarse; what leads to them is not.
    scenario["world"]["outcomes"]["fear"] = {"name": "F", "measure": {"threat": "athens->corinth"}}
    scenario |= {
        "interventions": list(interventions),
        "sources": {},
        "outcomes": [
            name
            for name, outcome in scenario["world"]["outcomes"].items()
            if "effect" not in outcome["measure"]
        ],
        "sampling": "latin_hypercube",
    }
    scenario["horizon"]["months"] = 17  # up to the first election, in 1433-06
    return run_ensemble(Scenario.model_validate(scenario), 20, seed=4)


@pytest.fixture(scope="module")
def undisturbed() -> Record:
    return greek_record()


@pytest.mark.parametrize(("_", "when"), WHEN, ids=[name for name, _ in WHEN])
@pytest.mark.parametrize("kind", IDLE)
def test_setting_what_already_holds_changes_nothing(
    undisturbed: Record, kind: str, _: str, when: dict[str, Any]
) -> None:
    if kind == "government" and "for_months" in when:
        with pytest.raises(ValidationError, match="gives a government an end"):
            greek_record({"id": "idle"} | when | IDLE[kind])
        return
    assert same(greek_record({"id": "idle"} | when | IDLE[kind]), undisturbed)


def test_setting_anything_else_changes_something(undisturbed: Record) -> None:
    # Else the records above would be the same whatever was done.
    for name, idle in IDLE.items():
        kind, action = next(iter(idle.items()))
        other = {
            "arena": {"change": 0.1},
            "agreement": {"does": "threaten", "credibility": 0.5},
            "government": {"becomes": "war_party"},
        }.get(kind, {"level": 0.9})
        moved = greek_record({"id": "busy", "at": "1432-03", kind: action | other})
        assert not same(moved, undisturbed), name
