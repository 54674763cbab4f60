"""What a user may say: worlds, scenarios and everything in them, as frozen pydantic models."""

from alliance_sim.spec.scenario import Intervention, Scenario
from alliance_sim.spec.world import World

__all__ = ["Intervention", "Scenario", "World"]
