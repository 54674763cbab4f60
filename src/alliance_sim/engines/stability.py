"""Whether the model would run away from its base state with nothing pushing it.

One step of the mean-field model (every posture does what it does on average, no noise) is
differentiated at the base state. A spectral radius above 1 means that small departures grow.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from alliance_sim.arrays import Floats, State
from alliance_sim.engines.blocks import Lanes, prepare
from alliance_sim.program import Program, Table
from alliance_sim.step import Block, observe, settle

_STEP = 0.02  # of the central difference: about what chance moves alignment in a month. The
# rules have kinks (positive parts, square roots), where a smaller step says nothing of motion.
_DENSE = 200  # size up to which all eigenvalues are computed
_MOST_PARTS = 4_000  # of a state that is looked at: some 28 actors who all deal with each other
_ITERATIONS = 100
_STEPS = 400  # of growth, where Arnoldi does not find the largest eigenvalue
_TOGETHER = 128  # parts that are moved in one block: more take more memory and no less time
_MARGIN = 1e-6  # what rounding may add to a radius of exactly one


@dataclass(frozen=True)
class Stability:
    """Spectral radius of the mean-field month, and the loop to blame where it exceeds 1."""

    radius: float
    """Largest modulus of an eigenvalue."""
    blame: str
    """Mechanism or driver without which the radius is lowest; empty where stable."""
    radius_without: float
    """Radius without it."""

    @property
    def stable(self) -> bool:
        """Whether small departures die out or at least do not grow."""
        return self.radius <= 1 + _MARGIN


def check(program: Program) -> Stability | None:
    """Stability at the base date, every uncertain number at its median.

    None for a world so large that finding out would take minutes and gigabytes.
    """
    if len(_parts(program)) > _MOST_PARTS:
        return None
    certain = _at_medians(program)
    radius = _radius(certain)
    if radius <= 1 + _MARGIN:
        return Stability(radius, "", radius)
    without = {name: _radius(reduced) for name, reduced in _reductions(certain)}
    blame = min(without, key=lambda name: without[name])
    return Stability(radius, blame, without[blame])


def _reductions(program: Program) -> Iterator[tuple[str, Program]]:
    """The program without each mechanism, without persistence, and without drivers."""
    for name in program.mechanism_weight:
        kept = {k: t for k, t in program.mechanism_weight.items() if k != name}
        yield f"mechanism {name}", replace(program, mechanism_weight=kept)
    none = {"persistence": Table(np.zeros(()))}
    yield "posture persistence", replace(program, behaviour=program.behaviour | none)
    if program.drivers:
        yield "the drivers together", replace(program, drivers=())


def _at_medians(program: Program) -> Program:
    """The program with every uncertain number fixed at its median."""

    def fix(table: Table) -> Table:
        return Table(table.values)

    return replace(
        program,
        tables={k: fix(t) for k, t in program.tables.items()},
        mechanism_weight={k: fix(t) for k, t in program.mechanism_weight.items()},
        behaviour={k: fix(t) for k, t in program.behaviour.items()},
        drivers=tuple(replace(d, weight=fix(d.weight)) for d in program.drivers),
        pushes=tuple(replace(p, weight=fix(p.weight)) for p in program.pushes),
        choices=tuple(replace(c, rate=fix(c.rate)) for c in program.choices),
        cabinets=tuple(replace(c, orientation=fix(c.orientation)) for c in program.cabinets),
        effects=(),
        leaves=(),
    )


def _parts(program: Program) -> list[tuple[str, tuple[int, ...]]]:
    """Places of the state that can move by themselves."""
    directed = [place for i, j in program.pairs for place in ((i, j), (j, i))]
    places: list[tuple[str, tuple[int, ...]]] = [
        (name, place)
        for name in ("y", "anchor", "trust", "pressure", "depth")
        for place in directed
    ]
    places += [
        ("cooperation", (d, p))
        for d in range(len(program.domains))
        for p in range(len(program.pairs))
    ]
    places += [("arena", (m,)) for m in range(len(program.arenas))]
    return places + [("choice", (c,)) for c in range(len(program.choices))]


def _radius(program: Program) -> float:
    """Spectral radius of the mean-field month at the base state."""
    jacobian = _jacobian(program)
    # What feeds nothing back has its own diagonal entry as eigenvalue and can be left out.
    off = np.abs(jacobian - np.diag(np.diag(jacobian)))
    active = (off.max(axis=0, initial=0) > 0) & (off.max(axis=1, initial=0) > 0)
    alone = float(np.abs(np.diag(jacobian)[~active]).max(initial=0))
    return max(alone, _largest(jacobian[np.ix_(active, active)]))


def _largest(matrix: Floats) -> float:
    """Largest modulus of an eigenvalue: Arnoldi for large matrices, else all of them."""
    if len(matrix) <= _DENSE:
        return float(np.abs(np.linalg.eigvals(matrix)).max(initial=0)) if matrix.size else 0.0
    from scipy.sparse import linalg

    start = np.ones(len(matrix))
    with contextlib.suppress(linalg.ArpackNoConvergence):
        found = linalg.eigs(
            matrix,
            k=1,
            which="LM",
            v0=start,
            tol=1e-6,
            maxiter=_ITERATIONS,
            return_eigenvectors=False,
        )
        return float(np.abs(found[0]))
    return _growth(matrix, start)


def _growth(matrix: Floats, vector: Floats) -> float:
    """How much a vector grows in a step in the long run, which is the largest modulus.

    Arnoldi does not converge where many eigenvalues are about as large as each other, or where
    nothing comes back. The first half of the steps passes, with what is only for a while.
    """
    logs = np.empty(_STEPS)
    for step in range(_STEPS):
        vector = matrix @ vector
        size = np.linalg.norm(vector)
        if not size:
            return 0.0
        logs[step] = np.log(size)
        vector = vector / size
    return float(np.exp(logs[_STEPS // 2 :].mean()))


def _jacobian(program: Program) -> Floats:
    """Central differences of the month by every part of the state; each one is a run."""
    places = _parts(program)
    ahead, behind = (_moved(program, places, sign * _STEP) for sign in (1.0, -1.0))
    return (ahead - behind) / (2 * _STEP)


def _moved(program: Program, places: list[tuple[str, tuple[int, ...]]], by: float) -> Floats:
    """The state a month after each part of it has been moved; (part read, part moved)."""
    found = np.empty((len(places), len(places)))
    for first in range(0, len(places), _TOGETHER):
        moved = places[first : first + _TOGETHER]
        block = _base_block(program, len(moved))
        state: State = block.situation.state
        for run, (name, place) in enumerate(moved):
            getattr(state, name)[(*place, run)] += by
        observe(block)
        settle(block, None, block.situation.circumstances.arena_mean)
        for row, (name, place) in enumerate(places):
            found[row, first : first + len(moved)] = getattr(block.situation.state, name)[place]
    return found


def _base_block(program: Program, runs: int) -> Block:
    """A block at the base date with as many equal runs as asked for, in double precision."""
    return prepare(program, Lanes(0, 0, slice(0, 1), "monte_carlo"), np.float64, runs)
