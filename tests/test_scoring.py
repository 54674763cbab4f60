"""Tasks, scores and skill against closed forms, calibrated forecasters and two-way data."""

import json
import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.stats import binom, norm

from alliance_sim.errors import InputError
from alliance_sim.scoring import (
    RIVALS,
    Moments,
    Regression,
    drawn,
    forecast,
    forecasts,
    make_task,
    persistence,
    score,
    skill,
    table,
    turning_points,
)
from alliance_sim.scoring.scores import pit_counts

DYADS = [f"{a}-{b}" for place, a in enumerate("abcdef") for b in "abcdef"[place + 1 :]]


def series(rng, first=1990, last=2016, dyads=DYADS, spread=0.05):
    """Random walks, with a gap and a dyad that begins late."""
    years = np.arange(first, last + 1)
    walks = rng.normal(0, 0.3, (len(dyads), 1)) + rng.normal(
        0, spread, (len(dyads), len(years))
    ).cumsum(1)
    frame = pd.DataFrame(walks.clip(-0.95, 0.95), dyads, years).stack().reset_index()
    frame.columns = ["dyad", "year", "value"]
    return frame


@pytest.fixture(scope="module")
def frame():
    whole = series(np.random.default_rng(5))
    gap = (whole["dyad"] == "a-c") & whole["year"].between(2008, 2012)
    late = (whole["dyad"] == "a-d") & (whole["year"] < 2013)
    return whole[~gap & ~late].sample(frac=1, random_state=1)


@pytest.fixture(scope="module")
def task(frame):
    return make_task(frame, 2012, 2016)


# -- tasks ---------------------------------------------------------------------------------


def test_every_forecast_is_asked_for_once_with_its_history_and_once_without(frame, task):
    seen = set(map(tuple, frame[["dyad", "year"]].to_numpy()))
    begun = frame.groupby("dyad")["year"].min()
    wanted = {
        (dyad, year, origin)
        for origin in range(2011, 2016)
        for year in range(origin + 1, 2017)
        for dyad in DYADS
        if (dyad, year) in seen
    }
    rows = task.rows
    for fold in ("known", "left out", "new"):
        part = rows[rows["fold"] == fold]
        keys = list(map(tuple, part[["dyad", "year", "origin"]].to_numpy()))
        assert len(keys) == len(set(keys))
        # A dyad that begins within the years forecast is never left out.
        expected = {
            key
            for key in wanted
            if (begun[key[0]] > key[2]) == (fold == "new")
            and not (fold == "left out" and begun[key[0]] > 2011)
        }
        assert set(keys) == expected


def test_fixed_origins_look_to_the_end_and_rolling_ones_five_years(frame):
    rows = make_task(frame, 2008, 2016, folds=0).rows
    assert rows.loc[rows["fixed"], "horizon"].max() == 9
    assert set(rows.loc[rows["fixed"], "origin"]) == {2007}
    assert rows.loc[rows["rolling"], "horizon"].max() == 5
    assert (rows["fixed"] | rows["rolling"]).all()


def test_no_history_holds_what_came_later_or_is_left_out(task):
    places = np.concatenate([block.places for block in task.blocks()])
    assert sorted(places) == list(range(len(task.rows)))
    for block in task.blocks():
        assert block.history.years.max() == block.origin
        assert set(block.rows) == {"dyad", "year", "origin", "horizon"}
        rows = task.rows.iloc[block.places]
        own = block.history.values[block.history.places(rows["dyad"])]
        known = np.isfinite(own).any(axis=1)
        assert (known == (rows["fold"] == "known")).all()
        others = np.isfinite(block.history.values).any(axis=1).sum()
        assert others >= len(DYADS) - 2 - len(DYADS) // 5


def test_the_last_value_is_that_before_a_gap(frame, task):
    row = task.rows.query("dyad == 'a-c' and origin == 2012 and year == 2013 and fold == 'known'")
    value = frame.query("dyad == 'a-c' and year == 2007")["value"].item()
    assert row["last_year"].item() == 2007
    assert row["last"].item() == value


