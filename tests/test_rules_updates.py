"""The parts of a month: fixed points, the direction of every term, and bounds."""

import inspect
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alliance_sim.arrays import Floats
from alliance_sim.rules import updates

RATES: dict[str, Floats] = {
    name: np.array([value])
    for name, value in {
        "responsiveness": 0.06,
        "own_share": 0.75,
        "reversion": 0.04,
        "anchor_adaptation": 0.01,
        "anchor_return": 0.002,
        "trust_rise": 0.01,
        "trust_fall": 0.04,
        "trust_reversion": 0.02,
        "coercion_response": 0.05,
        "coercion_decay": 0.05,
        "coercion_band": 2.0,
        "commitment_response": 0.02,
        "commitment_decay": 0.02,
    }.items()
}
_RATES = [rate.item() for rate in RATES.values()]
FULL_RATES = {name: np.array([1.0]) for name in RATES}
NOTHING = np.zeros(1)

quick = settings(max_examples=50, deadline=None)
wide = st.floats(-1e3, 1e3, width=32)
units = st.floats(0, 1, width=32)
values = st.floats(-6, 6, width=32)


def one(value: float) -> Floats:
    return np.array([value], dtype=np.float64)


def number(array: Floats) -> float:
    return float(array.item())


def near(value: float) -> Any:
    return pytest.approx(value, abs=1e-12)


# -- alignment and its anchor ------------------------------------------------------------------


@quick
@given(values)
def test_alignment_at_its_anchor_with_no_flow_stays_exactly(y: float) -> None:
    assert number(updates.alignment(one(y), one(y), NOTHING, NOTHING, RATES)) == y
    assert number(updates.anchor(one(y), one(y), one(y), RATES)) == y


def test_alignment_by_hand() -> None:
    moved = updates.alignment(one(0.5), one(0.2), one(0.4), one(-1.0), RATES)
    # 0.06 * (0.75 * 0.4 - 0.25 * 1) = 0.003; 0.04 * 0.3 = 0.012
    assert number(moved) == near(0.5 + 0.003 - 0.012)


def test_own_and_received_flow_count_by_their_shares_and_in_their_direction() -> None:
    start = one(0.3)

    def moved(own: float, received: float, own_share: float) -> float:
        rates = RATES | {"own_share": one(own_share)}
        return number(updates.alignment(start, start, one(own), one(received), rates))

    assert moved(0.4, 0, 0.75) == near(0.3 + 0.06 * 0.3)
    assert moved(0, 0.4, 0.75) == near(0.3 + 0.06 * 0.1)
    assert moved(-0.4, 0, 0.75) == near(0.3 - 0.06 * 0.3)
    assert moved(0, -0.4, 0.75) == near(0.3 - 0.06 * 0.1)
    # All the weight on one side leaves the other none; half makes both sides move alike.
    assert moved(0.4, -0.9, 1) == near(0.3 + 0.06 * 0.4)
    assert moved(0.4, -0.9, 0) == near(0.3 - 0.06 * 0.9)
    assert moved(0.4, -0.8, 0.5) == near(moved(-0.8, 0.4, 0.5)) == near(0.3 - 0.06 * 0.2)


def test_alignment_returns_to_its_anchor_from_both_sides() -> None:
    assert number(updates.alignment(one(1), one(0), NOTHING, NOTHING, RATES)) == near(0.96)
    assert number(updates.alignment(one(-1), one(0), NOTHING, NOTHING, RATES)) == near(-0.96)


def test_anchor_by_hand() -> None:
    # It follows: 0.01 * (0.9 - 0.5); and is held: 0.002 * (0.5 - 0.2).
    assert number(updates.anchor(one(0.5), one(0.9), one(0.2), RATES)) == near(0.5 + 0.004 - 0.0006)
    assert number(updates.anchor(one(0.5), one(0.5), one(0.9), RATES)) == near(0.5 + 0.0008)


