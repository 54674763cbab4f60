"""``compare`` on the command line: what it prints, what it writes, and what it refuses."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner
from worlds import small_scenario

import alliance_sim as al
from alliance_sim import store
from alliance_sim.analysis import effects, variance
from alliance_sim.cli import app
from alliance_sim.simulate import reporting_like

RUNS = 16


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working directory with a baseline and two scenarios."""
    breach = small_scenario()
    coup = {**small_scenario(), "name": "A coup", "outcomes": ["kind_of_tie"], "sources": {}}
    coup["interventions"] = [each for each in coup["interventions"] if each["id"] == "coup"]
    calm = {**small_scenario(), "name": "Peace", "interventions": [], "sources": {}}
    calm["outcomes"] = ["trade"]
    for name, data in (("breach", breach), ("coup", coup), ("calm", calm)):
        text = json.dumps(data).replace("143", "201")  # the years 1432 to 1437 become 2012 to 2017
        (tmp_path / f"{name}.yaml").write_text(text, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "80")
    return tmp_path


def call(*arguments: object) -> Any:
    return CliRunner().invoke(app, ["compare", *(str(each) for each in arguments)])


def as_json(*arguments: object) -> Any:
    result = call(*arguments, "--runs", RUNS, "--no-plots", "--json")
    assert result.exit_code == 0, result.stderr
    assert result.stderr == ""
    return json.loads(result.stdout, parse_constant=pytest.fail)


def test_one_scenario_gets_tables_files_and_pictures(folder: Path) -> None:
    result = call("calm.yaml", "breach.yaml", "--runs", RUNS)
    assert result.exit_code == 0, result.stderr
    for text in (
        "Against Peace, run by run",
        "Effect in 2017-01",
        "Relation classes other than in the baseline",
        "Month of divergence",
        "What pairing saves",
        "Variance of the effect in 2017-01",
        "Written to results/breach: comparison.nc",
    ):
        assert text in result.stdout
    assert max(len(line) for line in result.stdout.splitlines() if "Written" not in line) <= 80
    assert "…" not in result.stdout
    assert result.stderr.startswith(f"breach: {4 * RUNS} runs in ")
    place = folder / "results" / "breach"
    assert {each.name for each in place.iterdir()} == {
        *("comparison.nc", "comparison.csv", "divergence.csv", "transitions.csv", "variance.csv"),
        *("result.zarr", "baseline.zarr", "effects.nc", "plots"),
    }
    drawn = {each.name for each in (place / "plots").iterdir()}
    assert drawn == {"effect_sparta_to_persia.png", "effect_trade.png", "variance_split_breach.png"}


def test_numbers_are_those_of_the_library(folder: Path) -> None:
    found = as_json("calm.yaml", "breach.yaml", "--seed", 3)
    ds = al.load_scenario("breach.yaml")
    baseline = reporting_like(al.load_scenario("calm.yaml"), ds)
    pair = [[al.run(one, RUNS, 3, replicate=k) for one in (baseline, ds)] for k in (0, 1)]
    expected = effects.effects(*pair[0])
    [scenario] = found["scenarios"]
    [cell] = scenario["theories"].values()
    for name in ("trade", "sparta_to_persia"):
        outcome, one = cell["outcomes"][name], expected.sel(outcome=name).isel(month=-1)
        for key in ("mean", "mean_error", "median", "q05", "q75"):
            assert outcome["effect"][key] == float(one[f"effect_{key}"])
        assert outcome["effect"]["share_up"] == float(one["share_up"])
        assert outcome["pairing"]["gain"] == float(one["pairing_gain"])
        assert outcome["divergence"]["first"]["never"] == float(one["divergence_first_never"])
    kind = cell["outcomes"]["kind_of_tie"]["class_change"]["share"]
    moved = [each for each in cell["transitions"] if each["from"] != each["to"]]
    assert kind == pytest.approx(sum(each["share"] for each in moved))
    assert sum(each["share"] for each in cell["transitions"]) == pytest.approx(1)

    split = variance.variance_split(
        al.compare("calm.yaml", "breach.yaml", RUNS, 3, replicates=2)
    ).isel(month=-1)
    for name in ("trade", "kind_of_tie"):
        for part in ("parameter", "chance"):
            exact = float(split[f"variance_{part}"].sel(outcome=name))
            told = scenario["variance"][name][part]["variance"]
            assert told == pytest.approx(exact, rel=1e-5, abs=1e-12)
        assert scenario["variance"][name]["theory"]["variance"] is None
    saved = store.read(folder / "results" / "breach" / store.COMPARISON)
    for key in ("effect_mean", "class_change", "divergence_lasting_q50"):
        np.testing.assert_array_equal(
            saved[key].squeeze(("scenario", "theory")), expected[key], strict=True
        )
    result = store.read(folder / "results" / "breach" / store.RESULT)
    np.testing.assert_array_equal(result["trade"], pair[0][1]["trade"])
    held = store.read(folder / "results" / "breach" / store.BASELINE)
    np.testing.assert_array_equal(held["trade"], pair[0][0]["trade"])