def test_sampling_errors_of_both_ends_add_up(frame):
    rows = make_task(frame.assign(sampling=0.03), 2012, 2016).rows
    known = rows["fold"] == "known"
    assert rows.loc[known, "sampling"].to_numpy() == pytest.approx(0.03 * np.sqrt(2))


def test_what_was_hidden_does_not_move_a_forecast(frame, task):
    """Values after an origin, and those of dyads that are left out, change nothing."""
    changed = frame.copy()
    changed.loc[changed["year"] > 2013, "value"] *= -1
    hidden = task.groups[0]
    changed.loc[changed["dyad"].isin(hidden), "value"] = 0.9
    other = make_task(changed, 2012, 2016)
    same = ((task.rows["origin"] <= 2013) & (task.rows["hidden"] == 0)).to_numpy()
    rivals = {**RIVALS, "regression": Regression()}
    before, after = (forecasts(each, rivals, draws=8) for each in (task, other))
    for name in rivals:
        one, two = before[name], after[name]
        assert np.array_equal(one[same], two[same]), name
        assert not np.array_equal(one, two), name


@pytest.mark.parametrize(
    ("change", "first", "last", "words"),
    [
        (lambda f: f.drop(columns="year"), 2012, 2016, "no column year"),
        (lambda f: pd.concat([f, f.head(2)]), 2012, 2016, "2 rows more than one"),
        (lambda f: f.assign(value=np.inf), 2012, 2016, "infinite"),
        (lambda f: f.assign(value="high"), 2012, 2016, "numbers"),
        (lambda f: f.assign(year=f["year"] + 0.5), 2012, 2016, "whole"),
        (lambda f: f.assign(year=f["year"] * 10_000), 2012, 2016, "out of range"),
        (lambda f: f.assign(dyad=[None, *f["dyad"][1:]]), 2012, 2016, "no name"),
        (lambda f: f.assign(dyad=7), 2012, 2016, "no name"),
        (lambda f: f.assign(sampling=-0.1), 2012, 2016, "standard error is negative"),
        (lambda f: f.assign(sampling="0.1"), 2012, 2016, "standard error is text"),
        (lambda f: f.assign(value=np.nan), 2012, 2016, "no values"),
        (lambda f: f.assign(value=f["value"] + 3), 2012, 2016, "outside -1 to 1"),
        (lambda f: f, 2020, 2024, "2020 to 2024"),
        (lambda f: f, 1985, 1992, "before 1985"),
        (lambda f: f, 2016, 2012, "before the first"),
    ],
)
def test_series_that_cannot_be_used_are_refused(frame, change, first, last, words):
    with pytest.raises(InputError, match=words):
        make_task(change(frame), first, last)


def test_bounds_the_wrong_way_round_are_refused(frame):
    with pytest.raises(InputError, match="leave nothing between them"):
        make_task(frame, 2012, 2016, bounds=(1, -1))


# -- scores --------------------------------------------------------------------------------


def one_row(observed, last=0.0):
    values = pd.DataFrame({"dyad": "a-b", "year": [2011, 2012], "value": [last, observed]})
    return make_task(values, 2012, 2012, bounds=(-9, 9))


