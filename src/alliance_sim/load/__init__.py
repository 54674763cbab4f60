"""Files in, checked scenarios and worlds out; every mistake of a file is told at once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

from pydantic import ValidationError

from alliance_sim.errors import InputError, Problem
from alliance_sim.library import Kind, find, shipped_scenarios, shipped_worlds
from alliance_sim.load.documents import Documents, data_tree
from alliance_sim.load.explain import explain
from alliance_sim.load.names import names_of
from alliance_sim.load.schema import schema
from alliance_sim.load.tree import Node
from alliance_sim.spec import Scenario, World

__all__ = [
    "check_file",
    "load_scenario",
    "load_world",
    "read_scenario",
    "read_world",
    "schema",
]

_Model = TypeVar("_Model", Scenario, World)


def load_scenario(source: str | Path, overrides: Sequence[str] = ()) -> Scenario:
    """Read a scenario by the name of a shipped one or by the path of a file.

    Args:
        source: Name or path.
        overrides: Settings ``PATH=VALUE`` applied to the document before it is checked, such
            as ``world.drivers.sanctions.weight=0``; the value is read as YAML.

    Raises:
        InputError: With every problem found, each at its place in its file.
    """
    documents = Documents()
    tree = documents.scenario(find(source, "scenario"))
    return _checked(Scenario, _overridden(tree, documents, overrides), documents)


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
    """Everything that is wrong with a scenario file or a world file; empty when it is right."""
    try:
        if _kind_of_file(Path(path)) == "world":
            load_world(Path(path))
        else:
            load_scenario(Path(path))
    except InputError as error:
        return list(error.problems)
    return []


_SCENARIO_KEYS = ("world", "horizon", "interventions", "baseline", "set")


def _kind_of_file(path: Path, left: int = 40) -> Kind:
    """A document with actors is a world; one that says too little is what it extends."""
    tree = Documents().read(path)
    if tree is None or not left:
        return "scenario"
    if tree.child("actors") is not None:
        return "world"
    extends = tree.text("extends")
    if extends is None or any(tree.child(key) is not None for key in _SCENARIO_KEYS):
        return "scenario"
    if extends in shipped_worlds() and extends not in shipped_scenarios():
        return "world"
    try:
        return _kind_of_file(find(extends, "scenario", relative_to=path), left - 1)
    except InputError:
        return "scenario"


def _overridden(tree: Node | None, documents: Documents, overrides: Sequence[str]) -> Node | None:
    return None if tree is None else documents.override(tree, overrides)


def _checked(model: type[_Model], tree: Node | None, documents: Documents) -> _Model:
    """The model of a document, or everything that is wrong with the document."""
    problems = documents.problems
    if tree is not None and not documents.broken:
        in_scenario = "world" in model.model_fields
        names = (
            names_of(tree.child("world"), tree.child("horizon"))
            if in_scenario
            else (names_of(tree))
        )
        try:
            checked = model.model_validate(tree.plain(), context=names)
        except ValidationError as error:
            # What has been refused while reading need not be refused again.
            known = {_place(problem) for problem in problems if problem.line is not None}
            found = explain(error, tree)
            problems += [problem for problem in found if _place(problem) not in known]
        else:
            if not problems:
                return checked
    raise InputError(_in_order(problems))


def _place(problem: Problem) -> tuple[str, int, int]:
    return problem.file, problem.line or 0, problem.column or 0


def _in_order(problems: Iterable[Problem]) -> list[Problem]:
    """Each problem once, as a reader meets them from the top of each file."""
    return sorted(dict.fromkeys(problems), key=_place)
