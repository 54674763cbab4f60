"""What is said of how far an outcome can be trusted: its skill in a backtest, or that it has none.

Results carry the text of each outcome as an attribute or coordinate, :data:`KEY`; tables and
pictures show its :func:`mark`. What was written before, or elsewhere, and says nothing of it, is
not validated. docs/validation.md says what both mean.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import xarray as xr

KEY = "validation"
"""Name of the attribute of an outcome, and of the coordinate where outcomes are a dim."""
NOT_VALIDATED = "not validated"
"""What is said of an outcome that nothing observed has been held against."""
NOTE = (
    "Not validated: no forecast of it has been scored against what was observed. "
    "docs/validation.md says more."
)
SKILL_NOTE = (
    "Skill: 1 - score / score of the rival, over the pairs and years of the backtest; below 0 the "
    "rival was better. Named beside an outcome: the rival with the lowest."
)

Rivals = Mapping[str, tuple[float, float, float]]
"""Rival -> skill against it, with the low and the high end of its interval."""


def text(observable: str, forecasts: str, score: str, rivals: Rivals) -> str:
    """The skill with which an observable was forecast, against every rival, the worst first.

    Args:
        observable: what was forecast.
        forecasts: which forecasts, in words.
        score: the score, in words.
        rivals: skill by rival; one at least.

    Example:
        >>> text("votes", "1-5 years ahead", "CRPS", {"persistence": (0.1, 0.02, 0.18)})
        'votes, 1-5 years ahead: CRPS skill +0.10 (+0.02 to +0.18) against persistence'
    """
    ordered = sorted(rivals.items(), key=lambda each: each[1][0])
    told = [
        f"{_signed(value)} ({_signed(low)} to {_signed(high)}) against {name.replace('_', ' ')}"
        for name, (value, low, high) in ordered
    ]
    return f"{observable}, {forecasts}: {score} skill {', '.join(told)}"


def _signed(value: float) -> str:
    return f"{round(value, 2) + 0.0:+.2f}".replace("+0.00", "0.00")


def mark(said: str) -> str:
    """The short form of a text: the skill against the worst rival, or that there is none.

    Example:
        >>> mark("votes, 1 year ahead: CRPS skill -0.05 (-0.12 to +0.02) against AR(1), 0.00 ...")
        'CRPS skill -0.05 against AR(1)'
        >>> mark(NOT_VALIDATED)
        'not validated'
    """
    _, colon, skills = said.partition(": ")
    worst = skills.partition(", ")[0] if colon else said
    return re.sub(r" \([-+0-9.]+ to [-+0-9.]+\)", "", worst)


def said_of(notes: Mapping[Any, Any]) -> str:
    """The text among the attributes of an outcome."""
    return str(notes.get(KEY) or NOT_VALIDATED)


def said_in(one: xr.Dataset) -> str:
    """The text of one outcome, of a dataset that has outcomes as a dim."""
    known = KEY in one.coords and not one[KEY].dims
    return str(one[KEY].item()) if known else NOT_VALIDATED


def marks(texts: Iterable[str]) -> str:
    """The marks of several outcomes that are shown as one, each once."""
    return ", ".join(dict.fromkeys(map(mark, texts)))


def notes(texts: Iterable[str]) -> list[str]:
    """What stands beneath a table whose outcomes have these texts: what their marks stand for."""
    found = dict.fromkeys(texts)
    skills = [each for each in found if each != NOT_VALIDATED]
    return [*skills, *([SKILL_NOTE] if skills else []), *([NOTE] if NOT_VALIDATED in found else [])]
