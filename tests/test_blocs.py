"""Landscape, balance and positions against published values, closed forms and brute force."""

from __future__ import annotations

import itertools
import tracemalloc
from fractions import Fraction
from math import comb, floor, sqrt
from pathlib import Path

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import solve_ivp

import alliance_sim as al
from alliance_sim.analysis.balance import (
    blow_up,
    closed_form,
    leading_split,
    line_index,
    symmetric,
    triads,
)
from alliance_sim.analysis.exact import fraction, whole
from alliance_sim.analysis.landscape import MAX_ACTORS, MAX_ACTORS_LARGE, landscape
from alliance_sim.analysis.positions import centre
from alliance_sim.errors import InputError

EXAMPLES = Path(__file__).parents[1] / "examples"


def energy(sizes, p, side):
    """The published sum over ordered pairs, written out."""
    n = range(len(sizes))
    return sum(sizes[i] * sizes[j] * p[i][j] for i in n for j in n if side[i] != side[j])


def all_sides(n):
    return [(0, *rest) for rest in itertools.product((0, 1), repeat=n - 1)]


def descend(sizes, p):
    """Minimum -> basin by walking from every partition, one at a time, splitting at ties."""
    n = len(sizes)
    sides = all_sides(n)
    depth = {side: energy(sizes, p, side) for side in sides}

    def moves(side):
        for k in range(n):
            after = [each ^ (place == k) for place, each in enumerate(side)]
            yield tuple(each ^ after[0] for each in after)

    def walk(side, weight):
        best = min((depth[each] for each in moves(side)), default=depth[side])
        if best >= depth[side]:
            found[side] = found.get(side, 0) + weight
            return
        ways = [each for each in moves(side) if depth[each] == best]
        for each in ways:
            walk(each, weight / len(ways))

    found: dict[tuple[int, ...], Fraction] = {}
    for side in sides:
        walk(side, Fraction(1))
    strict = {
        side: n == 1 or all(depth[each] > depth[side] for each in moves(side)) for side in found
    }
    return {side: (depth[side], found[side], strict[side]) for side in found}


def as_found(system):
    return {
        tuple(map(int, each.across)): (each.energy, each.basin, each.strict)
        for each in system.minima()
    }


@st.composite
def systems(draw, most=6, alike=False):
    """Small whole numbers, which make many ties and plateaus."""
    n = draw(st.integers(1, most))
    sizes = draw(st.lists(st.integers(1, 4), min_size=n, max_size=n))
    p = [[draw(st.integers(-3, 3)) for _ in range(n)] for _ in range(n)]
    if alike:
        p = [[p[min(i, j)][max(i, j)] for j in range(n)] for i in range(n)]
    return sizes, p


# -- landscape -------------------------------------------------------------------------------


def test_energies_worked_out_by_hand():
    """The table of docs/blocs.md, pair by pair."""
    found = al.blocs(EXAMPLES / "border_dispute.yaml")
    across = {
        frozenset(found.members(side)[1]): found.landscape.energy(code)
        for code in range(8)
        for side in [[False, *(bool(code >> k & 1) for k in range(3))]]
    }
    assert across == {
        frozenset(): 0,
        frozenset({"south"}): -48,
        frozenset({"coast"}): 0,
        frozenset({"island"}): 8,
        frozenset({"south", "coast"}): -24,
        frozenset({"south", "island"}): -64,
        frozenset({"coast", "island"}): 16,
        frozenset({"south", "coast", "island"}): -32,
    }
    [best] = found.landscape.minima()
    # F of north: 3 x -2; of south: 4 x -2 + 2 x -1; of coast: 3 x -1 + 1 x 1; of island: 2 x -3.
    assert best.frustration == (-6, -10, -2, -6)
    assert best.basin == 8
    assert best.share == 1.0
    assert all(type(each) is int for each in (best.energy, *best.frustration))


