"""A world: actors, their relations, the issues between them, and the rules' parameters."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any, Self

from pydantic import AfterValidator, Field, ValidationInfo, field_validator, model_validator

from alliance_sim.spec.base import (
    ActorDirectedDyad,
    ActorId,
    ActorUndirectedDyad,
    ArenaId,
    DomainId,
    Frozen,
    Id,
    Month,
    Name,
    PartyId,
    Prose,
    Source,
    children,
    each_once,
    located_error,
    problem_error,
    undirected_pair,
)
from alliance_sim.spec.forces import Choice, Driver, Reading
from alliance_sim.spec.numbers import (
    Joint,
    JointDraws,
    Lognormal,
    NonNegative,
    Number,
    Real,
    Signed,
    SignedByDirection,
    Unit,
    UnitByDirection,
)
from alliance_sim.spec.outcomes import EffectMeasure, FallenMeasure, Outcome, VarianceMeasure
from alliance_sim.spec.rules import Behaviour, Classes, Mechanism, MechanismName
from alliance_sim.spec.signals import SIGNAL_KINDS, Signal

_NUMBERS = tuple(SIGNAL_KINDS.values())
RESERVED = frozenset(
    {
        "run",
        "month",
        "dyad",
        "pair",
        "actor",
        "actor_name",
        "other",
        "parameter",
        "alignment",
        "relation_class",
        "alignment_first",
        "alignment_last",
        "parameters",
    }
)
"""Names that datasets use themselves."""


class Elections(Frozen):
    """When a government may change, and what may follow."""

    next: Month
    """Month of the next election or succession."""
    every_months: Annotated[int, Field(strict=True, ge=1)]
    """Months between elections."""
    turnover: dict[Id, Real]
    """Kind of government -> probability that it holds office afterwards; sums to 1."""

    @field_validator("turnover")
    @classmethod
    def _sum_to_one(cls, value: dict[str, float]) -> dict[str, float]:
        if any(chance < 0 for chance in value.values()) or abs(sum(value.values()) - 1) > 1e-9:
            raise problem_error(
                f"turnover probabilities sum to {sum(value.values()):g}",
                "make them not negative and sum to 1",
            )
        return value


class GovernmentKind(Frozen):
    """A kind of leadership an actor may have."""

    orientation: dict[PartyId, Signed] = {}
    """Actor or group -> how much closer (positive) or more distant this leadership leans."""
    source: Source | None = None
    """Where the values come from."""


class Governments(Frozen):
    """The kinds of leadership an actor may have, the one in office, and its calendar."""

    now: Id
    """Kind in office at the base date."""
    kinds: Annotated[dict[Id, GovernmentKind], Field(min_length=1)]
    """The kinds declared for this actor."""
    elections: Elections | None = None
    """Calendar of change; left out, only interventions change the government."""

    @model_validator(mode="after")
    def _kinds_declared(self) -> Self:
        used = {self.now, *(self.elections.turnover if self.elections else ())}
        for kind in sorted(used - set(self.kinds)):
            raise problem_error(f"government kind '{kind}' is not declared", "add it under kinds")
        return self


class Actor(Frozen):
    """A state, or another actor that holds alignments of its own."""

    name: Name
    """Name for tables and pictures."""
    iso3: Annotated[str, Field(pattern=r"^[A-Z]{3}$")] | None = None
    """ISO 3166 code, which joins the actor to data."""
    capability: Unit
    """Share of the system's material capability (CINC or its like)."""
    temperature: NonNegative = 1.0
    """Noise of its decisions: low for a disciplined, high for an erratic actor."""
    government: Governments | None = None
    """Kinds of leadership, where they matter."""
    presence: dict[ArenaId, Unit] = {}
    """Arena -> military presence there, 0 to 1."""
    keyed_as: Id | None = None
    """Identity for random draws and for the order of sums; set it to the old id when you
    rename an actor and want the same numbers."""
    source: Source | None = None
    """Where the values come from."""

    @field_validator("temperature")
    @classmethod
    def _above_zero(cls, value: Any) -> Any:
        if isinstance(value, float | int):
            low = value
        elif isinstance(value, Lognormal):  # it comes near zero, but by no more than its width
            low = value.lognormal[0]
        else:
            low = value.support[0]
        if low < 1e-3:
            raise problem_error("temperature must be at least 0.001", "use a larger number")
        return value


