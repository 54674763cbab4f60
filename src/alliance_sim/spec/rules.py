"""Parameters of the rules, each with a default and where it comes from.

A default marked *judgement* was chosen so that, with no intervention, relations keep the
month-to-month variation seen in votes (see docs/model.md); none was chosen for an outcome.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from alliance_sim.spec.base import Frozen, Source, problem_error
from alliance_sim.spec.numbers import AnyNumber, Distribution, NonNegative, Number, Real, Unit

MechanismName = Literal[
    "common_threat",
    "direct_threat",
    "structural_balance",
    "issue_agreement",
    "abandonment",
    "entrapment",
    "reputation",
    "dependence",
    "hedging",
    "commitment",
    "government",
]
"""A general mechanism; each is one function of ``alliance_sim.rules.mechanisms``."""


class Mechanism(Frozen):
    """How strongly a general mechanism counts in every decision."""

    weight: NonNegative
    """Change of utility for a change of the mechanism by one."""
    source: Source | None = None
    """Where the weight comes from."""


class Postures(Frozen):
    """How a utility becomes one of five postures: coerce, distance, hold, cooperate, commit."""

    base_weight: NonNegative = 1.6
    """Utility of a closer posture for a base alignment of one (on the atanh scale). judgement"""
    persistence: NonNegative = 1.0
    """Share of base_weight at which a departure from the anchor feeds back. judgement"""
    impacts: tuple[Real, Real, Real, Real, Real] = (-1.0, -0.4, 0.0, 0.4, 1.0)
    """Effect of each posture on the relation, from coerce to commit. judgement"""
    cutpoints: tuple[Real, Real, Real, Real] = (-2.6, -1.1, 1.1, 2.6)
    """Utilities at which one posture gives way to the next. judgement"""

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        for name, values in (("impacts", self.impacts), ("cutpoints", self.cutpoints)):
            if any(a >= b for a, b in pairwise(values)):
                raise problem_error(f"{name} do not rise", "give them from low to high")
        return self


class AlignmentFlow(Frozen):
    """How alignment moves."""

    responsiveness: Unit = 0.06
    """Monthly change (atanh scale) for a full impact of own and received postures. judgement"""
    own_share: Unit = 0.7
    """Weight of an actor's own postures against those it receives, which make up the rest: what
    one does binds one's own orientation more than what one meets. judgement"""
    reversion: Unit = 0.06
    """Share of the distance to the anchor made up in a month. judgement"""
    anchor_adaptation: Unit = 0.01
    """Share of the distance by which the anchor follows in a month. judgement"""
    anchor_return: Unit = 0.01
    """Share of the way back to the base that the anchor makes in a month. judgement"""


def _middle(value: AnyNumber) -> float:
    return value.median if isinstance(value, Distribution) else float(value)


class Revision(Frozen):
    """When actors take up a gap between what they want or warrant and what is."""

    chance: Annotated[Real, Field(ge=1e-12, le=1 - 1e-12)] = 0.25
    """Probability in a month that a small gap is taken up. judgement: about once a season"""
    eagerness: NonNegative = 2.0
    """How much sooner a wider gap is: rise of the logit for a gap of one. judgement"""


class TrustFlow(Frozen):
    """How trust moves; it falls faster than it rises (Slovic 1993 on asymmetry)."""

    rise: Unit = 0.01
    """Monthly gain for a full friendly act, as share of what is missing. judgement"""
    fall: Unit = 0.04
    """Monthly loss for a full hostile act, as share of what is there. judgement"""
    reversion: Unit = 0.02
    """Share of the distance to its base made up in a month, on average over small gaps.
    judgement"""
    breach: Unit = 0.3
    """Share of trust in an actor that the other parties lose when it leaves an agreement.
    judgement"""

    @model_validator(mode="after")
    def _falls_faster(self) -> Self:
        if _middle(self.rise) > _middle(self.fall):
            raise problem_error("trust would rise faster than it falls", "keep rise below fall")
        return self


class CoercionFlow(Frozen):
    """How coercion beyond declared policy follows hostile postures."""

    response: Unit = 0.05
    """Monthly rise when the posture is to coerce, against its base frequency. judgement"""
    decay: Unit = 0.05
    """Share of undeclared coercion that lapses in a month. judgement"""
    band: NonNegative = 2.0
    """Standard deviations of what chance alone produces, beyond which undeclared pressure
    counts. judgement"""


class CommitmentFlow(Frozen):
    """How institutional depth follows committing postures."""

    response: Unit = 0.02
    """Monthly rise when both commit, against its base frequency. judgement"""
    decay: Unit = 0.02
    """Share of added depth that lapses in a month. judgement"""


class ThreatRule(Frozen):
    """How capability, reach and intention make a threat (Walt 1987)."""

    capability_exponent: Unit = 0.5
    """Exponent on capability: below 1, as threat grows less than in proportion. judgement"""
    reference_capability: Annotated[Real, Field(ge=1e-4, le=1)] = 0.13
    """Capability that counts as one unit of power: the US share in CINC 2016 (nmc)."""


class Behaviour(Frozen):
    """Parameters of the rules."""

    calibration: Literal["base_date", "none"] = "base_date"
    """base_date: intercepts make the expected drift at the base date zero. none: utilities are
    the weighted mechanisms and drivers themselves."""
    postures: Postures = Postures()
    """From utility to posture."""
    alignment: AlignmentFlow = AlignmentFlow()
    """Fast flow over a slow anchor."""
    revision: Revision = Revision()
    """When trust and exchange are revised."""
    trust: TrustFlow = TrustFlow()
    """Belief in the other's word."""
    coercion: CoercionFlow = CoercionFlow()
    """Undeclared pressure."""
    commitment: CommitmentFlow = CommitmentFlow()
    """Institutional depth."""
    threat: ThreatRule = ThreatRule()
    """Perceived threat."""


class Classes(Frozen):
    """Thresholds that sort a dyad into a relation class."""

    hostile_below: Number = -0.25
    """Mean alignment below which a dyad is hostile. judgement"""
    friendly_above: Number = 0.1
    """Mean alignment from which cooperation counts as political, not only material. judgement"""
    active_domain: Unit = 0.3
    """Exchange from which a domain counts as active. judgement"""
    broad_from: Annotated[int, Field(strict=True, ge=1)] = 3
    """Active domains from which cooperation is broad ("several arenas"). judgement"""
    trusting_from: Unit = 0.45
    """Mean trust from which broad cooperation is more than convenience. judgement"""
    deep_from: Unit = 0.7
    """Institutional depth of an alliance. judgement: in the shipped world every pair with a
    defence pact lies above (0.73 or more) and every other below (0.57 or less)"""
    targeted_from: Unit = 0.5
    """Share of the pull that one common adversary explains, from which a tie is aimed at it.
    judgement"""
