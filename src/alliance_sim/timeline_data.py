"""What changed from outside, year by year, from the same data as a world's initial values.

Capability, pressure and treaties of each year are read with the formulas of
:mod:`alliance_sim.initial_state`, and every change that is large enough becomes an intervention of
January of its year. Nothing is read from votes, trade or arms, which a run is to be held against.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import combinations, pairwise, permutations
from pathlib import Path
from typing import Any

from alliance_sim import initial_state as initial
from alliance_sim.errors import InputError, Problem
from alliance_sim.initial_state import InitialState, Pair, Tables

CAPABILITY_STEP = 0.1
"""Share of the last value by which a capability has to differ to count as changed; judgement:
threat grows with the root of capability, so this moves it by a twentieth."""
COERCION_STEP = 0.05
"""Difference in coercion, unit, that counts as a change; judgement: half of what one dispute with
an exchange of force leaves a year later."""
EUSANCT_TO = 2015
"""Last year that EUSANCT covers."""

Change = tuple[dict[str, Any], str]
"""An intervention and its source."""


@dataclass(frozen=True)
class DataTimeline:
    """Interventions, in order of time, each with a source."""

    until: int
    command: str
    changes: tuple[Change, ...]

    def to_yaml(self) -> str:
        """The interventions as a part of a scenario, the same text for the same values."""
        lines = [
            f"# Made by `{self.command}`;",
            "# edit the command or the data, not this file.",
            "interventions:",
            *(f"  - {_flow(item)}" for item, _ in self.changes),
            "sources:",
            *(f"  {item['id']}: {json.dumps(source)}" for item, source in self.changes),
        ]
        return "\n".join(lines) + "\n"


@dataclass(frozen=True)
class Treaties:
    """Treaties that come or go within the years, as agreements of a world."""

    agreements: dict[str, dict[str, Any]]
    depth: dict[Pair, float]
    """Depth of those in force at the base date, which is no part of measured commitment."""
    changes: tuple[Change, ...]


@dataclass(frozen=True)
class _Frame:
    """What every series is read with."""

    tables: Tables
    years: tuple[int, ...]
    """The base year and all that follow it."""
    ids: dict[str, str]
    """Iso3 of the chosen actors: id."""
    names: dict[str, str]
    """Iso3 of every state of the data: name."""

    @property
    def pairs(self) -> list[Pair]:
        """Pairs of iso3 codes, alphabetical."""
        return list(combinations(sorted(self.ids), 2))


def with_timeline(
    data: Path, year: int, until: int, actors: Sequence[str] | None = None
) -> tuple[InitialState, DataTimeline]:
    """The initial values at the end of ``year``, and what changed from outside to ``until``.

    The initial values are those of ``initial_state(data, year, actors)``, but for treaties that
    come or go within the years: these are agreements, and their depth is taken out of commitment.
    Raises InputError as that function does, and where ``until`` does not follow ``year``.
    """
    state = initial.initial_state(data, year, actors)
    if until <= year:
        what = f"a timeline to {until} does not follow {year}"
        raise InputError([Problem(what, "choose a later last year")])
    frame = _frame(data, year, until, state)
    treaties = _treaties(frame)
    changes = sorted(
        [*_capability(frame), *_coercion(frame), *treaties.changes],
        key=lambda change: (change[0]["at"], change[0]["id"]),
    )
    chosen = f" --actors {','.join(state.chosen)}" if state.chosen else ""
    command = f"alliance-sim initial-state --data DIR --year {year}{chosen} --until {until}"
    timeline = DataTimeline(until, f"{command} --timeline FILE", tuple(changes))
    return _with_treaties(state, treaties, timeline), timeline


def _frame(data: Path, year: int, until: int, state: InitialState) -> _Frame:
    tables = initial.read_tables(data, until)
    states = tables["states.csv"]
    names = {row["iso3"]: initial.plain_name(row["name"]) for row in states.to_dict("records")}
    ids = {str(actor["iso3"]): name for name, actor in state.actors.items()}
    return _Frame(tables, tuple(range(year, until + 1)), ids, names)


# --- Capability ------------------------------------------------------------------------------


def _capability(frame: _Frame) -> Iterator[Change]:
    """Changes of the share of world capability."""
    series = {
        year: initial.read_state_series(frame.tables, "nmc_cinc", year) for year in frame.years
    }
    for iso, actor in frame.ids.items():
        values = {year: round(series[year][iso], 4) for year in frame.years}
        for year, level in _steps(values, lambda last: CAPABILITY_STEP * last):
            change = {
                "id": f"capability_{actor}_{year}",
                "about": f"Capability of {frame.names[iso]} in {year}.",
                "at": f"{year}-01",
                "capability": {"of": actor, "level": level},
            }
            yield change, f"nmc: CINC {year}, share of world capability"


# --- Pressure --------------------------------------------------------------------------------


def _coercion(frame: _Frame) -> Iterator[Change]:
    """Changes of coercion by the formula of the initial values."""
    evidence = {year: _pressure(frame, year) for year in frame.years}
    for a, b in permutations(sorted(frame.ids), 2):
        by, on = frame.ids[a], frame.ids[b]
        seen = {year: evidence[year][a, b] for year in frame.years}
        values = {year: round(initial.coercion(*each), 4) for year, each in seen.items()}
        for year, level in _steps(values, lambda _: COERCION_STEP):
            what, sent = seen[year]
            change = {
                "id": f"coercion_{by}_{on}_{year}",
                "about": f"Pressure of {frame.names[a]} on {frame.names[b]} in {year}.",
                "at": f"{year}-01",
                "coercion": {"by": by, "on": on, "level": level},
            }
            source = _sanctions_reference(frame.years[0], year)
            yield (
                change,
                (
                    f"{source}, mid, ucdp: sanctions {sent:.2f}, disputes {what.disputes:.2f}, "
                    f"war {what.war:g}"
                ),
            )


def _pressure(frame: _Frame, year: int) -> dict[Pair, tuple[initial.Evidence, float]]:
    """Disputes, war, and the sanctions sent, of each directed pair at the end of a year."""
    disputes = initial.read_disputes(frame.tables, year)
    war = initial.read_latest(frame.tables, "ucdp_interstate", year)
    defended = initial.read_sides(frame.tables, year).supports
    sanctions = _sanctions(frame, year)
    found = {}
    for a, b in permutations(sorted(frame.ids), 2):
        pair = (min(a, b), max(a, b))
        seen = initial.Evidence(
            disputes=disputes.get(pair, 0.0), war=initial.war_share(war.get(pair))
        )
        found[a, b] = seen, 0.0 if (a, b) in defended else sanctions.get((a, b), 0.0)
    return found


def _sanctions(frame: _Frame, year: int) -> dict[Pair, float]:
    """Share of the sanctions scale of each (sender, target), on the scale of the base year.

    EUSANCT and GSDB measure differently, so that going from one to the other would be a change
    that never happened. A timeline that begins with EUSANCT stays with it, and moves on after its
    last year by the changes in GSDB.
    """
    base = frame.years[0]
    if base >= initial.GSDB_FROM:
        return initial.read_sanctions(frame.tables, year, frame.names)
    found = initial.read_eusanct(frame.tables, min(year, EUSANCT_TO))
    if year <= EUSANCT_TO:
        return found
    before, after = (
        initial.read_sanctions(frame.tables, each, frame.names) for each in (EUSANCT_TO, year)
    )
    return {
        pair: min(
            1.0,
            max(0.0, found.get(pair, 0.0) + after.get(pair, 0.0) - before.get(pair, 0.0)),
        )
        for pair in sorted({*found, *before, *after})
    }


def _sanctions_reference(base: int, year: int) -> str:
    if base >= initial.GSDB_FROM:
        return "gsdb, eu_treaties"
    return "eusanct, eu_treaties" if year <= EUSANCT_TO else "eusanct, gsdb, eu_treaties"


# --- Treaties --------------------------------------------------------------------------------


def _treaties(frame: _Frame) -> Treaties:
    """Treaties that come or go, in slabs of obligation.

    The values that the obligation of a pair takes over the years cut it into slabs. A slab is in
    force in the years in which the obligation reaches its upper end; one that is in force
    throughout stays where it is, in commitment.
    """
    obligation = {year: _obligation(frame, year) for year in frame.years}
    agreements: dict[str, dict[str, Any]] = {}
    depth: dict[Pair, float] = {}
    changes: list[Change] = []
    for pair in frame.pairs:
        values = {year: obligation[year].get(pair, 0.0) for year in frame.years}
        for low, high in pairwise(sorted(set(values.values()))):
            parties = sorted(frame.ids[iso] for iso in pair)
            name = f"treaty_{'_'.join(parties)}_{round(100 * high)}"
            slab = round(initial.DEFAULT.commitment_treaty * (high - low), 4)
            in_force = {year: value >= high for year, value in values.items()}
            if in_force[frame.years[0]]:
                depth[pair] = round(depth.get(pair, 0.0) + slab, 4)
            agreements[name] = _agreement(frame, pair, (low, high), slab, in_force)
            changes += _turns(name, parties, in_force)
    return Treaties(agreements, depth, tuple(changes))


def _obligation(frame: _Frame, year: int) -> dict[Pair, float]:
    """Obligation of the strongest clause between each pair, half of it between rivals."""
    rivals = initial.read_rivalries(frame.tables, year)
    return {
        pair: round(value * (initial.DEFAULT.treaty_of_rivals if pair in rivals else 1.0), 4)
        for pair, value in initial.read_treaties(frame.tables, year).items()
    }


def _agreement(
    frame: _Frame,
    pair: Pair,
    slab: tuple[float, float],
    depth: float,
    in_force: dict[int, bool],
) -> dict[str, Any]:
    parties = sorted(frame.ids[iso] for iso in pair)
    names = " and ".join(sorted(frame.names[iso] for iso in pair))
    drafted = {} if in_force[frame.years[0]] else {"in_force": False}
    return {
        "name": f"Treaty obligations of {names} from {slab[0]:g} to {slab[1]:g}",
        "parties": parties,
        "depth": depth,
        **drafted,
        "source": f"atop, thompson: {initial.DEFAULT.commitment_treaty} of the obligation, "
        f"{_span(in_force)}; depth judgement: as in commitment",
    }


def _span(in_force: dict[int, bool]) -> str:
    """The years in which a slab is in force, in words."""
    years = [year for year, there in in_force.items() if there]
    breaks = [0, *(n + 1 for n, (a, b) in enumerate(pairwise(years)) if b > a + 1), len(years)]
    return "in force " + " and ".join(f"{years[a]}-{years[b - 1]}" for a, b in pairwise(breaks))


def _turns(agreement: str, parties: list[str], in_force: dict[int, bool]) -> Iterator[Change]:
    """Both parties join in the year in which it comes into force, and let it lapse at its end."""
    for (_, before), (year, after) in pairwise(in_force.items()):
        for party in parties if before != after else ():
            does = "join" if after else "lapse"
            change = {
                "id": f"{agreement}_{year}_{party}",
                "about": f"{'Signed' if after else 'No longer in force'} in {year}.",
                "at": f"{year}-01",
                "agreement": {"id": agreement, "party": party, "does": does},
            }
            yield change, f"atop, thompson: treaties in force in {year}"


def _with_treaties(state: InitialState, treaties: Treaties, timeline: DataTimeline) -> InitialState:
    """The initial values without what is declared as agreements, and with the references added."""
    iso = {name: str(actor["iso3"]) for name, actor in state.actors.items()}
    dyads = {}
    for key, values in state.dyads.items():
        a, b = sorted(iso[name] for name in key.split("-"))
        depth = treaties.depth.get((a, b), 0.0)
        dyads[key] = {**values, "commitment": round(values["commitment"] - depth, 4)}
    texts = [source for _, source in timeline.changes]
    texts += [str(each["source"]) for each in treaties.agreements.values()]
    cited = {word for text in texts for word in re.findall(r"\w+", text.split(":")[0])}
    references = {
        key: text
        for key, text in initial.REFERENCES.items()
        if key in state.references or key in cited
    }
    return replace(
        state,
        references=references,
        dyads=dyads,
        agreements=treaties.agreements,
        until=timeline.until,
    )


# --- Common ------------------------------------------------------------------------------------


def _steps(values: dict[int, float], step: Callable[[float], float]) -> Iterator[tuple[int, float]]:
    """The years, with their values, in which a series has moved by more than a step.

    It is counted from the last value that was written, so that slow changes are not lost.
    """
    (_, last), *rest = values.items()
    for year, value in rest:
        if abs(value - last) > step(last):
            yield year, value
            last = value


def _flow(item: dict[str, Any]) -> str:
    """A mapping on one line."""
    inside = (
        f"{key}: {_flow(value) if isinstance(value, dict) else value}"
        for key, value in item.items()
    )
    return "{" + ", ".join(inside) + "}"
