"""Hypothesis strategies that build whole worlds."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from hypothesis import strategies as st

from alliance_sim.spec import Scenario
from alliance_sim.spec.rules import MechanismName

MECHANISMS: tuple[str, ...] = MechanismName.__args__  # type: ignore[attr-defined]
NAMES = ("argos", "corinth", "delphi", "elis", "megara", "paros", "samos", "thebes")

unit = st.floats(0, 1, allow_nan=False).map(lambda x: round(x, 3))
signed = st.floats(-1, 1, allow_nan=False).map(lambda x: round(x, 3))


@st.composite
def unit_number(draw: st.DrawFn) -> Any:
    """A certain or uncertain number in [0, 1]."""
    kind = draw(st.sampled_from(["plain", "plain", "plain", "uniform", "triangular", "beta"]))
    if kind == "uniform":
        low = draw(st.floats(0, 0.5))
        return {"uniform": [low, low + draw(st.floats(0.01, 0.5))]}
    if kind == "triangular":
        return {"triangular": [0.1, draw(st.floats(0.1, 0.9)), 0.9]}
    if kind == "beta":
        return {"beta": [draw(st.floats(0.5, 4)), draw(st.floats(0.5, 4))]}
    return draw(unit)


@st.composite
def weight(draw: st.DrawFn) -> Any:
    """A certain or uncertain weight, sometimes very large."""
    if draw(st.booleans()):
        return draw(st.floats(0, 30))
    return {"lognormal": [draw(st.floats(0.1, 2)), 0.3]}


@st.composite
def relation(draw: st.DrawFn, a: str, b: str, domains: list[str]) -> dict[str, Any]:
    """The base state of one dyad."""
    forth, back = f"{a}->{b}", f"{b}->{a}"
    alignment: Any = draw(signed)
    if draw(st.booleans()):
        alignment = {forth: draw(signed), back: draw(signed)}
    return {
        "alignment": alignment,
        "trust": draw(unit_number()),
        "coercion": {forth: draw(unit_number())} if draw(st.booleans()) else {},
        "proximity": draw(unit),
        "commitment": draw(unit),
        "cooperation": {domain: draw(unit) for domain in domains},
        "channels": {domain: draw(unit) for domain in domains if draw(st.booleans())},
    }


@st.composite
def signal(
    draw: st.DrawFn,
    actors: list[str],
    arenas: list[str],
    domains: list[str],
    choices: Sequence[str] = (),
) -> Any:
    """Something measurable."""
    a, b = draw(st.permutations(actors))[:2]
    options: list[Any] = [
        {"alignment": f"{a}->{b}"},
        {"alignment": f"{a}-{b}"},
        {"trust": f"{a}->{b}"},
        {"coercion": f"{a}->{b}"},
        {"threat": f"{a}->{b}"},
        {"common_threat": f"{a}-{b}"},
        {"commitment": f"{a}-{b}"},
        {"capability": a},
        {"absence": {"trust": f"{a}-{b}"}},
        {"product": [{"coercion": f"{a}->{b}"}, {"rescaled": {"alignment": f"{b}->{a}"}}]},
    ]
    options += [{"arena": arena} for arena in arenas]
    options += [{"cooperation": {"dyad": f"{a}-{b}", "domain": domain}} for domain in domains]
    options += [{"partners": {"of": a, "domain": domain, "from": 0.4}} for domain in domains]
    options += [{"partners": {"of": a, "from": 0.25}}]
    options += [{"choice": choice} for choice in choices]
    return draw(st.sampled_from(options))


@st.composite
def driver(
    draw: st.DrawFn,
    actors: list[str],
    arenas: list[str],
    domains: list[str],
    choices: Sequence[str] = (),
) -> Any:
    """A driver on any channel with any response, under any reading."""
    a, b = draw(st.permutations(actors))[:2]
    channels: list[Any] = ["orientation", "orientation", "trust"]
    channels += [{"arena": arena} for arena in arenas]
    channels += [{kind: domain} for domain in domains for kind in ("desire", "capacity")]
    channels += [{"choice": choice} for choice in choices for _ in range(2)]
    return {
        "name": "a driver",
        "direction": draw(st.sampled_from(["convergence", "divergence"])),
        "dyads": [f"{a}-{b}"],
        "signal": draw(signal(actors, arenas, domains, choices)),
        "response": draw(
            st.sampled_from(
                [
                    "linear",
                    "either_way",
                    {"saturating": {"half": 0.3}},
                    {"threshold": {"at": 0.5, "width": 0.01}},
                    {"hump": {"peak": 0.4, "width": 0.05}},
                ]
            )
        ),
        "weight": draw(weight()),
        "channel": draw(st.sampled_from(channels)),
        "reading": draw(
            st.sampled_from([{}, {}, {"doubt": ["strict"]}, {"doubt": ["strict", "loose"]}])
        ),
        "source": "judgement",
    }


@st.composite
def choice(draw: st.DrawFn, actors: list[str]) -> dict[str, Any]:
    """An ordered decision among a few options."""
    sizes = draw(st.lists(st.integers(1, 9), min_size=2, max_size=5))
    return {
        "name": "A choice",
        "by": draw(st.sampled_from(actors)),
        "options": [f"option_{number}" for number in range(len(sizes))],
        "shares": [size / sum(sizes) for size in sizes],
        "rate": draw(unit_number()),
    }


@st.composite
def government(draw: st.DrawFn, actor: str, actors: list[str]) -> dict[str, Any]:
    """Two kinds of leadership with frequent elections."""
    other = draw(st.sampled_from([name for name in actors if name != actor]))
    chance = draw(unit)
    return {
        "now": "doves",
        "kinds": {"doves": {"orientation": {other: draw(signed)}}, "hawks": {}},
        "elections": {
            "next": "2000-04",
            "every_months": 5,
            "turnover": {"doves": chance, "hawks": 1 - chance},
        },
    }


@st.composite
def intervention(draw: st.DrawFn, number: int, world: dict[str, Any]) -> dict[str, Any]:
    """Something that happens from outside."""
    actors, arenas = sorted(world["actors"]), sorted(world["arenas"])
    a, b = draw(st.permutations(actors))[:2]
    actions: list[dict[str, Any]] = [
        {"coercion": {"by": a, "on": b, "level": draw(unit_number()), "over_months": 3}},
        {"capability": {"of": a, "level": draw(unit_number())}},
    ]
    for arena in arenas:
        actions.append({"arena": {"id": arena, "change": draw(signed), "over_months": 2}})
        actions.append({"presence": {"of": a, "in": arena, "level": draw(unit_number())}})
    for agreement, given in world["agreements"].items():
        party = draw(st.sampled_from(given["parties"]))
        does = draw(st.sampled_from(["leave", "threaten", "join", "lapse"]))
        actions.append({"agreement": {"id": agreement, "party": party, "does": does}})
    at = draw(
        st.sampled_from(["2000-02", {"between": ["2000-02", "2000-06"]}, {"hazard_per_year": 2.0}])
    )
    return {"id": f"event_{number}", "at": at} | draw(st.sampled_from(actions))


@st.composite
def worlds(draw: st.DrawFn) -> dict[str, Any]:
    """A whole valid world as a plain dict."""
    actors = sorted(draw(st.sets(st.sampled_from(NAMES), min_size=2, max_size=5)))
    domains = ["arms", "trade"][: draw(st.integers(0, 2))]
    arenas = ["border", "gas"][: draw(st.integers(0, 2))]
    world: dict[str, Any] = {
        "name": "A drawn world",
        "date": "2000-01",
        "actors": {
            name: {
                "name": name.title(),
                "capability": draw(unit_number()),
                "temperature": draw(st.floats(0.05, 5)),
            }
            for name in actors
        },
        "domains": {name: {"name": name, "exposure": draw(unit)} for name in domains},
        "arenas": {
            name: {
                "name": name,
                "level": draw(unit_number()),
                "rate": draw(unit),
                "noise": draw(unit),
                "stances": {
                    actor: {"position": draw(signed), "salience": draw(unit)} for actor in actors
                },
                "proximity": {actors[0]: draw(unit)},
            }
            for name in arenas
        },
        "agreements": {},
        "dyads": {},
        "drivers": {},
    }
    for place, a in enumerate(actors):
        for b in actors[place + 1 :]:
            if place == 0 or draw(st.booleans()):
                world["dyads"][f"{a}-{b}"] = draw(relation(a, b, domains))
    if draw(st.booleans()):
        world["agreements"]["league"] = {
            "name": "League",
            "parties": actors[:2],
            "depth": draw(unit_number()),
            "in_force": draw(st.booleans()),
        }
    choices = ["aid", "vote"][: draw(st.integers(0, 2))]
    world["choices"] = {name: draw(choice(actors)) for name in choices}
    world["readings"] = {
        "doubt": {
            "name": "How strictly",
            "options": {"loose": "Loosely.", "strict": "Strictly."},
            "default": draw(st.sampled_from(["loose", "strict"])),
        }
    }
    world["behaviour"] = {
        "revision": {"chance": draw(st.floats(0.02, 0.98)), "eagerness": draw(st.floats(0, 9))}
    }
    chosen = draw(st.sets(st.sampled_from(MECHANISMS), max_size=len(MECHANISMS)))
    world["mechanisms"] = {name: {"weight": draw(weight())} for name in sorted(chosen)}
    for number in range(draw(st.integers(0, 3))):
        world["drivers"][f"driver_{number}"] = draw(driver(actors, arenas, domains, choices))
    if draw(st.booleans()):
        world["actors"][actors[0]]["government"] = draw(government(actors[0], actors))
    world["outcomes"] = {
        "liking": {
            "name": "Liking",
            "measure": {"alignment": f"{actors[0]}->{actors[1]}"},
            "range": [-1, 1],
        },
        "reading": {"name": "Reading", "measure": draw(signal(actors, arenas, domains, choices))},
        "fell": {"name": "Fell", "measure": {"fallen": {"of": "liking", "by": 0.02}}},
        "spread": {"name": "Spread", "measure": {"variance": "reading"}},
        "kind": {"name": "Kind", "measure": {"relation_class": f"{actors[0]}-{actors[1]}"}},
    }
    return world


@st.composite
def scenario_data(draw: st.DrawFn, interventions: bool = True) -> dict[str, Any]:
    """A scenario over a drawn world as a plain dict."""
    world = draw(worlds())
    number = draw(st.integers(0, 3)) if interventions else 0
    return {
        "name": "A drawn scenario",
        "world": world,
        "horizon": {"start": "2000-01", "months": draw(st.integers(6, 14))},
        "interventions": [draw(intervention(k, world)) for k in range(number)],
        "outcomes": ["liking", "reading", "kind", "fell", "spread"],
        "readings": draw(st.sampled_from([{}, {"doubt": "loose"}, {"doubt": "strict"}])),
        "dyads": list(world["dyads"])[:2],
        "sampling": draw(st.sampled_from(["monte_carlo", "latin_hypercube"])),
    }


def scenario(data: dict[str, Any]) -> Scenario:
    """The checked scenario of a plain dict that is known to be valid."""
    return Scenario.model_validate(data)
