"""Paired effects, divergence and pairing against closed forms and runs made by hand."""

import numpy as np
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from alliance_sim import store
from alliance_sim.analysis import comparison, divergence, effects, pairing, summary
from alliance_sim.errors import InputError
from alliance_sim.results import Labels, OutcomeLabel, Record, dataset
from alliance_sim.rules.classes import CLASSES


def made(numbers, codes=None, title="Test", **attrs):
    """A dataset of one number, (run, month), and one class outcome."""
    numbers = np.asarray(numbers, dtype=np.float32).T
    labels = Labels(
        actors=("a", "b"),
        actor_names=("Athens", "Boeotia"),
        outcomes=(
            OutcomeLabel("trade", "trade of Athens", "talents", "", (0.0, 10.0), False, 0.5),
            OutcomeLabel("kind", "kind of tie", "class", "", (0.0, 5.0), True),
        ),
        dyads=(),
        pairs=(),
        parameters=(),
        classes=CLASSES,
        start="2018-05",
        months=len(numbers) - 1,
    )
    record = Record.empty(labels, numbers.shape[1])
    record.outcomes[0] = numbers
    record.outcomes[1] = 0 if codes is None else np.asarray(codes).T
    record.first[:] = record.last[:] = 0
    about = {"title": title, "scenario_hash": title, "seed": 7, "runs": numbers.shape[1]}
    return dataset(record, labels, about | attrs)


def of(found, key, outcome="trade", month=-1):
    values = found[key].sel(outcome=outcome)
    return float(values if "month" not in values.dims else values.isel(month=month))


# -- effects -------------------------------------------------------------------------------


def test_effects_of_a_normal_shift_are_those_of_the_normal_distribution():
    rng = np.random.default_rng(3)
    n = 40_000
    before = rng.normal(size=(n, 2))
    change = np.stack([np.zeros(n), rng.normal(0.4, 0.5, n)], axis=1)
    found = effects.effects(made(before), made(before + change))
    for key, level in (("q05", 0.05), ("q25", 0.25), ("median", 0.5), ("q75", 0.75)):
        exact = stats.norm(0.4, 0.5).ppf(level)
        assert of(found, f"effect_{key}") == pytest.approx(exact, abs=0.02)
    assert of(found, "effect_mean") == pytest.approx(0.4, abs=0.01)
    assert of(found, "effect_mean_error") == pytest.approx(0.5 / np.sqrt(n), rel=0.03)
    # The median of a normal sample has standard error sd √(π/2) / √n.
    exact = 0.5 * np.sqrt(np.pi / 2 / n)
    assert of(found, "effect_median_error") == pytest.approx(exact, rel=0.2)
    up = stats.norm.sf(-0.4 / 0.5)
    assert of(found, "share_up") == pytest.approx(up, abs=0.01)
    assert of(found, "share_up_error") == pytest.approx(np.sqrt(up * (1 - up) / n), rel=0.05)
    assert of(found, "share_up") + of(found, "share_down") == 1
    assert found["smallest_effect"].sel(outcome="trade") == 0.5


def test_a_run_that_does_not_move_is_neither_up_nor_down():
    found = effects.effects(made(np.ones((4, 2))), made([[1, 1], [1, 2], [1, 2], [1, 0]]))
    assert [of(found, f"share_{side}") for side in ("up", "down")] == [0.5, 0.25]
    assert [of(found, f"share_{side}", month=0) for side in ("up", "down")] == [0, 0]
    assert of(found, "share_down_error") == pytest.approx(np.sqrt(0.25 * 0.75 / 4))


def test_classes_change_with_a_probability_and_move_from_one_to_another():
    before = np.array([[0, 0], [0, 0], [0, 3], [0, 3]])
    after = np.array([[0, 1], [0, 0], [0, 3], [0, 1]])
    base, ds = (made(np.zeros((4, 2)), codes) for codes in (before, after))
    found = effects.effects(base, ds)
    assert of(found, "class_change", "kind") == 0.5
    assert of(found, "class_change_error", "kind") == 0.25
    assert np.isnan(of(found, "effect_mean", "kind"))
    moves = effects.transitions(base, ds)["transition"].sel(relation="kind")
    for before_class, after_class in ((0, 1), (0, 0), (3, 3), (3, 1)):
        one = moves.sel(from_class=CLASSES[before_class], to_class=CLASSES[after_class])
        assert float(one) == 0.25
    assert float(moves.sum()) == 1


