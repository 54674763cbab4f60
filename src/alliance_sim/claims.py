"""Hold claims of a text against the model: what each takes to run, and the verdict on it.

The rules are those of docs/verdicts.md and :mod:`alliance_sim.analysis.verdicts`. Claims share
runs: every distinct scenario, under every change that any claim asks for, is run once.
"""

from __future__ import annotations

import json
import pickle
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from alliance_sim.analysis import verdicts
from alliance_sim.analysis.verdicts import Rule, Values, Verdict
from alliance_sim.errors import DifferentWorldsWarning, InputError, Problem, RunError
from alliance_sim.load.claims import Bound, Loaded, load_claims
from alliance_sim.rules.classes import CLASSES
from alliance_sim.simulate import attributes, reporting_like, scenario_hash, warn_if_unstable
from alliance_sim.spec import Intervention, Scenario, World
from alliance_sim.spec import numbers as num
from alliance_sim.spec.base import month_number
from alliance_sim.spec.outcomes import EffectMeasure, FallenMeasure
from alliance_sim.spec.scenario import Between, Hazard

if TYPE_CHECKING:
    from alliance_sim.spec.claims import Claim

DRAWS = 2048
"""Runs with chance, and draws of the parameters on the expected path, unless asked otherwise."""
ABLATION_DRAWS = 256
"""Draws of the parameters without a claim's drivers."""
THEORY_DRAWS = 128
"""Draws of the parameters under each rival theory."""

_WIDEST_LOG = 3.0
"""Largest standard deviation of a logarithm that a world may hold."""

Json = dict[str, Any]
Column = tuple[str, str, int]
"""An outcome, what is kept of it (``at`` a month, the ``series`` up to it, or its ``deepest``
fall until then), and the month."""


# -- what can be changed in a scenario -----------------------------------------------------


@dataclass(frozen=True)
class Variant:
    """A change that is made to scenario and baseline alike."""

    without: tuple[str, ...] = ()
    """Passages; drivers that cite one of them are taken out."""
    theory: str | None = None
    """Mechanisms of this theory alone, all drivers off."""
    reading: tuple[str, str] | None = None
    """Reading and option to follow."""
    doubled: bool = False
    """Priors of the weights of drivers and mechanisms twice as wide."""


PLAIN = Variant()


def citing(world: World, passages: Sequence[str]) -> tuple[str, ...]:
    """Drivers of a world that cite one of these passages."""
    wanted = set(passages)
    return tuple(name for name, each in world.drivers.items() if wanted & set(each.passages))


def widened(number: num.AnyNumber) -> num.AnyNumber:
    """A prior of a weight made twice as wide, and cut at 0; a plain number stays."""
    wide = number
    match number:
        case num.Lognormal(lognormal=(median, spread)):
            wide = num.Lognormal(lognormal=(median, min(2 * spread, _WIDEST_LOG)))
        case num.Triangular(triangular=(low, mode, high)):
            wide = num.Triangular(triangular=(max(0.0, 2 * low - mode), mode, 2 * high - mode))
        case num.Uniform(uniform=(low, high)):
            half = (high - low) / 2
            wide = num.Uniform(uniform=(max(0.0, low - half), high + half))
        case num.TruncatedNormal(truncated_normal=(mean, sd, low, high)):
            bounds = (max(0.0, 2 * low - mean), 2 * high - mean)
            wide = num.TruncatedNormal(truncated_normal=(mean, 2 * sd, *bounds))
        case num.Beta(beta=(a, b)):
            # The variance is m (1 - m) / (a + b + 1); both shapes stay above 0.
            scale = max(((a + b + 1) / 4 - 1) / (a + b), 0.05)
            wide = num.Beta(beta=(a * scale, b * scale))
        case num.Categorical(categorical=options):
            pairs = zip(options.values, options.probabilities, strict=True)
            mean = sum(value * chance for value, chance in pairs)
            values = tuple(max(0.0, 2 * value - mean) for value in options.values)
            wide = num.Categorical(categorical=options.model_copy(update={"values": values}))
    return wide


