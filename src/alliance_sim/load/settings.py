"""What was set over a file's own values no longer rests on the file's sources.

The paths of such values are entered under the scenario's ``sources``, where
:mod:`alliance_sim.spec.provenance` looks first.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from alliance_sim.load.tree import Mark, Node, ids_of
from alliance_sim.spec.provenance import SET

SOURCED = ("world", "interventions")
"""Where values have sources."""


def set_over(tree: Node, settings: Mapping[str, Node], own: Node | None = None) -> Node:
    """The document with a source for everything that was set without one.

    Args:
        tree: a scenario's document, the settings applied.
        settings: path -> value that was set there.
        own: ``sources`` that come with the settings, if any, which speak of what is set.
    """
    sources = tree.child("sources")
    if not isinstance(tree.value, dict) or (sources and not isinstance(sources.value, dict)):
        return tree  # a mistake, which is told when the document is checked
    known = dict(sources.value) if sources and isinstance(sources.value, dict) else {}
    given = own.value if own and isinstance(own.value, dict) else {}
    paths = {_by_id(tree, path): value for path, value in settings.items()}
    for path, value in paths.items():
        known = {key: text for key, text in known.items() if key in given or not _on(path, key)}
        if value.value is not None and _has_source(path) and not _given(path, given):
            known[path] = Node(SET, value.mark, key=value.mark)
    for path in paths:
        if entry := _sourced_entry(path):
            known = {
                key: text for key, text in known.items() if key in given or not _on(entry, key)
            }
    if sources is None:
        if not known:
            return tree
        sources = Node({}, Mark())
    return replace(tree, value={**tree.value, "sources": replace(sources, value=known)})


def without_world(tree: Node) -> Node:
    """A scenario's document without its world and without what was set in it."""
    if not isinstance(tree.value, dict):
        return tree
    rest = {key: node for key, node in tree.value.items() if key != "world"}
    sources = rest.get("sources")
    if sources is not None and isinstance(sources.value, dict):
        kept = {key: text for key, text in sources.value.items() if not _on("world", key)}
        rest["sources"] = replace(sources, value=kept)
    return replace(tree, value=rest)


def _on(path: str, key: str) -> bool:
    """Whether a key of ``sources`` speaks of a path or of something in it."""
    return key == path or key.startswith(f"{path}.")


def _has_source(path: str) -> bool:
    """Whether the value at a path is one that can have a source, and is none itself."""
    first, *rest = path.split(".")
    if first == "world" and (not rest or rest[0] in ("sources", "references")):
        return False
    return first in SOURCED and "source" not in rest and rest[-1:] not in (["name"], ["about"])


def _given(path: str, given: Mapping[str, Node]) -> bool:
    """Whether the file that sets a path says where it comes from."""
    first, *rest = steps = path.split(".")
    above = [".".join(steps[:depth]) for depth in range(2, len(steps) + 1)]
    if first == "interventions":
        above += rest[:1]
    return any(each in given for each in above)


def _sourced_entry(path: str) -> str:
    """What a path that sets a source speaks of; empty where it sets none."""
    steps = path.split(".")
    if steps[0] == "sources" and len(steps) == 2:
        return f"interventions.{steps[1]}"
    if steps[0] != "world" or "source" not in steps:
        return ""
    place = steps.index("source")
    return ".".join([*steps[:place], *steps[place + 1 :]])


def _by_id(tree: Node, path: str) -> str:
    """The path with the ids of list items in place of their numbers, as sources name them."""
    node: Node | None = tree
    steps: list[str] = []
    for step in path.split("."):
        ids = ids_of(node) if node is not None else []
        number = int(step) if step.isdecimal() and len(step) < 7 else len(ids)
        named = ids[number] if number < len(ids) else step
        steps.append(named)
        if node is not None:
            node = node.child(ids.index(named) if named in ids else named)
    return ".".join(steps)
