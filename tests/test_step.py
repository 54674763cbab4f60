"""The wiring of a month: who is read for whom, against plain loops over named quantities.

One asymmetric world of four actors, moved far from its base state by hand. ``Hand`` says again
what docs/model.md says, one number at a time; everything is done twice, with the actors'
names in one order and in the reverse, so that nothing may hang on who comes first.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np
import pytest

from alliance_sim import step
from alliance_sim.arrays import Acts
from alliance_sim.compile import compile_scenario, labels_of
from alliance_sim.engines.blocks import Lanes, prepare
from alliance_sim.engines.recording import pair_class, record_month
from alliance_sim.results import Record
from alliance_sim.rules.classes import CLASSES
from alliance_sim.spec import Scenario
from alliance_sim.step import ALL, MECHANISMS, Block, Noise

RUNS = range(3)
ACTORS = range(4)
PAIRS = ((0, 1), (0, 2), (0, 3), (1, 2), (2, 3))  # 1 and 3 have no contact
DYADS = tuple(sorted({*PAIRS, *((j, i) for i, j in PAIRS)}))
DOMAINS = ("arms", "trade")
ARENAS = ("border", "gas")
CUTS = (-2.5, -1.25, 1.0, 2.25)
IMPACTS = (-1.0, -0.375, 0.125, 0.5, 1.25)  # exact in single precision, in which they are kept
WEIGHT = {name: 0.3 + place / 10 for place, name in enumerate(sorted(MECHANISMS))}
RATE = {
    "responsiveness": 0.11,
    "own_share": 0.65,
    "reversion": 0.07,
    "anchor_adaptation": 0.03,
    "anchor_return": 0.02,
    "trust_rise": 0.05,
    "trust_fall": 0.13,
    "trust_reversion": 0.04,
    "trust_breach": 0.45,
    "revision_eagerness": 1.7,
    "coercion_response": 0.06,
    "coercion_decay": 0.08,
    "coercion_band": 1.5,
    "commitment_response": 0.09,
    "commitment_decay": 0.035,
    "base_weight": 1.4,
    "persistence": 0.8,
}
ANCHOR_RATES = ("anchor_adaptation", "anchor_return")
CHANCE = 0.3
"""Probability that a small gap is taken up in a month."""
EXPONENT, REFERENCE = 0.6, 0.13
TEMPERATURE = (0.7, 1.1, 0.9, 1.6)
EXCHANGE_RATE, EXPOSURE, ELASTICITY = (0.15, 0.25), (0.4, 0.7), (0.35, 0.6)
ARENA_RATE, ARENA_NOISE = (0.12, 0.2), (0.03, 0.05)
ARENA_PROXIMITY = ((0.9, 0.2, 0.5, 0.3), (0.4, 0.8, 0.1, 0.6))
POSITION = ((0.9, -0.7), (-0.5, 0.6), (0.8, 0.3), (-0.4, 0.75))
SALIENCE = ((0.8, 0.3), (0.5, 0.9), (0.7, 0.6), (0.2, 1.0))
DOVES, HAWKS = (0.0, 0.1, -0.2, 0.3), (0.0, -0.35, 0.15, -0.05)
PACTS = ((0.55, (0, 2, 3)), (0.25, (0, 1)))
"""Depth and parties of two agreements."""
CHOICES = ("aid", "vote")
BY, SHARES, RECORD = (3, 1), ((0.6, 0.4), (0.2, 0.5, 0.3)), (0.15, 0.3)
"""Who chooses, how often which option, and the weight of a month."""
ORDERS = (["argos", "corinth", "elis", "thebes"], ["thebes", "elis", "corinth", "argos"])


def _rounded(rng: np.random.Generator, low: float, high: float, *shape: int) -> Any:
    return np.round(rng.uniform(low, high, shape), 3)


_BASE = np.random.default_rng(11)
BASE_ALIGNMENT = _rounded(_BASE, -0.6, 0.7, 4, 4)
BASE_TRUST = _rounded(_BASE, 0.2, 0.8, 4, 4)
BASE_POLICY = _rounded(_BASE, 0.0, 0.4, 4, 4)
PROXIMITY = np.triu(_rounded(_BASE, 0.2, 0.8, 4, 4), 1)
BASE_DEPTH = np.triu(_rounded(_BASE, 0.1, 0.5, 4, 4), 1)
BASE_EXCHANGE = _rounded(_BASE, 0.25, 0.5, 2, 5)
BASE_CHANNEL = _rounded(_BASE, 0.5, 0.9, 2, 5)
for _i, _j in ((i, j) for i in ACTORS for j in ACTORS if (i, j) not in DYADS):
    BASE_ALIGNMENT[_i, _j], BASE_TRUST[_i, _j], BASE_POLICY[_i, _j] = 0.0, 0.5, 0.0
    PROXIMITY[_i, _j] = BASE_DEPTH[_i, _j] = 0.0
PROXIMITY, BASE_DEPTH = PROXIMITY + PROXIMITY.T, BASE_DEPTH + BASE_DEPTH.T

BEFORE: dict[str, Any] = {
    "policy": BASE_POLICY,
    "capability": (0.30, 0.05, 0.20, 0.11),
    "presence": ((0.6, 0.1), (0.0, 0.3), (0.25, 0.0), (0.1, 0.45)),
    "channel": BASE_CHANNEL,
    "mean": (0.55, 0.4),
    "bound": ((0, 2, 3), (0, 1)),
    "leaning": DOVES,
}
AFTER = BEFORE | {
    "policy": BASE_POLICY.copy(),
    "capability": (0.30, 0.05, 0.09, 0.11),
    "presence": ((0.6, 0.1), (0.0, 0.85), (0.25, 0.0), (0.1, 0.45)),
    "channel": BASE_CHANNEL.copy(),
    "mean": (0.7, 0.4),
    "bound": ((0, 2), (0, 1)),
    "leaning": HAWKS,
}
"""What is set from outside, before and after the interventions of the first month."""
AFTER["policy"][2, 0] = 0.65
AFTER["channel"][1, 0] = 0.35


def scenario(names: list[str]) -> Scenario:
    """The world and all that happens in its first month."""
    a, b, c, d = names
    kinds = {
        kind: {"orientation": {names[j]: leaning[j] for j in (1, 2, 3)}}
        for kind, leaning in (("doves", DOVES), ("hawks", HAWKS))
    }
    actors = {
        names[i]: {
            "name": names[i].title(),
            "capability": BEFORE["capability"][i],
            "temperature": TEMPERATURE[i],
            "presence": dict(zip(ARENAS, BEFORE["presence"][i], strict=True)),
        }
        for i in ACTORS
    }
    actors[a]["government"] = {"now": "doves", "kinds": kinds}

    def sides(table: Any, i: int, j: int) -> dict[str, float]:
        return {f"{names[x]}->{names[y]}": float(table[x, y]) for x, y in ((i, j), (j, i))}

    def each_domain(table: Any, pair: int) -> dict[str, float]:
        return {name: float(table[k, pair]) for k, name in enumerate(DOMAINS)}

    def driver(
        channel: Any,
        direction: str,
        dyad: str,
        signal: Any,
        weight: float,
        response: str = "linear",
    ) -> Any:
        return {
            "name": "A driver",
            "direction": direction,
            "dyads": [dyad] if dyad else [],
            "signal": signal,
            "response": response,
            "weight": weight,
            "channel": channel,
            "source": "judgement",
        }

    together, apart, either = "convergence", "divergence", "either_way"
    world = {
        "name": "Four",
        "date": "2000-01",
        "actors": actors,
        "domains": {
            name: {
                "name": name,
                "rate": EXCHANGE_RATE[k],
                "exposure": EXPOSURE[k],
                "elasticity": ELASTICITY[k],
            }
            for k, name in enumerate(DOMAINS)
        },
        "arenas": {
            name: {
                "name": name,
                "level": BEFORE["mean"][m],
                "rate": ARENA_RATE[m],
                "noise": ARENA_NOISE[m],
                "stances": {
                    names[i]: {"position": POSITION[i][m], "salience": SALIENCE[i][m]}
                    for i in ACTORS
                },
                "proximity": dict(zip(names, ARENA_PROXIMITY[m], strict=True)),
                "inputs": [
                    {"signal": {"presence": {"of": b, "in": "gas"}}, "weight": 0.1}
                    if name == "border"
                    else {"signal": {"alignment": f"{d}->{a}"}, "weight": 0.05}
                ],
            }
            for m, name in enumerate(ARENAS)
        },
        "agreements": {
            f"pact_{k}": {"name": "Pact", "depth": depth, "parties": [names[i] for i in parties]}
            for k, (depth, parties) in enumerate(PACTS)
        },
        "dyads": {
            f"{names[i]}-{names[j]}": {
                "alignment": sides(BASE_ALIGNMENT, i, j),
                "trust": sides(BASE_TRUST, i, j),
                "coercion": sides(BASE_POLICY, i, j),
                "proximity": float(PROXIMITY[i, j]),
                "commitment": float(BASE_DEPTH[i, j]),
                "cooperation": each_domain(BASE_EXCHANGE, pair),
                "channels": each_domain(BASE_CHANNEL, pair),
            }
            for pair, (i, j) in enumerate(PAIRS)
        },
        "mechanisms": {name: {"weight": weight} for name, weight in WEIGHT.items()},
        "drivers": {
            "pull": driver("orientation", together, f"{a}->{b}", {"coercion": f"{c}->{a}"}, 0.7),
            "push": driver("orientation", apart, f"{c}-{d}", {"threat": f"{d}->{c}"}, 0.4),
            "faith": driver("trust", together, f"{b}->{c}", {"alignment": f"{b}->{c}"}, 0.3),
            "wish": driver({"desire": "trade"}, apart, f"{a}-{c}", {"trust": f"{c}->{a}"}, 0.5),
            "bank": driver({"capacity": "arms"}, together, f"{a}-{d}", {"arena": "border"}, 0.25),
            "heat": driver({"arena": "border"}, apart, "", {"commitment": f"{a}-{b}"}, 0.2),
            "jolt": driver(
                "orientation", apart, f"{b}->{a}", {"alignment": f"{c}->{d}"}, 0.6, either
            ),
            "call": driver({"choice": "vote"}, together, "", {"alignment": f"{a}->{b}"}, 1.3),
            "oath": driver({"choice": "vote"}, apart, "", {"trust": f"{a}->{d}"}, 0.9),
            "fear": driver({"choice": "aid"}, apart, "", {"trust": f"{c}->{b}"}, 1.1, either),
        },
        "choices": {
            name: {
                "name": name,
                "by": names[BY[c]],
                "options": [f"option_{k}" for k in range(len(SHARES[c]))],
                "shares": SHARES[c],
                "rate": RECORD[c],
            }
            for c, name in enumerate(CHOICES)
        },
        "outcomes": {
            "trust": {"name": "Trust", "measure": {"trust": f"{c}->{a}"}},
            "kind": {"name": "Kind", "measure": {"relation_class": f"{a}-{d}"}},
        },
        "behaviour": {
            "postures": {
                "base_weight": RATE["base_weight"],
                "persistence": RATE["persistence"],
                "impacts": IMPACTS,
                "cutpoints": CUTS,
            },
            "alignment": {
                name: RATE[name]
                for name in ("responsiveness", "own_share", "reversion", *ANCHOR_RATES)
            },
            "threat": {"capability_exponent": EXPONENT, "reference_capability": REFERENCE},
            "revision": {"chance": CHANCE, "eagerness": RATE["revision_eagerness"]},
        }
        | {
            part: {
                name.removeprefix(f"{part}_"): value
                for name, value in RATE.items()
                if name.startswith(part)
            }
            for part in ("trust", "coercion", "commitment")
        },
    }
    acts: list[dict[str, Any]] = [
        {"coercion": {"by": c, "on": a, "level": AFTER["policy"][2, 0]}},
        {"capability": {"of": c, "level": AFTER["capability"][2]}},
        {"presence": {"of": b, "in": "gas", "level": AFTER["presence"][1][1]}},
        {"channel": {"between": f"{a}-{b}", "domain": "trade", "level": AFTER["channel"][1, 0]}},
        {"arena": {"id": "border", "change": AFTER["mean"][0] - BEFORE["mean"][0]}},
        {"agreement": {"id": "pact_0", "party": d, "does": "leave"}},
        {"government": {"of": a, "becomes": "hawks"}},
    ]
    return Scenario.model_validate(
        {
            "name": "Four",
            "world": world,
            "horizon": {"start": "2000-01", "months": 2},
            "interventions": [
                {"id": f"event_{k}", "at": "2000-01"} | act for k, act in enumerate(acts)
            ],
            "outcomes": ["trust", "kind"],
            "dyads": [f"{a}-{c}", f"{d}->{c}"],
            "sampling": "monte_carlo",
        }
    )


# -- the model by hand -------------------------------------------------------------------------


class Hand:
    """One run's situation, read as docs/model.md defines it; 0 to 3 are the actors."""

    def __init__(self, outside: dict[str, Any], coercion: Any, state: dict[str, Any]) -> None:
        self.outside, self.c = outside, coercion
        self.y, self.z, self.t, self.k = (state[n] for n in ("y", "anchor", "trust", "depth"))
        self.e, self.x, self.level = (state[n] for n in ("pressure", "cooperation", "arena"))
        self.w, self.record = (state.get(n) for n in ("wronged", "choice"))
        self.a = [[math.tanh(self.y[i, j]) for j in ACTORS] for i in ACTORS]

    def power(self, i: int) -> float:
        return (self.outside["capability"][i] / REFERENCE) ** EXPONENT

    def reach(self, i: int, j: int) -> float:
        short = 1 - PROXIMITY[i, j]
        for m in range(2):
            short *= 1 - self.outside["presence"][i][m] * ARENA_PROXIMITY[m][j]
        return 1 - short

    def hostility(self, i: int, j: int) -> float:
        return max(0.0, -self.a[i][j])

    def threat(self, i: int, j: int) -> float:
        """What i feels from j: the other's power, reach, hostility and coercion."""
        return self.power(j) * self.reach(j, i) * (self.hostility(j, i) + self.c[j, i])

    def commitment(self, i: int, j: int) -> float:
        if (i, j) not in DYADS:
            return 0.0
        depth = self.k[i, j]
        for (pact, _), bound in zip(PACTS, self.outside["bound"], strict=True):
            depth += pact if i in bound and j in bound else 0
        return min(1.0, depth)

    def isolation(self, i: int) -> float:
        free = 1.0
        for k in ACTORS:
            free *= 1 - min(1.0, self.power(k)) * self.c[k, i]
        return 1 - free

    def mean(self, i: int, j: int, what: Any) -> float:
        """Mean over third parties tied to both, weighted by capability."""
        third = [k for k in ACTORS if (i, k) in DYADS and (k, j) in DYADS]
        weight = self.outside["capability"]
        total = sum(weight[k] for k in third)
        return sum(weight[k] * what(k) for k in third) / total if third else 0.0

    def mechanism(self, name: str, i: int, j: int) -> float:
        return float(getattr(self, f"_{name}")(i, j))

    def liked(self, i: int, k: int) -> float:
        return max(0.0, self.a[i][k])

    def _common_threat(self, i: int, j: int) -> float:
        return sum(math.sqrt(self.threat(i, k) * self.threat(j, k)) for k in ACTORS)

    def _direct_threat(self, i: int, j: int) -> float:
        return -self.threat(i, j)

    def _structural_balance(self, i: int, j: int) -> float:
        return self.mean(i, j, lambda k: self.a[i][k] * self.a[k][j])

    def _issue_agreement(self, i: int, j: int) -> float:
        salience = [SALIENCE[i][m] * SALIENCE[j][m] for m in range(2)]
        agreed = [self.level[m] * POSITION[i][m] * POSITION[j][m] for m in range(2)]
        return sum(s * g for s, g in zip(salience, agreed, strict=True)) / sum(salience)

    def _abandonment(self, i: int, j: int) -> float:
        others = sum(self.threat(i, k) for k in ACTORS if k != j)
        return self.commitment(i, j) * (1 - self.t[i, j]) * others

    def _entrapment(self, i: int, j: int) -> float:
        quarrels = self.mean(i, j, lambda k: self.liked(i, k) * self.hostility(j, k))
        return -self.commitment(i, j) * quarrels

    def _reputation(self, i: int, j: int) -> float:
        heard = self.mean(i, j, lambda k: self.liked(i, k) * (self.t[k, j] - 0.5))
        return self.t[i, j] - 0.5 + heard

    def _dependence(self, i: int, j: int) -> float:
        return self.isolation(i) * min(1.0, self.power(j)) * (1 - self.c[j, i])

    def _hedging(self, i: int, j: int) -> float:
        return -self.mean(i, j, lambda k: self.liked(i, k) * self.c[k, j])

    def _commitment(self, i: int, j: int) -> float:
        return self.commitment(i, j)

    def _government(self, i: int, j: int) -> float:
        return self.outside["leaning"][j] if i == 0 else 0.0

    def pull(self, i: int, j: int) -> float:
        return sum(weight * self.mechanism(name, i, j) for name, weight in WEIGHT.items())

    def moved(self, name: str) -> float:
        """What a driver adds: its weight times the change of its signal since the base date."""

        weight, read = PUSHES[name]
        change = read(self) - read(AT_BASE)
        return weight * (abs(change) if name in EITHER_WAY else change)

    def utility(self, i: int, j: int) -> float:
        kappa, phi = RATE["base_weight"], RATE["persistence"]
        u = kappa * base_y(i, j) + phi * kappa * (self.y[i, j] - self.z[i, j])
        u += self.pull(i, j) - AT_BASE.pull(i, j)
        u += self.moved("pull") if (i, j) == (0, 1) else 0
        u += self.moved("push") if (i, j) in ((2, 3), (3, 2)) else 0
        u += self.moved("jolt") if (i, j) == (1, 0) else 0
        return u

    def posture(self, i: int, j: int, noise: float) -> int:
        return sum(self.utility(i, j) + TEMPERATURE[i] * noise > cut for cut in CUTS)

    # what follows from given acts: {name: (i, j)} as in ``Acts``

    def next_y(self, i: int, j: int, acts: dict[str, Any]) -> float:
        share, flow = RATE["own_share"], acts["flow"]
        return (
            self.y[i, j]
            + RATE["responsiveness"] * (share * flow[i, j] + (1 - share) * flow[j, i])
            - RATE["reversion"] * (self.y[i, j] - self.z[i, j])
        )

    def next_anchor(self, i: int, j: int) -> float:
        y, z = self.y[i, j], self.z[i, j]
        return z + RATE["anchor_adaptation"] * (y - z) - RATE["anchor_return"] * (z - base_y(i, j))

    def warranted(self, i: int, j: int, acts: dict[str, Any]) -> tuple[float, float]:
        """Trust that acts leave, j's beyond what j was expected to do, and its gap before them."""

        def change(trust: float, friendly: float, hostile: float) -> float:
            return (
                RATE["trust_rise"] * friendly * (1 - trust) + RATE["trust_fall"] * hostile * trust
            )

        usual = expected(j, i)
        t, base = self.t[i, j], BASE_TRUST[i, j]
        level = base + (self.moved("faith") if (i, j) == (1, 2) else 0)
        moved = t + change(t, acts["friendly"][j, i], acts["hostile"][j, i])
        return moved - change(base, usual["friendly"], usual["hostile"]), level - t

    def next_trust(self, i: int, j: int, acts: dict[str, Any], mood: float | None) -> float:
        """Moved by acts, revised by i in its mood, and lost where i holds a breach against j."""
        moved, gap = self.warranted(i, j, acts)
        moved += RATE["trust_reversion"] / CHANCE * gap * revised(gap, [mood])
        loss = -self.w[i, j] * moved
        return moved + loss * revised(loss, [mood])

    def next_stake(self, i: int, j: int, acts: dict[str, Any], mood: float | None) -> float:
        """What remains at stake: what has been held against j is gone."""
        moved, gap = self.warranted(i, j, acts)
        moved += RATE["trust_reversion"] / CHANCE * gap * revised(gap, [mood])
        held = revised(-self.w[i, j] * moved, [mood])
        return self.w[i, j] * (1 - held) / (1 - held * self.w[i, j])

    def next_pressure(self, i: int, j: int, acts: dict[str, Any]) -> float:
        kept = (1 - RATE["coercion_decay"]) * self.e[i, j]
        return kept + RATE["coercion_response"] * acts["coerces"][i, j]

    def next_depth(self, i: int, j: int, acts: dict[str, Any]) -> float:
        both = (acts["commits"][i, j] + acts["commits"][j, i]) / 2
        lapse = RATE["commitment_decay"] * (self.k[i, j] - BASE_DEPTH[i, j])
        return self.k[i, j] + RATE["commitment_response"] * both - lapse

    def capacity(self, d: int, pair: int, opened: float = 0.0) -> float:
        i, j = PAIRS[pair]
        channel = min(1.0, max(0.0, self.outside["channel"][d, pair] + opened))
        closed = 1 - (1 - self.isolation(i)) * (1 - self.isolation(j))
        return channel * (1 - EXPOSURE[d] * closed)

    def mutual(self, pair: int) -> float:
        i, j = PAIRS[pair]
        return (self.a[i][j] + self.a[j][i]) / 2

    def exchange_gap(self, d: int, pair: int) -> float:
        desired = BASE_EXCHANGE[d, pair]
        desired += ELASTICITY[d] * (self.mutual(pair) - AT_BASE.mutual(pair))
        if DOMAINS[d] == "trade" and PAIRS[pair] == (0, 2):
            desired += self.moved("wish")
        opened = self.moved("bank") if DOMAINS[d] == "arms" and PAIRS[pair] == (0, 3) else 0.0
        feasible = desired * self.capacity(d, pair, opened) / AT_BASE.capacity(d, pair)
        return min(1.0, max(0.0, feasible)) - self.x[d, pair]

    def next_exchange(self, d: int, pair: int, noise: Any = None) -> float:
        """Revised upwards where both sides are willing, downwards where one is."""
        gap, (i, j) = self.exchange_gap(d, pair), PAIRS[pair]
        moods = [None, None] if noise is None else [noise[i, j], noise[j, i]]
        return self.x[d, pair] + EXCHANGE_RATE[d] / CHANCE * gap * revised(gap, moods)

    def next_record(self, c: int, draw: float | None = None) -> float:
        """The record of a choice: it moves towards the option that is chosen."""
        pushed = (
            self.moved("fear") if CHOICES[c] == "aid" else self.moved("call") + self.moved("oath")
        )
        passed, below = 0.0, 0.0
        for share in SHARES[c][:-1]:
            below += share
            cut = math.log(below / (1 - below))
            passed += above(cut - pushed) if draw is None else pushed + draw > cut
        chosen = passed / (len(SHARES[c]) - 1)
        return self.record[c] + RECORD[c] * (chosen - self.record[c])

    def next_arena(self, m: int, noise: float, mean_before: float) -> float:
        settled = self.outside["mean"][m]
        level = self.level[m] + settled - mean_before
        if ARENAS[m] == "border":
            pushed = 0.1 * (self.outside["presence"][1][1] - BEFORE["presence"][1][1])
            mean = min(1.0, max(0.0, settled + self.moved("heat")))
        else:
            pushed, mean = 0.05 * (self.a[3][0] - AT_BASE.a[3][0]), settled
        level += ARENA_RATE[m] * (mean - level) + pushed + ARENA_NOISE[m] * noise
        return min(1.0, max(0.0, level))

    def target_share(self, pair: int) -> float:
        i, j = PAIRS[pair]
        chief = max(math.sqrt(self.threat(i, k) * self.threat(j, k)) for k in ACTORS)
        need = (self.mechanism("dependence", i, j) + self.mechanism("dependence", j, i)) / 2
        issues = max(0.0, self.mechanism("issue_agreement", i, j))
        return chief / (self.mechanism("common_threat", i, j) + issues + need)


