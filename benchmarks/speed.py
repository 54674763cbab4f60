"""Speed and memory of the ensemble on the shipped world, measured in one run on one machine.

    python benchmarks/speed.py [--scenario us_exits_jcpoa] [--repeat 5]

Prints the machine's name; microseconds for each run-month, recording included, on one core;
how many times faster that is than stepping the Mesa model through the same runs; and the
peak memory of 10,000 runs of 60 months, in a process of its own.
"""

from __future__ import annotations

import argparse
import platform
import resource
import statistics
import subprocess
import sys
import time
from pathlib import Path

import alliance_sim as al
from alliance_sim.engines.ensemble import run_ensemble
from alliance_sim.rng import BLOCK

TARGETS = {"us_per_run_month": 40.0, "times_mesa": 100.0, "peak_gb": 2.0}


def machine() -> str:
    """Name of the processor and the interpreter."""
    names = (
        [
            line.split(":", 1)[1].strip()
            for line in Path("/proc/cpuinfo").read_text().splitlines()
            if line.startswith("model name")
        ]
        if Path("/proc/cpuinfo").exists()
        else []
    )
    processor = names[0] if names else platform.processor() or platform.machine()
    return (
        f"{processor}, {platform.system()} {platform.machine()}, Python {platform.python_version()}"
    )


def ensemble_seconds(scenario: al.Scenario, runs: int, repeat: int) -> list[float]:
    """Seconds for each run-month of the ensemble, in each repetition."""
    run_ensemble(scenario, 1, 0)  # imports and caches
    out = []
    for _ in range(repeat):
        begun = time.perf_counter()
        run_ensemble(scenario, runs, 0)
        out.append((time.perf_counter() - begun) / runs / scenario.horizon.months)
    return out


def mesa_seconds(scenario: al.Scenario, runs: int) -> list[float]:
    """Seconds for each run-month of the Mesa model, set-up left out, for each run."""
    out = []
    for run in range(runs):
        model = al.AllianceModel(scenario, seed=0, run=run)
        begun = time.perf_counter()
        while model.running:
            model.step()
        out.append((time.perf_counter() - begun) / scenario.horizon.months)
    return out


def peak_memory(name: str) -> float:
    """Peak resident memory, in gigabytes, of 10,000 runs in a process of its own."""
    code = f"import alliance_sim as al; al.run({name!r}, runs=10_000, seed=0)"
    subprocess.run([sys.executable, "-c", code], check=True)
    return resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024**2


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--scenario", default="us_exits_jcpoa")
    parser.add_argument("--repeat", type=int, default=5)
    given = parser.parse_args()
    scenario = al.load_scenario(given.scenario)
    print(f"machine: {machine()}")
    print(
        f"scenario: {given.scenario}, {len(scenario.world.actors)} actors, "
        f"{len(scenario.world.drivers)} drivers, {scenario.horizon.months} months, "
        f"{len(scenario.outcomes)} outcomes"
    )
    fast = ensemble_seconds(scenario, 2 * BLOCK, given.repeat)
    slow = mesa_seconds(scenario, 3)
    micro = [1e6 * seconds for seconds in fast]
    print(
        f"ensemble, one core: {statistics.median(micro):.1f} us per run-month "
        f"(lowest {min(micro):.1f}, highest {max(micro):.1f}; target at most "
        f"{TARGETS['us_per_run_month']:g})"
    )
    ratio = statistics.median(slow) / statistics.median(fast)
    print(
        f"Mesa model: {1e3 * statistics.median(slow):.2f} ms per run-month; the ensemble is "
        f"{ratio:.0f} times faster (target at least {TARGETS['times_mesa']:g})"
    )
    months = scenario.horizon.months
    print(
        f"10,000 runs of {months} months: {peak_memory(given.scenario):.2f} GB at the peak "
        f"(target under {TARGETS['peak_gb']:g})"
    )


if __name__ == "__main__":
    main()
