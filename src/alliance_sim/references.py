"""The literature that a scenario rests on, as its files and the mechanisms' docstrings have it."""

from __future__ import annotations

import inspect
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any

from alliance_sim.spec import Scenario
from alliance_sim.spec.base import Frozen, children
from alliance_sim.spec.provenance import basis_of

_SENTENCE = re.compile(r"(?<=[a-z0-9)])\. (?=[A-Z])")
_YEAR = re.compile(r"\b(1[89]|20)[0-9]{2}\b")


def references(scenario: Scenario) -> list[tuple[str, list[str]]]:
    """Headings with the references under them, that a scenario uses."""
    world, told = scenario.world, scenario.sources.items()
    parts = [
        (f"References of the world '{world.name}'", sorted(world.references.values())),
        (
            "Mechanisms",
            [f"{name}: {text}" for name in admitted(scenario) if (text := published(name))],
        ),
        ("Interventions", [f"{name}: {text}" for name, text in told if "." not in name]),
        ("Values of its own", [f"{path}: {text}" for path, text in told if "." in path]),
    ]
    return [(heading, lines) for heading, lines in parts if lines]


def grounds(scenario: Scenario) -> list[tuple[str, list[str]]]:
    """Headings with what has no source, and with how many numbers rest on what.

    Numbers are those that the files give; what they leave at its default is not counted.
    """
    first = {"world": scenario.world, "interventions": {e.id: e for e in scenario.interventions}}
    bases = {path: basis_of(scenario, path) for path in _numbers(first, ())}
    bare = [
        f"intervention {e.id}" for e in scenario.interventions if not scenario.sources.get(e.id)
    ]
    bare += [
        path.removeprefix("world.")
        for path, basis in bases.items()
        if basis == "unsourced" and path.startswith("world.")
    ]
    counts = Counter(bases.values())
    told = [f"{counts['judgement']} of {len(bases)} numbers given rest on judgement"]
    told += (
        [f"{counts['unsourced']} of {len(bases)} without a source"] if counts["unsourced"] else []
    )
    parts = [("Without a source", bare), ("What the numbers rest on", told)]
    return [(heading, lines) for heading, lines in parts if lines]


def _numbers(value: Any, path: tuple[str, ...]) -> Iterator[str]:
    """Paths of the numbers and distributions that files give."""
    if isinstance(value, float) or hasattr(value, "ppf"):
        yield ".".join(path)
        return
    given = value.model_fields_set if isinstance(value, Frozen) else None
    for name, child in children(value):
        if given is None or name in given:
            yield from _numbers(child, (*path, name))


def admitted(scenario: Scenario) -> list[str]:
    """Mechanisms of the world that the scenario's theory admits."""
    world = scenario.world
    theory = world.theories.get(scenario.theory, ()) if scenario.theory else None
    return [name for name in world.mechanisms if theory is None or name in theory]


def published(mechanism: str) -> str:
    """The sentences with a year in the docstring of a mechanism."""
    from alliance_sim.rules import mechanisms  # brings in NumPy, which `list` does without

    text = " ".join((inspect.getdoc(getattr(mechanisms, mechanism, None)) or "").split())
    cited: Iterable[str] = (each for each in _SENTENCE.split(text) if _YEAR.search(each))
    return ". ".join(each.rstrip(".") for each in cited)
