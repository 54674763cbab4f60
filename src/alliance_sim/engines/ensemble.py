"""The ensemble: blocks of runs stepped as whole arrays, in one process or several."""

from __future__ import annotations

import pickle
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING, Protocol

import numpy as np

from alliance_sim import rng
from alliance_sim.arrays import Acts, Floats, Postures
from alliance_sim.compile import compile_scenario, labels_of
from alliance_sim.engines import noise
from alliance_sim.engines.blocks import Lanes, Sampling, parameter_draws, prepare
from alliance_sim.engines.recording import record_month
from alliance_sim.executors import Workers, spread
from alliance_sim.program import Program
from alliance_sim.results import Labels, Record
from alliance_sim.step import Block, Noise, advance

if TYPE_CHECKING:
    from alliance_sim.spec import Scenario

_Task = tuple[bytes, Lanes, bool]
Progress = Callable[[int], None]
"""Called with the number of runs just finished."""
_APART = 2**40
"""Blocks between the chance of two replicates: more than any ensemble has."""


class Follower(Protocol):
    """Keeps an account of a block of runs while they run; made at their base date."""

    def weigh(self, block: Block, utility: Floats, acts: Acts, postures: Postures | None) -> None:
        """Look at a month once all have decided and nobody has acted."""
        ...  # pragma: no cover

    def settle(self) -> None:
        """Look at a month that is over."""
        ...  # pragma: no cover


def run_block(
    program: Program,
    labels: Labels,
    where: Lanes,
    chance: bool = True,
    follow: Callable[[Block], Follower] | None = None,
) -> Record:
    """Run the runs of one block through all months; without chance on their expected paths."""
    drawn = parameter_draws(program, where)
    block, (draws, _) = prepare(program, where, drawn=drawn), drawn
    limits = {name: table.draw(draws) for name, table in program.class_limits.items()}
    record = Record.empty(labels, where.width)
    for place, leaf in enumerate(program.leaves):
        record.parameters[place] = draws[leaf.path]
    record_month(block, record, 0, limits)
    follower = follow(block) if follow is not None else None
    shaken: Iterable[Noise | None] = noise.monthly(program, where)
    for month, shock in enumerate(shaken if chance else [None] * program.months):
        advance(block, month, shock, follower.weigh if follower else None)
        record_month(block, record, month + 1, limits)
        if follower:
            follower.settle()
    return record


def sound_block(program: Program, labels: Labels, where: Lanes, chance: bool = True) -> Record:
    """The runs of a block, those that fail by themselves marked as failed.

    An error ends whole arrays; it is traced to its runs by halving, and the others go on.
    """
    try:
        with np.errstate(all="ignore"):  # what comes of it is looked at below
            record = run_block(program, labels, where, chance)
    except MemoryError:
        raise
    except Exception as error:
        width = where.width
        if width == 1:
            return Record.failed(labels, f"{type(error).__name__}: {error}")
        record = Record.empty(labels, width)
        for start, stop in ((0, width // 2), (width // 2, width)):
            record.place(sound_block(program, labels, where.part(start, stop), chance), start)
        return record
    record.mark_not_finite()
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
    workers: Workers = 1,
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
    blocks = replicated(scenario, runs, seed, replicate)
    return run_lanes(scenario, blocks, workers, progress, chance=chance)


def replicated(scenario: Scenario, runs: int, seed: int, replicate: int) -> list[Lanes]:
    """The blocks of an ensemble, or of a replicate of it."""
    blocks = lanes_of(runs, seed, scenario.sampling)
    if replicate:
        blocks = [replace(each, chance_block=each.block + replicate * _APART) for each in blocks]
    return blocks


def run_lanes(
    scenario: Scenario,
    blocks: Sequence[Lanes],
    workers: Workers = 1,
    progress: Progress = lambda done: None,
    *,
    chance: bool = True,
) -> Record:
    """Run the runs of these blocks, whatever their parameters and chance; in their order."""
    text = pickle.dumps(scenario)
    _, labels = compiled(text)
    record = Record.empty(labels, sum(where.width for where in blocks))
    start = 0
    tasks: list[_Task] = [(text, where, chance) for where in blocks]
    for where, part in zip(blocks, spread(_work, tasks, workers), strict=True):
        record.place(part, start)
        start += where.width
        progress(where.width)
    return record


@lru_cache(maxsize=4)
def compiled(text: bytes) -> tuple[Program, Labels]:
    """A pickled scenario as program and labels; compiled once in a process."""
    scenario: Scenario = pickle.loads(text)  # our own, from this process tree
    return compile_scenario(scenario), labels_of(scenario)


def _work(task: _Task) -> Record:
    text, where, chance = task
    program, labels = compiled(text)
    return sound_block(program, labels, where, chance)
