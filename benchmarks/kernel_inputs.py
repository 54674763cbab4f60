"""What the C month reads and moves, taken from a block of the engine."""

from __future__ import annotations

from typing import get_args

import numpy as np
import numpy.typing as npt
from c_text import Text

from alliance_sim.program import Program
from alliance_sim.rules import decision
from alliance_sim.spec.rules import MechanismName
from alliance_sim.step import Block

Rows = npt.NDArray[np.float32]
"""(place, r), or (place, 1) where it is the same in all runs."""
MECHANISMS = get_args(MechanismName)
TOUCHED = {
    "coercion": ("policy",),
    "presence": ("presence", "menace"),
    "capability": ("capability", "menace", "clout", "weight", "scale"),
    "channel": ("channel",),
    "arena": ("arena_mean", "shift"),
    "standing": ("standing", "agreed"),
    "doubt": ("standing", "agreed"),
}
"""Kind of effect -> inputs that it may make different from run to run."""
STATE = ("y", "anchor", "trust", "pressure", "wronged", "depth", "coop", "arena", "choice")


class Places:
    """Pairs and their two sides as places in the engine's arrays."""

    def __init__(self, program: Program) -> None:
        self.first, self.second = program.pair_index
        self.own = np.stack([self.first, self.second], axis=1).ravel()
        self.other = np.stack([self.second, self.first], axis=1).ravel()

    def sides(self, square: npt.NDArray[np.floating]) -> npt.NDArray[np.floating]:
        """Both sides of each pair, (2 p, r)."""
        return square[self.own, self.other]

    def pairs(self, square: npt.NDArray[np.floating]) -> npt.NDArray[np.floating]:
        """What is the same on both sides, (p, r)."""
        return square[self.first, self.second]


def _flat(array: npt.NDArray[np.floating]) -> npt.NDArray[np.floating]:
    """All axes but the runs in one."""
    return array.reshape(-1, array.shape[-1])


def _by_pair(exchange: npt.NDArray[np.floating]) -> npt.NDArray[np.floating]:
    """(d, p, r) as (p d, r): a pair's domains lie together."""
    return _flat(exchange.swapaxes(0, 1))


def fixed(block: Block, text: Text) -> dict[str, Rows]:
    """What stays as it is during a run."""
    p, program, at = block.parameters, block.program, Places(block.program)
    assert block.expected is not None
    intercept = p.behaviour["base_weight"] * p.base * program.calibrated
    found = {
        "fixed": at.sides(np.broadcast_to(intercept, block.base_pull.shape) - block.base_pull),
        "base": at.sides(p.base),
        "level0": at.sides(p.trust),
        "band": at.sides(block.pressure_band),
        "base_trust_change": at.sides(block.base_trust_change),
        "e_impact": at.sides(block.expected.impact),
        "e_coerces": at.sides(block.expected.coerces),
        "e_commits": at.sides(block.expected.commits),
        "temperature": p.temperature,
        "depth0": at.pairs(p.commitment),
        "base_mutual": block.base_mutual,
        "coop0": _by_pair(p.cooperation),
        "per_capacity": _by_pair(1 / block.base_capacity),
        "elasticity": p.elasticity[:, 0],
        "exposure": p.exposure[:, 0],
        "exchange_rate": np.minimum(p.rate[:, 0] / np.float32(program.revision_chance), 1),
        "arena_rate": p.arena_rate,
        "arena_noise": p.arena_noise,
    }
    found |= _stakes(block, text, at) | _weights(block) | _behaviour(block)
    return {name: _flat(np.asarray(array, np.float32)) for name, array in found.items()}


def _stakes(block: Block, text: Text, at: Places) -> dict[str, npt.NDArray[np.floating]]:
    p = block.parameters
    held = p.position * p.salience
    found = [
        held[at.first[k], m] * held[at.second[k], m] * block.stake_scale[at.first[k], at.second[k]]
        for k, m in text.stakes()
    ]
    return {"stake": _stacked(found)}


