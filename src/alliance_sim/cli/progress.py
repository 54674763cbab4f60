"""Progress of runs on stderr: a bar on a terminal, one line at the end elsewhere."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, Progress, ProgressColumn, Task, TextColumn
from rich.text import Text

from alliance_sim.wording import counted


class _Pace(ProgressColumn):
    """Runs a second so far, and the time left at that pace."""

    def render(self, task: Task) -> Text:
        if not task.completed or not task.elapsed or task.total is None:
            return Text("")
        pace = task.completed / task.elapsed
        left = round((task.total - task.completed) / pace)
        return Text(f"{pace:,.0f} runs/s, {left // 60}:{left % 60:02d} left")


@contextmanager
def progress(label: str, total: int, quiet: bool) -> Iterator[Callable[[int], None]]:
    """Yields what to call with the number of runs just finished.

    Args:
        label: what runs.
        total: how many runs there are to do, those that are saved already left out.
        quiet: whether to say nothing.
    """
    console = Console(stderr=True)
    if quiet:
        yield lambda done: None
        return
    if not console.is_terminal:
        if not total:
            yield lambda done: None
            return
        started = time.monotonic()
        yield lambda done: None
        took = time.monotonic() - started
        rate = f"{total / took:,.0f} runs/s" if took else ""
        print(f"{label}: {counted(total, 'run')} in {took:.1f} s ({rate})", file=sys.stderr)
        return
    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(bar_width=None),
        TextColumn("{task.completed:,.0f}/{task.total:,.0f} runs"),
        _Pace(),
    )
    with Progress(*columns, console=console, transient=True, expand=True) as bar:
        task = bar.add_task(label, total=total)
        yield lambda done: bar.advance(task, done)


@contextmanager
def busy(what: str, quiet: bool) -> Iterator[None]:
    """Say what takes a moment, on a terminal."""
    console = Console(stderr=True)
    if quiet or not console.is_terminal:
        yield
        return
    with console.status(what):
        yield
