"""What can go wrong while an ensemble runs, done to real processes; nothing finished is lost."""

from __future__ import annotations

import os
import random
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import chdir, nullcontext
from functools import wraps
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xarray as xr
import zarr
from test_executors import dask_cluster
from typer.testing import CliRunner
from worlds import small_scenario, write_pair

import alliance_sim as al
from alliance_sim import store
from alliance_sim.cli import app
from alliance_sim.engines import ensemble
from alliance_sim.errors import DamagedRunsWarning, FailedRunsWarning, RunError, StorageError
from alliance_sim.results import failures_of
from alliance_sim.rng import BLOCK

RUNS = 12 * BLOCK + 7
KILLS = int(os.environ.get("ALLIANCE_SIM_KILLS", "5"))
"""How often a process is killed at a random moment; a nightly run asks for 30 and more."""
PAGE = Path(__file__).parent.parent / "docs" / "large-runs.md"
HEADING = "| fault | tried | recovered to the bit |\n| --- | --- | --- |"
LINUX = sys.platform == "linux"


def words(*more: Any) -> list[str]:
    """A command, without what starts it."""
    options = ("--no-plots", "--no-baseline", "--quiet", "--runs", RUNS, "--out", "out")
    return ["run", "breach.yaml", *map(str, (*options, *more))]


def command(*more: Any) -> list[str]:
    """The same as a process of its own."""
    return [sys.executable, "-m", "alliance_sim", *words(*more)]


def sums(path: Path) -> Any:
    """The checksum of every block."""
    group: Any = zarr.open_group(path, mode="r")
    return group["checksum"][:]


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the scenario, and with results that nothing happened to."""
    folder = tmp_path_factory.mktemp("finished")
    write_pair(folder)
    run(folder, words("--workers", 1))
    return folder


@pytest.fixture
def folder(finished: Path, tmp_path: Path) -> Path:
    """An own folder with the scenario."""
    shutil.copy(finished / "breach.yaml", tmp_path)
    shutil.copy(finished / "calm.yaml", tmp_path)
    return tmp_path


COUNTS: dict[str, list[int]] = {}
"""Fault -> how often it was done, and how often all came back to the bit."""


def fault(name: str, times: int = 1) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Count the fault that a test does, and that it was recovered from if the test passes."""

    def decorate(test: Callable[..., None]) -> Callable[..., None]:
        @wraps(test)
        def counting(*args: Any, **kwargs: Any) -> None:
            row = COUNTS.setdefault(name, [0, 0])
            row[0] += times
            try:
                test(*args, **kwargs)
            except pytest.skip.Exception:
                row[0] -= times
                raise
            row[1] += times

        return counting

    return decorate


@pytest.fixture(scope="module", autouse=True)
def table(update: bool) -> Iterator[None]:
    """With --update, the table of the documentation is written anew."""
    yield
    if update:
        head, found, rest = PAGE.read_text(encoding="utf-8").partition(HEADING)
        assert found, "the page has no table of faults"
        rows = [f"| {name} | {tried} | {back} |" for name, (tried, back) in COUNTS.items()]
        _, gap, tail = rest.partition("\n\n")
        PAGE.write_text("\n".join([head + HEADING, *rows]) + gap + tail, encoding="utf-8")


def run(folder: Path, arguments: list[str], code: int = 0) -> str:
    """Run a command to its end, in this process; what it said."""
    with chdir(folder):
        done = CliRunner().invoke(app, arguments)
    assert done.exit_code == code, done.output
    assert done.exception is None or isinstance(done.exception, SystemExit)
    return done.stderr


def start(folder: Path, *more: Any) -> subprocess.Popen[str]:
    # What a shell starts in the background ignores Ctrl-C, and so does all that is started by it.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        return subprocess.Popen(
            command(*more),
            cwd=folder,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,  # a group of its own, as a shell gives it
        )
    finally:
        signal.signal(signal.SIGINT, before)


def wait_for_blocks(path: Path, count: int) -> None:
    """Wait until so many blocks are there."""
    for _ in range(3000):
        if path.exists() and int(sums(path).any(axis=1).sum()) >= count:
            return
        time.sleep(0.01)
    pytest.fail("no block was written in half a minute")


def same(folder: Path, finished: Path) -> None:
    """The results are those that nothing happened to, to the bit."""
    place, reference = (each / "out" / store.RESULT for each in (folder, finished))
    assert np.array_equal(sums(place), sums(reference))
    xr.testing.assert_identical(store.read(place).drop_attrs(), store.read(reference).drop_attrs())


# -- processes that are killed, and users who stop them ----------------------------------------


