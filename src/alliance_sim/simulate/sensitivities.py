"""Which uncertain numbers move an outcome: screening, shares of variance, swings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Literal, get_args

import numpy as np

from alliance_sim import rng
from alliance_sim.analysis import screening
from alliance_sim.analysis.conditions import (
    Question,
    is_class,
    known_outcomes,
    month_problem,
    read_all,
)
from alliance_sim.analysis.swings import Swings, swings
from alliance_sim.analysis.variance_shares import Shares, shares
from alliance_sim.errors import InputError, Problem
from alliance_sim.executors import Workers
from alliance_sim.simulate.arguments import by_argument
from alliance_sim.simulate.crossing import reporting_like
from alliance_sim.simulate.designs import Doubles, Experiment, Factor, Progress, Rows
from alliance_sim.simulate.ensembles import as_scenario, check_numbers, warn_if_unstable
from alliance_sim.spec import Scenario
from alliance_sim.spec.base import did_you_mean, month_number
from alliance_sim.spec.provenance import text_behind_drivers

if TYPE_CHECKING:
    import xarray as xr

Method = Literal["both", "morris", "sobol"]
Group = tuple[frozenset[int], bool]
"""Places of factors that are drawn anew together, and whether chance is with them."""

OTHERS, CHANCE = "all others", "chance"


@dataclass(frozen=True)
class SensitivityDesign:
    """How hard to look, and at what.

    Attributes:
        method: ``morris`` screens all numbers, ``sobol`` shares the variance among all of them,
            ``both`` screens and then shares it among the most influential and the rest together.
        points: rows of the Sobol design, a power of two; each factor costs as many again.
        trajectories: of the screening; each costs one point more than there are numbers.
        top: how many numbers get a share of their own after the screening.
        parameters: pattern (``*`` and ``?``) of the paths to look at one by one; the others are
            varied all the same.
        series: look at every month instead of one.
        chance: draw noise as well; without it runs take their expected paths, and elections
            are all the chance there is.
    """

    method: Method = "both"
    points: int = 1024
    trajectories: int = 20
    top: int = 10
    parameters: str = "*"
    series: bool = False
    chance: bool = False


_ARGUMENTS = {
    "--outcome": "outcomes",
    "--month": "month",
    "--method": "design.method",
    "--points": "design.points",
    "--trajectories": "design.trajectories",
    "--parameters": "design.parameters",
}
"""Option of the command line -> the library's word for it."""


def sensitivity(
    scenario: Scenario | str | Path,
    against: Scenario | str | Path | None = None,
    outcomes: str | Sequence[str] = (),
    *,
    month: str | None = None,
    design: SensitivityDesign | None = None,
    seed: int = 0,
    workers: Workers = None,
    progress: Progress = lambda done: None,
) -> xr.Dataset:
    """Which uncertain numbers an outcome's variance comes from, and what those rest on.

    Args:
        scenario: a checked scenario, the name of a shipped one, or a path to a file.
        against: a baseline to measure effects against, run by run; None looks at levels.
        outcomes: what to explain: one or several outcomes, or conditions such as
            ``alliance_type=strategic_alliance``; left out, the scenario's first number.
        month: the month to look at, YYYY-MM; left out, the last.
        design: how hard to look.
        seed: any integer from 0; the same seed gives the same numbers, whatever the workers.
        workers: processes to share the work, or any executor; None for all cores.
        progress: called with the number of runs just finished.

    Returns:
        A dataset with dims outcome, month, parameter, ground. Of each parameter ``mu_star``,
        ``mu``, ``sigma`` and ``mu_star_conf`` (outcome's unit) and, where it got a share of its
        own, ``S1`` and ``ST`` with ``_low`` and ``_high`` (a bootstrap interval that holds the
        truth in at least 90% of designs, mostly more) and the mean outcome ``swing_low``,
        ``swing_high`` where it is around its lowest and highest decile, with standard errors
        ``..._error``; coordinates ``name``, ``source``, ``basis``, ``cites``. ``group_S1`` and
        ``group_ST`` say the same of all numbers of a ground together; ``mean`` is the mean outcome.
        NaN stands for what was not measured and for outcomes that do not vary.

    Raises:
        InputError: where an input cannot be used.

    Example:
        >>> import alliance_sim as al
        >>> found = al.sensitivity(
        ...     "us_exits_jcpoa",
        ...     "baseline_2018",
        ...     design=al.SensitivityDesign(points=32, trajectories=2, top=1),
        ... )
        >>> str(found["name"].values[0])
        'votes 1991 2016: joint draws'
    """
    asked = [outcomes] if isinstance(outcomes, str) else outcomes
    with by_argument(_ARGUMENTS):
        study = plan_sensitivity(scenario, against, asked, month, design, seed)
    return study.run(workers, progress)


