"""Who shares a bloc with whom, and the partitions in which a system may come to rest."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.font_manager import findfont, fontManager, get_font
from matplotlib.patches import Patch
from matplotlib.text import Text

from alliance_sim.errors import InputError, Problem
from alliance_sim.plots import style
from alliance_sim.validation import NOT_VALIDATED

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.axes import Axes

    from alliance_sim.analysis.blocs import Blocs

Doubles = npt.NDArray[np.float64]

MOST_NUMBERED = 24
"""Actors up to which cells hold numbers."""
_TREE = 0.16
"""Width of the dendrogram beside the matrix, as a share of the matrix."""


@style.styled
def comembership(ds: xr.Dataset, ax: Axes | None = None) -> Axes:
    """How often each pair of actors shares a bloc, with the tree of average linkage beside it.

    Actors stand in the order of the tree, which joins those that most often share a bloc; two
    branches meet at the mean share of runs in which their members are apart.

    Args:
        ds: what :func:`alliance_sim.shared_blocs` returned.
        ax: axes to draw on; left out, those of a new figure.
    """
    if "shared" not in ds:
        what = "the dataset has no shared blocs"
        raise InputError([Problem(what, "give what shared_blocs returned")])
    names = style.actor_names(ds)
    side = 2.6 + 0.36 * len(names)
    target = style.axes_for(ds, ax, side * 1.22 + 0.6, side)
    shared = ds["shared"].transpose("actor", "other").to_numpy()
    order = _tree(target, shared)
    table = shared[np.ix_(order, order)]
    target.imshow(table, cmap=_shades(), vmin=0, vmax=1, aspect="auto")
    labels = [names[each] for each in order]
    places = range(len(labels))
    target.set_xticks(places, labels, rotation=45, ha="right", rotation_mode="anchor")
    target.set_yticks(places, labels)
    target.tick_params(length=0)
    target.spines[:].set_visible(False)
    if len(labels) <= MOST_NUMBERED:
        for (i, j), value in np.ndenumerate(table):
            if i != j:
                ink = "white" if value > 0.7 else style.BLACK
                target.text(
                    j, i, _percent(value), ha="center", va="center", fontsize=style.SMALL, color=ink
                )
    if ax is None:
        when = f", {ds.attrs['month_read']}" if ds.attrs.get("month_read") else ""
        label = f"Runs in which the two share a bloc [%]{when}"
        target.set_title(style.marked(label, NOT_VALIDATED), fontsize=style.BODY)
    _letters(target, names, own=ax is None)
    return target


def _percent(value: float) -> str:
    if 0 < value < 0.005:
        return "<1"
    return ">99" if 0.995 <= value < 1 else f"{100 * value:.0f}"


def _tree(target: Axes, shared: Doubles) -> list[int]:
    """Draw the dendrogram to the right of the axes, and give the order of its leaves."""
    from scipy.cluster.hierarchy import dendrogram, linkage
    from scipy.spatial.distance import squareform

    apart = 1 - (shared + shared.T) / 2
    np.fill_diagonal(apart, 0)
    joined = linkage(squareform(np.clip(apart, 0, 1), checks=False), method="average")
    found = dendrogram(joined, no_plot=True)
    beside = target.inset_axes((1.015, 0.0, _TREE, 1.0))
    for heights, leaves in zip(found["dcoord"], found["icoord"], strict=True):
        # SciPy puts leaf k at 5 + 10 k.
        beside.plot(heights, (np.array(leaves) - 5) / 10, color=style.GREY, linewidth=1.0)
    beside.set_ylim(len(shared) - 0.5, -0.5)
    beside.set_xlim(0, max(1.0, float(joined[:, 2].max())) * 1.02)
    beside.set_yticks([])
    beside.set_xticks([0, 0.5, 1], ["0", "50", "100"], fontsize=style.SMALL)
    beside.set_xlabel("apart\n[% of runs]", fontsize=style.SMALL)
    beside.spines["left"].set_visible(False)
    return [int(each) for each in found["leaves"] or ()]


def _shades() -> LinearSegmentedColormap:
    return LinearSegmentedColormap.from_list("together", ["white", "#A9CFE4", "#00466E"])


@style.styled
def minima(found: Blocs, ax: Axes | None = None, most: int = 8) -> Axes:
    """The local minima of a system's landscape: who stands where, how deep, how wide.

    A column is a partition, the deepest first, with its energy and the share of all partitions
    from which steepest descent leads to it. Actors are in the order that the best partition
    gives, its first actor's bloc on top.

    Args:
        found: what :func:`alliance_sim.blocs` returned.
        ax: axes to draw on; left out, those of a new figure.
        most: how many minima to draw.
    """
    import xarray as xr

    if found.landscape is None:
        what = "the system has no landscape of partitions"
        raise InputError([Problem(what, "give one with ties, and not too many actors")])
    listed = found.landscape.minima(most)
    names, source = found.system.names(), found.system.source or found.system.about
    order = sorted(range(len(names)), key=lambda i: listed[0].across[i])
    about = xr.Dataset(attrs={"title": found.system.name})
    widest = max(style.text_size(name, style.BODY)[0] for name in names) / 72
    size = (max(4.6, 1.2 + widest + 0.95 * len(listed)), 1.9 + 0.3 * len(names))
    target = style.axes_for(about, ax, *size)
    table = np.array([[each.across[i] for each in listed] for i in order], dtype=float)
    target.imshow(table, cmap=_two(), vmin=0, vmax=1, aspect="auto")
    target.set_yticks(range(len(names)), [names[i] for i in order])
    heads = [f"{_short(each.energy)}\n{_percent(each.share)}%" for each in listed]
    target.set_xticks(range(len(listed)), heads)
    target.set_xlabel("energy [size² × propensity]\nshare of partitions that descend to it")
    target.tick_params(length=0)
    target.spines[:].set_visible(False)
    for edge in np.arange(0.5, len(listed) - 1):
        target.axvline(edge, color="white", linewidth=3)
    for edge in np.arange(0.5, len(names) - 1):
        target.axhline(edge, color="white", linewidth=0.8)
    if ax is None:
        count = len(found.landscape.codes)
        more = f"the {len(listed)} deepest of {count:,}" if count > len(listed) else "all"
        target.set_title(f"Local minima ({more})", fontsize=style.BODY, pad=22)
        key = [
            Patch(facecolor=style.BLUE, label=f"with {names[0]}"),
            Patch(facecolor=_ACROSS, label="across"),
        ]
        target.legend(handles=key, loc="lower left", bbox_to_anchor=(0, 1), ncols=2)
        _foot(target, source, size[0])
    _letters(target, [*names, found.system.name, source], own=ax is None)
    return target


def _foot(target: Axes, source: str, width: float) -> None:
    """Say at the foot of a figure of ours where the numbers come from."""
    whole = target.get_figure(root=True)
    assert whole is not None
    text = style.wrap(f"Source: {source}", width * 72 * 0.96, style.SMALL - 1) if source else ""
    whole.supxlabel(text, x=0.012, ha="left", fontsize=style.SMALL - 1, color=style.GREY)


def _letters(target: Axes, texts: Iterable[str], own: bool) -> None:
    """Add a font that has the letters that ours lacks, if one is installed."""
    missing = {ord(char) for char in "".join(texts)} - _charset(findfont(style.FONT))
    # The last resort has a box for everything.
    known = (each for each in fontManager.ttflist if missing and "Last Resort" not in each.name)
    family = next((each.name for each in known if missing <= _charset(each.fname)), None)
    if family is None:
        return
    drawn = target.get_figure(root=True) if own else target
    assert drawn is not None
    for text in drawn.findobj(Text):
        assert isinstance(text, Text)
        text.set_fontfamily([style.FONT, family])


@lru_cache(maxsize=512)
def _charset(path: str) -> frozenset[int]:
    return frozenset(get_font(path).get_charmap())


_ACROSS = "#F2C879"
"""A pale orange, much lighter than the blue beside it."""


def _two() -> LinearSegmentedColormap:
    return LinearSegmentedColormap.from_list("sides", [style.BLUE, _ACROSS])


def _short(value: float) -> str:
    text = f"{value:,}" if isinstance(value, int) and abs(value) < 10**7 else f"{value:.4g}"
    return text.replace("-", "−")
