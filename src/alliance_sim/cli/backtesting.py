"""Writes what a backtest found."""

from __future__ import annotations

import io
import os
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from alliance_sim import store
from alliance_sim.cli.jobs import unwritable
from alliance_sim.errors import InputError, Problem

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
    from ruamel.yaml import YAML
    from ruamel.yaml.error import YAMLError

    yaml = YAML()
    yaml.default_flow_style = None  # lists of numbers on one line
    yaml.width = 100
    try:
        held = yaml.load(path.read_text(encoding="utf-8")) if path.exists() else None
        content = {"observables": {}} if held is None else held
        if not isinstance(content.get("observables"), dict):
            raise TypeError
        content["observables"][measure] = entry
        stream = io.StringIO()
        yaml.dump(content, stream)
        part = path.with_name(path.name + ".part")
        part.write_text(stream.getvalue(), encoding="utf-8")
        os.replace(part, path)
    except (YAMLError, UnicodeDecodeError, TypeError, AttributeError) as error:
        mend = "name another file for --skill"
        raise InputError([Problem("it holds no skill by observable", mend, str(path))]) from error
    except OSError as error:
        raise unwritable(path, error) from error
    return path