@settings(deadline=None)
@given(systems())
def test_every_energy_is_the_published_sum(system):
    sizes, p = system
    found = landscape(sizes, p)
    n = len(sizes)
    assert found.partitions == 2 ** (n - 1)
    for code in range(found.partitions):
        side = [0, *(code >> k & 1 for k in range(n - 1))]
        assert found.energy(code) == energy(sizes, p, side)
        frustration = found.frustration(code)
        assert frustration == tuple(
            sum(sizes[j] * p[i][j] for j in range(n) if side[i] != side[j]) for i in range(n)
        )
        total = sum(s * f for s, f in zip(sizes, frustration, strict=True))
        assert total == found.energy(code)


@settings(deadline=None)
@given(systems())
def test_minima_and_basins_are_those_of_walks_from_every_partition(system):
    """Small propensities make many ties and plateaus."""
    found = landscape(*system)
    assert as_found(found) == descend(*system)
    assert sum(found.basins) == found.partitions
    assert [each.energy for each in found.minima()] == sorted(
        each.energy for each in found.minima()
    )


@settings(deadline=None, max_examples=40)
@given(systems(most=5), st.randoms(use_true_random=False))
def test_the_order_of_actors_does_not_matter(system, random):
    sizes, p = system
    order = list(range(len(sizes)))
    random.shuffle(order)
    turned = landscape([sizes[i] for i in order], [[p[i][j] for j in order] for i in order])

    def blocs(found, names):
        return {
            frozenset(
                frozenset(name for name, side in zip(names, each.across, strict=True) if side == s)
                for s in (False, True)
            ): (each.energy, each.basin, each.strict)
            for each in found.minima()
        }

    assert blocs(turned, order) == blocs(landscape(sizes, p), range(len(sizes)))


@settings(deadline=None, max_examples=40)
@given(systems(most=5), st.integers(2, 10**40))
def test_scaling_scales_energies_exactly_and_leaves_basins_alone(system, factor):
    sizes, p = system
    small = landscape(sizes, p)
    large = landscape([factor * each for each in sizes], [[factor * x for x in row] for row in p])
    assert [int(each) for each in large.energies] == [
        factor**3 * int(each) for each in small.energies
    ]
    assert large.basins == small.basins
    assert large.codes.tolist() == small.codes.tolist()


def test_differences_of_one_are_seen_beside_huge_numbers():
    """In double precision the two partitions would tie: 2^60 + 1 is no double."""
    huge = 2**60
    p = [[0, -huge, -huge - 1], [-huge, 0, 0], [-huge - 1, 0, 0]]
    found = landscape([1, 1, 1], p)
    best = found.minima()[0]
    assert best.across == (False, True, True)
    assert best.energy == -2 * (2 * huge + 1)
    # Once 1 is across, actor 2 gains by 2^60 + 1, which beats the 2^60 of actor 1.
    assert found.energy(0b01) - found.energy(0b10) == 2


def test_sums_that_would_overflow_are_exact():
    big = 2**61
    found = landscape([1, 1, 1], [[0, big, big], [big, 0, big], [big, big, 0]])
    assert [int(each) for each in found.energies] == [0, 4 * big, 4 * big, 4 * big]
    assert found.energies.dtype == object


def test_decimals_count_as_they_are_written():
    """0.1 + 0.2 = 0.3, so that both moves of the middle actor are the same."""
    found = landscape([1, 1, 1, 1], [[0, 0, 0, 0.1], [0, 0, 0, 0.2], [0, 0, 0, -0.3], [0] * 4])
    assert found.energy(0b100) == 0  # the last actor alone
    assert isinstance(found.energy(0b001), float)
    assert found.energy(0b001) == 0.2
    assert fraction(np.float32(0.1)) == Fraction(1, 10)
    assert whole([1, 0.25, 3]) == ([4, 1, 12], Fraction(1, 4))


