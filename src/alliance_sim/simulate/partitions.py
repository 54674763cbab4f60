"""Blocs of a system in a file, and of the actors of a scenario at a month."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from alliance_sim.analysis.blocs import Blocs, blocs_of
from alliance_sim.errors import InputError, Problem
from alliance_sim.executors import Workers
from alliance_sim.load.blocs import load_blocs, read_blocs
from alliance_sim.simulate.ensembles import as_scenario, attributes, run
from alliance_sim.spec import Scenario
from alliance_sim.spec.base import month_number, month_text
from alliance_sim.spec.blocs import BlocSystem

if TYPE_CHECKING:
    import xarray as xr

    from alliance_sim.analysis.membership import Sizes, When


def blocs(system: BlocSystem | Mapping[str, Any] | str | Path) -> Blocs:
    """Two-bloc partitions, structural balance and weighted positions of a system of actors.

    Args:
        system: a checked system, the path of a YAML or CSV file (docs/blocs.md), or plain data
            as such a YAML file holds.

    Returns:
        Its ``landscape`` of partitions with the local minima, its ``balance``, and the
        ``positions`` on its issues; ``as_json()`` gives all of it as plain data.

    Raises:
        InputError: with every mistake of the file, each at its place.

    Example:
        >>> import alliance_sim as al
        >>> found = al.blocs({"actors": {"a": {}, "b": {}, "c": {}}, "ties": {"a-b": 1, "b-c": -1}})
        >>> best = found.landscape.minima()[0]
        >>> found.members(best.across), best.energy
        ((['a', 'b'], ['c']), -2)
    """
    if isinstance(system, Mapping):
        return blocs_of(read_blocs(system))
    return blocs_of(system if isinstance(system, BlocSystem) else load_blocs(system))


def run_until(
    scenario: Scenario | str | Path,
    month: str | None = None,
    runs: int = 1000,
    seed: int = 0,
    *,
    workers: Workers = None,
    progress: Callable[[int], None] | None = None,
) -> tuple[xr.Dataset, When]:
    """Run a scenario up to a month, and say at which end of the dataset that month is.

    Leaving out later months changes no number of the earlier ones. The dataset bears the hash of
    the whole scenario.

    Args:
        scenario: a checked scenario, a shipped name or a path.
        month: YYYY-MM; None for the end of the horizon.
        runs: number of runs.
        seed: any integer from 0.
        workers: processes to share the work, or any executor; None for all cores.
        progress: called with the number of runs just finished.

    Raises:
        InputError: where the month is not simulated, or an input cannot be used.
    """
    checked = as_scenario(scenario)
    months = checked.horizon.months if month is None else _months(checked, month)
    cut = checked.horizon.model_copy(update={"months": max(1, months)})
    ds = run(
        checked.model_copy(update={"horizon": cut}), runs, seed, workers=workers, progress=progress
    )
    # What is asked of is the scenario, not its first months.
    about = attributes(checked, runs, seed)
    whole = {name: about[name] for name in ("scenario", "scenario_hash")}
    return ds.assign_attrs(whole), "last" if months else "first"


def _months(scenario: Scenario, month: str) -> int:
    """Months from the base date to a month of the horizon."""
    first = month_number(scenario.horizon.start)
    last = first + scenario.horizon.months
    try:
        asked = month_number(month)
        known = month_text(asked) == month and first <= asked <= last
    except ValueError:
        known = False
    if not known:
        what = f"'{month}' is no month of the horizon"
        mend = f"choose one from {month_text(first)} to {month_text(last)}"
        raise InputError([Problem(what, mend)])
    return asked - first


def shared_blocs(
    scenario: Scenario | str | Path,
    month: str | None = None,
    runs: int = 1000,
    seed: int = 0,
    *,
    sizes: Sizes = "capability",
    workers: Workers = None,
    progress: Callable[[int], None] | None = None,
) -> xr.Dataset:
    """How often each pair of actors shares a bloc at a month, over the runs of a scenario.

    In each run the blocs are those of the partition of lowest energy, with alignments as
    propensities.

    Args:
        scenario: a checked scenario, a shipped name or a path.
        month: YYYY-MM; None for the end of the horizon.
        runs: number of runs.
        seed: any integer from 0.
        sizes: ``capability`` of the base date, or ``equal``.
        workers: processes to share the work, or any executor; None for all cores.
        progress: called with the number of runs just finished.

    Returns:
        ``shared`` and ``shared_error`` (actor, other), ``best_share`` (partition) and
        ``across`` (partition, actor); see ``alliance_sim.analysis.membership.shared_blocs``.

    Raises:
        InputError: where an input cannot be used.

    Example:
        >>> import alliance_sim as al
        >>> ds = al.shared_blocs("us_exits_jcpoa", "2018-05", runs=8, seed=7)
        >>> float(ds["shared"].sel(actor="iran", other="iran"))
        1.0
    """
    from alliance_sim.analysis import membership

    ds, when = run_until(scenario, month, runs, seed, workers=workers, progress=progress)
    return membership.shared_blocs(ds, when, sizes)
