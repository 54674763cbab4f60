"""What a backtest found: one table, the numbers behind it, and what to know of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd

from alliance_sim.errors import InputError, Problem
from alliance_sim.scoring import Table, Task
from alliance_sim.scoring.folds import KNOWN
from alliance_sim.simulate.designs import Doubles
from alliance_sim.wording import finite

if TYPE_CHECKING:
    import xarray as xr

MODEL = "model"
"""What the model is called among forecasters."""
_DIGITS = 4


@dataclass(frozen=True, eq=False)
class Backtest:
    """Forecasts of the model and of its rivals, scored."""

    table: Table
    """Scores, skill, turning points, calibration (docs/scoring.md)."""
    numbers: pd.DataFrame
    """What was fitted on each history: ``forecaster``, ``origin``, ``hidden`` (group of dyads left
    out, or -1), the numbers of the measure (docs/observations.md), ``log_likelihood``,
    ``observations``, ``converged``."""
    task: Task
    """What was asked for."""
    draws: Mapping[str, Doubles]
    """Forecaster -> (row, draw) for the rows of the task."""
    about: Mapping[str, Any]
    """``forecast`` (pure or conditional), ``scenario``, ``scenario_hash``, ``world``,
    ``posterior`` (None: the prior), ``saw`` (last year that it saw), ``source``, ``runs``,
    ``seed``."""
    notes: tuple[str, ...]
    """What to know when reading the table."""

    def as_json(self) -> dict[str, Any]:
        """All of it but the draws, as plain data; what is not known is None."""
        records = self.numbers.to_dict(orient="records")
        numbers = [{str(key): finite(value) for key, value in row.items()} for row in records]
        return {
            **self.table.as_json(),
            **self.about,
            "numbers": numbers,
            "notes": list(self.notes),
        }

    def dataset(self) -> xr.Dataset:
        """The table as a dataset, for files and pictures."""
        known = {key: value for key, value in self.about.items() if value is not None}
        found = self.table.dataset()
        title = f"{found.attrs['title']} ({self.about['forecast']} forecasts)"
        return found.assign_attrs(known | {"title": title})

    def skill_entry(self, command: str) -> dict[str, Any]:
        """What a file of skill by observable says of this measure.

        Skill in CRPS against every rival, with its interval: rolling origins, dyads whose history
        is known, all horizons together.

        Raises:
            InputError: where no dyad with a history was forecast.
        """
        rows = self.table.skill
        for key, value in _ENTRY.items():
            rows = rows[rows[key] == value]
        rows = rows[rows["skill"].notna()]
        if rows.empty:
            mend = "choose later years, or bring more observations"
            raise InputError([Problem("no pair with a history was forecast", mend)])
        asked = self.task.rows
        asked = asked[asked["rolling"] & (asked["fold"] == KNOWN)]
        skill = {
            str(row["against"]): [round(float(row[key]), _DIGITS) for key in _SPAN]
            for row in rows.to_dict(orient="records")
        }
        return {
            "forecast": self.about["forecast"],
            "from": self.task.first,
            "to": int(asked["year"].max()),
            "ahead": [int(asked["horizon"].min()), int(asked["horizon"].max())],
            "pairs": int(asked["dyad"].nunique()),
            "score": "crps",
            "skill": skill,
            "command": command,
            "world": self.about["world"],
        }


_SPAN = ("skill", "low", "high")
_ENTRY = {
    "origins": "rolling",
    "fold": KNOWN,
    "horizon": "all",
    "score": "crps",
    "forecaster": MODEL,
}
