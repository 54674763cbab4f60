"""What moved an alignment, over the months: causes stacked so that they add up to the change."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np
import numpy.typing as npt
from matplotlib.artist import Artist
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from alliance_sim.analysis.attribution import directions_of
from alliance_sim.errors import InputError, Problem
from alliance_sim.plots import style
from alliance_sim.validation import NOT_VALIDATED, said_of

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.axes import Axes

Doubles = npt.NDArray[np.float64]

LARGEST = 7
"""Causes with a colour of their own; the rest is one area."""
LEAST = 0.02
"""Causes smaller than this share of the largest are not named."""
_LOOKS = (
    (style.BLUE, ""),
    (style.ORANGE, "////"),
    (style.GREEN, ""),
    (style.SKY, "...."),
    (style.VERMILLION, ""),
    (style.YELLOW, "\\\\\\\\"),
    (style.PURPLE, ""),
)
_NAME = 165.0  # room for the name of a cause, in points
_REST = ("#BDBDBD", "")


Of = Literal["alignment", "utility"]


@style.styled
def attribution(
    found: xr.Dataset, dyad: str | None = None, ax: Axes | None = None, of: Of = "alignment"
) -> Axes:
    """Mean parts of the change of an alignment, or terms of the decisions behind it, by month.

    What raises it is stacked above zero, what lowers it below; the line is the whole, the sum of
    both. The largest causes have a colour of their own.

    Args:
        found: what ``explain`` gave.
        dyad: one of those explained; left out, the first.
        ax: where to draw; left out, a new figure.
        of: ``alignment``, in its own units, or ``utility`` of a closer posture.
    """
    known = [str(each) for each in found["dyad"].to_numpy()]
    dyad = dyad or known[0]
    if dyad not in known:
        mend = f"use one of: {', '.join(known)}"
        raise InputError([Problem(f"'{dyad}' was not explained", mend)])
    target = style.axes_for(found, ax, 8.0, 4.8)
    names = [str(each) for each in found["cause_name"].to_numpy()]
    parts = _parts(found, dyad) if of == "alignment" else terms(found, dyad)
    key = draw_attribution(target, style.dates(found)[: parts.shape[1]], parts, names)
    style.month_axis(target, found)
    what = "Change" if of == "alignment" else "Utility of a closer posture"
    units = "index" if of == "alignment" else "utility"
    label = f"{what}, against {found.attrs.get('against', '')} [{units}]"
    said = said_of(found.attrs) if of == "alignment" else NOT_VALIDATED
    target.set_ylabel(style.marked(label, said, style.size_of(target)[1]))
    taken = style.mark_interventions(target, found)
    if ax is not None:
        style.legend(target, key, own=False, under=taken)
    else:
        target.legend(handles=key, loc="center left", bbox_to_anchor=(1.01, 0.5))
        about = style.subject(found, "alignment", dyad)
        head = "What moved the" if of == "alignment" else "What was weighed in the"
        target.set_title(f"{head} {about[:1].lower()}{about[1:]}", fontsize=style.BODY)
    return target


def _parts(found: xr.Dataset, dyad: str) -> Doubles:
    """Parts of the change of alignment, (cause, month)."""
    rows = found["contribution"].sel(dyad=dyad).sum("side")
    return np.asarray(rows.transpose("cause", "month").to_numpy(), np.float64)


def terms(found: xr.Dataset, dyad: str) -> Doubles:
    """Terms of utility, (cause, month of decision); the relation itself stays, and is no change."""
    rows = found["weighed"].sel(direction=directions_of(found, dyad)).mean("direction")
    change = rows.where(rows["cause"] != "relation", 0.0)
    return np.asarray(change.transpose("cause", "decision").to_numpy(), np.float64)


def draw_attribution(ax: Axes, days: Doubles, parts: Doubles, names: list[str]) -> list[Artist]:
    """Stacked areas of (cause, month), and their sum; what they mean."""
    size = np.abs(parts).max(axis=1)
    order = [k for k in np.argsort(-size, kind="stable") if size[k] > 0]
    named = [k for k in order[:LARGEST] if size[k] >= LEAST * size.max()]
    left = order[len(named) :]
    stack = [
        (style.wrap(names[k], _NAME, style.SMALL), parts[k], look)
        for k, look in zip(named, _LOOKS, strict=False)
    ]
    if left:
        others = f"{len(left)} other {'cause' if len(left) == 1 else 'causes'}"
        stack.append((others, parts[left].sum(axis=0), _REST))
    up, down = np.zeros(len(days)), np.zeros(len(days))
    key: list[Artist] = []
    for name, part, (colour, hatch) in stack:
        above, below = up + np.maximum(part, 0), down + np.minimum(part, 0)
        for low, high in ((up, above), (below, down)):
            area = ax.fill_between(days, low, high, facecolor=colour, linewidth=0)
            area.set(hatch=hatch, edgecolor="white")
        up, down = above, below
        key.append(Patch(facecolor=colour, hatch=hatch, edgecolor="white", linewidth=0, label=name))
    whole = parts.sum(axis=0)
    ax.plot(days, whole, color="white", linewidth=3.6, zorder=4)
    ax.plot(days, whole, color=style.BLACK, linewidth=1.8, zorder=5)
    key.append(Line2D([], [], color=style.BLACK, linewidth=1.8, label="all together"))
    ax.axhline(0, color=style.GREY, linewidth=0.6, zorder=3)
    ax.set_ylim(*style.value_range(float(down.min()), float(up.max())))
    return key
