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
from alliance_sim.simulate.explaining import account, chronicle, explain

__all__ = [
    "account",
    "as_scenario",
    "attributes",
    "chronicle",
    "compare",
    "explain",
    "reporting_like",
    "run",
    "scenario_hash",
    "warn_if_unstable",
]
