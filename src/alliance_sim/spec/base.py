"""The frozen base model, and references that are checked against what the file declares."""

from __future__ import annotations

import difflib
import re
from bisect import bisect
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import chain
from typing import TYPE_CHECKING, Annotated, Any, TypeAlias, Union

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Discriminator,
    Field,
    GetJsonSchemaHandler,
    ModelWrapValidatorHandler,
    Tag,
    ValidationError,
    ValidationInfo,
    model_validator,
)
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import InitErrorDetails, PydanticCustomError
from pydantic_core.core_schema import CoreSchema

ID_PATTERN = r"^[a-z][a-z0-9_]*$"
MONTH_PATTERN = r"^[0-9]{4}-(0[1-9]|1[0-2])$"
_DYAD = r"[a-z][a-z0-9_]*"
DIRECTED_PATTERN = rf"^{_DYAD}->{_DYAD}$"
UNDIRECTED_PATTERN = rf"^{_DYAD}-{_DYAD}$"
DYAD_PATTERN = rf"^{_DYAD}->?{_DYAD}$"
_DIRECTED = re.compile(rf"({_DYAD})->({_DYAD})")
_UNDIRECTED = re.compile(rf"({_DYAD})-({_DYAD})")


_LONGEST_WORD = 60
"""Letters of a word that are compared, and of an option that is told. judgement"""
_MOST_COMPARED = 400
"""Options that a word is compared with: more would take long where many words are unknown."""


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Say which known word is closest to ``word``, or list what is known."""
    options = sorted(set(known))
    near = [each for each in options if len(each) <= _LONGEST_WORD]
    if len(near) > _MOST_COMPARED:  # those that begin alike
        first = max(0, bisect(near, word) - _MOST_COMPARED // 2)
        near = near[first : first + _MOST_COMPARED]
    close = difflib.get_close_matches(word[:_LONGEST_WORD], near, n=1, cutoff=0.6)
    if close:
        return f"did you mean '{close[0]}'?"
    if not options:
        return "none is declared"
    shown = ", ".join(each[:_LONGEST_WORD] for each in options[:12])
    return f"use one of: {shown}" + (", ..." if len(options) > 12 else "")


class Meant:
    """A suggestion that is looked for only when its problem is told.

    A file can hold tens of thousands of unknown names, of which a few are told.
    """

    __slots__ = ("known", "word")

    def __init__(self, word: str, *known: Collection[str]) -> None:
        self.word, self.known = word, known

    def __str__(self) -> str:
        return ""  # pydantic prints what goes with an error, told or not: that must cost nothing

    def words(self) -> str:
        """What :func:`did_you_mean` says."""
        return did_you_mean(self.word, chain.from_iterable(self.known))


Mend: TypeAlias = str | Meant
"""How to mend a mistake."""


def problem_error(what: str, mend: Mend) -> PydanticCustomError:
    """Make a validation error that carries what is wrong and how to mend it apart."""
    message = f"{what}; {mend}" if isinstance(mend, str) else what
    return _custom_error("problem", message, {"what": what, "mend": mend})


def located_error(
    title: str, mistakes: Iterable[tuple[tuple[int | str, ...], str, Mend]]
) -> ValidationError:
    """Make an error of several mistakes, each with its place inside the value checked.

    A mistake is a place, what is wrong, and how to mend it; a place that ends with ``[key]``
    is that of a mapping's key.
    """
    return ValidationError.from_exception_data(
        title,
        [
            InitErrorDetails(type=problem_error(what, mend), loc=place, input=None)
            for place, what, mend in mistakes
        ],
    )


def _custom_error(
    kind: str, message: str, context: dict[str, Any] | None = None
) -> PydanticCustomError:
    # Braces would be read as template fields by pydantic.
    safe: Any = message.replace("{", "(").replace("}", ")")
    return PydanticCustomError(kind, safe, context)


@dataclass(frozen=True)
class Names:
    """What the document being checked declares; passed as pydantic's validation context.

    ``start`` is the first month of the horizon and ``end`` the month after its last, as month
    numbers, or None where the horizon itself could not be read.
    """

    actors: frozenset[str] = frozenset()
    groups: frozenset[str] = frozenset()
    domains: frozenset[str] = frozenset()
    arenas: frozenset[str] = frozenset()
    agreements: frozenset[str] = frozenset()
    outcomes: frozenset[str] = frozenset()
    theories: frozenset[str] = frozenset()
    choices: frozenset[str] = frozenset()
    readings: Mapping[str, frozenset[str]] = field(default_factory=dict)
    governments: Mapping[str, frozenset[str]] = field(default_factory=dict)
    parties: Mapping[str, frozenset[str]] = field(default_factory=dict)
    members: Mapping[str, frozenset[str]] = field(default_factory=dict)
    related: Mapping[str, frozenset[str]] | None = None
    start: int | None = None
    end: int | None = None


class Frozen(BaseModel):
    """Base of every specification: frozen, unknown keys forbidden, with a suggestion."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    @model_validator(mode="wrap")
    @classmethod
    def _suggest_keys(cls, data: Any, handler: ModelWrapValidatorHandler[Any]) -> Any:
        try:
            return handler(data)
        except ValidationError as error:
            known = [info.alias or name for name, info in cls.model_fields.items()]
            raise ValidationError.from_exception_data(
                cls.__name__, [_with_suggestion(line, known) for line in error.errors()]
            ) from None


