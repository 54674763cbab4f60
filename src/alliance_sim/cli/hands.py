"""Who does the work of a command: processes of this machine, or a Dask scheduler."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from alliance_sim.errors import InputError, Problem
from alliance_sim.executors import Workers

if TYPE_CHECKING:
    from distributed import Client

_PATIENCE = "10s"
"""How long to wait for a scheduler to answer."""


@contextmanager
def hands(workers: int | None, scheduler: str | None) -> Iterator[Workers]:
    """What --workers and --scheduler ask for; a scheduler is left as it was found."""
    if scheduler is None:
        yield workers
        return
    if workers is not None:
        what = "--workers and --scheduler exclude each other"
        raise InputError([Problem(what, "the workers of a scheduler are its own; leave one out")])
    client = _client(scheduler)
    # These tell of connections that are lost with tracebacks; we do so in a line.
    with _silent("distributed.client"), _silent("tornado.application"), client:
        yield client.get_executor(pure=False)


def _client(scheduler: str) -> Client:
    """A connection to a scheduler."""
    try:
        from distributed import Client
        from distributed.comm.addressing import parse_address, parse_host_port
    except ImportError as error:
        mend = "pip install 'alliance-sim[distributed]'"
        raise InputError([Problem("--scheduler needs Dask", mend)]) from error
    try:
        parse_host_port(parse_address(scheduler)[1])  # a client would trip over its own feet
        return Client(scheduler, timeout=_PATIENCE, set_as_default=False)
    except (OSError, ValueError) as error:
        mend = "start one with `dask scheduler`, and give the address that it prints"
        what = f"--scheduler: no scheduler answers at '{scheduler}'"
        raise InputError([Problem(what, mend)]) from error


@contextmanager
def _silent(name: str) -> Iterator[None]:
    """Keep a logger from speaking, and leave it as it was."""
    logger = logging.getLogger(name)
    level = logger.level
    logger.setLevel(logging.CRITICAL + 1)
    try:
        yield
    finally:
        logger.setLevel(level)
