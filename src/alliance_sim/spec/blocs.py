"""A system of actors with sizes and signed ties, and their positions on issues."""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Annotated, Any, Self

from pydantic import (
    AfterValidator,
    Field,
    PlainValidator,
    ValidationInfo,
    WithJsonSchema,
    model_validator,
)
from pydantic_core import PydanticKnownError

from alliance_sim.spec.base import (
    Frozen,
    Meant,
    Mend,
    Name,
    Names,
    Prose,
    located_error,
    problem_error,
)

MOST_ACTORS = 64
"""In one file: well above what can be enumerated, far below what would take long to read."""
LARGEST = 10**60
"""Largest number that is read, so that products of three stay finite as floats."""

_Mistake = tuple[tuple[int | str, ...], str, Mend]


def _exact(value: Any) -> int | float:
    """A finite number that stays what it is: whole, or with decimals."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise PydanticKnownError("float_type")
    if isinstance(value, float) and not math.isfinite(value):
        raise PydanticKnownError("finite_number")
    if abs(value) > LARGEST:
        raise problem_error("the number is beyond 1e60", "choose a larger unit")
    return value


def _positive(value: Any) -> int | float:
    if _exact(value) <= 0:
        raise PydanticKnownError("greater_than", {"gt": 0})
    return value  # type: ignore[no-any-return]


def _not_negative(value: Any) -> int | float:
    if _exact(value) < 0:
        raise PydanticKnownError("greater_than_equal", {"ge": 0})
    return value  # type: ignore[no-any-return]


if TYPE_CHECKING:
    Exact = int | float
    PositiveExact = int | float
    WeightExact = int | float
else:
    Exact = Annotated[Any, PlainValidator(_exact), WithJsonSchema({"type": "number"})]
    PositiveExact = Annotated[
        Any,
        PlainValidator(_positive),
        WithJsonSchema({"type": "number", "exclusiveMinimum": 0}),
    ]
    WeightExact = Annotated[
        Any, PlainValidator(_not_negative), WithJsonSchema({"type": "number", "minimum": 0})
    ]


def is_letter_like(char: str) -> bool:
    """Whether a character is a letter or digit of any script, or a mark that belongs to one."""
    return char.isalnum() or unicodedata.category(char).startswith("M")


def tied_pair(text: str) -> tuple[str, str] | None:
    """The two actors of ``a-b`` or ``a->b``, or None when the text is no dyad."""
    a, sign, b = text.partition("->" if "->" in text else "-")
    return (a, b) if sign and _is_id(a) and _is_id(b) else None


def _is_id(text: str) -> bool:
    lower = text == text.casefold() or text == text.lower()
    return lower and text[:1].isalpha() and all(c == "_" or is_letter_like(c) for c in text)


def _check_id(value: str) -> str:
    if not _is_id(value):
        mend = "use lower-case letters, digits and underscores, and begin with a letter"
        raise problem_error(f"'{value}' is no id", mend)
    return value


def _check_declared(value: str, info: ValidationInfo) -> str:
    if isinstance(info.context, Names) and value not in info.context.actors:
        raise problem_error(f"unknown actor '{value}'", Meant(value, info.context.actors))
    return value


def _check_tie(value: str, info: ValidationInfo) -> str:
    pair = tied_pair(value)
    if pair is None:
        raise problem_error(f"'{value}' is no dyad", "write it as iran-russia or iran->russia")
    if isinstance(info.context, Names):
        known = info.context.actors
        for each in pair:
            if each not in known:
                what = f"unknown actor '{each}' in dyad '{value}'"
                raise problem_error(what, Meant(each, known))
    if pair[0] == pair[1]:
        raise problem_error(f"dyad '{value}' joins an actor to itself", "name two actors")
    return value


SystemId = Annotated[str, AfterValidator(_check_id)]
"""A short lower-case name in any script: letters, digits and underscores."""
DeclaredId = Annotated[SystemId, AfterValidator(_check_declared)]
Tie = Annotated[str, AfterValidator(_check_tie)]
"""``a->b`` or ``a-b``."""


def given_again(dyads: Iterable[str]) -> Iterator[tuple[str, str, str]]:
    """Dyads that give a direction a second time: the dyad, what is wrong, how to mend it."""
    seen: dict[tuple[str, str], str] = {}
    for dyad in dyads:
        pair = tied_pair(dyad)
        if pair is None:
            continue
        ways = [pair] if "->" in dyad else [pair, (pair[1], pair[0])]
        again = next((seen[way] for way in ways if way in seen), None)
        if again is not None:
            what = f"'{dyad}' gives again what '{again}' has given"
            yield dyad, what, "keep one of the two, or write both directions with ->"
        seen |= dict.fromkeys(ways, dyad)


class BlocActor(Frozen):
    """An actor of a system."""

    name: Annotated[Name, Field(min_length=1)] | None = None
    """Name for tables and pictures; left out, the id."""
    size: PositiveExact = 1
    """Its weight in the energy of partitions, in any unit."""
    self_tie: Exact = 0
    """Its tie with itself, which counts in the closed form of structural balance alone."""


class Stance(Frozen):
    """What an actor wants on an issue, and what stands behind it."""

    position: Exact
    """Where it stands, in the unit of the issue."""
    capability: WeightExact | None = None
    """What it can bring to bear; left out, its size."""
    salience: WeightExact = 1
    """How much of that it would use on the issue, in any unit that all actors share."""


class BlocSystem(Frozen):
    """Actors, the ties between them, and their positions on issues."""

    name: Annotated[Name, Field(min_length=1)] = "A system of actors"
    """Name for tables and pictures."""
    about: Prose = ""
    """What it is, in words."""
    source: str = ""
    """Where the numbers come from."""
    actors: Annotated[dict[SystemId, BlocActor], Field(min_length=2, max_length=MOST_ACTORS)]
    """Who takes part."""
    ties: dict[Tie, Exact] = {}
    """Dyad -> propensity to work together; `a-b` gives it to both directions, `a->b` to one.
    What is not given is 0."""
    issues: dict[SystemId, Annotated[dict[DeclaredId, Stance], Field(min_length=1)]] = {}
    """Issue -> actor -> its stance."""

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        mistakes = [*self._unlike_ties(), *self._unlike_issues()]
        if not self.ties and not self.issues:
            mistakes.append((("actors",), "there are no ties and no issues", "add `ties`"))
        if mistakes:
            raise located_error("system", mistakes)
        return self

    def _unlike_ties(self) -> Iterator[_Mistake]:
        for dyad in self.ties:
            for each in tied_pair(dyad) or ():
                if each not in self.actors:
                    what = f"unknown actor '{each}' in dyad '{dyad}'"
                    yield ("ties", dyad, "[key]"), what, Meant(each, self.actors)
        for dyad, what, mend in given_again(self.ties):
            yield ("ties", dyad, "[key]"), what, mend

    def _unlike_issues(self) -> Iterator[_Mistake]:
        for issue, stances in self.issues.items():
            for actor in stances:
                if actor not in self.actors:
                    mend = Meant(actor, self.actors)
                    yield ("issues", issue, actor, "[key]"), f"unknown actor '{actor}'", mend
            if not any(self.weighs(issue, actor) for actor in stances if actor in self.actors):
                what = f"nobody has any weight on '{issue}'"
                yield ("issues", issue), what, "give someone capability and salience above 0"

    def weighs(self, issue: str, actor: str) -> bool:
        """Whether an actor has weight on an issue."""
        stance = self.issues[issue][actor]
        return self.capability(issue, actor) > 0 and stance.salience > 0

    def capability(self, issue: str, actor: str) -> int | float:
        """What an actor can bring to bear on an issue."""
        stated = self.issues[issue][actor].capability
        return self.actors[actor].size if stated is None else stated

    def sizes(self) -> list[int | float]:
        """(actor,) in the order of the file."""
        return [actor.size for actor in self.actors.values()]

    def table(self) -> list[list[int | float]]:
        """(actor, other) propensities of each actor (row) to each other; the diagonal is 0."""
        place = {actor: i for i, actor in enumerate(self.actors)}
        found: list[list[int | float]] = [[0] * len(place) for _ in place]
        for dyad, value in self.ties.items():
            a, b = tied_pair(dyad) or ("", "")
            found[place[a]][place[b]] = value
            if "->" not in dyad:
                found[place[b]][place[a]] = value
        return found

    def names(self) -> list[str]:
        """(actor,) as tables and pictures show them."""
        return [actor.name or key for key, actor in self.actors.items()]
