"""The numbers of the observation model from YAML; every mistake is told at once, with its place."""

from __future__ import annotations

from pathlib import Path

from alliance_sim.library import shipped_observation
from alliance_sim.load.documents import Documents
from alliance_sim.load.explain import checked
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
    return checked(ObservationNumbers, tree, documents.problems)
