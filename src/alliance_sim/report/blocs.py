"""How often actors share a bloc, as the command ``blocs`` left it in a folder of results."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from alliance_sim import plots, store
from alliance_sim.report import words
from alliance_sim.report.analyses import read
from alliance_sim.report.folders import Result
from alliance_sim.report.pictures import Album
from alliance_sim.validation import NOT_VALIDATED

if TYPE_CHECKING:
    import xarray as xr

View = Mapping[str, Any]

SHOWN = 5
"""Partitions in the table, the most frequent first."""


def blocs(result: Result, album: Album) -> View | None:
    """The most frequent partitions into two blocs, and how often each pair shares one."""
    found, note = read(result, store.BLOCS)
    if found is None:
        return {"note": note, "rows": [], "pictures": []} if note else None
    rows = [_partition(found, place) for place in range(found.sizes["partition"])]
    when = words.known(found.attrs, "month_read")
    alt = f"How often each pair of actors shares a bloc in {when}. Most often: {rows[0]['told']}."
    caption = f"Percent of runs in which two actors share a bloc, {when}; beside it who joins whom."
    return {
        "note": note,
        "when": when,
        "runs": words.runs(found.attrs),
        "mark": NOT_VALIDATED,
        "sizes": words.known(found.attrs, "sizes"),
        "count": len(rows),
        "rows": rows[:SHOWN],
        "pictures": [album.picture(plots.comembership(found), alt, caption)],
    }


def _partition(found: xr.Dataset, place: int) -> View:
    """Who stands with whom in a partition, and in how many runs it is the best."""
    one = found.isel(partition=place)
    names = [str(each) for each in one["actor_name"].to_numpy()]
    sides = [int(each) for each in one["across"].transpose("actor").to_numpy()]
    first, second = (
        ", ".join(name for name, side in zip(names, sides, strict=True) if side == which)
        for which in (0, 1)
    )
    share = words.percent(float(one["best_share"]), 1)
    told = f"{first} against {second or 'nobody'}"
    return {"first": first, "second": second or "nobody", "share": share, "told": told}