@pytest.mark.parametrize(("mean", "sd", "observed"), [(0.1, 0.2, 0.4), (0.0, 1.0, -0.3)])
def test_scores_of_a_normal_are_those_in_closed_form(mean, sd, observed):
    """Gneiting and Raftery (2007) for the CRPS and the interval score of a normal."""
    task = one_row(observed)
    draws = norm.ppf((np.arange(20000) + 0.5) / 20000, mean, sd)[None]
    found = {name: each.item() for name, each in score(task, {"n": draws}).values.items()}
    z = (observed - mean) / sd
    crps = sd * (z * (2 * norm.cdf(z) - 1) + 2 * norm.pdf(z) - 1 / np.sqrt(np.pi))
    assert found["crps"] == pytest.approx(crps, abs=2e-4)
    assert found["log_score"] == pytest.approx(-norm.logpdf(observed, mean, sd), abs=2e-3)
    for level in (50, 90):
        low, high = norm.interval(level / 100, mean, sd)
        beyond = max(low - observed, 0) + max(observed - high, 0)
        wanted = high - low + 2 / (1 - level / 100) * beyond
        assert found[f"interval_{level}"] == pytest.approx(wanted, rel=1e-2)
        assert found[f"within_{level}"] == (low <= observed <= high)
    rise = norm.sf(0, mean, sd)
    assert found["up"] == pytest.approx(rise, abs=1e-4)
    assert found["brier"] == pytest.approx((rise - (observed > 0)) ** 2, abs=1e-3)
    assert found["pit"] == pytest.approx(norm.cdf(z), abs=1e-3)
    assert found["error"] == pytest.approx(abs(observed - mean), abs=1e-6)


def test_the_crps_is_the_fair_one_by_all_pairs():
    draws = np.random.default_rng(2).normal(size=(1, 7))
    found = score(one_row(0.3), {"x": draws}).values["crps"].item()
    pairs = np.abs(draws[0][:, None] - draws[0]).sum() / (7 * 6)
    assert found == pytest.approx(np.abs(draws - 0.3).mean() - pairs / 2)


def test_a_calibrated_forecaster_is_found_calibrated_and_a_narrow_one_is_not(frame):
    rng = np.random.default_rng(8)
    big = series(rng, dyads=[f"x-{place:03}" for place in range(400)], spread=0.02)
    task = make_task(big, 2012, 2012, folds=0, bounds=(-9, 9))
    centre = rng.normal(0, 0.2, len(task.rows))
    task.rows["observed"] = rng.normal(centre, 0.1)
    right = drawn(task, Moments(centre, np.full(len(centre), 0.1)))
    narrow = drawn(task, Moments(centre, np.full(len(centre), 0.05)))
    found = score(task, {"right": right, "narrow": narrow})
    for level in (50, 90):
        held = found.values[f"within_{level}"].sum(axis=1)
        low, high = binom.interval(0.999, len(centre), level / 100)
        assert low <= held[0] <= high
        assert held[1] < low
    counts = pit_counts(found.values["pit"])
    assert (counts.sum(axis=1) == len(centre)).all()
    spread = ((counts - len(centre) / 10) ** 2 / (len(centre) / 10)).sum(axis=1)
    assert spread[0] < 27.9 < spread[1]  # chi-squared with 9 degrees of freedom, 99.9%
    means = {name: found.values[name].mean(axis=1) for name in ("crps", "log_score", "interval_90")}
    assert all(right < narrow for right, narrow in means.values())


@pytest.mark.parametrize("draws", [19, 64])
def test_intervals_of_few_draws_cover_as_they_say(draws):
    """What came is one more draw of the same kind: 90% means 90% at any number of draws."""
    rows = 20000
    frame = pd.DataFrame({"dyad": np.repeat([f"x-{n}" for n in range(rows)], 2)})
    frame["year"], frame["value"] = [2011, 2012] * rows, 0.0
    task = make_task(frame, 2012, 2012, folds=0, bounds=(-9, 9))
    normal = np.random.default_rng(5).normal(size=(rows, draws + 1))
    task.rows["observed"] = normal[:, 0]
    found = score(task, {"it": normal[:, 1:]}).values
    for level in (50, 90):
        share = level / 100
        held = found[f"within_{level}"].mean()
        assert held == pytest.approx(share, abs=3.3 * np.sqrt(share * (1 - share) / rows))
    low, high = np.quantile(normal[:, 1:], [0.05, 0.95], axis=1, method="weibull")
    inside = found["within_90"][0] == 1
    assert found["interval_90"][0][inside] == pytest.approx((high - low)[inside])


