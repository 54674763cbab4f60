"""The parts of a page, in order: each a function that finds what to show and a template.

To add one, write a function of a result that returns what its template needs, or None where
there is nothing to show; put the template into ``templates/parts``; and name both in ``PARTS``.
"""

from __future__ import annotations

import shlex
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from alliance_sim import plots, validation
from alliance_sim.library import shipped_scenarios
from alliance_sim.load import load_scenario
from alliance_sim.load.claims import read_claims
from alliance_sim.report import analyses, blocs, comparisons, gallery, studies, tables, words
from alliance_sim.report.assumptions import assumptions, uncertain_paths
from alliance_sim.report.folders import Result
from alliance_sim.report.pictures import Album
from alliance_sim.report.sentences import answer, fitted
from alliance_sim.report.validations import validated
from alliance_sim.results import parsed
from alliance_sim.spec.provenance import provenance_of

View = Mapping[str, Any]


@dataclass(frozen=True)
class Extras:
    """What the parts of one page share."""

    album: Album = field(default_factory=Album)
    claims: Mapping[str, Any] | None = None
    """Judged claims."""


@dataclass(frozen=True)
class Part:
    """A part of the page of one result."""

    name: str
    """Its template, and the end of its anchor."""
    title: str
    find: Callable[[Result, Extras], View | None]
    without_runs: bool = False
    """Whether a comparison alone has it too."""


def _classes(result: Result, extras: Extras) -> View | None:
    relations = tables.relations(result.data)
    if not relations:
        return None
    moving = [name for name in relations if tables.moves(result.data, name)]
    return {
        "when": tables.month(result.data, -1),
        "paired": result.baseline is not None,
        "relations": [tables.relation(result, name) for name in relations],
        "pictures": [gallery.class_picture(result, extras.album, name) for name in moving],
    }


# -- claims --------------------------------------------------------------------------------


def _claims(result: Result, extras: Extras) -> View | None:
    """Claims of the shipped text on which the scenario bears, with verdicts that were given."""
    ids = result.scenario.claims if result.scenario else ()
    if not ids:
        return None
    stated = read_claims().claims
    judged = {row["id"]: row for row in (extras.claims or {}).get("claims", ())}
    rows = []
    for each in ids:
        row, claim = judged.get(each), stated.get(each)
        said = row["statement"] if row else claim.statement if claim else words.UNKNOWN
        source = claim.source if claim else ""
        rows.append({"id": each, "statement": said, "source": source, **_verdict(row)})
    drawn = [judged[each] for each in ids if each in judged]
    picture = None
    if drawn and extras.claims is not None:
        alt = "Forest plot. " + " ".join(f"{row['id']}: {row['verdict']}." for row in drawn)
        axes = plots.forest({**extras.claims, "claims": drawn})
        picture = extras.album.picture(axes, alt, "Effect and verdict of each claim.")
    return {"rows": rows, "judged": bool(drawn), "picture": picture}


_NUMBERS = ("effect", "mark", "error", "draws")


def _verdict(row: Mapping[str, Any] | None) -> View:
    """Verdict and effect of a judged claim, on the outcome that decides."""
    if row is None:
        return {"verdict": "not judged here", **dict.fromkeys(_NUMBERS, "")}
    found = plots.claims.deciding(row)
    if found is None:
        return {"verdict": row["verdict"], **dict.fromkeys(_NUMBERS, "")}
    effect, said = found["effect"], validation.said_of(found)
    places = words.digits(effect["q05"], effect["q95"])
    spread = f"{words.signed(effect['q05'], places)} to {words.signed(effect['q95'], places)}"
    share, doubt = found.get("share"), effect.get("error")
    return {
        "verdict": row["verdict"],
        "effect": f"{words.signed(effect['mean'], places)} ({spread}), {found.get('name', '')}",
        "mark": validation.mark(said),
        "error": words.error(doubt, places) if isinstance(doubt, float) else "",
        "draws": words.percent(share) if isinstance(share, int | float) else "",
    }


