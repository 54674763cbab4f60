"""Claims of a text against the model: effects and verdicts, a row for each claim."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from matplotlib.artist import Artist
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator
from matplotlib.transforms import blended_transform_factory

from alliance_sim.analysis.verdicts import ORDER
from alliance_sim.errors import InputError, Problem
from alliance_sim.plots import style
from alliance_sim.validation import said_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Row = Mapping[str, Any]


class VerdictStyle(NamedTuple):
    """How a verdict looks: told apart by shape and filling, and by colour as well."""

    colour: str
    marker: str
    face: str


VERDICT_STYLES: dict[str, VerdictStyle] = {
    "supported": VerdictStyle(style.BLUE, "o", style.BLUE),
    "leaning": VerdictStyle(style.BLUE, "D", "white"),
    "no effect": VerdictStyle(style.GREY, "s", "white"),
    "contradicted": VerdictStyle(style.VERMILLION, "X", style.VERMILLION),
    "untestable": VerdictStyle(style.GREY, "+", style.GREY),
}
ROW, FRAME = 0.19, 1.5
"""Height of a row, and of all that is above and beneath the rows, in inches."""
FEW, MOST_LINES = 12, 2
"""So many claims may be told in so many lines each in a figure of our own."""
OVER = 26.0
"""Points of height for a row with which claims stand over their rows on axes of others."""
STATEMENT, NARROW_STATEMENT = 340.0, 150.0
"""Room for id and statement in a figure of our own, and beside axes of others, in points."""
TITLE = "Claims, and what the model makes of them"
SCALE = "Effect with 90% of runs [smallest effects of interest]"
_TICKS = (1, 3, 10, 30, 100, 300)


@style.styled
def forest(report: Any, ax: Axes | None = None) -> Axes:
    """Effect and verdict of each claim, with 90% of runs, in rows.

    Effects stand in units of the outcome's smallest effect of interest, so that outcomes of
    different size share an axis, which is linear up to one such unit and logarithmic beyond.
    A claim about several outcomes shows the one that decides: that of the weakest verdict, and
    among those the smallest effect. A claim that a relation is in certain classes has no effect;
    its row says in how many runs it is.

    Args:
        report: what ``judge_claims`` returns, its ``as_json()``, or the rows of that.
        ax: where to draw; left out, a new figure as high as the rows need.

    Raises:
        InputError: where the rows are not those of claims.

    Example:
        >>> import alliance_sim as al
        >>> report = al.judge_claims(["C02"], runs=8)
        >>> ax = al.plots.forest(report)
        >>> ax.get_yticklabels()[0].get_text()[:3]
        'C02'
    """
    about, rows = rows_of(report)
    lines = 1 if len(rows) > FEW else MOST_LINES
    target = ax or _figure(about, len(rows) * (1 if lines == 1 else 2))
    room = NARROW_STATEMENT if ax is not None else STATEMENT
    over = ax is not None and style.size_of(ax)[1] >= len(rows) * OVER
    target.axvspan(-1, 1, color=style.PALE, alpha=0.6, linewidth=0, zorder=0)
    target.axvline(0, color=style.GREY, linewidth=0.8, zorder=1)
    target.set_xscale("symlog", linthresh=1.0, linscale=0.7)
    reach = max([1.5, *(abs(each) for row in rows for each in _spread(row) or ())])
    target.set_xlim(-1.15 * reach, 1.15 * reach)
    for place, row in enumerate(rows):
        _draw(target, place, row, beside=not over)
    target.set_ylim(len(rows) - 0.4, -0.6)
    target.spines["left"].set_visible(False)
    if over:
        _scale(target, reach, style.size_of(target)[0], SCALE)
        _say_over(target, rows)
        style.legend(target, _key(rows), own=False)
        return target
    names = [style.fit(_said(row), room, style.SMALL, lines if ax is None else 1) for row in rows]
    target.set_yticks(range(len(rows)), names, fontsize=style.SMALL)
    target.tick_params(axis="y", length=0)
    for label in target.get_yticklabels():
        label.set_horizontalalignment("left")
    target.tick_params(axis="y", pad=room + 4)
    beside = f"{SCALE}; to the right, what is expected, and how far it is validated"
    _scale(target, reach, style.size_of(target)[0] - room, beside)
    _legend(target, rows, own=ax is None)
    return target


def _said(row: Row) -> str:
    return f"{row['id']}  {row['statement']}"


def _say_over(ax: Axes, rows: Sequence[Row]) -> None:
    """Claims and what is expected, over their rows within the axes, in as many lines as fit."""
    wide, tall = style.size_of(ax)
    ax.set_ylim(len(rows) - 0.75, -0.95)  # words stand above, nothing beneath
    ax.set_yticks([])
    # The key takes a line or two; half a marker and some air stay free above each row.
    lines = max(1, int(((tall - 30) / (len(rows) + 0.2) - 10) / (1.25 * style.SMALL)))
    plate = {"facecolor": "white", "edgecolor": "none", "pad": 0.6, "alpha": 0.85}
    for place, row in enumerate(rows):
        wanted = f" (expected: {_wanted(row)})"
        text = style.fit(_said(row) + wanted, wide - 6, style.SMALL, lines)
        ax.annotate(
            text,
            (0, place),
            (2, 7),
            xycoords=ax.get_yaxis_transform(),
            textcoords="offset points",
            fontsize=style.SMALL,
            va="bottom",
            bbox=plate,
        )


def rows_of(report: Any) -> tuple[Mapping[str, Any], Sequence[Row]]:
    """Settings and rows of a report on claims, in any of its forms.

    Raises:
        InputError: where there are no rows, or they lack what is drawn.
    """
    given = report.as_json() if hasattr(report, "as_json") else report
    about: Any = {}
    if isinstance(given, Mapping):
        about, given = given.get("settings"), given.get("claims")
    listed = isinstance(given, Sequence) and not isinstance(given, str) and len(given) > 0
    if not listed or not all(_is_row(row) for row in given):
        mend = "give what `alliance-sim claims --json` printed, or judge_claims returned"
        raise InputError([Problem("these are no judged claims", mend)])
    return about if isinstance(about, Mapping) else {}, given


def _is_row(row: Any) -> bool:
    """Whether a row has what is drawn, in the types that are needed to draw it."""
    if not isinstance(row, Mapping) or row.get("verdict") not in VERDICT_STYLES:
        return False
    if not all(isinstance(row.get(key), str) for key in ("id", "statement", "expected")):
        return False
    outcomes = row.get("outcomes", [])
    return isinstance(outcomes, list) and all(_is_outcome(each) for each in outcomes)


def _is_outcome(found: Any) -> bool:
    if not isinstance(found, Mapping) or not isinstance(found.get("effect"), Mapping):
        return False
    numbers = [found["effect"].get(key) for key in ("mean", "q05", "q95")]
    numbers.append(found.get("smallest_effect"))
    known = found.get("verdict") in VERDICT_STYLES
    return known and all(isinstance(n, int | float) for n in numbers) and numbers[-1] > 0


def deciding(row: Row) -> Mapping[str, Any] | None:
    """The outcome on which the verdict of a claim rests; None where nothing was run."""
    ranks = {verdict: place for place, verdict in enumerate(ORDER)}

    def weakness(found: Mapping[str, Any]) -> tuple[int, float]:
        size = abs(found["effect"]["mean"]) / found["smallest_effect"]
        return ranks.get(found["verdict"], -1), size

    return min(row.get("outcomes", ()), key=weakness, default=None)


def _spread(row: Row) -> tuple[float, float, float] | None:
    """Low end, mean and high end of an effect in smallest effects of interest, where it has one."""
    found = deciding(row)
    if found is None or row["expected"] == "class":
        return None
    effect, unit = found["effect"], float(found["smallest_effect"])
    return effect["q05"] / unit, effect["mean"] / unit, effect["q95"] / unit


def _figure(about: Mapping[str, Any], rows: int) -> Axes:
    import xarray as xr

    known = {"title": TITLE} | {key: about[key] for key in ("seed", "runs") if key in about}
    return style.figure(xr.Dataset(attrs=known), 11.0, FRAME + ROW * rows).add_subplot()


def _draw(ax: Axes, place: int, row: Row, beside: bool) -> None:
    look, spread = VERDICT_STYLES[row["verdict"]], _spread(row)
    ax.axhline(place, color=style.PALE, linewidth=0.5, zorder=1)
    point: dict[str, Any] = {
        "marker": look.marker,
        "color": look.colour,
        "markerfacecolor": look.face,
    }
    words: dict[str, Any] = {"fontsize": style.SMALL, "va": "center"}
    if spread is None:
        edge = ax.get_yaxis_transform()
        ax.plot([0.02], [place], transform=edge, markersize=6, linestyle="", zorder=4, **point)
        ax.text(0.04, place, _instead(row), transform=edge, color=style.GREY, **words)
    else:
        low, mean, high = spread
        ax.plot([low, high], [place, place], color=look.colour, linewidth=1.4, zorder=3)
        ax.plot([mean], [place], markersize=6, linestyle="", zorder=4, **point)
    if beside:
        wanted, edge = _wanted(row), ax.get_yaxis_transform()
        ax.text(1.01, place, wanted, transform=edge, color=style.GREY, **words)


def _wanted(row: Row) -> str:
    """What is expected, and how far the outcome that decides is validated."""
    found, wanted = deciding(row), row["expected"].replace("_", " ")
    return wanted if found is None else style.marked(wanted, said_of(found))


def _instead(row: Row) -> str:
    """What to write where there is no effect to draw."""
    found = deciding(row)
    if found is None:
        return "could not be tested"
    return f"in the classes named in {100 * found['effect']['mean']:.0f}% of runs"


def _scale(ax: Axes, reach: float, room: float, label: str) -> None:
    """Ticks at round numbers on both sides of zero."""
    ticks = [tick for tick in _TICKS if tick <= 1.15 * reach]
    ax.xaxis.set_major_locator(FixedLocator([*(-tick for tick in reversed(ticks)), 0, *ticks]))
    ax.xaxis.set_minor_locator(NullLocator())
    ax.xaxis.set_major_formatter(FuncFormatter(lambda x, _: f"{x:g}".replace("-", "−")))
    ax.set_xlabel(style.wrap(label, room, style.BODY))


def _legend(ax: Axes, rows: Sequence[Row], own: bool) -> None:
    """The key over the rows: from the left edge of a figure of our own, else from that of the axes.

    Inside the axes it would hide rows.
    """
    whole = ax.get_figure(root=True)
    assert whole is not None
    across = whole.transFigure if own else ax.transAxes
    ax.legend(
        handles=_key(rows),
        loc="lower left",
        bbox_to_anchor=(0.005 if own else 0.0, 1.0),
        bbox_transform=blended_transform_factory(across, ax.transAxes),
        ncols=6 if own else 2,
    )


def _key(rows: Sequence[Row]) -> list[Artist]:
    """Verdicts that occur, with their number."""
    found = [row["verdict"] for row in rows]
    key: list[Artist] = []
    for verdict, look in VERDICT_STYLES.items():
        if number := found.count(verdict):
            line = Line2D([], [], color=look.colour, marker=look.marker, linewidth=1.4)
            line.set(markerfacecolor=look.face, label=f"{verdict} ({number})")
            key.append(line)
    key.append(Patch(facecolor=style.PALE, alpha=0.6, label="less than is of interest"))
    return key
