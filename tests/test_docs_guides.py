"""The guides in docs/ say what the code does: examples load, tables list what there is.

A comment before a YAML block of docs/scenarios.md says what it is:

    <!-- yaml: scenario FILE -->      a whole scenario; blocks after it may name FILE
    <!-- yaml: world FILE -->         a whole world
    <!-- yaml: broken FILE -->        a scenario with mistakes; <!-- messages: FILE --> lists them
    <!-- yaml: in SCENARIO PATH -->   a part, laid over a shipped scenario at PATH
    <!-- yaml: each SCENARIO PATH --> a list of values, each of which can stand at PATH

and <!-- keys: MODEL ... --> before a table, of which models it lists the keys.
"""

from __future__ import annotations

import dataclasses
import json
import re
import shlex
import textwrap
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, get_args

import pytest
from pydantic import BaseModel
from ruamel.yaml import YAML

from alliance_sim import initial_state
from alliance_sim.library import find
from alliance_sim.load import check_file, load_scenario, load_world, read_scenario
from alliance_sim.load.documents import Documents
from alliance_sim.spec import Scenario, World, claims
from alliance_sim.spec.base import Frozen
from alliance_sim.spec.numbers import Distribution, Sampling
from alliance_sim.spec.rules import MechanismName

ROOT = Path(__file__).parents[1]
SCENARIOS = (ROOT / "docs" / "scenarios.md").read_text()
INITIAL = (ROOT / "docs" / "initial-values.md").read_text()
BLOCK = re.compile(r"^(?:<!-- (yaml|messages): ([^\n]*) -->\n)?```(\w*)\n(.*?)^```$", re.M | re.S)


@dataclasses.dataclass(frozen=True)
class Example:
    """A fenced block, and what the comment before it says."""

    marked: str
    """``yaml``, ``messages``, or nothing."""
    words: tuple[str, ...]
    language: str
    text: str