@pytest.mark.slow
@fault("kill -9 of the main process at a random moment", KILLS)
def test_killed_at_random_moments(folder: Path, finished: Path) -> None:
    place = folder / "out" / store.RESULT
    reference = sums(finished / "out" / store.RESULT)
    chance = random.Random(KILLS)
    kills = finishes = 0
    while kills < KILLS or not finishes:
        more = ("--resume", "--workers", 1 + kills % 2)
        # Its workers outlive it by a moment, and would hold a pipe open.
        process = subprocess.Popen(command(*more), cwd=folder, stderr=subprocess.DEVNULL)
        try:
            process.wait(chance.uniform(0.3, 4.0) if kills < KILLS else 120)
        except subprocess.TimeoutExpired:
            process.kill()
            kills += 1
        if process.wait() == 0:
            same(folder, finished)
            shutil.rmtree(place)
            finishes += 1
        elif place.exists():
            done = [block for block, state in enumerate(store.runs.states(place)) if state]
            assert np.array_equal(sums(place)[done], reference[done])
    assert kills >= KILLS


@pytest.mark.slow
@pytest.mark.parametrize(
    ("workers", "number", "to_all"),
    [
        (1, signal.SIGINT, False),
        (2, signal.SIGINT, True),
        (1, signal.SIGTERM, False),
        (2, signal.SIGTERM, False),
    ],
)
@fault("Ctrl-C, SIGTERM")
def test_ctrl_c(
    folder: Path, finished: Path, workers: int, number: signal.Signals, to_all: bool
) -> None:
    process = start(folder, "--workers", workers)
    wait_for_blocks(folder / "out" / store.RESULT, 1)
    (os.killpg if to_all else os.kill)(process.pid, number)
    _, said = process.communicate(timeout=60)
    assert process.returncode == 128 + number
    # It is all that is said, and counts what is in the store then and ever after.
    saved = re.fullmatch(
        r"interrupted; ([\d,]+) of [\d,]+ runs are saved in .* --resume .*\n", said
    )
    assert saved, said
    # What is unfinished is neither overwritten nor taken for the whole.
    assert "holds an unfinished run" in run(folder, words(), code=2)
    part = store.read(folder / "out" / store.RESULT)
    assert part.attrs["unfinished"] == RUNS
    assert BLOCK <= part.sizes["run"] < RUNS
    assert part.sizes["run"] == int(saved[1].replace(",", ""))
    arguments = words("--resume", "--workers", 1)
    again = run(folder, [each for each in arguments if each != "--quiet"])
    assert f"{saved[1]} of {RUNS:,} runs are saved already" in again
    # The pace is that of the runs that were done now.
    assert f"breach: {RUNS - part.sizes['run']:,} runs in" in again
    same(folder, finished)


@pytest.mark.slow
def test_a_second_ctrl_c_ends_at_once(folder: Path) -> None:
    process = start(folder, "--workers", 1)
    wait_for_blocks(folder / "out" / store.RESULT, 1)
    process.send_signal(signal.SIGSTOP)  # so that both are there when it goes on
    process.send_signal(signal.SIGINT)
    process.send_signal(signal.SIGTERM)
    process.send_signal(signal.SIGCONT)
    _, said = process.communicate(timeout=5)
    assert process.returncode in (130, 143)
    assert "Traceback" not in said


