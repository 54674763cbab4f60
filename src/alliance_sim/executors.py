"""Who does the work: this process, processes of this machine, or any executor."""

from __future__ import annotations

import multiprocessing
import operator
import os
import signal
import threading
import time
from collections import deque
from collections.abc import Callable, Collection, Iterator
from concurrent.futures import BrokenExecutor, CancelledError, Executor, Future, wait
from typing import Any, SupportsIndex, TypeVar

from alliance_sim.errors import Problem, WorkersLostError

Workers = int | Executor | None
"""Processes to share the work, or any ``concurrent.futures.Executor``; None for all cores."""

T = TypeVar("T")
R = TypeVar("R")
_AHEAD = 1024
"""Tasks handed to an executor before the first of them is done."""
_LOOK = 2.0
"""Seconds between looks at whether anybody is still at work."""
_WORTH_A_PROCESS = 2
"""Tasks below which starting one more process costs more time than it saves."""


def unfit(workers: Any) -> list[Problem]:
    """What is wrong with what somebody gave as workers; nothing, if it can be used."""
    if workers is None or isinstance(workers, Executor):
        return []
    if (
        isinstance(workers, SupportsIndex)
        and not isinstance(workers, bool)
        and workers.__index__() > 0
    ):
        return []
    mend = "give a whole number of at least 1, an executor, or nothing for all cores"
    return [Problem(f"workers is {workers!r}", mend)]


def spread(work: Callable[[T], R], tasks: Collection[T], workers: Workers = None) -> Iterator[R]:
    """The results of tasks, in their order, whoever does them.

    Args:
        work: a function that other processes can import.
        tasks: what to do, in things that can be pickled.
        workers: processes to start, an executor to hand the tasks to, or None for a process for
            each core where there is enough to do.

    Raises:
        WorkersLostError: where those that do the work are gone.
    """
    executor = _executor(workers, len(tasks))
    if executor is None:
        yield from map(work, tasks)
        return
    waiting: deque[Future[R]] = deque()
    try:
        for task in tasks:
            waiting.append(executor.submit(work, task))
            if len(waiting) == _AHEAD:
                yield _result(waiting.popleft(), executor)
        while waiting:
            yield _result(waiting.popleft(), executor)
    except (BrokenExecutor, CancelledError) as error:
        raise WorkersLostError(
            "what shared the work is gone: a process was killed or ran out of memory, or its "
            "scheduler is away"
        ) from error
    finally:
        for each in waiting:
            each.cancel()


def _result(task: Future[R], executor: Executor) -> R:
    """The result of a task, unless those that would bring it are gone.

    Dask's executor leaves a task open for ever whose scheduler dies while its result is under way.
    """
    while not wait([task], timeout=_LOOK).done:
        client = getattr(executor, "_client", None)  # of distributed.Client.get_executor()
        if getattr(client, "status", "running") != "running":
            raise CancelledError
    return task.result()


def all_cores() -> int:
    """Cores that this process may use, by its affinity and the limits of its container."""
    from loky import cpu_count

    return int(cpu_count())


def processes(workers: Workers, tasks: int) -> int:
    """How many processes would share so many tasks; a guess, where they are those of others."""
    if isinstance(workers, Executor):
        return min(getattr(workers, "_max_workers", all_cores()), tasks)
    if multiprocessing.current_process().daemon:  # these may start no others
        return 1
    if workers is not None:
        return min(operator.index(workers), tasks)
    # What is itself one of many processes does not start as many again.
    child = multiprocessing.parent_process() is not None
    return 1 if child else max(1, min(all_cores(), tasks // _WORTH_A_PROCESS))


def _executor(workers: Workers, tasks: int) -> Executor | None:
    """Where the tasks go; None to do them in this process."""
    if isinstance(workers, Executor):
        return workers
    count = processes(workers, tasks)
    if count <= 1:
        return None
    # Its processes are started afresh, without running the main script once more, so that it
    # needs no guard; they leave the start method of multiprocessing as it is, stay for the next
    # call, and end by themselves when this process does or asks nothing of them for a while.
    from loky import get_reusable_executor

    executor: Executor = get_reusable_executor(
        count, timeout=_IDLE, initializer=_settle_in, initargs=(os.getpid(),)
    )
    return executor


_IDLE = 30
"""Seconds after which a process without work ends."""


def _settle_in(parent: int) -> None:
    """What a new process does first, started by another."""
    # Ctrl-C is for the main process, which lets the others end what they are at.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # One that is killed can tell nobody to end.
    threading.Thread(target=_end_with, args=(parent,), daemon=True).start()


def _end_with(parent: int) -> None:
    """End this process soon after the one that started it is gone."""
    while os.getppid() == parent:
        time.sleep(1)
    os._exit(1)
