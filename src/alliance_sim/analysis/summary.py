"""What the runs of an ensemble say together: quantiles, class shares, paired differences.

Pure functions of the datasets that :func:`alliance_sim.results.dataset` makes. Monte-Carlo
errors take runs as independent draws; Latin hypercube and Sobol sampling spread the draws more
evenly than that, so with them the errors are, as a rule, on the large side.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from alliance_sim.errors import InputError, Problem
from alliance_sim.results import class_names, is_class, outcome_names
from alliance_sim.validation import KEY, said_of

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr

Doubles = npt.NDArray[np.float64]

CHANGED = "1 where it differs"
"""Units of what :func:`paired` makes of a relation class."""

_PIECE = 2**24
"""Numbers of a variable that are looked at together."""
_HORIZON_LEVELS = {"median": 0.5, "q25": 0.25, "q75": 0.75, "q05": 0.05, "q95": 0.95}


# -- choosing what to summarise ------------------------------------------------------------


def numeric_names(ds: xr.Dataset) -> list[str]:
    """Outcomes that are numbers, in the scenario's order."""
    return [name for name in outcome_names(ds) if not is_class(ds, name)]


def classed_names(ds: xr.Dataset) -> list[str]:
    """Outcomes that are relation classes, then the pairs whose class was recorded."""
    outcomes = [name for name in outcome_names(ds) if is_class(ds, name)]
    return outcomes + _coordinate(ds, "relation_class", "pair")


def series(ds: xr.Dataset, name: str, dyad: str | None = None) -> xr.DataArray:
    """A numeric outcome, or the alignment of a recorded dyad, (run, month).

    An undirected dyad may be written either way round. Where it was not recorded itself but
    both of its directions were, it is their mean.
    """
    if name == "alignment":
        return _alignment(ds, dyad)
    known = [*numeric_names(ds), *(["alignment"] if "alignment" in ds else [])]
    if name in outcome_names(ds) and is_class(ds, name):
        raise InputError([Problem(f"'{name}' is a relation class", "ask for its class shares")])
    if name not in known:
        raise InputError([Problem(f"unknown outcome '{name}'", _did_you_mean(name, known))])
    if dyad is not None:
        mend = "leave the dyad out, or ask for 'alignment'"
        raise InputError([Problem(f"outcome '{name}' has no dyads", mend)])
    return ds[name].transpose("run", "month")


def codes(ds: xr.Dataset, name: str) -> xr.DataArray:
    """Relation classes of a class outcome or a recorded pair, (run, month), by code.

    A pair may be written either way round.
    """
    if name in outcome_names(ds):
        if is_class(ds, name):
            return ds[name].transpose("run", "month")
        mend = "ask for its quantiles"
        raise InputError([Problem(f"outcome '{name}' is a number, no relation class", mend)])
    pairs = _coordinate(ds, "relation_class", "pair")
    for each in (name, _turned(name)):
        if each in pairs:
            found = ds["relation_class"].isel(pair=pairs.index(each)).transpose("run", "month")
            return found.assign_attrs(long_name=f"relation class, {name}")
    mend = _did_you_mean(name, classed_names(ds))
    raise InputError([Problem(f"no relation class was recorded for '{name}'", mend)])


def _alignment(ds: xr.Dataset, dyad: str | None) -> xr.DataArray:
    recorded = _coordinate(ds, "alignment", "dyad")
    if dyad is None:
        if len(recorded) != 1:
            mend = _did_you_mean("", recorded)
            raise InputError([Problem("alignment is recorded by dyad, and none is named", mend)])
        dyad = recorded[0]
    places = _dyad_places(dyad, recorded)
    if not places:
        mend = _did_you_mean(dyad, recorded)
        raise InputError([Problem(f"dyad '{dyad}' was not recorded", mend)])
    whole = ds["alignment"].transpose("run", "month", "dyad")
    mean = whole.isel(dyad=places).mean("dyad", dtype=np.float64)
    return mean.assign_attrs(whole.attrs, long_name=f"alignment, {dyad}")


def _dyad_places(dyad: str, recorded: Sequence[str]) -> list[int]:
    """Where the dyad, or failing that both of its directions, were recorded."""
    if "->" in dyad:
        return [recorded.index(dyad)] if dyad in recorded else []
    for each in (dyad, _turned(dyad)):
        if each in recorded:
            return [recorded.index(each)]
    a, _, b = dyad.partition("-")
    both = (f"{a}->{b}", f"{b}->{a}")
    return [recorded.index(each) for each in both] if set(both) <= set(recorded) else []


