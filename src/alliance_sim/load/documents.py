"""Files become one document: ``extends``, named worlds, ``set`` and overrides.

Every value keeps the place it came from, so that a mistake in a parent file is reported
there, also when it only comes to light in the child.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache, reduce
from pathlib import Path
from typing import Any

from alliance_sim.errors import InputError, Problem
from alliance_sim.library import Kind, find, scenario_root
from alliance_sim.load.paths import put
from alliance_sim.load.reading import parse
from alliance_sim.load.settings import set_over, without_world
from alliance_sim.load.sources import Suspects
from alliance_sim.load.texts import text_of
from alliance_sim.load.tree import (
    MAX_NODES,
    Mark,
    Node,
    from_data,
    ids_of,
    kind_of,
    size_of_mapping,
    with_entry,
)
from alliance_sim.spec.base import again
from alliance_sim.spec.numbers import DISTRIBUTION_KINDS
from alliance_sim.spec.signals import SIGNAL_KINDS

SET = "--set"
"""Stands for the file in problems with overrides."""
MAX_BYTES = 1_000_000
"""Bytes of a file and all that it builds on."""
MAX_PARENTS = 40
_MAX_MERGED = 200_000
"""Values of a file and of each that it builds on, parents counted in each."""
_MAX_SETTINGS = 1_000
"""Lines under one ``set``; each is worked into the document by itself."""

# Where a value has one of several forms, a form replaces another; a form merges with itself.
_MEASURES = frozenset({*SIGNAL_KINDS, "relation_class", "fallen", "variance", "effect"})
_FORMS: Mapping[str, frozenset[str]] = {
    "signal": _MEASURES,
    "measure": _MEASURES,
    "absence": _MEASURES,
    "rescaled": _MEASURES,
    "response": frozenset({"saturating", "threshold", "hump"}),
    "channel": frozenset({"desire", "capacity", "arena", "choice"}),
    "at": frozenset({"between", "hazard_per_year"}),
}

_parsed_shipped = lru_cache(maxsize=128)(parse)
"""Shipped files are parsed once in a process: that is most of what it takes to load a scenario.
As there are few of them, and small ones, they take little memory."""

_NO_FILE = Path()
"""Where plain data stands: in no file, so that paths in it start from the working directory."""


@dataclass
class Documents:
    """Reads files and puts documents together; collects every problem on the way."""

    problems: list[Problem] = field(default_factory=list)
    broken: bool = False
    """Part of the document is missing, so that checking the rest would mislead."""
    worldless: bool = False
    """The world alone is missing, so that what it declares is not known."""
    files: dict[Path, Node | None] = field(default_factory=dict)
    """What has been read."""
    worlds: dict[Path, Node | None] = field(default_factory=dict)
    """Worlds that have been put together."""
    suspects: Suspects = field(default_factory=Suspects)
    """Sources that say nothing in the file that gives them."""
    used: set[Path] = field(default_factory=set)
    """Files that go with the document; others may have been read before for another one."""
    size: int = 0
    """Bytes read."""
    values: int = 0
    """Values in the files that are used."""
    merged: int = 0
    """Values put together."""

    def scenario(self, path: Path, chain: tuple[Path, ...] = ()) -> Node | None:
        """The scenario in a file, on top of those that it extends."""
        tree = self.read(path)
        return None if tree is None else self.complete_scenario(tree, path, chain)

    def world(self, path: Path, chain: tuple[Path, ...] = ()) -> Node | None:
        """The world in a file, on top of those that it extends."""
        tree = self.read(path)
        return None if tree is None else self.complete_world(tree, path, chain)

    def complete_world(
        self, tree: Node, path: Path | None, chain: tuple[Path, ...] = ()
    ) -> Node | None:
        """A world with its parents worked in."""
        merged = self._on_parent(tree, "world", path, chain)
        return merged if merged is None else self._weighed(merged, "world", path)

    def complete_scenario(
        self, tree: Node, path: Path | None, chain: tuple[Path, ...] = ()
    ) -> Node | None:
        """A scenario with its parents, its world and its ``set`` worked in."""
        settings, tree = tree.child("set"), without(tree, "set")
        tree, replaces = self._with_world(tree, path)
        merged = self._on_parent(tree, "scenario", path, chain, fresh_world=replaces)
        self._check_baseline(tree, path)
        merged = merged if merged is None else self._weighed(merged, "scenario", path)
        if merged is None or settings is None or settings.value is None:
            return merged
        if not isinstance(settings.value, dict):
            self.report(
                settings.mark,
                f"`set` is {kind_of(settings.value)}, not a mapping",
                "write 'path: value' lines under it",
            )
            return merged
        if len(settings.value) > _MAX_SETTINGS:
            self.report(
                settings.mark,
                f"`set` has {len(settings.value)} lines of at most {_MAX_SETTINGS}",
                "write whole entries, or a world of its own that `extends` the other",
            )
            return merged
        own = tree.child("sources")
        for name, value in settings.value.items():
            merged = self._put(merged, name, value, value.key or value.mark)
        merged = set_over(merged, settings.value, own)
        return self._with_world(merged, path)[0]

    def _weighed(self, tree: Node, kind: Kind, path: Path | None) -> Node | None:
        """A document whose sources have been looked at, unless all of them are too much."""
        self.merged += tree.size
        if self.merged > _MAX_MERGED:
            mend = "build on fewer files, or on smaller ones"
            what = f"what files build on adds up to more than {_MAX_MERGED} values"
            self.fail(tree.mark, what, mend)
            return None
        self.suspects.add(tree, kind, path or "")
        return tree

    def over_world(self, tree: Node, path: Path) -> Node:
        """A scenario with a file of values laid over its world, as if the world extended both."""
        world, values = tree.child("world"), self._whole_world(path)
        if world is None or values is None:
            return tree
        return with_entry(tree, "world", replace(merge(world, values), key=world.key))

    def override(self, tree: Node, settings: Sequence[str]) -> Node:
        """The document after overrides ``PATH=VALUE`` from outside."""
        nowhere = Mark(SET)
        done: dict[str, Node] = {}
        for setting in settings:
            name, equals, text = setting.partition("=")
            if not equals:
                self.report(nowhere, f"'{setting}' is no override", "write it as PATH=VALUE")
                continue
            value, problems = parse(text, SET)
            self.problems += [
                nowhere.problem(f"value of {name}: {problem.what}", problem.mend)
                for problem in problems
            ]
            if not problems:
                value = _moved(value or Node(None, nowhere), nowhere)
                tree = self._put(tree, name.strip(), value, nowhere)
                done[name.strip()] = value
        tree = self._with_world(set_over(tree, done, done.get("sources")), None)[0]
        self.suspects.add(tree, "scenario", SET)
        return tree

    def report(self, mark: Mark, what: str, mend: str) -> None:
        """Keep a problem."""
        self.problems.append(mark.problem(what, mend))

    def fail(self, mark: Mark, what: str, mend: str) -> None:
        """Keep a problem that leaves a hole in the document."""
        self.report(mark, what, mend)
        self.broken = True

    def _put(self, tree: Node, name: str, value: Node, mark: Mark) -> Node:
        try:
            return put(tree, name, value, mark)
        except InputError as error:
            self.problems += error.problems
            return tree

    def read(self, path: Path) -> Node | None:
        """The mapping in one file as it stands there."""
        if path not in self.files:
            text = self.text(path)
            self.files[path] = None if text is None else self._mapping(path, text)
        tree = self.files[path]
        if tree is None or path in self.used:
            return tree
        self.used.add(path)
        self.values += tree.size
        if self.values > MAX_NODES:
            what = f"more than {MAX_NODES} values in this file and others that go with it"
            self.fail(Mark(str(path), 1, 1), what, "take some out, or build on fewer files")
            self.files[path] = None
        return self.files[path]

    def _mapping(self, path: Path, text: str) -> Node | None:
        read = _parsed_shipped if path.is_relative_to(scenario_root()) else parse
        tree, problems = read(text, str(path))
        self.problems += problems
        mark = Mark(str(path), 1, 1)
        if tree is None and problems:
            self.broken = True
        elif tree is None or tree.value is None:
            self.fail(mark, "the file is empty", "write a scenario or a world into it")
        elif not isinstance(tree.value, dict):
            self.fail(
                tree.mark,
                f"the file holds {kind_of(tree.value)}, not a mapping",
                "write 'key: value' lines",
            )
        else:
            return tree
        return None

    def text(self, path: Path) -> str | None:
        """What a file holds, or None after reporting why it cannot be read."""
        found = text_of(path, MAX_BYTES)
        if isinstance(found, Problem):
            self.problems.append(found)
            self.broken = True
            return None
        self.size += len(found.encode())
        if self.size > MAX_BYTES:
            what = "the file and others that go with it are larger than 1 MB"
            self.fail(Mark(str(path)), what, "take out bulk data, or build on fewer files")
            return None
        return found

    def _on_parent(
        self,
        tree: Node,
        kind: Kind,
        path: Path | None,
        chain: tuple[Path, ...],
        fresh_world: bool = False,
    ) -> Node | None:
        """A document merged over the one that it extends, if any; a world over several, too."""
        extends, tree = tree.child("extends"), without(tree, "extends")
        if extends is None or extends.value is None:
            return tree
        chain = (*chain, path) if path else chain
        named = [extends]
        if kind == "world" and isinstance(extends.value, list) and extends.value:
            named = extends.value
        found = [self._parent(each, kind, path, chain) for each in named]
        parents = [each for each in found if each is not None]
        if len(parents) < len(named):
            return None
        parent = reduce(merge, parents)
        return merge(without_world(parent) if fresh_world else parent, tree)

    def _parent(
        self, name: Node, kind: Kind, path: Path | None, chain: tuple[Path, ...]
    ) -> Node | None:
        """What a document extends, put together."""
        found = self._find(name, kind, path)
        if found is None or not self._leads_on(name, found, chain):
            return None
        return (
            self.scenario(found, chain) if kind == "scenario" else self._whole_world(found, chain)
        )

    def _leads_on(self, extends: Node, parent: Path, chain: tuple[Path, ...]) -> bool:
        """Whether the chain of parents neither comes back to itself nor is endless."""
        known = [_identity(each) for each in chain]
        if _identity(parent) in known:
            circle = chain[known.index(_identity(parent)) :]
            shown = " -> ".join(each.stem for each in (*circle, parent))
            self.fail(
                extends.mark,
                f"files extend each other in a circle: {shown}",
                "take out one `extends`",
            )
            return False
        if len(chain) > MAX_PARENTS:
            self.fail(
                extends.mark,
                f"more than {MAX_PARENTS} files extend each other",
                "build on an earlier one",
            )
            return False
        return True

    def _with_world(self, tree: Node, path: Path | None) -> tuple[Node, bool]:
        """The tree with its world read in, and whether that world stands on its own."""
        world = tree.child("world")
        if world is None:
            return tree, False
        loaded: Node | None = None
        whole = not self.broken
        if isinstance(world.value, str):
            found = self._find(world, "world", path)
            loaded = None if found is None else self._whole_world(found)
        elif world.child("extends") is not None:
            loaded = self.complete_world(world, path)
        else:
            return tree, False
        if loaded is None:
            # The rest of the scenario can still be checked, but for the names it uses.
            self.broken, self.worldless = not whole, True
            return without(tree, "world"), True
        return with_entry(tree, "world", replace(loaded, key=world.key)), True

    def _whole_world(self, path: Path, chain: tuple[Path, ...] = ()) -> Node | None:
        """The world in a file, put together once however many files name it."""
        if path not in self.worlds:
            self.worlds[path] = self.world(path, chain)
        return self.worlds[path]

    def _find(self, name: Node, kind: Kind, path: Path | None) -> Path | None:
        """The file that a node names."""
        if not isinstance(name.value, str):
            self.fail(
                name.mark,
                f"expected the name or path of a {kind}, found {kind_of(name.value)}",
                "write one name",
            )
            return None
        try:
            return find(name.value, kind, relative_to=path or _NO_FILE)
        except InputError as error:
            for problem in error.problems:
                self.fail(name.mark, problem.what, problem.mend)
            return None

    def _check_baseline(self, tree: Node, path: Path | None) -> None:
        """A baseline is only a name here, but it must name something."""
        baseline = tree.child("baseline")
        if baseline is not None and isinstance(baseline.value, str):
            try:
                find(baseline.value, "scenario", relative_to=path or _NO_FILE)
            except InputError as error:
                for problem in error.problems:
                    self.report(baseline.mark, problem.what, problem.mend)


def data_tree(data: Mapping[str, Any], documents: Documents) -> Node:
    """The tree of a document given as plain Python data."""
    tree, problems = from_data(data)
    documents.problems += problems
    documents.values += tree.size
    return tree


def merge(parent: Node, child: Node, key: str = "") -> Node:
    """A child's value laid over its parent's.

    Mappings merge key by key, lists of mappings with an ``id`` item by item; everything else
    the child replaces. A null in the child takes the parent's key out.
    """
    if isinstance(parent.value, dict) and isinstance(child.value, dict):
        if _other_form(key, parent.value, child.value):
            return child
        entries = dict(parent.value)
        for name, node in child.value.items():
            if name not in entries:
                entries[name] = node
            elif node.value is None:
                del entries[name]
            else:
                entries[name] = merge(entries[name], node, name)
        return replace(child, value=entries, size=size_of_mapping(entries))
    old, new = ids_of(parent), ids_of(child)
    if old and new and isinstance(parent.value, list) and isinstance(child.value, list):
        return _merged_lists(child, zip(old, parent.value, strict=True), new, child.value)
    return child


def _merged_lists(
    child: Node, parents: Iterable[tuple[str, Node]], ids: list[str], items: list[Node]
) -> Node:
    """Items of a list laid over those of the parent's that have the same id."""
    # The first item of an id merges; a second one stays, to be refused as a repetition.
    twice = {*again(ids)}
    first = {name: items[at] for at, name in enumerate(ids) if at not in twice}
    kept = [(name, merge(item, first[name]) if name in first else item) for name, item in parents]
    known = {name for name, _ in kept}
    fresh = [item for at, item in enumerate(items) if ids[at] not in known or at in twice]
    value = [*(item for _, item in kept), *fresh]
    return replace(child, value=value, size=1 + sum(each.size for each in value))