def test_worlds_that_differ_are_one_mistake_with_both_names(folder: Path) -> None:
    result = call("baseline_2018", "breach.yaml", "coup.yaml", "--runs", 2)
    assert result.exit_code == 2
    lines = result.stderr.splitlines()
    assert [line.partition(":")[0] for line in lines] == ["breach.yaml", "coup.yaml"]
    for line in lines:
        assert "are about different worlds, 'Greece before the war' and 'West Asia" in line
        assert line.endswith("use another baseline than 'baseline_2018'")


def test_scenarios_times_theories(folder: Path) -> None:
    arguments = ["calm.yaml", "breach.yaml", "coup.yaml", "--theory", "all", "--theory", "ties"]
    result = call(*arguments, "--runs", RUNS)
    assert result.exit_code == 0, result.stderr
    assert "Drivers act under every theory" in result.stdout
    assert "Mean effect ± MC error in 2017-01, by theory" in result.stdout
    assert result.stderr.startswith(f"compare: {2 * 2 * 3 * RUNS} runs in ")
    place = Path("results/compare")
    assert not (place / store.RESULT).exists()
    drawn = {each.name for each in (place / "plots").iterdir()}
    assert "ridgeline_trade.png" in drawn
    assert {"variance_split_breach.png", "variance_split_coup.png"} <= drawn
    rows = pd.read_csv(place / "comparison.csv")
    keys = ["scenario", "theory", "outcome", "month"]
    assert list(rows.columns[:4]) == keys
    assert len(rows) == 2 * 2 * 3 * 61 == len(rows.drop_duplicates(keys))
    parts = pd.read_csv(place / "variance.csv")
    assert set(parts["component"]) == {"parameter", "chance", "theory", "total"}
    sums = parts.pivot_table("variance", ["scenario", "outcome", "month"], "component")
    np.testing.assert_allclose(
        sums["parameter"] + sums["chance"] + sums["theory"], sums["total"], atol=1e-12
    )
    # What one theory alone would give stands in its row.
    alone = as_json("calm.yaml", "coup.yaml", "--theory", "ties", "--replicates", 1)
    [one] = alone["scenarios"][0]["theories"].values()
    row = rows[(rows["scenario"] == "coup") & (rows["theory"] == "ties")].query(
        "outcome == 'kind_of_tie' and month == '2017-01'"
    )
    assert row["class_change"].item() == one["outcomes"]["kind_of_tie"]["class_change"]["share"]
    assert "variance" not in alone["scenarios"][0]


def test_settings_reach_baseline_and_scenario(folder: Path) -> None:
    arguments = ["calm.yaml", "breach.yaml", "--replicates", 1, "--theory", "all"]
    plain = as_json(*arguments)["scenarios"][0]
    changed = as_json(*arguments, "--set", "world.dyads.athens-corinth.cooperation.trade=0.9")
    for key in ("hashes", "baseline_hashes"):
        assert changed["scenarios"][0][key] != plain[key]
    later = as_json(*arguments, "--set", "interventions.breach.at=2015-01")["scenarios"][0]
    assert later["hashes"] != plain["hashes"]
    assert later["baseline_hashes"] == plain["baseline_hashes"]
    still = as_json(*arguments, "--set", "drivers=false", "--theory", "ties")
    assert still["drivers"] == "off"


