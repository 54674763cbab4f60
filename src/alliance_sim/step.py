"""The month: the rules in order.

Every function here takes ``rows``: all actors at once in the ensemble, one actor in an
agent. They read the whole situation and write only the rows they are asked for, so the two
engines are two ways to run one rule book.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from alliance_sim.arrays import (
    Acts,
    Expected,
    Flags,
    Floats,
    Parameters,
    Postures,
    Situation,
    State,
)
from alliance_sim.program import DriverRule, Program, full
from alliance_sim.rules import decision, mechanisms, updates
from alliance_sim.rules.parts import negative, positive
from alliance_sim.timeline import Timeline

ALL = slice(None)


@dataclass(frozen=True, slots=True)
class Noise:
    """What chance brings in a month."""

    decisions: Floats
    """(i, j, r) logistic, of i's decisions about j."""
    arenas: Floats
    """(m, r) standard normal."""
    choices: Floats
    """(c, r) logistic, of declared choices."""


@dataclass(slots=True)
class Push:
    """A driver in a block: its weight drawn, with its sign, and its base reading taken."""

    rule: DriverRule
    weight: Floats
    base: Floats


@dataclass(slots=True)
class Block:
    """One block of runs, ready to step."""

    program: Program
    parameters: Parameters
    timeline: Timeline
    situation: Situation
    third_party_weight: Floats
    """(k, r) capability weight of third parties."""
    third_party_scale: Floats
    """(i, j, r) one over the summed weight of third parties tied to both."""
    contested: npt.NDArray[np.intp]
    """Places of the arenas on which anyone has a position."""
    stake: Floats
    """(i, m, r) position times salience, in the contested arenas."""
    stake_scale: Floats
    """(i, j, r) one over the summed salience products."""
    pushes: list[Push] = field(default_factory=list)
    """The drivers."""
    amounts: dict[str, list[tuple[DriverRule, Floats]]] = field(default_factory=dict)
    """Channel -> what each driver on it adds this month, (r,), in units of the channel."""
    arena_inputs: list[tuple[Floats, Floats]] = field(default_factory=list)
    """Weight and base reading of each declared input of an arena."""
    base_pull: Floats = field(default_factory=lambda: np.zeros(1))
    """(i, j, r) summed mechanisms at the base date; zero where calibration is off."""
    base_capacity: Floats = field(default_factory=lambda: np.zeros(1))
    """(d, p, r) capacity at the base date, kept above zero."""
    base_mutual: Floats = field(default_factory=lambda: np.zeros(1))
    """(p, r) mean alignment of both sides at the base date."""
    base_trust_change: Floats = field(default_factory=lambda: np.zeros(1))
    """(i, j, r) what acts are expected to do to trust in a month at the base date."""
    pressure_band: Floats = field(default_factory=lambda: np.zeros((1, 1, 1)))
    """(i, j, r) pressure that chance alone produces at the base date."""
    expected: Expected | None = None
    """What postures do on average at the base date."""
    choice_rate: list[Floats] = field(default_factory=list)
    """Weight of a month in the record of each choice."""
    breached: bool = False
    """Whether anyone has left an agreement yet."""
    follows: dict[int, tuple[Floats, ...]] = field(default_factory=dict)
    """What outcomes that follow a signal over months have to remember, by place."""


# -- observe: what follows from the state ------------------------------------------------------


def observe_relations(block: Block, rows: slice) -> None:
    """Bring alignment, coercion and commitment of these actors up to date."""
    s, c = block.situation.state, block.situation.circumstances
    tie = block.parameters.tie[rows]
    # Written in place: these arrays are large, and every copy costs as much as the sum itself.
    alignment = np.tanh(s.y[rows], out=s.alignment[rows])
    regard = positive(alignment, out=s.regard[rows])
    regard *= block.third_party_weight
    negative(alignment, out=s.hostility[rows])
    np.negative(s.hostility[rows], out=s.hostility[rows])
    coercion = updates.coercion(c.coercion[rows], s.pressure[rows], block.pressure_band[rows])
    np.multiply(coercion, tie, out=s.coercion[rows])
    commitment = np.add(s.depth[rows], c.agreed_depth[rows], out=s.commitment[rows])
    np.minimum(commitment, 1, out=commitment)
    commitment *= tie


