"""Where a number comes from, and what kind of ground that is.

Shipped files write sources in one form, and these are its rules. A text has clauses, separated by
semicolons. It begins with the references that it rests on, or with ``judgement``; a clause such as
``weight and shape judgement: hedged`` or ``dates: 7 August and 5 November 2018`` speaks of the
numbers it names and of no others. So the weight of a driver that a paper is cited for can be, and
in the shipped worlds is, a judgement.

A value that is set over a file's own (``set``, ``--set``) leaves the file's source behind: unless
it brings one, it is a judgement of whoever set it. The loader enters it under the scenario's
``sources``, by its path.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from alliance_sim.spec.base import children
from alliance_sim.spec.scenario import Scenario
from alliance_sim.spec.world import World
from alliance_sim.wording import counted

Basis = Literal["judgement", "data", "paper", "mixed", "unsourced"]
"""What a number rests on: the modeller's choice; measurement or public record; a statement of the
text behind the drivers; several of these at once; nothing that is said."""

JUDGEMENT = "judgement"
SET = f"{JUDGEMENT}: set by hand, without a source"
"""Source of what was set and brought none."""
_OWN_WORDS = {"at": "date", "hazard_per_year": "hazard", "change": "size"}
"""What sources call numbers whose key has another name."""
_DATE = re.compile(r"interventions\.\w+\.at")
_JUDGED = re.compile(rf"(\w+(?:(?:, | and )\w+)*) {JUDGEMENT}\b")
_POSTERIOR = re.compile(r"\w+: posterior\b")
_STATED = re.compile(r"([\w ,]+?):\s*(.+)", re.DOTALL)


@dataclass(frozen=True)
class Provenance:
    """Source of a number, and what kind of ground it is."""

    source: str
    """The text as the file has it; empty where there is none."""
    basis: Basis
    cites: tuple[str, ...] = ()
    """Keys of the references that the text names, whether the number rests on them or what it
    weighs does."""


def provenance_of(scenario: Scenario, path: str) -> Provenance:
    """Where an uncertain number comes from.

    Args:
        scenario: a checked scenario.
        path: the number's path, as in the coordinate ``parameter`` of a dataset, such as
            ``world.drivers.shield.weight`` or ``interventions.sanctions_back.at``.

    Example:
        >>> import alliance_sim as al
        >>> scenario = al.load_scenario("us_exits_jcpoa")
        >>> provenance_of(scenario, "world.mechanisms.government.weight").basis
        'mixed'
    """
    source, world = source_of(scenario, path), scenario.world
    cited = tuple(dict.fromkeys(w for w in re.findall(r"\w+", source) if w in world.references))
    return Provenance(source, basis_of(scenario, path), cited)


def in_words(paths: Iterable[str]) -> str:
    """How many uncertain numbers and open dates some paths are: ``83 numbers and 1 date``."""
    dates = [bool(_DATE.fullmatch(path)) for path in paths]
    counts = ((dates.count(False), "number"), (dates.count(True), "date"))
    told = [counted(count, what) for count, what in counts if count]
    return " and ".join(told) or "no number"


def source_of(scenario: Scenario, path: str) -> str:
    """The text that says where a number comes from; empty where there is none.

    First come the scenario's ``sources`` by path, the longest that holds the number, unless what
    was set there says more itself. Then, of numbers of the world,
    the nearest entry above that speaks of it and the world's ``sources`` by path; of
    interventions the scenario's ``sources`` by id.
    """
    first, *rest = path.split(".")
    depth, text = _set_over(scenario, path)
    if first == "interventions" and rest:
        return text or scenario.sources.get(rest[0], "")
    place = tuple(rest if first == "world" else (first, *rest))
    if text:
        return own_source(scenario.world, place, depth - 1) or text
    return own_source(scenario.world, place) or pattern_source(scenario.world, place)


def _set_over(scenario: Scenario, path: str) -> tuple[int, str]:
    """How many steps of a path the scenario's ``sources`` speak of, and what they say."""
    steps = path.split(".")
    for depth in range(len(steps), 1, -1):  # one step alone is the id of an intervention
        if text := scenario.sources.get(".".join(steps[:depth])):
            return depth, text
    return 0, ""


def intervention_source(scenario: Scenario, name: str) -> str:
    """Where an intervention comes from, and what of it was set over that."""
    whole = f"interventions.{name}"
    found = [source_of(scenario, whole)]
    inside = f"{whole}."
    found += [
        f"{path.removeprefix(inside)}: {text}"
        for path, text in scenario.sources.items()
        if path.startswith(inside)
    ]
    return "; ".join(each for each in found if each)


