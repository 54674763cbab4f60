"""Setting up a block of runs: draws, parameters, base state, calibration."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from alliance_sim import rng
from alliance_sim.arrays import Floats, Parameters, Situation, State
from alliance_sim.program import Draws, Precision, Program, full
from alliance_sim.rules import decision, mechanisms, updates
from alliance_sim.step import ALL, Block, Push, observe, perceive, pull
from alliance_sim.timeline import Timeline, dated

Sampling = Literal["monte_carlo", "latin_hypercube", "sobol"]
_LEAST_CAPACITY = 0.05  # capacity below this counts as this, so that its rise stays finite


@dataclass(frozen=True)
class Lanes:
    """Which runs of which block, under which seed."""

    seed: int
    block: int
    lanes: slice
    sampling: Sampling
    chance_block: int | None = None
    """Block whose chance these runs have; None for their own."""
    probabilities: Draws | None = None
    """Key of every uncertain number -> probabilities at which it is read, (r,); None to draw."""
    chance_lanes: npt.NDArray[np.intp] | None = None
    """Lanes of that block whose chance these runs have, (r,), each any number of times; None for
    those of their own places."""

    @property
    def width(self) -> int:
        """Number of runs."""
        return len(range(rng.BLOCK)[self.lanes])

    def part(self, start: int, stop: int) -> Lanes:
        """Some of these runs, by their places among them."""
        first, _, step = self.lanes.indices(rng.BLOCK)
        assert step == 1, "the runs of a block are consecutive"
        known, lanes = self.probabilities, self.chance_lanes
        return replace(
            self,
            lanes=slice(first + start, first + stop),
            probabilities=known and {key: each[start:stop] for key, each in known.items()},
            chance_lanes=None if lanes is None else lanes[start:stop],
        )

    @property
    def chance(self) -> int:
        """Block by which noise and elections are keyed."""
        return self.block if self.chance_block is None else self.chance_block

    def uniforms(self, purpose: str, names: Sequence[str]) -> rng.Uniforms:
        """The monthly chance of these runs, for some names."""
        lanes = self.lanes if self.chance_lanes is None else self.chance_lanes
        return rng.Uniforms(self.seed, purpose, names, self.chance, lanes)


def uncertain_keys(program: Program) -> dict[str, str]:
    """Path of every uncertain number and open date -> what its draws are keyed by."""
    keys = {e.timing.path: e.timing.path for e in program.effects if e.timing.path is not None}
    return keys | {leaf.path: leaf.key for leaf in program.leaves}


def parameter_draws(program: Program, where: Lanes) -> tuple[Draws, Draws]:
    """Values and probabilities of every uncertain number, (r,) each.

    Dates within a range or a hazard have a probability but no distribution of their own.
    """
    keys = uncertain_keys(program)
    known = where.probabilities
    if known is None:
        # The world first: a scenario and its baseline then share the first columns of a sequence.
        names = sorted(set(keys.values()), key=lambda key: (not key.startswith("world."), key))
        u = rng.design(where.seed, names, where.block, where.sampling)[:, where.lanes]
        known = dict(zip(names, u, strict=True))
    uniforms = {path: known[key] for path, key in keys.items()}
    values = {
        leaf.path: np.asarray(
            leaf.distribution.ppf(uniforms[leaf.path].astype(np.float64, copy=False))
        )
        for leaf in program.leaves
    }
    return values, uniforms


def draw_parameters(program: Program, draws: Draws, dtype: Precision) -> Parameters:
    """All parameters of the block."""
    tables: dict[str, Any] = {
        name: table.draw(draws, np.float64) for name, table in program.tables.items()
    }
    limit = np.tanh(updates.Y_LIMIT)
    tables["base"] = np.arctanh(np.clip(tables["base"], -limit, limit))
    return Parameters(
        **{name: table.astype(dtype) for name, table in tables.items()},
        mechanism_weight={k: t.draw(draws, dtype) for k, t in program.mechanism_weight.items()},
        behaviour={k: t.draw(draws, dtype) for k, t in program.behaviour.items()},
    )


def _initial_state(p: Parameters, choices: Sequence[float], runs: int) -> State:
    """The base state; what follows from it is filled in by ``observe``."""
    y = full(p.base, runs)
    square, vector = np.zeros_like(y), np.zeros_like(y[0])
    return State(
        y=y,
        anchor=y.copy(),
        trust=full(p.trust, runs),
        pressure=square.copy(),
        depth=full(p.commitment, runs),
        cooperation=full(p.cooperation, runs),
        arena=full(p.level, runs),
        choice=np.repeat(np.array(choices, y.dtype)[:, None], runs, axis=1),
        wronged=square.copy(),
        alignment=square.copy(),
        regard=square.copy(),
        hostility=square.copy(),
        coercion=square.copy(),
        commitment=square.copy(),
        threat=square.copy(),
        root_threat=square.copy(),
        isolation=vector,
    )


def _inverse(total: Floats) -> Floats:
    """One over an array, zero where it is zero."""
    out = np.zeros_like(total)
    np.divide(1.0, total, out=out, where=total > 0)
    return out


def _stake_scale(p: Parameters) -> Floats:
    """One over the summed salience products of two actors, (i, j, r)."""
    total = np.zeros((p.actors, p.actors, p.salience.shape[-1]), p.tie.dtype)
    for m in range(p.salience.shape[1]):
        total = total + p.salience[:, None, m] * p.salience[None, :, m]
    return _inverse(total) * p.tie


def prepare(
    program: Program,
    where: Lanes,
    dtype: Precision = np.float32,
    copies: int | None = None,
    drawn: tuple[Draws, Draws] | None = None,
) -> Block:
    """A block at the base date, calibrated and ready for its first month.

    ``drawn`` is what :func:`parameter_draws` gave, where that has been called already.

    ``copies`` widens a block of one run, for a program without uncertain numbers, to as many
    equal runs; the analysis of the model itself uses it.
    """
    draws, uniforms = drawn or parameter_draws(program, where)
    p = draw_parameters(program, draws, dtype)
    runs = copies or where.width
    timeline = Timeline(
        program,
        p,
        [dated(effect, draws, uniforms, dtype) for effect in program.effects],
        [cabinet.orientation.draw(draws, dtype) for cabinet in program.cabinets],
        _election_draws(program, where),
        runs,
    )
    contested = np.flatnonzero(np.any(p.salience > 0, axis=(0, 2)))
    block = Block(
        program=program,
        parameters=p,
        timeline=timeline,
        situation=Situation(
            p, timeline.now, _initial_state(p, [c.base for c in program.choices], runs)
        ),
        third_party_weight=p.capability,
        third_party_scale=mechanisms.third_party_scale(p.tie, p.capability),
        contested=contested,
        stake=(p.position * p.salience)[:, contested],
        stake_scale=_stake_scale(p),
    )
    observe(block)
    _calibrate(block, draws, dtype)
    return block


def _election_draws(program: Program, where: Lanes) -> dict[int, Floats]:
    return {
        place: where.uniforms("election", [cabinet.key]).take(program.months)[:, 0]
        for place, cabinet in enumerate(program.cabinets)
        if cabinet.elections
    }


def _calibrate(block: Block, draws: Draws, dtype: Precision) -> None:
    """Take the readings of the base date, from which all change is counted."""
    program, p, s = block.program, block.parameters, block.situation.state
    for rule in program.drivers:
        base = rule.response(rule.signal(block.situation))
        if rule.channel == "orientation" and not program.calibrated:
            base = np.zeros_like(base)  # utilities are then the drivers themselves
        weight = rule.sign * rule.weight.draw(draws, dtype)
        block.pushes.append(Push(rule, weight, np.array(base, copy=True)))
    for given in program.pushes:
        base = np.array(given.signal(block.situation), copy=True)
        block.arena_inputs.append((given.weight.draw(draws, dtype), base))
    first, second = program.pair_index
    block.base_mutual = (s.alignment[first, second] + s.alignment[second, first]) / 2
    block.base_capacity = np.maximum(
        updates.capacity(p.channel, p.exposure, s.isolation[first], s.isolation[second]),
        _LEAST_CAPACITY,
    )
    if program.calibrated:
        block.base_pull = pull(block, ALL)
        chances = decision.probabilities(perceive(block, ALL), p.temperature, program.cutpoints)
        block.expected = decision.expected(chances, tuple(program.impacts), p.tie)
    else:
        block.base_pull = np.zeros_like(s.y)
        nothing = np.zeros_like(s.y)
        block.expected = decision.expected([nothing] * 5, tuple(program.impacts), p.tie)
    block.choice_rate = [choice.rate.draw(draws, dtype) for choice in program.choices]
    block.pressure_band = updates.pressure_band(block.expected.coerces, p.behaviour)
    block.base_trust_change = updates.trust_change(
        p.trust,
        block.expected.friendly.swapaxes(0, 1),
        block.expected.hostile.swapaxes(0, 1),
        p.behaviour,
    )
