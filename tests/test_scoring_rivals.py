"""Rivals against their textbook forms, written out anew, and against simulated truth."""

from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from scipy.stats import multivariate_normal

from alliance_sim.errors import InputError
from alliance_sim.scoring import (
    RIVALS,
    Panel,
    Regression,
    autoregression,
    drift,
    dyad_mean,
    forecast,
    local_level,
    make_task,
    persistence,
    score,
)
from alliance_sim.scoring.local_level import filter_level, fit_level
from alliance_sim.scoring.rivals import fit_autoregression

FIRST, ORIGIN = 1991, 2010


def panel(values):
    values = np.asarray(values, dtype=float)
    names = tuple(f"d{place:03}" for place in range(len(values)))
    return Panel(names, np.arange(FIRST, FIRST + values.shape[1]), values)


def ask(history, horizons, dyads=None):
    names = history.dyads if dyads is None else dyads
    origin = int(history.years[-1])
    rows = [
        {"dyad": name, "year": origin + h, "origin": origin, "horizon": h}
        for name in names
        for h in horizons
    ]
    return pd.DataFrame(rows)


@pytest.fixture(scope="module")
def history():
    """Six dyads of twenty years: one with gaps, one that ends early, one seen once, one unseen."""
    rng = np.random.default_rng(4)
    values = rng.normal(0, 0.3, (6, 1)) + rng.normal(0, 0.05, (6, 20)).cumsum(axis=1)
    values[1, [3, 4, 9]] = np.nan
    values[2, 17:] = np.nan
    values[3, :] = np.nan
    values[3, 18] = 0.4
    values[4, :] = np.nan
    return panel(values)


def seen(history):
    """Years and values of each dyad, by plain loops."""
    found = {}
    for name, row in zip(history.dyads, history.values, strict=True):
        found[name] = [(int(y), v) for y, v in zip(history.years, row, strict=True) if v == v]
    return found


def new_level(numbers):
    numbers = np.array(numbers)
    return numbers.mean(), numbers.var(ddof=1) * (1 + 1 / len(numbers))


def test_persistence_is_the_last_value_and_the_pooled_mean_square_of_changes(history):
    past = seen(history)
    found = persistence(history, ask(history, [1, 3]))
    rows = ask(history, [1, 3])
    mean, between = new_level([each[-1][1] for each in past.values() if each])
    for place, row in enumerate(rows.itertuples()):
        own = past[row.dyad]
        lag = row.year - (own[-1][0] if own else ORIGIN)
        changes = [
            (v - u) ** 2 for each in past.values() for s, u in each for t, v in each if t - s == lag
        ]
        assert found.mean[place] == pytest.approx(own[-1][1] if own else mean)
        extra = 0 if own else between
        assert found.sd[place] ** 2 == pytest.approx(np.mean(changes) + extra)


def test_a_lag_with_few_changes_takes_the_longest_with_enough_in_proportion():
    history = panel(np.random.default_rng(1).normal(size=(2, 8)))
    found = persistence(history, ask(history, [7]))
    longest = history.values[:, 3:] - history.values[:, :-3]  # 2 x 5 = 10 changes
    assert found.sd[0] ** 2 == pytest.approx((longest**2).mean() * 7 / 3)


def test_drift_is_hyndmans_with_the_spread_of_an_estimated_drift(history):
    """Hyndman and Athanasopoulos: sd^2 h (1 + h / T), and gaps as sums of steps."""
    past = seen(history)
    several = {name: each for name, each in past.items() if len(each) > 1}
    slopes = {n: (e[-1][1] - e[0][1]) / (e[-1][0] - e[0][0]) for n, e in several.items()}
    squares, free = 0.0, 0
    for name, each in several.items():
        for (s, u), (t, v) in pairwise(each):
            squares += (v - u - slopes[name] * (t - s)) ** 2 / (t - s)
        free += len(each) - 2
    step = squares / free
    found, rows = drift(history, ask(history, [1, 4])), ask(history, [1, 4])
    level, between = new_level([each[-1][1] for each in past.values() if each])
    slope, doubt = new_level(list(slopes.values()))
    for place, row in enumerate(rows.itertuples()):
        own = past[row.dyad]
        h = row.year - (own[-1][0] if own else ORIGIN)
        start = own[-1][1] if own else level
        if row.dyad in slopes:
            span = own[-1][0] - own[0][0]
            mean, variance = start + h * slopes[row.dyad], step * h * (1 + h / span)
        else:
            mean, variance = start + h * slope, step * h + h**2 * doubt
        assert found.mean[place] == pytest.approx(mean)
        assert found.sd[place] ** 2 == pytest.approx(variance + (0 if own else between))


