"""Monthly noise of decisions and arenas, for a block of runs."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from scipy import special

from alliance_sim.engines.blocks import Lanes
from alliance_sim.program import Program
from alliance_sim.rules import decision
from alliance_sim.step import Noise

_CHUNK = 12  # months drawn at a time: few calls, little memory


def monthly(program: Program, where: Lanes) -> Iterator[Noise]:
    """The noise of each month."""
    n = len(program.actors)
    places = [place for i, j in program.pairs for place in ((i, j), (j, i))]
    names = [f"{program.keys[i]}->{program.keys[j]}" for i, j in places]
    flat = np.array([i * n + j for i, j in places], dtype=np.intp)
    decisions = where.uniforms("decision", names)
    arenas = where.uniforms("arena", program.arenas)
    votes = [choice.id for choice in program.choices]
    choices = where.uniforms("choice", votes)
    for start in range(0, program.months, _CHUNK):
        months = min(_CHUNK, program.months - start)
        uniforms, shocks = decisions.take(months), special.ndtri(arenas.take(months))
        chosen = decision.logit(choices.take(months))
        for month in range(months):  # one month at a time stays in the cache
            noise = np.zeros((n * n, where.width), dtype=np.float32)
            noise[flat] = decision.logit(uniforms[month])
            yield Noise(noise.reshape(n, n, where.width), shocks[month], chosen[month])
