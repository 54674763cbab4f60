"""What a result rests on: interventions, uncertain numbers, mechanisms, drivers; with sources."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from alliance_sim.references import admitted, published
from alliance_sim.report import words
from alliance_sim.report.folders import Result
from alliance_sim.report.validations import validated
from alliance_sim.spec import Scenario
from alliance_sim.spec.base import children
from alliance_sim.spec.forces import Driver
from alliance_sim.spec.numbers import Distribution
from alliance_sim.spec.provenance import (
    Provenance,
    in_words,
    intervention_source,
    provenance_of,
)

View = Mapping[str, Any]

BASES = {
    "judgement": "judgement",
    "data": "data",
    "paper": "the text behind the drivers",
    "mixed": "several of these",
    "unsourced": "no source given",
}
"""What a number rests on, as the page says it."""


@dataclass(frozen=True)
class Named:
    """A number of the scenario, with where it comes from."""

    path: str
    value: str
    provenance: Provenance

    @property
    def basis(self) -> str:
        """What it rests on, in words."""
        return BASES[self.provenance.basis]


def assumptions(result: Result) -> View:
    """Everything that the scenario takes for granted; nothing where it cannot be read."""
    scenario = result.scenario
    if scenario is None:
        return {"scenario": None, "validated": validated(result)}
    numbers = {path: _named(scenario, path) for path in uncertain_paths(result)}
    mechanisms, drivers = _mechanisms(scenario), _drivers(scenario)
    shown = {each["number"].path for each in (*mechanisms, *drivers)}
    everything = [*numbers.values(), *(each["number"] for each in (*mechanisms, *drivers))]
    return {
        "scenario": scenario,
        "validated": validated(result),
        "about": [text for text in (scenario.about, scenario.world.about) if text],
        "interventions": _interventions(scenario),
        "mechanisms": mechanisms,
        "drivers": drivers,
        "others": [number for path, number in numbers.items() if path not in shown],
        "count": len(numbers),
        "drawn": in_words([*numbers, *open_dates(scenario)]),
        "several": len(numbers) + len(open_dates(scenario)) > 1,
        "bases": bases(numbers.values()),
        "readings": _readings(scenario),
        "references": _references(scenario, everything),
    }


def uncertain_paths(result: Result) -> list[str]:
    """Paths of the numbers that were drawn."""
    data = result.data
    return [str(each) for each in data["parameter"].values] if "parameter" in data.coords else []


def open_dates(scenario: Scenario) -> list[str]:
    """Paths of the dates that are drawn: from a range of months, or at a hazard."""
    return [
        f"interventions.{each.id}.at"
        for each in scenario.interventions
        if not isinstance(each.at, str)
    ]


def bases(numbers: Iterable[Named]) -> list[tuple[str, int]]:
    """How many numbers rest on what, most first."""
    return Counter(number.basis for number in numbers).most_common()


def _named(scenario: Scenario, path: str) -> Named:
    value = _value(scenario, path)
    shown = words.number(value) if isinstance(value, float | Distribution) else words.UNKNOWN
    return Named(path, shown, provenance_of(scenario, path))


def _value(scenario: Scenario, path: str) -> Any:
    """What stands at the path of a number; None where nothing does."""
    first, *rest = path.split(".")
    value: Any = scenario.world if first == "world" else None
    if first == "interventions" and rest:
        value = {each.id: each for each in scenario.interventions}
    for name in rest:
        value = dict(children(value)).get(name)
    return value


def _interventions(scenario: Scenario) -> list[View]:
    return [
        {
            "id": each.id,
            "about": each.about,
            "when": words.date(each),
            "what": words.action(each, scenario.world),
            "lasts": words.lasting(each),
            "source": intervention_source(scenario, each.id),
        }
        for each in scenario.interventions
    ]


def _mechanisms(scenario: Scenario) -> list[View]:
    return [
        {
            "name": name.replace("_", " "),
            "number": _named(scenario, f"world.mechanisms.{name}.weight"),
            "citation": published(name),
        }
        for name in admitted(scenario)
    ]


def _drivers(scenario: Scenario) -> list[View]:
    """Drivers that act under the readings that the scenario follows."""
    if not scenario.drivers:
        return []
    return [
        {
            "id": name,
            "name": driver.name,
            "direction": "together" if driver.direction == "convergence" else "apart",
            "whom": [words.dyad(scenario.world, each) for each in driver.dyads],
            "channel": _channel(driver, scenario),
            "passages": " ".join(driver.passages),
            "number": _named(scenario, f"world.drivers.{name}.weight"),
        }
        for name, driver in scenario.world.drivers.items()
        if _acts(driver, scenario)
    ]


def _acts(driver: Driver, scenario: Scenario) -> bool:
    readings = scenario.world.readings
    return all(
        scenario.readings.get(reading, readings[reading].default) in options
        for reading, options in driver.reading.items()
    )


def _channel(driver: Driver, scenario: Scenario) -> str:
    """What a driver acts on."""
    if isinstance(driver.channel, str):
        return driver.channel
    (kind, name), *_ = children(driver.channel)
    home = {"arena": "arenas", "choice": "choices"}.get(kind, "domains")
    found = getattr(scenario.world, home).get(name)
    return f"{kind}: {found.name if found else name}"


def _readings(scenario: Scenario) -> list[View]:
    """Doubts in the text behind the drivers, and how the scenario reads it."""
    return [
        {"name": reading.name, "follows": reading.options[option]}
        for name, reading in scenario.world.readings.items()
        if (option := scenario.readings.get(name, reading.default)) in reading.options
    ]


def _references(scenario: Scenario, numbers: Iterable[Named]) -> list[tuple[str, str]]:
    """Key and citation of every reference that is named beside something on the page."""
    listed = scenario.world.references
    texts = [number.provenance.source for number in numbers]
    texts += [source for source in scenario.sources.values() if source]
    joined = " ".join(texts)
    cited = {word for word in _words(joined) if word in listed}
    return [(key, listed[key]) for key in sorted(cited)]


def _words(text: str) -> set[str]:
    return {each.strip(".,:;()'\"") for each in text.split()}
