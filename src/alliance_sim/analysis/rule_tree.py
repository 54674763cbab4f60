"""Conditions for an outcome as a short tree of questions, judged on runs it has not seen.

The tree is that of scikit-learn (Breiman, Friedman, Olshen and Stone 1984, Classification and
Regression Trees), which the extra ``discover`` brings along.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any

import numpy as np

from alliance_sim.analysis.boxes import Box, Sample

DEPTH = 3
"""Questions on the way to an answer: what a reader can keep in mind."""
LEAST_SHARE = 0.05
"""Smallest share of runs at an end of the tree."""


@dataclass(frozen=True)
class Rule:
    """One end of the tree: conditions, and how often the outcome comes about under them."""

    box: Box
    share: float
    """Share of the runs held out that meet the conditions."""
    density: float
    """Share of these in which the outcome comes about."""
    inside: int
    """How many they are."""


@dataclass(frozen=True)
class Tree:
    """Rules that leave out no run, and how well they tell on runs held out."""

    rules: tuple[Rule, ...]
    right: float
    """Share of runs told right."""
    guess: float
    """Share that would be right by always saying what is more frequent."""


def available() -> bool:
    """Whether scikit-learn is installed."""
    return find_spec("sklearn") is not None


def grow(finding: Sample, judging: Sample, seed: int) -> Tree:
    """A shallow tree from one half of the runs, judged on the other."""
    from sklearn.tree import DecisionTreeClassifier

    made = DecisionTreeClassifier(
        max_depth=DEPTH,
        min_samples_leaf=max(1, int(LEAST_SHARE * len(finding.y))),
        random_state=seed,
    ).fit(finding.x, finding.y)
    told = np.asarray(made.predict(judging.x), dtype=bool)
    rules = [_rule(box, judging) for box in _ends(made.tree_, 0, Box.whole(finding.x.shape[1]))]
    often = bool(finding.y.mean() > 0.5)
    return Tree(
        rules=tuple(sorted(rules, key=lambda rule: -rule.density)),
        right=float(np.mean(told == judging.y)),
        guess=float(np.mean(judging.y == often)),
    )


def _rule(box: Box, judging: Sample) -> Rule:
    worth = judging.worth(box)
    return Rule(box, worth.mass, worth.density, worth.inside)


def _ends(tree: Any, node: int, box: Box) -> Iterator[Box]:
    """The boxes of the ends under a node."""
    left, right = int(tree.children_left[node]), int(tree.children_right[node])
    if left == right:
        yield box
        return
    factor, limit = int(tree.feature[node]), float(tree.threshold[node])
    low, high = box.low.copy(), box.high.copy()
    high[factor] = min(high[factor], limit)
    # The limit itself belongs to the left.
    low[factor] = max(low[factor], np.nextafter(limit, 1.0))
    yield from _ends(tree, left, Box(box.low, high))
    yield from _ends(tree, right, Box(low, box.high))
