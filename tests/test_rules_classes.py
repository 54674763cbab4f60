"""Relation classes: the axes by hand, and every class by the definition."""

import numpy as np
import pytest

from alliance_sim.arrays import Floats
from alliance_sim.rules import classes

LIMITS: dict[str, Floats] = {
    name: np.array([value])
    for name, value in {
        "hostile_below": -0.25,
        "friendly_above": 0.1,
        "broad_from": 3,
        "trusting_from": 0.45,
        "deep_from": 0.6,
        "targeted_from": 0.5,
    }.items()
}


def test_breadth_counts_the_domains_that_are_active() -> None:
    exchange = np.array([[0.1, 0.3, 0.9], [0.3, 0.29, 0.9], [0.0, 0.0, 0.31]])
    assert classes.breadth(exchange, np.array([0.3])).tolist() == [1, 1, 3]
    assert classes.breadth(np.zeros((0, 2)), np.array([0.3])).tolist() == [0, 0]


def test_target_share_by_hand() -> None:
    roots_a = np.array([[0.0], [0.5], [0.2], [0.3]])
    roots_b = np.array([[0.4], [0.2], [0.9], [0.0]])
    shared = np.array([0.28])

    def share(issues: float, *needs: float) -> float:
        both = (np.array([needs[0]]), np.array([needs[1]]))
        return classes.target_share(roots_a, roots_b, shared, np.array([issues]), both).item()

    # Shared threats: 0, 0.1, 0.18 and 0; the chief one is the third.
    assert share(0, 0, 0) == pytest.approx(0.18 / 0.28)
    assert share(0.08, 0, 0) == pytest.approx(0.18 / 0.36)
    # What repels does not make an alliance look more aimed.
    assert share(-0.2, 0, 0) == pytest.approx(0.18 / 0.28)
    # Needs count by their mean, whoever comes first.
    assert share(0, 0.16, 0) == share(0, 0, 0.16) == pytest.approx(0.18 / 0.36)
    assert share(0, 0.06, 0.1) == pytest.approx(0.18 / 0.36)


def test_target_share_where_the_chief_adversary_comes_first() -> None:
    roots, nothing = np.array([[0.6], [0.2]]), np.zeros(1)
    share = classes.target_share(roots, roots, np.array([0.4]), nothing, (nothing, nothing))
    assert share.item() == pytest.approx(0.9)


def test_target_share_of_a_pair_that_nothing_draws_together_is_none() -> None:
    roots, nothing = np.zeros((3, 1)), np.zeros(1)
    share = classes.target_share(roots, roots, nothing, nothing, (nothing, nothing))
    assert share.item() == 0


# orientation, institution, target, domains, trust -> class
DEFINITIONS = {
    "hostile": [(-0.26, 0.9, 0.9, 5, 0.9), (-0.9, 0, 0, 0, 0)],
    "distant": [(-0.25, 0, 0, 0, 0), (0.9, 0.59, 0.9, 0, 0.9)],
    "tactical": [(0.9, 0.9, 0.49, 1, 0.9), (-0.2, 0, 0, 2, 0)],
    "marriage_of_convenience": [(0.05, 0.9, 0.9, 3, 0.9), (0.5, 0.5, 0.5, 5, 0.44)],
    "strategic_cooperation": [(0.1, 0.59, 0.5, 3, 0.45), (0.8, 0.6, 0.49, 5, 1)],
    "strategic_alliance": [(0.1, 0.6, 0.5, 0, 0), (0.8, 0.9, 0.9, 5, 1)],
}


@pytest.mark.parametrize(
    ("name", "axes"), [(name, axes) for name, cases in DEFINITIONS.items() for axes in cases]
)
def test_class_is_that_of_the_definition(name: str, axes: tuple[float, ...]) -> None:
    orientation, institution, target, domains, trust = (np.array([axis]) for axis in axes)
    code = classes.classify(orientation, institution, target, domains, trust, LIMITS)
    assert code.dtype == np.int8
    assert classes.CLASSES[code.item()] == name


def test_every_class_has_its_own_code() -> None:
    named = {
        "hostile": classes.HOSTILE,
        "distant": classes.DISTANT,
        "marriage_of_convenience": classes.CONVENIENCE,
        "tactical": classes.TACTICAL,
        "strategic_cooperation": classes.STRATEGIC,
        "strategic_alliance": classes.ALLIANCE,
    }
    assert set(named) == set(DEFINITIONS)
    assert [classes.CLASSES[code] for code in named.values()] == list(named)
