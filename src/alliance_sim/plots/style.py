"""One look for all pictures: colours, fonts, axes, and the line that says where they come from.

Colours are those of Okabe and Ito (2008), Color Universal Design, which people with any common
colour blindness can tell apart. What has to be told apart in grey print differs in lightness,
line style or hatching as well.
"""

from __future__ import annotations

import io
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import lru_cache, wraps
from typing import TYPE_CHECKING, Any, NamedTuple, ParamSpec, TypeVar

import matplotlib
import numpy as np
import numpy.typing as npt
from matplotlib.artist import Artist
from matplotlib.dates import (
    DateFormatter,
    DateLocator,
    MonthLocator,
    YearLocator,
    date2num,
)
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties, findfont, fontManager, get_font
from matplotlib.ticker import Formatter
from matplotlib.transforms import Affine2D, ScaledTranslation

from alliance_sim.results import outcome_names, parsed
from alliance_sim.validation import mark, said_of

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.axes import Axes
    from matplotlib.backend_bases import RendererBase

BLACK, GREY, PALE = "#222222", "#6E6E6E", "#D9D9D9"
ORANGE, SKY, GREEN, YELLOW = "#E69F00", "#56B4E9", "#009E73", "#F0E442"
BLUE, VERMILLION, PURPLE = "#0072B2", "#D55E00", "#CC79A7"
BAND_50, BAND_90 = "#7FB8D8", "#CDE3F0"
"""BLUE on white at half and at a fifth of its strength."""
SPAN = "#F5EBD3"
"""Between the first and the last month in which something may happen."""

FONT = "DejaVu Sans"
SMALL, BODY, TITLE = 8.0, 9.0, 10.5
"""Sizes of type in points."""
BOLD = 1.14
"""How much wider bold letters are."""
FALLBACKS = (
    "Noto Sans CJK SC",
    "Noto Sans CJK JP",
    "Noto Sans CJK KR",
    "Source Han Sans SC",
    "WenQuanYi Zen Hei",
    "WenQuanYi Micro Hei",
    "Droid Sans Fallback",
    "PingFang SC",
    "Hiragino Sans",
    "Microsoft YaHei",
    "Yu Gothic",
    "Malgun Gothic",
    "Arial Unicode MS",
    "Noto Sans",
    "Noto Sans Devanagari",
)
"""Fonts for letters that :data:`FONT` lacks, as systems come with them."""
DPI = 150
_CLEAR = 4.0
"""Points between a legend inside axes and the data."""
_LEAST_LEFT = 0.3
"""Head room never takes more of small axes than leaves them this share."""
_HASHES = 3
"""So many scenarios are named by their hashes in the source line."""

RC: dict[str, Any] = {
    "font.family": [FONT],
    "font.size": BODY,
    "axes.titlesize": TITLE,
    "axes.titlelocation": "left",
    "axes.titleweight": "bold",
    "axes.labelsize": BODY,
    "axes.labelcolor": BLACK,
    "axes.edgecolor": GREY,
    "axes.linewidth": 0.6,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.axisbelow": True,
    "axes.facecolor": "white",
    "axes.grid": False,
    "figure.facecolor": "white",
    "text.color": BLACK,
    "xtick.color": GREY,
    "ytick.color": GREY,
    "xtick.labelcolor": BLACK,
    "ytick.labelcolor": BLACK,
    "xtick.labelsize": BODY,
    "ytick.labelsize": BODY,
    "legend.frameon": False,
    "legend.fontsize": SMALL,
    "hatch.linewidth": 0.8,
    "text.parse_math": False,  # a title may speak of dollars
    "savefig.facecolor": "white",
}


class ClassStyle(NamedTuple):
    """How a relation class looks."""

    colour: str
    hatch: str
    ink: str
    """Colour of hatching and of letters on it."""