PUSHES: dict[str, tuple[float, Callable[[Hand], float]]] = {
    "pull": (0.7, lambda now: now.c[2, 0]),
    "push": (-0.4, lambda now: now.threat(3, 2)),
    "faith": (0.3, lambda now: now.a[1][2]),
    "wish": (-0.5, lambda now: now.t[2, 0]),
    "bank": (0.25, lambda now: now.level[0]),
    "heat": (-0.2, lambda now: now.commitment(0, 1)),
    "jolt": (-0.6, lambda now: now.a[2][3]),
    "call": (1.3, lambda now: now.a[0][1]),
    "oath": (-0.9, lambda now: now.t[0, 3]),
    "fear": (-1.1, lambda now: now.t[2, 1]),
}
"""Driver -> its weight, negative where it drives apart, and its signal."""
EITHER_WAY = ("jolt", "fear")


def above(cut: float) -> float:
    """Share of logistic draws above a cutpoint."""
    return 1 / (1 + math.exp(cut))


def revised(gap: float, moods: list[float | None]) -> float:
    """Whether a gap is taken up in the moods of those concerned; the chance of it without moods.

    A rise takes all of them, a fall takes one, and a small gap is taken up with CHANCE.
    """
    sides, push = len(moods), RATE["revision_eagerness"] * abs(gap)
    willing = CHANCE ** (1 / sides) if gap > 0 else (1 - CHANCE) ** (1 / sides)
    bar = math.log((1 - willing) / willing)
    if None in moods:
        return above(bar - push) ** sides if gap > 0 else 1 - above(bar + push) ** sides
    known = [mood for mood in moods if mood is not None]
    if gap > 0:
        return all(mood + push > bar for mood in known)
    return gap < 0 and any(mood - push < bar for mood in known)


