"""The pages on drivers and tensions: complete, and as the worlds have it."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path
from types import ModuleType

import pytest

from alliance_sim.library import scenario_root
from alliance_sim.load import load_world
from alliance_sim.load.claims import load_claims, load_passages, load_tensions
from alliance_sim.simulate import scenario_hash
from alliance_sim.spec.claims import Claims, Passages, Tensions

ROOT = Path(__file__).parents[1]


def tool(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, ROOT / "tools" / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def pages() -> ModuleType:
    return tool("paper_pages")


@pytest.fixture(scope="module")
def drivers_page() -> str:
    return (ROOT / "docs" / "drivers.md").read_text()


def test_pages_are_as_the_worlds_have_it(pages: ModuleType) -> None:
    assert pages.main(["--check"]) == 0


def test_all_passages_of_the_paper_have_a_row_that_says_where_they_went(drivers_page: str) -> None:
    rows = dict(re.findall(r"^\| ([A-Z]{2}\d\d) \|.*\| ([^|]*) \|$", drivers_page, re.M))
    counts = {"CC": 23, "CD": 7, "BC": 44, "BD": 35}
    expected = [f"{kind}{n:02}" for kind, last in counts.items() for n in range(1, last + 1)]
    assert sorted(rows) == sorted(expected)
    assert len(expected) == 109
    assert all(rows.values())
    assert sorted(load_passages().passages) == sorted(expected)


def test_links_lead_to_headings_and_each_heading_stands_once(drivers_page: str) -> None:
    headings = re.findall(r"^#### (.*)$", drivers_page, re.M)
    anchors = [heading.replace(" ", "-") for heading in headings]
    assert len(anchors) == len(set(anchors))
    links = re.findall(r"\]\(#([^)]*)\)", drivers_page)
    assert links
    assert set(links) <= set(anchors)


def test_what_is_left_out_has_a_reason_and_what_a_value_holds_is_not_also_left_out() -> None:
    for name, passage in load_passages().passages.items():
        assert not (passage.left_out and passage.held_by), name


def test_every_doubt_is_listed_and_speaks_of_things_that_exist() -> None:
    tensions = load_tensions().tensions
    assert sorted(tensions) == [f"T{n:02}" for n in range(1, 39)]
    known: set[str] = {each.stem for each in scenario_root().glob("**/*.yaml")}
    for world in (load_world("west_asia_2018"), load_world("west_asia_1980")):
        for kind in ("actors", "arenas", "agreements", "drivers", "choices", "readings"):
            known |= set(getattr(world, kind))
        known |= set(world.outcomes) | set(world.groups) | set(world.domains)
    known |= {f"C{n:02}" for n in range(1, 73)} | set(load_passages().passages)
    missing = {
        name: [word for word in each.where if word.split(".")[0] not in known]
        for name, each in tensions.items()
    }
    assert {name: words for name, words in missing.items() if words} == {}


def test_the_page_of_claims_is_of_the_present_scenarios() -> None:
    """Made anew by `alliance-sim claims --json` and tools/claims_page.py when a world changes."""
    loaded = load_claims()
    hashes = [scenario_hash(loaded.scenarios[each.scenario]) for each in loaded.claims]
    page = (ROOT / "docs" / "claims.md").read_text()
    assert f"<!-- scenarios: {tool('claims_page').fingerprint(hashes)} -->" in page
    assert re.findall(r"^### (C\d\d)$", page, re.M).count("C01") == 1
    assert len(re.findall(r"^### (C\d\d)$", page, re.M)) == 72


def test_models_of_the_paper_refuse_what_they_do_not_know() -> None:
    for model in (Claims, Passages, Tensions):
        assert model.model_config["extra"] == "forbid"
