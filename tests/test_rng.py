"""Draws: they belong to their event, keep their meaning, and are as random as they should be."""

import itertools
from typing import Literal

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from scipy.stats import qmc

from alliance_sim import rng

ALL = slice(None)
NAMES = ("alpha", "beta", "gamma")
Sampling = Literal["monte_carlo", "latin_hypercube", "sobol"]
METHODS: tuple[Sampling, ...] = ("monte_carlo", "latin_hypercube", "sobol")
FROZEN_STREAM = [0.6887756055902062, 0.8084690382948936, 0.29402113089905557]
FROZEN_MONTHS = [
    [0.9963971972465515, 0.8145025968551636],
    [0.00455319881439209, 0.3899673819541931],
]
FROZEN_DESIGN = {
    "monte_carlo": [0.24981768730683374, 0.24526078066311763],
    "latin_hypercube": [0.227325902309664, 0.447799462937417],
    "sobol": [0.05104368831962347, 0.39115293230861425],
}
SURELY_NOT = 1e-4  # of a test that ought to pass; the seeds are fixed, so it does or does not


def draws(
    seed: int = 3,
    purpose: str = "decision",
    names: tuple[str, ...] = NAMES,
    block: int = 0,
    months: int = 24,
) -> npt.NDArray[np.floating]:
    return rng.Uniforms(seed, purpose, names, block, ALL).take(months)


def uniformly_distributed(values: npt.NDArray[np.floating]) -> bool:
    return bool(stats.kstest(values.ravel(), "uniform").pvalue > SURELY_NOT)


def correlated(a: npt.NDArray[np.floating], b: npt.NDArray[np.floating]) -> bool:
    return bool(stats.pearsonr(a.ravel(), b.ravel()).pvalue < SURELY_NOT)


# -- streams -----------------------------------------------------------------------------------


def test_seeds_keep_their_meaning() -> None:
    # Frozen: whoever changes these changes every published number.
    assert rng.BLOCK == 512
    assert rng.stream(0, "decision", "iran->russia", 0).random(3).tolist() == FROZEN_STREAM
    first = rng.Uniforms(7, "arena", ["syria"], 1, slice(0, 2)).take(2)
    assert first.dtype == np.float32
    assert first[:, 0].tolist() == FROZEN_MONTHS
    for method in METHODS:
        values = rng.design(7, ["world.a", "world.b"], 1, method)[:, 0]
        assert values.tolist() == FROZEN_DESIGN[method]


def test_words_are_kept_apart() -> None:
    # "ab" + "c" is not "a" + "bc", and a number is not part of the word before it.
    firsts = [
        rng.stream(*key).random()
        for key in [(1, "ab", "c"), (1, "a", "bc"), (1, "abc"), (1, "ab", "c", 0), (11, "b", "c")]
    ]
    assert len(set(firsts)) == len(firsts)


def test_all_draws_lie_inside_zero_and_one() -> None:
    values = draws(months=2000)
    assert values.min() >= 2.0**-25
    assert values.max() < 1
    assert np.isfinite(stats.logistic.ppf(values)).all()


@pytest.mark.parametrize("seed", [0, 1, 2**40])
def test_draws_are_uniform(seed: int) -> None:
    values = draws(seed)
    assert uniformly_distributed(values)
    # ... in each run over months, and in each month over runs
    assert all(uniformly_distributed(values[:, :, run]) for run in range(0, 512, 64))
    assert all(uniformly_distributed(values[month]) for month in range(24))


def test_months_and_runs_are_independent() -> None:
    values = draws(names=("alpha",), months=200)[:, 0]
    assert not correlated(values[1:], values[:-1])
    assert not correlated(values[:, 1:], values[:, :-1])
    assert not correlated(values[12:], values[:-12])


@pytest.mark.parametrize(
    "other",
    [{"seed": 4}, {"purpose": "arena"}, {"names": ("alpha2", "b", "c")}, {"block": 1}],
    ids=lambda other: next(iter(other)),
)
def test_draws_of_another_event_have_nothing_to_do_with_it(other: dict[str, object]) -> None:
    ours, theirs = draws(), draws(**other)  # type: ignore[arg-type]
    assert np.mean(ours == theirs) < 1e-3  # two of 2**24 values may meet
    assert not correlated(ours, theirs)
    # The sum of two independent uniform draws has a triangular distribution.
    both = (ours.astype(np.float64) + theirs).ravel()
    assert stats.kstest(both, stats.triang(0.5, 0, 2).cdf).pvalue > SURELY_NOT


def test_seed_zero_is_a_seed_like_any_other() -> None:
    zero, one = draws(seed=0), draws(seed=1)
    assert uniformly_distributed(zero)
    assert not correlated(zero, one)
    assert not np.array_equal(zero, one)


