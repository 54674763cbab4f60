"""Where the scenarios and worlds are that ship with the library, and how files are found."""

from __future__ import annotations

import difflib
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from alliance_sim.errors import InputError, Problem

Kind = Literal["scenario", "world"]
_NAMED = 12
"""Names that a message lists; there are too many scenarios to list them all."""
_SUFFIXES = (".yaml", ".yml", ".json")
"""How the names of files end that other files may lead to."""


def scenario_root() -> Path:
    """The folder of the shipped scenarios: inside an installed copy, or in the repository."""
    installed = Path(__file__).parent / "_scenarios"
    return installed if installed.is_dir() else Path(__file__).parents[2] / "scenarios"


def shipped_scenarios() -> dict[str, Path]:
    """Name -> file of every shipped scenario."""
    return _by_name(scenario_root())


def shipped_worlds() -> dict[str, Path]:
    """Name -> file of every shipped world, and of every file of values for worlds to extend."""
    return _by_name(scenario_root() / "worlds")


def shipped_observation() -> Path:
    """The file of the numbers of the observation model."""
    return scenario_root() / "observation" / "priors.yaml"


def shipped_skill() -> Path:
    """The file of what backtests found."""
    return scenario_root() / "observation" / "skill.yaml"


def shipped_posteriors() -> dict[int, Path]:
    """Last year that counted -> file of every shipped posterior, which a world may extend."""
    found = _by_name(scenario_root() / "posteriors")
    return {int(name.removeprefix("to_")): path for name, path in found.items()}


def whole_worlds() -> dict[str, Path]:
    """Name -> file of the shipped worlds that stand by themselves: those that have a name."""
    return {name: path for name, path in shipped_worlds().items() if _has_name(path)}


def _has_name(path: Path) -> bool:
    with path.open(encoding="utf-8") as lines:
        return any(line.startswith("name:") for line in lines)


def _by_name(folder: Path) -> dict[str, Path]:
    return {path.stem: path for path in sorted(folder.glob("*.yaml"))}


def find(name_or_path: str | Path, kind: Kind, relative_to: Path | None = None) -> Path:
    """The file that a shipped name or a path stands for.

    A path is looked for beside the file ``relative_to`` that names it, then in the working
    directory. Raises InputError, with the name that was probably meant, when there is none; and
    where a file leads to one whose name is not that of a YAML or JSON file, lest lines of any file
    of the machine stand in messages about a scenario from elsewhere.
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
            if relative_to is not None:
                _refuse_other_suffix(candidate)
            return candidate
        if _leads_nowhere(candidate):
            what = f"'{candidate}' is a link that leads nowhere, or round in a circle"
            raise InputError([Problem(what, "name the file itself")])
    if kind == "scenario" and str(name_or_path) in shipped_worlds():
        mend = f"name a scenario, such as '{next(iter(shipped))}'" if shipped else "name a scenario"
        raise InputError([Problem(f"'{name_or_path}' is a world", mend)])
    beside = [str(path.parent / name) for folder in folders for name in _neighbours(folder / path)]
    raise InputError([no_such(kind, str(name_or_path), [*shipped], beside)])


def _refuse_other_suffix(path: Path) -> None:
    """Raise InputError unless a file, and what it links to, is YAML or JSON by its name."""
    ends = {each.suffix.lower() for each in (path, Path(os.path.realpath(path)))}
    if not ends <= {*_SUFFIXES}:
        what = f"'{path}' is not read: files that a file names end in {', '.join(_SUFFIXES)}"
        raise InputError([Problem(what, "name a scenario or a world, or rename the file")])


def no_such(what: str, wanted: str, shipped: Sequence[str], beside: Sequence[str] = ()) -> Problem:
    """What to say of a name that stands for nothing, with the one that was probably meant."""
    return Problem(f"there is no {what} '{wanted[:100]}'", _suggest(wanted, shipped, beside))


def _exists(path: Path) -> bool:
    try:
        return path.exists()
    except (OSError, ValueError):  # a name too long, or with a null character in it
        return False


def _leads_nowhere(path: Path) -> bool:
    """Whether a path is a link to what is not there."""
    try:
        return path.is_symlink()
    except (OSError, ValueError):
        return False


def _neighbours(path: Path) -> list[str]:
    """The names of the YAML files beside ``path``."""
    try:
        return sorted(each.name for each in path.parent.glob("*.y*ml"))[:200]
    except (OSError, ValueError):
        return []


def _suggest(wanted: str, shipped: Sequence[str], beside: Sequence[str]) -> str:
    close = difflib.get_close_matches(wanted[:200], [*shipped, *beside], n=1, cutoff=0.6)
    if close:
        return f"did you mean '{close[0]}'?"
    if not shipped:
        return "give the path of a file"
    if len(shipped) > _NAMED:
        some = ", ".join(shipped[:_NAMED])
        return f"give the path of a file, or a name that `alliance-sim list` shows, such as {some}"
    return f"give the path of a file, or one of: {', '.join(shipped)}"
