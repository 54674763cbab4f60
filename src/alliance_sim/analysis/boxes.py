"""Which corners of the input space lead to an outcome: boxes by PRIM, kept only where they hold.

Friedman and Fisher (1999), Statistics and Computing 9:123-143, for peeling and pasting; Bryant and
Lempert (2010), Technological Forecasting and Social Change 77:34-49, for its use in scenario
discovery, coverage, density, and quasi-p-values.

Boxes are found on one half of the runs and judged on the other, so that what is only in the
luck of the sample is not reported.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Doubles = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

ALPHA = 0.05
"""Share of a box that one peeling or pasting moves: the patient end of what is usual."""
LEAST_MASS = 0.05
"""Smallest share of runs in a box."""
SIGNIFICANCE = 0.05
"""A restriction stays if chance would produce it less often than this, in any of the box's."""
TELLING = 0.01
"""A factor is peeled only if chance would make it tell cases apart less often than this."""
FEWEST_CASES = 20
"""Below so many cases, or so many others, there is nothing to learn from."""
MOST_BOXES = 3
_SPLITS = 10  # times the runs are halved anew, to see which restrictions come back


@dataclass(frozen=True)
class Box:
    """Lower and upper limits, (factor,), of the unit cube; 0 and 1 restrict nothing."""

    low: Doubles
    high: Doubles

    @classmethod
    def whole(cls, factors: int) -> Box:
        """The box that holds everything."""
        return cls(np.zeros(factors), np.ones(factors))

    def holds(self, x: Doubles) -> Flags:
        """Which points, (point, factor), are inside."""
        return np.asarray(((x >= self.low) & (x <= self.high)).all(axis=1), dtype=bool)

    @property
    def restricted(self) -> tuple[int, ...]:
        """Factors that it restricts."""
        return tuple(int(k) for k in np.flatnonzero((self.low > 0) | (self.high < 1)))

    def without(self, factor: int) -> Box:
        """The box with one factor set free."""
        low, high = self.low.copy(), self.high.copy()
        low[factor], high[factor] = 0.0, 1.0
        return Box(low, high)


@dataclass(frozen=True)
class Worth:
    """What a box is worth, on some runs."""

    coverage: float
    """Share of all cases that are inside."""
    density: float
    """Share of those inside that are cases."""
    mass: float
    """Share of all runs that are inside."""
    inside: int
    """Number of runs inside."""


@dataclass(frozen=True)
class Sample:
    """Points and whether the outcome came about, (point, factor) and (point,)."""

    x: Doubles
    y: Flags

    def only(self, wanted: Flags) -> Sample:
        """Some of the points."""
        return Sample(self.x[wanted], self.y[wanted])

    def worth(self, box: Box) -> Worth:
        """What a box is worth here."""
        inside = box.holds(self.x)
        count, cases = int(inside.sum()), int(self.y[inside].sum())
        every = int(self.y.sum())
        return Worth(
            coverage=cases / every if every else 0.0,
            density=cases / count if count else 0.0,
            mass=count / len(self.y),
            inside=count,
        )

    def gain(self, box: Box) -> float:
        """Coverage, times how far the density goes from what it is everywhere to certainty.

        1 for a box that holds all cases and no others, 0 for the box of everything.
        """
        worth, everywhere = self.worth(box), float(self.y.mean())
        return worth.coverage * (worth.density - everywhere) / (1 - everywhere)


@dataclass(frozen=True)
class FoundBox:
    """A box that holds on runs it was not found on."""

    box: Box
    worth: Worth
    """On the runs held out; coverage counts all cases, also those of earlier boxes."""
    quasi_p: dict[int, float]
    """Factor -> how often chance alone would make its restriction as good."""
    returns: dict[int, float]
    """Factor -> share of other halvings of the runs in which it is restricted too."""
    trajectory: tuple[Worth, ...]
    """What peeling went through, from everything to the smallest box, on the runs held out."""


