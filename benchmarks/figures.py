"""Measured figures: a value, its spread, and the target it is held against."""

from __future__ import annotations

import operator
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

_HOLDS = {"at least": operator.ge, "at most": operator.le}

_MOST_SLACK = 0.05


@dataclass(frozen=True)
class Target:
    """What a figure should reach."""

    sense: Literal["at least", "at most"]
    value: float


@dataclass(frozen=True)
class Figure:
    """One row of the table."""

    what: str
    value: float
    unit: str
    """Written after the value."""
    spread: str = ""
    """From where to where it was seen, or its error."""
    target: Target | None = None
    error: float = 0.0
    """Standard error, for a fitted value: a target counts as met within two of them, or within
    0.05, whichever is less."""

    @property
    def met(self) -> bool | None:
        """Whether the target is met; None where there is none."""
        if self.target is None:
            return None
        slack = min(2 * self.error, _MOST_SLACK) * (1 if self.target.sense == "at least" else -1)
        return bool(_HOLDS[self.target.sense](self.value + slack, self.target.value))

    @property
    def cells(self) -> tuple[str, str, str, str, str]:
        """What stands in the table."""
        target = f"{self.target.sense} {self.target.value:g}" if self.target else ""
        verdict = {None: "", True: "met", False: "not met"}[self.met]
        return self.what, f"{short(self.value)}{self.unit}", self.spread, target, verdict

    @property
    def as_json(self) -> dict[str, Any]:
        """For ``--json``."""
        return {
            "what": self.what,
            "value": self.value,
            "unit": self.unit.strip(),
            "spread": self.spread,
            "target": self.target and [self.target.sense, self.target.value],
            "met": self.met,
        }


HEAD = ("figure", "value", "spread", "target", "")


def short(value: float) -> str:
    """A number to about three places."""
    return f"{value:.0f}" if abs(value) >= 100 else f"{value:.3g}"


def middle(what: str, values: Sequence[float], unit: str, target: Target | None = None) -> Figure:
    """The median of repetitions, from the lowest to the highest."""
    spread = f"{short(min(values))} to {short(max(values))}"
    return Figure(what, statistics.median(values), unit, spread, target)


def as_text(figures: Sequence[Figure]) -> str:
    """A table for the terminal."""
    rows = [HEAD, *(figure.cells for figure in figures)]
    widths = [max(len(row[k]) for row in rows) for k in range(len(HEAD))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    )


def as_markdown(figures: Sequence[Figure]) -> list[str]:
    """The same for the documentation."""
    rows = [HEAD, ("---",) * len(HEAD), *(figure.cells for figure in figures)]
    return [f"|{'|'.join(f' {cell} ' if cell else ' ' for cell in row)}|" for row in rows]