@quick
@given(wide, wide, wide, wide)
def test_alignment_and_anchor_keep_within_their_bounds(a: float, b: float, c: float, d: float):
    for rates in (RATES, FULL_RATES):
        moved = number(updates.alignment(one(a), one(b), one(c), one(d), rates))
        held = number(updates.anchor(one(a), one(b), one(c), rates))
        assert -6 <= moved <= 6
        assert -6 <= held <= 6


def test_bounds_are_reached_and_kept_on_both_sides() -> None:
    for side in (-1.0, 1.0):
        beyond, push = one(side * 6), one(side * 5)
        assert number(updates.alignment(beyond, beyond, push, push, FULL_RATES)) == side * 6
        assert number(updates.anchor(one(side * 6), one(side * 20), NOTHING, RATES)) == side * 6


# -- trust -------------------------------------------------------------------------------------


def test_trust_change_by_hand() -> None:
    assert number(updates.trust_change(one(0.8), one(0.5), NOTHING, RATES)) == near(
        0.01 * 0.5 * 0.2
    )
    assert number(updates.trust_change(one(0.8), NOTHING, one(-0.5), RATES)) == near(
        -0.04 * 0.5 * 0.8
    )


@quick
@given(st.floats(0.01, 2))
def test_equal_friendly_and_hostile_acts_lower_trust_from_one_half(size: float) -> None:
    friendly = number(updates.trust_change(one(0.5), one(size), NOTHING, RATES))
    hostile = number(updates.trust_change(one(0.5), NOTHING, one(-size), RATES))
    assert friendly > 0 > hostile
    assert friendly + hostile < 0
    # By how much they differ is what the two rates say.
    assert hostile / friendly == pytest.approx(-4)


def test_full_trust_cannot_rise_and_none_cannot_fall() -> None:
    assert number(updates.trust_change(one(1), one(1), NOTHING, RATES)) == 0
    assert number(updates.trust_change(one(0), NOTHING, one(-1), RATES)) == 0


@quick
@given(units, st.floats(-0.125, 0.125, width=32), units)
def test_trust_at_its_level_with_expected_acts_stays_exactly(
    level: float, usual: float, rate: float
) -> None:
    kept = updates.trust(one(level), one(usual), one(usual), NOTHING, one(rate))
    assert number(kept) == level


def test_trust_by_hand() -> None:
    # A gap of -0.2 is taken up, and a fiftieth of it closed.
    moved = updates.trust(one(0.6), one(0.03), one(0.01), one(-0.2), one(0.02))
    assert number(moved) == near(0.6 + 0.02 - 0.02 * 0.2)
    lower = updates.trust(one(0.2), one(-0.03), one(-0.01), one(0.2), one(0.02))
    assert number(lower) == near(0.2 - 0.02 + 0.02 * 0.2)
    # Let be, only the acts of the other count.
    still = updates.trust(one(0.6), one(0.03), one(0.01), NOTHING, one(0.02))
    assert number(still) == near(0.62)
    # A revision that closes the whole gap arrives.
    assert number(updates.trust(one(0.6), NOTHING, NOTHING, one(-0.5), one(1))) == near(0.1)


@quick
@given(units, wide, wide, st.floats(-1, 1, width=32), units)
def test_trust_keeps_within_its_bounds(
    trust: float, change: float, base: float, gap: float, rate: float
) -> None:
    moved = number(updates.trust(one(trust), one(change), one(base), one(gap), one(rate)))
    assert 0 <= moved <= 1


def test_trust_reaches_its_bounds() -> None:
    assert number(updates.trust(one(0.5), one(9), NOTHING, NOTHING, one(0.5))) == 1
    assert number(updates.trust(one(0.5), one(-9), NOTHING, NOTHING, one(0.5))) == 0


def test_a_breach_puts_a_share_at_stake_where_something_was_broken() -> None:
    share = np.array([0.25])
    assert number(updates.wronged(NOTHING, one(1), share)) == near(0.25)
    assert number(updates.wronged(NOTHING, one(0), share)) == 0
    assert number(updates.wronged(NOTHING, one(0.5), share)) == near(0.125)


