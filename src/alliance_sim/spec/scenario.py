"""A scenario: a world, a horizon, what intervenes, and what to report."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal, Self

from pydantic import AfterValidator, Field, ValidationInfo, field_validator, model_validator

from alliance_sim.spec.base import (
    ActorId,
    AgreementId,
    ArenaId,
    DomainId,
    Frozen,
    GovernmentId,
    HorizonMonth,
    Id,
    Meant,
    Mend,
    Month,
    Name,
    Names,
    OtherPartyId,
    OutcomeId,
    PartyId,
    Prose,
    RelatedActorDyad,
    RelatedActorPair,
    TheoryId,
    again,
    each_once,
    keyed_union,
    located_error,
    month_number,
    problem_error,
)
from alliance_sim.spec.numbers import NonNegative, Sampling, Signed, Unit
from alliance_sim.spec.outcomes import EffectMeasure
from alliance_sim.spec.world import World


class Horizon(Frozen):
    """The months that are simulated."""

    start: Month
    """First month; the state at its beginning is the base state."""
    months: Annotated[int, Field(strict=True, ge=1, le=1200)]
    """Number of months."""


class Between(Frozen):
    """A date that is not known exactly: any month in a range, equally likely."""

    between: tuple[HorizonMonth, HorizonMonth]
    """First and last possible month."""

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        first, last = self.between
        if month_number(first) > month_number(last):
            raise problem_error(f"{first} comes after {last}", "give the earlier month first")
        return self


class Hazard(Frozen):
    """An event that may come at any time, or never."""

    hazard_per_year: NonNegative
    """Expected number of events a year while it has not happened."""
    from_month: Annotated[HorizonMonth | None, Field(alias="from")] = None
    """First month in which it can happen; left out, the first of the horizon."""


class CoercionChange(Frozen):
    """Sanctions or military pressure are set to a level."""

    by: PartyId
    """Who presses; a group acts through all its members."""
    on: OtherPartyId
    """Who is pressed."""
    level: Unit
    """Level reached, 0 to 1."""
    over_months: Annotated[int, Field(strict=True, ge=1)] = 1
    """Months until the level is reached."""


class PresenceChange(Frozen):
    """Forces in an arena are set to a level."""

    of: PartyId
    """Whose forces."""
    in_arena: Annotated[ArenaId, Field(alias="in")]
    """Where."""
    level: Unit
    """Level reached, 0 to 1."""
    over_months: Annotated[int, Field(strict=True, ge=1)] = 1
    """Months until the level is reached."""


class ArenaChange(Frozen):
    """An arena is pushed from outside."""

    id: ArenaId
    """The arena."""
    change: Signed
    """Added to its level and to the mean it returns to."""
    over_months: Annotated[int, Field(strict=True, ge=1)] = 1
    """Months until the change is complete."""


class AgreementChange(Frozen):
    """A party joins, leaves, or threatens to leave an agreement, or lets it lapse."""

    id: AgreementId
    """The agreement."""
    party: ActorId
    """Who acts."""
    does: Literal["leave", "threaten", "join", "lapse"]
    """What it does; to leave breaks one's word, an agreement that lapses has run its time."""
    credibility: Unit = 0.5
    """For a threat: how far the agreement counts as gone, 0 to 1. judgement"""

    @field_validator("does")
    @classmethod
    def _is_party(cls, value: str, info: ValidationInfo) -> str:
        names, agreement, party = info.context, info.data.get("id"), info.data.get("party")
        if isinstance(names, Names) and agreement in names.parties and party in names.actors:
            parties = names.parties[str(agreement)]
            if value != "join" and party not in parties:
                raise problem_error(
                    f"'{party}' is no party to '{agreement}' and cannot {value}",
                    Meant(party, parties),
                )
        return value


class GovernmentChange(Frozen):
    """A government comes to power outside the calendar."""

    of: ActorId
    """Whose."""
    becomes: GovernmentId
    """Its new kind."""


class CapabilityChange(Frozen):
    """An actor's share of capability is set to a level."""

    of: ActorId
    """Whose."""
    level: Unit
    """Share reached, 0 to 1."""
    over_months: Annotated[int, Field(strict=True, ge=1)] = 1
    """Months until the level is reached."""


class ChannelChange(Frozen):
    """What banking, embargo, delivery or technology allow between two actors is set."""

    between: RelatedActorPair
    """The dyad."""
    domain: DomainId
    """The domain."""
    level: Unit
    """Share of full capacity reached, 0 to 1."""
    over_months: Annotated[int, Field(strict=True, ge=1)] = 1
    """Months until the level is reached."""


ALL_DYADS = "all"
"""What stands for every pair of the world under ``dyads`` of a scenario."""
ACTIONS = (
    "coercion",
    "presence",
    "arena",
    "agreement",
    "government",
    "capability",
    "channel",
)


if TYPE_CHECKING:
    Date = HorizonMonth | Between | Hazard
else:
    Date = keyed_union("date", {"between": Between, "hazard_per_year": Hazard}, HorizonMonth)


