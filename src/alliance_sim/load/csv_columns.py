"""Long tables of observations in CSV, column by column; a field is placed only where it is wrong.

Unlike :mod:`alliance_sim.load.csv_cells`, which places every field of a small table, this reads
tens of thousands of rows in a moment.
"""

from __future__ import annotations

import csv
import math
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from alliance_sim.errors import Problem
from alliance_sim.load.csv_cells import Cell, cells_of, delimiter_of
from alliance_sim.load.texts import text_of
from alliance_sim.load.tree import Mark
from alliance_sim.wording import counted

_MAX_BYTES = 5_000_000
"""Some 200,000 rows; more are given in several files."""
_LARGEST = 1e300
_PLAIN = re.compile(r"-?[0-9]{1,15}(\.[0-9]{1,15})?")
_MOST_PROBLEMS = 20


@dataclass(frozen=True)
class Columns:
    """A table as texts by column, that can say where each field stands."""

    file: str
    header: tuple[str, ...]
    rows: list[list[str]]
    """Fields of each row, as many as the header has, without spaces around them."""
    lines: list[int]
    """The line in which each row ends, from 1."""
    text: list[str] = field(repr=False)
    """The lines of the file."""
    delimiter: str = ","

    def texts(self, name: str) -> list[str]:
        """One column as it is written."""
        place = self.header.index(name)
        return [row[place] for row in self.rows]

    def numbers(self, name: str, problems: list[Problem]) -> list[float]:
        """One column as numbers, NaN where a field is empty or is told to be no number."""
        found = []
        for row, written in enumerate(self.texts(name)):
            value = _number(written)
            if value is None:
                what = f"'{written}' in column '{name}' is not a number"
                mend = "write a number, or leave the cell empty where nothing is known"
                problems.append(self.problem(row, name, what, mend))
            found.append(math.nan if value is None else value)
        return found

    def filled(self, name: str, problems: list[Problem]) -> list[str]:
        """One column as it is written, none of whose fields may be empty."""
        found = self.texts(name)
        for row, written in enumerate(found):
            if not written:
                what = f"an empty cell in column '{name}'"
                problems.append(self.problem(row, name, what, "fill it or drop the row"))
        return found

    def checked(
        self,
        name: str,
        values: list[float],
        wrong: Callable[[float], bool],
        expected: str,
        problems: list[Problem],
    ) -> None:
        """Tell of the values of a column that are wrong, empty ones apart."""
        for row, value in enumerate(values):
            if not math.isnan(value) and wrong(value):
                what = f"{name} {value:.12g} is not {expected}"
                problems.append(self.problem(row, name, what, f"write {expected}"))

    def problem(self, row: int, name: str, what: str, mend: str) -> Problem:
        """A problem with a field."""
        return self._mark(self.lines[row], self.header.index(name)).problem(what, mend)

    def top(self, what: str, mend: str) -> Problem:
        """A problem with the header."""
        return Mark(self.file, 1, 1).problem(what, mend)

    def _mark(self, line: int, place: int) -> Mark:
        cells = [*cells_of(self.text[line - 1], Mark(self.file, line), self.delimiter, [])]
        # A field with line breaks in it leaves fewer in the last line than the row has.
        return cells[place].mark if place < len(cells) else Mark(self.file, line, 1)


def read_columns(path: Path, problems: list[Problem]) -> Columns | None:
    """The table in a file, or None after saying why there is none.

    Fields are separated by commas, semicolons or tabs, whichever the header has most of.
    """
    text = text_of(path, _MAX_BYTES)
    if isinstance(text, Problem):
        problems.append(text)
        return None
    lines = text.splitlines()
    delimiter = delimiter_of(lines[0]) if lines else ","
    reader = csv.reader(lines, delimiter=delimiter, skipinitialspace=True)
    try:
        told = [(reader.line_num, [each.strip() for each in row]) for row in reader if any(row)]
    except csv.Error as error:
        mark = Mark(str(path), reader.line_num, 1)
        problems.append(mark.problem(f"cannot be read as CSV ({error})", "check the quotes"))
        return None
    if not told:
        mend = "write a header line and a row for each observation"
        problems.append(Mark(str(path), 1, 1).problem("the file is empty", mend))
        return None
    header = tuple(told[0][1])
    table = Columns(str(path), header, [], [], lines, delimiter)
    for line, row in told[1:]:
        if any(row[len(header) :]):
            what = f"the row has {len(row)} fields, the header {len(header)}"
            mark = Mark(table.file, line, 1)
            problems.append(mark.problem(what, "write one field for each column"))
            continue
        table.rows.append([*row, *[""] * (len(header) - len(row))][: len(header)])
        table.lines.append(line)
    return table


def _number(written: str) -> float | None:
    if not written:
        return math.nan
    if _PLAIN.fullmatch(written):
        return float(written)  # nearly all are such
    value = Cell(written, Mark()).number
    if value is None or abs(value) > _LARGEST:
        return None
    return float(value)


def shortened(problems: list[Problem]) -> list[Problem]:
    """The first problems of a file, and how many more there are."""
    more = len(problems) - _MOST_PROBLEMS
    if more <= 0:
        return problems
    rest = Problem(f"{counted(more, 'more problem')}", "mend those above first", problems[0].file)
    return [*problems[:_MOST_PROBLEMS], rest]
