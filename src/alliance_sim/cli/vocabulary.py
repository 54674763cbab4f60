"""The names that a world has, for those who write scenarios in it."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from alliance_sim.cli.checking import partial
from alliance_sim.cli.layout import plain
from alliance_sim.errors import InputError
from alliance_sim.library import find, no_such, shipped_scenarios, whole_worlds
from alliance_sim.load import load_scenario, load_world
from alliance_sim.load.documents import Documents
from alliance_sim.spec import World
from alliance_sim.spec.outcomes import ClassMeasure

_ABOUT = 160
"""Most characters of a text about an arena."""


def world_of(name: str) -> World:
    """The world of a shipped name or of a file, which may hold a world or a scenario."""
    scenarios, worlds = shipped_scenarios(), whole_worlds()
    if problem := partial(name):
        raise InputError([problem])
    if name in scenarios:
        return load_scenario(name).world
    if name in worlds:
        return load_world(name)
    try:
        file = find(name, "scenario")
    except InputError as error:
        raise InputError([no_such("scenario or world", name, [*scenarios, *worlds])]) from error
    return _in_file(file)


def _in_file(file: Path) -> World:
    tree = Documents().read(file)
    if tree is not None and tree.child("actors") is not None:
        return load_world(file)
    try:
        return load_scenario(file).world
    except InputError:
        try:
            return load_world(file)  # a world may get its actors from one that it extends
        except InputError:
            pass
        raise


def vocabulary(world: World) -> dict[str, Any]:
    """Kind of name -> names, with what they stand for."""
    return {
        "actors": {key: each.name for key, each in world.actors.items()},
        "groups": {
            key: {"name": each.name, "members": list(each.members)}
            for key, each in world.groups.items()
        },
        "arenas": {
            key: {"name": each.name, "about": " ".join(each.about.split())}
            for key, each in world.arenas.items()
        },
        "domains": {key: each.name for key, each in world.domains.items()},
        "agreements": {
            key: {"name": each.name, "parties": list(each.parties)}
            for key, each in world.agreements.items()
        },
        "governments": {
            key: {"now": each.government.now, "kinds": list(each.government.kinds)}
            for key, each in world.actors.items()
            if each.government
        },
        "drivers": {key: each.name for key, each in world.drivers.items()},
        "choices": {
            key: {"name": each.name, "options": list(each.options)}
            for key, each in world.choices.items()
        },
        "readings": {
            key: {"name": each.name, "options": list(each.options), "default": each.default}
            for key, each in world.readings.items()
        },
        "mechanisms": list(world.mechanisms),
        "theories": {key: list(each) for key, each in world.theories.items()},
        "outcomes": {
            key: {
                "name": each.name,
                "unit": "class" if isinstance(each.measure, ClassMeasure) else each.unit,
            }
            for key, each in world.outcomes.items()
        },
    }


def vocabulary_view(world: World) -> Group:
    """The same for the terminal, one part under another."""
    parts: list[RenderableType] = [Text(plain(world.name), style="bold")]
    for kind, names in vocabulary(world).items():
        if not names:
            continue
        parts += ["", Text(kind, style="bold")]
        if isinstance(names, list):
            parts.append(Text("  " + ", ".join(names)))
            continue
        table = Table.grid(padding=(0, 2, 0, 0))
        table.add_column(no_wrap=True)
        table.add_column(overflow="fold")
        for key, what in names.items():
            table.add_row(Text(f"  {key}"), Text(plain("".join(_words(kind, what)))))
        parts.append(table)
    return Group(*parts)


def _words(kind: str, what: Any) -> Iterator[str]:
    if kind == "governments":
        yield ", ".join(f"{each} (now)" if each == what["now"] else each for each in what["kinds"])
    elif isinstance(what, list):
        yield ", ".join(what)
    elif isinstance(what, str):
        yield what
    else:
        yield what["name"]
        if "unit" in what:
            yield f" [{what['unit']}]"
        elif "about" in what:
            about = textwrap.shorten(what["about"], _ABOUT, placeholder=" ...")
            yield f": {about}" if about else ""
        else:
            listed = what.get("members") or what.get("parties") or what["options"]
            default = what.get("default")
            shown = (f"{each} (default)" if each == default else each for each in listed)
            yield f": {', '.join(shown)}"
