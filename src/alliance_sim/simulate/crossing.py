"""Scenarios times theories: what is run against what, so that all of it can be set side by side."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from alliance_sim.errors import DifferentWorldsWarning, InputError, Problem
from alliance_sim.simulate.ensembles import ALL_MECHANISMS
from alliance_sim.spec import Scenario
from alliance_sim.spec.base import did_you_mean


@dataclass(frozen=True)
class Pair:
    """A scenario under a theory, and the baseline to hold it against."""

    label: str
    """What the scenario is called."""
    theory: str
    """The theory, or :data:`~alliance_sim.simulate.ensembles.ALL_MECHANISMS`."""
    scenario: Scenario
    baseline: Scenario


def cross(
    baseline: Scenario,
    scenarios: Mapping[str, Scenario],
    theories: Sequence[str | None] | None = None,
) -> list[Pair]:
    """Every scenario under every theory with its baseline, theories within scenarios.

    All report the same: every outcome that one of them reports, as far as their worlds define
    it alike, and the dyads that all of them record. Baselines that agree are equal, so that one
    run serves all.

    Args:
        baseline: what to measure against.
        scenarios: label -> scenario.
        theories: theories by name, None for all mechanisms; left out, the scenarios' own.

    Raises:
        InputError: where the scenarios cannot be set side by side, or a theory is unknown.

    Warns:
        DifferentWorldsWarning: where a scenario changes the world, or an outcome is left out
            since the worlds define it differently.
    """
    problems = [*unknown_theories(scenarios, theories), *_unlike(scenarios, theories)]
    if problems:
        raise InputError(problems)
    outcomes, dyads = _outcomes(scenarios), _dyads(scenarios)
    pairs = []
    for label, scenario in scenarios.items():
        measured = scenario.model_copy(update={"outcomes": outcomes, "dyads": dyads})
        against = reporting_like(baseline, measured)
        for theory in [scenario.theory] if theories is None else theories:
            both = (each.model_copy(update={"theory": theory}) for each in (measured, against))
            pairs.append(Pair(label, theory or ALL_MECHANISMS, *both))
    return pairs


def unknown_theories(
    scenarios: Mapping[str, Scenario], theories: Sequence[str | None] | None
) -> list[Problem]:
    """What is wrong with the theories asked for."""
    if theories is None:
        return []
    if isinstance(theories, str) or not isinstance(theories, Sequence):
        what = f"theories cannot be {theories!r}"
        return [Problem(what, "give a list of names, with None for all mechanisms")]
    if not theories:
        return [Problem("no theory is named", "name one, or leave them out")]
    twice = sorted({str(each or ALL_MECHANISMS) for each in theories if theories.count(each) > 1})
    problems = [Problem(f"theory '{each}' is named twice", "name it once") for each in twice]
    for each in dict.fromkeys(theories):
        known = {label: scenario.world.theories for label, scenario in scenarios.items()}
        lacking = [label for label, names in known.items() if each not in names]
        if each is not None and lacking:
            where = "" if len(lacking) == len(known) else f" in the world of '{lacking[0]}'"
            mend = did_you_mean(str(each), known[lacking[0]])
            problems.append(Problem(f"unknown theory '{each}'{where}", mend))
    return problems


def _unlike(
    scenarios: Mapping[str, Scenario], theories: Sequence[str | None] | None
) -> Iterable[Problem]:
    """In what scenarios differ that have to agree to be set side by side."""
    if not scenarios:
        yield Problem("no scenario is given", "name at least one to compare with the baseline")
        return
    keys = {
        "horizon": "set horizon.start and horizon.months alike, or compare them one by one",
        "sampling": "set the same sampling for all",
        "theory": "name the theories to compare",
    }
    (first, one), *others = scenarios.items()
    for key, mend in keys.items():
        if key == "theory" and theories is not None:
            continue
        for label, other in others:
            values = [_said(getattr(each, key)) for each in (one, other)]
            if values[0] != values[1]:
                what = f"'{first}' has {key} {values[0]}, '{label}' has {values[1]}"
                yield Problem(what, mend)
                break


def _said(value: object) -> str:
    months, start = getattr(value, "months", None), getattr(value, "start", None)
    if months is not None:
        return f"{months} months from {start}"
    return ALL_MECHANISMS if value is None else str(value)


def _outcomes(scenarios: Mapping[str, Scenario]) -> tuple[str, ...]:
    """Outcomes that any scenario reports and all worlds define alike."""
    every = dict.fromkeys(name for each in scenarios.values() for name in each.outcomes)
    worlds = [each.world for each in scenarios.values()]
    alike = [
        name
        for name in every
        if all(each.outcomes.get(name) == worlds[0].outcomes.get(name) for each in worlds)
    ]
    if not alike:
        what = "the worlds of these scenarios define none of their outcomes alike"
        raise InputError([Problem(what, "compare them one by one")])
    left = [name for name in every if name not in alike]
    if left:
        warnings.warn(
            f"left out, as the scenarios' worlds define them differently: {', '.join(left)}",
            DifferentWorldsWarning,
            stacklevel=4,
        )
    return tuple(alike)


def _dyads(scenarios: Mapping[str, Scenario]) -> tuple[str, ...]:
    """Dyads that every scenario records."""
    first, *others = scenarios.values()
    return tuple(dyad for dyad in first.dyads if all(dyad in each.dyads for each in others))


def different_worlds(baseline: Scenario, scenario: Scenario) -> Problem | None:
    """What to say of a baseline whose world lacks what the scenario's has."""
    kinds = ("actors", "groups", "dyads", "arenas", "domains", "agreements", "choices")
    lacking = [
        f"'{name}' among its {kind}"
        for kind in kinds
        for name in getattr(scenario.world, kind)
        if name not in getattr(baseline.world, kind)
    ]
    if not lacking:
        return None
    more = f" and {len(lacking) - 1} more" if lacking[1:] else ""
    what = (
        f"'{scenario.name}' and its baseline '{baseline.name}' are about different worlds, "
        f"'{scenario.world.name}' and '{baseline.world.name}': the baseline's world has no "
        f"{lacking[0]}{more}"
    )
    return Problem(what, "use another baseline, of the same world")


def reporting_like(baseline: Scenario, scenario: Scenario) -> Scenario:
    """A baseline that reports what the scenario reports, over the same months and theory.

    It follows the same readings of the text as well.

    Outcomes are ways of measuring: those of the scenario's world are used for both.

    Warns:
        DifferentWorldsWarning: where the scenario changes the world itself.

    Raises:
        InputError: where the baseline's world lacks actors or the like of the scenario's.
    """
    if problem := different_worlds(baseline, scenario):
        raise InputError([problem])
    world = baseline.world.model_copy(update={"outcomes": scenario.world.outcomes})
    if world != scenario.world:
        warnings.warn(
            f"'{scenario.name}' changes the world itself: differences from its baseline are those "
            "of world and interventions together",
            DifferentWorldsWarning,
            stacklevel=2,
        )
    return baseline.model_copy(
        update={
            "world": world,
            "outcomes": scenario.outcomes,
            "dyads": scenario.dyads,
            "horizon": scenario.horizon,
            "sampling": scenario.sampling,
            "theory": scenario.theory,
            "readings": scenario.readings,
            "drivers": scenario.drivers,
        }
    )