def base_y(i: int, j: int) -> float:
    return math.atanh(BASE_ALIGNMENT[i, j])


AT_BASE = Hand(
    BEFORE,
    BASE_POLICY,
    {
        "y": np.arctanh(BASE_ALIGNMENT),
        "anchor": np.arctanh(BASE_ALIGNMENT),
        "trust": BASE_TRUST,
        "depth": BASE_DEPTH,
        "pressure": np.zeros((4, 4)),
        "cooperation": BASE_EXCHANGE,
        "arena": BEFORE["mean"],
    },
)
"""The base date; nothing is at stake, and no record counts."""


def chances(i: int, utility: float) -> list[float]:
    edges = [1.0, *(above((cut - utility) / TEMPERATURE[i]) for cut in CUTS), 0.0]
    return [low - high for low, high in pairwise(edges)]


def expected(i: int, j: int, utility: float | None = None) -> dict[str, float]:
    """What i's posture to j does on average, at the base date or at another utility.

    Friendly and hostile are departures from the mean impact at the base date.
    """
    if (i, j) not in DYADS:
        return dict.fromkeys(("impact", "friendly", "hostile", "coerces", "commits"), 0.0)
    usual = chances(i, RATE["base_weight"] * base_y(i, j))
    mean = sum(p * impact for p, impact in zip(usual, IMPACTS, strict=True))
    now = usual if utility is None else chances(i, utility)
    both = list(zip(now, IMPACTS, strict=True))
    return {
        "impact": sum(p * impact for p, impact in both),
        "friendly": sum(p * max(0.0, impact - mean) for p, impact in both),
        "hostile": sum(p * min(0.0, impact - mean) for p, impact in both),
        "coerces": now[0],
        "commits": now[-1],
    }


