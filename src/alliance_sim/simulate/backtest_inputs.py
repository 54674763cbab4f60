"""What a backtest or a calibration is given, read and checked: a history, observations, years."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

import pandas as pd

from alliance_sim.errors import InputError, Problem
from alliance_sim.library import find, shipped_posteriors
from alliance_sim.load import load_scenario, world_named_by
from alliance_sim.observations.parameters import LATENTS
from alliance_sim.observations.tables import Observations, read_observations
from alliance_sim.simulate.ensembles import as_scenario
from alliance_sim.spec import Scenario
from alliance_sim.spec.base import did_you_mean, month_number

AUTO, NONE = "auto", "none"
"""Posteriors: the latest shipped one that saw nothing after the first origin; the prior."""
MONTHS = 12
_LONGEST = 100  # years: as long as a horizon may be

Source = Observations | str | Path | Sequence[str | Path]


def history(
    scenario: Scenario | str | Path, posterior: str | Path, first: int, shipped: str
) -> tuple[Scenario, Path | None]:
    """A scenario with a posterior laid over its world, and the file of that.

    Args:
        scenario: as given.
        posterior: ``auto``, ``none``, the name of a shipped one, or a file.
        first: first year that is forecast.
        shipped: the scenario to whose world shipped posteriors belong.
    """
    file: Path | None = None
    if str(posterior) == AUTO:
        usable = {year: path for year, path in shipped_posteriors().items() if year < first}
        if scenario == shipped and usable:
            file = usable[max(usable)]
    elif str(posterior) != NONE:
        named = {path.stem: path for path in shipped_posteriors().values()}
        file = named.get(str(posterior)) or find(posterior, "world")
    if file is None:
        return as_scenario(scenario), None
    if not isinstance(scenario, str | Path):
        what = "a posterior is laid over the world of a file, and this scenario has been read"
        raise InputError([Problem(what, "give the scenario's name or path")])
    return load_scenario(scenario, (), file), file


def names(scenario: Scenario | str | Path) -> dict[str, str]:
    """What the scenario and its world are called; by their titles where they are in no file."""
    if isinstance(scenario, Scenario):
        return {"scenario": scenario.name, "world": scenario.world.name}
    label = find(scenario, "scenario").stem
    world = world_named_by(scenario)
    return {"scenario": label, "world": label if world is None else Path(world).stem}


def until(scenario: Scenario, first: int | None, last: int, measure: str) -> Scenario:
    """The scenario with a horizon that ends with a year.

    Args:
        scenario: of known years.
        first: first year that is forecast; None where none is.
        last: the year.
        measure: what is observed.

    Raises:
        InputError: where the history cannot be run to that year, or forecast from the first.
    """
    start, within = divmod(month_number(scenario.horizon.start), MONTHS)
    problems = []
    if within:
        mend = "let its horizon start in a January, as observations are yearly"
        problems.append(Problem(f"'{scenario.name}' begins within a year", mend))
    if first is None and last < start:
        what = f"{last} comes before the history begins"
        problems.append(Problem(what, f"choose a year from {start} on"))
    if first is not None and last < first:
        what = f"the last year, {last}, comes before the first, {first}"
        problems.append(Problem(what, "let the years to be forecast run forwards"))
    if first is not None and first <= start:
        what = f"the history begins in {start}: before {first} nothing is run"
        problems.append(Problem(what, f"forecast from {start + 1} on"))
    if last >= start + _LONGEST:
        what = f"{last} is more than {_LONGEST} years after the history begins"
        mend = f"{'choose a year' if first is None else 'forecast'} up to {start + _LONGEST - 1}"
        problems.append(Problem(what, mend))
    _, _, domain = LATENTS[measure].partition(".")
    if domain and domain not in scenario.world.domains:
        mend = "choose another measure, or a world that has it"
        problems.append(Problem(f"the world has no domain '{domain}' for {measure}", mend))
    if problems:
        raise InputError(problems)
    horizon = scenario.horizon.model_copy(update={"months": MONTHS * (last - start + 1)})
    return scenario.model_copy(update={"horizon": horizon})


def observed(given: Source, scenario: Scenario, targets: Mapping[str, str]) -> Observations:
    """What was observed of the actors of a scenario's world."""
    if isinstance(given, Observations):
        return given
    paths = [given] if isinstance(given, str | Path) else given
    actors = {each.iso3: name for name, each in scenario.world.actors.items() if each.iso3}
    if not actors:
        mend = "give its actors their `iso3`, by which files of observations name states"
        raise InputError([Problem(f"no actor of '{scenario.world.name}' has a code", mend)])
    return read_observations(paths, actors, targets)


def frame(
    seen: Observations,
    measure: str,
    source: str,
    pairs: Collection[str],
    years: tuple[int, int],
) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """Rows for ``scoring.make_task``, and dyads left out as the world does not tie them.

    Nothing later than the last year is in it.

    Raises:
        InputError: where nothing can be learned or forecast.
    """
    known = seen.sources(measure)
    if source not in known:
        raise InputError([Problem(f"no source '{source}'", did_you_mean(source, known))])
    rows = seen[measure]
    rows = rows[rows["source"] == source]
    strangers = tuple(sorted({*rows["dyad"]} - {*pairs}))
    rows = rows[rows["dyad"].isin(list(pairs))]
    if rows.empty:
        mend = "bring observations of pairs that the world ties"
        raise InputError([Problem(f"no pair of the world has {measure}", mend)])
    first, last = years
    held = f"{rows['year'].min()} to {rows['year'].max()} were observed"
    if not (rows["year"] < first).any():
        what = f"nothing was observed before {first}, so there is nothing to learn from"
        mend = (
            f"choose a later first year ({held}), or name the file of earlier years as well "
            "(--observations may be given several times)"
        )
        raise InputError([Problem(what, mend)])
    if not rows["year"].between(first, last).any():
        mend = f"choose other years ({held}), or name the file of these years as well"
        raise InputError([Problem(f"nothing was observed from {first} to {last}", mend)])
    rows = rows[rows["year"] <= last].rename(columns={"error": "sampling"})
    return rows[["dyad", "year", "value", "sampling"]].reset_index(drop=True), strangers
