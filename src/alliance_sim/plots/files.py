"""The pictures of runs, as files."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from alliance_sim.analysis import summary
from alliance_sim.files import replacing
from alliance_sim.plots import style
from alliance_sim.plots.comparisons import effect_fan
from alliance_sim.plots.distributions import draw_effects, draw_histogram, effects, horizon
from alliance_sim.plots.relations import (
    draw_changes,
    draw_network,
    explain_changes,
    explain_ties,
    heading,
    matrix,
    month,
)
from alliance_sim.plots.timelines import classes, draw_classes, draw_fan, fan, fan_key
from alliance_sim.results import outcome_names
from alliance_sim.validation import said_of

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


class Drawing(NamedTuple):
    """A picture that can be drawn from results."""

    kind: str
    subject: str
    """The outcome, dyad, pair or scenario that it is about; empty where it is about everything."""
    draw: Callable[[], Axes | Figure]

    @property
    def name(self) -> str:
        """Name of its file, without the ending."""
        subject = re.sub(r"[^\w-]", "_", self.subject.replace("->", "_to_"))
        return f"{self.kind}_{subject}" if subject else self.kind


KINDS = ("overview", "fan", "effect", "horizon", "classes", "effects", "network", "matrix")
"""Kinds of pictures that can be drawn from runs."""
DEFAULT = frozenset({"overview", "fan", "horizon", "classes", "network"})
"""Kinds that every run draws."""


def drawings(ds: xr.Dataset, baseline: xr.Dataset | None = None) -> Iterator[Drawing]:
    """Every picture that some results can give, kind by kind in the order of :data:`KINDS`."""
    numbers = summary.numeric_names(ds)
    dyads = [str(each) for each in ds["dyad"].to_numpy()] if "alignment" in ds else []
    everyone = {"alignment_first", "alignment_last"} <= set(ds.data_vars)
    yield Drawing("overview", "", partial(overview, ds, baseline))
    for name in numbers:
        yield Drawing("fan", name, partial(fan, ds, name, baseline=baseline))
    held = baseline if baseline is not None and "alignment" in baseline else None
    for dyad in dyads:
        yield Drawing("fan", dyad, partial(fan, ds, "alignment", dyad, baseline=held))
    if baseline is not None:
        for name in numbers:
            yield Drawing("effect", name, partial(effect_fan, ds, name, baseline=baseline))
    for name in outcome_names(ds):
        yield Drawing("horizon", name, partial(horizon, ds, name, baseline=baseline))
    for name in summary.classed_names(ds):
        yield Drawing("classes", name, partial(classes, ds, name))
    if baseline is not None and numbers:
        yield Drawing("effects", "", partial(effects, ds, baseline))
    if everyone:
        yield Drawing("network", "", partial(networks, ds))
        yield Drawing("matrix", "", partial(matrix, ds))


def write_all(ds: xr.Dataset, folder: str | Path, baseline: xr.Dataset | None = None) -> list[Path]:
    """Write the default pictures as PNG files into a folder, and return their paths.

    ``overview.png``, ``fan_<outcome>.png`` for each number, ``horizon_<outcome>.png`` for
    each outcome, ``classes_<name>.png`` for each class outcome and recorded pair, and
    ``network.png``. The baseline must have been run with the same draws.
    """
    if baseline is not None:
        summary.check_paired(baseline, ds)  # before any file is made
    chosen = [
        each
        for each in drawings(ds, baseline)
        if each.kind in DEFAULT and not (each.kind == "fan" and "-" in each.subject)
    ]
    return [*write_drawings(chosen, folder)]


def write_drawings(
    chosen: Iterable[Drawing], folder: str | Path, form: str = "png"
) -> Iterator[Path]:
    """Draw pictures and write them into a folder, one by one.

    Args:
        chosen: some of :func:`drawings`.
        folder: the folder, which is made with the first picture if it is not there.
        form: the format: ``png``, ``svg`` or ``pdf``.
    """
    place = Path(folder)
    for each in chosen:
        place.mkdir(parents=True, exist_ok=True)
        yield write(each.draw(), place / f"{each.name}.{form}")


@style.styled
def write(drawn: Axes | Figure, path: Path) -> Path:
    """Save a picture, or the figure that its axes belong to."""
    whole = drawn.get_figure(root=True)
    assert whole is not None
    about = style.origin(whole) if path.suffix == ".png" else None
    with replacing(path) as part:
        whole.savefig(part, dpi=style.DPI, metadata=about)
    return path


@style.styled
def networks(ds: xr.Dataset) -> Figure:
    """The network of alignments at the base date, and beside it what changes to the horizon."""
    whole = style.figure(ds, 12.5, 5.8)
    left, right = whole.subplots(1, 2)
    draw_network(left, ds, "first")
    left.set_title(heading(ds, "first"), fontsize=style.BODY)
    explain_ties(left)
    draw_changes(right, ds)
    right.set_title(f"Changes from then to {month(ds, 'last')}", fontsize=style.BODY)
    explain_changes(right)
    return whole


@style.styled
def overview(ds: xr.Dataset, baseline: xr.Dataset | None = None) -> Figure:
    """One figure for a README, 1200 pixels wide.

    Fans of up to four numbers; beneath them the classes of a relation, and the differences
    from the baseline, or without one the first number at the horizon. There is no room to
    name interventions, so none is marked.
    """
    numbers, classed = summary.numeric_names(ds)[:4], summary.classed_names(ds)[:1]
    last_row = len(classed) + bool(numbers)
    rows = -(-len(numbers) // 2) + bool(last_row)
    whole = style.figure(ds, 8.0, 0.9 + 2.1 * rows)
    grid = whole.add_gridspec(rows + 1, 2, height_ratios=[0.06] + [1] * rows)
    for place, name in enumerate(numbers):
        wide = len(numbers) % 2 == 1 and place == len(numbers) - 1
        spot = grid[1 + place // 2, slice(None) if wide else place % 2]
        _small_fan(whole.add_subplot(spot), ds, name, baseline)
    below = [grid[-1, :]] if last_row == 1 else [grid[-1, 0], grid[-1, 1]]
    if classed:
        _small_classes(whole.add_subplot(below[0]), ds, classed[0])
    if numbers:
        _small_effects(whole.add_subplot(below[-1]), ds, numbers, baseline)
        # The key stands in a row of its own: constrained layout then keeps it off the title.
        head = whole.add_subplot(grid[0, :])
        head.set_axis_off()
        head.legend(handles=fan_key(baseline is not None), ncols=5, loc="center left")
    return whole


def _small_fan(ax: Axes, ds: xr.Dataset, name: str, baseline: xr.Dataset | None) -> None:
    """In a small picture the name goes over the axes, the units beside them."""
    draw_fan(ax, ds, name, baseline=baseline)
    _head(ax, style.title_of(ds[name]))
    _beside(ax, f"[{ds[name].attrs.get('units', '')}]", said_of(ds[name].attrs))


def _small_classes(ax: Axes, ds: xr.Dataset, name: str) -> None:
    unnamed, _ = draw_classes(ax, ds, name, marks=False)
    if unnamed:  # areas fill these axes to the brim
        ax.legend(handles=unnamed, loc="upper left", bbox_to_anchor=(0, -0.12), ncols=2)
    _head(ax, style.relation(ds, name))
    _beside(ax, "[% of runs]", summary.said_of_classes(ds, name))


def _beside(ax: Axes, units: str, said: str) -> None:
    ax.set_ylabel(style.marked(units, said, style.size_of(ax)[1]))


def _small_effects(ax: Axes, ds: xr.Dataset, names: list[str], baseline: xr.Dataset | None) -> None:
    """Differences from the baseline; without one, the spread of the first number."""
    if baseline is None:
        draw_histogram(ax, ds, names[0])
        _head(ax, f"Spread in {month(ds, 'last')}")
        return
    # How far each is validated stands at its fan.
    draw_effects(ax, ds, summary.paired(baseline, ds), names, marks=False)
    _head(ax, f"Effect in {month(ds, 'last')}, runs up and down")


def _head(ax: Axes, text: str) -> None:
    room = style.size_of(ax)[0] / style.BOLD
    ax.set_title(style.wrap(text, room, style.BODY), fontsize=style.BODY)
