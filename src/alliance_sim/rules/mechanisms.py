"""General mechanisms: what makes any actor lean towards or away from any other.

Each function is one mechanism with its published source. ``own`` arrays hold the rows of
the actors who perceive, (i, j, r) with i the perceivers only; ``all`` arrays hold every
actor. The ensemble passes all rows at once, an agent its own row, and both get the same
numbers. Sums over third parties add one actor after another, run by run: that makes them
independent of how many runs or untied actors there are, bit for bit.
"""

from __future__ import annotations

import numpy as np

from alliance_sim.arrays import Floats


def power(capability: Floats, exponent: Floats, reference: Floats) -> Floats:
    """Capability as others feel it: (capability / reference) ** exponent.

    Shapes (i, r), (r,), (r,); 1 for an actor with the reference capability. Capability
    shares follow Singer (1987), International Interactions 14:115-132.
    """
    share = capability / reference
    # A lone exponent of one half is taken as a root, which rounds otherwise than a power does.
    return np.power(share, exponent * np.ones_like(share))


def reach(proximity: Floats, presence: Floats, arena_proximity: Floats) -> Floats:
    """How far each actor can project power to each other, 0 to 1.

    Geography (``proximity``, (i, j, r), a loss-of-strength gradient: Boulding 1962,
    Conflict and Defense) and forces deployed nearby (``presence`` (i, m, r) times
    ``arena_proximity`` (m, j, r)), combined as chances that at least one suffices.
    """
    out_of_reach = 1 - proximity
    for arena in range(presence.shape[1]):
        out_of_reach = out_of_reach * (
            1 - presence[:, arena, None, :] * arena_proximity[None, arena]
        )
    return 1 - out_of_reach


def perceived_threat(
    other_power: Floats, other_reach: Floats, other_hostility: Floats, other_coercion: Floats
) -> Floats:
    """Threat that perceivers feel from each other actor, not negative.

    Power (j, r), reach, hostility and coercion of j towards the perceiver (all (i, j, r)):
    aggregate power, proximity, aggressive intentions and offensive use of power, as in Walt
    (1987), The Origins of Alliances.
    """
    return other_power * other_reach * (other_hostility + other_coercion)


def third_parties(own: Floats, other: Floats) -> Floats:
    """Sum over k (third parties, or issues) of own (i, k, r) times other (k, j, r)."""
    if own.shape[-1] == other.shape[-1] == 1:
        # A lone run would be summed in another order than the same run among others.
        return third_parties(own.repeat(2, axis=-1), other)[..., :1]
    # In memory k comes after i and after j: each sum is then done before the next is begun.
    own, by_other = np.ascontiguousarray(own), np.ascontiguousarray(other.swapaxes(0, 1))
    total: Floats = np.einsum("ikr,jkr->ijr", own, by_other)
    return total


def third_party_scale(tie: Floats, capability: Floats) -> Floats:
    """One over the summed capability of third parties tied to both actors, (i, j, r).

    Ties (i, j, 1) and capability (k, r); zero where there is no such third party.
    """
    total = np.zeros(tie.shape[:2] + capability.shape[-1:], tie.dtype)
    for k in range(capability.shape[0]):
        total = total + tie[:, k, None] * tie[None, k] * capability[k]
    out = np.zeros_like(total)
    np.divide(1, total, out=out, where=total >= np.finfo(total.dtype).tiny)
    return out


def common_threat(own_root_threat: Floats, all_root_threat: Floats) -> Floats:
    """Threat that two actors share: sum over k of sqrt(threat_ik * threat_jk).

    Arguments are square roots of threat, (i, k, r) and (j, k, r). Drawing together against
    a common threat is balancing (Walt 1987, The Origins of Alliances).
    """
    return third_parties(own_root_threat, all_root_threat.swapaxes(0, 1))


def direct_threat(own_threat: Floats) -> Floats:
    """Threat that the other itself poses, which repels (Walt 1987)."""
    return -own_threat


