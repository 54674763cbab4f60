"""Calibration against posteriors that are known in closed form."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from alliance_sim.calibration import Effort, Population, Ranks, Sample, nearest, ranks, sequential
from alliance_sim.calibration.adjusting import Doubles
from alliance_sim.errors import InputError

SIZE = 10
"""Observations of each mean."""
MEANS = np.array([0.8, -0.4])
"""Observed means; their numbers have a standard normal prior, and observations a spread of 1."""
SLOW = Effort(particles=600, least_acceptance=0.02, most=60_000)


def simulate(points: Doubles, luck: np.ndarray) -> Doubles:
    """Means of observations, and a summary that knows nothing of any number."""
    noise = np.stack([np.random.default_rng([1, int(row)]).standard_normal(3) for row in luck])
    means = stats.norm.ppf(points) + noise[:, :2] / np.sqrt(SIZE)
    return np.column_stack([means, noise[:, 2]])


@pytest.fixture(scope="module")
def population() -> Population:
    return sequential(simulate, np.array([*MEANS, 0.0]), 2, seed=0, effort=SLOW)


def moments(sample: Sample) -> tuple[Doubles, Doubles]:
    numbers = stats.norm.ppf(sample.points)
    mean = sample.weights @ numbers
    return mean, np.sqrt(sample.weights @ np.square(numbers - mean))


def test_the_posterior_is_that_of_the_closed_form(population: Population) -> None:
    mean, sd = moments(population.posterior)
    exact_sd = 1 / np.sqrt(SIZE + 1)
    np.testing.assert_allclose(mean, SIZE * MEANS / (SIZE + 1), atol=0.25 * exact_sd)
    np.testing.assert_allclose(sd, exact_sd, rtol=0.15)


def test_generations_come_nearer(population: Population) -> None:
    thresholds = [each.threshold for each in population.generations]
    assert len(thresholds) > 3
    assert thresholds == sorted(thresholds, reverse=True)
    assert population.generations[-1].shift < population.generations[0].shift
    assert all(SLOW.particles / 4 < each.effective <= 600.1 for each in population.generations)


def test_the_population_before_adjustment_is_that_of_its_threshold(population: Population) -> None:
    """By plain rejection: points of the prior whose summaries are as near."""
    rng = np.random.default_rng(7)
    points = rng.random((60_000, 2))
    means = stats.norm.ppf(points) + rng.standard_normal(points.shape) / np.sqrt(SIZE)
    found = np.column_stack([means, rng.standard_normal(len(points))])
    apart = np.square((found - population.observed) / population.scale).sum(axis=1)
    near = points[np.sqrt(apart) <= population.generations[-1].threshold]
    assert len(near) > 100
    mean, sd = moments(population.sample)
    known = stats.norm.ppf(near)
    np.testing.assert_allclose(mean, known.mean(axis=0), atol=4 * known.std() / np.sqrt(len(near)))
    np.testing.assert_allclose(sd, known.std(axis=0), rtol=0.2)


def test_the_same_seed_gives_the_same_points() -> None:
    small = Effort(particles=40, most=1000)
    one, two, other = (
        sequential(simulate, np.array([*MEANS, 0.0]), 2, seed=seed, effort=small)
        for seed in (0, 0, 1)
    )
    assert np.array_equal(one.sample.points, two.sample.points)
    assert not np.array_equal(one.sample.points, other.sample.points)


def test_no_more_is_simulated_than_allowed() -> None:
    effort = Effort(particles=50, most=777)
    found = sequential(simulate, np.array([*MEANS, 0.0]), 2, seed=0, effort=effort)
    assert sum(each.simulated for each in found.generations) <= 777


def test_a_summary_that_never_varies_says_nothing() -> None:
    rng = np.random.default_rng(0)
    points = rng.random((2000, 1))
    summaries = np.column_stack([points[:, 0], np.full(2000, 3.0)])
    found = nearest(points, summaries, np.array([0.3, 99.0]), keep=200)
    assert abs(found.weights @ found.points[:, 0] - 0.3) < 0.01


def test_rows_are_as_frequent_as_their_weights() -> None:
    weights = np.array([0.5, 0.25, 0.125, 0.125])
    sample = Sample(np.linspace(0.1, 0.9, 4)[:, None], weights)
    found = sample.rows(800, np.random.default_rng(0))
    assert np.bincount(found).tolist() == [400, 200, 100, 100]
    assert sample.effective == pytest.approx(1 / (0.25 + 0.0625 + 2 / 64))


# -- simulation-based calibration --------------------------------------------------------------


@pytest.fixture(scope="module")
def table() -> tuple[Doubles, Doubles]:
    points = np.random.default_rng(3).random((6000, 2))
    return points, simulate(points, np.arange(len(points)))


def test_ranks_of_a_right_calibration_are_uniform(table: tuple[Doubles, Doubles]) -> None:
    found = ranks(*table, replicates=400, keep=400, seed=0)
    low, high = found.band(10)
    counts = found.counts(10)
    assert counts.sum(axis=0).tolist() == [400, 400]
    assert (low <= counts).all()
    assert (counts <= high).all()
    assert (found.p_values(10) > 0.001).all()


def test_ranks_of_a_wrong_calibration_are_not(table: tuple[Doubles, Doubles]) -> None:
    """Noise of another size than is believed: the truth lies in the tails too often."""
    points, summaries = table
    rng = np.random.default_rng(5)
    found = []
    for place in range(400):
        near = nearest(points[400:], summaries[400:], summaries[place] * 1.5, keep=400)
        drawn = near.points[rng.choice(len(near.weights), 99, p=near.weights)]
        found.append((drawn < points[place]).sum(axis=0))
    assert (Ranks(np.array(found), 99).p_values(10) < 0.001).all()


def test_the_band_is_that_of_the_binomial() -> None:
    found = Ranks(np.zeros((400, 1), dtype=np.int64), 99)
    low, high = found.band(10)
    inside = stats.binom.cdf(high, 400, 0.1) - stats.binom.cdf(low - 1, 400, 0.1)
    assert 0.99 <= inside < 0.995
    with pytest.raises(ValueError, match="7 bins do not divide 100 ranks"):
        found.counts(7)


def test_few_points_for_many_summaries_stay_where_they_are() -> None:
    """A regression would fit their luck: moved points would follow the observed summaries."""
    rng = np.random.default_rng(2)
    for count, moves in ((8, False), (400, True)):
        points, told = rng.random((count, 1)), rng.normal(size=(count, 3))
        told[:, :1] += 3 * stats.norm.ppf(points)
        found = nearest(points, told, np.zeros(3), count, np.ones(3))
        order = np.argsort(np.linalg.norm(told, axis=1), kind="stable")
        assert np.array_equal(found.points, points[order]) is not moves


def test_a_search_says_whether_its_points_are_adjusted(population: Population) -> None:
    assert population.adjusts
    few = Effort(particles=6, first=2, most=12)
    assert not sequential(simulate, np.zeros(3), 2, seed=0, effort=few).adjusts


def test_a_search_is_allowed_its_first_generation() -> None:
    with pytest.raises(InputError, match="39 runs are too few for 10 particles; allow the 40"):
        Effort(particles=10, most=39)
