"""Documents as trees in which every value and every key knows where it stands."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

from alliance_sim.errors import InputError, Problem

MAX_DEPTH = 40
MAX_NODES = 50_000
"""Values and keys in a file and all that it builds on together.

Reading so many takes a few seconds; 60 actors, each tied to each other, are some 43,000."""
MOST_TOLD = 100
"""Problems that are told one by one: nobody reads more before mending some. judgement"""
_LONG_TEXT = 200
"""Letters of a text that count as one value, so that aliases of long texts add up as well."""

_SURROGATE = re.compile("[\ud800-\udfff]")

Scalar: TypeAlias = str | int | float | bool | None


@dataclass(frozen=True, slots=True)
class Mark:
    """A place in an input; line and column count from 1."""

    file: str = ""
    line: int | None = None
    column: int | None = None

    def problem(self, what: str, mend: str) -> Problem:
        """A problem at this place, its text safe to print on one line."""
        return Problem(_one_line(what), _one_line(mend), self.file, self.line, self.column)


@dataclass(frozen=True, slots=True)
class Node:
    """A value with its place, the place of its key, and the number of values in it.

    A long text counts as several values.
    """

    value: Scalar | list[Node] | dict[str, Node]
    mark: Mark
    key: Mark | None = None
    size: int = 1

    def child(self, step: str | int) -> Node | None:
        """The value under a key or at an index, or None where there is none."""
        if isinstance(self.value, dict) and isinstance(step, str):
            return self.value.get(step)
        if isinstance(self.value, list) and isinstance(step, int):
            return self.value[step] if 0 <= step < len(self.value) else None
        return None

    def text(self, key: str) -> str | None:
        """The text under a key, if it is one."""
        found = self.child(key)
        return found.value if found and isinstance(found.value, str) else None

    def plain(self) -> Any:
        """The value without places, as dicts, lists and scalars."""
        if isinstance(self.value, dict):
            return {key: node.plain() for key, node in self.value.items()}
        if isinstance(self.value, list):
            return [node.plain() for node in self.value]
        return self.value


def _one_line(text: str) -> str:
    """Keep line breaks and control characters of the input out of messages."""
    shown = "".join(char if char.isprintable() else "?" for char in " ".join(text.split()))
    return shown if len(shown) <= 400 else shown[:400] + "..."


def is_whole(text: str) -> bool:
    """Whether a text can be written to a file: surrogates come in pairs."""
    return text.isascii() or _SURROGATE.search(text) is None


def kind_of(value: object) -> str:
    """What a value is, in the words of messages."""
    words = {dict: "a mapping", list: "a list", str: "text", bool: "true or false"}
    if value is None:
        return "nothing"
    return words.get(type(value), "a number")


def size_of(value: Scalar) -> int:
    """How many values a scalar counts as."""
    return 1 + len(value) // _LONG_TEXT if isinstance(value, str) else 1


def size_of_mapping(entries: Mapping[str, Node]) -> int:
    """How many values a mapping counts as, its keys among them."""
    return 1 + sum(size_of(key) + each.size for key, each in entries.items())


def with_entry(node: Node, key: str, child: Node | None) -> Node:
    """A mapping with another value under a key, or without the key where that is None."""
    assert isinstance(node.value, dict)
    entries, size = dict(node.value), node.size
    if key in entries:
        size -= size_of(key) + entries[key].size
    if child is None:
        entries.pop(key, None)
    else:
        entries[key] = child
        size += size_of(key) + child.size
    return replace(node, value=entries, size=size)


def in_order(problems: Iterable[Problem]) -> list[Problem]:
    """Each problem once, as a reader meets them from the top of each file.

    Of very many the first are told, and how many there are besides.
    """
    found = sorted(dict.fromkeys(problems), key=place_of)
    told, rest = found[:MOST_TOLD], len(found) - MOST_TOLD
    return told if rest <= 0 else [*told, Problem(f"{rest:,} more problems", "mend these first")]


def place_of(problem: Problem) -> tuple[str, int, int]:
    """File, line and column of a problem."""
    return problem.file, problem.line or 0, problem.column or 0


def ids_of(node: Node) -> list[str]:
    """The ids of a list's items, or nothing where not every item has one."""
    if not isinstance(node.value, list):
        return []
    ids = [item.text("id") for item in node.value]
    return [each for each in ids if each is not None] if None not in ids else []


def from_data(data: Mapping[Any, Any]) -> tuple[Node, list[Problem]]:
    """Make a tree from plain Python data, which has no places but the paths in it."""
    problems: list[Problem] = []
    return _from_value(data, (), problems, [0]), problems


def _from_value(
    value: object, path: tuple[str, ...], problems: list[Problem], count: list[int]
) -> Node:
    def report(what: str, mend: str) -> Node:
        where = ".".join(path)
        problems.append(Mark().problem(f"{where}: {what}" if where else what, mend))
        return Node(None, Mark())

    count[0] += size_of(value) if isinstance(value, str) else 1
    if len(path) > MAX_DEPTH or count[0] > MAX_NODES:
        report("nested too deeply or too large", "take out levels or parts of it")
        raise InputError(problems)  # data may contain itself, and would never end
    if isinstance(value, Mapping):
        entries = {}
        for key, item in value.items():
            if isinstance(key, str) and is_whole(key):
                count[0] += size_of(key)
                step = _from_value(item, (*path, key), problems, count)
                entries[key] = replace(step, key=step.mark)
            else:
                report(f"key {key!r} is not text", "use a text as key")
        return Node(entries, Mark(), size=size_of_mapping(entries))
    if isinstance(value, list | tuple):
        items = [
            _from_value(item, (*path, str(index)), problems, count)
            for index, item in enumerate(value)
        ]
        return Node(items, Mark(), size=1 + sum(item.size for item in items))
    if isinstance(value, str) and not is_whole(value):
        return report("text with half a character (a lone surrogate)", "retype the text")
    if value is None or isinstance(value, str | bool | int | float):
        return Node(value, Mark(), size=size_of(value))
    return report(
        f"a {type(value).__name__} cannot be used", "give text, numbers, lists and mappings"
    )
