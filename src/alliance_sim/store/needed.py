"""What the file of an analysis has to hold, so that pages and pictures can be made of it.

Checked where a file is read, so that what reads it finds what it was written for.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from alliance_sim.errors import InputError, Problem

if TYPE_CHECKING:
    import xarray as xr

Group = Mapping[str, str]
"""Names of variables by the dimensions that they have, both parted by spaces."""


class Analysis(NamedTuple):
    """What is read of a file, and which command writes it."""

    command: str
    always: Group
    together: tuple[Group, ...] = ()
    """Parts of a file: where it has something of one, it has all of it."""
    perhaps: Group = {}
    """What is made use of where it is there."""
    others: str = ""
    """First dimensions of all other variables, where their names are those of outcomes."""


_TEXTS = frozenset(
    {
        *("actor", "actor_name", "basis", "cause", "cause_name", "cites"),
        *("decision", "direction", "dyad", "from_class", "ground", "name"),
        *("other", "outcome", "outcome_name", "parameter", "relation", "scenario"),
        *("side", "source", "theory", "to_class", "unit", "validation"),
    }
)
_MONTHS = frozenset({"month"})
_NUMBERS, _WORDS, _DATES = ("numbers", "biuf"), ("text", "OSU"), ("months", "M")

_EFFECTS = "scenario theory outcome month"
_SPLIT = "scenario outcome month"
_INDEX = "outcome month parameter"
NEEDED: Mapping[str, Analysis] = {
    "comparison.nc": Analysis(
        "compare",
        {
            **{each: each for each in ("scenario", "theory", "month")},
            "outcome": "outcome outcome_name unit",
            _EFFECTS: "effect_mean effect_mean_error",
            "scenario theory outcome": "divergence_lasting_q50",
        },
        (
            {_EFFECTS: "class_change class_change_error"},
            {_EFFECTS: "pairing_gain pairing_gain_error"},
            {
                _SPLIT: "variance_total share_parameter share_parameter_error share_chance "
                "share_chance_error share_theory share_theory_error"
            },
        ),
        {
            "outcome": "validation smallest_effect",
            "scenario theory outcome": "divergence_lasting_never",
        },
    ),
    "effects.nc": Analysis(
        "compare",
        {each: each for each in ("scenario", "theory", "month")},
        others="scenario theory run month",
    ),
    "explanation.nc": Analysis(
        "explain",
        {
            **{each: each for each in ("dyad", "month", "side")},
            "cause": "cause cause_name",
            "dyad month side cause": "contribution",
            "dyad month cause": "contribution_error contribution_q05 contribution_q95",
            "dyad month": "effect effect_error effect_q05 effect_q95",
        },
        ({"direction decision cause": "weighed", "direction": "direction"},),
        {"actor": "actor_name"},
    ),
    "sensitivity.nc": Analysis(
        "sensitivity",
        {"outcome": "outcome outcome_name", "month": "month", "parameter": "name basis source"},
        (
            {_INDEX: "mu_star mu_star_conf sigma"},
            {_INDEX: "S1 ST"},
            {_INDEX: "swing_low swing_high", "outcome month": "mean"},
            {
                "outcome month ground": "group_S1 group_S1_low group_S1_high "
                "group_ST group_ST_low group_ST_high",
                "ground": "ground",
            },
        ),
        {
            _INDEX: "S1_low S1_high ST_low ST_high",
            "outcome": "validation unit",
            "parameter": "cites",
        },
    ),
    "discovery.nc": Analysis(
        "discover",
        {"run parameter": "probability", "run": "happens", "parameter": "name"},
        ({"box parameter": "low high", "box": "coverage density"},),
        {"parameter": "basis source"},
    ),
    "blocs.nc": Analysis(
        "blocs",
        {
            "actor": "actor actor_name",
            "actor other": "shared",
            "other": "other",
            "partition": "best_share",
            "partition actor": "across",
        },
    ),
}


def check_needed(path: Path, data: xr.Dataset) -> None:
    """Refuse the file of an analysis that lacks what is read of it, or has it in other terms.

    Raises:
        InputError: with all that is wrong.
    """
    if path.name not in NEEDED:
        return
    told = NEEDED[path.name]
    wanted = {name: dims for group in _asked(told, data) for name, dims in _dims(group)}
    free = [str(name) for name in data.data_vars if told.others]
    wanted |= dict.fromkeys(free, told.others)
    missing = [name for name in wanted if name not in data.variables]
    wanted |= dict(_dims(told.perhaps))
    wrong = [f"'{path}' has {each}" for each in _odd(wanted, free, data)]
    if missing:
        wrong.insert(0, f"'{path}' lacks {', '.join(map(repr, missing))}")
    if wrong:
        mend = f"make it anew with `alliance-sim {told.command}`"
        raise InputError([Problem(what, mend) for what in wrong])


def _asked(told: Analysis, data: xr.Dataset) -> Iterator[Group]:
    yield told.always
    for group in told.together:
        if any(name in data.variables for name, _ in _dims(group)):
            yield group


def _dims(group: Group) -> Iterator[tuple[str, str]]:
    for dims, names in group.items():
        for name in names.split():
            yield name, dims


def _odd(wanted: Mapping[str, str], free: Collection[str], data: xr.Dataset) -> Iterator[str]:
    """Variables of other dimensions or another kind, names that are not one each, and odd notes."""
    for name, dims in wanted.items():
        if name not in data.variables:
            continue
        each = data.variables[name]
        has = " ".join(map(str, each.dims))
        what, kinds = _DATES if name in _MONTHS else _WORDS if name in _TEXTS else _NUMBERS
        if has != dims and not (name in free and has.startswith(f"{dims} ")):
            yield f"'{name}' for each {has or 'nothing'}, where it should be for each {dims}"
        elif each.dtype.kind not in kinds:
            yield f"'{name}' of {each.dtype}, where it should be {what}"
        elif name == dims and not data.indexes[name].is_unique:
            yield f"a {name} twice"
    if not str(data.attrs.get("runs", 0)).isdecimal():
        yield "a number of runs that is none"