def children(value: Any) -> Iterator[tuple[str, Any]]:
    """Name and value of everything directly under a value; a distribution has nothing under it."""
    match value:
        case Frozen() if not hasattr(value, "ppf"):
            yield from ((name, getattr(value, name)) for name in type(value).model_fields)
        case dict():
            yield from value.items()
        case list() | tuple():
            yield from ((str(place), item) for place, item in enumerate(value))


def _with_suggestion(line: Any, known: list[str]) -> InitErrorDetails:
    """Keep one validation error, but name the key that was probably meant."""
    location: tuple[int | str, ...] = line["loc"]
    if line["type"] == "extra_forbidden" and len(location) == 1:
        key = str(location[0])
        what = f"unknown key '{key}'"
        error = _custom_error("unknown_key", what, {"what": what, "mend": Meant(key, known)})
    else:
        error = _custom_error(line["type"], line["msg"], line.get("ctx"))
    return InitErrorDetails(type=error, loc=location, input=line["input"])


def keyed_union(what: str, kinds: Mapping[str, type[Frozen]], plain: Any = None) -> Any:
    """The type of a value that is one of several mappings, told apart by their key.

    ``kinds`` maps the telling key to its model; ``plain``, where given, is the type that a
    value which is no mapping must have. Errors speak of the form that was meant only, and a
    key that tells nothing gets a suggestion.

    Tags show up in the locations of errors; they stand in angle brackets, here and wherever
    forms are told apart, so that none is taken for a key of the document.
    """

    def tag(value: Any) -> str:
        if isinstance(value, Frozen):
            return next(f"<{key}>" for key, kind in kinds.items() if isinstance(value, kind))
        if isinstance(value, dict):
            return next((f"<{key}>" for key in value if key in kinds), "<unknown>")
        if plain is None or (isinstance(value, str) and value in kinds):
            return "<unknown>"
        return "<plain>"

    class Unknown(Frozen):
        @model_validator(mode="before")
        @classmethod
        def _refuse(cls, value: Any) -> Any:
            if isinstance(value, str) and value in kinds:
                raise problem_error(
                    f"{what} '{value}' lacks its content", f"write it as a mapping '{value}: ...'"
                )
            if not isinstance(value, dict):
                raise problem_error(
                    f"'{value}' is no {what}", f"write it with one of: {', '.join(kinds)}"
                )
            key = str(next(iter(value), ""))
            raise problem_error(f"unknown {what} '{key}'", Meant(key, kinds))

        @classmethod
        def __get_pydantic_json_schema__(
            cls, schema: CoreSchema, handler: GetJsonSchemaHandler
        ) -> JsonSchemaValue:
            return {"not": {}}

    forms: list[Any] = [Annotated[kind, Tag(f"<{key}>")] for key, kind in kinds.items()]
    forms.append(Annotated[Unknown, Tag("<unknown>")])
    if plain is not None:
        forms.insert(0, Annotated[plain, Tag("<plain>")])
    return Annotated[Union[tuple(forms)], Discriminator(tag)]  # noqa: UP007


