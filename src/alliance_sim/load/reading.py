"""YAML text becomes a tree, or problems with their places; no input is too odd for that.

The parser's events are read instead of its nodes: they come one after another, so that deep
nesting, repeated keys and aliases of aliases are found before anything grows or recurses.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError
from ruamel.yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    Event,
    MappingEndEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)
from ruamel.yaml.reader import ReaderError

from alliance_sim.errors import Problem
from alliance_sim.load.tree import (
    MAX_DEPTH,
    MAX_NODES,
    Mark,
    Node,
    Scalar,
    is_whole,
    kind_of,
    size_of,
    size_of_mapping,
)

_TOO_DEEP = (f"nested more than {MAX_DEPTH} levels deep", "take out levels")
# The builder stops at any kind of nesting; but the scanner looks far ahead of it, at each
# bracket the longer the more stand open. So many at once are never meant.
_MANY_BRACKETS = re.compile(r"(?:[\[{]\s*){" + str(MAX_DEPTH + 2) + "}")

# The parser takes a tag apart letter by letter, at each copying what it has.
_LONG_TAG = re.compile(r"!\S{500}|^%TAG.{100}", re.MULTILINE)
_TAG_TOO_LONG = (
    "a tag, or what stands after a '!', is very long",
    "shorten it, or put spaces into it",
)

# The parser holds each directive against all before it; a file has one or two.
_DIRECTIVE = re.compile(r"(?:\A|[\n\r\x85\u2028\u2029])%")
_MOST_DIRECTIVES = 20
_TOO_MANY_DIRECTIVES = (
    f"more than {_MOST_DIRECTIVES} lines begin with '%'",
    "take them out; no directive is needed",
)


class _UnreadableError(Exception):
    """The rest of the text makes no sense, so that reading has to end here."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem


# The scalars of the YAML 1.2 core schema; months such as 2018-05, and yes and no, stay text.
_INTEGER = re.compile(r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_WORDS: dict[str, Scalar] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
    **dict.fromkeys((".nan", ".NaN", ".NAN"), math.nan),
    **{sign + word: math.inf for sign in ("", "+") for word in (".inf", ".Inf", ".INF")},
    **{"-" + word: -math.inf for word in (".inf", ".Inf", ".INF")},
}


_MOST_DIGITS = 400
"""Of a whole number: far above any quantity, far below what takes long to turn into text."""


class TooLongError(ValueError):
    """A whole number has more digits than any quantity."""


def _integer(text: str) -> int:
    if len(text) > _MOST_DIGITS:
        raise TooLongError(text)
    return int(text, 8 if text.startswith("0o") else 16 if text.startswith("0x") else 10)


def _plain_scalar(text: str) -> Scalar:
    if text in _WORDS:
        return _WORDS[text]
    if _INTEGER.fullmatch(text):
        return _integer(text)
    return float(text) if _FLOAT.fullmatch(text) else text


def _of_kind(*kinds: type) -> Callable[[str], Scalar]:
    def convert(text: str) -> Scalar:
        value = _plain_scalar(text)
        if type(value) not in kinds:
            raise ValueError(text)
        return float(value) if kinds[0] is float and isinstance(value, int) else value

    return convert


_TAG = "tag:yaml.org,2002:"
_SCALAR_TAGS: dict[str, Callable[[str], Scalar]] = {
    "": _plain_scalar,  # no tag, no quotes
    "!": str,
    _TAG + "str": str,
    _TAG + "int": _of_kind(int),
    _TAG + "float": _of_kind(float, int),
    _TAG + "bool": _of_kind(bool),
    _TAG + "null": _of_kind(type(None)),
}


