"""Scores of draws against what came, a number for each row; definitions in docs/scoring.md."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from alliance_sim.errors import InputError, Problem
from alliance_sim.scoring.folds import KNOWN, Doubles, Task

LEVELS = (50, 90)
"""Central intervals that are scored, in percent."""
BEYOND_SAMPLING = 1.0
"""Standard errors by which a change must exceed nothing for its sign to count; judgement."""
UNDECIDED = 2.0
"""Monte-Carlo errors around one half within which a probability of a sign says neither."""
SMALLEST_SD = 1e-4
"""Least spread in the log score, the last decimal of published agreement; a point forecast would
otherwise score minus infinity."""
BINS = 10
"""Bins of the histogram of the probability integral transform."""
TURNING_POINTS: tuple[tuple[int, int], ...] = (
    (1991, 1991),
    (1999, 2000),
    (2006, 2006),
    (2012, 2012),
)
"""First and last year of turns in the relations that the source paper follows."""

_FEWEST_DRAWS = 2


@dataclass(frozen=True, eq=False)
class Scores:
    """Scores of several forecasters on the rows of a task."""

    task: Task
    forecasters: tuple[str, ...]
    values: dict[str, Doubles]
    """Score -> (forecaster, row); NaN where a forecaster gave nothing, or the score has no meaning
    there. ``error`` (absolute, of the median), ``error_mean``, ``crps``, ``interval_50``,
    ``interval_90``, ``within_50``, ``within_90`` (0 or 1), ``log_score``, ``pit``; and, where the
    last value is known, ``predicted_change`` (of the mean) and ``change_error`` (its Monte-Carlo
    variance), ``up`` (probability of a rise), and where the change is beyond the sampling noise,
    ``brier`` and ``hit``."""

    def frame(self) -> pd.DataFrame:
        """A row for each forecaster and row of the task."""
        parts = [
            self.task.rows.assign(
                forecaster=name, **{score: each[place] for score, each in self.values.items()}
            )
            for place, name in enumerate(self.forecasters)
        ]
        return pd.concat(parts, ignore_index=True)


def score(task: Task, forecasts: Mapping[str, npt.ArrayLike]) -> Scores:
    """Score draws of any forecasters on the rows of a task.

    Args:
        task: what was to be forecast.
        forecasts: name -> draws, (row, draw). A forecaster that has nothing to say on a row gives
            NaN for all its draws.

    Raises:
        InputError: if draws are too few, of another shape, infinite, or NaN in part of a row.

    Example:
        >>> from alliance_sim.scoring import forecast, make_task, persistence
        >>> frame = pd.DataFrame(
        ...     {"dyad": "a-b", "year": range(2000, 2014), "value": [0.1, 0.3] * 7}
        ... )
        >>> task = make_task(frame, 2012, 2013)
        >>> found = score(task, {"persistence": forecast(task, persistence)})
        >>> found.values["error"].round(1).tolist()
        [[0.2, 0.0, 0.2]]
    """
    arrays = {name: np.asarray(draws, dtype=np.float64) for name, draws in forecasts.items()}
    _check(task, arrays)
    each = [_scores(task, draws) for draws in arrays.values()]
    values = {name: np.stack([one[name] for one in each]) for name in each[0]}
    return Scores(task, tuple(arrays), values)


def _scores(task: Task, draws: Doubles) -> dict[str, Doubles]:
    """Every score of one forecaster, (row,)."""
    said = np.flatnonzero(np.isfinite(draws).all(axis=1))
    ordered = np.sort(draws[said], axis=1)
    rows = task.rows.iloc[said]
    found = {**_distances(rows, ordered), **_changes(rows, ordered)}
    out = {name: np.full(len(draws), np.nan) for name in found}
    for name, values in found.items():
        out[name][said] = values
    return out


def _distances(rows: pd.DataFrame, ordered: Doubles) -> dict[str, Doubles]:
    """Scores of the level."""
    import scoringrules as sr
    from scipy.stats import norm

    observed = rows["observed"].to_numpy(dtype=np.float64)
    mean, sd = ordered.mean(axis=1), ordered.std(axis=1, ddof=1)
    found = {
        "error": np.abs(observed - _quantile(ordered, 0.5)),
        "error_mean": np.abs(observed - mean),
        # The estimator by probability weighted moments is the fair one, in M log M steps.
        "crps": sr.crps_ensemble(
            observed, ordered, estimator="pwm", sorted_ensemble=True, backend="numpy"
        ),
        # Not that of scoringrules, which takes the logarithm of a density that may be nought.
        "log_score": -norm.logpdf(observed, mean, np.maximum(sd, SMALLEST_SD)),
    }
    for level in LEVELS:
        alpha = 1 - level / 100
        low, high = _quantile(ordered, alpha / 2), _quantile(ordered, 1 - alpha / 2)
        scores = sr.interval_score(observed, low, high, alpha, backend="numpy")
        found[f"interval_{level}"] = np.reshape(scores, observed.shape)
        found[f"within_{level}"] = ((low <= observed) & (observed <= high)).astype(np.float64)
    below = (ordered < observed[:, None]).sum(axis=1)
    same = (ordered == observed[:, None]).sum(axis=1)
    found["pit"] = (below + same / 2 + 0.5) / (ordered.shape[1] + 1)
    return found


def _changes(rows: pd.DataFrame, ordered: Doubles) -> dict[str, Doubles]:
    """Scores of the change since the last value; NaN where that is not known."""
    import scoringrules as sr

    last = rows["last"].to_numpy(dtype=np.float64)
    change = rows["observed"].to_numpy(dtype=np.float64) - last
    noise = BEYOND_SAMPLING * rows["sampling"].to_numpy(dtype=np.float64)
    above = (ordered > last[:, None]).mean(axis=1)
    same = (ordered == last[:, None]).mean(axis=1)
    up = np.where(np.isfinite(last), above + same / 2, np.nan)
    counts = np.isfinite(change) & (np.abs(change) > noise)
    rose = (change > 0).astype(np.float64)
    asked = np.where(counts, up, 0.5)
    brier = sr.brier_score(rose, asked, backend="numpy")
    own = np.where(rose > 0, asked, 1 - asked)
    return {
        "predicted_change": ordered.mean(axis=1) - last,
        "change_error": np.where(
            np.isfinite(last), ordered.var(axis=1, ddof=1) / ordered.shape[1], np.nan
        ),
        "up": up,
        "brier": np.where(counts, brier, np.nan),
        "hit": np.where(counts, _decided(own, ordered.shape[1]), np.nan),
    }


def _decided(probability: Doubles, draws: int) -> Doubles:
    """1 where a probability is above one half, 0 below, 1/2 if the draws cannot tell."""
    unclear = np.abs(probability - 0.5) <= UNDECIDED * 0.5 / np.sqrt(draws)
    return np.where(unclear, 0.5, (probability > 0.5).astype(np.float64))


def _quantile(ordered: Doubles, level: float) -> Doubles:
    """Quantile of sorted draws at the place level (M + 1), linear between them, (row,).

    One more draw of the same kind falls below it with just this probability (``weibull`` in
    numpy.quantile), so that intervals cover what they should at any number of draws; beyond the
    outermost draw, that draw.
    """
    last = ordered.shape[1] - 1
    spot = min(max(level * (last + 2) - 1, 0.0), float(last))
    place = min(int(spot), last - 1)
    low, high = ordered[:, place], ordered[:, place + 1]
    quantile: Doubles = low + (spot - place) * (high - low)
    return quantile


def turning_points(
    scores: Scores,
    points: Sequence[tuple[int, int]] = TURNING_POINTS,
    dyads: Sequence[str] | None = None,
) -> pd.DataFrame:
    """How turns were seen from the year before them.

    A turn from year a to year b is the forecast of b from the origin a - 1, of dyads whose history
    is known. Turns that the task does not have are left out.

    Args:
        scores: what :func:`score` gave.
        points: first and last year of each turn.
        dyads: which ones; left out, all.

    Returns:
        A row for each turn and forecaster: ``turn``, ``forecaster``, ``n`` (dyads), ``crps``,
        ``error``, ``change`` and ``predicted_change`` (means), ``sign_n`` (dyads whose change is
        beyond the sampling noise), ``probability`` (mean, of the sign that came), ``seen`` (share
        of them for which it was above one half; those at one half count half).
    """
    frame = scores.frame()
    frame = frame[(frame["fold"] == KNOWN) & np.isfinite(frame["crps"])]
    if dyads is not None:
        frame = frame[frame["dyad"].isin(list(dyads))]
    frame = frame.assign(change=frame["observed"] - frame["last"])
    rose = frame["change"] > 0
    own = frame["up"].where(rose, 1 - frame["up"])
    frame["probability"] = own.where(np.isfinite(frame["hit"]))
    parts = []
    for first, last in points:
        turn = frame[(frame["origin"] == first - 1) & (frame["year"] == last)]
        if turn.empty:
            continue
        found = turn.groupby("forecaster", sort=False).agg(
            n=("crps", "size"),
            crps=("crps", "mean"),
            error=("error", "mean"),
            change=("change", "mean"),
            predicted_change=("predicted_change", "mean"),
            sign_n=("hit", "count"),
            probability=("probability", "mean"),
            seen=("hit", "mean"),
        )
        name = str(last) if first == last else f"{first}-{last}"
        parts.append(found.reset_index().assign(turn=name))
    columns = ["turn", "forecaster", "n", "crps", "error", "change", "predicted_change"]
    columns += ["sign_n", "probability", "seen"]
    if not parts:
        return pd.DataFrame(columns=columns)
    turns: pd.DataFrame = pd.concat(parts, ignore_index=True)[columns]
    return turns


def pit_counts(pit: Doubles) -> npt.NDArray[np.int64]:
    """Histogram of probability integral transforms in :data:`BINS` equal bins, (..., bin)."""
    bins = np.where(np.isfinite(pit), np.minimum(pit * BINS, BINS - 1), -1).astype(np.int64)
    return np.stack([(bins == place).sum(axis=-1) for place in range(BINS)], axis=-1)


def _fits(shape: tuple[int, ...], rows: int) -> bool:
    return len(shape) == len(("row", "draw")) and shape[0] == rows and shape[1] >= _FEWEST_DRAWS


def _check(task: Task, arrays: Mapping[str, Doubles]) -> None:
    problems = []
    if not arrays:
        problems.append(Problem("there is no forecast to score", "give a forecaster's draws"))
    for name, draws in arrays.items():
        if not _fits(draws.shape, len(task.rows)):
            what = f"the draws of {name} have the shape {draws.shape}"
            mend = f"give ({len(task.rows)}, draws), with {_FEWEST_DRAWS} draws or more"
            problems.append(Problem(what, mend))
        elif np.isinf(draws).any():
            problems.append(Problem(f"a draw of {name} is infinite", "give finite draws"))
        elif (np.isnan(draws).any(axis=1) & ~np.isnan(draws).all(axis=1)).any():
            mend = "give all draws of a row, or none"
            problems.append(Problem(f"some draws of a row of {name} are missing", mend))
    if problems:
        raise InputError(problems)