CLASS_STYLES: dict[str, ClassStyle] = {
    "hostile": ClassStyle(VERMILLION, "////", "white"),
    "distant": ClassStyle("#EDEDED", "", BLACK),
    "marriage_of_convenience": ClassStyle(YELLOW, "....", "#6B6400"),
    "tactical": ClassStyle("#A9D8F2", "", BLACK),
    "strategic_cooperation": ClassStyle(BLUE, "", "white"),
    "strategic_alliance": ClassStyle("#00263D", "\\\\\\\\", "#8FA9B8"),
}
_OTHER_CLASS = ClassStyle(PURPLE, "xx", BLACK)

P = ParamSpec("P")
R = TypeVar("R")


def styled(draw: Callable[P, R]) -> Callable[P, R]:
    """Let a function draw in this style and leave the global settings as they were."""

    @wraps(draw)
    def inner(*args: P.args, **kwargs: P.kwargs) -> R:
        settings: Any = {**RC, "font.family": [*families()]}
        with matplotlib.rc_context(settings), _quiet_fonts():
            return draw(*args, **kwargs)

    return inner


@lru_cache(maxsize=1)
def families() -> tuple[str, ...]:
    """The font, and those installed that help out where it lacks a letter."""
    installed = set(fontManager.get_font_names())
    return (FONT, *(each for each in FALLBACKS if each in installed))


@contextmanager
def _quiet_fonts() -> Iterator[None]:
    """A letter that no font has is drawn as a box; that is no news for the terminal."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=r"Glyph .* missing from font")
        yield


def class_style(name: str) -> ClassStyle:
    """The look of a relation class."""
    return CLASS_STYLES.get(name, _OTHER_CLASS)


def class_label(name: str) -> str:
    """A relation class in plain words."""
    return name.replace("_", " ")


# -- figures -------------------------------------------------------------------------------


class Picture(Figure):
    """A figure that a notebook shows by itself, whether or not it has been told to show figures."""

    def _repr_png_(self) -> bytes:
        return png(self)

    def draw(self, renderer: RendererBase) -> None:
        """Draw, saying nothing of letters that no font has."""
        with _quiet_fonts():
            super().draw(renderer)


@styled
def png(drawn: Figure) -> bytes:
    """A figure as the bytes of a PNG file."""
    target = io.BytesIO()
    drawn.savefig(target, format="png", dpi=DPI, metadata=origin(drawn))
    return target.getvalue()


def origin(drawn: Figure) -> dict[str, str]:
    """Metadata of a PNG file: the source line, with which it can be told when it is stale."""
    return {"Description": " ".join(drawn.get_supxlabel().split())}


def figure(ds: xr.Dataset, width: float, height: float) -> Figure:
    """An empty figure, in inches: the scenario's name over it, the source line at its foot."""
    made = Picture(figsize=(width, height), dpi=DPI, layout="constrained")
    made.get_layout_engine().set(w_pad=0.1, h_pad=0.08)  # type: ignore[union-attr, call-arg]
    room = width * 72 * 0.96
    title = wrap(str(ds.attrs.get("title", "")), room / BOLD, TITLE)
    if title:
        made.suptitle(title, x=0.012, ha="left", fontsize=TITLE, fontweight="bold")
    source = wrap(source_line(ds), room, SMALL - 1)
    if source:
        made.supxlabel(source, x=0.012, ha="left", fontsize=SMALL - 1, color=GREY)
    return made


def axes_for(ds: xr.Dataset, ax: Axes | None, width: float = 7.0, height: float = 4.2) -> Axes:
    """The Axes given, or those of a new figure."""
    return figure(ds, width, height).add_subplot() if ax is None else ax


def source_line(ds: xr.Dataset) -> str:
    """Scenario, hash, seed and runs, as far as they are known."""
    known = ds.attrs
    parts = [
        str(known.get("title") or ""),
        _scenarios(known),
        f"seed {known['seed']}" if known.get("seed") is not None else "",
        f"{known['runs']} {'run' if int(known['runs']) == 1 else 'runs'}"
        if known.get("runs")
        else "",
    ]
    return " · ".join(part for part in parts if part)


