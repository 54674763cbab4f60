"""Whole ensembles against mathematics: what must come out where the model has a solution."""

import itertools
import math
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from scipy import stats

from alliance_sim.engines.ensemble import run_ensemble
from alliance_sim.results import Record
from alliance_sim.spec import Scenario


def run(
    world: dict[str, Any],
    months: int,
    runs: int,
    *interventions: dict[str, Any],
    dyads: tuple[str, ...] = (),
    seed: int = 1,
) -> Record:
    """An ensemble of a world, with all its outcomes."""
    scenario = Scenario.model_validate(
        {
            "name": "Closed form",
            "world": {"name": "W", "date": "2000-01"} | world,
            "horizon": {"start": "2000-01", "months": months},
            "interventions": list(interventions),
            "outcomes": list(world["outcomes"]),
            "dyads": list(dyads),
            "sampling": "monte_carlo",
        }
    )
    return run_ensemble(scenario, runs, seed)


def two_actors(**rest: Any) -> dict[str, Any]:
    return {
        "actors": {
            "a": {"name": "A", "capability": 0.5},
            "b": {"name": "B", "capability": 0.5},
        },
        "dyads": {"a-b": {"alignment": 0.0}},
        "outcomes": {"o": {"name": "O", "measure": {"alignment": "a-b"}}},
    } | rest


def pull_of_a(weight: float) -> dict[str, Any]:
    """A driver that draws the two together the more capable the first is."""
    return {
        "name": "Pull",
        "direction": "convergence",
        "dyads": ["a-b"],
        "signal": {"capability": "a"},
        "weight": weight,
        "source": "judgement",
    }


# -- arenas: a first-order autoregression ------------------------------------------------------


@pytest.mark.parametrize("rate", [0.1, 0.3])
def test_an_arena_is_a_first_order_autoregression(rate: float) -> None:
    sigma, runs, months = 0.02, 2000, 120
    kept = 1 - rate
    record = run(
        two_actors(
            arenas={"issue": {"name": "I", "level": 0.5, "rate": rate, "noise": sigma}},
            outcomes={"level": {"name": "L", "measure": {"arena": "issue"}}},
        ),
        months,
        runs,
    )
    level = record.outcomes[0].astype(np.float64)
    stationary = sigma**2 / (1 - kept**2)
    assert (level[0] == 0.5).all()
    for month in (1, 2, 5, 60, 120):  # on the way to the stationary variance, and there
        variance = stationary * (1 - kept ** (2 * month))
        error = variance * math.sqrt(2 / runs)
        assert np.mean((level[month] - 0.5) ** 2) == pytest.approx(variance, abs=4 * error)
        assert level[month].mean() == pytest.approx(0.5, abs=4 * math.sqrt(variance / runs))
    for lag in (1, 3, 10):
        expected = kept**lag
        found = np.corrcoef(level[-1], level[-1 - lag])[0, 1]
        error = (1 - expected**2) / math.sqrt(runs)
        assert found == pytest.approx(expected, abs=4 * error)
    normal = stats.norm(0.5, math.sqrt(stationary))
    assert stats.kstest(level[-1], normal.cdf).pvalue > 1e-3


# -- postures: an ordered logit ----------------------------------------------------------------

CUTS = (-2.6, -1.1, 1.1, 2.6)
IMPACTS = (-1.0, -0.37, 0.03, 0.41, 1.1)


def posture_shares(utility: float, temperature: float) -> list[float]:
    edges = [0.0, *stats.logistic.cdf(CUTS, loc=utility, scale=temperature), 1.0]
    return [float(high - low) for low, high in itertools.pairwise(edges)]


