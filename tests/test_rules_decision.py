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