def _scenarios(known: Mapping[Any, Any]) -> str:
    """The hash of a scenario, or those of several in short."""
    if known.get("scenario_hash"):
        return f"scenario {str(known['scenario_hash'])[:10]}"
    hashes = [str(each)[:6] for each in parsed(known, "scenario_hashes", list)]
    more = f" and {len(hashes) - _HASHES} more" if len(hashes) > _HASHES else ""
    return f"scenarios {', '.join(hashes[:_HASHES])}{more}" if hashes else ""


# -- axes ----------------------------------------------------------------------------------


def title_of(values: xr.DataArray) -> str:
    """What a variable is called."""
    name = str(values.attrs.get("long_name", values.name))
    return name[:1].upper() + name[1:]


def actor_names(ds: xr.Dataset) -> list[str]:
    """Names of the actors, in the dataset's order."""
    source = ds["actor_name"] if "actor_name" in ds.variables else ds["actor"]
    return [str(each) for each in source.to_numpy()]


def subject(ds: xr.Dataset, name: str, dyad: str | None = None) -> str:
    """What a picture is about: an outcome's name, or those of the actors of a pair."""
    if name == "alignment" and name not in outcome_names(ds):
        both = dyad if dyad is not None else str(ds["dyad"].to_numpy()[0])
        return f"Alignment of {_both(ds, both)}"
    return title_of(ds[name]) if name in ds.data_vars else _both(ds, name)


def relation(ds: xr.Dataset, name: str) -> str:
    """A class outcome or recorded pair, said in full."""
    about = subject(ds, name)
    return about if name in ds.data_vars else f"Relation of {about}"


def _both(ds: xr.Dataset, pair: str) -> str:
    names = dict(zip(map(str, ds["actor"].to_numpy()), actor_names(ds), strict=True))
    sign, word = ("->", "to") if "->" in pair else ("-", "and")
    a, _, b = pair.partition(sign)
    return f"{names.get(a, a)} {word} {names.get(b, b)}"


def axis_label(values: xr.DataArray, room: float = np.inf) -> str:
    """``long_name [units]`` and how far it is validated, in lines of so many points."""
    return marked(with_units(values), said_of(values.attrs), room)


def with_units(values: xr.DataArray) -> str:
    """``long_name [units]``."""
    units = values.attrs.get("units", "")
    return f"{title_of(values)} [{units}]" if units else title_of(values)


def marked(label: str, said: str, room: float = np.inf) -> str:
    """A label of an outcome with the mark of what is said of it, in lines of so many points.

    The mark has lines of its own where not all fits on one.
    """
    short = mark(said)
    whole = f"{label}, {short}"
    if text_size(whole, BODY)[0] <= room:
        return whole
    return "\n".join(wrap(each, room, BODY) for each in (f"{label},", short))


def marked_name(name: str, said: str, room: float, size: float) -> str:
    """A name with its mark in so many points; the mark is the last that is cut."""
    tail = marked("", said)
    return shorten(name, room - text_size(tail, size)[0], size) + tail


def dates(ds: xr.Dataset) -> npt.NDArray[np.float64]:
    """Months as Matplotlib counts days, (month,)."""
    months = ds["month"].to_numpy()
    if months.dtype.kind != "M":  # files hold far dates as text
        months = months.astype(str).astype("datetime64[D]")
    days: npt.NDArray[np.float64] = date2num(months)  # type: ignore[no-untyped-call]
    return days


def month_axis(ax: Axes, ds: xr.Dataset) -> None:
    """Years along the x axis, or months where there are few."""
    days = dates(ds)
    years = (days[-1] - days[0]) / 365.25
    locator: DateLocator
    formatter: Formatter
    # Matplotlib's dates have no types yet.
    if years >= 2:
        locator = YearLocator(max(1, int(np.ceil(years / 8))))  # type: ignore[no-untyped-call]
        formatter = DateFormatter("%Y")  # type: ignore[no-untyped-call]
    else:
        step = max(1, int(np.ceil(years * 12 / 4)))
        locator = MonthLocator(interval=step)  # type: ignore[no-untyped-call]
        formatter = DateFormatter("%b %Y")  # type: ignore[no-untyped-call]
    ax.xaxis.set_major_locator(locator)
    ax.xaxis.set_major_formatter(formatter)
    ax.set_xlim(days[0], days[-1] if len(days) > 1 else days[0] + 31)


