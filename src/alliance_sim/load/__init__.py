"""Files in, checked scenarios and worlds out; every mistake of a file is told at once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from alliance_sim.errors import InputError, Problem
from alliance_sim.library import Kind, find, shipped_scenarios, shipped_worlds
from alliance_sim.load.documents import MAX_PARENTS, Documents, data_tree
from alliance_sim.load.explain import checked, explain
from alliance_sim.load.names import names_of
from alliance_sim.load.schema import schema
from alliance_sim.load.tree import Node, in_order
from alliance_sim.spec import Scenario, World
from alliance_sim.spec.base import Names

__all__ = [
    "check_file",
    "load_scenario",
    "load_scenarios",
    "load_world",
    "read_scenario",
    "read_world",
    "schema",
    "world_named_by",
]

_Model = TypeVar("_Model", Scenario, World)


def load_scenario(
    source: str | Path, overrides: Sequence[str] = (), posterior: str | Path | None = None
) -> Scenario:
    """Read a scenario by the name of a shipped one or by the path of a file.

    Args:
        source: Name or path.
        overrides: Settings ``PATH=VALUE`` applied to the document before it is checked, such
            as ``world.drivers.sanctions.weight=0``; the value is read as YAML.
        posterior: File of values that are laid over its world, as if the world extended both.

    Raises:
        InputError: With every problem found, each at its place in its file.
    """
    documents, file = Documents(), find(source, "scenario")
    _refuse_world(file, documents)
    tree = documents.scenario(file)
    if posterior is not None and tree is not None:
        tree = documents.over_world(tree, find(posterior, "world"))
    return _checked(Scenario, _overridden(tree, documents, overrides), documents)


def world_named_by(source: str | Path) -> str | None:
    """The name or path of the world that a scenario, or one that it extends, gives.

    None where the world is written in the scenario itself.
    """
    documents, file = Documents(), find(source, "scenario")
    for _ in range(MAX_PARENTS):
        tree = documents.read(file)
        if tree is None or tree.child("world") is not None:
            return None if tree is None else tree.text("world")
        extends = tree.text("extends")
        if extends is None:
            break
        file = find(extends, "scenario", relative_to=file)
    return None


def load_scenarios(files: Iterable[Path]) -> dict[Path, Scenario]:
    """Read several scenarios, and what they share only once.

    Raises:
        InputError: With every problem found in any of them.
    """
    found: dict[Path, Scenario] = {}
    problems: list[Problem] = []
    known: dict[Path, Node | None] = {}
    for file in files:
        documents = Documents(files={**known})
        try:
            found[file] = _checked(Scenario, documents.scenario(file), documents)
        except InputError as error:
            problems += error.problems
        else:
            known = documents.files  # nothing is wrong with any of them
    if problems:
        raise InputError(in_order(problems))
    return found


def load_world(source: str | Path) -> World:
    """Read a world by the name of a shipped one or by the path of a file.

    Raises:
        InputError: With every problem found, each at its place in its file.
    """
    documents = Documents()
    return _checked(World, documents.world(find(source, "world")), documents)


def read_scenario(data: Mapping[str, Any], overrides: Sequence[str] = ()) -> Scenario:
    """Check a scenario given as plain data, written as in a file.

    Problems carry the dotted path of the value in place of line and column.

    Raises:
        InputError: With every problem found.
    """
    documents = Documents()
    tree = documents.complete_scenario(data_tree(data, documents), None)
    return _checked(Scenario, _overridden(tree, documents, overrides), documents)


def read_world(data: Mapping[str, Any]) -> World:
    """Check a world given as plain data, written as in a file.

    Raises:
        InputError: With every problem found.
    """
    documents = Documents()
    tree = documents.complete_world(data_tree(data, documents), None)
    return _checked(World, tree, documents)


def check_file(path: str | Path) -> list[Problem]:
    """Everything that is wrong with a scenario file or a world file; empty when it is right.

    A file with ``actors`` is a world; a file that only extends another is of its kind.
    """
    known = {**shipped_worlds(), **shipped_scenarios()}
    file = known.get(path, Path(path)) if isinstance(path, str) else path
    documents = Documents()
    try:
        if _kind_of_file(file, documents) == "world":
            _checked(World, documents.world(file), documents)
        else:
            _checked(Scenario, documents.scenario(file), documents)
    except InputError as error:
        return list(error.problems)
    return []


_SCENARIO_KEYS = ("world", "horizon", "interventions", "baseline", "set")


def _kind_of_file(path: Path, documents: Documents, left: int = MAX_PARENTS) -> Kind:
    """A document with actors is a world; one that says too little is what it extends."""
    tree = documents.read(path)
    if tree is None or not left:
        return "scenario"
    named = tree.child("extends")
    several = named is not None and isinstance(named.value, list)  # a scenario extends one file
    if tree.child("actors") is not None or several:
        return "world"
    extends = tree.text("extends")
    if extends is None or any(tree.child(key) is not None for key in _SCENARIO_KEYS):
        return "scenario"
    if extends in shipped_worlds() and extends not in shipped_scenarios():
        return "world"
    try:
        parent = find(extends, "scenario", relative_to=path)
    except InputError:
        return "scenario"
    return _kind_of_file(parent, documents, left - 1)


def _refuse_world(file: Path, documents: Documents) -> None:
    """One problem for a world in a scenario's place, not one for each of its keys."""
    if _kind_of_file(file, documents) != "world":
        return
    tree = documents.read(file)
    if tree is not None and not any(tree.child(key) is not None for key in _SCENARIO_KEYS):
        mend = f"write a scenario with `world: {file}`, and name that"
        raise InputError([Problem("this file is a world, not a scenario", mend, str(file))])


def _overridden(tree: Node | None, documents: Documents, overrides: Sequence[str]) -> Node | None:
    return None if tree is None else documents.override(tree, overrides)


def _checked(model: type[_Model], tree: Node | None, documents: Documents) -> _Model:
    """The model of a document, or everything that is wrong with the document."""
    problems = documents.problems
    if tree is None or documents.broken:
        raise InputError(in_order(problems))
    if not documents.worldless:
        problems += documents.suspects.confirmed(tree, _kind_of(model))
    told = partial(explain, without="world" if documents.worldless else None)
    return checked(model, tree, problems, _names(model, tree), told)


def _kind_of(model: type[Any]) -> Kind:
    return "world" if model is World else "scenario"


def _names(model: type[Any], tree: Node) -> Names | None:
    """What the document declares; None, which leaves names unchecked, without a world."""
    if model is World:
        return names_of(tree)
    world = tree.child("world")
    if world is None or not isinstance(world.value, dict):
        return None
    return names_of(world, tree)
