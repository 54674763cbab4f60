"""What decisions weighed, and what has moved alignment since: an account that adds up.

A decision's utility is a sum: of what keeps the base relation, momentum, mechanisms and drivers.
What a posture does on average depends on that sum alone, so that its change falls to the terms in
proportion (Aumann and Shapley 1974, Values of Non-Atomic Games: the shares of a function of a
sum); what it does beyond its average is chance. Alignment on the atanh scale is a linear function
of the flows of both sides: following every term through the same rules that move alignment gives
parts that add up to it. Momentum is passed on to what brought the relation into motion.
"""

from __future__ import annotations

import pickle
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from alliance_sim.arrays import Acts, Floats, Postures
from alliance_sim.engines.blocks import Lanes
from alliance_sim.engines.ensemble import Progress, compiled, run_block
from alliance_sim.executors import Workers, spread
from alliance_sim.results import Record
from alliance_sim.rules import decision, updates
from alliance_sim.step import MECHANISMS, Block

if TYPE_CHECKING:
    from alliance_sim.spec import Scenario

Doubles = npt.NDArray[np.float64]
Codes = npt.NDArray[np.int8]

RELATION, MOMENTUM, CHANCE, BOUND = "relation", "momentum", "chance", "bound"
"""What is no mechanism and no driver: what keeps the base relation (in alignment, the pull of a
ladder that is not calibrated), the motion it is already in, chance, and what the guard of the scale
and rounding take off."""
_NEAR = 1e-4  # utilities nearer to the base than this take the slope there


@dataclass
class Trace:
    """What tracked decisions weighed in consecutive runs; runs last."""

    causes: tuple[str, ...]
    """``relation``, ``momentum``, ``chance``, ``bound``, ``mechanism.NAME``, ``driver.NAME``."""
    weighed: npt.NDArray[np.float32]
    """(cause, place, month, r) terms of the utility of a closer posture, by month of decision."""
    moved: Doubles
    """(cause, side, place, month, r) parts of alignment on the atanh scale since the base date.
    Side 0 came in through decisions of the dyad's first actor, side 1 through the other's."""
    y: Doubles
    """(place, month, r) alignment on the atanh scale."""
    postures: Codes
    """(i, j, month, r) rung of the ladder chosen, by month of decision; empty on expected paths."""

    def place(self, part: Trace, start: int) -> None:
        """Copy the trace of a block to its runs."""
        for name in ("weighed", "moved", "y", "postures"):
            array = getattr(part, name)
            getattr(self, name)[..., start : start + array.shape[-1]] = array

    def widened(self, runs: int) -> Trace:
        """An empty trace of the same shape with as many runs."""

        def room(array: npt.NDArray[np.generic]) -> npt.NDArray[np.generic]:
            return np.empty((*array.shape[:-1], runs), array.dtype)

        return Trace(
            self.causes,
            *(room(getattr(self, name)) for name in ("weighed", "moved", "y", "postures")),  # type: ignore[arg-type]
        )


