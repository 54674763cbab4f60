"""The closed vocabulary of measurable things: what drivers respond to and outcomes report.

Each signal is a mapping with one key. A dyad with a group stands for the mean over the
group's members; an undirected dyad for the mean of its two directions.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from alliance_sim.spec.base import (
    ActorId,
    AgreementId,
    ArenaId,
    ChoiceId,
    DirectedDyad,
    DomainId,
    Dyad,
    Frozen,
    GovernmentId,
    PartyId,
    UndirectedDyad,
    keyed_union,
)
from alliance_sim.spec.numbers import Real


class ArenaSignal(Frozen):
    """Level of an arena, 0 to 1."""

    arena: ArenaId
    """The arena."""


class AlignmentSignal(Frozen):
    """Alignment of a dyad, -1 to 1."""

    alignment: Dyad
    """The dyad; undirected is the mean of both sides."""


class TrustSignal(Frozen):
    """Belief that the other keeps its word, 0 to 1."""

    trust: Dyad
    """The dyad; undirected is the mean of both sides."""


class CoercionSignal(Frozen):
    """Sanctions or military pressure of the first on the second, 0 to 1."""

    coercion: DirectedDyad
    """Who presses whom."""


class ThreatSignal(Frozen):
    """Threat that the first perceives from the second, not negative."""

    threat: DirectedDyad
    """Who perceives -> from whom."""


class CommonThreatSignal(Frozen):
    """Threat that two actors share from third parties, not negative."""

    common_threat: UndirectedDyad
    """The two who share it."""


class CommitmentSignal(Frozen):
    """Institutional depth of a dyad, 0 to 1."""

    commitment: UndirectedDyad
    """The dyad."""


class CooperationIn(Frozen):
    """A dyad and, if not all of them are meant, one domain."""

    dyad: UndirectedDyad
    """The dyad."""
    domain: DomainId | None = None
    """The domain; left out, the mean over all domains."""


class CooperationSignal(Frozen):
    """Material exchange of a dyad, 0 to 1."""

    cooperation: CooperationIn
    """Of whom, and in which domain."""


class PresenceOf(Frozen):
    """An actor's forces in an arena."""

    of: PartyId
    """Whose forces; a group is the mean of its members."""
    in_arena: Annotated[ArenaId, Field(alias="in")]
    """The arena."""


class PresenceSignal(Frozen):
    """Military presence of an actor in an arena, 0 to 1."""

    presence: PresenceOf
    """Whose forces, and where."""


class CapabilitySignal(Frozen):
    """Share of the system's material capability, 0 to 1."""

    capability: PartyId
    """Whose; a group is the sum of its members."""


class GovernmentIs(Frozen):
    """An actor and one of the kinds of government declared for it."""

    of: ActorId
    """Whose government."""
    is_kind: Annotated[GovernmentId, Field(alias="is")]
    """The kind asked for."""


class GovernmentSignal(Frozen):
    """1 while the government is of the kind, else 0."""

    government: GovernmentIs
    """Whose government, and which kind."""


class AgreementIn(Frozen):
    """An agreement and, if not all parties are meant, one of them."""

    id: AgreementId
    """The agreement."""
    party: ActorId | None = None
    """One party; left out, the least bound of all its parties."""


class AgreementSignal(Frozen):
    """How firmly an agreement is in force, 0 to 1."""

    agreement: AgreementIn
    """Which agreement, and for whom."""


class ChoiceSignal(Frozen):
    """Running record of a choice: 0 the least, 1 the most."""

    choice: ChoiceId
    """The choice."""


class PartnersOf(Frozen):
    """Whose partners count, in which domain, and from which exchange on."""

    of: ActorId
    """Whose."""
    domain: DomainId | None = None
    """The domain; left out, the mean over all domains."""
    from_level: Annotated[Real, Field(alias="from", ge=0, le=1)]
    """Exchange from which a tie is substantial."""


