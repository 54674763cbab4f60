"""What a large run takes is known before it is begun, and what cannot fit is refused."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tracemalloc
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import psutil
import pytest
from typer.testing import CliRunner
from worlds import small_scenario, write_pair

import alliance_sim as al
from alliance_sim.cli import app
from alliance_sim.rng import BLOCK
from alliance_sim.wording import duration


@pytest.fixture(scope="module")
def checked() -> Any:
    return al.read_scenario(small_scenario())


def test_bytes_on_disk_are_those_of_a_store(checked: Any, tmp_path: Path) -> None:
    runs = 2 * BLOCK
    al.run(checked, runs, store=tmp_path / "some.zarr")
    files = [each for each in (tmp_path / "some.zarr").rglob("c.*") if each.is_file()]
    written = sum(each.stat().st_size for each in files)
    assert al.estimate(checked, runs, stored=True).disk == pytest.approx(written, rel=0.15)


PEAK = """
import sys
import tracemalloc
from collections.abc import Callable
from functools import partial
from pathlib import Path
import psutil
import alliance_sim as al
scenario = al.load_scenario("us_exits_jcpoa")
al.run(scenario, 1, workers=1)
before = psutil.Process().memory_info().rss
ds = al.run(scenario, int(sys.argv[1]), workers=1)
status = Path("/proc/self/status").read_text()
after = 1024 * int(status.split("VmHWM:")[1].split()[0])
print(after - before)
"""


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="peak memory is read in /proc")
@pytest.mark.parametrize("runs", [BLOCK, 20 * BLOCK])
def test_memory_is_what_a_process_takes(runs: int) -> None:
    done = subprocess.run(
        [sys.executable, "-c", PEAK, str(runs)], capture_output=True, text=True, check=True
    )
    taken = float(done.stdout)
    said = al.estimate(al.load_scenario("us_exits_jcpoa"), runs, stored=False).memory
    assert 0.5 * said < taken < 1.3 * said


def test_time_is_that_of_a_trial(checked: Any) -> None:
    small, large = (
        al.estimate(checked, runs, 1, stored=True, trial=True).seconds
        for runs in (BLOCK, 100 * BLOCK)
    )
    assert 20 * small < large < 500 * small
    assert al.estimate(checked, 1, trial=False).seconds is None


def test_a_name_is_enough() -> None:
    named = al.estimate("us_exits_jcpoa", 2000, trial=False)
    loaded = al.estimate(al.load_scenario("us_exits_jcpoa"), 2000, trial=False)
    assert named == loaded
    with pytest.raises(al.InputError, match="did you mean 'us_exits_jcpoa'"):
        al.estimate("us_exit_jcpoa")
    with pytest.raises(al.InputError, match="runs is 0"):
        al.estimate("us_exits_jcpoa", 0)


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0.2, "1 second"),
        (90, "90 seconds"),
        (3 * 60, "3 minutes"),
        (8793 * 60, "6 days"),
        (26 * 3600, "26 hours"),
    ],
)
def test_times_in_units_that_suit_them(seconds: float, words: str) -> None:
    assert duration(seconds) == words


@pytest.mark.parametrize("runs", [10**9, 10**15])
def test_what_fits_nowhere_is_refused_at_once(checked: Any, tmp_path: Path, runs: int) -> None:
    with pytest.raises(al.InputError, match=r"runs need about .* of memory; .* are free"):
        al.run(checked, runs)
    if runs > 10**12:
        with pytest.raises(al.InputError, match=r"on disk; .* are free; make room in"):
            al.run(checked, runs, store=tmp_path / "some.zarr")


@pytest.mark.parametrize(
    "ask", [partial(al.judge_claims, ["C02"]), partial(al.explain, "us_exits_jcpoa")]
)
def test_nothing_large_is_made_before_it_is_refused(ask: Callable[..., Any]) -> None:
    tracemalloc.start()
    try:
        with pytest.raises(al.InputError, match="of memory"):
            ask(runs=9 * 10**8)
        assert tracemalloc.get_traced_memory()[1] < 10**8
    finally:
        tracemalloc.stop()


def test_memory_and_disk_that_are_short(
    checked: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    free = psutil.virtual_memory()._replace(available=10**6)
    monkeypatch.setattr(psutil, "virtual_memory", lambda: free)
    room = shutil.disk_usage(tmp_path)._replace(free=10**4)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: room)
    with pytest.raises(al.InputError) as caught:
        al.run(checked, 600, store=tmp_path / "deep" / "some.zarr")
    assert len(caught.value.problems) == 2
    assert not list(tmp_path.iterdir())


def test_disk_has_to_hold_scenario_and_baseline(
    checked: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """There is room for either, and not for both; what is there already has its own."""
    write_pair(tmp_path)
    monkeypatch.chdir(tmp_path)
    one = al.estimate("breach.yaml", 600, trial=False).disk
    usual = shutil.disk_usage(tmp_path)
    words = ["run", "breach.yaml", "--runs", "600", "--no-plots", "--quiet", "--workers", "1"]
    with monkeypatch.context() as short:
        short.setattr(shutil, "disk_usage", lambda _: usual._replace(free=int(1.5 * one)))
        done = CliRunner().invoke(app, words)
        assert done.exit_code == 2
        assert "600 runs of each of 2 scenarios need" in done.stderr
        assert not (tmp_path / "results").exists()
        assert CliRunner().invoke(app, [*words, "--no-baseline"]).exit_code == 0
        assert CliRunner().invoke(app, words).exit_code == 0