def test_an_actor_without_ties_doubles_every_minimum():
    p = [[0, 1, -2], [1, 0, -1], [-2, -1, 0]]
    alone = landscape([1, 2, 3], p)
    joined = landscape([1, 2, 3, 5], [[*row, 0] for row in p] + [[0, 0, 0, 0]])
    assert len(joined.codes) == 2 * len(alone.codes)
    assert not joined.strict.any()
    assert alone.strict.all()
    assert sorted(joined.basins) == sorted([*alone.basins, *alone.basins])


def test_a_level_landscape_keeps_every_partition_where_it_is():
    found = landscape([1] * 5, [[0] * 5] * 5)
    assert list(found.basins) == [1] * 16
    assert not found.strict.any()


def test_a_start_with_two_steepest_moves_counts_half_for_each():
    """Three equal foes: from one bloc any of the three may leave, and each is a minimum."""
    found = landscape([1, 1, 1], [[0, -1, -1], [-1, 0, -1], [-1, -1, 0]])
    assert [each.basin for each in found.minima()] == [Fraction(4, 3)] * 3
    assert {each.energy for each in found.minima()} == {-4}


@pytest.mark.parametrize("seed", [1, 2])
def test_basins_of_many_splits_are_those_of_walks(seed):
    """Splits over splits, whose common denominator takes several digits of 32 bits."""
    draw = np.random.default_rng(seed).choice([-1, 1], size=(12, 12))
    p = np.triu(draw, 1) + np.triu(draw, 1).T
    found = landscape([1] * 12, p.tolist())
    assert as_found(found) == descend([1] * 12, p.tolist())
    assert len(found.basins.digits) > 1


def test_twenty_equal_foes_split_evenly_in_little_memory():
    """By symmetry each of the (20 over 10) / 2 even splits has an equal basin; nearly every
    partition is split up to twenty ways, and none may take more than two hundred bytes."""
    tracemalloc.start()
    try:
        found = landscape([1] * 20, [[-1] * 20] * 20)
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    count = comb(20, 10) // 2
    assert len(found.basins) == len(found.codes) == count
    assert {found.basins[place] for place in range(0, count, 997)} == {Fraction(2**19, count)}
    assert found.basins.total() == 2**19
    assert most < 200 * 2**19


def test_too_many_actors_are_refused_gently():
    n = MAX_ACTORS + 1
    with pytest.raises(InputError, match=f"{n} actors have 2\\^{n - 1} partitions; up to 24"):
        landscape([1] * n, [[0] * n] * n)
    n = MAX_ACTORS_LARGE + 1
    with pytest.raises(InputError, match="outgrow 64 bits"):
        landscape([10**30] * n, [[1] * n] * n)


@pytest.mark.parametrize(
    ("sizes", "p", "what"),
    [
        ([1, 0], [[0, 1], [1, 0]], "not above 0"),
        ([1, 1], [[0, 1]], "no 2 by 2 table"),
        ([], [], "no actors"),
        ([1, 1], [[0, float("nan")], [1, 0]], "no finite number"),
    ],
)
def test_what_makes_no_system_is_refused(sizes, p, what):
    with pytest.raises(InputError, match=what):
        landscape(sizes, p)


def test_twenty_actors_are_enumerated_exactly():
    """Two camps planted among twenty: pairs within +1, across -1, sizes 1 to 20."""
    camp = [k % 3 == 0 for k in range(20)]
    p = [[1 if camp[i] == camp[j] else -1 for j in range(20)] for i in range(20)]
    sizes = list(range(1, 21))
    found = landscape(sizes, p)
    best = found.minima()[0]
    assert best.across == tuple(each != camp[0] for each in camp)
    weights = [sum(s for s, c in zip(sizes, camp, strict=True) if c == side) for side in (0, 1)]
    assert best.energy == -2 * weights[0] * weights[1]
    assert sum(found.basins) == 2**19


# -- structural balance ----------------------------------------------------------------------


def highland():
    return al.blocs(EXAMPLES / "highland_tribes.csv")


