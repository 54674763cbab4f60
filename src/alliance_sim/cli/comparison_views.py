"""A comparison as tables for the terminal; every number in them is made elsewhere."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from textwrap import wrap
from typing import TYPE_CHECKING

import numpy as np
from rich.console import Group, RenderableType
from rich.text import Text

from alliance_sim.analysis.divergence import CLEAR
from alliance_sim.analysis.variance import COMPONENTS
from alliance_sim.cli.comparing import Comparison, drivers_note
from alliance_sim.cli.comparison_json import Row, is_class_row, rows_of
from alliance_sim.cli.layout import new_table, outcome_label, plain, titled, validation_notes
from alliance_sim.cli.numbers import digits_of, error, interval, percent, signed
from alliance_sim.validation import said_in, said_of
from alliance_sim.wording import counted

if TYPE_CHECKING:
    import xarray as xr

_WIDE = 15
_COLUMNS = 3
"""Scenarios beside each other in a table that has to fit a terminal of 80 columns."""
_LOWEST_SHARE = 5e-4  # less than this rounds to 0.0%
_NOTES = (
    "MC error: standard error over the runs; it shrinks with more. A run that does not move "
    "counts neither as up nor as down.",
    "Differs: first month in which a run is not equal to its baseline. Lasting: month from which "
    "it differs by more than the outcome's smallest effect of interest, to the same side, up to "
    f"the horizon. Mean: first month in which the mean effect is {CLEAR:g} MC errors from zero. "
    "Median, and from 5% to 95% of runs; never: share of runs.",
)
_PAIRING = (
    "So many runs with draws of their own would give the mean effect as exactly as one run "
    "that shares its draws with the baseline."
)
_SPLIT = (
    "By the law of total variance, ± bootstrap error; not clipped at zero. Chance: noise and "
    "elections. Parameters: all uncertain numbers and open dates."
)
_SPLIT_CLASSES = (
    " Of a kind of relation: SD over runs of changing class, 1 for a run that does and 0 for one "
    "that does not."
)
_SPLIT_THEORY = " Theories: those compared, taken as the whole set, each with the same weight."


def comparison_view(found: Comparison) -> Group:
    """All that `compare` prints."""
    parts: list[RenderableType] = [*_heading(found)]
    for label, pairs in found.plan.scenarios.items():
        parts += ["", *_scenario_view(found, label, plain(pairs[0].scenario.name))]
    parts += ["", *(Text(note, style="dim") for note in _NOTES)]
    parts += validation_notes(
        said_of(row) for row in rows_of(found.data.isel(scenario=0, theory=0))
    )
    if len(found.plan.theories) > 1:
        parts += ["", *_theory_view(found)]
    if note := drivers_note(found.plan):
        parts += ["", Text(note)]
    return Group(*parts)


def _heading(found: Comparison) -> Iterator[Text]:
    plan, horizon = found.plan, found.plan.pairs[0].scenario.horizon
    attributes = found.data.attrs
    yield Text(plain(f"Against {attributes['baseline_title']}, run by run"), style="bold")
    parts = [
        counted(attributes["runs"], "run"),
        f"{counted(horizon.months, 'month')} from {horizon.start}",
    ]
    if plan.replicates > 1:
        parts.append(f"{plan.replicates} ensembles that differ by chance alone")
    if any(pair.scenario.theory for pair in plan.pairs):
        parts.append(f"theories: {', '.join(plan.theories)}")
    yield Text(plain(", ".join(parts)), style="dim")


def _scenario_view(found: Comparison, label: str, title: str) -> Iterator[RenderableType]:
    data, theories = found.data.sel(scenario=label), found.plan.theories
    of_pair = data.isel(theory=0)
    rows = list(rows_of(of_pair))
    numbers = [row for row in rows if not is_class_row(row)]
    horizon = _month(data, -1)
    yield Text(title, style="bold underline")
    if found.plan.scenarios[label][0].scenario.question:
        yield Text(plain(found.plan.scenarios[label][0].scenario.question))
    if len(theories) > 1:
        yield Text(f"Under {theories[0]}; other theories below and in comparison.csv", style="dim")
    yield ""
    if numbers:
        yield _effects(numbers, f"Effect in {horizon}")
        yield ""
    if "relation" in of_pair:
        yield _classes(of_pair, rows, f"Relation classes other than in the baseline, {horizon}")
        yield ""
    yield _divergence(of_pair, rows)
    if numbers:
        yield ""
        yield _pairing(numbers)
        yield Text(_PAIRING, style="dim")
    if found.is_split:
        several = len(theories) > 1
        yield ""
        yield _split(rows, f"Variance of the effect in {horizon}", several)
        classed = _SPLIT_CLASSES if any(map(is_class_row, rows)) else ""
        yield Text(_SPLIT + (_SPLIT_THEORY if several else "") + classed, style="dim")


def _month(data: xr.Dataset, place: int | float) -> str:
    """A month by its place; a dash where there is none."""
    if place != place:
        return "-"
    return str(np.datetime_as_string(data["month"].to_numpy(), "M")[int(place)])


# -- tables --------------------------------------------------------------------------------


def _effects(rows: Sequence[Row], title: str) -> Group:
    headers = ("mean", "MC\nerror", "median", "50% and 90%\ninterval", "runs\nup", "runs\ndown")
    table = new_table("outcome", headers)
    for row in rows:
        digits = digits_of(row["effect_q05"], row["effect_q95"], row["effect_mean"])
        form = f"+.{digits}f"
        wide = [(row[f"effect_{low}"], row[f"effect_{high}"]) for low, high in _BOUNDS]
        table.add_row(
            _name(row, rows),
            signed(row["effect_mean"], form),
            error(row["effect_mean_error"], digits),
            signed(row["effect_median"], form),
            "\n".join(interval(*each, form) for each in wide),
            percent(row["share_up"]),
            percent(row["share_down"]),
        )
    return titled(title + _shared_unit(rows), table)


_BOUNDS = (("q25", "q75"), ("q05", "q95"))


def _classes(of_pair: xr.Dataset, rows: Sequence[Row], title: str) -> Group:
    table = new_table("relation, and from which class to which", ("% of\nruns", "MC\nerror"))
    for row in filter(is_class_row, rows):
        change = (percent(row["class_change"], 1), error(100 * row["class_change_error"], 1))
        table.add_row(_named(row), *change)
        moves = of_pair.sel(relation=row["outcome"])
        for before in moves["from_class"].to_numpy():
            for after in moves["to_class"].to_numpy():
                one = moves.sel(from_class=before, to_class=after)
                share, off = float(one["transition"]), float(one["transition_error"])
                if before != after and share >= _LOWEST_SHARE:
                    words = f"  {before} to {after}".replace("_", " ")
                    table.add_row(Text(words), percent(share, 1), error(100 * off, 1))
    return titled(title, table)


def _divergence(of_pair: xr.Dataset, rows: Sequence[Row]) -> Group:
    headers = ("differs", "never", "lasting", "never", "mean")
    table = new_table("outcome", headers)
    for row in rows:
        cells = []
        for kind in ("first", "lasting"):
            q05, q50, q95 = (row[f"divergence_{kind}_{q}"] for q in ("q05", "q50", "q95"))
            cells.append(_month(of_pair, q50) + f"\n{_span(of_pair, q05, q95)}")
            cells.append(percent(row[f"divergence_{kind}_never"]))
        clear = _month(of_pair, row["divergence_mean"])
        table.add_row(_named(row), *cells, clear)
    return titled("Month of divergence", table)


def _span(data: xr.Dataset, low: float, high: float) -> str:
    """From one month to another; open where runs have not diverged by the horizon."""
    if low != low:
        return ""
    return f"{_month(data, low)}..{'later' if high != high else _month(data, high)}"


def _pairing(rows: Sequence[Row]) -> Group:
    headers = ("SD of the\ndifference", "SD without\npairing", "correlation", "worth\n(runs)", "±")
    table = new_table("outcome", headers)
    for row in rows:
        paired, unpaired = np.sqrt(row["paired_variance"]), np.sqrt(row["unpaired_variance"])
        digits = digits_of(paired, unpaired)
        gain = row["pairing_gain"]
        # A difference that does not vary leaves nothing to be counted.
        worth = ("-", "-") if gain != gain else (f"{gain:.1f}", error(row["pairing_gain_error"], 1))
        linked = row["pairing_correlation"]
        table.add_row(
            _name(row, rows),
            error(paired, digits),
            error(unpaired, digits),
            "-" if linked != linked else f"{linked:.2f}",
            *worth,
        )
    return titled("What pairing saves" + _shared_unit(rows), table)


def _split(rows: Sequence[Row], title: str, several: bool) -> Group:
    kinds = COMPONENTS if several else COMPONENTS[:2]
    names = {"parameter": "parameters", "chance": "chance", "theory": "theories"}
    table = new_table("outcome", ("SD", *(f"{names[kind]}\n% of it" for kind in kinds)))
    for row in rows:
        total = max(row["variance_total"], 0.0) ** 0.5
        cells = [f"{total:.{digits_of(total)}f}"]
        for kind in kinds:
            share, off = row[f"share_{kind}"], row[f"share_{kind}_error"]
            known = "-" if share != share else f"{signed(100 * share, '.1f')} ± {100 * off:.1f}"
            cells.append(known)
        table.add_row(_name(row, rows), *cells)
    return titled(title, table)


def _theory_view(found: Comparison) -> Iterator[RenderableType]:
    """Mean effects by theory and scenario, a few scenarios beside each other."""
    labels = list(found.plan.scenarios)
    for start in range(0, len(labels), _COLUMNS):
        some = labels[start : start + _COLUMNS]
        table = new_table("outcome and theory", [_stacked(label) for label in some])
        for place, outcome in enumerate(found.data["outcome"].to_numpy()):
            one = found.data.sel(outcome=outcome).isel(month=-1)
            if place:
                table.add_section()
            label = outcome_label(str(one["outcome_name"].item()), said_in(one))
            table.add_row(label, *("" for _ in some))
            for theory in found.plan.theories:
                words = Text("  " + theory.replace("_", " "))
                cells = [_cell(one.sel(scenario=label, theory=theory)) for label in some]
                table.add_row(words, *cells)
        title = f"Mean effect ± MC error in {_month(found.data, -1)}, by theory"
        yield titled(title + "; classes: % of runs changed", table)


def _stacked(label: str) -> str:
    """A name on lines as short as its numbers."""
    return "\n".join(wrap(label.replace("_", " "), _WIDE)) or label


def _cell(one: xr.Dataset) -> str:
    changed = float(one.get("class_change", np.nan))
    if changed == changed:
        return f"{percent(changed, 1)} ± {error(100 * float(one['class_change_error']), 1)}"
    mean, off = float(one["effect_mean"]), float(one["effect_mean_error"])
    if mean == off == 0:
        return "0"
    digits = min(4, digits_of(mean))
    return f"{signed(mean, f'+.{digits}f')} ± {error(off, digits)}"


def _shared_unit(rows: Sequence[Row]) -> str:
    """The unit of all outcomes, for the title; each has its own beside it where they differ."""
    units = {row["unit"] for row in rows}
    return f" [{plain(units.pop())}]" if len(units) == 1 else ""


def _name(row: Row, rows: Sequence[Row]) -> Text:
    unit = "" if _shared_unit(rows) else str(row["unit"])
    return outcome_label(row["outcome_name"], said_of(row), unit)


def _named(row: Row) -> Text:
    return outcome_label(row["outcome_name"], said_of(row))
