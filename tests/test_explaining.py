"""What moved an alignment: parts against sums, integrals and recursions done by other means."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
import xarray as xr
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from scipy.integrate import quad
from strategies import scenario_data
from test_closed_forms import pull_of_a, two_actors
from worlds import small_scenario

import alliance_sim as al
from alliance_sim.analysis import attribution
from alliance_sim.compile import compile_scenario
from alliance_sim.engines import noise
from alliance_sim.engines.blocks import Lanes, parameter_draws, prepare
from alliance_sim.engines.tracing import BOUND, CHANCE, MOMENTUM, RELATION, Ledger
from alliance_sim.errors import InputError
from alliance_sim.simulate import account
from alliance_sim.spec import Scenario
from alliance_sim.step import advance

WIDE = {"deadline": None, "suppress_health_check": [HealthCheck.too_slow]}


def scenario_of(world: dict[str, Any], months: int = 24, **rest: Any) -> Scenario:
    return Scenario.model_validate(
        {
            "name": "T",
            "world": {"name": "W", "date": "2000-01"} | world,
            "horizon": {"start": "2000-01", "months": months},
            "outcomes": list(world["outcomes"]),
            "dyads": ["a-b"],
            "sampling": "monte_carlo",
        }
        | rest
    )


RISE = {"id": "rise", "at": "2000-03", "capability": {"of": "a", "level": 0.9}}


# -- sums ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("chance", [True, False], ids=["shaken", "expected path"])
@given(scenario_data())
@settings(max_examples=30, **WIDE)
def test_terms_add_up_to_the_utility_and_parts_to_the_level(
    chance: bool, data: dict[str, Any]
) -> None:
    program = compile_scenario(Scenario.model_validate(data))
    where = Lanes(1, 0, slice(0, 5), "monte_carlo")
    block = prepare(program, where, drawn=parameter_draws(program, where))
    pairs = program.pairs[:3]
    ledger = Ledger(block, pairs, chance)
    utilities = []

    def watch(block: Any, utility: Any, acts: Any, postures: Any) -> None:
        utilities.append(np.array(utility))
        ledger.weigh(block, utility, acts, postures)

    shaken = noise.monthly(program, where)
    for month, shock in enumerate(shaken if chance else [None] * program.months):
        advance(block, month, shock, watch)
        ledger.settle()
    trace = ledger.trace
    places = [place for i, j in pairs for place in ((i, j), (j, i))]
    for p, (i, j) in enumerate(places):
        wanted = np.stack([utility[i, j] for utility in utilities]).astype(np.float64)
        found = trace.weighed[:, p].sum(axis=0, dtype=np.float64)
        # The engine takes the readings of the base date off in single precision.
        scale = 1 + np.abs(trace.weighed[:, p]).sum(axis=0) + np.abs(block.base_pull[i, j])
        assert np.all(np.abs(found - wanted) <= 4e-6 * scale)
        change = trace.y[p] - block.parameters.base[i, j]
        assert np.allclose(trace.moved[:, :, p].sum(axis=(0, 1)), change, atol=1e-12)
    # What no cause explains is rounding, as long as no level has come to the guard of the scale.
    inside = np.abs(trace.y).max() < 5.9
    parts = np.abs(trace.moved).sum(axis=(0, 1)).max()
    if inside and parts < 5.9:
        assert np.abs(trace.moved[trace.causes.index(BOUND)]).max() < 1e-4


def test_an_account_changes_no_number() -> None:
    scenario = al.read_scenario(small_scenario())
    plain = al.run(scenario, runs=7, seed=3)
    kept = account(scenario, ["athens-sparta"], runs=7, seed=3)
    xr.testing.assert_equal(plain, kept[list(plain.data_vars)].drop_dims([], errors="ignore"))
    several = account(scenario, ["athens-sparta", "sparta->corinth"], runs=600, seed=3, workers=2)
    for name in ("moved", "weighed", "level"):
        np.testing.assert_array_equal(
            several[name].isel(run=slice(7)).sel(direction=kept["direction"]).to_numpy(),
            kept[name].to_numpy(),
        )


# -- closed forms ----------------------------------------------------------------------------------


def test_one_driver_alone_explains_all_of_an_expected_path() -> None:
    """Every number of the path is worked out here from the equations of docs/model.md."""
    weight, months = 1.5, 18
    alone = two_actors(drivers={"pull": pull_of_a(weight)})
    scenario = scenario_of(alone, months, interventions=[RISE])
    found = account(scenario, ["a-b"], runs=1, chance=False)
    world = scenario.world.behaviour
    cuts, impacts = world.postures.cutpoints, world.postures.impacts

    def mean(utility: float) -> float:
        above = [1.0, *(1 / (1 + math.exp(cut - utility)) for cut in cuts), 0.0]
        return sum(
            (high - low) * impact
            for high, low, impact in zip(above, above[1:], impacts, strict=False)
        )

    rates = world.alignment
    phi, kappa = world.postures.persistence, world.postures.base_weight
    y = z = 0.0
    levels = [y]
    for month in range(months):
        signal = 0.4 if month >= 2 else 0.0
        utility = weight * signal + phi * kappa * (y - z)
        flow = mean(utility) - mean(0.0)  # both sides alike: own and received are the same
        y, z = (
            y + rates.responsiveness * flow - rates.reversion * (y - z),
            z + rates.anchor_adaptation * (y - z) - rates.anchor_return * z,
        )
        levels.append(y)
    level = found["level"].isel(run=0).sel(direction="a->b").to_numpy()
    np.testing.assert_allclose(level, levels, atol=2e-6)
    moved = found["moved"].isel(run=0).sel(direction="a->b")
    np.testing.assert_allclose(
        moved.sel(cause="driver.pull").sum("side").to_numpy(), levels, atol=2e-6
    )
    others = moved.drop_sel(cause="driver.pull")
    assert float(abs(others).max()) < 2e-6
    # Own decisions weigh own_share of the flow, the other's the rest; both push alike.
    last = moved.sel(cause="driver.pull").isel(month=-1)
    first = last.sel(side="first") / last.sum("side")
    assert 0.5 < float(first) < float(rates.own_share) + 1e-6


def test_two_drivers_on_one_signal_share_as_their_weights() -> None:
    drivers = {"strong": pull_of_a(1.2), "weak": pull_of_a(0.4)}
    scenario = scenario_of(two_actors(drivers=drivers), interventions=[RISE])
    for chance in (True, False):
        moved = account(scenario, ["a-b"], runs=5, chance=chance)["moved"].isel(month=-1)
        strong, weak = (moved.sel(cause=f"driver.{name}") for name in ("strong", "weak"))
        assert float(abs(weak).min()) > 1e-4
        np.testing.assert_allclose(strong.to_numpy(), 3 * weak.to_numpy(), rtol=1e-5)


def test_decisions_of_one_side_are_booked_on_that_side() -> None:
    pull = pull_of_a(1.0) | {"dyads": ["a->b"]}
    scenario = scenario_of(two_actors(drivers={"pull": pull}), interventions=[RISE])
    moved = account(scenario, ["a-b"], runs=4)["moved"].isel(month=-1).sel(cause="driver.pull")
    assert float(moved.sel(direction="a->b", side="first").min()) > 1e-3
    assert float(moved.sel(direction="b->a", side="second").min()) > 1e-3
    assert float(abs(moved.sel(direction="a->b", side="second")).max()) == 0
    assert float(abs(moved.sel(direction="b->a", side="first")).max()) == 0


def test_what_a_decision_does_beyond_its_average_averages_to_nothing() -> None:
    scenario = al.load_scenario("us_exits_jcpoa")
    found = account(scenario, ["iran-russia"], runs=512, seed=0)["moved"].isel(month=-1)
    chance = found.sel(cause=CHANCE).sum("side").to_numpy()
    error = chance.std(axis=0, ddof=1) / np.sqrt(len(chance))
    assert np.all(np.abs(chance.mean(axis=0)) < 4 * error)
    assert np.all(chance.std(axis=0) > 0.01)
    # Momentum is passed on to its causes, and a calibrated ladder does not pull.
    assert float(abs(found.sel(cause=[MOMENTUM, RELATION])).max()) < 1e-6


def made(levels: list[float], moved: list[list[float]]) -> xr.Dataset:
    """An account of one run over one month, with what moved its level."""
    causes = [f"driver.{k}" for k in range(len(moved[0]))]
    values = np.array(moved)[None, None, None]
    return xr.Dataset(
        {
            "level": (("run", "month", "direction"), np.array(levels)[None, :, None]),
            "moved": (
                ("run", "month", "direction", "side", "cause"),
                np.concatenate([np.zeros_like(values), values], axis=1),
            ),
        },
        coords={
            "run": [0],
            "month": np.array(["2000-01", "2000-02"], "datetime64[s]"),
            "direction": ["a->b"],
            "side": ["first", "second"],
            "cause": causes,
        },
        attrs={"seed": 0, "sampling": "monte_carlo", "chance": "drawn"},
    )


@given(
    st.floats(-2, 2),
    st.lists(st.floats(-1, 1), min_size=4, max_size=4),
)
@settings(max_examples=60, deadline=None)
def test_parts_of_alignment_are_integrals_along_the_straight_path(
    start: float, moved: list[float]
) -> None:
    """Aumann-Shapley shares by numerical integration, none of the library's algebra."""
    end = start + sum(moved)
    found = attribution.parts(made([start, end], [moved[:2], moved[2:]])).isel(run=0, month=-1)
    slope, _ = quad(lambda s: 1 - math.tanh(start + s * (end - start)) ** 2, 0, 1)
    wanted = np.array([moved[:2], moved[2:]]) * slope
    np.testing.assert_allclose(found.to_numpy(), wanted, atol=1e-9)
    assert float(found.sum()) == pytest.approx(math.tanh(end) - math.tanh(start), abs=1e-9)


