"""Numbers as the terminal shows them."""

from __future__ import annotations


def digits_of(*values: float) -> int:
    """Decimals that show about three digits of the largest value."""
    largest = max(abs(value) for value in values)
    for digits, least in ((0, 1000), (1, 100), (2, 10), (3, 0.01), (4, 0.001)):
        if largest >= least:
            return digits
    return 5 if largest else 3


def interval(low: float, high: float, form: str) -> str:
    """Two numbers, each in the given format."""
    return f"{signed(low, form)} to {signed(high, form)}"


def signed(value: float, form: str) -> str:
    """A number without the sign where it rounds to nothing."""
    shown = format(value, form)
    return shown if any(digit in shown for digit in "123456789") else shown.lstrip("+-")


def percent(share: float, digits: int = 0) -> str:
    """A share in percent; 0% and 100% stand for none and all."""
    least = 10.0 ** -(digits + 2)
    if 0 < share < least:
        return f"<{least:.{digits}%}"
    if 1 - least < share < 1:
        return f">{1 - least:.{digits}%}"
    return f"{share:.{digits}%}"


def error(value: float, digits: int) -> str:
    """A standard error in so many decimals; a dash where it is not known."""
    if value != value:
        return "-"  # one run has no error
    least = 10.0**-digits
    return f"<{least:.{digits}f}" if 0 < value < least / 2 else f"{value:.{digits}f}"
