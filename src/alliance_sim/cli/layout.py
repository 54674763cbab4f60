"""The look of everything printed: tables, titles, safe text."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text

from alliance_sim.validation import mark, notes


def print_json(value: Any) -> None:
    """Print one JSON object to stdout, and nothing else."""
    print(json.dumps(value, indent=2, allow_nan=False))


def show(*renderables: RenderableType) -> None:
    """Print to stdout."""
    console = Console(highlight=False, markup=False, emoji=False)
    for each in renderables:
        # A path must stay whole, to be copied.
        console.print(each, soft_wrap=isinstance(each, str))


def plain(text: str) -> str:
    """Text on one line, without the control characters that a file may bring in."""
    return "".join(char for char in " ".join(text.split()) if char.isprintable())


def titled(title: str, table: Table) -> Group:
    """A table under a title that may be wider than the table."""
    return Group(Text(plain(title), style="bold"), table)


def outcome_label(name: str, said: str, unit: str = "") -> Text:
    """An outcome by its name and unit, and under it how far it is validated."""
    label = Text(plain(name))
    if unit:
        label.append(f" [{plain(unit)}]", style="dim")
    return label.append(f"\n{plain(mark(said))}", style="dim")


def validation_notes(texts: Iterable[str]) -> list[Text]:
    """What the marks of outcomes with these texts stand for."""
    return [Text(plain(each), style="dim") for each in notes(texts)]


def new_table(first: str, others: Sequence[str]) -> Table:
    """A table of words in the first column and numbers in the others."""
    table = Table(
        box=SIMPLE_HEAD,
        pad_edge=False,
        show_edge=False,
        padding=(0, 1, 0, 0),
    )
    table.add_column(first, overflow="fold", min_width=18, vertical="top")
    for header in others:
        table.add_column(header, justify="right", no_wrap=True)
    return table
