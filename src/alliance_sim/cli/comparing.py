"""What `compare` is asked to do, made ready, run, and written to a folder."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from alliance_sim import store
from alliance_sim.analysis import comparison, summary, variance
from alliance_sim.cli import jobs
from alliance_sim.cli.running import Runner
from alliance_sim.errors import InputError, Problem
from alliance_sim.files import write_text
from alliance_sim.library import find
from alliance_sim.results import outcome_names
from alliance_sim.simulate import Pair, cross, scenario_hash, unknown_theories
from alliance_sim.simulate.crossing import different_worlds

if TYPE_CHECKING:
    import xarray as xr

    from alliance_sim.spec import Scenario

ALL = "all"
"""What the command line calls all mechanisms."""


@dataclass(frozen=True)
class Plan:
    """Scenarios times theories, each with its baseline, and where the results go."""

    pairs: tuple[Pair, ...]
    baseline_label: str
    folder: Path
    replicates: int
    made: tuple[Path, ...] = ()
    """Folders made for it, the innermost first."""

    @property
    def scenarios(self) -> dict[str, list[Pair]]:
        """Label -> its pairs, a theory each."""
        found: dict[str, list[Pair]] = {}
        for pair in self.pairs:
            found.setdefault(pair.label, []).append(pair)
        return found

    @property
    def theories(self) -> list[str]:
        """Theories, in the order given."""
        return list(dict.fromkeys(pair.theory for pair in self.pairs))

    @property
    def ensembles(self) -> int:
        """Number of ensembles to run."""
        baselines = {scenario_hash(pair.baseline) for pair in self.pairs}
        return self.replicates * (len(self.pairs) + len(baselines))


@dataclass(frozen=True)
class Comparison:
    """What a plan found."""

    plan: Plan
    data: xr.Dataset
    """Statistics over scenario, theory, outcome and month."""
    last: xr.Dataset
    """Effects at the horizon run by run, over scenario, theory, run and month."""
    first: tuple[xr.Dataset, xr.Dataset]
    """Baseline and results of the first scenario under the first theory."""
    files: list[Path] = field(default_factory=list)

    @property
    def is_split(self) -> bool:
        """Whether the variance was split."""
        return "variance_total" in self.data


# -- making ready --------------------------------------------------------------------------


def prepare(
    baseline: str,
    sources: Sequence[str],
    settings: jobs.Settings,
    theories: Sequence[str] | None,
    replicates: int,
    out: Path | None,
) -> Plan:
    """Check everything before anything runs, and tell all that is wrong at once."""
    problems: list[Problem] = []
    against = _read(baseline, jobs.load_baseline, settings, problems)
    read = [_read(source, jobs.load, settings, problems) for source in sources]
    labels = [found[0] for found in read if found]
    for label in sorted({label for label in labels if labels.count(label) > 1}):
        what = f"several scenarios are called '{label}'"
        problems.append(Problem(what, "name each once, or rename a file"))
    if problems or against is None:
        raise InputError(dict.fromkeys(problems))
    scenarios = dict(found for found in read if found)
    foreign = [
        replace(problem, file=source, mend=f"use another baseline than '{baseline}'")
        for source, scenario in zip(sources, scenarios.values(), strict=True)
        if (problem := different_worlds(against[1], scenario))
    ]
    if foreign:
        raise InputError(foreign)
    pairs = _cross(against[1], scenarios, theories)
    folder = out or Path("results") / ("compare" if len(scenarios) > 1 else next(iter(scenarios)))
    made = jobs.make_folder(folder)
    return Plan(tuple(pairs), against[0], folder, replicates, made)


def _read(
    source: str,
    load: Callable[[Path, jobs.Settings], Scenario],
    settings: jobs.Settings,
    problems: list[Problem],
) -> tuple[str, Scenario] | None:
    """A scenario with its label; nothing, and what is wrong with it, if it cannot be read."""
    try:
        file = find(source, "scenario")
        return file.stem, load(file, settings)
    except InputError as error:
        problems += error.problems
        return None


def _cross(
    baseline: Scenario, scenarios: Mapping[str, Scenario], theories: Sequence[str] | None
) -> list[Pair]:
    """Scenarios times theories; what is wrong with a theory is a problem of ``--theory``."""
    named = None if theories is None else [None if each == ALL else each for each in theories]
    problems = [replace(each, file="--theory") for each in unknown_theories(scenarios, named)]
    if problems:
        raise InputError(problems)
    return cross(baseline, scenarios, named)


# -- running -------------------------------------------------------------------------------


def run(plan: Plan, runner: Runner, progress: Callable[[int], None]) -> Comparison:
    """Run every pair and replicate, and keep what they say together."""
    found: dict[tuple[str, str], xr.Dataset] = {}
    variances, last = [], []
    first = None
    for label, pairs in plan.scenarios.items():
        changes = []
        for pair in pairs:
            for k in range(plan.replicates):
                before = runner.baseline(plan.baseline_label, pair.baseline, progress, k)
                after = runner.run(label, pair.scenario, progress, k)
                first = first or (before, after)
                names = [*outcome_names(after)]
                change = summary.paired(before[names], after[names])
                if not k:
                    found[label, pair.theory] = comparison.of_pair(before[names], after[names])
                    last.append(change.isel(month=[-1]))
                if plan.replicates > 1:
                    # Half the memory, and as exact as the outcomes themselves are.
                    changes.append(change.astype(np.float32))
        if changes and runner.runs > 1:
            labels = {"theory": plan.theories, "replicate": [*range(plan.replicates)]}
            variances.append(variance.variance_split(comparison.stacked(changes, labels)))
    assert first is not None
    labels = {"scenario": [*plan.scenarios], "theory": plan.theories}
    data = comparison.comparison(found, variances).assign_attrs(_about(plan, first[1]))
    return Comparison(plan, data, comparison.stacked(last, labels), first)


def _about(plan: Plan, first: xr.Dataset) -> dict[str, Any]:
    """What a comparison says of itself, beside what its pairs agree on."""
    scenarios = {
        label: {
            "title": pairs[0].scenario.name,
            "question": pairs[0].scenario.question,
            "hashes": {pair.theory: scenario_hash(pair.scenario) for pair in pairs},
            "baseline_hashes": {pair.theory: scenario_hash(pair.baseline) for pair in pairs},
        }
        for label, pairs in plan.scenarios.items()
    }
    return {
        "replicates": plan.replicates,
        "baseline": plan.baseline_label,
        "scenarios": json.dumps(scenarios),
        "drivers": "on" if _drivers_act(plan) else "off",
        "versions": first.attrs["versions"],
    }


def _drivers_act(plan: Plan) -> bool:
    return any(pair.scenario.drivers and pair.scenario.world.drivers for pair in plan.pairs)


def drivers_note(plan: Plan) -> str:
    """What to say where theories are compared while drivers act; empty where they do not."""
    if len(plan.theories) < 2 or not _drivers_act(plan):
        return ""
    return (
        "Drivers act under every theory, and mostly outweigh what theories differ by; "
        "--set drivers=false leaves the mechanisms alone."
    )


# -- writing -------------------------------------------------------------------------------


def write(found: Comparison, command: str, plots: bool) -> None:
    """Write the comparison, its tables and its pictures into the plan's folder.

    A result of the same runs, or of more, stays as it is, with its tables and pictures.
    """
    folder = found.plan.folder
    datasets = {store.COMPARISON: found.data, store.EFFECTS: found.last}
    try:
        if len(found.plan.scenarios) == 1 and not _already_there(folder, found.first[1]):
            _remove_stale(folder)
            datasets |= dict(zip((store.BASELINE, store.RESULT), found.first, strict=True))
        for name, data in datasets.items():
            said = data.assign_attrs(command=command)
            found.files.append(store.write(said, folder / name))
        tables = {
            "comparison": comparison.effect_rows,
            "divergence": comparison.divergence_rows,
            **({"transitions": comparison.transition_rows} if "relation" in found.data else {}),
            **({"variance": comparison.variance_rows} if found.is_split else {}),
        }
        for name, rows in tables.items():
            text = rows(found.data).to_csv(index=False)
            found.files.append(folder / store.table(name))
            write_text(found.files[-1], text)
        if plots:
            from alliance_sim.plots import write_comparison

            pictures = write_comparison(found.data, found.last, found.first, folder / store.PLOTS)
            found.files.extend(pictures)
    except OSError as error:
        raise jobs.unwritable(folder, error) from error


def _already_there(folder: Path, result: xr.Dataset) -> bool:
    """Whether a folder holds the runs of a result, and perhaps more of the same."""
    try:
        held = store.read(folder / store.RESULT).attrs
    except InputError:
        return False
    same = ("scenario_hash", "theory", "seed", "chance")
    return (
        all(str(held.get(each)) == str(result.attrs.get(each)) for each in same)
        and int(held.get("runs", 0)) >= result.sizes["run"]
    )


def _remove_stale(folder: Path) -> None:
    """Remove what `run` made of a result that is about to be replaced, and say so."""
    from alliance_sim.plots.files import DEFAULT

    forms = [f"{kind}{end}.png" for kind in sorted(DEFAULT) for end in ("", "_*")]
    pictures = [each for form in forms for each in (folder / store.PLOTS).glob(form)]
    tables = [folder / store.table(name) for name in ("summary", "classes")]
    stale = [each for each in (*tables, *pictures) if each.exists()]
    for each in stale:
        each.unlink()
    if stale:
        print(
            f"replaced the runs in {folder}, which were of another scenario, theory or seed, or "
            "fewer, and removed their tables and pictures; `alliance-sim run` makes new ones",
            file=sys.stderr,
        )
