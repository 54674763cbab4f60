"""Sources are held against what they speak of: references, paths of values, interventions.

A file that builds on others may take out what their sources speak of, and a file that others
build on may speak of what only they give. So a source is wrong only where it is wrong both in the
file that gives it and in the whole document; :class:`Suspects` remembers the first.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

from alliance_sim.errors import Problem
from alliance_sim.library import Kind
from alliance_sim.load.paths import fields_of, inside
from alliance_sim.load.settings import SOURCED
from alliance_sim.load.tree import MOST_TOLD, Mark, Node, ids_of
from alliance_sim.spec import Scenario, World
from alliance_sim.spec.base import did_you_mean
from alliance_sim.spec.provenance import JUDGEMENT

_MOST_STEPS = 200_000
"""Values that paths of sources may lead through, all files together: about a second."""


@dataclass(frozen=True)
class _Miss:
    """Where a path ends without having met a value."""

    left: int
    """Steps that are left."""
    step: str
    """The first of them."""
    entries: Node | None
    """In what it is not to be found."""
    shape: Any
    """What the specification says of that."""


class _LostError(Exception):
    """Paths have led through more values than can be looked at."""


@dataclass
class _Search:
    """Follows paths in documents, and gives up where they lead through too much."""

    left: int = _MOST_STEPS
    given_up: list[Problem] = field(default_factory=list)

    def miss(self, node: Node | None, shape: Any, steps: Sequence[str]) -> _Miss | None:
        """Where a path ends without having met a value; None where it meets one.

        Values that the specification knows and the document leaves at their defaults count.
        """
        self.left -= 1
        if self.left < 0:
            raise _LostError
        if not steps:
            return None
        step, *rest = steps
        entries = _children(node)
        missed = _Miss(len(steps), step, node, shape)
        if step != "*":
            inner, optional = inside(shape, step)
            there = step in entries or optional
            return self.miss(entries.get(step), inner, rest) if there else missed
        nearest: _Miss | None = None
        for each in sorted({*entries, *fields_of(shape)}):
            found = self.miss(entries.get(each), inside(shape, each)[0], rest)
            if found is None:
                return None
            nearest = found if nearest is None or found.left < nearest.left else nearest
        return nearest or missed

    def give_up(self, mark: Mark | None, path: str) -> None:
        """Keep the first path that could not be followed to its end."""
        if not self.given_up:
            what = f"paths of sources up to '{path}' lead through more than {_MOST_STEPS} values"
            self.given_up.append((mark or Mark()).problem(what, "write fewer paths with `*`"))


@dataclass
class Suspects:
    """Sources that say nothing where they are given."""

    found: set[Problem] = field(default_factory=set)
    """Without their mends, which depend on what else is known."""
    search: _Search = field(default_factory=_Search)

    def add(self, tree: Node, kind: Kind, file: str | Path) -> None:
        """Keep what is wrong with a file's own sources, its parents worked in."""
        wrong = _wrong(tree, kind, self.search)
        self.found |= {each for each, _ in wrong if each.file == str(file)}

    def confirmed(self, tree: Node, kind: Kind) -> list[Problem]:
        """What is still wrong in the whole document."""
        everything = _wrong(tree, kind, self.search)
        wrong = [(each, mend) for each, mend in everything if each in self.found]
        told = [replace(each, mend=mend()) for each, mend in wrong[:MOST_TOLD]]
        told += [replace(each, mend=_LATER) for each, _ in wrong[MOST_TOLD:]]
        return [*told, *self.search.given_up]


_LATER = "mend it like those before"
_Wrong = tuple[Problem, Callable[[], str]]
"""A problem without its mend, and how to find that, which takes a while."""


def _wrong(tree: Node, kind: Kind, search: _Search) -> Iterator[_Wrong]:
    """Everything that is wrong with the sources of a document."""
    world = tree if kind == "world" else tree.child("world")
    references = _children(world.child("references") if world else None)
    if kind == "scenario":
        yield from _of_scenario(tree, references, search)
    if world is None:
        return
    for name, node in references.items():
        if not re.fullmatch(r"\w+", name):
            what = f"reference '{name}' is not one word, so that no source can begin with it"
            yield _problem(node.key, what, lambda: "use letters, digits and underscores")
    yield from _of_paths(world, World, "sources", references, search)
    path = () if kind == "world" else ("world",)
    yield from _of_entries(world, World, path, references, search)


