"""The table of `claims`: each claim of a text, what the model makes of it, and the doubts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from alliance_sim.claims import Report
from alliance_sim.cli.layout import plain, titled, validation_notes
from alliance_sim.validation import mark, said_of
from alliance_sim.wording import counted

Row = Mapping[str, Any]

_STYLES = {"supported": "green", "leaning": "yellow", "contradicted": "red"}
_NOTES = (
    "effect: scenario minus baseline with chance, mean and 90% interval\n"
    "MC error: standard error of the mean\n"
    "draws: share of parameter draws that do as expected\n"
    "without: share of the effect left with the claim's drivers off (-: too small to tell)\n"
    "theories: rivals whose mechanisms alone predict the same\n"
    "The rules are in docs/verdicts.md."
)


def claims_view(report: Report) -> Group:
    """All claims, and how many have each verdict."""
    settings = report.settings
    size = f"{counted(len(report.claims), 'claim')}, {counted(settings['runs'], 'run')}"
    title = f"{size}, seed {settings['seed']}"
    parts: list[RenderableType] = [titled(title, _table(report)), ""]
    for heading, key in (
        ("Verdicts", "verdict"),
        ("On expected paths, priors as they are", "as_it_is"),
        ("On expected paths, priors twice as wide", "doubled"),
    ):
        parts.append(Text(f"{heading}: {_counts(report.counts(key))}"))
    reasons = [row for row in report.claims if row["untestable"]]
    parts += [Text(plain(f"{row['id']} untestable: {row['untestable']}")) for row in reasons]
    said = [said_of(each) for row in report.claims for each in row.get("outcomes", ())]
    return Group(*parts, "", Text(_NOTES, style="dim"), *validation_notes(said))


def _counts(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{number} {verdict}" for verdict, number in counts.items() if number)


def _table(report: Report) -> Table:
    table = Table(box=SIMPLE_HEAD, pad_edge=False, show_edge=False, padding=(0, 1, 0, 0))
    for header in ("claim", "verdict"):
        table.add_column(header, no_wrap=True)
    table.add_column("effect [90%], of what", overflow="fold")
    for header in ("MC\nerror", "draws", "without", "theories"):
        table.add_column(header, justify="right", no_wrap=True)
    for row in report.claims:
        for cells in _rows(row):
            table.add_row(*cells)
    return table


def _rows(row: Row) -> Iterator[tuple[Text | str, ...]]:
    """One line for each outcome of a claim; the first has the verdict on all of them."""
    verdict = Text(row["verdict"], style=_STYLES.get(row["verdict"], ""))
    if row["untestable"]:
        yield (row["id"], verdict, plain(row["scenario"]), "", "", "", "")
        return
    left = row["without_its_drivers"]
    agree = [each["agrees"] for each in row["theories"].values()]
    pairs = zip(row["outcomes"], left["outcomes"], strict=True)
    for place, (found, without) in enumerate(pairs):
        effect = found["effect"]
        yield (
            "" if place else row["id"],
            "" if place else verdict,
            f"{number(effect['mean'])} [{number(effect['q05'])}, {number(effect['q95'])}]\n"
            + plain(f"{found['outcome']} in {row['scenario']}")
            + f"\n{plain(mark(said_of(found)))}",
            f"{effect['error']:.4f}",
            f"{found['share']:.0%}",
            kept(without["kept"]) if left["removed"] else "none",
            "" if place else f"{sum(agree)}/{len(agree)}",
        )


def number(value: float) -> str:
    """A difference with its sign, and with one digit where three decimals show none."""
    if value == 0:
        return "0"
    return f"{value:+.3f}" if abs(value) >= 0.0005 else f"{value:+.0e}"


def kept(share: float | None) -> str:
    """What is left of an effect; a dash where there was none to begin with."""
    return "-" if share is None else f"{share:.0%}"
