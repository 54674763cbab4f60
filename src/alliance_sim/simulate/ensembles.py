"""Run one scenario many times, and say of the result where it comes from."""

from __future__ import annotations

import hashlib
import json
import operator
import warnings
from collections.abc import Callable
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from alliance_sim.errors import (
    FailedRunsWarning,
    InputError,
    Problem,
    RunError,
    UnstableModelWarning,
)
from alliance_sim.executors import Workers, unfit
from alliance_sim.load import load_scenario
from alliance_sim.spec import Intervention, Scenario
from alliance_sim.spec.scenario import Between, Hazard

if TYPE_CHECKING:
    import xarray as xr

    from alliance_sim.engines.stability import Stability
    from alliance_sim.results import Record

ALL_MECHANISMS = "all mechanisms"
"""What results call a run that no theory narrows."""
_MADE_WITH = ("alliance-sim", "numpy", "scipy", "mesa", "pydantic", "xarray")


def run(
    scenario: Scenario | str | Path,
    runs: int = 1000,
    seed: int = 0,
    *,
    workers: Workers = None,
    progress: Callable[[int], None] | None = None,
    chance: bool = True,
    replicate: int = 0,
    store: str | Path | None = None,
    resume: bool = False,
) -> xr.Dataset:
    """Run a scenario many times.

    Args:
        scenario: a checked scenario, the name of a shipped one, or a path to a file.
        runs: number of runs. More runs add to the earlier ones and change none of them.
        seed: any integer from 0; the same seed gives the same numbers, whatever the workers.
        workers: processes to share the work, or any executor; None for all cores.
        progress: called with the number of runs just finished.
        chance: False gives every run its expected path: each decision does what it does on
            average and nothing is shaken, so that runs differ by their parameters (and by
            elections and open dates, which are drawn all the same).
        replicate: 0 for the ensemble itself; any other keeps the parameters of every run and
            draws its chance (noise and elections) anew.
        store: a folder, such as ``iran.zarr``, to write the runs to as they are done, each block
            by whoever ran it; memory then does not grow with the runs. Left out, they are kept
            in memory. A store that is finished is replaced.
        resume: True goes on with a store that was interrupted, or adds runs to a finished one.

    Returns:
        A dataset with dims run, month, dyad, pair, actor, other, parameter. Every declared
        outcome is a variable (run, month) with its unit and, as ``validation``, the skill of
        forecasts of it or that it is not validated; ``alignment`` (run, month, dyad) and
        ``relation_class`` (run, month, pair) hold the recorded dyads, ``alignment_first`` and
        ``alignment_last`` (run, actor, other) everyone at the base date and the horizon,
        ``parameters`` what was drawn for each uncertain number. Attributes hold the scenario,
        its hash, the seed and versions.

    Raises:
        InputError: where the scenario, runs, seed or workers cannot be used.
        RunError: where a run gives a number that is not finite.

    Warns:
        UnstableModelWarning: where small departures from the base state would grow by
            themselves, with the mechanism to blame.

    Example:
        >>> import alliance_sim as al
        >>> ds = al.run("us_exits_jcpoa", runs=8, seed=7)
        >>> ds["iran_to_russia"].dims
        ('run', 'month')
    """
    from alliance_sim.compile import labels_of
    from alliance_sim.engines.ensemble import replicated, run_lanes
    from alliance_sim.results import dataset, without_failed
    from alliance_sim.simulate.estimates import refuse_what_cannot_fit
    from alliance_sim.simulate.storing import fill
    from alliance_sim.simulate.validations import labelled

    checked = as_scenario(scenario)
    check_numbers(runs=runs, seed=seed, workers=workers, replicate=replicate)
    runs, seed = int(runs), int(seed)
    place = None if store is None else Path(store)
    refuse_what_cannot_fit(checked, runs, place)
    warn_if_unstable(checked)
    tell = progress or (lambda done: None)
    blocks = replicated(checked, runs, seed, replicate)
    about = attributes(checked, runs, seed, chance)
    if replicate:
        about["replicate"] = int(replicate)
    if place is not None:
        found = fill(place, checked, blocks, about, workers, tell, chance=chance, resume=resume)
    else:
        record = run_lanes(checked, blocks, workers, tell, chance=chance)
        whole = labelled(dataset(record, labels_of(checked), about), checked)
        found = without_failed(whole)
    warn_of_failures(found)
    return found


def check_sound(record: Record, seed: int) -> None:
    """Raise RunError where a run failed, for what can do without none of them."""
    for run, reason in enumerate(record.failure):
        if reason:
            raise RunError(f"run {run} of seed {seed} failed: {reason}")