def _other_form(key: str, parent: Mapping[str, Node], child: Mapping[str, Node]) -> bool:
    """Whether the child's value has a form that the parent's cannot be merged with."""
    forms = _FORMS.get(key, frozenset())
    old, new = forms & parent.keys(), forms & child.keys()
    if old and new and old != new:
        return True
    old_kind, new_kind = _distribution(parent), _distribution(child)
    return old_kind != new_kind


def _distribution(value: Mapping[str, Node]) -> str | None:
    """The kind of distribution that a mapping is, if it is one."""
    if len(value) != 1:
        return None
    [(key, node)] = value.items()
    options = node.child("values") or node.child("probabilities")
    listed = isinstance(node.value, list) or options is not None
    return key if key in DISTRIBUTION_KINDS and listed else None


def without(tree: Node, key: str) -> Node:
    """A mapping without one of its keys."""
    if isinstance(tree.value, dict) and key in tree.value:
        return with_entry(tree, key, None)
    return tree


def _moved(node: Node, mark: Mark) -> Node:
    """A value with all its places replaced by one."""
    value = node.value
    if isinstance(value, dict):
        value = {key: replace(_moved(item, mark), key=mark) for key, item in value.items()}
    elif isinstance(value, list):
        value = [_moved(item, mark) for item in value]
    return replace(node, value=value, mark=mark)


def _identity(path: Path) -> str:
    return os.path.realpath(path)
