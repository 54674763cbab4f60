"""Summaries against datasets made by hand and against closed forms."""

import json

import numpy as np
import pytest
import xarray as xr

from alliance_sim.analysis import summary
from alliance_sim.errors import InputError
from alliance_sim.results import Labels, OutcomeLabel, Record, dataset
from alliance_sim.rules.classes import CLASSES

MONTHS = 3


def made(numbers, codes=None, *, seed=7, dyads=("a-b", "a->c", "c->a"), alignment=None, **attrs):
    """A dataset of one number (month, run) and one class outcome, of actors a, b, c."""
    numbers = np.asarray(numbers, dtype=float)
    months, runs = numbers.shape
    labels = Labels(
        actors=("a", "b", "c"),
        actor_names=("Athens", "Boeotia", "Corinth"),
        outcomes=(
            OutcomeLabel("trade", "trade of Athens", "talents", "", (0.0, 1000.0), False),
            OutcomeLabel("kind", "kind of tie", "class", "", (0.0, 5.0), True),
        ),
        dyads=tuple(dyads),
        pairs=("a-b",),
        parameters=(),
        classes=CLASSES,
        start="1932-01",
        months=months - 1,
    )
    record = Record.empty(labels, runs)
    record.outcomes[0] = numbers
    record.outcomes[1] = 0 if codes is None else np.asarray(codes)
    record.classes[0] = 0 if codes is None else np.asarray(codes)
    record.alignment[:] = 0 if alignment is None else np.asarray(alignment)[:, None, None]
    record.first[:] = record.last[:] = 0
    about = {"title": "Test", "scenario_hash": "abc", "seed": seed, "runs": runs}
    return dataset(record, labels, about | {"interventions": json.dumps([])} | attrs)


def flat(values):
    """The same runs in every month."""
    return np.tile(np.asarray(values, dtype=float), (MONTHS, 1))


# -- quantiles -----------------------------------------------------------------------------


def test_quantiles_of_an_even_grid_are_its_values():
    ds = made(np.stack([np.arange(101), 10 * np.arange(101)]))
    found = summary.quantiles(ds, "trade", (0.05, 0.5, 0.95))
    assert found.dims == ("quantile", "month")
    np.testing.assert_allclose(found.sel(quantile=0.05), [5, 50])
    np.testing.assert_allclose(found.sel(quantile=0.5), [50, 500])
    np.testing.assert_allclose(found.sel(quantile=0.95), [95, 950])
    assert found.attrs["units"] == "talents"
    assert list(found["month"].to_numpy()) == list(ds["month"].to_numpy())


def test_order_of_runs_does_not_matter():
    values = np.random.default_rng(1).permutation(101)
    found = summary.quantiles(made(flat(values)), "trade", (0.25,))
    np.testing.assert_allclose(found, 25)


def test_recorded_dyad_is_found_either_way_round():
    ds = made(flat([0, 0]), alignment=(0.5, 0.2, 0.4))
    for dyad in ("a-b", "b-a"):
        np.testing.assert_allclose(summary.series(ds, "alignment", dyad), 0.5, rtol=1e-6)
    np.testing.assert_allclose(summary.series(ds, "alignment", "a->c"), 0.2, rtol=1e-6)


def test_both_directions_stand_for_a_dyad_that_was_not_recorded():
    ds = made(flat([0, 0]), alignment=(0.5, 0.2, 0.4))
    found = summary.series(ds, "alignment", "a-c")
    np.testing.assert_allclose(found, 0.3, rtol=1e-6)
    assert found.attrs["units"] == "index"


@pytest.mark.parametrize(
    ("ask", "says"),
    [
        (("trad", None), "did you mean 'trade'?"),
        (("alignment", "a-bb"), "did you mean 'a-b'?"),
        (("alignment", "b->a"), "dyad 'b->a' was not recorded"),
        (("alignment", "b-c"), "was not recorded"),
        (("alignment", None), "use one of: a-b, a->c, c->a"),
        (("trade", "a-b"), "has no dyads"),
        (("kind", None), "is a relation class"),
    ],
)
def test_what_is_not_there_is_named(ask, says):
    with pytest.raises(InputError) as error:
        summary.series(made(flat([0, 1])), *ask)
    assert says in str(error.value)


def test_alignment_of_a_dataset_without_dyads():
    with pytest.raises(InputError, match="the dataset has none"):
        summary.series(made(flat([0, 1]), dyads=()), "alignment", "a-b")


# -- Monte-Carlo errors --------------------------------------------------------------------


