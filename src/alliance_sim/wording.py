"""Words that agree with their numbers."""


def counted(number: int, noun: str) -> str:
    """A number of things, in words that agree with it."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