def structural_balance(own_weighted: Floats, alignment: Floats, scale: Floats) -> Floats:
    """Agreement of the two actors' likes and dislikes of third parties, -1 to 1.

    The friend of a friend attracts, the enemy of an enemy too: the mean of alignment_ik
    times alignment_kj over third parties, weighted by capability (``own_weighted`` is
    alignment_ik times weight_k, ``scale`` one over the sum of weights). Heider (1946),
    Journal of Psychology 21:107-112; Cartwright and Harary (1956), Psychological Review
    63:277-293; as a dynamic, Marvel et al. (2011), PNAS 108:1771-1776.
    """
    return third_parties(own_weighted, alignment) * scale


def issue_agreement(own_stake: Floats, all_stake: Floats, level: Floats, scale: Floats) -> Floats:
    """Agreement on issues, -1 to 1: positions times salience, weighted by arena level.

    ``own_stake`` and ``all_stake`` are position times salience, (i, m, r); ``level`` (m, r);
    ``scale`` one over the sum of salience products. After the spatial bargaining models of
    Bueno de Mesquita (1994), in European Community Decision Making, ch. 4.
    """
    weighted = own_stake * level
    return third_parties(weighted, all_stake.swapaxes(0, 1)) * scale


def abandonment(own_commitment: Floats, own_trust: Floats, other_threat: Floats) -> Floats:
    """Fear of being left alone, which makes a threatened ally cling.

    Commitment times doubt in the other times the threat that the perceiver feels from third
    parties, all (i, j, r). Snyder (1984), "The Security Dilemma in Alliance Politics", World
    Politics 36:461-495.
    """
    return own_commitment * (1 - own_trust) * other_threat


def entrapment(
    own_commitment: Floats, own_weighted: Floats, hostility: Floats, scale: Floats
) -> Floats:
    """Fear of being drawn into the ally's quarrels with one's own friends, which repels.

    Commitment times the mean over third parties of friendliness_ik times hostility_jk.
    Snyder (1984), World Politics 36:461-495.
    """
    quarrels = third_parties(own_weighted, hostility.swapaxes(0, 1))
    return -own_commitment * quarrels * scale


def reputation(own_trust: Floats, own_weighted: Floats, trust: Floats, scale: Floats) -> Floats:
    """How reliable the other has proved, to oneself and to one's friends.

    Trust above one half, plus the mean of friends' trust above one half. Learning from
    behaviour towards third parties: Crescenzi (2007), "Reputation and Interstate Conflict",
    American Journal of Political Science 51:382-396.
    """
    return (own_trust - 0.5) + third_parties(own_weighted, trust - 0.5) * scale


def isolation(received_coercion: Floats, clout: Floats) -> Floats:
    """Share of the outside world that coercion closes to an actor, 0 to 1; (i, r).

    One minus the product over senders k of (1 - clout_k * coercion_ki); arguments
    (i, k, r) and (k, r).
    """
    open_share = np.ones_like(received_coercion[:, 0, :])
    for k in range(received_coercion.shape[1]):
        open_share = open_share * (1 - clout[k] * received_coercion[:, k, :])
    return 1 - open_share


def dependence(own_isolation: Floats, clout: Floats, received_coercion: Floats) -> Floats:
    """Need of an isolated actor for those who can supply it and do not press it, 0 to 1.

    Isolation (i, r) times what j can supply (clout (j, r)) times what it does not withhold.
    Hirschman (1945), National Power and the Structure of Foreign Trade; on third parties
    that trade with the sanctioned, Early (2015), Busted Sanctions.
    """
    return own_isolation[:, None, :] * clout * (1 - received_coercion)


def hedging(own_weighted: Floats, coercion: Floats, scale: Floats) -> Floats:
    """Cost of standing close to an actor that one's friends coerce, which repels.

    Mean over third parties of friendliness_ik times coercion_kj. On why states join the
    sanctions of those they are close to: Martin (1992), Coercive Cooperation.
    """
    return -third_parties(own_weighted, coercion) * scale


def commitment(own_commitment: Floats) -> Floats:
    """Institutional depth, which holds partners to a course.

    Morrow (2000), "Alliances: Why Write Them Down?", Annual Review of Political Science
    3:63-83.
    """
    return own_commitment


def government(own_orientation: Floats) -> Floats:
    """Leaning of the leadership in office.

    Mattes, Leeds and Carroll (2015), "Leadership Turnover and Foreign Policy Change",
    International Studies Quarterly 59:280-290.
    """
    return own_orientation
