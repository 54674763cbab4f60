"""Decisions: an ordered logit against its closed form, and acts whose mean is nothing."""

import math
from itertools import pairwise

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from alliance_sim.arrays import Acts, Expected, Floats
from alliance_sim.rules import decision

CUTS = (-2.6, -1.1, 1.1, 2.6)
IMPACTS = (-1.0, -0.4, 0.0, 0.4, 1.0)
DRAWS = 1_000_000
quick = settings(max_examples=50, deadline=None)


def single(value: float) -> Floats:
    """A number as a dyad of one run."""
    return np.array([[[value]]])


def shares_of(utility: float, temperature: float) -> list[float]:
    """Probability of each rung: differences of the logistic distribution function."""
    below = [stats.logistic.cdf(cut, loc=utility, scale=temperature) for cut in CUTS]
    edges = [0.0, *below, 1.0]
    return [high - low for low, high in pairwise(edges)]


@pytest.fixture(scope="module")
def noise() -> npt.NDArray[np.float64]:
    """Logistic draws, not by way of the module."""
    return stats.logistic.rvs(size=(1, 1, DRAWS), random_state=np.random.default_rng(11))


# -- noise and utility -------------------------------------------------------------------------


def test_logit_is_the_quantile_of_the_logistic_distribution() -> None:
    u = np.array([2.0**-25, 0.01, 0.25, 0.5, 0.9, 1 - 2.0**-24])
    np.testing.assert_allclose(decision.logit(u), stats.logistic.ppf(u), rtol=1e-12, atol=1e-12)
    assert np.isfinite(decision.logit(u.astype(np.float32))).all()


def test_utility_by_hand() -> None:
    value = decision.utility(
        np.array([[[0.5]]]), np.array([1.6]), single(-0.25), single(0.75), single(0.5)
    )
    # 0.5 + 1.6 * -0.25 + (0.75 - 0.5)
    assert value.item() == pytest.approx(0.35, abs=1e-15)


# -- choose ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("latent", "rung"),
    [(-9, 0), (-2.7, 0), (-2.5, 1), (-1.2, 1), (-1, 2), (0, 2), (1, 2), (1.2, 3), (2.5, 3), (9, 4)],
)
def test_rungs_lie_between_the_cutpoints(latent: float, rung: int) -> None:
    chosen = decision.choose(single(latent), np.array([[1.0]]), single(0), CUTS)
    assert chosen.dtype == np.int8
    assert chosen.item() == rung


def test_a_cutpoint_itself_is_not_exceeded() -> None:
    chosen = [decision.choose(single(c), np.array([[1.0]]), single(0), CUTS).item() for c in CUTS]
    assert chosen == [0, 1, 2, 3]


def test_temperature_is_that_of_the_actor_who_decides() -> None:
    # The first actor is cold and stays at hold; the second, on the same draw, climbs.
    noise = np.full((2, 2, 1), 2.0)
    chosen = decision.choose(np.zeros((2, 2, 1)), np.array([[0.1], [3.0]]), noise, CUTS)
    assert chosen[..., 0].tolist() == [[2, 2], [4, 4]]
    falling = decision.choose(np.zeros((2, 2, 1)), np.array([[0.1], [3.0]]), -noise, CUTS)
    assert falling[..., 0].tolist() == [[2, 2], [0, 0]]


@pytest.mark.parametrize(("utility", "temperature"), [(0.0, 1.0), (1.3, 0.7), (-2.0, 1.6)])
def test_frequencies_of_choices_are_differences_of_the_logistic_distribution(
    noise: npt.NDArray[np.float64], utility: float, temperature: float
) -> None:
    chosen = decision.choose(single(utility), np.array([[temperature]]), noise, CUTS)
    for rung, share in enumerate(shares_of(utility, temperature)):
        error = math.sqrt(share * (1 - share) / DRAWS)
        assert np.mean(chosen == rung) == pytest.approx(share, abs=4 * error)


