"""Verdicts on claims, by rules fixed before any result; see docs/verdicts.md.

Pure functions of arrays: effects by parameter draw or by run, in the outcome's own unit.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

Values = npt.NDArray[np.floating[Any]]
Doubles = npt.NDArray[np.float64]

Verdict = Literal["supported", "leaning", "no effect", "contradicted", "untestable"]
Expected = Literal["rise", "fall", "no_rise", "no_fall", "no_change", "class"]

MOST = 0.9
"""Share of parameter draws that a supported claim needs."""
HALF = 0.5
"""Share of parameter draws in the named classes that a leaning claim needs."""
SIGN = 1e-6
"""An effect within this of zero has no sign."""
TAIL = 0.05
"""Share of runs below, and above, the interval that is shown."""
ORDER: tuple[Verdict, ...] = ("contradicted", "no effect", "leaning", "supported")
"""Verdicts from the weakest."""


@dataclass(frozen=True)
class Rule:
    """What a claim expects of one outcome, and from where it counts."""

    expected: Expected
    """A shape is judged as a rise of its statistic."""
    smallest: float
    """Smallest effect of interest."""
    margin: float
    """Change that still counts as none, for claims that nothing changes."""


@dataclass(frozen=True)
class Estimate:
    """A mean over runs or draws, and how it is spread."""

    mean: float
    q05: float
    q95: float
    error: float
    """Monte-Carlo standard error of the mean, runs taken as independent."""
    share_up: float
    share_down: float


def judge(rule: Rule, mean: float, share: float) -> Verdict:
    """The verdict on one outcome.

    Args:
        rule: what is expected.
        mean: the mean effect; not used for a class.
        share: share of parameter draws that do as expected, from :func:`share_as_expected`.
    """
    if rule.expected == "class":
        return "supported" if share >= MOST else "leaning" if share >= HALF else "contradicted"
    if rule.expected in ("rise", "fall"):
        signed = mean if rule.expected == "rise" else -mean
        if signed <= -rule.smallest:
            return "contradicted"
        holds = signed >= rule.smallest
        fails: Verdict = "no effect"
    else:
        holds = bool(_as_expected(rule, np.array([mean]))[0])
        fails = "contradicted"
    if not holds:
        return fails
    return "supported" if share >= MOST else "leaning"


def share_as_expected(rule: Rule, values: Values) -> float:
    """Share of parameter draws whose value does as expected."""
    return float(_as_expected(rule, values).mean())


def _as_expected(rule: Rule, values: Values) -> npt.NDArray[np.bool_]:
    match rule.expected:
        case "rise":
            return np.asarray(values > SIGN)
        case "fall":
            return np.asarray(values < -SIGN)
        case "no_rise":
            return np.asarray(values <= rule.margin)
        case "no_fall":
            return np.asarray(values >= -rule.margin)
        case "no_change":
            return np.asarray(np.abs(values) <= rule.margin)
        case "class":
            return np.asarray(values > HALF)


def weakest(verdicts: Iterable[Verdict]) -> Verdict:
    """The verdict on a claim about several outcomes; one without any is untestable."""
    found = list(verdicts)
    if not found or "untestable" in found:
        return "untestable"
    return min(found, key=ORDER.index)


def estimate(values: Values) -> Estimate:
    """Mean, interval and error of values by run or by draw."""
    exact = values.astype(np.float64)
    low, high = np.quantile(exact, (TAIL, 1 - TAIL))
    return Estimate(
        mean=float(exact.mean()),
        q05=float(low),
        q95=float(high),
        error=float(exact.std() / np.sqrt(len(exact))),
        share_up=float((exact > SIGN).mean()),
        share_down=float((exact < -SIGN).mean()),
    )


def kept(left: float, whole: float) -> float | None:
    """Share of an effect that is left; None where there was none."""
    return left / whole if abs(whole) > SIGN else None


# -- several scenarios ---------------------------------------------------------------------


def ends(effects: Sequence[Values]) -> Values:
    """By how much both ends lie above all that is between them, (r,)."""
    return np.asarray(np.minimum(effects[0], effects[-1]) - np.max(effects[1:-1], axis=0))


def turn(effects: Sequence[Values]) -> Values:
    """By how much the lowest in between lies below both ends, (r,)."""
    return np.asarray(np.minimum(effects[0], effects[-1]) - np.min(effects[1:-1], axis=0))


def at_means(shape: Literal["ends", "turn"], effects: Sequence[Values]) -> Values:
    """The shape of the ensemble means, as values by run whose mean it is.

    Which scenarios are the lower end and the extreme in between is decided by the means.
    """
    means = [float(each.mean(dtype=np.float64)) for each in effects]
    low = 0 if means[0] <= means[-1] else len(means) - 1
    pick = max if shape == "ends" else min
    between = pick(range(1, len(means) - 1), key=means.__getitem__)
    return effects[low] - effects[between]


def switch(classes: Sequence[Values]) -> Values:
    """Largest distance of classes within the pairs (1, 2), (3, 4), ..., (r,)."""
    pairs = zip(classes[::2], classes[1::2], strict=True)
    return np.asarray(np.max([np.abs(one - other) for one, other in pairs], axis=0))


# -- effects over months -------------------------------------------------------------------


def deepest_fall(series: Values) -> Values:
    """How far an outcome falls below its base at most, (month, r) to (r,)."""
    return np.asarray(series[0] - series.min(axis=0))


def time_to_peak(effect: Values) -> Doubles:
    """Months from the first to the largest effect, (month, r) to (r,)."""
    size = np.abs(effect)
    found = size.argmax(axis=0).astype(np.float64)
    return np.asarray(np.where(size.max(axis=0) < SIGN, 0.0, found), dtype=np.float64)


def persistence(effect: Values) -> Doubles:
    """The last effect as a share of the largest, (month, r) to (r,)."""
    exact = effect.astype(np.float64)
    size = np.abs(exact)
    peak: Doubles = np.take_along_axis(exact, size.argmax(axis=0)[None], axis=0)[0]
    out = np.zeros_like(peak)
    np.divide(exact[-1], peak, out=out, where=np.abs(peak) >= SIGN)
    return out


def explained_share(one: Values, other: Values) -> Doubles:
    """Share of the variance over two factors that one explains, less that of the other."""
    first, second = one.astype(np.float64) ** 2, other.astype(np.float64) ** 2
    total = first + second
    out = np.zeros_like(total)
    np.divide(first - second, total, out=out, where=total >= SIGN**2)
    return out