class Intervention(Frozen):
    """Something that happens to the world from outside, at its own date."""

    id: Id
    """Its name, unique in the scenario."""
    about: Prose = ""
    """What it stands for."""
    at: Date
    """When: a month, a range of months, or a hazard."""
    for_months: Annotated[int, Field(strict=True, ge=1)] | None = None
    """How long it lasts; left out, to the end."""
    coercion: CoercionChange | None = None
    """Sanctions or military pressure."""
    presence: PresenceChange | None = None
    """Forces in an arena."""
    arena: ArenaChange | None = None
    """A push to an arena."""
    agreement: AgreementChange | None = None
    """Joining, leaving, threatening to leave."""
    government: GovernmentChange | None = None
    """A change of leadership."""
    capability: CapabilityChange | None = None
    """Rise or fall of an actor."""
    channel: ChannelChange | None = None
    """Opening or closing of a channel of exchange."""

    @model_validator(mode="after")
    def _one_action(self) -> Self:
        given = [name for name in ACTIONS if getattr(self, name) is not None]
        if len(given) != 1:
            what = "does nothing" if not given else f"does {len(given)} things: {', '.join(given)}"
            raise problem_error(
                f"intervention '{self.id}' {what}", f"give exactly one of: {', '.join(ACTIONS)}"
            )
        if self.government and self.for_months:
            raise problem_error(
                f"intervention '{self.id}' gives a government an end",
                "leave for_months out, and add an intervention that brings the next government",
            )
        return self


class Scenario(Frozen):
    """A world, a horizon, what intervenes, and what to report."""

    name: Name
    """Title for tables and pictures."""
    question: Prose = ""
    """What the scenario asks."""
    about: Prose = ""
    """What a reader should know."""
    world: World
    """The world; in a file its name, its path, or the world itself."""
    horizon: Horizon
    """The months that are simulated."""
    interventions: tuple[Intervention, ...] = ()
    """What happens from outside."""
    baseline: str | None = None
    """Name or path of the scenario that effects are measured against."""
    outcomes: Annotated[tuple[OutcomeId, ...], Field(min_length=1), AfterValidator(each_once)]
    """What to report, by the names that the world gives."""
    dyads: tuple[RelatedActorDyad, ...] = ()
    """Dyads whose alignment and relation class are recorded every month; ``all`` stands for every
    pair of the world, both sides together."""
    theory: TheoryId | None = None
    """The set of mechanisms admitted; left out, all of them."""
    readings: dict[Id, Id] = {}
    """Reading -> option to follow, where the world's own default is not meant."""
    drivers: bool = True
    """Whether the drivers act; false leaves the general mechanisms alone."""
    sampling: Sampling = "latin_hypercube"
    """How uncertain numbers are drawn across runs."""
    claims: tuple[Annotated[str, Field(pattern=r"^C[0-9]{2}$")], ...] = ()
    """Ids of the source paper's claims that it bears on."""
    sources: dict[str, str] = {}
    """Intervention id, or path of values that are set (``world.drivers.shield.weight``) -> where
    it comes from."""

    @field_validator("interventions")
    @classmethod
    def _ids_once(cls, value: tuple[Intervention, ...]) -> tuple[Intervention, ...]:
        twice = [*again(intervention.id for intervention in value)]
        if twice:
            raise located_error(
                "interventions",
                (
                    (
                        (place, "id"),
                        f"two interventions are called '{value[place].id}'",
                        "rename one",
                    )
                    for place in twice
                ),
            )
        return value

    @field_validator("dyads", mode="before")
    @classmethod
    def _all_pairs(cls, value: Any, info: ValidationInfo) -> Any:
        if value != ALL_DYADS:
            return value
        world = info.data.get("world")
        return sorted(world.dyads) if isinstance(world, World) else ()

    @field_validator("readings")
    @classmethod
    def _readings_known(cls, value: dict[str, str], info: ValidationInfo) -> dict[str, str]:
        names = info.context
        if not isinstance(names, Names):
            return value
        mistakes: list[tuple[tuple[int | str, ...], str, Mend]] = []
        for reading, option in value.items():
            if reading not in names.readings:
                mend = Meant(reading, names.readings)
                mistakes.append(((reading, "[key]"), f"unknown reading '{reading}'", mend))
            elif option not in names.readings[reading]:
                mend = Meant(option, names.readings[reading])
                mistakes.append(((reading,), f"'{reading}' has no option '{option}'", mend))
        if mistakes:
            raise located_error("readings", mistakes)
        return value

    @field_validator("outcomes")
    @classmethod
    def _of_single_runs(cls, value: tuple[str, ...], info: ValidationInfo) -> tuple[str, ...]:
        world = info.data.get("world")
        declared = world.outcomes if isinstance(world, World) else {}
        mistakes = [
            ((place,), f"'{name}' measures an effect, not a run", "use it in a claim")
            for place, name in enumerate(value)
            if name in declared and isinstance(declared[name].measure, EffectMeasure)
        ]
        if mistakes:
            raise located_error("outcomes", mistakes)
        return value

    @model_validator(mode="after")
    def _starts_after_base(self) -> Self:
        if month_number(self.horizon.start) < month_number(self.world.date):
            raise problem_error(
                f"the horizon starts in {self.horizon.start}, before the world's date "
                f"{self.world.date}",
                "start it at the world's date or later",
            )
        return self
