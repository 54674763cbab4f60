"""The ensemble: blocks of runs stepped as whole arrays, in one process or several."""

from __future__ import annotations

import pickle
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING

from alliance_sim import rng
from alliance_sim.compile import compile_scenario, labels_of
from alliance_sim.engines import noise
from alliance_sim.engines.blocks import Lanes, Sampling, parameter_draws, prepare
from alliance_sim.engines.recording import record_month
from alliance_sim.program import Program
from alliance_sim.results import Labels, Record
from alliance_sim.step import Noise, advance

if TYPE_CHECKING:
    from alliance_sim.spec import Scenario

_Task = tuple[bytes, Lanes, bool]
Progress = Callable[[int], None]
"""Called with the number of runs just finished."""
_APART = 2**40
"""Blocks between the chance of two replicates: more than any ensemble has."""


def run_block(program: Program, labels: Labels, where: Lanes, chance: bool = True) -> Record:
    """Run the runs of one block through all months; without chance on their expected paths."""
    drawn = parameter_draws(program, where)
    block, (draws, _) = prepare(program, where, drawn=drawn), drawn
    limits = {name: table.draw(draws) for name, table in program.class_limits.items()}
    record = Record.empty(labels, where.width)
    for place, leaf in enumerate(program.leaves):
        record.parameters[place] = draws[leaf.path]
    record_month(block, record, 0, limits)
    shaken: Iterable[Noise | None] = noise.monthly(program, where)
    for month, shock in enumerate(shaken if chance else [None] * program.months):
        advance(block, month, shock)
        record_month(block, record, month + 1, limits)
    return record


def lanes_of(runs: int, seed: int, sampling: Sampling) -> list[Lanes]:
    """The blocks that hold so many runs; only the last may be partly used."""
    return [
        Lanes(seed, number, slice(0, min(rng.BLOCK, runs - start)), sampling)
        for number, start in enumerate(range(0, runs, rng.BLOCK))
    ]


def run_ensemble(
    scenario: Scenario,
    runs: int,
    seed: int,
    workers: int = 1,
    progress: Progress = lambda done: None,
    *,
    chance: bool = True,
    replicate: int = 0,
) -> Record:
    """Run an ensemble; the numbers are the same for any number of workers.

    Without chance every run takes its expected path: each decision does what it does on
    average given the parameters drawn, and nothing is shaken. Elections and open dates are
    still drawn. A replicate other than 0 keeps the parameters of every run and draws noise and
    elections anew.
    """
    blocks = lanes_of(runs, seed, scenario.sampling)
    if replicate:
        blocks = [replace(each, chance_block=each.block + replicate * _APART) for each in blocks]
    return run_lanes(scenario, blocks, workers, progress, chance=chance)


def run_lanes(
    scenario: Scenario,
    blocks: Sequence[Lanes],
    workers: int = 1,
    progress: Progress = lambda done: None,
    *,
    chance: bool = True,
) -> Record:
    """Run the runs of these blocks, whatever their parameters and chance; in their order."""
    text = pickle.dumps(scenario)
    _, labels = _compiled(text)
    record = Record.empty(labels, sum(where.width for where in blocks))
    start = 0
    for where, part in zip(blocks, _parts(text, blocks, workers, chance), strict=True):
        record.place(part, start)
        start += where.width
        progress(where.width)
    return record


def _parts(text: bytes, blocks: Sequence[Lanes], workers: int, chance: bool) -> Iterator[Record]:
    """Records of the blocks, in order."""
    tasks: Iterable[_Task] = ((text, where, chance) for where in blocks)
    if workers <= 1 or len(blocks) <= 1:
        yield from map(_work, tasks)
        return
    # A context of our own: the process-wide start method stays as it is. Spawned workers
    # behave the same on every system and inherit no threads.
    from concurrent.futures import ProcessPoolExecutor
    from multiprocessing import get_context

    with ProcessPoolExecutor(min(workers, len(blocks)), get_context("spawn")) as pool:
        yield from pool.map(_work, tasks)


@lru_cache(maxsize=4)
def _compiled(text: bytes) -> tuple[Program, Labels]:
    scenario: Scenario = pickle.loads(text)  # our own, from this process tree
    return compile_scenario(scenario), labels_of(scenario)


def _work(task: _Task) -> Record:
    text, where, chance = task
    program, labels = _compiled(text)
    return run_block(program, labels, where, chance)