def test_the_highland_tribes_have_the_published_frustration_index():
    """29 alliances, 29 enmities; index 7; 59 of 68 triads balanced, 0.8676 of them.

    The index is that of Hage and Harary (1983) and of Aref and Wilson (2018), Journal of Complex
    Networks 6: 566-595, who give the share of balanced triads as well.
    """
    found = highland().balance
    assert found is not None
    assert found.ties == 58
    assert found.line_index is not None
    assert found.line_index.value == 7
    assert found.weighted_index is not None
    assert found.weighted_index.value == 7
    assert found.triads.balanced / (found.triads.balanced + found.triads.unbalanced) == (
        pytest.approx(0.8676, abs=5e-5)
    )


def test_the_lowest_energy_is_the_frustration_index():
    """With unit sizes E = 2 (frustrated ties - negative ties)."""
    found = highland()
    assert found.landscape.minima()[0].energy == 2 * (7 - 29)


def foes(graph):
    return (-nx.to_numpy_array(graph, dtype=int)).tolist()


@pytest.mark.parametrize(
    ("graph", "index"),
    [
        (nx.petersen_graph(), 3),  # 15 edges, largest cut 12
        (nx.cycle_graph(7), 1),
        (nx.cycle_graph(8), 0),
        (nx.complete_bipartite_graph(4, 5), 0),
        *((nx.complete_graph(n), floor((n - 1) ** 2 / 4)) for n in range(2, 11)),
    ],
)
def test_all_enemies_leave_the_edges_outside_the_largest_cut(graph, index):
    assert line_index(foes(graph)).value == index


@settings(deadline=None)
@given(systems(alike=True))
def test_triads_and_line_index_by_counting(system):
    _, p = system
    n = len(p)
    pairs = list(itertools.combinations(range(n), 2))
    counts = [0, 0, 0, 0]
    for i, j, k in itertools.combinations(range(n), 3):
        signs = [np.sign(p[i][j]), np.sign(p[i][k]), np.sign(p[j][k])]
        if all(signs):
            counts[signs.count(-1)] += 1
    assert triads(p).by_negative_ties == tuple(counts)
    assert triads(p).balanced == counts[0] + counts[2]

    def frustrated(side, weigh):
        wrong = [(i, j) for i, j in pairs if p[i][j] * (1 if side[i] != side[j] else -1) > 0]
        return sum(weigh(p[i][j]) for i, j in wrong)

    for weighted, weigh in ((False, lambda x: 1), (True, abs)):
        values = [frustrated(side, weigh) for side in all_sides(n)]
        found = line_index(p, weighted)
        assert found.value == min(values)
        assert found.splits == values.count(min(values))
        assert frustrated(found.across, weigh) == found.value


@settings(deadline=None)
@given(st.integers(2, 6), st.data())
def test_no_frustration_exactly_where_every_cycle_is_positive(n, data):
    """Harary's structure theorem, by the cycles of the graph."""
    graph = nx.gnp_random_graph(n, 0.7, seed=data.draw(st.integers(0, 50)))
    for edge in graph.edges:
        graph.edges[edge]["weight"] = data.draw(st.sampled_from((-1, 1)))
    p = nx.to_numpy_array(graph, dtype=int).tolist()
    positive = all(
        np.prod([graph[a][b]["weight"] for a, b in zip(c, [*c[1:], c[0]], strict=True)]) > 0
        for c in nx.simple_cycles(graph)
    )
    assert (line_index(p).value == 0) is positive


def test_directions_that_differ_are_refused_and_can_be_averaged():
    p = [[0, 1, 0], [3, 0, 0], [0, 0, 0]]
    for measure in (triads, line_index, leading_split, blow_up, lambda x: closed_form(x, 0)):
        with pytest.raises(InputError, match=r"row 2, column 1.*give symmetric"):
            measure(p)
    assert symmetric(p)[0][1] == symmetric(p)[1][0] == 2


