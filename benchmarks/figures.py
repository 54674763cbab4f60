"""Measured figures: a value, its spread, and the target it is held against."""

from __future__ import annotations

import operator
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

_HOLDS = {"at least": operator.ge, "at most": operator.le}


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
    between: tuple[float, float] | None = None
    """Lowest and highest value that was seen, or two standard errors to either side."""

    @property
    def verdict(self) -> str:
        """Whether the target is met: not settled where it lies between what was seen."""
        if self.target is None:
            return ""
        low, high = self.between or (self.value, self.value)
        if low < self.target.value < high:
            return "not settled"
        return "met" if _HOLDS[self.target.sense](self.value, self.target.value) else "not met"

    @property
    def cells(self) -> tuple[str, str, str, str, str]:
        """What stands in the table."""
        target = f"{self.target.sense} {self.target.value:g}" if self.target else ""
        value = f"{short(self.value)}{self.unit}"
        return self.what, value, self.spread, target, self.verdict

    @property
    def as_json(self) -> dict[str, Any]:
        """For ``--json``."""
        return {
            "what": self.what,
            "value": self.value,
            "unit": self.unit.strip(),
            "spread": self.spread,
            "target": self.target and [self.target.sense, self.target.value],
            "verdict": self.verdict,
        }


HEAD = ("figure", "value", "spread", "target", "")


def short(value: float) -> str:
    """A number to about three places."""
    return f"{value:.0f}" if abs(value) >= 100 else f"{value:.3g}"


def middle(what: str, values: Sequence[float], unit: str, target: Target | None = None) -> Figure:
    """The median of repetitions, from the lowest to the highest."""
    spread = f"{short(min(values))} to {short(max(values))}"
    between = min(values), max(values)
    return Figure(what, statistics.median(values), unit, spread, target, between)


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