def _doubled(world: World) -> World:
    changed: dict[str, Any] = {}
    for kind in ("drivers", "mechanisms"):
        changed[kind] = {
            name: each.model_copy(update={"weight": widened(each.weight)})
            for name, each in getattr(world, kind).items()
        }
    return world.model_copy(update=changed)


# -- the plan: what is run, each once ------------------------------------------------------


@dataclass
class Task:
    """One scenario to run, and what to keep of it."""

    scenario: Scenario
    chance: bool
    draws: int = 0
    columns: set[Column] = field(default_factory=set)


Kept = Mapping[Column, Values]


class Plan:
    """Runs that claims need. Reading a value before the runs puts it on the plan."""

    def __init__(self, loaded: Loaded, runs: int = DRAWS, seed: int = 0) -> None:
        self.loaded, self.runs, self.seed = loaded, runs, seed
        self.tasks: dict[tuple[Any, ...], Task] = {}
        self._worlds: list[World] = []
        self._scenarios: dict[tuple[Path, Path], Scenario] = {}
        self._contents: dict[int, str] = {}
        self._found: dict[tuple[Any, ...], Kept] | None = None
        for bound in loaded.claims:
            _row(self, bound)

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
                    found = reporting_like(found, model)
                found = found.model_copy(update={"readings": model.readings})
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
                changed = _doubled(changed)
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
            bare = scenario.model_copy(
                update={"interventions": tuple(map(_bare, scenario.interventions))}
            )
            keys = {"horizon", "interventions", "sampling"}
            self._contents[id(scenario)] = bare.model_dump_json(by_alias=True, include=keys)
        return self._contents[id(scenario)]

    def run(self, workers: int = 1, progress: Callable[[int], None] = lambda done: None) -> Report:
        """Run everything on the plan, and judge."""
        for world in self._worlds:
            users = (each for each in self._scenarios.values() if each.world is world)
            warn_if_unstable(next(users))
        found: dict[tuple[Any, ...], Kept] = {}
        for key, kept in _results(self.tasks, self.seed, workers):
            found[key] = kept
            progress(self.tasks[key].draws)
        self._found = found
        return Report(tuple(_row(self, bound) for bound in self.loaded.claims), self._settings())

    def _settings(self) -> Json:
        some = next(iter(self._scenarios.values()), None)
        versions = attributes(some, self.runs, self.seed)["versions"] if some else "{}"
        return {
            "seed": self.seed,
            "runs": self.runs,
            "ablation_draws": min(self.runs, ABLATION_DRAWS),
            "theory_draws": min(self.runs, THEORY_DRAWS),
            "scenarios_run": len(self.tasks),
            "about": self.loaded.about,
            "versions": json.loads(versions),
            "rules": {
                "most": verdicts.MOST,
                "half": verdicts.HALF,
                "sign": verdicts.SIGN,
                "tail": verdicts.TAIL,
                "text": "docs/verdicts.md",
            },
        }


def _bare(intervention: Intervention) -> Intervention:
    """An intervention without what it says of itself."""
    return intervention.model_copy(update={"about": ""})


_Job = tuple[bytes, int, int, bool, tuple[Column, ...]]


def _results(
    tasks: Mapping[tuple[Any, ...], Task], seed: int, workers: int
) -> Iterator[tuple[tuple[Any, ...], Kept]]:
    """What is kept of each task, the largest begun first."""
    order = sorted(tasks, key=lambda key: -tasks[key].draws * (2 - tasks[key].chance))
    if workers <= 1 or len(order) <= 1:
        for key in order:
            yield key, _work(_job(tasks[key], seed))
        return
    from concurrent.futures import ProcessPoolExecutor, as_completed
    from multiprocessing import get_context

    with ProcessPoolExecutor(min(workers, len(order)), get_context("spawn")) as pool:
        waiting = {pool.submit(_work, _job(tasks[key], seed)): key for key in order}
        try:
            for done in as_completed(waiting):
                yield waiting[done], done.result()
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise


