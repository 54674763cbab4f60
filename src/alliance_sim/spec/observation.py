"""The numbers of the observation model, each of which may be uncertain."""

from __future__ import annotations

from collections.abc import Iterator

from pydantic import Field

from alliance_sim.spec.base import Frozen, Id
from alliance_sim.spec.numbers import AnyNumber, NonNegative, Number, Unit

ROOT = "observation"
"""First step of the path of each of its numbers, such as ``observation.votes.slope``."""


class LinearMeasure(Frozen):
    """A measure that rises in a straight line with its latent."""

    level: Number
    """Value of a dyad with latent 0."""
    slope: Number
    """Change of the value with a unit of the latent."""
    noise: NonNegative
    """Standard deviation of what is new every year and gone in the next."""
    drift: NonNegative
    """Standard deviation of the yearly step of what the model leaves unexplained of a dyad."""
    between: NonNegative
    """Standard deviation of that between dyads, before any was observed."""
    sampling: Unit = 1.0
    """Share of the error of the measurement itself that shows."""
    back: Unit = 0.0
    """Share of what is unexplained that is lost in a year; 0 is a random walk."""
    noise_of: dict[Id, NonNegative] = Field(default_factory=dict)
    """Source -> its own ``noise``, where sources differ."""
    source: str
    """Where the numbers come from."""


class OrdinalMeasure(Frozen):
    """Votes for, against or neither, by an ordered logit."""

    slope: Number
    """Log odds that a unit of the latent adds."""
    middle: Number
    """Latent times slope at which abstention lies in the middle."""
    gap: NonNegative
    """Width of abstention in log odds."""
    source: str
    """Where the numbers come from."""


class ObservationNumbers(Frozen):
    """How relations show in each measure."""

    references: dict[Id, str] = Field(default_factory=dict)
    """Key -> citation."""
    votes: LinearMeasure
    """Weighted kappa of votes in the General Assembly, of alignment."""
    ideal_points: LinearMeasure
    """Distance of ideal points, of alignment."""
    arms: LinearMeasure
    """log(1 + million TIV in five years), of cooperation in arms."""
    trade: LinearMeasure
    """log(1 + million USD), of cooperation in trade."""
    targeted_votes: OrdinalMeasure
    """Stand on resolutions aimed at a state, of alignment with it."""
    targets: dict[str, Id] = Field(default_factory=dict)
    """Topic of targeted votes -> id of the actor that they are aimed at."""

    def numbers(self) -> Iterator[tuple[str, AnyNumber]]:
        """The path of every number and the number, in the order of the fields."""
        for measure, content in self:
            if isinstance(content, LinearMeasure | OrdinalMeasure):
                for name, value in content:
                    path = f"{ROOT}.{measure}.{name}"
                    if isinstance(value, dict):
                        yield from ((f"{path}.{source}", each) for source, each in value.items())
                    elif name != "source":
                        yield path, value
