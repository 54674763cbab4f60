"""Mechanisms: worked by hand, against published tables, and the same in any width of runs."""

import itertools
import math
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from worlds import small_scenario

from alliance_sim.arrays import Floats, Parameters, State
from alliance_sim.compile import compile_scenario
from alliance_sim.engines.blocks import Lanes, prepare
from alliance_sim.engines.noise import monthly
from alliance_sim.rules import mechanisms as rules
from alliance_sim.spec import Scenario
from alliance_sim.step import ALL, MECHANISMS, Block, advance

EXACT = 1e-12
quick = settings(max_examples=40, deadline=None)
WIDTHS = (1, 2, 3, 7, 8, 9, 64, 512)


def runs(values: Any) -> Floats:
    """Nested lists as an array of one run."""
    return np.asarray(values, dtype=np.float64)[..., None]


def one_run(array: Floats) -> list[Any]:
    """The numbers of an array of one run."""
    assert array.shape[-1] == 1
    return np.asarray(array[..., 0]).tolist()


def matches(array: Floats, expected: Any) -> None:
    np.testing.assert_allclose(one_run(array), expected, rtol=0, atol=EXACT)


# -- three actors by hand ----------------------------------------------------------------------


def test_power_by_hand() -> None:
    share = runs([0.04, 0.25, 1.0, 0.0])
    matches(rules.power(share, np.array([0.5]), np.array([0.25])), [0.4, 1.0, 2.0, 0.0])
    matches(rules.power(share, np.array([1.0]), np.array([0.25])), [0.16, 1.0, 4.0, 0.0])
    # An exponent of zero makes all actors equals.
    matches(rules.power(share[:3], np.array([0.0]), np.array([0.25])), [1.0, 1.0, 1.0])


def test_reach_by_hand() -> None:
    proximity = runs([[0, 0.5, 0], [0.5, 0, 0.2], [0.1, 0.7, 0]])
    presence = runs([[0.4, 0.5], [0, 1], [0, 0]])
    arena_proximity = runs([[0, 0.5, 1], [0.3, 0, 0.5]])
    matches(
        rules.reach(proximity, presence, arena_proximity),
        [
            # a: next to b 0.5 and 0.4 * 0.5; next to c 0.4 * 1 and 0.5 * 0.5
            [1 - 0.85, 1 - 0.5 * 0.8, 1 - 0.6 * 0.75],
            # b: all its forces in the second arena
            [1 - 0.5 * 0.7, 0, 1 - 0.8 * 0.5],
            # c: no forces, geography alone
            [0.1, 0.7, 0],
        ],
    )


def test_reach_is_geography_where_there_are_no_arenas() -> None:
    proximity = runs([[0, 0.25], [0.75, 0]])
    matches(rules.reach(proximity, np.zeros((2, 0, 1)), np.zeros((0, 2, 1))), proximity[..., 0])


def test_perceived_threat_by_hand() -> None:
    threat = rules.perceived_threat(
        runs([1, 0.5, 2]),
        runs([[0, 0.6, 0.1], [1, 0, 0.5], [0.2, 0.4, 0]]),
        runs([[0, 0.4, 0], [0.3, 0, 0.25], [0, 0.5, 0]]),
        runs([[0, 0.1, 0.2], [0.2, 0, 0], [0, 0.25, 0]]),
    )
    matches(threat, [[0, 0.5 * 0.6 * 0.5, 2 * 0.1 * 0.2], [0.5, 0, 0.25], [0, 0.15, 0]])


def test_third_parties_is_the_sum_over_the_middle_actor() -> None:
    own = runs([[1, 2, 3], [4, 5, 6]])
    other = runs([[1, 0, 2], [0, 1, 0], [3, 0, 1]])
    matches(rules.third_parties(own, other), [[10, 2, 5], [22, 5, 14]])


