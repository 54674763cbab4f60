"""Numbers, distributions, dates and interventions in plain words."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from alliance_sim.spec import Intervention, World
from alliance_sim.spec.base import undirected_pair
from alliance_sim.spec.numbers import (
    Beta,
    Categorical,
    Distribution,
    Joint,
    Lognormal,
    Normal,
    Triangular,
    TruncatedNormal,
    Uniform,
)
from alliance_sim.spec.scenario import Between, Hazard
from alliance_sim.wording import counted

if TYPE_CHECKING:
    import xarray as xr

UNKNOWN = "not known"
"""What stands where a file does not say."""
_JOINERS = "‌‍"
"""Zero-width characters that Persian and other scripts need."""


def clean(text: object) -> str:
    """Text without control characters, some of which turn its direction round."""
    return "".join(
        char for char in str(text) if char.isprintable() or char in "\n\t" or char in _JOINERS
    )


def known(attributes: Mapping[Any, Any], key: str) -> str:
    """An attribute of a dataset as text, or that it is not known."""
    value = attributes.get(key)
    return UNKNOWN if value is None or str(value) == "" else str(value)


def runs(attributes: Mapping[Any, Any]) -> str:
    """How many runs a dataset rests on, in words."""
    said = known(attributes, "runs")
    return counted(int(said), "run") if said.isdecimal() else f"{said} runs"


def scalar(one: xr.Dataset, name: str) -> float:
    """A single number of a dataset, or NaN where it has none."""
    return float(one[name]) if name in one and not one[name].dims else math.nan


# -- numbers -------------------------------------------------------------------------------


def digits(*values: float) -> int:
    """Decimals that show about three digits of the largest of some values."""
    largest = max((abs(value) for value in values if math.isfinite(value)), default=0.0)
    for places, least in ((0, 1000), (1, 100), (2, 10), (3, 0.01), (4, 0.001)):
        if largest >= least:
            return places
    return 5 if largest else 3


def plain(value: float, places: int) -> str:
    """A number with so many decimals and a true minus; a dash for one that is none."""
    if not math.isfinite(value):
        return "–"
    shown = f"{value:,.{places}f}"
    if not any(digit in shown for digit in "123456789"):
        shown = shown.lstrip("-")
    return shown.replace("-", "−")


def signed(value: float, places: int) -> str:
    """A difference with its sign, without one where it rounds to nothing."""
    shown = plain(value, places)
    return f"+{shown}" if value > 0 and any(digit in shown for digit in "123456789") else shown


def error(value: float, places: int) -> str:
    """A Monte-Carlo error; one too small to be shown is not none."""
    least = 10.0**-places
    return f"<{least:.{places}f}" if 0 < value < least / 2 else plain(value, places)


def percent(share: float, places: int = 0) -> str:
    """A share in percent; 0% and 100% stand for none and all."""
    least = 10.0 ** -(places + 2)
    if 0 < share < least:
        return f"<{least:.{places}%}"
    if 1 - least < share < 1:
        return f">{1 - least:.{places}%}"
    return f"{share:.{places}%}"


def number(value: float | Distribution) -> str:
    """A number of a scenario, certain or not."""
    return distribution(value) if isinstance(value, Distribution) else f"{value:g}"


def distribution(value: Distribution) -> str:
    """A distribution as one would say it."""
    say = _DISTRIBUTIONS.get(type(value))
    return say(value) if say else f"median {value.median:.3g}, {_most(value)}"


def _most(value: Distribution) -> str:
    low, high = value.quantiles([0.05, 0.95])
    return f"90% between {low:.3g} and {high:.3g}"


def _uniform(value: Any) -> str:
    low, high = value.uniform
    return f"anything from {low:g} to {high:g}, equally likely"


def _triangular(value: Any) -> str:
    low, mode, high = value.triangular
    return f"most likely {mode:g}, from {low:g} to {high:g} (triangular)"


def _normal(value: Any) -> str:
    mean, sd = value.normal
    return f"about {mean:g} ± {sd:g}, {_most(value)} (normal)"


def _truncated(value: Any) -> str:
    mean, sd, low, high = value.truncated_normal
    return f"about {mean:g} ± {sd:g}, {_most(value)} (normal, kept from {low:g} to {high:g})"


def _lognormal(value: Any) -> str:
    return f"median {value.lognormal[0]:g}, {_most(value)} (lognormal)"


def _beta(value: Any) -> str:
    a, b = value.beta
    return f"mean {a / (a + b):.3g}, {_most(value)} (beta {a:g}, {b:g})"


def _categorical(value: Any) -> str:
    options = value.categorical
    pairs = zip(options.values, options.probabilities, strict=True)
    return " or ".join(f"{each:g} ({percent(chance)})" for each, chance in pairs)


def _joint(value: Any) -> str:
    joint = value.joint
    return f"median {value.median:.3g}, {_most(value)} (of {len(joint.values)} draws of {joint.of})"


_DISTRIBUTIONS: dict[type[Distribution], Callable[[Any], str]] = {
    Uniform: _uniform,
    Triangular: _triangular,
    Normal: _normal,
    TruncatedNormal: _truncated,
    Lognormal: _lognormal,
    Beta: _beta,
    Categorical: _categorical,
    Joint: _joint,
}


# -- interventions -------------------------------------------------------------------------


def date(intervention: Intervention) -> str:
    """When an intervention comes."""
    match intervention.at:
        case Between(between=(first, last)):
            return f"{first} to {last}, any month equally likely"
        case Hazard(hazard_per_year=rate, from_month=start):
            since = f" from {start} on" if start else ""
            return f"at any time{since}, {number(rate)} a year on average"
        case month:
            return str(month)


def lasting(intervention: Intervention) -> str:
    """How long an intervention lasts."""
    months = intervention.for_months
    return "to the end" if months is None else f"{months} months"


def action(intervention: Intervention, world: World) -> str:
    """What an intervention does, and how strongly."""
    name = next(key for key in _ACTIONS if getattr(intervention, key) is not None)
    done = getattr(intervention, name)
    text = _ACTIONS[name](done, world)
    months = getattr(done, "over_months", 1)
    return f"{text}, within {months} months" if months > 1 else text


def party(world: World, name: str) -> str:
    """The name of an actor or group."""
    found = world.actors.get(name) or world.groups.get(name)
    return found.name if found else name


def dyad(world: World, text: str) -> str:
    """A dyad by the names of its actors."""
    sign = "->" if "->" in text else "-"
    a, _, b = text.partition(sign)
    return f"{party(world, a)} {'→' if sign == '->' else '–'} {party(world, b)}"


def _of(world: World, kind: str, name: str) -> str:
    found = getattr(world, kind).get(name)
    return found.name if found else name


def _coercion(done: Any, world: World) -> str:
    by, on = party(world, done.by), party(world, done.on)
    return f"coercion of {on} by {by} is set to {number(done.level)}"


def _presence(done: Any, world: World) -> str:
    where = _of(world, "arenas", done.in_arena)
    return f"forces of {party(world, done.of)} in '{where}' are set to {number(done.level)}"


def _arena(done: Any, world: World) -> str:
    return f"'{_of(world, 'arenas', done.id)}' is moved by {number(done.change)}"


def _agreement(done: Any, world: World) -> str:
    what = f"'{_of(world, 'agreements', done.id)}'"
    who = party(world, done.party)
    if done.does == "threaten":
        return f"{who} threatens to leave {what} (credibility {number(done.credibility)})"
    if done.does == "lapse":
        return f"{who} lets {what} lapse"
    return f"{who} {'leaves' if done.does == 'leave' else 'joins'} {what}"


def _government(done: Any, world: World) -> str:
    return f"the government of {party(world, done.of)} becomes '{done.becomes}'"


def _capability(done: Any, world: World) -> str:
    share = number(done.level)
    return f"the share of {party(world, done.of)} in all capability is set to {share}"


def _channel(done: Any, world: World) -> str:
    a, b = (party(world, each) for each in undirected_pair(done.between) or ("", ""))
    what = _of(world, "domains", done.domain)
    return f"the channel '{what}' between {a} and {b} is set to {number(done.level)}"


_ACTIONS = {
    "coercion": _coercion,
    "presence": _presence,
    "arena": _arena,
    "agreement": _agreement,
    "government": _government,
    "capability": _capability,
    "channel": _channel,
}
