"""Responses: the points that fix their shape, and their far ends."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from alliance_sim.compile.readings import response
from alliance_sim.rules import responses

quick = settings(max_examples=50, deadline=None)


def test_saturating_response_by_hand() -> None:
    signal = np.array([-1.0, 0.0, 0.25, 0.5, 1.0])
    # x / (x + 0.5) is 1/3, 1/2 and 2/3; rescaled by 3/2
    np.testing.assert_allclose(
        responses.saturating(signal, 0.5), [0, 0, 0.5, 0.75, 1], rtol=0, atol=1e-12
    )


@quick
@given(st.floats(0, 5), st.floats(0.001, 5), st.floats(0.01, 10))
def test_saturating_response_rises_ever_more_slowly(x: float, step: float, half: float) -> None:
    low, middle, high = responses.saturating(np.array([x, x + step, x + 2 * step]), half)
    assert low < middle < high
    assert high - middle < middle - low


def test_threshold_response_is_the_logistic_distribution_function() -> None:
    signal = np.linspace(-1, 2, 13)
    np.testing.assert_allclose(
        responses.threshold(signal, 0.4, 0.2),
        stats.logistic.cdf(signal, loc=0.4, scale=0.2),
        rtol=1e-12,
    )


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_threshold_response_far_from_its_edge_is_off_or_on(dtype: type) -> None:
    off, half, on = responses.threshold(np.array([-9, 0.5, 9], dtype=dtype), 0.5, 0.001)
    assert off == pytest.approx(0, abs=1e-30)
    assert half == 0.5
    assert on == 1


def test_hump_response_by_hand() -> None:
    signal = np.array([0.1, 0.3, 0.5, 0.7, 0.9])
    one, two = math.exp(-0.5), math.exp(-2)
    np.testing.assert_allclose(
        responses.hump(signal, 0.5, 0.2), [two, one, 1, one, two], rtol=1e-12
    )


@pytest.mark.parametrize("plain", ["linear", "either_way"])
def test_a_response_without_shape_is_the_signal_itself(plain: str) -> None:
    # That a fall counts as a rise is a matter of the change since the base date, not of this.
    signal = np.array([-0.5, 0.0, 0.25, 2.0])
    np.testing.assert_array_equal(response(plain)(signal), signal)  # type: ignore[arg-type]
