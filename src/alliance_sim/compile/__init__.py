"""From a checked scenario to a program: the only bridge from names to places in arrays."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from alliance_sim.compile import forces, tables
from alliance_sim.compile.index import Index
from alliance_sim.compile.interventions import effects
from alliance_sim.compile.readings import reading
from alliance_sim.program import OutcomeRule, Program
from alliance_sim.results import Labels, OutcomeLabel
from alliance_sim.rules.classes import CLASSES
from alliance_sim.rules.signals import Signal
from alliance_sim.spec import Scenario
from alliance_sim.spec import outcomes as oc


def compile_scenario(scenario: Scenario) -> Program:
    """Turn a scenario into a program."""
    return _program(Index(scenario))


def labels_of(scenario: Scenario) -> Labels:
    """Names of everything that a run of the scenario records."""
    ix = Index(scenario)
    return _labels(ix, _program(ix))


def _outcomes(ix: Index) -> Iterable[OutcomeRule]:
    """How each declared outcome is read."""
    for name in ix.scenario.outcomes:
        match ix.world.outcomes[name].measure:
            case oc.ClassMeasure(relation_class=dyad):
                yield OutcomeRule(name, None, ix.pair_of(dyad))
            case oc.FallenMeasure(fallen=fall):
                yield OutcomeRule(name, _followed(ix, fall.of), None, "fallen", fall.by)
            case oc.VarianceMeasure(variance=followed):
                yield OutcomeRule(name, _followed(ix, followed), None, "variance")
            case oc.EffectMeasure():
                raise TypeError(f"{name} measures an effect, not a run")
            case measure:
                yield OutcomeRule(name, reading(ix, measure), None)


def _followed(ix: Index, name: str) -> Signal:
    """The signal behind an outcome that another follows over time."""
    measure = ix.world.outcomes[name].measure
    assert not isinstance(
        measure, oc.ClassMeasure | oc.FallenMeasure | oc.VarianceMeasure | oc.EffectMeasure
    )
    return reading(ix, measure)


def _classed(ix: Index) -> tuple[int, ...]:
    """Pairs whose relation class is recorded."""
    pairs = {ix.pair_of(dyad) for dyad in ix.scenario.dyads}
    pairs |= {rule.pair for rule in _outcomes(ix) if rule.pair is not None}
    return tuple(sorted(pairs))


def _dyads(ix: Index) -> tuple[str, ...]:
    """Dyads whose alignment is recorded, each once."""
    return tuple(dict.fromkeys(ix.scenario.dyads))


def _outcome_label(name: str, outcome: oc.Outcome) -> OutcomeLabel:
    return OutcomeLabel(
        id=name,
        name=outcome.name,
        unit=outcome.unit,
        about=outcome.about,
        range=outcome.range,
        is_class=isinstance(outcome.measure, oc.ClassMeasure),
        smallest_effect=outcome.least,
    )


def _labels(ix: Index, program: Program) -> Labels:
    """Names of everything recorded."""
    world = ix.world
    pairs = [ix.pairs[pair] for pair in _classed(ix)]
    return Labels(
        actors=ix.actors,
        actor_names=tuple(world.actors[name].name for name in ix.actors),
        outcomes=tuple(_outcome_label(name, world.outcomes[name]) for name in ix.scenario.outcomes),
        dyads=_dyads(ix),
        pairs=tuple(f"{ix.actors[i]}-{ix.actors[j]}" for i, j in pairs),
        parameters=tuple(leaf.path for leaf in program.leaves),
        classes=CLASSES,
        start=ix.scenario.horizon.start,
        months=ix.scenario.horizon.months,
    )


def _program(ix: Index) -> Program:
    """Put everything together."""
    start, months = ix.horizon()
    postures = ix.world.behaviour.postures
    return Program(
        actors=ix.actors,
        keys=tuple(ix.world.actors[name].keyed_as or name for name in ix.actors),
        pairs=ix.pairs,
        domains=ix.domains,
        arenas=ix.arenas,
        agreements=ix.agreements,
        tables=tables.parameter_tables(ix),
        mechanism_weight=tables.mechanism_weights(ix),
        behaviour=tables.behaviour(ix),
        class_limits=tables.class_limits(ix),
        drivers=tuple(forces.drivers(ix)),
        pushes=tuple(forces.arena_pushes(ix)),
        effects=tuple(effects(ix)),
        cabinets=tuple(forces.cabinets(ix)),
        choices=tuple(forces.choices(ix)),
        outcomes=tuple(_outcomes(ix)),
        cutpoints=postures.cutpoints,
        impacts=np.asarray(postures.impacts, dtype=np.float32),
        revision_chance=ix.world.behaviour.revision.chance,
        calibrated=ix.world.behaviour.calibration == "base_date",
        recorded=_dyads(ix),
        recorded_places=tuple(tuple(ix.places(dyad)) for dyad in _dyads(ix)),
        classed_pairs=_classed(ix),
        leaves=tuple(leaf for _, leaf in sorted(ix.leaves.items())),
        months=months,
        start=start,
    )
