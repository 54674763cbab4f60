"""From the signals of a scenario to readings of a situation."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from alliance_sim.arrays import Floats
from alliance_sim.compile.index import Index
from alliance_sim.rules import responses, signals
from alliance_sim.rules.signals import DyadArray, Signal
from alliance_sim.spec import signals as sig


def reading(ix: Index, spec: sig.Signal) -> Signal:
    """The reading that a signal stands for."""
    return _READINGS[type(spec)](ix, spec)


def _dyads(name: DyadArray) -> Callable[[Index, Any], Signal]:
    """Reading of a dyadic array; the signal's key is the array's name."""
    return lambda ix, spec: signals.dyads(name, ix.places(getattr(spec, name)))


def _common_threat(ix: Index, spec: sig.CommonThreatSignal) -> Signal:
    return signals.common_threat([(i, j) for i, j in ix.places(spec.common_threat) if i < j])


def _cooperation(ix: Index, spec: sig.CooperationSignal) -> Signal:
    pairs, domain = ix.pairs_of(spec.cooperation.dyad), spec.cooperation.domain
    domains = [ix.domain[domain]] if domain else list(range(len(ix.domains)))
    if not pairs or not domains:
        return lambda now: np.zeros(1, now.state.arena.dtype)
    return signals.cooperation(pairs, domains)


def _presence(ix: Index, spec: sig.PresenceSignal) -> Signal:
    return signals.presence(ix.members(spec.presence.of), ix.arena[spec.presence.in_arena])


def _government(ix: Index, spec: sig.GovernmentSignal) -> Signal:
    asked = spec.government
    kinds = sorted(ix.government_of(asked.of).kinds)
    return signals.government(ix.governed.index(asked.of), kinds.index(asked.is_kind))


def _agreement(ix: Index, spec: sig.AgreementSignal) -> Signal:
    asked = spec.agreement
    named = [asked.party] if asked.party else ix.world.agreements[asked.id].parties
    return signals.agreement(ix.agreement[asked.id], sorted(ix.actor[name] for name in named))


def _partners(ix: Index, spec: sig.PartnersSignal) -> Signal:
    asked = spec.partners
    place = ix.actor[asked.of]
    pairs = [ix.pair[pair] for pair in ix.pairs if place in pair]
    domains = [ix.domain[asked.domain]] if asked.domain else list(range(len(ix.domains)))
    return signals.partners(pairs, domains, asked.from_level)


_READINGS: dict[type, Callable[[Index, Any], Signal]] = {
    sig.ArenaSignal: lambda ix, spec: signals.arena(ix.arena[spec.arena]),
    sig.AlignmentSignal: _dyads("alignment"),
    sig.TrustSignal: _dyads("trust"),
    sig.CoercionSignal: _dyads("coercion"),
    sig.ThreatSignal: _dyads("threat"),
    sig.CommitmentSignal: _dyads("commitment"),
    sig.CommonThreatSignal: _common_threat,
    sig.CooperationSignal: _cooperation,
    sig.PresenceSignal: _presence,
    sig.CapabilitySignal: lambda ix, spec: signals.capability(ix.members(spec.capability)),
    sig.GovernmentSignal: _government,
    sig.AgreementSignal: _agreement,
    sig.ChoiceSignal: lambda ix, spec: signals.choice(ix.choices.index(spec.choice)),
    sig.PartnersSignal: _partners,
    sig.ProductSignal: lambda ix, spec: signals.product([reading(ix, p) for p in spec.product]),
    sig.MinimumSignal: lambda ix, spec: signals.minimum([reading(ix, p) for p in spec.minimum]),
    sig.MeanSignal: lambda ix, spec: signals.mean([reading(ix, p) for p in spec.mean]),
    sig.AbsenceSignal: lambda ix, spec: signals.absence(reading(ix, spec.absence)),
    sig.RescaledSignal: lambda ix, spec: signals.rescaled(reading(ix, spec.rescaled)),
}


def response(spec: sig.Response) -> Callable[[Floats], Floats]:
    """The function that a response stands for."""
    match spec:
        case sig.SaturatingResponse(saturating=s):
            return partial(responses.saturating, half=s.half)
        case sig.ThresholdResponse(threshold=t):
            return partial(responses.threshold, at=t.at, width=t.width)
        case sig.HumpResponse(hump=h):
            return partial(responses.hump, peak=h.peak, width=h.width)
        case _:
            return lambda signal: signal