@dataclass
class _Builder:
    """Turns the parser's events into nodes, and goes on after what it can report."""

    file: str
    events: Iterator[Event]
    problems: list[Problem] = field(default_factory=list)
    anchors: dict[str, Node | None] = field(default_factory=dict)
    """Name -> node; None while the node is still being read."""
    count: int = 0
    reached: Mark = field(default_factory=Mark)
    """Where the last value or key read stands."""

    def mark(self, event: Event) -> Mark:
        """The place of an event, counted from 1."""
        return Mark(self.file, event.start_mark.line + 1, event.start_mark.column + 1)

    def report(self, event: Event, what: str, mend: str) -> None:
        self.problems.append(self.mark(event).problem(what, mend))

    def stop(self, event: Event, what: str, mend: str) -> _UnreadableError:
        return _UnreadableError(self.mark(event).problem(what, mend))

    def node(self, event: Event, depth: int) -> Node:
        self.count += 1
        self.reached = self.mark(event)
        if self.count > MAX_NODES:
            raise self.stop(event, f"more than {MAX_NODES} values in one file", "take some out")
        if isinstance(event, AliasEvent):
            return self.alias(event)
        if depth > MAX_DEPTH:
            raise self.stop(event, *_TOO_DEEP)
        anchor: str | None = getattr(event, "anchor", None)
        if anchor is not None:
            self.anchors[anchor] = None
        node = self.content(event, depth)
        if anchor is not None:
            self.anchors[anchor] = node
        return node

    def content(self, event: Event, depth: int) -> Node:
        if isinstance(event, ScalarEvent):
            value = self.scalar(event)
            self.count += size_of(value) - 1
            return Node(value, self.mark(event), size=size_of(value))
        if isinstance(event, SequenceStartEvent):
            self.check_tag(event, "seq", "a list")
            return self.sequence(event, depth)
        self.check_tag(event, "map", "a mapping")
        return self.mapping(event, depth)

    def alias(self, event: AliasEvent) -> Node:
        node = self.anchors.get(event.anchor)
        if node is None:
            known = event.anchor in self.anchors
            what = "contains itself" if known else "refers to no anchor before it"
            self.report(event, f"alias *{event.anchor} {what}", "write the value out")
            return Node(None, self.mark(event))
        # Aliases share their node, but whoever walks the tree meets it each time.
        self.count += node.size - 1
        if self.count > MAX_NODES:
            raise self.stop(
                event,
                f"aliases expand to more than {MAX_NODES} values",
                "write fewer aliases of aliases",
            )
        return node

    def check_tag(self, event: Any, allowed: str, what: str) -> None:
        if event.tag not in (None, "!", _TAG + allowed):
            self.report(
                event,
                f"tag {_short_tag(event.tag)} is not allowed on {what}",
                "leave the tag out; only plain data is read",
            )

    def scalar(self, event: ScalarEvent) -> Scalar:
        text: str = event.value
        if not is_whole(text):
            self.report(event, "text with half a character (a lone surrogate)", "retype the text")
            return text.encode(errors="replace").decode()
        tag: str = event.tag or ("" if event.implicit[0] else "!")
        convert = _SCALAR_TAGS.get(tag)
        if convert is None:
            self.report(
                event,
                f"tag {_short_tag(tag)} is not allowed",
                "leave the tag out; only plain data is read",
            )
            return text
        try:
            return convert(text)
        except TooLongError:
            what = f"a whole number of {len(text):,} digits"
            self.report(event, what, f"give at most {_MOST_DIGITS} digits")
            return text
        except ValueError:
            self.report(
                event,
                f"'{text[:40]}' cannot be read as what it should be",
                "correct the number or the tag",
            )
            return text

    def sequence(self, event: Event, depth: int) -> Node:
        items: list[Node] = []
        while not isinstance(following := next(self.events), SequenceEndEvent):
            items.append(replace(self.node(following, depth + 1), key=None))
        return Node(items, self.mark(event), size=1 + sum(item.size for item in items))

    def mapping(self, event: Event, depth: int) -> Node:
        entries: dict[str, Node] = {}
        while not isinstance(key_event := next(self.events), MappingEndEvent):
            key = self.key(key_event, depth)
            value_event = next(self.events)
            node = self.node(value_event, depth + 1)
            if isinstance(value_event, ScalarEvent) and _is_empty(value_event):
                # The parser puts nothing where the next thing stands.
                node = replace(node, mark=self.mark(key_event))
            if key is None:
                continue
            if key in entries:
                before = entries[key].key
                self.report(
                    key_event,
                    f"key '{key}' is given twice"
                    + (f", first in line {before.line}" if before else ""),
                    "keep one of the two",
                )
                continue
            entries[key] = replace(node, key=self.mark(key_event))
        return Node(entries, self.mark(event), size=size_of_mapping(entries))

    def key(self, event: Event, depth: int) -> str | None:
        """The text of a key, or None after reporting why it is none."""
        node = self.node(event, depth + 1)
        if isinstance(event, ScalarEvent) and event.value == "<<" and event.implicit[0]:
            self.report(
                event,
                "merge keys (<<) are not read",
                "use `extends` to build on another file, or write the keys out",
            )
            return None
        if isinstance(node.value, str):
            return node.value
        if isinstance(node.value, list | dict):
            self.report(event, f"a key is {kind_of(node.value)}", "use a short text as key")
            return None
        shown = event.value if isinstance(event, ScalarEvent) else str(node.value)
        self.report(
            event,
            f"key '{shown}' is {kind_of(node.value)}, not text",
            "put it in quotes or give it a name",
        )
        return None