def _job(task: Task, seed: int) -> _Job:
    outcomes = tuple(sorted({name for name, _, _ in task.columns}))
    scenario = task.scenario.model_copy(update={"outcomes": outcomes})
    return pickle.dumps(scenario), task.draws, seed, task.chance, tuple(sorted(task.columns))


def _work(job: _Job) -> Kept:
    """Run one scenario and keep the columns asked for."""
    from alliance_sim.engines.ensemble import run_ensemble

    text, draws, seed, chance, columns = job
    scenario: Scenario = pickle.loads(text)  # our own, from this process tree
    outcomes = run_ensemble(scenario, draws, seed, chance=chance).outcomes
    if not np.isfinite(outcomes).all():
        broken = int(np.flatnonzero(~np.isfinite(outcomes).all(axis=(0, 1)))[0])
        what = f"run {broken} of '{scenario.name}' with seed {seed}"
        raise RunError(f"{what} gave a number that is not finite")
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


# -- one claim -----------------------------------------------------------------------------


@dataclass(frozen=True)
class _Case:
    """A claim about one outcome, with what it takes to measure it."""

    plan: Plan
    bound: Bound
    outcome: str

    @property
    def claim(self) -> Claim:
        return self.bound.claim

    @property
    def scenario(self) -> Scenario:
        return self.plan.scenario(self.bound.scenario)

    @property
    def measure(self) -> object:
        return self.scenario.world.outcomes[self.outcome].measure

    @property
    def shape(self) -> str:
        """The kind of shape that decides the verdict, if one does."""
        return self.claim.shape.kind if self.claim.expected == "shape" and self.claim.shape else ""

    @property
    def on_path_only(self) -> bool:
        """Whether chance is left out of the effect too."""
        return isinstance(self.measure, EffectMeasure) or self.shape == "switch"

    def rule(self, chance: bool, rival: bool = False) -> Rule:
        """What is expected; of an event's expected path only its depth is known."""
        outcomes = self.scenario.world.outcomes
        claim, smallest = self.claim, outcomes[self.outcome].least
        expected = claim.rival_expected if rival and claim.rival_expected else claim.expected
        margin = claim.margin
        if isinstance(self.measure, FallenMeasure) and not chance:
            smallest, margin = outcomes[self.measure.fallen.of].least, None
        return Rule(
            expected="rise" if expected == "shape" else expected,
            smallest=smallest,
            margin=smallest if margin is None else margin,
        )

    def values(self, variant: Variant, chance: bool, draws: int, means: bool = False) -> Values:
        """The claim's number by run or draw; with ``means``, as it is averaged."""
        read = _Reading(self, variant, chance and not self.on_path_only, draws)
        if self.claim.expected == "class":
            codes = read.at(self.scenario)
            named = [CLASSES.index(each) for each in self.claim.classes]
            return np.isin(codes, named).astype(np.float64)
        if not self.shape:
            return read.claimed()
        points = [self.plan.scenario(path, self.bound.scenario) for path in self.bound.points]
        if self.shape == "switch":
            return verdicts.switch([read.at(point) for point in points])
        effects = [read.effect(point) for point in points]
        if means:
            return verdicts.at_means("ends" if self.shape == "ends" else "turn", effects)
        return verdicts.ends(effects) if self.shape == "ends" else verdicts.turn(effects)

    def predicted(self, variant: Variant, draws: int) -> Json:
        """Mean and share as expected on the expected path, judged by them."""
        rule = self.rule(chance=False)
        mean = float(self.values(variant, False, draws, means=True).mean(dtype=np.float64))
        share = verdicts.share_as_expected(rule, self.values(variant, False, draws))
        verdict = verdicts.judge(rule, mean, share)
        return {"outcome": self.outcome, "mean": mean, "share": share, "verdict": verdict}


