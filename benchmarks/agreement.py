"""Whether the C kernel does what the engine does: the same runs, stepped by both."""

from __future__ import annotations

from dataclasses import dataclass

import kernel_inputs as given
import numpy as np
import numpy.typing as npt
from kernel import Kernel

from alliance_sim.engines import noise
from alliance_sim.engines.blocks import Lanes, prepare
from alliance_sim.step import Block, advance

CLOSE = 1e-5
"""Difference of any state after a month that rounding explains."""
SAME = 1e-3
"""Difference of an alignment below which two runs have had the same decisions."""
LEAST_SHARE = 0.97
"""Share of runs that must be the same at the end: rounding turns a decision now and then."""


@dataclass(frozen=True)
class Agreement:
    """How far kernel and engine agree after some months."""

    largest: npt.NDArray[np.floating]
    """(r,) largest difference of any state of a run."""
    alignment: npt.NDArray[np.floating]
    """(r,) largest difference of any alignment of a run."""

    @property
    def close(self) -> float:
        """Share of runs in which all states agree but for rounding."""
        return float(np.mean(self.largest < CLOSE))

    @property
    def same(self) -> float:
        """Share of runs in which all alignments are the same."""
        return float(np.mean(self.alignment < SAME))


def stepped(block: Block, where: Lanes, months: int) -> Block:
    """A block so many months on, by the engine."""
    for month, shaken in zip(range(months), noise.monthly(block.program, where), strict=False):
        advance(block, month, shaken)
    return block


def agreement(kernel: Kernel, where: Lanes, months: int) -> Agreement:
    """Step a block by both."""
    tiles = kernel.load(prepare(kernel.program, where))
    tiles.run(where, months)
    engine = given.state(stepped(prepare(kernel.program, where), where, months))
    ours = tiles.state
    apart = [np.abs(engine[name] - ours[name]) for name in given.STATE]
    largest = np.concatenate(apart).max(axis=0)
    alignment = np.abs(np.tanh(engine["y"]) - np.tanh(ours["y"])).max(axis=0)
    return Agreement(largest, alignment)
