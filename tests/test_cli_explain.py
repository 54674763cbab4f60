"""`explain` on the command line: tables, files, the story of a run, mistakes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner
from worlds import write_pair

import alliance_sim as al
from alliance_sim import store
from alliance_sim.cli import app


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    write_pair(tmp_path)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "100")
    return tmp_path


def call(*arguments: object) -> Any:
    return CliRunner().invoke(app, ["explain", *map(str, arguments)])


def test_the_table_is_that_of_the_library_and_adds_up(folder: Path) -> None:
    dyads = ("athens-sparta", "sparta->persia")
    options = [part for dyad in dyads for part in ("--dyad", dyad)]
    result = call("breach.yaml", *options, "--runs", 16, "--seed", 0, "--json", "--out", "out")
    assert result.exit_code == 0, result.stderr
    found = json.loads(result.stdout)
    wanted = al.explain("breach.yaml", dyads, runs=16, seed=0, against="calm.yaml")
    for dyad in dyads:
        table = al.attribution.table(wanted, dyad)
        causes = found["dyads"][dyad]["causes"]
        assert list(causes) == list(table.index)
        for cause, row in table.iterrows():
            assert causes[cause]["mean"] == row["mean"]
        whole = found["dyads"][dyad]["effect"]["mean"]
        assert sum(each["mean"] for each in causes.values()) == pytest.approx(whole, abs=1e-9)
    kept = store.read(folder / "out" / store.EXPLANATION)
    assert float(kept["effect"].sel(dyad="athens-sparta").isel(month=-1)) == pytest.approx(
        found["dyads"]["athens-sparta"]["effect"]["mean"]
    )
    assert {path.name for path in (folder / "out" / "plots").iterdir()} == {
        "attribution_athens-sparta.png",
        "attribution_sparta_to_persia.png",
        "utility_athens-sparta.png",
        "utility_sparta_to_persia.png",
    }
    assert sum(each["share"] for each in found["moved_first"]) == pytest.approx(1)


def test_tables_on_the_terminal(folder: Path) -> None:
    result = call("breach.yaml", "--dyad", "athens,sparta", "--runs", 8, "--no-plots")
    assert result.exit_code == 0, result.stderr
    for text in (
        "Alignment of Athens and Sparta",
        "all together",
        "Who moved first",
        "against calm",
    ):
        assert text in result.stdout
    result = call("breach.yaml", "--runs", 8, "--no-plots", "--no-baseline")
    assert result.exit_code == 0, result.stderr
    assert "against the base date" in result.stdout
    assert "Who moved first" not in result.stdout


def test_one_run_is_told_and_written(folder: Path) -> None:
    result = call("breach.yaml", "--run", 2, "--out", "out")
    assert result.exit_code == 0, result.stderr
    story = al.chronicle("breach.yaml", 2, 0, against="calm.yaml")
    lines = (folder / "out" / "log_run_2.txt").read_text(encoding="utf-8").splitlines()
    assert lines[3:-2] == story.lines()
    assert lines[-1] == "alliance-sim explain breach.yaml --run 2 --seed 0"
    assert story.heading() == lines[0]
    assert "run 2 of seed 0, against run 2 of 'Peace'" in result.stdout
    found = json.loads(call("breach.yaml", "--run", 2, "--out", "out", "--json").stdout)
    assert [each["text"] for each in found["entries"]] == [each.text for each in story.entries]


def test_mistakes_are_told_at_once_and_leave_no_folder(folder: Path) -> None:
    result = call("breach.yaml", "--dyad", "atens,sparta", "--dyad", "x", "--out", "out")
    assert result.exit_code == 2
    assert "did you mean 'athens'" in result.stderr
    assert "'x' is no dyad" in result.stderr
    assert not (folder / "out").exists()
    result = call("breach.yaml", "--against", "nowhere", "--out", "out")
    assert result.exit_code == 2
    assert "nowhere" in result.stderr


def test_a_single_run_has_no_error(folder: Path) -> None:
    result = call("breach.yaml", "--runs", 1, "--json", "--no-plots", "--out", "out")
    assert result.exit_code == 0, result.stderr
    found = json.loads(result.stdout, parse_constant=pytest.fail)
    effects = [each["effect"] for each in found["dyads"].values()]
    assert [each["error"] for each in effects] == [None]
    assert "0.000  0.000" not in call("breach.yaml", "--runs", 1, "--no-plots").stdout


def test_movers_have_names_and_none_is_left_out(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("alliance_sim.cli.explaining._MOVERS", 1)
    options = ("breach.yaml", "--dyad", "athens,sparta", "--runs", 16, "--no-plots")
    found = json.loads(call(*options, "--json").stdout)["moved_first"]
    assert len(found) > 1
    table = call(*options).stdout.split("Who moved first")[1]
    first, second = (each.title() for each in found[0]["mover"].split("->"))
    assert f"{first} towards {second}" in table
    assert "->" not in table.split("The parts add up")[0]
    rest = sum(each["share"] for each in found[1:])
    others = f"{len(found) - 1} other{'s' if len(found) > 2 else ''}"
    row = next(line for line in table.splitlines() if line.strip().startswith(others))
    assert row.split()[2] == f"{rest:.0%}"


def test_one_run_is_one_run(folder: Path) -> None:
    shown = call("breach.yaml", "--runs", 1, "--no-plots").stdout
    assert "1 run, against" in shown