class Group(Frozen):
    """Several actors that one name stands for (an alliance, a union)."""

    name: Name
    """Name for tables and pictures."""
    members: Annotated[tuple[ActorId, ...], Field(min_length=1), AfterValidator(each_once)]
    """The actors it stands for."""
    source: Source | None = None
    """Where the membership comes from."""


class Domain(Frozen):
    """A kind of material exchange."""

    name: Name
    """Name for tables and pictures."""
    rate: Unit = 0.1
    """Share of the gap between present and feasible exchange that closes in a month."""
    exposure: Unit = 0.5
    """How much of the exchange full coercion of either side, by anyone, cuts off."""
    elasticity: NonNegative = 0.5
    """Rise of desired exchange for a rise of mutual alignment by one."""
    source: Source | None = None
    """Where the values come from."""


class Stance(Frozen):
    """What an actor wants in an arena, and how much it cares."""

    position: Signed
    """From -1 (wholly against) to 1 (wholly for)."""
    salience: Unit
    """From 0 (does not care) to 1 (vital)."""


class ArenaInput(Frozen):
    """Something that pushes an arena's level."""

    signal: Signal
    """What pushes; its change since the base date counts."""
    weight: Number
    """Monthly push for a change of the signal by one."""


class Arena(Frozen):
    """A theatre or issue with a level of its own."""

    name: Name
    """Name for tables and pictures."""
    about: Prose = ""
    """What a high level means, and what a positive position stands for."""
    level: Unit
    """Level at the base date, and the mean it returns to."""
    rate: Unit = 0.1
    """Share of the distance to its mean that it makes up in a month."""
    noise: Unit = 0.02
    """Standard deviation of its monthly random change."""
    stances: dict[ActorId, Stance] = {}
    """Actor -> position and salience; the others do not take part."""
    proximity: dict[ActorId, Unit] = {}
    """Actor -> how far forces present in this arena are within reach of it."""
    inputs: tuple[ArenaInput, ...] = ()
    """What pushes its level, besides chance and interventions."""
    source: Source | None = None
    """Where the values come from."""


class Agreement(Frozen):
    """A treaty or deal that binds several actors while they stay in it."""

    name: Name
    """Name for tables and pictures."""
    parties: Annotated[tuple[ActorId, ...], Field(min_length=2), AfterValidator(each_once)]
    """The actors it binds at the base date."""
    depth: Unit
    """Institutional depth that it adds to each dyad of parties while in force."""
    in_force: Annotated[bool, Field(strict=True)] = True
    """Whether it binds its parties at the base date; a draft does not, until they join."""
    source: Source | None = None
    """Where the values come from."""


class Relation(Frozen):
    """The state of a dyad at the base date. Dyads left out have no contact at all."""

    alignment: SignedByDirection
    """Political orientation, -1 to 1; one number for both sides, or one for each."""
    trust: UnitByDirection = 0.5
    """Belief that the other keeps its word, 0 to 1."""
    coercion: dict[ActorDirectedDyad, Unit] = {}
    """Sanctions or military pressure, 0 to 1, by direction; left out is none."""
    proximity: Unit = 0.5
    """How far each can project power to the other by geography alone."""
    commitment: Unit = 0.0
    """Institutional depth without the agreements declared in this world."""
    cooperation: dict[DomainId, Unit] = {}
    """Domain -> material exchange; left out is none."""
    channels: dict[DomainId, Unit] = {}
    """Domain -> what banking, embargo, delivery and technology allow, before coercion of
    either side counts; left out is everything."""
    source: Source | None = None
    """Where the values come from."""