def test_common_threat_by_hand() -> None:
    # Threats that a, b and c perceive from a, b and c; not symmetric.
    threat = runs([[0, 0.25, 0.04], [0.16, 0, 0.09], [0.01, 0.36, 0]])
    root = np.sqrt(threat)
    matches(
        rules.common_threat(root, root),
        [
            # a and b share c, a and c share b, b and c share a; alone: all threats
            [0.29, 0.2 * 0.3, 0.5 * 0.6],
            [0.06, 0.25, 0.4 * 0.1],
            [0.3, 0.04, 0.37],
        ],
    )
    matches(rules.common_threat(root[1:2], root), [[0.06, 0.25, 0.04]])


def test_direct_threat_repels_as_much_as_it_threatens() -> None:
    matches(rules.direct_threat(runs([[0, 0.3], [0.7, 0]])), [[0, -0.3], [-0.7, 0]])


def test_structural_balance_by_hand() -> None:
    alignment = runs([[0, 0.5, -1], [0.25, 0, 0.5], [-0.5, 1, 0]])
    weight = np.array([1.0, 2.0, 4.0])
    # a and b have c (weight 4) in between, a and c have b (2), b and c have a (1).
    scale = runs([[0, 1 / 4, 1 / 2], [1 / 4, 0, 1], [1 / 2, 1, 0]])
    matches(
        rules.structural_balance(alignment * weight[None, :, None], alignment, scale),
        [[0, -1 * 1, 0.5 * 0.5], [0.5 * -0.5, 0, 0.25 * -1], [1 * 0.25, -0.5 * 0.5, 0]],
    )


def test_issue_agreement_by_hand() -> None:
    # Position times salience of a, b and c on two issues.
    stake = runs([[0.5, -0.4], [1, 0.2], [-0.5, 0]])
    level = runs([0.8, 0.5])
    # Products of saliences, here 0.5 and 0.4 of a, 1 and 0.2 of b, 0.5 and 0 of c.
    scale = runs([[0, 1 / 0.58, 1 / 0.25], [1 / 0.58, 0, 1 / 0.5], [1 / 0.25, 1 / 0.5, 0]])
    matches(
        rules.issue_agreement(stake, stake, level, scale),
        [
            [0, (0.8 * 0.5 - 0.5 * 0.08) / 0.58, -0.8 * 0.25 / 0.25],
            [0.36 / 0.58, 0, -0.8],
            [-0.8, -0.8, 0],
        ],
    )


def test_issue_agreement_without_issues_is_nothing() -> None:
    nothing = np.zeros((2, 0, 1))
    scale = runs([[0, 3], [3, 0]])
    matches(rules.issue_agreement(nothing, nothing, np.zeros((0, 1)), scale), [[0, 0], [0, 0]])


def test_abandonment_by_hand() -> None:
    clinging = rules.abandonment(
        runs([[0, 0.5, 1], [0.5, 0, 0], [1, 0, 0]]),
        runs([[0.5, 0.2, 0.75], [0.9, 0.5, 0.5], [0, 0.5, 0.5]]),
        runs([[9, 0.6, 0.4], [2, 9, 9], [0.1, 9, 9]]),  # threat from others than each
    )
    matches(clinging, [[0, 0.5 * 0.8 * 0.6, 0.25 * 0.4], [0.5 * 0.1 * 2, 0, 0], [0.1, 0, 0]])


def test_entrapment_by_hand() -> None:
    commitment = runs([[0, 0.5, 1], [0.5, 0, 0.2], [1, 0.2, 0]])
    friendly = runs([[0, 0.4, 0.6], [0.3, 0, 0], [0.2, 0.1, 0]])
    # Row: whose hostility; so b is hostile to c (0.5) and c to b (0.25) and to a (0.7).
    hostility = runs([[0, 0, 0], [0, 0, 0.5], [0.7, 0.25, 0]])
    scale = runs([[0, 2, 1], [2, 0, 3], [1, 3, 0]])
    matches(
        rules.entrapment(commitment, friendly, hostility, scale),
        [
            # a fears b's quarrel with its friend c, and c's with its friend b
            [0, -0.5 * (0.6 * 0.5) * 2, -1 * (0.4 * 0.25) * 1],
            # b fears c's quarrel with its friend a
            [0, 0, -0.2 * (0.3 * 0.7) * 3],
            [-1 * (0.1 * 0) * 1, 0, 0],
        ],
    )


