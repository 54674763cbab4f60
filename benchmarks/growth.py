"""How cost grows with runs, months and actors."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from contenders import first_block, months_alone
from kernel_inputs import MECHANISMS
from rounds import seconds
from scipy import optimize

import alliance_sim as al
from alliance_sim.compile import compile_scenario
from alliance_sim.engines.ensemble import run_ensemble
from alliance_sim.rng import BLOCK

RUNS = (512, 1024, 2048, 4096, 8192)
MONTHS = (12, 24, 60, 120, 240)
ACTORS = (8, 15, 30, 45, 60)
CUBIC = ("common_threat", "structural_balance", "entrapment", "reputation", "hedging")
"""Mechanisms that sum over third parties, for each of as many pairs as actors squared."""
_ACTOR_MONTHS = 6


@dataclass(frozen=True)
class Growth:
    """Exponent of a growth, and its standard error."""

    exponent: float
    error: float
    sizes: Sequence[int]
    times: Sequence[float]
    """Shortest seconds at each size."""

    @property
    def by_size(self) -> str:
        """What a month of a run costs at each size, for a growth with actors."""
        micro = [1e6 * t / BLOCK / _ACTOR_MONTHS for t in self.times]
        return ", ".join(f"{size}: {t:.3g}" for size, t in zip(self.sizes, micro, strict=True))


def measured(sizes: Sequence[int], work: Callable[[int], Callable[[], object]], repeat: int) -> Any:
    """Seconds at each size, (repetition, size), sizes in turn."""
    ready = [work(size) for size in sizes]
    return np.array([[seconds(each) for each in ready] for _ in range(repeat)])


def beyond_fixed(sizes: Sequence[int], times: Any) -> Growth:
    """p of ``a + b x^p``, ``a`` not negative, by least squares of relative differences."""
    x, t = np.tile(np.array(sizes, float), len(times)), np.ravel(times)
    scale = float(np.max(x))

    def model(at: Any, a: float, b: float, p: float) -> Any:
        return a + b * (at / scale) ** p

    start = (0.5 * float(np.min(t)), float(np.max(t)), 1.0)
    bounds = ([0, 0, 0.1], [np.inf, np.inf, 4])
    found, spread = optimize.curve_fit(model, x, t, start, sigma=t, bounds=bounds)
    return Growth(float(found[2]), float(np.sqrt(spread[2, 2])), sizes, np.min(times, axis=0))


def power(sizes: Sequence[int], times: Any) -> Growth:
    """p of ``b x^p``, by least squares of logarithms, of the shortest times."""
    best = np.min(times, axis=0)
    coefficients, spread = np.polyfit(np.log(sizes), np.log(best), 1, cov=True)
    return Growth(float(coefficients[0]), float(np.sqrt(spread[0, 0])), sizes, best)


def with_runs(scenario: al.Scenario, repeat: int) -> Growth:
    """Cost against runs, at a horizon of two years."""
    brief = lasting(scenario, 24)
    times = measured(RUNS, lambda runs: lambda: run_ensemble(brief, runs, 0), repeat)
    return beyond_fixed(RUNS, times)


def with_months(scenario: al.Scenario, repeat: int) -> Growth:
    """Cost against months, of one block of runs."""

    def work(months: int) -> Callable[[], object]:
        longer = lasting(scenario, months)
        return lambda: run_ensemble(longer, BLOCK, 0)

    return beyond_fixed(MONTHS, measured(MONTHS, work, repeat))


def lasting(scenario: al.Scenario, months: int) -> al.Scenario:
    """The scenario over another number of months."""
    horizon = scenario.horizon.model_copy(update={"months": months})
    return scenario.model_copy(update={"horizon": horizon})


def with_actors(repeat: int, without: Sequence[str]) -> tuple[Growth, Growth]:
    """Cost of the months alone against actors, and the same with some mechanisms left out.

    Both are measured next to each other, size by size: what else the machine does hits both.
    """

    def month(actors: int, without: Sequence[str]) -> float:
        scenario = al.read_scenario(crowd(actors, without))
        return months_alone(compile_scenario(scenario), first_block(scenario))

    times = np.array(
        [[[month(n, left) for left in ((), without)] for n in ACTORS] for _ in range(repeat)]
    )
    return power(ACTORS, times[..., 0]), power(ACTORS, times[..., 1])


def crowd(actors: int, without: Sequence[str] = ()) -> dict[str, Any]:
    """A scenario of so many actors, each tied to each other, as in the shipped world.

    The values are made up, from a generator of their own.
    """
    chance = np.random.default_rng(actors)
    names = [f"state_{k:02}" for k in range(actors)]
    everyone = range(actors)
    shares = chance.dirichlet(np.full(actors, 2.0))
    return {
        "name": f"{actors} made-up states",
        "question": "How long does a month take?",
        "world": {
            "name": f"{actors} made-up states",
            "date": "2018-05",
            "sources": {"*": "judgement"},
            "actors": {
                name: {"name": name, "capability": round(float(share), 6), "temperature": 1}
                for name, share in zip(names, shares, strict=True)
            },
            "domains": {f"domain_{d}": {"name": f"Domain {d}"} for d in range(6)},
            "arenas": {
                f"arena_{m}": {
                    "name": f"Arena {m}",
                    "level": 0.5,
                    "noise": 0.01,
                    "stances": {
                        name: {"position": float(position), "salience": 0.5}
                        for name, position in zip(
                            names, np.round(chance.uniform(-1, 1, actors), 3), strict=True
                        )
                    },
                }
                for m in range(10)
            },
            "dyads": {
                f"{names[i]}-{names[j]}": {
                    "alignment": round(float(chance.uniform(-0.6, 0.6)), 3),
                    "trust": round(float(chance.uniform(0.2, 0.8)), 3),
                    "proximity": round(float(chance.uniform(0, 1)), 3),
                    "cooperation": {f"domain_{d}": 0.3 for d in range(6)},
                }
                for i in everyone
                for j in range(i + 1, actors)
            },
            "mechanisms": {name: {"weight": 0.1} for name in MECHANISMS if name not in without},
            "outcomes": {
                "tie": {"name": "A tie", "measure": {"alignment": f"{names[0]}-{names[1]}"}}
            },
        },
        "horizon": {"start": "2018-05", "months": _ACTOR_MONTHS},
        "outcomes": ["tie"],
    }
