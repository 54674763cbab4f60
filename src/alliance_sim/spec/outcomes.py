"""What can be measured: of a month, over months of a run, and of an effect."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field, field_validator

from alliance_sim.spec.base import (
    Frozen,
    Name,
    OutcomeId,
    Prose,
    RelatedActorDyad,
    Source,
    keyed_union,
    problem_error,
)
from alliance_sim.spec.numbers import Real
from alliance_sim.spec.signals import SIGNAL_KINDS, Signal


class ClassMeasure(Frozen):
    """Relation class of a dyad."""

    relation_class: RelatedActorDyad
    """The dyad."""


class Fall(Frozen):
    """An outcome, and how far it has to fall."""

    of: OutcomeId
    """The outcome."""
    by: Annotated[Real, Field(gt=0)]
    """Fall below its base value, in its unit."""


class FallenMeasure(Frozen):
    """1 from the month in which an outcome has fallen so far, before that 0."""

    fallen: Fall
    """Which outcome, and how far."""


class VarianceMeasure(Frozen):
    """Variance of an outcome over the months of a run so far."""

    variance: OutcomeId
    """The outcome."""


class EffectOn(Frozen):
    """A property of the effect that a scenario has on an outcome."""

    on: OutcomeId
    """The outcome."""
    reports: Literal["time_to_peak", "persistence", "explained_share"]
    """time_to_peak: months from the first intervention to the largest effect. persistence: effect
    at the horizon as a share of the largest. explained_share: share of the variance over two
    factors that the first explains, less that of the second."""


class EffectMeasure(Frozen):
    """A measure of a paired effect; it takes a baseline, so a single run does not report it."""

    effect: EffectOn
    """Of what, and which property."""


if TYPE_CHECKING:
    Measure = Signal | ClassMeasure | FallenMeasure | VarianceMeasure | EffectMeasure
else:
    Measure = keyed_union(
        "measure",
        {
            **SIGNAL_KINDS,
            "relation_class": ClassMeasure,
            "fallen": FallenMeasure,
            "variance": VarianceMeasure,
            "effect": EffectMeasure,
        },
    )


class Outcome(Frozen):
    """A number that runs, or comparisons of runs, report."""

    name: Name
    """Name for tables and pictures."""
    about: Prose = ""
    """What it measures."""
    measure: Measure
    """How it is computed from the state."""
    unit: str = "index"
    """Unit for axes and tables."""
    range: tuple[Real, Real] = (0.0, 1.0)
    """Lowest and highest possible value."""
    smallest_effect: Annotated[Real, Field(gt=0)] | None = None
    """Smallest effect of interest, in the outcome's unit: less is no effect. Left out, a hundredth
    of the range. judgement: for an alignment that is 0.02, a quarter of the usual yearly change of
    voting agreement within a dyad, whose median is 0.08"""
    source: Source | None = None
    """Where the definition comes from."""

    @field_validator("range")
    @classmethod
    def _rises(cls, value: tuple[float, float]) -> tuple[float, float]:
        if value[0] >= value[1]:
            raise problem_error("the range does not rise", "give the lowest value first")
        return value

    @property
    def least(self) -> float:
        """Smallest effect of interest."""
        low, high = self.range
        return (high - low) / 100 if self.smallest_effect is None else self.smallest_effect
