"""Validation errors become problems: in plain words, and at their place in the file."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from alliance_sim.errors import InputError, Problem
from alliance_sim.load.tree import MOST_TOLD, Mark, Node, in_order, kind_of, place_of
from alliance_sim.spec.base import (
    DIRECTED_PATTERN,
    DYAD_PATTERN,
    ID_PATTERN,
    MONTH_PATTERN,
    UNDIRECTED_PATTERN,
    Meant,
    Names,
    did_you_mean,
)
from alliance_sim.spec.numbers import LARGEST

_PATTERNS = {
    ID_PATTERN: (
        "is no id",
        "use lower-case letters, digits and underscores, and begin with a letter",
    ),
    MONTH_PATTERN: ("is no month", "write it as YYYY-MM, such as 2018-05"),
    DIRECTED_PATTERN: ("is no directed dyad", "write it as iran->russia"),
    UNDIRECTED_PATTERN: ("is no undirected dyad", "write it as iran-russia"),
    DYAD_PATTERN: ("is no dyad", "write it as iran-russia or iran->russia"),
    r"^[A-Z]{3}$": ("is no ISO 3166 code", "use three capital letters, such as IRN"),
    r"^C[0-9]{2}$": ("is no id of a claim", "write it as C02"),
    r"^[A-Z]{2}[0-9]{2}$": ("is no id of a passage", "write it as IR01"),
}
_EXPECTED = {
    "string_type": ("text", "write one text"),
    "float_type": ("a number", "write a number such as 0.5"),
    "int_type": ("a whole number", "write a number without a decimal point"),
    "bool_type": ("true or false", "write true or false"),
    "tuple_type": ("a list", "write [first, second], or one item to a line after '- '"),
    "dict_type": ("a mapping", "write 'key: value' lines under it"),
    "model_type": ("a mapping", "write 'key: value' lines under it"),
}
_BOUNDS = {
    "greater_than": ("gt", "is not above", "give a number above"),
    "greater_than_equal": ("ge", "is below", "give at least"),
    "less_than": ("lt", "is not below", "give a number below"),
    "less_than_equal": ("le", "is above", "give at most"),
}


_Model = TypeVar("_Model", bound=BaseModel)


def checked(
    model: type[_Model],
    tree: Node | None,
    problems: list[Problem],
    context: Names | None = None,
    told: Callable[[ValidationError, Node], Iterable[Problem]] | None = None,
) -> _Model:
    """The model of a document, or everything that is wrong with the document.

    Args:
        model: what the document is.
        tree: the document; None where it could not be read.
        problems: what has been found while reading; added to.
        context: names that the document declares.
        told: what validation errors mean, if not what :func:`explain` says.

    Raises:
        InputError: With every problem, each at its place.
    """
    if tree is not None:
        try:
            found = model.model_validate(tree.plain(), context=context)
        except ValidationError as error:
            # What has been refused while reading need not be refused again.
            known = {place_of(each) for each in problems if each.line is not None}
            wrong = (told or explain)(error, tree)
            problems += [each for each in wrong if place_of(each) not in known]
        else:
            if not problems:
                return found
    raise InputError(in_order(problems))


def explain(error: ValidationError, tree: Node, without: str | None = None) -> Iterator[Problem]:
    """Every mistake that validation found, at its place in the tree.

    What stands under the top key ``without`` could not be read, as has been reported.
    """
    told = 0
    for line in error.errors(include_url=False):
        if line["loc"][:1] == (without,):
            continue
        place = _Place(tree, line["loc"])
        if not _is_echo(line, place):
            told += 1
            what, mend = _say(line, place, suggest=told <= MOST_TOLD)
            yield place.problem(line["type"], what, mend)


class _Place:
    """Where in the tree the location of an error leads."""

    def __init__(self, tree: Node, location: tuple[int | str, ...]) -> None:
        self.node = tree
        self.path: list[str] = []
        self.rest: str | int | None = None
        """The first step that the tree does not have: a missing key, or ``[key]``."""
        for step in location:
            child = self.node.child(step)
            if child is not None:
                self.node = child
                self.path.append(str(step))
            elif not _is_tag(step):
                self.rest = step
                break

    @property
    def is_key(self) -> bool:
        """Whether the error is about a key, not about the value under it."""
        return self.rest == "[key]"

    @property
    def container(self) -> str:
        """The mapping or list at this place, in words."""
        if not self.path:
            return "the document"
        if self.path[-1].isdecimal():
            return f"item {int(self.path[-1]) + 1} of `{'.'.join(self.path[:-1])}`"
        return f"`{self.path[-1]}`"

    def problem(self, kind: str, what: str, mend: str) -> Problem:
        """A problem at this place; without lines, its path is told in words."""
        lacks_key = kind == "missing" and isinstance(self.node.value, dict)
        at_key = self.is_key or lacks_key or kind == "unknown_key"
        mark: Mark = (self.node.key or self.node.mark) if at_key else self.node.mark
        if mark.line is None and self.path:
            what = f"{'.'.join(self.path)}: {what}"
        return mark.problem(what, mend)


def _is_tag(step: int | str) -> bool:
    """Whether a step only names the form that was meant, in angle brackets."""
    return isinstance(step, str) and step.startswith("<")


def _is_echo(line: Any, place: _Place) -> bool:
    """Whether pydantic only counts the items of a list that it has refused before."""
    if line["type"] != "too_short" or not isinstance(place.node.value, list):
        return False
    return len(place.node.value) >= int(line["ctx"]["min_length"])


def _say(line: Any, place: _Place, suggest: bool) -> tuple[str, str]:
    """What is wrong, and how to mend it; names that are alike are looked for if asked to."""
    kind, value, context = str(line["type"]), line["input"], line.get("ctx", {})
    if kind in _EXPECTED:
        return _wrong_type(kind, value, place)
    if kind in _BOUNDS:
        name, relation, mend = _BOUNDS[kind]
        return f"{_digits(value)} {relation} {context[name]}", f"{mend} {context[name]}"
    if kind in _OTHERS:
        return _OTHERS[kind](value, context, place)
    if "mend" in context:
        mend = context["mend"]
        if isinstance(mend, Meant):
            mend = mend.words() if suggest else "name one that is declared"
        return context["what"], mend
    return str(line["msg"]), "correct the value"


def _wrong_type(kind: str, value: object, place: _Place) -> tuple[str, str]:
    expected, mend = _EXPECTED[kind]
    if kind == "string_type" and isinstance(value, bool | int | float):
        mend = "put it in quotes"
    elif kind in ("float_type", "int_type") and isinstance(value, str) and _is_number(value):
        mend = "take the quotes away"
    elif kind == "float_type" and isinstance(value, int) and not isinstance(value, bool):
        mend = f"give a number from -{LARGEST:,.0f} to {LARGEST:,.0f}"
    elif value is None and place.path:
        mend = f"{mend}, or leave `{place.path[-1]}` out if it is optional"
    return f"expected {expected}, found {_found(value)}", mend


def _is_number(text: str) -> bool:
    return re.fullmatch(r"[-+]?[0-9]+(\.[0-9]*)?", text) is not None


_MOST_BITS = 10_000
"""Of a whole number that Python writes in decimal; longer ones are shown in hexadecimal."""


def _digits(value: float) -> str:
    """A number without the hundreds of digits that an integer may have."""
    if isinstance(value, int):
        text = str(value) if value.bit_length() <= _MOST_BITS else hex(value)
    else:
        text = format(value, ".12g")
    return text if len(text) <= 20 else f"{text[:20]}..."


def _found(value: object) -> str:
    """A value as messages show it."""
    if isinstance(value, str):
        return f"the text '{value if len(value) <= 60 else value[:60] + '...'}'"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int | float):
        return f"the number {_digits(value)}"
    return kind_of(value)


def _missing(value: object, context: Any, place: _Place) -> tuple[str, str]:
    if isinstance(place.node.value, list):
        return f"item {int(place.rest or 0) + 1} of the list is missing", "add it"
    return f"`{place.rest}` is missing", f"add it to {place.container}"


def _pattern(value: object, context: Any, place: _Place) -> tuple[str, str]:
    what, mend = _PATTERNS.get(
        context["pattern"], ("does not have the right form", f"match {context['pattern']}")
    )
    return f"'{value}' {what}", mend


def _literal(value: object, context: Any, place: _Place) -> tuple[str, str]:
    known = re.findall(r"'([^']*)'", context["expected"])
    if isinstance(value, str):
        return f"'{value}' is not known here", did_you_mean(value, known)
    return f"expected a word, found {_found(value)}", f"use one of: {', '.join(known)}"


def _not_finite(value: object, context: Any, place: _Place) -> tuple[str, str]:
    return f"must be a finite number, found {value}", "write a number such as 0.5"


def _too_short(value: object, context: Any, place: _Place) -> tuple[str, str]:
    needed, given = context["min_length"], context["actual_length"]
    return f"{place.container} has {given} entries and needs at least {needed}", "add some"


def _too_long(value: object, context: Any, place: _Place) -> tuple[str, str]:
    allowed, given = context["max_length"], context["actual_length"]
    if given is None and isinstance(place.node.value, dict | list):
        given = len(place.node.value)  # pydantic stops counting at the most that is allowed
    return f"{place.container} has {given} entries of at most {allowed}", "take some out"


def _long_text(value: object, context: Any, place: _Place) -> tuple[str, str]:
    given = f"{len(value)} letters" if isinstance(value, str) else "many letters"
    return f"a text of {given}", f"shorten it to at most {context['max_length']}"


_OTHERS: dict[str, Callable[[object, Any, _Place], tuple[str, str]]] = {
    "missing": _missing,
    "string_pattern_mismatch": _pattern,
    "literal_error": _literal,
    "finite_number": _not_finite,
    "string_too_long": _long_text,
    "too_short": _too_short,
    "too_long": _too_long,
}
