"""How the state moves in a month, one pure function for each part of it."""

from __future__ import annotations

import numpy as np

from alliance_sim.arrays import Flags, Floats

Y_LIMIT = 6.0
"""Bound on alignment on the atanh scale: tanh(6) is 0.99999, and larger values would
round to 1. A guard of the arithmetic, not of the model."""


def alignment(
    y: Floats, anchor: Floats, own: Floats, received: Floats, rates: dict[str, Floats]
) -> Floats:
    """Fast flow: impacts of own and received postures, and return to the anchor.

    All (i, j, r), on the atanh scale, per month. Own postures weigh ``own_share``, received
    ones the rest.
    """
    share = rates["own_share"]
    moved = share * own
    moved += (1 - share) * received
    moved *= rates["responsiveness"]
    moved += y
    moved -= rates["reversion"] * (y - anchor)
    return np.clip(moved, -Y_LIMIT, Y_LIMIT, out=moved)


def anchor(anchor_: Floats, y: Floats, base: Floats, rates: dict[str, Floats]) -> Floats:
    """Slow stock: follows alignment, and is held weakly by the base.

    Without the second term the level of a relation would be a random walk with nothing to
    keep it, and any positive feedback would make the model explosive.
    """
    followed = anchor_ + rates["anchor_adaptation"] * (y - anchor_)
    followed -= rates["anchor_return"] * (anchor_ - base)
    return np.clip(followed, -Y_LIMIT, Y_LIMIT)


def trust_change(
    trust_: Floats, friendly: Floats, hostile: Floats, rates: dict[str, Floats]
) -> Floats:
    """What the other's acts do to trust in a month; it falls faster than it rises.

    ``friendly`` (not negative) and ``hostile`` (not positive) are received acts, all
    (i, j, r). The asymmetry: Slovic (1993), "Perceived Risk, Trust, and Democracy", Risk
    Analysis 13:675-682.
    """
    gain = rates["trust_rise"] * friendly * (1 - trust_)
    return gain + rates["trust_fall"] * hostile * trust_


def trust(
    trust_: Floats, change: Floats, base_change: Floats, revision: Floats, rate: Floats
) -> Floats:
    """Trust after a month: changed by the other's acts, and revised by who trusts; (i, j, r).

    ``base_change`` is what acts are expected to do at the base date, which is taken off;
    ``revision`` the gap to the level of trust that is warranted where it is taken up this month,
    else zero; ``rate`` the share of it that is then closed.
    """
    return np.clip(trust_ + (change - base_change) + rate * revision, 0, 1)


def wronged(wronged_: Floats, broken: Floats, share: Floats) -> Floats:
    """Share of trust that is at stake after the other has left an agreement that bound both.

    ``broken`` (i, j, r) is 1 where j has just left an agreement with i, ``share`` (r,) what a
    breach costs once i holds it against j. Reputation as reliability: Crescenzi (2007), AJPS
    51:382-396.
    """
    return 1 - (1 - wronged_) * (1 - share * broken)


def pressure(pressure_: Floats, coerces: Floats, rates: dict[str, Floats]) -> Floats:
    """Coercion beyond declared policy: rises with coercing postures, then lapses."""
    moved = pressure_ + rates["coercion_response"] * coerces - rates["coercion_decay"] * pressure_
    return np.clip(moved, -1, 1)


def pressure_band(chance: Floats, rates: dict[str, Floats]) -> Floats:
    """How much pressure chance alone produces at the base date, (i, j, r).

    So many standard deviations (``coercion_band``) of the autoregression that ``pressure``
    is when an actor coerces with its base probability, ``chance``.
    """
    kept = 1 - rates["coercion_decay"]
    variance = chance * (1 - chance) / np.maximum(1 - kept**2, 1e-3)
    return np.asarray(rates["coercion_band"] * rates["coercion_response"] * np.sqrt(variance))


def coercion(policy: Floats, pressure_: Floats, band: Floats) -> Floats:
    """Coercion of i on j: declared policy, and pressure beyond what chance produces.

    Without the band, chance could only add to a policy of zero, and every actor would come to
    press every other.
    """
    # np.clip between arrays takes four times as long as these two.
    excess = pressure_ - np.minimum(np.maximum(pressure_, -band), band)
    excess += policy
    return np.clip(excess, 0, 1, out=excess)


def depth(
    depth_: Floats,
    base: Floats,
    own_commits: Floats,
    received_commits: Floats,
    rates: dict[str, Floats],
) -> Floats:
    """Institutional depth: rises when both commit, and lapses towards its base."""
    moved = depth_ + rates["commitment_response"] * (own_commits + received_commits) / 2
    moved -= rates["commitment_decay"] * (depth_ - base)
    return np.clip(moved, 0, 1)


def capacity(channel: Floats, exposure: Floats, isolation_a: Floats, isolation_b: Floats) -> Floats:
    """Share of exchange that channels and coercion of either side leave open, 0 to 1.

    ``channel`` (d, p, r), ``exposure`` (d, 1, r), isolation of both sides (p, r).
    """
    pressure_ = 1 - (1 - isolation_a) * (1 - isolation_b)
    open_share = exposure * pressure_
    np.subtract(1, open_share, out=open_share)
    return channel * open_share


def exchange_gap(exchange: Floats, desired: Floats, openness: Floats) -> Floats:
    """What is desired and open less what is exchanged; (d, p, r).

    ``openness`` is capacity now over capacity at the base date.
    """
    gap = desired * openness
    np.clip(gap, 0, 1, out=gap)
    gap -= exchange
    return gap


def cooperation(exchange: Floats, gap: Floats, revised: Floats | Flags, rate: Floats) -> Floats:
    """Exchange after a month: a share of the gap is closed where it is taken up; (d, p, r).

    ``revised`` is 1 where the two revise their exchange this month, else 0 (or its probability),
    ``rate`` the share of the gap that a revision closes. ``gap`` is used up.
    """
    gap *= rate
    gap *= revised
    gap += exchange
    return gap


def arena(
    level: Floats, mean: Floats, shift: Floats, push: Floats, shock: Floats, rate: Floats
) -> Floats:
    """An arena's level: moved with its mean, returning to it, pushed, and shaken; (m, r).

    A first-order autoregression: with standard deviation s of ``shock`` and away from the
    bounds, its stationary variance is s^2 / (1 - (1 - rate)^2).
    """
    moved = level + shift
    return np.clip(moved + rate * (mean - moved) + push + shock, 0, 1)
