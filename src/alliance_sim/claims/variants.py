"""Changes that are made to a scenario and its baseline alike, to see what a result rests on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from alliance_sim.spec import World
from alliance_sim.spec import numbers as num

_WIDEST_LOG = 3.0
"""Largest standard deviation of a logarithm that a world may hold."""


@dataclass(frozen=True)
class Variant:
    """A change that is made to scenario and baseline alike."""

    without: tuple[str, ...] = ()
    """Passages; drivers that cite one of them are taken out."""
    theory: str | None = None
    """Mechanisms of this theory alone, all drivers off."""
    reading: tuple[str, str] | None = None
    """Reading and option to follow."""
    doubled: bool = False
    """Priors of the weights of drivers and mechanisms twice as wide."""


PLAIN = Variant()


def citing(world: World, passages: Sequence[str]) -> tuple[str, ...]:
    """Drivers of a world that cite one of these passages."""
    wanted = set(passages)
    return tuple(name for name, each in world.drivers.items() if wanted & set(each.passages))


def widened(number: num.AnyNumber) -> num.AnyNumber:
    """A prior of a weight made twice as wide, and cut at 0; a plain number stays."""
    wide = number
    match number:
        case num.Lognormal(lognormal=(median, spread)):
            wide = num.Lognormal(lognormal=(median, min(2 * spread, _WIDEST_LOG)))
        case num.Triangular(triangular=(low, mode, high)):
            wide = num.Triangular(triangular=(max(0.0, 2 * low - mode), mode, 2 * high - mode))
        case num.Uniform(uniform=(low, high)):
            half = (high - low) / 2
            wide = num.Uniform(uniform=(max(0.0, low - half), high + half))
        case num.TruncatedNormal(truncated_normal=(mean, sd, low, high)):
            bounds = (max(0.0, 2 * low - mean), 2 * high - mean)
            wide = num.TruncatedNormal(truncated_normal=(mean, 2 * sd, *bounds))
        case num.Beta(beta=(a, b)):
            # The variance is m (1 - m) / (a + b + 1); both shapes stay above 0.
            scale = max(((a + b + 1) / 4 - 1) / (a + b), 0.05)
            wide = num.Beta(beta=(a * scale, b * scale))
        case num.Categorical(categorical=options):
            pairs = zip(options.values, options.probabilities, strict=True)
            mean = sum(value * chance for value, chance in pairs)
            values = tuple(max(0.0, 2 * value - mean) for value in options.values)
            wide = num.Categorical(categorical=options.model_copy(update={"values": values}))
        case num.Joint(joint=draws):
            middle = number.median
            if min(draws.values) > 0:  # twice the spread of the logarithm, as of a lognormal
                values = tuple(middle * (value / middle) ** 2 for value in draws.values)
            else:
                values = tuple(max(0.0, 2 * value - middle) for value in draws.values)
            wide = num.Joint(joint=draws.model_copy(update={"values": values}))
    return wide


def doubled(world: World) -> World:
    """A world whose weights of drivers and mechanisms are twice as uncertain."""
    changed: dict[str, Any] = {}
    for kind in ("drivers", "mechanisms"):
        changed[kind] = {
            name: each.model_copy(update={"weight": widened(each.weight)})
            for name, each in getattr(world, kind).items()
        }
    return world.model_copy(update=changed)
