"""Forecasts of years that were held back, by the model and by simple rivals, in one table.

For every origin the history is run, the observation model is fitted and its discrepancies are
tracked on what was observed up to then, and the years after it are forecast
(:mod:`~alliance_sim.simulate.hindcasts`). Nothing of the years forecast is looked at before they
are scored (:mod:`alliance_sim.scoring`).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from alliance_sim.errors import InputError, Problem
from alliance_sim.executors import Workers
from alliance_sim.load.observation import load_observation
from alliance_sim.observations.parameters import LATENTS, RANGES, linear
from alliance_sim.program import JOINT
from alliance_sim.scoring import RIVALS, Regression, Task, forecasts, make_task, score, table
from alliance_sim.simulate import backtest_inputs as inputs
from alliance_sim.simulate.backtest_data import MODEL, Backtest
from alliance_sim.simulate.backtest_inputs import AUTO, Source
from alliance_sim.simulate.designs import Doubles
from alliance_sim.simulate.ensembles import check_numbers, scenario_hash
from alliance_sim.simulate.hindcasts import History, Tracker
from alliance_sim.spec import Scenario
from alliance_sim.spec.base import did_you_mean
from alliance_sim.spec.observation import ObservationNumbers

SCENARIO = "history_1991_2016"
RUNS = 500
ALONE = "tracking alone"
"""The model's own tracking of what was observed, without the model."""
REGRESSION = "regression"


@dataclass(frozen=True)
class BacktestDesign:
    """What is forecast, and how.

    Attributes:
        measure: votes, ideal_points, arms or trade.
        source: of the measure, where several are there; left out, the preferred one.
        conditional: whether what intervenes after an origin is known; else nothing is.
        posterior: ``auto``, ``none``, or a file of values that is laid over the world.
        runs: of the model for each origin; as many draws as any forecaster has.
    """

    measure: str = "votes"
    source: str | None = None
    conditional: bool = False
    posterior: str | Path = AUTO
    runs: int = RUNS


def backtest(
    observations: Source,
    first: int,
    last: int,
    scenario: Scenario | str | Path = SCENARIO,
    design: BacktestDesign | None = None,
    *,
    seed: int = 0,
    workers: Workers = None,
    progress: Callable[[int], None] = lambda done: None,
) -> Backtest:
    """Forecast years that were held back, and score that beside simple rivals.

    Args:
        observations: files or folders of them (docs/observations.md), or what was read from some.
        first: first year that is forecast; the first origin is the year before.
        last: last year that is forecast.
        scenario: of known years; its horizon begins in a January, and is taken to end with
            ``last``.
        design: what is forecast and how; left out, votes, purely.
        seed: of everything.
        workers: processes to share the work, or any executor; None for all cores.
        progress: called with the number of runs just finished.

    Raises:
        InputError: where an input cannot be used.
        RunError: where a run fails.
    """
    study = plan_backtest(observations, first, last, scenario, design, seed=seed)
    return study.run(workers, progress)


def plan_backtest(
    observations: Source,
    first: int,
    last: int,
    scenario: Scenario | str | Path = SCENARIO,
    design: BacktestDesign | None = None,
    *,
    seed: int = 0,
) -> BacktestStudy:
    """Check what :func:`backtest` is asked for; arguments as there."""
    design = design or BacktestDesign()
    check_numbers(runs=design.runs, seed=seed)
    measure = design.measure
    if measure not in RANGES:
        mend = did_you_mean(measure, tuple(RANGES))
        raise InputError([Problem(f"measure '{measure}' cannot be forecast", mend)])
    whole, file = inputs.history(scenario, design.posterior, first, SCENARIO)
    short = inputs.until(whole, first, last, measure)
    history = History(short, int(seed), design.conditional)
    numbers = load_observation()
    seen = inputs.observed(observations, short, numbers.targets)
    source = design.source or seen.sources(measure)[0]
    frame, strangers = inputs.frame(seen, measure, source, history.experiment.pairs, (first, last))
    task = make_task(frame, first, last, measure=measure, bounds=RANGES[measure], seed=int(seed))
    about = {
        "forecast": "conditional" if design.conditional else "pure",
        "source": source,
        **inputs.names(scenario),
        "scenario_hash": scenario_hash(short),
        "posterior": None if file is None else file.stem,
        "saw": _saw(history),
        "runs": int(design.runs),
        "seed": int(seed),
    }
    notes = [*_reading_notes(about, task), *seen.notes]
    if strangers:
        notes.append(f"Left out, as the world does not tie them: {', '.join(strangers)}.")
    return BacktestStudy(history, numbers, task, frame, about, tuple(notes))


