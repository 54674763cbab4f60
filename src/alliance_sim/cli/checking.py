"""Everything that is wrong with a file, named by its path or as shipped."""

from __future__ import annotations

from pathlib import Path

from alliance_sim.errors import InputError, Problem
from alliance_sim.library import find, shipped_scenarios, shipped_worlds, whole_worlds
from alliance_sim.load import check_file


def problems_of(name: str) -> list[Problem]:
    """Problems of a scenario or world; a name that stands for nothing is one too."""
    if name not in {**shipped_scenarios(), **shipped_worlds()}:
        try:
            found = find(name, "scenario")
        except InputError as error:
            return list(error.problems)
        return check_file(Path(found))
    if problem := partial(name):
        return [problem]
    return check_file(name)


def partial(name: str) -> Problem | None:
    """What to say of a shipped name that only holds values for worlds to extend."""
    if name in shipped_scenarios() or name not in {*shipped_worlds()} - {*whole_worlds()}:
        return None
    what = f"'{name}' is no world by itself: it holds values for worlds to extend"
    return Problem(what, f"name one of: {', '.join(whole_worlds())}")
