"""What a document declares, read tolerantly, so that references can be checked at once."""

from __future__ import annotations

import re

from alliance_sim.load.tree import Node
from alliance_sim.spec.base import MONTH_PATTERN, Names, month_number, undirected_pair

_MAX_MONTHS = 1200


def names_of(world: Node | None, scenario: Node | None = None) -> Names:
    """The names in a world, and the months of a scenario, as far as they can be read.

    Mistakes in the declarations themselves are left to validation: a name declared with a
    mistake still counts as declared.
    """
    start, end = _months(_inside(scenario, "horizon"))
    return Names(
        actors=_keys(world, "actors"),
        groups=_keys(world, "groups"),
        domains=_keys(world, "domains"),
        arenas=_keys(world, "arenas"),
        agreements=_keys(world, "agreements"),
        outcomes=_keys(world, "outcomes"),
        theories=_keys(world, "theories"),
        choices=_keys(world, "choices"),
        readings={
            reading: _keys(node, "options") for reading, node in _entries(world, "readings").items()
        },
        governments={
            actor: _keys(_inside(node, "government"), "kinds")
            for actor, node in _entries(world, "actors").items()
        },
        parties={
            agreement: _texts(_inside(node, "parties")) | _joining(scenario, agreement)
            for agreement, node in _entries(world, "agreements").items()
        },
        members={
            group: _texts(_inside(node, "members"))
            for group, node in _entries(world, "groups").items()
        },
        related=_related(world),
        start=start,
        end=end,
    )


def _related(world: Node | None) -> dict[str, frozenset[str]]:
    """Actor -> those with whom it has a relation."""
    found: dict[str, set[str]] = {}
    for key in _entries(world, "dyads"):
        if (pair := undirected_pair(key)) is not None:
            one, other = pair
            found.setdefault(one, set()).add(other)
            found.setdefault(other, set()).add(one)
    return {actor: frozenset(others) for actor, others in found.items()}


def _joining(scenario: Node | None, agreement: str) -> frozenset[str]:
    """Actors that an intervention brings into an agreement."""
    interventions = _inside(scenario, "interventions")
    listed = interventions.value if interventions is not None else None
    actions = [each.child("agreement") for each in listed] if isinstance(listed, list) else []
    return frozenset(
        party
        for each in actions
        if each is not None and (each.text("id"), each.text("does")) == (agreement, "join")
        if (party := each.text("party"))
    )


def _inside(node: Node | None, key: str) -> Node | None:
    return None if node is None else node.child(key)


def _entries(node: Node | None, key: str) -> dict[str, Node]:
    inner = _inside(node, key)
    return inner.value if inner is not None and isinstance(inner.value, dict) else {}


def _keys(node: Node | None, key: str) -> frozenset[str]:
    return frozenset(_entries(node, key))


def _texts(node: Node | None) -> frozenset[str]:
    items = node.value if node is not None and isinstance(node.value, list) else []
    return frozenset(item.value for item in items if isinstance(item.value, str))


def _months(horizon: Node | None) -> tuple[int | None, int | None]:
    """First month, and the month after the last."""
    start = None if horizon is None else horizon.text("start")
    months = _inside(horizon, "months")
    if start is None or not re.fullmatch(MONTH_PATTERN, start):
        return None, None
    first = month_number(start)
    count = None if months is None else months.value
    # type() as true and false are integers too
    if type(count) is not int or not 1 <= count <= _MAX_MONTHS:
        return first, None
    return first, first + count
