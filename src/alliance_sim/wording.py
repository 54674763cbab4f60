"""Words that agree with their numbers, and numbers as files of plain data hold them."""

import math
from typing import Any


def counted(number: int, noun: str) -> str:
    """A number of things, in words that agree with it."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def finite(value: Any) -> Any:
    """A value as JSON can hold it: that of NumPy as Python's, nothing for infinity and NaN."""
    value = value.item() if hasattr(value, "item") else value
    return None if isinstance(value, float) and not math.isfinite(value) else value


_UNITS = (("day", 86_400), ("hour", 3_600), ("minute", 60), ("second", 1))
_FROM = 2
"""So many of a unit at least are told in it; judgement: less would round away too much."""


def duration(seconds: float) -> str:
    """A time in the unit that suits it: 90 seconds, 3 minutes, 26 hours, 6 days."""
    size = max(1, round(seconds))
    unit, length = next((each for each in _UNITS if size >= _FROM * each[1]), _UNITS[-1])
    return counted(round(size / length), unit)