def test_reputation_by_hand() -> None:
    trust = runs([[0.5, 0.9, 0.3], [0.7, 0.5, 0.1], [0.5, 0.8, 0.5]])
    friendly = runs([[0, 0.2, 0.4], [0.6, 0, 0], [0, 0.5, 0]])
    scale = runs([[0, 5, 10], [5, 0, 1], [10, 1, 0]])
    matches(
        rules.reputation(trust, friendly, trust, scale),
        [
            # a of b: its own 0.4, and its friend c's 0.3; a of c: -0.2, and b's -0.4
            [0, 0.4 + 0.4 * 0.3 * 5, -0.2 + 0.2 * -0.4 * 10],
            # b of c: -0.4, and its friend a's -0.2
            [0.2, 0, -0.4 + 0.6 * -0.2 * 1],
            # c of a: nothing of its own, and its friend b's 0.2
            [0.5 * 0.2 * 10, 0.3, 0],
        ],
    )


def test_isolation_by_hand() -> None:
    received = runs([[0, 0.5, 1], [0.2, 0, 0], [0, 0, 0]])
    clout = runs([1, 0.8, 0.5])
    # a is coerced by b (0.8 * 0.5) and c (0.5 * 1), b by a alone, c by nobody.
    matches(rules.isolation(received, clout), [1 - 0.6 * 0.5, 0.2, 0])


def test_isolation_is_complete_when_one_of_full_clout_presses_fully() -> None:
    assert one_run(rules.isolation(runs([[0, 1, 0.3]]), runs([0.1, 1, 0.2]))) == [1.0]


def test_dependence_by_hand() -> None:
    received = runs([[0, 0.5, 0], [0.25, 0, 0], [0, 0, 0]])
    needs = rules.dependence(runs([0.6, 0.2, 0]), runs([1, 0.8, 0.5]), received)
    matches(
        needs,
        [[0.6, 0.6 * 0.8 * 0.5, 0.6 * 0.5], [0.2 * 1 * 0.75, 0.2 * 0.8, 0.2 * 0.5], [0, 0, 0]],
    )


def test_hedging_by_hand() -> None:
    friendly = runs([[0, 0.2, 0.4], [0.6, 0, 0], [0, 0.5, 0]])
    # Row: who coerces; a coerces c, b coerces a, c coerces b.
    coercion = runs([[0, 0, 0.5], [0.25, 0, 0], [0, 1, 0]])
    scale = runs([[0, 5, 10], [5, 0, 2], [10, 2, 0]])
    matches(
        rules.hedging(friendly, coercion, scale),
        [[0, -0.4 * 1 * 5, 0], [0, 0, -0.6 * 0.5 * 2], [-0.5 * 0.25 * 10, 0, 0]],
    )


def test_commitment_and_government_say_what_they_are_given() -> None:
    given_ = runs([[0, 0.3], [-0.4, 0]])
    matches(rules.commitment(given_), given_[..., 0])
    matches(rules.government(given_), given_[..., 0])


# -- published ---------------------------------------------------------------------------------

# Heider (1946), Cartwright and Harary (1956): of the signs of ij, ik and kj, a triad is
# balanced with no negative tie or with two.
HEIDER = {
    (+1, +1, +1): "balanced",
    (+1, -1, -1): "balanced",
    (-1, +1, -1): "balanced",
    (-1, -1, +1): "balanced",
    (-1, +1, +1): "unbalanced",
    (+1, -1, +1): "unbalanced",
    (+1, +1, -1): "unbalanced",
    (-1, -1, -1): "unbalanced",
}


