"""The JSON Schema and the loader agree on the form of files."""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from worlds import small_scenario, small_world

from alliance_sim.errors import InputError
from alliance_sim.library import Kind
from alliance_sim.load import read_scenario, read_world, schema
from alliance_sim.load.explain import _PATTERNS

Path = tuple[str | int, ...]
VALIDATORS: dict[Kind, Draft202012Validator] = {
    "scenario": Draft202012Validator(schema("scenario")),
    "world": Draft202012Validator(schema("world")),
}


def in_schema(kind: Kind, document: Any) -> bool:
    return VALIDATORS[kind].is_valid(document)


def in_loader(kind: Kind, document: Any) -> bool:
    try:
        read_scenario(document) if kind == "scenario" else read_world(document)
    except InputError:
        return False
    return True


def document_of(kind: Kind) -> dict[str, Any]:
    return small_scenario() if kind == "scenario" else small_world()


def at(document: Any, path: Path) -> Any:
    for step in path:
        document = document[step]
    return document


def with_value(document: dict[str, Any], path: Path, value: Any) -> dict[str, Any]:
    changed = copy.deepcopy(document)
    at(changed, path[:-1])[path[-1]] = value
    return changed


def without(document: dict[str, Any], path: Path) -> dict[str, Any]:
    changed = copy.deepcopy(document)
    del at(changed, path[:-1])[path[-1]]
    return changed


def places(value: Any, path: Path = ()) -> Iterator[tuple[Path, Any]]:
    """Every value in a document with its path."""
    yield path, value
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from places(inner, (*path, key))
    if isinstance(value, list):
        for index, inner in enumerate(value):
            yield from places(inner, (*path, index))


@pytest.mark.parametrize("kind", ["scenario", "world"])
def test_the_schema_is_one(kind: Kind) -> None:
    Draft202012Validator.check_schema(schema(kind))
    assert json.loads(json.dumps(schema(kind))) == schema(kind)
    text = json.dumps(schema(kind))
    names = set(schema(kind)["$defs"])
    assert set(re.findall(r'"#/\$defs/([^"]+)"', text)) <= names


FREE = (("references",), ("sources",))
"""Mappings of text to text, which know no wrong key."""


def is_free(kind: Kind, path: Path) -> bool:
    inner = path[1:] if kind == "scenario" and path[:1] == ("world",) else path
    return inner in FREE or inner[-1:] == ("source",)


@pytest.mark.parametrize("kind", ["scenario", "world"])
def test_valid_documents_pass_both(kind: Kind) -> None:
    document = document_of(kind)
    assert in_schema(kind, document)
    assert in_loader(kind, document)
    minimal: dict[str, Any] = {
        "name": "Two",
        "date": "2018-01",
        "actors": {"a": {"name": "A", "capability": 0}, "b": {"name": "B", "capability": 1}},
        "dyads": {"a-b": {"alignment": 0}},
        "outcomes": {"o": {"name": "O", "measure": {"alignment": "a-b"}}},
    }
    if kind == "scenario":
        minimal = {
            "name": "Two",
            "world": minimal,
            "horizon": {"start": "2018-01", "months": 1},
            "outcomes": ["o"],
            "theory": None,
        }
    assert in_schema(kind, minimal)
    assert in_loader(kind, minimal)


@pytest.mark.parametrize("kind", ["scenario", "world"])
def test_an_unknown_key_in_any_mapping_fails_both(kind: Kind) -> None:
    document = document_of(kind)
    tried = 0
    for path, value in places(document):
        if not isinstance(value, dict) or is_free(kind, path):
            continue
        changed = with_value(document, (*path, "Unknown-key"), 0.5)
        assert not in_schema(kind, changed), path
        assert not in_loader(kind, changed), path
        tried += 1
    assert tried > 100


@pytest.mark.parametrize("kind", ["scenario", "world"])
def test_a_wrong_type_anywhere_fails_both(kind: Kind) -> None:
    document = document_of(kind)
    for path, value in places(document):
        if not path:
            continue
        for wrong in (True, [], ["x", 1], "not right", {"Unknown-key": 1}, {}):
            if type(wrong) is type(value) or isinstance(wrong, str | dict):
                continue
            changed = with_value(document, path, wrong)
            assert in_schema(kind, changed) == in_loader(kind, changed), (path, wrong)
        number: Any = "0.5" if isinstance(value, int | float) else 0.5
        changed = with_value(document, path, number)
        if isinstance(value, int | float) or not isinstance(value, dict):
            assert not in_schema(kind, changed), path
            assert not in_loader(kind, changed), path


@pytest.mark.parametrize("kind", ["scenario", "world"])
def test_a_mapping_or_text_where_another_type_belongs_fails_both(kind: Kind) -> None:
    document = document_of(kind)
    for path, value in places(document):
        if not path:
            continue
        for wrong in ({"Unknown-key": 1}, "Not right!"):
            free_text = isinstance(value, str) and isinstance(wrong, str)
            source = "source" in path or path[-1] == "sources"
            if free_text or source:
                continue
            changed = with_value(document, path, wrong)
            assert not in_schema(kind, changed), (path, wrong)
            assert not in_loader(kind, changed), (path, wrong)


@pytest.mark.parametrize("kind", ["scenario", "world"])
def test_numbers_out_of_bounds_are_told_alike(kind: Kind) -> None:
    document = document_of(kind)
    refused = 0
    for path, value in places(document):
        if isinstance(value, bool) or not isinstance(value, int | float):
            continue
        if any(str(step) in DISTRIBUTED for step in path[-3:]):
            continue  # whether the numbers of a distribution fit is not a matter of form
        for wrong in (-5, 5000):
            changed = with_value(document, path, wrong)
            form = in_schema(kind, changed)
            if not form:
                refused += 1
                assert not in_loader(kind, changed), (path, wrong)
            elif in_loader(kind, changed) is False:
                assert path[-1] in ALONE or path[-2] in ALONE, (path, wrong)
    assert refused > 30


