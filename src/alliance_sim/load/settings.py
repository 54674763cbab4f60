"""What was set over a file's own values no longer rests on the file's sources.

The paths of such values are entered under the scenario's ``sources``, where
:mod:`alliance_sim.spec.provenance` looks first.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from alliance_sim.load.tree import Mark, Node, ids_of, size_of_mapping, with_entry
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
    before = sources.value if sources and isinstance(sources.value, dict) else {}
    given = own.value if own and isinstance(own.value, dict) else {}
    paths = {_by_id(tree, path): value for path, value in settings.items()}
    replaced, told = _Paths(paths), _Paths(given)
    sourced = _Paths(entry for path in paths if (entry := _sourced_entry(path)))
    known = {
        key: text
        for key, text in before.items()
        if key in given or not (replaced.last(key) >= 0 or sourced.last(key) >= 0)
    }
    for place, (path, value) in enumerate(paths.items()):
        if value.value is None or not _has_source(path) or _given(path, told):
            continue
        if replaced.last(path) == place and sourced.last(path) < 0:
            known[path] = Node(SET, value.mark, key=value.mark)
    if sources is None:
        if not known:
            return tree
        sources = Node({}, Mark())
    sources = replace(sources, value=known, size=size_of_mapping(known))
    return with_entry(tree, "sources", sources)


def without_world(tree: Node) -> Node:
    """A scenario's document without its world and without what was set in it."""
    if not isinstance(tree.value, dict):
        return tree
    rest = {key: node for key, node in tree.value.items() if key != "world"}
    sources = rest.get("sources")
    if sources is not None and isinstance(sources.value, dict):
        world = _Paths(["world"])
        kept = {key: text for key, text in sources.value.items() if world.last(key) < 0}
        rest["sources"] = replace(sources, value=kept, size=size_of_mapping(kept))
    return replace(tree, value=rest, size=size_of_mapping(rest))


class _Paths:
    """Paths by their steps, so that of any number those above another are found at once."""

    def __init__(self, paths: Iterable[str]) -> None:
        self.root = _Step()
        for place, path in enumerate(paths):
            step = self.root
            for name in path.split("."):
                step = step.below.setdefault(name, _Step())
            step.place = place

    def last(self, path: str, least: int = 1) -> int:
        """The place of the last path that is ``path`` or above it; -1 where there is none.

        Paths of fewer than ``least`` steps do not count.
        """
        found, step = -1, self.root
        for depth, name in enumerate(path.split("."), start=1):
            if name not in step.below:
                break
            step = step.below[name]
            if depth >= least:
                found = max(found, step.place)
        return found


@dataclass(slots=True)
class _Step:
    below: dict[str, _Step] = field(default_factory=dict)
    place: int = -1
    """Of the path that ends here among all."""


def _has_source(path: str) -> bool:
    """Whether the value at a path is one that can have a source, and is none itself."""
    first, *rest = path.split(".")
    if first == "world" and (not rest or rest[0] in ("sources", "references")):
        return False
    return first in SOURCED and "source" not in rest and rest[-1:] not in (["name"], ["about"])


def _given(path: str, given: _Paths) -> bool:
    """Whether the file that sets a path says where it comes from."""
    first, *rest = path.split(".", 2)
    of_intervention = first == "interventions" and rest and given.last(rest[0]) >= 0
    return bool(of_intervention) or given.last(path, least=2) >= 0


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
