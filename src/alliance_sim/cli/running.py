"""Runs a job, summarises it, and writes what it found into its folder."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from alliance_sim import store
from alliance_sim.analysis import summary
from alliance_sim.cli.guard import RunFailedError
from alliance_sim.cli.jobs import Job, unwritable
from alliance_sim.errors import AllianceSimError, InputError
from alliance_sim.executors import Workers
from alliance_sim.files import write_text
from alliance_sim.results import failures_of, is_class, outcome_names, shared_runs
from alliance_sim.simulate import estimate, refuse_short_disk, run, scenario_hash
from alliance_sim.simulate.storing import refuse_unlike
from alliance_sim.spec import Scenario
from alliance_sim.spec.base import undirected_pair
from alliance_sim.spec.outcomes import ClassMeasure
from alliance_sim.validation import KEY
from alliance_sim.wording import duration, finite

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr


LARGE = 100_000
"""Runs from which on a job says beforehand what it takes."""


@dataclass(frozen=True)
class Finding:
    """What a job found, and where it was written."""

    job: Job
    data: xr.Dataset
    baseline: xr.Dataset | None
    outcomes: pd.DataFrame
    """Numbers at the horizon, indexed by outcome."""
    classes: pd.DataFrame
    """Shares at the horizon, indexed by (class outcome or pair, relation class)."""
    files: list[Path]


@dataclass(frozen=True)
class Plan:
    """Runs that a job asks for, and those of them that an earlier run has saved."""

    asked: int
    saved: int

    @property
    def left(self) -> int:
        """Runs that are still to be done."""
        return self.asked - self.saved


@dataclass
class Runner:
    """Runs jobs with the same number of runs and the same seed, each baseline once."""

    runs: int
    seed: int
    workers: Workers
    resume: bool = False
    """Whether to go on with what an earlier run left unfinished."""
    _baselines: dict[tuple[str, int], xr.Dataset] = field(default_factory=dict)
    _stores: dict[str, Path] = field(default_factory=dict)
    """Where the runs of each baseline are, by its hash."""

    def refuse_what_cannot_fit(self, jobs: Sequence[Job]) -> None:
        """Raise InputError where the disk has no room, or a store cannot be continued."""
        stores = [each for job in jobs for each in _stores_of(job)]
        refuse_short_disk(stores, self.runs)
        if self.resume:
            refuse_unlike(stores, self.runs, self.seed)

    def plan(self, job: Job) -> Plan:
        """How many runs a job takes, and how many of them are saved already."""
        new = job.baseline is not None and scenario_hash(job.baseline) not in self._stores
        mine = _stores_of(job) if new else _stores_of(job)[-1:]
        asked = self.runs * len(mine)
        return Plan(asked, sum(self._kept(into) for _, into in mine) if self.resume else 0)

    def _kept(self, into: Path) -> int:
        try:
            return store.runs.kept(into, self.runs)
        except InputError:  # it says so itself when it is continued
            return 0

    def expect(self, job: Job, plan: Plan) -> list[str]:
        """What a job goes on from, and what it will take if it is large."""
        lines = []
        if plan.saved:
            lines.append(f"{job.label}: {plan.saved:,} of {plan.asked:,} runs are saved already")
        if plan.left >= LARGE:
            one = estimate(job.scenario, self.runs, self.workers, trial=True)
            times = plan.left / self.runs
            took, disk = duration((one.seconds or 0) * times), one.disk * times / 1e9
            lines.append(f"{plan.left:,} runs: about {took}, and {disk:.1f} GB on disk")
        return lines

    def find(self, job: Job, progress: Callable[[int], None]) -> Finding:
        """Run a job into its folder and summarise it."""
        files = [job.folder / store.RESULT]
        baseline = None
        if job.baseline is not None:
            baseline = self._stored_baseline(job, job.baseline, progress)
            files.append(job.folder / store.BASELINE)
        data = self.run(job.label, job.scenario, progress, into=files[0])
        if baseline is not None:
            data, baseline = shared_runs(data, baseline)
        outcomes = summary.horizon_table(data, baseline)
        return Finding(job, data, baseline, outcomes, _class_table(data, baseline), files)

    def _stored_baseline(
        self, job: Job, scenario: Scenario, progress: Callable[[int], None]
    ) -> xr.Dataset:
        """A baseline in the folder of a job; copied, where another job has it already."""
        into, key = job.folder / store.BASELINE, scenario_hash(scenario)
        first = self._stores.setdefault(key, into)
        if first != into:
            if into.exists():
                store.runs.remove(into)
            shutil.copytree(first, into)
            return store.read(into)
        return self.run(job.baseline_label, scenario, progress, into=into)

    def baseline(
        self, label: str, scenario: Scenario, progress: Callable[[int], None], replicate: int = 0
    ) -> xr.Dataset:
        """Results of a baseline, run when they are first asked for."""
        key = (scenario_hash(scenario), replicate)
        if key not in self._baselines:
            data = self.run(label, scenario, progress, replicate)
            # Of further replicates nothing but the outcomes is used.
            self._baselines[key] = data[[*outcome_names(data)]] if replicate else data
        return self._baselines[key]

    def run(
        self,
        label: str,
        scenario: Scenario,
        progress: Callable[[int], None],
        replicate: int = 0,
        into: Path | None = None,
    ) -> xr.Dataset:
        """Results of a scenario, in memory or in a store; what fails says which it was."""
        try:
            return run(
                scenario,
                self.runs,
                self.seed,
                workers=self.workers,
                progress=progress,
                replicate=replicate,
                store=into,
                resume=self.resume,
            )
        except (AllianceSimError, MemoryError):
            raise
        except KeyboardInterrupt as error:
            if into is None:
                raise
            raise type(error)(self._interrupted(into)) from error
        except Exception as error:
            which = f"a run of '{label}' failed ({self.runs} runs, seed {self.seed})"
            raise RunFailedError(which) from error

    def _interrupted(self, into: Path) -> str:
        """What to say once runs into a store have been interrupted, and all have ended."""
        if not into.exists():
            return f"interrupted before a run was saved in '{into}'"
        mend = "the same command with --resume goes on from there"
        more = ""
        if isinstance(self.workers, Executor):  # of others: what these have begun goes on
            more = "; blocks that the workers of the scheduler have begun may be added"
        return f"interrupted; {store.runs.progress(into)} in '{into}', {mend}{more}"


def _stores_of(job: Job) -> list[tuple[Scenario, Path]]:
    """What a job runs, and the store that it goes to; the baseline comes first."""
    own = [(job.scenario, job.folder / store.RESULT)]
    if job.baseline is None:
        return own
    return [(job.baseline, job.folder / store.BASELINE), *own]


def _class_table(data: xr.Dataset, baseline: xr.Dataset | None) -> pd.DataFrame:
    import pandas as pd

    names = summary.classed_names(data)
    shares = [summary.class_shares(data, name, baseline=baseline) for name in names]
    if not shares:
        index = pd.MultiIndex.from_arrays([[], []], names=["relation", "relation_class"])
        return pd.DataFrame(columns=["share", "error", KEY], index=index)
    whole = pd.concat(shares, keys=names, names=["relation"])
    return whole.assign(**{KEY: [summary.said_of_classes(data, each) for each, _ in whole.index]})


def shown_relations(finding: Finding) -> dict[str, str]:
    """Name -> title of the relations to show: a pair that an outcome reports counts once."""
    data, world = finding.data, finding.job.scenario.world
    reported: dict[str, str] = {}
    covered: set[frozenset[str]] = set()
    for name in outcome_names(data):
        measure = world.outcomes[name].measure
        if is_class(data, name) and isinstance(measure, ClassMeasure):
            reported[name] = world.outcomes[name].name
            covered.add(frozenset(undirected_pair(measure.relation_class) or ()))
    for pair in summary.classed_names(data):
        actors = undirected_pair(pair)
        if pair not in reported and actors and frozenset(actors) not in covered:
            reported[pair] = " and ".join(world.actors[each].name for each in actors)
    return reported


def write(finding: Finding, command: str, plots: bool) -> None:
    """Write the tables and pictures of a result beside it."""
    folder = finding.job.folder
    try:
        for each in finding.files:
            store.runs.annotate(each, command=command)
        for name, table in (("summary", finding.outcomes), ("classes", finding.classes)):
            finding.files.append(folder / store.table(name))
            write_text(finding.files[-1], table.to_csv())
        if plots:
            from alliance_sim.plots import write_all

            finding.files.extend(write_all(finding.data, folder / store.PLOTS, finding.baseline))
    except OSError as error:
        raise unwritable(folder, error) from error


def as_json(finding: Finding) -> dict[str, Any]:
    """A finding as plain data, without infinities and NaN."""
    job, attributes = finding.job, finding.data.attrs
    about = {
        "scenario": job.label,
        "title": job.scenario.name,
        "question": job.scenario.question,
        "hash": attributes["scenario_hash"],
        "seed": attributes["seed"],
        "runs": attributes["runs"],
        "horizon": job.scenario.horizon.model_dump(),
        "theory": attributes["theory"],
        "sampling": attributes["sampling"],
    }
    if finding.baseline is not None:
        held = finding.baseline.attrs["scenario_hash"]
        about["baseline"] = {"scenario": job.baseline_label, "hash": held}
    about["outcomes"] = {name: _outcome(row) for name, row in _rows(finding.outcomes)}
    classes: dict[str, dict[str, Any]] = {}
    for (relation, each), row in _rows(finding.classes):
        classes.setdefault(relation, {})[each] = row
    about["failures"] = failures_of(finding.data)
    return {**about, "classes": classes, "files": [str(path) for path in finding.files]}


def _rows(table: pd.DataFrame) -> list[tuple[Any, dict[str, Any]]]:
    rows = zip(table.index, table.to_dict("records"), strict=True)
    return [(key, {str(name): finite(value) for name, value in row.items()}) for key, row in rows]


def _outcome(row: dict[str, Any]) -> dict[str, Any]:
    names = {"median_error": "mcse", "effect_mean_error": "effect_mcse"}
    row = {names.get(key, key): value for key, value in row.items()}
    change = {
        key.removeprefix("effect_"): row.pop(key)
        for key in [*row]
        if key.startswith(("effect_", "share_"))
    }
    return {**row, "difference": change} if change else row