@dataclass(frozen=True, eq=False)
class BacktestStudy:
    """A backtest that has been checked and can be run."""

    history: History
    prior: ObservationNumbers
    task: Task
    frame: pd.DataFrame
    """``dyad``, ``year``, ``value``, ``sampling``; of the chosen source, up to the last year."""
    about: dict[str, Any]
    notes: tuple[str, ...]

    @property
    def origins(self) -> list[int]:
        """Every origin."""
        return sorted({*self.task.rows["origin"].tolist()})

    @property
    def runs(self) -> int:
        """Runs that it takes: those of each simulation, and one for what comes from outside."""
        return int(self.about["runs"]) * len(self.history.simulations(self.origins)) + 1

    def run(
        self, workers: Workers = None, progress: Callable[[int], None] = lambda done: None
    ) -> Backtest:
        """Do it."""
        return self.scored(*self.simulated(workers, progress))

    def simulated(
        self, workers: Workers, progress: Callable[[int], None]
    ) -> tuple[dict[int, Doubles], pd.DataFrame]:
        """Paths of what shows in the measure by origin, and what comes from outside."""
        check_numbers(workers=workers)
        reading = LATENTS[self.task.measure]
        runs = int(self.about["runs"])
        paths = self.history.paths(self.origins, reading, runs, workers, progress)
        return paths, self.history.covariates(workers, progress)

    def scored(self, paths: dict[int, Doubles], covariates: pd.DataFrame) -> Backtest:
        """Track, forecast and score."""
        runs, seed = int(self.about["runs"]), int(self.about["seed"])
        tracker = self._tracker()
        model, fits = tracker.draws(self.task, paths, runs)
        alone, others = tracker.draws(self.task, None, runs)
        regression = Regression(covariates, ahead=self.history.conditional)
        rivals = forecasts(self.task, {**RIVALS, REGRESSION: regression}, runs, seed)
        draws = {MODEL: model, **rivals, ALONE: alone}
        told = [{"forecaster": MODEL} | each for each in fits]
        told += [{"forecaster": ALONE} | each for each in others]
        found = table(score(self.task, draws), [*rivals, ALONE], seed=seed)
        notes = (*self.notes, *_unsure(told))
        return Backtest(found, pd.DataFrame(told), self.task, draws, self.about, notes)

    def _tracker(self) -> Tracker:
        pairs, years = self.history.experiment.pairs, self.history.years
        errors = self.frame.pivot(index="dyad", columns="year", values="sampling")
        errors = errors.reindex(index=list(pairs), columns=list(years))
        start = linear(self.prior, self.task.measure, source=str(self.about["source"]))
        return Tracker(pairs, years, errors.to_numpy(dtype=float), start, int(self.about["seed"]))


def _unsure(fits: Sequence[dict[str, Any]]) -> Iterator[str]:
    """What to know of fits that found no end."""
    failed = sum(not each["converged"] for each in fits)
    if failed:
        yield (
            f"{failed} of {len(fits)} searches for the numbers of the measure did not converge; "
            "numbers.csv says which."
        )


def _reading_notes(about: dict[str, Any], task: Task) -> tuple[str, ...]:
    """What to know of the forecasts."""
    saw, origin = about["saw"], task.first - 1
    if about["posterior"] is None and saw is None:
        fitted = "Numbers of the world: the prior, to which nothing observed was fitted."
    elif saw is None:
        fitted = f"Numbers of the world: {about['posterior']}, which does not say what it saw."
    else:
        fitted = f"Numbers of the world: {about['posterior'] or 'its own'}, fitted up to {saw}."
        if saw > origin:
            fitted += f" The first origin is {origin}: these are no forecasts."
    known = {
        "pure": "Pure forecasts: nothing that happened after an origin is known at it.",
        "conditional": "Conditional forecasts: what came from outside after an origin is known.",
    }
    return (
        f"{known[about['forecast']]} {fitted}",
        "Dyads left out: the world's initial values were made from votes and other data of the "
        "years before it, of these as well: the model knows more of them than any rival does.",
    )


def _saw(history: History) -> int | None:
    """Last year that the tables of joint draws saw, as their names say (``votes_1991_2011``)."""
    keys = [each.key for each in history.experiment.factors if each.key.startswith(JOINT)]
    found = [re.search(r"_(\d{4})$", key) for key in keys]
    return max((int(each[1]) for each in found if each), default=None)
