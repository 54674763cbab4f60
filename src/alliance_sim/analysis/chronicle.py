"""The story of one run in plain sentences: what came from outside, what actors made of it.

A sentence about what an actor weighs or decides is about a difference: from the same run of the
baseline, which shares every draw, so that only the scenario can have made it; or, without one, from
the base date.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from alliance_sim.analysis.attribution import parts, weighed
from alliance_sim.analysis.summary import check_paired
from alliance_sim.results import Event, class_names

if TYPE_CHECKING:
    import xarray as xr

Doubles = npt.NDArray[np.float64]
Words = Mapping[str, Mapping[str, str]]
"""Kind (actors, arenas, agreements, domains) -> id -> name."""

LEAST_TERM = 0.1
"""Change of a term of utility that is worth a sentence; judgement: a tenth of the distance between
the rungs of the shipped ladder."""
LEAST_STEP = 0.05
"""Change of alignment that is worth a sentence; judgement: the usual smallest effect of
interest."""
_AT_ONCE = 3  # changes of one intervention in one month that are named
_EXTREME = (0, 4)  # to coerce, to commit
_LARGEST = 4  # causes named in the final account
_SILENT = ("relation", "momentum", "chance", "bound")

VERBS = (
    "coerces {b}",
    "keeps its distance from {b}",
    "holds its posture towards {b}",
    "cooperates with {b}",
    "commits itself to {b}",
)
INSTEAD = (
    "coercing it",
    "keeping its distance",
    "holding still",
    "cooperating",
    "committing itself",
)

TERMS = {
    "mechanism.common_threat": "the threat that {a} shares with {b}",
    "mechanism.direct_threat": "the threat that {a} feels from {b}",
    "mechanism.structural_balance": "what {a} and {b} like and dislike together",
    "mechanism.issue_agreement": "{a_s} agreement with {b} on issues",
    "mechanism.abandonment": "{a_s} fear of being abandoned by {b}",
    "mechanism.entrapment": "{a_s} fear of being drawn into {b_s} quarrels",
    "mechanism.reputation": "{b_s} reputation with {a}",
    "mechanism.dependence": "{a_s} need for {b}",
    "mechanism.hedging": "what standing close to {b} costs {a}",
    "mechanism.commitment": "the institutions that bind {a} to {b}",
    "mechanism.government": "the leaning of {a_s} government to {b}",
}
"""What a mechanism is called in a sentence about a and b."""


_SUBJECTS: dict[str, tuple[tuple[str, ...], str]] = {
    "coercion": (("actors", "actors"), "{0} coercion on {1}"),
    "presence": (("actors", "arenas"), "{0} forces in {1}"),
    "arena": (("arenas",), "{0}"),
    "standing": (("agreements", "actors"), "{1} standing in {0}"),
    "doubt": (("agreements", "actors"), "{1} standing in {0}"),
    "capability": (("actors",), "{0} capability"),
    "channel": (("domains", ""), "the channel of {0} between {1}"),
}
"""Kind of event -> kinds of the names in it, and how they are put; an empty kind is a pair."""
_OWNERS = {"coercion": 0, "presence": 0, "standing": 1, "doubt": 1, "capability": 0}
"""Which of the names owns the rest."""


@dataclass(frozen=True)
class Entry:
    """A sentence of a chronicle."""

    month: str
    """YYYY-MM; what was decided in it, or is so at its beginning."""
    kind: str
    """``outside``, ``weighs``, ``decides``, ``follows``, or ``account`` at the end."""
    text: str

    def __str__(self) -> str:
        return f"{self.month}: {self.text}"


@dataclass(frozen=True)
class Chronicle:
    """The story of one run."""

    title: str
    seed: int
    run: int
    against: str
    """Title of the baseline, or empty."""
    entries: tuple[Entry, ...]

    def heading(self) -> str:
        """Which run this is the story of."""
        against = f", against run {self.run} of '{self.against}'" if self.against else ""
        return f"{self.title}: run {self.run} of seed {self.seed}{against}"

    def legend(self) -> str:
        """What the numbers in brackets are."""
        whole = " less the same in the baseline" if self.against else ""
        return f"In brackets: utility of a closer posture in that month{whole}; of: of the sum."

    def lines(self) -> list[str]:
        """One line for each month in which there is something to say."""
        return [
            f"{month}: " + "; ".join(entry.text for entry in entries)
            for month, entries in groupby(self.entries, key=lambda entry: entry.month)
        ]


def tell(
    account: xr.Dataset,
    events: Sequence[Event],
    words: Words,
    baseline: xr.Dataset | None = None,
    before: Sequence[Event] = (),
) -> Chronicle:
    """Put one run into sentences.

    Args:
        account: the account of a single run, as ``alliance_sim.simulate.account`` labels it.
        events: what came from outside in it.
        words: names of actors, arenas, agreements and domains.
        baseline: the account of the same run of the baseline.
        before: what came from outside in that; what both have is not told.
    """
    if baseline is not None:
        check_paired(baseline, account)
    told = [each for each in events if each not in before]
    months = [str(each)[:7] for each in np.datetime_as_string(account["month"].to_numpy(), "M")]
    entries = [
        *((0, months[month], text, "outside") for month, text in _from_outside(told, words)),
        *((1, months[month], text, "weighs") for month, text in _terms(account, baseline)),
        *((2, months[month], text, "decides") for month, text in _acts(account, baseline)),
        *((3, months[month], text, "follows") for month, text in _steps(account, baseline)),
        *((4, months[month], text, "follows") for month, text in _classes(account, baseline)),
        *((5, months[month], text, "account") for month, text in _balance(account, baseline, told)),
    ]
    entries.sort(key=lambda entry: (entry[1], entry[0]))
    about = account.attrs
    return Chronicle(
        title=str(about.get("title", "")),
        seed=int(about.get("seed", 0)),
        run=int(about.get("run", 0)),
        against="" if baseline is None else str(baseline.attrs.get("title", "")),
        entries=tuple(Entry(month, kind, text) for _, month, text, kind in entries),
    )


# -- what comes from outside ---------------------------------------------------------------


def _from_outside(events: Sequence[Event], words: Words) -> Iterator[tuple[int, str]]:
    """Interventions where they begin, where they are complete and where they end; elections."""
    stories: dict[tuple[str, str, tuple[str, ...]], list[Event]] = {}
    for number, event in enumerate(events):
        name = event.intervention or f"election {number}"
        stories.setdefault((name, event.kind, event.of), []).append(event)
    told: dict[tuple[int, str], list[str]] = {}
    for story in stories.values():
        for event, before in _chapters(story):
            said = _said(event, before, words)
            told.setdefault((event.month, event.intervention), []).append(said)
    for (month, name), sentences in told.items():
        more = len(sentences) - _AT_ONCE
        listed = ", ".join(sentences[:_AT_ONCE]) + (f" and {more} more" if more > 0 else "")
        yield month, f"{listed} ({name})" if name else listed


def _chapters(story: Sequence[Event]) -> Iterator[tuple[Event, float | str | None]]:
    """Turns of one intervention with the value that each came from; None where it only begins."""
    for place, event in enumerate(story):
        if event.share == 0:
            yield event, event.before  # over: back to where it was
        elif event.share == 1 or place == len(story) - 1:
            yield event, story[0].before
        elif place == 0:
            yield event, None


def _said(event: Event, before: float | str | None, words: Words) -> str:
    """An event in words."""
    if event.kind == "government":
        actor = words["actors"][event.of[0]]
        return f"{actor} has a new government, {_plain(str(event.after))}"
    subject = _subject(event, words)
    if before is None:
        return f"{subject} begins to move from {float(event.before):.2f}"
    if event.kind == "standing":
        agreement, party = (
            words[k][v] for k, v in zip(("agreements", "actors"), event.of, strict=True)
        )
        return f"{party} {'joins' if float(event.after) > float(before) else 'leaves'} {agreement}"
    return f"{subject} {float(before):.2f} to {float(event.after):.2f}"


def _subject(event: Event, words: Words) -> str:
    """What an event changes."""
    kinds, form = _SUBJECTS[event.kind]
    names = [
        words[kind][each] if kind else _pair(each, words)
        for kind, each in zip(kinds, event.of, strict=True)
    ]
    owner = _OWNERS.get(event.kind)
    if owner is not None:
        names[owner] = _possessive(names[owner])
    return form.format(*names)


def _pair(pair: str, words: Words) -> str:
    return " and ".join(words["actors"][each] for each in pair.split("-"))


def _plain(name: str) -> str:
    return name.replace("_", " ")


# -- what actors make of it ----------------------------------------------------------------


def _names(account: xr.Dataset) -> dict[str, str]:
    """Actor -> name."""
    ids, names = (map(str, account[each].to_numpy()) for each in ("actor", "actor_name"))
    return dict(zip(ids, names, strict=True))


def _directions(account: xr.Dataset) -> Iterator[tuple[int, str, str, str, str]]:
    """Place, ids and names of both sides of every tracked direction."""
    names = dict(
        zip(*(map(str, account[k].to_numpy()) for k in ("actor", "actor_name")), strict=True)
    )
    for place, direction in enumerate(account["direction"].to_numpy()):
        a, _, b = str(direction).partition("->")
        yield place, a, b, names[a], names[b]


def _terms(account: xr.Dataset, baseline: xr.Dataset | None) -> Iterator[tuple[int, str]]:
    """What actors weigh, each told as it then is when it has moved far enough since last told."""
    found = weighed(account, baseline).isel(run=0).transpose("direction", "cause", "decision")
    causes = _causes(found)
    for place, _, _, a, b in _directions(account):
        for (cause, title), series in zip(causes.items(), found.to_numpy()[place], strict=True):
            if cause in _SILENT:
                continue
            for month, _ in _strides(series, LEAST_TERM):
                now = series[month]
                effect = f"draws {a} closer to {b}" if now > 0 else f"drives {a} away from {b}"
                if abs(now) < LEAST_TERM / 2:
                    effect = f"hardly moves {a} any more"
                yield month, f"{_term(cause, title, a, b)} {effect} ({now:+z.2f})"


def _causes(found: xr.DataArray) -> dict[str, str]:
    """Cause -> what it is called."""
    ids, titles = (map(str, found[each].to_numpy()) for each in ("cause", "cause_name"))
    return dict(zip(ids, titles, strict=True))


def _term(cause: str, title: str, a: str, b: str) -> str:
    """What a term of a's utility of a closer posture to b is called in a sentence."""
    if cause in TERMS:
        return TERMS[cause].format(a=a, b=b, a_s=_possessive(a), b_s=_possessive(b))
    return f'"{title}"'


