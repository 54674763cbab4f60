"""What an ensemble will take, before it is begun: memory, room on disk, time."""

from __future__ import annotations

import shutil
import time
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING

from alliance_sim.errors import InputError, Problem
from alliance_sim.executors import Workers, processes
from alliance_sim.rng import BLOCK
from alliance_sim.wording import duration

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
    seconds: float | None = None
    """Time with so many workers; None where nobody tried."""

    def __str__(self) -> str:
        parts = [f"{_words(self.memory)} of memory", f"{_words(self.disk)} on disk"]
        if self.seconds is not None:
            parts.insert(0, duration(self.seconds))
        return f"about {', '.join(parts)}"


def estimate(
    scenario: Scenario | str | Path,
    runs: int = 1000,
    workers: Workers = None,
    *,
    stored: bool = True,
    trial: bool = True,
) -> Estimate:
    """What so many runs of a scenario take, before they are begun.

    Args:
        scenario: a checked scenario, the name of a shipped one, or a path to a file.
        runs: number of runs; a baseline takes as much again.
        workers: processes to share the work, or any executor; None for all cores.
        stored: False for runs that are kept in memory rather than written to a store.
        trial: False leaves the time open; else up to 512 runs are tried, about a second.

    Raises:
        InputError: where the scenario, runs or workers cannot be used.

    Example:
        >>> import alliance_sim as al
        >>> needs = al.estimate("us_exits_jcpoa", runs=1_000_000)
        >>> needs.disk > 1e9
        True
        >>> print(needs)
        about ... of memory, ... GB on disk
    """
    from alliance_sim.simulate.ensembles import as_scenario, check_numbers

    checked = as_scenario(scenario)
    check_numbers(runs=runs, workers=workers)
    needs = _sizes(checked, int(runs), stored)
    if not trial:
        return needs
    return replace(needs, seconds=_seconds(checked, int(runs), workers))


def _sizes(scenario: Scenario, runs: int, stored: bool) -> Estimate:
    """Memory and disk."""
    from alliance_sim.compile import labels_of
    from alliance_sim.results import Record

    labels = labels_of(scenario)
    one = Record.failed(labels, "")
    size = sum(getattr(one, each.name).nbytes for each in fields(one))
    world, actors = scenario.world, len(labels.actors)
    squares = _SQUARES + _SQUARES_OF_A_DOMAIN * len(world.domains)
    rows = _ROWS_OF_AN_ARENA * len(world.arenas)
    block = BLOCK * (4 * (squares * actors**2 + rows * actors) + size)
    memory = block + (0 if stored else _COPIES * size * runs)
    return Estimate(memory, size * runs)


def _seconds(scenario: Scenario, runs: int, workers: Workers) -> float:
    """Time, from that of a trial."""
    from alliance_sim.engines.ensemble import lanes_of, run_lanes

    actors = len(scenario.world.actors)
    begun = time.perf_counter()
    tried = min(BLOCK, max(1, _TRIAL // (scenario.horizon.months * actors**2)))
    run_lanes(scenario, lanes_of(tried, 0, scenario.sampling), workers=1)
    blocks = -(-runs // BLOCK)
    return (time.perf_counter() - begun) * blocks * BLOCK / tried / processes(workers, blocks)


def refuse_what_cannot_fit(scenario: Scenario, runs: int, store: Path | None) -> None:
    """Raise InputError where so many runs would fit neither memory nor disk."""
    import psutil

    needs = _sizes(scenario, runs, stored=store is not None)
    problems = []
    free = psutil.virtual_memory().available
    if needs.memory > free:
        what = f"{runs:,} runs need about {_words(needs.memory)} of memory; {_words(free)} are free"
        mend = "ask for fewer, or write them to disk (store=...)" if store is None else "free some"
        problems.append(Problem(what, mend))
    if store is not None:
        problems += _short_disk([(scenario, store)], runs)
    if problems:
        raise InputError(problems)


def refuse_short_disk(stores: Sequence[tuple[Scenario, Path]], runs: int) -> None:
    """Raise InputError where so many runs of each scenario do not fit together on a disk.

    Args:
        stores: each scenario with the store that its runs go to.
        runs: number of runs of each.
    """
    if problems := _short_disk(stores, runs):
        raise InputError(problems)


def _short_disk(stores: Sequence[tuple[Scenario, Path]], runs: int) -> list[Problem]:
    disks = defaultdict(list)
    for scenario, store in stores:
        there = next(each for each in (store, *store.absolute().parents) if each.exists())
        # What is there has its room already.
        needs = max(0.0, _sizes(scenario, runs, stored=True).disk - _held(store))
        disks[there.stat().st_dev].append((there, needs))
    problems = []
    for parts in disks.values():
        there, needs = parts[-1][0], sum(part for _, part in parts)
        room = shutil.disk_usage(there).free
        if needs > room:
            of = f" of each of {len(parts)} scenarios" if parts[1:] else ""
            what = f"{runs:,} runs{of} need {_words(needs)} on disk; {_words(room)} are free"
            problems.append(Problem(what, f"make room in '{there}', or ask for fewer"))
    return problems


def _held(store: Path) -> int:
    """Bytes that a store takes."""
    return sum(each.stat().st_size for each in store.rglob("*") if each.is_file())


def _words(size: float) -> str:
    return f"{size / 1e9:.1f} GB" if size >= 1e8 else f"{size / 1e6:.1f} MB"
