"""Which outcomes can be held against what is observed, and against what."""

from __future__ import annotations

from collections.abc import Iterator

from alliance_sim.spec import outcomes as oc
from alliance_sim.spec import signals as sg

VOTES = "votes"
"""Agreement in votes, in which alignment shows."""
IN_DOMAINS = {"arms": "arms", "trade": "trade"}
"""Domain of exchange -> the observable in which it shows."""


def observable_of(measure: oc.Measure) -> str | None:
    """The observable that all of a measure shows in; None where there is none.

    That of alignment is votes, that of exchange is the domain's own. A measure made of others
    has one if all its parts have the same. Its own form is not asked about: what is validated
    is what it is made of. What sums up the months of a run, or measures an effect, has none.

    Example:
        >>> observable_of(sg.AlignmentSignal(alignment="iran->russia"))
        'votes'
    """
    first, *others = {_observable(each) for each in _parts(measure)}
    return None if others else first


def _observable(measure: oc.Measure) -> str | None:
    """The observable of a measure that is made of no others."""
    match measure:
        case sg.AlignmentSignal():
            return VOTES
        case sg.CooperationSignal(cooperation=of):
            return IN_DOMAINS.get(of.domain or "")
    return None


def _parts(measure: oc.Measure) -> Iterator[oc.Measure]:
    """What a measure is made of at the last; itself, if it is made of no others."""
    match measure:
        case (
            sg.ProductSignal(product=parts)
            | sg.MinimumSignal(minimum=parts)
            | sg.MeanSignal(mean=parts)
        ):
            for part in parts:
                yield from _parts(part)
        case sg.AbsenceSignal(absence=part) | sg.RescaledSignal(rescaled=part):
            yield from _parts(part)
        case _:
            yield measure