@quick
@given(st.floats(-5, 5), st.floats(0, 5), st.floats(0.01, 3), st.floats(-15, 15))
def test_higher_utility_never_gives_a_lower_rung_on_the_same_draw(
    utility: float, rise: float, temperature: float, draw: float
) -> None:
    heat = np.array([[temperature]])
    before = decision.choose(single(utility), heat, single(draw), CUTS).item()
    after = decision.choose(single(utility + rise), heat, single(draw), CUTS).item()
    assert 0 <= before <= after <= 4


# -- probabilities -----------------------------------------------------------------------------


@quick
@given(st.floats(-8, 8), st.floats(0.2, 3))
def test_probabilities_are_those_of_the_logistic_distribution(
    utility: float, temperature: float
) -> None:
    chances = decision.probabilities(single(utility), np.array([[temperature]]), CUTS)
    assert [chance.item() for chance in chances] == pytest.approx(
        shares_of(utility, temperature), abs=1e-12
    )


@pytest.mark.parametrize("utility", [-400.0, 400.0])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_probabilities_of_the_far_ends_are_certain_and_do_not_overflow(
    utility: float, dtype: type
) -> None:
    chances = decision.probabilities(
        single(utility).astype(dtype), np.array([[0.01]], dtype=dtype), CUTS
    )
    sure = 4 if utility > 0 else 0
    assert [chance.item() for chance in chances] == pytest.approx(
        [1.0 if rung == sure else 0.0 for rung in range(5)], abs=1e-30
    )


def test_probabilities_use_the_temperature_of_the_actor_who_decides() -> None:
    chances = decision.probabilities(np.ones((2, 2, 1)), np.array([[0.5], [2.0]]), CUTS)
    for i, temperature in enumerate((0.5, 2.0)):
        for j in range(2):
            assert [chance[i, j, 0] for chance in chances] == pytest.approx(
                shares_of(1.0, temperature), abs=1e-12
            )


# -- what postures do --------------------------------------------------------------------------


def _chances(*values: float) -> list[Floats]:
    return [single(value) for value in values]


def _numbers(of: Expected | Acts) -> dict[str, float]:
    return {name: float(np.asarray(getattr(of, name)).item()) for name in of.__slots__}


def test_expected_by_hand() -> None:
    tie = single(1)
    base = decision.expected(_chances(0.1, 0.2, 0.3, 0.25, 0.15), IMPACTS, tie)
    # Mean: -0.1 - 0.08 + 0 + 0.1 + 0.15 = 0.07; then what lies above and below it.
    assert _numbers(base) == pytest.approx(
        {
            "impact": 0.07,
            "friendly": 0.25 * (0.4 - 0.07) + 0.15 * (1 - 0.07),
            "hostile": -0.1 * 1.07 - 0.2 * 0.47 - 0.3 * 0.07,
            "coerces": 0.1,
            "commits": 0.15,
        },
        abs=1e-12,
    )


def test_nothing_is_expected_without_a_tie() -> None:
    base = decision.expected(_chances(0.1, 0.2, 0.3, 0.25, 0.15), IMPACTS, single(0))
    assert set(_numbers(base).values()) == {0.0}


@pytest.mark.parametrize(
    ("rung", "flow", "coerces", "commits"),
    [
        (0, -1.07, 0.9, -0.15),
        (1, -0.47, -0.1, -0.15),
        (2, -0.07, -0.1, -0.15),
        (3, 0.33, -0.1, -0.15),
        (4, 0.93, -0.1, 0.85),
    ],
)
def test_acts_by_hand(rung: int, flow: float, coerces: float, commits: float) -> None:
    base = decision.expected(_chances(0.1, 0.2, 0.3, 0.25, 0.15), IMPACTS, single(1))
    posture = np.array([[[rung]]], dtype=np.int8)
    found = _numbers(decision.acts(posture, np.array(IMPACTS), single(1), base))
    assert found == pytest.approx(
        {
            "flow": flow,
            "friendly": flow if flow > 0 else 0,
            "hostile": flow if flow < 0 else 0,
            "coerces": coerces,
            "commits": commits,
        },
        abs=1e-12,
    )


