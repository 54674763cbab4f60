"""Everything that is wrong with a file, named by its path or as shipped."""

from __future__ import annotations

from pathlib import Path

from alliance_sim.errors import InputError, Problem
from alliance_sim.library import find, shipped_scenarios, shipped_worlds
from alliance_sim.load import check_file


def problems_of(name: str) -> list[Problem]:
    """Problems of a scenario or world; a name that stands for nothing is one too."""
    if name not in {**shipped_scenarios(), **shipped_worlds()}:
        try:
            found = find(name, "scenario")
        except InputError as error:
            return list(error.problems)
        return check_file(Path(found))
    return check_file(name)