# -- pairs of runs ---------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def pair() -> tuple[xr.Dataset, xr.Dataset]:
    scenario = al.load_scenario("us_exits_jcpoa")
    baseline = al.simulate.reporting_like(al.load_scenario("baseline_2018"), scenario)
    dyads = ["iran-russia"]
    return tuple(account(each, dyads, runs=24, seed=7) for each in (scenario, baseline))  # type: ignore[return-value]


def test_parts_of_an_effect_add_up_to_the_effect_that_compare_finds(pair: Any) -> None:
    effect = al.compare("baseline_2018", "us_exits_jcpoa", runs=24, seed=7)["alignment"]
    for direction in ("iran->russia", "russia->iran"):
        found = attribution.parts(*pair, direction).sum(["side", "cause"]).to_numpy()
        wanted = effect.sel(dyad=direction).to_numpy()
        np.testing.assert_allclose(found, wanted, atol=1e-6)
        assert np.abs(wanted[:, -1]).max() > 0.05


def test_effects_turn_around_with_the_pair_and_vanish_against_oneself(pair: Any) -> None:
    scenario, baseline = pair
    there = attribution.parts(scenario, baseline, "iran->russia")
    back = attribution.parts(baseline, scenario, "iran->russia")
    np.testing.assert_allclose(there.to_numpy(), -back.to_numpy(), atol=1e-12)
    assert float(abs(attribution.parts(scenario, scenario, "iran->russia")).max()) == 0