def _turned(dyad: str) -> str:
    a, _, b = dyad.partition("-")
    return f"{b}-{a}"


def _coordinate(ds: xr.Dataset, variable: str, dim: str) -> list[str]:
    return [str(each) for each in ds[dim].values] if variable in ds else []


def _did_you_mean(word: str, known: Iterable[str]) -> str:
    options = list(known)
    close = difflib.get_close_matches(word, options, n=1, cutoff=0.6)
    if close:
        return f"did you mean '{close[0]}'?"
    return f"use one of: {', '.join(options)}" if options else "the dataset has none"


# -- distributions -------------------------------------------------------------------------


def quantiles(
    ds: xr.Dataset, name: str, levels: Sequence[float], dyad: str | None = None
) -> xr.DataArray:
    """Quantiles over runs for every month, (quantile, month), in the outcome's units.

    Args:
        ds: results of a scenario.
        name: a numeric outcome, or ``alignment`` with a ``dyad``.
        levels: quantile levels, 0 to 1.
        dyad: a recorded dyad, for ``alignment`` alone.
    """
    import xarray as xr

    values = series(ds, name, dyad)
    pieces = [np.quantile(each, list(levels), axis=0) for each in _by_months(values)]
    found = np.concatenate(pieces, axis=1)
    where = {"quantile": list(levels), "month": ds["month"].to_numpy()}
    return xr.DataArray(found, where, ("quantile", "month"), name=name, attrs=values.attrs)


