"""The observation model, its filter and its fit against what is known by another route."""

import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import multivariate_normal

from alliance_sim.errors import InputError
from alliance_sim.load.observation import load_observation
from alliance_sim.observations.filtering import filtered, forecast, forecast_moments, recent_errors
from alliance_sim.observations.fitting import fit
from alliance_sim.observations.model import Linear, Ordinal
from alliance_sim.observations.parameters import LATENTS, RANGES, linear, ordinal, uncertain
from alliance_sim.observations.sampling import (
    TYPICAL_SHARES,
    kappa,
    kappa_sd,
    kappa_sd_of_shares,
    kappa_sd_of_votes,
)
from alliance_sim.observations.tables import read_observations
from alliance_sim.spec.numbers import Lognormal

ROOT = Path(__file__).resolve().parents[1]
DATA = Path(os.environ.get("ALLIANCE_SIM_DATA", ROOT.parent / "shared" / "data"))

NUMBERS = Linear(0.1, 0.5, noise=0.08, drift=0.05, between=0.3, sampling=0.4, back=0.1)
NAN = np.nan


# --- A dense normal distribution, built without any filter ----------------------------------


def dense(
    latent: np.ndarray, errors: np.ndarray, numbers: Linear, start: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Mean of all years' values of one dyad, covariance of discrepancies, variances of errors.

    The discrepancy is written as a sum of independent shocks: its start, and a step a year.
    """
    years = len(latent)
    stay = 1 - numbers.back
    loadings = np.zeros((years, years))
    for year in range(start, years):
        loadings[year, 0] = numbers.between * stay ** (year - start)
        for shock in range(start + 1, year + 1):
            loadings[year, shock - start] = numbers.drift * stay ** (year - shock)
    loadings[:start, -1] = numbers.between  # not used: nothing is observed before the start
    error = numbers.noise**2 + (numbers.sampling * errors) ** 2
    return numbers.level + numbers.slope * latent, loadings @ loadings.T, error


def conditioned(
    mean: np.ndarray, state: np.ndarray, error: np.ndarray, values: np.ndarray, origin: int
) -> tuple[np.ndarray, np.ndarray, float]:
    """Moments of all discrepancies given the values up to an origin, and their log likelihood."""
    seen = np.flatnonzero(np.isfinite(values[: origin + 1]))
    if not seen.size:
        return np.zeros(len(mean)), state, 0.0
    total = state[np.ix_(seen, seen)] + np.diag(error[seen])
    gain = np.linalg.solve(total, state[seen]).T
    residual = (values - mean)[seen]
    likelihood = multivariate_normal(mean[seen], total).logpdf(values[seen])
    return gain @ residual, state - gain @ state[seen], float(likelihood)


PANELS = st.integers(0, 2**32 - 1)


@settings(max_examples=40, deadline=None)
@given(seed=PANELS, back=st.sampled_from([0.0, 0.1, 1.0]), origin=st.integers(0, 6))
def test_the_filter_is_the_dense_normal_distribution(seed: int, back: float, origin: int) -> None:
    rng = np.random.default_rng(seed)
    dyads, years, ahead = 3, 10, (1, 3)
    numbers = replace(NUMBERS, back=back)
    latent = rng.uniform(-1, 1, (dyads, years, 1))
    values = rng.normal(0, 0.4, (dyads, years))
    values[rng.random((dyads, years)) < 0.4] = NAN
    errors = np.where(np.isfinite(values), rng.uniform(0.05, 0.2, (dyads, years)), NAN)
    found = filtered(latent, values, errors, numbers, origin)
    means, variances = forecast_moments(latent, values, errors, origin, ahead, numbers)
    next_errors = recent_errors(errors, origin)
    likelihood = 0.0
    for dyad in range(dyads):
        seen = np.flatnonzero(np.isfinite(values[dyad, : origin + 1]))
        start = int(seen[0]) if seen.size else origin
        mean, state, error = dense(latent[dyad, :, 0], errors[dyad], numbers, start)
        known, spread, part = conditioned(mean, state, error, values[dyad], origin)
        likelihood += part
        assert found.mean[dyad, 0] == pytest.approx(known[origin], abs=1e-10)
        assert found.variance[dyad, 0] == pytest.approx(spread[origin, origin], abs=1e-10)
        noise = numbers.noise**2 + (numbers.sampling * next_errors[dyad]) ** 2
        for place, step in enumerate(ahead):
            year = origin + step
            assert means[dyad, place, 0] == pytest.approx(mean[year] + known[year], abs=1e-10)
            assert variances[dyad, place, 0] == pytest.approx(spread[year, year] + noise, abs=1e-10)
    assert found.log_likelihood[0] == pytest.approx(likelihood, abs=1e-8)


def test_what_comes_after_the_origin_is_not_looked_at() -> None:
    rng = np.random.default_rng(1)
    latent, values = rng.uniform(-1, 1, (4, 8, 2)), rng.normal(size=(4, 8))
    errors = np.full((4, 8), 0.1)
    changed, other = values.copy(), errors.copy()
    changed[:, 5:], other[:, 5:] = 99.0, 99.0
    draws = [
        forecast(latent, v, e, 4, [1, 2], NUMBERS, np.random.default_rng(2))
        for v, e in ((values, errors), (changed, other))
    ]
    np.testing.assert_array_equal(*draws)


def test_without_drift_it_is_the_mean_and_with_much_the_last_observation() -> None:
    values = np.array([[0.1, NAN, 0.5, 0.3]])
    latent, errors = np.zeros((1, 4, 1)), np.zeros((1, 4))
    still = Linear(0.0, 0.0, noise=0.1, drift=0.0, between=1e4)
    assert filtered(latent, values, errors, still).mean.item() == pytest.approx(0.3, abs=1e-6)
    wild = replace(still, drift=1e4)
    assert filtered(latent, values, errors, wild).mean.item() == pytest.approx(0.3, abs=1e-6)
    assert filtered(latent, values, errors, wild, origin=2).mean.item() == pytest.approx(0.5)


def test_a_dyad_never_observed_has_the_spread_between_dyads() -> None:
    values = np.array([[NAN] * 20, [0.1] * 20])
    errors = np.where(np.isfinite(values), 0.2, NAN)
    latent = np.full((2, 23, 1), 0.5)
    mean, variance = forecast_moments(latent, values, errors, 19, [1], replace(NUMBERS, back=0))
    assert mean[0, 0, 0] == pytest.approx(0.1 + 0.5 * 0.5)
    assert variance[0, 0, 0] == pytest.approx(0.3**2 + 0.05**2 + 0.08**2 + (0.4 * 0.2) ** 2)
    assert variance[1, 0, 0] < variance[0, 0, 0] / 4


def test_each_run_has_its_own_numbers() -> None:
    rng = np.random.default_rng(3)
    latent, values = rng.uniform(-1, 1, (3, 6, 2)), rng.normal(size=(3, 6))
    errors = np.full((3, 6), 0.1)
    both = replace(NUMBERS, slope=np.array([0.2, 0.9]), drift=np.array([0.01, 0.2]))
    found = filtered(latent, values, errors, both)
    for run, (slope, drift) in enumerate(((0.2, 0.01), (0.9, 0.2))):
        alone = filtered(
            latent[..., [run]], values, errors, replace(NUMBERS, slope=slope, drift=drift)
        )
        np.testing.assert_allclose(found.mean[:, run], alone.mean[:, 0])
        assert found.log_likelihood[run] == pytest.approx(alone.log_likelihood[0])


def test_draws_have_the_moments_and_the_correlation_of_the_forecast() -> None:
    values = np.array([[0.1, 0.2, 0.0], [0.5, NAN, NAN]])
    errors = np.where(np.isfinite(values), 0.1, NAN)
    runs = 40_000
    latent = np.repeat(np.linspace(-0.2, 0.2, 16).reshape(2, 8, 1), runs, axis=2)
    ahead = [1, 2, 5]
    drawn = forecast(latent, values, errors, 2, ahead, NUMBERS, np.random.default_rng(4))
    mean, variance = forecast_moments(latent[..., :1], values, errors, 2, ahead, NUMBERS)
    np.testing.assert_allclose(drawn.mean(2), mean[..., 0], atol=0.01)
    np.testing.assert_allclose(drawn.var(2), variance[..., 0], rtol=0.03)
    noise = 0.08**2 + (0.4 * 0.1) ** 2
    together = np.cov(drawn[0, 0], drawn[0, 1])[0, 1]  # the second year keeps 0.9 of the first
    assert together == pytest.approx(0.9 * (variance[0, 0, 0] - noise), rel=0.1)


def test_draws_stay_within_what_can_be_observed() -> None:
    numbers = replace(NUMBERS, between=2.0, lowest=-1.0, highest=1.0)
    latent = np.zeros((1, 3, 500))
    none, rng = np.full((1, 3), NAN), np.random.default_rng(5)
    drawn = forecast(latent, none, none, 0, [2], numbers, rng)
    assert drawn.min() == -1
    assert drawn.max() == 1
    assert np.abs(numbers.simulate(latent, rng)).max() == 1


def test_recent_errors_are_the_dyads_own_then_the_typical() -> None:
    errors = np.array([[9.0, 1, 2, 3, 4, 5, 99], [NAN] * 7, [NAN, 7, NAN, NAN, NAN, NAN, NAN]])
    assert recent_errors(errors, 5).tolist() == [3.0, 4.0, 7.0]
    assert recent_errors(errors[[1]], 5).tolist() == [0.0]


# --- Simulated observations, and finding their numbers again --------------------------------


def test_simulated_observations_have_the_stated_moments() -> None:
    latent = np.full((2, 4, 100_000), 0.6)
    errors = np.array([[0.5] * 4, [0.0] * 4])
    made = NUMBERS.simulate(latent, np.random.default_rng(6), errors)
    np.testing.assert_allclose(made.mean(2), 0.1 + 0.5 * 0.6, atol=0.005)
    _, state, error = dense(np.full(4, 0.6), errors[0], NUMBERS, 0)
    np.testing.assert_allclose(np.cov(made[0]), state + np.diag(error), atol=0.003)


def test_fitting_finds_planted_numbers() -> None:
    rng = np.random.default_rng(7)
    planted = Linear(0.15, 0.6, noise=0.06, drift=0.05, between=0.25, sampling=0.5)
    latent = rng.normal(0, 0.3, (300, 1, 1)) + rng.normal(0, 0.1, (300, 20, 1)).cumsum(1)
    errors = rng.uniform(0.02, 0.4, (300, 20))
    values = planted.simulate(latent, rng, errors)[..., 0]
    values[rng.random(values.shape) < 0.2] = NAN
    start = Linear(0.0, 0.0, noise=0.2, drift=0.2, between=0.1, sampling=1.0)
    names = ("level", "slope", "noise", "drift", "between", "sampling")
    found = fit(values, errors, start, latent[..., 0], names)
    assert found.converged
    assert found.observations == np.isfinite(values).sum()
    for name, margin in zip(names, (0.05, 0.03, 0.005, 0.005, 0.04, 0.05), strict=True):
        assert getattr(found.numbers, name) == pytest.approx(getattr(planted, name), abs=margin)
    at_planted = filtered(latent, values, errors, planted).log_likelihood[0]
    assert found.log_likelihood > at_planted


# --- Targeted votes --------------------------------------------------------------------------


def test_ordered_logit_has_the_odds_that_it_states() -> None:
    votes = Ordinal(slope=2.0, middle=0.3, gap=1.5)
    latent = np.linspace(-1, 1, 9)
    chances = votes.probabilities(latent)
    np.testing.assert_allclose(chances.sum(-1), 1)
    assert (chances > 0).all()
    against, for_it = chances[:, 0], chances[:, 2]
    # Each unit of alignment multiplies both odds by exp(slope): proportional odds.
    np.testing.assert_allclose(np.log(for_it / (1 - for_it)), 2 * latent - 0.3 - 0.75)
    np.testing.assert_allclose(np.log(against / (1 - against)), -2 * latent + 0.3 - 0.75)
    np.testing.assert_allclose(votes.expected(latent), for_it - against)


def test_stands_come_as_often_as_they_are_likely() -> None:
    votes = Ordinal(slope=2.0, middle=0.0, gap=1.0)
    latent = np.full((1, 200_000), 0.4)
    drawn = votes.simulate(latent, np.random.default_rng(8))
    shares = [(drawn == stand).mean() for stand in (-1, 0, 1)]
    np.testing.assert_allclose(shares, votes.probabilities(0.4), atol=0.005)


def test_likelihood_of_stands_is_highest_at_the_planted_slope() -> None:
    rng = np.random.default_rng(9)
    slopes = np.array([0.5, 2.0, 5.0])
    latent = rng.uniform(-1, 1, (4000, 1))
    stands = Ordinal(2.0, 0.2, 1.0).simulate(latent, rng)[:, 0]
    each = np.repeat(latent, 3, axis=1)
    found = Ordinal(slopes, 0.2, 1.0).log_likelihood(stands, each)
    assert found.shape == (3,)
    assert found.argmax() == 1
    by_hand = Ordinal(2.0, 0.2, 1.0).probabilities(latent[:, 0])
    chosen = by_hand[np.arange(4000), stands.astype(int) + 1]
    assert found[1] == pytest.approx(np.log(chosen).sum())
    half = Ordinal(slopes, 0.2, 1.0).log_likelihood(stands, each, np.full(4000, 0.5))
    np.testing.assert_allclose(half, found / 2)


# --- Errors of kappa -------------------------------------------------------------------------

INDEPENDENT = np.outer(TYPICAL_SHARES, TYPICAL_SHARES)
LOPSIDED = np.outer([0.6, 0.25, 0.15], [0.9, 0.07, 0.03])
FRIENDS = np.array([[0.60, 0.05, 0.02], [0.05, 0.13, 0.03], [0.02, 0.03, 0.07]])
FOES = np.array([[0.05, 0.10, 0.50], [0.05, 0.10, 0.10], [0.05, 0.02, 0.03]])


@pytest.mark.parametrize("table", [INDEPENDENT, LOPSIDED, FRIENDS, FOES])
def test_standard_error_of_kappa_is_what_drawing_votes_gives(table: np.ndarray) -> None:
    votes = 150
    drawn = np.random.default_rng(10).multinomial(votes, table.ravel(), size=20_000)
    simulated = kappa(drawn.reshape(-1, 3, 3) / votes)
    assert kappa_sd(table, votes) == pytest.approx(simulated.std(), rel=0.03)
    assert simulated.mean() == pytest.approx(kappa(table), abs=0.01)


def test_kappa_of_a_published_table_by_hand() -> None:
    # Identical marginals (1/2, 0, 1/2), agreement 3/4: (3/4 - 1/2) / (1 - 1/2).
    table = np.array([[3, 0, 1], [0, 0, 0], [1, 0, 3]]) / 8
    assert kappa(table) == pytest.approx(0.5)
    # Without abstention agreement is binomial, and at even margins the error of chance agreement
    # vanishes: sqrt(p (1 - p) / n) / (1 - 1/2).
    assert kappa_sd(table, 100) == pytest.approx(np.sqrt(0.75 * 0.25 / 100) / 0.5, rel=0.02)


@pytest.mark.parametrize("table", [INDEPENDENT, LOPSIDED, FRIENDS, FOES])
def test_error_by_shares_is_of_the_right_size_and_not_too_small(table: np.ndarray) -> None:
    agree, oppose = np.trace(table), table[0, 2] + table[2, 0]
    by_shares = kappa_sd_of_shares(agree, oppose, kappa(table), 100)
    exact = kappa_sd(table, 100)
    assert 0.95 * exact <= by_shares <= 2.5 * exact


def test_error_by_shares_is_close_for_friends() -> None:
    agree, oppose = np.trace(FRIENDS), FRIENDS[0, 2] + FRIENDS[2, 0]
    by_shares = kappa_sd_of_shares(agree, oppose, kappa(FRIENDS), 100)
    assert by_shares == pytest.approx(kappa_sd(FRIENDS, 100), rel=0.15)


def test_errors_of_kappa_stay_in_reason_at_the_edges() -> None:
    certain = kappa_sd_of_shares([1, 1, 0], [0, 0, 1], [1, 0.9, -0.2], [70, 1, 5])
    assert ((certain > 0) & (certain <= 1)).all()
    assert kappa_sd_of_votes(100) == pytest.approx(0.134, abs=0.001)


# --- Figures that the page states, where the data are at hand --------------------------------


def test_forecasts_without_a_model_are_as_good_as_the_page_says() -> None:
    if not (DATA / "states.csv").is_file():
        pytest.skip("the data are not at hand; set ALLIANCE_SIM_DATA to their folder")
    states = pd.read_csv(DATA / "states.csv")
    actors = {iso: str(iso).lower() for iso in states["iso3"]}
    seen = read_observations([DATA / "unga_dyad_calendar_year.csv"], actors)
    panel = seen.panel("votes", years=(1990, 2016))
    origin, ahead = panel.years.index(2011), [1, 2, 3, 4, 5]
    known = panel.until(2011)
    numbers = fit(known.values, known.errors, Linear(0, 0, 0.05, 0.05, 0.3, sampling=0.5)).numbers
    stated = {"level": 0.171, "noise": 0, "drift": 0.050, "between": 0.253, "sampling": 0.40}
    for name, value in stated.items():
        assert getattr(numbers, name) == pytest.approx(value, abs=0.005)
    latent = np.zeros((*panel.values.shape, 1))
    later = panel.values[:, origin + 1 :]
    frozen, spread = forecast_moments(latent, panel.values, panel.errors, origin, ahead, numbers)
    steps = [
        forecast_moments(latent, panel.values, panel.errors, origin + year, [1], numbers)
        for year in range(5)
    ]
    one_step = np.concatenate([mean[..., 0] for mean, _ in steps], axis=1)
    one_spread = np.concatenate([variance[..., 0] for _, variance in steps], axis=1)
    for mean, variance, error, half, most in (
        (frozen[..., 0], spread[..., 0], 0.070, 0.64, 0.95),
        (one_step, one_spread, 0.066, 0.59, 0.90),
    ):
        missed = np.abs(mean - later)
        assert np.nanmean(missed) == pytest.approx(error, abs=0.0007)
        told = missed[np.isfinite(missed)] / np.sqrt(variance)[np.isfinite(missed)]
        assert np.mean(told < 0.6745) == pytest.approx(half, abs=0.006)
        assert np.mean(told < 1.645) == pytest.approx(most, abs=0.006)
    last = pd.DataFrame(panel.values).ffill(axis=1).to_numpy()
    assert np.nanmean(np.abs(last[:, [origin]] - later)) == pytest.approx(0.084, abs=0.0005)
    assert np.nanmean(np.abs(last[:, origin:-1] - later)) == pytest.approx(0.086, abs=0.0005)


# --- The numbers in the file -----------------------------------------------------------------


def test_every_shipped_number_is_uncertain_and_reaches_its_measure() -> None:
    numbers = load_observation()
    open_numbers = uncertain(numbers)
    fixed = {path.rpartition(".")[2] for path, _ in numbers.numbers() if path not in open_numbers}
    assert fixed == {"back", "sampling"}  # of arms and trade, which have no error of measurement
    draws = {path: np.array([0.25, 0.75]) for path in open_numbers}
    for measure, (low, high) in RANGES.items():
        at = linear(numbers, measure, draws)
        for name in ("level", "slope", "noise", "drift", "between"):
            np.testing.assert_array_equal(getattr(at, name), [0.25, 0.75])
        assert (at.lowest, at.highest) == (low, high)
    assert ordinal(numbers, draws).gap.tolist() == [0.25, 0.75]
    assert set(LATENTS) == {*RANGES, "targeted_votes"}


def test_numbers_without_draws_stand_at_their_median_and_sources_have_their_noise() -> None:
    numbers = load_observation()
    assert isinstance(numbers.votes.slope, Lognormal)
    assert linear(numbers, "votes").slope == pytest.approx(numbers.votes.slope.lognormal[0])
    noise = numbers.trade.noise_of["itpd"]
    assert isinstance(noise, Lognormal)
    assert linear(numbers, "trade", source="itpd").noise == pytest.approx(noise.lognormal[0])
    assert linear(numbers, "trade").noise == pytest.approx(numbers.trade.noise.median)


def test_mistakes_in_the_file_of_numbers_are_told(tmp_path) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text("votes:\n  level: high\n  slop: 1\n", encoding="utf-8")
    with pytest.raises(InputError) as caught:
        load_observation(file)
    text = str(caught.value)
    for part in ("mine.yaml:3:3: unknown key 'slop'", "did you mean 'slope'?", "`arms` is missing"):
        assert part in text