def done(i: int, j: int, posture: int) -> dict[str, float]:
    """What one posture does, beyond what is expected at the base date."""
    usual, tied = expected(i, j), (i, j) in DYADS
    flow = (IMPACTS[posture] if tied else 0.0) - usual["impact"]
    return {
        "flow": flow,
        "friendly": max(0.0, flow),
        "hostile": min(0.0, flow),
        "coerces": (tied and posture == 0) - usual["coerces"],
        "commits": (tied and posture == 4) - usual["commits"],
    }


# -- the block, in the actors' order of this module --------------------------------------------


def far_state(pressed: bool = True) -> dict[str, Any]:
    """A state far from the base, (..., run): unlike in every direction, pair and run."""
    rng = np.random.default_rng(5)
    tied = np.array([[(i, j) in DYADS for j in ACTORS] for i in ACTORS])[..., None]
    depth = np.triu(rng.uniform(0.1, 0.6, (4, 4)))
    depth = (depth + np.triu(depth, 1).T)[..., None] + np.array([0.0, 0.1, 0.2])
    return {
        "y": rng.uniform(-1.1, 1.3, (4, 4, 3)) * tied,
        "anchor": rng.uniform(-0.8, 0.9, (4, 4, 3)) * tied,
        "trust": np.where(tied, rng.uniform(0.15, 0.85, (4, 4, 3)), 0.5),
        "pressure": rng.uniform(-0.3, 0.6, (4, 4, 3)) * pressed,
        "depth": depth,
        "cooperation": rng.uniform(0.1, 0.7, (2, 5, 3)),
        "arena": rng.uniform(0.3, 0.7, (2, 3)),
        "wronged": np.maximum(rng.uniform(-0.3, 0.7, (4, 4, 3)), 0) * tied,
        "choice": rng.uniform(0.1, 0.9, (2, 3)),
    }