def test_a_dyad_is_the_mean_of_its_directions(pair: Any) -> None:
    found = attribution.explanation(*pair, ["iran-russia", "iran->russia", "russia->iran"])
    both, there, back = (found["contribution"].sel(dyad=each) for each in found["dyad"].to_numpy())
    for own, other in (("first", "second"), ("second", "first")):
        wanted = (there.sel(side=own) + back.sel(side=other)) / 2
        np.testing.assert_allclose(both.sel(side=own).to_numpy(), wanted.to_numpy(), atol=1e-12)
    np.testing.assert_allclose(
        found["contribution"].sum(["side", "cause"]).to_numpy(),
        found["effect"].to_numpy(),
        atol=1e-12,
    )
    table = attribution.table(found, "iran-russia")
    assert table["mean"].abs().is_monotonic_decreasing
    assert table["mean"].sum() == pytest.approx(float(found["effect"].sel(dyad="iran-russia")[-1]))


def test_a_driver_of_the_baseline_alone_is_not_lost() -> None:
    with_driver = scenario_of(two_actors(drivers={"pull": pull_of_a(1.0)}), interventions=[RISE])
    without = scenario_of(two_actors(), interventions=[RISE])
    one, other = (account(each, ["a-b"], runs=3, seed=1) for each in (without, with_driver))
    found = attribution.parts(one, other, "a->b")
    wanted = np.tanh(one["level"]) - np.tanh(other["level"])
    np.testing.assert_allclose(
        found.sum(["side", "cause"]).to_numpy(), wanted.sel(direction="a->b").to_numpy(), atol=1e-9
    )
    assert float(found.sel(cause="driver.pull").isel(month=-1).sum("side").max()) < -1e-3
    told = attribution.explanation(one, other)
    assert str(told["cause_name"].sel(cause="driver.pull").to_numpy()) == "Pull"
    # Terms of utility add up to the difference of the utilities, each summed on its own side.
    utilities = [each["weighed"].sum("cause") for each in (one, other)]
    difference = (utilities[0] - utilities[1]).transpose("run", "direction", "decision")
    terms = attribution.weighed(one, other)
    assert not bool(terms.isnull().any())
    np.testing.assert_allclose(
        terms.sum("cause").transpose("run", "direction", "decision").to_numpy(),
        difference.to_numpy(),
        atol=1e-6,
    )
    assert float(abs(difference.mean("run").sel(direction="a->b")).max()) > 0.3
    np.testing.assert_allclose(
        told["weighed"].sum("cause", skipna=False).transpose("direction", "decision").to_numpy(),
        difference.mean("run").to_numpy(),
        atol=1e-6,
    )


