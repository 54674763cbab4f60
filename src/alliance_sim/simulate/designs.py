"""A scenario as a function of its uncertain numbers: outcomes at given points of the unit cube.

Points are probabilities, read through the same quantile functions as those of any run. Chance is
given beside them, as rows: the same row is the same luck whatever the parameters.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from alliance_sim.executors import Workers
from alliance_sim.program import JOINT, NEVER, Program
from alliance_sim.rng import BLOCK
from alliance_sim.simulate.ensembles import check_sound
from alliance_sim.spec import Scenario
from alliance_sim.spec.base import Frozen, children, month_text
from alliance_sim.spec.numbers import Joint
from alliance_sim.spec.provenance import Provenance, in_words, provenance_of

if TYPE_CHECKING:
    from alliance_sim.engines.blocks import Lanes

Doubles = npt.NDArray[np.float64]
Rows = npt.NDArray[np.intp]
Progress = Callable[[int], None]


@dataclass(frozen=True)
class Factor:
    """An uncertain number, under however many paths it stands."""

    key: str
    """What its draws are keyed by."""
    path: str
    """The first path under which it stands."""
    name: str
    """What it is, in words."""
    provenance: Provenance
    shown: Callable[[float], str]
    """A probability as the value that the number takes there, in words."""


@dataclass(frozen=True)
class Axis:
    """An uncertain number by itself: a factor, or a column of a table that is one.

    Attributes:
        number: what it is, with the value at each of its own probabilities.
        place: of the factor that decides on it.
        places: (row,) of a column, the place of each row's value among all of it, from 0 on; rows
            themselves are in no order that means anything.
    """

    number: Factor
    place: int
    places: Rows | None = None

    def read(self, points: Doubles) -> Doubles:
        """Probabilities of the number at points (point, factor): (point,)."""
        drawn = points[:, self.place]
        if self.places is None:
            return drawn
        count = len(self.places)
        rows = np.minimum((drawn * count).astype(np.intp), count - 1)
        # Points of one row lie beside each other, not on each other: what cuts along it can.
        return np.asarray((self.places[rows] + drawn * count - rows) / count)


@dataclass(frozen=True)
class Results:
    """Outcomes at the points, (outcome, month, point)."""

    scenario: npt.NDArray[np.float32]
    baseline: npt.NDArray[np.float32] | None = None


@dataclass(frozen=True)
class Experiment:
    """A scenario, and what it may be held against, ready to be evaluated anywhere.

    Attributes:
        scenario: a checked scenario.
        baseline: one that reports the same (``reporting_like``), or None.
        outcomes: what to record, by name; outcomes of the scenario's world.
        seed: of chance.
        chance: False leaves all chance out but elections.
    """

    scenario: Scenario
    baseline: Scenario | None
    outcomes: tuple[str, ...]
    seed: int = 0
    chance: bool = False

    @cached_property
    def _worlds(self) -> tuple[Scenario, ...]:
        """Scenario and baseline, recording no more than is asked for."""
        lean = {"outcomes": self.outcomes, "dyads": ()}
        both = (self.scenario, self.baseline) if self.baseline else (self.scenario,)
        return tuple(each.model_copy(update=lean) for each in both)

    @cached_property
    def _programs(self) -> tuple[Program, ...]:
        from alliance_sim.compile import compile_scenario

        return tuple(compile_scenario(each) for each in self._worlds)

    @cached_property
    def factors(self) -> tuple[Factor, ...]:
        """Every uncertain number of either, each once however many paths share its draws."""
        from alliance_sim.engines.blocks import uncertain_keys

        found: dict[str, Factor] = {}
        for scenario, program in zip(self._worlds, self._programs, strict=True):
            for path, key in sorted(uncertain_keys(program).items()):
                if key not in found:
                    about = provenance_of(scenario, path)
                    shown = _shown(program, path)
                    found[key] = Factor(key, path, _label(scenario, path, key), about, shown)
        return tuple(found[key] for key in sorted(found))

    @cached_property
    def axes(self) -> tuple[Axis, ...]:
        """Every uncertain number by itself, each once; the columns of tables one by one."""
        found = []
        for place, factor in enumerate(self.factors):
            if factor.key.startswith(JOINT):
                found += self._columns(factor.key, place)
            else:
                found.append(Axis(factor, place))
        return tuple(found)

    @property
    def counted(self) -> str:
        """How many numbers and open dates are uncertain, in words; each of a table counts."""
        from alliance_sim.engines.blocks import uncertain_keys

        alone = [each.path for each in self.factors if not each.key.startswith(JOINT)]
        together = {
            path
            for program in self._programs
            for path, key in uncertain_keys(program).items()
            if key.startswith(JOINT)
        }
        return in_words([*alone, *together])

    @property
    def has_chance(self) -> bool:
        """Whether luck can change anything."""
        return self.chance or any(
            cabinet.elections for program in self._programs for cabinet in program.cabinets
        )

    @property
    def runs_per_point(self) -> int:
        """Runs that one point takes."""
        return len(self._worlds)

    def run(
        self,
        points: Doubles,
        luck: Rows,
        workers: Workers = None,
        progress: Progress = lambda done: None,
    ) -> Results:
        """Outcomes at points.

        Args:
            points: (point, factor), probabilities in (0, 1), factors in the order of ``factors``.
            luck: (point,), which row of chance each has; scenario and baseline share it.
            workers: processes to share the work, or any executor; None for all cores.
            progress: called with the number of runs just finished.
        """
        from alliance_sim.engines.ensemble import run_lanes

        order, blocks = self._blocks(points, luck)
        found = []
        for scenario in self._worlds:
            record = run_lanes(scenario, blocks, workers, progress, chance=self.chance)
            check_sound(record, self.seed)
            values = np.empty_like(record.outcomes)
            values[..., order] = record.outcomes
            found.append(values)
        return Results(*found)

    def years(
        self,
        points: Doubles,
        luck: Rows,
        readings: Sequence[str],
        workers: Workers = None,
        progress: Progress = lambda done: None,
    ) -> npt.NDArray[np.float32]:
        """Yearly means of every pair at points, (reading, pair, year, point).

        Pairs are in the order of ``pairs``; years are the whole ones of the horizon. Runs that fail
        are NaN. Arguments as in :meth:`run`; readings as in ``engines.yearly``.
        """
        from alliance_sim.engines.yearly import run_years

        order, blocks = self._blocks(points, luck)
        found = run_years(self._worlds[0], blocks, readings, workers, progress, chance=self.chance)
        placed = np.empty_like(found)
        placed[..., order] = found
        return placed

    def quantile(self, path: str) -> Callable[[Doubles], Doubles]:
        """Quantile function of an uncertain number of the scenario."""
        (leaf,) = (each for each in self._programs[0].leaves if each.path == path)
        return lambda u: np.asarray(leaf.distribution.ppf(u), dtype=np.float64)

    @property
    def pairs(self) -> tuple[str, ...]:
        """Every pair as two ids in alphabetical order, such as ``iran-russia``."""
        program = self._programs[0]
        return tuple(
            "-".join(sorted((program.actors[i], program.actors[j]))) for i, j in program.pairs
        )

    def _columns(self, key: str, place: int) -> list[Axis]:
        """The numbers that read a table, by path."""
        found: dict[str, Axis] = {}
        for scenario, program in zip(self._worlds, self._programs, strict=True):
            for leaf in program.leaves:
                drawn, path = leaf.distribution, leaf.path
                if leaf.key != key or path in found or not isinstance(drawn, Joint):
                    continue
                order = np.argsort(drawn.joint.values, kind="stable")
                ordered = {"of": drawn.joint.of, "values": sorted(drawn.joint.values)}
                name, about = _label(scenario, path, ""), provenance_of(scenario, path)
                shown = _value(Joint.model_validate({"joint": ordered}).ppf)
                number = Factor(path, path, name, about, shown)
                found[path] = Axis(number, place, np.argsort(order))
        return [found[path] for path in sorted(found)]

    def _blocks(self, points: Doubles, luck: Rows) -> tuple[Rows, list[Lanes]]:
        """The points in blocks of one block of chance each, and their order in them."""
        from alliance_sim.engines.blocks import Lanes

        keys = [factor.key for factor in self.factors]
        order, blocks = [], []
        for rows in _together(luck):
            known = {key: points[rows, place] for place, key in enumerate(keys)}
            blocks.append(
                Lanes(
                    seed=self.seed,
                    block=0,
                    lanes=slice(0, len(rows)),
                    sampling="monte_carlo",
                    chance_block=int(luck[rows[0]]) // BLOCK,
                    probabilities=known,
                    chance_lanes=luck[rows] % BLOCK,
                )
            )
            order.append(rows)
        return np.concatenate(order), blocks


def _together(luck: Rows) -> Iterator[Rows]:
    """Places of points that can share a block of runs: their chance is in one block."""
    of = luck // BLOCK
    for block in np.unique(of):
        places = np.flatnonzero(of == block)
        for start in range(0, len(places), BLOCK):
            yield places[start : start + BLOCK]


def _label(scenario: Scenario, path: str, key: str) -> str:
    """An uncertain number in words: what it belongs to, and which number of that it is."""
    if key.startswith(JOINT):
        return f"{key.removeprefix(JOINT)}: joint draws".replace("_", " ")
    kind, *rest = path.split(".")
    owner, what = rest[0], rest[1:]
    if kind == "world":
        kind, owner, *what = rest
        entry = dict(children(getattr(scenario.world, kind, None))).get(owner)
        if isinstance(entry, Frozen) and what:
            owner = getattr(entry, "name", None) or f"{owner} ({kind.removesuffix('s')})"
        else:  # a part of the world that has no entries of its own
            owner, what = kind, [owner, *what]
    told = "date" if what == ["at"] else " ".join(what)
    return f"{owner}: {told}".replace("_", " ")


def _shown(program: Program, path: str) -> Callable[[float], str]:
    """How a probability of an uncertain number reads as its value."""
    leaf = next((each for each in program.leaves if each.path == path), None)
    if leaf is not None:
        return _value(leaf.distribution.ppf)
    timing = next(each.timing for each in program.effects if each.timing.path == path)
    if timing.latest >= NEVER:
        return lambda u: f"the {u:.0%} point of its waiting time"

    def month(u: float) -> str:
        months = timing.latest - timing.earliest + 1
        return month_text(program.start + timing.earliest + min(int(u * months), months - 1))

    return month


def _value(quantile: Callable[[Any], npt.NDArray[Any]]) -> Callable[[float], str]:
    return lambda u: f"{float(quantile(np.array([u]))[0]):.3g}"


def spread(count: int, factors: Sequence[Factor], seed: int) -> Doubles:
    """Points that fill the unit cube evenly, (point, factor): a Latin hypercube."""
    from alliance_sim import rng

    names = [factor.key for factor in factors]
    blocks = [
        rng.design(seed, names, block, "latin_hypercube") for block in range(-(-count // BLOCK))
    ]
    return np.concatenate(blocks, axis=1).T[:count].astype(np.float64)
