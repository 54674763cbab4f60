"""The same numbers, to the bit, whoever does the work; real processes in every test."""

from __future__ import annotations

import multiprocessing
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import Executor, ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tasks
from worlds import small_scenario

import alliance_sim as al
from alliance_sim import executors
from alliance_sim.engines.ensemble import run_ensemble
from alliance_sim.errors import WorkersLostError
from alliance_sim.rng import BLOCK
from alliance_sim.spec import Scenario

RUNS = 3 * BLOCK + 5
PARTS = ("outcomes", "alignment", "classes", "first", "last", "parameters")


@pytest.fixture(scope="module")
def scenario() -> Scenario:
    return Scenario.model_validate(
        small_scenario() | {"horizon": {"start": "2000-01", "months": 3}}
    )


@pytest.fixture(scope="module")
def alone(scenario: Scenario) -> Any:
    return run_ensemble(scenario, RUNS, 5, workers=1)


def equal(one: Any, other: Any) -> bool:
    return all(np.array_equal(getattr(one, part), getattr(other, part)) for part in PARTS)


@contextmanager
def pool(method: str) -> Iterator[Executor]:
    with ProcessPoolExecutor(2, multiprocessing.get_context(method)) as executor:
        yield executor


@pytest.mark.parametrize("workers", [1, 2, 3, np.int64(2), None])
def test_any_number_of_processes(scenario: Scenario, alone: Any, workers: Any) -> None:
    assert equal(alone, run_ensemble(scenario, RUNS, 5, workers=workers))


@pytest.mark.parametrize("method", ["spawn", "forkserver", "fork"])
@pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork:DeprecationWarning")
def test_processes_however_they_are_started(scenario: Scenario, alone: Any, method: str) -> None:
    if method not in multiprocessing.get_all_start_methods():
        pytest.skip(f"no {method} on this system")
    with pool(method) as executor:
        assert equal(alone, run_ensemble(scenario, RUNS, 5, workers=executor))
        # The executor is the caller's, and is left open.
        assert executor.submit(os.getpid).result() != os.getpid()


def test_threads(scenario: Scenario, alone: Any) -> None:
    with ThreadPoolExecutor(2) as executor:
        assert equal(alone, run_ensemble(scenario, RUNS, 5, workers=executor))


# -- Dask: a scheduler and two workers, each a process of its own ------------------------------


@contextmanager
def dask_cluster() -> Iterator[tuple[str, Any, list[Any]]]:
    """Address of a scheduler on loopback that has two workers, and the processes."""
    python = [sys.executable, "-m", "distributed.cli.dask_scheduler"]
    scheduler = subprocess.Popen(
        [*python, "--host", "127.0.0.1", "--port", "0", "--no-dashboard"],
        stderr=subprocess.PIPE,
        text=True,
    )
    assert scheduler.stderr is not None
    address = ""
    for line in scheduler.stderr:
        if "Scheduler at:" in line:
            address = line.split("Scheduler at:")[1].strip()
            break
    assert address, "the scheduler did not start"
    command = [sys.executable, "-m", "distributed.cli.dask_worker", address, "--no-dashboard"]
    command += ["--nthreads", "1", "--host", "127.0.0.1", "--no-nanny"]
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    workers = [subprocess.Popen(command, **quiet) for _ in range(2)]
    try:
        yield address, scheduler, workers
    finally:
        for process in (*workers, scheduler):
            process.kill()
            process.wait()
        scheduler.stderr.close()


@pytest.mark.slow
def test_dask_scheduler_and_two_workers(scenario: Scenario, alone: Any, tmp_path: Path) -> None:
    from distributed import Client

    with dask_cluster() as (address, _, _):
        with Client(address, set_as_default=False) as client:
            client.wait_for_workers(2, timeout=60)
            executor = client.get_executor(pure=False)
            assert equal(alone, run_ensemble(scenario, RUNS, 5, workers=executor))
            assert len({*client.run(os.getpid).values()}) == 2
        options = ["--runs", "600", "--seed", "3", "--no-plots", "--quiet"]
        ours = [sys.executable, "-m", "alliance_sim", "run", "us_exits_jcpoa", *options]
        ours += ["--set", "horizon.months=7"]
        for more in (["--scheduler", address, "--out", "far"], ["--workers", "1", "--out", "near"]):
            subprocess.run([*ours, *more], cwd=tmp_path, check=True, stdout=subprocess.DEVNULL)
    far, near = (tmp_path / place / "summary.csv" for place in ("far", "near"))
    assert far.read_bytes() == near.read_bytes()