def test_a_scenario_against_itself_moves_nothing(folder: Path) -> None:
    found = as_json("breach.yaml", "breach.yaml")
    [cell] = found["scenarios"][0]["theories"].values()
    trade = cell["outcomes"]["trade"]
    assert trade["effect"]["mean"] == trade["effect"]["mean_error"] == 0
    assert trade["pairing"]["gain"] is None
    assert trade["divergence"]["first"] == {"q05": None, "q50": None, "q95": None, "never": 1.0}
    assert found["scenarios"][0]["variance"]["trade"]["chance"]["share"] is None
    assert call("breach.yaml", "breach.yaml", "--runs", RUNS).exit_code == 0  # pictures and all


def test_one_run_has_no_errors_and_no_split(folder: Path) -> None:
    result = call("calm.yaml", "breach.yaml", "--runs", 1, "--json")
    assert result.exit_code == 0, result.stderr
    found = json.loads(result.stdout, parse_constant=pytest.fail)
    [cell] = found["scenarios"][0]["theories"].values()
    assert cell["outcomes"]["trade"]["effect"]["mean_error"] is None
    assert call("calm.yaml", "breach.yaml", "--runs", 1, "--no-plots").exit_code == 0


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["calm.yaml"], "SCENARIO"),
        (["calm.yaml", "breech.yaml"], "did you mean 'breach.yaml'?"),
        (["clam.yaml", "breach.yaml"], "did you mean 'calm.yaml'?"),
        (["calm.yaml", "breach.yaml", "breach.yaml"], "several scenarios are called 'breach'"),
        (
            ["calm.yaml", "breach.yaml", "--theory", "tyes"],
            "--theory: unknown theory 'tyes'; did you mean 'ties'?",
        ),
        (
            ["calm.yaml", "breach.yaml", "--theory", "all", "--theory", "all"],
            "--theory: theory 'all mechanisms' is named twice",
        ),
        (["calm.yaml", "breach.yaml", "--replicates", "0"], "--replicates"),
        (["calm.yaml", "breach.yaml", "--out", "calm.yaml"], "cannot write to 'calm.yaml'"),
        (["calm.yaml", "breach.yaml", "--set", "wrld=1"], "--set: "),
    ],
)
def test_wrong_input_ends_with_2_and_says_why(
    folder: Path, arguments: list[str], said: str
) -> None:
    result = call(*arguments)
    assert result.exit_code == 2
    assert said in result.stderr
    assert "Traceback" not in result.stderr
    assert not (folder / "results").exists()


def test_a_result_of_as_many_runs_of_the_same_stays(folder: Path) -> None:
    run = ["run", "breach.yaml", "--runs", str(2 * RUNS), "--seed", "1", "--no-plots"]
    assert CliRunner().invoke(app, run).exit_code == 0
    place = folder / "results" / "breach"
    (place / "plots").mkdir(exist_ok=True)
    for name in ("overview", "fan_trade", "attribution_athens-sparta"):
        (place / "plots" / f"{name}.png").write_text("a picture")
    options = ("calm.yaml", "breach.yaml", "--no-plots", "--runs")
    kept = call(*options, RUNS, "--seed", 1)
    assert kept.exit_code == 0, kept.stderr
    assert "replaced" not in kept.stderr
    assert store.read(place / store.RESULT).sizes["run"] == 2 * RUNS
    assert (place / "summary.csv").exists()
    for seed in (2, 3):
        other = call(*options, RUNS, "--seed", seed)
        assert ("replaced the runs in results/breach" in other.stderr) == (seed == 2)
        assert store.read(place / store.RESULT).attrs["seed"] == seed
        assert store.read(place / store.BASELINE).attrs["seed"] == seed
    assert not (place / "summary.csv").exists()
    assert not (place / "classes.csv").exists()
    left = [each.name for each in (place / "plots").iterdir()]
    assert left == ["attribution_athens-sparta.png"]


def test_the_spread_of_a_class_says_what_it_is_and_one_run_is_one(folder: Path) -> None:
    shown = " ".join(call("calm.yaml", "breach.yaml", "--runs", RUNS, "--no-plots").stdout.split())
    assert "SD over runs of changing class, 1 for a run that does and 0 for one" in shown
    one = call("calm.yaml", "breach.yaml", "--runs", 1, "--no-plots").stdout
    assert "1 run, " in one
    assert "nan" not in one
