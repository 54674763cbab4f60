"""The command that a result keeps makes the same result again."""

import json
import shlex
from pathlib import Path

import pytest
import xarray as xr
from typer.testing import CliRunner
from worlds import write_pair

from alliance_sim import store
from alliance_sim.cli import app

SHOWN = ("--quiet", "--workers", 1)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    write_pair(tmp_path)
    (tmp_path / "the calm.yaml").write_bytes((tmp_path / "calm.yaml").read_bytes())
    monkeypatch.chdir(tmp_path)
    return tmp_path


def call(*words: object) -> None:
    result = CliRunner().invoke(app, [*map(str, words)])
    assert result.exit_code == 0, result.stderr


@pytest.mark.parametrize(
    ("words", "files"),
    [
        ("run breach.yaml --runs 4 --seed 9 --set horizon.months=40", [store.RESULT]),
        (
            "run breach.yaml --runs 4 --no-baseline --sampling sobol --theory ties --no-plots",
            [store.RESULT],
        ),
        (
            "compare 'the calm.yaml' breach.yaml --runs 4 --theory all --theory ties "
            "--replicates 1 --no-plots",
            [store.RESULT, store.BASELINE, store.COMPARISON, store.EFFECTS],
        ),
        (
            "explain breach.yaml --dyad athens,sparta --runs 4 --seed 2 "
            "--against 'the calm.yaml' --no-plots",
            [store.EXPLANATION],
        ),
        (
            "sensitivity breach.yaml --points 4 --trajectories 2 --top 1 --chance --no-baseline "
            "--outcome trade --series --no-plots",
            [store.SENSITIVITY],
        ),
        (
            "discover breach.yaml --when 'trade>1' --when 'effect:trade>0@2013-02' --runs 16 "
            "--chance --no-plots",
            [store.POINTS],
        ),
        ("blocs breach.yaml --month 2014-01 --runs 4", [store.BLOCS]),
    ],
    ids=lambda each: each.partition(" ")[0] if isinstance(each, str) else "",
)
def test_the_command_makes_the_same_again(words: str, files: list[str], folder: Path) -> None:
    call(*shlex.split(words), *SHOWN, "--out", "one")
    command = str(store.read(folder / "one" / files[0]).attrs["command"])
    assert not {"--out", "--quiet", "--workers", "--no-plots", "--json"} & {*shlex.split(command)}
    program, *again = shlex.split(command)
    assert program == "alliance-sim"
    call(*again, "--out", "two")
    for name in files:
        found = [store.read(folder / place / name) for place in ("one", "two")]
        assert found[0].attrs["command"] == command
        xr.testing.assert_identical(*found)


def test_each_of_several_scenarios_keeps_its_own(folder: Path) -> None:
    call("run", "breach.yaml", "the calm.yaml", "--runs", 2, "--no-plots", "--no-baseline")
    for name, word in (("breach", "breach.yaml"), ("the calm", "'the calm.yaml'")):
        found = store.read(folder / "results" / name / store.RESULT)
        told = f"alliance-sim run {word} --runs 2 --seed 0 --no-baseline"
        assert found.attrs["command"] == told


def test_what_is_no_dataset_keeps_it_as_well(folder: Path) -> None:
    call("discover", "breach.yaml", "--when", "trade>7", "--runs", 4, "--out", "one")
    told = json.loads((folder / "one" / store.DISCOVERY).read_text(encoding="utf-8"))
    assert told["command"] == "alliance-sim discover breach.yaml --when 'trade>7' --runs 4 --seed 0"
    call("explain", "breach.yaml", "--run", 1, "--out", "one")
    log = (folder / "one" / store.LOG.format(run=1)).read_text(encoding="utf-8")
    assert log.splitlines()[-1] == "alliance-sim explain breach.yaml --run 1 --seed 0"
