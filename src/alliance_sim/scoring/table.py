"""One table of a backtest: scores, skill against every rival, turning points, calibration."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from alliance_sim.errors import InputError, Problem
from alliance_sim.scoring.folds import KNOWN, LEFT_OUT, NEW, Doubles, Ints
from alliance_sim.scoring.scores import (
    BINS,
    LEVELS,
    TURNING_POINTS,
    Scores,
    pit_counts,
    turning_points,
)
from alliance_sim.scoring.skill import LEVEL, RESAMPLES, skill
from alliance_sim.wording import finite

if TYPE_CHECKING:
    import xarray as xr

AGAINST = "persistence"
"""The rival that skill is told against where there is room for one."""
ALL = "all"
"""All horizons together."""
KEYS = ["origins", "fold", "horizon", "forecaster"]
SKILL_OF = {"crps": "crps", "error": "mae"}
"""Score -> what its mean is called."""
_MEANS = {
    "mae": "error",
    "mae_mean": "error_mean",
    "crps": "crps",
    **{f"interval_{level}": f"interval_{level}" for level in LEVELS},
    **{f"coverage_{level}": f"within_{level}" for level in LEVELS},
    "log_score": "log_score",
    "sign_hits": "hit",
    "brier": "brier",
}
_FEWEST_PAIRS = 3  # two are always on a line
_NO_CHANGE = 2.0
"""Predicted changes that vary by less than so many times their Monte-Carlo variance are none."""


@dataclass(frozen=True, eq=False)
class Table:
    """Everything a backtest says, as data frames."""

    scores: pd.DataFrame
    """A row for each of ``origins`` (``rolling`` or ``fixed``), ``fold``, ``horizon`` (years, or
    ``all``; text) and ``forecaster``; columns in docs/scoring.md."""
    skill: pd.DataFrame
    """A row for each of these, rival (``against``) and ``score``: ``skill``, ``low``, ``high``."""
    turning: pd.DataFrame
    """What :func:`~alliance_sim.scoring.scores.turning_points` gives."""
    pit: pd.DataFrame
    """A row for each ``fold`` and ``forecaster``, a column for each bin; rolling origins."""
    about: dict[str, Any]
    """``measure``, ``first``, ``last``, ``dyads``, ``rivals``, ``against``, ``resamples``,
    ``level``, ``seed``."""

    def as_json(self) -> dict[str, Any]:
        """The same as lists and numbers; what is not known or infinite is None."""
        frames = {"scores": self.scores, "skill": self.skill, "turning_points": self.turning}
        told = {name: _records(frame) for name, frame in frames.items()}
        return {**self.about, **told, "pit": _records(self.pit)}

    def dataset(self) -> xr.Dataset:
        """The same as a dataset, for pictures and files; see ``alliance_sim.plots.backtest``."""
        from alliance_sim.scoring.datasets import as_dataset

        return as_dataset(self)


def table(
    scores: Scores,
    rivals: Sequence[str],
    *,
    against: str = AGAINST,
    points: Sequence[tuple[int, int]] = TURNING_POINTS,
    resamples: int = RESAMPLES,
    seed: int = 0,
) -> Table:
    """Put scores together.

    Every row compares forecasters on the same forecasts: those for which each of them says
    something. One that says nothing at all on a fold and horizon has no row there.

    Args:
        scores: what :func:`~alliance_sim.scoring.scores.score` gave.
        rivals: names of the forecasters that the others have to beat.
        against: the rival whose skill columns stand in ``Table.scores``.
        points: turning points.
        resamples: of the bootstrap.
        seed: of the bootstrap.

    Raises:
        InputError: if a rival is not among the forecasters.
    """
    _check_rivals(scores, (*rivals, against))
    told, skills = [], []
    for keys, rows in _selections(scores):
        here = _speaking(scores, rows)
        if here is None:
            continue
        names, common = here
        means = _means(scores, names, common)
        found = _skills(scores, names, common, rivals, resamples, seed)
        beside = found[found["against"] == against].pivot(index="forecaster", columns="score")
        for score, mean in SKILL_OF.items():
            for column, name in (("skill", ""), ("low", "_low"), ("high", "_high")):
                wanted = (column, score)
                held = beside[wanted] if wanted in beside else pd.Series(dtype=float)
                means[f"skill_{mean}{name}"] = held.reindex(means["forecaster"]).to_numpy()
        told.append(means.assign(**keys))
        skills.append(found.assign(**keys))
    joined = _in_order(pd.concat(told, ignore_index=True))
    task = scores.task
    about = {
        "measure": task.measure,
        "first": task.first,
        "last": task.last,
        "dyads": int(task.rows["dyad"].nunique()),
        "rivals": list(rivals),
        "against": against,
        "resamples": resamples,
        "level": LEVEL,
        "seed": seed,
    }
    turns = turning_points(scores, points)
    return Table(
        joined, _in_order(pd.concat(skills, ignore_index=True)), turns, _pit(scores), about
    )


def _selections(scores: Scores) -> Iterator[tuple[dict[str, str], Ints]]:
    """Rows that are told together, and by which keys."""
    rows = scores.task.rows
    for origins in ("rolling", "fixed"):
        for fold in (KNOWN, LEFT_OUT, NEW):
            chosen = (rows[origins] & (rows["fold"] == fold)).to_numpy()
            horizon = rows["horizon"].to_numpy()
            for each in (None, *np.unique(horizon[chosen])):
                kept = np.flatnonzero(chosen & (True if each is None else horizon == each))
                if len(kept):
                    name = ALL if each is None else str(each)
                    yield {"origins": origins, "fold": fold, "horizon": name}, kept


def _speaking(scores: Scores, rows: Ints) -> tuple[Ints, Ints] | None:
    """Forecasters that say something on these rows, and the rows on which all of them do."""
    said = np.isfinite(scores.values["crps"][:, rows])
    names = np.flatnonzero(said.any(axis=1))
    common = rows[said[names].all(axis=0)]
    return (names, common) if len(names) and len(common) else None


def _means(scores: Scores, names: Ints, rows: Ints) -> pd.DataFrame:
    """Mean scores, a row for each forecaster."""
    about = scores.task.rows.iloc[rows]
    out = pd.DataFrame({"forecaster": [scores.forecasters[place] for place in names]})
    out["n"] = len(rows)
    out["dyads"], out["years"] = about["dyad"].nunique(), about["year"].nunique()
    chosen = np.ix_(names, rows)
    for name, score in _MEANS.items():
        out[name] = _mean(scores.values[score][chosen])
    out["sign_n"] = np.isfinite(scores.values["hit"][chosen]).sum(axis=1)
    change = (about["observed"] - about["last"]).to_numpy(dtype=np.float64)
    predicted = scores.values["predicted_change"][chosen]
    errors = scores.values["change_error"][chosen]
    pairs = zip(predicted, errors, strict=True)
    out["change_correlation"] = [_correlation(each, change, off) for each, off in pairs]
    out["change_explained"] = [_explained(each, change) for each in predicted]
    return out


def _mean(values: Doubles) -> Doubles:
    """Means over rows of what is known; NaN if nothing is."""
    seen = np.isfinite(values)
    count = seen.sum(axis=1)
    total = np.where(seen, values, 0.0).sum(axis=1)
    mean: Doubles = np.divide(total, count, out=np.full(len(values), np.nan), where=count > 0)
    return mean


def _correlation(predicted: Doubles, change: Doubles, errors: Doubles) -> float:
    """Of predicted and observed changes; NaN where nothing but chance varies."""
    seen = np.isfinite(predicted) & np.isfinite(change)
    if seen.sum() < _FEWEST_PAIRS:
        return math.nan
    predicted, change = predicted[seen], change[seen]
    if predicted.var() <= _NO_CHANGE * errors[seen].mean() or change.var() == 0:
        return math.nan
    return float(np.corrcoef(predicted, change)[0, 1])


def _explained(predicted: Doubles, change: Doubles) -> float:
    """1 - squared errors of the predicted change over those of no change."""
    seen = np.isfinite(predicted) & np.isfinite(change)
    total = float((change[seen] ** 2).sum())
    return 1 - float(((change - predicted)[seen] ** 2).sum()) / total if total > 0 else math.nan


def _skills(
    scores: Scores,
    names: Ints,
    rows: Ints,
    rivals: Sequence[str],
    resamples: int,
    seed: int,
) -> pd.DataFrame:
    """Skill against each rival, a row for each forecaster, rival and score."""
    about = scores.task.rows.iloc[rows]
    dyads = pd.factorize(about["dyad"])[0].astype(np.int64)
    years = pd.factorize(about["year"])[0].astype(np.int64)
    own = [scores.forecasters[place] for place in names]
    there = [name for name in rivals if name in own]
    places = np.array([own.index(name) for name in there], dtype=np.int64)
    parts = []
    for score in SKILL_OF:
        found = skill(
            scores.values[score][np.ix_(names, rows)], places, dyads, years, resamples, seed
        )
        grid = pd.MultiIndex.from_product([own, there], names=["forecaster", "against"])
        columns = {"skill": found.value, "low": found.low, "high": found.high}
        one = pd.DataFrame({name: each.ravel() for name, each in columns.items()}, index=grid)
        parts.append(one.reset_index().assign(score=score))
    told: pd.DataFrame = pd.concat(parts, ignore_index=True)
    return told


def _pit(scores: Scores) -> pd.DataFrame:
    """Histograms of the probability integral transform."""
    rows = scores.task.rows
    parts = []
    for fold in (KNOWN, LEFT_OUT, NEW):
        chosen = (rows["rolling"] & (rows["fold"] == fold)).to_numpy()
        counts = pit_counts(scores.values["pit"][:, chosen])
        part = pd.DataFrame(counts, columns=[f"bin_{place + 1}" for place in range(BINS)])
        part.insert(0, "forecaster", scores.forecasters)
        part.insert(0, "fold", fold)
        parts.append(part[counts.sum(axis=1) > 0])
    told: pd.DataFrame = pd.concat(parts, ignore_index=True)
    return told


def _in_order(frame: pd.DataFrame) -> pd.DataFrame:
    ordered: pd.DataFrame = frame[[*KEYS, *(name for name in frame if name not in KEYS)]]
    return ordered


def _records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    return [
        {str(key): finite(value) for key, value in row.items()}
        for row in frame.to_dict(orient="records")
    ]


def _check_rivals(scores: Scores, rivals: Sequence[str]) -> None:
    missing = [name for name in dict.fromkeys(rivals) if name not in scores.forecasters]
    if missing:
        mend = f"score it, or name others of {', '.join(scores.forecasters)}"
        raise InputError([Problem(f"no forecaster is called {name}", mend) for name in missing])