def test_a_second_breach_puts_its_share_of_the_rest_at_stake() -> None:
    share = np.array([0.25])
    assert number(updates.wronged(one(0.25), one(1), share)) == near(1 - 0.75 * 0.75)
    assert number(updates.wronged(one(0.25), one(0.5), share)) == near(1 - 0.75 * 0.875)
    assert number(updates.wronged(one(0.25), one(0), share)) == near(0.25)


@quick
@given(units, units, units)
def test_a_breach_never_lowers_what_is_at_stake_and_keeps_its_bounds(
    stake: float, broken: float, share: float
) -> None:
    now = number(updates.wronged(one(stake), one(broken), one(share)))
    assert stake - 1e-15 <= now <= 1


# -- pressure and depth ------------------------------------------------------------------------


def test_pressure_by_hand() -> None:
    assert number(updates.pressure(NOTHING, NOTHING, RATES)) == 0
    assert number(updates.pressure(one(0.4), NOTHING, RATES)) == near(0.38)
    assert number(updates.pressure(one(-0.4), NOTHING, RATES)) == near(-0.38)
    assert number(updates.pressure(one(0.4), one(0.9), RATES)) == near(0.38 + 0.045)
    assert number(updates.pressure(one(0.4), one(-0.1), RATES)) == near(0.38 - 0.005)


def test_pressure_settles_where_rise_and_decay_meet() -> None:
    # 0.05 * 0.6 = 0.05 * 0.6: coercing postures 0.6 above the usual hold a pressure of 0.6.
    assert number(updates.pressure(one(0.6), one(0.6), RATES)) == near(0.6)


@quick
@given(wide, wide)
def test_pressure_keeps_within_its_bounds(pressure: float, coerces: float) -> None:
    for rates in (RATES, FULL_RATES):
        assert -1 <= number(updates.pressure(one(pressure), one(coerces), rates)) <= 1


def test_pressure_reaches_its_bounds() -> None:
    assert number(updates.pressure(NOTHING, one(99), RATES)) == 1
    assert number(updates.pressure(NOTHING, one(-99), RATES)) == -1


@quick
@given(units)
def test_depth_at_its_base_with_usual_acts_stays_exactly(base: float) -> None:
    assert number(updates.depth(one(base), one(base), NOTHING, NOTHING, RATES)) == base


def test_depth_by_hand() -> None:
    moved = updates.depth(one(0.5), one(0.3), one(0.8), one(0.6), RATES)
    assert number(moved) == near(0.5 + 0.02 * 0.7 - 0.02 * 0.2)
    lower = updates.depth(one(0.1), one(0.3), one(-0.2), one(0.0), RATES)
    assert number(lower) == near(0.1 - 0.02 * 0.1 + 0.02 * 0.2)


@quick
@given(units, units, units, units)
def test_depth_is_the_same_from_both_sides(depth: float, base: float, own: float, other: float):
    here = updates.depth(one(depth), one(base), one(own), one(other), RATES)
    there = updates.depth(one(depth), one(base), one(other), one(own), RATES)
    assert number(here) == number(there)


@quick
@given(wide, units, wide, wide)
def test_depth_keeps_within_its_bounds(depth: float, base: float, own: float, other: float):
    for rates in (RATES, FULL_RATES):
        moved = number(updates.depth(one(depth), one(base), one(own), one(other), rates))
        assert 0 <= moved <= 1


def test_depth_reaches_its_bounds() -> None:
    assert number(updates.depth(one(0.5), one(0.5), one(99), one(99), RATES)) == 1
    assert number(updates.depth(one(0.5), one(0.5), one(-99), one(-99), RATES)) == 0


# -- exchange ----------------------------------------------------------------------------------


def test_capacity_by_hand() -> None:
    # Both isolated: 1 - 0.8 * 0.5 = 0.6 of the world is closed to one or the other.
    open_share = updates.capacity(one(0.9), one(0.5), one(0.2), one(0.5))
    assert number(open_share) == near(0.9 * (1 - 0.5 * 0.6))