class Ledger:
    """Keeps the account of one block of runs, month by month.

    Make it when the block stands at its base date, pass ``weigh`` to the month as its watch, and
    call ``settle`` when the month is over.
    """

    def __init__(self, block: Block, pairs: Sequence[tuple[int, int]], chance: bool) -> None:
        """Read the base date for both directions of these pairs of actors."""
        self._block = block
        self._places = [place for i, j in pairs for place in ((i, j), (j, i))]
        self._turned = [2 * p + 1 - d for p in range(len(pairs)) for d in (0, 1)]
        program, months = block.program, block.program.months
        self._drivers = [
            push.rule.id
            for push in block.pushes
            if push.rule.channel == "orientation" and set(push.rule.places) & set(self._places)
        ]
        self._mechanisms = [*block.parameters.mechanism_weight]
        names = [f"mechanism.{each}" for each in self._mechanisms]
        names += [f"driver.{each}" for each in self._drivers]
        causes = (RELATION, MOMENTUM, CHANCE, BOUND, *names)
        runs = block.situation.state.y.shape[-1]
        shape = (len(causes), len(self._places))
        self._base_pull = self._readings() if program.calibrated else np.zeros(1)
        first, second = (np.array(each) for each in zip(*self._places, strict=True))
        self._rows, self._columns = first, second
        self._base = np.array(block.parameters.base[first, second], np.float64)
        self._temperature = block.parameters.temperature[first].astype(np.float64)
        weight = block.parameters.behaviour["base_weight"].astype(np.float64)
        self._start = weight * self._base * program.calibrated
        self._persistence = weight * block.parameters.behaviour["persistence"]
        self._parts = np.zeros((shape[0], 2, shape[1], runs))
        self._anchors = np.zeros_like(self._parts)
        n = len(program.actors)
        self.trace = Trace(
            causes,
            weighed=np.zeros((*shape, months, runs), np.float32),
            moved=np.zeros((shape[0], 2, shape[1], months + 1, runs)),
            y=np.zeros((shape[1], months + 1, runs)),
            postures=np.zeros((n, n, months if chance else 0, runs), np.int8),
        )
        self._month = 0
        self._record()

    def _readings(self) -> Doubles:
        """Weighted mechanisms in the tracked decisions, (mechanism, place, r)."""
        block = self._block
        rows = {i: slice(i, i + 1) for i, _ in self._places}
        runs = block.situation.state.y.shape[-1]
        out = np.empty((len(self._mechanisms), len(self._places), runs))
        for m, name in enumerate(self._mechanisms):
            read = {i: MECHANISMS[name](block, row)[0] for i, row in rows.items()}
            for p, (i, j) in enumerate(self._places):
                out[m, p] = block.parameters.mechanism_weight[name] * read[i][j]
        return out

    def _terms(self) -> Doubles:
        """Terms of the utility of a closer posture this month, (cause, place, r)."""
        block, first = self._block, self.trace.causes.index
        s = block.situation.state
        out = np.zeros((len(self.trace.causes), *self._parts.shape[2:]))
        out[first(RELATION)] = self._start
        gap = s.y[self._rows, self._columns] - s.anchor[self._rows, self._columns]
        out[first(MOMENTUM)] = self._persistence * gap
        begin = 4 + len(self._mechanisms)
        out[4:begin] = self._readings() - self._base_pull
        for rule, amount in block.amounts.get("orientation", ()):
            for p, place in enumerate(self._places):
                if place in rule.places:
                    out[begin + self._drivers.index(rule.id), p] += amount
        return out

    def _average(self, utility: Doubles) -> Doubles:
        """What postures do on average at these utilities, (place, r)."""
        program = self._block.program
        chances = decision.probabilities(utility[:, None, :], self._temperature, program.cutpoints)
        tie = np.ones((1, 1, 1))
        return np.asarray(decision.expected(chances, tuple(program.impacts), tie).impact[:, 0, :])

    def weigh(self, block: Block, _: Floats, acts: Acts, postures: Postures | None) -> None:
        """Enter the month's decisions, and follow every part through the rules of alignment."""
        trace, month = self.trace, self._month
        terms = self._terms()
        trace.weighed[:, :, month] = terms
        if postures is not None and trace.postures.shape[2]:
            trace.postures[:, :, month] = postures
        flow = self._shares(terms, acts.flow[self._rows, self._columns].astype(np.float64))
        rates = block.parameters.behaviour
        received = flow[:, ::-1, self._turned]
        parts, anchors = self._parts, self._anchors
        self._parts = updates.alignment(parts, anchors, flow, received, rates).astype(np.float64)
        self._anchors = updates.anchor(anchors, parts, np.zeros(1), rates).astype(np.float64)

    def _shares(self, terms: Doubles, flow: Doubles) -> Doubles:
        """Parts of the flow of each tracked decision, (cause, side, place, r)."""
        place = self.trace.causes.index
        block = self._block
        start, utility = terms[place(RELATION)], terms.sum(axis=0)
        gap = utility - start
        step = np.where(np.abs(gap) < _NEAR, _NEAR, gap)
        at_start = self._average(start)
        slope = (self._average(start + step) - at_start) / step
        shares = np.zeros_like(self._parts)
        own = shares[:, 0]
        own[:] = slope * terms
        assert block.expected is not None
        base = block.expected.impact[self._rows, self._columns].astype(np.float64)
        own[place(RELATION)] = at_start - base
        own[place(MOMENTUM)] = 0
        own[place(CHANCE)] = flow - (at_start - base) - slope * gap
        shares += slope * self._persistence * (self._parts - self._anchors)
        return shares

    def settle(self) -> None:
        """Close the month: what the parts do not explain is what bounds and rounding took."""
        s, bound = self._block.situation.state, self.trace.causes.index(BOUND)
        for kept, values in ((self._parts, s.y), (self._anchors, s.anchor)):
            now = values[self._rows, self._columns].astype(np.float64) - self._base
            kept[bound, 0] += now - kept.sum(axis=(0, 1))
        self._month += 1
        self._record()

    def _record(self) -> None:
        self.trace.moved[:, :, :, self._month] = self._parts
        self.trace.y[:, self._month] = self._block.situation.state.y[self._rows, self._columns]


_Task = tuple[bytes, Lanes, tuple[tuple[int, int], ...], bool]


def trace_ensemble(
    scenario: Scenario,
    blocks: Sequence[Lanes],
    pairs: tuple[tuple[int, int], ...],
    workers: Workers = 1,
    progress: Progress = lambda done: None,
    *,
    chance: bool = True,
) -> tuple[Record, Trace]:
    """Run the runs of these blocks, keeping the account of both directions of some pairs."""
    text = pickle.dumps(scenario)
    runs = sum(where.width for where in blocks)
    record, whole, start = Record.empty(compiled(text)[1], runs), None, 0
    tasks: list[_Task] = [(text, where, pairs, chance) for where in blocks]
    for where, (part, trace) in zip(blocks, spread(_work, tasks, workers), strict=True):
        whole = whole or trace.widened(runs)
        record.place(part, start)
        whole.place(trace, start)
        start += where.width
        progress(where.width)
    assert whole is not None
    return record, whole


def _work(task: _Task) -> tuple[Record, Trace]:
    text, where, pairs, chance = task
    ledgers: list[Ledger] = []

    def follow(block: Block) -> Ledger:
        ledgers.append(Ledger(block, pairs, chance))
        return ledgers[0]

    program, labels = compiled(text)
    record = run_block(program, labels, where, chance, follow)
    record.mark_not_finite()
    return record, ledgers[0].trace
