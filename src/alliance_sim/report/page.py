"""Results to one HTML file."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from alliance_sim import store
from alliance_sim.errors import InputError, Problem
from alliance_sim.files import write_text
from alliance_sim.report import tables, words
from alliance_sim.report.folders import Result, read_claims, read_results
from alliance_sim.report.parts import PARTS, Extras, hashes


def write(
    results: str | Path | Iterable[str | Path],
    file: str | Path | None = None,
    claims: str | Path | None = None,
) -> Path:
    """Write one self-contained HTML page about one or more results.

    Args:
        results: a folder of results or a file of runs, or several of them.
        file: where to write; left out, ``report.html`` in the folder of the first result.
        claims: a file that ``alliance-sim claims --json`` printed, for the verdicts.

    Returns:
        The path of the page.

    Raises:
        InputError: where a folder or file cannot be read, or the page cannot be written.
    """
    places = [results] if isinstance(results, str | Path) else [*results]
    read, judged = _read(places, None if claims is None else Path(claims))
    target = Path(file) if file is not None else read[0].folder / store.REPORT
    text = page(read, judged)
    try:
        write_text(target, text)
    except (OSError, ValueError) as error:  # ValueError: a null character in the name
        reason = str(getattr(error, "strerror", None) or error).lower()
        problem = Problem(f"cannot write to '{target}': {reason}", "choose another file with -o")
        raise InputError([problem]) from error
    return target


def _read(places: Sequence[str | Path], claims: Path | None) -> tuple[list[Result], Any]:
    """Results and verdicts; what is wrong with either is told together."""
    problems: list[Problem] = []
    read: list[Result] = []
    judged: Any = None
    try:
        read = read_results(places)
    except InputError as error:
        problems += error.problems
    try:
        judged = read_claims(claims) if claims is not None else None
    except InputError as error:
        problems += error.problems
    if not places:
        problems.append(Problem("there is no result to report", "name a folder of results"))
    if problems:
        raise InputError(problems)
    return read, judged


def page(results: Sequence[Result], claims: Any = None) -> str:
    """The page about some results, as text; the same results give the same text.

    Args:
        results: what :func:`alliance_sim.report.folders.read_results` read, at least one.
        claims: what :func:`alliance_sim.report.folders.read_claims` read, for the verdicts.
    """
    extras = Extras(claims=claims)
    sections = [_section(place, result, extras) for place, result in enumerate(results, 1)]
    several = len(results) > 1
    return (
        _environment()
        .get_template("page.html")
        .render(
            title=f"{len(results)} results" if several else sections[0]["title"],
            sections=sections,
            several=several,
            across=tables.across(results) if several else [],
            level=3 if several else 2,
            style=Markup(_style()),
            version=_version(),
        )
    )


def _section(place: int, result: Result, extras: Extras) -> dict[str, Any]:
    parts = [part for part in PARTS if result.has_runs or part.without_runs]
    found = [(part, part.find(result, extras)) for part in parts]
    return {
        "id": f"result-{place}",
        "title": words.known(result.data.attrs, "title"),
        "question": str(result.data.attrs.get("question") or ""),
        "runs": result.runs,
        "seed": words.known(result.data.attrs, "seed"),
        "hashes": [each[:12] for each in hashes(result.data.attrs)],
        "start": tables.month(result.data, 0),
        "end": tables.month(result.data, -1),
        "parts": [
            {"id": f"result-{place}-{part.name}", "part": part, "view": view}
            for part, view in found
            if view is not None
        ],
    }


@lru_cache(maxsize=1)
def _environment() -> Environment:
    return Environment(
        loader=PackageLoader("alliance_sim.report"),
        autoescape=True,
        finalize=_printable,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def _printable(value: Any) -> Any:
    """Text without control characters; what is markup has been cleaned already."""
    return value if isinstance(value, Markup) or not isinstance(value, str) else words.clean(value)


def _style() -> str:
    return files("alliance_sim.report").joinpath("templates/style.css").read_text(encoding="utf-8")


def _version() -> str:
    from importlib.metadata import version

    return version("alliance-sim")
