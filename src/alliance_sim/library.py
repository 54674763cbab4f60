"""Where the scenarios and worlds are that ship with the library, and how files are found."""

from __future__ import annotations

import difflib
import os
from pathlib import Path
from typing import Literal

from alliance_sim.errors import InputError, Problem

Kind = Literal["scenario", "world"]


def scenario_root() -> Path:
    """The folder of the shipped scenarios: inside an installed copy, or in the repository."""
    installed = Path(__file__).parent / "_scenarios"
    return installed if installed.is_dir() else Path(__file__).parents[2] / "scenarios"


def shipped_scenarios() -> dict[str, Path]:
    """Name -> file of every shipped scenario."""
    return _by_name(scenario_root())


def shipped_worlds() -> dict[str, Path]:
    """Name -> file of every shipped world."""
    return _by_name(scenario_root() / "worlds")


def _by_name(folder: Path) -> dict[str, Path]:
    return {path.stem: path for path in sorted(folder.glob("*.yaml"))}


def find(name_or_path: str | Path, kind: Kind, relative_to: Path | None = None) -> Path:
    """The file that a shipped name or a path stands for.

    A path is looked for beside the file ``relative_to`` that names it, then in the working
    directory. Raises InputError, with the name that was probably meant, when there is none.
    """
    shipped = shipped_scenarios() if kind == "scenario" else shipped_worlds()
    if isinstance(name_or_path, str) and name_or_path in shipped:
        return shipped[name_or_path]
    path = Path(name_or_path)
    folders = [Path(), *([relative_to.parent] if relative_to else [])]
    for folder in reversed(folders):
        # normpath keeps messages free of a/../b
        candidate = Path(os.path.normpath(folder / path))
        if _exists(candidate):
            return candidate
    beside = [str(path.parent / name) for folder in folders for name in _neighbours(folder / path)]
    shown = str(name_or_path)[:100]
    mend = _suggest(str(name_or_path), [*shipped], beside)
    raise InputError([Problem(f"there is no {kind} '{shown}'", mend)])


def _exists(path: Path) -> bool:
    try:
        return path.exists()
    except (OSError, ValueError):  # a name too long, or with a null character in it
        return False


def _neighbours(path: Path) -> list[str]:
    """The names of the YAML files beside ``path``."""
    try:
        return sorted(each.name for each in path.parent.glob("*.y*ml"))[:200]
    except (OSError, ValueError):
        return []


def _suggest(wanted: str, shipped: list[str], beside: list[str]) -> str:
    close = difflib.get_close_matches(wanted[:200], [*shipped, *beside], n=1, cutoff=0.6)
    if close:
        return f"did you mean '{close[0]}'?"
    if not shipped:
        return "give the path of a file"
    return f"give the path of a file, or one of: {', '.join(shipped)}"