def _by_months(values: xr.DataArray) -> Iterator[Doubles]:
    """(run, month) in pieces of a few months, so that of many runs on disk memory holds a part."""
    runs, months = values.sizes["run"], values.sizes["month"]
    few = max(1, _PIECE // max(1, runs))
    for start in range(0, months, few):
        yield values.isel(month=slice(start, start + few)).to_numpy().astype(np.float64)


def median_error(values: Doubles) -> float:
    """Monte-Carlo standard error of the median of independent draws, (run,).

    Half the distance between the quantiles at 0.5 ± 0.5/√n: the number of draws below the
    true median is binomial with standard deviation √n/2. Not known from a single draw.
    """
    return float(median_errors(values))


def median_errors(values: Doubles) -> Doubles:
    """The same for every column of (run, ...)."""
    n = len(values)
    if n < 2:
        return np.full(values.shape[1:], np.nan)
    half = 0.5 / np.sqrt(n)
    low, high = np.quantile(values, (0.5 - half, 0.5 + half), axis=0)
    return np.asarray((high - low) / 2)


def mean_error(values: Doubles) -> float:
    """Monte-Carlo standard error of the mean of independent draws, (run,)."""
    return float(mean_errors(values))


def mean_errors(values: Doubles) -> Doubles:
    """The same for every column of (run, ...)."""
    n = len(values)
    if n < 2:
        return np.full(values.shape[1:], np.nan)
    return np.asarray(np.std(values, axis=0, ddof=1) / np.sqrt(n))


def share_errors(share: Doubles, runs: int) -> Doubles:
    """Binomial standard errors of shares of independent runs, √(p(1-p)/n); 0 where all agree.

    Not known from a single run: NaN.
    """
    if runs < 2:
        return np.full_like(share, np.nan)
    return np.asarray(np.sqrt(share * (1 - share) / runs))


def horizon_table(ds: xr.Dataset, baseline: xr.Dataset | None = None) -> pd.DataFrame:
    """Every numeric outcome at the last month, a row each, indexed by the outcome's id.

    Columns: ``name``, ``unit``, ``validation`` (what a backtest found of it, or that it is not
    validated), ``median``, ``q25``, ``q75`` (50% interval), ``q05``, ``q95``
    (90% interval) and ``median_error`` (Monte-Carlo). A baseline adds the paired difference,
    scenario minus baseline with shared draws: ``effect_mean``, ``effect_mean_error``
    (Monte-Carlo), ``effect_median``, ``effect_q05``, ``effect_q95``, and the shares of runs
    in which the outcome is higher and lower, ``share_up`` and ``share_down``.
    """
    import pandas as pd

    end: dict[str, list[int]] = {"month": [-1]}  # of many runs the other months take much memory
    effects = None if baseline is None else paired(baseline.isel(end), ds.isel(end))
    rows = {}
    for name in numeric_names(ds):
        row: dict[str, Any] = {
            "name": _long_name(ds, name),
            "unit": ds[name].attrs.get("units", ""),
            KEY: said_of(ds[name].attrs),
        }
        row |= _distribution(_at_horizon(ds, name))
        if effects is not None:
            row |= _effect(_at_horizon(effects, name))
        rows[name] = row
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("outcome")


def _at_horizon(ds: xr.Dataset, name: str) -> Doubles:
    return ds[name].isel(month=-1).to_numpy().astype(np.float64)


def _distribution(values: Doubles) -> dict[str, float]:
    found = np.quantile(values, list(_HORIZON_LEVELS.values()))
    row = {name: float(each) for name, each in zip(_HORIZON_LEVELS, found, strict=True)}
    return row | {"median_error": median_error(values)}


def _effect(values: Doubles) -> dict[str, float]:
    median, low, high = np.quantile(values, (0.5, 0.05, 0.95))
    return {
        "effect_mean": float(values.mean()),
        "effect_mean_error": mean_error(values),
        "effect_median": float(median),
        "effect_q05": float(low),
        "effect_q95": float(high),
        "share_up": float(np.mean(values > 0)),
        "share_down": float(np.mean(values < 0)),
    }


# -- relation classes ----------------------------------------------------------------------


def class_shares(
    ds: xr.Dataset,
    name: str,
    month: int | None = -1,
    baseline: xr.Dataset | None = None,
) -> pd.DataFrame:
    """Share of runs in each relation class, indexed by ``relation_class``.

    Args:
        ds: results of a scenario.
        name: a class outcome, or a recorded pair such as ``iran-russia``.
        month: place of the month, negative from the end; None for all of them, with ``month``
            as the first level of the index.
        baseline: results to measure against, with shared draws.

    Returns:
        Columns ``share`` and ``error``, the binomial standard error √(p(1-p)/n), which is 0
        where all runs agree, and NaN for a single run. A baseline adds ``baseline_share``,
        ``difference`` and ``difference_error``, which counts only the runs whose class differs.
    """
    import pandas as pd

    inside = _membership(ds, name, month)
    n, months, k = inside.shape
    share = inside.mean(axis=0)
    columns = {"share": share, "error": share_errors(share, n)}
    if baseline is not None:
        check_paired(baseline, ds)
        before = _membership(baseline, name, month)
        change = inside - before
        columns["baseline_share"] = before.mean(axis=0)
        columns["difference"] = change.mean(axis=0)
        columns["difference_error"] = np.sqrt(change.var(axis=0) / n) if n > 1 else share * np.nan
    labels = class_names(ds, _flagged(ds, name))
    table = pd.DataFrame({key: each.reshape(months * k) for key, each in columns.items()})
    table["relation_class"] = labels * months
    if month is not None:
        return table.set_index("relation_class")
    table["month"] = np.repeat(ds["month"].to_numpy(), k)
    return table.set_index(["month", "relation_class"])


def _flagged(ds: xr.Dataset, name: str) -> str:
    """The variable that holds the classes of an outcome or a pair."""
    return name if name in outcome_names(ds) else "relation_class"


def said_of_classes(ds: xr.Dataset, name: str) -> str:
    """How far a class outcome or a recorded pair is validated."""
    return said_of(ds[_flagged(ds, name)].attrs)


def _membership(ds: xr.Dataset, name: str, month: int | None) -> Doubles:
    """1 where a run is in a class, (run, month, class)."""
    found = codes(ds, name).to_numpy()
    months = found.shape[1]
    if month is not None:
        if not -months <= month < months:
            mend = f"use {-months} to {months - 1}"
            raise InputError([Problem(f"there is no month {month}", mend)])
        found = found[:, [month]]
    known = np.arange(len(class_names(ds, _flagged(ds, name))))
    inside: Doubles = (found[..., None] == known).astype(np.float64)
    return inside


# -- paired runs ---------------------------------------------------------------------------


def paired(baseline: xr.Dataset, scenario: xr.Dataset) -> xr.Dataset:
    """Scenario minus baseline, run by run: runs of one number share all draws.

    Returns:
        For every numeric outcome the difference (run, month) in its own units; for every
        class outcome 1 where the class differs, else 0. The same for the alignment of dyads
        and the relation classes of pairs that both recorded. The attributes hold the title
        and hash of both, the seed, the number of runs, the sampling, the theory and the
        scenario's interventions.

    Raises:
        InputError: runs, months, seed, sampling or outcomes do not agree.
    """
    import xarray as xr

    check_paired(baseline, scenario)
    variables = {name: _change(baseline, scenario, name) for name in outcome_names(scenario)}
    for name, dim in (("alignment", "dyad"), ("relation_class", "pair")):
        both = _coordinate(baseline, name, dim)
        shared = [each for each in _coordinate(scenario, name, dim) if each in both]
        if shared:
            before, after = baseline.sel({dim: shared}), scenario.sel({dim: shared})
            variables[name] = _change(before, after, name)
    attributes = {
        "title": scenario.attrs.get("title", ""),
        "baseline_title": baseline.attrs.get("title", ""),
        "scenario_hash": scenario.attrs.get("scenario_hash", ""),
        "baseline_hash": baseline.attrs.get("scenario_hash", ""),
        "seed": scenario.attrs.get("seed", ""),
        "runs": scenario.sizes["run"],
        "sampling": scenario.attrs.get("sampling", ""),
        "theory": scenario.attrs.get("theory", ""),
        "interventions": scenario.attrs.get("interventions", "[]"),
    }
    names = {name: scenario[name] for name in ("actor", "actor_name") if name in scenario.coords}
    return xr.Dataset(variables, names, attributes)


_KEPT = ("units", "smallest_effect", KEY)
"""What a difference says of itself as its outcome does."""


def _change(baseline: xr.Dataset, scenario: xr.Dataset, name: str) -> xr.DataArray:
    before, after = baseline[name], scenario[name]
    what = _long_name(scenario, name)
    if is_class(scenario, name):
        changed = (after != before).astype(np.int8)
        said = said_of(after.attrs)
        return changed.assign_attrs({"long_name": f"change of {what}", "units": CHANGED, KEY: said})
    low, high = scenario[name].attrs.get("valid_range", (-np.inf, np.inf))
    difference = after.astype(np.float64) - before.astype(np.float64)
    kept = {key: after.attrs[key] for key in _KEPT if key in after.attrs}
    return difference.assign_attrs(
        kept, long_name=f"change in {what}", valid_range=np.array((low - high, high - low))
    )


def check_paired(baseline: xr.Dataset, scenario: xr.Dataset) -> None:
    """Raise InputError unless runs of one number share all draws, and both report the same."""
    problems = [*_unlike_draws(baseline, scenario), *_unlike_outcomes(baseline, scenario)]
    if problems:
        raise InputError(problems)


def _unlike_draws(baseline: xr.Dataset, scenario: xr.Dataset) -> Iterable[Problem]:
    for dim in ("run", "month"):
        before, after = baseline[dim].to_numpy(), scenario[dim].to_numpy()
        if not np.array_equal(before, after):
            yield Problem(
                f"the baseline has {_extent(before)} in '{dim}', the scenario {_extent(after)}",
                f"run both with the same {'runs' if dim == 'run' else 'horizon'}",
            )
    for key, usual in (
        ("seed", "unknown"),
        ("sampling", "unknown"),
        ("chance", "unknown"),
        ("replicate", "0"),
    ):
        values = [_plain(ds.attrs, key, usual) for ds in (baseline, scenario)]
        if values[0] != values[1]:
            yield Problem(
                f"the baseline was run with {key} {values[0]}, the scenario with {values[1]}",
                f"run both with the same {key}, so that they share draws",
            )


def _extent(values: npt.NDArray[Any]) -> str:
    if not len(values):
        return "nothing"
    first, last = (str(each)[:10] for each in (values[0], values[-1]))
    return f"{len(values)} values from {first} to {last}"


def _plain(attributes: Mapping[Any, Any], key: str, usual: str) -> str:
    """An attribute as text: files give numbers back in NumPy types."""
    return str(attributes.get(key, usual))


def _unlike_outcomes(baseline: xr.Dataset, scenario: xr.Dataset) -> Iterable[Problem]:
    before, after = outcome_names(baseline), outcome_names(scenario)
    for name in sorted({*before, *after}):
        if name not in before or name not in after:
            lacks = "baseline" if name not in before else "scenario"
            mend = "give both the same outcomes"
            yield Problem(f"the {lacks} has no outcome '{name}'", mend)
            continue
        kinds = [(is_class(ds, name), ds[name].attrs.get("units")) for ds in (baseline, scenario)]
        if kinds[0] != kinds[1]:
            yield Problem(
                f"outcome '{name}' is measured in {kinds[0][1]} in the baseline, in {kinds[1][1]} "
                "in the scenario",
                "define it once, in the world that both extend",
            )


def _long_name(ds: xr.Dataset, name: str) -> str:
    return str(ds[name].attrs.get("long_name", name))
