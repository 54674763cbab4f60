"""Forecasts scored against what came, and against simple rivals; knows nothing of the engine.

A forecaster is anything that gives draws, (row, draw), for the rows of a :class:`Task`, from what
the history of each of its blocks holds.

Example:
    >>> import numpy as np
    >>> import pandas as pd
    >>> years = np.arange(1990, 2014)
    >>> series = [
    ...     pd.DataFrame(
    ...         {"dyad": name, "year": years, "value": level + 0.1 * np.sin(years + level)}
    ...     )
    ...     for name, level in (("a-b", 0.2), ("a-c", -0.1), ("b-c", 0.5))
    ... ]
    >>> task = make_task(pd.concat(series), 2012, 2013)
    >>> scores = score(task, forecasts(task, RIVALS, draws=100))
    >>> found = table(scores, rivals=list(RIVALS), resamples=200)
    >>> found.scores["fold"].unique().tolist()
    ['known', 'left out']
"""

from __future__ import annotations

from alliance_sim.scoring.folds import Block, Panel, Task, make_task
from alliance_sim.scoring.regression import Regression
from alliance_sim.scoring.rivals import (
    RIVALS,
    Moments,
    autoregression,
    drawn,
    drift,
    dyad_mean,
    forecast,
    forecasts,
    local_level,
    persistence,
)
from alliance_sim.scoring.scores import Scores, score, turning_points
from alliance_sim.scoring.skill import skill
from alliance_sim.scoring.table import Table, table

__all__ = [
    "RIVALS",
    "Block",
    "Moments",
    "Panel",
    "Regression",
    "Scores",
    "Table",
    "Task",
    "autoregression",
    "drawn",
    "drift",
    "dyad_mean",
    "forecast",
    "forecasts",
    "local_level",
    "make_task",
    "persistence",
    "score",
    "skill",
    "table",
    "turning_points",
]
