"""Drivers, arenas and choices of a scenario as straight-line C over lanes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np

from alliance_sim.compile.index import Index
from alliance_sim.program import Program
from alliance_sim.spec import Scenario
from alliance_sim.spec import signals as sig


class Text:
    """Writes the C of one scenario."""

    def __init__(self, scenario: Scenario, program: Program) -> None:
        self._ix = Index(scenario)
        self._program = program
        self._side = {pair: 2 * p for p, pair in enumerate(program.pairs)}
        self._side |= {(j, i): 2 * p + 1 for p, (i, j) in enumerate(program.pairs)}
        driven = (p for rule in program.drivers for _, p in _exchange(rule.channel, rule.places))
        self.slots = {p: slot for slot, p in enumerate(sorted(set(driven)))}
        """Pair with a driver on its exchange -> its place among them."""

    def __str__(self) -> str:
        return "\n".join([*self._forces(), *self._move_arenas(), *self._move_choices(), ""])

    def breakable(self) -> list[int]:
        """1 for the sides towards an actor that may leave an agreement."""
        leavers = {place[1] for e in self._program.effects if e.breaks for place in e.places}
        return [int(j in leavers) for pair in self._program.pairs for j in (pair[1], pair[0])]

    # -- readings of signals -----------------------------------------------------------------------

    def signal(self, spec: sig.Signal) -> str:
        """The reading of a signal."""
        return _SIGNALS[type(spec)](self, spec)

    def sides(self, name: str, dyad: str) -> str:
        """Mean of a directed array; where there is no tie, nothing but the trust of the base."""
        missing = "splat(0.5f)" if name == "trust" else "splat(0)"
        return _mean(
            f"{name}({self._side[place]})" if place in self._side else missing
            for place in self._ix.places(dyad)
        )

    def commitment(self, dyad: str) -> str:
        return _mean(
            f"commitment({self._side[place] // 2})" if place in self._side else "splat(0)"
            for place in self._ix.places(dyad)
        )

    def common_threat(self, dyad: str) -> str:
        return _mean(f"common({i}, {j})" for i, j in self._ix.places(dyad) if i < j)

    def cooperation(self, dyad: str, domain: str | None) -> str:
        return self.exchange(self._ix.pairs_of(dyad), domain)

    def exchange(self, pairs: Iterable[int], domain: str | None) -> str:
        count = len(self._ix.domains)
        domains = [self._ix.domain[domain]] if domain else list(range(count))
        return _mean(f"coop({p * count + d})" for d in domains for p in pairs)

    def partners(self, asked: sig.PartnersOf) -> str:
        place = self._ix.actor[asked.of]
        met = [p for p, pair in enumerate(self._ix.pairs) if place in pair]
        least = _number(asked.from_level)
        return _sum(f"where({self.exchange([p], asked.domain)} >= {least}, splat(1))" for p in met)

    def presence(self, of: str, arena: str) -> str:
        count, place = len(self._ix.arenas), self._ix.arena[arena]
        return _mean(f"presence({i * count + place})" for i in self._ix.members(of))

    def capability(self, of: str) -> str:
        return _sum(f"capability({i})" for i in self._ix.members(of))

    def government(self, asked: sig.GovernmentIs) -> str:
        kind = sorted(self._ix.government_of(asked.of).kinds).index(asked.is_kind)
        place = self._ix.governed.index(asked.of)
        return f"where(government({place}) == {_number(kind)}, splat(1))"

    def agreement(self, asked: sig.AgreementIn) -> str:
        parties = [asked.party] if asked.party else self._ix.world.agreements[asked.id].parties
        first = self._ix.agreement[asked.id] * len(self._ix.actors)
        return _least([f"standing({first + self._ix.actor[name]})" for name in parties])

    def arena(self, name: str) -> str:
        return f"arena({self._ix.arena[name]})"

    def choice(self, name: str) -> str:
        return f"choice({self._ix.choices.index(name)})"

    # -- the functions ---------------------------------------------------------------------------

    def _forces(self) -> list[str]:
        """Reads drivers and inputs of arenas, and puts together what they push."""
        world = self._ix.world
        read = [
            f"V r{k} = {_response(world.drivers[rule.id].response, self._driver(rule.id))};"
            for k, rule in enumerate(self._program.drivers)
        ]
        inputs = [given for name in self._ix.arenas for given in world.arenas[name].inputs]
        read += [f"V a{q} = {self.signal(given.signal)};" for q, given in enumerate(inputs)]
        base = [f"reading0({k}) = r{k};" for k in range(len(self._program.drivers))]
        base += [f"input0({q}) = a{q};" for q in range(len(inputs))]
        return [
            "INLINE void forces(V *t, const float *w, const int at_base) {",
            *_indented(read),
            "    if (at_base) {",
            *_indented(_indented(base)),
            "        return;",
            "    }",
            *_indented([*self._amounts(), *self._pushed(), *self._drift(), *self._issues()]),
            "}",
        ]

    def _driver(self, name: str) -> str:
        return self.signal(self._ix.world.drivers[name].signal)

    def _amounts(self) -> Iterable[str]:
        for k, rule in enumerate(self._program.drivers):
            counted = self._program.calibrated or rule.channel != "orientation"
            change = f"r{k} - reading0({k})" if counted else f"r{k}"
            yield f"r{k} = push({k}) * {f'size({change})' if rule.either_way else f'({change})'};"

    def _pushed(self) -> Iterable[str]:
        """What all drivers on a place add up to there."""
        found: defaultdict[str, list[str]] = defaultdict(list)
        domains = len(self._ix.domains)
        for k, rule in enumerate(self._program.drivers):
            for place in rule.places:
                match rule.channel:
                    case "orientation" | "trust":
                        where = f"{rule.channel} {self._side[place[0], place[1]]}"
                    case "desire" | "capacity":
                        where = f"{rule.channel} {self.slots[place[1]] * domains + place[0]}"
                    case _:
                        where = f"{rule.channel} {place[0]}"
                found[where].append(f"r{k}")
        for m in range(len(self._ix.arenas)):
            found[f"arena {m}"].insert(0, f"arena_mean({m})")
        for c in range(len(self._ix.choices)):
            found[f"choice {c}"].insert(0, "splat(0)")
        for where, terms in found.items():
            channel, at = where.split()
            yield _STORES[channel].format(place=at, total=" + ".join(terms))

    def _drift(self) -> Iterable[str]:
        terms: defaultdict[int, list[str]] = defaultdict(list)
        for q, given in enumerate(self._program.pushes):
            terms[given.arena].append(f"input({q}) * (a{q} - input0({q}))")
        for m in range(len(self._ix.arenas)):
            yield f"drift({m}) = {_sum(terms[m])};"

    def _issues(self) -> Iterable[str]:
        terms: defaultdict[int, list[str]] = defaultdict(list)
        for x, (p, m) in enumerate(self.stakes()):
            terms[p].append(f"stake({x}) * arena({m})")
        for p in range(len(self._program.pairs)):
            yield f"issue({p}) = {_sum(terms[p])};"

    def stakes(self) -> list[tuple[int, int]]:
        """Pairs and arenas in which both have a position that may not be zero."""
        table = self._program.tables
        held = (table["position"].values != 0) & (table["salience"].values != 0)
        for name in ("position", "salience"):
            for place, _ in table[name].leaves:
                held[place] = True
        return [
            (p, int(m))
            for p, (i, j) in enumerate(self._program.pairs)
            for m in np.flatnonzero(held[i] & held[j])
        ]

    def _move_arenas(self) -> list[str]:
        """Returns arenas to their means, with the month's pushes and shocks."""
        quiet = self._program.tables["arena_noise"]
        noisy = {place for (place,), _ in quiet.leaves} | set(np.flatnonzero(quiet.values).tolist())
        lines = []
        for m in range(len(self._ix.arenas)):
            shock = f" + arena_noise({m}) * normal(load(draws + {m} * runs))" if m in noisy else ""
            lines += [
                f"at = moved ? arena({m}) + shift({m}) : arena({m});",
                f"to = at + arena_rate({m}) * (target({m}) - at) + drift({m}){shock};",
                f"arena({m}) = clip(to, 0, 1);",
            ]
        given = "V *t, const float *w, const float *draws, long runs, int moved"
        return [
            f"INLINE void move_arenas({given}) {{",
            "    V at, to;",
            "    (void)at, (void)to;",
            *_indented(lines),
            "}",
        ]

    def _move_choices(self) -> list[str]:
        """Decides, and moves the running records."""
        lines = []
        for c, rule in enumerate(self._program.choices):
            share = f"splat({_number(1 / len(rule.cutpoints))})"
            rungs = [f"where(latent > {_number(cut)}, {share})" for cut in rule.cutpoints]
            lines += [
                f"latent = inclination({c}) + logit(load(draws + {c} * runs));",
                f"choice({c}) += choice_rate({c}) * ({' + '.join(rungs)} - choice({c}));",
            ]
        head = "INLINE void move_choices(V *t, const float *w, const float *draws, long runs) {"
        return [head, "    V latent;", "    (void)latent;", *_indented(lines), "}"]


