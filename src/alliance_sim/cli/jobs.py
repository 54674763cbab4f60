"""What `run` is asked to do, made ready: scenarios, baselines and folders, all checked first."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from alliance_sim import store
from alliance_sim.errors import InputError, Problem
from alliance_sim.files import check_inside
from alliance_sim.library import find
from alliance_sim.load import load_scenario
from alliance_sim.load.documents import MAX_PARENTS, SET, Documents
from alliance_sim.simulate import reporting_like
from alliance_sim.spec import Scenario

_OWN_KEYS = frozenset({"name", "question", "about", "baseline", "claims", "sources"})
"""Keys by which a scenario speaks of itself alone."""


@dataclass(frozen=True)
class Settings:
    """What the command line changes in a scenario."""

    sets: tuple[str, ...] = ()
    theory: str | None = None
    sampling: str | None = None

    def overrides(self, theory: bool = True) -> list[str]:
        """All of it as PATH=VALUE."""
        named = {"theory": self.theory if theory else None, "sampling": self.sampling}
        extra = [f"{key}={json.dumps(value)}" for key, value in named.items() if value is not None]
        return [*self.sets, *extra]


@dataclass(frozen=True)
class Job:
    """One scenario to run, with the baseline to hold it against."""

    label: str
    scenario: Scenario
    folder: Path
    baseline_label: str = ""
    baseline: Scenario | None = None
    made: tuple[Path, ...] = ()
    """Folders made for it, the innermost first."""


def prepare(
    sources: Sequence[str],
    settings: Settings,
    out: Path | None,
    with_baseline: bool,
    against: str | None = None,
) -> list[Job]:
    """Check everything before anything runs, and tell all that is wrong at once.

    ``against`` names another baseline than the scenarios' own.
    """
    jobs: list[Job] = []
    problems: list[Problem] = []
    for source in sources:
        try:
            file = find(source, "scenario")
            folder = _folder(out, file.stem, len(sources) > 1)
            jobs.append(_job(file, settings, folder, with_baseline, against))
        except InputError as error:
            problems += error.problems
    labels = [job.label for job in jobs]
    for label in sorted({label for label in labels if labels.count(label) > 1}):
        mend = "run them one by one, each with its own --out"
        problems.append(Problem(f"several scenarios called '{label}' share a folder", mend))
    if problems:
        raise InputError(dict.fromkeys(problems))
    ready: list[Job] = []
    try:
        for job in jobs:
            ready.append(replace(job, made=make_folder(job.folder)))
    except InputError:
        tidy(ready)
        raise
    return ready


def tidy(jobs: Iterable[Job]) -> None:
    """Take away the folders that were made for jobs and into which nothing was written."""
    for job in jobs:
        remove_empty(job.made)


def remove_empty(folders: Iterable[Path]) -> None:
    """Take away folders, the innermost first, up to one that holds something."""
    for folder in folders:
        try:
            folder.rmdir()
        except OSError:  # it holds something, which stays
            break


def _folder(out: Path | None, label: str, several: bool) -> Path:
    if out is None:
        return Path("results") / label
    return out / label if several else out


def make_folder(folder: Path) -> tuple[Path, ...]:
    """Make a folder for results, or say why that cannot be; returns what was not there before."""
    try:
        made = tuple(each for each in (folder, *folder.parents) if not each.exists())
        folder.mkdir(parents=True, exist_ok=True)
        if not os.access(folder, os.W_OK | os.X_OK):
            raise PermissionError(None, "permission denied")
        check_inside(folder, store.FOLDERS)
    except (OSError, ValueError) as error:  # ValueError: a null character in the name
        raise unwritable(folder, error) from error
    return made


def unwritable(place: Path, error: OSError | ValueError) -> InputError:
    """What to say where something cannot be written."""
    reason = str(getattr(error, "strerror", None) or error).lower()
    return InputError([Problem(f"cannot write to '{place}': {reason}", "choose another --out")])


def _job(
    file: Path, settings: Settings, folder: Path, with_baseline: bool, against: str | None
) -> Job:
    scenario = load(file, settings)
    if not with_baseline or (against is None and scenario.baseline is None):
        return Job(file.stem, scenario, folder)
    if against is not None:
        found = find(against, "scenario")
    else:
        found = _baseline_file(scenario.baseline or "", file, settings.sets)
    baseline = reporting_like(load_baseline(found, settings), scenario)
    return Job(file.stem, scenario, folder, found.stem, baseline)


def load(file: Path, settings: Settings) -> Scenario:
    """A scenario with the settings worked in; a mistake in an option is reported as its own."""
    try:
        return load_scenario(file, settings.overrides())
    except InputError as error:
        if settings.theory is None:
            raise
        others = _problems(file, settings.overrides(theory=False))
        raise InputError(_of_theory(error.problems, others)) from error


def _problems(file: Path, overrides: Sequence[str]) -> tuple[Problem, ...]:
    try:
        load_scenario(file, overrides)
    except InputError as error:
        return error.problems
    return ()


def _of_theory(problems: Iterable[Problem], others: Sequence[Problem]) -> Iterable[Problem]:
    """Problems that are not there without --theory are problems of --theory."""
    for each in problems:
        if each.file == SET and each not in others:
            yield replace(each, file="--theory", what=each.what.removeprefix("theory: "))
        else:
            yield each


def _baseline_file(name: str, file: Path, sets: Sequence[str]) -> Path:
    """The file of a baseline, found from the file that names it, as that may be a parent."""
    if any(_keys(each)[0] == "baseline" for each in sets):
        return find(name, "scenario")
    documents, place = Documents(), file
    for _ in range(MAX_PARENTS):
        tree = documents.read(place)
        if tree is None or tree.child("baseline") is not None:
            return find(name, "scenario", relative_to=place)
        extends = tree.text("extends")
        if extends is None:
            break
        place = find(extends, "scenario", relative_to=place)
    return find(name, "scenario", relative_to=file)


def load_baseline(file: Path, settings: Settings) -> Scenario:
    """A baseline with the settings of the scenarios that are held against it.

    A setting of an intervention reaches it only if it has that intervention.
    """
    shared = [each for each in settings.sets if _keys(each)[0] not in {*_OWN_KEYS, "interventions"}]
    changed = [each for each in settings.sets if _keys(each)[0] == "interventions"]
    if changed:
        ids = {each.id for each in load_scenario(file).interventions}
        shared += [each for each in changed if _keys(each)[1:2] and _keys(each)[1] in ids]
    return load(file, Settings(tuple(shared), settings.theory))


def _keys(setting: str) -> list[str]:
    """The steps of the path of PATH=VALUE."""
    return setting.partition("=")[0].strip().split(".")