def _possessive(name: str) -> str:
    return f"{name}'" if name.endswith("s") else f"{name}'s"


def _strides(series: Doubles, least: float) -> Iterator[tuple[int, float]]:
    """Where a series has moved by at least so much since it was last told, and by how much."""
    told = 0.0
    for month, value in enumerate(series):
        if abs(value - told) >= least:
            yield month, float(value - told)
            told = value


def _acts(account: xr.Dataset, baseline: xr.Dataset | None) -> Iterator[tuple[int, str]]:
    """Postures other than the baseline's, and what weighed most; else the extreme ones."""
    now = account["posture"].isel(run=0)
    before = None if baseline is None else baseline["posture"].isel(run=0)
    terms = weighed(account, baseline).isel(run=0).transpose("direction", "decision", "cause")
    for place, i, j, a, b in _directions(account):
        taken = now.sel(actor=i, other=j).to_numpy()
        held = None if before is None else before.sel(actor=i, other=j).to_numpy()
        for month, rung in enumerate(taken):
            if held is None:
                if rung in _EXTREME:
                    yield month, f"{a} {VERBS[rung].format(b=b)}"
            elif rung != held[month]:
                why = _reason(terms[place, month], a, b, up=bool(rung > held[month]))
                instead = INSTEAD[held[month]]
                yield month, f"{a} {VERBS[rung].format(b=b)} instead of {instead}{why}"