def test_interrupted_before_a_store_is_there(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupt(*_: Any, **__: Any) -> None:
        os.kill(os.getpid(), signal.SIGTERM)

    monkeypatch.chdir(folder)
    for place in ("alliance_sim.cli.jobs.prepare", "alliance_sim.store.runs.create"):
        with monkeypatch.context() as patch:
            patch.setattr(place, interrupt)
            done = CliRunner().invoke(app, ["run", "breach.yaml", "--runs", "3", "--workers", "1"])
        assert done.exit_code == 143
        assert re.match("interrupted before (the first run|a run was saved)", done.stderr)


@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
def test_killed_in_silence(tmp_path: Path) -> None:
    """Nothing is said of semaphores that a process left which was killed."""
    code = (
        "import os; from alliance_sim.executors import spread\n"
        "print(*spread(str, range(4), 2), flush=True); os.kill(os.getpid(), 9)"
    )
    done = subprocess.run(  # until the last process that holds the pipes has ended
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == -9
    assert done.stdout == "0 1 2 3\n"
    assert not done.stderr


@pytest.mark.slow
@fault("kill -9 of the local worker processes")
def test_worker_killed(folder: Path, finished: Path) -> None:
    process = start(folder, "--workers", 2)
    wait_for_blocks(folder / "out" / store.RESULT, 1)
    children = [int(pid) for pid in children_of(process.pid)]
    assert children
    for child in children:
        os.kill(child, signal.SIGKILL)
    _, said = process.communicate(timeout=60)
    assert process.returncode == 1
    assert "was killed or ran out of memory" in said
    assert "--resume" in said
    assert "Traceback" not in said
    run(folder, words("--resume", "--workers", 1))
    same(folder, finished)


def children_of(pid: int) -> Iterator[str]:
    """Processes that do the work of another."""
    for each in Path("/proc").glob("[0-9]*"):
        try:
            stat = (each / "stat").read_text().rpartition(")")[2].split()
            line = (each / "cmdline").read_text()
        except OSError:
            continue
        if int(stat[1]) == pid and "loky" in line and "resource_tracker" not in line:
            yield each.name


def killed_on_a_cluster(folder: Path, victim: Callable[[Any, list[Any]], Any]) -> tuple[int, str]:
    """Exit code and words of a command while one process of its cluster is killed."""
    with dask_cluster() as (address, scheduler, workers):
        process = start(folder, "--scheduler", address)
        wait_for_blocks(folder / "out" / store.RESULT, 1)
        victim(scheduler, workers).kill()
        _, said = process.communicate(timeout=120)
    return process.returncode, said


@pytest.mark.slow
@fault("kill -9 of a Dask worker")
def test_dask_worker_killed(folder: Path, finished: Path) -> None:
    """The others take over its work."""
    code, said = killed_on_a_cluster(folder, lambda scheduler, workers: workers[0])
    assert code == 0, said
    same(folder, finished)


@pytest.mark.slow
@fault("kill -9 of the Dask scheduler")
def test_dask_scheduler_killed(folder: Path, finished: Path) -> None:
    code, said = killed_on_a_cluster(folder, lambda scheduler, workers: scheduler)
    assert code == 1, said
    assert "--resume" in said
    assert "Traceback" not in said
    run(folder, words("--resume", "--workers", 1))
    same(folder, finished)


# -- disks --------------------------------------------------------------------------------------


@pytest.mark.skipif(sys.platform == "win32", reason="limits of file size are of POSIX")
@fault("limit on the size of a file")
def test_no_room_for_a_file(folder: Path, finished: Path) -> None:
    import resource

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, 50_000))

    done = subprocess.run(
        command("--workers", 1),
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
        preexec_fn=limit,
    )
    said = done.stderr
    assert done.returncode == 1, said
    assert "Traceback" not in said
    assert "cannot write to" in said
    assert "too large" in said
    run(folder, words("--resume", "--workers", 1))
    same(folder, finished)


def in_a_namespace(folder: Path, *lines: str) -> subprocess.CompletedProcess[str]:
    """Run shell lines where mounting is allowed; skips where it is not."""
    if not LINUX or os.geteuid():
        pytest.skip("mounting a small disk takes root on Linux")
    script = "set -eu\nmount -t tmpfs -o size=16m tmpfs out\n" + "\n".join(lines)
    line = ["unshare", "--mount", "sh", "-c", script]
    done = subprocess.run(line, cwd=folder, capture_output=True, text=True, check=False)
    if "mount" in done.stderr and done.returncode == 32:
        pytest.skip("this container cannot mount")
    return done


@pytest.mark.slow
@fault("disk full")
def test_disk_full(folder: Path, finished: Path) -> None:
    """There is room enough in the beginning, and then something else takes it."""
    (folder / "out").mkdir()
    done = in_a_namespace(
        folder,
        f"{' '.join(command('--workers', 2))} & process=$!",
        f"until [ -e out/{store.RESULT}/checksum/c/0 ]; do sleep 0.01; done",
        "dd if=/dev/zero of=out/other bs=4k 2>/dev/null || true",
        "wait $process && exit 9 || test $? = 1",
        "rm out/other",
        f"{' '.join(command('--resume', '--workers', 1))}",
        "cp -r out kept",
    )
    assert done.returncode == 0, done.stderr
    assert "no space left on device" in done.stderr
    assert "--resume" in done.stderr
    assert "Traceback" not in done.stderr
    (folder / "out").rmdir()
    (folder / "kept").rename(folder / "out")
    same(folder, finished)


def test_read_only_folder(folder: Path) -> None:
    (folder / "out").mkdir()
    if os.name == "posix" and os.geteuid():
        (folder / "out").chmod(0o500)
        said = run(folder, words(), code=2)
    else:
        line = f"{' '.join(command())} || test $? = 2"
        done = in_a_namespace(folder, "mount -o remount,ro out", line)
        assert done.returncode == 0, done.stderr
        said = done.stderr
    assert "cannot write to 'out'" in said


