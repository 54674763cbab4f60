"""From a checked scenario to a program: the only bridge from names to places in arrays."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import Any, get_args

import numpy as np

from alliance_sim.program import (
    ArenaPush,
    Cabinet,
    DriverRule,
    Effect,
    Leaf,
    OutcomeRule,
    Program,
    Table,
    Timing,
)
from alliance_sim.results import Labels, OutcomeLabel
from alliance_sim.rules import responses, signals
from alliance_sim.rules.classes import CLASSES
from alliance_sim.rules.signals import Signal
from alliance_sim.spec import scenario as sc
from alliance_sim.spec import signals as sig
from alliance_sim.spec import world as wd
from alliance_sim.spec.base import directed_pair, month_number, undirected_pair
from alliance_sim.spec.numbers import AnyNumber, Distribution
from alliance_sim.spec.rules import Behaviour, MechanismName

FOREVER = 10**6
"""A month that no horizon reaches."""


def compile_scenario(scenario: sc.Scenario) -> Program:
    """Turn a scenario into a program.

    Actors are ordered by what they are keyed by, and every other name alphabetically, so
    that neither the order of the file nor its labels change a number.
    """
    return _Compiler(scenario).program()


def labels_of(scenario: sc.Scenario) -> Labels:
    """Names of everything that a run of the scenario records."""
    return _Compiler(scenario).labels()


class _Compiler:
    """Places of names, and the uncertain numbers met so far."""

    def __init__(self, scenario: sc.Scenario) -> None:
        self.scenario = scenario
        self.world = world = scenario.world
        self.actors = tuple(sorted(world.actors, key=lambda a: world.actors[a].keyed_as or a))
        self.actor = {name: place for place, name in enumerate(self.actors)}
        self.domains = tuple(sorted(world.domains))
        self.domain = {name: place for place, name in enumerate(self.domains)}
        self.arenas = tuple(sorted(world.arenas))
        self.arena = {name: place for place, name in enumerate(self.arenas)}
        self.agreements = tuple(sorted(world.agreements))
        self.agreement = {name: place for place, name in enumerate(self.agreements)}
        self.relations = self._relations()
        self.pairs = tuple(sorted(self.relations))
        self.pair = {pair: place for place, pair in enumerate(self.pairs)}
        self.governed = tuple(a for a in self.actors if world.actors[a].government)
        self.leaves: dict[str, Leaf] = {}

    def _relations(self) -> dict[tuple[int, int], tuple[str, wd.Relation]]:
        found = {}
        for key, relation in self.world.dyads.items():
            a, b = (self.actor[name] for name in undirected_pair(key) or ())
            found[min(a, b), max(a, b)] = (key, relation)
        return found

    # -- numbers ---------------------------------------------------------------------------

    def put(self, table: Table, place: tuple[int, ...], value: AnyNumber, path: str) -> None:
        """Store a number, certain or not, at a place of a table."""
        if isinstance(value, Distribution):
            leaf = self.leaves.setdefault(path, Leaf(path, value))
            table.values[place] = value.median
            table.leaves.append((place, leaf))
        else:
            table.values[place] = value

    def one(self, value: AnyNumber, path: str) -> Table:
        """A table of a single number, drawn to shape (r,)."""
        table = Table(np.zeros(()))
        self.put(table, (), value, path)
        return table

    # -- parties and dyads -----------------------------------------------------------------

    def members(self, party: str) -> list[int]:
        """Places of an actor, or of all members of a group."""
        if party in self.world.groups:
            return sorted(self.actor[name] for name in self.world.groups[party].members)
        return [self.actor[party]]

    def places(self, dyad: str) -> list[tuple[int, int]]:
        """Directed places that a dyad stands for."""
        pair = directed_pair(dyad)
        if pair:
            a, b = pair
            return [(i, j) for i in self.members(a) for j in self.members(b) if i != j]
        a, b = undirected_pair(dyad) or ("", "")
        forth = [(i, j) for i in self.members(a) for j in self.members(b) if i != j]
        return sorted({*forth, *((j, i) for i, j in forth)})

    def pairs_of(self, dyad: str) -> list[int]:
        """Places of the declared pairs that an undirected dyad stands for."""
        found = {(min(i, j), max(i, j)) for i, j in self.places(dyad)}
        return [self.pair[pair] for pair in sorted(found) if pair in self.pair]

    # -- signals ---------------------------------------------------------------------------

    def signal(self, spec: sig.Signal) -> Signal:
        """The reading that a signal stands for."""
        match spec:
            case sig.ArenaSignal():
                return signals.arena(self.arena[spec.arena])
            case sig.AlignmentSignal():
                return signals.dyads("alignment", self.places(spec.alignment))
            case sig.TrustSignal():
                return signals.dyads("trust", self.places(spec.trust))
            case sig.CoercionSignal():
                return signals.dyads("coercion", self.places(spec.coercion))
            case sig.ThreatSignal():
                return signals.dyads("threat", self.places(spec.threat))
            case sig.CommonThreatSignal():
                return signals.common_threat(
                    [(i, j) for i, j in self.places(spec.common_threat) if i < j]
                )
            case sig.CommitmentSignal():
                return signals.dyads("commitment", self.places(spec.commitment))
            case sig.CooperationSignal():
                return self._cooperation(spec.cooperation)
            case _:
                return self._circumstance(spec)

    def _cooperation(self, spec: sig.CooperationIn) -> Signal:
        pairs = self.pairs_of(spec.dyad)
        domains = [self.domain[spec.domain]] if spec.domain else list(range(len(self.domains)))
        if not pairs or not domains:
            return lambda now: np.zeros(1)
        return signals.cooperation(pairs, domains)

    def _circumstance(self, spec: sig.Signal) -> Signal:
        match spec:
            case sig.PresenceSignal(presence=p):
                return signals.presence(self.members(p.of), self.arena[p.in_arena])
            case sig.CapabilitySignal():
                return signals.capability(self.members(spec.capability))
            case sig.GovernmentSignal(government=g):
                kinds = sorted(self._government(g.of).kinds)
                return signals.government(self.governed.index(g.of), kinds.index(g.is_kind))
            case sig.AgreementSignal(agreement=a):
                named = [a.party] if a.party else self.world.agreements[a.id].parties
                return signals.agreement(
                    self.agreement[a.id], sorted(self.actor[name] for name in named)
                )
            case _:
                return self._combined(spec)

    def _combined(self, spec: sig.Signal) -> Signal:
        match spec:
            case sig.ProductSignal():
                return signals.product([self.signal(part) for part in spec.product])
            case sig.MinimumSignal():
                return signals.minimum([self.signal(part) for part in spec.minimum])
            case sig.MeanSignal():
                return signals.mean([self.signal(part) for part in spec.mean])
            case sig.AbsenceSignal():
                return signals.absence(self.signal(spec.absence))
            case sig.RescaledSignal():
                return signals.rescaled(self.signal(spec.rescaled))
        raise TypeError(f"no reading for {spec!r}")

    def _government(self, actor: str) -> wd.Governments:
        government = self.world.actors[actor].government
        assert government is not None
        return government

    # -- tables ----------------------------------------------------------------------------

    def _actor_tables(self) -> dict[str, Table]:
        n, m = len(self.actors), len(self.arenas)
        capability, temperature = Table(np.zeros(n)), Table(np.ones(n))
        presence = Table(np.zeros((n, m)))
        for name, i in self.actor.items():
            actor, path = self.world.actors[name], f"world.actors.{name}"
            self.put(capability, (i,), actor.capability, f"{path}.capability")
            self.put(temperature, (i,), actor.temperature, f"{path}.temperature")
            for arena, value in actor.presence.items():
                self.put(presence, (i, self.arena[arena]), value, f"{path}.presence.{arena}")
        return {"capability": capability, "temperature": temperature, "presence": presence}

    def _relation_tables(self) -> dict[str, Table]:
        n, d, p = len(self.actors), len(self.domains), len(self.pairs)
        square = {
            name: Table(np.zeros((n, n)))
            for name in ("tie", "base", "coercion", "proximity", "commitment")
        }
        square["trust"] = Table(np.full((n, n), 0.5))
        exchange = {"cooperation": Table(np.zeros((d, p))), "channel": Table(np.ones((d, p)))}
        for (i, j), (key, relation) in sorted(self.relations.items()):
            path = f"world.dyads.{key}"
            for a, b in ((i, j), (j, i)):
                direction = f"{self.actors[a]}->{self.actors[b]}"
                square["tie"].values[a, b] = 1.0
                for field, target, missing in (
                    ("alignment", "base", 0.0),
                    ("trust", "trust", 0.5),
                    ("coercion", "coercion", 0.0),
                    ("proximity", "proximity", 0.0),
                    ("commitment", "commitment", 0.0),
                ):
                    value: Any = getattr(relation, field)
                    where = f"{path}.{field}"
                    if isinstance(value, dict):
                        value, where = value.get(direction, missing), f"{where}.{direction}"
                    self.put(square[target], (a, b), value, where)
            for field, given in (
                ("cooperation", relation.cooperation),
                ("channel", relation.channels),
            ):
                for domain, value in sorted(given.items()):
                    place = (self.domain[domain], self.pair[i, j])
                    name = "channels" if field == "channel" else field
                    self.put(exchange[field], place, value, f"{path}.{name}.{domain}")
        return square | exchange

    def _domain_tables(self) -> dict[str, Table]:
        tables = {
            name: Table(np.zeros((len(self.domains), 1)))
            for name in ("rate", "exposure", "elasticity")
        }
        for name, place in self.domain.items():
            for field, table in tables.items():
                value = getattr(self.world.domains[name], field)
                self.put(table, (place, 0), value, f"world.domains.{name}.{field}")
        return tables

    def _arena_tables(self) -> dict[str, Table]:
        n, m = len(self.actors), len(self.arenas)
        tables = {name: Table(np.zeros(m)) for name in ("level", "arena_rate", "arena_noise")}
        tables |= {name: Table(np.zeros((n, m))) for name in ("position", "salience")}
        tables["arena_proximity"] = Table(np.zeros((m, n)))
        for name, place in self.arena.items():
            arena, path = self.world.arenas[name], f"world.arenas.{name}"
            self.put(tables["level"], (place,), arena.level, f"{path}.level")
            self.put(tables["arena_rate"], (place,), arena.rate, f"{path}.rate")
            self.put(tables["arena_noise"], (place,), arena.noise, f"{path}.noise")
            for actor, stance in sorted(arena.stances.items()):
                where, at = f"{path}.stances.{actor}", (self.actor[actor], place)
                self.put(tables["position"], at, stance.position, f"{where}.position")
                self.put(tables["salience"], at, stance.salience, f"{where}.salience")
            for actor, value in sorted(arena.proximity.items()):
                at = (place, self.actor[actor])
                self.put(tables["arena_proximity"], at, value, f"{path}.proximity.{actor}")
        return tables

    def _agreement_tables(self) -> dict[str, Table]:
        depth = Table(np.zeros(len(self.agreements)))
        party = Table(np.zeros((len(self.agreements), len(self.actors))))
        for name, place in self.agreement.items():
            agreement = self.world.agreements[name]
            self.put(depth, (place,), agreement.depth, f"world.agreements.{name}.depth")
            for actor in agreement.parties:
                party.values[place, self.actor[actor]] = 1.0
        return {"depth": depth, "party": party}

    def _mechanisms(self) -> dict[str, Table]:
        theory = self.scenario.theory
        admitted = self.world.theories[theory] if theory else get_args(MechanismName)
        return {
            name: self.one(mechanism.weight, f"world.mechanisms.{name}.weight")
            for name, mechanism in sorted(self.world.mechanisms.items())
            if name in admitted and mechanism.weight != 0
        }

    def _behaviour(self) -> dict[str, Table]:
        b: Behaviour = self.world.behaviour
        values: dict[str, AnyNumber] = {
            "postures.base_weight": b.postures.base_weight,
            "postures.persistence": b.postures.persistence,
            "threat.capability_exponent": b.threat.capability_exponent,
            "threat.reference_capability": b.threat.reference_capability,
        }
        for part in ("alignment", "trust", "coercion", "commitment"):
            model = getattr(b, part)
            for field in type(model).model_fields:
                values[f"{part}.{field}"] = getattr(model, field)
        return {
            path.removeprefix("postures.").removeprefix("alignment.").replace(".", "_"): self.one(
                value, f"world.behaviour.{path}"
            )
            for path, value in values.items()
        }

    def _class_limits(self) -> dict[str, Table]:
        limits = self.world.classes
        return {
            field: self.one(getattr(limits, field), f"world.classes.{field}")
            for field in type(limits).model_fields
        }

    # -- drivers, arenas, governments --------------------------------------------------------

    def _drivers(self) -> Iterable[DriverRule]:
        for name, driver in sorted(self.world.drivers.items()):
            channel = driver.channel if isinstance(driver.channel, str) else None
            places: Sequence[tuple[int, ...]]
            if channel:
                places = sorted({place for dyad in driver.dyads for place in self.places(dyad)})
                places = [(i, j) for i, j in places if (min(i, j), max(i, j)) in self.pair]
            else:
                channel, places = self._exchange_places(driver)
            yield DriverRule(
                id=name,
                sign=1.0 if driver.direction == "convergence" else -1.0,
                weight=self.one(driver.weight, f"world.drivers.{name}.weight"),
                signal=self.signal(driver.signal),
                response=_response(driver.response),
                channel=channel,  # type: ignore[arg-type]
                places=tuple(places),
            )

    def _exchange_places(self, driver: wd.Driver) -> tuple[str, list[tuple[int, ...]]]:
        match driver.channel:
            case wd.ArenaChannel(arena=arena):
                return "arena", [(self.arena[arena],)]
            case wd.DesireChannel(desire=domain):
                kind = "desire"
            case wd.CapacityChannel(capacity=domain):
                kind = "capacity"
            case _:
                raise TypeError(f"no places for {driver.channel!r}")
        pairs = sorted({pair for dyad in driver.dyads for pair in self.pairs_of(dyad)})
        return kind, [(self.domain[domain], pair) for pair in pairs]

    def _pushes(self) -> Iterable[ArenaPush]:
        for name, place in self.arena.items():
            for number, given in enumerate(self.world.arenas[name].inputs):
                path = f"world.arenas.{name}.inputs.{number}.weight"
                yield ArenaPush(place, self.one(given.weight, path), self.signal(given.signal))

    def _cabinets(self) -> Iterable[Cabinet]:
        start, months = self._horizon()
        for name in self.governed:
            government = self._government(name)
            kinds = tuple(sorted(government.kinds))
            table = Table(np.zeros((len(kinds), len(self.actors))))
            for place, kind in enumerate(kinds):
                for party, value in sorted(government.kinds[kind].orientation.items()):
                    path = f"world.actors.{name}.government.kinds.{kind}.orientation.{party}"
                    for j in self.members(party):
                        if j != self.actor[name]:
                            self.put(table, (place, j), value, path)
            calendar, turnover, elections = government.elections, None, frozenset[int]()
            if calendar:
                chances = [calendar.turnover.get(kind, 0.0) for kind in kinds]
                turnover = np.cumsum(chances)
                first = month_number(calendar.next) - start
                elections = frozenset(
                    t for t in range(first, months, calendar.every_months) if t >= 0
                )
            yield Cabinet(
                actor=self.actor[name],
                key=self.world.actors[name].keyed_as or name,
                kinds=kinds,
                now=kinds.index(government.now),
                orientation=table,
                turnover=turnover,
                elections=elections,
            )

    # -- interventions -----------------------------------------------------------------------

    def _horizon(self) -> tuple[int, int]:
        horizon = self.scenario.horizon
        return month_number(horizon.start), horizon.months

    def _timing(self, intervention: sc.Intervention) -> Timing:
        start, _ = self._horizon()
        path = f"interventions.{intervention.id}.at"
        match intervention.at:
            case sc.Between(between=(first, last)):
                a, b = month_number(first) - start, month_number(last) - start
                return Timing(a, b, path=path if b > a else None)
            case sc.Hazard() as hazard:
                first = month_number(hazard.from_month) - start if hazard.from_month else 0
                rate = self.one(hazard.hazard_per_year, f"{path}.hazard_per_year")
                return Timing(first, FOREVER, path=path, hazard=rate)
            case month:
                return Timing(month_number(month) - start, month_number(month) - start)

    def _effects(self) -> Iterable[Effect]:
        order = sorted(
            self.scenario.interventions, key=lambda each: (self._timing(each).earliest, each.id)
        )
        for intervention in order:
            kind = next(name for name in sc.ACTIONS if getattr(intervention, name) is not None)
            action = getattr(intervention, kind)
            make: Callable[..., Effect] = partial(
                Effect,
                id=intervention.id,
                timing=self._timing(intervention),
                over_months=getattr(action, "over_months", 1),
                for_months=intervention.for_months,
            )
            yield self._effect(make, action, f"interventions.{intervention.id}.{kind}")

    def _effect(self, make: Callable[..., Effect], action: Any, path: str) -> Effect:
        places: Sequence[tuple[int, ...]]
        match action:
            case sc.CoercionChange():
                places = [
                    (i, j)
                    for i in self.members(action.by)
                    for j in self.members(action.on)
                    if (min(i, j), max(i, j)) in self.pair
                ]
                kind = "coercion"
            case sc.PresenceChange():
                places = [(i, self.arena[action.in_arena]) for i in self.members(action.of)]
                kind = "presence"
            case sc.CapabilityChange():
                places, kind = [(self.actor[action.of],)], "capability"
            case sc.ChannelChange():
                domain = self.domain[action.domain]
                places = [(domain, pair) for pair in self.pairs_of(action.between)]
                kind = "channel"
            case sc.ArenaChange():
                value = self.one(action.change, f"{path}.change")
                return make(kind="arena", places=((self.arena[action.id],),), value=value)
            case sc.GovernmentChange():
                return self._government_effect(make, action)
            case sc.AgreementChange():
                return self._agreement_effect(make, action, path)
            case _:
                raise TypeError(f"no effect for {action!r}")
        value = self.one(action.level, f"{path}.level")
        return make(kind=kind, places=tuple(places), value=value)

    def _government_effect(
        self, make: Callable[..., Effect], action: sc.GovernmentChange
    ) -> Effect:
        kinds = sorted(self._government(action.of).kinds)
        value = Table(np.asarray(float(kinds.index(action.becomes))))
        return make(kind="government", places=((self.governed.index(action.of),),), value=value)

    def _agreement_effect(
        self, make: Callable[..., Effect], action: sc.AgreementChange, path: str
    ) -> Effect:
        place = (self.agreement[action.id], self.actor[action.party])
        if action.does == "threaten":
            doubt = self.one(action.credibility, f"{path}.credibility")
            return make(kind="doubt", places=(place,), value=doubt)
        standing = Table(np.asarray(1.0 if action.does == "join" else 0.0))
        return make(
            kind="standing", places=(place,), value=standing, breaks=action.does == "leave"
        )

    # -- outcomes ----------------------------------------------------------------------------

    def _outcomes(self) -> Iterable[OutcomeRule]:
        for name in self.scenario.outcomes:
            measure = self.world.outcomes[name].measure
            if isinstance(measure, wd.ClassMeasure):
                yield OutcomeRule(name, None, self._pair_of(measure.relation_class))
            else:
                yield OutcomeRule(name, self.signal(measure), None)

    def _pair_of(self, dyad: str) -> int:
        a, b = undirected_pair(dyad) or directed_pair(dyad) or ("", "")
        i, j = sorted((self.actor[a], self.actor[b]))
        return self.pair[i, j]

    def _recorded(self) -> tuple[tuple[str, ...], tuple[int, ...]]:
        """Dyads whose alignment, and pairs whose class, are recorded."""
        dyads = tuple(dict.fromkeys(self.scenario.dyads))
        classed = {self._pair_of(dyad) for dyad in dyads}
        classed |= {rule.pair for rule in self._outcomes() if rule.pair is not None}
        return dyads, tuple(sorted(classed))

    def labels(self) -> Labels:
        """Names of everything recorded."""
        dyads, classed = self._recorded()
        program = self.program()
        outcomes = [(name, self.world.outcomes[name]) for name in self.scenario.outcomes]
        return Labels(
            actors=self.actors,
            actor_names=tuple(self.world.actors[name].name for name in self.actors),
            outcomes=tuple(
                OutcomeLabel(
                    id=name,
                    name=outcome.name,
                    unit=outcome.unit,
                    about=outcome.about,
                    range=outcome.range,
                    is_class=isinstance(outcome.measure, wd.ClassMeasure),
                )
                for name, outcome in outcomes
            ),
            dyads=dyads,
            pairs=tuple(f"{self.actors[i]}-{self.actors[j]}" for i, j in map(self.pairs.__getitem__, classed)),
            parameters=tuple(leaf.path for leaf in program.leaves),
            classes=CLASSES,
            start=self.scenario.horizon.start,
            months=self.scenario.horizon.months,
        )

    def program(self) -> Program:
        """Put everything together."""
        start, months = self._horizon()
        tables = self._actor_tables() | self._relation_tables() | self._domain_tables()
        tables |= self._arena_tables() | self._agreement_tables()
        outcomes = tuple(self._outcomes())
        recorded, classed = self._recorded()
        postures = self.world.behaviour.postures
        return Program(
            actors=self.actors,
            keys=tuple(self.world.actors[name].keyed_as or name for name in self.actors),
            pairs=self.pairs,
            domains=self.domains,
            arenas=self.arenas,
            agreements=self.agreements,
            tables=tables,
            mechanism_weight=self._mechanisms(),
            behaviour=self._behaviour(),
            class_limits=self._class_limits(),
            cutpoints=postures.cutpoints,
            impacts=np.asarray(postures.impacts),
            calibrated=self.world.behaviour.calibration == "base_date",
            drivers=tuple(self._drivers()),
            pushes=tuple(self._pushes()),
            effects=tuple(self._effects()),
            cabinets=tuple(self._cabinets()),
            outcomes=outcomes,
            recorded=recorded,
            recorded_places=tuple(tuple(self.places(dyad)) for dyad in recorded),
            classed_pairs=classed,
            leaves=tuple(leaf for _, leaf in sorted(self.leaves.items())),
            months=months,
            start=start,
        )


def _response(spec: sig.Response) -> Callable[[Floats], Floats]:
    match spec:
        case sig.SaturatingResponse(saturating=s):
            return partial(responses.saturating, half=s.half)
        case sig.ThresholdResponse(threshold=t):
            return partial(responses.threshold, at=t.at, width=t.width)
        case sig.HumpResponse(hump=h):
            return partial(responses.hump, peak=h.peak, width=h.width)
        case _:
            return lambda signal: signal