def test_a_single_run_has_no_errors():
    base, ds = (made([[0, each]], [[0, 1]]) for each in (1, 2))
    found = effects.effects(base, ds)
    for key in ("effect_mean_error", "share_up_error", "share_down_error"):
        assert np.isnan(of(found, key)), key
    assert np.isnan(of(found, "class_change_error", "kind"))
    assert np.isnan(effects.transitions(base, ds)["transition_error"]).all()
    shares = summary.class_shares(ds, "kind", baseline=base)
    assert shares[["error", "difference_error"]].isna().all(axis=None)
    assert shares["share"].sum() == 1


def test_runs_that_do_not_share_draws_are_refused():
    with pytest.raises(InputError, match="replicate 0, the scenario with 1"):
        effects.effects(made(np.zeros((2, 2))), made(np.zeros((2, 2)), replicate=1))


def test_a_smallest_effect_that_nobody_named_is_a_hundredth_of_the_range():
    values = xr.DataArray([0.0], attrs={"valid_range": (-2.0, 2.0), "units": "index"})
    assert effects.least_effect(values) == pytest.approx(0.02)  # levels range over 2


# -- divergence ----------------------------------------------------------------------------


def test_months_of_divergence_of_runs_made_by_hand():
    change = np.array(
        [
            [0, 0, 0, 0, 0],  # never
            [0, 1e-7, 0, 0, 0],  # hardly, once
            [0, 0, 2, 0, 2],  # twice; lasting only at the end
            [0, 0, 2, 2, 2],
            [0, 0, -2, 2, 2],  # changes sides
            [0, 2, 2, 2, 0.5],  # falls back to the smallest effect itself, which is none
        ]
    )
    inf = np.inf
    assert list(divergence.first_month(change)) == [inf, 1, 2, 2, 2, 1]
    assert list(divergence.lasting_month(change, 0.5)) == [inf, inf, 4, 2, 3, inf]


def brute_lasting(row, least):
    for month in range(len(row)):
        rest = row[month:]
        if all(x > least for x in rest) or all(x < -least for x in rest):
            return month
    return np.inf


@given(
    st.lists(
        st.lists(st.sampled_from([-2.0, -0.1, 0.0, 0.1, 2.0]), min_size=5, max_size=5),
        min_size=1,
        max_size=6,
    ),
    st.sampled_from([0.0, 0.1, 1.0]),
)
def test_lasting_divergence_is_what_its_words_say(rows, least):
    found = divergence.lasting_month(np.array(rows), least)
    assert list(found) == [brute_lasting(row, least) for row in rows]
    assert (found >= divergence.first_month(np.array(rows))).all()


def test_quantiles_count_runs_that_never_diverge_as_late():
    months = np.array([*range(1, 11), *[np.inf] * 10], dtype=float)
    found = divergence.over_runs(months)
    assert (found["q05"], found["q50"], found["never"]) == (1, 10, 0.5)
    assert np.isnan(found["q95"])
    assert np.isnan(divergence.over_runs(np.append(months, np.inf))["q50"])


def test_the_mean_is_clear_of_its_error_only_from_enough_of_them():
    mean, error = np.array([0, 0.1, 0.1, -0.4]), np.array([0, 0.1, 0.04, 0.1])
    assert divergence.clear_month(mean, error) == 3
    assert divergence.clear_month(mean, error, errors=2) == 2
    assert np.isinf(divergence.clear_month(mean, np.full(4, np.nan)))


def test_a_shared_past_is_no_divergence():
    rng = np.random.default_rng(0)
    before = rng.normal(size=(200, 6))
    after = before.copy()
    after[:, 4:] += 3
    found = effects.effects(made(before), made(after))
    for key in ("first_q05", "first_q95", "lasting_q05", "lasting_q95", "mean"):
        assert of(found, f"divergence_{key}") == 4
    assert of(found, "divergence_first_never") == 0
    assert of(found, "divergence_first_never", "kind") == 1


# -- pairing -------------------------------------------------------------------------------


