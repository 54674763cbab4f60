"""Tables in CSV become the tree of a system of actors, each cell with its place.

Three forms, told apart by their header: with a column ``other`` a list of dyads, with a column
``position`` a list of stances on issues, otherwise a square table of propensities. Lines that
begin with ``#`` say what the table is.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from alliance_sim.errors import Problem
from alliance_sim.load.tree import Mark, Node, Scalar
from alliance_sim.spec.base import did_you_mean

_INTEGER = re.compile(r"[-+]?[0-9]{1,400}")
_DECIMAL = re.compile(r"[-+]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][-+]?[0-9]+)?")
_DYADS = ("actor", "other", "propensity", "size")
_STANCES = ("issue", "actor", "position", "capability", "salience", "size")
_MOST_ROWS = 5_000


@dataclass(frozen=True)
class Cell:
    """Text of a field, and where it begins."""

    text: str
    mark: Mark

    def node(self) -> Node:
        """Its value: whole numbers stay whole, other text stays text."""
        value: Scalar = self.text
        if _INTEGER.fullmatch(self.text):
            value = int(self.text)
        elif _DECIMAL.fullmatch(self.text):
            value = float(self.text)
        return Node(value, self.mark, key=self.mark)


Row = Mapping[str, Cell]


def table_tree(text: str, file: str, problems: list[Problem]) -> Node | None:
    """The tree of a system, or None where the text is no table; problems are added to."""
    rows = [row for row in _rows(text, file, problems) if any(cell.text for cell in row)]
    if len(rows) < 2 or len(rows) > _MOST_ROWS:
        what = f"a table of {len(rows)} rows" if rows else "the file is empty"
        mend = f"write a header and from one to {_MOST_ROWS} rows under it"
        problems.append(Mark(file, 1, 1).problem(what, mend))
        return None
    return _Reader(file, rows[0], rows[1:], problems).tree(_about(text))


def _about(text: str) -> str:
    """What the lines of comment say."""
    lines = (line.strip() for line in text.splitlines())
    return " ".join(line.lstrip("# ") for line in lines if line.startswith("#"))


def _rows(text: str, file: str, problems: list[Problem]) -> Iterator[list[Cell]]:
    """Fields with their places; comma, semicolon or tab, whichever the header has most of."""
    lines = text.splitlines()
    header = next((line for line in lines if line.strip() and not _is_comment(line)), "")
    delimiter = max(",;\t", key=header.count)
    pattern = re.compile(rf'\s*"((?:[^"]|"")*)"\s*(?={delimiter}|$)|([^{delimiter}]*)')
    for number, line in enumerate(lines, 1):
        if _is_comment(line):
            continue
        cells, at = [], 0
        while at <= len(line):
            found = pattern.match(line, at)
            assert found is not None  # the second form matches anything
            quoted, bare = found.groups()
            raw = bare if quoted is None else quoted.replace('""', '"')
            mark = Mark(file, number, at + 1 + len(found[0]) - len(found[0].lstrip()))
            if quoted is None and raw.lstrip().startswith('"'):
                problems.append(mark.problem("a quoted text is not closed", "close the quote"))
            cells.append(Cell(raw.strip(), mark))
            at = found.end() + 1
        yield cells


def _is_comment(line: str) -> bool:
    return line.lstrip().startswith("#")


@dataclass
class _Reader:
    """Collects actors, ties and stances from the rows of a table."""

    file: str
    header: list[Cell]
    rows: list[list[Cell]]
    problems: list[Problem]
    actors: dict[str, dict[str, Node]] = field(default_factory=dict)
    labels: dict[str, Cell] = field(default_factory=dict)
    """Actor's id -> how it was first written."""
    ties: dict[tuple[str, str], tuple[Node, Cell]] = field(default_factory=dict)
    issues: dict[str, dict[str, Node]] = field(default_factory=dict)

    def tree(self, about: str) -> Node:
        """The document that a YAML file with the same content would be."""
        names = [cell.text.lower() for cell in self.header]
        if "other" in names:
            self._list(names, _DYADS, ("actor", "other", "propensity"), self._dyad)
        elif "position" in names:
            self._list(names, _STANCES, ("actor", "position"), self._stance)
        else:
            self._square()
        top = Mark(self.file, 1, 1)
        entries = {
            "name": Node(Path(self.file).stem.replace("_", " ").strip() or "table", top, key=top),
            "about": Node(about, top, key=top),
            "actors": Node(
                {
                    key: Node(entry, self.labels[key].mark, key=self.labels[key].mark)
                    for key, entry in self.actors.items()
                },
                top,
                key=top,
            ),
            "ties": Node(dict(self._tied()), top, key=top),
        }
        if self.issues:
            marked = {key: Node(each, top, key=top) for key, each in self.issues.items()}
            entries["issues"] = Node(marked, top, key=top)
        return Node(entries, top)

    def report(self, cell: Cell, what: str, mend: str) -> None:
        self.problems.append(cell.mark.problem(what, mend))

    # -- lists -----------------------------------------------------------------------------

    def _list(
        self, names: list[str], known: tuple[str, ...], needed: tuple[str, ...], take: object
    ) -> None:
        for cell, name in zip(self.header, names, strict=True):
            if name not in known:
                self.report(cell, f"unknown column '{cell.text}'", did_you_mean(name, known))
            elif names.count(name) > 1 and names.index(name) != self.header.index(cell):
                self.report(cell, f"column '{name}' is there twice", "keep one")
        for name in needed:
            if name not in names:
                self.report(self.header[0], f"there is no column '{name}'", "add it")
        if any(name not in names for name in needed):
            return
        for row in self.rows:
            if self._fits(row):
                found = dict(zip(names, row, strict=True))
                assert callable(take)
                take(found)

    def _fits(self, row: list[Cell]) -> bool:
        while len(row) > len(self.header) and not row[-1].text:
            row.pop()
        while len(row) < len(self.header):
            row.append(Cell("", row[-1].mark))
        if len(row) > len(self.header):
            what = f"the row has {len(row)} fields, the header {len(self.header)}"
            self.report(row[len(self.header)], what, "write one field for each column")
            return False
        return True

    def _dyad(self, row: Row) -> None:
        actor = self._actor(row["actor"])
        self._size(actor, row.get("size"))
        if not row["other"].text and not row["propensity"].text:
            return  # a row that only gives a size
        other = self._actor(row["other"])
        if actor and other:
            self._tie(actor, other, row["propensity"])

    def _stance(self, row: Row) -> None:
        actor = self._actor(row["actor"])
        self._size(actor, row.get("size"))
        label = row.get("issue", Cell("issue", row["actor"].mark))
        issue = identifier(label.text) or "issue"
        stances = self.issues.setdefault(issue, {})
        if actor is None:
            return
        if actor in stances:
            self.report(row["actor"], f"a second position of '{actor}'", "keep one")
            return
        values = {
            name: row[name].node()
            for name in ("position", "capability", "salience")
            if name in row and row[name].text
        }
        stances[actor] = Node(dict(values), row["actor"].mark, key=row["actor"].mark)

    # -- square tables ---------------------------------------------------------------------

    def _square(self) -> None:
        columns = [
            "size" if cell.text.lower() == "size" else self._actor(cell) for cell in self.header[1:]
        ]
        given: set[str] = set()
        for row in self.rows:
            if not self._fits(row):
                continue
            actor = identifier(row[0].text)
            if actor not in self.actors or actor in given:
                what = f"row '{row[0].text}' " + (
                    "is there twice" if actor in given else "has no column of that name"
                )
                mend = "keep one" if actor in given else did_you_mean(row[0].text, self._written())
                self.report(row[0], what, mend)
                continue
            given.add(actor)
            for column, cell in zip(columns, row[1:], strict=True):
                self._entry(actor, column, cell)
        for actor in self.actors:
            if actor not in given:
                cell = self.labels[actor]
                self.report(cell, f"column '{cell.text}' has no row of that name", "add the row")

    def _entry(self, actor: str, column: str | None, cell: Cell) -> None:
        if column == "size":
            self._size(actor, cell)
        elif column == actor:
            if cell.text:
                self.actors[actor]["self_tie"] = cell.node()
        elif column is not None and cell.text:
            self._tie(actor, column, cell)

    # -- what all forms share --------------------------------------------------------------

    def _written(self) -> list[str]:
        return [cell.text for cell in self.labels.values()]

    def _actor(self, cell: Cell) -> str | None:
        """The id of an actor, by what a cell calls it."""
        key = identifier(cell.text)
        if key is None:
            what = f"'{cell.text}' is no name of an actor" if cell.text else "an actor is missing"
            self.report(cell, what, "name it with letters or digits")
            return None
        first = self.labels.setdefault(key, cell)
        if first.text != cell.text:
            what = f"'{cell.text}' and '{first.text}' are alike but for signs or capitals"
            self.report(cell, what, "write the same name in the same way everywhere")
        if key not in self.actors:
            self.actors[key] = {"name": Node(cell.text, cell.mark, key=cell.mark)}
        return key

    def _size(self, actor: str | None, cell: Cell | None) -> None:
        if actor is None or cell is None or not cell.text:
            return
        node = cell.node()
        before = self.actors[actor].get("size")
        if before is not None and before.value != node.value:
            self.report(cell, f"a second size of '{actor}', {before.value} before", "keep one")
            return
        self.actors[actor].setdefault("size", node)

    def _tie(self, actor: str, other: str, cell: Cell) -> None:
        if (actor, other) in self.ties:
            line = self.ties[actor, other][1].mark.line
            what = f"'{actor}' to '{other}' is given twice, first in line {line}"
            self.report(cell, what, "keep one of the two")
        elif not cell.text:
            self.report(cell, "a propensity is missing", "write a number, or leave the row out")
        else:
            self.ties[actor, other] = (cell.node(), cell)

    def _tied(self) -> Iterator[tuple[str, Node]]:
        """Ties as dyads; what is given for one direction only holds for both."""
        for (a, b), (node, cell) in self.ties.items():
            arrow = "->" if (b, a) in self.ties else "-"
            yield f"{a}{arrow}{b}", replace(node, key=cell.mark)


def identifier(text: str) -> str | None:
    """An id made of a name: 'Côte d'Ivoire' is cote_d_ivoire; None where nothing is left."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    key = re.sub(r"[^a-z0-9]+", "_", plain).strip("_")
    if not key:
        return None
    return key if key[0].isalpha() else f"actor_{key}"