@dataclass(frozen=True)
class _Reading:
    """Reads scenarios under one change, with or without chance."""

    case: _Case
    variant: Variant
    chance: bool
    draws: int

    def _values(self, scenario: Scenario, outcome: str, what: str) -> Values:
        column = (outcome, what, self.case.bound.at)
        return self.case.plan.values(scenario, column, self.variant, self.chance, self.draws)

    def at(self, scenario: Scenario) -> Values:
        """The outcome at the claim's month, (r,)."""
        return self._values(scenario, self.case.outcome, "at")

    def effect(self, scenario: Scenario) -> Values:
        """Against the claim's baseline, (r,)."""
        baseline = self._baseline(self.case.bound.baseline)
        match self.case.measure:
            case FallenMeasure(fallen=fall) if not self.chance:
                values = [self._values(each, fall.of, "deepest") for each in (scenario, baseline)]
            case _:
                values = [self.at(scenario), self.at(baseline)]
        return values[0] - values[1]

    def claimed(self) -> Values:
        """The number that a claim without a shape is about, (r,)."""
        bound, measure = self.case.bound, self.case.measure
        if not isinstance(measure, EffectMeasure):
            return self.effect(self.case.scenario)
        on, reports = measure.effect.on, measure.effect.reports
        pairs = [(self.case.scenario, self._baseline(bound.baseline))]
        if bound.against is not None:
            other = self.case.plan.scenario(bound.against, bound.scenario)
            pairs.append((other, self._baseline(bound.against_baseline)))
        series = [
            self._values(one, on, "series") - self._values(base, on, "series")
            for one, base in pairs
        ]
        if reports == "explained_share":
            return verdicts.explained_share(series[0][-1], series[1][-1])
        if reports == "time_to_peak":
            found = [
                verdicts.time_to_peak(each, first_month(*pair))
                for each, pair in zip(series, pairs, strict=True)
            ]
        else:
            found = [verdicts.persistence(each) for each in series]
        return found[0] - found[1] if len(found) == 2 else found[0]

    def _baseline(self, path: Path | None) -> Scenario:
        assert path is not None  # the loader has seen to it
        return self.case.plan.scenario(path, self.case.bound.scenario)


def first_month(scenario: Scenario, baseline: Scenario) -> int:
    """Months from the base date to the first intervention that only one of the two has."""
    start = month_number(scenario.horizon.start)
    sides = [[_bare(each) for each in side.interventions] for side in (scenario, baseline)]
    alone = [each for each in sides[0] if each not in sides[1]]
    alone += [each for each in sides[1] if each not in sides[0]]
    return min((month_number(_begins(each, scenario)) - start for each in alone), default=0)


def _begins(intervention: Intervention, scenario: Scenario) -> str:
    match intervention.at:
        case Between(between=(first, _)):
            return first
        case Hazard(from_month=first):
            return first or scenario.horizon.start
        case month:
            return month


# -- rows ----------------------------------------------------------------------------------


def _row(plan: Plan, bound: Bound) -> Json:
    """All that is found about a claim."""
    claim = bound.claim
    row: Json = {
        "id": bound.id,
        "statement": claim.statement,
        "mechanism": claim.mechanism,
        "in_conclusion": claim.in_conclusion,
        "strength": claim.strength,
        "source": claim.source,
        "note": claim.note,
        "scenario": bound.scenario.stem,
        "baseline": bound.baseline.stem if bound.baseline else None,
        "against": bound.against.stem if bound.against else None,
        "at": claim.at,
        "expected": claim.expected,
        "classes": list(claim.classes),
        "drivers": list(claim.drivers),
        "untestable": claim.untestable,
        "verdict": "untestable",
    }
    if claim.untestable is not None:
        return row
    cases = [_Case(plan, bound, name) for name in claim.outcomes]
    outcomes = [_outcome(case) for case in cases]
    row |= {
        "verdict": verdicts.weakest(each["verdict"] for each in outcomes),
        "question": plan.scenario(bound.scenario).question,
        "scenario_hash": scenario_hash(plan.loaded.scenarios[bound.scenario]),
        "outcomes": outcomes,
        "shape": [each for case in cases if (each := _shape(case))],
        "without_its_drivers": _ablation(cases),
        "theories": _theories(cases),
        "readings": _readings(cases),
        "doubled": _all(cases, Variant(doubled=True), plan.runs),
        "as_it_is": _all(cases, PLAIN, plan.runs),
        "rival": _rival(cases, outcomes),
    }
    return row