def observe_threats(block: Block, rows: slice) -> None:
    """Bring what these actors feel threatened and isolated by up to date."""
    s, c = block.situation.state, block.situation.circumstances
    received = s.coercion[:, rows].swapaxes(0, 1)
    s.threat[rows] = mechanisms.perceived_threat(
        c.power,
        c.reach[:, rows].swapaxes(0, 1),
        s.hostility[:, rows].swapaxes(0, 1),
        received,
    )
    np.sqrt(s.threat[rows], out=s.root_threat[rows])
    s.isolation[rows] = mechanisms.isolation(received, np.minimum(c.power, 1))


# -- perceive and decide -----------------------------------------------------------------------


def _common_threat(block: Block, rows: slice) -> Floats:
    s = block.situation.state
    return mechanisms.common_threat(s.root_threat[rows], s.root_threat)


def _direct_threat(block: Block, rows: slice) -> Floats:
    return mechanisms.direct_threat(block.situation.state.threat[rows])


def _structural_balance(block: Block, rows: slice) -> Floats:
    s = block.situation.state
    own = s.alignment[rows] * block.third_party_weight
    return mechanisms.structural_balance(own, s.alignment, block.third_party_scale[rows])


def _issue_agreement(block: Block, rows: slice) -> Floats:
    level = block.situation.state.arena[block.contested]
    return mechanisms.issue_agreement(
        block.stake[rows], block.stake, level, block.stake_scale[rows]
    )


def _abandonment(block: Block, rows: slice) -> Floats:
    s = block.situation.state
    others = positive(_exposure(s, rows)[:, None, :] - s.threat[rows])
    return mechanisms.abandonment(s.commitment[rows], s.trust[rows], others)


def _entrapment(block: Block, rows: slice) -> Floats:
    s = block.situation.state
    return mechanisms.entrapment(
        s.commitment[rows], s.regard[rows], s.hostility, block.third_party_scale[rows]
    )


def _reputation(block: Block, rows: slice) -> Floats:
    s = block.situation.state
    return mechanisms.reputation(
        s.trust[rows], s.regard[rows], s.trust, block.third_party_scale[rows]
    )


def _dependence(block: Block, rows: slice) -> Floats:
    s, c = block.situation.state, block.situation.circumstances
    received = s.coercion[:, rows].swapaxes(0, 1)
    return mechanisms.dependence(s.isolation[rows], np.minimum(c.power, 1), received)


def _hedging(block: Block, rows: slice) -> Floats:
    s = block.situation.state
    return mechanisms.hedging(s.regard[rows], s.coercion, block.third_party_scale[rows])


def _commitment(block: Block, rows: slice) -> Floats:
    return mechanisms.commitment(block.situation.state.commitment[rows])


def _government(block: Block, rows: slice) -> Floats:
    return mechanisms.government(block.situation.circumstances.orientation[rows])


MECHANISMS: dict[str, Callable[[Block, slice], Floats]] = {
    "common_threat": _common_threat,
    "direct_threat": _direct_threat,
    "structural_balance": _structural_balance,
    "issue_agreement": _issue_agreement,
    "abandonment": _abandonment,
    "entrapment": _entrapment,
    "reputation": _reputation,
    "dependence": _dependence,
    "hedging": _hedging,
    "commitment": _commitment,
    "government": _government,
}
"""Mechanism -> its reading for some actors; the names are those a world gives weights to."""


def _exposure(s: State, rows: slice) -> Floats:
    """Total threat that these actors feel, added up in order."""
    total = s.threat[rows, 0]
    for k in range(1, s.threat.shape[1]):
        total = total + s.threat[rows, k]
    return total


