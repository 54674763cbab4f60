"""A backtest as tables for the terminal; every number in them is made elsewhere."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from rich.console import Group, RenderableType
from rich.text import Text

from alliance_sim.cli.layout import new_table, plain, titled
from alliance_sim.cli.numbers import percent, signed
from alliance_sim.wording import counted

if TYPE_CHECKING:
    import pandas as pd

    from alliance_sim.scoring import Table

_FOLDS = {
    "known": "Dyads whose history is known",
    "left out": "Dyads left out: their own history hidden from every forecaster",
    "new": "Dyads without a history up to the origin",
}
_ORIGINS = {
    "rolling": "one to five years ahead of every origin",
    "fixed": "all years from the first origin",
}
_HEADERS = (
    "MAE",
    "CRPS",
    "skill",
    "{level}%\ninterval",
    "in\n50%",
    "in\n90%",
    "log\nscore",
    "sign\nhits",
    "corr.",
    "expl.",
)
_LINE = "\n"
_NARROW = 12
"""Width of the column of names: the tables fit into 80 columns."""


def backtest_view(table: Table, details: bool = False) -> Group:
    """All that a backtest prints.

    Args:
        table: what ``alliance_sim.scoring.table`` gave.
        details: whether each horizon has a table of its own, both kinds of origins are told, and
            the skill against every rival for dyads without a known history too.
    """
    about = table.about
    first, last = about["first"], about["last"]
    years = f"{first}" if first == last else f"{first} to {last}"
    head = f"Backtest of {about['measure']}, {years}, {counted(about['dyads'], 'dyad')}"
    parts: list[RenderableType] = [Text(plain(head), style="bold"), ""]
    for part in _score_tables(table, details):
        parts += [part, ""]
    for part in _skill_tables(table, details):
        parts += [part, ""]
    if len(table.turning):
        parts += [_turning(table.turning), ""]
    parts += [Text(note, style="dim") for note in _notes(table)]
    return Group(*parts)


def _score_tables(table: Table, details: bool) -> Iterator[Group]:
    """A table for each fold, and with details for each kind of origin and each horizon."""
    frame = table.scores
    if not details:
        frame = frame[(frame["horizon"] == "all") & (frame["origins"] == "rolling")]
    for keys, rows in frame.groupby(["origins", "fold", "horizon"], sort=False):
        origins, fold, horizon = map(str, keys)
        ahead = "" if horizon == "all" else f", {counted(int(horizon), 'year')} ahead"
        one = rows.iloc[0]
        how_many = f"{counted(int(one['n']), 'forecast')} of {counted(int(one['dyads']), 'dyad')}"
        title = f"{_FOLDS[fold]}; {_ORIGINS[origins]}{ahead} ({how_many})"
        yield titled(title, _scores(rows, table.about))


def _scores(rows: pd.DataFrame, about: dict[str, Any]) -> Any:
    level = round(100 * about["level"])
    shown = new_table("forecaster", [each.format(level=level) for each in _HEADERS])
    shown.columns[0].min_width = _NARROW
    shown.padding = (0, 0)
    for row in rows.to_dict(orient="records"):
        shown.add_row(
            Text(plain(str(row["forecaster"]))),
            _number(row["mae"]),
            _number(row["crps"]),
            _signed(row["skill_crps"]),
            _span(row["skill_crps_low"], row["skill_crps_high"]),
            _percent(row["coverage_50"]),
            _percent(row["coverage_90"]),
            _number(row["log_score"], 2),
            _percent(row["sign_hits"]),
            _signed(row["change_correlation"]),
            _signed(row["change_explained"]),
        )
    return shown


def _skill_tables(table: Table, details: bool) -> Iterator[Group]:
    """Skill of whatever is no rival against every rival, by horizon; one table for each fold."""
    about = table.about
    frame = table.skill[(table.skill["score"] == "crps") & (table.skill["origins"] == "rolling")]
    frame = frame[~frame["forecaster"].isin(about["rivals"])]
    if not details:
        frame = frame[frame["fold"] == frame["fold"].iloc[0]] if len(frame) else frame
    for keys, rows in frame.groupby(["fold", "forecaster"], sort=False):
        fold, forecaster = map(str, keys)
        horizons = sorted(dict.fromkeys(rows["horizon"]), key=lambda each: (each == "all", each))
        shown = new_table("against", [_ahead(each) for each in horizons])
        shown.columns[0].min_width = _NARROW
        cells = rows.set_index(["against", "horizon"])
        for rival in dict.fromkeys(rows["against"]):
            told = []
            for horizon in horizons:
                one = cells.loc[(rival, horizon)]
                told.append(f"{_signed(one['skill'])}\n{_span(one['low'], one['high'], _LINE)}")
            shown.add_row(Text(plain(str(rival))), *told)
        title = f"Skill in CRPS of {forecaster}, with {round(100 * about['level'])}% interval"
        yield titled(f"{title}; {_FOLDS[fold][:1].lower()}{_FOLDS[fold][1:]}", shown)


def _turning(turning: pd.DataFrame) -> Group:
    headers = (
        "dyads",
        "CRPS",
        "change",
        "predicted",
        "beyond\nsampling",
        "chance of\nthe sign",
        "seen",
    )
    shown = new_table("turn and forecaster", headers)
    for name, rows in turning.groupby("turn", sort=False):
        shown.add_row(Text(plain(str(name)), style="bold"))
        for row in rows.to_dict(orient="records"):
            shown.add_row(
                Text("  " + plain(str(row["forecaster"]))),
                str(row["n"]),
                _number(row["crps"]),
                _signed(row["change"], 3),
                _signed(row["predicted_change"], 3),
                str(row["sign_n"]),
                _number(row["probability"], 2),
                _percent(row["seen"]),
            )
    return titled("Turning points, seen from the year before; dyads whose history is known", shown)


def _notes(table: Table) -> tuple[str, ...]:
    about = table.about
    return (
        f"Skill: 1 - CRPS / CRPS of {about['against']}; interval by {about['resamples']:,} "
        "resamples of dyads and of years. Below 0: worse than the rival.",
        "MAE: of the median. MAE, CRPS and log score: less is better. Sign hits: share of changes "
        "beyond the sampling noise whose sign had a chance above one half; it counts half where "
        "the draws cannot tell.",
        "In 50%, in 90%: share of what came within these intervals. Corr.: of predicted and "
        "observed changes. Expl.: 1 - squared error of the predicted change / that of no change.",
    )


# -- cells ---------------------------------------------------------------------------------


def _ahead(horizon: str) -> str:
    return "all" if horizon == "all" else counted(int(horizon), "year")


def _number(value: float, digits: int = 3) -> str:
    return "-" if value != value else f"{value:.{digits}f}"


def _signed(value: float, digits: int = 2) -> str:
    return "-" if value != value else signed(value, f"+.{digits}f")


def _span(low: float, high: float, space: str = " ") -> str:
    return "-" if low != low else f"{_signed(low)} to{space}{_signed(high)}"


def _percent(value: float) -> str:
    return "-" if value != value else percent(value)
