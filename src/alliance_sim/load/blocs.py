"""Systems of actors from YAML or CSV; every mistake is told at once, with its place."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from alliance_sim.errors import Problem
from alliance_sim.load.csv_tables import table_tree
from alliance_sim.load.documents import Documents, data_tree
from alliance_sim.load.explain import checked, explain
from alliance_sim.load.tree import Node
from alliance_sim.spec.base import Names
from alliance_sim.spec.blocs import BlocSystem, given_again

TABLES = frozenset({".csv", ".tsv"})
"""Endings of files that are read as tables."""
_OWN_KEYS = ("ties", "issues", "actors")
_OTHERS_KEYS = ("world", "horizon", "extends", "dyads")


def load_blocs(source: str | Path, documents: Documents | None = None) -> BlocSystem:
    """Read a system of actors from a YAML file, or from a table in CSV.

    Args:
        source: Path of the file.
        documents: What :func:`blocs_file` has read of it.

    Raises:
        InputError: With every problem found, each at its place in the file.
    """
    path, documents = Path(source), documents or Documents()
    if path.suffix.lower() in TABLES:
        text = documents.text(path)
        tree = None if text is None else table_tree(text, str(path), documents.problems)
    else:
        tree = documents.read(path)
    return _checked(tree, documents.problems)


def read_blocs(data: Mapping[str, Any]) -> BlocSystem:
    """Check a system given as plain data, written as in a YAML file.

    Raises:
        InputError: With every problem found.
    """
    documents = Documents()
    return _checked(data_tree(data, documents), documents.problems)


def blocs_file(path: Path) -> Documents | None:
    """What was read of a file with a system of its own; None for a scenario or a world."""
    documents = Documents()
    if path.suffix.lower() in TABLES:
        return documents
    tree = documents.read(path) if path.is_file() else None
    if tree is None or any(tree.child(key) is not None for key in _OTHERS_KEYS):
        return None
    return documents if any(tree.child(key) is not None for key in _OWN_KEYS) else None


def _checked(tree: Node | None, problems: list[Problem]) -> BlocSystem:
    names = None if tree is None else _names(tree)
    return checked(BlocSystem, tree, problems, names, _everything)


def _everything(error: ValidationError, tree: Node) -> Iterator[Problem]:
    yield from explain(error, tree)
    yield from _again(tree)


def _names(tree: Node) -> Names | None:
    """The actors of the document, so that unknown ones are told with everything else."""
    actors = tree.child("actors")
    if actors is None or not isinstance(actors.value, dict):
        return None
    return Names(actors=frozenset(actors.value))


def _again(tree: Node) -> Iterator[Problem]:
    """Ties given twice, which the model looks for only when nothing else is wrong."""
    ties = tree.child("ties")
    if ties is None or not isinstance(ties.value, dict):
        return
    for dyad, what, mend in given_again(ties.value):
        node = ties.value[dyad]
        yield (node.key or node.mark).problem(what, mend)