@pytest.mark.parametrize("signs", HEIDER)
def test_structural_balance_has_the_signs_of_the_triad_table(signs: tuple[int, int, int]) -> None:
    ij, ik, kj = signs
    alignment = runs([[0, ij, ik], [ij, 0, kj], [ik, kj, 0]])
    weight = 0.25
    scale = runs([[0, 4, 4], [4, 0, 4], [4, 4, 0]])
    pull = rules.structural_balance(alignment * weight, alignment, scale)
    # Every tie of a balanced triad is supported by the two others, else opposed by them.
    supported = 1.0 if HEIDER[signs] == "balanced" else -1.0
    ties = [(0, 1), (0, 2), (1, 2), (1, 0), (2, 0), (2, 1)]
    assert [pull[tie][0] * alignment[tie][0] for tie in ties] == [supported] * 6


# -- signs -------------------------------------------------------------------------------------

shares = st.floats(0.015625, 1, width=32)
UP = 1.25


@quick
@given(shares, shares, shares, shares)
def test_threat_grows_with_each_of_its_causes(
    power: float, reach: float, hostility: float, coercion: float
) -> None:
    causes = [runs([power]), runs([[reach]]), runs([[hostility]]), runs([[coercion]])]
    before = rules.perceived_threat(*causes)
    assert before[0, 0, 0] > 0
    for place in range(4):
        more = [cause * UP if at == place else cause for at, cause in enumerate(causes)]
        assert rules.perceived_threat(*more)[0, 0, 0] > before[0, 0, 0]
    assert rules.direct_threat(before)[0, 0, 0] < 0


@quick
@given(shares, shares, shares)
def test_fears_of_the_alliance_have_their_signs(
    commitment: float, trust: float, exposure: float
) -> None:
    def cling(commitment: float, trust: float, exposure: float) -> float:
        fear = rules.abandonment(runs([[commitment]]), runs([[trust]]), runs([[exposure]]))
        return float(fear[0, 0, 0])

    trust *= 0.7
    before = cling(commitment, trust, exposure)
    assert before > 0
    assert cling(commitment * UP, trust, exposure) > before
    assert cling(commitment, trust * UP, exposure) < before
    assert cling(commitment, trust, exposure * UP) > before


@quick
@given(shares, shares, shares, shares)
def test_what_the_other_does_to_friends_repels(
    friendly: float, bad: float, commitment: float, scale: float
) -> None:
    regard = runs([[0, 0, friendly]])
    third = np.zeros((3, 3, 1))
    third[2, 1] = third[1, 2] = bad
    scales = runs([[scale] * 3])
    hedge = rules.hedging(regard, third, scales)[0, 1, 0]
    entrap = rules.entrapment(runs([[0, commitment, 0]]), regard, third, scales)[0, 1, 0]
    assert hedge < 0
    assert entrap < 0
    assert rules.hedging(regard, third * UP, scales)[0, 1, 0] < hedge
    assert rules.entrapment(runs([[0, commitment, 0]]), regard, third * UP, scales)[0, 1, 0] < (
        entrap
    )


@quick
@given(shares, shares, shares)
def test_the_isolated_need_those_who_supply(
    isolation: float, clout: float, withheld: float
) -> None:
    def need(isolation: float, clout: float, withheld: float) -> float:
        return float(
            rules.dependence(runs([isolation]), runs([clout]), runs([[withheld]]))[0, 0, 0]
        )

    withheld *= 0.7
    before = need(isolation, clout, withheld)
    assert before > 0
    assert need(isolation * UP, clout, withheld) > before
    assert need(isolation, clout * UP, withheld) > before
    assert need(isolation, clout, withheld * UP) < before


# -- any width, any row, the same bits ---------------------------------------------------------

ACTORS, ARENAS = 4, 2
Arrays = dict[str, Floats]


def _filled(values: Floats) -> Arrays:
    """Arrays of every shape that mechanisms take, filled with the values in turn."""
    stride = itertools.count(1)

    def fill(*shape: int) -> Floats:
        size = math.prod(shape) * WIDTHS[-1]
        places = (np.arange(size) * 7 + next(stride)) % len(values)
        return np.ascontiguousarray(values[places].reshape(*shape, WIDTHS[-1]))

    square, tall = (ACTORS, ACTORS), (ACTORS, ARENAS)
    out = {name: fill(*square) for name in ("one", "two", "three", "four")}
    return out | {
        "each": fill(ACTORS),
        "stake": fill(*tall),
        "presence": fill(*tall),
        "arena_proximity": fill(ARENAS, ACTORS),
        "level": fill(ARENAS),
        "exponent": fill(),
    }


