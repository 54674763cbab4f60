"""The split of a variance against planted components, which are known in closed form."""

import numpy as np
import pytest
import xarray as xr

from alliance_sim.analysis.variance import COMPONENTS, split, variance_split
from alliance_sim.errors import InputError

THEORIES = np.array([-0.6, 0.1, 0.5])
SLOPES = np.array([0.5, 1.0, 2.0])
NOISE = np.array([1.0, 0.5, 0.2])
TRUE = {
    "parameter": float(np.mean(SLOPES**2)),  # P has variance 1
    "chance": float(np.mean(NOISE**2)),
    "theory": float(np.var(THEORIES)),
}


def planted(rng, runs, replicates):
    """D = μ_t + b_t P + c_t ε, with P and ε shared by theories; (theory, replicate, run)."""
    P = rng.normal(size=runs)
    e = rng.normal(size=(replicates, runs))
    return THEORIES[:, None, None] + SLOPES[:, None, None] * P + NOISE[:, None, None] * e


@pytest.mark.parametrize(("runs", "replicates"), [(12, 2), (30, 3)])
def test_components_are_unbiased_and_their_errors_are_their_spread(runs, replicates):
    rng = np.random.default_rng(17)
    repeats = 1500
    found = [
        split(planted(rng, runs, replicates), resamples=60, seed=place) for place in range(repeats)
    ]
    total = sum(TRUE.values())
    for key, truth in {**TRUE, "total": total}.items():
        sample = np.array([float(each[f"variance_{key}"]) for each in found])
        standard = sample.std() / np.sqrt(repeats)
        assert abs(sample.mean() - truth) < 4 * standard, key
        errors = np.array([float(each[f"variance_{key}_error"]) for each in found])
        # So few runs have a bootstrap that is a little short.
        assert 0.75 < np.sqrt(np.mean(errors**2)) / sample.std() < 1.15, key


def test_intervals_of_two_errors_cover_the_truth_as_often_as_they_should():
    rng = np.random.default_rng(4)
    inside = dict.fromkeys(COMPONENTS, 0)
    shares = dict.fromkeys(COMPONENTS, 0)
    repeats, total = 300, sum(TRUE.values())
    for place in range(repeats):
        found = split(planted(rng, 400, 2), resamples=100, seed=place)
        for key in COMPONENTS:
            off = abs(found[f"variance_{key}"] - TRUE[key])
            inside[key] += off < 1.96 * found[f"variance_{key}_error"]
            off = abs(found[f"share_{key}"] - TRUE[key] / total)
            shares[key] += off < 1.96 * found[f"share_{key}_error"]
    for key in COMPONENTS:
        assert 0.90 < inside[key] / repeats < 0.985, key
        assert 0.90 < shares[key] / repeats < 0.985, key


def test_theories_that_are_the_same_have_no_component_on_average():
    """Independent chance makes their means differ, and the correction takes that off."""
    rng = np.random.default_rng(8)
    found = [
        float(split(rng.normal(size=(4, 2, 15)), resamples=0)["variance_theory"])
        for _ in range(3000)
    ]
    assert abs(np.mean(found)) < 4 * np.std(found) / np.sqrt(len(found))
    assert min(found) < 0  # not clipped
    assert np.mean(np.array(found) + 1 / 30 * 3 / 4) > 0.02  # what would be there uncorrected


def test_components_add_up_and_shares_to_one():
    found = split(planted(np.random.default_rng(1), 50, 2))
    parts = sum(found[f"variance_{key}"] for key in COMPONENTS)
    assert found["variance_total"] == pytest.approx(parts)
    assert sum(found[f"share_{key}"] for key in COMPONENTS) == pytest.approx(1)


def test_one_component_alone_is_found_alone():
    n = 100
    P = np.random.default_rng(0).normal(size=n)
    parameter = split(np.broadcast_to(P, (2, 3, n)).copy())
    assert parameter["share_parameter"] == pytest.approx(1)
    assert parameter["variance_parameter"] == pytest.approx(P.var(ddof=1))
    theory = split(np.broadcast_to(np.array([0.0, 2.0])[:, None, None], (2, 2, n)).copy())
    assert theory["variance_theory"] == 1
    assert theory["variance_theory_error"] == 0
    assert theory["share_theory"] == 1


def test_bootstrap_is_seeded_and_what_does_not_vary_has_no_shares():
    values = planted(np.random.default_rng(6), 40, 2)
    one, two, other = (split(values, seed=seed) for seed in (0, 0, 1))
    assert one["variance_chance_error"] == two["variance_chance_error"]
    assert one["variance_chance_error"] != other["variance_chance_error"]
    still = split(np.full((2, 2, 10, 1), 0.1))
    assert np.isnan(still["share_chance"]).all()
    assert still["variance_total"] == pytest.approx(0, abs=1e-15)


def named(values, *dims):
    return xr.Dataset({"trade": ((*dims, "run", "month"), values[..., None])})


def test_datasets_are_split_as_their_arrays_whatever_the_order_of_dims():
    values = planted(np.random.default_rng(2), 60, 2)
    ds = named(values, "theory", "replicate")
    expected = split(values)
    for each in (ds, ds.transpose("month", "run", "replicate", "theory")):
        found = variance_split(each).sel(outcome="trade").isel(month=0)
        for key in COMPONENTS:
            assert float(found[f"variance_{key}"]) == pytest.approx(expected[f"variance_{key}"])
    level = variance_split(named(values[0], "replicate"))
    assert np.isnan(level["variance_theory"]).all()
    alone = split(values[:1])
    assert float(level["variance_parameter"][0, 0]) == pytest.approx(alone["variance_parameter"])
    assert float(level["variance_total"][0, 0]) == pytest.approx(
        alone["variance_parameter"] + alone["variance_chance"]
    )


def test_a_split_needs_replicates_and_runs():
    with pytest.raises(InputError, match="at least two replicates"):
        variance_split(named(np.zeros((2, 5)), "theory"))
    with pytest.raises(InputError, match="at least two runs"):
        variance_split(named(np.zeros((2, 1)), "replicate"))


def test_what_cannot_be_split_is_said():
    values = np.random.default_rng(0).normal(size=(2, 5, 3))
    by_dyad = xr.Dataset({"alignment": (("replicate", "run", "month", "dyad"), values[..., None])})
    with pytest.raises(InputError, match=r"no variable is an outcome.*\.sel\(dyad=\.\.\.\)"):
        variance_split(by_dyad)
    one = variance_split(by_dyad.isel(dyad=0))
    assert one.sizes == {"outcome": 1, "month": 3}
    mixed = xr.Dataset(
        {
            "trade": (("replicate", "run", "month"), values),
            "last": (("replicate", "run"), values[..., -1]),
        }
    )
    with pytest.raises(InputError, match=r"differ in their dims.*\(trade\).*\(last\)"):
        variance_split(mixed)
    last = variance_split(mixed[["last"]])["variance_chance"]
    split_by_month = variance_split(mixed[["trade"]])["variance_chance"]
    assert float(last[0]) == pytest.approx(float(split_by_month[0, -1]))
