"""How much of a variance is due to parameters, to chance, and to the choice of theory.

By the law of total variance, for a quantity D, parameters P and theories T that weigh alike,

    Var(D) = E[Var(D|T,P)]  +  E_T[Var_P(E[D|T,P])]  +  Var_T(E[D|T])
             chance            parameter                theory

Chance is what two runs with the same parameters differ by: noise, and elections. Open dates
(ranges and hazards) are drawn with the parameters and belong to them. Theories are taken for
the whole set that is asked about, not for a sample of theories.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from alliance_sim.errors import InputError, Problem

if TYPE_CHECKING:
    import xarray as xr

Doubles = npt.NDArray[np.float64]

COMPONENTS = ("parameter", "chance", "theory")
_EXACT = float(np.finfo(np.float32).eps)
"""Outcomes are kept in single precision: a spread below this, relative to them, is rounding."""
RESAMPLES = 200
"""Bootstrap samples. judgement: their standard deviation is then known to 5%."""


def variance_split(data: xr.Dataset, *, resamples: int = RESAMPLES, seed: int = 0) -> xr.Dataset:
    """Split the variance of every quantity into parameter, chance and theory.

    Args:
        data: variables with the dims run and replicate, with theory or without, and any others:
            paired effects, as ``compare(..., theories=..., replicates=2)`` gives them, or
            levels of one scenario, replicates stacked along ``replicate``. Replicates of a run
            share its parameters, theories share all draws.
        resamples: bootstrap samples for the errors.
        seed: of the bootstrap.

    Returns:
        Over outcome (the variables) and their other dims: ``variance_parameter``,
        ``variance_chance``, ``variance_theory`` and ``variance_total``, their sum, in squared
        units; ``share_parameter`` and so on, of the total. Each has an ``..._error``, the
        standard deviation over a bootstrap of runs. Estimates are unbiased and not clipped, so
        that a component near zero may come out below. Without several theories
        ``variance_theory`` is NaN, and the total that of the other two; shares are NaN where
        nothing varies.

    Raises:
        InputError: where there are fewer than two replicates or runs, where no variable is an
            outcome by run, and where some vary by month and others do not.

    Example:
        >>> import alliance_sim as al
        >>> effect = al.compare("baseline_2018", "us_exits_jcpoa", runs=16, replicates=2)
        >>> variance_split(effect)["variance_chance"].dims
        ('outcome', 'month')
    """
    import xarray as xr

    names = _names(data)
    dims = [str(dim) for dim in data[names[0]].dims if dim not in {"theory", "replicate", "run"}]
    order = ("theory", "replicate", "run", *dims)
    several = data.sizes.get("theory", 1) > 1
    columns: dict[str, list[Doubles]] = {}
    for name in names:
        values = data[name] if "theory" in data[name].dims else data[name].expand_dims("theory")
        array = values.transpose(*order).to_numpy().astype(np.float64)
        for key, value in split(array, resamples=resamples, seed=seed).items():
            unknown = "theory" in key and not several
            columns.setdefault(key, []).append(np.full_like(value, np.nan) if unknown else value)
    where = {dim: data[dim] for dim in dims if dim in data.coords}
    return xr.Dataset(
        {key: (("outcome", *dims), np.stack(values)) for key, values in columns.items()},
        {"outcome": names, **where},
        {**data.attrs, "replicates": data.sizes["replicate"], "resamples": resamples},
    )


def _names(data: xr.Dataset) -> list[str]:
    """The variables to split, outcomes by run, at a month or at all; if the data can be split."""
    problems = [
        Problem(f"the variance can be split only with at least two {what}", mend)
        for dim, what, mend in (
            ("replicate", "replicates of every run", "compare with replicates=2"),
            ("run", "runs", "ask for more runs"),
        )
        if data.sizes.get(dim, 1) < 2
    ]
    axes = {"theory", "scenario", "replicate", "run", "month"}
    names = [
        str(name)
        for name, each in data.data_vars.items()
        if {"run", "replicate"} <= set(each.dims) <= axes
    ]
    if problems := problems or _unlike(data, names, axes):
        raise InputError(problems)
    return names


def _unlike(data: xr.Dataset, names: list[str], axes: set[str]) -> list[Problem]:
    """Why outcomes cannot stand side by side: there are none, or they have other dims."""
    if not names:
        others = sorted({str(d) for each in data.data_vars.values() for d in each.dims} - axes)
        what = "no variable is an outcome by run and replicate, at a month or at all"
        mend = f"choose one {others[0]}: .sel({others[0]}=...)" if others else "give one that is"
        return [Problem(what, mend)]
    shapes: dict[frozenset[str], list[str]] = {}
    for name in names:
        dims = frozenset(map(str, data[name].dims)) - {"theory"}
        shapes.setdefault(dims, []).append(name)
    if len(shapes) == 1:
        return []
    told = " and ".join(f"{', '.join(sorted(d))} ({', '.join(n)})" for d, n in shapes.items())
    return [Problem(f"variables differ in their dims: {told}", "split each kind by itself")]


def split(values: Doubles, *, resamples: int = RESAMPLES, seed: int = 0) -> dict[str, Doubles]:
    """The same for one quantity as an array (theory, replicate, run, ...).

    Replicates give the one-way random-effects estimator of the analysis of variance (Searle,
    Casella and McCulloch 1992, Variance Components): chance is the mean sample variance within
    runs, parameter the sample variance between the means of runs less chance / K, for K
    replicates. Theory is the variance between the means of theories less what sampling alone
    makes of it: as theories share draws, that is the mean over theories of the sample variance
    of a run's departure from its mean over theories, over the number of runs.
    """
    theories, replicates, runs = values.shape[:3]
    if replicates < 2 or runs < 2:
        raise ValueError("a split needs two replicates and two runs")
    shape = values.shape[3:]
    flat = values.reshape(theories, replicates, runs, -1)
    weights = np.ones((1 + resamples, runs))
    weights[1:] = np.random.default_rng(seed).multinomial(
        runs, np.full(runs, 1 / runs), size=resamples
    )
    found = _components(flat, weights)
    kinds = COMPONENTS if theories > 1 else COMPONENTS[:2]
    found["total"] = np.sum([found[key] for key in kinds], axis=0)
    varies = found["total"] > (_EXACT * np.abs(flat).max(axis=(0, 1, 2))) ** 2
    result: dict[str, Doubles] = {}
    for key, sample in found.items():
        result[f"variance_{key}"] = sample[0].reshape(shape)
        result[f"variance_{key}_error"] = _spread(sample[1:]).reshape(shape)
    for key in COMPONENTS:
        share = np.full_like(found[key], np.nan)
        np.divide(found[key], found["total"], out=share, where=varies)
        result[f"share_{key}"] = share[0].reshape(shape)
        result[f"share_{key}_error"] = _spread(share[1:]).reshape(shape)
    return result


def _spread(sample: Doubles) -> Doubles:
    """Standard deviation over bootstrap samples; unknown where fewer than two are known."""
    if len(sample) < 2:
        return np.full(sample.shape[1:], np.nan)
    known = np.isfinite(sample)
    number = known.sum(axis=0)
    filled = np.where(known, sample, 0.0)
    mean = filled.sum(axis=0) / np.maximum(number, 1)
    squares = np.where(known, (sample - mean) ** 2, 0.0).sum(axis=0)
    return np.where(number > 1, np.sqrt(squares / np.maximum(number - 1, 1)), np.nan)


def _components(values: Doubles, weights: Doubles) -> dict[str, Doubles]:
    """Components for every row of weights of runs, (sample, column).

    A row of ones gives the estimate itself; all is sums over runs, so that a bootstrap is a
    product of matrices.
    """
    theories, replicates, runs, columns = values.shape
    means = values.mean(axis=1)
    within = values.var(axis=1, ddof=1)
    centre = means.mean(axis=1)
    apart = means - means.mean(axis=0)
    chance, between, departs = (np.zeros((len(weights), columns)) for _ in range(3))
    middles = np.empty((theories, len(weights), columns))
    for theory in range(theories):
        chance += weights @ within[theory] / runs
        offset, variance = _moments(means[theory] - centre[theory], weights)
        middles[theory] = centre[theory] + offset
        between += variance
        departs += _moments(apart[theory] - apart[theory].mean(axis=0), weights)[1]
    chance /= theories
    return {
        "parameter": between / theories - chance / replicates,
        "chance": chance,
        "theory": middles.var(axis=0) - departs / theories / runs,
    }


def _moments(centred: Doubles, weights: Doubles) -> tuple[Doubles, Doubles]:
    """Weighted mean and sample variance of columns that are centred already."""
    runs = weights.shape[1]
    total = weights @ centred
    variance = (weights @ centred**2 - total**2 / runs) / (runs - 1)
    return total / runs, variance