def pull(block: Block, rows: slice) -> Floats:
    """Weighted mechanisms together, (i, j, r)."""
    total = np.zeros_like(block.situation.state.y[rows])
    term = np.empty_like(total)
    for name, weight in block.parameters.mechanism_weight.items():
        total += np.multiply(weight, MECHANISMS[name](block, rows), out=term)
    return total


def read_drivers(block: Block) -> None:
    """Read every driver once, on the state that all actors of this month decide on."""
    block.amounts = {}
    for push in block.pushes:
        rule = push.rule
        reading = rule.response(rule.signal(block.situation))
        change = reading - push.base
        amount = push.weight * (np.abs(change) if rule.either_way else change)
        block.amounts.setdefault(rule.channel, []).append((rule, amount))


def perceive(block: Block, rows: slice) -> Floats:
    """Utility of a closer posture to each other actor, (i, j, r)."""
    s, p = block.situation.state, block.parameters
    behaviour = p.behaviour
    weight = behaviour["base_weight"]
    utility = decision.utility(
        weight * p.base[rows] * block.program.calibrated,
        behaviour["persistence"] * weight,
        s.y[rows] - s.anchor[rows],
        pull(block, rows),
        block.base_pull[rows],
    )
    _add(block, "orientation", utility, rows)
    return utility


def _add(block: Block, channel: str, array: Floats, rows: slice) -> None:
    """Add what drivers on a channel push to these actors' rows of an array."""
    first, last, _ = rows.indices(block.parameters.actors)
    for rule, amount in block.amounts.get(channel, ()):
        for i, j in rule.places:
            if first <= i < last:
                array[i - first, j] += amount


def decide(block: Block, utility: Floats, noise: Floats, rows: slice) -> Postures:
    """Posture of these actors towards each other, given their utilities and noise."""
    temperature = block.parameters.temperature[rows]
    return decision.choose(utility, temperature, noise, block.program.cutpoints)


def acts_of(block: Block, posture: Postures) -> Acts:
    """What all postures together do."""
    assert block.expected is not None
    return decision.acts(posture, block.program.impacts, block.parameters.tie, block.expected)


def mean_acts_of(block: Block, utility: Floats) -> Acts:
    """What postures would do on average; for the stability check."""
    assert block.expected is not None
    chances = decision.probabilities(utility, block.parameters.temperature, block.program.cutpoints)
    return decision.mean_acts(
        chances, tuple(block.program.impacts), block.parameters.tie, block.expected
    )


# -- act and settle ----------------------------------------------------------------------------


def _revision(block: Block, gap: Floats, mood: Floats | None, sides: int) -> Floats | Flags:
    """1 where a gap is taken up in the month's mood, else 0; on average where there is none."""
    eagerness = block.parameters.behaviour["revision_eagerness"]
    bars = decision.revision_bars(block.program.revision_chance, sides)
    if mood is None:
        return decision.revision_chance(gap, eagerness, bars, sides)
    return decision.revises(gap, mood, eagerness, bars)


def _revision_rate(block: Block, rate: Floats) -> Floats:
    """Share of a gap that one revision closes, so that ``rate`` is closed in a mean month."""
    return np.minimum(rate / np.asarray(block.program.revision_chance, rate.dtype), 1)


def act(block: Block, acts: Acts, noise: Floats | None, rows: slice) -> None:
    """Move what belongs to these actors: alignment, trust, pressure, depth.

    ``noise`` is that of their decisions, (rows, j, r); None for what they do on average.
    """
    s, p = block.situation.state, block.parameters
    rates = p.behaviour

    def received(array: Floats) -> Floats:
        return array[:, rows].swapaxes(0, 1)

    y, anchor = s.y[rows], s.anchor[rows]
    moved = updates.alignment(y, anchor, acts.flow[rows], received(acts.flow), rates)
    s.anchor[rows] = updates.anchor(anchor, y, p.base[rows], rates)
    s.y[rows] = moved
    change = updates.trust_change(
        s.trust[rows], received(acts.friendly), received(acts.hostile), rates
    )
    gap = _trust_level(block, rows) - s.trust[rows]
    gap *= _revision(block, gap, noise, 1)
    rate = _revision_rate(block, rates["trust_reversion"])
    s.trust[rows] = updates.trust(s.trust[rows], change, block.base_trust_change[rows], gap, rate)
    if block.breached:
        _hold_against(block, noise, rows)
    s.pressure[rows] = updates.pressure(s.pressure[rows], acts.coerces[rows], rates)
    s.depth[rows] = updates.depth(
        s.depth[rows], p.commitment[rows], acts.commits[rows], received(acts.commits), rates
    )


