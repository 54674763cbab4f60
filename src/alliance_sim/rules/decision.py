"""What actors decide: postures, revisions of what they hold and exchange, and choices.

All are ordered logits. McCullagh (1980), "Regression Models for Ordinal Data", Journal of the
Royal Statistical Society B 42:109-142. The ladder of postures has five rungs: coerce, distance,
hold, cooperate, commit.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from alliance_sim.arrays import Acts, Expected, Flags, Floats, Postures
from alliance_sim.rules.parts import negative, positive

LADDER = ("coerce", "distance", "hold", "cooperate", "commit")


def logit(uniforms: Floats) -> Floats:
    """Standard logistic draws from uniform ones in (0, 1)."""
    odds = 1 - uniforms
    np.divide(uniforms, odds, out=odds)
    return np.log(odds, out=odds)


def utility(
    intercept: Floats, persistence: Floats, departure: Floats, pull: Floats, base_pull: Floats
) -> Floats:
    """Utility of a closer posture.

    ``intercept`` keeps the base relation, ``persistence`` (r,) times ``departure`` (from the
    anchor) is the momentum of the relation itself, ``pull`` is what mechanisms now say and
    ``base_pull`` what they said at the base date. All but persistence are (i, j, r).
    """
    return intercept + persistence * departure + (pull - base_pull)


def choose(
    utility_: Floats, temperature: Floats, noise: Floats, cutpoints: Sequence[float]
) -> Postures:
    """Rung of the ladder, 0 to 4, for each actor towards each other.

    An actor is above rung k when utility + temperature * noise exceeds cutpoint k, with
    logistic noise; so a higher utility never gives a lower rung on the same draw.
    Temperature is (i, r).
    """
    latent = utility_ + temperature[:, None, :] * noise
    rung = np.zeros(latent.shape, dtype=np.int8)
    for cutpoint in cutpoints:
        rung += (latent > cutpoint).view(np.int8)  # as it is, each would be cast once more
    return rung


def probabilities(
    utility_: Floats, temperature: Floats, cutpoints: Sequence[float]
) -> list[Floats]:
    """Probability of each rung, lowest first; each (i, j, r)."""
    spread = temperature[:, None, :]
    above = [_share_above((cut - utility_) / spread) for cut in cutpoints]
    edges = [np.ones_like(utility_), *above, np.zeros_like(utility_)]
    return [low - high for low, high in pairwise(edges)]


def expected(chances: Sequence[Floats], impacts: Sequence[float], tie: Floats) -> Expected:
    """What postures with these probabilities do on average; nothing without a tie."""
    mean = _mean_impact(chances, impacts, tie)
    friendly, hostile = _parts(chances, impacts, mean)
    return Expected(mean * tie, friendly * tie, hostile * tie, chances[0] * tie, chances[-1] * tie)


def _mean_impact(chances: Sequence[Floats], impacts: Sequence[float], tie: Floats) -> Floats:
    return sum((chance * impact for chance, impact in zip(chances, impacts, strict=True)), 0 * tie)


def _parts(
    chances: Sequence[Floats], impacts: Sequence[float], mean: Floats
) -> tuple[Floats, Floats]:
    """Expected positive and negative departure of the impact from ``mean``."""
    friendly, net = np.zeros_like(mean), np.zeros_like(mean)
    for chance, impact in zip(chances, impacts, strict=True):
        departure = chance * (impact - mean)
        net += departure
        friendly += np.maximum(departure, 0, out=departure)
    return friendly, net - friendly


def acts(posture: Postures, impacts: Floats, tie: Floats, base: Expected) -> Acts:
    """What chosen postures do, less what is expected at the base date."""
    flow = impacts.take(posture, mode="clip") * tie - base.impact  # twice as fast as indexing
    return Acts(
        flow=flow,
        friendly=positive(flow),
        hostile=negative(flow),
        coerces=(posture == 0) * tie - base.coerces,
        commits=(posture == len(LADDER) - 1) * tie - base.commits,
    )


def mean_acts(
    chances: Sequence[Floats], impacts: Sequence[float], tie: Floats, base: Expected
) -> Acts:
    """What postures with these probabilities do on average, less the same at the base date."""
    friendly, hostile = _parts(chances, impacts, base.impact)
    return Acts(
        flow=_mean_impact(chances, impacts, tie) * tie - base.impact,
        friendly=friendly * tie,
        hostile=hostile * tie,
        coerces=chances[0] * tie - base.coerces,
        commits=chances[-1] * tie - base.commits,
    )


# -- revisions: whether to move what is held or exchanged towards what is wanted ---------------


def revision_bars(chance: float, sides: int) -> tuple[float, float]:
    """Moods above which a small rise, and below which a small fall, is taken up.

    With ``sides`` the mood is that of the least willing side, the lowest of so many logistic
    draws: a rise takes all sides, a fall takes one. Either bar is passed with probability
    ``chance`` in a month.
    """

    def bar(above: float) -> float:
        below = 1 - above ** (1 / sides)
        return math.log(below / (1 - below))

    return bar(chance), bar(1 - chance)


def revises(gap: Floats, mood: Floats, eagerness: Floats, bars: tuple[float, float]) -> Flags:
    """Whether a gap between what is wanted and what is gets taken up this month.

    ``mood`` is the noise of the month's decisions and broadcasts against ``gap``; the wider the
    gap, by ``eagerness``, the sooner.
    """
    rise, fall = bars
    scale = 1 / np.maximum(eagerness, 1e-6)
    up = positive((rise - mood) * scale)
    down = negative((fall - mood) * scale)
    return np.asarray((gap > up) | (gap < down))


def revision_chance(
    gap: Floats, eagerness: Floats, bars: tuple[float, float], sides: int
) -> Floats:
    """Probability with which a gap is taken up; the mean of :func:`revises`."""
    rise, fall = bars
    rises = gap > 0
    one = gap.dtype.type  # a Python number would make the whole array one of double precision
    bar = np.where(rises, one(rise), one(fall))
    bar -= eagerness * gap
    all_sides = _share_above(bar) ** sides
    return np.where(rises, all_sides, 1 - all_sides)


def _share_above(cutpoint: Floats) -> Floats:
    """Share of standard logistic draws above a cutpoint."""
    odds = np.asarray(np.minimum(cutpoint, 80))  # beyond, single precision overflows
    np.exp(odds, out=odds)
    odds += 1
    return np.asarray(np.divide(1, odds, out=odds))


# -- choices: ordered decisions that are not about one dyad ------------------------------------


def choice_cutpoints(shares: Sequence[float]) -> tuple[float, ...]:
    """Cutpoints at which options are chosen with these shares where nothing pushes."""
    cuts, below = [], 0.0
    for share in shares[:-1]:
        below += share
        cuts.append(math.log(below / (1 - below)))
    return tuple(cuts)


def option(utility_: Floats, noise: Floats, cutpoints: Sequence[float]) -> Floats:
    """Chosen option on a scale from 0, the least, to 1, the most; (r,)."""
    latent = utility_ + noise
    rung = sum(((latent > cut).astype(noise.dtype) for cut in cutpoints), np.zeros_like(latent))
    return np.asarray(rung / len(cutpoints))


def mean_option(utility_: Floats, cutpoints: Sequence[float]) -> Floats:
    """Expected option on the same scale; (r,)."""
    total = np.zeros_like(utility_)
    for cut in cutpoints:
        total = total + _share_above(cut - utility_)
    return np.asarray(total / len(cutpoints))