def test_a_driver_of_the_scenario_alone_keeps_its_name() -> None:
    with_driver = scenario_of(two_actors(drivers={"pull": pull_of_a(1.0)}), interventions=[RISE])
    without = scenario_of(two_actors(), interventions=[RISE])
    one, other = (account(each, ["a-b"], runs=3, seed=1) for each in (with_driver, without))
    for found in (attribution.weighed(one, other), attribution.parts(one, other, "a->b")):
        assert attribution.cause_names(found) == attribution.cause_names(one)


def test_first_movers_share_a_month_evenly(pair: Any) -> None:
    scenario, baseline = (each.copy(deep=True) for each in pair)
    for each in (scenario, baseline):
        each["posture"][:] = 2
    runs = scenario.sizes["run"]
    scenario["posture"].loc[{"actor": "iran", "other": "russia"}][:, 5:] = 3
    scenario["posture"].loc[{"actor": "china", "other": "iran"}][: runs // 2, 5:] = 1
    scenario["posture"].loc[{"actor": "turkey", "other": "iran"}][:, 7:] = 1
    found = attribution.first_movers(scenario, baseline)
    assert list(found.index) == ["iran->russia", "china->iran"]
    assert found["first_share"].tolist() == [0.75, 0.25]
    assert found["first_month"].tolist() == [5, 5]
    scenario["posture"][: runs // 2] = 2  # half of the runs never differ
    assert attribution.first_movers(scenario, baseline)["first_share"].tolist() == [0.5]
    assert attribution.first_movers(baseline, baseline).empty


def test_what_was_not_tracked_is_refused(pair: Any) -> None:
    with pytest.raises(InputError, match="'iran->china' was not tracked"):
        attribution.parts(pair[0], None, "iran->china")
    with pytest.raises(InputError, match="no direction is named"):
        attribution.parts(pair[0])
    with pytest.raises(InputError, match=r"unknown actor 'irn'.*did you mean 'iran'"):
        al.explain("us_exits_jcpoa", ["irn,russia"])
    with pytest.raises(InputError, match="declares no relation"):
        al.explain("us_exits_jcpoa", ["iran-iran"])
    with pytest.raises(InputError, match="is no dyad"):
        al.explain("us_exits_jcpoa", ["iran"])


def test_an_account_that_would_not_fit_is_refused_before_it_is_begun() -> None:
    with pytest.raises(InputError, match=r"GB of memory; ask for at most [\d,]+ runs"):
        al.explain("us_exits_jcpoa", ["iran-russia"], runs=10**6)


def test_a_ladder_that_is_not_calibrated_pulls_by_itself() -> None:
    lopsided = {"calibration": "none", "postures": {"impacts": [-1, -0.4, 0, 0.4, 1.5]}}
    world = two_actors(drivers={"pull": pull_of_a(0.5)}, behaviour=lopsided)
    found = account(scenario_of(world, 12), ["a-b"], runs=4, chance=False)
    last = found["moved"].isel(month=-1).sum("side")
    assert float(last.sel(cause=RELATION).min()) > 1e-3  # the average posture is no longer to hold
    assert float(last.sel(cause="driver.pull").min()) > 1e-3  # utilities are the drivers themselves
    assert float(abs(last.sel(cause=BOUND)).max()) < 1e-5