@pytest.mark.parametrize("rung", range(5))
def test_no_posture_does_anything_without_a_tie(rung: int) -> None:
    base = decision.expected(_chances(0.1, 0.2, 0.3, 0.25, 0.15), IMPACTS, single(0))
    posture = np.array([[[rung]]], dtype=np.int8)
    found = decision.acts(posture, np.array(IMPACTS), single(0), base)
    assert set(_numbers(found).values()) == {0.0}


@pytest.mark.parametrize(("utility", "temperature"), [(0.0, 1.0), (1.7, 0.8), (-2.2, 1.3)])
def test_acts_at_the_base_utility_are_nothing_on_average(
    noise: npt.NDArray[np.float64], utility: float, temperature: float
) -> None:
    heat, tie = np.array([[temperature]]), single(1)
    base = decision.expected(decision.probabilities(single(utility), heat, CUTS), IMPACTS, tie)
    chosen = decision.choose(single(utility), heat, noise, CUTS)
    found = decision.acts(chosen, np.array(IMPACTS), tie, base)
    for values in (
        found.flow,
        found.coerces,
        found.commits,
        found.friendly - base.friendly,
        found.hostile - base.hostile,
    ):
        error = values.std() / math.sqrt(DRAWS)
        assert error > 0
        assert abs(values.mean()) < 4 * error


def test_mean_acts_at_the_base_are_nothing() -> None:
    chances = _chances(0.1, 0.2, 0.3, 0.25, 0.15)
    base = decision.expected(chances, IMPACTS, single(1))
    found = _numbers(decision.mean_acts(chances, IMPACTS, single(1), base))
    assert (found["flow"], found["coerces"], found["commits"]) == (0.0, 0.0, 0.0)
    assert found["friendly"] == pytest.approx(base.friendly.item(), abs=1e-15)
    assert found["hostile"] == pytest.approx(base.hostile.item(), abs=1e-15)


def test_mean_acts_are_the_mean_of_acts(noise: npt.NDArray[np.float64]) -> None:
    heat, tie = np.array([[0.9]]), single(1)
    base = decision.expected(decision.probabilities(single(0.4), heat, CUTS), IMPACTS, tie)
    chosen = decision.choose(single(1.5), heat, noise, CUTS)
    drawn = decision.acts(chosen, np.array(IMPACTS), tie, base)
    mean = decision.mean_acts(decision.probabilities(single(1.5), heat, CUTS), IMPACTS, tie, base)
    for name, value in _numbers(mean).items():
        values = getattr(drawn, name)
        assert value == pytest.approx(values.mean(), abs=4 * values.std() / math.sqrt(DRAWS))
        assert value != 0


def test_mean_acts_without_a_tie_are_nothing() -> None:
    chances = _chances(0.1, 0.2, 0.3, 0.25, 0.15)
    base = decision.expected(chances, IMPACTS, single(0))
    other = _chances(0.0, 0.1, 0.2, 0.3, 0.4)
    assert set(_numbers(decision.mean_acts(other, IMPACTS, single(0), base)).values()) == {0.0}


# -- revisions ---------------------------------------------------------------------------------

CHANCES = (0.05, 0.25, 0.5, 0.9)
SIDES = (1, 2, 3)
MANY = 200_000


def moods(sides: int, seed: int = 23) -> npt.NDArray[np.float64]:
    """Moods of the least willing of so many sides; logistic draws not by way of the module."""
    draws = stats.logistic.rvs(size=(sides, MANY), random_state=np.random.default_rng(seed))
    return draws.min(axis=0)


def within(found: float, chance: float, draws: int = MANY) -> bool:
    """Whether a share is that of a chance, by the error of so many draws."""
    return abs(found - chance) <= 4 * math.sqrt(chance * (1 - chance) / draws)


@pytest.mark.parametrize("sides", SIDES)
@pytest.mark.parametrize("chance", CHANCES)
def test_bars_are_passed_with_the_chance_of_a_revision(chance: float, sides: int) -> None:
    rise, fall = decision.revision_bars(chance, sides)
    # All sides are above the one bar; not all are above the other.
    assert stats.logistic.sf(rise) ** sides == pytest.approx(chance, abs=1e-12)
    assert 1 - stats.logistic.sf(fall) ** sides == pytest.approx(chance, abs=1e-12)
    mood = moods(sides)
    assert within(np.mean(mood > rise), chance)
    assert within(np.mean(mood < fall), chance)


