"""The same draws with and without an intervention: what a scenario changes, run by run."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import TYPE_CHECKING

from alliance_sim.errors import DifferentWorldsWarning, InputError, Problem
from alliance_sim.simulate.ensembles import as_scenario, run
from alliance_sim.spec import Scenario

if TYPE_CHECKING:
    import xarray as xr


def compare(
    baseline: Scenario | str | Path,
    scenario: Scenario | str | Path,
    runs: int = 1000,
    seed: int = 0,
    *,
    workers: int = 1,
    chance: bool = True,
) -> xr.Dataset:
    """Effect of a scenario against a baseline, run by run.

    Both share every draw, so that run r of one and run r of the other differ by what the
    scenario does and by nothing else.

    Args:
        baseline: what to measure against; a scenario, a shipped name or a path.
        scenario: what to measure.
        runs: number of pairs.
        seed: any integer from 0.
        workers: processes to share the work.
        chance: False compares expected paths, as in :func:`run`.

    Returns:
        A dataset in which every outcome is the difference scenario minus baseline,
        (run, month), in the outcome's unit; see ``alliance_sim.analysis.summary.paired``.

    Raises:
        InputError: where an input cannot be used, or the two do not report the same.

    Example:
        >>> import alliance_sim as al
        >>> effect = al.compare("baseline_2018", "us_exits_jcpoa", runs=8, seed=7)
        >>> float(effect["iran_to_russia"].isel(month=0).max())
        0.0
    """
    from alliance_sim.analysis.summary import paired

    measured = as_scenario(scenario)
    against = reporting_like(as_scenario(baseline), measured)
    return paired(
        run(against, runs, seed, workers=workers, chance=chance),
        run(measured, runs, seed, workers=workers, chance=chance),
    )


def reporting_like(baseline: Scenario, scenario: Scenario) -> Scenario:
    """A baseline that reports what the scenario reports, over the same months and theory.

    It follows the same readings of the text as well.

    Outcomes are ways of measuring: those of the scenario's world are used for both.

    Warns:
        DifferentWorldsWarning: where the scenario changes the world itself.

    Raises:
        InputError: where the baseline's world lacks actors or the like of the scenario's.
    """
    problems = [
        Problem(f"the baseline's world has no '{name}' among its {kind}", "use another baseline")
        for kind in ("actors", "groups", "dyads", "arenas", "domains", "agreements", "choices")
        for name in getattr(scenario.world, kind)
        if name not in getattr(baseline.world, kind)
    ]
    if problems:
        raise InputError(problems)
    world = baseline.world.model_copy(update={"outcomes": scenario.world.outcomes})
    if world != scenario.world:
        warnings.warn(
            f"'{scenario.name}' changes the world itself: differences from its baseline are those "
            "of world and interventions together",
            DifferentWorldsWarning,
            stacklevel=2,
        )
    return baseline.model_copy(
        update={
            "world": world,
            "outcomes": scenario.outcomes,
            "dyads": scenario.dyads,
            "horizon": scenario.horizon,
            "sampling": scenario.sampling,
            "theory": scenario.theory,
            "readings": scenario.readings,
            "drivers": scenario.drivers,
        }
    )
