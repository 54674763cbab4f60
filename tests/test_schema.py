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


FIELDS = {
    name
    for definition in schema("scenario")["$defs"].values()
    for name in definition.get("properties", {})
}


def in_schema(kind: Kind, document: Any) -> bool:
    return bool(VALIDATORS[kind].is_valid(document))


def in_loader(kind: Kind, document: Any) -> bool:
    try:
        read_scenario(document) if kind == "scenario" else read_world(document)
    except InputError:
        return False
    return True


def document_of(kind: Kind) -> dict[str, Any]:
    """The rich world; or the rich scenario, in a world with only what it refers to."""
    world = small_world()
    if kind == "world":
        return world
    for section in ("drivers", "mechanisms", "behaviour", "classes", "sources"):
        del world[section]
    used = ("sparta_to_persia", "trade", "kind_of_tie")
    world["outcomes"] = {name: world["outcomes"][name] for name in used}
    return small_scenario(world)


MINIMAL: dict[Kind, dict[str, Any]] = {
    "world": {
        "name": "Two",
        "date": "2018-01",
        "actors": {"a": {"name": "A", "capability": 0}, "b": {"name": "B", "capability": 1}},
        "dyads": {"a-b": {"alignment": 0}},
    },
    "scenario": {
        "name": "Two",
        "world": "two",
        "horizon": {"start": "2018-01", "months": 1},
        "outcomes": ["o"],
    },
}


def around(kind: Kind, document: dict[str, Any], path: Path) -> dict[str, Any]:
    """What is under the path's first steps, in a minimal document; quicker to validate.

    A schema looks at every part by itself, so the rest of the document need not be there.
    """
    section, rest = path[0], document.get(str(path[0]), ...)
    slim = dict(MINIMAL[kind])
    if rest is ...:
        slim.pop(str(section), None)
    elif isinstance(rest, dict) and len(path) > 2 and section != "actors":
        slim[str(section)] = {path[1]: rest.get(path[1])} if path[1] in rest else rest
        fixed = FIXED & {str(each) for each in rest}
        slim[str(section)] = rest if fixed else slim[str(section)]
    else:
        slim[str(section)] = rest
    return slim


FIXED = frozenset({"start", "postures", "trust", "hostile_below"})
"""Keys of the sections that are one mapping, not many entries."""


def agree(kind: Kind, document: dict[str, Any], path: Path) -> bool:
    """Whether the document passes; both must say the same."""
    form, loaded = in_schema(kind, around(kind, document, path)), in_loader(kind, document)
    assert form == loaded, path
    return form


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


def kinds_of_places(kind: Kind) -> list[tuple[Path, Any]]:
    """A place of every kind in the rich document: entries of a mapping count as one kind."""
    found: dict[tuple[object, ...], tuple[Path, Any]] = {}
    for path, value in places(document_of(kind)):
        if path and not (kind == "scenario" and len(path) > 1 and path[0] == "world"):
            shape = tuple(step if step in FIELDS else type(step) for step in path)
            found.setdefault((*shape, type(value)), (path, value))
    return list(found.values())


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
    if kind == "scenario":  # which holds that of worlds
        Draft202012Validator.check_schema(schema(kind))
    text = json.dumps(schema(kind))
    names = set(json.loads(text)["$defs"])
    assert set(re.findall(r'"#/\$defs/([^"]+)"', text)) <= names


def is_free(path: Path) -> bool:
    """Whether a mapping is one of text to text, which knows no wrong key."""
    return path[-1] in ("references", "sources", "source")


@pytest.mark.parametrize("kind", ["scenario", "world"])
def test_valid_documents_pass_both(kind: Kind) -> None:
    for document in (
        (small_scenario(), document_of("scenario")) if kind == "scenario" else (small_world(),)
    ):
        assert in_schema(kind, document)
        assert in_loader(kind, document)
        for section in document:
            assert in_schema(kind, around(kind, document, (section,)))
    outcome = {"o": {"name": "O", "measure": {"alignment": "a-b"}}}
    minimal = MINIMAL["world"] | {"outcomes": outcome}
    if kind == "scenario":
        minimal = MINIMAL["scenario"] | {"world": minimal, "theory": None}
    assert in_schema(kind, minimal)
    assert in_loader(kind, minimal)


@pytest.mark.parametrize("kind", ["scenario", "world"])
def test_an_unknown_key_in_any_mapping_fails_both(kind: Kind) -> None:
    document = document_of(kind)
    assert not in_schema(kind, document | {"Unknown-key": 1})
    assert not in_loader(kind, document | {"Unknown-key": 1})
    mappings = [path for path, value in kinds_of_places(kind) if isinstance(value, dict)]
    assert len(mappings) > (10 if kind == "scenario" else 50)
    for path in mappings:
        if not is_free(path):
            inner = (*path, "Unknown-key")
            assert not agree(kind, with_value(document, inner, 0.5), inner), path


