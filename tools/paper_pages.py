"""Write docs/drivers.md and docs/tensions.md from the shipped worlds and the paper's files.

python tools/paper_pages.py           writes both
python tools/paper_pages.py --check   tells whether they are as they would be written
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from alliance_sim.load import load_world
from alliance_sim.load.claims import load_passages, load_tensions
from alliance_sim.spec import World
from alliance_sim.spec.base import Frozen
from alliance_sim.spec.claims import Passage
from alliance_sim.spec.forces import Driver
from alliance_sim.spec.numbers import Distribution

DOCS = Path(__file__).parents[1] / "docs"
WORLDS = ("west_asia_2018", "west_asia_1980")
DRIVERS = """\
# What draws them together and apart: passages and drivers

The source paper, Sharma (2018), names {passages} things that draw Iran and Russia, or states near
them, together or apart. Passages that express one mechanism are one driver, so that it does not
count twice; a passage that works through two channels, or that can be read in two ways, is cited
by two. The worlds `{worlds}` have {drivers} drivers together. Titles are this project's. The page
is made from the worlds by `python tools/paper_pages.py`.
"""
TENSIONS = """\
# Where the paper can be doubted, and what is done about it

A text of this kind contradicts itself in places, can be read in several ways, and has some facts
wrong. Each of the {tensions} places found in Sharma (2018) is listed with what the worlds and
scenarios do about it; where a fact is wrong, the one that the worlds use is said. The page is made
by `python tools/paper_pages.py`.
"""
GROUPS = {
    "CC": "Conclusion: what draws together",
    "CD": "Conclusion: what drives apart",
    "BC": "Body: what draws together",
    "BD": "Body: what drives apart",
}


def worlds() -> dict[str, World]:
    """The worlds whose drivers stand for passages."""
    return {name: load_world(name) for name in WORLDS}


def homes(passage: str, found: Mapping[str, World]) -> list[tuple[str, str]]:
    """World and driver of every driver that cites a passage."""
    return [
        (world, name)
        for world, each in found.items()
        for name, driver in each.drivers.items()
        if passage in driver.passages
    ]


def heading(world: str, name: str) -> str:
    """A driver's heading, with its year where another world may have one of the same name."""
    return name if world == WORLDS[0] else f"{name} {world[-4:]}"


def place_of(passage: str, entry: Passage, found: Mapping[str, World]) -> str:
    """Where a passage went, in words."""
    cited = [
        f"[{heading(world, name)}](#{heading(world, name).replace(' ', '-')})"
        for world, name in homes(passage, found)
    ]
    if entry.held_by:
        cited.append(f"held by the value `{entry.held_by}`")
    if entry.left_out:
        cited.append(f"left out: {entry.left_out}")
    return "; ".join(cited)


def plain(value: Any) -> Any:
    """A part of a specification as a user would write it."""
    if isinstance(value, Distribution):
        return value.model_dump(exclude_unset=True)
    if isinstance(value, Frozen):
        return value.model_dump(mode="json", by_alias=True, exclude_none=True, exclude_unset=True)
    return value


def words(value: Any) -> str:
    """A signal, response or channel on one line, without quotes and outer braces."""
    return _flow(plain(value)).removeprefix("{").removesuffix("}")


def _flow(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {_flow(each)}" for key, each in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(_flow(each) for each in value) + "]"
    return f"{value:g}" if isinstance(value, float) else str(value)


def cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


def table(header: Iterable[str], rows: Iterable[Iterable[str]]) -> Iterator[str]:
    names = list(header)
    yield "| " + " | ".join(names) + " |"
    yield "| " + " | ".join("---" for _ in names) + " |"
    for row in rows:
        yield "| " + " | ".join(cell(each) for each in row) + " |"
    yield ""


def driver_entry(title: str, driver: Driver) -> Iterator[str]:
    yield f"#### {title}"
    yield ""
    cited = ", ".join(driver.passages) or "none: the modeller's own"
    moves = ", ".join(f"`{dyad}`" for dyad in driver.dyads) or "no dyad of its own"
    yield f"{driver.name}. *{driver.direction.capitalize()}*; passages: {cited}."
    yield ""
    yield f"- moves {moves} through `{words(driver.channel)}`"
    yield f"- by `{words(driver.signal)}`, response `{words(driver.response)}`"
    yield f"- with weight `{words(driver.weight)}`"
    if driver.reading:
        under = "; ".join(f"{key}: {', '.join(each)}" for key, each in driver.reading.items())
        yield f"- only under the reading {under}"
    yield f"- source: {cell(str(driver.source))}"
    yield ""


def drivers_page() -> str:
    """Every passage and where it went, then every driver."""
    found, passages = worlds(), load_passages().passages
    merged = sum(len(world.drivers) for world in found.values())
    lines = [DRIVERS.format(passages=len(passages), worlds="` and `".join(WORLDS), drivers=merged)]
    for prefix, title in GROUPS.items():
        lines += [f"## {title}", ""]
        rows = [
            (
                name,
                entry.title + (" (before 1991)" if entry.era else ""),
                f"{entry.section}, paragraph {entry.paragraph}",
                entry.modality,
                place_of(name, entry, found),
            )
            for name, entry in passages.items()
            if name.startswith(prefix)
        ]
        lines += table(("passage", "what", "where it is said", "how firmly", "where it went"), rows)
    for world, each in found.items():
        lines += [f"## Drivers of `{world}`", "", each.name + ".", ""]
        for name, driver in each.drivers.items():
            lines += driver_entry(heading(world, name), driver)
    return "\n".join(lines).rstrip() + "\n"


def tensions_page() -> str:
    """Every doubt that the paper leaves, and what is done about it."""
    found = load_tensions()
    lines = [TENSIONS.format(tensions=len(found.tensions))]
    for name, each in found.tensions.items():
        kind = each.kind.replace("_", " ")
        lines += [f"## {name} {each.topic}", "", f"*{kind.capitalize()}*; {each.source}.", ""]
        lines += [cell(each.doubt), "", f"**What is done.** {cell(each.handling)}", ""]
        if each.where:
            lines += ["Where: " + ", ".join(f"`{name}`" for name in each.where) + ".", ""]
    return "\n".join(lines).rstrip() + "\n"


PAGES = {"drivers.md": drivers_page, "tensions.md": tensions_page}


def main(arguments: list[str]) -> int:
    """Write the pages, or check them."""
    stale = []
    for name, make in PAGES.items():
        file, text = DOCS / name, make()
        if "--check" in arguments:
            if not file.exists() or file.read_text(encoding="utf-8") != text:
                stale.append(name)
        else:
            file.write_text(text, encoding="utf-8")
    if stale:
        print(f"stale: {', '.join(stale)}; run python tools/paper_pages.py", file=sys.stderr)
    return bool(stale)


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
