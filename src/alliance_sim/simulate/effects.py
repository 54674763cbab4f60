"""The same draws with and without an intervention: what a scenario changes, run by run."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from alliance_sim.errors import InputError, Problem
from alliance_sim.executors import Workers
from alliance_sim.simulate.crossing import Pair, cross
from alliance_sim.simulate.ensembles import as_scenario, check_numbers, run, scenario_hash
from alliance_sim.spec import Scenario

if TYPE_CHECKING:
    import xarray as xr


def compare(
    baseline: Scenario | str | Path,
    scenario: Scenario | str | Path | Sequence[Scenario | str | Path],
    runs: int = 1000,
    seed: int = 0,
    *,
    theories: Sequence[str | None] | None = None,
    replicates: int | None = None,
    workers: Workers = None,
    chance: bool = True,
) -> xr.Dataset:
    """Effect of scenarios against a baseline, run by run.

    All share every draw, so that run r of one and run r of the other differ by what the
    scenario does and by nothing else.

    Args:
        baseline: what to measure against; a scenario, a shipped name or a path.
        scenario: what to measure; or several, to be set side by side.
        runs: number of pairs.
        seed: any integer from 0.
        theories: theories to compare by name, None among them for all mechanisms. Left out,
            the scenario's own. Where a world has drivers, which every theory shares, they
            mostly outweigh what theories differ by: set ``drivers`` to false to see that.
        replicates: how often to repeat each run's parameters with other chance, so that
            :func:`alliance_sim.analysis.variance.variance_split` can tell the two apart.
        workers: processes to share the work, or any executor; None for all cores.
        chance: False compares expected paths, as in :func:`run`.

    Returns:
        A dataset in which every outcome is the difference scenario minus baseline,
        (run, month), in the outcome's unit; see ``alliance_sim.analysis.summary.paired``.
        A sequence of scenarios, theories and replicates bring the dims scenario, theory and
        replicate. Several scenarios all give every outcome that one of them reports, as far as
        their worlds define it alike, and the dyads that all of them record.

    Raises:
        InputError: where an input cannot be used, or the scenarios cannot be set side by side.

    Example:
        >>> import alliance_sim as al
        >>> effect = al.compare("baseline_2018", "us_exits_jcpoa", runs=8, seed=7)
        >>> float(effect["iran_to_russia"].isel(month=0).max())
        0.0
        >>> both = al.compare(
        ...     "baseline_2018",
        ...     ["us_exits_jcpoa", "syria_settlement"],
        ...     runs=8,
        ...     theories=[None, "balance_of_threat"],
        ... )
        >>> both["axis_strength"].dims
        ('scenario', 'theory', 'run', 'month')
    """
    from alliance_sim.analysis.comparison import stacked

    several = isinstance(scenario, Sequence) and not isinstance(scenario, str)
    given = list(scenario) if isinstance(scenario, Sequence) and several else [scenario]
    repeats = 1 if replicates is None else replicates
    check_numbers(replicates=repeats)
    pairs = cross(as_scenario(baseline), _labelled(given), theories)
    found = _run_pairs(pairs, runs, seed, range(repeats), workers=workers, chance=chance)
    asked: dict[str, Sequence[str] | Sequence[int]] = {}
    if several:
        asked["scenario"] = list(dict.fromkeys(pair.label for pair in pairs))
    if theories is not None:
        asked["theory"] = list(dict.fromkeys(pair.theory for pair in pairs))
    if replicates is not None:
        asked["replicate"] = list(range(repeats))
    return stacked(found, asked) if asked else found[0]


def _labelled(given: Sequence[object]) -> dict[str, Scenario]:
    """Scenarios by what they are called: a shipped name, the stem of a path, or their own name."""
    found: dict[str, Scenario] = {}
    twice = []
    for each in given:
        checked = as_scenario(each)
        label = checked.name if isinstance(each, Scenario) else Path(str(each)).stem
        if label in found:
            twice.append(Problem(f"two scenarios are called '{label}'", "rename one"))
        found[label] = checked
    if twice:
        raise InputError(twice)
    return found


def _run_pairs(
    pairs: Sequence[Pair],
    runs: int,
    seed: int,
    replicates: Sequence[int],
    *,
    workers: Workers,
    chance: bool,
) -> list[xr.Dataset]:
    """Differences of every pair and replicate, in this order; equal baselines are run once."""
    from alliance_sim.analysis.summary import paired
    from alliance_sim.results import shared_runs

    baselines: dict[tuple[str, int], xr.Dataset] = {}
    found = []
    for pair in pairs:
        for k in replicates:
            key = (scenario_hash(pair.baseline), k)
            ensembles = [pair.scenario] if key in baselines else [pair.baseline, pair.scenario]
            done = [
                run(each, runs, seed, workers=workers, chance=chance, replicate=k)
                for each in ensembles
            ]
            baselines.setdefault(key, done[0])
            found.append(paired(*shared_runs(baselines[key], done[-1])))
    return found