def _weights(block: Block) -> dict[str, npt.NDArray[np.floating]]:
    mechanisms = block.parameters.mechanism_weight
    nothing = np.zeros(1, np.float32)
    found = {f"m_{name}": mechanisms.get(name, nothing) for name in MECHANISMS}
    return found | {
        "push": _stacked([push.weight for push in block.pushes]),
        "input": _stacked([weight for weight, _ in block.arena_inputs]),
        "choice_rate": _stacked(block.choice_rate),
    }


def _behaviour(block: Block) -> dict[str, npt.NDArray[np.floating]]:
    b, chance = block.parameters.behaviour, np.float32(block.program.revision_chance)
    same = (
        "responsiveness own_share reversion anchor_adaptation anchor_return trust_rise trust_fall "
        "coercion_response coercion_decay commitment_response commitment_decay"
    )
    return {name: b[name] for name in same.split()} | {
        "persistence": b["persistence"] * b["base_weight"],
        "trust_rate": np.minimum(b["trust_reversion"] / chance, 1),
        "slack_of_gaps": 1 / np.maximum(b["revision_eagerness"], 1e-6),
    }


def _stacked(arrays: list[npt.NDArray[np.floating]]) -> npt.NDArray[np.floating]:
    if not arrays:
        return np.zeros((0, 1), np.float32)
    return np.stack(np.broadcast_arrays(*arrays))


def circumstances(
    block: Block, arena_mean_before: npt.NDArray[np.floating] | None = None
) -> dict[str, Rows]:
    """What is set from outside."""
    c, at = block.situation.circumstances, Places(block.program)
    before = c.arena_mean if arena_mean_before is None else arena_mean_before
    found = {
        "policy": at.sides(c.coercion),
        "menace": c.power[at.other] * c.reach[at.other, at.own],
        "orientation": at.sides(c.orientation),
        "agreed": at.pairs(c.agreed_depth),
        "scale": at.sides(block.third_party_scale),
        "weight": block.third_party_weight,
        "clout": np.minimum(c.power, 1),
        "channel": _by_pair(c.channel),
        "capability": c.capability,
        "presence": c.presence,
        "standing": c.standing,
        "government": c.government,
        "arena_mean": c.arena_mean,
        "shift": c.arena_mean - before,
    }
    return {name: _flat(np.asarray(array, np.float32)) for name, array in found.items()}


def state(block: Block) -> dict[str, Rows]:
    """What moves."""
    s, at = block.situation.state, Places(block.program)
    found = {
        "y": at.sides(s.y),
        "anchor": at.sides(s.anchor),
        "trust": at.sides(s.trust),
        "pressure": at.sides(s.pressure),
        "wronged": at.sides(s.wronged),
        "depth": at.pairs(s.depth),
        "coop": _by_pair(s.cooperation),
        "arena": s.arena,
        "choice": s.choice,
    }
    return {name: _flat(np.asarray(array, np.float32)) for name, array in found.items()}


def header(block: Block, text: Text) -> list[str]:
    """Numbers of things and what the rules compare with, as C."""
    program, at = block.program, Places(block.program)
    slots = [text.slots.get(p, -1) for p in range(len(program.pairs))]
    lines = [
        f"#define N {len(program.actors)}",
        f"#define P {len(program.pairs)}",
        f"#define D {len(program.domains)}",
        f"#define M {len(program.arenas)}",
        f"#define C {len(program.choices)}",
        _table("FIRST", at.first.tolist()),
        _table("SECOND", at.second.tolist()),
        _table("SLOT", slots),
        _table("BREAKABLE", text.breakable()),
    ]
    for sides in (1, 2):
        rise, fall = decision.revision_bars(program.revision_chance, sides)
        lines += [f"#define RISE_{sides} {rise!r}f", f"#define FALL_{sides} {fall!r}f"]
    lines += [f"#define CUT_{k} {float(cut)!r}f" for k, cut in enumerate(program.cutpoints)]
    return lines + [f"#define IMPACT_{k} {float(x)!r}f" for k, x in enumerate(program.impacts)]


def _table(name: str, values: list[int]) -> str:
    return f"static const short {name}[] = {{{', '.join(map(str, values))}}};"