@settings(max_examples=20, deadline=None)
@given(months=st.integers(1, 40), more=st.integers(0, 40))
def test_more_months_move_no_draw(months: int, more: int) -> None:
    np.testing.assert_array_equal(
        draws(months=months + more)[:months], draws(months=months), strict=True
    )


@settings(max_examples=20, deadline=None)
@given(st.lists(st.integers(1, 13), min_size=1, max_size=6))
def test_draws_do_not_know_in_which_portions_they_are_taken(portions: list[int]) -> None:
    uniforms = rng.Uniforms(3, "decision", NAMES, 0, ALL)
    taken = np.concatenate([uniforms.take(months) for months in portions])
    np.testing.assert_array_equal(taken, draws(months=sum(portions)))


def test_draws_do_not_know_who_else_is_asked_for() -> None:
    together = draws()
    for order in itertools.permutations(range(3)):
        shuffled = draws(names=tuple(NAMES[place] for place in order))
        np.testing.assert_array_equal(shuffled, together[:, list(order)])
    np.testing.assert_array_equal(draws(names=("beta",))[:, 0], together[:, 1])


@settings(max_examples=20, deadline=None)
@given(start=st.integers(0, 511), width=st.integers(1, 512))
def test_draws_do_not_know_which_runs_are_asked_for(start: int, width: int) -> None:
    lanes = slice(start, min(start + width, 512))
    part = rng.Uniforms(3, "decision", NAMES, 0, lanes).take(5)
    np.testing.assert_array_equal(part, draws(months=5)[:, :, lanes], strict=True)


# -- probabilities at which uncertain numbers are read -----------------------------------------


@pytest.mark.parametrize("method", METHODS)
def test_designs_are_uniform_and_names_uncorrelated(method: Sampling) -> None:
    values = np.concatenate([rng.design(5, NAMES, block, method) for block in range(4)], axis=1)
    assert values.shape == (3, 4 * 512)
    assert values.min() > 0
    assert values.max() < 1
    for one in values:
        assert uniformly_distributed(one)
    for a, b in itertools.combinations(values, 2):
        assert not correlated(a, b)
        quarters, *_ = np.histogram2d(a, b, bins=2, range=[[0, 1], [0, 1]])
        assert stats.chisquare(quarters.ravel()).pvalue > SURELY_NOT


@pytest.mark.parametrize("method", METHODS)
def test_a_design_without_names_is_empty(method: Sampling) -> None:
    assert rng.design(5, [], 0, method).shape == (0, 512)


@pytest.mark.parametrize("method", METHODS)
def test_designs_differ_between_seeds_and_blocks(method: Sampling) -> None:
    first = rng.design(0, NAMES, 0, method)
    assert np.mean(first == rng.design(1, NAMES, 0, method)) < 0.01
    assert np.mean(first == rng.design(0, NAMES, 1, method)) < 0.01
    np.testing.assert_array_equal(first, rng.design(0, NAMES, 0, method))


@pytest.mark.parametrize("method", ["monte_carlo", "latin_hypercube"])
def test_names_do_not_move_each_other(method: Sampling) -> None:
    together = rng.design(5, NAMES, 2, method)
    np.testing.assert_array_equal(rng.design(5, NAMES[1:], 2, method), together[1:])
    np.testing.assert_array_equal(rng.design(5, NAMES[::-1], 2, method), together[::-1])


@pytest.mark.parametrize("block", [0, 3])
def test_latin_hypercube_has_one_draw_in_each_stratum_of_a_block(block: int) -> None:
    for values in rng.design(5, NAMES, block, "latin_hypercube"):
        assert sorted(np.floor(values * 512)) == list(range(512))
    # Independent draws would leave a third of the strata empty.
    independent = rng.design(5, NAMES, block, "monte_carlo")[0]
    assert len(set(np.floor(independent * 512))) < 400


def test_sobol_blocks_continue_one_sequence() -> None:
    whole = qmc.Sobol(d=512, rng=rng.stream(5, "parameter", "sobol")).random(4 * 512).T
    blocks = np.concatenate([rng.design(5, NAMES, block, "sobol") for block in range(4)], axis=1)
    np.testing.assert_array_equal(blocks, whole[:3])
    # As one sequence it has one draw in each of 2,048 strata.
    for values in blocks:
        assert sorted(np.floor(values * 2048)) == list(range(2048))


def test_names_at_the_end_move_no_sobol_draw() -> None:
    few, more = rng.design(5, NAMES, 1, "sobol"), rng.design(5, [*NAMES, "delta"], 1, "sobol")
    np.testing.assert_array_equal(more[:3], few)


def test_sobol_fills_pairs_of_names_evenly() -> None:
    a, b, _ = np.concatenate([rng.design(5, NAMES, block, "sobol") for block in (0, 1)], axis=1)
    cells, *_ = np.histogram2d(a, b, bins=16, range=[[0, 1], [0, 1]])
    # A (t, m, s)-net in base 2: every one of the 256 cells holds its share of 1,024 points.
    assert cells.min() == cells.max() == 4
