r"""How exact the chance-corrected agreement of a year's votes is.

Weighted kappa is :math:`\kappa = (p_o - p_e) / (1 - p_e)`: the mean agreement observed, above what
the two states' own shares of yes, abstain and no give by chance. With the linear weights 1, 1/2
and 0 and *n* votes drawn independently, its large-sample variance is that of Fleiss, Cohen and
Everitt (1969), "Large sample standard errors of kappa and weighted kappa", Psychological Bulletin
72(5):323-327:

.. math:: \frac{1}{n (1-p_e)^4} \Big( \sum_{ij} p_{ij} [w_{ij} (1-p_e)
          - (\bar w_{i\cdot} + \bar w_{\cdot j}) (1-p_o)]^2 - (p_o p_e - 2 p_e + p_o)^2 \Big)

Resolutions of the General Assembly return from year to year in nearly the same words, so that votes
are far from drawn anew: what follows is the scale of the error, and the observation model has a
parameter ``sampling`` for the share of it that shows.

Tables have no joint shares. :func:`kappa_sd_of_shares` makes do with those of agreement and
opposition, :func:`kappa_sd_of_votes` with the number of votes.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

WEIGHTS: Floats = np.array([[1.0, 0.5, 0.0], [0.5, 1.0, 0.5], [0.0, 0.5, 1.0]])
"""Agreement of yes, abstain and no with each other: linear in the distance."""
TYPICAL_SHARES: Floats = np.array([0.75, 0.15, 0.10])
"""Yes, abstain and no of a typical state; judgement, rounded: most that comes to a vote is adopted
by large majorities."""
TYPICAL_VOTES = 70
"""Roll calls of a typical year, for files that do not say; judgement, rounded: from the 1990s on
some 70 resolutions a year were adopted by recorded vote."""
LARGEST_SD = 1.0
"""No error of a number in [-1, 1] is larger than half its range."""


def kappa(table: npt.ArrayLike) -> Floats:
    """Weighted kappa of joint shares.

    Args:
        table: (..., 3, 3) shares of yes, abstain and no of one state by those of the other, that
            add up to 1. NaN comes back where chance alone gives full agreement.
    """
    observed, chance, _ = _parts(np.asarray(table, dtype=float))
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray((observed - chance) / (1 - chance))


def kappa_sd(table: npt.ArrayLike, votes: npt.ArrayLike) -> Floats:
    """Standard error of weighted kappa from the joint shares: the formula at the module's head.

    Args:
        table: (..., 3, 3) joint shares, that add up to 1.
        votes: (...) number of roll calls.
    """
    shares = np.asarray(table, dtype=float)
    observed, chance, marginal = _parts(shares)
    po, pe = observed[..., None, None], chance[..., None, None]
    inner = shares * (WEIGHTS * (1 - pe) - marginal * (1 - po)) ** 2
    spread = inner.sum((-2, -1)) - (observed * chance - 2 * chance + observed) ** 2
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(np.sqrt(np.maximum(spread, 0) / votes) / (1 - chance) ** 2)


def kappa_sd_of_shares(
    agree: npt.ArrayLike, oppose: npt.ArrayLike, kappa: npt.ArrayLike, votes: npt.ArrayLike
) -> Any:
    """Standard error from the shares of agreement and opposition alone, as tables have them.

    Chance agreement follows from kappa, and is taken as certain: Cohen, J. (1968), "Weighted
    kappa: nominal scale agreement with provision for scaled disagreement or partial credit",
    Psychological Bulletin 70(4):213-220. Each of agreement, opposition and what lies between has
    half a vote added, so that a year without any disagreement is not without error. Against
    :func:`kappa_sd` it is about right for those who agree well beyond chance, and up to twice too
    large at kappa 0, where the errors of observed and chance agreement cancel in part.

    Args:
        agree: share of identical votes.
        oppose: share of yes against no.
        kappa: weighted kappa of the same votes.
        votes: number of roll calls.
    """
    one, none, beyond, number = (np.asarray(x, dtype=float) for x in (agree, oppose, kappa, votes))
    observed = one + (1 - one - none) / 2
    with np.errstate(invalid="ignore", divide="ignore"):
        below_chance = (1 - observed) / (1 - beyond)  # 1 - p_e, as kappa defines it
    one, none = ((number * each + 0.5) / (number + 1.5) for each in (one, none))
    half = 1 - one - none
    spread = one + half / 4 - (one + half / 2) ** 2
    with np.errstate(invalid="ignore", divide="ignore"):
        found = np.sqrt(spread / number) / below_chance
    return np.where(found < LARGEST_SD, found, LARGEST_SD)


def kappa_sd_of_votes(votes: npt.ArrayLike) -> Any:
    """Standard error when only the number of roll calls is known: about 1.3 over its root.

    It is that of two states who vote independently of each other with :data:`TYPICAL_SHARES`, on
    the same scale as :func:`kappa_sd_of_shares`.
    """
    alone = np.outer(TYPICAL_SHARES, TYPICAL_SHARES)
    return kappa_sd_of_shares(np.trace(alone), alone[0, 2] + alone[2, 0], 0.0, votes)


def _parts(table: Floats) -> tuple[Floats, Floats, Floats]:
    """Agreement observed, that by chance, and the mean weights of both states' votes."""
    rows, columns = table.sum(-1), table.sum(-2)
    observed = (WEIGHTS * table).sum((-2, -1))
    by_row, by_column = columns @ WEIGHTS.T, rows @ WEIGHTS
    chance = (rows * by_row).sum(-1)
    return observed, chance, by_row[..., :, None] + by_column[..., None, :]
