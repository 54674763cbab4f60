"""What a block of runs leaves behind: the declared outcomes, and no more."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from alliance_sim.arrays import Floats
from alliance_sim.results import Record
from alliance_sim.rules import classes, mechanisms
from alliance_sim.step import ALL, Block

Codes = npt.NDArray[np.int8]


def pair_class(block: Block, pair: int, limits: dict[str, Floats]) -> Codes:
    """Relation class of a pair in every run, (r,)."""
    s = block.situation.state
    i, j = block.program.pairs[pair]
    return classes.classify(
        (s.alignment[i, j] + s.alignment[j, i]) / 2,
        s.commitment[i, j],
        _target_share(block, i, j),
        classes.breadth(s.cooperation[:, pair], limits["active_domain"]),
        (s.trust[i, j] + s.trust[j, i]) / 2,
        limits,
    )


def _target_share(block: Block, i: int, j: int) -> Floats:
    """How far one common adversary explains what draws a pair together, (r,)."""
    s, power = block.situation.state, block.situation.circumstances.power
    a, b = slice(i, i + 1), slice(j, j + 1)
    clout = np.minimum(power, 1)
    issues = mechanisms.issue_agreement(
        block.stake[a], block.stake[b], s.arena[block.contested], block.stake_scale[a, b]
    )
    needs = (
        mechanisms.dependence(s.isolation[a], clout[b], s.coercion[b, a])[0, 0],
        mechanisms.dependence(s.isolation[b], clout[a], s.coercion[a, b])[0, 0],
    )
    shared = mechanisms.common_threat(s.root_threat[a], s.root_threat[b])[0, 0]
    return classes.target_share(s.root_threat[i], s.root_threat[j], shared, issues[0, 0], needs)


def _followed(block: Block, place: int, month: int, reading: Floats) -> Floats:
    """What has become of a signal by this month: whether it has fallen, or how it varied."""
    rule = block.program.outcomes[place]
    if month == 0:
        nothing = np.zeros_like(reading)
        block.follows[place] = (reading.copy(), nothing, nothing.copy())
    base, seen, squares = block.follows[place]
    if rule.over_time == "fallen":
        seen = np.maximum(seen, reading <= base - np.float32(rule.fall))
        block.follows[place] = (base, seen, squares)
        return seen
    # Welford (1962), Technometrics 4:419-420: seen is the mean of the readings less the first.
    change = reading - base
    before = change - seen
    seen = seen + before / (month + 1)
    squares = squares + before * (change - seen)
    block.follows[place] = (base, seen, squares)
    return squares / (month + 1)


def record_month(block: Block, record: Record, month: int, limits: dict[str, Floats]) -> None:
    """Write the situation at the beginning of a month."""
    program, s = block.program, block.situation.state
    for place, pair in enumerate(program.classed_pairs):
        record.classes[place, month] = pair_class(block, pair, limits)
    for place, rule in enumerate(program.outcomes):
        if rule.signal is not None:
            reading = rule.signal(block.situation)
            if rule.over_time != "level":
                reading = _followed(block, place, month, reading)
            record.outcomes[place, month] = reading
        elif rule.pair is not None:
            known = program.classed_pairs.index(rule.pair)
            record.outcomes[place, month] = record.classes[known, month]
    for place, places in enumerate(program.recorded_places):
        total = s.alignment[places[0]]
        for i, j in places[1:]:
            total = total + s.alignment[i, j]
        record.alignment[place, month] = total / len(places)
    if month == 0:
        record.first[...] = s.alignment[ALL]
    if month == program.months:
        record.last[...] = s.alignment[ALL]
