"""The shipped world at rest and under its scenarios."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np
import pytest

import alliance_sim as al
from alliance_sim.compile import compile_scenario
from alliance_sim.engines import noise, stability
from alliance_sim.engines.blocks import Lanes, prepare
from alliance_sim.engines.ensemble import run_ensemble
from alliance_sim.library import shipped_scenarios
from alliance_sim.results import Record
from alliance_sim.step import advance

RUNS, SEED = 256, 11
# Yearly changes of the UN voting index kappa_w within a dyad, 1992-2016, have a median standard
# deviation of 0.08 and lie between 0.05 and 0.14 (data: unga). Some 70 votes a year with a
# standard error of about 0.05 each account for sqrt(2) * 0.05 = 0.07 of that median, which leaves
# sqrt(0.08^2 - 0.07^2) = 0.04; the widest dyads leave sqrt(0.14^2 - 0.07^2) = 0.12.
YEARLY_CHANGE = (0.02, 0.08)


@cache
def ten_years() -> Record:
    """The baseline for ten years, elections held, all dyads recorded."""
    world = al.load_world("west_asia_2018")
    dyads = ", ".join(world.dyads)
    return run_ensemble(
        al.load_scenario("baseline_2018", ["horizon.months=120", f"dyads=[{dyads}]"]), RUNS, SEED
    )


def test_the_base_date_is_stable() -> None:
    found = stability.check(compile_scenario(al.load_scenario("baseline_2018")))
    assert found.stable, found


def test_an_unstable_world_is_named_and_blamed() -> None:
    """Ten times the weight of one mechanism runs away, and the check says which."""
    wild = al.load_scenario(
        "baseline_2018", ["world.mechanisms.structural_balance.weight=5", "horizon.months=1"]
    )
    found = stability.check(compile_scenario(wild))
    assert not found.stable
    assert found.blame == "mechanism structural_balance"
    with pytest.warns(UserWarning, match="structural_balance"):
        al.run(wild, runs=1)


def test_ten_years_do_not_drift() -> None:
    record = ten_years()
    off = ~np.eye(record.last.shape[0], dtype=bool)
    drift = (record.last - record.first).mean(axis=-1)[off]
    error = (record.last - record.first).std(axis=-1)[off] / np.sqrt(RUNS)
    assert np.abs(drift).max() < 0.05 + 3 * error.max()
    assert np.abs(drift).mean() < 0.02


def test_no_part_of_the_state_drifts() -> None:
    """Not only alignment: with nothing from outside, no stock wanders off in ten years.

    Exchange at its upper bound can only fall, and trust and arenas have bounds too: hence means
    over all dyads, and a bound on the worst.
    """
    scenario = al.load_scenario("baseline_2018", ["horizon.months=120"])
    program = compile_scenario(scenario)
    quiet = tuple(replace(cabinet, elections=frozenset()) for cabinet in program.cabinets)
    program = replace(program, cabinets=quiet)
    where = Lanes(SEED, 0, slice(0, RUNS), scenario.sampling)
    block = prepare(program, where)
    names = ("alignment", "trust", "coercion", "commitment", "cooperation", "arena", "isolation")
    before = {name: getattr(block.situation.state, name).copy() for name in names}
    for month, (decisions, shocks) in enumerate(noise.monthly(program, where)):
        advance(block, month, decisions, shocks)
    for name in names:
        change = (getattr(block.situation.state, name) - before[name]).mean(axis=-1)
        assert abs(change.mean()) < 0.01, name
        assert np.abs(change).max() < 0.08, (name, np.abs(change).max())


def test_ten_years_do_not_saturate() -> None:
    record = ten_years()
    assert np.mean(np.abs(record.last) > 0.95) == 0


def test_yearly_changes_are_of_the_size_seen_in_votes() -> None:
    alignment = ten_years().alignment
    yearly = alignment[:, 12::12] - alignment[:, :-12:12]
    spread = yearly.std(axis=(1, 2))
    low, high = YEARLY_CHANGE
    assert low < np.median(spread) < high
    assert spread.max() < 0.12


@pytest.mark.parametrize("name", sorted(shipped_scenarios()))
def test_scenario_runs_and_starts_from_the_base(name: str) -> None:
    ds = al.run(name, runs=8, seed=1)
    base = al.run("baseline_2018", runs=8, seed=1)
    assert all(np.isfinite(ds[v]).all() for v in ds.data_vars)
    np.testing.assert_array_equal(ds["alignment_first"], base["alignment_first"])


def test_scenarios_do_something() -> None:
    """Every scenario but the baseline moves at least one of its outcomes in most runs."""
    for name in sorted(set(shipped_scenarios()) - {"baseline_2018"}):
        effect = al.compare("baseline_2018", name, runs=32, seed=1)
        outcomes = al.load_scenario(name).outcomes
        moved = [float((np.abs(effect[o].isel(month=-1)) > 1e-3).mean()) for o in outcomes]
        assert max(moved) > 0.5, (name, dict(zip(outcomes, moved, strict=True)))


def test_nothing_moves_before_it_happens() -> None:
    effect = al.compare("baseline_2018", "syria_settlement", runs=16, seed=1)
    before = effect["axis_strength"].sel(month=slice(None, "2018-12-01"))
    assert np.all(before == 0)
    assert np.any(effect["axis_strength"] != 0)


def _without(*paths: str) -> list[str]:
    return [f"world.{path}.weight=0" for path in paths]


@pytest.mark.parametrize(
    ("scenario", "outcome", "off"),
    [
        (
            "us_exits_jcpoa",
            "iran_to_china",
            _without(
                "drivers.sanctions_push_to_china",
                "drivers.us_hostility_to_deal",
                "mechanisms.dependence",
            ),
        ),
        ("nato_expands", "axis_strength", _without("drivers.nato_as_shared_threat")),
        (
            "syria_settlement",
            "axis_strength",
            _without(
                "drivers.syrian_ally_in_peril",
                "drivers.rescue_operations",
                "drivers.syria_end_state_divergence",
                "drivers.security_collaboration",
            ),
        ),
    ],
)
def test_ablation_shrinks_the_effect(scenario: str, outcome: str, off: list[str]) -> None:
    """What a claim rests on carries its effect: without it the effect shrinks by a quarter."""

    def effect(overrides: list[str]) -> float:
        base = al.load_scenario("baseline_2018", overrides)
        found = al.compare(base, al.load_scenario(scenario, overrides), runs=64, seed=1)
        return float(found[outcome].isel(month=-1).mean())

    whole, part = effect([]), effect(off)
    assert abs(part) < 0.75 * abs(whole), (whole, part)


def test_single_precision_does_not_move_the_distribution() -> None:
    """Half a thousand runs in single and in double precision: quantiles within their error."""
    scenario = al.load_scenario("us_exits_jcpoa")
    program = compile_scenario(scenario)
    where = Lanes(SEED, 0, slice(0, 512), scenario.sampling)
    ends = {}
    for dtype in (np.float32, np.float64):
        block = prepare(program, where, dtype)
        for month, (decisions, shocks) in enumerate(noise.monthly(program, where)):
            advance(block, month, decisions.astype(dtype), shocks.astype(dtype))
        ends[dtype] = block.situation.state.alignment
        assert ends[dtype].dtype == dtype
    i, j = program.actors.index("iran"), program.actors.index("russia")
    single, double = ends[np.float32][i, j], ends[np.float64][i, j]
    error = np.sqrt(np.pi / 2) * double.std() / np.sqrt(512)
    for level in (0.05, 0.25, 0.5, 0.75, 0.95):
        assert abs(np.quantile(single, level) - np.quantile(double, level)) < error