def test_the_dyads_mean_and_the_pooled_variance_about_it(history):
    past = {name: [v for _, v in each] for name, each in seen(history).items()}
    squares = sum(((np.array(each) - np.mean(each)) ** 2).sum() for each in past.values() if each)
    within = squares / sum(len(each) - 1 for each in past.values() if each)
    mean, between = new_level([np.mean(each) for each in past.values() if each])
    found = dyad_mean(history, ask(history, [2]))
    for place, each in enumerate(past.values()):
        extra = within / len(each) if each else between
        assert found.mean[place] == pytest.approx(np.mean(each) if each else mean)
        assert found.sd[place] ** 2 == pytest.approx(within + extra)


def test_autoregression_is_least_squares_about_the_means_and_its_closed_form(history):
    past = seen(history)
    centred = {n: {y: v - np.mean([w for _, w in e]) for y, v in e} for n, e in past.items() if e}
    pairs = [(each[y], each[y + 1]) for each in centred.values() for y in each if y + 1 in each]
    before, after = np.array(pairs).T
    coefficient = np.linalg.lstsq(before[:, None], after, rcond=None)[0][0]
    having = sum(any(y + 1 in each for y in each) for each in centred.values())
    variance = ((after - coefficient * before) ** 2).sum() / (len(pairs) - having - 1)
    assert fit_autoregression(history.values) == pytest.approx((coefficient, variance))
    rows = ask(history, [1, 5])
    found = autoregression(history, rows)
    for place, row in enumerate(rows.itertuples()):
        if not (own := past[row.dyad]):
            continue
        middle = np.mean([v for _, v in own])
        mean, spread, push = own[-1][1], 0.0, 0.0
        for _ in range(row.year - own[-1][0]):  # a year at a time
            mean = middle + coefficient * (mean - middle)
            spread = coefficient**2 * spread + variance
            push = coefficient * push + 1  # of an error in the constant, m (1 - f)
        assert found.mean[place] == pytest.approx(mean)
        assert found.sd[place] ** 2 == pytest.approx(spread + push**2 * variance / len(own))
    unseen = (rows["dyad"] == "d004").to_numpy()
    middle, between = new_level([np.mean([v for _, v in e]) for e in past.values() if e])
    assert found.mean[unseen] == pytest.approx(middle)
    spread = between + variance / (1 - coefficient**2)
    assert found.sd[unseen] ** 2 == pytest.approx(spread)


def test_autoregression_finds_a_simulated_one():
    rng = np.random.default_rng(6)
    steps = rng.normal(0, 0.1, (150, 90))
    values = np.zeros_like(steps)
    for year in range(1, 90):
        values[:, year] = 0.7 * values[:, year - 1] + steps[:, year]
    values = values[:, 20:] + rng.normal(0, 0.3, (150, 1))
    coefficient, variance = fit_autoregression(values)
    # Means that are estimated pull it down by about (1 + f) / T (Nickell 1981).
    assert coefficient == pytest.approx(0.7 - 1.7 / 69, abs=0.02)
    assert np.sqrt(variance) == pytest.approx(0.1, rel=0.02)


def dense_level(years, values, ratio, noise):
    """Level after the last year given all values, by conditioning one large normal.

    The level begins at the first value with the noise variance, as if nothing had been known.
    """
    wide = 1e7
    when = np.array(years) - years[0]
    both = wide + noise * ratio * np.minimum(when[:, None], when)
    total = both + noise * np.eye(len(when))
    to_end = wide + noise * ratio * when
    weights = np.linalg.solve(total, to_end)
    end = years[-1] - years[0]
    return weights @ values, wide + noise * ratio * end - weights @ to_end, total


def test_the_local_level_is_a_large_normal_conditioned(history):
    ratio = 0.4
    mean, variance, deviance, noise = filter_level(history.values, ratio)
    log_likelihood, count = 0.0, 0
    for place, each in enumerate(seen(history).values()):
        if not each:
            assert np.isnan(mean[place])
            continue
        years, values = np.array([y for y, _ in each]), np.array([v for _, v in each])
        level, spread, total = dense_level(years, values, ratio, 1.0)
        late = ratio * (history.years[-1] - years[-1])
        assert mean[place] == pytest.approx(level, abs=1e-5)
        assert variance[place] == pytest.approx(spread + late, abs=1e-5)
        # Given the first value: differences from it, which the unknown level leaves.
        if len(each) > 1:
            off = values[1:] - values[0]
            lagged = years[1:] - years[0]
            cov = noise * (ratio * np.minimum(lagged[:, None], lagged) + 1 + np.eye(len(off)))
            log_likelihood += multivariate_normal.logpdf(off, cov=cov)
            count += len(off)
        assert total.shape == (len(each), len(each))
    wanted = -2 * log_likelihood - count * (np.log(2 * np.pi) + 1)
    assert deviance == pytest.approx(wanted)