PLAIN = ("arena", "choice")
"""Parts of the state without actors."""


class Scene:
    """A prepared block, read and written in the order of actors and pairs given here."""

    def __init__(self, names: list[str]) -> None:
        self.scenario = scenario(names)
        self.program = compile_scenario(self.scenario)
        self.block: Block = prepare(
            self.program, Lanes(3, 0, slice(0, 3), "monte_carlo"), np.float64
        )
        self.place = [self.program.actors.index(name) for name in names]
        ordered = [tuple(sorted((self.place[i], self.place[j]))) for i, j in PAIRS]
        self.pair = [self.program.pairs.index(pair) for pair in ordered]

    def square(self, array: Any) -> Any:
        wide = np.broadcast_to(array, (4, 4, 3))
        return wide[np.ix_(self.place, self.place)]

    def unsquare(self, array: Any) -> Any:
        out = np.empty(array.shape)
        out[np.ix_(self.place, self.place)] = array
        return out

    def read(self, name: str) -> Any:
        array = getattr(self.block.situation.state, name)
        if name == "cooperation":
            return array[:, self.pair].copy()
        if name == "isolation":
            return array[self.place].copy()
        return array.copy() if name in PLAIN else self.square(array)

    def write(self, state: dict[str, Any]) -> None:
        for name, given in state.items():
            array = getattr(self.block.situation.state, name)
            if name == "cooperation":
                array[:, self.pair] = given
            else:
                array[...] = given if name in PLAIN else self.unsquare(given)

    def hands(self, state: dict[str, Any], outside: dict[str, Any] = AFTER) -> list[Hand]:
        """Each run by hand, with coercion as the block has it."""
        coercion = self.read("coercion")
        return [
            Hand(outside, coercion[..., r], {name: v[..., r] for name, v in state.items()})
            for r in RUNS
        ]


@pytest.fixture(params=ORDERS, ids=["forwards", "backwards"])
def scene(request: pytest.FixtureRequest) -> Scene:
    """At the base date."""
    return Scene(request.param)


@pytest.fixture
def far(scene: Scene) -> Scene:
    """After the interventions of the first month, and far from the base."""
    assert step.begin_month(scene.block, 0)
    scene.write(far_state())
    step.observe(scene.block)
    return scene


def same(found: Any, wanted: Any, places: Any) -> None:
    """Whether an array has these values, run by run, at these places."""
    for place in places:
        for r in RUNS:
            assert found[(*place, r)] == pytest.approx(wanted(*place, r), abs=1e-12), (place, r)


SQUARE = [(i, j) for i in ACTORS for j in ACTORS]


# -- observe and perceive ----------------------------------------------------------------------


def test_the_state_is_far_from_symmetric_and_from_its_bounds(far: Scene) -> None:
    for name in ("alignment", "trust", "coercion", "threat"):
        array = far.read(name)
        for i, j in PAIRS:
            assert (abs(array[i, j] - array[j, i]) > 1e-3).any(), (name, i, j)
    powers = [far.hands(far_state())[0].power(i) for i in ACTORS]
    assert min(powers) < 1 < max(powers)
    commitment = np.array([far.read("commitment")[i, j] for i, j in PAIRS])
    assert commitment.min() < 1 == commitment.max()
    coercion = np.array([far.read("coercion")[i, j] for i, j in DYADS])
    assert coercion.min() < 0.2 < 0.6 < coercion.max()


def test_alignment_regard_and_hostility(far: Scene) -> None:
    hands, weight = far.hands(far_state()), AFTER["capability"]
    same(far.read("alignment"), lambda i, j, r: hands[r].a[i][j], SQUARE)
    same(far.read("regard"), lambda i, j, r: max(0, hands[r].a[i][j]) * weight[j], SQUARE)
    same(far.read("hostility"), lambda i, j, r: hands[r].hostility(i, j), SQUARE)


def test_commitment_is_depth_and_agreements_in_force(far: Scene) -> None:
    hands = far.hands(far_state())
    same(far.read("commitment"), lambda i, j, r: hands[r].commitment(i, j), SQUARE)


def test_coercion_without_pressure_is_policy(scene: Scene) -> None:
    same(scene.read("coercion"), lambda i, j, r: BEFORE["policy"][i, j], SQUARE)
    step.begin_month(scene.block, 0)
    scene.write(far_state(pressed=False))
    step.observe(scene.block)
    same(scene.read("coercion"), lambda i, j, r: AFTER["policy"][i, j], SQUARE)


@pytest.mark.parametrize("actors", SQUARE)
def test_pressure_of_one_on_another_is_coercion_of_that_dyad(
    scene: Scene, actors: tuple[int, int]
) -> None:
    levels = []
    for pressure in np.linspace(-1, 1, 9):
        state = far_state(pressed=False)
        state["pressure"][actors] = pressure
        scene.write(state)
        step.observe(scene.block)
        coercion = scene.read("coercion")
        rest = [place for place in SQUARE if place != actors]
        same(coercion, lambda i, j, r: BASE_POLICY[i, j], rest)
        levels.append(coercion[actors])
    assert np.min(levels) >= 0
    assert np.max(levels) <= 1
    assert (np.diff(levels, axis=0) >= 0).all()
    assert (levels[-1] > levels[0]).all() == (actors in DYADS)


def test_pressure_counts_beyond_the_band_of_its_own_dyad(scene: Scene) -> None:
    kept = 1 - RATE["coercion_decay"]
    for i, j in DYADS:
        p = expected(i, j)["coerces"]
        deviation = RATE["coercion_response"] * math.sqrt(p * (1 - p) / (1 - kept**2))
        state = far_state(pressed=False)
        for beyond in (-0.01, 0.01):
            state["pressure"][i, j] = RATE["coercion_band"] * deviation + beyond
            scene.write(state)
            step.observe(scene.block)
            more = scene.read("coercion")[i, j] - BASE_POLICY[i, j]
            assert more == pytest.approx(max(0, beyond), abs=1e-9)


def test_threat_is_the_others_power_reach_hostility_and_coercion(far: Scene) -> None:
    hands = far.hands(far_state())
    same(far.read("threat"), lambda i, j, r: hands[r].threat(i, j), SQUARE)
    same(far.read("root_threat"), lambda i, j, r: math.sqrt(hands[r].threat(i, j)), SQUARE)