@pytest.mark.parametrize("kind", ["scenario", "world"])
def test_a_wrong_type_anywhere_fails_both(kind: Kind) -> None:
    document = document_of(kind)
    for count, (path, value) in enumerate(kinds_of_places(kind)):
        wrong: list[Any] = []
        if isinstance(value, bool):
            wrong += ["no", 0]
        elif isinstance(value, int | float):
            wrong += ["0.5", True, {"Unknown-key": 1}, ["x", 1]][count % 4 :][:1]
        elif isinstance(value, str):
            wrong += [0.5, ["x", 1]][count % 2 :][:1]
        elif isinstance(value, list):
            wrong += [0.5, "Not right!"]
        elif path[-1] not in ("world", "source"):  # where text stands for a mapping
            wrong += ["Not right!"]
        for each in wrong:
            assert not agree(kind, with_value(document, path, each), path), (path, each)


@pytest.mark.parametrize("kind", ["scenario", "world"])
def test_emptiness_is_judged_alike(kind: Kind) -> None:
    document = document_of(kind)
    empties: tuple[Any, ...] = ({}, [], None)
    for count, (path, _) in enumerate(kinds_of_places(kind)):
        changed = with_value(document, path, empties[count % 3])
        if in_schema(kind, around(kind, changed, path)):
            assert_wrong_across(kind, changed)
        else:
            assert not in_loader(kind, changed), path


@pytest.mark.parametrize("kind", ["scenario", "world"])
def test_numbers_out_of_bounds_are_told_alike(kind: Kind) -> None:
    document = document_of(kind)
    refused = 0
    for path, value in kinds_of_places(kind):
        if isinstance(value, bool) or not isinstance(value, int | float):
            continue
        if any(str(step) in DISTRIBUTED for step in path[-3:]):
            continue  # whether the numbers of a distribution fit is not a matter of form
        for wrong in (-5, 5000):
            changed = with_value(document, path, wrong)
            if not in_schema(kind, around(kind, changed, path)):
                refused += 1
                assert not in_loader(kind, changed), (path, wrong)
            elif not in_loader(kind, changed):
                assert path[-1] in ALONE or path[-2] in ALONE, (path, wrong)
    assert refused > 15


DISTRIBUTED = (
    "uniform", "triangular", "normal", "truncated_normal", "lognormal", "beta", "categorical",
)  # fmt: skip
ALONE = ("turnover", "temperature", "range", "impacts", "cutpoints", "rise", "fall", "capability",
    "shares",
)  # fmt: skip
"""What numbers mean together is checked by the loader alone."""


@pytest.mark.parametrize("kind", ["scenario", "world"])
def test_leaving_any_one_value_out_is_judged_alike(kind: Kind) -> None:
    document = document_of(kind)
    refused = 0
    for path, _ in kinds_of_places(kind):
        changed = without(document, path)
        if in_schema(kind, around(kind, changed, path)):
            assert_wrong_across(kind, changed)
        else:
            refused += 1
            assert not in_loader(kind, changed), path
    assert refused > 25


def assert_wrong_across(kind: Kind, document: dict[str, Any]) -> None:
    """A document of the right form is right, or wrong in what it refers to."""
    try:
        read_scenario(document) if kind == "scenario" else read_world(document)
    except InputError as error:
        strange = [str(each) for each in error.problems if not CROSS.search(str(each))]
    else:
        strange = []
    assert not strange


CROSS = re.compile(
    r"unknown (actor|arena|agreement|outcome|theory|cooperation domain|choice|reading)"
    r"|has no (government|option)|no reading|is no option|options have \d shares"
    r"|shares of options sum|measured month by month"
    r"|is not declared|by direction lacks|probabilities|trust would rise|driver has no dyads"
    r"|is no party|declares no relation"
    r"|begins neither with a key of|stands for no value|which is no intervention|is not one word"
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
        (("readings", "cause"), "true"),
        (("readings", "causes"), "truest"),
        (("world", "drivers", "vote_heard", "reading", "cause"), ["true"]),
        (("world", "drivers", "vote_heard", "signal", "choice"), "vote"),
        (("world", "choices", "war_vote", "by"), "thebes"),
        (("world", "choices", "war_vote", "shares"), [0.5, 0.5]),
        (("world", "readings", "cause", "default"), "true"),
        (("world", "outcomes", "unsteady", "measure", "variance"), "kind_of_tie"),
        (("outcomes", 0), "lasting"),
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