def test_the_local_level_is_exponential_smoothing_in_the_long_run():
    """Muth (1960): the weight of the newest value solves a^2 / (1 - a) = q."""
    values = np.random.default_rng(9).normal(size=(1, 80))
    ratio = 0.5
    mean = filter_level(values, ratio)[0][0]
    weight = (-ratio + np.sqrt(ratio**2 + 4 * ratio)) / 2
    level = values[0, 0]
    for each in values[0, 1:]:
        level += weight * (each - level)
    assert mean == pytest.approx(level, abs=1e-8)


def test_the_local_level_finds_its_simulated_parameters_and_forecasts_with_them():
    rng = np.random.default_rng(10)
    levels = rng.normal(0, 0.03, (120, 40)).cumsum(axis=1)
    history = panel(levels + rng.normal(0, 0.06, levels.shape))
    fitted = fit_level(history.values)
    assert fitted.ratio == pytest.approx(0.25, rel=0.2)
    assert np.sqrt(fitted.noise) == pytest.approx(0.06, rel=0.04)
    found = local_level(history, ask(history, [3]))
    wanted = fitted.noise * (fitted.variance + 3 * fitted.ratio + 1)
    assert found.mean == pytest.approx(fitted.mean)
    assert found.sd**2 == pytest.approx(wanted)


# -- regression ----------------------------------------------------------------------------


def test_the_regression_is_least_squares_by_loops(history):
    rng = np.random.default_rng(11)
    power = {
        name: dict(zip(history.years, rng.normal(5, 2, 20), strict=True)) for name in history.dyads
    }
    covariates = pd.DataFrame(
        [(name, year, v) for name, each in power.items() for year, v in each.items()],
        columns=["dyad", "year", "power"],
    )
    h, past = 2, seen(history)
    X, y, last = [], [], {}
    for name, each in past.items():
        known = dict(each)
        for year, value in each:
            mean = np.mean([v for t, v in each if t <= year])
            step = value - known[year - 1] if year - 1 in known else np.nan
            last[name] = (year, value, [1.0, value - mean, step, power[name][year]])
            if year + h in known:
                X.append(last[name][2])
                y.append(known[year + h] - value)
    X, y = np.array(X), np.array(y)
    middle = np.nanmean(X[:, 2])
    X[np.isnan(X[:, 2]), 2] = middle
    slopes = np.linalg.lstsq(X, y, rcond=None)[0]
    sd = np.sqrt(((y - X @ slopes) ** 2).sum() / (len(y) - 4))
    found = Regression(covariates)(history, ask(history, [h], history.dyads[:2]))
    for place, name in enumerate(history.dyads[:2]):
        _, value, features = last[name]
        features[2] = middle if np.isnan(features[2]) else features[2]
        assert found.mean[place] == pytest.approx(value + np.dot(features, slopes))
        assert found.sd[place] == pytest.approx(sd)


def planted(ahead):
    """Levels and changes that follow a covariate; the level also across dyads."""
    rng = np.random.default_rng(13)
    power = rng.normal(0, 0.2, (60, 1)) + rng.normal(0, 0.05, (60, 26)).cumsum(axis=1)
    values = 0.6 * power[:, :20] + rng.normal(0, 0.01, (60, 20))
    values[0] = np.nan
    history = panel(values)
    years = np.arange(FIRST, FIRST + 26)
    wide = pd.DataFrame(power, history.dyads, years)
    covariates = wide.stack().rename_axis(["dyad", "year"]).rename("power").reset_index()
    rows = ask(history, [5])
    found = Regression(covariates, ahead=ahead)(history, rows)
    return found, 0.6 * power[:, 24], 0.6 * power[:, 19]


def test_covariates_that_are_known_ahead_are_used_and_others_stay_unknown():
    found, later, now = planted(ahead=True)
    assert np.abs(found.mean - later).max() < 0.05
    assert found.sd == pytest.approx(0.01, abs=0.006)
    found, later, now = planted(ahead=False)
    assert abs(found.mean[0] - now[0]) < 0.1  # no history: by the covariate alone
    assert found.sd[1:] == pytest.approx(0.6 * 0.05 * np.sqrt(5), rel=0.25)


def test_covariates_after_the_origin_do_not_reach_a_pure_forecast():
    history = panel(np.random.default_rng(14).normal(0, 0.1, (5, 20)))
    rows = ask(history, [1, 3])
    years = range(FIRST, FIRST + 24)
    base = pd.DataFrame([(n, y, (y * len(n) * 7) % 5) for n in history.dyads for y in years])
    base.columns = ["dyad", "year", "x"]
    base["x"] = np.random.default_rng(15).normal(size=len(base))
    later = base.assign(x=np.where(base["year"] > history.years[-1], 99.0, base["x"]))
    pure = [Regression(each)(history, rows).mean for each in (base, later)]
    known = [Regression(each, ahead=True)(history, rows).mean for each in (base, later)]
    assert np.array_equal(*pure)
    assert not np.allclose(*known)