# -- how to reproduce, and limits ----------------------------------------------------------


def _reproduce(result: Result, extras: Extras) -> View:
    attributes = result.data.attrs
    pairs = [
        *(("scenario (SHA-256 of all it says)", each) for each in hashes(attributes)),
        ("seed", words.known(attributes, "seed")),
        ("runs", words.known(attributes, "runs")),
        ("sampling of uncertain numbers", words.known(attributes, "sampling")),
        ("chance", words.known(attributes, "chance")),
        ("theory", words.known(attributes, "theory")),
        ("baseline", words.known(attributes, "baseline")),
    ]
    others = studies.commands(result, besides=str(attributes.get("command") or ""))
    return {
        "pairs": pairs,
        "versions": _versions(attributes),
        "others": others,
        **_command(result),
    }


def hashes(attributes: Mapping[Any, Any]) -> list[str]:
    """The hash of the scenario, or those of all scenarios of a comparison."""
    several = parsed(attributes, "scenario_hashes", list)
    return [str(each) for each in several] or [words.known(attributes, "scenario_hash")]


def _versions(attributes: Mapping[Any, Any]) -> list[tuple[str, str]]:
    return [(str(k), str(v)) for k, v in parsed(attributes, "versions", dict).items()]


def _command(result: Result) -> View:
    """The command that made the result, or else one that makes the same numbers."""
    attributes, scenario = result.data.attrs, result.scenario
    if attributes.get("command"):
        return {"command": str(attributes["command"]), "how": "recorded"}
    seed, runs = words.known(attributes, "seed"), words.known(attributes, "runs")
    if scenario is None or words.UNKNOWN in (seed, runs):
        return {"command": "", "how": "unknown"}
    name = result.folder.name
    if name in shipped_scenarios() and load_scenario(name) == scenario:
        told = ["alliance-sim", "run", name, "--runs", runs, "--seed", seed]
        return {"command": shlex.join(told), "how": "shipped"}
    return {"command": "", "how": "file", "runs": runs, "seed": seed}


def _limits(result: Result, extras: Extras) -> View:
    scenario = result.scenario
    paths = uncertain_paths(result) if scenario else []
    grounds = [provenance_of(scenario, path).basis for path in paths] if scenario else []
    return {
        "count": len(paths),
        "judged": sum(basis in ("judgement", "mixed", "unsourced") for basis in grounds),
        "fitted": fitted(result),
        "validated": result.has_runs and validated(result)["any"],
        "runs": result.runs,
        "sampling": words.known(result.data.attrs, "sampling"),
        "chance": words.known(result.data.attrs, "chance"),
        "text": bool(scenario and scenario.drivers and scenario.world.drivers),
    }


PARTS = (
    Part("answer", "In a nutshell", lambda result, extras: answer(result)),
    Part("effects", "Outcomes and effects", lambda result, extras: tables.effects(result)),
    Part("pictures", "Pictures", lambda result, extras: gallery.pictures(result, extras.album)),
    Part("classes", "Relation classes", _classes),
    Part("assumptions", "Assumptions", lambda result, extras: assumptions(result)),
    Part(
        "explanation",
        "Explanation",
        lambda result, extras: analyses.explanation(result, extras.album),
    ),
    Part(
        "comparison",
        "Comparison",
        lambda result, extras: comparisons.comparison(result, extras.album),
        without_runs=True,
    ),
    Part(
        "sensitivity",
        "Sensitivity",
        lambda result, extras: studies.sensitivity(result, extras.album),
    ),
    Part(
        "discovery",
        "Conditions",
        lambda result, extras: studies.discovery(result, extras.album),
    ),
    Part(
        "blocs",
        "Blocs",
        lambda result, extras: blocs.blocs(result, extras.album),
    ),
    Part("claims", "Claims touched", _claims),
    Part("reproduce", "How to reproduce", _reproduce, without_runs=True),
    Part("limits", "Limits", _limits, without_runs=True),
)
"""All parts, in the order of the page."""
