r"""How a relation shows in what is observed: pure functions of arrays.

Values of dyad *d* in year *t* of a run are

.. math:: y_{dt} = \text{level} + \text{slope}\, a_{dt} + \delta_{dt} + e_{dt}

with :math:`a` the latent (alignment, mean of both directions and of the months of the year; of arms
and trade the cooperation of that domain), :math:`\delta` the dyad's own discrepancy, which the
model does not explain (Kennedy, M. C. and A. O'Hagan (2001), "Bayesian calibration of computer
models", Journal of the Royal Statistical Society B 63(3):425-464), and an error of the year.
Targeted votes are ordered: with those aimed at, abstention, against them.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import expit

Floats = npt.NDArray[np.float64]
Normals = Callable[[tuple[int, ...]], Floats]
"""Draws standard normal numbers of a shape (dyad, run)."""
Param = float | Floats
"""One number, or one of each run: (run,)."""


@dataclass(frozen=True)
class Linear:
    """Numbers of a measure that is linear in its latent, in the units of the measure.

    Arrays hold one number of each run, and go with latents whose last axis is the run.
    """

    level: Param
    """Value of a dyad with latent 0."""
    slope: Param
    """Change of the value with the latent, whose unit is that of the model, [-1, 1] or [0, 1]."""
    noise: Param
    """Standard deviation of what is new every year and gone in the next; above 0."""
    drift: Param
    """Standard deviation of the yearly step of the discrepancy."""
    between: Param
    """Standard deviation of the discrepancy between dyads, before any of it was observed."""
    sampling: Param = 1.0
    """Share, in [0, 1], of the error of the measurement that shows: votes return every year."""
    back: Param = 0.0
    """Share of the discrepancy that is lost in a year, in [0, 1]; 0 is a random walk."""
    lowest: float = -math.inf
    """No observation lies below; simulated ones are moved here."""
    highest: float = math.inf

    def expected(self, latent: npt.ArrayLike) -> Floats:
        """Values without discrepancy and error; same shape as ``latent`` (..., run)."""
        return np.asarray(self.level + self.slope * np.asarray(latent, dtype=float))

    def error_variance(self, errors: npt.ArrayLike) -> Floats:
        """Variance of the error of a year, from the standard errors of the measurement."""
        shown = np.asarray(self.sampling) * np.asarray(errors, dtype=float)
        return np.asarray(np.square(self.noise) + shown**2)

    def simulate(
        self,
        latent: npt.ArrayLike,
        generator: np.random.Generator,
        errors: npt.ArrayLike = 0.0,
        normals: Normals | None = None,
    ) -> Floats:
        """Observations of made-up dyads from their first year on.

        Args:
            latent: (dyad, year, run).
            generator: draws the discrepancy and the errors.
            errors: (dyad, year) standard errors of the measurement.
            normals: standard normal numbers (dyad, run) in place of the generator's, where those
                of dyads go together.

        Returns:
            (dyad, year, run).
        """
        values = self.expected(latent)
        dyads, years, runs = values.shape
        errors = np.broadcast_to(np.asarray(errors, dtype=float), (dyads, years))
        draw, shape = normals or generator.standard_normal, (dyads, runs)
        delta = self.between * draw(shape)
        for year in range(years):
            if year:
                delta = self.stepped(delta, draw)
            spread = np.sqrt(self.error_variance(errors[:, year, None]))
            values[:, year] += delta + spread * draw(shape)
        return self.kept(values)

    def stepped(self, delta: Floats, normals: Normals) -> Floats:
        """The discrepancy (dyad, run) a year later, moved by standard normal numbers."""
        return np.asarray(
            (1 - np.asarray(self.back)) * delta + np.asarray(self.drift) * normals(delta.shape)
        )

    def moved(self, mean: Floats, variance: Floats) -> tuple[Floats, Floats]:
        """Mean and variance of the discrepancy a year later."""
        stay = 1 - np.asarray(self.back)
        return np.asarray(stay * mean), np.asarray(stay**2 * variance + np.square(self.drift))

    def kept(self, values: Floats) -> Floats:
        """Values moved into the range that can be observed."""
        return np.clip(values, self.lowest, self.highest)


@dataclass(frozen=True)
class Ordinal:
    """Numbers of targeted votes: an ordered logit (McCullagh 1980) with two cutpoints.

    McCullagh, P. (1980), "Regression models for ordinal data", Journal of the Royal Statistical
    Society B 42(2):109-142.
    """

    slope: Param
    """Log odds that a unit of alignment adds to standing with those aimed at."""
    middle: Param
    """Alignment times slope at which abstention lies in the middle."""
    gap: Param
    """Width of abstention in log odds; above 0."""

    def probabilities(self, latent: npt.ArrayLike) -> Floats:
        """Probabilities (..., run, 3) of voting against those aimed at, abstaining, for them.

        Args:
            latent: (..., run) alignment of the voter with those aimed at.
        """
        score = self.slope * np.asarray(latent, dtype=float) - self.middle
        half = np.asarray(self.gap) / 2
        against, not_for = expit(-half - score), expit(half - score)
        return np.stack([against, not_for - against, 1 - not_for], axis=-1)

    def expected(self, latent: npt.ArrayLike) -> Floats:
        """Mean stand, in [-1, 1]; same shape as ``latent``."""
        chances = self.probabilities(latent)
        return np.asarray(chances[..., 2] - chances[..., 0])

    def simulate(self, latent: npt.ArrayLike, generator: np.random.Generator) -> Floats:
        """Stands -1, 0 or 1; same shape as ``latent``."""
        chances = self.probabilities(latent)
        drawn = generator.random(chances.shape[:-1])
        below = chances.cumsum(-1)[..., :2] < drawn[..., None]
        return np.asarray(below.sum(-1) - 1.0)

    def log_likelihood(
        self, stands: npt.ArrayLike, latent: npt.ArrayLike, weights: npt.ArrayLike = 1.0
    ) -> Floats:
        """Log likelihood of each run.

        Args:
            stands: (vote,) -1, 0 or 1.
            latent: (vote, run) alignment of the voter with the one aimed at.
            weights: (vote,) part of a vote; several who were aimed at share one, which makes the
                likelihood a composite one.

        Returns:
            (run,).
        """
        chances = self.probabilities(latent)
        place = np.asarray(stands, dtype=int)[:, None, None] + 1
        chance = np.take_along_axis(chances, np.broadcast_to(place, (*chances.shape[:2], 1)), -1)
        each = np.log(np.maximum(chance[..., 0], np.finfo(float).tiny))
        weight = np.broadcast_to(np.asarray(weights, dtype=float), each.shape[:1])
        return np.asarray(weight @ each)
