"""What goes wrong, as a line on stderr and an exit code instead of a traceback."""

from __future__ import annotations

import os
import sys
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import NoReturn, ParamSpec

import typer

from alliance_sim.errors import AllianceSimError, InputError

FAILED, WRONG_INPUT, INTERRUPTED = 1, 2, 130
TRACEBACK = "ALLIANCE_SIM_TRACEBACK"
"""Set to 1, this environment variable shows the traceback of an unexpected error."""

P = ParamSpec("P")


class RunFailedError(Exception):
    """An unexpected error inside a run; the message says which run it was."""


def stop(code: int, *lines: str) -> NoReturn:
    """End the command with messages on stderr and an exit code."""
    for line in lines:
        print(line, file=sys.stderr)
    raise typer.Exit(code)


def guarded(command: Callable[P, None]) -> Callable[P, None]:
    """A command that ends with the exit codes of the library, and with no traceback."""

    @wraps(command)
    def inner(*args: P.args, **kwargs: P.kwargs) -> None:
        try:
            with _short_warnings():
                command(*args, **kwargs)
        except (typer.Exit, typer.Abort, BrokenPipeError):
            raise
        except InputError as error:
            stop(WRONG_INPUT, *(str(problem) for problem in error.problems))
        except AllianceSimError as error:
            stop(FAILED, str(error))
        except KeyboardInterrupt as error:
            usual = "interrupted; only what had been finished before was written"
            stop(INTERRUPTED, str(error) or usual)
        except MemoryError:
            stop(FAILED, "not enough memory; ask for fewer runs with --runs")
        except Exception as error:
            if os.environ.get(TRACEBACK) == "1":
                raise
            stop(FAILED, *_fault(error))

    return inner


@contextmanager
def _short_warnings() -> Iterator[None]:
    """Show each warning once, as one line without the place in the code that gave it."""
    shown: set[str] = set()

    def show(message: Warning | str, *_: object, **__: object) -> None:
        text = f"warning: {message}"
        if text not in shown:
            shown.add(text)
            print(text, file=sys.stderr)

    with warnings.catch_warnings():
        warnings.showwarning = show
        yield


def _fault(error: Exception) -> list[str]:
    """What to say of an error that nobody foresaw."""
    inside = error.__cause__ if isinstance(error, RunFailedError) else None
    what = " ".join(f"{type(inside or error).__name__}: {inside or error}".split())[:400]
    return [
        f"{error}: {what}" if inside else f"unexpected error: {what}",
        "This is a fault of alliance_sim, not of your input. Please report it with this message, "
        "the command,",
        f"the scenario file and what the command prints with {TRACEBACK}=1 set.",
    ]
