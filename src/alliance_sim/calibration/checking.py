"""Whether a calibration can be believed: simulation-based calibration.

Talts, S., M. Betancourt, D. Simpson, A. Vehtari and A. Gelman (2018), "Validating Bayesian
Inference Algorithms with Simulation-Based Calibration", arXiv:1804.06788. Where numbers are drawn
from the prior and data from the model, the rank of each number in its own posterior is uniform.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import stats

from alliance_sim.calibration.adjusting import Doubles, nearest

Counts = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Ranks:
    """Ranks of true numbers among draws of their posteriors.

    Attributes:
        ranks: (replicate, factor), from 0 to ``draws``.
        draws: of each posterior.
    """

    ranks: Counts
    draws: int

    def counts(self, bins: int) -> Counts:
        """Ranks in equal bins, (bin, factor); ``bins`` must divide ``draws + 1``."""
        wide, rest = divmod(self.draws + 1, bins)
        if rest:
            raise ValueError(f"{bins} bins do not divide {self.draws + 1} ranks")
        return np.stack(
            [np.bincount(each // wide, minlength=bins) for each in self.ranks.T], axis=1
        )

    def band(self, bins: int, level: float = 0.99) -> tuple[int, int]:
        """Counts between which a bin lies with this probability where ranks are uniform."""
        low, high = stats.binom.interval(level, len(self.ranks), 1 / bins)
        return int(low), int(high)

    def p_values(self, bins: int) -> Doubles:
        """Chi-squared probability of counts as uneven as these, (factor,)."""
        return np.asarray(stats.chisquare(self.counts(bins)).pvalue)


def ranks(
    points: Doubles,
    summaries: Doubles,
    replicates: int,
    keep: int,
    seed: int,
    draws: int = 99,
    scale: Doubles | None = None,
    groups: Counts | None = None,
) -> Ranks:
    """Calibrate on simulated data, again and again, and see where the truth ranks.

    Each replicate takes one simulation of the table for the data, and all others to learn from.

    Args:
        points: (simulation, factor), drawn evenly from the unit cube.
        summaries: (simulation, summary).
        replicates: how often; at most the number of simulations.
        keep: simulations that count in each calibration.
        seed: of which simulations are data, and of the posteriors' draws.
        draws: of each posterior.
        scale: (summary,), units of distance; left out, the spread of each.
        groups: (simulation,), those that share something besides their numbers: none of the data's
            own group is learned from. Left out, each is a group.
    """
    of = np.arange(len(points)) if groups is None else groups
    rng = np.random.default_rng(seed)
    found = []
    for place in rng.choice(len(points), replicates, replace=False):
        others = of != of[place]
        posterior = nearest(points[others], summaries[others], summaries[place], keep, scale)
        drawn = posterior.points[rng.choice(len(posterior.weights), draws, p=posterior.weights)]
        found.append((drawn < points[place]).sum(axis=0))
    return Ranks(np.array(found), draws)