def test_postures_of_an_ensemble_have_the_shares_of_an_ordered_logit() -> None:
    runs, base_weight, responsiveness, own = 8000, 1.6, 0.1, 0.7
    alignment, temperature = {"a": 0.5, "b": -0.3}, {"a": 0.8, "b": 1.3}
    record = run(
        two_actors(
            actors={
                name: {"name": name, "capability": 0.5, "temperature": temperature[name]}
                for name in "ab"
            },
            dyads={"a-b": {"alignment": {"a->b": alignment["a"], "b->a": alignment["b"]}}},
            behaviour={
                "postures": {"base_weight": base_weight, "impacts": list(IMPACTS)},
                "alignment": {
                    "responsiveness": responsiveness,
                    "own_share": own,
                    "reversion": 0,
                },
            },
        ),
        1,
        runs,
    )
    shares = {
        name: posture_shares(base_weight * math.atanh(alignment[name]), temperature[name])
        for name in "ab"
    }
    moved = {
        name: np.arctanh(record.last[place].astype(np.float64)) - math.atanh(alignment[name])
        for name, place in (("a", (0, 1)), ("b", (1, 0)))
    }
    # What both sides moved says what both did: two linear equations.
    postures: dict[str, npt.NDArray[np.int64]] = {}
    for name, other in (("a", "b"), ("b", "a")):
        flow = (own * moved[name] - (1 - own) * moved[other]) / (
            responsiveness * (own**2 - (1 - own) ** 2)
        )
        mean = sum(share * impact for share, impact in zip(shares[name], IMPACTS, strict=True))
        distance = np.abs(flow + mean - np.array(IMPACTS)[:, None])
        postures[name] = distance.argmin(axis=0)
        assert distance.min(axis=0).max() < 1e-3  # nothing else happens
        assert abs(flow.mean()) < 4 * flow.std() / math.sqrt(runs)  # as calibration has it
    # Both decide by their own odds, and independently of each other.
    counts = [
        np.count_nonzero((postures["a"] == a) & (postures["b"] == b))
        for a, b in itertools.product(range(5), repeat=2)
    ]
    expected = [runs * p * q for p, q in itertools.product(shares["a"], shares["b"])]
    assert min(expected) > 5
    assert stats.chisquare(counts, expected).pvalue > 1e-3


def test_without_calibration_drivers_count_themselves() -> None:
    # A utility of 4 * 0.5 lies above the cutpoint 1.1: both cooperate in every month.
    record = run(
        two_actors(
            actors={name: {"name": name, "capability": 0.5, "temperature": 0.001} for name in "ab"},
            drivers={"pull": pull_of_a(4)},
            behaviour={
                "calibration": "none",
                "postures": {"persistence": 0},
                "alignment": {"responsiveness": 0.05, "reversion": 0},
            },
        ),
        5,
        1,
    )
    np.testing.assert_allclose(np.arctanh(record.outcomes[0, -1]), 5 * 0.05 * 0.4, rtol=1e-4)


# -- alignment: linear decay to the anchor -----------------------------------------------------


def displaced(rates: dict[str, float], months: int) -> npt.NDArray[np.float64]:
    """Alignment on the atanh scale of actors so cold that they all but compute.

    They hold, as is expected of them, except in the first month: a passing rise of a's
    capability makes both cooperate, which moves both by 0.05 * 0.4.
    """
    record = run(
        two_actors(
            actors={
                name: {"name": name, "capability": 0.25, "temperature": 0.001} for name in "ab"
            },
            drivers={"rise": pull_of_a(4)},
            behaviour={
                "postures": {"persistence": 0},
                "alignment": {"responsiveness": 0.05} | rates,
            },
        ),
        months,
        2,
        {
            "id": "rise",
            "at": "2000-01",
            "for_months": 1,
            "capability": {"of": "a", "level": 0.75},
        },
        dyads=("a->b", "b->a"),
    )
    y = np.arctanh(record.alignment.astype(np.float64))
    for values in y.reshape(2, months + 1, 2).transpose(0, 2, 1).reshape(4, -1)[1:]:
        np.testing.assert_array_equal(values, y[0, :, 0])
    return y[0, :, 0]


def test_alignment_decays_to_a_fixed_anchor_at_its_rate() -> None:
    y = displaced({"reversion": 0.04, "anchor_adaptation": 0, "anchor_return": 0}, 100)
    expected = [0.0] + [0.02 * 0.96**month for month in range(100)]
    np.testing.assert_allclose(y, expected, rtol=0, atol=1e-7)


