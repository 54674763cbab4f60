"""What ships with the library."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from rich.console import Group

from alliance_sim.cli.layout import new_table, plain, titled
from alliance_sim.errors import InputError
from alliance_sim.library import find, shipped_scenarios, whole_worlds
from alliance_sim.load.documents import MAX_PARENTS, Documents


def contents() -> dict[str, list[dict[str, Any]]]:
    """Scenarios and worlds with what they say of themselves."""
    documents = Documents()
    scenarios = [
        {
            "name": name,
            "title": str(_said(documents, path, "name") or ""),
            "question": str(_said(documents, path, "question") or ""),
            "claims": [str(claim) for claim in _said(documents, path, "claims") or []],
            "path": str(path),
        }
        for name, path in shipped_scenarios().items()
    ]
    worlds = []
    for name, path in whole_worlds().items():
        tree = documents.read(path)
        title = (tree.text("name") if tree else None) or ""
        worlds.append({"name": name, "title": title, "path": str(path)})
    return {"scenarios": scenarios, "worlds": worlds}


def listing(scenarios: Iterable[Mapping[str, Any]], worlds: Iterable[Mapping[str, Any]]) -> Group:
    """What is shipped."""
    table = new_table("name", ())
    for header in ("question", "claims"):
        table.add_column(header, overflow="fold")
    table.columns[0].no_wrap = True
    for each in scenarios:
        claims = " ".join(each["claims"])
        table.add_row(each["name"], plain(each["question"] or each["title"]), claims)
    places = new_table("name", ())
    places.columns[0].no_wrap = True
    places.add_column("title", overflow="fold")
    for each in worlds:
        places.add_row(each["name"], plain(each["title"]))
    return Group(titled("Scenarios", table), "", titled("Worlds", places))


def _said(documents: Documents, path: Path, key: str) -> Any:
    """What a scenario's file, or the nearest one that it extends, says under a key."""
    place = path
    for _ in range(MAX_PARENTS):
        tree = documents.read(place)
        if tree is None:
            return None
        found, extends = tree.child(key), tree.text("extends")
        if found is not None or extends is None:
            return found.plain() if found else None
        try:
            place = find(extends, "scenario", relative_to=place)
        except InputError:
            return None
    return None
