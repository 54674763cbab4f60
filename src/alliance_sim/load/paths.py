"""Setting one value in a document by its dotted path."""

from __future__ import annotations

from collections.abc import Mapping, Set
from dataclasses import replace
from functools import cache
from typing import Any, Literal, get_args, get_origin

from alliance_sim.errors import InputError
from alliance_sim.load.tree import MAX_DEPTH, Mark, Node, ids_of, kind_of, with_entry
from alliance_sim.spec import Scenario
from alliance_sim.spec.base import Frozen, did_you_mean


def put(tree: Node, path: str, value: Node, mark: Mark) -> Node:
    """The document with the value at ``path`` set; a null takes the key or list item out.

    Items of lists are named by their id or counted from 0. Every step but the last must be
    there, save for settings that the specification knows and the document leaves at their
    defaults. Raises InputError at ``mark``.
    """
    steps = path.split(".")
    if not all(steps) or len(steps) > MAX_DEPTH:
        mend = f"write up to {MAX_DEPTH} steps joined by dots"
        raise InputError([mark.problem(f"'{path}' is no path", mend)])
    return _Setting(path, steps, value, mark).apply(tree, Scenario, 0)


class _Setting:
    """One path and the value that it gets."""

    def __init__(self, path: str, steps: list[str], value: Node, mark: Mark) -> None:
        self.path, self.steps, self.value, self.mark = path, steps, value, mark

    def apply(self, node: Node, shape: Any, at: int) -> Node:
        if at == len(self.steps):
            return replace(self.value, key=self.mark)
        if isinstance(node.value, dict):
            return self._in_mapping(node, node.value, shape, at)
        if isinstance(node.value, list):
            return self._in_list(node, node.value, shape, at)
        raise self._fail(
            f"'{'.'.join(self.steps[:at])}' is {kind_of(node.value)}, nothing can be set in it",
            "set it as a whole",
        )

    def _in_mapping(self, node: Node, entries: Mapping[str, Node], shape: Any, at: int) -> Node:
        step, last = self.steps[at], at == len(self.steps) - 1
        inner, optional = inside(shape, step)
        child = entries.get(step)
        if last and self.value.value is None and child is not None:
            return with_entry(node, step, None)
        if child is None or child.value is None:
            if not last and not optional:
                raise self._unknown(at, {*entries, *fields_of(shape)})
            child = Node({}, self.mark)
        changed = self.apply(child, inner, at + 1)
        # The key keeps its place, unless this setting brings it in.
        key = entries[step].key if step in entries and not last else self.mark
        return with_entry(node, step, replace(changed, key=key))

    def _in_list(self, node: Node, items: list[Node], shape: Any, at: int) -> Node:
        step, ids = self.steps[at], ids_of(node)
        if step in ids:
            index = ids.index(step)
        elif step.isdecimal() and len(step) < 7 and int(step) < len(items):
            index = int(step)
        else:
            raise self._unknown(at, ids or [str(each) for each in range(len(items))])
        rest, size = [*items], node.size - items[index].size
        if at == len(self.steps) - 1 and self.value.value is None:
            del rest[index]
        else:
            changed = self.apply(items[index], inside(shape, step)[0], at + 1)
            rest[index] = replace(changed, key=None)
            size += changed.size
        return replace(node, value=rest, size=size)

    def _unknown(self, at: int, known: Any) -> InputError:
        before = ".".join(self.steps[:at])
        where = f"in '{before}'" if before else "at the top"
        return self._fail(
            f"path '{self.path}': there is no '{self.steps[at]}' {where}",
            did_you_mean(self.steps[at], known),
        )

    def _fail(self, what: str, mend: str) -> InputError:
        return InputError([self.mark.problem(what, mend)])


def inside(shape: Any, step: str) -> tuple[Any, bool]:
    """What the specification says of a step: its type, and whether it may be left out."""
    if isinstance(shape, type) and issubclass(shape, Frozen):
        known = _annotations(shape)
        return known.get(step), step in known
    arguments = get_args(shape)
    if get_origin(shape) is dict:
        key, value = arguments
        return value, get_origin(key) is Literal and step in get_args(key)
    if get_origin(shape) is tuple:
        return arguments[0], False
    for each in arguments:  # a union, or an annotated type
        inner, optional = inside(each, step)
        if inner is not None:
            return inner, optional
    return None, False


def fields_of(shape: Any) -> Set[str]:
    """The keys that the specification allows at a place, where it is one model's."""
    if isinstance(shape, type) and issubclass(shape, Frozen):
        return _annotations(shape).keys()
    return frozenset()


@cache
def _annotations(model: type[Frozen]) -> Mapping[str, Any]:
    """Key -> type of every field of a model; asked for of every value of a document."""
    return {info.alias or name: info.annotation for name, info in model.model_fields.items()}