def _reason(terms: xr.DataArray, a: str, b: str, up: bool) -> str:
    """What weighed most for the side on which a decision came down."""
    values, causes = terms.to_numpy(), _causes(terms)
    signed = values if up else -values
    best = int(signed.argmax())
    cause, title = list(causes.items())[best]
    if cause in ("relation", "chance", "bound"):
        return ""
    what = "its momentum" if cause == "momentum" else _term(cause, title, a, b)
    return f", most for {what} ({values[best]:+z.2f} of {values.sum():+z.2f})"


# -- what follows from it ------------------------------------------------------------------


def _steps(account: xr.Dataset, baseline: xr.Dataset | None) -> Iterator[tuple[int, str]]:
    """Alignments that have come far enough from the baseline's, or from the base date."""
    levels = np.tanh(account["level"].isel(run=0).transpose("direction", "month").to_numpy())
    if baseline is None:
        held = np.repeat(levels[:, :1], levels.shape[1], axis=1)
    else:
        level = baseline["level"].isel(run=0).transpose("direction", "month")
        held = np.tanh(level.to_numpy())
    against = "the base date" if baseline is None else "the baseline"
    for place, _, _, a, b in _directions(account):
        effect = levels[place] - held[place]
        for month, _ in _strides(effect, LEAST_STEP):
            away = f"{abs(effect[month]):.2f} {'above' if effect[month] > 0 else 'below'} {against}"
            if abs(effect[month]) < LEAST_STEP / 2:
                away = f"back at {against}"
            yield (
                month,
                f"{_possessive(a)} alignment to {b} is {levels[place, month]:+z.2f}, {away}",
            )


