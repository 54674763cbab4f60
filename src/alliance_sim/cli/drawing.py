"""Which pictures `plot` draws: chosen from what a result or a file of claims can give."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from alliance_sim.cli.jobs import unwritable
from alliance_sim.errors import InputError, Problem
from alliance_sim.report.folders import Result, read_claims, read_result
from alliance_sim.spec.base import did_you_mean

if TYPE_CHECKING:
    from alliance_sim.plots.files import Drawing


@dataclass(frozen=True)
class Wanted:
    """What the command line asks for."""

    kinds: tuple[str, ...] = ()
    outcome: str | None = None
    dyad: str | None = None
    form: str = "png"


def draw(place: Path, wanted: Wanted, out: Path | None) -> Iterator[Path]:
    """Draw what is wanted of a folder or file, and give the paths of the pictures.

    Raises:
        InputError: where there is nothing to draw, or nothing like what is wanted.
    """
    from alliance_sim.plots.files import write_drawings

    claims = place.suffix == ".json"
    if claims:
        folder, chosen = place.parent, _claims(place, wanted)
    else:
        result = read_result(place)
        folder, chosen = result.folder, _choose(result, wanted)
    target = out or folder / "plots"
    try:
        yield from write_drawings(chosen, target, wanted.form)
    except (OSError, ValueError) as error:  # ValueError: a null character in the name
        raise unwritable(target, error) from error


def _claims(place: Path, wanted: Wanted) -> list[Drawing]:
    from alliance_sim import plots
    from alliance_sim.plots.files import Drawing

    unknown = [each for each in wanted.kinds if each != "forest"]
    if unknown or wanted.outcome or wanted.dyad:
        mend = "leave --kind, --outcome and --dyad out, or name a folder of results"
        raise InputError([Problem("claims are drawn as a forest plot alone", mend)])
    return [Drawing("forest", "", partial(plots.forest, read_claims(place)))]


def _choose(result: Result, wanted: Wanted) -> list[Drawing]:
    from alliance_sim.plots.files import DEFAULT, KINDS, drawings

    _check_kinds(wanted.kinds, KINDS)
    dyad = _dyad(wanted.dyad) if wanted.dyad else None
    found = [*drawings(result.data, result.baseline)]
    _check_subject("outcome", wanted.outcome, [s for s in _subjects(found) if "-" not in s])
    _check_subject("dyad", dyad, [s for s in _subjects(found) if "-" in s])
    asked = {each for each in (wanted.outcome, dyad) if each}
    kinds = wanted.kinds or (KINDS if asked else tuple(DEFAULT))
    chosen = [
        each
        for each in found
        if each.kind in kinds and (_same(each.subject, asked) if asked else _usual(each, wanted))
    ]
    if not chosen:
        what = f"this result gives no picture of kind {' or '.join(kinds)}"
        about = f" about {' or '.join(sorted(asked))}" if asked else ""
        mend = "; ".join(result.notes).lower().rstrip(".") or "ask for another kind"
        raise InputError([Problem(what + about, mend)])
    return chosen


def _usual(drawing: Drawing, wanted: Wanted) -> bool:
    """Fans of dyads are drawn where fans are asked for, not among the default pictures."""
    return bool(wanted.kinds) or "-" not in drawing.subject or drawing.kind != "fan"


def _check_kinds(kinds: Sequence[str], known: Sequence[str]) -> None:
    problems = []
    for each in kinds:
        if each == "forest":
            mend = "name a file that `alliance-sim claims --json` printed"
            problems.append(Problem("a forest plot is drawn from claims", mend))
        elif each not in known:
            problems.append(Problem(f"unknown kind '{each}'", did_you_mean(each, known)))
    if problems:
        raise InputError(problems)


def _check_subject(what: str, wanted: str | None, known: Sequence[str]) -> None:
    if wanted is not None and not any(_same(each, {wanted}) for each in known):
        problem = Problem(f"this result has no {what} '{wanted}'", did_you_mean(wanted, known))
        raise InputError([problem])


def _subjects(found: Sequence[Drawing]) -> list[str]:
    return [each.subject for each in found if each.subject]


def _dyad(text: str) -> str:
    """A dyad written a,b as a-b."""
    a, comma, b = (each.strip() for each in text.partition(","))
    return f"{a}-{b}" if comma else text


def _same(subject: str, asked: set[str]) -> bool:
    """Whether a subject is one of those asked for; an undirected dyad either way round."""
    a, sign, b = subject.partition("-")
    turned = f"{b}-{a}" if sign and not b.startswith(">") else subject
    return subject in asked or turned in asked