def test_isolation_follows_coercion_received(far: Scene) -> None:
    hands = far.hands(far_state())
    same(far.read("isolation"), lambda i, r: hands[r].isolation(i), [(i,) for i in ACTORS])


@pytest.mark.parametrize("name", sorted(MECHANISMS))
def test_each_mechanism_at_the_base_date_and_far_from_it(scene: Scene, name: str) -> None:
    found = scene.square(MECHANISMS[name](scene.block, ALL))
    same(found, lambda i, j, r: AT_BASE.mechanism(name, i, j), DYADS)
    step.begin_month(scene.block, 0)
    scene.write(far_state())
    step.observe(scene.block)
    hands = scene.hands(far_state())
    found = scene.square(MECHANISMS[name](scene.block, ALL))
    same(found, lambda i, j, r: hands[r].mechanism(name, i, j), DYADS)
    some = slice(1, 3)
    read = np.broadcast_to(MECHANISMS[name](scene.block, ALL), (4, 4, 3))
    part = np.broadcast_to(MECHANISMS[name](scene.block, some), (2, 4, 3))
    assert (part == read[some]).all()


def test_utilities(far: Scene) -> None:
    hands = far.hands(far_state())
    step.read_drivers(far.block)
    utility = step.perceive(far.block, ALL)
    same(far.square(utility), lambda i, j, r: hands[r].utility(i, j), DYADS)
    for i in ACTORS:
        own = slice(i, i + 1)
        assert (step.perceive(far.block, own) == utility[own]).all()


def test_utilities_at_the_base_date_are_intercepts(scene: Scene) -> None:
    step.read_drivers(scene.block)
    found = scene.square(step.perceive(scene.block, ALL))
    same(found, lambda i, j, r: RATE["base_weight"] * base_y(i, j), DYADS)


# -- decide, act and settle --------------------------------------------------------------------

ACT_NAMES = ("flow", "friendly", "hostile", "coerces", "commits")


def noises(seed: int = 8) -> Any:
    return np.random.default_rng(seed).logistic(size=(4, 4, 3))


def given_acts() -> dict[str, Any]:
    """Acts unlike in each direction; friendly and hostile ones do not follow from the flow."""
    rng = np.random.default_rng(21)
    low = {"friendly": 0.0, "hostile": -1.0}
    high = {"hostile": 0.0}
    return {
        name: rng.uniform(low.get(name, -1.0), high.get(name, 1.0), (4, 4, 3)) for name in ACT_NAMES
    }


def by_run(acts: dict[str, Any], r: int) -> dict[str, Any]:
    return {name: array[..., r] for name, array in acts.items()}


def acts_by_hand(hands: list[Hand], noise: Any) -> dict[str, Any]:
    acts = {name: np.zeros((4, 4, 3)) for name in ACT_NAMES}
    for i, j in DYADS:
        for r in RUNS:
            posture = hands[r].posture(i, j, noise[i, j, r])
            for name, value in done(i, j, posture).items():
                acts[name][i, j, r] = value
    return acts


def test_postures_and_what_they_do(far: Scene) -> None:
    hands, noise = far.hands(far_state()), noises()
    step.read_drivers(far.block)
    utility = step.perceive(far.block, ALL)
    posture = step.decide(far.block, utility, far.unsquare(noise), ALL)
    found = far.square(posture)
    same(found, lambda i, j, r: hands[r].posture(i, j, noise[i, j, r]), DYADS)
    assert set(np.unique([found[place] for place in DYADS])) == set(range(5))
    acts, wanted = step.acts_of(far.block, posture), acts_by_hand(hands, noise)
    for name in ACT_NAMES:
        array = wanted[name]
        same(
            far.square(getattr(acts, name)), lambda i, j, r, by_hand=array: by_hand[i, j, r], SQUARE
        )


def check_moved(
    scene: Scene, hands: list[Hand], acts: dict[str, Any], noise: Any, places: Any
) -> None:
    now = [by_run(acts, r) for r in RUNS]

    def mood(i: int, j: int, r: int) -> float | None:
        return None if noise is None else float(noise[i, j, r])

    same(scene.read("y"), lambda i, j, r: hands[r].next_y(i, j, now[r]), places)
    same(scene.read("anchor"), lambda i, j, r: hands[r].next_anchor(i, j), places)
    for name, moved in (("trust", Hand.next_trust), ("wronged", Hand.next_stake)):
        same(
            scene.read(name),
            lambda i, j, r, by_hand=moved: by_hand(hands[r], i, j, now[r], mood(i, j, r)),
            places,
        )
    same(scene.read("pressure"), lambda i, j, r: hands[r].next_pressure(i, j, now[r]), places)
    same(scene.read("depth"), lambda i, j, r: hands[r].next_depth(i, j, now[r]), places)


@pytest.mark.parametrize("mean", [False, True], ids=["in a mood", "on average"])
@pytest.mark.parametrize("apart", [False, True], ids=["all at once", "one by one"])
def test_act_moves_every_stock_by_acts_done_and_received(
    far: Scene, apart: bool, mean: bool
) -> None:
    hands, acts, noise = far.hands(far_state()), given_acts(), noises(17)
    step.read_drivers(far.block)
    given = Acts(**{name: far.unsquare(array) for name, array in acts.items()})
    shaken = far.unsquare(noise)
    for rows in [slice(i, i + 1) for i in ACTORS] if apart else [ALL]:
        step.act(far.block, given, None if mean else shaken[rows], rows)
    check_moved(far, hands, acts, None if mean else noise, DYADS)


def test_moods_differ_in_the_test_before_this_one() -> None:
    """So that it would notice if trust were revised, or a breach held, always or never."""
    acts, noise = given_acts(), noises(17)
    seen = set()
    for r in RUNS:
        state = {name: array[..., r] for name, array in far_state().items()}
        hand = Hand(AFTER, AFTER["policy"], state)
        for i, j in DYADS:
            now, gap = hand.warranted(i, j, by_run(acts, r))
            seen.add(("rise" if gap > 0 else "fall", revised(gap, [noise[i, j, r]])))
            if hand.w[i, j]:
                seen.add(("breach", revised(-hand.w[i, j] * now, [noise[i, j, r]])))
            seen.add(("stake", bool(hand.w[i, j])))
    assert len(seen) == 8


PLACES = [(d, pair) for d in range(2) for pair in range(5)]


@pytest.mark.parametrize("seed", range(4))
def test_settle_exchange(far: Scene, seed: int) -> None:
    hands, noise = far.hands(far_state()), noises(seed)
    step.read_drivers(far.block)
    found = step.settle_exchange(far.block, far.unsquare(noise))[:, far.pair]
    same(found, lambda d, pair, r: hands[r].next_exchange(d, pair, noise[..., r]), PLACES)
    same(far.read("cooperation"), lambda d, pair, r: hands[r].x[d, pair], PLACES)


def test_settle_exchange_on_average(far: Scene) -> None:
    hands = far.hands(far_state())
    step.read_drivers(far.block)
    found = step.settle_exchange(far.block, None)[:, far.pair]
    same(found, lambda d, pair, r: hands[r].next_exchange(d, pair), PLACES)