def _is_empty(event: ScalarEvent) -> bool:
    return not event.value and bool(event.implicit[0])


def _short_tag(tag: str) -> str:
    return "!!" + tag.removeprefix(_TAG) if tag.startswith(_TAG) else tag


def parse(text: str, file: str) -> tuple[Node | None, list[Problem]]:
    """Read YAML text into a tree, with everything that is wrong with it.

    No tree comes back where the text breaks off or holds no document.
    """
    if endless := _endless(text, file):
        return None, [endless]
    builder = _Builder(file, iter(YAML(typ="safe", pure=True).parse(text)))
    try:
        tree = _document(builder)
    except _UnreadableError as error:
        return None, [*builder.problems, error.problem]
    except ReaderError as error:
        return None, [_unprintable(error, text, file)]
    except MarkedYAMLError as error:
        return None, [*builder.problems, _syntax_problem(error, file)]
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError):
        # The scanner lets some malformed escapes and directives through to Python itself.
        return None, [
            *builder.problems,
            builder.reached.problem(
                "the YAML after this cannot be read", "look for a malformed escape or directive"
            ),
        ]
    return tree, builder.problems


def _endless(text: str, file: str) -> Problem | None:
    """What the scanner or the parser would take very long over, if there is anything."""
    if tag := _LONG_TAG.search(text):
        return _mark_at(text, tag.start(), file).problem(*_TAG_TOO_LONG)
    if brackets := _MANY_BRACKETS.search(text):
        return _mark_at(text, brackets.end() - 1, file).problem(*_TOO_DEEP)
    directives = islice(_DIRECTIVE.finditer(text), _MOST_DIRECTIVES, None)
    if (one_more := next(directives, None)) is not None:
        return _mark_at(text, one_more.end() - 1, file).problem(*_TOO_MANY_DIRECTIVES)
    return None


def _document(builder: _Builder) -> Node | None:
    """The first document; a second one is a problem."""
    tree: Node | None = None
    seen = False
    for event in builder.events:
        if not isinstance(event, DocumentStartEvent):
            continue
        if seen:
            builder.report(event, "a second document begins here", "keep one document in a file")
            break
        seen = True
        tree = builder.node(next(builder.events), 0)
    return tree


def _mark_at(text: str, position: int, file: str) -> Mark:
    before = text[:position]
    return Mark(file, before.count("\n") + 1, position - before.rfind("\n"))


def _unprintable(error: ReaderError, text: str, file: str) -> Problem:
    return _mark_at(text, error.position, file).problem(
        f"character U+{ord(text[error.position]):04X} is not allowed",
        "delete it, or write it as an escape in double quotes",
    )


_SYNTAX = {
    "'\\t'": ("a tab is used for indentation", "indent with spaces"),
    "mapping values are not allowed": (
        "a second ':' where none can stand",
        "put texts that contain ': ' in quotes, and check the indentation",
    ),
    "cannot start any token": (
        "a text begins with a character that has a meaning in YAML",
        "put the text in quotes",
    ),
    "unexpected end of stream": ("a quoted text is not closed", "add the closing quote"),
    "could not find expected ':'": ("a key without ':'", "add ': ' and a value after the key"),
    "expected <block end>": (
        "the line does not fit to those above it",
        "indent keys of the same mapping alike, and close brackets and quotes",
    ),
    "expected ',' or": ("a bracket is not closed, or a comma is missing", "add it"),
}


def _syntax_problem(error: MarkedYAMLError, file: str) -> Problem:
    """Say in plain words what the scanner or parser could not read, and where."""
    said = str(error.problem or error.context or "the YAML cannot be read")
    place = error.problem_mark or error.context_mark
    if "end of stream" in said and error.context_mark is not None:
        place = error.context_mark  # where it began tells more than where the file ends
    mark = Mark(file) if place is None else Mark(file, place.line + 1, place.column + 1)
    for word, (what, mend) in _SYNTAX.items():
        if word in said:
            return mark.problem(what, mend)
    return mark.problem(
        f"the YAML cannot be read: {said}", "check indentation, quotes and brackets near here"
    )