def test_bars_of_one_side_are_mirrored_and_of_two_are_lower() -> None:
    rise, fall = decision.revision_bars(0.25, 1)
    assert (rise, fall) == pytest.approx((math.log(3), -math.log(3)), abs=1e-12)
    rise, fall = decision.revision_bars(0.25, 2)
    # Each has to be willing with one half; one of two unwilling with 1 - sqrt(3) / 2.
    share = 1 - math.sqrt(0.75)
    assert (rise, fall) == pytest.approx((0, math.log(share / (1 - share))), abs=1e-12)


GAPS = (1e-9, 0.05, 0.4, 1.0)


@pytest.mark.parametrize("sides", SIDES[:2])
@pytest.mark.parametrize("eagerness", [0.0, 2.0, 7.0])
@pytest.mark.parametrize("gap", [sign * gap for gap in GAPS for sign in (1, -1)])
def test_chance_of_a_revision_is_the_mean_of_revisions(
    gap: float, eagerness: float, sides: int
) -> None:
    bars, eager = decision.revision_bars(0.25, sides), np.array([eagerness])
    chance = decision.revision_chance(np.array([gap]), eager, bars, sides).item()
    # To rise every side is willing, and the more so the wider the gap; to fall one is.
    push = eagerness * abs(gap)
    if gap > 0:
        assert chance == pytest.approx(stats.logistic.sf(bars[0] - push) ** sides, abs=1e-12)
    else:
        assert chance == pytest.approx(1 - stats.logistic.sf(bars[1] + push) ** sides, abs=1e-12)
    revised = decision.revises(np.array([gap]), moods(sides), eager, bars)
    assert revised.dtype == bool
    assert within(np.mean(revised), chance)


@pytest.mark.parametrize("sides", SIDES[:2])
def test_a_small_gap_is_taken_up_with_the_chance_itself_and_a_wider_one_sooner(sides: int) -> None:
    bars, eager = decision.revision_bars(0.25, sides), np.array([2.0])
    for sign in (1, -1):
        gaps = sign * np.array([1e-12, 0.1, 0.3, 0.6, 1.0])
        chances = decision.revision_chance(gaps, eager, bars, sides)
        assert chances[0] == pytest.approx(0.25, abs=1e-9)
        assert (np.diff(chances) > 0).all()
        still = decision.revision_chance(gaps, np.zeros(1), bars, sides)
        assert still == pytest.approx(np.full(5, 0.25), abs=1e-12)


def test_revisions_by_hand() -> None:
    # Bars of ln 3 and -ln 3; eagerness 2, so a gap of a half brings a bar nearer by one.
    bars, eager = decision.revision_bars(0.25, 1), np.array([2.0])
    near, far = math.log(3) - 1, math.log(3)
    for mood, rises, falls, slightly_rises, slightly_falls in (
        (far + 0.01, True, False, True, False),
        (far - 0.01, True, False, False, False),
        (near + 0.01, True, False, False, False),
        (near - 0.01, False, False, False, False),
        (-near + 0.01, False, False, False, False),
        (-near - 0.01, False, True, False, False),
        (-far - 0.01, False, True, False, True),
    ):
        gaps = np.array([0.5, -0.5, 1e-9, -1e-9])
        found = decision.revises(gaps, np.full(4, mood), eager, bars)
        assert found.tolist() == [rises, falls, slightly_rises, slightly_falls], mood


@quick
@given(st.floats(-20, 20), st.floats(0, 50), st.floats(0.01, 0.99), st.integers(1, 3))
def test_without_a_gap_there_is_nothing_to_revise(
    mood: float, eagerness: float, chance: float, sides: int
) -> None:
    bars = decision.revision_bars(chance, sides)
    for nothing in (0.0, -0.0):
        gap = np.array([nothing])
        assert not decision.revises(gap, np.array([mood]), np.array([eagerness]), bars).item()
        usual = decision.revision_chance(gap, np.array([eagerness]), bars, sides)
        assert (gap * usual).item() == 0