def test_median_error_of_normal_draws_is_the_asymptotic_one():
    n = 20_000
    draws = np.random.default_rng(3).standard_normal((40, n))
    found = np.mean([summary.median_error(each) for each in draws])
    assert found == pytest.approx(np.sqrt(np.pi / 2) / np.sqrt(n), rel=0.03)
    # and it is the scatter of the median itself, within the error of 40 medians
    scatter = np.std(np.median(draws, axis=1), ddof=1)
    assert found == pytest.approx(scatter, rel=4 / np.sqrt(2 * 39))


def test_median_error_of_uniform_draws():
    # The density at the median of U(0, w) is 1/w: the error is w / (2 √n).
    n, width = 10_000, 6.0
    even = width * (np.arange(n) + 0.5) / n
    assert summary.median_error(even) == pytest.approx(width / (2 * np.sqrt(n)), rel=1e-3)


def test_mean_error_of_a_coin():
    # Half at -1, half at 1: the standard deviation is √(n / (n - 1)).
    values = np.tile([-1.0, 1.0], 50)
    assert summary.mean_error(values) == pytest.approx(1 / np.sqrt(99))


def test_one_run_has_no_known_error():
    assert np.isnan(summary.median_error(np.array([1.0])))
    assert np.isnan(summary.mean_error(np.array([1.0])))


# -- the table -----------------------------------------------------------------------------


def test_table_of_known_quantiles():
    table = summary.horizon_table(made(flat(np.arange(101))))
    assert list(table.index) == ["trade"]
    row = table.loc["trade"]
    assert (row["name"], row["unit"]) == ("trade of Athens", "talents")
    assert [row[c] for c in ("q05", "q25", "median", "q75", "q95")] == [5, 25, 50, 75, 95]
    # Quantiles at 0.5 ± 0.5/√101 of 0..100 are 50 ± 50/√101.
    assert row["median_error"] == pytest.approx(50 / np.sqrt(101))
    assert not [column for column in table if column.startswith("effect")]


def test_table_looks_at_the_last_month():
    values = np.stack([np.zeros(5), np.full(5, 9.0)])
    assert summary.horizon_table(made(values)).loc["trade", "median"] == 9


def test_paired_difference_sees_what_the_distributions_hide():
    # Each run moves by +1, except two that fall by 2 and one that stays; the spread is 1000.
    before = 10 * np.arange(101.0)
    change = np.ones(101)
    change[:2], change[2] = -2, 0
    row = summary.horizon_table(made(flat(before + change)), made(flat(before))).loc["trade"]
    assert row["effect_median"] == 1
    assert row["effect_mean"] == pytest.approx((98 - 4) / 101)
    assert row["effect_q05"] == 1
    assert row["effect_q95"] == 1
    assert row["share_up"] == pytest.approx(98 / 101)
    assert row["share_down"] == pytest.approx(2 / 101)
    squares = (98 * 1 + 2 * 4) - 101 * ((98 - 4) / 101) ** 2
    assert row["effect_mean_error"] == pytest.approx(np.sqrt(squares / 100 / 101))


def test_single_precision_is_not_carried_into_means():
    # 2**24 + 1 is no float32: summed in single precision the tail is lost.
    n = 4096
    ds = made(flat(np.full(n, 16_777_216.0)))
    assert summary.horizon_table(ds).loc["trade", "median"] == 16_777_216
    change = summary.horizon_table(made(flat(np.full(n, 0.1))), made(flat(np.zeros(n))))
    assert change.loc["trade", "effect_mean"] == pytest.approx(np.float32(0.1), rel=1e-12)


# -- relation classes ----------------------------------------------------------------------


def test_class_shares_with_binomial_errors():
    codes = np.repeat([0, 3, 4], [10, 30, 60])
    for name in ("kind", "a-b", "b-a"):
        table = summary.class_shares(made(flat(codes), flat(codes)), name)
        assert list(table.index) == list(CLASSES)
        assert list(table["share"]) == pytest.approx([0.1, 0, 0, 0.3, 0.6, 0])
        assert table.loc["hostile", "error"] == pytest.approx(np.sqrt(0.1 * 0.9 / 100))
        assert table.loc["distant", "error"] == 0


def test_class_shares_of_all_months():
    codes = np.stack([np.zeros(4), np.array([0, 0, 0, 5])])
    table = summary.class_shares(made(codes, codes), "kind", month=None)
    assert table.index.names == ["month", "relation_class"]
    by_month = table["share"].unstack(sort=False)
    np.testing.assert_allclose(by_month.sum(axis=1), 1)
    assert list(by_month["strategic_alliance"]) == [0, 0.25]
    assert summary.class_shares(made(codes, codes), "kind", month=0).loc["hostile", "share"] == 1