def _flip(data: bytes) -> bytes:
    middle = len(data) // 2
    return data[:middle] + bytes([data[middle] ^ 16]) + data[middle + 1 :]


DAMAGE: dict[str, Callable[[Path], object]] = {
    "flipped": lambda file: file.write_bytes(_flip(file.read_bytes())),
    "truncated": lambda file: file.write_bytes(file.read_bytes()[:-9]),
    "emptied": lambda file: file.write_bytes(b""),
    "removed": lambda file: file.unlink(),
}


@pytest.mark.slow
@pytest.mark.parametrize("variable", ["trade", "alignment_last", "kind_of_tie", "checksum"])
@pytest.mark.parametrize("damage", sorted(DAMAGE))
@fault("chunk of a block flipped by a bit, cut short, emptied or removed")
def test_damaged_block(folder: Path, finished: Path, variable: str, damage: str) -> None:
    place = folder / "out" / store.RESULT
    shutil.copytree(finished / "out", folder / "out")
    chunks = sorted(
        each
        for each in (place / variable).rglob("*")
        if each.is_file() and each.name not in ("zarr.json", ".lock")
    )
    DAMAGE[damage](chunks[-1])
    assert not all(store.runs.states(place))
    if (variable, damage) != ("checksum", "removed"):  # then it is not known to be there at all
        with pytest.raises(al.InputError, match=r"is damaged: runs .* --resume"):
            store.read(place)
    scenario = al.load_scenario(folder / "breach.yaml")
    known = (variable, damage) != ("checksum", "removed")
    told = pytest.warns(DamagedRunsWarning, match=r"runs .* in .* were damaged, and have been run")
    with told if known else nullcontext():
        al.run(scenario, RUNS, store=place, resume=True, workers=1)
    same(folder, finished)


@pytest.mark.parametrize("file", ["zarr.json", "trade/zarr.json"])
def test_damaged_description(folder: Path, finished: Path, file: str) -> None:
    shutil.copytree(finished / "out", folder / "out")
    place = folder / "out" / store.RESULT
    (place / file).write_text('{"zarr_format": 3, "node_ty')
    scenario = al.load_scenario(folder / "breach.yaml")
    for attempt in (lambda: store.read(place), lambda: al.run(scenario, RUNS, store=place)):
        with pytest.raises(al.InputError, match=r"holds no results|damaged|unfinished"):
            attempt()


@pytest.mark.slow
@fault("two processes writing to one store")
def test_two_processes_and_one_store(folder: Path, finished: Path) -> None:
    first = start(folder, "--workers", 1)
    wait_for_blocks(folder / "out" / store.RESULT, 1)
    first.send_signal(signal.SIGSTOP)  # so that it is not done before the second has begun
    try:
        said = run(folder, words("--resume"), code=2)
    finally:
        first.send_signal(signal.SIGCONT)
        first.communicate(timeout=120)
    assert "another process is writing" in said
    assert first.returncode == 0
    same(folder, finished)


# -- what a store is for ------------------------------------------------------------------------


@pytest.fixture
def checked() -> Any:
    brief = {"horizon": {"start": "1432-01", "months": 40}}
    return al.read_scenario(small_scenario() | brief)


def test_more_runs_extend_a_store(checked: Any, tmp_path: Path) -> None:
    place = tmp_path / "deep" / "some.zarr"
    for runs in (100, BLOCK + 9, 3 * BLOCK):
        found = al.run(checked, runs, 5, store=place, resume=True)
        alone = al.run(checked, runs, 5)
        xr.testing.assert_equal(found, alone)
        assert [*found.data_vars] == [*alone.data_vars]
    with pytest.raises(al.InputError, match="holds 1,536 runs, more than the 2 asked for"):
        al.run(checked, 2, 5, store=place, resume=True)
    # A finished one is replaced where nobody asks to go on.
    assert al.run(checked, 2, 5, store=place).sizes["run"] == 2
    assert [each.name for each in place.parent.iterdir()] == ["some.zarr"]


def test_another_scenario_or_seed_is_not_mixed_in(checked: Any, tmp_path: Path) -> None:
    place = tmp_path / "some.zarr"
    al.run(checked, 3, 5, store=place)
    other = checked.model_copy(update={"name": "Another"})
    with pytest.raises(al.InputError, match="it has another scenario and seed; it was made with"):
        al.run(other, 3, 6, store=place, resume=True)
    with pytest.raises(al.InputError, match="another chance"):
        al.run(checked, 3, 5, store=place, resume=True, chance=False)