def _hold_against(block: Block, noise: Floats | None, rows: slice) -> None:
    """Let these actors decide whether they now hold a broken agreement against the other."""
    s = block.situation.state
    places = np.nonzero((s.wronged[rows] != 0).any(axis=-1))  # few, and only for a while
    wronged, trust = s.wronged[rows][places], s.trust[rows][places]
    loss = -wronged * trust
    mood = None if noise is None else noise[places]
    held = _revision(block, loss, mood, 1) * np.ones(1, loss.dtype)
    s.trust[rows][places] = trust + loss * held
    # On average, what is held against the other is a share of trust that has already lost it.
    wronged *= (1 - held) / np.maximum(1 - held * wronged, 1e-6)
    s.wronged[rows][places] = wronged


def _trust_level(block: Block, rows: slice) -> Floats:
    """What trust returns to: its base, moved by drivers on trust."""
    level = block.parameters.trust[rows]
    if "trust" not in block.amounts:
        return level
    level = full(level, block.situation.state.y.shape[-1])
    _add(block, "trust", level, rows)
    return level


def settle_exchange(block: Block, noise: Floats | None) -> Floats:
    """Cooperation after this month, (d, p, r): each pair revises it, or lets it be.

    To exchange more takes both sides, to exchange less takes one. ``noise`` is that of the
    month's decisions, (i, j, r); None for what pairs do on average.
    """
    s, c, p = block.situation.state, block.situation.circumstances, block.parameters
    first, second = block.program.pair_index
    mutual = (s.alignment[first, second] + s.alignment[second, first]) / 2
    desired = p.elasticity * (mutual - block.base_mutual)
    desired += p.cooperation
    for rule, amount in block.amounts.get("desire", ()):
        for place in rule.places:
            desired[place] += amount
    sides = s.isolation[first], s.isolation[second]
    openness = updates.capacity(c.channel, p.exposure, *sides)
    for (d, pair), channel in _pushed_channels(block).items():
        openness[d, pair] = updates.capacity(
            channel, p.exposure[d, 0], sides[0][pair], sides[1][pair]
        )
    openness /= block.base_capacity
    gap = updates.exchange_gap(s.cooperation, desired, openness)
    mood = None if noise is None else np.minimum(noise[first, second], noise[second, first])
    revised = _revision(block, gap, mood, 2)
    return updates.cooperation(s.cooperation, gap, revised, _revision_rate(block, p.rate))


def _pushed_channels(block: Block) -> dict[tuple[int, ...], Floats]:
    """What channels allow where drivers push them, (r,) by place."""
    channel = block.situation.circumstances.channel
    pushed: dict[tuple[int, ...], Floats] = {}
    for rule, amount in block.amounts.get("capacity", ()):
        for place in rule.places:
            pushed[place] = pushed.get(place, channel[place]) + amount
    return {place: np.clip(each, 0, 1) for place, each in pushed.items()}


def settle_choice(block: Block, place: int, noise: Floats | None) -> Floats:
    """Record of a choice after this month, (r,); ``noise`` (r,) is its own, None for the mean."""
    rule, record = block.program.choices[place], block.situation.state.choice[place]
    utility = np.zeros_like(record)
    for driver, amount in block.amounts.get("choice", ()):
        for (target,) in driver.places:
            if target == place:
                utility = utility + amount
    if noise is None:
        chosen = decision.mean_option(utility, rule.cutpoints)
    else:
        chosen = decision.option(utility, noise, rule.cutpoints)
    moved: Floats = record + block.choice_rate[place] * (chosen - record)
    return moved


