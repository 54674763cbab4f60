"""Errors a user can act on: what is wrong, where, and how to mend it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, order=True)
class Problem:
    """One mistake in an input.

    ``str(problem)`` is ``FILE:LINE:COLUMN: what; how to mend it``, with as much
    of the position as is known. Lines and columns count from 1. It is one line, and what cannot
    be printed in it is a question mark.
    """

    what: str
    mend: str
    file: str = ""
    line: int | None = None
    column: int | None = None

    def __str__(self) -> str:
        parts = [self.file or None, self.line, self.column]
        where = ":".join(str(part) for part in parts if part is not None)
        text = f"{self.what}; {self.mend}" if self.mend else self.what
        # Names and values come from files: none of them moves the cursor of a terminal.
        return "".join(
            char if char.isprintable() else "?" for char in (f"{where}: {text}" if where else text)
        )


class AllianceSimError(Exception):
    """Base of every error this library raises on purpose."""


class InputError(AllianceSimError):
    """What the user gave cannot be used; ``problems`` lists every reason at once."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems: tuple[Problem, ...] = tuple(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))

    def __reduce__(self) -> tuple[type[InputError], tuple[tuple[Problem, ...]]]:
        # Exceptions pickle their message by default; workers must send the problems back.
        return type(self), (self.problems,)


class UnstableModelWarning(UserWarning):
    """The model would run away from its base state with nothing pushing it."""


class FailedRunsWarning(UserWarning):
    """Some runs of an ensemble failed, and were left out of its results."""


class DamagedRunsWarning(UserWarning):
    """Runs of a store were damaged, and have been run again."""


class DifferentWorldsWarning(UserWarning):
    """A scenario and its baseline do not share a world, so that their difference is mixed."""


class RunError(AllianceSimError):
    """A run could not be finished or gave numbers that are none."""


class StorageError(AllianceSimError):
    """Results could not be written to their end."""


class WorkersLostError(AllianceSimError):
    """The processes that shared the work ended before it was done."""