def month_number(text: str) -> int:
    """Count of months from year 0 to ``text`` (``YYYY-MM``)."""
    year, month = text.split("-")
    return int(year) * 12 + int(month) - 1


def month_text(number: int) -> str:
    """The ``YYYY-MM`` of a month number."""
    return f"{number // 12:04d}-{number % 12 + 1:02d}"


def directed_pair(text: str) -> tuple[str, str] | None:
    """The two actors of ``a->b``, or None when the text is not a directed dyad."""
    found = _DIRECTED.fullmatch(text)
    return (found[1], found[2]) if found else None


def undirected_pair(text: str) -> tuple[str, str] | None:
    """The two actors of ``a-b``, or None when the text is not an undirected dyad."""
    found = _UNDIRECTED.fullmatch(text)
    return (found[1], found[2]) if found else None


def _names(info: ValidationInfo) -> Names | None:
    return info.context if isinstance(info.context, Names) else None


def _known(kind: str, *sets: str) -> Callable[[str, ValidationInfo], str]:
    def check(value: str, info: ValidationInfo) -> str:
        names = _names(info)
        if names is None or any(value in getattr(names, each) for each in sets):
            return value
        known = [getattr(names, each) for each in sets]
        raise problem_error(f"unknown {kind} '{value}'", Meant(value, *known))

    return check


def _check_dyad(value: str, info: ValidationInfo) -> str:
    pair = directed_pair(value) or undirected_pair(value)
    if pair is None:  # the pattern has already been refused
        return value
    names = _names(info)
    if names is not None:
        for party in pair:
            if party not in names.actors and party not in names.groups:
                raise problem_error(
                    f"unknown actor '{party}' in dyad '{value}'",
                    Meant(party, names.actors, names.groups),
                )
    if pair[0] == pair[1] or (names is not None and _is_one_actor(pair, names)):
        raise problem_error(f"dyad '{value}' joins an actor to itself", "name two actors")
    return value


def _sides(pair: tuple[str, str], names: Names) -> tuple[frozenset[str], frozenset[str]]:
    """The actors on both sides of a dyad, groups taken apart."""
    a, b = (names.members.get(party, frozenset({party})) for party in pair)
    return a, b


def _is_one_actor(pair: tuple[str, str], names: Names) -> bool:
    """Whether no two different actors stand on the sides of a dyad."""
    a, b = _sides(pair, names)
    return not a or not b or len(a | b) == 1


def _has_relation(pair: tuple[str, str], names: Names) -> bool:
    """Whether the world declares a relation of any two actors for whom a dyad stands."""
    a, b = _sides(pair, names)
    related = names.related or {}
    return any(not related.get(one, frozenset()).isdisjoint(b) for one in a)


def _check_related(value: str, info: ValidationInfo) -> str:
    """Refuse a dyad none of whose pairs the world gives a relation."""
    names, pair = _names(info), undirected_pair(value) or directed_pair(value)
    if names is None or names.related is None or pair is None:
        return value
    if not _has_relation(pair, names):
        raise problem_error(
            f"the world declares no relation for '{value}'",
            "add the dyad under `dyads` of the world, or name another",
        )
    return value


def _check_actor_dyad(value: str, info: ValidationInfo) -> str:
    names = _names(info)
    pair = undirected_pair(value) or directed_pair(value)
    if names is not None and pair is not None:
        for party in pair:
            if party in names.groups:
                raise problem_error(
                    f"'{party}' in dyad '{value}' is a group", "name a single actor here"
                )
    return _check_dyad(value, info)


def again(names: Iterable[str]) -> Iterator[int]:
    """The places of names that have come before."""
    seen: set[str] = set()
    for place, name in enumerate(names):
        if name in seen:
            yield place
        seen.add(name)


def each_once(value: tuple[str, ...]) -> tuple[str, ...]:
    """Refuse a list that names something twice."""
    twice = [((place,), f"'{value[place]}' is listed twice", "keep one") for place in again(value)]
    if twice:
        raise located_error("list", twice)
    return value


def _check_other_side(value: str, info: ValidationInfo) -> str:
    """Refuse a party that the one in the field ``by`` has no relation with."""
    by = info.data.get("by")
    names = _names(info)
    if names is None or by is None or names.related is None:
        return value
    if not _has_relation((by, value), names):
        raise problem_error(
            f"the world declares no relation between '{by}' and '{value}'",
            "add the dyad under `dyads` of the world, or name others",
        )
    return value