def value_range(
    low: float, high: float, valid: Sequence[float] | None = None
) -> tuple[float, float]:
    """Limits of an axis: the valid range where the data fill it, else just round the data."""
    bounds = (-np.inf, np.inf) if valid is None else (float(valid[0]), float(valid[1]))
    width = bounds[1] - bounds[0]
    if np.isfinite(width) and bounds[0] <= low and high <= bounds[1] and high - low >= 0.75 * width:
        return bounds
    # Never so close that rounding errors look like results.
    least = min(0.04 * width, max(0.05 * abs(low), 0.05 * abs(high), 0.01))
    pad = max(0.06 * (high - low), (least - (high - low)) / 2)
    # Data outside the valid range are shown all the same.
    bottom = max(low - pad, bounds[0]) if low >= bounds[0] else low - pad
    top = min(high + pad, bounds[1]) if high <= bounds[1] else high + pad
    return bottom, top


def legend(
    ax: Axes, handles: Sequence[Artist], own: bool, title: str = "", under: float = 0.0
) -> None:
    """A legend over the axes of our own figures, under a title; in those of others at their top.

    Above, it can hide no data; but it would stand where other people put a title, and beyond
    the edge of their figure. Inside it gets head room of its own.

    Args:
        ax: the axes, with their final limits but for the head room.
        handles: what is explained.
        own: whether the axes are those of our own figure.
        title: what the picture is about; for our own figure.
        under: points of head room that are taken already.
    """
    if not own:
        if handles:
            _legend_inside(ax, handles, under)
        return
    head = wrap(title, size_of(ax)[0] / BOLD, BODY)
    if not handles:
        ax.set_title(head, fontsize=BODY)
        return
    widths = [text_size(str(handle.get_label()), SMALL)[0] + 34 for handle in handles]
    room = size_of(ax)[0] + 60  # the layout still to come makes axes of our figures wider
    columns = len(handles) if sum(widths) <= room else max(1, int(room / max(widths)))
    rows = -(-len(handles) // columns)
    ax.set_title(head, fontsize=BODY, pad=rows * SMALL * 1.7 + 8)
    ax.legend(
        handles=handles,
        loc="lower left",
        bbox_to_anchor=(-0.01, 1.0),
        ncols=columns,
        borderaxespad=0.2,
        columnspacing=1.4,
        handlelength=2.4,
    )


def _legend_inside(ax: Axes, handles: Sequence[Artist], under: float) -> None:
    """A legend in head room made for it, in as many columns as the axes have room for."""
    dpi = ax.get_figure(root=True).dpi  # type: ignore[union-attr]
    wide = size_of(ax)[0]
    for columns in range(len(handles), 0, -1):
        drawn = ax.legend(
            handles=handles,
            loc="upper left",
            bbox_to_anchor=(0.0, 1.0),
            bbox_transform=ax.transAxes + ScaledTranslation(0, -under / 72, _inches(ax)),
            ncols=columns,
            borderaxespad=0.0,
            borderpad=0.3,
            columnspacing=1.4,
            frameon=True,
            framealpha=1.0,
            edgecolor="none",
        )
        drawn.set_zorder(7)  # lines of marks pass behind it
        box = drawn.get_window_extent()
        # Letters are a little wider at other resolutions.
        if box.width * 72 / dpi <= 0.95 * wide:
            break
    head_room(ax, box.height * 72 / dpi + _CLEAR)


def _inches(ax: Axes) -> Affine2D:
    whole = ax.get_figure(root=True)
    assert whole is not None
    return whole.dpi_scale_trans


def head_room(ax: Axes, points: float) -> None:
    """Free so many points at the top of axes, whichever way their y axis runs."""
    low, high = ax.get_ylim()
    left = max(_LEAST_LEFT, 1 - points / size_of(ax)[1])
    ax.set_ylim(low, low + (high - low) / left)


def size_of(ax: Axes) -> tuple[float, float]:
    """Width and height of axes in points, as they are before the final layout."""
    whole, box = ax.get_figure(root=True), ax.get_window_extent()
    assert whole is not None
    return float(box.width * 72 / whole.dpi), float(box.height * 72 / whole.dpi)


def room_of(ax: Axes) -> tuple[float, float]:
    """Width and height that axes may fill, in points, whatever their aspect leaves of it."""
    whole, box = ax.get_figure(root=True), ax.get_position(original=True)
    assert whole is not None
    drawn = ax.get_figure(root=False).bbox  # type: ignore[union-attr]
    inch = 72 / whole.dpi
    return float(box.width * drawn.width * inch), float(box.height * drawn.height * inch)


def keep_inside(ax: Axes) -> None:
    """Make axes small enough for their labels, by the layout engine if there is one."""
    whole = ax.get_figure(root=True)
    assert whole is not None
    if (engine := whole.get_layout_engine()) is not None:
        engine.execute(whole)
        return
    box, edge = ax.get_tightbbox(), whole.bbox
    assert box is not None
    place, gap = ax.get_position(), 0.01
    left = max(0.0, gap - box.x0 / edge.width)
    foot = max(0.0, gap - box.y0 / edge.height)
    if left or foot:
        least = 0.3  # of their size is left to axes in any case
        left, foot = min(left, (1 - least) * place.width), min(foot, (1 - least) * place.height)
        moved = (place.x0 + left, place.y0 + foot, place.width - left, place.height - foot)
        ax.set_position(moved)


@lru_cache(maxsize=1024)
def text_size(text: str, size: float) -> tuple[float, float]:
    """Width and height of a line of text in points, without drawing it."""
    font = get_font([findfont(FontProperties(family=[each])) for each in families()])
    font.set_size(size, 72)
    font.set_text(text)
    width, _ = font.get_width_height()
    return width / 64, size * 1.2  # FreeType counts in 64ths of a pixel, here of a point


def wrap(text: str, room: float, size: float) -> str:
    """Text in lines of at most so many points, if its words allow it."""
    lines: list[str] = []
    for word in text.split():
        longer = f"{lines[-1]} {word}" if lines else word
        if lines and text_size(longer, size)[0] <= room:
            lines[-1] = longer
        else:
            lines.append(word)
    return "\n".join(lines)


def shorten(text: str, room: float, size: float) -> str:
    """Text cut to so many points, with an ellipsis where something is missing."""
    while len(text) > 1 and text_size(text, size)[0] > room:
        text = text.rstrip("…")[:-1].rstrip() + "…"
    return text


def words(name: str) -> str:
    """An id as words, where there is no name."""
    return name.replace("_", " ")


def scenario_names(ds: xr.Dataset) -> dict[str, str]:
    """Label -> name of each scenario, as far as the dataset knows names; labels as words if not."""
    labels = [str(each) for each in np.atleast_1d(ds["scenario"].to_numpy())]
    try:
        about = parsed(ds.attrs, "scenarios", dict)
        titles = {label: str(about[label]["title"]) for label in labels if label in about}
    except (TypeError, ValueError, KeyError):
        titles = {}
    if len(labels) == 1 and ds.attrs.get("title"):
        titles.setdefault(labels[0], str(ds.attrs["title"]))
    return {label: titles.get(label) or words(label) for label in labels}


def fit(text: str, room: float, size: float, lines: int) -> str:
    """Text in so many lines of so many points, with an ellipsis where it is longer."""
    kept = wrap(text, room, size).split("\n")
    if len(kept) > lines:
        kept[lines - 1 :] = [" ".join(kept[lines - 1 :])]
    return "\n".join(shorten(each, room, size) for each in kept)


def percent(value: float) -> str:
    """A share in whole percent; neither 0 nor 100 unless it is."""
    if 0 < value < 1:
        return "<1%"
    return ">99%" if 99 < value < 100 else f"{value:.0f}%"


# -- interventions -------------------------------------------------------------------------


class Mark(NamedTuple):
    """Interventions to be marked at a day, or between two days if their date is uncertain."""

    day: float
    until: float
    name: str


def interventions(ds: xr.Dataset) -> list[Mark]:
    """Interventions within the horizon, those of the same dates together."""
    try:
        listed = parsed(ds.attrs, "interventions", list)
        given = [
            (str(each["month"])[:7], str(each.get("until") or each["month"])[:7], str(each["id"]))
            for each in listed
            if each.get("month")
        ]
        days = [(_day(month), _day(until)) for month, until, _ in given]
    except (TypeError, ValueError, KeyError, AttributeError):
        return []  # marks are an extra; a dataset from elsewhere may hold something else
    first, last = dates(ds)[[0, -1]]
    found: dict[tuple[float, float, str], list[str]] = {}
    for (day, until), (month, end, name) in sorted(zip(days, given, strict=True)):
        if day <= last and until >= first:
            when = f" ({month} to {end})" if until > day else ""
            span = (float(max(day, first)), float(min(max(day, until), last)), when)
            found.setdefault(span, []).append(name.replace("_", " "))
    return [Mark(day, end, ", ".join(names) + when) for (day, end, when), names in found.items()]


def _day(month: str) -> float:
    return float(date2num(np.datetime64(month, "D")))  # type: ignore[no-untyped-call]


def mark_interventions(ax: Axes, ds: xr.Dataset, filled: bool = False) -> float:
    """Thin upright lines, or spans of uncertain dates, named in head room made above the data.

    Args:
        ax: the axes, with their final limits but for the head room.
        ds: results of a scenario.
        filled: whether areas fill the axes; the marks are then drawn over them.

    Returns:
        The head room, in points.
    """
    marks, high = interventions(ds), ax.get_ylim()[1]
    taken = _name_marks(ax, marks, _OFF_AREAS if filled else 0.0)
    for day, until, _ in marks:
        if until > day:
            look = {"color": "white", "alpha": 0.3, "zorder": 4.5}
            look = look if filled else {"color": SPAN, "zorder": 0.5}
            ax.axvspan(day, until, linewidth=0, **look)  # type: ignore[arg-type]
        for each in sorted({day, until}):
            dots = {"linewidth": 0.8, "linestyle": (0, (1, 2))}
            if filled:
                ax.plot([each, each], [0, high], color="white", linewidth=1.2, zorder=5)
                ax.axvline(each, color=BLACK, zorder=5, **dots)  # type: ignore[arg-type]
            else:
                ax.axvline(each, color=GREY, zorder=1.5, **dots)  # type: ignore[arg-type]
    return taken


_OFF_AREAS = 3.0
"""Points between names and areas, into which the plate behind a name would cut."""


def _name_marks(ax: Axes, marks: Sequence[Mark], gap: float) -> float:
    """Name marks in head room that ends so far above the data; how many points it takes."""
    if not marks:
        return 0.0
    width, (first, last) = size_of(ax)[0], ax.get_xlim()
    ends: list[float] = []  # where the last name of each row of head room ends, in points
    placed = []
    for day, _, name in marks:
        at, long = (day - first) / (last - first) * width, text_size(name, SMALL)[0] + 6
        left = max(0.0, min(at + 2, width - long))
        row = next((r for r, end in enumerate(ends) if end <= left), len(ends))
        ends[row : row + 1] = [left + long]
        placed.append((left / width, row, name))
    line = SMALL + 3
    head_room(ax, line * len(ends) + gap)
    for left, row, name in placed:
        # Counted from the top in points, rows stay apart when the layout changes the axes.
        words = ax.annotate(
            name,
            (left, 1),
            (0, -line * (row + 0.5)),
            xycoords="axes fraction",
            textcoords="offset points",
            fontsize=SMALL,
            va="center",
        )
        # Other lines pass behind the name.
        words.set(color=GREY, zorder=6)
        words.set_bbox({"facecolor": "white", "edgecolor": "none", "pad": 0.8})
    return line * len(ends) + gap