def _misdirected(key: str, relation: Relation) -> Iterator[tuple[tuple[int | str, ...], str, str]]:
    """Directions under a dyad that are not its own, and those that it lacks."""
    a, b = undirected_pair(key) or ("", "")
    own = (f"{a}->{b}", f"{b}->{a}")
    for name in ("alignment", "trust", "coercion"):
        given = getattr(relation, name)
        if not isinstance(given, dict):
            continue
        for direction in given:
            if direction not in own:
                yield (
                    (key, name, direction, "[key]"),
                    f"'{direction}' is no direction of '{key}'",
                    f"use {own[0]} or {own[1]}",
                )
        lacking = [direction for direction in own if direction not in given]
        if name != "coercion" and lacking:  # no coercion is a value too
            yield (
                (key, name),
                f"'{name}' by direction lacks {' and '.join(lacking)}",
                "give one number for both, or one for each",
            )


def posteriors_of(world: World) -> dict[str, str]:
    """Tables of joint draws that stand in a world, and what its references say of each.

    Example:
        >>> from alliance_sim.load import load_world
        >>> posteriors_of(load_world("west_asia_2018"))
        {}
    """
    names = sorted({draws.of for _, draws in _joint(world)})
    return {name: world.references.get(name, "") for name in names}


def _joint(value: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], JointDraws]]:
    """Every column of joint draws in a value, and where it stands."""
    if isinstance(value, Joint):
        yield path, value.joint
    for name, each in children(value):
        yield from _joint(each, (*path, name))


