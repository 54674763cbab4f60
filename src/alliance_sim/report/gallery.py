"""The pictures of a page, each with its words for those who cannot see it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from alliance_sim import plots
from alliance_sim.analysis import summary
from alliance_sim.plots.relations import When, mutual
from alliance_sim.report import words
from alliance_sim.report.folders import Result
from alliance_sim.report.pictures import Album, Picture
from alliance_sim.report.sentences import effect_sentence
from alliance_sim.report.tables import class_word, month, rows
from alliance_sim.report.validations import class_mark
from alliance_sim.validation import mark, said_of

if TYPE_CHECKING:
    import xarray as xr

View = Mapping[str, Any]


def class_picture(result: Result, album: Album, name: str) -> Picture:
    """Relation classes over the months."""
    relation = plots.style.relation(result.data, name)
    first, last = (_shares(result.data, name, place) for place in (0, -1))
    alt = f"{relation}, shares of runs in each class. {month(result.data, 0)}: {first}. "
    alt += f"{month(result.data, -1)}: {last}. {class_mark(result, name)}."
    caption = f"{relation}: share of runs in each class, month by month."
    return album.picture(plots.classes(result.data, name), alt, caption)


def _shares(data: xr.Dataset, name: str, place: int) -> str:
    shares = summary.class_shares(data, name, place)["share"]
    parts = [f"{class_word(str(k))} {words.percent(float(v))}" for k, v in shares.items() if v > 0]
    return ", ".join(parts)


def pictures(result: Result, album: Album) -> View:
    """Overview, fans, effects, network at both dates, matrix: as far as the data allow."""
    data, baseline = result.data, result.baseline
    names = summary.numeric_names(data)
    shown: list[Picture] = []
    if names or summary.classed_names(data):
        alt = f"Overview: {', '.join(plots.style.title_of(data[each]) for each in names[:4])}."
        shown.append(album.picture(plots.overview(data, baseline), alt, "Overview."))
    shown += [_fan(result, album, name) for name in names]
    if baseline is not None and names:
        drawn = plots.effects(data, baseline)
        table = summary.horizon_table(data, baseline)
        alt = " ".join(effect_sentence(result, str(name), row) for name, row in rows(table))
        caption = f"Difference from the baseline in {month(data, -1)}, run by run."
        shown.append(album.picture(drawn, f"Differences from the baseline. {alt}", caption))
    if {"alignment_first", "alignment_last"} <= set(data.data_vars):
        shown += _alignments(data, album)
    return {"pictures": shown}


def _fan(result: Result, album: Album, name: str) -> Picture:
    data, baseline = result.data, result.baseline
    title = plots.style.title_of(data[name])
    median, low, high = (
        summary.quantiles(data, name, (level,)).to_numpy()[0] for level in (0.5, 0.05, 0.95)
    )
    places = words.digits(float(low[-1]), float(high[-1]))
    alt = (
        f"{title} over the months. Median {words.plain(float(median[0]), places)} in "
        f"{month(data, 0)}, {words.plain(float(median[-1]), places)} in {month(data, -1)}, where "
        f"90% of runs lie between {words.plain(float(low[-1]), places)} and "
        f"{words.plain(float(high[-1]), places)}. {mark(said_of(data[name].attrs))}."
    )
    if baseline is not None:
        before = float(summary.quantiles(baseline, name, (0.5,)).to_numpy()[0, -1])
        alt += f" Baseline: median {words.plain(before, places)}."
    return album.picture(plots.fan(data, name, baseline=baseline), alt, f"{title}.")


def _alignments(data: xr.Dataset, album: Album) -> list[Picture]:
    """Network and matrix; the strongest ties are said in words."""
    found = []
    dates: tuple[tuple[When, int], ...] = (("first", 0), ("last", -1))
    for when, place in dates:
        ties = _strongest(data, when)
        alt = f"Network of alignments in {month(data, place)}. {ties}"
        caption = f"Alignments between all actors in {month(data, place)}."
        found.append(album.picture(plots.network(data, when), alt, caption))
    alt = f"Matrix of alignments in {month(data, -1)}. {_strongest(data, 'last')}"
    caption = f"Alignment of each actor (row) to each other (column) in {month(data, -1)}, median."
    return [*found, album.picture(plots.matrix(data), alt, caption)]


def _strongest(data: xr.Dataset, when: When) -> str:
    """The three friendliest and the three most hostile pairs, in words."""
    tie = mutual(data, when)
    names = plots.style.actor_names(data)
    pairs = [(tie[i, j], f"{names[j]}–{names[i]}") for i in range(len(names)) for j in range(i)]
    ordered = sorted(pairs, reverse=True)
    near = ", ".join(f"{name} {words.signed(float(v), 2)}" for v, name in ordered[:3])
    far = ", ".join(f"{name} {words.signed(float(v), 2)}" for v, name in ordered[:-4:-1])
    return f"Friendliest: {near}. Most hostile: {far}."