def test_alignment_and_anchor_are_a_linear_system_of_two_rates() -> None:
    rho, follow, back = 0.05, 0.02, 0.01
    y = displaced({"reversion": rho, "anchor_adaptation": follow, "anchor_return": back}, 200)
    # y' = (1 - rho) y + rho z, z' = follow y + (1 - follow - back) z, from (0.02, 0): the
    # eigenvalues solve a quadratic equation, and y is a sum of their powers.
    p, s = 1 - rho, 1 - follow - back
    root = math.sqrt((p - s) ** 2 + 4 * rho * follow)
    slow, fast = (p + s + root) / 2, (p + s - root) / 2
    share = (p - fast) / (slow - fast)
    expected = [0.0] + [0.02 * (share * slow**t + (1 - share) * fast**t) for t in range(200)]
    np.testing.assert_allclose(y, expected, rtol=0, atol=2e-7)
    assert expected[-1] > 0.0005  # the anchor has followed: a single rate would have forgotten


# -- structural balance: two blocs -------------------------------------------------------------

ACTORS, WORLDS = 8, 256


@pytest.fixture(scope="module")
def balanced() -> Record:
    """Random symmetric worlds of equals under structural balance alone.

    The steps are small, so that over the many months it takes to grow the noise of single
    decisions averages out, and the utility is still far from where the ladder ends.
    """
    names = [f"s{place}" for place in range(ACTORS)]
    world = {
        "actors": {name: {"name": name, "capability": 1 / ACTORS} for name in names},
        "dyads": {
            f"{a}-{b}": {"alignment": {"uniform": [-0.5, 0.5]}}
            for a, b in itertools.combinations(names, 2)
        },
        "mechanisms": {"structural_balance": {"weight": 40}},
        "behaviour": {
            "calibration": "none",
            "postures": {"persistence": 0},
            "alignment": {
                "responsiveness": 0.01,
                "reversion": 0,
                "anchor_adaptation": 0,
                "anchor_return": 0,
            },
        },
        "outcomes": {"o": {"name": "O", "measure": {"alignment": "s0-s1"}}},
    }
    return run(world, 600, WORLDS)


def blocs(alignment: npt.NDArray[np.floating[Any]]) -> npt.NDArray[np.float64] | None:
    """1 and -1 for the two blocs of a world, or None where it is not split that way."""
    side = np.sign(alignment[0]).astype(np.float64)
    side[0] = 1
    apart = ~np.eye(ACTORS, dtype=bool)
    split = (np.sign(alignment) == np.outer(side, side))[apart].all()
    return side if split else None


def test_random_worlds_are_symmetric_and_start_in_no_blocs(balanced: Record) -> None:
    np.testing.assert_array_equal(balanced.first, balanced.first.transpose(1, 0, 2))
    assert all(blocs(balanced.first[..., world]) is None for world in range(WORLDS))


def test_structural_balance_ends_in_at_most_two_blocs(balanced: Record) -> None:
    split = [blocs(balanced.last[..., world]) is not None for world in range(WORLDS)]
    assert np.mean(split) >= 0.95


def test_blocs_split_as_the_leading_eigenvector_of_the_start(balanced: Record) -> None:
    # Marvel et al. (2011): X' = X^2 ends with the signs of the leading eigenvector of X(0).
    # Our sum leaves the two actors themselves out (k = i and k = j), alignment has bounds and
    # decisions are noisy; each can turn an actor whose component is close to zero, to whom
    # the eigenvector itself says little. So worlds are judged by how clearly it speaks.
    misplaced, weakest = [], []
    for world in range(WORLDS):
        side = blocs(balanced.last[..., world])
        vector = np.linalg.eigh(balanced.first[..., world].astype(np.float64))[1][:, -1]
        wrong = ACTORS
        if side is not None:
            wrong = min(np.count_nonzero(np.sign(vector) != way * side) for way in (1, -1))
        misplaced.append(wrong)
        weakest.append(np.abs(vector).min())
    wrongs, clear = np.array(misplaced), np.array(weakest) > 0.1
    assert np.mean(wrongs <= 1) >= 0.9
    assert np.count_nonzero(clear) >= 50
    assert np.mean(wrongs[clear] == 0) >= 0.9
    # Of all worlds; sides drawn at random would agree in one of 128.
    assert np.mean(wrongs == 0) >= 0.7