def plan_sensitivity(
    scenario: Scenario | str | Path,
    against: Scenario | str | Path | None = None,
    outcomes: Sequence[str] = (),
    month: str | None = None,
    design: SensitivityDesign | None = None,
    seed: int = 0,
) -> Study:
    """Check what :func:`sensitivity` is asked for, and say what it will cost."""
    measured = as_scenario(scenario)
    baseline = None if against is None else reporting_like(as_scenario(against), measured)
    design = design or SensitivityDesign()
    check_numbers(seed=seed, points=design.points, top=design.top, trajectories=design.trajectories)
    questions = _questions(measured, outcomes)
    names = tuple(dict.fromkeys(each.outcome for each in questions))
    experiment = Experiment(measured, baseline, names, int(seed), design.chance)
    problems = [*_design_problems(design, experiment)]
    if month is not None and (problem := month_problem(month, measured, "--month")):
        problems.append(problem)
    if problems:
        raise InputError(problems)
    warn_if_unstable(measured)
    last = measured.horizon.months
    place = last if month is None else month_number(month) - month_number(measured.horizon.start)
    months = tuple(range(last + 1)) if design.series else (place,)
    return Study(experiment, tuple(questions), months, design)


def _questions(scenario: Scenario, outcomes: Sequence[str]) -> list[Question]:
    asked = list(outcomes) or _first_number(scenario)
    questions = read_all(asked, scenario, "--outcome", conditions=False)
    problems = []
    for each in questions:
        if is_class(scenario, each.outcome) and not each.is_condition:
            mend = f"ask how often it is one, as in '{each.outcome}=strategic_alliance'"
            what = f"'{each.outcome}' is a relation class and has no variance"
            problems.append(Problem(what, mend, "--outcome"))
        if each.month is not None:
            problems.append(
                Problem(f"'{each.text}' has a month of its own", "use --month", "--outcome")
            )
    if problems:
        raise InputError(problems)
    return list({each.text: each for each in questions}.values())


def _first_number(scenario: Scenario) -> list[str]:
    """The first outcome that the scenario reports as a number."""
    found = [name for name in scenario.outcomes if not is_class(scenario, name)][:1]
    if not found:
        mend = did_you_mean("", known_outcomes(scenario))
        raise InputError([Problem("the scenario reports no number", mend, "--outcome")])
    return found


def _design_problems(design: SensitivityDesign, experiment: Experiment) -> list[Problem]:
    problems = []
    if design.method not in get_args(Method):
        what = f"there is no method '{design.method}'"
        problems.append(Problem(what, f"use one of: {', '.join(get_args(Method))}", "--method"))
    if design.points & (design.points - 1) or design.points < 2:
        near = 2 ** max(1, round(float(np.log2(design.points))))
        what = f"{design.points} points are not a power of two"
        problems.append(Problem(what, f"use {near}", "--points"))
    if design.trajectories > rng.BLOCK or design.trajectories < 2:
        mend = f"use 2 to {rng.BLOCK}"
        problems.append(Problem(f"{design.trajectories} trajectories", mend, "--trajectories"))
    paths = [factor.path for factor in experiment.factors]
    if not paths:
        mend = "make numbers of the scenario uncertain, by distributions"
        problems.append(Problem("no number of this scenario is uncertain", mend))
    elif not any(fnmatchcase(path, design.parameters) for path in paths):
        what = f"no uncertain number is called '{design.parameters}'"
        mend = did_you_mean(design.parameters, paths)
        problems.append(Problem(what, mend, "--parameters"))
    return problems


