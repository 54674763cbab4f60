"""The plan of what claims need: every distinct run, each once, spread over processes."""

from __future__ import annotations

import pickle
import warnings
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from alliance_sim.analysis import verdicts
from alliance_sim.analysis.verdicts import Values
from alliance_sim.claims.variants import Variant, citing, doubled
from alliance_sim.errors import DifferentWorldsWarning, InputError, RunError
from alliance_sim.executors import Workers, spread
from alliance_sim.load.claims import Loaded
from alliance_sim.simulate import check_sound, reporting_like, warn_if_unstable
from alliance_sim.spec import Intervention, Scenario, World

Column = tuple[str, str, int]
"""An outcome, what is kept of it (``at`` a month, the ``series`` up to it, or its ``deepest``
fall until then), and the month."""


@dataclass
class Task:
    """One scenario to run, and what to keep of it."""

    scenario: Scenario
    chance: bool
    draws: int = 0
    columns: set[Column] = field(default_factory=set)


Kept = Mapping[Column, Values]


class Runs:
    """Runs that claims need. Reading a value before they are computed puts it on the plan."""

    def __init__(self, loaded: Loaded, runs: int, seed: int) -> None:
        self.loaded, self.runs, self.seed = loaded, runs, seed
        self.tasks: dict[tuple[Any, ...], Task] = {}
        self._worlds: list[World] = []
        self._scenarios: dict[tuple[Path, Path], Scenario] = {}
        self._contents: dict[int, str] = {}
        self._found: dict[tuple[Any, ...], Kept] | None = None

    @property
    def work(self) -> int:
        """Number of runs in all."""
        return sum(task.draws for task in self.tasks.values())

    def scenario(self, path: Path, like: Path | None = None) -> Scenario:
        """A scenario that reports like another, as a baseline does; its world is shared."""
        like = like or path
        if (path, like) not in self._scenarios:
            found, model = self.loaded.scenarios[path], self.loaded.scenarios[like]
            if path != like:
                with warnings.catch_warnings():
                    # A scenario that changes the world itself does so on purpose here.
                    warnings.simplefilter("ignore", DifferentWorldsWarning)
                    try:
                        found = reporting_like(found, model)
                    except InputError as error:
                        what = f"{path.name} cannot be measured with {like.name}: "
                        raise InputError(
                            [replace(each, what=what + each.what) for each in error.problems]
                        ) from None
            world = self._worlds[self._world(found.world)]
            kept = found.model_copy(update={"world": world, "dyads": ()})
            self._scenarios[path, like] = kept
        return self._scenarios[path, like]

    def values(
        self, scenario: Scenario, column: Column, variant: Variant, chance: bool, draws: int
    ) -> Values:
        """What a scenario gives by run, (r,) or (month, r); zeros while nothing has been run."""
        key, build = self._varied(scenario, variant)
        key = (*key, chance)
        if self._found is not None:
            return self._found[key][column][..., :draws]
        task = self.tasks.get(key) or self.tasks.setdefault(key, Task(build(), chance))
        task.draws = max(task.draws, draws)
        task.columns.add(column)
        return np.zeros((column[2] + 1, draws) if column[1] == "series" else draws, np.float32)

    def _varied(
        self, scenario: Scenario, variant: Variant
    ) -> tuple[tuple[Any, ...], Callable[[], Scenario]]:
        """What tells a changed scenario from others, and how it is made."""
        world, changes = scenario.world, dict[str, Any]()
        removed = frozenset(citing(world, variant.without))
        readings = {name: each.default for name, each in world.readings.items()}
        readings |= scenario.readings
        if variant.reading is not None:
            readings |= [variant.reading]
            changes["readings"] = readings
        if variant.theory is not None:
            changes |= {"theory": variant.theory, "drivers": False}

        def build() -> Scenario:
            changed = world
            if removed:
                left = {k: each for k, each in world.drivers.items() if k not in removed}
                changed = world.model_copy(update={"drivers": left})
            if variant.doubled:
                changed = doubled(changed)
            return scenario.model_copy(update={**changes, "world": changed})

        acting = frozenset(
            name
            for name, each in world.drivers.items()
            if changes.get("drivers", scenario.drivers)
            and name not in removed
            and all(readings[key] in options for key, options in each.reading.items())
        )
        theory = changes.get("theory", scenario.theory)
        key = (self._world(world), self._content(scenario), theory, acting, variant.doubled)
        return key, build

    def _world(self, world: World) -> int:
        """The place of a world among those that differ."""
        for place, known in enumerate(self._worlds):
            if known is world or known == world:
                return place
        self._worlds.append(world)
        return len(self._worlds) - 1

    def _content(self, scenario: Scenario) -> str:
        """What moves the numbers of a scenario, but for its world and what of it acts."""
        if id(scenario) not in self._contents:
            silent = scenario.model_copy(
                update={"interventions": tuple(map(bare, scenario.interventions))}
            )
            keys = {"horizon", "interventions", "sampling"}
            self._contents[id(scenario)] = silent.model_dump_json(by_alias=True, include=keys)
        return self._contents[id(scenario)]

    def compute(self, workers: Workers, progress: Callable[[int], None]) -> None:
        """Run everything on the plan."""
        for world in self._worlds:
            users = (each for each in self._scenarios.values() if each.world is world)
            warn_if_unstable(next(users))
        found: dict[tuple[Any, ...], Kept] = {}
        for key, kept in _results(self.tasks, self.seed, workers):
            found[key] = kept
            progress(self.tasks[key].draws)
        self._found = found

    @property
    def some(self) -> Scenario | None:
        """Any of the scenarios on the plan."""
        return next(iter(self._scenarios.values()), None)


def bare(intervention: Intervention) -> Intervention:
    """An intervention without what it says of itself."""
    return intervention.model_copy(update={"about": ""})


_Job = tuple[bytes, int, int, bool, tuple[Column, ...]]


def _results(
    tasks: Mapping[tuple[Any, ...], Task], seed: int, workers: Workers
) -> Iterator[tuple[tuple[Any, ...], Kept]]:
    """What is kept of each task, the largest begun first."""
    order = sorted(tasks, key=lambda key: -tasks[key].draws * (2 - tasks[key].chance))
    yield from zip(
        order, spread(_work, [_job(tasks[key], seed) for key in order], workers), strict=True
    )


def _job(task: Task, seed: int) -> _Job:
    outcomes = tuple(sorted({name for name, _, _ in task.columns}))
    scenario = task.scenario.model_copy(update={"outcomes": outcomes})
    return pickle.dumps(scenario), task.draws, seed, task.chance, tuple(sorted(task.columns))


def _work(job: _Job) -> Kept:
    """Run one scenario and keep the columns asked for."""
    from alliance_sim.engines.ensemble import run_ensemble

    text, draws, seed, chance, columns = job
    scenario: Scenario = pickle.loads(text)  # our own, from this process tree
    record = run_ensemble(scenario, draws, seed, chance=chance)
    try:
        check_sound(record, seed)
    except RunError as error:
        raise RunError(f"'{scenario.name}': {error}") from error
    outcomes = record.outcomes
    place = {name: index for index, name in enumerate(scenario.outcomes)}
    return {each: _column(outcomes[place[each[0]]], each) for each in columns}


def _column(series: npt.NDArray[np.float32], column: Column) -> Values:
    """What is kept of an outcome, (month, r)."""
    _, what, month = column
    match what:
        case "at":
            return np.array(series[month])
        case "deepest":
            return verdicts.deepest_fall(series[: month + 1])
        case _:
            return np.array(series[: month + 1])
