"""What a calibration learned: each number's posterior beside its prior."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from alliance_sim.plots import style
from alliance_sim.plots.files import Drawing

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.axes import Axes


@style.styled
def posterior(ds: xr.Dataset, ax: Axes | None = None) -> Axes:
    """Median and central 90% of each number, prior in grey and posterior in black.

    Numbers are shown as multiples of their prior median, on a logarithmic axis; those that can be
    zero or less are left to the table.

    Args:
        ds: the ``dataset()`` of a calibration.
        ax: axes to draw on; left out, those of a new figure.
    """
    prior = ds["prior"].to_numpy()
    after = ds["posterior"].quantile([0.05, 0.5, 0.95], "row").transpose("number", "quantile")
    found = after.to_numpy()
    kept = np.flatnonzero((prior[:, 0] > 0) & (found[:, 0] > 0))
    ax = style.axes_for(ds, ax, height=0.28 * len(kept) + 1.6)
    rows = np.arange(len(kept))[::-1]
    for values, shift, colour, name in (
        (prior, 0.15, style.GREY, "prior"),
        (found, -0.15, style.BLACK, "posterior"),
    ):
        low, middle, high = (values[kept] / prior[kept, 1:2]).T
        ax.hlines(rows + shift, low, high, color=colour, linewidth=2)
        ax.plot(middle, rows + shift, "o", color=colour, markersize=4, label=name)
    ax.axvline(1, color=style.GREY, linewidth=0.8, linestyle=":")
    ax.set_xscale("log")
    ticks = [0.1, 0.25, 0.5, 1, 2, 4]
    ax.set_xticks(ticks, [f"{each:g}" for each in ticks])
    ax.minorticks_off()
    ax.set_yticks(rows, [label(str(path)) for path in ds["number"].to_numpy()[kept]])
    ax.set_xlabel("Multiple of the prior median (median and central 90%)")
    ax.legend(loc="lower right")
    return ax


def label(path: str) -> str:
    """A number's path in few words."""
    kind, *steps = path.split(".")
    words = steps[1:] if kind == "world" else steps
    return " ".join(each for each in words if each != "weight").replace("_", " ")


def drawings(ds: xr.Dataset) -> Iterator[Drawing]:
    """The pictures of a calibration."""
    yield Drawing("posterior", "", partial(posterior, ds))