def test_signs_count_beyond_the_sampling_noise_and_ties_say_neither():
    values = pd.DataFrame(
        {"dyad": ["a-b", "a-c", "a-d", "a-e"] * 2, "year": [2011] * 4 + [2012] * 4}
    )
    values["value"] = [0.0] * 4 + [0.1, -0.1, 0.02, 0.0]
    values["sampling"] = 0.02
    task = make_task(values, 2012, 2012, folds=0)
    ups = np.array([0.8, 0.8, 0.8, 0.8])
    draws = np.where(np.arange(100) < 100 * ups[:, None], 0.05, -0.05)
    ties = np.zeros((4, 100))
    found = score(task, {"up": draws, "ties": ties}).values
    assert found["hit"][0].tolist() == pytest.approx([1, 0, np.nan, np.nan], nan_ok=True)
    assert found["brier"][0].tolist() == pytest.approx([0.04, 0.64, np.nan, np.nan], nan_ok=True)
    assert found["up"][1].tolist() == [0.5] * 4
    assert found["hit"][1][:2].tolist() == [0.5, 0.5]


def test_turns_are_seen_from_the_year_before(frame):
    task = make_task(frame, 1999, 2006)
    draws = np.repeat(task.rows["observed"].to_numpy()[:, None], 20, axis=1)
    draws = draws + np.linspace(-0.001, 0.001, 20)
    found = turning_points(score(task, {"seer": draws, "blind": draws * 0}), dyads=["a-b", "c-d"])
    assert found["turn"].tolist() == ["1999-2000"] * 2 + ["2006"] * 2
    seer = found[found["forecaster"] == "seer"].set_index("turn")
    assert (seer["n"] == 2).all()
    assert (seer["seen"] == 1).all()
    wide = frame.pivot(index="dyad", columns="year", values="value").loc[["a-b", "c-d"]]
    assert seer.loc["1999-2000", "change"] == pytest.approx((wide[2000] - wide[1998]).mean())
    assert seer.loc["2006", "change"] == pytest.approx((wide[2006] - wide[2005]).mean())


@pytest.mark.parametrize(
    ("draws", "words"),
    [
        (lambda n: np.zeros((n - 1, 5)), "shape"),
        (lambda n: np.zeros((n, 1)), "shape"),
        (np.zeros, "shape"),
        (lambda n: np.full((n, 5), np.inf), "infinite"),
        (lambda n: np.where(np.arange(5) == 2, np.nan, np.zeros((n, 5))), "missing"),
    ],
)
def test_draws_that_cannot_be_scored_are_refused(task, draws, words):
    with pytest.raises(InputError, match=words):
        score(task, {"x": draws(len(task.rows))})


# -- skill ---------------------------------------------------------------------------------


def test_skill_is_one_less_the_ratio_and_its_weights_are_those_of_the_pigeonhole():
    """Brute force: cells are repeated as often as their dyad and their year were drawn."""
    from alliance_sim.scoring.skill import _weights

    rng = np.random.default_rng(3)
    dyads, years = rng.integers(0, 6, 40), rng.integers(0, 4, 40)
    dyads[0], years[0] = 5, 3
    scores = rng.gamma(2, size=(2, 40))
    found = skill(scores, np.array([1]), dyads, years, resamples=300, seed=9)
    assert found.value[0, 0] == pytest.approx(1 - scores[0].mean() / scores[1].mean())
    by_dyad, by_year = _weights(6, 4, 300, 9)
    assert (by_dyad.sum(axis=1) == 6).all()
    assert (by_year.sum(axis=1) == 4).all()
    brute = []
    for one, two in zip(by_dyad, by_year, strict=True):
        times = (one[dyads] * two[years]).astype(int)
        if times.sum():
            repeated = np.repeat(scores, times, axis=1).mean(axis=1)
            brute.append(1 - repeated[0] / repeated[1])
    assert found.low[0, 0] == pytest.approx(np.quantile(brute, 0.05))
    assert found.high[0, 0] == pytest.approx(np.quantile(brute, 0.95))