def test_the_leading_eigenvector_finds_planted_camps():
    side = np.array([1, -1, -1, 1, -1, 1])
    found = leading_split((np.outer(side, side) * (1 - np.eye(6, dtype=int))).tolist())
    assert found.signs == tuple(side)
    assert found.value == pytest.approx(5)
    assert found.components[0] == pytest.approx(1 / sqrt(6))


def test_no_split_where_the_largest_eigenvalue_is_repeated_and_none_for_the_tieless():
    apart = [[0, 1, 0, 0], [1, 0, 0, 0], [0, 0, 0, 1], [0, 0, 1, 0]]
    assert leading_split(apart).signs is None
    assert leading_split([[0, 1, 0], [1, 0, 0], [0, 0, 0]]).signs == (1, 1, 0)


def drawn(n, seed=3):
    x = np.random.default_rng(seed).normal(size=(n, n))
    return (x + x.T) / 2


@pytest.mark.parametrize("share", [0.2, 0.9])
def test_the_closed_form_solves_the_differential_equation(share):
    x0 = drawn(5)
    end = share * blow_up(x0)
    solved = solve_ivp(
        lambda t, x: (x.reshape(5, 5) @ x.reshape(5, 5)).ravel(),
        (0, end),
        x0.ravel(),
        rtol=1e-11,
        atol=1e-12,
    )
    assert closed_form(x0, end) == pytest.approx(solved.y[:, -1].reshape(5, 5), rel=1e-7)
    direct = x0 @ np.linalg.inv(np.eye(5) - end * x0)
    assert closed_form(x0, end) == pytest.approx(direct, rel=1e-9)


def test_it_blows_up_when_said_into_the_sides_of_the_leading_eigenvector():
    x0 = drawn(6)
    end = blow_up(x0)
    assert end == pytest.approx(1 / np.linalg.eigvalsh(x0)[-1])
    late = closed_form(x0, end * (1 - 1e-9))
    assert np.abs(late).min() > 1e5
    assert (np.sign(late[0]) * np.sign(late[0, 0]) == leading_split(x0).signs).all()
    with pytest.raises(InputError, match="it ends at"):
        closed_form(x0, end)


def test_it_never_blows_up_without_a_positive_eigenvalue():
    """The diagonal decides: with -1 on it two friends of 0.5 only drift towards 0."""
    assert blow_up([[-1, 0.5], [0.5, -1]]) is None
    assert blow_up([[0, 0], [0, 0]]) is None
    assert np.abs(closed_form([[-1, 0.5], [0.5, -1]], 1e6)).max() < 1e-5
    assert blow_up([[0, -2], [-2, 0]]) == pytest.approx(0.5)


# -- positions -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("positions", "weights", "median", "mean"),
    [
        ([1, 2, 3], [1, 1, 1], 2, 2),
        ([1, 2, 3, 4], [1, 1, 1, 1], Fraction(5, 2), Fraction(5, 2)),
        ([3, 1], [1, 3], 1, Fraction(3, 2)),
        ([0, 5, 10], [1, 0, 1], 5, 5),  # who has no weight is no median, but 0 and 10 are
        ([0, 7, 10], [1, 0, 1], 5, 5),
        ([0.1, 0.2, 0.3], [0.1, 0.2, 0.3], Fraction(1, 4), Fraction(7, 30)),
        ([4, 4, 9], [1, 1, 1], 4, Fraction(17, 3)),
    ],
)
def test_medians_and_means_by_hand(positions, weights, median, mean):
    found = centre(positions, weights)
    assert found.median == median
    assert found.mean == mean
    assert found.lower <= found.median <= found.upper


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(-9, 9), st.integers(0, 5)), min_size=1, max_size=8))
def test_the_median_is_that_of_each_actor_counted_by_its_weight(pairs):
    positions, weights = zip(*pairs, strict=True)
    if not any(weights):
        with pytest.raises(InputError, match="weights"):
            centre(positions, weights)
        return
    repeated = np.repeat(positions, weights)
    found = centre(positions, weights)
    assert float(found.median) == np.median(repeated)
    assert float(found.mean) == pytest.approx(repeated.mean())
