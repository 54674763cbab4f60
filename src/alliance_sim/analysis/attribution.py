"""What has moved an alignment, in parts that add up to it.

Works on what :func:`alliance_sim.explain` returns: terms of each decision's utility, and parts of
alignment on the atanh scale. On alignment's own scale every part keeps its share, the slope between
the two levels: tanh is a function of a sum, so that these are its Aumann-Shapley shares.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from alliance_sim.analysis.summary import check_paired
from alliance_sim.errors import InputError, Problem

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr

Doubles = npt.NDArray[np.float64]

LOW, HIGH = 0.05, 0.95
_SAME = 1e-6  # levels nearer than this on the atanh scale take the slope of tanh there


def parts(
    account: xr.Dataset, baseline: xr.Dataset | None = None, direction: str | None = None
) -> xr.DataArray:
    """Parts of the change of an alignment, (run, month, side, cause), in alignment's own units.

    They add up to ``tanh`` of the level now less ``tanh`` of the level it is counted from: in the
    same run and month of the baseline, or, without one, at the base date.

    Args:
        account: what ``explain`` gave for a scenario.
        baseline: the same for its baseline, with shared draws.
        direction: a tracked dyad ``a->b``; left out, the only one.

    Raises:
        InputError: a direction that was not tracked, or runs that are no pairs.
    """
    one = _of(account, direction)
    y, moved = one["level"], one["moved"]
    if baseline is None:
        return (moved * _slope(y, y.isel(month=0))).transpose("run", "month", "side", "cause")
    check_paired(baseline, account)
    other = _of(baseline, direction)
    moved = _difference(moved, other["moved"])
    return (moved * _slope(y, other["level"])).transpose("run", "month", "side", "cause")


def _difference(now: xr.DataArray, before: xr.DataArray) -> xr.DataArray:
    """What two have by cause, one less the other; what only one has is 0 in the other.

    A driver of the baseline's world alone comes last: what it did there is missing here.
    """
    causes = list(dict.fromkeys(str(c) for side in (now, before) for c in side["cause"].values))
    both = [each.drop_vars("cause_name", errors="ignore") for each in (now, before)]
    moved, held = (each.reindex(cause=causes, fill_value=0.0) for each in both)
    names = cause_names(before) | cause_names(now)
    found = moved - held
    return found.assign_coords(cause_name=("cause", [names[c] for c in causes])) if names else found


def cause_names(found: xr.DataArray | xr.Dataset) -> dict[str, str]:
    """Cause -> what it is called, where that is said."""
    if "cause_name" not in found.coords:
        return {}
    ids, titles = (map(str, found[each].to_numpy()) for each in ("cause", "cause_name"))
    return dict(zip(ids, titles, strict=True))


def _of(account: xr.Dataset, direction: str | None) -> xr.Dataset:
    known = [str(each) for each in account["direction"].to_numpy()]
    if direction is None and len(known) == 1:
        direction = known[0]
    if direction not in known:
        what = f"'{direction}' was not tracked" if direction else "no direction is named"
        raise InputError([Problem(what, f"use one of: {', '.join(known)}")])
    return account[["level", "moved"]].sel(direction=direction)


def _slope(now: xr.DataArray, then: xr.DataArray) -> xr.DataArray:
    """Change of tanh for each unit between two levels."""
    import xarray as xr

    now, then = xr.broadcast(now, then)
    high, low = now.to_numpy(), then.to_numpy()
    gap = high - low
    close = np.abs(gap) < _SAME
    steep = (np.tanh(high) - np.tanh(low)) / np.where(close, 1.0, gap)
    return now.copy(data=np.where(close, 1 - np.tanh(high) ** 2, steep))


def weighed(
    account: xr.Dataset, baseline: xr.Dataset | None = None, direction: str | None = None
) -> xr.DataArray:
    """Terms of a decision's utility, (run, decision, cause); less the baseline's, if given.

    They add up to the utility, or to its difference: causes are those of either side.
    """
    found = account["weighed"].sel(direction=direction) if direction else account["weighed"]
    if baseline is None:
        return found
    before = baseline["weighed"].sel(direction=direction) if direction else baseline["weighed"]
    return _difference(found, before)


def explanation(
    account: xr.Dataset, baseline: xr.Dataset | None = None, dyads: Sequence[str] = ()
) -> xr.Dataset:
    """What moved the alignment of dyads, over the runs.

    Args:
        account: what ``alliance_sim.simulate.account`` gave for a scenario.
        baseline: the same for its baseline, with shared draws.
        dyads: ``a->b``, or ``a-b`` for the mean of both directions; left out, all tracked
            directions.

    Returns:
        ``contribution`` (dyad, month, side, cause): mean over runs of each part, by whose
        decisions it came in, the dyad's first or second actor. ``contribution_error``, ``_q05``
        and ``_q95`` (dyad, month, cause): both sides together. ``effect`` and its ``_error``,
        ``_q05``, ``_q95`` (dyad, month): their sum, the change of alignment. ``weighed``
        (direction, decision, cause): mean terms of utility. ``first_share``, ``first_month``
        (mover): see :func:`first_movers`.
    """
    import xarray as xr

    dyads = list(dyads) or [str(each) for each in account["direction"].to_numpy()]
    summaries = [_summary(_of_dyad(account, baseline, each)) for each in dyads]
    found = xr.concat(summaries, "dyad").assign_coords(dyad=dyads)
    found["weighed"] = weighed(account, baseline).mean("run").transpose("direction", ...)
    if baseline is not None and account.sizes["posture_month"]:
        found = found.merge(first_movers(account, baseline).to_xarray())
    names = _cause_names(found, account, baseline)
    found = found.assign_coords(
        cause_name=("cause", names), actor=account["actor"], actor_name=account["actor_name"]
    )
    about = {"against": "the base date"}
    if baseline is not None:
        about = {
            "against": str(baseline.attrs.get("title", "")),
            "baseline_hash": str(baseline.attrs.get("scenario_hash", "")),
        }
    for name in ("contribution", "effect"):
        found[name].attrs.update(units="index", long_name=f"{name} to alignment")
    found["weighed"].attrs.update(units="utility", long_name="terms of utility")
    return found.assign_attrs(account.attrs | about)


def _cause_names(found: xr.Dataset, account: xr.Dataset, baseline: xr.Dataset | None) -> list[str]:
    names = cause_names(account)
    if baseline is not None:
        names |= cause_names(baseline)
    return [names[str(each)] for each in found["cause"].to_numpy()]


def _of_dyad(account: xr.Dataset, baseline: xr.Dataset | None, dyad: str) -> xr.DataArray:
    """Parts of the change of a dyad's alignment, (run, month, side, cause)."""
    first, *rest = directions_of(account, dyad)
    found = parts(account, baseline, first)
    for other in rest:  # its first actor is the dyad's second
        turned = parts(account, baseline, other).isel(side=[1, 0])
        found = (found + turned.assign_coords(side=found["side"])) / 2
    return found


