"""A sensitivity analysis as a labelled dataset, each number with what it rests on beside it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from alliance_sim.simulate.ensembles import attributes, scenario_hash
from alliance_sim.simulate.validations import validations
from alliance_sim.validation import KEY

if TYPE_CHECKING:
    import xarray as xr

    from alliance_sim.simulate.sensitivities import Group, Sharing, Study

Doubles = npt.NDArray[np.float64]

_INDICES = {
    "S1": "first",
    "S1_low": "first_low",
    "S1_high": "first_high",
    "ST": "total",
    "ST_low": "total_low",
    "ST_high": "total_high",
}
_SHARE = {"units": "share of variance"}
_INTERVAL = _SHARE | {"interval": "at least 90%, by bootstrap over the rows of the design"}


def dataset(
    study: Study, screened: Mapping[str, Doubles] | None, sharing: Sharing | None
) -> xr.Dataset:
    """Put everything together; parameters with the largest shares come first."""
    import xarray as xr

    factors = study.experiment.factors
    own = [factor.path for factor in factors]
    together = [name for name in (sharing.named if sharing else {}) if name not in own]
    names = [*own, *together]
    dims = ("outcome", "month", "parameter")
    variables: dict[str, Any] = {}
    for key, values in (screened or {}).items():
        wide = np.full((*values.shape[:-1], len(names)), np.nan)
        wide[..., : len(own)] = values
        variables[key] = (dims, wide, {"units": "as the outcome"})
    if sharing is not None:
        variables |= _shares(study, sharing, names)
    months = np.datetime64(study.experiment.scenario.horizon.start, "M") + np.array(study.months)
    coordinates = {
        "outcome": [each.text for each in study.questions],
        "month": months.astype("datetime64[s]"),
        "parameter": names,
        **_about(study, together),
        **_about_outcomes(study),
    }
    made = xr.Dataset(variables, coords=coordinates, attrs=_attributes(study))
    return made.isel(parameter=_order(made))


def _shares(study: Study, sharing: Sharing, names: list[str]) -> dict[str, Any]:
    shape = (len(study.questions), len(study.months))
    found: dict[str, Any] = {}
    for key, field in _INDICES.items():
        values = getattr(sharing.shares, field).reshape(len(sharing.groups), *shape)
        for prefix, dim, wanted, rows in (
            ("", "parameter", sharing.named, names),
            ("group_", "ground", sharing.grounds, list(sharing.grounds)),
        ):
            placed = _placed(values, sharing.groups, wanted, rows)
            about = _SHARE if key in ("S1", "ST") else _INTERVAL
            found[prefix + key] = (("outcome", "month", dim), placed, about)
    found["mean"] = (("outcome", "month"), sharing.swings.mean, {"units": "as the outcome"})
    found["ground"] = ("ground", list(sharing.grounds))
    for side in ("low", "low_error", "high", "high_error"):
        means = getattr(sharing.swings, side)
        wide = np.full((*shape, len(names)), np.nan)
        for place, name in enumerate(names[: means.shape[-1]]):
            if name in sharing.named:
                wide[..., place] = means[..., place]
        dims = ("outcome", "month", "parameter")
        found[f"swing_{side}"] = (dims, wide, {"units": "as the outcome"})
    return found


def _placed(
    values: Doubles, groups: list[Group], wanted: Mapping[str, Group], rows: list[str]
) -> Doubles:
    """Indices by group put where their names stand, (outcome, month, name)."""
    out = np.full((*values.shape[1:], len(rows)), np.nan)
    for place, name in enumerate(rows):
        if name in wanted:
            out[..., place] = values[groups.index(wanted[name])]
    return out


def _about(study: Study, together: list[str]) -> dict[str, Any]:
    """What each parameter is called, and what it rests on."""
    factors = study.experiment.factors
    rest = {"chance": ("chance", "chance"), "all others": ("all others together", "several")}
    columns = {
        "name": [each.name for each in factors] + [rest[name][0] for name in together],
        "basis": [each.provenance.basis for each in factors] + [rest[name][1] for name in together],
        "source": [each.provenance.source for each in factors] + ["" for _ in together],
        "cites": [", ".join(each.provenance.cites) for each in factors] + ["" for _ in together],
    }
    return {key: ("parameter", values) for key, values in columns.items()}


def _about_outcomes(study: Study) -> dict[str, Any]:
    world = study.experiment.scenario.world
    said = validations(study.experiment.scenario)
    titles, units = [], []
    for each in study.questions:
        declared = world.outcomes[each.outcome]
        titles.append(each.text if each.is_condition else declared.name)
        units.append("share of runs" if each.is_condition else declared.unit)
    return {
        "outcome_name": ("outcome", titles),
        "unit": ("outcome", units),
        KEY: ("outcome", [said[each.outcome] for each in study.questions]),
    }


def _order(data: xr.Dataset) -> list[int]:
    """Numbers by share, or by mu* where none was given, then all others, then chance."""
    keys = []
    for place, name in enumerate(data["parameter"].to_numpy()):
        share = _largest(data, "ST", place)
        rank = (name == "chance", name == "all others", -share, -_largest(data, "mu_star", place))
        keys.append((*rank, place))
    return [key[-1] for key in sorted(keys)]


def _largest(data: xr.Dataset, name: str, place: int) -> float:
    if name not in data:
        return -np.inf
    values = data[name].isel(parameter=place).to_numpy()
    return float(np.nanmax(values)) if np.isfinite(values).any() else -np.inf


def _attributes(study: Study) -> dict[str, Any]:
    experiment, design = study.experiment, study.design
    about = attributes(experiment.scenario, study.runs, experiment.seed, design.chance)
    about["baseline"] = ""
    if experiment.baseline is not None:
        about["baseline"] = experiment.baseline.name
        about["baseline_hash"] = scenario_hash(experiment.baseline)
    return about | {
        "sampling": "sobol" if design.method == "sobol" else design.method,
        "measured": "effect against the baseline" if experiment.baseline else "level",
        "method": design.method,
        "points": design.points if study.sharing_points else 0,
        "trajectories": design.trajectories if study.screening_points else 0,
        "uncertain_numbers": len(experiment.factors),
        "uncertain": experiment.counted,
    }
