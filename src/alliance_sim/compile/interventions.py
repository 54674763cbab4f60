"""From interventions to dated effects."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import Any

import numpy as np

from alliance_sim.compile.index import Index
from alliance_sim.program import NEVER, Effect, Table, Timing
from alliance_sim.spec import scenario as sc
from alliance_sim.spec.base import month_number


def effects(ix: Index) -> Iterable[Effect]:
    """What the interventions set, by date and id: later ones act on what earlier ones left."""
    order = sorted(
        ix.scenario.interventions, key=lambda each: (_timing(ix, each).earliest, each.id)
    )
    for intervention in order:
        kind = next(name for name in sc.ACTIONS if getattr(intervention, name) is not None)
        action = getattr(intervention, kind)
        make: Callable[..., Effect] = partial(
            Effect,
            id=intervention.id,
            timing=_timing(ix, intervention),
            over_months=getattr(action, "over_months", 1),
            for_months=intervention.for_months,
        )
        yield _effect(ix, make, action, f"interventions.{intervention.id}.{kind}")


def _timing(ix: Index, intervention: sc.Intervention) -> Timing:
    start, _ = ix.horizon()
    path = f"interventions.{intervention.id}.at"
    match intervention.at:
        case sc.Between(between=(first, last)):
            a, b = month_number(first) - start, month_number(last) - start
            return Timing(a, b, path=path if b > a else None)
        case sc.Hazard() as hazard:
            begin = month_number(hazard.from_month) - start if hazard.from_month else 0
            rate = ix.one(hazard.hazard_per_year, f"{path}.hazard_per_year")
            return Timing(begin, NEVER, path=path, hazard=rate)
        case str() as month:
            return Timing(month_number(month) - start, month_number(month) - start)


def _effect(ix: Index, make: Callable[..., Effect], action: Any, path: str) -> Effect:
    places: Sequence[tuple[int, ...]]
    match action:
        case sc.CoercionChange():
            places = [
                (i, j)
                for i in ix.members(action.by)
                for j in ix.members(action.on)
                if (min(i, j), max(i, j)) in ix.pair
            ]
            kind = "coercion"
        case sc.PresenceChange():
            places = [(i, ix.arena[action.in_arena]) for i in ix.members(action.of)]
            kind = "presence"
        case sc.CapabilityChange():
            places, kind = [(ix.actor[action.of],)], "capability"
        case sc.ChannelChange():
            domain = ix.domain[action.domain]
            places = [(domain, pair) for pair in ix.pairs_of(action.between)]
            kind = "channel"
        case sc.ArenaChange():
            value = ix.one(action.change, f"{path}.change")
            return make(kind="arena", places=((ix.arena[action.id],),), value=value)
        case sc.GovernmentChange():
            return _government_effect(ix, make, action)
        case sc.AgreementChange():
            return _agreement_effect(ix, make, action, path)
        case _:
            raise TypeError(f"no effect for {action!r}")
    value = ix.one(action.level, f"{path}.level")
    return make(kind=kind, places=tuple(places), value=value)


def _government_effect(
    ix: Index, make: Callable[..., Effect], action: sc.GovernmentChange
) -> Effect:
    kinds = sorted(ix.government_of(action.of).kinds)
    value = Table(np.asarray(float(kinds.index(action.becomes))))
    return make(kind="government", places=((ix.governed.index(action.of),),), value=value)


def _agreement_effect(
    ix: Index, make: Callable[..., Effect], action: sc.AgreementChange, path: str
) -> Effect:
    place = (ix.agreement[action.id], ix.actor[action.party])
    if action.does == "threaten":
        doubt = ix.one(action.credibility, f"{path}.credibility")
        return make(kind="doubt", places=(place,), value=doubt)
    standing = Table(np.asarray(1.0 if action.does == "join" else 0.0))
    return make(kind="standing", places=(place,), value=standing, breaks=action.does == "leave")