def settle_arenas(block: Block, noise: Floats, mean_before: Floats) -> Floats:
    """Arena levels after this month, (m, r); ``noise`` is standard normal."""
    s, c, p = block.situation.state, block.situation.circumstances, block.parameters
    drift = np.zeros_like(s.arena)
    for given, (weight, base) in zip(block.program.pushes, block.arena_inputs, strict=True):
        drift[given.arena] += weight * (given.signal(block.situation) - base)
    mean = full(c.arena_mean, s.y.shape[-1])
    for rule, amount in block.amounts.get("arena", ()):
        for (place,) in rule.places:
            mean[place] += amount
    np.clip(mean, 0, 1, out=mean)
    shift = c.arena_mean - mean_before
    return updates.arena(s.arena, mean, shift, drift, p.arena_noise * noise, p.arena_rate)


# -- the month ---------------------------------------------------------------------------------


def begin_month(block: Block, month: int) -> bool:
    """Let what falls due from outside happen. True where circumstances changed."""
    changed, broken = block.timeline.advance(month)
    if changed:
        before, now = block.situation.circumstances, block.timeline.now
        block.situation.circumstances = now
        if now.capability is not before.capability:
            block.third_party_weight = now.capability
            block.third_party_scale = mechanisms.third_party_scale(
                block.parameters.tie, now.capability
            )
    if broken is not None:
        s = block.situation.state
        share = block.parameters.behaviour["trust_breach"]
        s.wronged = updates.wronged(s.wronged, broken * block.parameters.tie, share).astype(
            s.trust.dtype, copy=False
        )
        block.breached = True
    return changed


def finish_month(block: Block, exchange: Floats, arenas: Floats, choices: Sequence[Floats]) -> None:
    """Let exchange, arenas and choices take effect."""
    s = block.situation.state
    s.cooperation, s.arena = exchange, arenas
    for place, record in enumerate(choices):
        s.choice[place] = record


Watch = Callable[[Block, Floats, Acts, "Postures | None"], None]
"""Looks at a month once all have decided and nobody has acted: the block as they saw it, their
utilities (i, j, r), what their postures will do, and the postures; None for these on average."""


def advance(block: Block, month: int, noise: Noise | None, watch: Watch | None = None) -> None:
    """One month of the ensemble: all actors decide on one state, then all acts take effect.

    Without noise it is the expected path: every decision does what it does on average, and
    nothing is shaken.
    """
    mean_before = block.situation.circumstances.arena_mean
    if begin_month(block, month):
        observe(block)
    settle(block, noise, mean_before, watch)


def settle(
    block: Block, noise: Noise | None, mean_before: Floats, watch: Watch | None = None
) -> None:
    """The month after what comes from outside."""
    read_drivers(block)
    utility = perceive(block, ALL)
    postures: Postures | None = None
    if noise is None:
        acts, decisions = mean_acts_of(block, utility), None
        shocks = np.zeros_like(block.situation.state.arena)
        votes: Sequence[Floats | None] = [None] * len(block.program.choices)
    else:
        decisions, shocks, votes = noise.decisions, noise.arenas, list(noise.choices)
        postures = decide(block, utility, decisions, ALL)
        acts = acts_of(block, postures)
    if watch is not None:
        watch(block, utility, acts, postures)
    exchange = settle_exchange(block, decisions)
    arenas = settle_arenas(block, shocks, mean_before)
    choices = [settle_choice(block, place, vote) for place, vote in enumerate(votes)]
    act(block, acts, decisions, ALL)
    finish_month(block, exchange, arenas, choices)
    observe(block)


def observe(block: Block) -> None:
    """Bring everything that follows from the state up to date."""
    observe_relations(block, ALL)
    observe_threats(block, ALL)