class PartnersSignal(Frozen):
    """Number of actors with whom an actor has substantial ties."""

    partners: PartnersOf
    """Whose, and what is substantial."""


class ProductSignal(Frozen):
    """All of several signals together: their product."""

    product: Annotated[tuple[Signal, ...], Field(min_length=1)]
    """The signals."""


class MinimumSignal(Frozen):
    """The weakest of several signals."""

    minimum: Annotated[tuple[Signal, ...], Field(min_length=1)]
    """The signals."""


class MeanSignal(Frozen):
    """The mean of several signals."""

    mean: Annotated[tuple[Signal, ...], Field(min_length=1)]
    """The signals."""


class AbsenceSignal(Frozen):
    """One minus a signal."""

    absence: Signal
    """The signal."""


class RescaledSignal(Frozen):
    """A signal mapped from -1..1 to 0..1."""

    rescaled: Signal
    """The signal, as a rule an alignment."""


SIGNAL_KINDS: dict[str, type[Frozen]] = {
    "arena": ArenaSignal,
    "alignment": AlignmentSignal,
    "trust": TrustSignal,
    "coercion": CoercionSignal,
    "threat": ThreatSignal,
    "common_threat": CommonThreatSignal,
    "commitment": CommitmentSignal,
    "cooperation": CooperationSignal,
    "presence": PresenceSignal,
    "capability": CapabilitySignal,
    "government": GovernmentSignal,
    "agreement": AgreementSignal,
    "choice": ChoiceSignal,
    "partners": PartnersSignal,
    "product": ProductSignal,
    "minimum": MinimumSignal,
    "mean": MeanSignal,
    "absence": AbsenceSignal,
    "rescaled": RescaledSignal,
}


if TYPE_CHECKING:
    Signal = (
        ArenaSignal
        | AlignmentSignal
        | TrustSignal
        | CoercionSignal
        | ThreatSignal
        | CommonThreatSignal
        | CommitmentSignal
        | CooperationSignal
        | PresenceSignal
        | CapabilitySignal
        | GovernmentSignal
        | AgreementSignal
        | ChoiceSignal
        | PartnersSignal
        | ProductSignal
        | MinimumSignal
        | MeanSignal
        | AbsenceSignal
        | RescaledSignal
    )
else:
    Signal = keyed_union("signal", SIGNAL_KINDS)
    for _kind in SIGNAL_KINDS.values():  # the recursive ones need Signal
        _kind.model_rebuild()


class Saturating(Frozen):
    """Rises quickly, then levels off: x / (x + half), rescaled to reach 1 at x = 1."""

    half: Annotated[Real, Field(gt=0)] = 0.5
    """Signal at which half of the unscaled response is reached."""


class Threshold(Frozen):
    """Off below a level, on above it, with a soft edge (logistic)."""

    at: Real
    """Level at which the response is one half."""
    width: Annotated[Real, Field(gt=0)] = 0.1
    """Softness of the edge."""


class Hump(Frozen):
    """Highest at a level and falling on both sides (Gaussian)."""

    peak: Real
    """Level of the highest response."""
    width: Annotated[Real, Field(gt=0)] = 0.2
    """Distance from the peak at which the response is exp(-1/2)."""


class SaturatingResponse(Frozen):
    """A response that levels off."""

    saturating: Saturating
    """Its parameter."""


class ThresholdResponse(Frozen):
    """A response that switches on."""

    threshold: Threshold
    """Its parameters."""


class HumpResponse(Frozen):
    """A response with an optimum."""

    hump: Hump
    """Its parameters."""


if TYPE_CHECKING:
    Response = (
        Literal["linear", "either_way"] | SaturatingResponse | ThresholdResponse | HumpResponse
    )
else:
    Response = keyed_union(
        "response",
        {
            "saturating": SaturatingResponse,
            "threshold": ThresholdResponse,
            "hump": HumpResponse,
        },
        Literal["linear", "either_way"],
    )