EXAMPLES = [
    Example(marked or "", tuple((words or "").split()), language, text)
    for marked, words, language, text in BLOCK.findall(SCENARIOS)
]
YAML_BLOCKS = [each for each in EXAMPLES if each.language in {"yaml", "yml"}]
FILES = [each for each in YAML_BLOCKS if each.words[:1] in {("scenario",), ("world",)}]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working directory with every whole file of the page in it."""
    for each in FILES:
        (tmp_path / each.words[1]).write_text(each.text)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_every_block_of_the_page_is_found() -> None:
    fences = re.findall(r"^\s*(?:```|~~~)", SCENARIOS, re.M)
    assert len(fences) == 2 * len(EXAMPLES)
    assert {each.language for each in EXAMPLES} <= {"yaml", "sh", "text"}


@pytest.mark.parametrize(
    "example", YAML_BLOCKS, ids=lambda each: "_".join(each.words) or "unmarked"
)
def test_yaml_of_the_page_is_valid(example: Example, folder: Path) -> None:
    match example.words:
        case ("scenario", file):
            assert load_scenario(file).outcomes
            assert check_file(folder / file) == []
        case ("world", file):
            assert load_world(file).actors
            assert check_file(folder / file) == []
        case ("broken", file):
            (folder / file).write_text(example.text)
            [said] = [
                each.text
                for each in EXAMPLES
                if each.marked == "messages" and each.words == (file,)
            ]
            assert [str(problem) for problem in check_file(file)] == said.splitlines()
        case ("in", parent, path):
            changed = load_scenario(in_file(folder, parent, path, example.text))
            before = load_scenario(parent)
            assert (changed.world, changed.interventions) != (before.world, before.interventions)
        case ("each", parent, path):
            values = YAML(typ="safe").load(re.sub(r"(\d{4}-\d\d)\b", r'"\1"', example.text))
            assert values
            for value in values:
                assert read_scenario(as_data(parent), [f"{path}={json.dumps(value)}"]).outcomes
        case _:
            pytest.fail(f"a comment has to say what this block is:\n{example.text}")


@cache
def as_data(name: str) -> Any:
    """A shipped scenario with its parents and its world worked in; read once, as that is slow."""
    tree = Documents().scenario(find(name, "scenario"))
    assert tree is not None
    return tree.plain()


def in_file(folder: Path, parent: str, path: str, text: str) -> Path:
    """A scenario that lays a part over another scenario at a path."""
    file = folder / "part.yaml"
    lines = [f"extends: {parent}", "name: A part"]
    steps = path.split(".")
    lines += ["  " * depth + f"{step}:" for depth, step in enumerate(steps)]
    file.write_text("\n".join(lines) + "\n" + textwrap.indent(text, "  " * len(steps)))
    return file


def commands() -> list[list[str]]:
    lines = [line for each in EXAMPLES if each.language == "sh" for line in each.text.splitlines()]
    return [shlex.split(line.partition(">")[0] if " > " in line else line) for line in lines]


@pytest.mark.parametrize("words", commands(), ids=" ".join)
def test_commands_of_the_page_are_understood(words: list[str], folder: Path) -> None:
    """Each is a command with options it has; what it sets can be set."""
    from typer.main import get_command

    from alliance_sim.cli import app

    group: Any = get_command(app)
    assert words[0] == "alliance-sim"
    command = group.commands[words[1]]
    with command.make_context(words[1], words[2:]) as context:
        given = context.params
    if words[1] == "run":
        for scenario in given["scenarios"]:
            overrides = [*(given["settings"] or ())]
            overrides += [f"theory={given['theory']}"] if given["theory"] else []
            assert load_scenario(scenario, overrides)


# -- the tables -----------------------------------------------------------------------------


OTHER_FILES = {"alliance_sim.spec.blocs", "alliance_sim.spec.observation"}
"""Files of another kind, with a page of their own; loaded or not by whichever tests ran before."""


def models(base: type[BaseModel] = Frozen) -> Iterator[type[BaseModel]]:
    """Every model of the specification of scenarios, worlds and claims that has keys."""
    for each in base.__subclasses__():
        home = each.__module__
        if home.startswith("alliance_sim.spec.") and each.__name__ != "Unknown":
            if home in OTHER_FILES:
                continue
            if each is not Distribution:
                yield each
            yield from models(each)


assert claims  # whose models are to be listed too
MODELS = {each.__name__: each for each in models()}
TABLE = re.compile(r"^<!-- keys: (.*) -->\n\n((?:\|.*\n)+)", re.M)
TABLES = [(names.split(), rows.splitlines()) for names, rows in TABLE.findall(SCENARIOS)]


def cells(row: str) -> list[str]:
    return [cell.strip() for cell in row.strip("|").split("|")]


def shown(value: Any) -> str:
    """A default as the tables write it."""
    if isinstance(value, Frozen):
        return "see below"
    if value is None or value in ("", (), {}):
        return "–"
    return f"`{list(value) if isinstance(value, tuple) else value}`"


def test_every_model_has_one_table() -> None:
    listed = [name for names, _ in TABLES for name in names]
    assert len(listed) == len(set(listed))
    assert set(listed) == set(MODELS)
    assert SCENARIOS.count("<!-- keys:") == len(TABLES)
    assert {Scenario, World} <= set(MODELS.values())


@pytest.mark.parametrize(("names", "rows"), TABLES, ids=lambda each: str(each[0]))
def test_table_lists_every_key_with_its_default(names: list[str], rows: list[str]) -> None:
    header, _, *body = rows
    expected = {
        info.alias or field: "required" if info.is_required() else shown(info.default)
        for name in names
        for field, info in MODELS[name].model_fields.items()
    }
    found = {cells(row)[0].strip("`"): cells(row)[1] for row in body}
    assert found.keys() == expected.keys()
    assert len(found) == len(body)
    if cells(header)[1] == "default":
        assert found == expected


def test_words_of_the_specification_are_on_the_page() -> None:
    mechanisms = SCENARIOS.partition("<!-- words: mechanisms -->")[2].partition("\n\nA theory")[0]
    assert set(re.findall(r"^\| `(\w+)`", mechanisms, re.M)) == set(get_args(MechanismName))
    for word in get_args(Sampling):
        assert f"| `{word}` |" in SCENARIOS


# -- initial values ------------------------------------------------------------------------


FILE_ROW = re.compile(r"^\| `([a-z_]+\.csv)` \| (.*?) \|", re.M)
PARAMETER_ROW = re.compile(r"^\| `([a-z_]+)` \| ([-0-9.]+) \| (.*?) \| (judgement|data) \|$", re.M)


def test_initial_values_names_every_file_and_column() -> None:
    found = {
        file: set(re.findall(r"`(\w+)`", columns)) for file, columns in FILE_ROW.findall(INITIAL)
    }
    assert found == {file: set(columns) for file, columns in initial_state.FILES.items()}


def test_initial_values_names_every_parameter_with_its_value() -> None:
    found = {name: float(value) for name, value, _, _ in PARAMETER_ROW.findall(INITIAL)}
    assert found == dataclasses.asdict(initial_state.DEFAULT)


def test_initial_values_says_what_is_judgement() -> None:
    """As the comments beside the parameters say."""
    source = Path(initial_state.__file__).read_text()
    marked = dict(re.findall(r"^    (\w+): (?:int|float) = \S+(.*)$", source, re.M))
    for name, _, _, kind in PARAMETER_ROW.findall(INITIAL):
        if "judgement" in marked[name]:
            assert kind == "judgement", name


def test_initial_values_cites_every_reference() -> None:
    listed = re.findall(r"^- `(\w+)`: ", INITIAL, re.M)
    assert sorted(listed) == sorted(initial_state.REFERENCES)


@pytest.mark.parametrize("page", sorted((ROOT / "docs").glob("*.md")), ids=lambda page: page.stem)
def test_links_between_pages_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#]+)[^)]*\)", page.read_text()):
        if not target.startswith("http"):
            assert (page.parent / target).exists(), target