def basis_of(scenario: Scenario, path: str) -> Basis:
    """What a number rests on, by the rules at the head of this module.

    1. Nothing is said, or neither a reference nor ``judgement`` comes first: ``unsourced``.
    2. The text begins with ``judgement`` (whatever it cites beside it), or a clause says that this
       very number is one: ``judgement``.
    3. A clause states this very number: what it cites decides, and a bare fact is ``data``.
    4. Otherwise the references at the beginning decide: ``paper`` for the text behind the drivers,
       ``data`` for others, ``mixed`` for both, and where judgement is owned to in the same breath.
    5. A posterior (``votes_1991_2016: posterior of ...``) is ``mixed``: data, and a prior judged.
    """
    text, world = source_of(scenario, path), scenario.world
    names = {_word(part) for part in path.split(".")}
    paper = text_behind_drivers(world)
    if text.startswith(JUDGEMENT):
        return "judgement"
    first, *others = [each.strip() for each in text.split(";")]
    unnamed = [first]
    for clause in others:
        judged, stated = _JUDGED.match(clause), _STATED.match(clause)
        about = _words(judged or stated)
        if not about & names:
            if not (judged or stated) or about & {_word(each) for each in world.references}:
                unnamed.append(clause)
            continue
        return "judgement" if judged else _cited(_leading(clause, world), paper) or "data"
    found = _cited(_leading(first, world), paper)
    if found is None:
        return "unsourced"
    if _POSTERIOR.match(first):
        return "mixed"
    return "mixed" if any(re.search(rf"\b{JUDGEMENT}\b", each) for each in unnamed) else found


def text_behind_drivers(world: World) -> str:
    """The reference whose passages the drivers stand for; an empty text where there is none.

    It is the one that more than half of the drivers with passages cite first. It argues; the
    other references, data sets, treaties and the like, record.
    """
    cited = [
        next(iter(_leading(_for_key(driver.source, ("weight",)), world)), "")
        for driver in world.drivers.values()
        if driver.passages
    ]
    most = max(sorted(set(cited)), key=cited.count, default="")
    return most if 2 * cited.count(most) > len(cited) else ""


def own_source(value: Any, path: Sequence[str], depth: int = 0) -> str:
    """The source of the nearest entry above a number that speaks of it, else an empty text.

    Entries fewer than ``depth`` steps down the path are not asked.
    """
    found = ""
    for place, name in enumerate(path):
        if place >= depth:
            found = _for_key(getattr(value, "source", None), path[place:]) or found
        value = dict(children(value)).get(name)
    return found


def pattern_source(world: World, path: Sequence[str]) -> str:
    """The world's source for a path or for what stands above it, else an empty text.

    The longest pattern wins, and of equally long ones that with the fewest ``*``.
    """
    found = [
        (len(parts), -parts.count("*"), text)
        for pattern, text in world.sources.items()
        for parts in [pattern.split(".")]
        if len(parts) <= len(path)
        and all(part in ("*", name) for part, name in zip(parts, path, strict=False))
    ]
    return max(found)[-1] if found else ""


def _for_key(source: object, inside: Sequence[str]) -> str:
    """What an entry's source says of a path inside it."""
    if isinstance(source, Mapping):
        for length in range(len(inside), 0, -1):
            if text := source.get(".".join(inside[:length])):
                return str(text)
        return ""
    return str(source or "")


def _leading(text: str, world: World) -> list[str]:
    """References with which a text begins, separated by commas."""
    found = []
    for part in re.split(r"[,:;]\s*", text):
        first = re.match(r"\w+", part)  # a page or the like may follow
        if first is None or first[0] not in world.references:
            break
        found.append(first[0])
    return found


def _cited(references: Sequence[str], paper: str) -> Basis | None:
    kinds = {"paper" if each == paper else "data" for each in references}
    if len(kinds) == 1:
        return "paper" if "paper" in kinds else "data"
    return "mixed" if kinds else None


def _words(match: re.Match[str] | None) -> set[str]:
    """What a clause names before it says anything of it."""
    return {_word(each) for each in re.split(r",|\band\b", match[1])} if match else set()


def _word(text: str) -> str:
    text = _OWN_WORDS.get(text, text).replace("_", " ").strip()
    return text.removesuffix("s")
