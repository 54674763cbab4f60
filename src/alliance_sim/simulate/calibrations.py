"""Fits a world's uncertain numbers to what was observed of its dyads, by simulation.

A run through known years gives every dyad a latent path; the observation model makes from it what
would have been observed; and the numbers whose runs come near what was observed, in summaries
learned from runs of the prior, are the posterior. Whatever is not fitted (numbers outside of
``free``, dates, chance) is drawn anew in every run.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
from scipy.special import ndtri

from alliance_sim import rng
from alliance_sim.calibration import Effort, Generation, Ranks, ranks, sequential
from alliance_sim.errors import InputError, Problem
from alliance_sim.executors import Workers
from alliance_sim.load.observation import load_observation
from alliance_sim.observations.fitting import fit
from alliance_sim.observations.parameters import LATENTS, linear, name_of, uncertain
from alliance_sim.observations.summaries import Summaries, summaries
from alliance_sim.observations.tables import Panel
from alliance_sim.observations.together import Together, members_of, shared_part
from alliance_sim.program import JOINT
from alliance_sim.simulate.backtest_inputs import MONTHS, Source, observed
from alliance_sim.simulate.backtest_inputs import until as until_year
from alliance_sim.simulate.designs import Doubles, Experiment, Rows
from alliance_sim.simulate.ensembles import as_scenario, check_numbers
from alliance_sim.spec.base import month_number
from alliance_sim.spec.observation import ROOT, ObservationNumbers

if TYPE_CHECKING:
    from alliance_sim.simulate.calibrated import Calibration
    from alliance_sim.spec import Scenario

SCENARIO = "calibration_1991_2016"
FREE = ("world.mechanisms.*", "world.behaviour.*")
"""What is fitted beside the numbers of the measure: few numbers, which all dyads share."""
PILOT = 2048
"""Runs from which summaries are learned, and as many again that check the calibration."""
REPLICATES = 1000
"""Calibrations on simulated data, each of which learns from the others; at most half as many as
there are runs."""
KEEP = 16
"""One simulation in so many counts in each of them."""
ROWS = 256
"""Rows of the posterior's table."""
FITTED = ("level", "slope", "noise", "drift", "between", "sampling")
WORLD = "world."
"""What paths of a world's numbers begin with."""
COPIES = 8
"""Panels that are made of each run to learn from: what is observed costs little beside a run."""
_EDGE = 1e-6  # of probabilities, whose normal scores would be infinite at 0 and 1
_FAR = 0.01  # share of simulations beyond what a guess may be, on either side: judgement
_RIDGE = 1e-3  # of the mean square of the inputs, as many as there are summaries


@dataclass(frozen=True)
class CalibrationDesign:
    """What is fitted, to what.

    Attributes:
        free: patterns of the paths of the world's numbers to fit, such as ``world.mechanisms.*``.
        measure: what was observed: votes, ideal_points, arms or trade.
        source: of the measure, where several are there; left out, the preferred one.
    """

    free: Sequence[str] = FREE
    measure: str = "votes"
    source: str | None = None


def calibrate(
    observations: Source,
    until: int,
    scenario: Scenario | str | Path = SCENARIO,
    design: CalibrationDesign | None = None,
    *,
    effort: Effort | None = None,
    seed: int = 0,
    workers: Workers = None,
    progress: Callable[[str], None] = lambda done: None,
) -> Calibration:
    """Fit uncertain numbers to what was observed up to a year.

    Args:
        observations: files or folders of them (docs/observations.md), or what was read from some.
        until: last year that counts; nothing later is looked at. Where observations end before,
            theirs.
        scenario: a history that begins in a January, with wide priors.
        design: what is fitted, to what.
        effort: of the search.
        seed: of everything.
        workers: processes to share the work, or any executor; None for all cores.
        progress: told what was just done, in words.

    Raises:
        InputError: where an input cannot be used.
    """
    study = plan(observations, until, scenario, design, seed)
    return study.run(effort or Effort(), PILOT, workers, progress)


def plan(
    observations: Source,
    until: int,
    scenario: Scenario | str | Path = SCENARIO,
    design: CalibrationDesign | None = None,
    seed: int = 0,
) -> Study:
    """Check what :func:`calibrate` is asked for."""
    check_numbers(seed=seed)
    design = design or CalibrationDesign()
    measure, source = design.measure, design.source
    history = as_scenario(scenario)
    numbers = load_observation()
    seen = observed(observations, history, numbers.targets)
    known = seen.sources(measure)  # told before what the world does not have
    short = until_year(history, None, until, measure)
    first = month_number(short.horizon.start) // MONTHS
    experiment = Experiment(short, None, (), int(seed), chance=True)
    chosen = _chosen(experiment, design.free)
    panel = seen.panel(measure, experiment.pairs, (first, until), source)
    years = np.array(panel.years)[np.isfinite(panel.values).any(axis=0)]
    if not len(years):
        mend = "bring earlier years, or choose a later one"
        raise InputError([Problem(f"no {measure} were observed from {first} to {until}", mend)])
    last = int(years[-1])
    if last < until:  # the posterior is not to be taken for one that saw more
        experiment = replace(experiment, scenario=until_year(history, None, last, measure))
        panel = seen.panel(measure, experiment.pairs, (first, last), source)
    return Study(experiment, chosen, numbers, measure, source or known[0], panel)


