"""What a block of runs leaves behind: the declared outcomes, and no more."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from alliance_sim.arrays import Floats
from alliance_sim.results import Record
from alliance_sim.rules import classes
from alliance_sim.step import ALL, Block, mechanism_values

Codes = npt.NDArray[np.int8]
_OTHER_PULLS = ("issue_agreement", "dependence")  # what may draw a pair without an adversary


def pair_class(block: Block, pair: int, limits: dict[str, Floats]) -> Codes:
    """Relation class of a pair in every run, (r,)."""
    s = block.situation.state
    i, j = block.program.pairs[pair]
    orientation = (s.alignment[i, j] + s.alignment[j, i]) / 2
    other = np.zeros_like(orientation)
    for name in _OTHER_PULLS:
        row = mechanism_values(block, slice(i, i + 1), name)
        other = other + np.maximum(row[0, j], 0)
    return classes.classify(
        orientation,
        s.commitment[i, j],
        classes.target_share(s.root_threat[i], s.root_threat[j], other),
        classes.breadth(s.cooperation[:, pair], limits["active_domain"]),
        (s.trust[i, j] + s.trust[j, i]) / 2,
        limits,
    )


def record_month(block: Block, record: Record, month: int, limits: dict[str, Floats]) -> None:
    """Write the situation at the beginning of a month."""
    program, s = block.program, block.situation.state
    for place, pair in enumerate(program.classed_pairs):
        record.classes[place, month] = pair_class(block, pair, limits)
    for place, rule in enumerate(program.outcomes):
        if rule.signal is not None:
            record.outcomes[place, month] = rule.signal(block.situation)
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
