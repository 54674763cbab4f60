"""Who shares a bloc with whom over the runs of an ensemble."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, get_args

import numpy as np
import numpy.typing as npt

from alliance_sim.analysis.landscape import check_count, energies, sides
from alliance_sim.errors import InputError, Problem
from alliance_sim.results import parsed
from alliance_sim.spec.blocs import BlocActor, BlocSystem

if TYPE_CHECKING:
    import xarray as xr

Doubles = npt.NDArray[np.float64]
When = Literal["first", "last"]
Sizes = Literal["capability", "equal"]

TIED = 1e-12
"""Energies of a run that differ by less, beside the sum of its |s_i s_j p_ij|, count as equal:
a hundred times the rounding error of such sums in double precision."""
_ENTRIES = 1 << 22
"""Energies held at the same time."""
_PIECE = 1 << 16
"""Tied partitions whose sides are held at the same time."""
MOST_LISTED = 50
"""Partitions listed by how often they are the best."""


@dataclass(frozen=True)
class Membership:
    """Shares of runs, with their Monte-Carlo errors."""

    shared: Doubles
    """(actor, other) mean over runs of whether a pair shares a bloc."""
    error: Doubles
    """(actor, other) standard error of that mean; NaN for a single run."""
    best: dict[int, float]
    """Code of a partition -> share of runs in which it has the lowest energy; the most frequent
    ``MOST_LISTED``, by share, then by code."""


def membership(alignment: npt.NDArray[np.floating], sizes: Doubles) -> Membership:
    """How often each pair shares a bloc in the partition of lowest energy.

    A run in which several partitions tie for the lowest energy counts in equal parts for each.
    Alignments in single precision are read as the short decimals that they print as.

    Args:
        alignment: (run, actor, other); as an energy counts each pair both ways, what matters is
            the mean of both directions.
        sizes: (actor,), or (run, actor) where they differ by run; above 0.

    Raises:
        InputError: where there are too many actors to enumerate.
    """
    runs, n, _ = alignment.shape
    check_count(n)
    step = max(1, _ENTRIES >> (n - 1))
    by_run = np.broadcast_to(sizes, (runs, n))
    shared = np.empty((runs, n, n))
    best = np.zeros(1 << (n - 1))
    for start in range(0, runs, step):
        part = slice(start, start + step)
        shared[part] = _block(as_written(alignment[part]), by_run[part], best)
    error = shared.std(axis=0, ddof=1) / np.sqrt(runs) if runs > 1 else np.full((n, n), np.nan)
    codes = np.flatnonzero(best)
    codes = codes[np.argsort(-best[codes], kind="stable")][:MOST_LISTED].tolist()
    return Membership(
        shared.mean(axis=0), error, {code: float(best[code]) / runs for code in codes}
    )


def as_written(values: npt.NDArray[np.floating]) -> Doubles:
    """Numbers of single precision as the shortest decimals that stand for them: 0.1 is 0.1.

    Doubles are left as they are.
    """
    if values.dtype == np.float32:
        return values.astype(str).astype(np.float64)
    return values.astype(np.float64)


def _block(alignment: Doubles, sizes: Doubles, best: Doubles) -> Doubles:
    """(run, actor, other) share of the best partitions in which a pair is together.

    Runs in which a partition is among the best are added to ``best``, (2^(actor - 1),) by code.
    """
    runs, n, _ = alignment.shape
    both = alignment + alignment.transpose(0, 2, 1)
    pair = np.moveaxis(both * sizes[:, :, None] * sizes[:, None, :], 0, -1)
    pair[np.arange(n), np.arange(n)] = 0.0
    found = energies(pair)
    highest = found.min(axis=0) + TIED * np.abs(pair).sum(axis=(0, 1)) / 2
    alike = np.empty((runs, n, n))
    for run in range(runs):
        codes = np.flatnonzero(found[:, run] <= highest[run])
        best[codes] += 1 / len(codes)
        alike[run] = sum(
            (_alike(codes[start : start + _PIECE], n) for start in range(0, len(codes), _PIECE)),
            np.zeros((n, n)),
        ) / len(codes)
    return (1 + alike) / 2


def _alike(codes: npt.NDArray[np.int64], n: int) -> Doubles:
    """(actor, other) partitions in which a pair is together less those in which it is not."""
    side = np.ones((len(codes), n))
    side[:, 1:] -= 2.0 * (codes[:, None] >> np.arange(n - 1) & 1)
    together: Doubles = side.T @ side
    return together


def shared_blocs(ds: xr.Dataset, when: When = "last", sizes: Sizes = "capability") -> xr.Dataset:
    """How often each pair of actors shares a bloc over the runs of a dataset.

    In each run the propensities are the alignments and the blocs are those of the partition of
    lowest energy (:mod:`alliance_sim.analysis.landscape`).

    Args:
        ds: what :func:`alliance_sim.run` returned.
        when: the base date or the horizon.
        sizes: ``capability``, that of the world at the base date as drawn in each run, or
            ``equal``.

    Returns:
        ``shared`` (actor, other), the share of runs, ``shared_error``, its standard error, and
        ``best_share`` (partition), how often each partition is the best, with ``across``
        (partition, actor), 1 for those that stand across from the first actor.

    Raises:
        InputError: where the dataset does not say what is needed.
    """
    import xarray as xr

    alignment = ds[f"alignment_{_checked(when, When)}"].transpose("run", "actor", "other")
    found = membership(alignment.to_numpy(), run_sizes(ds, sizes))
    codes = list(found.best)
    actors = [str(each) for each in ds["actor"].to_numpy()]
    across = np.array([sides(code, len(actors)) for code in codes], dtype=np.int8)
    month = str(ds["month"].to_numpy()[0 if when == "first" else -1])[:7]
    share = {"units": "share of runs", "valid_range": np.array((0.0, 1.0))}
    return xr.Dataset(
        {
            "shared": (
                ("actor", "other"),
                found.shared,
                share | {"long_name": "runs in which the two share a bloc"},
            ),
            "shared_error": (
                ("actor", "other"),
                found.error,
                {"units": "share of runs", "long_name": "Monte-Carlo standard error"},
            ),
            "best_share": (
                "partition",
                np.array([found.best[code] for code in codes]),
                share | {"long_name": "runs in which the partition has the lowest energy"},
            ),
            "across": (
                ("partition", "actor"),
                across,
                {"units": "1: across from the first actor", "long_name": "side of each actor"},
            ),
        },
        coords={
            "actor": actors,
            "other": actors,
            "actor_name": ("actor", [str(each) for each in ds["actor_name"].to_numpy()]),
        },
        attrs={**ds.attrs, "month_read": month, "sizes": sizes},
    )


def run_sizes(ds: xr.Dataset, sizes: Sizes = "capability") -> Doubles:
    """Sizes of the actors in each run, (run, actor): capability at the base date, or 1."""
    actors = [str(each) for each in ds["actor"].to_numpy()]
    found = np.ones((ds.sizes["run"], len(actors)))
    if _checked(sizes, Sizes) == "equal":
        return found
    drawn = {str(name): place for place, name in enumerate(ds["parameter"].to_numpy())}
    for place, actor in enumerate(actors):
        name = f"world.actors.{actor}.capability"
        if name in drawn:
            found[:, place] = ds["parameters"].to_numpy()[:, drawn[name]]
        else:
            found[:, place] = _capability(ds, actor)
    if not (found > 0).all():
        what = "an actor has no capability, and sizes have to be above 0"
        raise InputError([Problem(what, "use sizes 'equal'")])
    return found


def _capability(ds: xr.Dataset, actor: str) -> float:
    try:
        world = parsed(ds.attrs, "scenario", dict)["world"]
        return float(world["actors"][actor]["capability"])
    except (KeyError, TypeError, ValueError) as error:
        what = f"the dataset does not say the capability of '{actor}'"
        raise InputError([Problem(what, "use sizes 'equal'")]) from error


def system_of_run(
    ds: xr.Dataset, run: int, when: When = "last", sizes: Sizes = "capability"
) -> BlocSystem:
    """The alignments of one run as a system of its own, each direction as it is.

    Raises:
        InputError: where there is no such run, or the dataset does not say what is needed.
    """
    runs = [int(each) for each in ds["run"].to_numpy()]
    if run not in runs:
        what = f"there is no run {run}"
        raise InputError([Problem(what, f"choose one from {runs[0]} to {runs[-1]}")])
    place = runs.index(run)
    values = ds[f"alignment_{_checked(when, When)}"].transpose("run", "actor", "other")
    table = as_written(values.to_numpy()[place])
    actors = [str(each) for each in ds["actor"].to_numpy()]
    names = [str(each) for each in ds["actor_name"].to_numpy()]
    size = run_sizes(ds, sizes)[place]
    month = str(ds["month"].to_numpy()[0 if when == "first" else -1])[:7]
    scenario, seed = str(ds.attrs.get("scenario_hash", "?"))[:10], ds.attrs.get("seed", "?")
    return BlocSystem(
        name=f"{ds.attrs.get('title', 'A run')}, run {run}, {month}",
        source=f"alignments of run {run}, scenario {scenario}, seed {seed}",
        actors={
            key: BlocActor(name=name, size=float(str(each)))
            for key, name, each in zip(actors, names, size, strict=True)
        },
        ties={
            f"{a}->{b}": float(table[i, j])
            for i, a in enumerate(actors)
            for j, b in enumerate(actors)
            if i != j
        },
    )


def _checked(word: str, kind: object) -> str:
    if word not in get_args(kind):
        known = ", ".join(f"'{each}'" for each in get_args(kind))
        raise InputError([Problem(f"'{word}' is not known here", f"use one of: {known}")])
    return word
