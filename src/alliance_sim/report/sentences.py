"""The answer in a nutshell: plain sentences made from the numbers, with the doubt they leave."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from alliance_sim.analysis import summary
from alliance_sim.plots import style
from alliance_sim.report import words
from alliance_sim.report.folders import Result
from alliance_sim.report.tables import class_word, month, rows
from alliance_sim.report.validations import class_mark
from alliance_sim.results import is_class
from alliance_sim.spec.world import posteriors_of
from alliance_sim.validation import KEY, mark

View = Mapping[str, Any]

NOT_SURE = 2.0
"""Standard errors within which a mean effect cannot be told from none."""


def answer(result: Result) -> View:
    """A few plain sentences made from the numbers, with the doubt they leave."""
    table = summary.horizon_table(result.data, result.baseline)
    level = effect_sentence if result.baseline is not None else _level_sentence
    return {
        "when": month(result.data, -1),
        "sentences": [
            {"text": level(result, str(name), row), "mark": mark(row[KEY])}
            for name, row in rows(table)
        ],
        "classes": [
            {"text": text, "mark": class_mark(result, name)}
            for name, text in _class_sentences(result)
        ],
        "notes": result.notes,
        "runs": result.runs,
        "paired": result.baseline is not None,
        "fitted": fitted(result),
    }


def fitted(result: Result) -> str:
    """To what the scenario's world was fitted, in words; empty where it was not."""
    tables = posteriors_of(result.scenario.world) if result.scenario else {}
    return "; ".join(text or name.replace("_", " ") for name, text in tables.items())


def effect_sentence(result: Result, name: str, row: Mapping[str, Any]) -> str:
    """Whether, how often and by how much an outcome ends above or below its baseline."""
    mean, low, high = (row[f"effect_{each}"] for each in ("mean", "q05", "q95"))
    places = words.digits(low, high)
    unit = f" {row['unit']}" if row["unit"] not in ("", "index") else ""
    change = f"{words.signed(mean, places)}{unit}"
    average = f"{change} on average"
    spread = f"between {words.signed(low, places)} and {words.signed(high, places)} in 90% of runs"
    if result.runs == 1:
        end = "ends as in the baseline" if mean == 0 else f"differs by {change}"
        return f"{row['name']} {end} in the one run."
    up, down = words.percent(row["share_up"]), words.percent(row["share_down"])
    about, least = row["name"], smallest_effect(result, name)
    if row["share_up"] == row["share_down"] == 0:
        return f"{about} ends as in the baseline in every run."
    if least is not None and max(abs(low), abs(high)) < least:
        return f"{about} hardly moves: {average}, and 90% of runs by less than {least:g}, the \
smallest effect of interest."
    if abs(mean) <= NOT_SURE * row["effect_mean_error"]:
        return f"{about} has no clear direction: higher in {up} of runs, lower in {down}; \
{average}, which so many runs cannot tell from nothing."
    if low <= 0 <= high:
        return f"{about} is higher in {up} of runs and lower in {down}: {average}, {spread}, so \
that the direction is open."
    word, share = ("higher", up) if mean > 0 else ("lower", down)
    told = f"{about} is {word} in {share} of runs: {average}, {spread}."
    if least is not None and abs(mean) < least:
        told += f" On average that is less than {least:g}, the smallest effect of interest."
    return told


def _level_sentence(result: Result, name: str, row: Mapping[str, Any]) -> str:
    places = words.digits(row["q05"], row["q95"])
    low, high = (words.plain(row[each], places) for each in ("q05", "q95"))
    unit = f" {row['unit']}" if row["unit"] not in ("", "index") else ""
    if result.runs == 1:
        return f"{row['name']}: {words.plain(row['median'], places)}{unit} in the one run."
    return (
        f"{row['name']}: {words.plain(row['median'], places)}{unit} in the middle run, "
        f"90% of runs {low} to {high}."
    )


def smallest_effect(result: Result, name: str) -> float | None:
    """Smallest effect of interest of an outcome, where the scenario is known."""
    declared = result.scenario.world.outcomes.get(name) if result.scenario else None
    return declared.least if declared else None


def _class_sentences(result: Result) -> Iterator[tuple[str, str]]:
    """The usual relation class of each class outcome, and of the baseline, by outcome."""
    for name in summary.classed_names(result.data):
        if not (name in result.data.data_vars and is_class(result.data, name)):
            continue
        shares = summary.class_shares(result.data, name, baseline=result.baseline)
        usual = str(shares["share"].idxmax())
        if result.runs == 1:
            text = f"{style.relation(result.data, name)}: {class_word(usual)} in the one run"
            if "baseline_share" in shares:
                text += f" (baseline: {class_word(str(shares['baseline_share'].idxmax()))})"
            yield name, f"{text}."
            continue
        text = (
            f"{style.relation(result.data, name)}: {class_word(usual)} in "
            f"{words.percent(float(shares['share'][usual]))} of runs"
        )
        if "baseline_share" in shares:
            text += f" (baseline: {words.percent(float(shares['baseline_share'][usual]))})"
        yield name, f"{text}."
