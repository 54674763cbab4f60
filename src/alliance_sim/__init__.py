"""Simulate how the alignments of states would change under a named intervention.

>>> import alliance_sim as al
>>> scenario = al.load_scenario("us_exits_jcpoa")
>>> scenario.name
'The US leaves the nuclear deal'

Everything is imported when it is first used, so that ``import alliance_sim`` does no work.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from alliance_sim import plots, report
    from alliance_sim.analysis import attribution
    from alliance_sim.claims import judge_claims
    from alliance_sim.engines.agents import AllianceModel
    from alliance_sim.errors import AllianceSimError, InputError, Problem, RunError
    from alliance_sim.load import load_scenario, load_world, read_scenario
    from alliance_sim.load.blocs import load_blocs
    from alliance_sim.simulate import (
        SensitivityDesign,
        blocs,
        chronicle,
        compare,
        discover,
        estimate,
        explain,
        run,
        sensitivity,
        shared_blocs,
    )
    from alliance_sim.simulate.backtests import BacktestDesign, backtest
    from alliance_sim.simulate.calibrations import CalibrationDesign, calibrate
    from alliance_sim.spec import Intervention, Scenario, World
    from alliance_sim.spec.blocs import BlocSystem
    from alliance_sim.store import open_results

__all__ = [
    "AllianceModel",
    "AllianceSimError",
    "BacktestDesign",
    "BlocSystem",
    "CalibrationDesign",
    "InputError",
    "Intervention",
    "Problem",
    "RunError",
    "Scenario",
    "SensitivityDesign",
    "World",
    "attribution",
    "backtest",
    "blocs",
    "calibrate",
    "chronicle",
    "compare",
    "discover",
    "estimate",
    "explain",
    "judge_claims",
    "load_blocs",
    "load_scenario",
    "load_world",
    "open_results",
    "plots",
    "read_scenario",
    "report",
    "run",
    "sensitivity",
    "shared_blocs",
]

_MODULES = {"attribution": "analysis.attribution", "plots": "plots", "report": "report"}
_HOMES = {
    "AllianceModel": "engines.agents",
    "AllianceSimError": "errors",
    "BacktestDesign": "simulate.backtests",
    "BlocSystem": "spec.blocs",
    "InputError": "errors",
    "Intervention": "spec",
    "Problem": "errors",
    "RunError": "errors",
    "Scenario": "spec",
    "SensitivityDesign": "simulate",
    "World": "spec",
    "blocs": "simulate",
    "backtest": "simulate.backtests",
    "CalibrationDesign": "simulate.calibrations",
    "calibrate": "simulate.calibrations",
    "chronicle": "simulate",
    "compare": "simulate",
    "discover": "simulate",
    "estimate": "simulate",
    "explain": "simulate",
    "judge_claims": "claims",
    "load_blocs": "load.blocs",
    "load_scenario": "load",
    "load_world": "load",
    "open_results": "store",
    "read_scenario": "load",
    "run": "simulate",
    "sensitivity": "simulate",
    "shared_blocs": "simulate",
}


def __getattr__(name: str) -> Any:
    if name in _MODULES:
        return import_module(f"alliance_sim.{_MODULES[name]}")
    if name == "__version__":
        return import_module("importlib.metadata").version("alliance-sim")
    if name in _HOMES:
        return getattr(import_module(f"alliance_sim.{_HOMES[name]}"), name)
    raise AttributeError(f"module 'alliance_sim' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted([*__all__, "__version__"])