class World(Frozen):
    """Everything that holds before any intervention."""

    name: Name
    """What the world is."""
    date: Month
    """The base date."""
    about: Prose = ""
    """What a reader should know of it."""
    references: dict[str, str] = {}
    """Short key -> full citation."""
    sources: dict[str, str] = {}
    """Path of values, ``*`` for any name (``dyads.*.alignment``) -> where they come from, for
    all entries that say nothing themselves."""
    actors: Annotated[dict[Id, Actor], Field(min_length=2)]
    """The actors, by id."""
    groups: dict[Id, Group] = {}
    """Names that stand for several actors."""
    domains: dict[Id, Domain] = {}
    """Kinds of material exchange."""
    arenas: dict[Id, Arena] = {}
    """Theatres and issues."""
    agreements: dict[Id, Agreement] = {}
    """Treaties and deals in force."""
    dyads: Annotated[dict[ActorUndirectedDyad, Relation], Field(min_length=1)]
    """Relations at the base date, by ``a-b``."""
    mechanisms: dict[MechanismName, Mechanism] = {}
    """General mechanisms and their weights; those left out are off."""
    theories: dict[Id, tuple[MechanismName, ...]] = {}
    """Rival explanations: the mechanisms that each admits."""
    drivers: dict[Id, Driver] = {}
    """What draws particular dyads together or apart."""
    choices: dict[Id, Choice] = {}
    """Ordered decisions that are not about one dyad."""
    readings: dict[Id, Reading] = {}
    """Places where the text behind the drivers can be read in several ways."""
    outcomes: dict[Id, Outcome] = {}
    """What runs can report."""
    behaviour: Behaviour = Behaviour()
    """Parameters of the rules."""
    classes: Classes = Classes()
    """Thresholds of the relation classes."""

    @model_validator(mode="after")
    def _leanings_fit(self) -> Self:
        """Two groups with a common member would both say how one leans towards it."""
        for name, actor in self.actors.items():
            for kind in actor.government.kinds.values() if actor.government else ():
                seen: dict[str, str] = {}
                for group in sorted(set(kind.orientation) & set(self.groups)):
                    for member in self.groups[group].members:
                        if other := seen.get(member):
                            raise problem_error(
                                f"a government of '{name}' leans towards both '{other}' and "
                                f"'{group}', to which '{member}' belongs",
                                "name the members one by one",
                            )
                        seen[member] = group
        return self

    @field_validator("actors")
    @classmethod
    def _own_identity(cls, value: dict[str, Actor]) -> dict[str, Actor]:
        seen: dict[str, str] = {}
        for name, actor in value.items():
            key = actor.keyed_as or name
            if other := seen.get(key):
                what = f"'{name}' and '{other}' are both keyed as '{key}'"
                mend = "give each an identity of its own: their draws would be the same"
                raise located_error("actors", [((name, "[key]"), what, mend)])
            seen[key] = name
        return value

    @field_validator("outcomes")
    @classmethod
    def _free_names(cls, value: dict[str, Outcome]) -> dict[str, Outcome]:
        taken = [
            ((name, "[key]"), f"no outcome can be called '{name}'", "choose another id")
            for name in value
            if name in RESERVED
        ]
        if taken:
            raise located_error("outcomes", taken)
        return value

    @model_validator(mode="after")
    def _measures_of_numbers(self) -> Self:
        """What a measure follows over time is itself a number of a month."""
        mistakes = []
        for name, outcome in self.outcomes.items():
            match outcome.measure:
                case FallenMeasure(fallen=fall):
                    place: tuple[str, ...] = ("fallen", "of")
                    followed = fall.of
                case VarianceMeasure(variance=followed):
                    place = ("variance",)
                case EffectMeasure(effect=effect):
                    place, followed = ("effect", "on"), effect.on
                case _:
                    continue
            if not isinstance(self.outcomes[followed].measure, _NUMBERS):
                mistakes.append(
                    (
                        ("outcomes", name, "measure", *place),
                        f"'{followed}' is not measured month by month as a number",
                        "name an outcome that is a signal",
                    )
                )
        if mistakes:
            raise located_error("world", mistakes)
        return self

    @model_validator(mode="after")
    def _readings_declared(self) -> Self:
        mistakes = [
            (
                ("drivers", name, "reading", reading, place),
                f"no reading '{reading}' with an option '{option}'",
                "declare it under readings of the world",
            )
            for name, driver in self.drivers.items()
            for reading, options in driver.reading.items()
            for place, option in enumerate(options)
            if reading not in self.readings or option not in self.readings[reading].options
        ]
        if mistakes:
            raise located_error("world", mistakes)
        return self

    @model_validator(mode="after")
    def _tables_are_whole(self) -> Self:
        """Columns of one table of joint draws have the same rows."""
        rows: dict[str, int] = {}
        mistakes = []
        for path, each in _joint(self):
            first = rows.setdefault(each.of, len(each.values))
            if len(each.values) != first:
                what = f"{len(each.values)} draws of '{each.of}', which has {first} elsewhere"
                mistakes.append(((*path, "joint", "values"), what, "give as many everywhere"))
        if mistakes:
            raise located_error("world", mistakes)
        return self

    @field_validator("dyads")
    @classmethod
    def _each_pair_once(
        cls, value: dict[str, Relation], info: ValidationInfo
    ) -> dict[str, Relation]:
        seen: dict[frozenset[str], str] = {}
        for key in value:
            pair = undirected_pair(key) or ()  # the pattern has been checked
            if other := seen.get(frozenset(pair)):
                what = f"dyad '{key}' was given before as '{other}'"
                raise located_error("dyads", [((key, "[key]"), what, "keep one")])
            seen[frozenset(pair)] = key
        return value

    @field_validator("dyads")
    @classmethod
    def _directions_fit(cls, value: dict[str, Relation]) -> dict[str, Relation]:
        mistakes = [
            mistake for key, relation in value.items() for mistake in _misdirected(key, relation)
        ]
        if mistakes:
            raise located_error("dyads", mistakes)
        return value