DISTRIBUTED = (
    "uniform", "triangular", "normal", "truncated_normal", "lognormal", "beta", "categorical",
)  # fmt: skip
ALONE = ("turnover", "temperature", "range", "impacts", "cutpoints", "rise", "fall", "capability")
"""What numbers mean together is checked by the loader alone."""


REQUIRED: dict[Kind, int] = {"scenario": 60, "world": 50}


@pytest.mark.parametrize("kind", ["scenario", "world"])
def test_leaving_any_one_value_out_is_judged_alike(kind: Kind) -> None:
    document = document_of(kind)
    refused = 0
    for path, _ in places(document):
        if not path:
            continue
        changed = without(document, path)
        if not in_schema(kind, changed):
            refused += 1
            assert not in_loader(kind, changed), path
        elif not in_loader(kind, changed):
            with pytest.raises(InputError) as caught:
                read_scenario(changed) if kind == "scenario" else read_world(changed)
            # then it is a name that others use, or numbers that belong together
            for problem in caught.value.problems:
                assert CROSS.search(str(problem)), (path, str(problem))
    assert refused > REQUIRED[kind]


CROSS = re.compile(
    r"unknown (actor|arena|agreement|outcome|theory|cooperation domain)|has no government"
    r"|is not declared|by direction lacks|probabilities|trust would rise|driver has no dyads"
    r"|is no party"
)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("interventions", 0, "coercion", "on"), "thebes"),
        (("interventions", 0, "at"), "1999-01"),
        (("interventions", 1, "id"), "decree"),
        (("interventions", 6, "government", "becomes"), "monarchy"),
        (("outcomes", 0), "glory"),
        (("theory",), "none"),
        (("world", "groups", "league", "members", 0), "thebes"),
        (("world", "drivers", "quarrel", "channel", "arena"), "thebes"),
        (("world", "dyads", "athens-thebes"), {"alignment": 0}),
    ],
)
def test_mistakes_across_references_are_the_loaders_alone(path: Path, value: Any) -> None:
    changed = with_value(small_scenario(), path, value)
    assert in_schema("scenario", changed)
    assert not in_loader("scenario", changed)


@pytest.mark.parametrize(
    "document",
    [
        {"extends": "base"},
        {"extends": "base", "name": "x", "set": {"world.drivers.a.weight": 0}},
        {"extends": "base", "world": {"drivers": {"a": {"weight": 0.1}, "b": None}}},
        {"extends": "base", "world": {"extends": "greece", "date": "1432-01"}},
        {"extends": "base", "world": "greece", "theory": None},
        {"extends": "base", "horizon": {"months": 3}, "outcomes": ["x"]},
        {"extends": "base", "interventions": [{"id": "a", "coercion": {"level": 0.4}}]},
        {"extends": "base", "interventions": [{"id": "a", "coercion": None, "arena": {}}]},
        {**small_scenario("greece")},
        {**small_scenario("greece"), "set": {"horizon.months": 3}},
        {**small_scenario({"extends": "greece", "name": "x"})},
    ],
)
def test_files_that_build_on_others_may_say_less(document: dict[str, Any]) -> None:
    assert in_schema("scenario", document), [
        error.message for error in VALIDATORS["scenario"].iter_errors(document)
    ]


@pytest.mark.parametrize(
    "document",
    [
        {"name": "x"},
        {"extends": 3},
        {"extends": "base", "nmae": "x"},
        {"extends": "base", "horizon": {"month": 3}},
        {"extends": "base", "horizon": {"months": "3"}},
        {"extends": "base", "interventions": [{"coercion": {"level": 0.4}}]},
        {"extends": "base", "interventions": [{"id": "a", "coercion": {"level": 4}}]},
        {"extends": "base", "interventions": [{"id": "a", "coercion": {"levl": 0.4}}]},
        {"extends": "base", "world": {"drivers": {"a": {"wieght": 0.1}}}},
        {"extends": "base", "world": {"actors": {"a": {"capability": {"unifrom": [0, 1]}}}}},
        {"extends": "base", "set": 3},
        {**small_scenario("greece"), "world": 3},
        {**small_scenario({"name": "x"})},
        {**small_scenario({"extends": "greece", "nmae": "x"})},
    ],
)
def test_what_they_say_must_have_the_right_form(document: dict[str, Any]) -> None:
    assert not in_schema("scenario", document)


def test_world_files_may_build_on_others() -> None:
    assert in_schema("world", {"extends": "greece", "arenas": {"aegean": {"level": 0.1}}})
    assert not in_schema("world", {"arenas": {"aegean": {"level": 0.1}}})
    assert not in_schema("world", {"extends": "greece", "arenas": {"aegean": {"levl": 0.1}}})
    assert not in_schema("world", {"extends": "greece", "set": {}})


def test_every_pattern_has_words_of_its_own() -> None:
    text = schema("scenario")
    found = {
        value
        for _, each in places(text)
        if isinstance(each, dict)
        for key, value in each.items()
        if key == "pattern" and isinstance(value, str)
    } | {
        pattern
        for _, each in places(text)
        if isinstance(each, dict) and isinstance(each.get("patternProperties"), dict)
        for pattern in each["patternProperties"]
    }
    assert found == set(_PATTERNS)
