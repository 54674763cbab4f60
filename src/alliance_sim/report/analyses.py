"""What other commands left in a folder of results, each shown if it is there and can be read."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from alliance_sim import plots, store
from alliance_sim.analysis import attribution
from alliance_sim.errors import InputError
from alliance_sim.files import regular_text
from alliance_sim.report import words
from alliance_sim.report.folders import Result
from alliance_sim.report.pictures import Album, Picture
from alliance_sim.report.tables import month
from alliance_sim.validation import mark, said_of
from alliance_sim.wording import counted

if TYPE_CHECKING:
    import xarray as xr

View = Mapping[str, Any]

CAUSES = 12
"""Causes named in a table; the rest is one row."""
_MOST_LOG = 2**23
LONGEST_LOG = 20_000
"""Characters of the story of a run that go into a page."""


def read(result: Result, name: str) -> tuple[xr.Dataset | None, str]:
    """A dataset beside a result, or else why there is none.

    Returns:
        The dataset, or None; and what to tell the reader, empty where there is nothing to tell.
    """
    file = result.beside(name)
    if file is None:
        return None, ""
    try:
        found = store.read(file)
    except InputError as error:
        told = "; ".join(dict.fromkeys([each.what for each in error.problems]))
        mend = error.problems[0].mend
        return None, f"{name} could not be read: {told}; {mend}.".replace(f"'{file}'", "it")
    if not result.has_runs:
        return found, ""
    ours = words.known(result.data.attrs, "scenario_hash")
    # A comparison of several scenarios has the hashes of all.
    if ours not in f"{found.attrs.get('scenario_hash')} {found.attrs.get('scenarios')}":
        return found, f"{name} was made from another state of the scenario than the result."
    return found, other_draws(result, name, found.attrs)


def other_draws(result: Result, name: str, about: Mapping[Any, Any]) -> str:
    """What to tell where an analysis has another seed or number of runs than the result."""
    if not result.has_runs or "seed" not in about:
        return ""
    runs = int(about.get("runs", result.runs))
    seeds = [words.known(each, "seed") for each in (about, result.data.attrs)]
    if seeds[0] == seeds[1] and runs == result.runs:
        return ""
    return (
        f"{name} rests on {counted(runs, 'run')} of seed {seeds[0]}, the result on "
        f"{counted(result.runs, 'run')} of seed {seeds[1]}."
    )


def explanation(result: Result, album: Album) -> View | None:
    """What moved alignments, and the stories of runs that were told."""
    found, note = read(result, store.EXPLANATION)
    stories = [*_stories(result)]
    if found is None and not note and not stories:
        return None
    view: dict[str, Any] = {"note": note, "stories": stories, "dyads": []}
    if found is None:
        return view
    dyads = [str(each) for each in found["dyad"].to_numpy()]
    return view | {
        "dyads": [_moved(found, dyad, album) for dyad in dyads],
        "against": words.known(found.attrs, "against"),
        "runs": words.runs(found.attrs),
        "when": month(found, -1),
        "mark": mark(said_of(found.attrs)),
    }


def _moved(found: xr.Dataset, dyad: str, album: Album) -> View:
    """The largest causes of a dyad's change, the rest, and the whole."""
    rows = attribution.table(found, dyad).to_dict("records")
    whole = found.sel(dyad=dyad).isel(month=-1)
    total = {"mean": float(whole["effect"])} | {
        each: float(whole[f"effect_{each}"]) for each in ("error", "q05", "q95")
    }
    title = plots.style.subject(found, "alignment", dyad)
    shown = [_cause(row) for row in rows[:CAUSES]]
    if rest := rows[CAUSES:]:
        left = words.signed(sum(row["mean"] for row in rest), 3)
        shown.append({"name": f"{len(rest)} other causes", "mean": left, "error": "", "spread": ""})
    largest = ", ".join(f"{row['name']} {words.signed(row['mean'], 3)}" for row in rows[:3])
    alt = f"What moved it: {title}, stacked over the months. Largest by the last: {largest}."
    moved = album.picture(plots.attribution(found, dyad), alt, f"What moved it: {title}.")
    return {
        "title": title,
        "rows": shown,
        "whole": _cause({"name": "all together", **total}),
        "pictures": [moved, *_weighed(found, dyad, title, album)],
    }


def _weighed(found: xr.Dataset, dyad: str, title: str, album: Album) -> Iterator[Picture]:
    """What the decisions behind an alignment weighed, where the file says it."""
    if not {"weighed", "direction"} <= {*map(str, found.variables)}:
        return
    last = plots.attributions.terms(found, dyad)[:, -1]
    names = [str(each) for each in found["cause_name"].to_numpy()]
    order = sorted(range(len(names)), key=lambda place: -abs(last[place]))
    largest = ", ".join(f"{names[k]} {words.signed(float(last[k]), 3)}" for k in order[:3])
    alt = f"What was weighed: {title}, terms of utility by month. Largest by the last: {largest}."
    caption = f"What decisions weighed: {title}. Above zero speaks for a closer posture."
    yield album.picture(plots.attribution(found, dyad, of="utility"), alt, caption)


def _cause(row: Mapping[Any, Any]) -> View:
    return {
        "name": row["name"],
        "mean": words.signed(row["mean"], 3),
        "error": words.error(row["error"], 3),
        "spread": f"{words.signed(row['q05'], 3)} to {words.signed(row['q95'], 3)}",
    }


def _stories(result: Result) -> Iterator[View]:
    """Logs of single runs, in the order of runs."""
    if result.alone:
        return
    for number, file in sorted(_logs(result.folder)):
        try:
            text = regular_text(file, _MOST_LOG)
        except (OSError, ValueError):
            continue
        cut = len(text) > LONGEST_LOG
        yield {"run": number, "cut": cut, "file": file.name, **_told(text[:LONGEST_LOG])}


def _told(text: str) -> View:
    """What a log says by month, with the lines before and after."""
    about: list[str] = []
    rows: list[tuple[str, list[str]]] = []
    for line in filter(None, text.splitlines()):
        if found := re.match(r"(\d{4}-\d{2}): ", line):
            rows.append((found[1], line[found.end() :].split("; ")))
        else:
            about.append(line)
    return {"about": about, "rows": rows}


def _logs(folder: Path) -> Iterator[tuple[int, Path]]:
    before, after = store.LOG.split("{run}")
    for file in folder.glob(store.LOG.format(run="*")):
        if found := re.fullmatch(rf"{re.escape(before)}(\d+){re.escape(after)}", file.name):
            yield int(found[1]), file
