"""Who does the work: this process, processes of this machine, or any executor."""

from __future__ import annotations

import multiprocessing
import operator
import os
import signal
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Collection, Generator, Iterable, Iterator
from concurrent.futures import BrokenExecutor, CancelledError, Executor, Future, wait
from contextlib import contextmanager
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


def spread(work: Callable[[T], R], tasks: Collection[T], workers: Workers = None) -> Generator[R]:
    """The results of tasks, in their order, whoever does them.

    Where this ends early, by an error, by Ctrl-C or since nobody wants the rest (close it then),
    tasks that have not begun are dropped, and processes that were started here end at once.

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
            with _deaf_to_ctrl_c():
                waiting.append(executor.submit(work, task))
            if len(waiting) == _AHEAD:
                yield _next(waiting, executor)
        while waiting:
            yield _next(waiting, executor)
    except (BrokenExecutor, CancelledError) as error:
        raise WorkersLostError(
            "what shared the work is gone: a process was killed or ran out of memory, or its "
            "scheduler is away"
        ) from error
    finally:
        if waiting:
            _give_up(waiting, executor, own=executor is not workers)


def _give_up(tasks: Iterable[Future[Any]], executor: Any, own: bool) -> None:
    """Drop tasks that have not begun; of processes that were started here none goes on."""
    if own:
        # Those have some tasks in hand that can no longer be cancelled.
        executor.shutdown(wait=True, kill_workers=True)
        return
    for each in tasks:
        each.cancel()


def _next(waiting: deque[Future[R]], executor: Executor) -> R:
    """The result of the first task, which waits no longer once it is there."""
    result = _result(waiting[0], executor)
    waiting.popleft()
    return result


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

    _start_tracker()
    with _deaf_to_ctrl_c():
        executor: Executor = get_reusable_executor(
            count, timeout=_IDLE, initializer=_settle_in, initargs=(os.getpid(),)
        )
    return executor


def _start_tracker() -> None:
    """Start the process that clears away what is left of this one, and let it do so in silence.

    If this process is killed, what is left over is no news to anybody.
    """
    from loky.backend import resource_tracker

    sys.warnoptions.append(_NO_NEWS)  # what a new Python is given of the options of this one
    try:
        resource_tracker.ensure_running()
    finally:
        sys.warnoptions.remove(_NO_NEWS)


_NO_NEWS = "ignore:resource_tracker"


@contextmanager
def _deaf_to_ctrl_c() -> Iterator[None]:
    """Keep Ctrl-C, which a terminal sends to all, from processes that are started meanwhile.

    It is for the main process, which gets it a moment later.
    """
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


_IDLE = 30
"""Seconds after which a process without work ends."""


def _settle_in(parent: int) -> None:
    """What a new process does first, started by another."""
    # Ctrl-C is for the main process, which ends the others.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # One that is killed can tell nobody to end.
    threading.Thread(target=_end_with, args=(parent,), daemon=True).start()


def _end_with(parent: int) -> None:
    """End this process soon after the one that started it is gone."""
    while os.getppid() == parent:
        time.sleep(1)
    os._exit(1)
