"""Sources are held against what they speak of: references, paths of values, interventions.

A file that builds on others may take out what their sources speak of, and a file that others
build on may speak of what only they give. So a source is wrong only where it is wrong both in the
file that gives it and in the whole document; :class:`Suspects` remembers the first.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from alliance_sim.errors import Problem
from alliance_sim.library import Kind
from alliance_sim.load.paths import fields_of, inside
from alliance_sim.load.settings import SOURCED
from alliance_sim.load.tree import Mark, Node, ids_of
from alliance_sim.spec import Scenario, World
from alliance_sim.spec.base import did_you_mean
from alliance_sim.spec.provenance import JUDGEMENT


@dataclass
class Suspects:
    """Sources that say nothing where they are given."""

    found: set[Problem] = field(default_factory=set)

    def add(self, tree: Node, kind: Kind, file: str | Path) -> None:
        """Keep what is wrong with a file's own sources, its parents worked in."""
        self.found |= {_bare(each) for each in _wrong(tree, kind) if each.file == str(file)}

    def confirmed(self, tree: Node, kind: Kind) -> list[Problem]:
        """What is still wrong in the whole document."""
        return [each for each in _wrong(tree, kind) if _bare(each) in self.found]


def _bare(problem: Problem) -> Problem:
    """A problem without its mend, which depends on what else is known."""
    return replace(problem, mend="")


def _wrong(tree: Node, kind: Kind) -> Iterator[Problem]:
    """Everything that is wrong with the sources of a document."""
    world = tree if kind == "world" else tree.child("world")
    references = _children(world.child("references") if world else None)
    if kind == "scenario":
        yield from _of_scenario(tree, references)
    if world is None:
        return
    for name, node in references.items():
        if not re.fullmatch(r"\w+", name):
            what = f"reference '{name}' is not one word, so that no source can begin with it"
            yield _problem(node.key, what, "use letters, digits and underscores")
    yield from _of_paths(world, World, "sources", references)
    yield from _of_entries(world, World, () if kind == "world" else ("world",), references)


def _of_scenario(tree: Node, references: Mapping[str, Node]) -> Iterator[Problem]:
    """Sources of interventions, by id, and of values in the scenario, by path."""
    known = _children(tree.child("interventions"))
    for name, node in _children(tree.child("sources")).items():
        if "." in name or name in SOURCED:
            yield from _of_path(tree, Scenario, "sources", name, node)
        elif name not in known:
            what = f"`sources` names '{name}', which is no intervention"
            yield _problem(node.key, what, did_you_mean(name, known))
        yield from _of_text(node, f"sources.{name}", references)


def _of_paths(
    entry: Node, shape: Any, key: str, references: Mapping[str, Node]
) -> Iterator[Problem]:
    """Sources that a mapping gives for paths inside an entry."""
    for path, node in _children(entry.child(key)).items():
        yield from _of_path(entry, shape, key, path, node)
        yield from _of_text(node, f"{key}.{path}", references)


def _of_path(entry: Node, shape: Any, key: str, path: str, node: Node) -> Iterator[Problem]:
    miss = _miss(entry, shape, path.split("."))
    if miss is not None:
        _, step, known = miss
        mend = did_you_mean(step, known) if step else "write steps joined by dots"
        yield _problem(node.key, f"path '{path}' under `{key}` stands for no value", mend)


def _of_entries(
    node: Node, shape: Any, path: tuple[str, ...], references: Mapping[str, Node]
) -> Iterator[Problem]:
    """Sources beside the values that they speak of."""
    source = node.child("source") if "source" in fields_of(shape) else None
    if source is not None:
        yield from _of_text(source, ".".join((*path, "source")), references)
        yield from _of_paths(node, shape, "source", references)
    for name, child in _children(node).items():
        yield from _of_entries(child, inside(shape, name)[0], (*path, name), references)


def _of_text(node: Node, path: str, references: Mapping[str, Node]) -> Iterator[Problem]:
    """A text begins with a reference or with ``judgement``."""
    if not isinstance(node.value, str):
        return  # by field, or a mistake that is told when values are checked
    first = re.match(r"\w+", node.value)
    word = first[0] if first else ""
    if word != JUDGEMENT and word not in references:
        shown = node.value if len(node.value) <= 60 else f"{node.value[:60]}..."
        what = f"source '{shown}' begins neither with a key of `references` nor with `{JUDGEMENT}`"
        close = did_you_mean(word, [*references, JUDGEMENT])
        declare = f"declare it under `references` of the world, or begin with `{JUDGEMENT}`"
        yield _problem(node.mark, what, close if close.endswith("?") else declare, path)


def _miss(
    node: Node | None, shape: Any, steps: Sequence[str]
) -> tuple[int, str, frozenset[str]] | None:
    """Where a path ends without having met a value; None where it meets one.

    Steps that are left, the first of them, and what could stand in its place. Values that the
    specification knows and the document leaves at their defaults count.
    """
    if not steps:
        return None
    step, *rest = steps
    entries = _children(node)
    known = frozenset({*entries, *fields_of(shape)})
    if step != "*" and step not in entries and not inside(shape, step)[1]:
        return len(steps), step, known
    ways = known if step == "*" else {step}
    misses = [_miss(entries.get(each), inside(shape, each)[0], rest) for each in sorted(ways)]
    if None in misses:
        return None
    return min((each for each in misses if each), key=_left, default=(len(steps), step, known))


def _left(miss: tuple[int, str, frozenset[str]]) -> int:
    return miss[0]


def _children(node: Node | None) -> dict[str, Node]:
    """What stands directly under a value; items of lists by their ids or counted from 0."""
    if node is None or not isinstance(node.value, dict | list):
        return {}
    if isinstance(node.value, dict):
        return node.value
    names = ids_of(node) or [str(place) for place in range(len(node.value))]
    return dict(zip(names, node.value, strict=True))


def _problem(mark: Mark | None, what: str, mend: str, path: str = "") -> Problem:
    """A problem at its place; without lines, its path is told in words."""
    mark = mark or Mark()
    return mark.problem(f"{path}: {what}" if path and mark.line is None else what, mend)
