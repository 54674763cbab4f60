"""Draws that belong to events, not to the order in which they are asked for.

The key of a draw is (seed, purpose, name, block of runs); within its stream a draw's place
is its month and run. So no draw moves when runs, months, actors, drivers, interventions or
workers are added, and a run with and without an intervention shares every draw.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from functools import lru_cache
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

BLOCK = 512
"""Runs that share one stream. Part of what a seed means: changing it changes every number."""

_SMALLEST = 2.0**-25  # half the step of a single-precision draw: 0 has no finite logit

_SOBOL_WIDTH = 512  # dimensions always drawn: scrambling depends on how many there are

Floats = npt.NDArray[np.floating[Any]]


def stream(seed: int, *words: str | int) -> np.random.Generator:
    """The generator of one event.

    SFC64 (numpy's fastest), seeded with a 128-bit BLAKE2b hash of the seed and the words.
    """
    text = "\x1f".join(str(word) for word in (seed, *words))
    digest = hashlib.blake2b(text.encode(), digest_size=16).digest()
    return np.random.Generator(np.random.SFC64(int.from_bytes(digest, "little")))


class Uniforms:
    """Monthly draws in (0, 1) for a list of names, in one block of runs."""

    def __init__(
        self,
        seed: int,
        purpose: str,
        names: Sequence[str],
        block: int,
        lanes: slice | npt.NDArray[np.intp],
    ) -> None:
        self._streams = [stream(seed, purpose, name, block) for name in names]
        self._lanes = lanes

    def take(self, months: int) -> Floats:
        """The next ``months`` months of draws, shaped (month, name, run)."""
        width = len(np.arange(BLOCK)[self._lanes])
        out = np.empty((months, len(self._streams), width), dtype=np.float32)
        for place, generator in enumerate(self._streams):
            month_run = generator.random((months, BLOCK), dtype=np.float32)
            out[:, place, :] = month_run[:, self._lanes]
        return np.maximum(out, np.float32(_SMALLEST), out=out)


@lru_cache(maxsize=4096)  # many scenarios of one world read the same: 16 MB at most
def _stratified(seed: int, name: str, block: int) -> Floats:
    """One draw in each of as many equal parts of (0, 1) as a block has runs, shuffled."""
    from scipy.stats import qmc  # costs half a second, and only runs need it

    sampler = qmc.LatinHypercube(d=1, rng=stream(seed, "parameter", name, block))
    drawn: Floats = sampler.random(BLOCK)[:, 0]
    drawn.flags.writeable = False
    return drawn


def design(
    seed: int,
    names: Sequence[str],
    block: int,
    method: Literal["monte_carlo", "latin_hypercube", "sobol"],
) -> Floats:
    """Probabilities at which uncertain numbers are read, shaped (name, run of the block).

    ``monte_carlo``: independent. ``latin_hypercube``: each name stratified within the block,
    so that adding runs or names moves nothing. ``sobol``: one scrambled sequence over all
    runs; adding runs moves nothing, and adding names at the end, up to 512, moves nothing either.
    """
    if not names:
        return np.empty((0, BLOCK))
    if method == "monte_carlo":
        out = np.stack([stream(seed, "parameter", name, block).random(BLOCK) for name in names])
    elif method == "latin_hypercube":
        out = np.stack([_stratified(seed, name, block) for name in names])
    else:
        from scipy.stats import qmc

        width = max(_SOBOL_WIDTH, len(names))
        sequence = qmc.Sobol(d=width, rng=stream(seed, "parameter", "sobol"))
        if block:
            sequence.fast_forward(block * BLOCK)
        out = sequence.random(BLOCK).T[: len(names)]
    return np.clip(out, 2.0**-54, 1 - 2.0**-53)