def test_intervals_of_skill_hold_the_truth_with_effects_of_dyads_and_years():
    """Two-way data with gaps; an interval over rows alone would hold it far too seldom."""
    rng = np.random.default_rng(12)
    shape, truth, repeats = (30, 25), 1 - 1.0 / 1.25, 150
    held = plain = 0
    for place in range(repeats):
        own = 1.0 + two_way(rng, shape)
        rival = 1.25 + two_way(rng, shape)
        dyads, years = np.nonzero(rng.random(shape) < 0.9)
        scores = np.stack([own[dyads, years], rival[dyads, years]])
        found = skill(scores, np.array([1]), dyads, years, resamples=200, seed=place)
        held += found.low[0, 0] <= truth <= found.high[0, 0]
        rows = skill(scores, np.array([1]), np.arange(len(dyads)), dyads * 0, 50, 0)
        plain += rows.low[0, 0] <= truth <= rows.high[0, 0]
    assert 0.84 <= held / repeats <= 0.97
    assert plain / repeats < 0.6


def two_way(rng, shape):
    return (
        rng.normal(0, 0.12, (shape[0], 1))
        + rng.normal(0, 0.12, (1, shape[1]))
        + rng.normal(0, 0.2, shape)
    )


def test_a_rival_without_error_leaves_skill_unknown():
    found = skill(np.array([[1.0, 2.0], [0.0, 0.0]]), np.array([1]), np.arange(2), np.arange(2))
    assert np.isnan([found.value[0, 0], found.low[0, 0], found.high[0, 0]]).all()


# -- the table -----------------------------------------------------------------------------


@pytest.fixture(scope="module")
def told(task):
    model = forecast(task, persistence, draws=100)
    model = 0.5 * model + 0.5 * task.rows["observed"].to_numpy()[:, None]
    silent = model.copy()
    silent[(task.rows["fold"] == "new").to_numpy()] = np.nan
    silent[7] = np.nan
    scores = score(task, {"model": model, "half": silent, **forecasts(task, RIVALS, 100)})
    return scores, table(scores, list(RIVALS), resamples=100)


def test_means_of_the_table_are_those_of_the_rows_that_all_speak_on(told):
    scores, found = told
    rows = scores.frame()
    chosen = rows[(rows["fold"] == "known") & rows["rolling"] & (rows["horizon"] == 1)]
    seven = scores.task.rows.iloc[7]
    keep = ~(
        (chosen["dyad"] == seven["dyad"])
        & (chosen["origin"] == seven["origin"])
        & (chosen["year"] == seven["year"])
        & (seven["fold"] == "known")
    )
    chosen = chosen[keep]
    mine = found.scores.query("origins == 'rolling' and fold == 'known' and horizon == '1'")
    mine = mine.set_index("forecaster")
    for name, part in chosen.groupby("forecaster"):
        assert mine.loc[name, "n"] == len(part)
        for mean, each in (("crps", "crps"), ("mae", "error"), ("coverage_90", "within_90")):
            assert mine.loc[name, mean] == pytest.approx(part[each].mean())
    ratio = mine.loc["model", "crps"] / mine.loc["persistence", "crps"]
    assert mine.loc["model", "skill_crps"] == pytest.approx(1 - ratio)
    change, guess = chosen["observed"] - chosen["last"], chosen["predicted_change"]
    here = chosen["forecaster"] == "model"
    left = ((change - guess)[here] ** 2).sum() / (change[here] ** 2).sum()
    assert mine.loc["model", "change_explained"] == pytest.approx(1 - left)
    linked = np.corrcoef(change[here], guess[here])[0, 1]
    assert mine.loc["model", "change_correlation"] == pytest.approx(linked)


