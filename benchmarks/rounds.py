"""Measuring on a machine that does other things too."""

from __future__ import annotations

import gc
import os
import platform
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from importlib import metadata
from pathlib import Path

PACKAGES = ("alliance-sim", "numpy", "scipy", "mesa", "ema_workbench")


@contextmanager
def one_core() -> Iterator[None]:
    """Keep this process on one core, where the system lets it."""
    if not hasattr(os, "sched_setaffinity"):
        yield
        return
    allowed = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {max(allowed)})
    try:
        yield
    finally:
        os.sched_setaffinity(0, allowed)


def seconds(work: Callable[[], object]) -> float:
    """How long it takes, with nothing left over to collect."""
    gc.collect()
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


def in_turn(
    contenders: Mapping[str, Callable[[], Mapping[str, float]]], repeat: int
) -> dict[str, list[float]]:
    """Every contender once in each round, so that what the machine does in between hits all.

    Each gives its figures by name; the first of the rounds warms up and is left out.
    """
    out: dict[str, list[float]] = {}
    for turn in range(repeat + 1):
        for measure in contenders.values():
            for name, value in measure().items():
                if turn:
                    out.setdefault(name, []).append(value)
    return out


def machine() -> list[str]:
    """The processor, and the versions of what was measured."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    versions = [f"Python {platform.python_version()}"]
    for name in PACKAGES:
        try:
            versions.append(f"{name} {metadata.version(name)}")
        except metadata.PackageNotFoundError:
            continue
    return [
        f"{_processor()}, {cores} cores, {platform.system()} {platform.machine()}",
        ", ".join(versions),
    ]


def _processor() -> str:
    info = Path("/proc/cpuinfo")
    if info.exists():
        for line in info.read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    return platform.processor() or platform.machine()
