"""The observation model's numbers: which are uncertain, and a measure at some draws of them."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from alliance_sim.observations.model import Linear, Ordinal, Param
from alliance_sim.spec.numbers import Distribution
from alliance_sim.spec.observation import ROOT, LinearMeasure, ObservationNumbers

Floats = npt.NDArray[np.float64]

LATENTS = {
    "votes": "alignment",
    "ideal_points": "alignment",
    "targeted_votes": "alignment",
    "arms": "cooperation.arms",
    "trade": "cooperation.trade",
}
"""Measure -> what of the model shows in it: mean of both directions and of a year's months."""
RANGES = {
    "votes": (-1.0, 1.0),
    "ideal_points": (0.0, math.inf),
    "arms": (0.0, math.inf),
    "trade": (0.0, math.inf),
}
"""Measure -> what can be observed of it."""


def uncertain(numbers: ObservationNumbers) -> dict[str, Distribution]:
    """Path -> distribution of every number that is uncertain, in the order of the file.

    Example:
        >>> from alliance_sim.load.observation import load_observation
        >>> list(uncertain(load_observation()))[:2]
        ['observation.votes.level', 'observation.votes.slope']
    """
    return {path: each for path, each in numbers.numbers() if isinstance(each, Distribution)}


def linear(
    numbers: ObservationNumbers,
    measure: str,
    draws: Mapping[str, Floats] | None = None,
    source: str | None = None,
) -> Linear:
    """A measure's numbers at some draws.

    Args:
        numbers: as read from a file.
        measure: one of the keys of :data:`RANGES`.
        draws: path -> (run,) values; numbers without draws stand at their median.
        source: of the panel, where sources have a noise of their own.
    """
    given = _values(numbers, measure, draws or {})
    low, high = RANGES[measure]
    return Linear(
        level=given["level"],
        slope=given["slope"],
        noise=given[name_of(numbers, measure, "noise", source)],
        drift=given["drift"],
        between=given["between"],
        sampling=given["sampling"],
        back=given["back"],
        lowest=low,
        highest=high,
    )


def name_of(numbers: ObservationNumbers, measure: str, name: str, source: str | None) -> str:
    """Name of a number of a measure, or of a source's own where it has one."""
    content: LinearMeasure = getattr(numbers, measure)
    own = name == "noise" and source in content.noise_of
    return f"noise_of.{source}" if own else name


def ordinal(numbers: ObservationNumbers, draws: Mapping[str, Floats] | None = None) -> Ordinal:
    """The numbers of targeted votes at some draws, as in :func:`linear`."""
    given = _values(numbers, "targeted_votes", draws or {})
    return Ordinal(slope=given["slope"], middle=given["middle"], gap=given["gap"])


def _values(
    numbers: ObservationNumbers, measure: str, draws: Mapping[str, Floats]
) -> dict[str, Param]:
    """Name -> value of each number of a measure."""
    start = f"{ROOT}.{measure}."
    return {
        path.removeprefix(start): draws[path]
        if path in draws
        else (each.median if isinstance(each, Distribution) else float(each))
        for path, each in numbers.numbers()
        if path.startswith(start)
    }
