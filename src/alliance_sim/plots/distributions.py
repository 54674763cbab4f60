"""How runs are spread at the last month, and by how much a scenario moves them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
from matplotlib.artist import Artist
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from alliance_sim.analysis import summary
from alliance_sim.plots import style
from alliance_sim.results import outcome_names
from alliance_sim.validation import said_of

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.axes import Axes

Doubles = npt.NDArray[np.float64]

LEVELS = (0.05, 0.25, 0.5, 0.75, 0.95)
_DASHES = (0, (4, 1.5))
_PLATE = {"boxstyle": "square,pad=0.25", "facecolor": "white", "edgecolor": "none"}
"""Behind words that a line would pass through."""
_BEHIND = 1.5
"""Words and their plates are over the zero line and under the intervals."""


@style.styled
def horizon(
    ds: xr.Dataset,
    name: str,
    ax: Axes | None = None,
    baseline: xr.Dataset | None = None,
) -> Axes:
    """How runs are spread at the last month.

    A number is shown as a histogram, with its median, 50% and 90% intervals beneath; a class
    outcome or recorded pair as the share of runs in each relation class. The baseline is
    outlined.
    """
    classed = name in summary.classed_names(ds) or (name not in outcome_names(ds) and "-" in name)
    if classed:
        summary.codes(ds, name)
    else:
        summary.series(ds, name)
    target = style.axes_for(ds, ax, height=3.6 if classed else 4.2)
    if classed:
        draw_class_bars(target, ds, name, baseline, inside=ax is not None)
    else:
        draw_histogram(target, ds, name, baseline)
    key = _key(ds, baseline is not None, classed)
    if key or ax is None:
        style.legend(target, key, own=ax is None, title=style.subject(ds, name))
    return target


def _key(ds: xr.Dataset, with_baseline: bool, classed: bool) -> list[Artist]:
    key: list[Artist] = []
    if not classed:
        key.append(Patch(facecolor=style.BAND_50, label=f"runs in {_last_month(ds)}"))
    if with_baseline:
        outline = Patch(facecolor="none", edgecolor=style.BLACK, linestyle=_DASHES, linewidth=1.3)
        outline.set_label("baseline")
        key.append(outline)
    if not classed:
        thin = {"color": style.BLUE, "marker": "|", "linewidth": 1.0}
        key += [
            Line2D(
                [], [], color=style.BLUE, marker="o", markersize=5, linewidth=4, label="median, 50%"
            ),
            Line2D([], [], label="90% of runs", **thin),  # type: ignore[arg-type]
        ]
    return key


# -- numbers -------------------------------------------------------------------------------


def draw_histogram(ax: Axes, ds: xr.Dataset, name: str, baseline: xr.Dataset | None = None) -> None:
    """Percent of runs by value at the last month; intervals beneath the zero line."""
    values = _last(ds, name)
    samples = [values] if baseline is None else [values, _last(baseline, name)]
    valid = ds[name].attrs.get("valid_range")
    edges = _edges(samples, valid)
    heights = [100 * np.histogram(each, edges)[0] / len(each) for each in samples]
    top = 1.05 * max(float(each.max()) for each in heights)
    ax.stairs(
        heights[0], edges, fill=True, facecolor=style.BAND_50, edgecolor="white", linewidth=0.4
    )
    if baseline is not None:
        ax.stairs(heights[1], edges, color=style.BLACK, linestyle=_DASHES, linewidth=1.3)
    for row, sample in enumerate(samples):
        draw_interval(ax, sample, -top * (0.07 + 0.08 * row), baseline=row > 0)
    ax.axhline(0, color=style.GREY, linewidth=0.6)
    ax.set_ylim(-top * (0.07 + 0.08 * len(samples)), top)
    ax.set_yticks([tick for tick in ax.get_yticks() if 0 <= tick <= top])
    ax.spines["left"].set_bounds(0, top)
    ax.set_xlim(*style.value_range(float(edges[0]), float(edges[-1]), valid))
    ax.set_xlabel(style.axis_label(ds[name], style.size_of(ax)[0]))
    ax.set_ylabel("Runs [%]")


def draw_interval(ax: Axes, values: Doubles, row: float, baseline: bool = False) -> None:
    """Median, 50% and 90% interval of runs as dot, thick and thin line at a height."""
    q05, q25, median, q75, q95 = np.quantile(values, LEVELS)
    colour = style.BLACK if baseline else style.BLUE
    dashes = _DASHES if baseline else "-"
    ax.plot([q05, q95], [row, row], color=colour, linewidth=1.0, linestyle=dashes, marker="|")
    ax.plot([q25, q75], [row, row], color=colour, linewidth=4, solid_capstyle="butt")
    face = "white" if baseline else colour
    ax.plot([median], [row], "o", markersize=6, markerfacecolor=face, color=colour)


def _last_month(ds: xr.Dataset) -> str:
    return str(ds["month"].to_numpy()[-1])[:7]


def _last(ds: xr.Dataset, name: str) -> Doubles:
    return summary.series(ds, name).isel(month=-1).to_numpy().astype(np.float64)


def _edges(samples: Sequence[Doubles], valid: Sequence[float] | None) -> Doubles:
    """Bins that all samples share, as wide as Freedman and Diaconis have it; 8 to 40 of them."""
    low = min(float(each.min()) for each in samples)
    high = max(float(each.max()) for each in samples)
    if high == low:  # all runs agree: one bar, in the middle
        bottom, top = style.value_range(low, high, valid)
        return low + np.linspace(-0.5, 0.5, 10) * (top - bottom)
    widths = [np.subtract(*np.quantile(each, (0.75, 0.25))) for each in samples]
    steps = [2 * w / len(each) ** (1 / 3) for w, each in zip(widths, samples, strict=True) if w > 0]
    number = (high - low) / min(steps) if steps else 8
    return np.linspace(low, high, int(np.clip(np.ceil(number), 8, 40)) + 1)


# -- relation classes ----------------------------------------------------------------------


def draw_class_bars(
    ax: Axes,
    ds: xr.Dataset,
    name: str,
    baseline: xr.Dataset | None = None,
    inside: bool = False,
) -> None:
    """Percent of runs in each relation class at the last month, a bar each.

    Names stand to the left of the axes, or inside over the bars.
    """
    thick = 0.5 if inside else 0.66
    shares = 100 * summary.class_shares(ds, name)["share"]
    before = None if baseline is None else 100 * summary.class_shares(baseline, name)["share"]
    for row, label in enumerate(shares.index):
        value, look = float(shares[label]), style.class_style(str(label))
        edge = look.ink if look.hatch else style.GREY
        ax.barh(
            row, value, thick, color=look.colour, hatch=look.hatch, edgecolor=edge, linewidth=0.4
        )
        end, text = value, style.percent(value)
        if before is not None:
            was = float(before[label])
            end, text = max(value, was), f"{text} (baseline {style.percent(was)})"
            if was:
                outline = ax.barh(row, was, thick, color="none", edgecolor=style.BLACK)[0]
                outline.set(linestyle=_DASHES, linewidth=1.3)
        ax.annotate(
            text, (end, row), (5, 0), textcoords="offset points", va="center", fontsize=style.SMALL
        )
    labels = [style.class_label(str(each)) for each in shares.index]
    ax.set_yticks([] if inside else range(len(shares)), [] if inside else labels)
    ax.tick_params(axis="y", length=0)
    if inside:
        ax.set_ylim(-0.4, len(shares) - 0.3)
        for row, label in enumerate(labels):
            ax.text(0, row + thick / 2, f" {label}", va="bottom", fontsize=style.SMALL)
    # Room to the right for what is written behind the longest bar.
    longest = "100%" if before is None else "100% (baseline 100%)"
    room = style.text_size(longest, style.SMALL)[0] + 8
    ax.set_xlim(0, 100 / max(0.5, 1 - room / style.size_of(ax)[0]))
    ax.set_xticks(range(0, 101, 25))
    ax.spines["bottom"].set_bounds(0, 100)
    label = f"{style.relation(ds, name)} in {_last_month(ds)} [% of runs]"
    ax.set_xlabel(style.marked(label, summary.said_of_classes(ds, name), style.size_of(ax)[0]))


# -- effects -------------------------------------------------------------------------------


@style.styled
def effects(
    ds: xr.Dataset,
    baseline: xr.Dataset,
    ax: Axes | None = None,
    names: Sequence[str] | None = None,
) -> Axes:
    """Paired differences, scenario minus baseline, at the last month: an interval each.

    Only outcomes in the most common units are drawn, since they share the axis.
    """
    change = summary.paired(baseline, ds)
    numbers = [name for name in summary.numeric_names(ds) if names is None or name in names]
    target = style.axes_for(ds, ax, height=1.4 + 0.45 * len(numbers))
    draw_effects(target, ds, change, numbers)
    target.set_xlabel(f"{target.get_xlabel()} in {_last_month(ds)}", loc="left")
    return target


def draw_effects(
    ax: Axes, ds: xr.Dataset, change: xr.Dataset, names: Sequence[str], marks: bool = True
) -> None:
    """Median, 50% and 90% interval of each difference, and the share of runs on each side.

    Args:
        ax: where to draw.
        ds: results of a scenario.
        change: its differences from the baseline.
        names: outcomes to show.
        marks: whether to say how far each is validated.
    """
    kinds = Counter(ds[name].attrs.get("units", "") for name in names)
    units = kinds.most_common(1)[0][0] if kinds else ""
    shown = [name for name in names if ds[name].attrs.get("units", "") == units]
    # A piece for each row: between them are the names.
    rows = np.arange(len(shown))
    ax.vlines(0 * rows, rows - 0.25, rows + 0.25, color=style.GREY, linewidth=0.8, zorder=1)
    ax.set_ylim(len(shown) - 0.6, -0.9)
    ax.set_yticks([])
    ax.spines["left"].set_visible(False)
    texts = []
    for row, name in enumerate(shown):
        values = change[name].isel(month=-1).to_numpy().astype(np.float64)
        draw_interval(ax, values, row)
        up, down = (style.percent(float(100 * np.mean(each))) for each in (values > 0, values < 0))
        texts.append((float(np.quantile(values, 0.95)), row, f"{up} up, {down} down"))
        title, wide = style.title_of(ds[name]), style.size_of(ax)[0]
        said = said_of(ds[name].attrs)
        told = style.marked_name(title, said, wide, style.BODY) if marks else title
        _beside(ax, style.shorten(told, wide, style.BODY), row)
    _behind(ax, texts)
    ax.set_xlabel(f"Difference from the baseline [{units}]", loc="left")


def _beside(ax: Axes, text: str, row: int) -> None:
    """The name over its interval, from the left edge on, so that all the width is the data's."""
    ax.annotate(
        text,
        (0, row),
        (0, 9),
        xycoords=("axes fraction", "data"),
        textcoords="offset points",
        va="bottom",
        bbox=_PLATE,
        zorder=_BEHIND,
    )


def _behind(ax: Axes, texts: Sequence[tuple[float, int, str]]) -> None:
    """Text behind the right end of each interval, and the room for it."""
    ax.margins(x=0.04)
    low, high = ax.get_xlim()
    wide = max((style.text_size(text, style.SMALL)[0] for *_, text in texts), default=0) + 16
    ax.set_xlim(low, low + (high - low) / max(0.3, 1 - wide / style.size_of(ax)[0]))
    # The axis ends where the numbers do.
    ax.set_xticks([each for each in ax.get_xticks() if low <= each <= high])
    ax.spines["bottom"].set_bounds(low, high)
    for end, row, text in texts:
        ax.annotate(
            text,
            (end, row),
            (8, 0),
            textcoords="offset points",
            va="center",
            fontsize=style.SMALL,
            color=style.GREY,
            bbox=_PLATE,
            zorder=_BEHIND,
        )