@pytest.mark.parametrize(
    ("covariates", "words"),
    [
        (pd.DataFrame({"year": [1], "x": [1]}), "lack dyad"),
        (pd.DataFrame({"dyad": ["a", "a"], "year": [1, 1], "x": [1, 2]}), "two rows"),
        (pd.DataFrame({"dyad": ["a"], "year": [1], "x": ["high"]}), "x is text"),
        (pd.DataFrame({"dyad": ["a"], "year": [1], "x": [np.inf]}), "x is infinite"),
    ],
)
def test_covariates_that_cannot_be_used_are_refused(covariates, words):
    with pytest.raises(InputError, match=words):
        Regression(covariates)


# -- all -----------------------------------------------------------------------------------

EVERY = {**RIVALS, "regression": Regression()}


@pytest.mark.parametrize("name", EVERY)
def test_little_history_gives_finite_forecasts(name):
    """Two years of three dyads: what cannot be estimated falls back on persistence."""
    history = panel([[0.1, 0.2], [0.3, np.nan], [np.nan, np.nan]])
    found = EVERY[name](history, ask(history, [1, 4]))
    assert np.isfinite(found.mean).all()
    assert (found.sd > 0).all()


@pytest.mark.parametrize("name", EVERY)
def test_no_history_at_all_says_nothing(name):
    history = panel(np.full((3, 12), np.nan))
    assert np.isnan(EVERY[name](history, ask(history, [1])).mean).all()


def walks():
    rng = np.random.default_rng(16)
    values = rng.normal(0, 0.2, (300, 1)) + rng.normal(0, 0.03, (300, 30)).cumsum(axis=1)
    frame = pd.DataFrame(values, [f"d{place:03}" for place in range(300)], range(1987, 2017))
    frame = frame.stack().reset_index()
    frame.columns = ["dyad", "year", "value"]
    return frame


@pytest.mark.parametrize("name", ["persistence", "drift", "local level"])
def test_rivals_that_hold_of_random_walks_cover_them(name):
    task = make_task(walks(), 2012, 2016, folds=0)
    found = score(task, {name: forecast(task, EVERY[name], draws=400)}).values
    fixed = task.rows["fixed"].to_numpy()
    for level in (50, 90):
        # Five years of a walk hang together: some 100 independent ones.
        held = found[f"within_{level}"][0, fixed].mean()
        share = level / 100
        assert held == pytest.approx(share, abs=3.3 * np.sqrt(share * (1 - share) / 300))


def test_autoregression_covers_autoregressions_of_which_it_must_learn_the_mean():
    """22 years of 400 dyads, five years ahead; too few without the error of their means."""
    rng = np.random.default_rng(4)
    values = rng.normal(0, 0.1 / np.sqrt(1 - 0.6**2), (400, 27))
    for year in range(1, 27):
        values[:, year] = 0.6 * values[:, year - 1] + rng.normal(0, 0.1, 400)
    values += rng.normal(0, 1, (400, 1))
    frame = pd.DataFrame(values, [f"d{place:03}" for place in range(400)], range(1990, 2017))
    frame = frame.stack().reset_index()
    frame.columns = ["dyad", "year", "value"]
    task = make_task(frame, 2012, 2016, folds=0, bounds=(-9, 9))
    found = score(task, {"it": forecast(task, autoregression, draws=400)}).values
    furthest = (task.rows["fixed"] & (task.rows["horizon"] == 5)).to_numpy()
    held = found["within_90"][0, furthest].mean()
    assert held == pytest.approx(0.9, abs=2.6 * np.sqrt(0.9 * 0.1 / 400))


def test_draws_stay_within_bounds_follow_the_seed_and_not_the_other_rows():
    frame = walks()
    task = make_task(frame, 2015, 2016)
    one = forecast(task, persistence, draws=300)
    assert np.array_equal(one, forecast(task, persistence, draws=300))
    assert not np.array_equal(one, forecast(task, persistence, draws=300, seed=1))
    assert np.abs(one).max() <= 1
    tight = make_task(frame, 2015, 2016, bounds=(-1.5, 1.5))
    assert np.array_equal(forecast(tight, persistence, draws=300).clip(-1, 1), one)
    fewer = make_task(frame, 2016, 2016)
    same = (task.rows["origin"] == 2015) & (task.rows["fold"] == "known")
    own = fewer.rows["fold"] == "known"
    few = forecast(fewer, persistence, draws=300)
    assert np.array_equal(one[same.to_numpy()], few[own.to_numpy()])
