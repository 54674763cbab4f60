"""A small world and a scenario in it that use every feature of the specification.

The numbers are made up: three Greek cities, Persia, and a league.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

MECHANISMS = (
    "common_threat",
    "direct_threat",
    "structural_balance",
    "issue_agreement",
    "abandonment",
    "entrapment",
    "reputation",
    "dependence",
    "hedging",
    "commitment",
    "government",
)


def small_world() -> dict[str, Any]:
    """Four actors; every kind of distribution, signal, channel and response."""
    return {
        "name": "Greece before the war",
        "date": "1432-01",
        "about": "Athens and Sparta with their neighbours.",
        "references": {"thucydides": "Thucydides, History of the Peloponnesian War"},
        "sources": {"dyads.*.alignment": "thucydides, book 1", "*": "judgement"},
        "actors": _actors(),
        "groups": {
            "league": {"name": "Peloponnesian League", "members": ["sparta", "corinth"]},
        },
        "domains": {
            "trade": {"name": "Trade", "rate": 0.2, "exposure": 0.6, "elasticity": 0.5},
            "arms": {"name": "Arms", "rate": {"beta": [2, 8]}, "source": "judgement"},
        },
        "arenas": _arenas(),
        "agreements": {
            "thirty_years_peace": {
                "name": "Thirty Years' Peace",
                "parties": ["athens", "sparta", "corinth"],
                "depth": 0.4,
                "source": "thucydides 1.115",
            },
            "argive_pact": {
                "name": "Pact with Argos, drafted only",
                "parties": ["athens", "corinth"],
                "depth": {"uniform": [0.1, 0.3]},
                "in_force": False,
            },
        },
        "dyads": _dyads(),
        "mechanisms": {name: {"weight": 0.1 + index / 100} for index, name in enumerate(MECHANISMS)}
        | {"hedging": {"weight": {"lognormal": [0.2, 0.3]}, "source": "judgement"}},
        "theories": {
            "balance_of_threat": ["common_threat", "direct_threat"],
            "ties": ["dependence", "commitment", "reputation"],
        },
        "drivers": _drivers(),
        "choices": _choices(),
        "readings": {
            "cause": {
                "name": "What Thucydides takes for the cause",
                "options": {"truest": "Fear of Athens.", "openly": "The quarrels of the day."},
                "default": "openly",
                "source": "thucydides 1.23",
            },
        },
        "outcomes": _outcomes(),
        "behaviour": {
            "calibration": "base_date",
            "postures": {"base_weight": 1.5, "impacts": [-1, -0.4, 0, 0.4, 1]},
            "revision": {"chance": 0.3, "eagerness": {"triangular": [1, 2, 3]}},
            "trust": {"rise": 0.02, "fall": 0.05},
        },
        "classes": {"hostile_below": -0.3, "broad_from": 2},
    }


def _actors() -> dict[str, Any]:
    return {
        "athens": {
            "name": "Athens",
            "iso3": "ATH",
            "capability": {"triangular": [0.2, 0.25, 0.3]},
            "temperature": {"lognormal": [1, 0.2]},
            "presence": {"aegean": 0.7},
            "government": {
                "now": "peace_party",
                "kinds": {
                    "peace_party": {"orientation": {"sparta": 0.1, "league": 0.05}},
                    "war_party": {
                        "orientation": {"sparta": {"uniform": [-0.4, -0.1]}},
                        "source": "judgement",
                    },
                },
                "elections": {
                    "next": "1433-06",
                    "every_months": 12,
                    "turnover": {"peace_party": 0.6, "war_party": 0.4},
                },
            },
            "source": {"capability": "judgement", "government": "thucydides 2.65"},
        },
        "sparta": {"name": "Sparta", "capability": 0.2, "temperature": 0.7},
        "corinth": {"name": "Corinth", "capability": 0.1, "presence": {"corcyra": 0.2}},
        "persia": {"name": "Persia", "capability": 0.45, "keyed_as": "the_great_king"},
    }


def _arenas() -> dict[str, Any]:
    return {
        "aegean": {
            "name": "The Aegean",
            "about": "High where Athens rules the sea; for is in favour of that.",
            "level": 0.6,
            "rate": 0.1,
            "noise": 0.01,
            "stances": {
                "athens": {"position": 1, "salience": 0.9},
                "persia": {"position": -0.6, "salience": {"uniform": [0.3, 0.5]}},
            },
            "proximity": {"athens": 0.9, "persia": 0.5},
            "inputs": [{"signal": {"presence": {"of": "athens", "in": "aegean"}}, "weight": 0.2}],
            "source": "judgement",
        },
        "corcyra": {
            "name": "The quarrel over Corcyra",
            "level": 0.3,
            "stances": {
                "athens": {"position": 0.5, "salience": 0.6},
                "corinth": {"position": {"truncated_normal": [-0.8, 0.1, -1, 0]}, "salience": 1},
            },
            "inputs": [
                {
                    "signal": {"coercion": "athens->corinth"},
                    "weight": {"normal": [0.1, 0.02]},
                },
                {"signal": {"arena": "aegean"}, "weight": -0.05},
            ],
        },
    }


def _dyads() -> dict[str, Any]:
    return {
        "athens-sparta": {
            "alignment": -0.2,
            "trust": {"athens->sparta": 0.4, "sparta->athens": {"uniform": [0.2, 0.4]}},
            "coercion": {"athens->sparta": 0.1},
            "cooperation": {"trade": 0.2},
            "channels": {"trade": 0.5, "arms": 0},
            "source": "thucydides 1.23",
        },
        "athens-corinth": {
            "alignment": {"athens->corinth": -0.1, "corinth->athens": -0.4},
            "trust": 0.3,
            "coercion": {
                "athens->corinth": {
                    "categorical": {"values": [0, 0.3], "probabilities": [0.75, 0.25]}
                }
            },
            "proximity": 0.8,
            "cooperation": {"trade": 0.3},
        },
        "sparta-corinth": {
            "alignment": 0.6,
            "trust": 0.7,
            "commitment": 0.5,
            "proximity": 0.9,
            "cooperation": {"trade": 0.4, "arms": 0.5},
        },
        "athens-persia": {"alignment": -0.5, "trust": 0.1, "proximity": 0.4},
        "sparta-persia": {"alignment": {"uniform": [-0.2, 0.1]}, "proximity": 0.2},
    }


def _drivers() -> dict[str, Any]:
    return {
        "fear_of_athens": {
            "name": "Sparta fears the growth of Athens",
            "direction": "divergence",
            "dyads": ["sparta->athens"],
            "signal": {"product": [{"capability": "athens"}, {"arena": "aegean"}]},
            "response": {"threshold": {"at": 0.1, "width": 0.05}},
            "weight": 0.5,
            "passages": ["TH01"],
            "source": "thucydides 1.23.6",
        },
        "common_enemy": {
            "name": "Persian gold for the enemies of Athens",
            "direction": "convergence",
            "dyads": ["sparta-persia", "persia->league"],
            "signal": {
                "minimum": [{"common_threat": "sparta-persia"}, {"threat": "persia->athens"}]
            },
            "response": {"saturating": {"half": 0.3}},
            "weight": {"triangular": [0.1, 0.2, 0.4]},
            "channel": "orientation",
            "source": {"weight": "judgement"},
        },
        "old_ties": {
            "name": "A kept peace builds trust",
            "direction": "convergence",
            "dyads": ["athens-sparta"],
            "signal": {"agreement": {"id": "thirty_years_peace", "party": "sparta"}},
            "weight": 0.1,
            "channel": "trust",
            "source": "judgement",
        },
        "megarian_decree": {
            "name": "Coercion and mistrust dull the wish to trade",
            "direction": "divergence",
            "dyads": ["athens-corinth"],
            "signal": {
                "mean": [{"coercion": "athens->corinth"}, {"absence": {"trust": "corinth->athens"}}]
            },
            "response": {"hump": {"peak": 0.5, "width": 0.2}},
            "weight": 0.3,
            "channel": {"desire": "trade"},
            "source": "thucydides 1.139",
        },
        "war_party_embargo": {
            "name": "A war party closes the harbours",
            "direction": "divergence",
            "dyads": ["athens-league"],
            "signal": {"government": {"of": "athens", "is": "war_party"}},
            "response": "linear",
            "weight": 0.4,
            "channel": {"capacity": "trade"},
            "source": "judgement",
        },
        "quarrel": {
            "name": "Estrangement feeds the quarrel",
            "direction": "convergence",
            "signal": {"absence": {"rescaled": {"alignment": "athens-corinth"}}},
            "weight": 0.1,
            "channel": {"arena": "corcyra"},
            "source": "judgement",
        },
        "assembly_stirred": {
            "name": "Any change in Corinth's partners stirs the assembly",
            "direction": "convergence",
            "signal": {"partners": {"of": "corinth", "domain": "trade", "from": 0.35}},
            "response": "either_way",
            "weight": {"lognormal": [0.5, 0.3]},
            "channel": {"choice": "war_vote"},
            "reading": {"cause": ["openly", "truest"]},
            "source": "thucydides 1.67",
        },
        "vote_heard": {
            "name": "What Sparta's assembly votes is heard in Athens",
            "direction": "divergence",
            "dyads": ["athens->sparta"],
            "signal": {"choice": "war_vote"},
            "weight": 0.5,
            "reading": {"cause": ["truest"]},
            "source": "judgement",
        },
    }


def _choices() -> dict[str, Any]:
    return {
        "war_vote": {
            "name": "Vote on war",
            "about": "Put by Corinth.",
            "by": "sparta",
            "options": ["peace", "embassy", "war"],
            "shares": [0.5, 0.3, 0.2],
            "rate": {"uniform": [0.1, 0.3]},
            "source": {"shares": "judgement", "rate": "judgement"},
        },
    }


def _outcomes() -> dict[str, Any]:
    return {
        "sparta_to_persia": {
            "name": "Sparta's alignment to Persia",
            "about": "Expected support.",
            "measure": {"alignment": "sparta->persia"},
            "unit": "alignment",
            "range": [-1, 1],
            "source": "judgement",
        },
        "trade": {
            "name": "Trade of Athens and Corinth",
            "measure": {"cooperation": {"dyad": "athens-corinth", "domain": "trade"}},
        },
        "exchange": {
            "name": "All exchange in the league",
            "measure": {"cooperation": {"dyad": "sparta-corinth"}},
        },
        "tie": {"name": "Institutional depth", "measure": {"commitment": "sparta-corinth"}},
        "peace": {"name": "The peace", "measure": {"agreement": {"id": "thirty_years_peace"}}},
        "votes": {"name": "Votes for war", "measure": {"choice": "war_vote"}},
        "partners": {
            "name": "Partners of Sparta",
            "measure": {"partners": {"of": "sparta", "from": 0.2}},
            "range": [0, 3],
        },
        "estranged": {
            "name": "Sparta turned from Persia",
            "measure": {"fallen": {"of": "sparta_to_persia", "by": 0.1}},
        },
        "unsteady": {"name": "Unsteady trade", "measure": {"variance": "trade"}},
        "lasting": {
            "name": "Persistence",
            "measure": {"effect": {"on": "trade", "reports": "persistence"}},
        },
        "kind_of_tie": {
            "name": "What Sparta and Persia are",
            "measure": {"relation_class": "sparta-persia"},
            "range": [0, 6],
        },
    }


def small_scenario(world: Any = None) -> dict[str, Any]:
    """Every kind of intervention and date, in ``small_world`` unless another is given."""
    return {
        "name": "Athens breaks the peace",
        "question": "Does Sparta turn to Persia?",
        "about": "Made up.",
        "world": small_world() if world is None else world,
        "horizon": {"start": "1432-01", "months": 60},
        "interventions": [
            {
                "id": "decree",
                "about": "Athens shuts Corinth out of its markets.",
                "at": "1432-04",
                "for_months": 24,
                "coercion": {
                    "by": "athens",
                    "on": "league",
                    "level": {"triangular": [0.4, 0.6, 0.8]},
                    "over_months": 6,
                },
            },
            {
                "id": "fleet",
                "at": {"between": ["1432-06", "1432-12"]},
                "presence": {"of": "athens", "in": "corcyra", "level": 0.5},
            },
            {
                "id": "revolt",
                "at": {"hazard_per_year": 0.2, "from": "1433-01"},
                "arena": {"id": "aegean", "change": -0.2, "over_months": 3},
            },
            {
                "id": "breach",
                "at": "1433-01",
                "agreement": {"id": "thirty_years_peace", "party": "athens", "does": "leave"},
            },
            {
                "id": "warning",
                "at": "1432-02",
                "agreement": {
                    "id": "thirty_years_peace",
                    "party": "sparta",
                    "does": "threaten",
                    "credibility": 0.7,
                },
            },
            {
                "id": "accession",
                "at": "1434-01",
                "agreement": {"id": "thirty_years_peace", "party": "persia", "does": "join"},
            },
            {"id": "coup", "at": "1434-03", "government": {"of": "athens", "becomes": "war_party"}},
            {
                "id": "plague",
                "at": {"hazard_per_year": {"uniform": [0.1, 0.3]}},
                "capability": {"of": "athens", "level": 0.15, "over_months": 12},
            },
            {
                "id": "blockade",
                "at": "1433-05",
                "channel": {"between": "athens-corinth", "domain": "trade", "level": 0.1},
            },
        ],
        "outcomes": ["sparta_to_persia", "trade", "kind_of_tie"],
        "dyads": ["athens-sparta", "sparta->persia"],
        "theory": "balance_of_threat",
        "readings": {"cause": "truest"},
        "sampling": "sobol",
        "claims": ["C01"],
        "sources": {"decree": "thucydides 1.67"},
    }


def write_pair(folder: Path, calm: dict[str, Any] | None = None) -> None:
    """A scenario, breach.yaml, and its baseline, calm.yaml, in years that data frames know."""
    breach = {**small_scenario(), "baseline": "calm.yaml"}
    peace = {
        **small_scenario(),
        "name": "Peace",
        "interventions": [],
        "sources": {},
        **(calm or {}),
    }
    for name, data in (("breach", breach), ("calm", peace)):
        text = json.dumps(data).replace("143", "201")  # the years 1432 to 1437 become 2012 to 2017
        (folder / f"{name}.yaml").write_text(text, encoding="utf-8")
