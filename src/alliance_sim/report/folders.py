"""Folders of results, read for a page or for pictures; what is missing is said, not guessed."""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from alliance_sim import store
from alliance_sim.analysis import summary
from alliance_sim.errors import InputError, Problem
from alliance_sim.files import regular_text
from alliance_sim.results import outcome_names
from alliance_sim.spec import Scenario

if TYPE_CHECKING:
    import xarray as xr

_MAKE = "make one with `alliance-sim run SCENARIO`"


@dataclass(frozen=True)
class Result:
    """The runs of a scenario, with what stands beside them in their folder.

    A comparison of several scenarios stands for itself: it has statistics, and no runs.
    """

    folder: Path
    data: xr.Dataset
    """The runs, or else the comparison."""
    baseline: xr.Dataset | None = None
    scenario: Scenario | None = None
    """The scenario as the file has it; None where it holds none that can be read."""
    notes: tuple[str, ...] = ()
    """What could not be used, and why."""
    alone: bool = False
    """Whether a single file was given, so that nothing beside it belongs to it."""

    @property
    def has_runs(self) -> bool:
        """Whether there are runs, or else a comparison alone."""
        return "run" in self.data.sizes

    @property
    def runs(self) -> int:
        """Number of runs that everything rests on."""
        return int(self.data.sizes["run"] if self.has_runs else self.data.attrs.get("runs", 0))

    def beside(self, name: str) -> Path | None:
        """A file of the folder, if it is there and belongs to the result."""
        file = self.folder / name
        return file if not self.alone and file.is_file() else None


def read_results(places: Iterable[str | Path]) -> list[Result]:
    """Read folders of results, or single files of runs.

    Raises:
        InputError: with everything that is wrong with any of them.
    """
    found: list[Result] = []
    problems: list[Problem] = []
    for place in places:
        try:
            found.append(read_result(place))
        except InputError as error:
            problems += error.problems
    if problems:
        raise InputError(dict.fromkeys(problems))
    return found


def read_result(place: str | Path) -> Result:
    """Read a folder of results, or a single file of runs.

    A folder without runs may hold a comparison, which is read in their place.

    Raises:
        InputError: where there is neither.
    """
    path = Path(place)
    file = _file(path)
    data = store.read(file)
    if file.name == store.COMPARISON and "effect_mean" in data:
        return Result(file.parent, data)
    if not {"run", "month"} <= set(data.sizes) or not outcome_names(data):
        what = f"'{file}' does not hold the runs of a scenario"
        raise InputError([Problem(what, f"give a folder with {store.RESULT}, or {_MAKE}")])
    scenario = _scenario(data)
    if file.name != store.RESULT:
        return Result(file.parent, data, None, scenario, alone=True)
    baseline, notes = _baseline(file.with_name(store.BASELINE), data)
    return Result(file.parent, data, baseline, scenario, notes)


def _file(path: Path) -> Path:
    """The file of runs that a path stands for."""
    if path.is_dir() and not store.is_runs(path):
        for name in (store.RESULT, store.COMPARISON):
            if (path / name).exists():
                return path / name
        inside = sorted(each.parent for each in path.glob(f"*/{store.RESULT}"))
        mend = f"name one of: {', '.join(map(str, inside[:8]))}" if inside else _MAKE
        raise InputError([Problem(f"there is no {store.RESULT} in '{path}'", mend)])
    if not path.exists():
        raise InputError([Problem(f"there is no folder or file '{path}'", _near(path))])
    return path


def _near(path: Path) -> str:
    """The folder of results that was probably meant."""
    folders = {path.parent, Path("results")}
    beside = [str(each.parent) for folder in folders for each in folder.glob(f"*/{store.RESULT}")]
    named = {Path(each).name: each for each in beside}
    close = difflib.get_close_matches(path.name, named, n=1, cutoff=0.6)
    if close:
        return f"did you mean '{named[close[0]]}'?"
    return f"use one of: {', '.join(sorted(beside)[:8])}" if beside else _MAKE


def _baseline(file: Path, data: xr.Dataset) -> tuple[xr.Dataset | None, tuple[str, ...]]:
    """The baseline beside a result, if it shares its draws; else why it was left out."""
    if not file.exists():
        return None, ("The folder holds no baseline, so that there are no effects to show.",)
    try:
        baseline = store.read(file)
        summary.check_paired(baseline, data)
    except InputError as error:
        reasons = "; ".join(problem.what for problem in error.problems)
        return None, (f"The baseline in the folder could not be used: {reasons}.",)
    return baseline, ()


def _scenario(data: xr.Dataset) -> Scenario | None:
    """The scenario that a dataset holds; files from elsewhere, or of old, may hold none."""
    try:
        return Scenario.model_validate_json(str(data.attrs.get("scenario") or ""))
    except ValidationError:
        return None


def read_claims(file: Path) -> Mapping[str, Any]:
    """Judged claims, as ``alliance-sim claims --json`` printed them.

    Raises:
        InputError: where the file is missing or holds none.
    """
    from alliance_sim.plots.claims import rows_of

    try:
        found = json.loads(regular_text(file, store.MOST_JSON))
        rows_of(found)
    except OSError as error:
        reason = str(error.strerror or error).lower()
        raise InputError([Problem(f"cannot read '{file}': {reason}", "name another")]) from error
    except (
        ValueError,
        RecursionError,
        InputError,
    ) as error:  # no JSON, or no text
        mend = "give what `alliance-sim claims --json` printed"
        raise InputError([Problem(f"'{file}' holds no judged claims", mend)]) from error
    claims: Mapping[str, Any] = found if isinstance(found, dict) else {"claims": found}
    return claims
