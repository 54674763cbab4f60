"""The model as a forecaster: a history run anew for each origin, tracked on what was known there.

A pure forecast drops what intervenes after its origin; a conditional one keeps it. Parameters and
chance of a run are the same for all origins, so runs agree up to the earliest of them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import pandas as pd

from alliance_sim import rng
from alliance_sim.errors import RunError
from alliance_sim.executors import Workers
from alliance_sim.observations.filtering import forecast
from alliance_sim.observations.fitting import FREE, Fit, fit
from alliance_sim.observations.model import Linear
from alliance_sim.scoring import Block, Task
from alliance_sim.simulate.backtest_inputs import MONTHS
from alliance_sim.simulate.designs import Doubles, Experiment, spread
from alliance_sim.spec import Intervention, Scenario
from alliance_sim.spec.base import month_number
from alliance_sim.spec.scenario import Between, Hazard

COVARIATES = ("policy", "agreements", "capability")
"""What a regression is given of each pair: what comes from outside, as the model has it."""
Progress = Callable[[int], None]


@dataclass(frozen=True)
class History:
    """A scenario of known years, whose horizon begins in a January.

    Attributes:
        scenario: its horizon ends with the last year that is forecast.
        seed: of parameters and chance.
        conditional: whether what intervenes after an origin is known there.
    """

    scenario: Scenario
    seed: int
    conditional: bool

    @property
    def first(self) -> int:
        """First year."""
        return month_number(self.scenario.horizon.start) // MONTHS

    @property
    def years(self) -> range:
        """Every year."""
        return range(self.first, self.first + self.scenario.horizon.months // MONTHS)

    @cached_property
    def experiment(self) -> Experiment:
        """With everything that intervenes."""
        return Experiment(self.scenario, None, (), self.seed, chance=True)

    def known(self, origin: int) -> tuple[Intervention, ...]:
        """What intervenes, as far as a forecast from the end of a year knows it.

        What begins at an unknown date is known if it may have begun by then.
        """
        end = MONTHS * (origin + 1)
        return tuple(
            each
            for each in self.scenario.interventions
            if self.conditional or self._earliest(each) < end
        )

    def _earliest(self, intervention: Intervention) -> int:
        """First month in which it may happen."""
        at = intervention.at
        if isinstance(at, Between):
            return month_number(at.between[0])
        if isinstance(at, Hazard):
            return month_number(at.from_month or self.scenario.horizon.start)
        return month_number(at)

    def simulations(self, origins: Sequence[int]) -> dict[tuple[str, ...], tuple[int, ...]]:
        """Ids of what intervenes -> origins at which just that is known: one simulation each."""
        found: dict[tuple[str, ...], tuple[int, ...]] = {}
        for origin in origins:
            key = tuple(each.id for each in self.known(origin))
            found[key] = (*found.get(key, ()), origin)
        return found

    def paths(
        self,
        origins: Sequence[int],
        reading: str,
        runs: int,
        workers: Workers,
        progress: Progress,
    ) -> dict[int, Doubles]:
        """Origin -> yearly means of every pair, (pair, year, run).

        Raises:
            RunError: where a run fails.
        """
        found: dict[int, Doubles] = {}
        luck = np.arange(runs)
        for its in self.simulations(origins).values():
            scenario = self.scenario.model_copy(update={"interventions": self.known(its[0])})
            experiment = replace(self.experiment, scenario=scenario)
            # Draws are keyed by number: those of what is dropped leave the others as they are.
            points = spread(runs, experiment.factors, self.seed)
            values = experiment.years(points, luck, [reading], workers, progress)[0]
            failed = np.flatnonzero(~np.isfinite(values).all(axis=(0, 1)))
            if len(failed):
                raise RunError(f"run {failed[0]} of seed {self.seed} failed")
            found |= dict.fromkeys(its, values.astype(np.float64))
        return found

    def covariates(self, workers: Workers, progress: Progress) -> pd.DataFrame:
        """What comes from outside, of every pair and year, in one expected run at the medians."""
        expected = replace(self.experiment, chance=False)
        point = np.full((1, len(expected.factors)), 0.5)
        values = expected.years(point, np.arange(1), COVARIATES, workers, progress)[..., 0]
        keys = pd.MultiIndex.from_product([expected.pairs, self.years], names=["dyad", "year"])
        columns = {name: each.ravel() for name, each in zip(COVARIATES, values, strict=True)}
        return pd.DataFrame(columns, index=keys).astype(np.float64).reset_index()


@dataclass(frozen=True)
class Tracker:
    """Tracks pairs on what was observed up to an origin, and forecasts what will be.

    Attributes:
        pairs: of the world, all of them: so the draws of one do not hang on which others are
            observed.
        years: of the history.
        errors: (pair, year) standard errors of what was observed; NaN where nothing was.
        start: where the search for the measure's numbers begins.
        seed: of discrepancies and errors.
    """

    pairs: tuple[str, ...]
    years: range
    errors: Doubles
    start: Linear
    seed: int

    def draws(
        self, task: Task, paths: Mapping[int, Doubles] | None, runs: int
    ) -> tuple[Doubles, list[dict[str, object]]]:
        """Draws for the rows of a task, (row, run), and the numbers fitted on each history.

        Args:
            task: what is asked for.
            paths: of the latent by origin; None for none, which leaves the discrepancy alone.
            runs: draws.
        """
        out = np.full((len(task.rows), runs), np.nan)
        fits: list[dict[str, object]] = []
        for block in task.blocks():
            hidden = int(task.rows["hidden"].iloc[block.places[0]])
            latent = None if paths is None else paths[block.origin]
            out[block.places], found = self._block(block, hidden, latent, runs)
            fits.append({"origin": block.origin, "hidden": hidden} | _told(found))
        return out, fits

    def _block(
        self, block: Block, hidden: int, latent: Doubles | None, runs: int
    ) -> tuple[Doubles, Fit]:
        """Fit the numbers on the history of a block, and forecast its rows."""
        values = self._values(block)
        seen = values.shape[1]
        errors = np.where(np.isfinite(values), self.errors[:, :seen], np.nan)
        if latent is None:
            found = fit(values, errors, replace(self.start, slope=0.0), None, FREE)
            latent = np.zeros((len(self.pairs), len(self.years), runs))
        else:
            expected = latent[:, :seen].mean(axis=2)
            found = fit(values, errors, self.start, expected, ("slope", *FREE))
        horizons = sorted({*block.rows["horizon"].tolist()})
        generator = rng.stream(self.seed, "backtest", block.origin, hidden)
        drawn = forecast(latent, values, errors, seen - 1, horizons, found.numbers, generator)
        place = {pair: at for at, pair in enumerate(self.pairs)}
        rows = [place[dyad] for dyad in block.rows["dyad"]]
        ahead = np.searchsorted(horizons, block.rows["horizon"].to_numpy())
        return drawn[rows, ahead], found

    def _values(self, block: Block) -> Doubles:
        """What may be known, (pair, year) from the first year of the history to the origin."""
        known = block.history
        frame = pd.DataFrame(known.values, index=list(known.dyads), columns=known.years)
        wanted = range(self.years[0], block.origin + 1)
        return frame.reindex(index=list(self.pairs), columns=list(wanted)).to_numpy(dtype=float)


def _told(found: Fit) -> dict[str, object]:
    """A fit as plain numbers."""
    numbers = {name: float(getattr(found.numbers, name)) for name in ("slope", *FREE)}
    about = {"log_likelihood": found.log_likelihood, "observations": found.observations}
    return {**numbers, **about, "converged": found.converged}