def _of_scenario(tree: Node, references: Mapping[str, Node], search: _Search) -> Iterator[_Wrong]:
    """Sources of interventions, by id, and of values in the scenario, by path."""
    known = _children(tree.child("interventions"))
    for name, node in _children(tree.child("sources")).items():
        if "." in name or name in SOURCED:
            yield from _of_path(tree, Scenario, "sources", name, node, search)
        elif name not in known:
            what = f"`sources` names '{name}', which is no intervention"
            yield _problem(node.key, what, partial(did_you_mean, name, known))
        yield from _of_text(node, f"sources.{name}", references)


def _of_paths(
    entry: Node, shape: Any, key: str, references: Mapping[str, Node], search: _Search
) -> Iterator[_Wrong]:
    """Sources that a mapping gives for paths inside an entry."""
    for path, node in _children(entry.child(key)).items():
        yield from _of_path(entry, shape, key, path, node, search)
        yield from _of_text(node, f"{key}.{path}", references)


def _of_path(
    entry: Node, shape: Any, key: str, path: str, node: Node, search: _Search
) -> Iterator[_Wrong]:
    try:
        miss = search.miss(entry, shape, path.split("."))
    except _LostError:
        search.give_up(node.key, path)
        return
    if miss is not None:
        what = f"path '{path}' under `{key}` stands for no value"
        yield _problem(node.key, what, partial(_close_step, miss))


def _close_step(miss: _Miss) -> str:
    known = {*_children(miss.entries), *fields_of(miss.shape)}
    return did_you_mean(miss.step, known) if miss.step else "write steps joined by dots"


def _of_entries(
    node: Node,
    shape: Any,
    path: tuple[str, ...],
    references: Mapping[str, Node],
    search: _Search,
) -> Iterator[_Wrong]:
    """Sources beside the values that they speak of."""
    source = node.child("source") if "source" in fields_of(shape) else None
    if source is not None:
        yield from _of_text(source, ".".join((*path, "source")), references)
        yield from _of_paths(node, shape, "source", references, search)
    for name, child in _children(node).items():
        if isinstance(child.value, dict | list):  # most are numbers, and hold nothing
            yield from _of_entries(child, inside(shape, name)[0], (*path, name), references, search)


def _of_text(node: Node, path: str, references: Mapping[str, Node]) -> Iterator[_Wrong]:
    """A text begins with a reference or with ``judgement``."""
    if not isinstance(node.value, str):
        return  # by field, or a mistake that is told when values are checked
    first = re.match(r"\w+", node.value)
    word = first[0] if first else ""
    if word != JUDGEMENT and word not in references:
        shown = node.value if len(node.value) <= 60 else f"{node.value[:60]}..."
        what = f"source '{shown}' begins neither with a key of `references` nor with `{JUDGEMENT}`"
        yield _problem(node.mark, what, partial(_close_reference, word, references), path)


def _close_reference(word: str, references: Mapping[str, Node]) -> str:
    close = did_you_mean(word, [*references, JUDGEMENT])
    declare = f"declare it under `references` of the world, or begin with `{JUDGEMENT}`"
    return close if close.endswith("?") else declare


def _children(node: Node | None) -> dict[str, Node]:
    """What stands directly under a value; items of lists by their ids or counted from 0."""
    if node is None or not isinstance(node.value, dict | list):
        return {}
    if isinstance(node.value, dict):
        return node.value
    names = ids_of(node) or [str(place) for place in range(len(node.value))]
    return dict(zip(names, node.value, strict=True))


def _problem(
    mark: Mark | None, what: str, mend: Callable[[], str], path: str = ""
) -> tuple[Problem, Callable[[], str]]:
    """A problem at its place; without lines, its path is told in words."""
    mark = mark or Mark()
    return mark.problem(f"{path}: {what}" if path and mark.line is None else what, ""), mend
