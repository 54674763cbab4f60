"""A comparison, as its command left it in a folder of results."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from alliance_sim import plots, store
from alliance_sim.plots.studies import of_comparison, of_effects
from alliance_sim.report import words
from alliance_sim.report.analyses import read
from alliance_sim.report.folders import Result
from alliance_sim.report.pictures import Album, Picture
from alliance_sim.report.tables import month
from alliance_sim.results import parsed
from alliance_sim.validation import mark, said_in

if TYPE_CHECKING:
    import xarray as xr

View = Mapping[str, Any]

COMPONENTS = {"parameter": "parameters", "chance": "chance", "theory": "theories"}


def comparison(result: Result, album: Album) -> View | None:
    """Paired effects by scenario and theory, when they begin, and what the spread is made of."""
    found, note = read(result, store.COMPARISON)
    if found is None:
        nothing: View = {"asked": [], "rows": [], "split": [], "pictures": [], "ridges": []}
        return {"note": note, **nothing} if note else None
    several = found.sizes["scenario"] * found.sizes["theory"] > 1
    return {
        "note": note,
        "when": month(found, -1),
        "runs": words.runs(found.attrs),
        "asked": [] if result.has_runs else [*_asked(found)],
        "baseline": words.known(found.attrs, "baseline_title"),
        "ridges": [*_ridges(result, found, album)] if several else [],
        "several": several,
        "theories": found.sizes["theory"] > 1,
        "rows": [*_pairs(found)],
        "split": [*_split(found)] if "variance_total" in found else [],
        "pictures": [*_pictures(found, album)] if "variance_total" in found else [],
        "drivers": found.attrs.get("drivers") == "on" and found.sizes["theory"] > 1,
    }


def _asked(found: xr.Dataset) -> Iterator[View]:
    """Title and question of every scenario, as far as the file has them."""
    about = parsed(found.attrs, "scenarios", dict)
    for name in map(str, found["scenario"].to_numpy()):
        told = about.get(name)
        said = told if isinstance(told, dict) else {}
        yield {
            "name": _plain(name),
            "title": words.known(said, "title"),
            "question": str(said.get("question") or ""),
        }


def _ridges(result: Result, found: xr.Dataset, album: Album) -> Iterator[Picture]:
    """Effects run by run, where the folder holds those of this comparison."""
    effects, _ = read(result, store.EFFECTS)
    same = ("scenario_hash", "scenario_hashes", "seed", "runs")
    if effects is None or any(
        str(effects.attrs.get(key)) != str(found.attrs.get(key)) for key in same
    ):
        return
    for each in of_effects(effects):
        title = plots.style.title_of(effects[each.subject])
        alt = f"{title}: how the runs are spread by scenario and theory, as tabled by their means."
        yield album.picture(each.draw(), alt, f"{title}, run by run.")


def _pairs(found: xr.Dataset) -> Iterator[View]:
    """A row for each outcome of each scenario under each theory, at the horizon."""
    last = found.isel(month=-1)
    for outcome in last["outcome"].to_numpy():
        for scenario in last["scenario"].to_numpy():
            for theory in last["theory"].to_numpy():
                one = last.sel(outcome=outcome, scenario=scenario, theory=theory)
                yield {
                    "outcome": one["outcome_name"].item(),
                    "mark": mark(said_in(one)),
                    "scenario": _plain(scenario),
                    "theory": _plain(theory),
                    **_effect(one),
                    "after": _months(one, "divergence_lasting_q50"),
                    "never": _share(one, "divergence_lasting_never"),
                    "worth": _worth(one),
                }


def _plain(name: object) -> str:
    return str(name).replace("_", " ")


def _effect(one: xr.Dataset) -> dict[str, str]:
    """Mean effect and its error; of a relation class the share of runs that change it."""
    mean, doubt = words.scalar(one, "effect_mean"), words.scalar(one, "effect_mean_error")
    if math.isfinite(mean):
        places = words.digits(mean, doubt)
        unit = str(one["unit"].item())
        return {"mean": words.signed(mean, places), "error": words.error(doubt, places)} | {
            "unit": unit or words.UNKNOWN
        }
    share, doubt = words.scalar(one, "class_change"), words.scalar(one, "class_change_error")
    if not math.isfinite(share):
        return {"mean": "–", "error": "", "unit": ""}
    shown = {"mean": words.percent(share, 1).rstrip("%"), "error": words.plain(100 * doubt, 1)}
    return shown | {"unit": "% of runs that change class"}


def _worth(one: xr.Dataset) -> str:
    """How many runs without shared draws a pair is worth."""
    gain, doubt = words.scalar(one, "pairing_gain"), words.scalar(one, "pairing_gain_error")
    return f"{gain:.1f} ± {doubt:.1f}" if math.isfinite(gain) else "–"


def _months(one: xr.Dataset, name: str) -> str:
    value = words.scalar(one, name)
    return f"{value:.0f}" if math.isfinite(value) else "later"


def _share(one: xr.Dataset, name: str) -> str:
    value = words.scalar(one, name)
    return words.percent(value) if math.isfinite(value) else "–"


def _split(found: xr.Dataset) -> Iterator[View]:
    """Shares of the variance at the horizon, for each outcome of each scenario that varies."""
    last = found.isel(month=-1)
    for outcome in last["outcome"].to_numpy():
        for scenario in last["scenario"].to_numpy():
            one = last.sel(outcome=outcome, scenario=scenario)
            total = words.scalar(one, "variance_total")
            if not math.isfinite(total):
                continue
            spread = math.sqrt(max(total, 0.0))
            shares = {part: _part(one, part) for part in COMPONENTS}
            yield {
                "outcome": one["outcome_name"].item(),
                "mark": mark(said_in(one)),
                "scenario": _plain(scenario),
                "spread": words.plain(spread, words.digits(spread)),
                **shares,
            }


def _pictures(found: xr.Dataset, album: Album) -> Iterator[Picture]:
    """The split of the variance of each scenario in which anything varies."""
    for each in of_comparison(found):
        alt = f"What the variance of each effect of {_plain(each.subject)} is made of, as tabled."
        yield album.picture(each.draw(), alt, "What the spread of effects is made of.")


def _part(one: xr.Dataset, part: str) -> str:
    share, doubt = words.scalar(one, f"share_{part}"), words.scalar(one, f"share_{part}_error")
    if not math.isfinite(share):
        return "–"
    return f"{words.plain(100 * share, 1)} ± {100 * doubt:.1f}"
