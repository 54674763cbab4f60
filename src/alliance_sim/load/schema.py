"""The JSON Schema of scenario and world files, for editors and other programs."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

from alliance_sim.library import Kind
from alliance_sim.spec import Scenario, World
from alliance_sim.spec.scenario import ACTIONS, ALL_DYADS

Json = dict[str, Any]
_PART = "_part"
"""Ends the names of definitions that may be incomplete, as they add to a parent's."""


def schema(kind: Kind) -> Json:
    """JSON Schema (draft 2020-12) of a scenario file or a world file.

    It forbids what the loader forbids, but for what a schema cannot say: that names are
    declared, and that values fit each other.
    """
    model = Scenario if kind == "scenario" else World
    root = _tightened(model.model_json_schema())
    definitions: Json = root.pop("$defs")
    definitions[model.__name__] = root
    parts = {name + _PART: _partial(deepcopy(each)) for name, each in definitions.items()}
    everything = {**definitions, **parts}
    one = {"type": "string", "description": "Name or path of the file that this one builds on."}
    several = {
        "description": "Name or path of the world that this one builds on, or a list of them: "
        "what a later one says goes over what those before it say.",
        "anyOf": [
            {"type": "string"},
            {"type": "array", "items": {"type": "string"}, "minItems": 1},
        ],
    }
    for suffix in ("", _PART):
        extends = one if kind == "scenario" else several
        everything[model.__name__ + suffix]["properties"]["extends"] = extends
    if kind == "scenario":
        everything["World" + _PART]["properties"]["extends"] = several
        _file_keys(everything)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": f"alliance_sim {kind}",
        **_strict_or_part(model.__name__),
        "$defs": everything,
    }


def _strict_or_part(name: str) -> Json:
    """Complete, unless it builds on a parent."""
    return {
        "type": "object",
        "if": {"required": ["extends"]},
        "then": {"$ref": f"#/$defs/{name}{_PART}"},
        "else": {"$ref": f"#/$defs/{name}"},
    }


def _file_keys(definitions: Json) -> None:
    """What a scenario file may say beyond the scenario itself."""
    name = {"type": "string", "description": "Name or path of a world."}
    settings = {
        "type": "object",
        "description": "Dotted path -> value, set after everything else is merged.",
    }
    for suffix, world in (
        ("", _strict_or_part("World")),
        (_PART, {"$ref": f"#/$defs/World{_PART}"}),
    ):
        properties = definitions["Scenario" + suffix]["properties"]
        properties["world"] = {
            "description": "The world: its name, its path, or the world itself.",
            "anyOf": [name, world],
        }
        properties["set"] = {"anyOf": [settings, {"type": "null"}]}
        properties["dyads"] = {"anyOf": [properties["dyads"], {"const": ALL_DYADS}]}
    # Interventions merge with the parent's by id; other lists are replaced, so are complete.
    definitions["Intervention" + _PART]["required"] = ["id"]
    interventions = definitions["Scenario" + _PART]["properties"]["interventions"]
    interventions["anyOf"][0]["items"] = {"$ref": f"#/$defs/Intervention{_PART}"}


def _tightened(schema: Json) -> Json:
    """Pydantic's schema, closed where it leaves open what validation refuses."""

    def close(each: Json) -> None:
        if "patternProperties" in each:
            each.setdefault("additionalProperties", False)
        forms = each.get("oneOf")
        if forms is not None:
            # A form that matches nothing stands for mistakes; each form keeps its own key.
            each["oneOf"] = [form for form in forms if form != {"not": {}}]
            for form in each["oneOf"]:
                if "patternProperties" in form:  # nothing tells an empty mapping's form
                    form["minProperties"] = 1

    refused = [name for name, each in schema["$defs"].items() if each == {"not": {}}]
    _walk(schema, lambda each: _drop_refused(each, refused))
    for name in refused:
        del schema["$defs"][name]
    _walk(schema, close)
    if "Intervention" in schema["$defs"]:
        schema["$defs"]["Intervention"]["oneOf"] = [
            {"required": [action], "properties": {action: {"type": "object"}}} for action in ACTIONS
        ]
    return schema


def _drop_refused(each: Json, refused: list[str]) -> None:
    references = [{"$ref": f"#/$defs/{name}"} for name in refused]
    if "oneOf" in each:
        each["oneOf"] = [form for form in each["oneOf"] if form not in references]


def _partial(schema: Json) -> Json:
    """A definition of which everything may be left out, or be null to take a key out."""

    def loosen(each: Json) -> None:
        for key in ("required", "minProperties"):
            each.pop(key, None)
        if "oneOf" in each:  # without required keys more than one form may fit
            each["anyOf"] = each.pop("oneOf")
        for key in ("properties", "patternProperties"):
            for name, inner in each.get(key, {}).items():
                each[key][name] = {"anyOf": [inner, {"type": "null"}]}
        if isinstance(each.get("additionalProperties"), dict):
            each["additionalProperties"] = {
                "anyOf": [each["additionalProperties"], {"type": "null"}]
            }
        reference = each.get("$ref")
        if isinstance(reference, str) and not reference.endswith(_PART):
            each["$ref"] = reference + _PART

    _walk(schema, loosen, enter_lists=False)
    return schema


_INNER = ("anyOf", "oneOf", "allOf", "not", "additionalProperties", "propertyNames")


def _walk(schema: Any, visit: Any, enter_lists: bool = True) -> None:
    """Visit every schema in a schema, the outer ones first."""
    if isinstance(schema, list):
        for each in schema:
            _walk(each, visit, enter_lists)
    if not isinstance(schema, dict):
        return
    visit(schema)
    for key, each in schema.items():
        if key in ("properties", "patternProperties", "$defs"):
            for inner in each.values():
                _walk(inner, visit, enter_lists)
        elif key in _INNER or (enter_lists and key in ("items", "prefixItems")):
            _walk(each, visit, enter_lists)
