"""What an ensemble will take, before it is begun: memory, room on disk, time."""

from __future__ import annotations

import shutil
import time
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING

from alliance_sim.errors import InputError, Problem
from alliance_sim.executors import Workers, processes
from alliance_sim.rng import BLOCK

if TYPE_CHECKING:
    from alliance_sim.spec import Scenario

_SQUARES = 140
"""Arrays of all pairs of actors that a block of runs holds at its peak, temporary ones among them;
measured on the shipped world."""
_SQUARES_OF_A_DOMAIN, _ROWS_OF_AN_ARENA = 3, 2
"""Arrays of all pairs of actors for each domain, and of all actors for each arena; measured on
worlds with 500 domains or arenas."""
_TRIAL = BLOCK * 60 * 14**2
"""Months of runs, times pairs of actors, that are tried out: a block of the shipped world."""
_COPIES = 1.6
"""Times that the record of all runs is held while it is summarised and drawn; judgement, between
the one that a run keeps and the two of a copy in double precision of half its variables."""


@dataclass(frozen=True)
class Estimate:
    """What so many runs take."""

    memory: float
    """Bytes, in the process that asks for the runs."""
    disk: float
    """Bytes of a store of them."""
    seconds: float = float("nan")
    """Time with so many workers; not known where nobody tried."""


def estimate(
    scenario: Scenario, runs: int, workers: Workers = None, *, stored: bool, trial: bool = False
) -> Estimate:
    """What so many runs of a scenario take.

    Args:
        scenario: a checked scenario.
        runs: number of runs.
        workers: processes to share the work, or any executor; None for all cores.
        stored: whether they go to a store rather than into memory.
        trial: whether to run a block, which takes a moment, to know the time.
    """
    from alliance_sim.compile import labels_of
    from alliance_sim.engines.ensemble import lanes_of, run_lanes
    from alliance_sim.results import Record

    labels = labels_of(scenario)
    one = Record.failed(labels, "")
    size = sum(getattr(one, each.name).nbytes for each in fields(one))
    world, actors = scenario.world, len(labels.actors)
    squares = _SQUARES + _SQUARES_OF_A_DOMAIN * len(world.domains)
    rows = _ROWS_OF_AN_ARENA * len(world.arenas)
    block = BLOCK * (4 * (squares * actors**2 + rows * actors) + size)
    memory = block + (0 if stored else _COPIES * size * runs)
    if not trial:
        return Estimate(memory, size * runs)
    begun = time.perf_counter()
    tried = min(BLOCK, max(1, _TRIAL // (scenario.horizon.months * actors**2)))
    run_lanes(scenario, lanes_of(tried, 0, scenario.sampling), workers=1)
    blocks = -(-runs // BLOCK)
    took = (time.perf_counter() - begun) * blocks * BLOCK / tried / processes(workers, blocks)
    return Estimate(memory, size * runs, took)


def refuse_what_cannot_fit(scenario: Scenario, runs: int, store: Path | None) -> None:
    """Raise InputError where so many runs would fit neither memory nor disk."""
    import psutil

    needs = estimate(scenario, runs, stored=store is not None)
    problems = []
    free = psutil.virtual_memory().available
    if needs.memory > free:
        what = f"{runs:,} runs need about {_words(needs.memory)} of memory; {_words(free)} are free"
        mend = "ask for fewer, or write them to disk (store=...)" if store is None else "free some"
        problems.append(Problem(what, mend))
    if store is not None and not store.exists():  # what is there has its room already
        there = next(each for each in (store, *store.absolute().parents) if each.exists())
        room = shutil.disk_usage(there).free
        if needs.disk > room:
            what = f"{runs:,} runs need {_words(needs.disk)} on disk; {_words(room)} are free"
            problems.append(Problem(what, f"make room in '{there}', or ask for fewer"))
    if problems:
        raise InputError(problems)


def _words(size: float) -> str:
    return f"{size / 1e9:.1f} GB" if size >= 1e8 else f"{size / 1e6:.1f} MB"
