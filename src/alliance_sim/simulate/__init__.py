"""The front doors: run scenarios from Python. No logic of the model lives here."""

from __future__ import annotations

from alliance_sim.simulate.effects import compare, reporting_like
from alliance_sim.simulate.ensembles import (
    as_scenario,
    attributes,
    run,
    scenario_hash,
    warn_if_unstable,
)

__all__ = [
    "as_scenario",
    "attributes",
    "compare",
    "reporting_like",
    "run",
    "scenario_hash",
    "warn_if_unstable",
]