def halves(x: Doubles, y: Flags, generator: np.random.Generator) -> tuple[Sample, Sample]:
    """The runs in two halves, one to find and one to judge."""
    order = generator.permutation(len(y))
    first, second = order[: len(y) // 2], order[len(y) // 2 :]
    return Sample(x[first], y[first]), Sample(x[second], y[second])


def find_boxes(
    x: Doubles, y: Flags, generator: np.random.Generator, most: int = MOST_BOXES
) -> list[FoundBox]:
    """Boxes one after the other, each on the runs that those before it left.

    The rule: of all boxes of a peeling among the factors that are :func:`telling` that with the
    largest :meth:`Sample.gain`; of its restrictions those that hold on the other half (quasi-p at
    most :data:`SIGNIFICANCE`, shared among them as by Bonferroni); then found anew with these
    factors alone. There is none where no restriction holds, or where the outcome is no more
    frequent inside than everywhere.

    Args:
        x: points, (point, factor), in the unit cube.
        y: whether the outcome came about, (point,).
        generator: of the halving.
        most: how many boxes to look for.
    """
    finding, judging = halves(x, y, generator)
    everywhere = float(y.mean())
    found: list[FoundBox] = []
    left_finding, left_judging = finding, judging
    while len(found) < most and _enough(left_finding) and _enough(left_judging):
        box, trajectory = find_box(left_finding, left_judging)
        if not box.restricted:
            break
        worth = judging.worth(box)
        if worth.density <= everywhere:
            break
        returns = _returns(left_finding, left_judging, box, generator)
        steps = tuple(left_judging.worth(each) for each in trajectory)
        p_values = quasi_p(left_judging, box)
        found.append(FoundBox(box, worth, p_values, returns, steps))
        left_finding = left_finding.only(~box.holds(left_finding.x))
        left_judging = left_judging.only(~box.holds(left_judging.x))
    return found


def _enough(sample: Sample) -> bool:
    cases = int(sample.y.sum())
    return min(cases, len(sample.y) - cases) >= FEWEST_CASES // 2


def find_box(finding: Sample, judging: Sample) -> tuple[Box, list[Box]]:
    """The best box whose restrictions hold on other runs, and the peeling that led to it."""
    factors = telling(finding)
    while factors:
        trajectory = peel(finding, factors)
        best = paste(finding, max(trajectory, key=finding.gain))
        kept = prune(judging, best)
        if set(kept.restricted) == set(best.restricted):
            return best, trajectory
        factors = kept.restricted
    whole = Box.whole(finding.x.shape[1])
    return whole, [whole]


def telling(sample: Sample) -> tuple[int, ...]:
    """Factors that are spread differently where the outcome comes about and where it does not.

    A restriction of a box shows in its factor alone, as a difference of the two distributions
    (Kolmogorov and Smirnov). Peeling among all of many factors would mostly cut at random.
    """
    from scipy.stats import ks_2samp

    if sample.y.all() or not sample.y.any():
        return ()
    p_values = ks_2samp(sample.x[sample.y], sample.x[~sample.y], axis=0, method="asymp").pvalue
    return tuple(int(k) for k in np.flatnonzero(np.asarray(p_values) <= TELLING))


def peel(sample: Sample, factors: Sequence[int]) -> list[Box]:
    """Ever smaller boxes, each the one before without the slice that leaves most cases a run."""
    columns = np.array(factors, dtype=np.intp)
    box = Box.whole(sample.x.shape[1])
    boxes, left = [box], sample
    while len(left.y) * (1 - ALPHA) >= LEAST_MASS * len(sample.y):
        cuts = np.quantile(left.x[:, columns], (ALPHA, 1 - ALPHA), axis=0)
        density = [
            _densities(left.x[:, columns] >= cuts[0], left.y),
            _densities(left.x[:, columns] <= cuts[1], left.y),
        ]
        side, place = np.unravel_index(int(np.argmax(density)), (2, len(columns)))
        low, high = box.low.copy(), box.high.copy()
        (low, high)[side][columns[place]] = cuts[side, place]
        box = Box(low, high)
        inside = box.holds(left.x)
        if inside.all():
            break
        left = left.only(inside)
        boxes.append(box)
    return boxes


def _densities(inside: Flags, y: Flags) -> Doubles:
    """Share of cases of each of several sets of points, (point, set)."""
    count = inside.sum(axis=0)
    cases = y.astype(np.float64) @ inside
    found: Doubles = np.divide(cases, count, out=np.full(len(count), -1.0), where=count > 0)
    return found


def paste(sample: Sample, box: Box) -> Box:
    """The box pushed out at one side after the other, as long as that gains."""
    gain = sample.gain(box)
    while True:
        wider = [each for k in box.restricted for each in _pushed_out(sample, box, k)]
        best = max(wider, key=sample.gain, default=box)
        if sample.gain(best) <= gain:
            return box
        box, gain = best, sample.gain(best)


def _pushed_out(sample: Sample, box: Box, factor: int) -> list[Box]:
    """The box with the next few points beyond either limit of a factor."""
    beside = sample.x[box.without(factor).holds(sample.x), factor]
    step = max(1, int(ALPHA * sample.worth(box).inside))
    made = []
    if box.low[factor] > 0:
        below = np.sort(beside[beside < box.low[factor]])
        low = box.low.copy()
        low[factor] = below[-step] if len(below) > step else 0.0
        made.append(Box(low, box.high))
    if box.high[factor] < 1:
        above = np.sort(beside[beside > box.high[factor]])
        high = box.high.copy()
        high[factor] = above[step - 1] if len(above) > step else 1.0
        made.append(Box(box.low, high))
    return made


def quasi_p(sample: Sample, box: Box) -> dict[int, float]:
    """How often chance would fill the box as well if a restriction meant nothing.

    With the factor set free, a run inside is a case with the density of the larger box; the value
    is the probability that at least as many of the runs in the box are (Bryant and Lempert).
    """
    from scipy.stats import binom

    inside = box.holds(sample.x)
    count, cases = int(inside.sum()), int(sample.y[inside].sum())
    return {
        factor: float(binom.sf(cases - 1, count, sample.worth(box.without(factor)).density))
        for factor in box.restricted
    }


def prune(sample: Sample, box: Box) -> Box:
    """The box without the restrictions that do not hold, the least certain set free first."""
    limit = SIGNIFICANCE / max(1, len(box.restricted))
    while values := quasi_p(sample, box):
        worst = max(values, key=lambda factor: values[factor])
        if values[worst] <= limit:
            break
        box = box.without(worst)
    return box


def _returns(
    finding: Sample, judging: Sample, box: Box, generator: np.random.Generator
) -> dict[int, float]:
    """How often the restrictions come back when the runs are halved anew."""
    x, y = np.concatenate([finding.x, judging.x]), np.concatenate([finding.y, judging.y])
    again = [find_box(*halves(x, y, generator))[0].restricted for _ in range(_SPLITS)]
    return {k: sum(k in each for each in again) / _SPLITS for k in box.restricted}