def test_who_says_nothing_on_a_fold_has_no_row_there_and_takes_none_from_others(told):
    found = told[1]
    new = found.scores.query("fold == 'new' and origins == 'rolling' and horizon == 'all'")
    assert "half" not in set(new["forecaster"])
    assert {"model", *RIVALS} <= set(new["forecaster"])
    assert (new["n"] == 8).all()  # a-d, from the origins 2011 and 2012 to each of 2013 to 2016


def test_json_and_dataset_hold_the_table(told, tmp_path):
    from alliance_sim import store

    found = told[1]
    text = json.dumps(found.as_json(), allow_nan=False)
    back = json.loads(text)
    assert len(back["scores"]) == len(found.scores)
    assert back["scores"][0]["crps"] == pytest.approx(found.scores["crps"].iloc[0])
    ds = store.read(store.write(found.dataset(), tmp_path / "backtest.nc"))
    for row in found.skill.sample(20, random_state=3).to_dict(orient="records"):
        keys = ("origins", "fold", "horizon", "forecaster", "against", "score")
        one = ds.sel({key: row[key] for key in keys})
        assert one["skill"].item() == pytest.approx(row["skill"], nan_ok=True)
        assert one["skill_high"].item() == pytest.approx(row["high"], nan_ok=True)
    assert ds["forecaster"].to_numpy().tolist()[:2] == ["model", "half"]
    known = (told[0].task.rows["fold"] == "known") & told[0].task.rows["rolling"]
    assert ds["pit"].sel(fold="known", forecaster="model").sum() == known.sum()


def test_a_rival_that_was_not_scored_is_refused(told):
    with pytest.raises(InputError, match="called regression"):
        table(told[0], ["regression"])


def test_the_terminal_view_fits_and_shows_every_forecaster(told, capsys, monkeypatch):
    from alliance_sim.cli.backtest_views import backtest_view
    from alliance_sim.cli.layout import show

    monkeypatch.setenv("COLUMNS", "120")
    lengths = []
    for details in (False, True):
        show(backtest_view(told[1], details))
        out = capsys.readouterr().out
        lengths.append(len(out.splitlines()))
        assert max(map(len, out.splitlines())) <= 120
        assert "…" not in out
        for name in told[0].forecasters:
            assert name in out
    crps = told[1].scores.query("origins == 'rolling' and fold == 'known' and horizon == 'all'")
    assert f"{crps['crps'].iloc[0]:.3f}" in out
    assert lengths[1] > 2 * lengths[0]


# -- with data -----------------------------------------------------------------------------

DATA = Path(os.environ.get("ALLIANCE_SIM_DATA", Path(__file__).parents[2] / "shared" / "data"))
VOTES = DATA / "unga_dyad_calendar_year.csv"


@pytest.mark.skipif(not VOTES.exists(), reason="needs the data that ALLIANCE_SIM_DATA names")
def test_errors_on_votes_are_those_of_plain_arithmetic():
    votes = pd.read_csv(VOTES)
    votes = votes.assign(dyad=votes["iso_a"] + "-" + votes["iso_b"], value=votes["kappa_w"])
    wide = votes.pivot(index="dyad", columns="year", values="value")
    late = wide.loc[:, 2012:2016]
    step = (late - wide.shift(1, axis=1)).abs().stack().mean()
    frozen = late.sub(wide[2011], axis=0).abs().stack().mean()
    middle = late.sub(wide.loc[:, 1990:2011].mean(axis=1), axis=0).abs().stack().mean()
    task = make_task(votes[votes["year"] >= 1990], 2012, 2016, folds=0)
    names = ("persistence", "dyad mean")
    scores = score(task, forecasts(task, {name: RIVALS[name] for name in names}, 500))
    rows, errors = task.rows, dict(zip(names, scores.values["error"], strict=True))
    assert errors["persistence"][rows["horizon"] == 1].mean() == pytest.approx(step, abs=0.002)
    assert errors["persistence"][rows["fixed"]].mean() == pytest.approx(frozen, abs=0.002)
    assert errors["dyad mean"][rows["fixed"]].mean() == pytest.approx(middle, abs=0.002)
