"""Which pictures `plot` draws: chosen from what a result or a file of claims can give."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from alliance_sim import store
from alliance_sim.cli.jobs import unwritable
from alliance_sim.errors import InputError, Problem
from alliance_sim.files import check_inside
from alliance_sim.report.folders import read_claims, read_result
from alliance_sim.spec.base import did_you_mean, directed_pair, undirected_pair

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

    folder = place if place.is_dir() and not store.is_runs(place) else place.parent
    chosen = _claims(place, wanted) if place.suffix == ".json" else _choose(place, folder, wanted)
    if out is None:
        check_inside(folder, [store.PLOTS])
    target = out or folder / store.PLOTS
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


def _choose(place: Path, folder: Path, wanted: Wanted) -> list[Drawing]:
    from alliance_sim.plots.files import DEFAULT, KINDS, drawings
    from alliance_sim.plots.studies import STUDIES

    commands = {kind: made for study in STUDIES for kind, made in study.kinds.items()}
    _check_kinds(wanted.kinds, [*KINDS, *commands])
    # What other commands left can be drawn where there are no runs.
    alone = bool(wanted.kinds) and set(wanted.kinds) <= commands.keys()
    result = None if alone and place.exists() else read_result(place)
    drawn = [*drawings(result.data, result.baseline)] if result and result.has_runs else []
    dyad = _dyad(wanted.dyad) if wanted.dyad else None
    asked = {each for each in (wanted.outcome, dyad) if each}
    usual = DEFAULT if drawn else commands
    kinds = wanted.kinds or tuple([*KINDS, *commands] if asked else usual)
    found = [*drawn, *_of_studies(folder, kinds, bool(wanted.kinds))]
    subjects = [each.subject for each in found if each.subject]
    _check_subject("outcome", wanted.outcome, [each for each in subjects if not _is_dyad(each)])
    _check_subject("dyad", dyad, [each for each in subjects if _is_dyad(each)])
    chosen = [
        each
        for each in found
        if each.kind in kinds and (_same(each.subject, asked) if asked else _usual(each, wanted))
    ]
    if not chosen:
        about = f" about {' or '.join(sorted(asked))}" if asked else ""
        made = [_how(commands[each], folder) for each in kinds if each in commands]
        reasons = result.notes if result and result.notes else dict.fromkeys(made)
        raise InputError([_nothing(" or ".join(kinds) + about, reasons)])
    return chosen


def _nothing(wanted: str, reasons: Iterable[str]) -> Problem:
    mend = "; ".join(each[:1].lower() + each[1:].rstrip(".") for each in reasons)
    what = f"this result gives no picture of kind {wanted}"
    return Problem(what, mend or "ask for another kind")


def _of_studies(folder: Path, kinds: Sequence[str], needed: bool) -> Iterator[Drawing]:
    """What can be drawn of the files beside the runs; where needed, they have to be there."""
    from alliance_sim.plots.studies import STUDIES

    problems = []
    for study in STUDIES:
        chosen = [kind for kind in kinds if kind in study.kinds]
        if chosen and (folder / study.file).is_file():
            yield from study.drawings(store.read(folder / study.file))
        elif needed:
            for kind in chosen:
                what = f"there is no {study.file} in '{folder}', from which '{kind}' is drawn"
                problems.append(Problem(what, _how(study.kinds[kind], folder)))
    if problems:
        raise InputError(problems)


def _how(command: str, folder: Path) -> str:
    return f"make it with `alliance-sim {command} --out {folder}`"


def _usual(drawing: Drawing, wanted: Wanted) -> bool:
    """Fans of dyads are drawn where fans are asked for, not among the default pictures."""
    return bool(wanted.kinds) or not _is_dyad(drawing.subject) or drawing.kind != "fan"


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


def _is_dyad(subject: str) -> bool:
    return bool(directed_pair(subject) or undirected_pair(subject))


def _dyad(text: str) -> str:
    """A dyad written a,b as a-b."""
    a, comma, b = (each.strip() for each in text.partition(","))
    return f"{a}-{b}" if comma else text


def _same(subject: str, asked: set[str]) -> bool:
    """Whether a subject is one of those asked for; an undirected dyad either way round."""
    a, sign, b = subject.partition("-")
    turned = f"{b}-{a}" if sign and not b.startswith(">") else subject
    return subject in asked or turned in asked
