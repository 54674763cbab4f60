#!/usr/bin/env python3
"""Write the tables of docs/calibration.md from the folders that `alliance-sim calibrate` left.

    tools/calibration_tables.py results/calibration_votes_1998 results/calibration_votes_2011 ...

The first table holds every number's prior and posteriors, the second how each calibration went;
they replace what stands between the two marks in the page.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
import xarray as xr

PAGE = Path(__file__).resolve().parents[1] / "docs" / "calibration.md"
BEGIN, END = "<!-- tables -->", "<!-- end of tables -->"
LEVELS = (0.05, 0.5, 0.95)


def numbers(found: list[xr.Dataset]) -> Iterator[str]:
    """Prior and posteriors of every number; how well simulated data tell it, in the last."""
    from alliance_sim.plots.posteriors import label

    last = found[-1]
    heads = [f"to {each.attrs['until']}" for each in found]
    yield row("number", "prior", *heads, "found again")
    yield row("---", *("---",) * (len(found) + 1), "---:")
    for path in map(str, last["number"].to_numpy()):
        prior = span(last["prior"].sel(number=path).to_numpy())
        after = [span(each["posterior"].sel(number=path).quantile(LEVELS)) for each in found]
        yield row(label(path), prior, *after, f"{float(last['recovery'].sel(number=path)):.2f}")


def diagnostics(found: list[xr.Dataset]) -> Iterator[str]:
    """How the search went, and whether to believe it."""
    yield row("", *(f"to {each.attrs['until']}" for each in found))
    yield row("---", *("---:",) * len(found))
    yield row("dyads", *(str(each.attrs["dyads"]) for each in found))
    yield row("generations", *(str(each.sizes["generation"]) for each in found))
    yield row("runs of the search", *(f"{float(each['simulated'].sum()):,.0f}" for each in found))
    yield row("distance, first and last", *(ends(each["threshold"]) for each in found))
    yield row("how far marginals moved, first and last", *(ends(each["shift"]) for each in found))
    sizes = (f"{each.attrs['effective']:.0f}" for each in found)
    yield row("effective size after the adjustment", *sizes)
    yield row("counts of ranks outside of their 99% band", *(outside(each) for each in found))
    yield row("numbers whose ranks have p < 0.01", *(uneven(each) for each in found))
    for look in map(str, found[-1]["look"].to_numpy()):
        yield row(f"{look}: seen, simulated", *(looks(each, look) for each in found))


def outside(one: xr.Dataset) -> str:
    low, high = map(int, str(one.attrs["band"]).split(" to "))
    counts = one["ranks"].to_numpy()
    return f"{((counts < low) | (counts > high)).sum()} of {counts.size} ({low} to {high})"


def uneven(one: xr.Dataset) -> str:
    low = one["number"].to_numpy()[one["rank_p"].to_numpy() < 0.01]
    return ", ".join(str(each).rpartition(".")[2] for each in low) or "none"


def looks(one: xr.Dataset, look: str) -> str:
    at = one.sel(look=look)
    return f"{float(at['look_observed']):.2g}, {span(at['look_simulated'].to_numpy())}"


def ends(values: xr.DataArray) -> str:
    return f"{float(values[0]):.2f}, {float(values[-1]):.2f}"


def span(values: Iterable[float]) -> str:
    low, middle, high = (f"{float(each):.2g}" for each in np.asarray(values))
    return f"{middle} ({low} to {high})"


def row(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"


def main() -> None:
    from alliance_sim import store

    if len(sys.argv) < 2:
        sys.exit(__doc__)
    found = [store.read(Path(each) / store.CALIBRATION) for each in sys.argv[1:]]
    text = PAGE.read_text(encoding="utf-8")
    before, rest = text.split(BEGIN)
    after = rest.split(END)[1]
    made = "\n\n".join("\n".join(part(found)) for part in (numbers, diagnostics))
    PAGE.write_text(f"{before}{BEGIN}\n{made}\n{END}{after}", encoding="utf-8")


if __name__ == "__main__":
    main()
