"""All that is found about a claim, as plain data."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict

import numpy as np

from alliance_sim.analysis import verdicts
from alliance_sim.analysis.verdicts import Verdict
from alliance_sim.claims.measure import Case, Json, Reading
from alliance_sim.claims.plan import Runs
from alliance_sim.claims.variants import PLAIN, Variant, citing
from alliance_sim.load.claims import Bound
from alliance_sim.observations.skill import Skill
from alliance_sim.rules.classes import CLASSES
from alliance_sim.simulate import scenario_hash
from alliance_sim.spec.observables import observable_of
from alliance_sim.validation import KEY

ABLATION_DRAWS = 256
"""Draws of the parameters without a claim's drivers."""
THEORY_DRAWS = 128
"""Draws of the parameters under each rival theory."""


def row_of(plan: Runs, bound: Bound) -> Json:
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
    cases = [Case(plan, bound, name) for name in claim.outcomes]
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


def _outcome(case: Case) -> Json:
    """The claim's number for one outcome, and the verdict on it."""
    runs, rule = case.plan.runs, case.rule(chance=True)
    declared = case.scenario.world.outcomes[case.outcome]
    path = case.values(PLAIN, False, runs)
    share = verdicts.share_as_expected(case.rule(chance=False), path)
    said = Skill.read().of(observable_of(declared.measure))
    effect = verdicts.estimate(case.values(PLAIN, True, runs, means=True))
    return {
        "outcome": case.outcome,
        "name": declared.name,
        "unit": "share of runs" if case.claim.expected == "class" else declared.unit,
        KEY: said,
        "smallest_effect": rule.smallest,
        "margin": rule.margin if rule.expected.startswith("no_") else None,
        "effect": asdict(effect),
        "chance": not case.on_path_only,
        "path_mean": float(path.mean(dtype=np.float64)),
        "share": share,
        "verdict": verdicts.judge(rule, effect.mean, share),
    }


def _all(cases: Sequence[Case], variant: Variant, draws: int) -> Json:
    """The verdict on the expected path under a change, over all outcomes."""
    found = [case.predicted(variant, draws) for case in cases]
    return {"verdict": verdicts.weakest(each["verdict"] for each in found), "outcomes": found}


def _ablation(cases: Sequence[Case]) -> Json:
    plan, bound = cases[0].plan, cases[0].bound
    draws = min(plan.runs, ABLATION_DRAWS)
    found = _all(cases, Variant(without=bound.claim.drivers), draws)
    for each, case in zip(found["outcomes"], cases, strict=True):
        whole = case.values(PLAIN, False, draws, means=True).mean(dtype=np.float64)
        each["whole"] = float(whole)
        # What is left of less than the smallest effect of interest says nothing.
        telling = abs(whole) >= case.rule(chance=False).smallest
        each["kept"] = verdicts.kept(each["mean"], float(whole)) if telling else None
    removed = citing(plan.scenario(bound.scenario).world, bound.claim.drivers)
    return {"removed": list(removed), **found}


def _theories(cases: Sequence[Case]) -> Json:
    draws = min(cases[0].plan.runs, THEORY_DRAWS)
    found = {}
    for name in cases[0].scenario.world.theories:
        each = _all(cases, Variant(theory=name), draws)
        found[name] = {"agrees": each["verdict"] in ("supported", "leaning"), **each}
    return found


def _readings(cases: Sequence[Case]) -> list[Json]:
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


def _rival(cases: Sequence[Case], outcomes: Sequence[Json]) -> Json | None:
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


def _shape(case: Case) -> Json | None:
    """The outcome at every scenario of a shape, and where it is lowest."""
    shape, plan = case.claim.shape, case.plan
    if shape is None:
        return None
    read = Reading(case, PLAIN, not case.on_path_only, plan.runs)
    points: list[Json] = []
    for path in case.bound.points:
        values = read.at(plan.scenario(path, case.bound.scenario))
        points.append({"scenario": path.stem, "mean": float(values.mean(dtype=np.float64))})
        if case.shape == "switch":
            codes = np.bincount(values.astype(np.intp), minlength=len(CLASSES))
            points[-1]["usual_class"] = CLASSES[int(codes.argmax())]
    lowest = min(points, key=lambda point: float(point["mean"]))["scenario"]
    return {"outcome": case.outcome, "kind": shape.kind, "points": points, "lowest": lowest}
