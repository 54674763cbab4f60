"""Uncertain numbers: quantiles against closed forms, supports, refusals, and drawn moments."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError
from scipy import integrate, special, stats

from alliance_sim.compile import labels_of
from alliance_sim.engines.ensemble import run_ensemble
from alliance_sim.spec import Scenario
from alliance_sim.spec.numbers import (
    AnyDistribution,
    Number,
    Sampling,
    Unit,
)

U = np.array([1e-9, 0.01, 0.1, 0.25, 0.5, 0.75, 0.9, 0.99, 1 - 1e-9])
Quantiles = Callable[[float], float]


def distribution(given_: dict[str, Any]) -> AnyDistribution:
    made: AnyDistribution = TypeAdapter(Number).validate_python(given_)
    return made


def uniform(u: float) -> float:
    return 2 + 3 * u


def triangular(u: float) -> float:
    """Of 1, 2 and 5: the rising side holds a quarter."""
    return 1 + math.sqrt(u * 4 * 1) if u < 0.25 else 5 - math.sqrt((1 - u) * 4 * 3)


def normal(u: float) -> float:
    return float(-1 + 2 * math.sqrt(2) * special.erfinv(2 * u - 1))


def truncated(u: float) -> float:
    """Of mean 0.3 and standard deviation 0.2 on [0, 1]: the normal between its bounds."""
    low, high = stats.norm.cdf([0, 1], 0.3, 0.2)
    return float(stats.norm.ppf(low + u * (high - low), 0.3, 0.2))


def lognormal(u: float) -> float:
    return float(0.5 * math.exp(0.3 * stats.norm.ppf(u)))


def beta(u: float) -> float:
    """Of 2 and 1: the distribution function is x squared."""
    return math.sqrt(u)


CASES: list[tuple[dict[str, Any], Quantiles, tuple[float, float]]] = [
    ({"uniform": [2, 5]}, uniform, (2, 5)),
    ({"triangular": [1, 2, 5]}, triangular, (1, 5)),
    ({"normal": [-1, 2]}, normal, (-math.inf, math.inf)),
    ({"truncated_normal": [0.3, 0.2, 0, 1]}, truncated, (0, 1)),
    ({"lognormal": [0.5, 0.3]}, lognormal, (0, math.inf)),
    ({"beta": [2, 1]}, beta, (0, 1)),
]


MADE = [distribution(case[0]) for case in CASES]


def name_of(case: Any) -> str:
    return next(iter(case)) if isinstance(case, dict) else ""


@pytest.mark.parametrize(("given_", "quantile", "support"), CASES, ids=name_of)
def test_quantiles_are_those_of_the_closed_form(
    given_: dict[str, Any], quantile: Quantiles, support: tuple[float, float]
) -> None:
    made = distribution(given_)
    np.testing.assert_allclose(made.ppf(U), [quantile(float(u)) for u in U], rtol=1e-7, atol=1e-9)
    assert made.support == support
    assert made.median == pytest.approx(quantile(0.5), rel=1e-12)


def test_beta_of_other_shapes_is_that_of_scipy() -> None:
    made = distribution({"beta": [2, 8]})
    # Its distribution function, by integrating the density.
    for u in (0.1, 0.5, 0.9):
        x = float(made.ppf(np.array([u]))[0])
        mass, _ = integrate.quad(lambda t: 72 * t * (1 - t) ** 7, 0, x)
        assert mass == pytest.approx(u, abs=1e-9)


def test_triangular_may_have_its_mode_at_an_end() -> None:
    falling = distribution({"triangular": [0, 0, 1]})
    np.testing.assert_allclose(falling.ppf(U), 1 - np.sqrt(1 - U), rtol=1e-7, atol=1e-12)
    rising = distribution({"triangular": [0, 1, 1]})
    np.testing.assert_allclose(rising.ppf(U), np.sqrt(U), rtol=1e-7)


@pytest.mark.parametrize("given_", [case[0] for case in CASES], ids=name_of)
@settings(max_examples=50, deadline=None)
@given(u=st.floats(2.0**-54, 1 - 2.0**-53))
def test_quantiles_keep_within_the_support(given_: dict[str, Any], u: float) -> None:
    made = distribution(given_)
    low, high = made.support
    value = float(made.ppf(np.array([u]))[0])
    assert math.isfinite(value)
    assert low <= value <= high


@settings(max_examples=30, deadline=None)
@given(st.lists(st.floats(2.0**-54, 1 - 2.0**-53), min_size=2, max_size=9))
def test_quantiles_rise_and_keep_their_shape(given_: list[float]) -> None:
    u = np.array(sorted(given_))[:, None]
    for made in MADE:
        values = made.ppf(u)
        assert values.shape == u.shape
        assert (np.diff(values[:, 0]) >= 0).all()


# -- categorical -------------------------------------------------------------------------------


def categorical(values: list[float], probabilities: list[float]) -> AnyDistribution:
    return distribution({"categorical": {"values": values, "probabilities": probabilities}})


def test_categorical_changes_at_its_edges() -> None:
    made = categorical([3, -1, 7], [0.25, 0.5, 0.25])
    just_below, just_above = np.nextafter(0.25, 0), np.nextafter(0.75, 1)
    u = np.array([1e-12, just_below, 0.25, 0.5, np.nextafter(0.75, 0), 0.75, just_above, 0.999])
    assert made.ppf(u).tolist() == [3, 3, -1, -1, -1, 7, 7, 7]
    assert made.support == (-1, 7)
    assert made.median == -1


def test_categorical_never_takes_what_is_impossible() -> None:
    ends = np.array([2.0**-54, 0.5, 1 - 2.0**-53])
    assert categorical([1, 2, 3], [0, 1, 0]).ppf(ends).tolist() == [2, 2, 2]
    assert categorical([4], [1]).ppf(ends).tolist() == [4, 4, 4]


def test_categorical_shares_are_its_probabilities() -> None:
    made = categorical([0, 1, 2], [0.2, 0.3, 0.5])
    values = made.ppf((np.arange(1000) + 0.5) / 1000)
    assert [np.count_nonzero(values == value) for value in (0, 1, 2)] == [200, 300, 500]


# -- refusals ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("impossible", "says"),
    [
        ({"uniform": [1, 1]}, "from low to high"),
        ({"uniform": [2, 1]}, "from low to high"),
        ({"triangular": [0, 2, 1]}, "from low to high"),
        ({"triangular": [2, 1, 3]}, "from low to high"),
        ({"triangular": [1, 1, 1]}, "from low to high"),
        ({"normal": [0, 0]}, "standard deviation is 0"),
        ({"normal": [0, -1]}, "standard deviation is -1"),
        ({"truncated_normal": [0, 0, -1, 1]}, "standard deviation is 0"),
        ({"truncated_normal": [0, 1, 1, 1]}, "from low to high"),
        ({"truncated_normal": [0, 1, 1, -1]}, "from low to high"),
        ({"truncated_normal": [9.1, 1, 0, 1]}, "eight standard deviations"),
        ({"truncated_normal": [-8.1, 1, 0, 1]}, "eight standard deviations"),
        ({"lognormal": [0, 1]}, "median is 0"),
        ({"lognormal": [1, 0]}, "logarithm is 0"),
        ({"beta": [0, 1]}, "first shape is 0"),
        ({"beta": [1, -1]}, "second shape is -1"),
        ({"categorical": {"values": [1, 2], "probabilities": [1]}}, "2 values but 1"),
        ({"categorical": {"values": [1, 2], "probabilities": [0.5, 0.6]}}, "sum to 1.1"),
        ({"categorical": {"values": [1, 2], "probabilities": [1.5, -0.5]}}, "not negative"),
        ({"categorical": {"values": [], "probabilities": []}}, "at least 1"),
        ({"uniform": [0, math.nan]}, "finite"),
        ({"normal": [0, math.inf]}, "finite"),
        ({"uniform": [0, 1, 2]}, "at most 2"),
        ({"cauchy": [0, 1]}, "unknown distribution 'cauchy'"),
    ],
)
def test_impossible_parameters_are_refused(impossible: dict[str, Any], says: str) -> None:
    with pytest.raises(ValidationError, match=says):
        distribution(impossible)


@pytest.mark.parametrize(
    "outside",
    [
        {"normal": [0.5, 0.01]},
        {"lognormal": [0.5, 0.01]},
        {"uniform": [-0.1, 0.5]},
        {"uniform": [0.5, 1.1]},
        {"triangular": [0.1, 0.5, 1.5]},
        {"truncated_normal": [0.5, 0.1, 0, 2]},
        {"categorical": {"values": [0, 2], "probabilities": [0.5, 0.5]}},
    ],
    ids=name_of,
)
def test_a_distribution_that_can_leave_the_range_is_refused(outside: dict[str, Any]) -> None:
    with pytest.raises(ValidationError, match="must lie in"):
        TypeAdapter(Unit).validate_python(outside)
    assert distribution(outside).support != (0, 1)  # and is none the worse elsewhere


# -- as an ensemble draws them -----------------------------------------------------------------

RUNS = 2048
WEIGHTS: dict[str, dict[str, Any]] = {
    "common_threat": {"uniform": [0.2, 0.6]},
    "direct_threat": {"triangular": [0.1, 0.2, 0.6]},
    "structural_balance": {"truncated_normal": [0.3, 0.2, 0, 1]},
    "issue_agreement": {"lognormal": [0.5, 0.3]},
    "reputation": {"beta": [2, 8]},
    "hedging": {"categorical": {"values": [0.1, 0.9], "probabilities": [0.75, 0.25]}},
}
MOMENTS = {
    "common_threat": (0.4, 0.4 / math.sqrt(12)),
    "direct_threat": (0.3, math.sqrt((0.01 + 0.04 + 0.36 - 0.02 - 0.06 - 0.12) / 18)),
    # Of a normal from 1.5 deviations below its mean to 3.5 above it: with density f and mass z,
    # m = (f(a) - f(b)) / z and v = 1 + (a f(a) - b f(b)) / z - m^2.
    "structural_balance": (0.3275777932, 0.1754395883),
    "issue_agreement": (
        0.5 * math.exp(0.045),
        0.5 * math.exp(0.045) * math.sqrt(math.expm1(0.09)),
    ),
    "reputation": (0.2, math.sqrt(16 / (100 * 11))),
    "hedging": (0.3, 0.8 * math.sqrt(0.75 * 0.25)),
}


def uncertain_scenario(sampling: Sampling) -> Scenario:
    return Scenario.model_validate(
        {
            "name": "Uncertain weights",
            "world": {
                "name": "Two",
                "date": "2000-01",
                "actors": {
                    "a": {"name": "A", "capability": 0.5},
                    "b": {"name": "B", "capability": 0.5},
                },
                "dyads": {"a-b": {"alignment": 0.0}},
                "mechanisms": {name: {"weight": weight} for name, weight in WEIGHTS.items()},
                "outcomes": {"o": {"name": "O", "measure": {"alignment": "a-b"}}},
            },
            "horizon": {"start": "2000-01", "months": 1},
            "outcomes": ["o"],
            "sampling": sampling,
        }
    )


# How much smaller the error of a mean is than that of independent draws: at least tenfold
# where one draw falls into each of 512 strata; shares of the categorical settle as fast.
EVENNESS = {"monte_carlo": 1.0, "latin_hypercube": 0.1, "sobol": 0.1}


@pytest.mark.parametrize("sampling", EVENNESS)
def test_drawn_moments_are_those_of_the_distribution(sampling: Sampling) -> None:
    scenario = uncertain_scenario(sampling)
    record = run_ensemble(scenario, RUNS, seed=2)
    names = labels_of(scenario).parameters
    assert names == tuple(f"world.mechanisms.{name}.weight" for name in sorted(WEIGHTS))
    for path, values in zip(names, record.parameters, strict=True):
        mean, deviation = MOMENTS[path.split(".")[2]]
        error = deviation / math.sqrt(RUNS)
        assert values.mean() == pytest.approx(mean, abs=4 * error * EVENNESS[sampling])
        kurtosis = float(stats.kurtosis(values, fisher=False))
        spread = deviation * math.sqrt((kurtosis - 1) / (4 * RUNS))
        assert values.std() == pytest.approx(deviation, abs=4 * spread)