def _summary(found: xr.DataArray) -> xr.Dataset:
    """Mean, Monte-Carlo error and 90% interval over runs, of every cause and of all together.

    A single run has no error: NaN.
    """
    import xarray as xr

    both = found.sum("side")
    summary = {"contribution": found.mean("run")}
    runs = found.sizes["run"]
    for name, values in (("contribution", both), ("effect", both.sum("cause"))):
        if name == "effect":
            summary[name] = values.mean("run")
        spread = values.std("run", ddof=1) if runs > 1 else values.mean("run") * np.nan
        summary[f"{name}_error"] = spread / np.sqrt(runs)
        low, high = np.quantile(values.to_numpy(), (LOW, HIGH), axis=0)
        blank = values.isel(run=0, drop=True)
        summary |= {f"{name}_q05": blank.copy(data=low), f"{name}_q95": blank.copy(data=high)}
    return xr.Dataset(summary)


def table(found: xr.Dataset, dyad: str) -> pd.DataFrame:
    """What moved a dyad by the last month, a row for each cause, the largest first.

    Args:
        found: what :func:`explanation` gave.
        dyad: one of those explained.

    Returns:
        Columns ``name``, ``mean``, ``error`` (Monte-Carlo), ``q05``, ``q95`` (90% of runs), and
        ``first`` and ``second``: the part that came in through decisions of the dyad's first actor,
        and of its second.

    Raises:
        InputError: a dyad that was not explained.
    """
    import pandas as pd

    known = [str(each) for each in found["dyad"].to_numpy()]
    if dyad not in known:
        raise InputError(
            [Problem(f"'{dyad}' was not explained", f"use one of: {', '.join(known)}")]
        )
    last = found.isel(month=-1).sel(dyad=dyad)
    first, second = last["contribution"].transpose("side", "cause").to_numpy()
    columns = {"name": found["cause_name"].to_numpy(), "mean": first + second}
    columns |= {name: last[f"contribution_{name}"].to_numpy() for name in ("error", "q05", "q95")}
    columns |= {"first": first, "second": second}
    frame = pd.DataFrame(columns, index=pd.Index(found["cause"].to_numpy(), name="cause"))
    return frame.loc[frame["mean"].abs().sort_values(ascending=False, kind="stable").index]


def directions_of(account: xr.Dataset, dyad: str) -> list[str]:
    """The tracked directions that a dyad stands for: one, or both of ``a-b``."""
    known = [str(each) for each in account["direction"].to_numpy()]
    a, _, b = dyad.partition("-")
    wanted = [dyad] if "->" in dyad else [f"{a}->{b}", f"{b}->{a}"]
    if not set(wanted) <= set(known):
        mend = f"track it, or use one of: {', '.join(known)}"
        raise InputError([Problem(f"'{dyad}' was not tracked", mend)])
    return wanted


def first_movers(account: xr.Dataset, baseline: xr.Dataset) -> pd.DataFrame:
    """Whose decisions differed first from the baseline's, run by run.

    Returns:
        Indexed by ``mover``, every ordered pair ``a->b`` of actors that moved first in some run:
        ``first_share``, the share of runs in which a decision of ``a`` about ``b`` was the first of
        all to differ (several of one month share it), and ``first_month``, the median months from
        the start of the horizon until then.
    """
    import pandas as pd

    check_paired(baseline, account)
    differs = account["posture"].to_numpy() != baseline["posture"].to_numpy()
    runs, months = differs.shape[:2]
    flat = differs.reshape(runs, months, -1)
    ever = flat.any(axis=(1, 2))
    begun = flat.any(axis=2).argmax(axis=1)
    at_once: Doubles = flat[np.arange(runs), begun].astype(np.float64)
    share = at_once / np.maximum(at_once.sum(axis=1, keepdims=True), 1)
    actors = [str(each) for each in account["actor"].to_numpy()]
    rows = {}
    for place in np.flatnonzero(share[ever].sum(axis=0)):
        i, j = divmod(int(place), len(actors))
        mine = ever & (share[:, place] > 0)
        rows[f"{actors[i]}->{actors[j]}"] = {
            "first_share": float(share[:, place].mean()),
            "first_month": float(np.median(begun[mine])),
        }
    found = pd.DataFrame.from_dict(rows, orient="index", columns=["first_share", "first_month"])
    return found.sort_values("first_share", ascending=False, kind="stable").rename_axis("mover")