@quick
@given(st.floats(-1, 1), st.floats(0, 1), st.floats(-20, 20), st.floats(0, 9))
def test_a_wider_gap_is_taken_up_in_every_mood_in_which_a_smaller_is(
    gap: float, wider: float, mood: float, eagerness: float
) -> None:
    bars, eager = decision.revision_bars(0.25, 1), np.array([eagerness])
    more = gap + math.copysign(wider, gap)
    here, there = decision.revises(np.array([gap, more]), np.full(2, mood), eager, bars)
    assert there >= here or gap == 0


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_revisions_keep_their_precision(dtype: type) -> None:
    gap, eager = np.array([0.2, -0.2], dtype), np.array([2.0], dtype)
    bars = decision.revision_bars(0.25, 2)
    assert decision.revision_chance(gap, eager, bars, 2).dtype == dtype
    assert decision.revises(gap, np.array([9.0, -9.0], dtype), eager, bars).all()


# -- choices -----------------------------------------------------------------------------------

SHARES = [(0.5, 0.5), (0.2, 0.5, 0.3), (0.05, 0.15, 0.1, 0.4, 0.3)]


def option_shares(utility: float, shares: tuple[float, ...]) -> list[float]:
    """Probability of each option, by the logistic distribution function."""
    cuts = stats.logistic.ppf(np.cumsum(shares)[:-1])
    edges = [0.0, *stats.logistic.cdf(cuts, loc=utility), 1.0]
    return [high - low for low, high in pairwise(edges)]


@pytest.mark.parametrize("shares", SHARES)
def test_cutpoints_of_a_choice_reproduce_its_shares(shares: tuple[float, ...]) -> None:
    cuts = decision.choice_cutpoints(shares)
    assert len(cuts) == len(shares) - 1
    assert np.diff([0, *stats.logistic.cdf(cuts), 1]) == pytest.approx(shares, abs=1e-12)


@pytest.mark.parametrize("shares", SHARES)
@pytest.mark.parametrize("utility", [0.0, 0.7, -1.5])
def test_frequencies_of_options_and_their_mean(shares: tuple[float, ...], utility: float) -> None:
    cuts, top = decision.choice_cutpoints(shares), len(shares) - 1
    noise = moods(1, seed=31)
    chosen = decision.option(np.full(MANY, utility), noise, cuts)
    chances = option_shares(utility, shares)
    for rung, chance in enumerate(chances):
        assert within(np.mean(np.isclose(chosen, rung / top)), chance)
    wanted = sum(chance * rung / top for rung, chance in enumerate(chances))
    mean = decision.mean_option(np.array([utility]), cuts).item()
    assert mean == pytest.approx(wanted, abs=1e-12)
    assert chosen.mean() == pytest.approx(mean, abs=4 * chosen.std() / math.sqrt(MANY))


def test_options_by_hand() -> None:
    cuts = (-1.0, 0.5)
    latent = np.array([-3.0, -1.0, -0.9, 0.5, 0.6])
    expected = [0, 0, 0.5, 0.5, 1]  # a cutpoint itself is not exceeded
    assert decision.option(latent, np.zeros(5), cuts).tolist() == expected
    assert decision.option(np.zeros(5), latent, cuts).tolist() == expected
    assert decision.option(np.full(5, 0.25), latent - 0.25, cuts)[[0, 2, 4]].tolist() == [0, 0.5, 1]


@quick
@given(st.floats(-5, 5), st.floats(0, 5), st.floats(-15, 15))
def test_higher_utility_never_gives_a_lower_option(
    utility: float, rise: float, draw: float
) -> None:
    cuts, noise = decision.choice_cutpoints(SHARES[2]), np.full(2, draw)
    here, there = decision.option(np.array([utility, utility + rise]), noise, cuts)
    assert 0 <= here <= there <= 1


@pytest.mark.parametrize("utility", [-400.0, 400.0])
def test_far_ends_of_a_choice_are_certain_and_do_not_overflow(utility: float) -> None:
    mean = decision.mean_option(
        np.array([utility], np.float32), decision.choice_cutpoints((0.5, 0.5))
    )
    assert mean.dtype == np.float32
    assert mean.item() == pytest.approx(float(utility > 0), abs=1e-30)