def test_exchange_rises_when_both_and_falls_when_one_is_willing(far: Scene) -> None:
    hands = far.hands(far_state())
    step.read_drivers(far.block)
    before, willing = far.read("cooperation"), 30.0
    rises = np.array(
        [[[hands[r].exchange_gap(d, pair) > 0 for r in RUNS] for pair in range(5)] for d in (0, 1)]
    )
    assert 0 < rises.mean() < 1

    def moved(first: float, second: float) -> Any:
        noise = np.zeros((4, 4, 3))
        for i, j in PAIRS:
            noise[i, j], noise[j, i] = first, second
        found = step.settle_exchange(far.block, far.unsquare(noise))[:, far.pair]
        return found != before

    assert (moved(willing, willing) == rises).all()
    assert (moved(-willing, -willing) == ~rises).all()
    assert (moved(willing, -willing) == ~rises).all()
    assert (moved(-willing, willing) == ~rises).all()


def test_the_mean_over_moods_is_what_is_done_on_average(far: Scene) -> None:
    """Exchange and trust, averaged over many months of noise from one state."""
    step.read_drivers(far.block)
    rng, months = np.random.default_rng(2), 2000
    state = far_state()
    nothing = Acts(**{name: np.zeros((4, 4, 3)) for name in ACT_NAMES})

    def done(noise: Any) -> tuple[Any, Any]:
        far.write({"trust": state["trust"], "wronged": state["wronged"]})
        exchange = step.settle_exchange(far.block, noise)
        step.act(far.block, nothing, noise, ALL)
        return exchange, far.read("trust")

    drawn = [done(rng.logistic(size=(4, 4, 3))) for _ in range(months)]
    for place, wanted in enumerate(done(None)):
        found = np.array([each[place] for each in drawn])
        error = found.std(axis=0) / math.sqrt(months)
        gap = np.abs(found.mean(axis=0) - wanted)
        if place == 1:  # an actor that revises its trust is likelier to hold a breach too
            alone = state["wronged"] == 0
            gap, error = gap[alone], error[alone]
        assert (gap <= 4.5 * error + 1e-12).all()
        assert (error > 0).any()


@pytest.mark.parametrize("seed", range(3))
def test_settle_choice(far: Scene, seed: int) -> None:
    hands, noise = far.hands(far_state()), np.random.default_rng(seed).logistic(size=(2, 3))
    step.read_drivers(far.block)
    for c in range(2):
        found = step.settle_choice(far.block, c, noise[c])
        same(found, lambda r, c=c: hands[r].next_record(c, noise[c, r]), [()])
        found = step.settle_choice(far.block, c, None)
        same(found, lambda r, c=c: hands[r].next_record(c), [()])
    same(far.read("choice"), lambda c, r: hands[r].record[c], [(0,), (1,)])


def test_drivers_either_way_count_rises_and_falls_alike(far: Scene) -> None:
    """So that the tests with by-hand drivers would notice if the sign of a change counted."""
    changes: dict[str, list[float]] = {name: [] for name in EITHER_WAY}
    for hand in far.hands(far_state()):
        for name in EITHER_WAY:
            read = PUSHES[name][1]
            changes[name].append(read(hand) - read(AT_BASE))
            assert hand.moved(name) < 0
    assert all(min(each) < 0 < max(each) for each in changes.values())


def test_settle_arenas(far: Scene) -> None:
    hands, noise = far.hands(far_state()), np.random.default_rng(4).normal(size=(2, 3))
    step.read_drivers(far.block)
    found = step.settle_arenas(far.block, noise, np.array(BEFORE["mean"])[:, None])
    same(
        found,
        lambda m, r: hands[r].next_arena(m, noise[m, r], BEFORE["mean"][m]),
        [(m,) for m in range(2)],
    )


# -- the month ---------------------------------------------------------------------------------


def test_leaving_an_agreement_puts_trust_in_the_leaver_at_stake(scene: Scene) -> None:
    step.begin_month(scene.block, 0)
    stake = {(0, 3): RATE["trust_breach"], (2, 3): RATE["trust_breach"]}
    same(scene.read("wronged"), lambda i, j, r: stake.get((i, j), 0.0), SQUARE)
    same(scene.read("trust"), lambda i, j, r: BASE_TRUST[i, j], SQUARE)
    assert not step.begin_month(scene.block, 1)
    same(scene.read("wronged"), lambda i, j, r: stake.get((i, j), 0.0), SQUARE)


@pytest.mark.parametrize("mood", [30.0, -30.0], ids=["forgiving", "unforgiving"])
def test_what_is_at_stake_is_lost_once_and_only_when_the_wronged_takes_it_up(
    scene: Scene, mood: float
) -> None:
    step.begin_month(scene.block, 0)
    step.observe(scene.block)
    step.read_drivers(scene.block)
    assert scene.block.expected is not None
    usual = {name: np.zeros((4, 4, 3)) for name in ACT_NAMES}
    for name in ("friendly", "hostile"):  # so that acts leave trust at its base
        usual[name] = np.broadcast_to(getattr(scene.block.expected, name), (4, 4, 3)).copy()
    kept, stake = (1.0, RATE["trust_breach"]) if mood > 0 else (1 - RATE["trust_breach"], 0.0)
    left = ((0, 3), (2, 3))
    for month in range(3):
        step.act(scene.block, Acts(**usual), np.full((4, 4, 3), mood), ALL)
        trust = scene.read("trust")
        same(scene.read("wronged"), lambda i, j, r: stake * ((i, j) in left), SQUARE)
        same(trust, lambda i, j, r: BASE_TRUST[i, j], [each for each in DYADS if each not in left])
        if mood > 0 or month == 0:
            same(trust, lambda i, j, r: BASE_TRUST[i, j] * kept, left)
        else:  # friendly acts now count for more than at the base
            for place in left:
                assert (trust[place] > BASE_TRUST[place] * kept).all()
                assert (trust[place] < BASE_TRUST[place]).all()


def unpressed_after_breach(scene: Scene) -> list[Hand]:
    """Write a state in which coercion is policy, and say what it is after the first of events."""
    state = far_state(pressed=False)
    scene.write(state)
    step.observe(scene.block)
    left = {name: array.copy() for name, array in state.items()}
    for i in (0, 2):
        left["wronged"][i, 3] = 1 - (1 - left["wronged"][i, 3]) * (1 - RATE["trust_breach"])
    return [
        Hand(AFTER, AFTER["policy"], {name: array[..., r] for name, array in left.items()})
        for r in RUNS
    ]


def test_a_whole_month_decides_on_one_state_and_then_all_acts_take_effect(scene: Scene) -> None:
    hands = unpressed_after_breach(scene)
    noise, shocks = noises(9), np.random.default_rng(4).normal(size=(2, 3))
    draws = np.random.default_rng(6).logistic(size=(2, 3))
    step.advance(scene.block, 0, Noise(scene.unsquare(noise), shocks, draws))
    check_moved(scene, hands, acts_by_hand(hands, noise), noise, DYADS)
    same(
        scene.read("cooperation"),
        lambda d, pair, r: hands[r].next_exchange(d, pair, noise[..., r]),
        PLACES,
    )
    same(scene.read("choice"), lambda c, r: hands[r].next_record(c, draws[c, r]), [(0,), (1,)])
    same(
        scene.read("arena"),
        lambda m, r: hands[r].next_arena(m, shocks[m, r], BEFORE["mean"][m]),
        [(m,) for m in range(2)],
    )
    # What follows from the state has followed.
    state = {name: scene.read(name) for name in far_state()}
    later = scene.hands(state)
    same(scene.read("alignment"), lambda i, j, r: later[r].a[i][j], SQUARE)
    same(scene.read("commitment"), lambda i, j, r: later[r].commitment(i, j), SQUARE)
    same(scene.read("threat"), lambda i, j, r: later[r].threat(i, j), SQUARE)
    same(scene.read("isolation"), lambda i, r: later[r].isolation(i), [(i,) for i in ACTORS])


