"""What a search for conditions found, in plain sentences for the terminal."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from rich.console import Group, RenderableType
from rich.text import Text

from alliance_sim.cli.layout import new_table, plain, titled, validation_notes
from alliance_sim.simulate.discoveries import INSTALL
from alliance_sim.validation import marks

if TYPE_CHECKING:
    from alliance_sim.analysis.rule_tree import Tree
    from alliance_sim.simulate import Discovery

_SAID = {
    "never": "It never comes about: no value of the uncertain numbers within their priors leads "
    "there.",
    "always": "It always comes about, whatever the values of the uncertain numbers.",
    "rare": "It comes about too seldom to look for its conditions; ask for more --runs.",
    "common": "It fails to come about too seldom to look for conditions; ask for more --runs.",
}
_NOTE = (
    "Found on one half of the points, judged on the other. p: how often chance would make a "
    "restriction as good; again: share of ten other halvings that restrict the number too. "
    "docs/sensitivity.md says more."
)


def discovery_view(found: Discovery) -> Group:
    """The whole result."""
    return Group(*_parts(found))


def _parts(found: Discovery) -> Iterator[RenderableType]:
    experiment = found.search.experiment
    yield Text(plain(experiment.scenario.name), style="bold")
    if experiment.scenario.question:
        yield Text(plain(experiment.scenario.question))
    what = "single histories, with noise" if experiment.chance else "expected paths"
    yield Text(
        f"{len(found.y):,} points of {len(experiment.axes)} uncertain numbers, {what}\n",
        style="dim",
    )
    yield Text(plain(f"{found.when}: at {found.share:.1%} of the points"), style="bold")
    yield Text(plain(f"{marks(found.validation.values())}"), style="dim")
    if found.finding in _SAID:
        yield Text(_SAID[found.finding])
        return
    if not found.boxes:
        yield Text("No box holds on points that it was not found on: no condition stands out.")
    for place, conditions in enumerate(found.described):
        yield from _box(found, place, conditions)
    yield from _tree(found)
    yield Text(_NOTE, style="dim")
    yield from validation_notes(found.validation.values())


def _box(
    found: Discovery, place: int, conditions: list[dict[str, Any]]
) -> Iterator[RenderableType]:
    worth = found.boxes[place].worth
    title = (
        f"Box {place + 1}: inside, it comes about at {worth.density:.0%} of the points; "
        f"{worth.coverage:.0%} of all cases are inside, {worth.mass:.0%} of all points"
    )
    yield ""
    table = new_table("where, and the number's source", ("p", "again"))
    table.add_column("basis", justify="left", no_wrap=True)
    for each in conditions:
        p = each["quasi_p"]
        told = Text(plain(sentence(each)))
        told.append(f"\n  {plain(each['source'])}", style="dim")
        table.add_row(
            told,
            "<0.001" if p < 0.001 else f"{p:.3f}",
            f"{each['returns']:.0%}",
            each["basis"],
        )
    yield titled(title, table)


def _tree(found: Discovery) -> Iterator[RenderableType]:
    yield ""
    if found.tree is None:
        yield Text(INSTALL)
        yield ""
        return
    yield Text(_heading(found.tree), style="bold")
    for rule in found.tree.rules:
        told = " and ".join(sentence(each) for _, each in found.conditions(rule.box))
        yield Text(
            plain(f"- at {rule.density:.0%} of the points where {told or 'anything'}")
            + f" ({rule.share:.0%} of all)"
        )
    yield ""


def _heading(tree: Tree) -> str:
    return (
        f"As a tree, right at {tree.right:.0%} of the points it has not seen "
        f"({tree.guess:.0%} by always saying what is more frequent); it comes about"
    )


def sentence(condition: dict[str, Any]) -> str:
    """A restriction in words, with the part of the prior that it leaves."""
    low, high = condition["probabilities"]
    above, below = condition["above"], condition["below"]
    if above is None:
        limits, part = f"is at most {below}", f"lowest {high:.0%}"
    elif below is None:
        limits, part = f"is at least {above}", f"highest {1 - low:.0%}"
    else:
        limits, part = f"is between {above} and {below}", f"{low:.0%} to {high:.0%}"
    return f"{condition['name']} {limits} ({part} of its prior)"