# -- what is left alone, and what is said -----------------------------------------------------


SCRIPT = """
import multiprocessing
import sys
print("begun", flush=True)
multiprocessing.set_start_method(sys.argv[1]) if sys.argv[1] != "unset" else None
import alliance_sim as al
ds = al.run("us_exits_jcpoa", runs=1100, seed=0, workers=2)
print(multiprocessing.get_start_method(allow_none=True), float(ds["iran_to_russia"].sum()))
"""


@pytest.mark.slow
def test_script_needs_no_guard_and_keeps_its_start_method(tmp_path: Path) -> None:
    """Processes that ran the script once more would print, or end in an error."""
    script = tmp_path / "script.py"
    script.write_text(SCRIPT, encoding="utf-8")
    found = set()
    for method, kept in (("unset", "None"), ("fork", "fork"), ("forkserver", "forkserver")):
        command = [sys.executable, "-W", "error", str(script), method]
        done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
        assert done.returncode == 0, done.stderr
        assert not done.stderr
        first, second = done.stdout.splitlines()
        assert first == "begun"
        assert second.split()[0] == kept
        found.add(second.split()[1])
    assert len(found) == 1


def test_a_process_that_is_killed_is_told_of_and_the_next_call_works() -> None:
    with pytest.raises(WorkersLostError, match="was killed or ran out of memory"):
        list(executors.spread(tasks.die, range(4), 2))
    assert list(executors.spread(str, range(4), 2)) == ["0", "1", "2", "3"]


@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
def test_processes_end_soon_after_the_one_that_started_them_is_killed() -> None:
    code = (
        "import os; from alliance_sim.executors import spread\n"
        "print(*{p for p in spread(eval, ['__import__(\"os\").getpid()'] * 8, 2)}, flush=True)\n"
        "os.kill(os.getpid(), 9)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, text=True, timeout=60, check=False
    )
    children = [int(each) for each in done.stdout.split()]
    assert children
    deadline = time.monotonic() + 20
    while any(Path(f"/proc/{each}").exists() for each in children):
        assert time.monotonic() < deadline, "they go on without it"
        time.sleep(0.1)


def test_a_process_that_shares_work_shares_its_own_with_no_more() -> None:
    for own, inner in executors.spread(tasks.inside, range(2), 2):
        assert own != os.getpid()
        assert set(inner) == {own}


def test_little_work_starts_no_process() -> None:
    assert set(executors.spread(tasks.pid, range(2), None)) == {os.getpid()}


def test_results_come_in_the_order_of_the_tasks() -> None:
    assert list(executors.spread(tasks.later, range(6), 2)) == list(range(6))


@pytest.mark.parametrize("workers", [0, -1, 1.0, True, "2"])
def test_workers_that_are_none(scenario: Scenario, workers: Any) -> None:
    with pytest.raises(al.InputError, match="workers is"):
        al.run(scenario, 1, workers=workers)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--scheduler", "tcp://127.0.0.1:1"], "no scheduler answers at 'tcp://127.0.0.1:1'"),
        (["--scheduler", "nowhere"], "no scheduler answers at 'nowhere'"),
        (["--scheduler", "tcp://127.0.0.1:1", "--workers", "2"], "exclude each other"),
    ],
)
@pytest.mark.slow
def test_scheduler_that_cannot_be_used(options: list[str], said: str, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "alliance_sim", "run", "us_exits_jcpoa", *options]
    done = subprocess.run(
        command, cwd=tmp_path, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 2
    assert said in done.stderr
    assert "Traceback" not in done.stderr
    assert not list(tmp_path.iterdir())
