"""The arrays that rules read and write. Runs are always the last axis.

Axes: ``i, j, k`` actors (i acts or perceives, j is the other), ``p`` unordered pairs,
``d`` cooperation domains, ``m`` arenas, ``c`` choices, ``a`` agreements, ``g`` actors with declared
governments, ``r`` runs. A parameter that is certain has a last axis of length 1.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.floating[Any]]
"""Single precision in runs, double where the model is analysed rather than run."""
Ints = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]
Postures = npt.NDArray[np.int8]


@dataclass(frozen=True, slots=True)
class Parameters:
    """Everything that stays fixed during a run, drawn once for each run."""

    capability: Floats
    """(i, r) share of the system's capability at the base date."""
    temperature: Floats
    """(i, r) noise of decisions."""
    tie: Floats
    """(i, j, 1) 1 where the world declares a relation, else 0."""
    base: Floats
    """(i, j, r) alignment at the base date, on the atanh scale."""
    trust: Floats
    """(i, j, r) trust at the base date; one half without a tie."""
    coercion: Floats
    """(i, j, r) declared policy of i on j at the base date."""
    proximity: Floats
    """(i, j, r) reach by geography alone."""
    commitment: Floats
    """(i, j, r) institutional depth at the base date, without declared agreements."""
    cooperation: Floats
    """(d, p, r) material exchange at the base date."""
    channel: Floats
    """(d, p, r) what channels allow at the base date, before coercion by others."""
    presence: Floats
    """(i, m, r) forces in arenas at the base date."""
    rate: Floats
    """(d, 1, r) monthly adjustment of exchange."""
    exposure: Floats
    """(d, 1, r) share of exchange that full pressure cuts off."""
    elasticity: Floats
    """(d, 1, r) rise of desired exchange with alignment."""
    level: Floats
    """(m, r) arena level at the base date."""
    arena_rate: Floats
    """(m, r) monthly return of an arena to its mean."""
    arena_noise: Floats
    """(m, r) standard deviation of an arena's monthly change."""
    position: Floats
    """(i, m, r) position of actors in arenas, -1 to 1."""
    salience: Floats
    """(i, m, r) weight that actors give to arenas, 0 to 1."""
    arena_proximity: Floats
    """(m, j, r) how far forces in an arena are within reach of j."""
    depth: Floats
    """(a, r) institutional depth that agreements add."""
    party: Floats
    """(a, i, 1) 1 where i is a party at the base date."""
    mechanism_weight: dict[str, Floats]
    """Mechanism -> (r,) weight; mechanisms that are off are left out."""
    behaviour: dict[str, Floats]
    """Behaviour parameter -> (r,) value."""

    @property
    def actors(self) -> int:
        """Number of actors."""
        return int(self.capability.shape[0])


@dataclass(slots=True)
class Circumstances:
    """What is set from outside in a month: policy, forces, agreements, governments."""

    coercion: Floats
    """(i, j, r) declared policy of i on j."""
    reach: Floats
    """(i, j, r) how far i can project power to j."""
    capability: Floats
    """(i, r) share of capability."""
    power: Floats
    """(i, r) capability as others feel it; 1 for the reference state."""
    channel: Floats
    """(d, p, r) what channels allow."""
    presence: Floats
    """(i, m, r) forces in arenas."""
    standing: Floats
    """(a, i, r) how firmly a party is bound by an agreement, 0 to 1."""
    agreed_depth: Floats
    """(i, j, r) institutional depth from agreements in force."""
    arena_mean: Floats
    """(m, r) level that an arena returns to."""
    government: Ints
    """(g, r) kind of government in office."""
    orientation: Floats
    """(i, j, r) leaning of the governments in office."""


@dataclass(slots=True)
class State:
    """The state of a block of runs; the second half follows from the first."""

    y: Floats
    """(i, j, r) alignment on the atanh scale."""
    anchor: Floats
    """(i, j, r) slow level that y returns to."""
    trust: Floats
    """(i, j, r) belief that j keeps its word."""
    pressure: Floats
    """(i, j, r) coercion of i on j beyond, or short of, declared policy."""
    depth: Floats
    """(i, j, r) institutional depth without declared agreements; symmetric."""
    cooperation: Floats
    """(d, p, r) material exchange."""
    arena: Floats
    """(m, r) level of arenas."""
    choice: Floats
    """(c, r) running record of choices."""
    wronged: Floats
    """(i, j, r) share of i's trust at stake since j left an agreement."""
    alignment: Floats
    """(i, j, r) tanh of y."""
    regard: Floats
    """(i, j, r) positive part of alignment, weighted by j's capability."""
    hostility: Floats
    """(i, j, r) negative part of alignment, as a positive number."""
    coercion: Floats
    """(i, j, r) coercion of i on j."""
    commitment: Floats
    """(i, j, r) institutional depth; symmetric."""
    threat: Floats
    """(i, j, r) threat that i perceives from j."""
    root_threat: Floats
    """(i, j, r) square root of threat."""
    isolation: Floats
    """(i, r) share of the outside world that coercion closes to i."""


@dataclass(slots=True)
class Acts:
    """What postures do, as departures from what they do at the base date."""

    flow: Floats
    """(i, j, r) impact of i's posture on the relation, less its expectation at the base."""
    friendly: Floats
    """(i, j, r) positive part of the flow."""
    hostile: Floats
    """(i, j, r) negative part of the flow, as a negative number."""
    coerces: Floats
    """(i, j, r) 1 where the posture is to coerce, less its base probability."""
    commits: Floats
    """(i, j, r) 1 where the posture is to commit, less its base probability."""


@dataclass(frozen=True, slots=True)
class Expected:
    """What postures do on average at the base date, which calibration takes off."""

    impact: Floats
    """(i, j, r) impact."""
    friendly: Floats
    """(i, j, r) positive departures from the mean impact."""
    hostile: Floats
    """(i, j, r) negative departures from the mean impact."""
    coerces: Floats
    """(i, j, r) probability to coerce."""
    commits: Floats
    """(i, j, r) probability to commit."""


@dataclass(slots=True)
class Situation:
    """All that rules and signals may look at in a block of runs."""

    parameters: Parameters
    circumstances: Circumstances
    state: State
