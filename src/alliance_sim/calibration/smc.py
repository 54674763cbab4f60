"""Sequential Monte Carlo for models that can be simulated, and whose likelihood is not known.

ABC-SMC after Toni, T., D. Welch, N. Strelkowa, A. Ipsen and M. P. H. Stumpf (2009), "Approximate
Bayesian computation scheme for parameter inference and model selection in dynamical systems",
Journal of the Royal Society Interface 6(31):187-202, with thresholds from the population itself and
the kernel of Beaumont, M. A., J.-M. Cornuet, J.-M. Marin and C. P. Robert (2009), "Adaptive
approximate Bayesian computation", Biometrika 96(4):983-990.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.linalg import solve_triangular
from scipy.special import logsumexp

from alliance_sim.calibration.adjusting import Sample, adjusted, distances, scale_of

Doubles = npt.NDArray[np.float64]
Rows = npt.NDArray[np.intp]
Simulate = Callable[[Doubles, Rows], Doubles]
"""Points of the unit cube (point, factor), and which row of chance each has (point,) ->
summaries (point, summary)."""

_JITTER = 1e-9  # of the kernel's covariance, which is singular where particles are few
_MOST_TRIES = 1000  # rounds of proposals from outside the cube, before the kernel is at fault


@dataclass(frozen=True)
class Generation:
    """How one generation went."""

    threshold: float
    """Largest distance that was accepted, in units of the summaries' spread under the prior."""
    simulated: int
    """Simulations that it took."""
    acceptance: float
    """Share of them that were accepted."""
    effective: float
    """Effective size of the population."""
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

    @property
    def posterior(self) -> Sample:
        """The sample after regression adjustment."""
        return adjusted(self.sample, self.summaries, self.observed, self.scale)


@dataclass(frozen=True)
class Effort:
    """How much work a calibration may be.

    Attributes:
        particles: points of a generation.
        first: times that many simulations make the first generation, of which the nearest stay.
        tighten: quantile of a generation's distances that the next has to keep.
        least_acceptance: share of accepted simulations below which no generation follows.
        most: simulations in all; a generation that would pass it is left out.
    """

    particles: int = 512
    first: int = 4
    tighten: float = 0.5
    least_acceptance: float = 0.05
    most: int = 50_000


def sequential(
    simulate: Simulate,
    observed: Doubles,
    factors: int,
    seed: int,
    effort: Effort | None = None,
    progress: Callable[[Generation], None] = lambda done: None,
) -> Population:
    """Points whose summaries come ever nearer to the observed ones.

    Args:
        simulate: from points to summaries.
        observed: (summary,).
        factors: dimensions of the unit cube.
        seed: of proposals; chance is numbered from row 0 on, a new row for each simulation.
        effort: how much work it may be.
        progress: called after each generation.
    """
    effort = effort or Effort()
    rng = np.random.default_rng(seed)
    search = _Search(simulate, observed, factors, rng, effort)
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
    ) -> None:
        self._simulate, self._observed, self._factors = simulate, observed, factors
        self._rng, self._effort = rng, effort
        self._spent = 0

    def begin(self) -> Population:
        """The nearest of many points of the prior."""
        count = self._effort.first * self._effort.particles
        points = self._rng.random((count, self._factors))
        summaries = self._run(points)
        scale = scale_of(summaries)
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
        kernel = _Kernel(last.sample)
        before, wanted = self._spent, self._effort.particles
        points, summaries = np.empty((0, self._factors)), np.empty((0, len(self._observed)))
        while len(points) < wanted:
            tried = self._spent - before
            if self._spent + wanted > self._effort.most or (
                tried >= 2 * wanted and len(points) < self._effort.least_acceptance * tried
            ):
                return None
            proposed = kernel.propose(wanted, self._rng)
            found = self._run(proposed)
            good = distances(found, self._observed, last.scale) <= threshold
            points = np.concatenate([points, proposed[good]])
            summaries = np.concatenate([summaries, found[good]])
        simulated = self._spent - before
        share = len(points) / simulated
        points, summaries = points[:wanted], summaries[:wanted]
        sample = Sample(points, kernel.weights(points))
        told = Generation(
            threshold, simulated, share, sample.effective, _shift(last.sample, sample)
        )
        return Population(sample, summaries, self._observed, last.scale, (*last.generations, told))

    def _run(self, points: Doubles) -> Doubles:
        luck = np.arange(self._spent, self._spent + len(points))
        self._spent += len(points)
        return self._simulate(points, luck)


class _Kernel:
    """A normal step from a particle, with twice the covariance of the population."""

    def __init__(self, sample: Sample) -> None:
        self._sample = sample
        covariance = 2 * np.cov(sample.points.T, aweights=sample.weights, ddof=0)
        covariance = np.atleast_2d(covariance)
        covariance += _JITTER * np.eye(len(covariance))
        self._root = np.linalg.cholesky(covariance)

    def propose(self, count: int, rng: np.random.Generator) -> Doubles:
        """Steps that end in the unit cube."""
        size = self._sample.points.shape[1]
        found = np.empty((0, size))
        for _ in range(_MOST_TRIES):
            chosen = rng.choice(len(self._sample.weights), count, p=self._sample.weights)
            steps = rng.standard_normal((count, size)) @ self._root.T
            new = self._sample.points[chosen] + steps
            found = np.concatenate([found, new[((new > 0) & (new < 1)).all(axis=1)]])
            if len(found) >= count:
                return found[:count]
        raise ArithmeticError("no proposal lies in the unit cube")  # pragma: no cover

    def weights(self, points: Doubles) -> Doubles:
        """Prior over proposal density of points, summing to one."""
        steps = points[:, None, :] - self._sample.points[None, :, :]
        flat = solve_triangular(self._root, steps.reshape(-1, points.shape[1]).T, lower=True)
        squares = np.square(flat).sum(axis=0).reshape(len(points), -1)
        with np.errstate(divide="ignore"):  # a weight of zero
            density = logsumexp(np.log(self._sample.weights) - squares / 2, axis=1)
        weights = np.exp(density.min() - density)
        return np.asarray(weights / weights.sum())


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
