"""Relation classes, from five measured axes.

The classes and the axes follow the definitions of Sharma (2018), introduction, paragraph 2
and challenges, paragraph 2: an alliance is aimed at a state and institutional, strategic
cooperation is neither, a marriage of convenience is cooperation without trust. ``distant``
is added for dyads that neither quarrel nor cooperate, of which that paper does not speak.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from alliance_sim.arrays import Floats

CLASSES = (
    "hostile",
    "distant",
    "marriage_of_convenience",
    "tactical",
    "strategic_cooperation",
    "strategic_alliance",
)
HOSTILE, DISTANT, CONVENIENCE, TACTICAL, STRATEGIC, ALLIANCE = range(len(CLASSES))


def breadth(exchange: Floats, active_from: Floats) -> Floats:
    """Number of domains with active exchange; (d, r) to (r,)."""
    active = np.zeros(exchange.shape[1:], dtype=exchange.dtype)
    for domain in exchange:
        active = active + (domain >= active_from)
    return active


def target_share(
    roots_a: Floats, roots_b: Floats, shared: Floats, issues: Floats, needs: tuple[Floats, Floats]
) -> Floats:
    """Share of what draws two actors together that their chief common adversary explains.

    Square roots of the threat that each perceives from every actor, (k, r); the threat they
    share in all; their agreement on issues, which counts where it is positive; and the need of
    each for the other, of which the mean counts, as for the other axes. All (r,), in units of
    utility per unit of weight.
    """
    chief = np.max(roots_a * roots_b, axis=0)
    total = shared + np.maximum(issues, 0) + (needs[0] + needs[1]) / 2
    return np.asarray(chief / np.maximum(total, 1e-12))


def classify(
    orientation: Floats,
    institution: Floats,
    target: Floats,
    domains: Floats,
    trust: Floats,
    limits: dict[str, Floats],
) -> npt.NDArray[np.int8]:
    """Relation class of a dyad, an index into CLASSES; all arguments (r,)."""
    broad = domains >= limits["broad_from"]
    friendly = orientation >= limits["friendly_above"]
    alliance = friendly & (institution >= limits["deep_from"]) & (target >= limits["targeted_from"])
    trusting = trust >= limits["trusting_from"]
    out = np.full(orientation.shape, DISTANT, dtype=np.int8)
    out[domains >= 1] = TACTICAL
    out[broad] = CONVENIENCE
    out[broad & friendly & trusting] = STRATEGIC
    out[alliance] = ALLIANCE
    out[orientation < limits["hostile_below"]] = HOSTILE
    return out