Reading = Callable[[Arrays, slice], Floats]
READINGS: dict[str, Reading] = {
    "power": lambda a, rows: rules.power(
        a["each"][rows], np.full_like(a["exponent"], 0.37), a["exponent"] + np.float32(0.1)
    ),
    "reach": lambda a, rows: rules.reach(a["one"][rows], a["presence"][rows], a["arena_proximity"]),
    "perceived_threat": lambda a, rows: rules.perceived_threat(
        a["each"], a["one"][rows], a["two"][rows], a["three"][rows]
    ),
    "third_parties": lambda a, rows: rules.third_parties(a["one"][rows], a["two"]),
    "common_threat": lambda a, rows: rules.common_threat(a["one"][rows], a["one"]),
    "direct_threat": lambda a, rows: rules.direct_threat(a["one"][rows]),
    "structural_balance": lambda a, rows: rules.structural_balance(
        a["one"][rows], a["two"], a["three"][rows]
    ),
    "issue_agreement": lambda a, rows: rules.issue_agreement(
        a["stake"][rows], a["stake"], a["level"], a["one"][rows]
    ),
    "abandonment": lambda a, rows: rules.abandonment(
        a["one"][rows], a["two"][rows], a["three"][rows]
    ),
    "entrapment": lambda a, rows: rules.entrapment(
        a["one"][rows], a["two"][rows], a["three"], a["four"][rows]
    ),
    "reputation": lambda a, rows: rules.reputation(
        a["one"][rows], a["two"][rows], a["one"], a["three"][rows]
    ),
    "isolation": lambda a, rows: rules.isolation(a["one"][rows], a["each"]),
    "dependence": lambda a, rows: rules.dependence(a["each"][rows], a["each"], a["one"][rows]),
    "hedging": lambda a, rows: rules.hedging(a["one"][rows], a["two"], a["three"][rows]),
    "commitment": lambda a, rows: rules.commitment(a["one"][rows]),
    "government": lambda a, rows: rules.government(a["one"][rows]),
}

unit_values = hnp.arrays(np.float32, 37, elements=st.floats(0, 1, width=32, allow_subnormal=False))


def same_bits(a: Floats, b: Floats) -> bool:
    return a.dtype == b.dtype and a.shape == b.shape and a.tobytes() == b.tobytes()


@pytest.mark.parametrize("name", READINGS)
@settings(max_examples=5, deadline=None)
@given(values=unit_values)
def test_rows_and_lanes_do_not_know_of_each_other(name: str, values: Floats) -> None:
    arrays, read = _filled(values), READINGS[name]
    before = {key: array.tobytes() for key, array in arrays.items()}
    everyone = read(arrays, ALL)
    assert {key: array.tobytes() for key, array in arrays.items()} == before
    assert everyone.dtype == np.float32
    for row in range(ACTORS):
        assert same_bits(read(arrays, slice(row, row + 1)), everyone[row : row + 1])
    for width in WIDTHS:
        first = WIDTHS[-1] - width  # the last lanes, which end the vectors of the processor
        few = {key: np.ascontiguousarray(array[..., first:]) for key, array in arrays.items()}
        assert same_bits(read(few, ALL), np.ascontiguousarray(everyone[..., first:]))


