#!/usr/bin/env python3
"""Write the tables of docs/backtest.md from the folders that `alliance-sim backtest` left.

    tools/backtest_tables.py results/backtest_2012_2016 results/backtest_1999_2006 ...

Each folder gives one table for each fold, under its command; they replace what stands between the
two marks in the page.
"""

from __future__ import annotations

import shlex
import sys
from collections.abc import Iterator
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


def shown(command: str) -> str:
    """A command without the paths of one machine."""
    words = shlex.split(command)
    named = [place for place, word in enumerate(words) if word == "--observations"]
    return shlex.join("FILE" if at - 1 in named else word for at, word in enumerate(words))


def lines(rows: pd.DataFrame) -> Iterator[str]:
    yield f"| forecaster | {' | '.join(COLUMNS.values())} |"
    yield f"| --- |{' ---: |' * len(COLUMNS)}"
    for row in rows.to_dict(orient="records"):
        cells = [cell(name, row) for name in COLUMNS]
        yield f"| {row['forecaster']} | {' | '.join(cells)} |"


def cell(name: str, row: dict[str, float]) -> str:
    """A number as the page shows it; the skill with its interval."""
    value = row[name]
    if pd.isna(value):
        return "–"
    if name == "skill_crps":
        low, high = (signed(row[f"{name}_{end}"]) for end in ("low", "high"))
        return f"{signed(value)} ({low} to {high})"
    if name.startswith(("coverage", "sign")):
        return f"{value:.0%}"
    return signed(value) if name.startswith(("change", "log")) else f"{value:.3f}"


def signed(value: float) -> str:
    """To two decimals, with a sign unless that is nothing."""
    rounded = round(value, 2)
    return f"{rounded:+.2f}" if rounded else "0.00"


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
