"""What goes wrong, as a line on stderr and an exit code instead of a traceback."""

from __future__ import annotations

import os
import signal
import sys
import threading
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from types import FrameType
from typing import Any, NoReturn, ParamSpec

import typer

from alliance_sim.errors import AllianceSimError, InputError

FAILED, WRONG_INPUT, INTERRUPTED, TERMINATED = 1, 2, 130, 143
TRACEBACK = "ALLIANCE_SIM_TRACEBACK"
"""Set to 1, this environment variable shows the traceback of an unexpected error."""

P = ParamSpec("P")


class TerminatedError(KeyboardInterrupt):
    """Somebody, or the system, asked this process to end (SIGTERM)."""


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
            with _short_warnings(), _ending_in_order():
                command(*args, **kwargs)
        except (typer.Exit, typer.Abort, BrokenPipeError):
            raise
        except InputError as error:
            stop(WRONG_INPUT, *(str(problem) for problem in error.problems))
        except AllianceSimError as error:
            stop(FAILED, str(error))
        except KeyboardInterrupt as error:
            usual = "interrupted; only what had been finished before was written"
            ended = isinstance(error, TerminatedError)
            stop(TERMINATED if ended else INTERRUPTED, str(error) or usual)
        except MemoryError:
            stop(FAILED, "not enough memory; ask for fewer runs with --runs")
        except Exception as error:
            if os.environ.get(TRACEBACK) == "1":
                raise
            stop(FAILED, *_fault(error))

    return inner


@contextmanager
def nothing_saved_yet() -> Iterator[None]:
    """Say so where a command is interrupted before its first run."""
    try:
        yield
    except KeyboardInterrupt as error:
        raise type(error)("interrupted before the first run; nothing was saved") from error


@contextmanager
def _ending_in_order() -> Iterator[None]:
    """End on Ctrl-C and on SIGTERM with a message, and on a second of them at once."""
    usual: dict[int, Any] = {
        signal.SIGINT: signal.default_int_handler,
        signal.SIGTERM: signal.SIG_DFL,
    }
    # Whoever has other plans with them, or is not in the main thread, keeps them as they are.
    ours = [each for each, handler in usual.items() if signal.getsignal(each) == handler]
    if threading.current_thread() is not threading.main_thread():
        ours = []

    def end(number: int, _: FrameType | None) -> None:
        for each in ours:
            signal.signal(each, _end_at_once)
        raise TerminatedError if number == signal.SIGTERM else KeyboardInterrupt

    for each in ours:
        signal.signal(each, end)
    try:
        yield
    finally:
        for each in ours:
            signal.signal(each, usual[each])


def _end_at_once(number: int, _: FrameType | None) -> None:
    if os.isatty(2):
        os.write(2, _SHOW_CURSOR)
    os._exit(128 + number)


_SHOW_CURSOR = b"\x1b[?25h\n"
"""A bar of progress may have hidden it."""


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