@pytest.mark.parametrize("actors", [1, 2, 3, 14, 33, 60])
@pytest.mark.parametrize("runs", [1, 2, 3, 5, 8, 15, 16, 17, 33, 512])
def test_third_parties_are_summed_one_after_another(actors: int, runs: int) -> None:
    """To the bit, whatever the number of actors and runs, and however they lie in memory."""
    if actors * actors * runs > 10**6:
        pytest.skip("the same as with fewer runs")
    drawn = np.random.default_rng(actors * runs).standard_normal((2, actors, actors, runs))
    own, other = drawn.astype(np.float32)

    def one_by_one(own: Floats, other: Floats) -> Floats:
        total = own[:, 0, None, :] * other[None, 0]
        for third in range(1, actors):
            total = total + own[:, third, None, :] * other[None, third]
        return total

    for a, b in [
        (own, other),
        (own, other.swapaxes(0, 1)),
        (own[..., :1], other),
        (own, other[..., :1]),
        (np.asfortranarray(own), other),
        (own[..., ::2], other[..., ::2]),
        (own[:1], other),
    ]:
        assert same_bits(np.ascontiguousarray(rules.third_parties(a, b)), one_by_one(a, b))


def test_power_with_an_uncertain_exponent_of_one_half_does_not_know_the_width() -> None:
    share = np.linspace(0.01, 1, 14 * 512, dtype=np.float32).reshape(14, 512)
    exponent = np.full(512, 0.5, np.float32)
    reference = np.array([0.13], np.float32)
    together = rules.power(share, exponent, reference)
    alone = [
        rules.power(np.ascontiguousarray(share[:, [run]]), exponent[[run]], reference)
        for run in range(512)
    ]
    assert same_bits(np.concatenate(alone, axis=1), together)


# -- as the step calls them: plain loops over a world in motion --------------------------------


@pytest.fixture(scope="module")
def block() -> Block:
    """A world with all mechanisms, two years on, in five runs."""
    scenario = small_scenario()
    del scenario["theory"]
    program = compile_scenario(Scenario.model_validate(scenario))
    where = Lanes(5, 0, slice(0, 5), "latin_hypercube")
    block = prepare(program, where)
    for month, noise in zip(range(24), monthly(program, where), strict=False):
        advance(block, month, noise)
    return block


class Run:
    """One run of a block, read as plain numbers."""

    def __init__(self, block: Block, run: int) -> None:
        self.run = run
        self.block = block
        self.state: State = block.situation.state
        self.parameters: Parameters = block.parameters
        self.circumstances = block.situation.circumstances
        self.everyone = range(block.parameters.actors)

    def at(self, array: Floats, *place: int) -> float:
        lanes = array[place]
        return float(lanes[self.run if len(lanes) > 1 else 0])

    def alignment(self, i: int, j: int) -> float:
        return math.tanh(self.at(self.state.y, i, j))

    def tied(self, i: int, j: int) -> bool:
        return self.at(self.parameters.tie, i, j) == 1

    def capability(self, k: int) -> float:
        """Share at the base date: what third parties weigh is fixed."""
        return self.at(self.parameters.capability, k)

    def coercion(self, i: int, j: int) -> float:
        if not self.tied(i, j):
            return 0
        pressure, band = self.at(self.state.pressure, i, j), self.at(self.block.pressure_band, i, j)
        excess = math.copysign(max(abs(pressure) - band, 0), pressure)
        return min(max(self.at(self.circumstances.coercion, i, j) + excess, 0), 1)

    def commitment(self, i: int, j: int) -> float:
        if not self.tied(i, j):
            return 0
        agreed = sum(
            self.at(self.parameters.depth, a)
            * self.at(self.circumstances.standing, a, i)
            * self.at(self.circumstances.standing, a, j)
            for a in range(len(self.parameters.depth))
        )
        return min(self.at(self.state.depth, i, j) + agreed, 1)

    def power(self, k: int) -> float:
        rates = self.parameters.behaviour
        share = self.at(self.circumstances.capability, k)
        reference = self.at(rates["threat_reference_capability"])
        return float((share / reference) ** self.at(rates["threat_capability_exponent"]))

    def reach(self, i: int, j: int) -> float:
        missed = 1 - self.at(self.parameters.proximity, i, j)
        for m in range(len(self.parameters.level)):
            forces = self.at(self.circumstances.presence, i, m)
            missed *= 1 - forces * self.at(self.parameters.arena_proximity, m, j)
        return 1 - missed

    def threat(self, i: int, j: int) -> float:
        """Perceived by i, from j."""
        intent = max(-self.alignment(j, i), 0) + self.coercion(j, i)
        return self.power(j) * self.reach(j, i) * intent

    def third(self, i: int, j: int) -> list[int]:
        """Third parties tied to both."""
        return [k for k in self.everyone if self.tied(i, k) and self.tied(k, j)]

    def mean(self, i: int, j: int, of: Callable[[int], float]) -> float:
        """Mean over third parties, weighted by capability."""
        weight = sum(self.capability(k) for k in self.third(i, j))
        total = sum(self.capability(k) * of(k) for k in self.third(i, j))
        return total / weight if weight else 0

    def friendly(self, i: int, k: int) -> float:
        return max(self.alignment(i, k), 0)

    def isolation(self, i: int) -> float:
        left = 1.0
        for k in self.everyone:
            left *= 1 - min(self.power(k), 1) * self.coercion(k, i)
        return 1 - left


