"""Under which values of the uncertain numbers does an outcome come about?"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from alliance_sim import rng
from alliance_sim.analysis import boxes, rule_tree
from alliance_sim.analysis.boxes import Box, FoundBox
from alliance_sim.analysis.conditions import Question, read_all
from alliance_sim.errors import InputError, Problem
from alliance_sim.executors import Workers
from alliance_sim.simulate.arguments import by_argument
from alliance_sim.simulate.crossing import reporting_like
from alliance_sim.simulate.designs import Doubles, Experiment, Progress, Results, spread
from alliance_sim.simulate.ensembles import (
    as_scenario,
    attributes,
    check_numbers,
    scenario_hash,
    warn_if_unstable,
)
from alliance_sim.simulate.validations import validations
from alliance_sim.spec import Scenario
from alliance_sim.validation import KEY

if TYPE_CHECKING:
    import xarray as xr

Json = dict[str, Any]

INSTALL = "for a decision tree as well: pip install 'alliance-sim[discover]'"


def discover(
    scenario: Scenario | str | Path,
    when: str | Sequence[str],
    against: Scenario | str | Path | None = None,
    runs: int = 2048,
    seed: int = 0,
    *,
    workers: Workers = None,
    chance: bool = False,
    progress: Progress = lambda done: None,
) -> Discovery:
    """Conditions on the uncertain numbers under which an outcome comes about.

    Args:
        scenario: a checked scenario, the name of a shipped one, or a path to a file.
        when: the outcome, as one or several conditions that hold together, such as
            ``alliance_type=strategic_alliance`` or ``effect:trade_volume>0.1@2020-06``.
        against: a baseline, what an ``effect:`` is measured against.
        runs: how many points of the numbers' joint prior to try.
        seed: any integer from 0.
        workers: processes to share the work, or any executor; None for all cores.
        chance: False looks at expected paths, on which the numbers (and elections) decide what
            happens; True at single histories with noise, in which they make it more or less likely.
        progress: called with the number of runs just finished.

    Raises:
        InputError: where an input cannot be used.

    Example:
        >>> import alliance_sim as al
        >>> found = al.discover("us_exits_jcpoa", "iran_to_russia>2", runs=8)
        >>> found.finding
        'never'
    """
    texts = [when] if isinstance(when, str) else list(when)
    with by_argument({"--when": "when"}):
        plan = plan_discovery(scenario, texts, against, runs, seed, chance)
    return plan.run(workers, progress)


def plan_discovery(
    scenario: Scenario | str | Path,
    when: Sequence[str],
    against: Scenario | str | Path | None = None,
    runs: int = 2048,
    seed: int = 0,
    chance: bool = False,
) -> Search:
    """Check what :func:`discover` is asked for."""
    check_numbers(runs=runs, seed=seed)
    measured = as_scenario(scenario)
    if not when:
        mend = "give one, such as 'alliance_type=strategic_alliance'"
        raise InputError([Problem("no condition is given", mend, "--when")])
    questions = tuple(read_all(when, measured, "--when", conditions=True))
    baseline = None
    if any(each.effect for each in questions):
        if against is None:
            mend = "name a baseline, or ask for the outcome itself"
            raise InputError([Problem("an effect needs a baseline", mend, "--when")])
        baseline = reporting_like(as_scenario(against), measured)
    names = tuple(dict.fromkeys(each.outcome for each in questions))
    experiment = Experiment(measured, baseline, names, int(seed), chance)
    if not experiment.factors:
        mend = "make numbers of the scenario uncertain, by distributions"
        raise InputError([Problem("no number of this scenario is uncertain", mend)])
    warn_if_unstable(measured)
    return Search(experiment, questions, int(runs))


@dataclass(frozen=True)
class Search:
    """A search for conditions that has been checked and can be run."""

    experiment: Experiment
    questions: tuple[Question, ...]
    points: int

    @property
    def runs(self) -> int:
        """Runs that it takes altogether."""
        return self.points * self.experiment.runs_per_point

    def run(self, workers: Workers = None, progress: Progress = lambda done: None) -> Discovery:
        """Do it."""
        check_numbers(workers=workers)
        experiment, seed = self.experiment, self.experiment.seed
        points = spread(self.points, experiment.factors, seed)
        found = experiment.run(points, np.arange(self.points), workers, progress)
        x = np.column_stack([axis.read(points) for axis in experiment.axes])
        y = self._happens(found)
        bare = Discovery(self, x, y)
        if bare.finding != "searched":
            return bare
        generator = rng.stream(seed, "discovery", "halves")
        tree = None
        if rule_tree.available():
            halves = boxes.halves(x, y, rng.stream(seed, "discovery", "tree"))
            tree = rule_tree.grow(*halves, seed=int(generator.integers(2**31)))
        return replace(bare, boxes=tuple(boxes.find_boxes(x, y, generator)), tree=tree)

    def _happens(self, found: Results) -> npt.NDArray[np.bool_]:
        """Whether all conditions hold, (point,)."""
        holds = np.ones(self.points, dtype=bool)
        for each in self.questions:
            place = self.experiment.outcomes.index(each.outcome)
            month = -1 if each.month is None else each.month
            before = None
            if found.baseline is not None:
                before = found.baseline[place, month].astype(np.float64)
            holds &= each.ask(found.scenario[place, month], before) == 1
        return holds


@dataclass(frozen=True)
class Discovery:
    """What a search found."""

    search: Search
    x: Doubles
    """Points tried, as probabilities of each number, (point, number)."""
    y: npt.NDArray[np.bool_]
    """Whether the outcome came about, (point,)."""
    boxes: tuple[FoundBox, ...] = ()
    tree: rule_tree.Tree | None = None

    @property
    def when(self) -> str:
        """The outcome, as asked."""
        return " and ".join(each.text for each in self.search.questions)

    @cached_property
    def validation(self) -> dict[str, str]:
        """Outcome -> what a backtest found of it, of each that is asked about."""
        experiment = self.search.experiment
        said = validations(experiment.scenario)
        return {name: said[name] for name in experiment.outcomes}

    @property
    def share(self) -> float:
        """Share of points at which the outcome came about."""
        return float(self.y.mean())

    @property
    def finding(self) -> str:
        """What can be said at once: never, always, rare or common; else searched."""
        cases, n = int(self.y.sum()), len(self.y)
        if cases in (0, n):
            return "always" if cases else "never"
        if min(cases, n - cases) < boxes.FEWEST_CASES:
            return "rare" if cases < n - cases else "common"
        return "searched"

    @cached_property
    def described(self) -> list[list[Json]]:
        """The conditions of every box, with what their numbers rest on."""
        return [
            [
                condition | {"quasi_p": found.quasi_p[place], "returns": found.returns[place]}
                for place, condition in self.conditions(found.box)
            ]
            for found in self.boxes
        ]

    def conditions(self, box: Box) -> list[tuple[int, Json]]:
        """Place and description of every restriction of a box, the narrowest first."""
        told = []
        width = box.high - box.low
        for place in sorted(box.restricted, key=lambda factor: float(width[factor])):
            factor = self.search.experiment.axes[place].number
            low, high = float(box.low[place]), float(box.high[place])
            told.append(
                (
                    place,
                    {
                        "parameter": factor.path,
                        "name": factor.name,
                        "above": factor.shown(low) if low > 0 else None,
                        "below": factor.shown(high) if high < 1 else None,
                        "probabilities": [low, high],
                        "basis": factor.provenance.basis,
                        "source": factor.provenance.source,
                    },
                )
            )
        return told

    def as_json(self) -> Json:
        """All of it as plain data."""
        experiment = self.search.experiment
        scenario, baseline = experiment.scenario, experiment.baseline
        about: Json = {
            "title": scenario.name,
            "question": scenario.question,
            "hash": scenario_hash(scenario),
            "baseline": baseline.name if baseline else None,
            "seed": experiment.seed,
            "points": len(self.y),
            "chance": "drawn" if experiment.chance else "expected paths; elections drawn",
            "uncertain_numbers": len(experiment.axes),
            "uncertain": experiment.counted,
            "when": [each.text for each in self.search.questions],
            KEY: self.validation,
            "share": self.share,
            "share_error": float(np.sqrt(self.share * (1 - self.share) / len(self.y))),
            "finding": self.finding if self.finding != "searched" else self._searched(),
        }
        about["boxes"] = [
            {**vars(found.worth), "conditions": conditions}
            | {"trajectory": [vars(each) for each in found.trajectory]}
            for found, conditions in zip(self.boxes, self.described, strict=True)
        ]
        about["tree"] = self._tree()
        return about

    def _searched(self) -> str:
        return "conditions found" if self.boxes else "no condition found"

    def _tree(self) -> Json | None:
        if self.tree is None:
            return None
        rules = [
            {
                "share": rule.share,
                "density": rule.density,
                "inside": rule.inside,
                "conditions": [condition for _, condition in self.conditions(rule.box)],
            }
            for rule in self.tree.rules
        ]
        return {"right": self.tree.right, "guess": self.tree.guess, "rules": rules}

    def dataset(self) -> xr.Dataset:
        """The points and what came about at each, with the limits of the boxes, for pictures.

        ``probability`` (run, parameter), ``happens`` (run), ``low`` and ``high`` (box, parameter),
        ``coverage`` and ``density`` (box).
        """
        import xarray as xr

        experiment = self.search.experiment
        numbers = [axis.number for axis in experiment.axes]
        shape = (len(self.boxes), len(numbers))
        limits = {
            side: np.array([getattr(each.box, side) for each in self.boxes]).reshape(shape)
            for side in ("low", "high")
        }
        worth = {
            name: ("box", [getattr(each.worth, name) for each in self.boxes])
            for name in ("coverage", "density")
        }
        about = attributes(experiment.scenario, len(self.y), experiment.seed, experiment.chance)
        return xr.Dataset(
            {
                "probability": (("run", "parameter"), self.x),
                "happens": ("run", self.y),
                **{side: (("box", "parameter"), each) for side, each in limits.items()},
                **worth,
            },
            coords={
                "parameter": [each.path for each in numbers],
                "name": ("parameter", [each.name for each in numbers]),
                "basis": ("parameter", [each.provenance.basis for each in numbers]),
            },
            attrs=about | {"when": self.when, KEY: json.dumps(self.validation)},
        )