def test_capacity_is_the_channel_where_nobody_is_isolated() -> None:
    assert number(updates.capacity(one(0.7), one(1), NOTHING, NOTHING)) == 0.7


@pytest.mark.parametrize("isolation", [(1.0, 0.0), (0.0, 1.0), (1.0, 1.0)])
def test_isolation_of_either_side_cuts_off_all_that_is_exposed(
    isolation: tuple[float, float],
) -> None:
    a, b = isolation
    assert number(updates.capacity(one(0.8), one(0.75), one(a), one(b))) == near(0.2)


@quick
@given(units, units, units, units)
def test_capacity_keeps_within_the_channel(channel: float, exposure: float, a: float, b: float):
    here = number(updates.capacity(one(channel), one(exposure), one(a), one(b)))
    assert 0 <= here <= channel
    assert number(updates.capacity(one(channel), one(exposure), one(b), one(a))) == near(here)


def closed(exchange: float, gap: float, revised: bool | float, rate: float) -> float:
    """Exchange after a month; of a fresh gap, as it is used up."""
    return number(updates.cooperation(one(exchange), one(gap), one(revised), one(rate)))


def gap_of(exchange: float, desired: float, openness: float) -> float:
    return number(updates.exchange_gap(one(exchange), one(desired), one(openness)))


@quick
@given(units, units)
def test_exchange_at_what_is_desired_and_open_stays_exactly(exchange: float, rate: float) -> None:
    assert gap_of(exchange, exchange, 1) == 0
    for revised in (0, 1):
        assert closed(exchange, 0, revised, rate) == exchange


@quick
@given(units, st.floats(-1, 1, width=32), units)
def test_exchange_that_is_let_be_stays_exactly(exchange: float, gap: float, rate: float) -> None:
    assert closed(exchange, gap, 0, rate) == exchange


def test_exchange_gap_by_hand() -> None:
    assert gap_of(0.2, 0.8, 0.75) == near(0.4)
    assert gap_of(0.9, 0.5, 1) == near(-0.4)
    # Neither a wish for more than everything nor for less than nothing comes true.
    assert gap_of(0.5, 3, 2) == near(0.5)
    assert gap_of(0.5, -3, 2) == near(-0.5)


def test_cooperation_by_hand() -> None:
    assert closed(0.2, 0.4, 1, 0.1) == near(0.24)
    assert closed(0.9, -0.4, 1, 0.25) == near(0.8)
    # On average, with the probability of a revision.
    assert closed(0.9, -0.4, 0.5, 0.25) == near(0.85)
    assert closed(0.5, 0.5, 1, 1) == 1
    assert closed(0.5, -0.5, 1, 1) == 0


def test_some_pairs_of_a_domain_revise_and_others_do_not() -> None:
    exchange = np.array([[[0.2, 0.2], [0.6, 0.6]]])
    gap, revised = np.full((1, 2, 2), 0.2), np.array([[[True, False], [False, True]]])
    moved = updates.cooperation(exchange, gap, revised, np.array([[[0.5]]]))
    np.testing.assert_allclose(moved, [[[0.3, 0.2], [0.6, 0.7]]], rtol=0, atol=1e-12)


@quick
@given(units, wide, st.floats(0, 20), units, units)
def test_cooperation_keeps_within_its_bounds(
    exchange: float, desired: float, openness: float, revised: float, rate: float
) -> None:
    moved = closed(exchange, gap_of(exchange, desired, openness), revised, rate)
    assert -1e-12 <= moved <= 1 + 1e-12


# -- coercion ----------------------------------------------------------------------------------