def _chosen(experiment: Experiment, free: Sequence[str]) -> npt.NDArray[np.intp]:
    """Places of the numbers that are fitted; each is one of the world, as its posterior is."""
    fitting = {
        place: factor.path
        for place, factor in enumerate(experiment.factors)
        if factor.path.startswith(WORLD) and not factor.key.startswith(JOINT)
    }
    fits = {
        pattern: [place for place, path in fitting.items() if fnmatchcase(path, pattern)]
        for pattern in free
    }
    idle = [pattern for pattern, places in fits.items() if not places]
    own = tuple(free) != FREE  # the usual patterns do for worlds that have only some of them
    if len(idle) == len(fits) or (idle and own):
        paths = [*fitting.values()]
        mend = f"choose some of {', '.join(paths[:8])}{', ...' if len(paths) > 8 else ''}"
        told = idle or ["no pattern"]
        raise InputError(
            [Problem(f"no uncertain number of the world fits {each}", mend) for each in told]
        )
    return np.array(sorted({place for places in fits.values() for place in places}))


@dataclass(frozen=True)
class Study:
    """A calibration that has been checked and can be run.

    Attributes:
        experiment: the history, with chance.
        chosen: places of the world's fitted numbers among its factors.
        numbers: prior of the observation model.
        measure: what was observed.
        source: of what was observed.
        panel: of every pair of the world; years of the history.
    """

    experiment: Experiment
    chosen: npt.NDArray[np.intp]
    numbers: ObservationNumbers
    measure: str
    source: str
    panel: Panel

    @cached_property
    def priors(self) -> dict[str, Any]:
        """Path -> quantile function of every fitted number: those of the world, of the measure."""
        own = [self.experiment.factors[place] for place in self.chosen]
        quantiles: dict[str, Any] = {each.path: self.experiment.quantile(each.path) for each in own}
        found = uncertain(self.numbers)
        names = [name_of(self.numbers, self.measure, name, self.source) for name in FITTED]
        fitted = [f"{ROOT}.{self.measure}.{name}" for name in names]
        return quantiles | {path: found[path].ppf for path in fitted if path in found}

    @property
    def paths(self) -> tuple[str, ...]:
        """Paths of the fitted numbers, in the order of a point."""
        return tuple(self.priors)

    @cached_property
    def _rows(self) -> npt.NDArray[np.intp]:
        """Pairs of which something was observed."""
        return np.flatnonzero(np.isfinite(self.panel.values).any(axis=1))

    @cached_property
    def shared(self) -> float:
        """Share of what is new in a dyad's observations that comes from its two states."""
        dyads = [self.panel.dyads[place] for place in self._rows]
        return shared_part(self.panel.values[self._rows], dyads)

    @cached_property
    def _members(self) -> npt.NDArray[np.intp]:
        return members_of([self.panel.dyads[place] for place in self._rows])

    @property
    def _errors(self) -> Doubles:
        return np.nan_to_num(self.panel.errors[self._rows])

    def values(self, points: Doubles) -> dict[str, Doubles]:
        """Points as numbers: path -> (point,)."""
        columns = zip(self.priors.items(), points.T, strict=True)
        return {path: quantile(column) for (path, quantile), column in columns}

    def latents(
        self, points: Doubles, luck: Rows, workers: Workers, chance: bool = True
    ) -> Doubles:
        """What the model makes of every observed dyad, (dyad, year, run)."""
        whole = rng.stream(self.experiment.seed, "calibration", "others", str(luck[0])).random(
            (len(points), len(self.experiment.factors))
        )
        whole[:, self.chosen] = points[:, : len(self.chosen)]
        model = self.experiment if chance else replace(self.experiment, chance=False)
        found = model.years(whole, luck, [LATENTS[self.measure]], workers)
        return np.asarray(found[0, self._rows], dtype=np.float64)

    def observe(self, latents: Doubles, points: Doubles, luck: Rows, copy: int = 0) -> Doubles:
        """What would have been observed, (dyad, year, run)."""
        numbers = linear(self.numbers, self.measure, self.values(points), self.source)
        words = ("calibration", "observed", str(luck[0]), str(copy))
        generator = rng.stream(self.experiment.seed, *words)
        together = Together(self._members, self.shared, generator)
        return numbers.simulate(latents, generator, self._errors, together)

    def panels(self, points: Doubles, luck: Rows, workers: Workers) -> Doubles:
        """Simulated panels at points, (dyad, year, run)."""
        return self.observe(self.latents(points, luck, workers), points, luck)

    def run(
        self,
        effort: Effort,
        pilot: int,
        workers: Workers = None,
        progress: Callable[[str], None] = lambda done: None,
    ) -> Calibration:
        """Do it."""
        from alliance_sim.simulate.calibrated import Calibration

        check_numbers(workers=workers)
        seed = self.experiment.seed
        reader = self.learn(pilot, workers)
        progress(f"summaries learned from {2 * pilot:,} runs")
        checked = self._checked(reader)

        after_pilot = 2 * pilot  # rows of chance from which nothing was learned

        def simulate(points: Doubles, luck: Rows) -> Doubles:
            return reader.read(self.panels(points, after_pilot + luck, workers))

        def told(done: Generation) -> None:
            progress(f"{done.simulated:,} runs, of which {done.acceptance:.0%} came near enough")

        population = sequential(
            simulate, reader.observed, len(self.paths), seed, effort, told, scale=reader.left
        )
        rows = population.posterior.rows(ROWS, rng.stream(seed, "calibration", "rows"))
        points = population.posterior.points[rows]
        spent = sum(each.simulated for each in population.generations)
        after = self.panels(points, after_pilot + spent + np.arange(ROWS), workers)
        progress("posterior simulated")
        looks = Looks.compared(reader.made, after, self.panel.values[self._rows])
        return Calibration(self, reader, population, points, checked, looks)

    # -- summaries -----------------------------------------------------------------------------

    def learn(self, pilot: int, workers: Workers) -> Reader:
        """Summaries that predict the numbers, learned from runs of the prior."""
        generator = rng.stream(self.experiment.seed, "calibration", "pilot")
        points = generator.random((2 * pilot, len(self.paths)))
        luck = np.arange(len(points))
        fixed, moves = self._moves(points[:pilot], luck[:pilot], workers)
        prior = linear(self.numbers, self.measure, source=self.source)
        errors, seen = self._errors, self.panel.values[self._rows]
        found = fit(seen, errors, prior, fixed, free=FITTED).numbers
        made = summaries(seen, errors, fixed, moves, found)
        latents = self.latents(points, luck, workers)
        tried, features = [], []
        for copy in range(COPIES):
            again = points.copy()
            own = again[:, len(self.chosen) :]
            own[...] = generator.random(own.shape)
            tried.append(again)
            features.append(made.of(self.observe(latents, again, luck, copy)))
        told = Simulated(np.concatenate(tried), np.concatenate(features), np.tile(luck, COPIES))
        return Reader.learned(made, told, pilot, made.of(seen[..., None])[0])

    def _moves(self, points: Doubles, luck: Rows, workers: Workers) -> tuple[Doubles, Doubles]:
        """Latents (dyad, year) without chance, and how they move with each number of the world."""
        latents = self.latents(points, luck, workers, chance=False)
        scores = normal_scores(points[:, : len(self.chosen)])
        inputs = np.column_stack([np.ones(len(scores)), scores])
        slopes = np.linalg.lstsq(inputs, latents.reshape(-1, len(points)).T, rcond=None)[0]
        shaped = np.asarray(slopes.reshape(-1, *latents.shape[:2]), dtype=np.float64)
        return shaped[0], shaped[1:]

    def _checked(self, reader: Reader) -> Ranks:
        """Simulation-based calibration on runs from which nothing was learned."""
        aside = reader.aside
        count = min(REPLICATES, len(np.unique(aside.runs)) // 2)
        keep = len(aside.points) // KEEP
        guesses, seed = reader.reduced(aside.features), self.experiment.seed
        return ranks(aside.points, guesses, count, keep, seed, scale=reader.left, groups=aside.runs)


def normal_scores(points: Doubles) -> Doubles:
    """Probabilities as normal scores, which are finite at 0 and 1 too."""
    return np.asarray(ndtri(points.clip(_EDGE, 1 - _EDGE)))


@dataclass(frozen=True)
class Simulated:
    """Panels made at points of the prior.

    Attributes:
        points: (panel, number).
        features: (panel, summary).
        runs: (panel,) the run that each was made of.
    """

    points: Doubles
    features: Doubles
    runs: npt.NDArray[np.intp]

    def of(self, chosen: npt.NDArray[np.bool_]) -> Simulated:
        """Some of them."""
        return Simulated(self.points[chosen], self.features[chosen], self.runs[chosen])


@dataclass(frozen=True)
class Looks:
    """What panels simulated from a posterior look like beside the one observed.

    Attributes:
        names: (look,).
        simulated: (look, row).
        observed: (look,).
    """

    names: tuple[str, ...]
    simulated: Doubles
    observed: Doubles

    @classmethod
    def compared(cls, made: Summaries, after: Doubles, seen: Doubles) -> Looks:
        """Look at panels (dyad, year, row) and at the one observed (dyad, year)."""
        with warnings.catch_warnings():  # few years or dyads leave some looks empty: NaN
            warnings.simplefilter("ignore", RuntimeWarning)
            simulated, observed = made.looks_of(after), made.looks_of(seen[..., None])
        return cls(
            tuple(simulated),
            np.array([*simulated.values()]),
            np.array([each[0] for each in observed.values()]),
        )

    @property
    def below(self) -> Doubles:
        """(look,) share of simulated panels that have less of it than the one observed.

        NaN where too little was observed to look at it.
        """
        seen = self.observed[:, None]
        below, equal = (self.simulated < seen), (self.simulated == seen)
        share = below.mean(axis=1) + equal.mean(axis=1) / 2
        known = np.isfinite(self.observed) & np.isfinite(self.simulated).all(axis=1)
        return np.where(known, share, np.nan)


@dataclass(frozen=True)
class Reader:
    """Reads panels as guesses of the numbers: summaries of a calibration.

    The guess is linear in the summaries and in products of those of spread, fitted on simulations:
    what is kept of the data is close to the posterior mean (Fearnhead, P. and D. Prangle (2012),
    "Constructing summary statistics for approximate Bayesian computation", Journal of the Royal
    Statistical Society B 74:419-474). It is in normal scores of the prior, so that a number of
    which the data say little counts for little.

    Attributes:
        made: summaries of a panel.
        centre: (input,), and
        scale: (input,) of simulations.
        slopes: (input, number).
        left: (number,) standard deviation of what the guess leaves open, in normal scores.
            Distances are counted in it: what is guessed well has to fit well, and what cannot be
            guessed hardly counts. In equal units, simulations that say little, which lie near the
            middle, would be near to everything.
        reach: (2, number) lowest and highest guess: one simulation in a hundred is beyond. What
            was observed may be like no simulation, and a guess that is carried on from them too far
            would move every other number.
        aside: simulations from which nothing was learned.
        seen: (summary,) of what was observed.
    """

    made: Summaries
    centre: Doubles
    scale: Doubles
    slopes: Doubles
    left: Doubles
    reach: Doubles
    aside: Simulated
    seen: Doubles

    @classmethod
    def learned(cls, made: Summaries, simulated: Simulated, pilot: int, seen: Doubles) -> Reader:
        """Learn from the runs before ``pilot``."""
        known = simulated.of(simulated.runs < pilot)
        inputs = made.widened(known.features)
        centre, scale = inputs.mean(axis=0), inputs.std(axis=0)
        scale = np.where(scale > 0, scale, np.inf)
        inputs = (inputs - centre) / scale
        wanted = normal_scores(known.points)
        wanted -= wanted.mean(axis=0)
        squares = inputs.T @ inputs + _RIDGE * len(inputs) * np.eye(inputs.shape[1])
        slopes = np.linalg.solve(squares, inputs.T @ wanted)
        guesses = inputs @ slopes
        left, reach = (wanted - guesses).std(axis=0), np.quantile(guesses, [_FAR, 1 - _FAR], axis=0)
        aside = simulated.of(simulated.runs >= pilot)
        return cls(made, centre, scale, slopes, left, reach, aside, seen)

    def reduced(self, features: Doubles) -> Doubles:
        """Guesses of the numbers, (run, number)."""
        return self._carried_on(features).clip(*self.reach)

    def _carried_on(self, features: Doubles) -> Doubles:
        """Guesses as far as they go, (run, number)."""
        inputs = (self.made.widened(features) - self.centre) / self.scale
        return np.asarray(inputs @ self.slopes)

    def read(self, panels: Doubles) -> Doubles:
        """Guesses of the numbers from panels, (run, number)."""
        return self.reduced(self.made.of(panels))

    @property
    def observed(self) -> Doubles:
        """Guesses from what was observed, (number,)."""
        return np.asarray(self.reduced(self.seen[None])[0])

    @property
    def beyond(self) -> npt.NDArray[np.bool_]:
        """(number,) whether what was observed speaks for more than nearly all simulations do."""
        return np.asarray(self._carried_on(self.seen[None])[0] != self.observed)