_STORES = {
    "orientation": (
        "lean({place}) = fixed({place}) + m_government * orientation({place}) + {total};"
    ),
    "trust": "level({place}) = level0({place}) + {total};",
    "desire": "desire({place}) = {total};",
    "capacity": "capacity({place}) = {total};",
    "arena": "target({place}) = clip({total}, 0, 1);",
    "choice": "inclination({place}) = {total};",
}


def _sides(name: str, field: str) -> Callable[[Text, Any], str]:
    return lambda text, spec: text.sides(name, getattr(spec, field))


_SIGNALS: dict[type, Callable[[Text, Any], str]] = {
    sig.ArenaSignal: lambda text, spec: text.arena(spec.arena),
    sig.AlignmentSignal: _sides("align", "alignment"),
    sig.TrustSignal: _sides("trust", "trust"),
    sig.CoercionSignal: _sides("coercion", "coercion"),
    sig.ThreatSignal: _sides("threat", "threat"),
    sig.CommitmentSignal: lambda text, spec: text.commitment(spec.commitment),
    sig.CommonThreatSignal: lambda text, spec: text.common_threat(spec.common_threat),
    sig.CooperationSignal: lambda text, spec: text.cooperation(
        spec.cooperation.dyad, spec.cooperation.domain
    ),
    sig.PresenceSignal: lambda text, spec: text.presence(spec.presence.of, spec.presence.in_arena),
    sig.CapabilitySignal: lambda text, spec: text.capability(spec.capability),
    sig.GovernmentSignal: lambda text, spec: text.government(spec.government),
    sig.AgreementSignal: lambda text, spec: text.agreement(spec.agreement),
    sig.ChoiceSignal: lambda text, spec: text.choice(spec.choice),
    sig.PartnersSignal: lambda text, spec: text.partners(spec.partners),
    sig.ProductSignal: lambda text, spec: " * ".join(f"({text.signal(p)})" for p in spec.product),
    sig.MinimumSignal: lambda text, spec: _least([text.signal(p) for p in spec.minimum]),
    sig.MeanSignal: lambda text, spec: _mean(text.signal(p) for p in spec.mean),
    sig.AbsenceSignal: lambda text, spec: f"(1 - ({text.signal(spec.absence)}))",
    sig.RescaledSignal: lambda text, spec: f"(0.5f * (({text.signal(spec.rescaled)}) + 1))",
}


def _response(spec: sig.Response, reading: str) -> str:
    match spec:
        case sig.SaturatingResponse(saturating=s):
            return f"saturating({reading}, {_number(s.half)})"
        case sig.ThresholdResponse(threshold=t):
            return f"threshold({reading}, {_number(t.at)}, {_number(t.width)})"
        case sig.HumpResponse(hump=h):
            return f"hump({reading}, {_number(h.peak)}, {_number(h.width)})"
        case _:
            return reading


def _exchange(channel: str, places: Sequence[tuple[int, ...]]) -> Sequence[tuple[int, ...]]:
    return places if channel in {"desire", "capacity"} else ()


def _number(value: float) -> str:
    return f"{float(value):#.9g}f"


def _sum(terms: Iterable[str]) -> str:
    return f"({' + '.join(terms) or 'splat(0)'})"


def _mean(terms: Iterable[str]) -> str:
    known = list(terms)
    total = _sum(known)
    return f"({total} * {_number(1 / len(known))})" if len(known) > 1 else total


def _least(terms: Sequence[str]) -> str:
    text = terms[0]
    for term in terms[1:]:
        text = f"least({text}, {term})"
    return text


def _indented(lines: Iterable[str]) -> list[str]:
    return [f"    {line}" for line in lines]
