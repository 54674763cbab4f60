"""The same runs, stepped by four: this engine, Mesa, the EMA workbench, and C.

Each measure gives seconds for each run-month by name.
"""

from __future__ import annotations

import contextlib
import io
import logging
import time
import warnings
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from kernel import Kernel
from rounds import seconds

import alliance_sim as al
from alliance_sim.compile import compile_scenario
from alliance_sim.engines import noise
from alliance_sim.engines.blocks import Lanes, prepare
from alliance_sim.engines.ensemble import run_ensemble
from alliance_sim.program import Program
from alliance_sim.rng import BLOCK
from alliance_sim.step import advance

ENGINE_RUNS = 2 * BLOCK
SLOW_RUNS = 2
"""Runs of those that take hundreds of times as long."""
KERNEL_BLOCKS = 5
"""Blocks that the kernel steps in a round: one is over too soon to be timed well."""
Measure = Callable[[], Mapping[str, float]]


class NotInstalledError(RuntimeError):
    """A contender is not there."""


def first_block(scenario: al.Scenario, seed: int = 0) -> Lanes:
    """The first runs of an ensemble."""
    return Lanes(seed, 0, slice(0, BLOCK), scenario.sampling)


def engine(scenario: al.Scenario) -> Measure:
    """The ensemble as users run it, set-up and recording included, and its months alone."""
    months, program, where = (
        scenario.horizon.months,
        compile_scenario(scenario),
        first_block(scenario),
    )

    def measure() -> Mapping[str, float]:
        whole = seconds(lambda: run_ensemble(scenario, ENGINE_RUNS, 0))
        stepped = months_alone(program, where)
        return {
            "engine": whole / ENGINE_RUNS / months,
            "engine months": stepped / BLOCK / months,
            "draws": _draws(program, where),
        }

    return measure


def months_alone(program: Program, where: Lanes) -> float:
    """Seconds of all months of a block that is ready, with their noise."""
    block = prepare(program, where)

    def run() -> None:
        for month, shaken in enumerate(noise.monthly(program, where)):
            advance(block, month, shaken)

    return seconds(run)


def _draws(program: Program, where: Lanes) -> float:
    """Drawing the uniform numbers of all months, which engine and kernel share."""
    sides = [place for pair in program.pairs for place in (pair, pair[::-1])]
    streams = where.uniforms("decision", [f"{i}->{j}" for i, j in sides])
    arenas = where.uniforms("arena", program.arenas)

    def draw() -> None:
        for _ in range(0, program.months, 12):
            streams.take(12)
            arenas.take(12)

    return seconds(draw) / BLOCK / (-(-program.months // 12) * 12)


def kernel(scenario: al.Scenario, built: Kernel) -> Measure:
    """The C kernel's months, with the draws and what comes from outside, and its own alone."""
    months, where = scenario.horizon.months, first_block(scenario)

    def measure() -> Mapping[str, float]:
        tiles = [built.load(prepare(built.program, where)) for _ in range(KERNEL_BLOCKS)]

        def run() -> None:
            for each in tiles:
                each.run(where)

        whole = seconds(run)
        run_months = KERNEL_BLOCKS * BLOCK * months
        return {
            "kernel months": whole / run_months,
            "kernel": sum(each.seconds for each in tiles) / run_months,
        }

    return measure


def mesa(scenario: al.Scenario) -> Measure:
    """Mesa's batch_run of ``AllianceModel`` in this process; set-up of the models apart."""
    from mesa.batchrunner import batch_run

    months, clock = scenario.horizon.months, _Clock(al.AllianceModel)
    runs = partial(
        batch_run,
        clock.made,
        {"scenario": [scenario], "seed": 0, "run": list(range(SLOW_RUNS))},
        number_processes=1,
        max_steps=months,
        display_progress=False,
    )

    def measure() -> Mapping[str, float]:
        clock.spent = 0.0
        whole = seconds(runs)
        return {
            "mesa": whole / SLOW_RUNS / months,
            "mesa months": (whole - clock.spent) / SLOW_RUNS / months,
        }

    return measure


class _Clock:
    """Makes models, and adds up how long that takes."""

    def __init__(self, model: type[al.AllianceModel]) -> None:
        self._model, self.spent = model, 0.0

    def made(self, **given: Any) -> al.AllianceModel:
        begun = time.perf_counter()
        made = self._model(**given)
        self.spent += time.perf_counter() - begun
        return made


def workbench(scenario: al.Scenario) -> Measure:
    """The EMA workbench's evaluator over a model whose function is the one-run model."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # it says which of its extras are missing
            import ema_workbench as ema
    except ImportError as error:
        raise NotInstalledError("ema_workbench (pip install -e '.[benchmarks]')") from error
    months, names = scenario.horizon.months, list(scenario.outcomes)

    def one_run(run: int) -> dict[str, float]:
        model = al.AllianceModel(scenario, seed=0, run=run)
        while model.running:
            model.step()
        return {name: model.outcome(name) for name in names}

    asked = ema.Model("alliance", function=one_run)
    asked.uncertainties = [ema.IntegerParameter("run", 0, BLOCK - 1)]
    asked.outcomes = [ema.ScalarOutcome(name) for name in names]
    logging.getLogger("EMA").setLevel(logging.ERROR)

    def perform() -> None:
        with contextlib.redirect_stderr(io.StringIO()), ema.SequentialEvaluator(asked) as runs:
            runs.perform_experiments(scenarios=SLOW_RUNS)

    return lambda: {"workbench": seconds(perform) / SLOW_RUNS / months}