def _check_government(value: str, info: ValidationInfo) -> str:
    """Refuse a kind of government that the actor in the field ``of`` does not declare."""
    names, actor = _names(info), info.data.get("of")
    if names is not None and actor in names.actors:
        kinds = names.governments.get(actor, frozenset())
        if value not in kinds:
            raise problem_error(
                f"'{actor}' has no government of kind '{value}'", Meant(value, kinds)
            )
    return value


def _check_month(value: str, info: ValidationInfo) -> str:
    names = _names(info)
    if names is None or names.start is None or names.end is None:
        return value
    if not names.start <= month_number(value) < names.end:
        raise problem_error(
            f"date {value} is outside the horizon {month_text(names.start)} to "
            f"{month_text(names.end - 1)}",
            "move the date inside it, or change horizon.start or horizon.months",
        )
    return value


Name = Annotated[str, Field(max_length=200)]
"""What tables and pictures call something; they take long over names that no one could read."""
Prose = Annotated[str, Field(max_length=10_000)]
"""A few paragraphs for readers."""
Id = Annotated[str, Field(pattern=ID_PATTERN, max_length=80)]
"""A short lower-case name: letters, digits and underscores."""
Month = Annotated[str, Field(pattern=MONTH_PATTERN, examples=["2018-05"])]
"""A month as ``YYYY-MM``."""
HorizonMonth = Annotated[Month, AfterValidator(_check_month)]
"""A month within the scenario's horizon."""
ActorId = Annotated[Id, AfterValidator(_known("actor", "actors"))]
PartyId = Annotated[Id, AfterValidator(_known("actor or group", "actors", "groups"))]
DomainId = Annotated[Id, AfterValidator(_known("cooperation domain", "domains"))]
ArenaId = Annotated[Id, AfterValidator(_known("arena", "arenas"))]
AgreementId = Annotated[Id, AfterValidator(_known("agreement", "agreements"))]
OutcomeId = Annotated[Id, AfterValidator(_known("outcome", "outcomes"))]
OtherPartyId = Annotated[PartyId, AfterValidator(_check_other_side)]
GovernmentId = Annotated[Id, AfterValidator(_check_government)]
ChoiceId = Annotated[Id, AfterValidator(_known("choice", "choices"))]
TheoryId = Annotated[Id, AfterValidator(_known("theory", "theories"))]
DirectedDyad = Annotated[str, Field(pattern=DIRECTED_PATTERN), AfterValidator(_check_dyad)]
"""``a->b``: the first actor's side of a relation; groups stand for all their members."""
UndirectedDyad = Annotated[str, Field(pattern=UNDIRECTED_PATTERN), AfterValidator(_check_dyad)]
"""``a-b``: both sides of a relation; groups stand for all their members."""
Dyad = Annotated[str, Field(pattern=DYAD_PATTERN), AfterValidator(_check_dyad)]
"""``a->b`` or ``a-b``."""
ActorDirectedDyad = Annotated[
    str, Field(pattern=DIRECTED_PATTERN), AfterValidator(_check_actor_dyad)
]
ActorUndirectedDyad = Annotated[
    str, Field(pattern=UNDIRECTED_PATTERN), AfterValidator(_check_actor_dyad)
]
ActorDyad = Annotated[str, Field(pattern=DYAD_PATTERN), AfterValidator(_check_actor_dyad)]
RelatedDyad = Annotated[Dyad, AfterValidator(_check_related)]
"""A dyad with a declared relation; a group needs one member that has it."""
RelatedActorDyad = Annotated[ActorDyad, AfterValidator(_check_related)]
RelatedActorPair = Annotated[ActorUndirectedDyad, AfterValidator(_check_related)]
if TYPE_CHECKING:
    Source = str | dict[str, str]
else:
    Source = Annotated[
        Annotated[str, Tag("<text>")] | Annotated[dict[str, str], Tag("<each>")],
        Discriminator(lambda value: "<each>" if isinstance(value, dict) else "<text>"),
    ]
"""Where values come from: one text for all fields, or one for each field by name.

A text starts with a key of the world's ``references``, or with ``judgement``.
"""
