"""From the values of a world to tables of numbers."""

from __future__ import annotations

from typing import Any, get_args

import numpy as np

from alliance_sim.compile.index import Index
from alliance_sim.program import Table
from alliance_sim.spec.numbers import AnyNumber
from alliance_sim.spec.rules import Behaviour, MechanismName


def parameter_tables(ix: Index) -> dict[str, Table]:
    """Tables of everything that is fixed during a run, by field of ``Parameters``."""
    tables = _actor_tables(ix) | _relation_tables(ix) | _domain_tables(ix)
    return tables | _arena_tables(ix) | _agreement_tables(ix)


def _actor_tables(ix: Index) -> dict[str, Table]:
    n, m = len(ix.actors), len(ix.arenas)
    capability, temperature = Table(np.zeros(n)), Table(np.ones(n))
    presence = Table(np.zeros((n, m)))
    for name, i in ix.actor.items():
        actor, path = ix.world.actors[name], f"world.actors.{name}"
        ix.put(capability, (i,), actor.capability, f"{path}.capability")
        ix.put(temperature, (i,), actor.temperature, f"{path}.temperature")
        for arena, value in actor.presence.items():
            ix.put(presence, (i, ix.arena[arena]), value, f"{path}.presence.{arena}")
    return {"capability": capability, "temperature": temperature, "presence": presence}


def _relation_tables(ix: Index) -> dict[str, Table]:
    n, d, p = len(ix.actors), len(ix.domains), len(ix.pairs)
    square = {
        name: Table(np.zeros((n, n)))
        for name in ("tie", "base", "coercion", "proximity", "commitment")
    }
    square["trust"] = Table(np.full((n, n), 0.5))
    exchange = {"cooperation": Table(np.zeros((d, p))), "channel": Table(np.ones((d, p)))}
    for (i, j), (key, relation) in sorted(ix.relations.items()):
        path = f"world.dyads.{key}"
        for a, b in ((i, j), (j, i)):
            direction = f"{ix.actors[a]}->{ix.actors[b]}"
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
                ix.put(square[target], (a, b), value, where)
        for field, given in (
            ("cooperation", relation.cooperation),
            ("channel", relation.channels),
        ):
            for domain, value in sorted(given.items()):
                place = (ix.domain[domain], ix.pair[i, j])
                name = "channels" if field == "channel" else field
                ix.put(exchange[field], place, value, f"{path}.{name}.{domain}")
    return square | exchange


def _domain_tables(ix: Index) -> dict[str, Table]:
    tables = {
        name: Table(np.zeros((len(ix.domains), 1))) for name in ("rate", "exposure", "elasticity")
    }
    for name, place in ix.domain.items():
        for field, table in tables.items():
            value = getattr(ix.world.domains[name], field)
            ix.put(table, (place, 0), value, f"world.domains.{name}.{field}")
    return tables


def _arena_tables(ix: Index) -> dict[str, Table]:
    n, m = len(ix.actors), len(ix.arenas)
    tables = {name: Table(np.zeros(m)) for name in ("level", "arena_rate", "arena_noise")}
    tables |= {name: Table(np.zeros((n, m))) for name in ("position", "salience")}
    tables["arena_proximity"] = Table(np.zeros((m, n)))
    for name, place in ix.arena.items():
        arena, path = ix.world.arenas[name], f"world.arenas.{name}"
        ix.put(tables["level"], (place,), arena.level, f"{path}.level")
        ix.put(tables["arena_rate"], (place,), arena.rate, f"{path}.rate")
        ix.put(tables["arena_noise"], (place,), arena.noise, f"{path}.noise")
        for actor, stance in sorted(arena.stances.items()):
            where, at = f"{path}.stances.{actor}", (ix.actor[actor], place)
            ix.put(tables["position"], at, stance.position, f"{where}.position")
            ix.put(tables["salience"], at, stance.salience, f"{where}.salience")
        for actor, value in sorted(arena.proximity.items()):
            at = (place, ix.actor[actor])
            ix.put(tables["arena_proximity"], at, value, f"{path}.proximity.{actor}")
    return tables


def _agreement_tables(ix: Index) -> dict[str, Table]:
    depth = Table(np.zeros(len(ix.agreements)))
    party = Table(np.zeros((len(ix.agreements), len(ix.actors))))
    for name, place in ix.agreement.items():
        agreement = ix.world.agreements[name]
        ix.put(depth, (place,), agreement.depth, f"world.agreements.{name}.depth")
        for actor in agreement.parties:
            party.values[place, ix.actor[actor]] = float(agreement.in_force)
    return {"depth": depth, "party": party}


def mechanism_weights(ix: Index) -> dict[str, Table]:
    """Weights of the mechanisms that the scenario's theory admits."""
    theory = ix.scenario.theory
    admitted = ix.world.theories[theory] if theory else get_args(MechanismName)
    return {
        name: ix.one(mechanism.weight, f"world.mechanisms.{name}.weight")
        for name, mechanism in sorted(ix.world.mechanisms.items())
        if name in admitted and mechanism.weight != 0
    }


def behaviour(ix: Index) -> dict[str, Table]:
    """Parameters of the rules, by the names that rules use."""
    b: Behaviour = ix.world.behaviour
    values: dict[str, AnyNumber] = {
        "postures.base_weight": b.postures.base_weight,
        "postures.persistence": b.postures.persistence,
        "threat.capability_exponent": b.threat.capability_exponent,
        "threat.reference_capability": b.threat.reference_capability,
    }
    for part in ("alignment", "revision", "trust", "coercion", "commitment"):
        model = getattr(b, part)
        for field in type(model).model_fields:
            values[f"{part}.{field}"] = getattr(model, field)
    return {
        path.removeprefix("postures.").removeprefix("alignment.").replace(".", "_"): ix.one(
            value, f"world.behaviour.{path}"
        )
        for path, value in values.items()
    }


def class_limits(ix: Index) -> dict[str, Table]:
    """Thresholds of the relation classes."""
    limits = ix.world.classes
    return {
        field: ix.one(getattr(limits, field), f"world.classes.{field}")
        for field in type(limits).model_fields
    }