def _classes(account: xr.Dataset, baseline: xr.Dataset | None) -> Iterator[tuple[int, str]]:
    """Relation classes that part from the baseline's, or from what they were, and come back."""
    if "relation_class" not in account:
        return
    labels = [_plain(each) for each in class_names(account)]
    names = dict(
        zip(*(map(str, account[k].to_numpy()) for k in ("actor", "actor_name")), strict=True)
    )
    shown = {frozenset((i, j)) for _, i, j, _, _ in _directions(account)}
    for pair in map(str, account["pair"].to_numpy()):
        both = pair.split("-")
        if frozenset(both) not in shown:
            continue
        codes = account["relation_class"].sel(pair=pair).isel(run=0).to_numpy()
        held = codes[:1].repeat(len(codes))
        if baseline is not None and pair in baseline["pair"].to_numpy():
            held = baseline["relation_class"].sel(pair=pair).isel(run=0).to_numpy()
        who, before = " and ".join(names[each] for each in both), (int(held[0]), int(held[0]))
        for month, now in enumerate(zip(map(int, codes), map(int, held), strict=True)):
            if now != before and (now[0] != now[1] or before[0] != before[1]):
                instead = f", in the baseline {labels[now[1]]}" if baseline is not None else ""
                same = ", as in the baseline" if baseline is not None else ""
                end = instead if now[0] != now[1] else same
                yield month, f"{who}: {labels[now[0]]}{end}"
            before = now


def _equal(account: xr.Dataset, baseline: xr.Dataset) -> bool:
    """Whether a run is its baseline's, in all that was felt and done."""
    return all(
        np.array_equal(account[each].to_numpy(), baseline[each].to_numpy())
        for each in ("level", "posture")
    )


def _balance(
    account: xr.Dataset, baseline: xr.Dataset | None, told: Sequence[Event]
) -> Iterator[tuple[int, str]]:
    """At the end, what has moved each alignment; the parts add up to the whole."""
    last = account.sizes["month"] - 1
    if baseline is not None and _equal(account, baseline):
        moved = "has moved anything" if told else "has happened"
        yield (
            last,
            f"nothing that the scenario does beyond the baseline {moved} in this run, so that "
            "nothing differs from it",
        )
        return
    against = "since the base date" if baseline is None else "against the baseline"
    for _, i, j, a, b in _directions(account):
        found = parts(account, baseline, f"{i}->{j}").isel(run=0, month=-1).sum("side")
        values, titles = found.to_numpy(), list(_causes(found).values())
        order = np.argsort(-np.abs(values), kind="stable")[:_LARGEST]
        named = ", ".join(f"{titles[k]} {values[k]:+z.2f}" for k in order)
        rest = values.sum() - values[order].sum()
        yield (
            last,
            f"{_possessive(a)} alignment to {b} has come {values.sum():+z.2f} {against}: "
            f"{named}, all else {rest:+z.2f}",
        )
