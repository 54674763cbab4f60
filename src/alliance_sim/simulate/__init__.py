"""The front doors: run scenarios from Python. No logic of the model lives here."""

from __future__ import annotations

from alliance_sim.simulate.crossing import Pair, cross, reporting_like, unknown_theories
from alliance_sim.simulate.discoveries import Discovery, discover, plan_discovery
from alliance_sim.simulate.effects import compare
from alliance_sim.simulate.ensembles import (
    ALL_MECHANISMS,
    as_scenario,
    attributes,
    check_sound,
    run,
    scenario_hash,
    warn_if_unstable,
)
from alliance_sim.simulate.estimates import Estimate, estimate, refuse_short_disk
from alliance_sim.simulate.explaining import account, chronicle, explain
from alliance_sim.simulate.partitions import blocs, run_until, shared_blocs
from alliance_sim.simulate.sensitivities import SensitivityDesign, plan_sensitivity, sensitivity

__all__ = [
    "ALL_MECHANISMS",
    "Discovery",
    "Estimate",
    "Pair",
    "SensitivityDesign",
    "account",
    "as_scenario",
    "attributes",
    "blocs",
    "check_sound",
    "chronicle",
    "compare",
    "cross",
    "discover",
    "estimate",
    "explain",
    "plan_discovery",
    "plan_sensitivity",
    "refuse_short_disk",
    "reporting_like",
    "run",
    "run_until",
    "scenario_hash",
    "sensitivity",
    "shared_blocs",
    "unknown_theories",
    "warn_if_unstable",
]
