"""The C kernel of the benchmark does all that the engine does, or the limit would be none."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np
import pytest
from agreement import LEAST_SHARE, Agreement, agreement
from c_compiler import NoCompilerError
from kernel import Kernel
from worlds import small_scenario

import alliance_sim as al
from alliance_sim.compile import compile_scenario
from alliance_sim.engines.blocks import Lanes, prepare

RUNS = 256


@pytest.fixture(scope="module")
def breach() -> Any:
    """Every kind of signal, channel, response and intervention, and all mechanisms, strong."""
    data = copy.deepcopy(small_scenario())
    del data["theory"]
    world = data["world"]
    world["mechanisms"] |= {name: {"weight": 3} for name in ("common_threat", "hedging")}
    world["dyads"]["athens-sparta"]["coercion"]["sparta->athens"] = 0.3  # Corinth's friend presses
    world["drivers"]["old_ties"]["signal"] = {"agreement": {"id": "thirty_years_peace"}}
    return al.read_scenario(data)


@pytest.fixture(scope="module")
def kernel(breach: Any) -> Kernel:
    block = prepare(compile_scenario(breach), Lanes(0, 0, slice(0, RUNS), breach.sampling))
    try:
        return Kernel(breach, block, effort="-O1")
    except NoCompilerError as error:
        pytest.skip(str(error))


def compared(kernel: Kernel, months: int) -> Agreement:
    return agreement(kernel, Lanes(3, 0, slice(0, RUNS), "sobol"), months)


def test_subnormal_numbers_stay_in_the_process(kernel: Kernel) -> None:
    smallest = np.finfo(np.float32).smallest_normal
    assert kernel.command
    assert np.float32(smallest) * np.float32(0.5) > 0
    assert np.finfo(np.float64).smallest_normal * 0.5 > 0


def test_a_month_is_the_engine_s_but_for_rounding(kernel: Kernel) -> None:
    assert compared(kernel, 1).close > 0.99


def test_four_years_take_the_same_decisions(kernel: Kernel) -> None:
    """With a coup, a breach, a threat to leave, an accession, a blockade and an election."""
    found = compared(kernel, 48)
    assert found.same >= LEAST_SHARE
    assert found.close >= LEAST_SHARE


def test_what_was_built_as_one_number_may_not_differ_between_runs(
    kernel: Kernel, breach: Any
) -> None:
    block = prepare(kernel.program, Lanes(0, 0, slice(0, RUNS), breach.sampling))
    block.parameters.behaviour["own_share"] = np.linspace(0.4, 0.6, RUNS, dtype=np.float32)
    with pytest.raises(ValueError, match="own_share differs from run to run"):
        kernel.load(block)
