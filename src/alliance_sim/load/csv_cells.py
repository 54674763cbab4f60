"""The fields of a table in CSV, each with its place, and what its comments say."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from alliance_sim.errors import Problem
from alliance_sim.load.tree import MAX_NODES, Mark, Node, Scalar

_INTEGER = re.compile(r"[-+]?[0-9]{1,400}")
_DECIMAL = re.compile(r"[-+]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][-+]?[0-9]+)?")
_QUOTED = re.compile(r'"(?:[^"]|"")*"')
_SEPARATOR = re.compile(r'"?sep=(.)"?', re.IGNORECASE)
"""First line in which a spreadsheet says what stands between fields."""
_MINUS = "\N{MINUS SIGN}"
_LONGEST = 300
"""Letters of a field; finding the id that a name stands for takes long for longer ones."""


@dataclass(frozen=True)
class Cell:
    """Text of a field, and where it begins."""

    text: str
    mark: Mark

    @property
    def number(self) -> int | float | None:
        """Its value, where it is a number; whole numbers stay whole."""
        text = self.text.replace(_MINUS, "-")
        if _INTEGER.fullmatch(text):
            return int(text)
        return float(text) if _DECIMAL.fullmatch(text) else None

    def node(self) -> Node:
        """Its value: numbers as such, other text stays text."""
        value: Scalar = self.text if self.number is None else self.number
        return Node(value, self.mark, key=self.mark)


def table_cells(text: str, file: str, problems: list[Problem]) -> tuple[list[list[Cell]], str]:
    """The rows of a table that hold anything, header first, and what the comments say.

    Comments are the lines above the header that begin with ``#``; under it, that is a name.
    """
    lines = list(enumerate(text.splitlines(), 1))
    told, separator, start = [], None, len(lines)
    for place, (_, line) in enumerate(lines):
        found = _SEPARATOR.fullmatch(line.strip(" "))
        if found and separator is None:
            separator = found[1]
        elif line.lstrip().startswith("#"):
            told.append(line.strip().lstrip("# "))
        elif line.strip():
            start = place
            break
    below = lines[start:]
    delimiter = separator or delimiter_of(below[0][1] if below else "")
    rows: list[list[Cell]] = []
    left = MAX_NODES
    for number, line in below:
        row = [*islice(cells_of(line, Mark(file, number), delimiter, problems), left + 1)]
        left -= len(row)
        if left < 0:
            mark = Mark(file, number, 1)
            problems.append(mark.problem(f"more than {MAX_NODES} fields", "take some out"))
            return [], ""
        if any(cell.text for cell in row):
            rows.append(row)
    return rows, " ".join(told)


def delimiter_of(header: str) -> str:
    """Comma, semicolon or tab, whichever the header has most of outside quotes."""
    return max(",;\t", key=_QUOTED.sub("", header).count)


def cells_of(line: str, mark: Mark, delimiter: str, problems: list[Problem]) -> Iterator[Cell]:
    """The fields of one line, each with the column in which it begins."""
    end = re.escape(delimiter)
    pattern = re.compile(rf'[^\S{end}]*"((?:[^"]|"")*)"[^\S{end}]*(?={end}|$)|([^{end}]*)')
    at = 0
    while at <= len(line):
        found = pattern.match(line, at)
        assert found is not None  # the second form matches anything
        quoted, bare = found.groups()
        raw = bare if quoted is None else quoted.replace('""', '"')
        here = Mark(mark.file, mark.line, at + 1 + len(found[0]) - len(found[0].lstrip()))
        if quoted is None and raw.lstrip().startswith('"'):
            problems.append(here.problem("a quoted text is not closed", "close the quote"))
        text = raw.strip()
        if len(text) > _LONGEST:
            problems.append(here.problem(f"a field of {len(text)} letters", "shorten it"))
            text = text[:_LONGEST]
        yield Cell(text, here)
        at = found.end() + 1