def test_pressure_within_the_band_is_chance_and_beyond_it_counts() -> None:
    policy, band = one(0.3), one(0.1)
    for pressure, expected in ((0, 0.3), (0.1, 0.3), (-0.1, 0.3), (0.25, 0.45), (-0.3, 0.1)):
        assert number(updates.coercion(policy, one(pressure), band)) == near(expected)
    assert number(updates.coercion(policy, one(0.9), band)) == 1
    assert number(updates.coercion(policy, one(-0.9), band)) == 0


def test_the_band_is_two_standard_deviations_of_pressure_by_chance() -> None:
    """Simulated: pressure of an actor that coerces in one month of ten, and of one in two."""
    generator = np.random.default_rng(5)
    for chance in (0.1, 0.5):
        pressure = np.zeros(40_000)
        for _ in range(200):  # long against the memory of 20 months
            acts = (generator.random(pressure.size) < chance) - chance
            pressure = updates.pressure(pressure, acts, RATES)
        band = number(updates.pressure_band(one(chance), RATES))
        assert band == pytest.approx(2 * pressure.std(), rel=0.03)
    assert number(updates.pressure_band(one(0), RATES)) == 0


# -- arenas ------------------------------------------------------------------------------------


@quick
@given(units, units)
def test_an_arena_at_its_mean_that_nothing_moves_stays_exactly(level: float, rate: float) -> None:
    still = updates.arena(one(level), one(level), NOTHING, NOTHING, NOTHING, one(rate))
    assert number(still) == level


@pytest.mark.parametrize("term", ["shift", "push", "shock"])
def test_everything_that_moves_an_arena_adds_up(term: str) -> None:
    parts = {"shift": NOTHING, "push": NOTHING, "shock": NOTHING}
    for change in (0.1, -0.1):
        mean = 0.5 + change if term == "shift" else 0.5  # a shift is that of the mean itself
        at_mean = {"level": one(0.5), "mean": one(mean), "rate": one(0.2)}
        found = updates.arena(**at_mean, **(parts | {term: one(change)}))
        assert number(found) == near(0.5 + change)


def test_an_arena_returns_to_its_mean() -> None:
    back = updates.arena(one(0.3), one(0.5), NOTHING, NOTHING, NOTHING, one(0.2))
    assert number(back) == near(0.34)
    back = updates.arena(one(0.7), one(0.5), NOTHING, NOTHING, NOTHING, one(0.2))
    assert number(back) == near(0.66)


@quick
@given(units, units, wide, wide, wide, units)
def test_an_arena_keeps_within_its_bounds(
    level: float, mean: float, shift: float, push: float, shock: float, rate: float
) -> None:
    moved = updates.arena(one(level), one(mean), one(shift), one(push), one(shock), one(rate))
    assert 0 <= number(moved) <= 1


def test_an_arena_reaches_its_bounds() -> None:
    assert number(updates.arena(one(0.5), one(0.5), one(2), NOTHING, NOTHING, one(0.1))) == 1
    assert number(updates.arena(one(0.5), one(0.5), NOTHING, one(-2), NOTHING, one(0.1))) == 0


# -- arguments ---------------------------------------------------------------------------------

RULES = [rule for _, rule in inspect.getmembers(updates, inspect.isfunction)]
USED_UP = {(updates.cooperation, "gap")}
"""What a rule is given for good, as it says itself."""


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_updates_leave_what_they_are_given_as_it_was(rule: Any) -> None:
    # The states of a month are read by several rules: all must see the same.
    names = [name for name in inspect.signature(rule).parameters if name != "rates"]
    arrays = {
        name: np.linspace(0.1, 0.9, 24).reshape(2, 3, 4) / (place + 1)
        for place, name in enumerate(names)
    }
    before = {name: array.copy() for name, array in arrays.items()}
    rates = {"rates": RATES} if "rates" in inspect.signature(rule).parameters else {}
    result = rule(**arrays, **rates)
    for name, array in arrays.items():
        if (rule, name) not in USED_UP:
            np.testing.assert_array_equal(array, before[name])
            assert not np.shares_memory(result, array)
    assert all(rate.item() == value for rate, value in zip(RATES.values(), _RATES, strict=True))
