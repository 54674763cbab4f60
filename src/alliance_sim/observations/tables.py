"""Tidy files in, one table for each measure out; every mistake is told at once, with its place."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from alliance_sim.errors import InputError, Problem
from alliance_sim.load.csv_columns import Columns, read_columns, shortened
from alliance_sim.observations.forms import (
    MEASURES,
    every_form,
    form_of,
    unknown_form,
    what_to_bring,
)
from alliance_sim.observations.measures import frame_of
from alliance_sim.observations.records import TRADE_SOURCES, VOTE_SOURCES, Reader
from alliance_sim.spec.base import did_you_mean
from alliance_sim.wording import counted

Floats = npt.NDArray[np.float64]
_PREFERRED = (*VOTE_SOURCES, *TRADE_SOURCES)


@dataclass(frozen=True)
class Panel:
    """One measure as arrays, NaN where nothing was observed."""

    dyads: tuple[str, ...]
    years: tuple[int, ...]
    """Every year from the first to the last."""
    values: Floats
    """(dyad, year) what was observed."""
    errors: Floats
    """(dyad, year) standard error of the measurement itself; NaN where nothing was observed."""

    def until(self, year: int) -> Panel:
        """The same without what was observed after a year."""
        later = np.asarray(self.years) > year
        return Panel(
            self.dyads,
            self.years,
            np.where(later, np.nan, self.values),
            np.where(later, np.nan, self.errors),
        )


@dataclass(frozen=True)
class Observations:
    """What was observed: a tidy table for each measure.

    Columns: ``dyad`` (``iran-russia``), ``year``, ``value`` and ``error`` in the units of the
    measure (see ``docs/observations.md``), ``source``; of targeted votes also ``weight``.
    """

    tables: Mapping[str, pd.DataFrame]
    notes: tuple[str, ...] = ()
    """What was left out, in words."""

    def __getitem__(self, measure: str) -> pd.DataFrame:
        """The table of a measure.

        Raises:
            InputError: Where nothing of it was observed, with what to bring.
        """
        if measure in self.tables:
            return self.tables[measure]
        if measure not in MEASURES:
            raise InputError([Problem(f"no measure '{measure}'", did_you_mean(measure, MEASURES))])
        mend = f"bring {what_to_bring([measure])}"
        raise InputError([Problem(f"nothing of the measure '{measure}' was observed", mend)])

    @property
    def measures(self) -> tuple[str, ...]:
        """Names of the measures observed, the primary one first."""
        return tuple(each for each in MEASURES if each in self.tables)

    def sources(self, measure: str) -> tuple[str, ...]:
        """The sources of a measure, the preferred one first."""
        found = {*self[measure]["source"]}
        return (*(each for each in _PREFERRED if each in found), *sorted(found - {*_PREFERRED}))

    def dyads(self, measure: str) -> tuple[str, ...]:
        """The dyads of which a measure was observed, in alphabetical order."""
        return tuple(sorted({*self[measure]["dyad"]}))

    def panel(
        self,
        measure: str,
        dyads: Sequence[str] | None = None,
        years: tuple[int, int] | None = None,
        source: str | None = None,
    ) -> Panel:
        """One measure of one source as arrays of dyads and years.

        Args:
            measure: any but ``targeted_votes``, of which a dyad has several a year.
            dyads: those wanted, in order; those without observations are all NaN. Left out,
                those observed.
            years: first and last; left out, those observed.
            source: one of :meth:`sources`; left out, the preferred one.

        Raises:
            InputError: Where nothing of the measure or the source was observed.
        """
        if measure == "targeted_votes":
            mend = "use its table, a row for each vote"
            raise InputError([Problem("targeted votes are no panel of dyads and years", mend)])
        known = self.sources(measure)
        if source is not None and source not in known:
            raise InputError([Problem(f"no source '{source}'", did_you_mean(source, known))])
        table = self[measure]
        table = table[table["source"] == (source or known[0])]
        rows = pd.Index(dyads if dyads is not None else sorted({*table["dyad"]}))
        first, last = years or (int(table["year"].min()), int(table["year"].max()))
        columns = pd.RangeIndex(first, last + 1)
        values, errors = (
            table.pivot(index="dyad", columns="year", values=each)
            .reindex(index=rows, columns=columns)
            .to_numpy(float)
            for each in ("value", "error")
        )
        return Panel(tuple(rows), tuple(columns), values, errors)


def read_observations(
    paths: Sequence[Path | str],
    actors: Mapping[str, str],
    targets: Mapping[str, str] | None = None,
) -> Observations:
    r"""Read what was observed from CSV files, or from every file of a known kind in a folder.

    Each file is known by its columns, whatever it is called. Rows of states that are no actors are
    left out, and counted in ``notes``. The same dyad, year and source may stand in several files
    as long as they agree.

    Args:
        paths: files and folders.
        actors: iso3 code -> id, of the actors of a world.
        targets: topic of targeted votes -> id of the actor that they are aimed at, for files
            without a column ``target``.

    Raises:
        InputError: With every mistake in any file, each at its place; where a file or folder is
            missing or of no known kind, with what to bring and where it is published.

    Example:
        >>> import tempfile
        >>> folder = Path(tempfile.mkdtemp())
        >>> _ = (folder / "mine.csv").write_text(
        ...     "iso_a,iso_b,year,kappa_w,n_votes\nRUS,IRN,2017,0.45,90\n"
        ... )
        >>> seen = read_observations([folder], {"IRN": "iran", "RUS": "russia"})
        >>> print(seen["votes"].round(3).to_string(index=False))
               dyad  year  value  error        source
        iran-russia  2017   0.45  0.141 calendar_year
    """
    problems: list[Problem] = []
    reader = Reader(actors, [])
    read: list[str] = []
    for table in _tables([Path(each) for each in paths], problems):
        form = form_of(table)
        if form is None:
            problems += unknown_form(table)
            continue
        twice = {each for each in table.header if table.header.count(each) > 1}
        problems += [table.top(f"column '{each}' is there twice", "keep one") for each in twice]
        reader.problems = []
        reader.read(form.measure, table)
        problems += shortened(reader.problems)
        read.append(table.file)
    tables = {
        measure: frame
        for measure, records in reader.records.items()
        if len(frame := frame_of(measure, records, actors, targets or {}))
    }
    if not tables and not problems:
        who = ", ".join(sorted(actors)[:20])
        mend = f"bring rows of the states {who}; {every_form()}"
        problems.append(Problem("nothing was observed of the world's actors", mend, read[0]))
    if problems:
        raise InputError(problems)
    return Observations(tables, tuple(_notes(reader)))


def _tables(paths: Sequence[Path], problems: list[Problem]) -> Iterable[Columns]:
    """The tables in files and folders; of a folder those of a known kind alone."""
    if not paths:
        problems.append(Problem("no observations were named", f"bring {what_to_bring()}"))
    done: set[Path] = set()
    for path in paths:
        folder = path.is_dir()
        known = False
        for file in sorted(path.glob("*.csv")) if folder else [path]:
            if file.resolve() in done:
                known = True
                continue
            done.add(file.resolve())
            if not file.is_file():
                problems.append(
                    Problem("the file is missing", f"bring {what_to_bring()}", str(file))
                )
                continue
            table = read_columns(file, problems)
            if table is None:
                known = True  # it may have been the one; why it is not is told
            elif not folder or form_of(table) is not None:
                known = True
                yield table
        if folder and not known:
            what = "no table of a known kind is in this folder"
            problems.append(Problem(what, f"bring {what_to_bring()}", str(path)))


def _notes(reader: Reader) -> Iterable[str]:
    for measure, strangers in reader.strangers.items():
        shown = ", ".join(sorted(strangers)[:12]) + (", ..." if len(strangers) > 12 else "")
        noun = "column" if measure == "targeted_votes" else "row"
        left = counted(reader.left_out[measure], noun)
        yield f"{measure}: {left} left out, of states that are no actors of the world: {shown}"
