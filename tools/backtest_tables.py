#!/usr/bin/env python3
"""Write the tables of docs/backtest.md from the folders that `alliance-sim backtest` left.

    tools/backtest_tables.py results/backtest_2012_2016 results/backtest_1999_2006 ...

Each folder gives one table for each fold and each turning point, under its command; they replace
what stands between the two marks in the page.
"""

from __future__ import annotations

import shlex
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import pandas as pd

PAGE = Path(__file__).resolve().parents[1] / "docs" / "backtest.md"
BEGIN, END = "<!-- tables -->", "<!-- end of tables -->"
COLUMNS = {
    "mae": "MAE",
    "crps": "CRPS",
    "skill_crps": "skill",
    "interval_90": "interval score",
    "coverage_50": "in 50%",
    "coverage_90": "in 90%",
    "log_score": "log score",
    "sign_hits": "sign hits",
    "change_correlation": "corr.",
    "change_explained": "expl.",
}
TURNS = {
    "error": "MAE",
    "crps": "CRPS",
    "change": "change",
    "predicted_change": "forecast",
    "probability": "sign given",
    "seen": "seen",
}
FOLDS = {"known": "known histories", "left out": "dyads left out", "new": "new dyads"}


def tables(folder: Path) -> Iterator[str]:
    """Title, command and a table for each fold."""
    from alliance_sim import store

    about = store.read(folder / "backtest.nc").attrs
    scores = pd.read_csv(folder / "backtest.csv")
    kept = scores[(scores["origins"] == "rolling") & (scores["horizon"] == "all")]
    yield f"```sh\n{shown(str(about['command']))}\n```"
    for fold, rows in kept.groupby("fold", sort=False):
        one = rows.iloc[0]
        yield f"**{FOLDS[str(fold)].capitalize()}**, {one['n']:,} forecasts of {one['dyads']} dyads"
        yield "\n".join(lines(rows))
    turns = pd.read_csv(folder / "turning_points.csv")
    for turn, rows in turns.groupby("turn", sort=False):
        one = rows.iloc[0]
        yield (
            f"**{turn}, from the year before**, {one['n']} dyads, of which {one['sign_n']} moved "
            "by more than the measurement may err"
        )
        yield "\n".join(lines(rows, TURNS))


def shown(command: str) -> str:
    """A command without the paths of one machine."""
    words = shlex.split(command)
    named = [place for place, word in enumerate(words) if word == "--observations"]
    return shlex.join("FILE" if at - 1 in named else word for at, word in enumerate(words))


def lines(rows: pd.DataFrame, columns: Mapping[str, str] = COLUMNS) -> Iterator[str]:
    yield f"| forecaster | {' | '.join(columns.values())} |"
    yield f"| --- |{' ---: |' * len(columns)}"
    for row in rows.to_dict(orient="records"):
        cells = [cell(name, row) for name in columns]
        yield f"| {row['forecaster']} | {' | '.join(cells)} |"


def cell(name: str, row: dict[str, float]) -> str:
    """A number as the page shows it; the skill with its interval."""
    value = row[name]
    if pd.isna(value):
        return "–"
    if name == "skill_crps":
        low, high = (signed(row[f"{name}_{end}"]) for end in ("low", "high"))
        return f"{signed(value)} ({low} to {high})"
    if name in ("coverage_50", "coverage_90", "sign_hits", "probability", "seen"):
        return f"{value:.0%}"
    if name in ("change", "predicted_change"):
        return signed(value, 3)
    return signed(value) if name.startswith(("change", "log")) else f"{value:.3f}"


def signed(value: float, decimals: int = 2) -> str:
    """With a sign, unless nothing is left of it."""
    rounded = round(value, decimals)
    return f"{rounded:+.{decimals}f}" if rounded else f"{0:.{decimals}f}"


def main() -> None:
    folders = [Path(each) for each in sys.argv[1:]]
    if not folders:
        sys.exit(__doc__)
    text = PAGE.read_text(encoding="utf-8")
    before, rest = text.split(BEGIN)
    after = rest.split(END)[1]
    made = "\n\n".join(part for folder in folders for part in tables(folder))
    PAGE.write_text(f"{before}{BEGIN}\n{made}\n{END}{after}", encoding="utf-8")


if __name__ == "__main__":
    main()
