"""Tables in CSV become the tree of a system of actors, each cell with its place.

Three forms: a list of dyads, a list of stances on issues, and a square table of propensities
(:mod:`alliance_sim.load.csv_headers` tells them apart).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from alliance_sim.errors import Problem
from alliance_sim.load.csv_cells import Cell, table_cells
from alliance_sim.load.csv_headers import Form, identifier, tidied, understood
from alliance_sim.load.tree import MOST_TOLD, Mark, Node
from alliance_sim.spec.base import did_you_mean

_DYADS = ("actor", "other", "propensity", "size", "other_size")
_STANCES = ("issue", "actor", "position", "capability", "salience", "size")
_MOST_ROWS = 5_000
_MOST_COLUMNS = 500
_FORMS = (
    "write actor,other,propensity for a list of ties, actor,position for a list of stances, "
    "or an empty corner and a column for each actor"
)

Row = Mapping[str, Cell]


def table_tree(text: str, file: str, problems: list[Problem]) -> Node | None:
    """The tree of a system, or None where the text is no table; problems are added to."""
    rows, about = table_cells(text, file, problems)
    if not rows and problems:
        return None
    if len(rows) < 2 or len(rows) > _MOST_ROWS:
        what = f"a table of {len(rows)} rows" if rows else "the file is empty"
        mend = f"write a header and from one to {_MOST_ROWS} rows under it"
        problems.append(Mark(file, 1, 1).problem(what, mend))
        return None
    rows = [*_without_notes(rows, problems)]
    if len(rows) < 2:  # all others are comments, which have been told of
        return None
    header = tidied(rows[0], rows[1:])
    if len(header) > _MOST_COLUMNS:
        what = f"a table of {len(header)} columns"
        problems.append(header[0].mark.problem(what, f"write at most {_MOST_COLUMNS}"))
        return None
    form, names = understood(header, rows[1:])
    if form in ("headless", "unclear"):
        what = "the first line is no header" if form == "headless" else "the header is not clear"
        problems.append(header[0].mark.problem(what, _FORMS))
        return None
    return _Reader(file, header, names, rows[1:], problems).tree(form, about)


def _without_notes(rows: list[list[Cell]], problems: list[Problem]) -> Iterator[list[Cell]]:
    """Rows but for those that look like a comment under the header, which are told of."""
    for row in rows:
        if row[0].text.startswith("#") and not any(cell.text for cell in row[1:]):
            mend = "move it above the header, or fill the row in if it is a name"
            problems.append(row[0].mark.problem("a comment stands under the header", mend))
        else:
            yield row


@dataclass
class _Reader:
    """Collects actors, ties and stances from the rows of a table."""

    file: str
    header: list[Cell]
    names: list[str]
    """What the columns are called, in lower case."""
    rows: list[list[Cell]]
    problems: list[Problem]
    actors: dict[str, dict[str, Node]] = field(default_factory=dict)
    labels: dict[str, Cell] = field(default_factory=dict)
    """Actor's id -> how it was first written."""
    ties: dict[tuple[str, str], tuple[Node, Cell]] = field(default_factory=dict)
    issues: dict[str, dict[str, Node]] = field(default_factory=dict)

    def tree(self, form: Form, about: str) -> Node:
        """The document that a YAML file with the same content would be."""
        if form == "dyads":
            self._list(_DYADS, ("actor", "other", "propensity"), self._dyad)
        elif form == "stances":
            self._list(_STANCES, ("actor", "position"), self._stance)
        else:
            self._square()
        self._all_sized()
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
        self, known: tuple[str, ...], needed: tuple[str, ...], take: Callable[[Row], None]
    ) -> None:
        names = self.names
        for place, (cell, name) in enumerate(zip(self.header, names, strict=True)):
            if name not in known:
                self.report(cell, f"unknown column '{cell.text}'", did_you_mean(name, known))
            elif name in names[:place]:
                self.report(cell, f"column '{name}' is there twice", "keep one")
        for name in needed:
            if name not in names:
                self.report(self.header[0], f"there is no column '{name}'", "add it")
        if any(name not in names for name in needed):
            return
        for row in self.rows:
            if self._fits(row):
                take(dict(zip(names, row, strict=True)))

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
        if not any(row[name].text for name in ("other", "propensity", "other_size") if name in row):
            return  # a row that only gives a size
        other = self._actor(row["other"])
        self._size(other, row.get("other_size"))
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
        # With a row of that name it is an actor.
        sized = all(row[0].text.lower() != "size" for row in self.rows)
        if not sized:
            self.names = []
        columns = [
            "size" if sized and cell.text.lower() == "size" else self._actor(cell)
            for cell in self.header[1:]
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
                mend = "keep one" if actor in given else self._close(row[0].text)
                self.report(row[0], what, mend)
                continue
            given.add(actor)
            for column, cell in zip(columns, row[1:], strict=True):
                if column == "size" and sized:
                    self._size(actor, cell)
                elif column is not None and cell.text:
                    self._tie(actor, column, cell)
        for actor in self.actors:
            if actor not in given:
                cell = self.labels[actor]
                self.report(cell, f"column '{cell.text}' has no row of that name", "add the row")

    # -- what all forms share --------------------------------------------------------------

    def _close(self, name: str) -> str:
        """The actor that was probably meant, while there are few problems."""
        if len(self.problems) > MOST_TOLD:
            return "name a column"
        return did_you_mean(name, [cell.text for cell in self.labels.values()])

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

    def _all_sized(self) -> None:
        """A size left out where others have one is a gap, not a size of 1."""
        if "size" not in self.names and "other_size" not in self.names:
            return
        if "other" in self.names:
            mend = (
                "give it once: in `size` of a row where it is `actor` (a row may give nothing "
                "else), or in a column `other_size` where it is `other`"
            )
        else:
            mend = "give it once, in the column `size`"
        for actor, entry in self.actors.items():
            if "size" not in entry:
                cell = self.labels[actor]
                self.report(cell, f"'{cell.text}' has no size, though the table has sizes", mend)

    def _tie(self, actor: str, other: str, cell: Cell) -> None:
        if (actor, other) in self.ties:
            line = self.ties[actor, other][1].mark.line
            what = f"'{actor}' to '{other}' is given twice, first in line {line}"
            self.report(cell, what, "keep one of the two")
        elif not cell.text:
            self.report(cell, "a propensity is missing", "write a number, or leave the row out")
        else:
            self.ties[actor, other] = (cell.node(), cell)
            if actor == other:
                self.actors[actor]["self_tie"] = cell.node()

    def _tied(self) -> Iterator[tuple[str, Node]]:
        """Ties as dyads; what is given for one direction only holds for both."""
        for (a, b), (node, cell) in self.ties.items():
            if a == b:
                continue  # stands with the actor
            arrow = "->" if (b, a) in self.ties else "-"
            yield f"{a}{arrow}{b}", replace(node, key=cell.mark)
