"""The command that a result was made by, kept in it so that it can be made again."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from typing import Any

import typer

ELSEWHERE = frozenset(
    {"out", "quiet", "as_json", "workers", "scheduler", "no_plots", "resume", "details", "skill"}
)
"""Parameters that say where results go and how they are shown; the numbers do not hang on them."""


def command_line(context: typer.Context, **instead: Any) -> str:
    """The command that makes the same numbers again.

    Everything that the numbers hang on is said, defaults as well, which another version may have
    changed.

    Args:
        context: of the command that runs.
        instead: other values of some parameters, such as one of several scenarios.

    Example:
        ``alliance-sim run us_exits_jcpoa --runs 500 --seed 7``
    """
    values = context.params | instead
    options: list[str] = []
    arguments: list[str] = []
    for each in context.command.params:
        value = values.get(each.name or "")
        if each.name in ELSEWHERE or value is None or value is False:
            continue
        if each.param_type_name == "argument":
            arguments += _texts(value)
        elif value is True:
            options.append(each.opts[0])
        else:
            options += [word for text in _texts(value) for word in (each.opts[0], text)]
    return shlex.join(["alliance-sim", str(context.command.name), *arguments, *options])


def _texts(value: Any) -> Iterator[str]:
    """The words that give a value on the command line."""
    for each in value if isinstance(value, list | tuple) else [value]:
        yield str(getattr(each, "value", each))
