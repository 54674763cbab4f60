"""Tasks for other processes, which import them from here."""

from __future__ import annotations

import os
import signal
import time

from alliance_sim.executors import spread


def pid(_: int) -> int:
    """The process that does it."""
    return os.getpid()


def inside(_: int) -> tuple[int, list[int]]:
    """The process that does it, and those with which it shares work of its own."""
    return os.getpid(), list(spread(pid, range(8), None))


def die(task: int) -> int:
    """Kills the process, at the third task."""
    if task == 2:
        os.kill(os.getpid(), signal.SIGKILL)
    return task


def later(task: int) -> int:
    """The first task takes longest."""
    time.sleep(0.2 if task == 0 else 0)
    return task
