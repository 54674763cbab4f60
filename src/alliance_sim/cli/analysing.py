"""Runs analyses of one scenario, and writes what they find into its folder."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from alliance_sim import store
from alliance_sim.cli import jobs
from alliance_sim.cli.jobs import Job, unwritable
from alliance_sim.cli.progress import busy, progress
from alliance_sim.errors import InputError, Problem
from alliance_sim.executors import Workers
from alliance_sim.files import write_text
from alliance_sim.wording import counted

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr

    from alliance_sim.simulate import Discovery
    from alliance_sim.simulate.sensitivities import Study

T_co = TypeVar("T_co", covariant=True)


class Plan(Protocol[T_co]):
    """Something checked that takes so many runs."""

    @property
    def runs(self) -> int:
        """Runs that it takes."""
        ...  # pragma: no cover

    def run(self, workers: Workers, progress: Callable[[int], None], /) -> T_co:
        """Do it."""
        ...  # pragma: no cover


@contextmanager
def prepared(
    scenario: str,
    changes: tuple[Sequence[str] | None, str | None],
    out: Path | None,
    against: str | None,
    with_baseline: bool,
    quiet: bool,
) -> Iterator[Job]:
    """A job with its baseline and its folder; an empty folder is taken away in the end."""
    if against is not None and not with_baseline:
        what = "--against and --no-baseline exclude each other"
        raise InputError([Problem(what, "leave one out")])
    with busy("reading", quiet):
        settings = jobs.Settings(tuple(changes[0] or ()), changes[1])
        (job,) = jobs.prepare([scenario], settings, out, with_baseline, against)
    try:
        yield job
    finally:
        jobs.tidy([job])


def run_plan(plan: Plan[T_co], label: str, workers: Workers, quiet: bool) -> T_co:
    """Run a plan, with its progress."""
    with progress(label, plan.runs, quiet) as advance:
        return plan.run(workers, advance)


def say(text: str) -> None:
    """A message beside the results."""
    print(text, file=sys.stderr)


def cost_of(study: Study) -> str:
    """What a sensitivity analysis will take, before it starts."""
    parts = []
    if study.screening_points:
        parts.append(f"{study.screening_points:,} points to screen")
    if study.sharing_points:
        columns = study.sharing_points // study.design.points
        parts.append(f"{study.design.points:,} x {columns} points to share the variance")
    points, runs = " and ".join(parts), counted(study.runs, "run")
    return f"uncertain: {study.experiment.counted}; {points}, {runs}"


@dataclass(frozen=True)
class SensitivityFinding:
    """What a sensitivity analysis found."""

    job: Job
    data: xr.Dataset
    month: str | None

    @property
    def shown(self) -> xr.Dataset:
        """The month that tables and pictures show."""
        months = [str(each)[:7] for each in self.data["month"].to_numpy()]
        return self.data.isel(month=-1 if self.month is None else months.index(self.month))

    def table(self) -> pd.DataFrame:
        """Every measure of every number, a row for each outcome, month and number."""
        by_number = [name for name, each in self.data.data_vars.items() if "parameter" in each.dims]
        frame = self.data[by_number].to_dataframe()
        frame = frame.drop(columns=["outcome_name"])
        return frame.reset_index().set_index(["outcome", "month", "parameter"])

    def write(self, plots: bool) -> list[Path]:
        """Write the dataset, its table and its pictures."""
        from alliance_sim.plots.files import write_drawings
        from alliance_sim.plots.studies import of_sensitivity

        folder = self.job.folder
        try:
            files = [store.write(self.data, folder / store.SENSITIVITY)]
            files.append(folder / store.table("sensitivity"))
            write_text(files[-1], self.table().to_csv(date_format="%Y-%m"))
            if plots:
                files += write_drawings(of_sensitivity(self.data, self.month), folder / store.PLOTS)
        except OSError as error:
            raise unwritable(folder, error) from error
        return files


def write_discovery(
    found: Discovery, job: Job, command: str, plots: bool
) -> tuple[dict[str, Any], list[Path]]:
    """Write what a search found, and its picture; returns it as plain data, and the files."""
    from alliance_sim.plots.files import write_drawings
    from alliance_sim.plots.studies import of_discovery

    folder = job.folder
    told = {"scenario": job.label} | found.as_json() | {"command": command}
    points = found.dataset().assign_attrs(command=command)
    path = folder / store.DISCOVERY
    try:
        write_text(path, json.dumps(told, indent=2, allow_nan=False) + "\n")
        files = [path, store.write(points, folder / store.POINTS)]
        if plots:
            files += write_drawings(of_discovery(points), folder / store.PLOTS)
    except OSError as error:
        raise unwritable(folder, error) from error
    return told, files