def test_difference_of_class_shares_is_paired():
    # McNemar: 30 runs leave, 10 come; the rest, however many, add nothing but their number.
    before = np.repeat([4, 3, 4, 3], [30, 10, 40, 20])
    after = np.repeat([3, 4, 4, 3], [30, 10, 40, 20])
    table = summary.class_shares(
        made(flat(after), flat(after)), "kind", baseline=made(flat(before), flat(before))
    )
    row = table.loc["strategic_cooperation"]
    assert row["baseline_share"] == pytest.approx(0.7)
    assert row["share"] == pytest.approx(0.5)
    assert row["difference"] == pytest.approx(-0.2)
    assert row["difference_error"] == pytest.approx(np.sqrt((0.4 - 0.2**2) / 100))


@pytest.mark.parametrize(
    ("name", "month", "says"),
    [
        ("kin", -1, "did you mean 'kind'?"),
        ("a-c", -1, "did you mean 'a-b'?"),
        ("trade", -1, "is a number"),
        ("kind", MONTHS, "there is no month 3"),
    ],
)
def test_class_shares_of_what_is_not_there(name, month, says):
    with pytest.raises(InputError) as error:
        summary.class_shares(made(flat([0, 1])), name, month)
    assert says in str(error.value)


# -- pairs ---------------------------------------------------------------------------------


def test_paired_runs():
    before = made(flat([1, 2, 3]), flat([0, 1, 2]), alignment=(0.5, 0, 0))
    after = made(flat([2, 2, 1]), flat([0, 4, 2]), alignment=(0.25, 0, 0), scenario_hash="def")
    found = summary.paired(before, after)
    assert found["trade"].dims == ("run", "month")
    np.testing.assert_allclose(found["trade"].isel(month=-1), [1, 0, -2])
    assert found["trade"].attrs["units"] == "talents"
    np.testing.assert_array_equal(found["kind"].isel(month=-1), [0, 1, 0])
    np.testing.assert_array_equal(found["relation_class"].isel(month=-1, pair=0), [0, 1, 0])
    np.testing.assert_allclose(found["alignment"].sel(dyad="a-b"), -0.25)
    assert (found.attrs["baseline_hash"], found.attrs["scenario_hash"]) == ("abc", "def")


def test_paired_keeps_what_both_recorded():
    before, after = made(flat([1, 2]), dyads=("a-b", "b->c")), made(flat([1, 2]))
    assert list(summary.paired(before, after)["dyad"].to_numpy()) == ["a-b"]
    assert "alignment" not in summary.paired(made(flat([1, 2]), dyads=()), after)


def test_a_run_is_its_own_pair():
    ds = made(flat([3, 1, 2]), flat([5, 0, 1]))
    assert all((values == 0).all() for values in summary.paired(ds, ds).data_vars.values())


@pytest.mark.parametrize(
    ("other", "says"),
    [
        (made(flat([1, 2, 3])), "same runs"),
        (made(np.ones((2, 2))), "same horizon"),
        (made(flat([1, 2]), seed=8), "same seed"),
        (made(flat([1, 2]), seed=0), "with seed 7, the scenario with 0"),
        (made(flat([1, 2]), sampling="sobol"), "same sampling"),
        (made(flat([1, 2])).rename(trade="arms"), "the baseline has no outcome 'arms'"),
        (made(flat([1, 2])).rename(trade="arms"), "the scenario has no outcome 'trade'"),
    ],
)
def test_what_cannot_be_paired_is_refused(other, says):
    ds = made(flat([1, 2]))
    with pytest.raises(InputError) as error:
        summary.paired(ds, other)
    assert says in str(error.value)


def test_outcomes_in_other_units_are_refused():
    ds, other = made(flat([1, 2])), made(flat([1, 2]))
    other["trade"].attrs["units"] = "drachmas"
    with pytest.raises(InputError, match="measured in talents in the baseline, in drachmas"):
        summary.paired(ds, other)


def test_every_difference_is_reported_at_once():
    with pytest.raises(InputError) as error:
        summary.paired(made(flat([1, 2])), made(flat([1, 2, 3]), seed=8))
    assert len(error.value.problems) == 2


def test_attributes_from_a_file_are_no_other_attributes():
    ds = made(flat([1, 2]))
    other = ds.assign_attrs(seed=np.int64(7))
    assert isinstance(summary.paired(ds, other), xr.Dataset)
