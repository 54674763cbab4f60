"""The numbers of the observation model from YAML; every mistake is told at once, with its place."""

from __future__ import annotations

from pathlib import Path

from pydantic import ValidationError

from alliance_sim.errors import InputError, Problem
from alliance_sim.library import shipped_observation
from alliance_sim.load.documents import Documents
from alliance_sim.load.explain import explain
from alliance_sim.spec.observation import ObservationNumbers


def load_observation(source: str | Path | None = None) -> ObservationNumbers:
    """Read the numbers of the observation model; left out, those shipped.

    Raises:
        InputError: With every problem found, each at its place in the file.

    Example:
        >>> load_observation().votes.slope
        Lognormal(lognormal=(0.4, 0.5))
    """
    path = shipped_observation() if source is None else Path(source)
    documents = Documents()
    tree = documents.read(path)
    problems = documents.problems
    if tree is not None:
        try:
            found = ObservationNumbers.model_validate(tree.plain())
        except ValidationError as error:
            problems += explain(error, tree)
        else:
            if not problems:
                return found
    raise InputError(sorted(dict.fromkeys(problems), key=_place))


def _place(problem: Problem) -> tuple[str, int, int]:
    return problem.file, problem.line or 0, problem.column or 0