def test_what_is_no_store_is_left_alone(checked: Any, tmp_path: Path) -> None:
    place = tmp_path / "thesis.zarr"
    place.mkdir()
    (place / "thesis.txt").write_text("years of work")
    for resume in (False, True):
        with pytest.raises(al.InputError, match="holds no results; take it away"):
            al.run(checked, 3, store=place, resume=resume)
    assert (place / "thesis.txt").read_text() == "years of work"


def test_a_store_of_a_later_format_says_so(checked: Any, tmp_path: Path) -> None:
    place = tmp_path / "some.zarr"
    al.run(checked, 3, store=place)
    zarr.open_group(place, mode="r+").attrs["format"] = "2.0"
    with pytest.raises(al.InputError, match=r"is in format 2\.0, and this version reads 1\."):
        store.read(place)


def test_opens_without_the_library(checked: Any, tmp_path: Path) -> None:
    ds = al.run(checked, 9, 5, store=tmp_path / "some.zarr")
    with xr.open_zarr(tmp_path / "some.zarr", consolidated=False, chunks=None) as plain:
        np.testing.assert_array_equal(plain["trade"], ds["trade"])
        assert plain["trade"].attrs["units"] == ds["trade"].attrs["units"]
        assert plain.attrs["scenario_hash"] == ds.attrs["scenario_hash"]


def test_what_cannot_be_written_says_what_is_saved(
    checked: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def put(path: Path, block: int, part: xr.Dataset) -> None:
        if block == 1:
            raise OSError(28, "No space left on device")
        write(path, block, part)

    write = store.runs.put
    monkeypatch.setattr(store.runs, "put", put)
    said = "no space left on device; 512 of 600 runs are saved"
    with pytest.raises(StorageError, match=said):
        al.run(checked, 600, store=tmp_path / "some.zarr", workers=1)


# -- runs that fail -----------------------------------------------------------------------------


@pytest.fixture
def failing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Run 5 raises an error, and run 600 gives what is no number."""
    whole = ensemble.run_block

    def run_block(program: Any, labels: Any, where: Any, *more: Any) -> Any:
        lanes = range(where.block * BLOCK, (where.block + 1) * BLOCK)[where.lanes]
        if 5 in lanes:
            raise FloatingPointError("too hot")
        record = whole(program, labels, where, *more)
        if 600 in lanes:
            record.outcomes[..., lanes.index(600)] = np.nan
        return record

    monkeypatch.setattr(ensemble, "run_block", run_block)


@pytest.mark.parametrize("stored", [False, True])
@pytest.mark.usefixtures("failing")
def test_failed_runs_are_left_out_and_told_of(checked: Any, tmp_path: Path, stored: bool) -> None:
    place = {"store": tmp_path / "some.zarr"} if stored else {}
    said = "2 of 700 runs of seed 5 failed and were left out: run 5: FloatingPointError: too hot"
    with pytest.warns(FailedRunsWarning, match=said):
        found = al.run(checked, 700, 5, workers=1, **place)
    assert found.sizes["run"] == 698
    assert [each["run"] for each in failures_of(found)] == [5, 600]
    assert not {5, 600} & {*found["run"].values}


@pytest.mark.usefixtures("failing")
def test_the_other_runs_are_what_they_would_have_been(
    checked: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.warns(FailedRunsWarning):
        found = al.run(checked, 700, 5, workers=1)
    monkeypatch.undo()
    sound = al.run(checked, 700, 5, workers=1).drop_sel(run=[5, 600])
    xr.testing.assert_equal(found, sound)


@pytest.mark.usefixtures("failing")
def test_pairs_lose_the_runs_that_failed_in_either(checked: Any, tmp_path: Path) -> None:
    calm = checked.model_copy(update={"interventions": ()})
    with pytest.warns(FailedRunsWarning):
        effect = al.compare(calm, checked, 700, workers=1)
    assert effect.sizes["run"] == 698
    with pytest.warns(FailedRunsWarning):
        found = al.run(checked, 700, workers=1)
    again = store.read(store.write(found, tmp_path / "again.zarr"))
    xr.testing.assert_equal(again, found)
    assert failures_of(again) == failures_of(found)


def test_where_every_run_fails_there_is_no_result(
    checked: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def run_block(*_: Any) -> Any:
        raise FloatingPointError("too hot")

    monkeypatch.setattr(ensemble, "run_block", run_block)
    with pytest.raises(RunError, match="every run of seed 0 failed: FloatingPointError: too hot"):
        al.run(checked, 40, workers=1)
