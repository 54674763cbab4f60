"""A plain regression on the same inputs as the model has.

For each number of years h, one least squares fit over all dyads and years of the change from t to
t + h on: how far the value is from the dyad's mean up to t, its last yearly change, and covariates
at t. Dyads without history: value at t + h on the covariates at t, across dyads. Covariates that
are known ahead come in at t + h as well (as their change from t for the one, in their place for
the other). The spread is the residual variance.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pandas as pd

from alliance_sim.errors import InputError, Problem
from alliance_sim.scoring.folds import Doubles, Ints, Panel
from alliance_sim.scoring.rivals import FEWEST, Moments, persistence, start_of


@dataclass(frozen=True, eq=False)
class Regression:
    """A rival: ``Regression(covariates)(history, rows)``.

    Args:
        covariates: rows of ``dyad``, ``year`` and any columns of numbers; left out, the dyad's own
            past alone. A missing number is the last one before it, or else the mean of all.
        ahead: whether covariates are known in the year of the target, as in a conditional
            forecast, rather than up to the origin.

    Raises:
        InputError: where the covariates lack ``dyad`` or ``year``, have two rows of one, or are
            no finite numbers.
    """

    covariates: pd.DataFrame | None = None
    ahead: bool = False

    def __post_init__(self) -> None:
        given = self.covariates
        if given is None:
            return
        if not {"dyad", "year"} <= set(given):
            mend = "give rows of dyad, year and numbers"
            raise InputError([Problem("the covariates lack dyad or year", mend)])
        if given.duplicated(["dyad", "year"]).any():
            mend = "keep one row of each"
            raise InputError([Problem("a dyad has two rows of covariates in a year", mend)])
        for name in given.columns.difference(["dyad", "year"]):
            if not pd.api.types.is_numeric_dtype(given[name]):
                mend = "give numbers, and leave empty what is not known"
                raise InputError([Problem(f"the covariate {name} is text", mend)])
            if np.isinf(given[name].to_numpy(dtype=np.float64)).any():
                mend = "leave empty what is not known"
                raise InputError([Problem(f"the covariate {name} is infinite in places", mend)])

    def __call__(self, history: Panel, rows: pd.DataFrame) -> Moments:
        start = start_of(history, rows)
        mean, sd = (each.copy() for each in persistence(history, rows))
        last_year = rows["year"].to_numpy(dtype=np.int64) - start.lag
        inputs = self._inputs(history, int(rows["year"].max()))
        for lag in np.unique(start.lag):
            for known in (True, False):
                here = np.flatnonzero((start.lag == lag) & (start.known == known))
                if not len(here):
                    continue
                at = last_year[here] - history.years[0]
                features, target = self._design(history, inputs, int(lag), known)
                fitted = _fit(features, target)
                if fitted is None:
                    continue
                asked = features[start.place[here], at]
                own = history.values[start.place[here], at] if known else 0.0
                mean[here], sd[here] = own + fitted.predict(asked), fitted.sd
        return Moments(mean, sd)

    def _inputs(self, history: Panel, last: int) -> Doubles:
        """Covariates from the panel's first year to the last target, (column, dyad, year)."""
        years = np.arange(history.years[0], last + 1)
        if self.covariates is None:
            return np.empty((0, len(history.dyads), len(years)))
        columns = [name for name in self.covariates if name not in ("dyad", "year")]
        table = self.covariates.set_index(["dyad", "year"])[columns].astype(np.float64)
        until = last if self.ahead else int(history.years[-1])
        table = table[table.index.get_level_values("year") <= until]
        begin = min([int(years[0]), *table.index.get_level_values("year")])
        whole = pd.MultiIndex.from_product([history.dyads, range(begin, last + 1)])
        filled = table.reindex(whole).groupby(level=0, sort=False).ffill()
        cube = filled.to_numpy().reshape(len(history.dyads), -1, len(columns))
        return np.moveaxis(cube[:, years[0] - begin :], -1, 0)

    def _design(
        self, history: Panel, inputs: Doubles, lag: int, known: bool
    ) -> tuple[Doubles, Doubles]:
        """Features at each year, (dyad, year, feature), and what followed, (dyad, year)."""
        values = history.values
        years = values.shape[1]
        now = inputs[:, :, :years]
        then = inputs[:, :, np.minimum(np.arange(years) + lag, inputs.shape[2] - 1)]
        later = np.full_like(values, np.nan)
        later[:, : max(0, years - lag)] = values[:, lag:]
        if not known:
            return np.moveaxis(then if self.ahead else now, 0, -1), later
        parts = [_deviation(values), _last_change(values), *now]
        if self.ahead:
            parts += [*(then - now)]
        return np.stack(parts, axis=-1), later - values


class _Fitted(NamedTuple):
    centre: Doubles
    scale: Doubles
    used: Ints
    slopes: Doubles
    sd: float

    def predict(self, features: Doubles) -> Doubles:
        return _with_constant(features, self.centre, self.scale, self.used) @ self.slopes


def _fit(features: Doubles, target: Doubles) -> _Fitted | None:
    """Least squares on scaled features; None where too little was observed."""
    seen = np.isfinite(target)
    X, y = features[seen], target[seen]
    there = np.isfinite(X)
    count = np.maximum(there.sum(axis=0), 1)
    centre = np.where(there, X, 0.0).sum(axis=0) / count
    scale = np.sqrt((np.where(there, X - centre, 0.0) ** 2).sum(axis=0) / count)
    used = np.flatnonzero(scale > 1e-12 * np.maximum(1.0, np.abs(centre)))
    Z = _with_constant(X, centre, scale, used)
    if len(y) < Z.shape[1] + FEWEST:
        return None
    found, _, rank, _ = np.linalg.lstsq(Z, y, rcond=None)
    slopes = found.astype(np.float64)
    rest = y - Z @ slopes
    return _Fitted(centre, scale, used, slopes, float(np.sqrt((rest**2).sum() / (len(y) - rank))))


def _with_constant(features: Doubles, centre: Doubles, scale: Doubles, used: Ints) -> Doubles:
    """A constant, and the features in standard deviations; one that is missing is at the mean."""
    scaled = (features[..., used] - centre[used]) / scale[used]
    filled = np.where(np.isfinite(scaled), scaled, 0.0)
    return np.concatenate([np.ones((*filled.shape[:-1], 1)), filled], axis=-1)


def _deviation(values: Doubles) -> Doubles:
    """Value less the mean of the dyad's values up to then."""
    seen = np.isfinite(values)
    count = np.maximum(seen.cumsum(axis=1), 1)
    deviation: Doubles = values - np.where(seen, values, 0.0).cumsum(axis=1) / count
    return deviation


def _last_change(values: Doubles) -> Doubles:
    """Change from the year before; missing where that was not observed."""
    return np.diff(values, axis=1, prepend=np.nan)
