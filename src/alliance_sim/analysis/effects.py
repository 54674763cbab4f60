"""What a scenario changes, month by month, from runs paired by shared draws.

Pure functions of two datasets, a scenario's and its baseline's, that were run with the same
draws. Monte-Carlo errors take runs as independent; see :mod:`alliance_sim.analysis.summary`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from alliance_sim.analysis import divergence, pairing, summary
from alliance_sim.results import class_names, is_class, outcome_names
from alliance_sim.validation import KEY, said_of

if TYPE_CHECKING:
    import xarray as xr

Doubles = npt.NDArray[np.float64]

_QUANTILES = {"effect_q05": 0.05, "effect_q25": 0.25, "effect_q75": 0.75, "effect_q95": 0.95}
_RANGE_SHARE = 100
"""Where no smallest effect is named it is this part of the range, as in a world."""


def effects(baseline: xr.Dataset, scenario: xr.Dataset) -> xr.Dataset:
    """Everything that paired runs say of every outcome and month.

    Args:
        baseline: results to measure against.
        scenario: results with the same draws.

    Returns:
        A dataset over outcome and month. Numbers have ``effect_mean``, ``effect_median`` and
        their Monte-Carlo errors (``..._error``), ``effect_q05``, ``effect_q25``, ``effect_q75``,
        ``effect_q95``, ``share_up`` and ``share_down`` with binomial errors (a run that does
        not move counts as neither), and what :func:`alliance_sim.analysis.pairing.gain` gives.
        Class outcomes have ``class_change``, the share of runs in another relation class than
        the baseline, and ``class_change_error``. Over outcome alone stand the months of
        divergence (:func:`divergences`). What an outcome does not have is NaN.

    Raises:
        InputError: where the two were not run with the same draws.

    Example:
        >>> import alliance_sim as al
        >>> names = ("us_threatens_jcpoa", "us_exits_jcpoa")
        >>> baseline, scenario = (al.run(name, runs=8)[["iran_to_russia"]] for name in names)
        >>> effects(baseline, scenario)["effect_mean"].dims
        ('outcome', 'month')
    """
    import xarray as xr

    change = summary.paired(baseline, scenario)
    names = outcome_names(scenario)
    months = scenario.sizes["month"]
    rows = [_row(baseline, scenario, change, name) for name in names]
    keys = dict.fromkeys(key for row in rows for key in row)
    found: dict[str, tuple[tuple[str, ...], npt.NDArray[np.float64]]] = {}
    for key in keys:
        flat = key.startswith("divergence")
        shape = () if flat else (months,)
        values = np.stack([np.asarray(row.get(key, np.full(shape, np.nan))) for row in rows])
        found[key] = (("outcome",) if flat else ("outcome", "month"), values)
    where = {
        "outcome": list(names),
        "month": scenario["month"].to_numpy(),
        "outcome_name": ("outcome", [str(scenario[each].attrs["long_name"]) for each in names]),
        "unit": ("outcome", [str(scenario[each].attrs["units"]) for each in names]),
        "smallest_effect": ("outcome", [least_effect(change[each]) for each in names]),
        KEY: ("outcome", [said_of(scenario[each].attrs) for each in names]),
    }
    return xr.Dataset(found, where, change.attrs)


def least_effect(change: xr.DataArray) -> float:
    """Smallest effect of interest of a paired difference, in the outcome's unit.

    A world names it; without one it is a hundredth of the outcome's range, and for a change of
    class any change counts.
    """
    if change.attrs.get("units") == summary.CHANGED:
        return 0.5
    if "smallest_effect" in change.attrs:
        return float(change.attrs["smallest_effect"])
    low, high = change.attrs["valid_range"]
    return float(high - low) / 2 / _RANGE_SHARE  # differences range twice as far


def _row(
    baseline: xr.Dataset, scenario: xr.Dataset, change: xr.Dataset, name: str
) -> dict[str, Doubles | float]:
    """All that is said of one outcome: by month, and for divergence a number each."""
    values = _values(change, name)
    row: dict[str, Doubles | float] = {}
    if is_class(scenario, name):
        row |= class_effect(values)
    else:
        row |= effect(values)
        row |= pairing.gain(_values(baseline, name), _values(scenario, name))
    return row | divergences(values, least_effect(change[name]))


def _values(ds: xr.Dataset, name: str) -> Doubles:
    return ds[name].transpose("run", "month").to_numpy().astype(np.float64)


def effect(values: Doubles) -> dict[str, Doubles]:
    """A paired difference over runs, (run, month), by month."""
    found = np.quantile(values, (0.5, *_QUANTILES.values()), axis=0)
    up, down = (values > 0).mean(axis=0), (values < 0).mean(axis=0)
    return {
        "effect_mean": values.mean(axis=0),
        "effect_mean_error": summary.mean_errors(values),
        "effect_median": found[0],
        "effect_median_error": summary.median_errors(values),
        **dict(zip(_QUANTILES, found[1:], strict=True)),
        "share_up": up,
        "share_up_error": summary.share_errors(up, len(values)),
        "share_down": down,
        "share_down_error": summary.share_errors(down, len(values)),
    }


def class_effect(changed: Doubles) -> dict[str, Doubles]:
    """Probability that a relation class is another one, from 0 or 1 by run and month."""
    share = changed.mean(axis=0)
    return {"class_change": share, "class_change_error": summary.share_errors(share, len(changed))}


def divergences(values: Doubles, least: float) -> dict[str, Doubles | float]:
    """Months of divergence of a paired difference, (run, month), counted from the first month.

    ``divergence_first_...`` is when a run differs at all, ``divergence_lasting_...`` when it
    differs by more than ``least`` and goes on so: quantiles ``q05``, ``q50``, ``q95`` over
    runs, and the share ``never``. ``divergence_mean`` is when the mean effect is clear of its
    Monte-Carlo error. NaN: not within the horizon.
    """
    found: dict[str, Doubles | float] = {}
    for kind, months in (
        ("first", divergence.first_month(values)),
        ("lasting", divergence.lasting_month(values, least)),
    ):
        for key, value in divergence.over_runs(months).items():
            found[f"divergence_{kind}_{key}"] = value
    clear = divergence.clear_month(values.mean(axis=0), summary.mean_errors(values))
    return found | {"divergence_mean": clear if np.isfinite(clear) else np.nan}


def transitions(baseline: xr.Dataset, scenario: xr.Dataset) -> xr.Dataset | None:
    """How many runs go from which relation class to which, at the last month.

    Returns:
        ``transition`` (relation, from_class, to_class), the share of all runs that are in one
        class in the baseline and in the other in the scenario, and ``transition_error``, its
        binomial error; relation holds the class outcomes. None where there are none.
    """
    import xarray as xr

    summary.check_paired(baseline, scenario)
    names = [name for name in outcome_names(scenario) if is_class(scenario, name)]
    if not names:
        return None
    classes = class_names(scenario, names[0])
    shares = np.stack([_moves(baseline, scenario, name, len(classes)) for name in names])
    dims = ("relation", "from_class", "to_class")
    return xr.Dataset(
        {
            "transition": (dims, shares),
            "transition_error": (dims, summary.share_errors(shares, scenario.sizes["run"])),
        },
        {"relation": names, "from_class": classes, "to_class": classes},
    )


def _moves(baseline: xr.Dataset, scenario: xr.Dataset, name: str, classes: int) -> Doubles:
    before, after = (
        ds[name].isel(month=-1).to_numpy().astype(np.intp) for ds in (baseline, scenario)
    )
    found = np.bincount(before * classes + after, minlength=classes**2)
    return np.asarray(found.reshape(classes, classes) / len(before))
