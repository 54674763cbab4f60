"""From records to what is measured of each dyad and year, as ``docs/observations.md`` says."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from itertools import combinations

import pandas as pd

from alliance_sim.observations.records import TRADE_SOURCES, Records

COLUMNS = ("dyad", "year", "value", "error", "source")
"""Columns of the table of a measure; targeted votes have a ``weight`` besides."""
ARMS_YEARS = 5
"""Years over which deliveries are added up, as SIPRI does to compare transfers."""

Row = tuple[object, ...]


def dyad_of(one: str, other: str) -> str:
    """The name of a dyad: the two ids in alphabetical order, as worlds write it."""
    return "-".join(sorted((one, other)))


def frame_of(
    measure: str, records: Records, actors: Mapping[str, str], targets: Mapping[str, str]
) -> pd.DataFrame:
    """The tidy table of a measure: a row for each dyad, year and source, in that order."""
    columns = [*COLUMNS]
    rows: Iterable[Row]
    if measure == "targeted_votes":
        columns.append("weight")
        rows = _targeted_votes(records, actors, targets)
    else:
        makers: dict[str, Callable[[Records, Mapping[str, str]], Iterable[Row]]] = {
            "votes": _votes,
            "ideal_points": _ideal_points,
            "arms": _arms,
            "trade": _trade,
        }
        rows = makers[measure](records, actors)
    frame = pd.DataFrame([*rows], columns=columns)
    return frame.sort_values(["dyad", "year", "source"], ignore_index=True)


def _votes(records: Records, actors: Mapping[str, str]) -> Iterable[Row]:
    """``kappa_w``, and its standard error if all votes were independent."""
    for (a, b, year, source), (kappa, error) in records.found.items():
        yield dyad_of(actors[str(a)], actors[str(b)]), year, kappa, error, source


def _ideal_points(records: Records, actors: Mapping[str, str]) -> Iterable[Row]:
    """Distance of the two points; its error as if the two were estimated independently."""
    by_year: dict[object, dict[str, tuple[float, ...]]] = defaultdict(dict)
    for (iso, when), values in records.found.items():
        by_year[when][actors[str(iso)]] = values
    for year, points in by_year.items():
        for one, other in combinations(sorted(points), 2):
            (a, sd_a), (b, sd_b) = points[one], points[other]
            yield dyad_of(one, other), year, abs(a - b), math.hypot(sd_a, sd_b), "ideal_points"


def _arms(records: Records, actors: Mapping[str, str]) -> Iterable[Row]:
    """log(1 + million TIV, both ways, over five years); what a file covers and lacks is none."""
    known: dict[tuple[str, str], set[int]] = defaultdict(set)
    for states, covered in records.covered:
        for one, other in combinations(sorted(states), 2):
            known[one, other].update(covered)
    flows: dict[tuple[str, str, int], float] = defaultdict(float)
    for (supplier, recipient, year), (tiv,) in records.found.items():
        pair = sorted((str(supplier), str(recipient)))
        flows[pair[0], pair[1], int(year)] += tiv  # an empty cell makes the year unknown: NaN
    for (one, other), years in known.items():
        for year in years:
            span = range(year - ARMS_YEARS + 1, year + 1)
            total = sum(flows.get((one, other, each), 0.0) for each in span)
            if years.issuperset(span) and not math.isnan(total):
                yield dyad_of(actors[one], actors[other]), year, math.log1p(total), 0.0, "sipri"


def _trade(records: Records, actors: Mapping[str, str]) -> Iterable[Row]:
    """log(1 + million USD, both ways); a year of which one way is not known is left out.

    Interpolated flows stand only where the source that they complete has none of the year.
    """
    ways: dict[tuple[str, int, str], list[float]] = defaultdict(list)
    for (exporter, importer, year, source), (flow,) in records.found.items():
        dyad = dyad_of(actors[str(exporter)], actors[str(importer)])
        ways[dyad, int(year), str(source)].append(flow)
    both = {key: sum(flows) for key, flows in ways.items() if len(flows) == 2}
    for source in TRADE_SOURCES:
        for (dyad, year, its_source), total in both.items():
            completes = source == "cow_smooth" and (dyad, year, "cow") in both
            if source == its_source and not completes:
                yield dyad, year, math.log1p(total), 0.0, source


def _targeted_votes(
    records: Records, actors: Mapping[str, str], targets: Mapping[str, str]
) -> Iterable[Row]:
    """1 with those the resolution is aimed at, 0 for abstention, -1 against them.

    Aimed at is the target that the file names, else that of its topic, else who voted no; where
    they are several, each has a row with its part of the weight.
    """
    codes = {actor: iso for iso, actor in actors.items()}
    resolutions: dict[tuple[str, str, str, int], dict[str, float]] = defaultdict(dict)
    for (name, topic, target, year, iso), (stand,) in records.found.items():
        resolutions[str(name), str(topic), str(target).upper(), int(year)][str(iso)] = stand
    for (name, topic, target, year), stands in resolutions.items():
        named = target or codes.get(targets.get(topic, ""), "")
        aimed = [named] if named else [iso for iso, stand in stands.items() if stand > 0]
        for voter, stand in stands.items():
            others = [each for each in aimed if each != voter and each in actors]
            for other in others:
                dyad = dyad_of(actors[voter], actors[other])
                # Both may have voted on each other's behalf: the voter tells the rows apart.
                yield dyad, year, stand, 0.0, f"{name} {actors[voter]}", 1 / len(others)
