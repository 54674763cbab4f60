"""The ensemble: blocks of runs stepped as whole arrays."""

from __future__ import annotations

from collections.abc import Callable


from alliance_sim import rng
from alliance_sim.engines import noise
from alliance_sim.engines.blocks import Lanes, Sampling, parameter_draws, prepare
from alliance_sim.engines.recording import Record, record_month
from alliance_sim.program import Program
from alliance_sim.step import advance

Progress = Callable[[int], None]
"""Called with the number of runs just finished."""


def run_block(program: Program, where: Lanes) -> Record:
    """Run the runs of one block through all months."""
    block = prepare(program, where)
    draws, _ = parameter_draws(program, where)
    limits = {name: table.draw(draws) for name, table in program.class_limits.items()}
    record = Record.empty(program, where.width)
    for place, leaf in enumerate(program.leaves):
        record.parameters[place] = draws[leaf.path]
    record_month(block, record, 0, limits)
    for month, (decisions, shocks) in enumerate(noise.monthly(program, where)):
        advance(block, month, decisions, shocks)
        record_month(block, record, month + 1, limits)
    return record


def lanes_of(runs: int, seed: int, sampling: Sampling) -> list[Lanes]:
    """The blocks that hold so many runs; only the last may be partly used."""
    blocks = []
    for number, start in enumerate(range(0, runs, rng.BLOCK)):
        blocks.append(Lanes(seed, number, slice(0, min(rng.BLOCK, runs - start)), sampling))
    return blocks


def run_ensemble(
    program: Program,
    runs: int,
    seed: int,
    sampling: Sampling,
    progress: Progress = lambda done: None,
) -> Record:
    """Run an ensemble in this process."""
    record = Record.empty(program, runs)
    start = 0
    for where in lanes_of(runs, seed, sampling):
        record.place(run_block(program, where), start)
        start += where.width
        progress(where.width)
    return record


