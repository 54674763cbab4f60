"""Decisions in whole ensembles: choices, readings, drafts, breaches and expected paths.

Small worlds by hand, against mathematics that does not come from the model.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError
from scipy import stats

from alliance_sim import rng
from alliance_sim.compile import compile_scenario
from alliance_sim.engines import noise
from alliance_sim.engines.agents import AllianceModel
from alliance_sim.engines.blocks import Lanes, prepare
from alliance_sim.engines.ensemble import run_ensemble
from alliance_sim.results import Record
from alliance_sim.spec import Scenario
from alliance_sim.step import Block, advance

Numbers = npt.NDArray[np.float64]
STILL: dict[str, Any] = {
    "alignment": {"responsiveness": 0, "reversion": 0},
    "trust": {"rise": 0, "fall": 0, "reversion": 0},
    "coercion": {"response": 0, "decay": 0},
    "commitment": {"response": 0, "decay": 0},
}
"""Behaviour under which postures do nothing."""


def world(**rest: Any) -> dict[str, Any]:
    """Three actors, two of them tied to the first; war is an arena that nothing shakes.

    Without mechanisms the capability of c is a number that only interventions move.
    """
    return {
        "name": "Three",
        "date": "2000-01",
        "actors": {name: {"name": name, "capability": 0.5} for name in "abc"},
        "arenas": {"war": {"name": "War", "level": 0.25, "noise": 0}},
        "dyads": {"a-b": {"alignment": 0.2}, "a-c": {"alignment": 0.1}},
        "behaviour": STILL,
    } | rest


def measured(given: dict[str, Any], measures: dict[str, Any]) -> dict[str, Any]:
    return given | {
        "outcomes": {name: {"name": name, "measure": each} for name, each in measures.items()}
    }


def scenario(
    given: dict[str, Any], months: int, *interventions: dict[str, Any], **rest: Any
) -> Scenario:
    return Scenario.model_validate(
        {
            "name": "S",
            "world": given,
            "horizon": {"start": "2000-01", "months": months},
            "interventions": list(interventions),
            "outcomes": list(given["outcomes"]),
            "sampling": "monte_carlo",
        }
        | rest
    )


def series(checked: Scenario, runs: int, seed: int = 1, **how: Any) -> dict[str, Numbers]:
    """Every outcome, (month, run)."""
    record = run_ensemble(checked, runs, seed, **how)
    return dict(zip(checked.outcomes, record.outcomes.astype(np.float64), strict=True))


def same(a: Record, b: Record) -> bool:
    names = ("outcomes", "alignment", "classes", "first", "last", "parameters")
    return all(getattr(a, name).tobytes() == getattr(b, name).tobytes() for name in names)


def driver(channel: Any, signal: Any, weight: float, **rest: Any) -> dict[str, Any]:
    return {
        "name": "A driver",
        "direction": "convergence",
        "signal": signal,
        "weight": weight,
        "channel": channel,
        "source": "judgement",
    } | rest


def war(change: float, at: str = "2000-01") -> dict[str, Any]:
    return {"id": f"war_{at[-2:]}", "at": at, "arena": {"id": "war", "change": change}}


def growth(change: float) -> dict[str, Any]:
    """C grows, or declines, in the first month; what reads its capability sees it at once."""
    return {"id": "growth", "at": "2000-01", "capability": {"of": "c", "level": 0.5 + change}}


def close(values: Numbers, wanted: float) -> bool:
    """Whether the mean of independent runs is near a number, by its standard error."""
    error = values.std() / math.sqrt(values.size)
    return bool(error > 0 and abs(values.mean() - wanted) <= 4 * error)


# -- revisions ---------------------------------------------------------------------------------


def trading(gap: float, chance: float = 0.25, eagerness: float = 2.0) -> Scenario:
    """A pair that wants to exchange more by a gap from the first month on."""
    given = world(
        domains={"trade": {"name": "Trade", "rate": 0.1, "elasticity": 0}},
        behaviour=STILL | {"revision": {"chance": chance, "eagerness": eagerness}},
        drivers={"wish": driver({"desire": "trade"}, {"capability": "c"}, 1.0, dyads=["a-b"])},
    )
    given["dyads"]["a-b"] = {"alignment": 0.2, "cooperation": {"trade": 0.5}}
    measures = {"trade": {"cooperation": {"dyad": "a-b"}}}
    return scenario(measured(given, measures), 2, growth(gap))


@pytest.mark.parametrize("gap", [0.01, -0.01])
@pytest.mark.parametrize("chance", [0.25, 0.6])
def test_a_small_gap_is_closed_at_its_rate_on_average(gap: float, chance: float) -> None:
    runs = 8000
    trade = series(trading(gap, chance, eagerness=0.0), runs)["trade"]
    assert (trade[0] == 0.5).all()
    moved = (trade[1] - 0.5) / gap
    # Each run closes nothing or the same share; the mean of them is the rate.
    step = 0.1 / chance
    assert np.abs(moved - np.where(moved > step / 2, step, 0)).max() < 1e-4
    assert close(moved, 0.1)
    assert np.mean(moved > 0) == pytest.approx(
        chance, abs=4 * math.sqrt(chance * (1 - chance) / runs)
    )


def test_a_wide_gap_is_taken_up_sooner_and_a_fall_sooner_than_a_rise() -> None:
    runs = 8000
    moved = {gap: series(trading(gap), runs)["trade"][1] != 0.5 for gap in (0.4, -0.4)}
    both = 0.25**0.5
    rise = stats.logistic.sf(math.log((1 - both) / both) - 0.8) ** 2
    either = 0.75**0.5
    fall = 1 - stats.logistic.sf(math.log((1 - either) / either) + 0.8) ** 2
    for gap, chance in ((0.4, rise), (-0.4, fall)):
        error = math.sqrt(chance * (1 - chance) / runs)
        assert moved[gap].mean() == pytest.approx(chance, abs=4 * error)
    assert min(rise, fall) > 0.35


@pytest.mark.parametrize("chance", [0.25, 1 - 1e-12])
def test_without_a_gap_nothing_moves_in_any_mood(chance: float) -> None:
    trade = series(trading(0.0, chance), 500)["trade"]
    assert (trade == 0.5).all()


def test_a_rate_above_the_chance_closes_a_gap_whole_when_it_is_taken_up() -> None:
    given = trading(-0.2, 0.05).world.model_dump(mode="json", by_alias=True, exclude_unset=True)
    given["domains"]["trade"]["rate"] = 0.9
    trade = series(scenario(given, 2, growth(-0.2)), 2000)["trade"]
    assert set(np.round(np.unique(trade[1]), 6)) == {0.3, 0.5}


# -- choices -----------------------------------------------------------------------------------

SHARES = (0.3, 0.5, 0.2)


def voting(months: int, change: float = 0.0, rate: float = 0.1, **rest: Any) -> Scenario:
    given = world(
        choices={
            "vote": {
                "name": "Vote",
                "by": "b",
                "options": ["against", "abstain", "in_favour"],
                "shares": SHARES,
                "rate": rate,
            }
        },
        drivers={"call": driver({"choice": "vote"}, {"capability": "c"}, 3.0, **rest)},
    )
    return scenario(measured(given, {"vote": {"choice": "vote"}}), months, growth(change))


def logit_mean(utility: float) -> tuple[float, float]:
    """Mean and variance of the option, 0 to 1, of an ordered logit with these shares."""
    cuts = stats.logistic.ppf(np.cumsum(SHARES)[:-1])
    chances = np.diff([0, *stats.logistic.cdf(cuts, loc=utility), 1])
    scale = np.array([0, 0.5, 1])
    mean = float(chances @ scale)
    return mean, float(chances @ (scale - mean) ** 2)


def test_the_record_of_a_choice_is_stationary_at_its_base() -> None:
    runs, months, rate = 4000, 240, 0.1
    vote = series(voting(months, rate=rate), runs)["vote"]
    mean, variance = logit_mean(0.0)
    assert mean == pytest.approx(0.45)
    assert vote[0] == pytest.approx(mean, abs=1e-7)
    # A first-order autoregression of independent choices, whose variance is known.
    for month in (1, 2, 10, 120, 240):
        kept = (1 - rate) ** 2
        wanted = rate**2 * variance * (1 - kept**month) / (1 - kept)
        assert close(vote[month], mean), month
        # Of so many sums the variance errs by some 2 %; that of a single one is that of a choice.
        assert vote[month].var() == pytest.approx(wanted, rel=0.1), month
    found = np.corrcoef(vote[240], vote[230])[0, 1]
    assert found == pytest.approx((1 - rate) ** 10, abs=4 / math.sqrt(runs))


@pytest.mark.parametrize("change", [0.4, -0.2])
def test_a_driver_moves_a_choice_by_the_closed_form_of_the_logit(change: float) -> None:
    runs, rate = 6000, 0.2
    vote = series(voting(60, change, rate), runs)["vote"]
    mean, _ = logit_mean(3.0 * change)
    base, _ = logit_mean(0.0)
    assert (mean > base) == (change > 0)
    for month in (1, 3, 60):
        wanted = mean + (base - mean) * (1 - rate) ** month
        assert close(vote[month], wanted), month


def test_options_of_single_months_have_the_shares_of_the_logit() -> None:
    runs = 6000
    vote = series(voting(2, 0.4, rate=1.0), runs)["vote"]  # the record is the last choice
    cuts = stats.logistic.ppf(np.cumsum(SHARES)[:-1])
    chances = np.diff([0, *stats.logistic.cdf(cuts, loc=1.2), 1])
    options = np.round(vote * 2, 5).astype(int)
    for month in (1, 2):
        counts = np.bincount(options[month], minlength=3)
        assert stats.chisquare(counts, runs * chances).pvalue > 1e-3
    # Months are independent of each other.
    table = [
        [int(((options[1] == i) & (options[2] == j)).sum()) for j in range(3)] for i in range(3)
    ]
    assert stats.chi2_contingency(table).pvalue > 1e-3


def test_a_choice_draws_its_own_noise() -> None:
    """Neither another choice nor an arena or dyad takes part in it."""
    alone = voting(24, 0.2)
    given = alone.world.model_dump(mode="json", by_alias=True, exclude_unset=True)
    given["choices"]["aid"] = given["choices"]["vote"] | {"shares": (0.1, 0.1, 0.8)}
    given["arenas"]["gas"] = {"name": "Gas", "level": 0.5}
    measures = {"vote": {"choice": "vote"}, "aid": {"choice": "aid"}}
    both = series(scenario(measured(given, measures), 24, growth(0.2)), 200)
    assert np.array_equal(both["vote"], series(alone, 200)["vote"])
    assert abs(np.corrcoef(both["vote"][1], both["aid"][1])[0, 1]) < 0.3


@pytest.mark.parametrize("direction", ["convergence", "divergence"])
def test_either_way_a_change_counts_by_its_size_alone(direction: str) -> None:
    def vote(change: float, response: str) -> Numbers:
        return series(voting(12, change, direction=direction, response=response), 400)["vote"]

    rise, fall = vote(0.25, "either_way"), vote(-0.25, "either_way")
    assert np.array_equal(rise, fall)
    sign = 1 if direction == "convergence" else -1
    assert np.array_equal(rise, vote(0.25, "linear"))
    assert not np.array_equal(fall, vote(-0.25, "linear"))
    mean, _ = logit_mean(sign * 0.75)
    base, _ = logit_mean(0.0)
    assert close(rise[12], mean + (base - mean) * 0.9**12)
    assert np.array_equal(vote(0.0, "either_way"), vote(0.0, "linear"))


# -- drafts, partners and readings ---------------------------------------------------------------


def test_a_draft_binds_nobody_until_it_is_joined() -> None:
    def story(in_force: bool, *joins: tuple[str, str]) -> dict[str, Numbers]:
        given = world(
            agreements={
                "pact": {"name": "P", "parties": ["a", "b"], "depth": 0.5, "in_force": in_force}
            }
        )
        measures = {"pact": {"agreement": {"id": "pact"}}, "depth": {"commitment": "a-b"}}
        events = [
            {
                "id": f"join_{party}",
                "at": at,
                "agreement": {"id": "pact", "party": party, "does": "join"},
            }
            for party, at in joins
        ]
        return series(scenario(measured(given, measures), 5, *events), 3)

    def means(found: dict[str, Numbers]) -> list[list[float]]:
        return [[*map(float, each.mean(axis=1))] for each in found.values()]

    assert means(story(True)) == [[1] * 6, [0.5] * 6]
    assert means(story(False)) == [[0] * 6, [0] * 6]
    assert means(story(False, ("a", "2000-02"))) == [[0] * 6, [0] * 6]
    both = story(False, ("a", "2000-02"), ("b", "2000-04"))
    assert means(both) == [[0, 0, 0, 0, 1, 1], [0, 0, 0, 0, 0.5, 0.5]]


def test_partners_are_those_with_whom_exchange_is_substantial() -> None:
    given = world(
        domains={name: {"name": name, "elasticity": 0, "rate": 1} for name in ("arms", "trade")},
        behaviour=STILL | {"revision": {"chance": 1 - 1e-12}},
    )
    given["dyads"] = {
        "a-b": {"alignment": 0.2, "cooperation": {"arms": 0.25, "trade": 0.5}},
        "c-a": {"alignment": 0.1, "cooperation": {"trade": 0.75}},
        "b-c": {"alignment": 0.0, "cooperation": {"arms": 0.125}},
    }

    def partners(of: str, least: float, **domain: str) -> dict[str, Any]:
        return {"partners": {"of": of, "from": least} | domain}

    measures = {
        "a_trade": partners("a", 0.5, domain="trade"),
        "a_more_trade": partners("a", 0.6, domain="trade"),
        "a_arms": partners("a", 0.2, domain="arms"),
        "a_all": partners("a", 0.375),
        "b_all": partners("b", 0.05),
        "c_arms": partners("c", 0.125, domain="arms"),
        "none": partners("c", 0.9, domain="trade"),
    }
    cut = {"between": "a-c", "domain": "trade", "level": 0.5}
    event = {"id": "cut", "at": "2000-02", "channel": cut}
    found = series(scenario(measured(given, measures), 3, event), 2)
    # From the second month on, a and c exchange 0.375 in trade and 0.1875 over both.
    wanted = {
        "a_trade": [2, 2, 1, 1],
        "a_more_trade": [1, 1, 0, 0],
        "a_arms": [1, 1, 1, 1],
        "a_all": [2, 2, 1, 1],
        "b_all": [2, 2, 2, 2],
        "c_arms": [1, 1, 1, 1],
        "none": [0, 0, 0, 0],
    }
    for name, values in wanted.items():
        assert (found[name] == np.array(values)[:, None]).all(), name


def reading_world() -> dict[str, Any]:
    def pull(weight: float, reading: dict[str, list[str]]) -> dict[str, Any]:
        return driver("orientation", {"arena": "war"}, weight, dyads=["a-b"], reading=reading)

    def doubt(default: str, *options: str) -> dict[str, Any]:
        return {"name": "D", "options": {each: each for each in options}, "default": default}

    return measured(
        world(
            behaviour={},
            readings={
                "scope": doubt("all", "all", "some", "none"),
                "sense": doubt("firm", "firm", "vague"),
            },
            drivers={
                "always": pull(1.0, {}),
                "in_scope": pull(2.0, {"scope": ["all", "some"]}),
                "both": pull(-0.0 + 4.0, {"scope": ["none"], "sense": ["vague"]}),
            },
        ),
        {"liking": {"alignment": "a->b"}},
    )


@pytest.mark.parametrize(
    ("readings", "acting"),
    [
        ({}, {"always", "in_scope"}),
        ({"scope": "all"}, {"always", "in_scope"}),
        ({"scope": "some", "sense": "vague"}, {"always", "in_scope"}),
        ({"scope": "none"}, {"always"}),
        ({"sense": "vague"}, {"always", "in_scope"}),
        ({"scope": "none", "sense": "vague"}, {"always", "both"}),
    ],
)
def test_readings_switch_drivers_on_and_off(readings: dict[str, str], acting: set[str]) -> None:
    given = reading_world()
    checked = scenario(given, 12, war(0.5), readings=readings)
    assert {rule.id for rule in compile_scenario(checked).drivers} == acting
    bare = given | {
        "drivers": {k: v | {"reading": {}} for k, v in given["drivers"].items() if k in acting},
        "readings": {},
    }
    by_hand = run_ensemble(scenario(bare, 12, war(0.5)), 50, 1)
    assert same(run_ensemble(checked, 50, 1), by_hand)
    others = [{"scope": "all"}, {"scope": "none"}, {"scope": "none", "sense": "vague"}]
    records = [run_ensemble(scenario(given, 12, war(0.5), readings=r), 50, 1) for r in others]
    assert sum(same(record, by_hand) for record in records) == 1


def test_a_scenario_without_drivers_has_none_under_any_reading() -> None:
    checked = scenario(reading_world(), 2, drivers=False, readings={"scope": "all"})
    assert compile_scenario(checked).drivers == ()


# -- measures over months ------------------------------------------------------------------------


def test_fallen_latches_and_variance_is_that_of_the_series_beside_it() -> None:
    given = world(arenas={"war": {"name": "W", "level": 0.5, "rate": 0.2, "noise": 0.05}})
    given |= {
        "outcomes": {
            "level": {"name": "L", "measure": {"arena": "war"}},
            "fell": {"name": "F", "measure": {"fallen": {"of": "level", "by": 0.1}}},
            "spread": {"name": "S", "measure": {"variance": "level"}},
            "rose": {"name": "R", "measure": {"absence": {"arena": "war"}}},
            "rise": {"name": "R", "measure": {"fallen": {"of": "rose", "by": 0.1}}},
        }
    }
    found = series(scenario(given, 60), 400)
    level, fell, spread = found["level"], found["fell"], found["spread"]
    for month in range(61):
        wanted = level[: month + 1].var(axis=0)
        np.testing.assert_allclose(spread[month], wanted, rtol=1e-4, atol=1e-8)
    assert set(np.unique(fell)) == {0, 1}
    assert (np.diff(fell, axis=0) >= 0).all()
    clear = (np.abs(level - 0.4) > 1e-6).all(axis=0)
    latched = np.maximum.accumulate(level <= 0.4, axis=0)
    assert np.array_equal(fell[:, clear], latched[:, clear])
    assert ((fell[-1] == 1) & (level[-1] > 0.4)).any()  # it stays fallen after a recovery
    clear = (np.abs(level - 0.6) > 1e-6).all(axis=0)
    assert np.array_equal(
        found["rise"][:, clear], np.maximum.accumulate(level >= 0.6, axis=0)[:, clear]
    )


def test_what_is_followed_need_not_be_reported_itself() -> None:
    given = world(arenas={"war": {"name": "W", "level": 0.5, "noise": 0.05}})
    given |= {
        "outcomes": {
            "level": {"name": "L", "measure": {"arena": "war"}},
            "spread": {"name": "S", "measure": {"variance": "level"}},
        }
    }
    both = series(scenario(given, 12), 20)
    alone = series(scenario(given, 12, outcomes=["spread"]), 20)
    assert np.array_equal(both["spread"], alone["spread"])
    assert (both["spread"][0] == 0).all()
    assert (both["spread"][-1] > 0).all()


# -- expected paths ------------------------------------------------------------------------------


def lively(**rest: Any) -> dict[str, Any]:
    """A world in which everything here moves, gently enough for means to tell."""
    given = world(
        domains={"trade": {"name": "Trade", "rate": 0.1, "elasticity": 0.5}},
        arenas={"war": {"name": "War", "level": 0.3, "rate": 0.1, "noise": 0.01}},
        agreements={"pact": {"name": "Pact", "parties": ["a", "b", "c"], "depth": 0.3}},
        choices={
            "vote": {"name": "V", "by": "c", "options": ["no", "yes"], "shares": [0.6, 0.4]},
        },
        readings={
            "doubt": {"name": "D", "options": {"yes": "Y", "no": "N"}, "default": "yes"},
        },
        mechanisms={"commitment": {"weight": 0.4}, "reputation": {"weight": 0.3}},
        drivers={
            "pull": driver("orientation", {"arena": "war"}, 1.5, dyads=["a-b"]),
            "call": driver({"choice": "vote"}, {"trust": "b->a"}, 2.0),
            "aid": driver(
                {"desire": "trade"}, {"choice": "vote"}, 0.5, dyads=["a-c"],
                reading={"doubt": ["yes"]},
            ),
            "jolt": driver(
                {"desire": "trade"}, {"arena": "war"}, 0.3, dyads=["a-b"],
                response="either_way", direction="divergence",
            ),
        },
        behaviour={"revision": {"chance": 0.25}},
    )  # fmt: skip
    given["dyads"] = {
        "a-b": {"alignment": 0.3, "trust": 0.7, "cooperation": {"trade": 0.5}},
        "a-c": {"alignment": 0.1, "trust": 0.6, "cooperation": {"trade": 0.4}},
        "b-c": {"alignment": {"uniform": [-0.1, 0.1]}, "cooperation": {"trade": 0.2}},
    }
    measures = {
        "liking": {"alignment": "a->b"},
        "trust": {"trust": "b->a"},
        "trade_ab": {"cooperation": {"dyad": "a-b"}},
        "trade_ac": {"cooperation": {"dyad": "a-c"}},
        "vote": {"choice": "vote"},
        "war": {"arena": "war"},
        "partners": {"partners": {"of": "a", "from": 0.4}},
    }
    given = measured(given | rest, measures)
    given["outcomes"]["spread"] = {"name": "S", "measure": {"variance": "trade_ab"}}
    given["outcomes"]["fell"] = {"name": "F", "measure": {"fallen": {"of": "trust", "by": 0.1}}}
    return given


EVENTS = (
    war(0.2, "2000-03"),
    {
        "id": "exit",
        "at": "2000-04",
        "agreement": {"id": "pact", "party": "a", "does": "leave"},
    },
)


def test_the_mean_of_many_runs_comes_near_the_expected_path() -> None:
    runs, checked = 6000, scenario(lively(), 24, *EVENTS)
    drawn, path = series(checked, runs), series(checked, runs, chance=False)
    for name in ("liking", "trade_ab", "trade_ac", "vote", "war"):
        error = 4 * drawn[name].std(axis=1) / math.sqrt(runs)
        gap = np.abs(drawn[name].mean(axis=1) - path[name].mean(axis=1))
        # Decisions are not linear in what moves them, so a little more than error is left.
        assert (gap <= error + 0.012).all(), (name, gap.max())
        moved = np.abs(path[name][-1] - path[name][0]).max()
        assert moved > 0.02, (name, moved)


@pytest.mark.parametrize("share", [0.3, 1.0])
def test_the_expected_path_of_a_breach_is_its_mean(share: float) -> None:
    """Each run keeps all its trust until it loses the share; their mean is known."""
    chance, months = 0.25, 30
    revision = {"chance": chance, "eagerness": 0}
    given = world(
        agreements={"pact": {"name": "P", "parties": ["a", "b"], "depth": 0}},
        behaviour=STILL | {"revision": revision, "trust": STILL["trust"] | {"breach": share}},
    )
    given["dyads"]["a-b"]["trust"] = 0.8
    checked = scenario(measured(given, {"trust": {"trust": "b->a"}}), months, EVENTS[1])
    drawn, path = series(checked, 8000)["trust"], series(checked, 2, chance=False)["trust"]
    for month in (4, 5, 8, 30):
        held = 1 - (1 - chance) ** (month - 3)
        wanted = 0.8 * (1 - share * held)
        error = 0.8 * share * math.sqrt(held * (1 - held) / 8000)
        assert drawn[month].mean() == pytest.approx(wanted, abs=4 * error + 1e-6)
        assert path[month] == pytest.approx(wanted, abs=1e-5)


def test_an_expected_path_of_a_linear_world_is_the_mean_itself() -> None:
    """With a gap of a constant size and a chance that does not hang on it, nothing is left."""
    runs = 20_000
    checked = trading(0.2, eagerness=0.0)
    drawn, path = series(checked, runs)["trade"], series(checked, 3, chance=False)["trade"]
    assert path[1] == pytest.approx(0.52, abs=1e-6)
    assert path[2] == pytest.approx(0.538, abs=1e-6)
    for month in (1, 2):
        assert close(drawn[month], float(path[month, 0]))
    checked = voting(12, 0.3)
    vote = series(checked, 3, chance=False)["vote"]
    mean, _ = logit_mean(0.9)
    base, _ = logit_mean(0.0)
    wanted = [mean + (base - mean) * 0.9**month for month in range(13)]
    np.testing.assert_allclose(vote, np.array(wanted)[:, None] * np.ones(3), atol=1e-6)


def test_nothing_moves_on_the_expected_path_of_a_calm_world() -> None:
    found = series(scenario(lively(), 24), 20, chance=False)
    for name in set(found) - {"fell", "spread"}:
        np.testing.assert_allclose(
            found[name], np.broadcast_to(found[name][0], found[name].shape), atol=2e-5
        )


def test_expected_paths_are_the_same_each_time_and_differ_by_parameters_alone() -> None:
    checked = scenario(lively(), 24, *EVENTS)
    first = run_ensemble(checked, 40, 5, chance=False)
    assert same(first, run_ensemble(checked, 40, 5, chance=False))
    assert len(np.unique(first.parameters)) == 40
    certain = lively()
    certain["dyads"]["b-c"]["alignment"] = 0.05
    one = run_ensemble(scenario(certain, 24, *EVENTS), 40, 5, chance=False)
    assert (one.outcomes == one.outcomes[..., :1]).all()
    other = run_ensemble(scenario(certain, 24, *EVENTS), 1, 99, chance=False)
    assert (one.outcomes == other.outcomes).all()
    assert not same(first, run_ensemble(checked, 40, 5))


@pytest.mark.slow
def test_workers_do_not_matter_to_expected_paths() -> None:
    checked, runs = scenario(lively(), 12, *EVENTS), rng.BLOCK + 7
    alone = run_ensemble(checked, runs, 5, chance=False)
    assert same(alone, run_ensemble(checked, runs, 5, workers=2, chance=False))


# -- both engines --------------------------------------------------------------------------------


@pytest.mark.parametrize("run", [0, 3, rng.BLOCK + 1])
@pytest.mark.parametrize("reading", ["yes", "no"])
def test_the_model_of_agents_is_the_run_of_the_ensemble(run: int, reading: str) -> None:
    checked = scenario(lively(), 24, *EVENTS, readings={"doubt": reading}, dyads=["a-b", "b->c"])
    ensemble = run_ensemble(checked, run + 1, 5)
    model = AllianceModel(checked, seed=5, run=run)
    while model.running:
        model.step()
    for name in ("outcomes", "alignment", "classes", "first", "last"):
        found = getattr(model.record, name)[..., 0]
        assert found.tobytes() == getattr(ensemble, name)[..., run].tobytes(), name
    vote = checked.outcomes.index("vote")
    assert len(np.unique(ensemble.outcomes[vote])) > 10


# -- breaches ------------------------------------------------------------------------------------


def walked(checked: Scenario, runs: int, seed: int) -> list[tuple[Numbers, Numbers]]:
    """Trust and what is at stake after every month, (i, j, r)."""
    program = compile_scenario(checked)
    where = Lanes(seed, 0, slice(0, runs), "monte_carlo")
    block: Block = prepare(program, where)
    found = []
    for month, shock in enumerate(noise.monthly(program, where)):
        advance(block, month, shock)
        state = block.situation.state
        found.append((state.trust.copy(), state.wronged.copy()))
    return found


@given(
    st.floats(0.05, 1),
    st.floats(0.02, 1),
    st.floats(0.02, 0.98),
    st.floats(0, 9),
    st.integers(0, 99),
)
@settings(max_examples=40, deadline=None)
def test_trust_falls_in_no_run_before_the_wronged_side_takes_it_up(
    trust: float, share: float, chance: float, eagerness: float, seed: int
) -> None:
    """Against the same run without the breach, in a world where agreements do nothing else."""
    given = measured(
        world(
            agreements={"pact": {"name": "P", "parties": ["a", "b", "c"], "depth": 0}},
            behaviour={
                "trust": {"breach": share},
                "revision": {"chance": chance, "eagerness": eagerness},
            },
        ),
        {"trust": {"trust": "b->a"}},
    )
    given["dyads"]["a-b"]["trust"] = given["dyads"]["a-c"]["trust"] = trust
    leave = EVENTS[1]
    before, after = (
        walked(scenario(given, 18), 40, seed),
        walked(scenario(given, 18, leave), 40, seed),
    )
    taken = np.zeros((3, 3, 40), dtype=bool)
    for month, ((calm, none), (now, stake)) in enumerate(zip(before, after, strict=True)):
        assert not none.any()
        wronged = np.zeros((3, 3, 40), dtype=bool)
        if month >= 3:
            wronged[1:, 0] = True  # b and c; a, who left, has nothing to hold
        assert np.allclose(stake[wronged & (stake > 0)], share)
        assert not stake[~wronged].any()
        fresh = wronged & (stake == 0) & ~taken
        assert np.array_equal(now[~taken & ~fresh], calm[~taken & ~fresh])
        assert (now[fresh] < calm[fresh]).all()
        assert np.allclose(now[fresh], (1 - np.float32(share)) * calm[fresh], atol=1e-6)
        assert (stake[taken] == 0).all()  # it is held once
        taken |= fresh


def test_an_agreement_that_lapses_goes_as_one_that_is_left_and_breaks_no_trust() -> None:
    """Trust is that of the same runs without it; depth and standing those of the same breach."""
    for depth in (0.0, 0.2):
        given = measured(
            world(
                agreements={"pact": {"name": "P", "parties": ["a", "b", "c"], "depth": depth}},
                behaviour={"trust": {"breach": 0.5}, "revision": {"chance": 0.5}},
            ),
            {"pact": {"agreement": {"id": "pact"}}, "tie": {"commitment": "a-b"}},
        )
        exits = {"id": "exit", "at": "2000-04"}
        pact = {"id": "pact", "party": "a"}
        lapse = scenario(given, 12, exits | {"agreement": pact | {"does": "lapse"}})
        leave = scenario(given, 12, exits | {"agreement": pact | {"does": "leave"}})
        assert not any(stake.any() for _, stake in walked(lapse, 40, 3))
        assert any(stake.any() for _, stake in walked(leave, 40, 3))
        gone, left = series(lapse, 40), series(leave, 40)
        assert gone["pact"][4:].max() < gone["pact"][:4].min() == 1
        assert np.array_equal(gone["pact"], left["pact"])
        assert gone["tie"][3].mean() - gone["tie"][4].mean() == pytest.approx(depth, abs=0.02)
        if depth == 0:
            for (calm, _), (now, _) in zip(
                walked(scenario(given, 12), 40, 3), walked(lapse, 40, 3), strict=True
            ):
                assert np.array_equal(calm, now)


def test_an_intervention_reaches_trust_through_a_decision_only() -> None:
    """With a chance of next to nothing nobody takes a breach up; with certainty all do."""
    for chance, least, most in ((1e-9, 0.0, 0.0), (1 - 1e-12, 1.0, 1.0)):
        given = lively(behaviour=STILL | {"revision": {"chance": chance, "eagerness": 0}})
        found = series(scenario(given, 6, *EVENTS), 200)
        fell = found["fell"][4]
        assert least <= fell.mean() <= most


# -- what is known to be wrong -------------------------------------------------------------------


@pytest.mark.parametrize("eagerness", [2.0, 20.0])
def test_trust_without_a_tie_is_one_half_whatever_is_broken(eagerness: float) -> None:
    given = measured(
        world(
            agreements={"pact": {"name": "P", "parties": ["a", "b", "c"], "depth": 0}},
            behaviour={"revision": {"eagerness": eagerness}},
        ),
        {"untied": {"trust": "c->b"}},
    )
    leave = {"id": "pact", "party": "b", "does": "leave"}
    checked = scenario(given, 12, {"id": "exit", "at": "2000-02", "agreement": leave})
    for chance in (True, False):
        assert (series(checked, 20, chance=chance)["untied"] == 0.5).all()


def test_a_share_next_to_nothing_is_refused_or_drawn() -> None:
    given = voting(2).world.model_dump(mode="json", by_alias=True, exclude_unset=True)
    given["choices"]["vote"]["shares"] = (0.5, 0.5, 1e-10)
    try:
        checked = scenario(given, 2, growth(0.0))
    except ValidationError:
        return
    assert np.isfinite(series(checked, 20)["vote"]).all()
