"""Verdicts on claims: every rule at and around its threshold, on arrays made by hand."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

from alliance_sim.analysis import verdicts
from alliance_sim.analysis.verdicts import Expected, Rule, Verdict, judge, share_as_expected

DELTA, MARGIN = 0.02, 0.05
RULES = Path(__file__).resolve().parents[1] / "docs" / "verdicts.md"


def rule(expected: Expected) -> Rule:
    return Rule(expected, DELTA, MARGIN)


@pytest.mark.parametrize(
    ("mean", "share", "verdict"),
    [
        (0.02, 0.9, "supported"),
        (0.5, 1.0, "supported"),
        (0.02, 0.899, "leaning"),
        (0.5, 0.0, "leaning"),
        (0.0199, 1.0, "no effect"),
        (0.0, 0.0, "no effect"),
        (-0.0199, 0.0, "no effect"),
        (-0.02, 0.0, "contradicted"),
        (-0.5, 1.0, "contradicted"),
    ],
)
def test_a_direction(mean: float, share: float, verdict: Verdict) -> None:
    assert judge(rule("rise"), mean, share) == verdict
    assert judge(rule("fall"), -mean, share) == verdict


@pytest.mark.parametrize(
    ("expected", "mean", "share", "verdict"),
    [
        ("no_rise", 0.05, 0.9, "supported"),
        ("no_rise", -0.5, 0.9, "supported"),
        ("no_rise", 0.05, 0.89, "leaning"),
        ("no_rise", 0.051, 1.0, "contradicted"),
        ("no_fall", -0.05, 0.9, "supported"),
        ("no_fall", 0.5, 0.9, "supported"),
        ("no_fall", 0.5, 0.5, "leaning"),
        ("no_fall", -0.051, 1.0, "contradicted"),
        ("no_change", 0.05, 0.9, "supported"),
        ("no_change", -0.05, 0.0, "leaning"),
        ("no_change", 0.051, 1.0, "contradicted"),
        ("no_change", -0.051, 1.0, "contradicted"),
        ("class", 9.0, 0.9, "supported"),
        ("class", 9.0, 0.5, "leaning"),
        ("class", 9.0, 0.49, "contradicted"),
    ],
)
def test_no_change_and_class(
    expected: Expected, mean: float, share: float, verdict: Verdict
) -> None:
    assert judge(rule(expected), mean, share) == verdict


@pytest.mark.parametrize(
    ("expected", "share"),
    [
        ("rise", 2 / 5),
        ("fall", 1 / 5),
        ("no_rise", 4 / 5),
        ("no_fall", 1.0),
        ("no_change", 4 / 5),
    ],
)
def test_share_of_draws(expected: Expected, share: float) -> None:
    values = np.array([0.2, 0.01, 0.0, 1e-7, -0.05])
    assert share_as_expected(rule(expected), values) == pytest.approx(share)


def test_share_in_a_class_is_that_of_the_members() -> None:
    assert share_as_expected(rule("class"), np.array([1.0, 0.0, 1.0, 1.0])) == 0.75


def test_a_sign_needs_more_than_rounding() -> None:
    values = np.array([verdicts.SIGN, 2 * verdicts.SIGN, -verdicts.SIGN, -2 * verdicts.SIGN])
    assert share_as_expected(rule("rise"), values) == 0.25
    assert share_as_expected(rule("fall"), values) == 0.25


def test_the_weakest_verdict_counts() -> None:
    order: list[Verdict] = ["contradicted", "no effect", "leaning", "supported"]
    for place, weaker in enumerate(order):
        for stronger in order[place:]:
            assert verdicts.weakest([stronger, weaker]) == weaker
    assert verdicts.weakest(["supported", "untestable"]) == "untestable"
    assert verdicts.weakest([]) == "untestable"


def test_estimate() -> None:
    values = np.array([0.0, 0.0, 1.0, -1.0, 2.0, 2.0, 2.0, 2.0], np.float32)
    found = verdicts.estimate(values)
    assert found.mean == 1.0
    assert found.error == pytest.approx(values.std() / np.sqrt(8))
    assert (found.q05, found.q95) == tuple(np.quantile(values, (0.05, 0.95)))
    assert (found.share_up, found.share_down) == (5 / 8, 1 / 8)


def test_what_is_left_of_nothing_is_not_known() -> None:
    assert verdicts.kept(0.05, 0.1) == 0.5
    assert verdicts.kept(-0.05, -0.1) == 0.5
    assert verdicts.kept(-0.1, 0.1) == -1
    assert verdicts.kept(0.1, 0.0) is None


# -- shapes --------------------------------------------------------------------------------


def test_ends_compare_the_lower_end_with_the_highest_in_between() -> None:
    first, middle, other, last = (np.array(each) for each in ([3, 1], [0, 0], [1, 2], [2, 5]))
    np.testing.assert_array_equal(verdicts.ends([first, middle, other, last]), [1, -1])


def test_turn_compares_the_lowest_in_between_with_the_lower_end() -> None:
    first, middle, other, last = (np.array(each) for each in ([3, 1], [0, 2], [1, 2], [2, 5]))
    np.testing.assert_array_equal(verdicts.turn([first, middle, other, last]), [2, -1])


@pytest.mark.parametrize(("shape", "mean"), [("ends", 2 - 1.5), ("turn", 2 - 0.5)])
def test_shape_of_means_is_not_the_mean_of_shapes(shape: str, mean: float) -> None:
    points = [np.array(each, float) for each in ([9, 1], [0, 1], [3, 0], [1, 3])]
    assert [each.mean() for each in points] == [5, 0.5, 1.5, 2]
    found = verdicts.at_means("ends" if shape == "ends" else "turn", points)
    assert found.mean() == mean
    by_draw = verdicts.ends(points) if shape == "ends" else verdicts.turn(points)
    assert by_draw.mean() != mean


def test_switch_takes_the_largest_step_of_any_pair() -> None:
    one, other = np.array([3, 3, 4]), np.array([3, 1, 4])
    third, fourth = np.array([2, 2, 2]), np.array([2, 3, 5])
    np.testing.assert_array_equal(verdicts.switch([one, other]), [0, 2, 0])
    np.testing.assert_array_equal(verdicts.switch([one, other, third, fourth]), [0, 2, 3])


# -- effects over months -------------------------------------------------------------------


def series(*runs: list[float]) -> np.ndarray:
    return np.array(runs).T


def test_deepest_fall() -> None:
    found = verdicts.deepest_fall(series([0.5, 0.2, 0.4], [0.5, 0.6, 0.5], [0.5, 0.6, 0.1]))
    np.testing.assert_allclose(found, [0.3, 0, 0.4])


def test_time_to_peak_is_that_of_the_largest_effect_whatever_its_sign() -> None:
    effect = series([0, 0.1, -0.5, 0.2], [0, 0.1, 0.2, 0.3], [0, 1e-7, 0, 0])
    np.testing.assert_array_equal(verdicts.time_to_peak(effect), [2, 3, 0])


def test_persistence_is_signed_by_the_peak() -> None:
    effect = series([0, -0.4, -0.1], [0, 0.4, -0.1], [0, 0.1, 0.2], [0, 1e-7, 1e-7])
    np.testing.assert_allclose(verdicts.persistence(effect), [0.25, -0.25, 1, 0])


def test_explained_share() -> None:
    found = verdicts.explained_share(np.array([2.0, 0, 1, 0]), np.array([1.0, 3, -1, 0]))
    np.testing.assert_allclose(found, [3 / 5, -1, 0, 0])


# -- the rules as written ------------------------------------------------------------------


def test_the_page_states_the_constants() -> None:
    from alliance_sim import claims

    text = RULES.read_text(encoding="utf-8")
    stated = dict(re.findall(r"^\| `([A-Z_]+)` \| ([0-9.]+) \|", text, re.M))
    known = {name: getattr(verdicts, name) for name in ("MOST", "HALF", "SIGN", "TAIL")}
    known |= {name: getattr(claims, name) for name in ("DRAWS", "ABLATION_DRAWS", "THEORY_DRAWS")}
    assert {name: float(value) for name, value in stated.items()} == known