def test_a_mean_month_does_what_decisions_do_on_average(scene: Scene) -> None:
    hands = unpressed_after_breach(scene)
    acts = {name: np.zeros((4, 4, 3)) for name in ACT_NAMES}
    for i, j in DYADS:
        usual = expected(i, j)
        for r in RUNS:
            now = expected(i, j, hands[r].utility(i, j))
            acts["flow"][i, j, r] = now["impact"] - usual["impact"]
            acts["friendly"][i, j, r], acts["hostile"][i, j, r] = now["friendly"], now["hostile"]
            for name in ("coerces", "commits"):
                acts[name][i, j, r] = now[name] - usual[name]
    step.advance(scene.block, 0, None)
    check_moved(scene, hands, acts, None, DYADS)
    same(scene.read("cooperation"), lambda d, pair, r: hands[r].next_exchange(d, pair), PLACES)
    same(scene.read("choice"), lambda c, r: hands[r].next_record(c), [(0,), (1,)])
    mean = BEFORE["mean"]
    same(
        scene.read("arena"),
        lambda m, r: hands[r].next_arena(m, 0.0, mean[m]),
        [(m,) for m in range(2)],
    )
    later = scene.hands({name: scene.read(name) for name in far_state()})
    same(scene.read("commitment"), lambda i, j, r: later[r].commitment(i, j), SQUARE)
    same(scene.read("threat"), lambda i, j, r: later[r].threat(i, j), SQUARE)


def test_a_mean_month_at_the_base_date_changes_nothing(scene: Scene) -> None:
    before = {name: scene.read(name) for name in far_state()}
    step.settle(scene.block, None, scene.block.situation.circumstances.arena_mean)
    for name, array in before.items():
        assert scene.read(name) == pytest.approx(array, abs=1e-12), name


# -- recording ---------------------------------------------------------------------------------

EVERYTHING = {
    "hostile_below": -2.0,
    "friendly_above": -2.0,
    "active_domain": 0.0,
    "broad_from": 0.0,
    "trusting_from": -1.0,
    "deep_from": 2.0,
    "targeted_from": -1.0,
}
"""Limits under which every dyad is a case of strategic cooperation."""


def class_under(scene: Scene, pair: int, r: int, **limits: float) -> str:
    given = {name: np.array([value]) for name, value in (EVERYTHING | limits).items()}
    return CLASSES[pair_class(scene.block, scene.pair[pair], given)[r]]


@pytest.mark.parametrize("pair", range(len(PAIRS)))
def test_a_relation_class_turns_exactly_at_each_axis(far: Scene, pair: int) -> None:
    i, j = PAIRS[pair]
    for r, hand in enumerate(far.hands(far_state())):
        trust = (hand.t[i, j] + hand.t[j, i]) / 2
        # limit, where it turns, class at or above it, class below it, and the other limits
        axes: list[tuple[str, float, str, str, dict[str, float]]] = [
            ("hostile_below", hand.mutual(pair), "strategic_cooperation", "hostile", {}),
            ("trusting_from", trust, "strategic_cooperation", "marriage_of_convenience", {}),
            (
                "friendly_above",
                hand.mutual(pair),
                "strategic_cooperation",
                "marriage_of_convenience",
                {},
            ),
            ("deep_from", hand.commitment(i, j), "strategic_alliance", "strategic_cooperation", {}),
            (
                "targeted_from",
                hand.target_share(pair),
                "strategic_alliance",
                "strategic_cooperation",
                {"deep_from": -1.0},
            ),
            (
                "active_domain",
                min(hand.x[:, pair]),
                "strategic_cooperation",
                "tactical",
                {"broad_from": 2.0},
            ),
            ("active_domain", max(hand.x[:, pair]), "tactical", "distant", {"broad_from": 3.0}),
        ]
        for name, value, above, below, others in axes:
            found = class_under(far, pair, r, **others | {name: value - 1e-9})
            assert found == above, (name, r)
            found = class_under(far, pair, r, **others | {name: value + 1e-9})
            assert found == below, (name, r)


def test_issues_and_both_needs_count_in_some_target_shares(far: Scene) -> None:
    """So that the test before this one would notice if they did not."""
    positive = negative = first = second = 0
    for hand in far.hands(far_state()):
        for i, j in PAIRS:
            issues = hand.mechanism("issue_agreement", i, j)
            positive, negative = positive + (issues > 0.02), negative + (issues < -0.02)
            a, b = hand.mechanism("dependence", i, j), hand.mechanism("dependence", j, i)
            first, second = first + (a < b - 0.02), second + (b < a - 0.02)
    assert min(positive, negative, first, second) > 0


def test_classes_do_not_depend_on_who_comes_first() -> None:
    scenes = [Scene(names) for names in ORDERS]
    for each in scenes:
        step.begin_month(each.block, 0)
        each.write(far_state())
        step.observe(each.block)
    seen = set()
    for pair in range(len(PAIRS)):
        for targeted in np.linspace(0.02, 0.98, 49):
            limits = {"targeted_from": targeted, "deep_from": -1.0}
            one, other = ([class_under(s, pair, r, **limits) for r in RUNS] for s in scenes)
            assert one == other
            seen.update(one)
    assert len(seen) == 2


def test_a_month_is_recorded_as_it_stands(far: Scene) -> None:
    labels, months = labels_of(far.scenario), 2
    record = Record.empty(labels, len(RUNS))
    for name in ("outcomes", "alignment", "classes", "first", "last"):
        getattr(record, name)[...] = 77
    limits = {name: table.draw({}) for name, table in far.program.class_limits.items()}
    hands = far.hands(far_state())
    wanted = np.array([[(h.a[0][2] + h.a[2][0]) / 2 for h in hands], [h.a[3][2] for h in hands]])
    for month in range(months + 1):
        record_month(far.block, record, month, limits)
        assert record.alignment[:, month] == pytest.approx(wanted, abs=1e-6)
        assert record.outcomes[0, month] == pytest.approx(far_state()["trust"][2, 0], abs=1e-6)
        assert (record.first != 77).all()
        assert (record.last == 77).all() == (month < months)
        for place, pair in enumerate(far.program.classed_pairs):
            found = pair_class(far.block, pair, limits)
            assert (record.classes[place, month] == found).all()
            if pair == far.pair[PAIRS.index((0, 3))]:
                assert (record.outcomes[1, month] == found).all()
    alignment = far.block.situation.state.alignment
    assert record.first == pytest.approx(alignment, abs=1e-6)
    assert record.last == pytest.approx(alignment, abs=1e-6)
