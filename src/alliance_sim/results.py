"""What a run leaves behind, as labelled data."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
import numpy.typing as npt

from alliance_sim.errors import RunError

if TYPE_CHECKING:
    import xarray as xr


NOT_FINITE = "it gave a number that is not finite"
FAILURE = "failure"
"""Variable of why a run failed."""


@dataclass
class Record:
    """Recorded numbers of consecutive runs; runs last, so that blocks are written whole."""

    outcomes: npt.NDArray[np.float32]
    """(outcome, month, r)."""
    alignment: npt.NDArray[np.float32]
    """(dyad, month, r) of the recorded dyads."""
    classes: npt.NDArray[np.int8]
    """(pair, month, r) relation class of the classed pairs."""
    first: npt.NDArray[np.float32]
    """(i, j, r) alignment of everyone at the base date."""
    last: npt.NDArray[np.float32]
    """(i, j, r) alignment of everyone at the horizon."""
    parameters: npt.NDArray[np.float32]
    """(uncertain number, r)."""
    failure: npt.NDArray[np.object_]
    """(r,) why a run failed; empty text where it did not."""

    @classmethod
    def empty(cls, labels: Labels, runs: int) -> Record:
        """Room for so many runs."""
        n, months = len(labels.actors), labels.months + 1
        return cls(
            outcomes=np.empty((len(labels.outcomes), months, runs), np.float32),
            alignment=np.empty((len(labels.dyads), months, runs), np.float32),
            classes=np.empty((len(labels.pairs), months, runs), np.int8),
            first=np.empty((n, n, runs), np.float32),
            last=np.empty((n, n, runs), np.float32),
            parameters=np.empty((len(labels.parameters), runs), np.float32),
            failure=np.full(runs, "", object),
        )

    @classmethod
    def failed(cls, labels: Labels, reason: str) -> Record:
        """The record of one run that failed."""
        record = cls.empty(labels, 1)
        for each in fields(record):
            getattr(record, each.name)[...] = -1 if each.name == "classes" else np.nan
        record.failure[...] = reason
        return record

    def mark_not_finite(self) -> None:
        """Count as failed every run that gave a number that is none."""
        parts = (self.outcomes, self.alignment, self.last)
        finite = np.logical_and.reduce([np.isfinite(each).all(axis=(0, 1)) for each in parts])
        self.failure[~finite & (self.failure == "")] = NOT_FINITE

    def place(self, part: Record, start: int) -> None:
        """Copy the record of a block to its runs."""
        for each in fields(self):
            array = getattr(part, each.name)
            getattr(self, each.name)[..., start : start + array.shape[-1]] = array


@dataclass(frozen=True)
class Event:
    """A change of circumstances at the beginning of a month, in one run."""

    month: int
    """Months from the start of the horizon."""
    intervention: str
    """Its id; empty for an election."""
    kind: str
    """What changed: coercion, presence, arena, standing, doubt, capability, channel, government."""
    of: tuple[str, ...]
    """Whose, by id: (by, on), (actor, arena), (arena,), (agreement, party), (actor,) or
    (domain, pair)."""
    before: float | str
    """The value, or the government, in the month before."""
    after: float | str
    """The value, or the government, now."""
    share: float
    """How far the intervention has come, 0 to 1."""


@dataclass(frozen=True)
class OutcomeLabel:
    """What an outcome is called and measured in."""

    id: str
    name: str
    unit: str
    about: str
    range: tuple[float, float]
    is_class: bool
    smallest_effect: float | None = None
    """Smallest effect of interest; None where nobody has named one."""


@dataclass(frozen=True)
class Labels:
    """Names of everything recorded."""

    actors: tuple[str, ...]
    actor_names: tuple[str, ...]
    outcomes: tuple[OutcomeLabel, ...]
    dyads: tuple[str, ...]
    pairs: tuple[str, ...]
    parameters: tuple[str, ...]
    classes: tuple[str, ...]
    start: str
    """First month, YYYY-MM."""
    months: int


def dataset(record: Record, labels: Labels, attributes: Mapping[str, Any]) -> xr.Dataset:
    """A record as an ``xarray.Dataset``, without copying the arrays.

    Dims: run, month, dyad, pair, actor, other, parameter. Every outcome is a variable
    (run, month); month is the beginning of the month, the first one the base state.
    """
    import xarray as xr

    variables: dict[str, Any] = {}
    flags = {
        "flag_values": np.arange(len(labels.classes), dtype=np.int8),
        "flag_meanings": " ".join(labels.classes),
        "units": "class",
    }
    for place, outcome in enumerate(labels.outcomes):
        notes: dict[str, Any] = {"long_name": outcome.name, "about": outcome.about}
        values: npt.NDArray[Any] = record.outcomes[place].T
        if outcome.is_class:
            known = np.nan_to_num(values, nan=-1.0)  # of a run that failed there is no class
            values, notes = known.astype(np.int8), notes | flags
        else:
            notes |= {"units": outcome.unit, "valid_range": np.array(outcome.range)}
            if outcome.smallest_effect is not None:
                notes["smallest_effect"] = outcome.smallest_effect
        variables[outcome.id] = (("run", "month"), values, notes)
    alignment = {"long_name": "alignment", "units": "index", "valid_range": np.array((-1.0, 1.0))}
    if labels.dyads:
        variables["alignment"] = (
            ("run", "month", "dyad"),
            _runs_first(record.alignment),
            alignment,
        )
    if labels.pairs:
        variables["relation_class"] = (
            ("run", "month", "pair"),
            _runs_first(record.classes),
            {"long_name": "relation class", **flags},
        )
    for name, when in (("first", "at the base date"), ("last", "at the horizon")):
        variables[f"alignment_{name}"] = (
            ("run", "actor", "other"),
            getattr(record, name).transpose(2, 0, 1),
            alignment | {"long_name": f"alignment {when}"},
        )
    variables["parameters"] = (
        ("run", "parameter"),
        record.parameters.T,
        {"long_name": "value drawn for each uncertain number", "units": "as in the scenario"},
    )
    variables[FAILURE] = ("run", record.failure, {"long_name": "why a run failed"})
    coordinates = {
        "run": np.arange(record.first.shape[-1]),
        "month": _months(labels.start, labels.months),
        "dyad": list(labels.dyads),
        "pair": list(labels.pairs),
        "actor": list(labels.actors),
        "other": list(labels.actors),
        "actor_name": ("actor", list(labels.actor_names)),
        "parameter": list(labels.parameters),
    }
    return xr.Dataset(variables, coords=coordinates, attrs=dict(attributes))


def _runs_first(array: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """(thing, month, r) seen as (r, month, thing)."""
    return array.transpose(2, 1, 0)


def _months(start: str, months: int) -> npt.NDArray[np.datetime64]:
    first = np.datetime64(start, "M")
    return (first + np.arange(months + 1)).astype("datetime64[s]")


def without_failed(ds: xr.Dataset) -> xr.Dataset:
    """The runs that did not fail; the attribute ``failures`` names the others, with why.

    Raises:
        RunError: where every run failed.
    """
    reasons = [str(each) for each in ds[FAILURE].to_numpy()]
    failed = np.array([bool(each) for each in reasons], bool)
    ds = ds.drop_vars(FAILURE)
    if not failed.any():
        return ds
    if failed.all():
        raise RunError(f"every run of seed {ds.attrs.get('seed')} failed: {reasons[0]}")
    failures = [
        {"run": int(ds["run"][place]), "reason": reasons[place]} for place in np.flatnonzero(failed)
    ]
    return ds.isel(run=np.flatnonzero(~failed)).assign_attrs(failures=json.dumps(failures))


def with_failed(ds: xr.Dataset) -> xr.Dataset:
    """The opposite: a place for every run, with why it failed, or nothing."""
    import xarray as xr

    total = int(ds.attrs.get("runs", ds.sizes["run"]))
    failed = {each["run"]: each["reason"] for each in failures_of(ds)}
    if failed:
        empty = {
            name: np.nan if each.dtype.kind == "f" else -1 for name, each in ds.data_vars.items()
        }
        full = ds.reindex(run=np.arange(total), fill_value=empty)
        ds = full.assign({name: full[name].astype(ds[name].dtype) for name in ds.data_vars})
    reasons = np.array([failed.get(int(run), "") for run in ds["run"]], object)
    return ds.assign({FAILURE: xr.Variable("run", reasons)})


def failures_of(ds: xr.Dataset) -> list[dict[str, Any]]:
    """The runs that failed and were left out, each with its number and why."""
    return parsed(ds.attrs, "failures", list)


Parsed = TypeVar("Parsed", list[Any], dict[str, Any])


def parsed(attributes: Mapping[Any, Any], key: str, kind: type[Parsed]) -> Parsed:
    """An attribute of a dataset that holds JSON; empty where it holds nothing of that kind."""
    try:
        found = json.loads(str(attributes.get(key) or "null"))
    except (ValueError, RecursionError):
        return kind()
    return found if isinstance(found, kind) else kind()


def shared_runs(*datasets: xr.Dataset) -> tuple[xr.Dataset, ...]:
    """Datasets without the runs that failed in any of them, so that the rest can be paired."""
    if not any(map(failures_of, datasets)):
        return datasets
    import xarray as xr

    return tuple(xr.align(*datasets, join="inner", exclude={*datasets[0].dims} - {"run"}))


def outcome_names(ds: xr.Dataset) -> Sequence[str]:
    """The declared outcomes of a dataset, in the scenario's order."""
    return [str(name) for name in ds.data_vars if set(ds[name].dims) == {"run", "month"}]


def is_class(ds: xr.Dataset, name: str) -> bool:
    """Whether an outcome is a relation class rather than a number."""
    return "flag_meanings" in ds[name].attrs


def class_names(ds: xr.Dataset, name: str = "relation_class") -> list[str]:
    """Names of the relation classes, by code."""
    return str(ds[name].attrs["flag_meanings"]).split()
