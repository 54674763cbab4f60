r"""What a panel says of the numbers that made it, in few numbers: summaries for a calibration.

With discrepancies as in :mod:`~alliance_sim.observations.model`, V the covariance of a dyad's years
at a reference, r = y - level - slope a, and a latent path that moves by g with some number, scores
of the likelihood are sums over dyads of

- :math:`\text{slope}\, g' V^{-1} r` for numbers that move what is expected, and
- :math:`r' V^{-1} \dot V V^{-1} r`, less its expectation, for those that spread it.

Scores are summaries that lose little (Ruli, E., N. Sartori and L. Ventura (2016), "Approximate
Bayesian computation with composite score functions", Statistics and Computing 26:679-692); and
where the reference is the likeliest, those of the data are in the middle of what is simulated, also
where single dyads behave as no simulated one does.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from alliance_sim.observations.model import Linear

Floats = npt.NDArray[np.float64]

LAGS = (1, 2, 5)
"""Years over which changes are looked at."""
SPREADS = ("noise", "drift", "between", "sampling")
"""Numbers that spread what is observed."""
OTHERS = ({"noise": 1.0, "drift": 0.5}, {"drift": 2.0, "sampling": 0.5})
"""Further references for the scores of what spreads, in units of the drift of the first (sampling:
of its own): more of what comes and goes, and more of what stays. One alone does not tell them
apart far from it. Judgement."""
_TINY = 1e-12  # keeps logarithms finite where nothing changes at all


@dataclass(frozen=True)
class Summaries:
    """Summaries of a panel, seen where something was observed."""

    weights: Floats
    """(direction, dyad, year) of the scores of what moves."""
    squares: Floats
    """(spread, dyad, pair of years) of the scores of what spreads, in units of their expectation;
    those of each reference in turn."""
    expected: Floats
    """(dyad, year) what scores are counted from."""
    seen: npt.NDArray[np.bool_]
    """(dyad, year) where something was observed."""
    noisy: npt.NDArray[np.bool_]
    """(dyad,) whose measurement is less exact than that of the median dyad."""

    def of(self, values: Floats) -> Floats:
        """Summaries of panels (dyad, year, run): (run, summary)."""
        away = self._away(values)
        moved = np.tensordot(self.weights, away, axes=([1, 2], [0, 1]))
        spread = np.zeros((len(self.squares), away.shape[2]))
        one, other = np.triu_indices(away.shape[1])
        for dyad, path in enumerate(away):
            spread += self.squares[:, dyad] @ (path[one] * path[other])
        return np.concatenate([moved, np.log(spread + _TINY)]).T

    def widened(self, found: Floats) -> Floats:
        """Summaries (run, summary), and products of those of level, slope and spread."""
        own = len(self.weights)
        some = np.concatenate([found[:, :2], found[:, own:]], axis=1)
        one, other = np.triu_indices(some.shape[1])
        return np.concatenate([found, some[:, one] * some[:, other]], axis=1)

    def looks_of(self, values: Floats) -> dict[str, Floats]:
        """What panels (dyad, year, run) look like, to be compared by eye: name -> (run,)."""
        away = np.where(self.seen[..., None], self._away(values), np.nan)
        count = np.maximum(self.seen.sum(axis=1), 1)[:, None]
        found = {"standard deviation between dyads": (np.nansum(away, axis=1) / count).std(axis=0)}
        for lag in (each for each in LAGS if each < away.shape[1]):
            change = np.square(away[:, lag:] - away[:, :-lag])
            label = "yearly change" if lag == 1 else f"change over {lag} years"
            found[f"root mean square {label}"] = np.sqrt(np.nanmean(change, axis=(0, 1)))
        steps = np.diff(away, axis=1)
        median = np.nanmedian(np.abs(steps), axis=(0, 1))
        found["median absolute yearly change"] = median
        found["product of one change and the next"] = np.nanmean(
            steps[:, 1:] * steps[:, :-1], axis=(0, 1)
        )
        noisy, exact = (
            np.sqrt(np.nanmean(np.square(steps[part]), axis=(0, 1)))
            for part in (self.noisy, ~self.noisy)
        )
        found["changes of noisy dyads over those of exact ones"] = noisy / (exact + _TINY)
        common = np.nanmean(steps, axis=0)
        found["standard deviation of what a year moves in all dyads"] = common.std(axis=0)
        return found

    def _away(self, values: Floats) -> Floats:
        return np.where(self.seen[..., None], values - self.expected[..., None], 0.0)


def summaries(
    values: npt.ArrayLike, errors: Floats, latent: Floats, moves: Floats, numbers: Linear
) -> Summaries:
    """Make the summaries for a panel.

    Args:
        values: (dyad, year) observed; only where is looked at.
        errors: (dyad, year) standard errors of the measurement.
        latent: (dyad, year) of the reference.
        moves: (number, dyad, year) change of the latent with each number.
        numbers: of the measure at the reference; single numbers.

    The first two directions of the scores are those of level and slope.
    """
    seen = np.isfinite(np.asarray(values, dtype=float))
    errors = np.nan_to_num(errors)
    directions = np.concatenate([np.ones((1, *latent.shape)), latent[None], numbers.slope * moves])
    weights = np.zeros(directions.shape)
    references = (numbers, *(_other(numbers, scales) for scales in OTHERS))
    pairs = np.triu_indices(latent.shape[1])
    squares = np.zeros((len(references), len(SPREADS), len(seen), len(pairs[0])))
    expectation = np.zeros(squares.shape[:2])
    for dyad in range(len(seen)):
        at = np.flatnonzero(seen[dyad])
        if not len(at):
            continue
        parts = _parts(at, errors[dyad, at], numbers)
        for which, reference in enumerate(references):
            precision = np.linalg.inv(_covariance(parts, reference))
            if which == 0:
                weights[:, dyad, at] = directions[:, dyad, at] @ precision
            for place, part in enumerate(parts):
                square = np.zeros((latent.shape[1], latent.shape[1]))
                square[np.ix_(at, at)] = precision @ part @ precision
                both = square + square.T - np.diag(np.diag(square))  # each pair of years once
                squares[which, place, dyad] = both[pairs]
                expectation[which, place] += np.trace(precision @ part)
    size = np.sqrt(np.square(weights).sum(axis=(1, 2), keepdims=True))
    squares /= np.maximum(expectation, _TINY)[..., None, None]
    stacked = squares.reshape(-1, *squares.shape[2:])
    noisy = _noisy(errors, seen)
    return Summaries(
        weights / np.maximum(size, _TINY), stacked, numbers.expected(latent), seen, noisy
    )


def _other(numbers: Linear, scales: Mapping[str, float]) -> Linear:
    """Another reference."""
    drift, share = (float(np.asarray(each)) for each in (numbers.drift, numbers.sampling))
    unit = {"noise": drift, "drift": drift, "sampling": share}
    changed: dict[str, Any] = {name: scale * unit[name] for name, scale in scales.items()}
    return replace(numbers, **changed)


def _noisy(errors: Floats, seen: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
    """(dyad,) those measured less exactly; where all are alike, every other one."""
    typical = np.where(seen, errors, 0).sum(axis=1) / np.maximum(seen.sum(axis=1), 1)
    noisy = typical > np.median(typical)
    return np.asarray(noisy if noisy.any() else np.arange(len(seen)) % 2 == 0)


def _parts(years: npt.NDArray[np.intp], errors: Floats, numbers: Linear) -> list[Floats]:
    """What the square of each of the numbers that spread is multiplied by, (year, year) each."""
    stay = 1 - float(np.asarray(numbers.back))
    ahead = years - years[0]
    earlier = np.minimum(ahead[:, None], ahead[None, :])
    apart = np.abs(ahead[:, None] - ahead[None, :])
    powers = stay ** (2 * np.arange(ahead[-1] + 1))
    stepped = np.concatenate([[0.0], np.cumsum(powers)])
    return [
        np.eye(len(years)),
        stepped[earlier] * stay**apart,
        stay ** (ahead[:, None] + ahead[None, :]).astype(float),
        np.diag(np.square(errors)),
    ]


def _covariance(parts: Sequence[Floats], numbers: Linear) -> Floats:
    """Of a dyad's values in the years in which it was observed, given its latent."""
    held = [float(np.asarray(getattr(numbers, name))) ** 2 for name in SPREADS]
    return np.asarray(sum(square * part for square, part in zip(held, parts, strict=True)))
