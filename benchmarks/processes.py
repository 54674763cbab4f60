"""What is measured on whole processes: start-up, memory, and two cores against one."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from rounds import seconds

import alliance_sim as al
from alliance_sim.engines.ensemble import run_ensemble

TWO_CORES_RUNS = 8192
_PEAK = """
import resource, sys
from pathlib import Path
import alliance_sim as al
al.run(sys.argv[1], runs=10_000, seed=0, workers=1)
status = Path("/proc/self/status")
if status.exists():  # what getrusage knows counts the process that started this one, too
    print(status.read_text().split("VmHWM:")[1].split()[0])
else:
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""


def start_up(words: Sequence[str], repeat: int) -> list[float]:
    """Seconds from start to end of a command of ``alliance-sim``, again and again."""
    beside = shutil.which("alliance-sim", path=str(Path(sys.executable).parent))
    command = [beside] if beside else [sys.executable, "-m", "alliance_sim"]
    return [
        seconds(lambda: subprocess.run([*command, *words], check=True, capture_output=True))
        for _ in range(repeat)
    ]


def peak_memory(name: str) -> float:
    """Peak resident memory, in gigabytes, of 10,000 runs in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-c", _PEAK, name], check=True, capture_output=True, text=True
    )
    unit = 1024**3 if sys.platform == "darwin" else 1024**2
    return int(done.stdout) / unit


def cores() -> int:
    """Cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def two_against_one(scenario: al.Scenario, repeat: int) -> list[float]:
    """How many times as fast two processes are as one, in turn; they are started beforehand."""
    run_ensemble(scenario, TWO_CORES_RUNS // 8, 0, workers=2)
    out = []
    for _ in range(repeat):
        one = seconds(lambda: run_ensemble(scenario, TWO_CORES_RUNS, 0, workers=1))
        run_ensemble(scenario, TWO_CORES_RUNS // 8, 0, workers=2)  # idle ones end after a while
        two = seconds(lambda: run_ensemble(scenario, TWO_CORES_RUNS, 0, workers=2))
        out.append(one / two)
    return out
