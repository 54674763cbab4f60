"""The tables that are read: how each is known by its columns, and where its data are published."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from alliance_sim.errors import Problem
from alliance_sim.load.csv_columns import Columns
from alliance_sim.observations import published
from alliance_sim.spec.base import did_you_mean


@dataclass(frozen=True)
class Form:
    """One kind of table."""

    measure: str
    """What it gives: a name of :data:`MEASURES`."""
    needed: tuple[str, ...]
    """Columns without which it is another kind of table."""
    any_of: tuple[str, ...] = ()
    """Columns of which it has one at least."""
    optional: tuple[str, ...] = ()
    """Columns that are used where they are there."""
    published: tuple[str, ...] = ()
    """Keys of :data:`~alliance_sim.observations.published.REFERENCES`."""
    states: bool = False
    """Whether it has a column for each state, headed by its iso3 code."""

    @property
    def columns(self) -> str:
        """Its columns in words."""
        told = ", ".join(self.needed)
        told += f" and one or more of {', '.join(self.any_of)}" if self.any_of else ""
        return f"{told} and a column for each state" if self.states else told

    def matches(self, header: Sequence[str]) -> bool:
        """Whether a table has what makes it one of this kind."""
        any_of = not self.any_of or any(each in header for each in self.any_of)
        return any_of and all(each in header for each in self.needed)


FORMS = (
    Form(
        "votes",
        ("iso_a", "iso_b", "year", "kappa_w"),
        (),
        ("n_votes", "agree", "oppose", "session"),
        ("unga",),
    ),
    Form("ideal_points", ("iso3", "year", "ideal_point"), (), ("q05", "q95"), ("ideal_points",)),
    Form(
        "targeted_votes", ("resolution", "date", "topic"), (), ("target",), ("unga",), states=True
    ),
    Form("arms", ("supplier", "recipient", "year", "tiv_delivered"), published=("sipri",)),
    Form(
        "trade",
        ("exporter", "importer", "year"),
        ("cow_imports_musd", "cow_smooth_musd", "itpd_current_musd"),
        published=("cow_trade", "itpd"),
    ),
)
MEASURES = tuple(each.measure for each in FORMS)
"""Names of the measures, the primary one first."""


def form_of(table: Columns) -> Form | None:
    """The kind of a table, or None where it is of no known one."""
    return next((each for each in FORMS if each.matches(table.header)), None)


def unknown_form(table: Columns) -> Iterator[Problem]:
    """What keeps a table from being of the kind that it is nearest to."""
    known = [*table.header]
    shared = [sum(each in known for each in form.needed) for form in FORMS]
    if not max(shared):
        yield table.top("none of its columns is known", f"write one of these: {every_form()}")
        return
    form = FORMS[shared.index(max(shared))]
    lacking = [each for each in form.needed if each not in known]
    for name in lacking or form.any_of[:1]:
        spare = [each for each in known if each not in form.needed]
        close = did_you_mean(name, spare)
        mend = f"{close} Call it '{name}'" if close.endswith("?") else "add it"
        yield table.top(
            f"there is no column '{name}'", f"{mend}; {form.measure} have {form.columns}"
        )


def every_form() -> str:
    """The columns of every kind of table, in words."""
    return "; ".join(f"{each.measure}: {each.columns}" for each in FORMS)


def what_to_bring(measures: Sequence[str] = MEASURES) -> str:
    """Which tables to bring, and where their data are published."""
    return "; ".join(
        f"{form.measure}: a CSV file with the columns {form.columns} "
        f"(published as: {' '.join(published.REFERENCES[key] for key in form.published)})"
        for form in FORMS
        if form.measure in measures
    )