def _common_threat(now: Run, i: int, j: int) -> float:
    return sum(math.sqrt(now.threat(i, k) * now.threat(j, k)) for k in now.everyone)


def _issue_agreement(now: Run, i: int, j: int) -> float:
    p, total, salient = now.parameters, 0.0, 0.0
    for m in range(len(p.level)):
        both = now.at(p.salience, i, m) * now.at(p.salience, j, m)
        agreed = now.at(p.position, i, m) * now.at(p.position, j, m)
        total += both * agreed * now.at(now.state.arena, m)
        salient += both
    return total / salient if salient else 0


def _abandonment(now: Run, i: int, j: int) -> float:
    doubt = 1 - now.at(now.state.trust, i, j)
    others = sum(now.threat(i, k) for k in now.everyone if k != j)
    return now.commitment(i, j) * doubt * others


def _reputation(now: Run, i: int, j: int) -> float:
    def above(k: int) -> float:
        return now.at(now.state.trust, k, j) - 0.5

    return above(i) + now.mean(i, j, lambda k: now.friendly(i, k) * above(k))


def _government(now: Run, i: int, j: int) -> float:
    return now.at(now.circumstances.orientation, i, j)


LOOPS: dict[str, Callable[[Run, int, int], float]] = {
    "common_threat": _common_threat,
    "direct_threat": lambda now, i, j: -now.threat(i, j),
    "structural_balance": lambda now, i, j: now.mean(
        i, j, lambda k: now.alignment(i, k) * now.alignment(k, j)
    ),
    "issue_agreement": _issue_agreement,
    "abandonment": _abandonment,
    "entrapment": lambda now, i, j: (
        -now.commitment(i, j)
        * now.mean(i, j, lambda k: now.friendly(i, k) * max(-now.alignment(j, k), 0))
    ),
    "reputation": _reputation,
    "dependence": lambda now, i, j: (
        now.isolation(i) * min(now.power(j), 1) * (1 - now.coercion(j, i))
    ),
    "hedging": lambda now, i, j: -now.mean(i, j, lambda k: now.friendly(i, k) * now.coercion(k, j)),
    "commitment": lambda now, i, j: now.commitment(i, j),
    "government": _government,
}


def _tied_places(now: Run) -> Iterator[tuple[int, int]]:
    for i, j in itertools.permutations(now.everyone, 2):
        if now.tied(i, j):
            yield i, j


def test_every_mechanism_has_its_loop() -> None:
    assert set(LOOPS) == set(MECHANISMS)


@pytest.mark.parametrize("name", LOOPS)
def test_mechanism_is_its_formula_in_a_world_in_motion(block: Block, name: str) -> None:
    values = MECHANISMS[name](block, ALL)
    seen = set()
    for run in range(5):
        now = Run(block, run)
        for i, j in _tied_places(now):
            found = now.at(values, i, j)
            assert found == pytest.approx(LOOPS[name](now, i, j), rel=2e-4, abs=2e-5)
            seen.add(round(found, 4))
    assert len(seen) > 1  # else there is nothing to tell the formula from a constant
