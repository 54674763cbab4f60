"""Rows of the tables as records, each given once; a second, different value is a mistake."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np

from alliance_sim.errors import Problem
from alliance_sim.load.csv_columns import Columns
from alliance_sim.observations.sampling import (
    TYPICAL_VOTES,
    kappa_sd_of_shares,
    kappa_sd_of_votes,
)

Key = tuple[str | int, ...]
_STANDS = {"N": 1.0, "A": 0.0, "Y": -1.0}
"""What a vote on a resolution says of those it is aimed at: against it is with them."""
_ABSENT = {"X", ""}
_STATE = re.compile(r"[A-Z]{3}")
_DATE = re.compile(r"([0-9]{4})(-[0-9]{2}){0,2}")
_QUANTILE = 1.6449
"""Of the normal distribution at 0.95."""
TRADE_SOURCES = {
    "cow": "cow_imports_musd",
    "itpd": "itpd_current_musd",
    "cow_smooth": "cow_smooth_musd",
}
VOTE_SOURCES = ("calendar_year", "session")


@dataclass
class Records:
    """What the tables of one measure say, by what it is about."""

    found: dict[Key, tuple[float, ...]] = field(default_factory=dict)
    places: dict[Key, tuple[Columns, int]] = field(default_factory=dict)
    covered: list[tuple[frozenset[str], range]] = field(default_factory=list)
    """Of each file, its states and years; only where an absent row means none."""

    def add(
        self, key: Key, values: tuple[float, ...], table: Columns, row: int, column: str
    ) -> Problem | None:
        """Keep a record, or say why it cannot be."""
        before = self.places.get(key)
        if before is None:
            self.found[key], self.places[key] = values, (table, row)
            return None
        same = all(map(_alike, values, self.found[key]))
        if before[0] is not table and same:
            return None  # two files that overlap, and agree
        line = f"{before[0].file}:{before[0].lines[before[1]]}"
        named = " ".join(str(each) for each in key)
        if before[0] is table:
            return table.problem(
                row, column, f"{named} is there twice, first in {line}", "keep one"
            )
        what = f"{named} differs from the value in {line}"
        return table.problem(row, column, what, "keep one of the two rows")


def _is_no_year(value: float) -> bool:
    """Whether a number cannot be the year of an observation; NaN cannot."""
    return not 1000 <= value <= 2999 or value % 1 != 0


def _alike(one: float, other: float) -> bool:
    return math.isclose(one, other, abs_tol=1e-9) or (math.isnan(one) and math.isnan(other))


@dataclass
class Reader:
    """Reads tables of every measure, and counts what it leaves out."""

    actors: Mapping[str, str]
    """iso3 code -> id of the actor."""
    problems: list[Problem]
    records: dict[str, Records] = field(default_factory=dict)
    strangers: dict[str, set[str]] = field(default_factory=dict)
    """Measure -> states that are no actors."""
    left_out: Counter[str] = field(default_factory=Counter)
    """Measure -> rows left out for them; of targeted votes, columns."""

    def read(self, measure: str, table: Columns) -> None:
        """Take in a table whose form is known."""
        readers: dict[str, Callable[[Columns, Records], None]] = {
            "votes": self._votes,
            "ideal_points": self._ideal_points,
            "targeted_votes": self._targeted_votes,
            "arms": self._arms,
            "trade": self._trade,
        }
        readers[measure](table, self.records.setdefault(measure, Records()))

    def _votes(self, table: Columns, records: Records) -> None:
        source = VOTE_SOURCES["session" in table.header]
        kappas = self._bounded(table, "kappa_w", -1, 1)
        errors = self._vote_errors(table, kappas)
        for row, pair, year in self._pairs(table, "votes", "iso_a", "iso_b"):
            if not math.isnan(kappas[row]):
                values = (kappas[row], errors[row])
                self._add(records, (*sorted(pair), year, source), values, table, row, "iso_a")

    def _vote_errors(self, table: Columns, kappas: list[float]) -> list[float]:
        """Standard errors by the shares of agreement and opposition, else by the votes alone."""
        given = self._optional(table, "n_votes")
        votes = [
            math.nan if math.isnan(kappa) else each
            for kappa, each in zip(kappas, given, strict=True)
        ]
        table.checked("n_votes", votes, lambda n: n < 1 or n % 1 != 0, "a count", self.problems)
        number = np.maximum(np.nan_to_num(votes, nan=TYPICAL_VOTES), 1)
        shares = [self._optional(table, name, 0, 1) for name in ("agree", "oppose")]
        agree, oppose = np.asarray(shares)
        known = np.isfinite(agree) & np.isfinite(oppose)
        by_shares = kappa_sd_of_shares(agree, oppose, kappas, number)
        return [*np.where(known, by_shares, kappa_sd_of_votes(number)).tolist()]

    def _ideal_points(self, table: Columns, records: Records) -> None:
        points = table.numbers("ideal_point", self.problems)
        low, high = self._optional(table, "q05"), self._optional(table, "q95")
        self._in_order(table, low, high)
        for row, (iso,), year in self._rows(table, "ideal_points", "iso3"):
            if not math.isnan(points[row]):
                spread = (high[row] - low[row]) / (2 * _QUANTILE)
                values = (points[row], 0.0 if math.isnan(spread) else spread)
                self._add(records, (iso, year), values, table, row, "iso3")

    def _in_order(self, table: Columns, low: list[float], high: list[float]) -> None:
        for row, (below, above) in enumerate(zip(low, high, strict=True)):
            if below > above:
                what, mend = f"q05 {below:g} is above q95 {above:g}", "exchange the two"
                self.problems.append(table.problem(row, "q05", what, mend))

    def _arms(self, table: Columns, records: Records) -> None:
        delivered = self._bounded(table, "tiv_delivered", 0)
        states, years = set[str](), set[int]()
        for row, (one, other), year in self._pairs(table, "arms", "supplier", "recipient"):
            states |= {one, other}
            years.add(year)
            self._add(records, (one, other, year), (delivered[row],), table, row, "supplier")
        if years:
            span = range(min(years), max(years) + 1)
            records.covered.append((frozenset(states), span))

    def _trade(self, table: Columns, records: Records) -> None:
        rows = [*self._pairs(table, "trade", "exporter", "importer")]
        for source, column in TRADE_SOURCES.items():
            flows = self._bounded(table, column, 0) if column in table.header else []
            for row, ways, year in rows if flows else ():
                if not math.isnan(flows[row]):
                    self._add(records, (*ways, year, source), (flows[row],), table, row, column)

    def _targeted_votes(self, table: Columns, records: Records) -> None:
        codes = [each for each in table.header if _STATE.fullmatch(each)]
        for code in codes:
            if code not in self.actors:
                self._leave_out("targeted_votes", {code})
        names = table.filled("resolution", self.problems)
        dates, topics = table.filled("date", self.problems), table.texts("topic")
        targets = table.texts("target") if "target" in table.header else [""] * len(names)
        for row, (name, date) in enumerate(zip(names, dates, strict=True)):
            found = _DATE.fullmatch(date)
            if found is None:
                if date:
                    what, mend = f"date '{date}' is none", "write it as 2012-12-20"
                    self.problems.append(table.problem(row, "date", what, mend))
                continue
            for code in codes:
                self._vote(
                    records, (name, topics[row], targets[row], int(found[1])), table, row, code
                )

    def _vote(
        self,
        records: Records,
        about: tuple[str, str, str, int],
        table: Columns,
        row: int,
        code: str,
    ) -> None:
        written = table.rows[row][table.header.index(code)].upper()
        if written not in _STANDS and written not in _ABSENT:
            what, mend = f"vote '{written}' is none", "write Y, N, A (abstains) or X (not voting)"
            self.problems.append(table.problem(row, code, what, mend))
        elif written in _STANDS and code in self.actors:
            self._add(records, (*about, code), (_STANDS[written],), table, row, code)

    # -- columns and rows --------------------------------------------------------------------

    def _bounded(
        self, table: Columns, name: str, low: float, high: float = math.inf
    ) -> list[float]:
        values = table.numbers(name, self.problems)
        expected = f"in [{low:g}, {high:g}]" if math.isfinite(high) else f"{low:g} or more"
        table.checked(name, values, lambda v: not low <= v <= high, expected, self.problems)
        return values

    def _optional(
        self, table: Columns, name: str, low: float = -math.inf, high: float = math.inf
    ) -> list[float]:
        if name not in table.header:
            return [math.nan] * len(table.rows)
        return self._bounded(table, name, low, high)

    def _pairs(
        self, table: Columns, measure: str, one: str, other: str
    ) -> Iterator[tuple[int, tuple[str, str], int]]:
        """Rows of two different actors, with the two and the year."""
        for row, (a, b), year in self._rows(table, measure, one, other):
            if a == b:
                what = f"{one} and {other} are both '{a}'"
                self.problems.append(table.problem(row, other, what, "name two states"))
            else:
                yield row, (a, b), year

    def _rows(
        self, table: Columns, measure: str, *names: str
    ) -> Iterator[tuple[int, tuple[str, ...], int]]:
        """Rows all of whose states are actors, with their codes and the year."""
        years = table.numbers("year", self.problems)
        table.filled("year", self.problems)
        table.checked("year", years, _is_no_year, "a whole year", self.problems)
        columns = [table.filled(name, self.problems) for name in names]
        for row, (year, *written) in enumerate(zip(years, *columns, strict=True)):
            codes = [str(each).upper() for each in written]
            unknown = {each for each in codes if each and each not in self.actors}
            if unknown:
                self._leave_out(measure, unknown)
            if all(codes) and not unknown and not _is_no_year(year):
                yield row, tuple(codes), int(year)

    def _leave_out(self, measure: str, codes: set[str]) -> None:
        self.strangers.setdefault(measure, set()).update(codes)
        self.left_out[measure] += 1

    def _add(
        self,
        records: Records,
        key: Key,
        values: tuple[float, ...],
        table: Columns,
        row: int,
        column: str,
    ) -> None:
        problem = records.add(key, values, table, row, column)
        if problem is not None:
            self.problems.append(problem)
