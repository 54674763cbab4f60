"""What every dyad of a block of runs comes to, year by year, and no more."""

from __future__ import annotations

import pickle
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from alliance_sim.arrays import Acts, Floats, Postures
from alliance_sim.engines.blocks import Lanes
from alliance_sim.engines.ensemble import compiled, run_block
from alliance_sim.executors import Workers, spread
from alliance_sim.program import Program
from alliance_sim.step import Block

if TYPE_CHECKING:
    from alliance_sim.spec import Scenario

Singles = npt.NDArray[np.float32]
Places = npt.NDArray[np.intp]
Progress = Callable[[int], None]
_Task = tuple[bytes, Lanes, tuple[str, ...], bool]

MONTHS = 12


class Years:
    """Adds up readings of every pair at the beginning of each month, year by year.

    Follows a block of runs (:class:`~alliance_sim.engines.ensemble.Follower`), whose horizon begins
    in a January; a year that is not whole is left out.
    """

    def __init__(self, block: Block, readings: Sequence[str]) -> None:
        self._block, self._month = block, 0
        self._readings = [reading(name, block.program) for name in readings]
        shape = (len(readings), len(block.program.pairs), block.program.months // MONTHS)
        self.means = np.zeros((*shape, block.situation.state.y.shape[-1]), dtype=np.float32)
        self._add()

    def weigh(self, block: Block, utility: Floats, acts: Acts, postures: Postures | None) -> None:
        """Nothing: what counts is where a month ends."""

    def settle(self) -> None:
        """Take in where the last month has led."""
        self._month += 1
        self._add()

    def _add(self) -> None:
        year = self._month // MONTHS
        if year < self.means.shape[2]:
            for place, read in enumerate(self._readings):
                self.means[place, :, year] += read(self._block) / np.float32(MONTHS)


def reading(name: str, program: Program) -> Callable[[Block], Floats]:
    """How something of every pair is read, (pair, r).

    Of what relations are: ``alignment``, mean of both directions, and ``cooperation.DOMAIN``. Of
    what comes from outside: ``policy``, declared coercion, mean of both directions;
    ``agreements``, depth of those in force; ``capability``, the sum of both.
    """
    one, other = (np.array(side, dtype=np.intp) for side in zip(*program.pairs, strict=True))
    kind, _, domain = name.partition(".")
    if kind == "cooperation":
        place = program.domains.index(domain)
        return lambda block: block.situation.state.cooperation[place]
    if kind == "capability":
        return lambda block: _sum(block.situation.circumstances.capability, one, other)
    take: dict[str, Callable[[Block], Floats]] = {
        "alignment": lambda block: block.situation.state.alignment,
        "policy": lambda block: block.situation.circumstances.coercion,
        "agreements": lambda block: block.situation.circumstances.agreed_depth,
    }
    found = take[kind]
    return lambda block: _both(found(block), one, other)


def _sum(held: Floats, one: Places, other: Places) -> Floats:
    return np.asarray(held[one] + held[other])


def _both(held: Floats, one: Places, other: Places) -> Floats:
    return np.asarray((held[one, other] + held[other, one]) / 2)


def run_years(
    scenario: Scenario,
    blocks: Sequence[Lanes],
    readings: Sequence[str],
    workers: Workers = 1,
    progress: Progress = lambda done: None,
    *,
    chance: bool = True,
) -> Singles:
    """Yearly means of some readings of every pair, (reading, pair, year, run); see :func:`reading`.

    Runs that fail are not finite; the numbers are the same for any number of workers.
    """
    text = pickle.dumps(scenario)
    tasks: list[_Task] = [(text, where, tuple(readings), chance) for where in blocks]
    parts = []
    for where, part in zip(blocks, spread(_work, tasks, workers), strict=True):
        parts.append(part)
        progress(where.width)
    return np.concatenate(parts, axis=-1)


def _work(task: _Task) -> Singles:
    text, where, readings, chance = task
    program, labels = compiled(text)
    made: list[Years] = []

    def follow(block: Block) -> Years:
        made.append(Years(block, readings))
        return made[0]

    with np.errstate(all="ignore"):  # what is not finite is told by those who use it
        run_block(program, labels, where, chance, follow)
    return made[0].means
