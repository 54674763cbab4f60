"""Writes what a backtest found."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from itertools import takewhile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from alliance_sim import store
from alliance_sim.cli.jobs import unwritable
from alliance_sim.errors import InputError, Problem
from alliance_sim.files import write_text

if TYPE_CHECKING:
    import xarray as xr

    from alliance_sim.plots.files import Drawing
    from alliance_sim.simulate.backtest_data import Backtest


def write(found: Backtest, folder: Path, command: str, plots: bool) -> list[Path]:
    """Write the dataset, its tables and its pictures."""
    from alliance_sim.plots.files import write_drawings

    data = found.dataset().assign_attrs(command=command)
    tables = {
        "backtest": found.table.scores,
        "skill": found.table.skill,
        "turning_points": found.table.turning,
        "numbers": found.numbers,
    }
    try:
        files = [store.write(data, folder / store.BACKTEST)]
        for name, each in tables.items():
            files.append(folder / store.table(name))
            each.to_csv(files[-1], index=False)
        if plots:
            files += write_drawings(_drawings(data), folder / store.PLOTS)
    except OSError as error:
        raise unwritable(folder, error) from error
    return files


def _drawings(data: xr.Dataset) -> Iterator[Drawing]:
    from alliance_sim import plots
    from alliance_sim.plots.files import Drawing

    for fold in map(str, data["fold"].to_numpy()):
        subject = fold.replace(" ", "_")
        yield Drawing("backtest", subject, partial(plots.backtest, data, fold=fold))
        yield Drawing("coverage", subject, partial(plots.coverage, data, fold=fold))


def write_skill(entry: dict[str, Any], measure: str, path: Path) -> Path:
    """Put the skill of an observable into a file that holds it by observable.

    Raises:
        InputError: where the file holds something else, or cannot be written.
    """
    from pydantic import ValidationError

    from alliance_sim.observations.skill import Skill

    held = Skill.read(path) if path.exists() else Skill()
    known = held.model_dump(mode="json", by_alias=True)["observables"]
    try:
        text = Skill.model_validate({"observables": known | {measure: entry}}).as_yaml()
        write_text(path, _head(path) + text)
    except ValidationError as error:
        mend = "name the scenario and its world in small letters, digits and _"
        problems = [Problem(f"--skill: {each['msg']}", mend) for each in error.errors()]
        raise InputError(problems) from error
    except OSError as error:
        raise unwritable(path, error) from error
    return path


def _head(path: Path) -> str:
    """The comment at the top of a file, which stays."""
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True) if path.exists() else []
    return "".join(takewhile(lambda line: line.startswith("#"), lines))