@pytest.mark.parametrize("rho", [-0.5, 0.0, 0.9])
def test_gain_of_pairing_is_one_over_one_less_the_correlation(rho):
    """With equal variances v: Var(s) + Var(b) = 2 v, Var(s - b) = 2 v (1 - ρ)."""
    rng = np.random.default_rng(11)
    draws = rng.multivariate_normal([1, 2], [[4, 4 * rho], [4 * rho, 4]], size=50_000)
    found = pairing.gain(draws[:, :1], draws[:, 1:])
    assert found["pairing_correlation"][0] == pytest.approx(rho, abs=0.01)
    error = found["pairing_gain_error"][0]
    assert abs(found["pairing_gain"][0] - 1 / (1 - rho)) < 4 * error
    assert error < 0.02 / (1 - rho)
    assert found["unpaired_variance"][0] == pytest.approx(8, rel=0.05)


def test_error_of_the_gain_is_its_spread_over_ensembles():
    rng = np.random.default_rng(5)
    gains, errors = [], []
    for _ in range(400):
        draws = rng.multivariate_normal([0, 0], [[1, 0.8], [0.8, 1]], size=120)
        found = pairing.gain(draws[:, :1], draws[:, 1:])
        gains.append(found["pairing_gain"][0])
        errors.append(found["pairing_gain_error"][0])
    assert np.mean(errors) == pytest.approx(np.std(gains), rel=0.15)


def test_jackknife_is_that_of_leaving_each_run_out():
    rng = np.random.default_rng(2)
    before, after = rng.normal(size=(2, 9, 1))

    def ratio(b, s):
        return (b.var(ddof=1) + s.var(ddof=1)) / (s - b).var(ddof=1)

    left = [ratio(np.delete(before, i), np.delete(after, i)) for i in range(9)]
    expected = np.sqrt(8 / 9 * ((left - np.mean(left)) ** 2).sum())
    found = pairing.gain(before, after)
    assert found["pairing_gain"][0] == pytest.approx(ratio(before, after))
    assert found["pairing_gain_error"][0] == pytest.approx(expected)


@pytest.mark.parametrize("shift", [0.0, 0.1])
def test_a_difference_that_does_not_vary_is_worth_no_number_of_runs(shift):
    before = np.random.default_rng(0).normal(size=(50, 2)).astype(np.float32)
    after = (before + np.float32(shift)).astype(np.float64)
    found = pairing.gain(before.astype(np.float64), after)
    assert np.isnan(found["pairing_gain"]).all()
    assert np.isnan(found["pairing_gain_error"]).all()
    still = pairing.gain(np.ones((5, 1)), np.ones((5, 1)))
    assert all(np.isnan(still[key]).all() for key in ("pairing_gain", "pairing_correlation"))
    assert still["unpaired_variance"] == 0


# -- side by side --------------------------------------------------------------------------


@settings(max_examples=5, deadline=None)
@given(st.integers(1, 3), st.integers(1, 2))
def test_comparison_keeps_every_pair_in_its_place(scenarios, theories):
    base = made(np.zeros((3, 2)))
    pairs = {
        (f"s{i}", f"t{j}"): comparison.of_pair(
            base, made(np.full((3, 2), 10 * i + j), title=str(i))
        )
        for i in range(scenarios)
        for j in range(theories)
    }
    whole = comparison.comparison(pairs)
    for (scenario, theory), one in pairs.items():
        xr.testing.assert_equal(
            whole["effect_mean"].sel(scenario=scenario, theory=theory, drop=True),
            one["effect_mean"],
        )
    rows = comparison.effect_rows(whole)
    assert len(rows) == scenarios * theories * 2 * 2
    for row in rows[rows["outcome"] == "trade"].to_dict("records"):
        assert row["effect_mean"] == 10 * int(row["scenario"][1]) + int(row["theory"][1])
    assert set(rows["month"]) == {"2018-05", "2018-06"}


def test_a_comparison_comes_back_from_its_file(tmp_path):
    pair = comparison.of_pair(made(np.zeros((3, 2))), made(np.ones((3, 2))))
    whole = comparison.comparison({("s", "t"): pair})
    found = store.read(store.write(whole, tmp_path / store.COMPARISON))
    xr.testing.assert_equal(found["effect_mean"], whole["effect_mean"])
    assert list(found["outcome_name"].values) == ["trade of Athens", "kind of tie"]
    rows = comparison.transition_rows(found)
    assert rows["transition"].tolist() == [1.0]