def _outcome(case: _Case) -> Json:
    """The claim's number for one outcome, and the verdict on it."""
    runs, rule = case.plan.runs, case.rule(chance=True)
    declared = case.scenario.world.outcomes[case.outcome]
    path = case.values(PLAIN, False, runs)
    share = verdicts.share_as_expected(case.rule(chance=False), path)
    effect = verdicts.estimate(case.values(PLAIN, True, runs, means=True))
    return {
        "outcome": case.outcome,
        "name": declared.name,
        "unit": "share of runs" if case.claim.expected == "class" else declared.unit,
        "smallest_effect": rule.smallest,
        "margin": rule.margin if rule.expected.startswith("no_") else None,
        "effect": asdict(effect),
        "chance": not case.on_path_only,
        "path_mean": float(path.mean(dtype=np.float64)),
        "share": share,
        "verdict": verdicts.judge(rule, effect.mean, share),
    }


def _all(cases: Sequence[_Case], variant: Variant, draws: int) -> Json:
    """The verdict on the expected path under a change, over all outcomes."""
    found = [case.predicted(variant, draws) for case in cases]
    return {"verdict": verdicts.weakest(each["verdict"] for each in found), "outcomes": found}


def _ablation(cases: Sequence[_Case]) -> Json:
    plan, bound = cases[0].plan, cases[0].bound
    draws = min(plan.runs, ABLATION_DRAWS)
    found = _all(cases, Variant(without=bound.claim.drivers), draws)
    for each, case in zip(found["outcomes"], cases, strict=True):
        whole = case.values(PLAIN, False, draws, means=True).mean(dtype=np.float64)
        each["whole"] = float(whole)
        each["kept"] = verdicts.kept(each["mean"], float(whole))
    removed = citing(plan.scenario(bound.scenario).world, bound.claim.drivers)
    return {"removed": list(removed), **found}


def _theories(cases: Sequence[_Case]) -> Json:
    draws = min(cases[0].plan.runs, THEORY_DRAWS)
    found = {}
    for name in cases[0].scenario.world.theories:
        each = _all(cases, Variant(theory=name), draws)
        found[name] = {"agrees": each["verdict"] in ("supported", "leaning"), **each}
    return found


def _readings(cases: Sequence[_Case]) -> list[Json]:
    scenario = cases[0].scenario
    found = []
    for name, options in cases[0].claim.readings.items():
        reading = scenario.world.readings[name]
        for option in options:
            found.append(
                {
                    "reading": name,
                    "option": option,
                    "says": reading.options[option],
                    "default": option == scenario.readings.get(name, reading.default),
                    **_all(cases, Variant(reading=(name, option)), cases[0].plan.runs),
                }
            )
    return found


def _rival(cases: Sequence[_Case], outcomes: Sequence[Json]) -> Json | None:
    """The verdict on the same numbers under the rival's expectation."""
    claim, runs = cases[0].claim, cases[0].plan.runs
    if claim.rival_expected is None:
        return None
    found: list[Verdict] = []
    for case, each in zip(cases, outcomes, strict=True):
        path = case.values(PLAIN, False, runs)
        share = verdicts.share_as_expected(case.rule(chance=False, rival=True), path)
        rule = case.rule(chance=True, rival=True)
        found.append(verdicts.judge(rule, each["effect"]["mean"], share))
    return {"expected": claim.rival_expected, "verdict": verdicts.weakest(found)}


