"""How far the outcomes of a page are validated: marks beside them, and the whole text once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from alliance_sim import validation
from alliance_sim.analysis import summary
from alliance_sim.plots import style
from alliance_sim.report.folders import Result
from alliance_sim.results import outcome_names

View = Mapping[str, Any]


def validated(result: Result) -> View:
    """Every outcome of a result and its alignments, each with what is said of it."""
    rows = [*_rows(result)]
    texts = [said for _, said in rows]
    return {
        "rows": [{"name": name, "said": said} for name, said in rows],
        "notes": [each for each in validation.notes(texts) if each not in texts],
        "any": any(said != validation.NOT_VALIDATED for said in texts),
    }


def _rows(result: Result) -> Iterator[tuple[str, str]]:
    data = result.data
    for name in outcome_names(data):
        yield style.title_of(data[name]), validation.said_of(data[name].attrs)
    for name, title in (
        ("alignment_last", "Alignments of dyads"),
        ("relation_class", "Relation classes of pairs"),
    ):
        if name in data.data_vars:
            yield title, validation.said_of(data[name].attrs)


def class_mark(result: Result, name: str) -> str:
    """The mark of a class outcome or a recorded pair."""
    return validation.mark(summary.said_of_classes(result.data, name))