@dataclass(frozen=True)
class Study:
    """A sensitivity analysis that has been checked and can be run."""

    experiment: Experiment
    questions: tuple[Question, ...]
    months: tuple[int, ...]
    design: SensitivityDesign

    @cached_property
    def _looked_at(self) -> list[int]:
        """Places of the factors to look at one by one."""
        factors = self.experiment.factors
        return [
            place
            for place, factor in enumerate(factors)
            if fnmatchcase(factor.path, self.design.parameters)
        ]

    @property
    def _screens(self) -> bool:
        wanted = self.design.method
        return wanted == "morris" or (wanted == "both" and len(self._looked_at) > self.design.top)

    @property
    def screening_points(self) -> int:
        """Points of the screening."""
        size = len(self.experiment.factors) + 1
        return self.design.trajectories * size if self._screens else 0

    @property
    def sharing_points(self) -> int:
        """Points of the Sobol design: rows times factors and groups, and two."""
        if self.design.method == "morris":
            return 0
        chosen = self._looked_at
        if self.design.method == "both":
            chosen = chosen[: self.design.top]
        return self.design.points * (len(self._groups(chosen)) + 2)

    @property
    def runs(self) -> int:
        """Runs that it takes altogether."""
        points = self.screening_points + self.sharing_points
        return points * self.experiment.runs_per_point

    def run(self, workers: Workers = None, progress: Progress = lambda done: None) -> xr.Dataset:
        """Do it; see :func:`sensitivity` for what comes back."""
        from alliance_sim.simulate.sensitivity_data import dataset

        check_numbers(workers=workers)
        chosen, screened = self._looked_at, None
        if self._screens:
            screened = self._screen(workers, progress)
            chosen = self._most_influential(screened)
        found = None
        if self.design.method != "morris":
            found = self._share(chosen, workers, progress)
        return dataset(self, screened, found)

    # -- screening ---------------------------------------------------------------------------

    def _screen(self, workers: Workers, progress: Progress) -> dict[str, Doubles]:
        """Measures of every number that is looked at, (outcome, month, factor)."""
        generator = self._stream("screening")
        size, count = len(self.experiment.factors), self.design.trajectories
        points = screening.trajectories(size, count, generator)
        luck = np.repeat(np.arange(count), size + 1)  # a trajectory keeps its chance
        values, _ = self._answers(points, luck, workers, progress)
        found = [[screening.screen(points, each, generator) for each in row] for row in values]
        asked = np.isin(np.arange(size), self._looked_at)
        return {
            name: np.where(asked, [[getattr(each, name) for each in row] for row in found], np.nan)
            for name in ("mu", "mu_star", "sigma", "mu_star_conf")
        }

    def _most_influential(self, screened: Mapping[str, Doubles]) -> list[int]:
        """The numbers with the largest mu*, relative to each outcome's and month's largest."""
        size = screened["mu_star"]
        largest = np.nanmax(size, axis=-1, keepdims=True)
        relative = np.divide(size, largest, out=np.zeros_like(size), where=largest > 0)
        rank = relative.max(axis=(0, 1))
        return sorted(self._looked_at, key=lambda place: -rank[place])[: self.design.top]

    # -- shares of variance ------------------------------------------------------------------

    def grounds(self) -> dict[str, Group]:
        """What numbers rest on -> those that do; chance rests on nothing."""
        factors = self.experiment.factors
        found: dict[str, Group] = {}
        for basis in ("judgement", "data", "paper", "mixed", "unsourced"):
            if members := _resting_on(factors, basis):
                found[basis] = (members, False)
            if basis == "judgement":
                found |= self._of_judgement(members)
        if self.experiment.has_chance:
            found[CHANCE] = (frozenset(), True)
        return found

    def _of_judgement(self, judged: frozenset[int]) -> dict[str, Group]:
        """Judgement in two parts, where it has both: on what the paper names, and on the rest."""
        paper = text_behind_drivers(self.experiment.scenario.world)
        factors = self.experiment.factors
        beside = frozenset(k for k in judged if paper in factors[k].provenance.cites)
        if not beside or beside == judged:
            return {}
        return {
            "judgement on what the paper names": (beside, False),
            "judgement on the rest": (judged - beside, False),
        }

    def named(self, chosen: Sequence[int]) -> dict[str, Group]:
        """What gets a share of its own: numbers by path, the rest together, chance."""
        factors = self.experiment.factors
        found: dict[str, Group] = {factors[k].path: (frozenset({k}), False) for k in chosen}
        if rest := frozenset(range(len(factors))) - set(chosen):
            found[OTHERS] = (rest, False)
        if self.experiment.has_chance:
            found[CHANCE] = (frozenset(), True)
        return found

    def _groups(self, chosen: Sequence[int]) -> list[Group]:
        """Every group to be drawn anew, each once."""
        return list(dict.fromkeys([*self.named(chosen).values(), *self.grounds().values()]))

    def _share(self, chosen: Sequence[int], workers: Workers, progress: Progress) -> Sharing:
        n, groups = self.design.points, self._groups(chosen)
        a, b = rows(len(self.experiment.factors), n, self._stream("rows"))
        mine = np.arange(n)
        other = mine + rng.BLOCK * -(-n // rng.BLOCK)  # blocks of chance of its own
        matrices, luck = [a, b], [mine, other]
        for members, with_chance in groups:
            mixed = a.copy()
            columns = sorted(members)
            mixed[:, columns] = b[:, columns]
            matrices.append(mixed)
            luck.append(other if with_chance else mine)
        points = np.concatenate(matrices)
        values, scale = self._answers(points, np.concatenate(luck), workers, progress)
        outputs = values.reshape(-1, len(matrices), n)
        found = shares(
            outputs[:, 0],
            outputs[:, 1],
            outputs[:, 2:].transpose(1, 0, 2),
            self._stream("resampling"),
            scale.ravel(),
        )
        by_row = values.reshape(*values.shape[:-1], len(matrices), n)
        middle = swings(np.stack(matrices), by_row)
        return Sharing(self.named(chosen), self.grounds(), groups, found, middle)

    def _answers(
        self, points: Doubles, luck: Rows, workers: Workers, progress: Progress
    ) -> tuple[Doubles, Doubles]:
        """What is asked, (question, month, point), and the size of what it is made of.

        Levels, or effects where there is a baseline. An effect is rounded as the levels are, which
        may be far larger: the size, (question, month), is the largest of theirs; of a condition 1.
        """
        found = self.experiment.run(points, luck, workers, progress)
        months = list(self.months)
        answers, sizes = [], []
        for each in self.questions:
            place = self.experiment.outcomes.index(each.outcome)
            after = found.scenario[place][months].astype(np.float64)
            size = np.abs(after).max(axis=-1)
            if found.baseline is None:
                told = each.ask(after)
            else:
                before = found.baseline[place][months].astype(np.float64)
                size = np.maximum(size, np.abs(before).max(axis=-1))
                told = each.ask(after, before)
                told = told if each.effect else told - each.ask(before)
            answers.append(told)
            sizes.append(np.ones_like(size) if each.is_condition else size)
        return np.stack(answers), np.stack(sizes)

    def _stream(self, purpose: str) -> np.random.Generator:
        return rng.stream(self.experiment.seed, "sensitivity", purpose)


@dataclass(frozen=True)
class Sharing:
    """Shares of variance of all that was drawn anew, and what they are the shares of."""

    named: dict[str, Group]
    grounds: dict[str, Group]
    groups: list[Group]
    shares: Shares
    swings: Swings


def rows(size: int, points: int, generator: np.random.Generator) -> tuple[Doubles, Doubles]:
    """Rows A and B, (point, size) each: halves of the columns of one scrambled Sobol sequence."""
    from scipy.stats import qmc

    drawn = qmc.Sobol(d=2 * size, rng=generator).random(points)
    inside = np.clip(drawn, 2.0**-54, 1 - 2.0**-53)
    return inside[:, :size], inside[:, size:]


def _resting_on(factors: Sequence[Factor], basis: str) -> frozenset[int]:
    return frozenset(k for k, factor in enumerate(factors) if factor.provenance.basis == basis)