def warn_of_failures(ds: xr.Dataset) -> None:
    """Warn where runs failed and were left out."""
    from alliance_sim.results import failures_of

    if failures := failures_of(ds):
        named = "; ".join(f"run {each['run']}: {each['reason']}" for each in failures[:4])
        more = f"; and {len(failures) - 4:,} more" if len(failures) > 4 else ""
        share = f"{len(failures):,} of {ds.attrs['runs']:,} runs of seed {ds.attrs['seed']}"
        what = f"{share} failed and were left out: {named}{more}"
        warnings.warn(what, FailedRunsWarning, stacklevel=3)


def as_scenario(scenario: object) -> Scenario:
    """A scenario as it is, or loaded from its name or path."""
    if isinstance(scenario, Scenario):
        return scenario
    if not isinstance(scenario, str | Path):
        what = f"a scenario cannot be {scenario!r}"
        raise InputError([Problem(what, "give a Scenario, a shipped name, or a path")])
    return load_scenario(scenario)


def warn_if_unstable(scenario: Scenario) -> None:
    """Warn where the world, under the scenario's theory, runs away from its base state."""
    if scenario.world.behaviour.calibration == "none":
        return  # such a world is meant to move by itself
    still = scenario.model_copy(update={"interventions": (), "dyads": ()})
    found = _stability(still.model_dump_json(by_alias=True, include=_STILL), still)
    if found is None:
        warnings.warn(
            f"with {len(scenario.world.actors)} actors the world is too large to find out whether "
            "it stays near its base date by itself; look at a run without interventions",
            UnstableModelWarning,
            stacklevel=3,
        )
    elif not found.stable:
        warnings.warn(
            f"the model is unstable at the base date: its spectral radius is {found.radius:.4f}, "
            f"and {found.radius_without:.4f} without {found.blame}; lower that weight",
            UnstableModelWarning,
            stacklevel=3,
        )


_STILL = {"world", "theory", "readings", "drivers"}  # what the stability of a scenario rests on
_known_stability: dict[str, Stability | None] = {}
_MOST_KNOWN = 100


def _stability(key: str, scenario: Scenario) -> Stability | None:
    """Stability of a world, found once in a process: scenarios of one world share it."""
    from alliance_sim.compile import compile_scenario
    from alliance_sim.engines.stability import check

    if key not in _known_stability:
        if len(_known_stability) >= _MOST_KNOWN:
            _known_stability.clear()
        _known_stability[key] = check(compile_scenario(scenario))
    return _known_stability[key]


def scenario_hash(scenario: Scenario) -> str:
    """SHA-256 of all that a scenario says, as 64 hexadecimal digits."""
    text = json.dumps(scenario.model_dump(mode="json", by_alias=True), sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


def attributes(scenario: Scenario, runs: int, seed: int, chance: bool = True) -> dict[str, Any]:
    """What a dataset says of where it comes from."""
    interventions = [
        {"id": each.id, "about": each.about} | _when(each) for each in scenario.interventions
    ]
    return {
        "title": scenario.name,
        "question": scenario.question,
        "scenario": scenario.model_dump_json(by_alias=True, exclude_unset=True),
        "scenario_hash": scenario_hash(scenario),
        "seed": seed,
        "runs": runs,
        "sampling": scenario.sampling,
        "chance": "drawn" if chance else "left out: every run on its expected path",
        "theory": scenario.theory or ALL_MECHANISMS,
        "readings": json.dumps(scenario.readings),
        "baseline": scenario.baseline or "",
        "interventions": json.dumps(interventions),
        "versions": json.dumps({name: _version(name) for name in _MADE_WITH}),
    }


def _when(intervention: Intervention) -> dict[str, str]:
    """First month in which an intervention may begin, and the last; no first for a hazard."""
    match intervention.at:
        case Between(between=(first, last)):
            return {"month": first, "until": last}
        case Hazard():
            return {"month": "", "until": ""}
        case month:
            return {"month": month, "until": ""}


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "not installed"


def check_numbers(*, workers: object = None, **numbers: int) -> None:
    """Refuse counts that make no sense, and workers that are none."""
    least = {"seed": 0, "replicate": 0, "run": 0}
    problems = [
        Problem(f"{name} is {value!r}", f"give a whole number of at least {least.get(name, 1)}")
        for name, value in numbers.items()
        if isinstance(value, bool) or not _is_index(value) or value < least.get(name, 1)
    ]
    problems += unfit(workers)
    if problems:
        raise InputError(problems)


def _is_index(value: object) -> bool:
    """Whether a value is a whole number by type; 7.0 is not, as it would key other draws."""
    try:
        operator.index(value)  # type: ignore[arg-type]
    except TypeError:
        return False
    return True
