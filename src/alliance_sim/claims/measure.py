"""The number that a claim is about, by run or by draw of the parameters."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from alliance_sim.analysis import verdicts
from alliance_sim.analysis.verdicts import Rule, Values
from alliance_sim.claims.plan import Runs, bare
from alliance_sim.claims.variants import Variant
from alliance_sim.load.claims import Bound
from alliance_sim.rules.classes import CLASSES
from alliance_sim.spec import Intervention, Scenario
from alliance_sim.spec.base import month_number
from alliance_sim.spec.outcomes import EffectMeasure, FallenMeasure
from alliance_sim.spec.scenario import Between, Hazard

if TYPE_CHECKING:
    from alliance_sim.spec.claims import Claim

Json = dict[str, Any]


@dataclass(frozen=True)
class Case:
    """A claim about one outcome, with what it takes to measure it."""

    plan: Runs
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
        read = Reading(self, variant, chance and not self.on_path_only, draws)
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
class Reading:
    """Reads scenarios under one change, with or without chance."""

    case: Case
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
            begun = [each[first_month(*pair) :] for each, pair in zip(series, pairs, strict=True)]
            months = min(map(len, begun))  # an effect that still grows is not later for that
            found = [verdicts.time_to_peak(each[:months]) for each in begun]
        else:
            found = [verdicts.persistence(each) for each in series]
        return found[0] - found[1] if len(found) == 2 else found[0]

    def _baseline(self, path: Path | None) -> Scenario:
        assert path is not None  # the loader has seen to it
        return self.case.plan.scenario(path, self.case.bound.scenario)


def first_month(scenario: Scenario, baseline: Scenario) -> int:
    """Months from the base date to the first intervention that only one of the two has."""
    start = month_number(scenario.horizon.start)
    sides = [[bare(each) for each in side.interventions] for side in (scenario, baseline)]
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
