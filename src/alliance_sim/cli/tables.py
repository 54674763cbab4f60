"""What a run found, as tables for the terminal; every number in them is made elsewhere."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from rich.console import Group, RenderableType
from rich.text import Text

from alliance_sim.cli.layout import new_table, outcome_label, plain, titled, validation_notes
from alliance_sim.cli.numbers import digits_of, error, interval, percent, signed
from alliance_sim.cli.running import Finding, shown_relations
from alliance_sim.results import outcome_names
from alliance_sim.spec.base import month_number, month_text
from alliance_sim.validation import KEY
from alliance_sim.wording import counted

if TYPE_CHECKING:
    import pandas as pd

Row = Mapping[str, Any]

_HALF = 0.5
_LOWEST_SHARE = 5e-4  # less than this rounds to 0.0%
_NOTE = "MC error: standard error of the median{} over the runs; it shrinks with more."
_MEAN = " (first table) and of the mean (second)"


def finding_view(finding: Finding) -> Group:
    """The whole result of a scenario."""
    parts: list[RenderableType] = [*_heading(finding)]
    months = finding.job.scenario.horizon
    horizon = month_text(month_number(months.start) + months.months)
    against = finding.job.baseline_label if finding.baseline is not None else ""
    if len(finding.outcomes):
        parts += [outcome_table(finding.outcomes, f"Outcomes in {horizon}"), ""]
        if against:
            title = f"Difference from {against} in {horizon}, run by run"
            parts += [effect_table(finding.outcomes, title), ""]
            parts += _unchanged(finding)
        parts.append(Text(_NOTE.format(_MEAN if against else ""), style="dim"))
    elif against and finding.baseline is not None:
        parts += _unchanged(finding)
    if len(finding.classes):
        title = f"Relation classes in {horizon}, % of runs"
        if against:
            title += f"; change from {against} in percentage points"
        relations = shown_relations(finding)
        parts += [
            *([""] if len(finding.outcomes) else []),
            class_table(finding.classes, relations, title),
        ]
    said = [each for table in (finding.outcomes, finding.classes) for each in table.get(KEY, ())]
    return Group(*parts, "", *validation_notes(said))


def _heading(finding: Finding) -> Iterable[Text]:
    scenario, attributes = finding.job.scenario, finding.data.attrs
    yield Text(plain(scenario.name), style="bold")
    if scenario.question:
        yield Text(plain(scenario.question))
    start, months = scenario.horizon.start, scenario.horizon.months
    parts = [counted(attributes["runs"], "run"), f"{counted(months, 'month')} from {start}"]
    if scenario.theory:
        parts.append(f"theory {scenario.theory}")
    yield Text(", ".join(parts) + "\n", style="dim")


def outcome_table(outcomes: pd.DataFrame, title: str) -> Group:
    """Distribution of every numeric outcome."""
    headers = ("median", "50% interval", "90% interval", "MC\nerror")
    table = new_table("outcome", headers)
    for row in _records(outcomes):
        digits = digits_of(row["q05"], row["q95"], row["median"])
        table.add_row(
            _label(row, outcomes),
            f"{row['median']:.{digits}f}",
            interval(row["q25"], row["q75"], f".{digits}f"),
            interval(row["q05"], row["q95"], f".{digits}f"),
            error(row["median_error"], digits),
        )
    return titled(title + _shared_unit(outcomes), table)


def effect_table(outcomes: pd.DataFrame, title: str) -> Group:
    """Paired difference of every numeric outcome."""
    headers = ("median", "90% interval", "mean", "MC\nerror", "runs\nup", "runs\ndown")
    table = new_table("outcome", headers)
    for row in _records(outcomes):
        digits = digits_of(row["effect_q05"], row["effect_q95"], row["effect_mean"])
        form = f"+.{digits}f"
        table.add_row(
            _label(row, outcomes),
            signed(row["effect_median"], form),
            interval(row["effect_q05"], row["effect_q95"], form),
            signed(row["effect_mean"], form),
            error(row["effect_mean_error"], digits),
            percent(row["share_up"]),
            percent(row["share_down"]),
        )
    return titled(title + _shared_unit(outcomes), table)


def _unchanged(finding: Finding) -> list[RenderableType]:
    """Which outcomes did not move at all in most runs."""
    data, baseline = finding.data, finding.baseline
    if baseline is not None and all(
        np.array_equal(data[name].to_numpy(), baseline[name].to_numpy())
        for name in outcome_names(data)
    ):
        return [Text("nothing in this scenario moved any outcome", style="bold"), ""]
    unmoved: dict[str, list[str]] = {}
    for row in _records(finding.outcomes):
        moved = row["share_up"] + row["share_down"]
        if moved < _HALF:
            share = percent(round(1 - moved, 9))
            unmoved.setdefault(share, []).append(plain(str(row["name"])))
    lines = [f"{share} of runs unchanged: {', '.join(names)}" for share, names in unmoved.items()]
    return [*map(Text, lines), ""] if lines else []


def class_table(classes: pd.DataFrame, relations: Mapping[str, str], title: str) -> Group:
    """Share of runs in each relation class; classes that no run is in are left out."""
    change = ("change", "MC\nerror") if "difference" in classes else ()
    table = new_table("relation and its classes", ("% of\nruns", "MC\nerror", *change))
    for place, (name, words) in enumerate(relations.items()):
        if place:
            table.add_section()
        shares = classes.loc[[name]]
        label = outcome_label(words, shares[KEY].iloc[0])
        table.add_row(label, *("" for _ in table.columns[1:]))
        for (_, each), row in zip(shares.index, _records(shares), strict=True):
            if max(row["share"], row.get("baseline_share", 0.0)) < _LOWEST_SHARE:
                continue
            cells = [percent(row["share"], 1), error(100 * row["error"], 1)]
            if change:
                cells.append(signed(100 * row["difference"], "+.1f"))
                cells.append(error(100 * row["difference_error"], 1))
            table.add_row(Text("  " + str(each).replace("_", " ")), *cells)
    return titled(title, table)


def files_view(files: Sequence[Path], folder: Path, attributes: Mapping[str, Any]) -> list[str]:
    """Where everything is, and what repeats it."""
    return [
        written_view(files, folder),
        f"Seed {attributes['seed']}, {counted(attributes['runs'], 'run')}, "
        f"scenario {str(attributes['scenario_hash'])[:12]}",
    ]


def written_view(files: Sequence[Path], folder: Path) -> str:
    """Where everything is."""
    tables = [path.name for path in files if path.parent == folder]
    pictures = len(files) - len(tables)
    named = ", ".join(tables) + (f", plots/ ({pictures} pictures)" if pictures else "")
    return f"Written to {folder}: {named}"


def _records(table: pd.DataFrame) -> list[dict[str, Any]]:
    return [{str(key): value for key, value in row.items()} for row in table.to_dict("records")]


def _shared_unit(outcomes: pd.DataFrame) -> str:
    """The unit of all outcomes, for the title; each has its own beside it where they differ."""
    units = set(outcomes["unit"])
    return f" [{units.pop()}]" if len(units) == 1 else ""


def _label(row: Row, outcomes: pd.DataFrame) -> Text:
    unit = "" if _shared_unit(outcomes) else str(row["unit"])
    return outcome_label(str(row["name"]), row[KEY], unit)
