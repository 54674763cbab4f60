"""What moves a world from within: drivers, choices, and readings of a text they rest on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal, Self

from pydantic import Field, field_validator, model_validator

from alliance_sim.spec.base import (
    ActorId,
    ArenaId,
    ChoiceId,
    DomainId,
    Frozen,
    Id,
    Name,
    Prose,
    RelatedDyad,
    Source,
    keyed_union,
    problem_error,
)
from alliance_sim.spec.numbers import NonNegative, Real, Unit
from alliance_sim.spec.signals import Response, Signal


class DesireChannel(Frozen):
    """Acts on the exchange that both want in a domain."""

    desire: DomainId
    """The domain."""


class CapacityChannel(Frozen):
    """Acts on what the channels allow in a domain."""

    capacity: DomainId
    """The domain."""


class ArenaChannel(Frozen):
    """Acts on the level of an arena."""

    arena: ArenaId
    """The arena."""


class ChoiceChannel(Frozen):
    """Acts on the utility of the higher options of a choice."""

    choice: ChoiceId
    """The choice."""


if TYPE_CHECKING:
    Channel = (
        Literal["orientation", "trust"]
        | DesireChannel
        | CapacityChannel
        | ArenaChannel
        | ChoiceChannel
    )
else:
    Channel = keyed_union(
        "channel",
        {
            "desire": DesireChannel,
            "capacity": CapacityChannel,
            "arena": ArenaChannel,
            "choice": ChoiceChannel,
        },
        Literal["orientation", "trust"],
    )


class Driver(Frozen):
    """A named reason for some dyads to draw together or apart."""

    name: Name
    """What it is, in a few words."""
    direction: Literal["convergence", "divergence"]
    """Whether a rise of the signal draws the dyads together or apart; for an arena or a choice,
    raises or lowers it."""
    dyads: tuple[RelatedDyad, ...] = ()
    """Whose relation it moves; ``a->b`` moves only a's side."""
    signal: Signal
    """What it responds to; its change since the base date counts."""
    response: Response = "linear"
    """How the effect grows with the signal."""
    weight: NonNegative
    """Effect of a full rise of the response, in units of the channel."""
    channel: Channel = "orientation"
    """What it acts on: the choice of posture (orientation), trust, the desire or capacity to
    cooperate in a domain, an arena, or a declared choice."""
    reading: dict[Id, Annotated[tuple[Id, ...], Field(min_length=1)]] = {}
    """Reading -> options under which it acts; left out, it always does."""
    passages: tuple[Annotated[str, Field(pattern=r"^[A-Z]{2}[0-9]{2}$")], ...] = ()
    """Ids of the source paper's drivers that it stands for."""
    source: Source
    """Where mechanism and weight come from."""

    @model_validator(mode="after")
    def _has_target(self) -> Self:
        if not self.dyads and not isinstance(self.channel, ArenaChannel | ChoiceChannel):
            raise problem_error("driver has no dyads", "list the dyads that it moves")
        return self


class Choice(Frozen):
    """An ordered decision that is not about one dyad: how to vote, whether to support."""

    name: Name
    """Name for tables and pictures."""
    about: Prose = ""
    """What is decided, and by whom it is put."""
    by: ActorId
    """Who decides, every month."""
    options: Annotated[tuple[Id, ...], Field(min_length=2, max_length=7)]
    """What can be chosen, from least to most."""
    shares: tuple[Real, ...]
    """How often each option is chosen at the base date; sums to 1."""
    rate: Unit = 0.1
    """Weight of a month's choice in the running record that signals and outcomes read."""
    source: Source | None = None
    """Where the values come from."""

    @field_validator("shares")
    @classmethod
    def _sum_to_one(cls, value: tuple[float, ...]) -> tuple[float, ...]:
        if any(share < 1e-6 for share in value) or abs(sum(value) - 1) > 1e-9:
            raise problem_error(
                f"shares of options sum to {sum(value):g}",
                "make them positive, each at least 0.000001, and their sum 1",
            )
        return value

    @model_validator(mode="after")
    def _a_share_each(self) -> Self:
        if len(self.shares) != len(self.options):
            raise problem_error(
                f"{len(self.options)} options have {len(self.shares)} shares", "give one each"
            )
        return self


class Reading(Frozen):
    """A place where a text can be read in several ways, each of which the world can follow."""

    name: Name
    """What the doubt is about."""
    options: Annotated[dict[Id, str], Field(min_length=2)]
    """Option -> what it takes the text to say."""
    default: Id
    """The option followed where a scenario does not say otherwise."""
    source: Source | None = None
    """Where the doubt lies."""

    @model_validator(mode="after")
    def _default_declared(self) -> Self:
        if self.default not in self.options:
            raise problem_error(
                f"default '{self.default}' is no option", f"use one of: {', '.join(self.options)}"
            )
        return self
