"""Sequential Monte Carlo for models that can be simulated, and whose likelihood is not known.

ABC-SMC with thresholds from the population itself, after Del Moral, P., A. Doucet and A. Jasra
(2012), "An adaptive sequential Monte Carlo method for approximate Bayesian computation", Statistics
and Computing 22:1009-1020. Particles move by steps that leave a normal distribution as it is
(Cotter, S. L., G. O. Roberts, A. M. Stuart and D. White (2013), "MCMC methods for functions:
modifying old algorithms to make them faster", Statistical Science 28:424-446), shaped by the
population, so that numbers of which the data say nothing keep their prior, however many there are.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
from scipy.special import ndtr, ndtri

from alliance_sim.calibration.adjusting import Sample, adjusted, distances, scale_of
from alliance_sim.errors import InputError, Problem

Doubles = npt.NDArray[np.float64]
Rows = npt.NDArray[np.intp]
Flags = npt.NDArray[np.bool_]
Simulate = Callable[[Doubles, Rows], Doubles]
"""Points of the unit cube (point, factor), and which row of chance each has (point,) ->
summaries (point, summary)."""

_EDGE = 1e-9  # a point's distance to the faces of the cube, where normal scores are infinite
_FIRST_STEP = 0.6
"""Length of the first step in normal scores of the prior; it adapts."""
_WANTED = 0.25
"""Acceptance that steps are made longer or shorter for: about the best for a random walk (Roberts,
G. O., A. Gelman and W. R. Gilks (1997), Annals of Applied Probability 7:110-120)."""
_LEAST_STEP = 0.05
"""Length below which steps do not get shorter; they would lead nowhere."""
_MOVED = 0.9
"""Share of particles that have to have moved before the next generation."""


@dataclass(frozen=True)
class Generation:
    """How one generation went."""

    threshold: float
    """Largest distance that was accepted, in units of the scale."""
    simulated: int
    """Simulations that it took."""
    acceptance: float
    """Share of them that were accepted."""
    effective: float
    """Number of particles that differ."""
    shift: float
    """Largest Kolmogorov-Smirnov distance of any number's marginal from the generation before;
    from the prior for the first."""


@dataclass(frozen=True)
class Population:
    """The last generation, and how it was reached.

    Attributes:
        sample: accepted points with their weights.
        summaries: (particle, summary), what they led to.
        observed: (summary,).
        scale: (summary,), units of distance.
        generations: one entry for each.
    """

    sample: Sample
    summaries: Doubles
    observed: Doubles
    scale: Doubles
    generations: tuple[Generation, ...]

    @cached_property
    def posterior(self) -> Sample:
        """The sample after regression adjustment."""
        return adjusted(self.sample, self.summaries, self.observed, self.scale)

    @property
    def adjusts(self) -> bool:
        """Whether the sample is large enough to be adjusted."""
        return self.posterior.points is not self.sample.points


@dataclass(frozen=True)
class Effort:
    """How much work a calibration may be.

    Attributes:
        particles: points of a generation.
        first: times that many simulations make the first generation, of which the nearest stay.
        tighten: quantile of a generation's distances that the next has to keep.
        least_acceptance: share of accepted steps, the shortest, below which no generation follows.
        most: simulations in all; a generation that would pass it is left out.

    Raises:
        InputError: where not even the first generation is allowed.
    """

    particles: int = 512
    first: int = 4
    tighten: float = 0.5
    least_acceptance: float = 0.05
    most: int = 16_000

    def __post_init__(self) -> None:
        begun = self.first * self.particles
        if self.most < begun:
            what = f"{self.most:,} runs are too few for {self.particles:,} particles"
            mend = f"allow the {begun:,} of the first generation, or ask for fewer particles"
            raise InputError([Problem(what, mend)])


def sequential(
    simulate: Simulate,
    observed: Doubles,
    factors: int,
    seed: int,
    effort: Effort | None = None,
    progress: Callable[[Generation], None] = lambda done: None,
    scale: Doubles | None = None,
) -> Population:
    """Points whose summaries come ever nearer to the observed ones.

    Args:
        simulate: from points to summaries.
        observed: (summary,).
        factors: dimensions of the unit cube.
        seed: of proposals; chance is numbered from row 0 on, a new row for each simulation.
        effort: how much work it may be.
        progress: called after each generation.
        scale: (summary,), units of distance; left out, the spread of each under the prior.
    """
    effort = effort or Effort()
    rng = np.random.default_rng(seed)
    search = _Search(simulate, observed, factors, rng, effort, scale)
    population = search.begin()
    progress(population.generations[-1])
    while (following := search.follow(population)) is not None:
        population = following
        progress(population.generations[-1])
    return population


class _Search:
    """The state of a search: how many simulations have been run."""

    def __init__(
        self,
        simulate: Simulate,
        observed: Doubles,
        factors: int,
        rng: np.random.Generator,
        effort: Effort,
        scale: Doubles | None,
    ) -> None:
        self._scale = scale
        self._simulate, self._observed, self._factors = simulate, observed, factors
        self._rng, self._effort = rng, effort
        self._spent, self._step = 0, _FIRST_STEP

    def begin(self) -> Population:
        """The nearest of many points of the prior."""
        count = self._effort.first * self._effort.particles
        points = self._rng.random((count, self._factors))
        summaries = self._run(points)
        scale = scale_of(summaries) if self._scale is None else self._scale
        away = distances(summaries, self._observed, scale)
        near = np.argsort(away, kind="stable")[: self._effort.particles]
        sample = Sample(points[near], np.full(len(near), 1 / len(near)))
        prior = Sample(points, np.full(count, 1 / count))
        told = Generation(
            float(away[near[-1]]), count, len(near) / count, sample.effective, _shift(prior, sample)
        )
        return Population(sample, summaries[near], self._observed, scale, (told,))

    def follow(self, last: Population) -> Population | None:
        """The generation after another; None where it would cost too much."""
        away = distances(last.summaries, self._observed, last.scale)
        threshold = float(np.quantile(away, self._effort.tighten))
        alive = np.flatnonzero(away <= threshold)
        chosen = np.resize(self._rng.permutation(alive), self._effort.particles)
        points, summaries = last.sample.points[chosen], last.summaries[chosen]
        moved = np.zeros(len(points), dtype=bool)
        before, accepted = self._spent, 0
        while moved.mean() < _MOVED:
            if self._spent + len(points) > self._effort.most:
                return None
            proposed, likely = self._stepped(points)
            good = np.zeros(len(points), dtype=bool)
            found = np.empty_like(summaries)
            if likely.any():
                found[likely] = self._run(proposed[likely])
                near = distances(found[likely], self._observed, last.scale) <= threshold
                good[likely] = near
            points[good], summaries[good] = proposed[good], found[good]
            moved |= good
            accepted += int(good.sum())
            if good.mean() < self._effort.least_acceptance and self._step <= _LEAST_STEP:
                return None
            self._step = float(np.clip(self._step * np.exp(good.mean() - _WANTED), _LEAST_STEP, 1))
        simulated = self._spent - before
        sample = Sample(points, np.full(len(points), 1 / len(points)))
        told = Generation(
            threshold,
            simulated,
            accepted / max(simulated, 1),
            float(len(np.unique(points, axis=0))),
            _shift(last.sample, sample),
        )
        return Population(sample, summaries, self._observed, last.scale, (*last.generations, told))

    def _stepped(self, points: Doubles) -> tuple[Doubles, Flags]:
        """A step from each point, and whether the prior lets it be taken.

        Steps alone would lead to a normal distribution with the population's means and variances;
        that the prior is another decides, as in any Metropolis-Hastings step, what is tried.
        """
        scores = ndtri(points.clip(_EDGE, 1 - _EDGE))
        centre, spread = scores.mean(axis=0), scores.std(axis=0) + _EDGE
        noise = self._rng.standard_normal(points.shape)
        stay = np.sqrt(1 - self._step**2)
        moved = centre + stay * (scores - centre) + self._step * spread * noise

        def prior(at: Doubles) -> Doubles:
            return np.asarray((np.square((at - centre) / spread) - np.square(at)).sum(axis=1) / 2)

        likely = np.log(self._rng.random(len(points))) < prior(moved) - prior(scores)
        return np.asarray(ndtr(moved).clip(_EDGE, 1 - _EDGE)), likely

    def _run(self, points: Doubles) -> Doubles:
        luck = np.arange(self._spent, self._spent + len(points))
        self._spent += len(points)
        return self._simulate(points, luck)


def _shift(one: Sample, other: Sample) -> float:
    """Largest distance of the distribution functions of two samples, over all numbers."""
    return max(
        _apart(a, one.weights, b, other.weights)
        for a, b in zip(one.points.T, other.points.T, strict=True)
    )


def _apart(a: Doubles, a_weights: Doubles, b: Doubles, b_weights: Doubles) -> float:
    at = np.concatenate([a, b])

    def below(values: Doubles, weights: Doubles) -> Doubles:
        order = np.argsort(values)
        heights = np.concatenate([[0], np.cumsum(weights[order])])
        return np.asarray(heights[np.searchsorted(values[order], at, side="right")])

    return float(np.abs(below(a, a_weights) - below(b, b_weights)).max())