def _shape(case: _Case) -> Json | None:
    """The outcome at every scenario of a shape, and where it is lowest."""
    shape, plan = case.claim.shape, case.plan
    if shape is None:
        return None
    read = _Reading(case, PLAIN, not case.on_path_only, plan.runs)
    points: list[Json] = []
    for path in case.bound.points:
        values = read.at(plan.scenario(path, case.bound.scenario))
        points.append({"scenario": path.stem, "mean": float(values.mean(dtype=np.float64))})
        if case.shape == "switch":
            codes = np.bincount(values.astype(np.intp), minlength=len(CLASSES))
            points[-1]["usual_class"] = CLASSES[int(codes.argmax())]
    lowest = min(points, key=lambda point: float(point["mean"]))["scenario"]
    return {"outcome": case.outcome, "kind": shape.kind, "points": points, "lowest": lowest}


# -- front door ----------------------------------------------------------------------------


@dataclass(frozen=True)
class Report:
    """What was found about every claim, as plain data."""

    claims: tuple[Json, ...]
    settings: Json

    def counts(self, key: str = "verdict") -> dict[str, int]:
        """Number of claims with each verdict; ``doubled`` and ``as_it_is`` count those."""
        found = [
            row[key] if key == "verdict" else row.get(key, row)["verdict"] for row in self.claims
        ]
        return {each: found.count(each) for each in (*reversed(verdicts.ORDER), "untestable")}

    def as_json(self) -> Json:
        """One object with the settings, a summary, and a row for each claim."""
        moved = [
            row["id"]
            for row in self.claims
            if "doubled" in row and row["doubled"]["verdict"] != row["as_it_is"]["verdict"]
        ]
        summary = {
            "verdicts": self.counts(),
            "as_it_is": self.counts("as_it_is"),
            "doubled": self.counts("doubled"),
            "moved_by_doubling": moved,
        }
        return {"settings": self.settings, "summary": summary, "claims": list(self.claims)}


def plan_claims(
    file: Path | None = None, only: Sequence[str] = (), runs: int = DRAWS, seed: int = 0
) -> Plan:
    """Read claims and find out what has to be run for them.

    Args:
        file: a file of claims; left out, the shipped ones.
        only: ids of the claims to judge; none for all.
        runs: runs with chance, and draws of the parameters.
        seed: any integer from 0.

    Raises:
        InputError: where claims, scenarios or numbers cannot be used.
    """
    least: dict[str, tuple[Any, int]] = {"runs": (runs, 1), "seed": (seed, 0)}
    problems = [
        Problem(f"{name} is {value!r}", f"give a whole number of at least {low}")
        for name, (value, low) in least.items()
        if isinstance(value, bool) or not isinstance(value, int) or value < low
    ]
    if problems:
        raise InputError(problems)
    return Plan(load_claims(file, only), runs, seed)


def judge_claims(
    only: Sequence[str] = (),
    runs: int = DRAWS,
    seed: int = 0,
    *,
    file: Path | None = None,
    workers: int = 1,
    progress: Callable[[int], None] = lambda done: None,
) -> Report:
    """Hold claims against the model, by the rules of docs/verdicts.md.

    Args:
        only: ids of the claims to judge; none for all.
        runs: runs with chance, and draws of the parameters.
        seed: any integer from 0.
        file: a file of claims; left out, the shipped ones.
        workers: processes to share the work.
        progress: called with the number of runs just finished.

    Raises:
        InputError: where claims, scenarios or numbers cannot be used.
        RunError: where a run gives a number that is not finite.
    """
    return plan_claims(file, only, runs, seed).run(workers, progress)
