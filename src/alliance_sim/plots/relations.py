"""How all actors stand to each other, at the base date and at the horizon."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Literal

import numpy as np
import numpy.typing as npt
from matplotlib.artist import Artist
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.lines import Line2D

from alliance_sim.errors import InputError, Problem
from alliance_sim.plots import layout, style
from alliance_sim.validation import said_of

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.axes import Axes
    from matplotlib.legend import Legend

Doubles = npt.NDArray[np.float64]
When = Literal["first", "last"]

WEAKEST = 0.25
"""Alignments nearer to 0 are not drawn."""
SMALLEST_CHANGE, LARGE_CHANGE = 0.05, 0.3
"""Changes of an alignment that are drawn, and that are drawn as wide as can be; judgement."""
_LEFT_OUT = f"Ties weaker than {WEAKEST} are not drawn."
CANVAS = (430.0, 340.0)
"""Room for the names of a network, in points."""
NAME_SIZE = 9.0
_HOSTILE_DASHES = (0, (3, 1.6))


@style.styled
def network(ds: xr.Dataset, when: When = "last", ax: Axes | None = None) -> Axes:
    """Alignments between all actors: the median over runs of the mean of both directions.

    Actors stand in the same place at both dates. Friendly ties are solid and blue, hostile
    ones dashed and orange, the wider the stronger; those nearer to 0 than 0.25 are left out.
    """
    _check_when(when)
    target = style.axes_for(ds, ax, 7.0, 6.0)
    draw_network(target, ds, when)
    if ax is None:
        target.set_title(heading(ds, when), fontsize=style.BODY)
        explain_ties(target)
    else:
        _explain_inside(target, f"{heading(ds, when)}. {_LEFT_OUT}")
    return target


def draw_network(ax: Axes, ds: xr.Dataset, when: When) -> None:
    """Ties, then names over them."""
    _draw(ax, ds, mutual(ds, when), WEAKEST, 1.0)


def draw_changes(ax: Axes, ds: xr.Dataset) -> None:
    """The same for what has changed from the base date to the horizon."""
    _draw(ax, ds, _change(ds), SMALLEST_CHANGE, LARGE_CHANGE)


def _draw(ax: Axes, ds: xr.Dataset, tie: Doubles, weakest: float, strongest: float) -> None:
    """Ties that are not too weak, (actor, actor); a unit of the axes is a point of a canvas."""
    names = style.actor_names(ds)
    at, canvas = positions(ds)
    ax.set(xlim=(0, canvas[0]), ylim=(0, canvas[1]), xticks=[], yticks=[])
    ax.set_aspect("equal")
    ax.spines[:].set_visible(False)
    pairs = [(i, j) for i in range(len(names)) for j in range(i) if abs(tie[i, j]) >= weakest]
    for i, j in sorted(pairs, key=lambda pair: abs(tie[pair])):
        look = _tie_style(float(tie[i, j]), weakest, strongest)
        ax.plot(*at[[i, j]].T, **look)  # type: ignore[arg-type]
    ax.apply_aspect()
    # Names shrink with the axes, so that they never touch, however small these are.
    scale = style.size_of(ax)[0] / canvas[0]
    plate = {"boxstyle": "round,pad=0.3", "facecolor": "white", "edgecolor": style.GREY}
    for name, (x, y) in zip(names, at, strict=True):
        size = NAME_SIZE * min(1.0, scale)
        box = {**plate, "linewidth": 0.6}
        ax.text(x, y, name, ha="center", va="center", fontsize=size, bbox=box, zorder=5)


def _tie_style(value: float, weakest: float, strongest: float) -> dict[str, object]:
    strength = min(1.0, (abs(value) - weakest) / (strongest - weakest))
    return {
        "color": style.BLUE if value > 0 else style.VERMILLION,
        "linestyle": "-" if value > 0 else _HOSTILE_DASHES,
        "linewidth": 0.5 + 4.0 * strength,
        "alpha": 0.35 + 0.5 * strength,
        "solid_capstyle": "butt",
        "zorder": 2,
    }


def explain_ties(ax: Axes) -> None:
    """What the ties of a network mean, beneath it."""
    _explain_beneath(ax, _tie_key(), _LEFT_OUT)


def explain_changes(ax: Axes) -> None:
    """What the ties of a network of changes mean, beneath it."""
    limits = SMALLEST_CHANGE, LARGE_CHANGE
    sizes = (("closer", LARGE_CHANGE), ("closer", 0.1), ("apart", -0.1), ("apart", -LARGE_CHANGE))
    words = f"Changes smaller than {SMALLEST_CHANGE} are not drawn."
    _explain_beneath(ax, [_key(*each, *limits) for each in sizes], words)


def _explain_beneath(ax: Axes, key: list[Artist], words: str) -> None:
    drawn = ax.legend(handles=key, loc="upper left", bbox_to_anchor=(0, 0), ncols=4, handlelength=4)
    _head(drawn, words)


def _explain_inside(ax: Axes, words: str) -> None:
    """The same at the foot of axes of others, in room made for it beneath the network."""
    wide, tall = style.room_of(ax)
    dpi = ax.get_figure(root=True).dpi  # type: ignore[union-attr]
    for columns in (4, 2, 1):
        drawn = ax.legend(
            handles=_tie_key(),
            loc="lower left",
            bbox_to_anchor=(0, 0),
            ncols=columns,
            handlelength=4,
            borderaxespad=0,
        )
        _head(drawn, style.wrap(words, wide, style.SMALL))
        box = drawn.get_window_extent()
        if box.width * 72 / dpi <= wide:
            break
    # A unit of the axes is a point of the canvas at a scale that the legend makes smaller.
    taken = box.height * 72 / dpi + 4
    (_, across), (_, high) = ax.get_xlim(), ax.get_ylim()
    scale = min(wide / across, max(tall - taken, tall / 3) / high)
    ax.set_ylim(-taken / scale, high)
    # Where the height decides, the axes would be narrower than their legend.
    ax.set_xlim(_centred(across, wide / scale))
    ax.apply_aspect()
    for each in ax.texts:
        each.set_fontsize(NAME_SIZE * min(1.0, scale))


def _centred(across: float, whole: float) -> tuple[float, float]:
    spare = max(0.0, whole - across) / 2
    return -spare, across + spare


def _head(drawn: Legend, words: str) -> None:
    drawn.set_title(words)
    drawn.get_title().set_fontsize(style.SMALL)
    drawn.set_alignment("left")


def _tie_key() -> list[Artist]:
    sizes = (("friendly", 0.9), ("friendly", 0.4), ("hostile", -0.4), ("hostile", -0.9))
    return [_key(*each, WEAKEST, 1.0) for each in sizes]


def _key(kind: str, value: float, weakest: float, strongest: float) -> Artist:
    words = f"{kind}, {value:+.1f}".replace("-", "−")
    return Line2D([], [], label=words, **_tie_style(value, weakest, strongest))  # type: ignore[arg-type]


def _change(ds: xr.Dataset) -> Doubles:
    """Median over runs of the change of the mean of both directions, (actor, actor)."""
    found: Doubles = np.median(_both_ways(ds, "last") - _both_ways(ds, "first"), axis=0)
    return found


def mutual(ds: xr.Dataset, when: When) -> Doubles:
    """Median over runs of the mean of both directions, symmetric, (actor, actor)."""
    found: Doubles = np.median(_both_ways(ds, when), axis=0)
    return found


def _both_ways(ds: xr.Dataset, when: When) -> Doubles:
    """Mean of both directions, (run, actor, actor)."""
    values = ds[f"alignment_{when}"].transpose("run", "actor", "other").to_numpy()
    both: Doubles = ((values + values.transpose(0, 2, 1)) / 2).astype(np.float64)
    return both


def positions(ds: xr.Dataset) -> tuple[Doubles, Doubles]:
    """Where actors stand at any date, (actor, 2), and the canvas, (2,), in points."""
    return _placed(tuple(style.actor_names(ds)), mutual(ds, "first").tobytes())


@lru_cache(maxsize=16)
def _placed(names: tuple[str, ...], ties: bytes) -> tuple[Doubles, Doubles]:
    """Positions and canvas, found once for the pictures of one world."""
    pad = 2 * 0.3 * NAME_SIZE + 2  # of the plate behind a name
    sizes = np.array([style.text_size(name, NAME_SIZE) for name in names]) + pad
    tie = np.frombuffer(ties).reshape(len(names), len(names))
    at, growth = layout.place(tie, sizes, *CANVAS)
    # Ties that are not drawn yet may be at the horizon.
    strength = np.abs(tie)
    weights = np.select([strength >= WEAKEST, strength >= WEAKEST - 0.1], [1.0, 0.1])
    found = []
    for larger in (1.0, 1.1, 1.2, 1.3):
        canvas = larger * growth * np.array(CANVAS)
        start = sizes / 2 + (at - sizes / 2) * (canvas - sizes) / (canvas / larger - sizes)
        clear = layout.clear_ties(start, sizes, weights, canvas)
        found.append((layout.crossings(clear, sizes, np.floor(weights)), clear, canvas))
        if found[-1][0] == 0:
            break
    _, at, canvas = min(found, key=lambda each: each[0])
    return at, canvas


def month(ds: xr.Dataset, when: When) -> str:
    """The month of the base date or of the horizon, as YYYY-MM."""
    return str(ds["month"].to_numpy()[0 if when == "first" else -1])[:7]


def heading(ds: xr.Dataset, when: When) -> str:
    """Over a picture of all alignments: when, and how far they are validated."""
    said = said_of(ds[f"alignment_{when}"].attrs)
    return style.marked(f"Alignments in {month(ds, when)}", said)


def _check_when(when: str) -> None:
    if when not in ("first", "last"):
        raise InputError([Problem(f"'{when}' is no date", "use 'first' or 'last'")])


@style.styled
def matrix(ds: xr.Dataset, when: When = "last", ax: Axes | None = None) -> Axes:
    """Alignment of each actor (row) to each other (column): the median over runs.

    Actors are in the same order at both dates: those who aligned alike stand together.
    """
    _check_when(when)
    target = style.axes_for(ds, ax, 7.5, 6.6)
    names, order = style.actor_names(ds), _order(ds)
    values = ds[f"alignment_{when}"].transpose("run", "actor", "other").to_numpy()
    table = np.median(values.astype(np.float64), axis=0)[np.ix_(order, order)]
    np.fill_diagonal(table, np.nan)
    image = target.imshow(table, cmap=diverging(), vmin=-1, vmax=1, aspect="auto")
    labels = [names[each] for each in order]
    target.set_xticks(range(len(labels)), labels, rotation=45, ha="right", rotation_mode="anchor")
    target.set_yticks(range(len(labels)), labels)
    target.tick_params(length=0)
    target.spines[:].set_visible(False)
    bar = target.get_figure(root=True).colorbar(image, ax=target, shrink=0.7)  # type: ignore[union-attr]
    bar.set_label(style.axis_label(ds[f"alignment_{when}"]))
    bar.outline.set_visible(False)
    if ax is None:
        target.set_title(f"Alignments in {month(ds, when)}", fontsize=style.BODY)
    else:
        style.keep_inside(target)
    if len(labels) <= 20:
        _write_values(target, table, 1.0 if ax is None else _shrunk(target, len(labels)))
    return target


def _shrunk(ax: Axes, cells: int) -> float:
    """How much smaller numbers have to be for their cells on axes of others."""
    width, height = style.text_size("+0.0", style.SMALL - 1)
    wide, tall = style.size_of(ax)
    return min(1.0, 0.9 * wide / cells / width, 0.9 * tall / cells / height)


def _write_values(ax: Axes, table: Doubles, shrunk: float) -> None:
    """The numbers: in grey print a dark cell does not tell friend from foe."""
    size = shrunk * (style.SMALL - 1)
    for (i, j), value in np.ndenumerate(table):
        if np.isfinite(value):
            ink = "white" if abs(value) > 0.4 else style.BLACK
            text = f"{value:+.1f}".replace("-", "−") if abs(value) >= 0.05 else "0"
            ax.text(j, i, text, ha="center", va="center", fontsize=size, color=ink)


def _order(ds: xr.Dataset) -> list[int]:
    first = layout.classical_scaling(1 - mutual(ds, "first"))[:, 0]
    return [int(each) for each in np.argsort(first.round(9), kind="stable")]


def diverging() -> LinearSegmentedColormap:
    """Vermillion over white to blue."""
    stops = ["#8A3B00", style.VERMILLION, "white", style.BLUE, "#00466E"]
    return LinearSegmentedColormap.from_list("hostile_to_friendly", stops)
