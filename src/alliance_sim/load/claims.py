"""Claims of a text, read with the scenarios that test them; every mistake is told at once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from alliance_sim.errors import InputError, Problem
from alliance_sim.library import find, scenario_root
from alliance_sim.load import load_scenarios
from alliance_sim.load.documents import Documents
from alliance_sim.load.explain import checked
from alliance_sim.load.tree import Mark, Node, in_order
from alliance_sim.spec import Scenario
from alliance_sim.spec.base import did_you_mean, month_number, month_text
from alliance_sim.spec.claims import Claim, Claims, Passages, Tensions
from alliance_sim.spec.outcomes import ClassMeasure, EffectMeasure

PAPER = "sharma_2018"
"""Folder of the shipped claims, passages and tensions."""
_File = TypeVar("_File", Claims, Passages, Tensions)


@dataclass(frozen=True)
class Bound:
    """A claim with the scenarios that test it, by their files."""

    id: str
    claim: Claim
    scenario: Path
    baseline: Path | None = None
    """What to measure against; None where the claim needs no baseline."""
    against: Path | None = None
    against_baseline: Path | None = None
    points: tuple[Path, ...] = ()
    """The scenarios of a shape."""
    at: int = 0
    """Months from the base date to the month at which it is read."""


@dataclass(frozen=True)
class Loaded:
    """Claims that can be tested, and those that say they cannot."""

    file: Path
    about: str
    claims: tuple[Bound, ...]
    scenarios: Mapping[Path, Scenario] = field(repr=False)


def shipped(name: str) -> Path:
    """A file of the shipped paper: claims, passages or tensions."""
    return scenario_root() / PAPER / f"{name}.yaml"


def load_passages(file: Path | None = None) -> Passages:
    """Read passages, the shipped ones if no file is named."""
    return _read(Passages, file or shipped("passages"))[0]


def load_tensions(file: Path | None = None) -> Tensions:
    """Read tensions, the shipped ones if no file is named."""
    return _read(Tensions, file or shipped("tensions"))[0]


def read_claims(file: Path | None = None) -> Claims:
    """Read claims alone, the shipped ones if no file is named, without their scenarios."""
    return _read(Claims, file or shipped("claims"))[0]


def load_claims(file: Path | None = None, only: Sequence[str] = ()) -> Loaded:
    """Read claims, the shipped ones if no file is named, and all scenarios that they use.

    Args:
        file: The file.
        only: Ids of the claims to read; none for all.

    Raises:
        InputError: With every problem found, each at its place in its file.
    """
    file = file or shipped("claims")
    claims, tree = _read(Claims, file)
    unknown = [each for each in dict.fromkeys(only) if each not in claims.claims]
    if unknown:
        raise InputError(
            Problem(f"there is no claim '{each[:40]}'", did_you_mean(each, claims.claims))
            for each in unknown
        )
    chosen = {key: claim for key, claim in claims.claims.items() if not only or key in only}
    return _Binder(file, tree, claims, chosen).bind()


def _read(model: type[_File], file: Path) -> tuple[_File, Node]:
    documents = Documents()
    tree = documents.read(file)
    found = checked(model, tree, documents.problems)
    assert tree is not None  # or there would be no model of it
    return found, tree


class _Binder:
    """Finds what claims name, and checks that it can be measured there."""

    def __init__(self, file: Path, tree: Node, claims: Claims, chosen: Mapping[str, Claim]) -> None:
        self.file, self.tree, self.claims, self.chosen = file, tree, claims, chosen
        self.problems: list[Problem] = []
        self.scenarios: dict[Path, Scenario] = {}

    def bind(self) -> Loaded:
        """All claims with their scenarios, or everything that is wrong."""
        self._find(("world",), self.claims.world, "world")
        self._check_passages()
        testable = {key: each for key, each in self.chosen.items() if each.untestable is None}
        named = {key: dict(self._named(key, each)) for key, each in testable.items()}
        self._load(path for places in named.values() for path in places.values() if path)
        if self.problems:
            raise InputError(in_order(self.problems))
        self._load(self._own_baselines(named))
        bound = [self._bound(key, claim, named) for key, claim in self.chosen.items()]
        if self.problems:
            raise InputError(in_order(self.problems))
        return Loaded(self.file, self.claims.about, tuple(bound), self.scenarios)

    def _load(self, files: Iterable[Path]) -> None:
        wanted = [each for each in dict.fromkeys(files) if each not in self.scenarios]
        try:
            self.scenarios |= load_scenarios(wanted)
        except InputError as error:
            self.problems += error.problems

    def _named(self, key: str, claim: Claim) -> Iterator[tuple[str, Path | None]]:
        """The scenarios that a claim names, by the place where it does."""
        for name in ("scenario", "baseline", "against"):
            if (found := getattr(claim, name)) is not None:
                yield name, self._find(("claims", key, name), found)
        for place, found in enumerate(claim.shape.scenarios if claim.shape else ()):
            where = ("claims", key, "shape", "scenarios", place)
            yield f"shape {place}", self._find(where, found)
        if claim.world is not None:
            self._find(("claims", key, "world"), claim.world, "world")

    def _find(self, where: tuple[str | int, ...], name: str, kind: str = "scenario") -> Path | None:
        try:
            return find(name, "world" if kind == "world" else "scenario", relative_to=self.file)
        except InputError as error:
            self.problems += [self._mark(where).problem(e.what, e.mend) for e in error.problems]
            return None

    def _mark(self, where: tuple[str | int, ...]) -> Mark:
        """The place of a value, or of the innermost thing around it that is there."""
        node = self.tree
        for step in where:
            child = node.child(step)
            if child is None:
                return node.key or node.mark
            node = child
        return node.mark

    def _check_passages(self) -> None:
        """Passages that a claim cites are in the file beside it, if there is one."""
        beside = self.file.parent / "passages.yaml"
        if not beside.is_file():
            return
        tree = Documents().read(beside)
        listed = tree.child("passages") if tree is not None else None
        known = listed.value if listed is not None and isinstance(listed.value, dict) else {}
        for key, claim in self.chosen.items():
            for place, passage in enumerate(claim.drivers):
                if passage not in known:
                    mark = self._mark(("claims", key, "drivers", place))
                    mend = did_you_mean(passage, known)
                    self.problems.append(mark.problem(f"unknown passage '{passage}'", mend))

    def _own_baselines(self, named: Mapping[str, Mapping[str, Path | None]]) -> Iterator[Path]:
        for places in named.values():
            for name, path in places.items():
                found = self._own_baseline(path) if name in ("scenario", "against") else None
                if found:
                    yield found

    def _own_baseline(self, path: Path | None) -> Path | None:
        """The file of the baseline that a scenario names itself."""
        if path is None or (name := self.scenarios[path].baseline) is None:
            return None
        try:
            return find(name, "scenario", relative_to=path)
        except InputError as error:
            self.problems += error.problems
            return None

    def _bound(
        self, key: str, claim: Claim, named: Mapping[str, Mapping[str, Path | None]]
    ) -> Bound:
        if key not in named:
            return Bound(key, claim, Path(claim.scenario))
        places = named[key]
        paths = {name: path for name, path in places.items() if path is not None}
        scenario = self.scenarios[paths["scenario"]]
        baseline = paths.get("baseline") or self._own_baseline(paths["scenario"])
        against = paths.get("against")
        start = month_number(scenario.horizon.start)
        at = month_number(claim.at) - start if claim.at else scenario.horizon.months
        for where, what, mend in _misfits(claim, scenario, baseline is not None, at):
            self.problems.append(self._mark(("claims", key, *where)).problem(what, mend))
        return Bound(
            id=key,
            claim=claim,
            scenario=paths["scenario"],
            baseline=baseline,
            against=against,
            against_baseline=(self._own_baseline(against) or baseline) if against else None,
            points=tuple(path for name, path in paths.items() if name.startswith("shape")),
            at=at,
        )


_Misfit = tuple[tuple[str | int, ...], str, str]


def _misfits(claim: Claim, scenario: Scenario, has_baseline: bool, at: int) -> Iterator[_Misfit]:
    """What a claim asks of a scenario that it does not have."""
    yield from _unlike_outcomes(claim, scenario)
    switch = claim.expected == "shape" and claim.shape is not None and claim.shape.kind == "switch"
    if not has_baseline and not switch and claim.expected != "class":
        what = f"'{claim.scenario}' has no baseline to measure against"
        yield ("scenario",), what, "add `baseline` to the claim"
    if not 0 < at <= scenario.horizon.months:
        first = month_number(scenario.horizon.start)
        last = month_text(first + scenario.horizon.months)
        what = f"{claim.at} is not after {scenario.horizon.start} and up to {last}"
        yield ("at",), what, "choose a month that the scenario simulates"
    readings = scenario.world.readings
    for name, options in claim.readings.items():
        if name not in readings:
            mend = did_you_mean(name, readings)
            yield ("readings", name), f"the world has no reading '{name}'", mend
            continue
        for place, option in enumerate(options):
            if option not in readings[name].options:
                mend = did_you_mean(option, readings[name].options)
                yield ("readings", name, place), f"'{name}' has no option '{option}'", mend


def _unlike_outcomes(claim: Claim, scenario: Scenario) -> Iterator[_Misfit]:
    """Outcomes that are not there, or are not of the kind that is expected."""
    declared = scenario.world.outcomes
    classed = claim.expected == "class" or (
        claim.expected == "shape" and claim.shape is not None and claim.shape.kind == "switch"
    )
    compares = False
    for place, name in enumerate(claim.outcomes):
        where = ("outcomes", place)
        if name not in declared:
            what = f"the world of '{claim.scenario}' has no outcome '{name}'"
            yield where, what, did_you_mean(name, declared)
            continue
        measure = declared[name].measure
        if classed and not isinstance(measure, ClassMeasure):
            yield where, f"'{name}' is no relation class", "name an outcome that is one"
        if isinstance(measure, EffectMeasure):
            compares = True
            if measure.effect.reports == "explained_share" and claim.against is None:
                yield where, f"'{name}' compares two scenarios", "name the second with `against`"
            if claim.shape is not None:
                mend = "name an outcome of a month"
                yield where, f"'{name}' has no value for each scenario of a shape", mend
    if claim.against is not None and not compares:
        mend = "leave it out"
        yield ("against",), "no outcome of the claim compares two effects", mend
