"""The command line: what it prints where, what it writes, and how it ends."""

import json
import os
import subprocess
import sys
import warnings
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from rich.console import Console
from typer.testing import CliRunner
from worlds import small_scenario, write_pair

import alliance_sim as al
from alliance_sim import __main__ as entry
from alliance_sim import library
from alliance_sim.analysis import summary
from alliance_sim.cli import app, numbers, running, tables
from alliance_sim.cli.jobs import Settings, prepare
from alliance_sim.load import check_file

SRC = Path(__file__).resolve().parents[1] / "src"
COMMANDS = (
    "run",
    "compare",
    "explain",
    "claims",
    "blocs",
    "sensitivity",
    "discover",
    "plot",
    "report",
    "validate",
    "schema",
    "list",
    "new",
    "initial-state",
    "cite",
)
RUNS = 16
needs_baseline = pytest.mark.skipif(
    "baseline_2018" not in library.shipped_scenarios(), reason="the shipped baseline is not there"
)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working directory with a scenario and its baseline, and a wide terminal."""
    # The baseline reports less, which must not matter.
    write_pair(tmp_path, {"outcomes": ["trade"]})
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "100")
    return tmp_path


def call(*arguments: object) -> Any:
    return CliRunner().invoke(app, [str(each) for each in arguments])


def run_json(*arguments: object) -> Any:
    result = call("run", *arguments, "--runs", RUNS, "--no-plots", "--json")
    assert result.exit_code == 0, result.stderr
    assert result.stderr == ""
    return json.loads(result.stdout)


def process(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """The command as a process of its own."""
    return subprocess.run(
        [sys.executable, "-m", "alliance_sim", *arguments],
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": str(SRC), **environment},
        timeout=120,
        check=False,
    )


# -- help ------------------------------------------------------------------------------------


@pytest.mark.parametrize("command", COMMANDS)
def test_help_has_an_example(command: str) -> None:
    result = call(command, "--help")
    assert result.exit_code == 0
    assert f"Example: alliance-sim {command}" in result.stdout


def test_help_names_every_command_and_version_prints() -> None:
    text = call("--help").stdout
    assert all(command in text for command in COMMANDS)
    assert call("--version").stdout.startswith("alliance-sim")


@pytest.mark.parametrize(
    ("arguments", "absent"),
    [
        (["--help"], ["numpy", "pydantic", "xarray", "mesa", "matplotlib", "pandas", "scipy"]),
        # Typer itself may bring in pydantic here.
        (["run", "--help"], ["numpy", "xarray", "mesa", "matplotlib", "pandas", "scipy"]),
        (["list"], ["xarray", "mesa", "matplotlib", "pandas", "scipy"]),
    ],
)
def test_nothing_heavy_is_imported_too_early(arguments: list[str], absent: list[str]) -> None:
    code = (
        "import sys\nfrom alliance_sim.cli import app\n"
        f"try:\n    app({arguments!r})\nexcept SystemExit as end:\n    assert not end.code\n"
        f"print('LOADED', [name for name in {absent!r} if name in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": str(SRC)},
        check=True,
    )
    assert done.stdout.splitlines()[-1] == "LOADED []"


def test_ctrl_c_while_it_is_still_importing(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    class Loading(ModuleType):
        def __getattr__(self, name: str) -> object:
            raise KeyboardInterrupt

    monkeypatch.setitem(sys.modules, "alliance_sim.cli", Loading("alliance_sim.cli"))
    with pytest.raises(SystemExit) as ended:
        entry.main()
    assert ended.value.code == 130
    assert capsys.readouterr().err == "interrupted; nothing was done yet\n"


# -- run -------------------------------------------------------------------------------------


def test_run_writes_everything_and_prints_the_result(folder: Path) -> None:
    result = call("run", "breach.yaml", "--runs", RUNS, "--out", "out")
    assert result.exit_code == 0, result.stderr
    for text in (
        "Athens breaks the peace",
        "Does Sparta turn to Persia?",
        "Sparta's alignment to Persia",
        "Difference from calm in 2017-01",
        "What Sparta and Persia are",
        "Written to out: result.zarr, baseline.zarr, summary.csv, classes.csv, plots/",
        "Seed 0, 16 runs",
    ):
        assert text in result.stdout
    assert result.stderr.startswith(f"breach: {2 * RUNS} runs in ")
    written = {path.name for path in (folder / "out").iterdir()}
    assert written == {"result.zarr", "baseline.zarr", "summary.csv", "classes.csv", "plots"}
    assert (folder / "out" / "plots" / "overview.png").stat().st_size > 1000


def test_tables_are_those_of_the_library(folder: Path) -> None:
    found = run_json("breach.yaml", "--seed", 3)
    calm = al.load_scenario("calm.yaml").model_copy(
        update={key: getattr(al.load_scenario("breach.yaml"), key) for key in ("outcomes", "dyads")}
    )
    ds = al.run("breach.yaml", runs=RUNS, seed=3)
    baseline = al.run(calm, runs=RUNS, seed=3)
    expected = summary.horizon_table(ds, baseline)
    assert list(found["outcomes"]) == list(expected.index)
    for name, row in expected.iterrows():
        outcome = found["outcomes"][name]
        pairs = {"median": "median", "q05": "q05", "q75": "q75", "mcse": "median_error"}
        assert {key: outcome[key] for key in pairs} == {k: row[v] for k, v in pairs.items()}
        assert outcome["difference"]["mean"] == row["effect_mean"]
        assert outcome["difference"]["mcse"] == row["effect_mean_error"]
        assert outcome["difference"]["share_up"] == row["share_up"]
    shares = summary.class_shares(ds, "kind_of_tie", baseline=baseline)
    assert found["classes"]["kind_of_tie"] == {
        name: row | {"validation": "not validated"} for name, row in shares.to_dict("index").items()
    }
    assert found["hash"] == ds.attrs["scenario_hash"]
    assert (found["seed"], found["runs"]) == (3, RUNS)

    saved = pd.read_csv("results/breach/summary.csv", index_col="outcome")
    np.testing.assert_allclose(saved["median"], expected["median"])
    with xr.open_zarr("results/breach/result.zarr", consolidated=False, chunks=None) as reopened:
        there = reopened.drop_vars(["checksum", "failure"]).assign_coords(run=ds["run"])
        xr.testing.assert_equal(there.load(), ds)
        assert reopened.attrs["scenario_hash"] == ds.attrs["scenario_hash"]
        assert reopened["trade"].attrs["units"] == ds["trade"].attrs["units"]


def test_without_baseline_there_is_no_difference(folder: Path) -> None:
    found = run_json("breach.yaml", "--no-baseline")
    assert "baseline" not in found
    assert "difference" not in found["outcomes"]["trade"]
    assert set(found["classes"]["kind_of_tie"]["hostile"]) == {"share", "error", "validation"}


def test_results_of_any_century_can_be_opened_again(folder: Path) -> None:
    Path("old.yaml").write_text(json.dumps(small_scenario()))
    run_json("old.yaml")
    with xr.open_zarr("results/old/result.zarr", consolidated=False, chunks=None) as reopened:
        assert [str(month) for month in reopened["month"].values[[0, -1]]] == ["1432-01", "1437-01"]


def test_outcomes_without_classes(folder: Path) -> None:
    arguments = ["--set", "outcomes=[trade]", "--set", "dyads=[]"]
    assert run_json("breach.yaml", *arguments)["classes"] == {}
    header = Path("results/breach/classes.csv").read_text()
    assert header == "relation,relation_class,share,error,validation\n"
    result = call("run", "breach.yaml", *arguments, "--runs", 1, "--no-plots", "--no-baseline")
    assert "Relation classes" not in result.stdout


def test_settings_change_scenario_and_baseline(folder: Path) -> None:
    plain = run_json("breach.yaml")
    changed = run_json("breach.yaml", "--set", "world.dyads.athens-corinth.cooperation.trade=0.9")
    assert changed["outcomes"]["trade"]["median"] != plain["outcomes"]["trade"]["median"]
    assert changed["baseline"]["hash"] != plain["baseline"]["hash"]
    # An intervention that the baseline does not have is set in the scenario alone.
    later = run_json("breach.yaml", "--set", "interventions.breach.at=2015-01")
    assert later["hash"] != plain["hash"]
    assert later["baseline"]["hash"] == plain["baseline"]["hash"]
    shorter = run_json("breach.yaml", "--set", "horizon.months=40", "--theory", "ties")
    assert shorter["horizon"]["months"] == 40
    assert shorter["theory"] == "ties"
    assert run_json("breach.yaml", "--sampling", "monte_carlo")["sampling"] == "monte_carlo"


def test_one_run_has_no_error_and_json_no_nan(folder: Path) -> None:
    result = call("run", "breach.yaml", "--runs", 1, "--no-plots", "--json", "--seed", 2**40)
    found = json.loads(result.stdout, parse_constant=pytest.fail)
    assert found["outcomes"]["trade"]["mcse"] is None
    with xr.open_zarr("results/breach/result.zarr", consolidated=False, chunks=None) as reopened:
        assert int(reopened.attrs["seed"]) == 2**40


def test_several_scenarios_each_get_a_folder(folder: Path) -> None:
    found = run_json("calm.yaml", "breach.yaml", "--out", "both")
    assert [each["scenario"] for each in found["results"]] == ["calm", "breach"]
    assert (folder / "both" / "breach" / "result.zarr").exists()
    assert call("run", "calm.yaml", "calm.yaml", "--runs", 1).exit_code == 2


def test_baseline_is_found_from_the_file_that_names_it(folder: Path) -> None:
    (folder / "deep").mkdir()
    child = folder / "deep" / "child.yaml"
    child.write_text("extends: ../breach.yaml\nname: A child\n", encoding="utf-8")
    assert run_json(child)["baseline"]["scenario"] == "calm"


def test_baseline_that_cannot_report_the_same_is_refused(folder: Path) -> None:
    breach = json.loads((folder / "breach.yaml").read_text())
    breach["world"]["domains"]["arts"] = {"name": "Arts"}
    (folder / "breach.yaml").write_text(json.dumps(breach))
    result = call("run", "breach.yaml", "--runs", 1)
    assert result.exit_code == 2
    assert "has no 'arts' among its domains" in result.stderr


@pytest.mark.parametrize("width", [80, 100])
def test_tables_fit_the_terminal(folder: Path, width: int) -> None:
    [job] = prepare(["breach.yaml"], Settings(), None, True)
    finding = running.Runner(RUNS, 0, 1).find(job, lambda done: None)
    console = Console(width=width, record=True, file=open(os.devnull, "w"))  # noqa: SIM115
    with console.file:
        console.print(tables.finding_view(finding))
    text = console.export_text()
    assert max(len(line) for line in text.splitlines()) <= width
    assert "…" not in text
    row = finding.outcomes.loc["trade"]
    assert f"{row['q05']:.3f} to {row['q95']:.3f}" in text
    assert f"{row['effect_mean']:+.3f}" in text
    # A pair that a class outcome reports is shown once, under the outcome's name.
    assert "Sparta and Persia\n" not in text
    assert "Athens and Sparta" in text


@pytest.mark.parametrize(
    ("share", "whole", "tenths"),
    [
        (0.0, "0%", "0.0%"),
        (0.0005, "<1%", "<0.1%"),
        (0.01, "1%", "1.0%"),
        (0.5, "50%", "50.0%"),
        (0.998, ">99%", "99.8%"),
        (0.9995, ">99%", ">99.9%"),
        (1.0, "100%", "100.0%"),
    ],
)
def test_only_none_and_all_are_0_and_100_percent(share: float, whole: str, tenths: str) -> None:
    assert numbers.percent(share) == whole
    assert numbers.percent(share, 1) == tenths


def test_outcomes_that_did_not_move_are_said(folder: Path) -> None:
    same = json.loads((folder / "breach.yaml").read_text())
    same |= {"interventions": [], "sources": {}}
    (folder / "same.yaml").write_text(json.dumps(same))
    arguments = ["--runs", RUNS, "--no-plots"]
    assert (
        "nothing in this scenario moved any outcome" in call("run", "same.yaml", *arguments).stdout
    )
    [job] = prepare(["breach.yaml"], Settings(), None, True)
    finding = running.Runner(RUNS, 0, 1).find(job, lambda done: None)
    assert tables._unchanged(finding) == []
    finding.outcomes.loc["trade", ["share_up", "share_down"]] = 0.125, 0.0
    [line, _] = tables._unchanged(finding)
    assert str(line) == f"88% of runs unchanged: {finding.outcomes.loc['trade', 'name']}"


# -- mistakes --------------------------------------------------------------------------------


def test_problems_of_a_file_come_one_a_line_with_their_places(folder: Path) -> None:
    text = "extends: calm.yaml\nname: Wrong\noutcomes: [trade, luck]\nhorizn: {months: 5}\n"
    Path("wrong.yaml").write_text(text)
    for command in (["run", "wrong.yaml"], ["validate", "calm.yaml", "wrong.yaml"]):
        result = call(*command)
        assert result.exit_code == 2
        lines = result.stderr.splitlines()
        assert lines == [str(problem) for problem in check_file("wrong.yaml")]
        assert [line.split(": ")[0] for line in lines] == ["wrong.yaml:3:19", "wrong.yaml:4:1"]
        assert result.stdout == ("" if command[0] == "run" else "calm.yaml: ok\n")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["run", "breech.yaml"], "did you mean 'breach.yaml'?"),
        (["run", "breach.yaml", "--theory", "nope"], "--theory: unknown theory 'nope'"),
        (["run", "breach.yaml", "--set", "wrld=1"], "--set: "),
        (["run", "breach.yaml", "--set", "world"], "write it as PATH=VALUE"),
        (["run", "breach.yaml", "--out", "calm.yaml"], "cannot write to 'calm.yaml'"),
        (["run", "breach.yaml", "--out", "calm.yaml/x"], "cannot write to 'calm.yaml/x'"),
        (["run", "breach.yaml", "--runs", "0"], "--runs"),
        (["run", "breach.yaml", "--runs", "many"], "--runs"),
        (["run", "breach.yaml", "--seed", "-1"], "--seed"),
        (["run", "breach.yaml", "--workers", "0"], "--workers"),
        (["run", "breach.yaml", "--sampling", "dice"], "--sampling"),
        (["run"], "SCENARIO"),
        (["validate", "nothing.yaml"], "there is no scenario 'nothing.yaml'"),
        (["schema", "planet"], "planet"),
        (["cite", "nothing.yaml"], "there is no scenario"),
        (["new", "a/b"], "is no name for a scenario"),
        (["list", "nothing.yaml"], "there is no scenario or world 'nothing.yaml'"),
        (["new", "x", "--out", "no/such/folder.yaml"], "cannot write to"),
        (["initial-state", "--data", "nowhere", "--year", "2016"], "the file is missing"),
        (["dance"], "dance"),
    ],
)
def test_wrong_input_ends_with_2_and_says_why(
    folder: Path, arguments: list[str], said: str
) -> None:
    result = call(*arguments)
    assert result.exit_code == 2
    assert said in result.stderr
    assert "Traceback" not in result.stderr
    assert result.stdout == ""


def test_links_in_a_circle_are_told_as_such(folder: Path) -> None:
    Path("one.yaml").symlink_to("two.yaml")
    Path("two.yaml").symlink_to("one.yaml")
    result = call("validate", "one.yaml")
    assert result.exit_code == 2
    assert "'one.yaml' is a link that leads nowhere, or round in a circle" in result.stderr


def test_a_failed_run_ends_with_1_and_a_message(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise ZeroDivisionError("by nothing")

    monkeypatch.setattr(running, "run", fail)
    monkeypatch.delenv("ALLIANCE_SIM_TRACEBACK", raising=False)
    arguments = ["run", "breach.yaml", "--runs", "4", "--seed", "9"]
    result = call(*arguments)
    assert result.exit_code == 1
    start = "a run of 'calm' failed (4 runs, seed 9): ZeroDivisionError: by nothing"
    assert result.stderr.startswith(start)
    assert "report" in result.stderr
    monkeypatch.setenv("ALLIANCE_SIM_TRACEBACK", "1")
    assert isinstance(call(*arguments).exception, running.RunFailedError)


@pytest.mark.parametrize(("error", "code"), [(KeyboardInterrupt(), 130), (MemoryError(), 1)])
def test_other_ends(
    folder: Path, monkeypatch: pytest.MonkeyPatch, error: BaseException, code: int
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr(running, "run", fail)
    result = call("run", "breach.yaml")
    assert result.exit_code == code
    assert len(result.stderr.splitlines()) == 1
    assert not Path("results").exists()
    # What was there before, or holds something, stays.
    Path("mine").mkdir()
    call("run", "breach.yaml", "--out", "mine")
    Path("results").mkdir()
    call("run", "breach.yaml")
    assert Path("mine").is_dir()
    assert not [*Path("results").iterdir()]


@pytest.mark.filterwarnings("always")
def test_a_warning_is_one_line_once(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = running.run

    def warn(*given: Any, **named: Any) -> xr.Dataset:
        warnings.warn("mind the step", stacklevel=1)
        return before(*given, **named)

    monkeypatch.setattr(running, "run", warn)
    result = call("run", "breach.yaml", "--runs", 1, "--no-plots", "--json")
    assert result.stderr == "warning: mind the step\n"
    assert json.loads(result.stdout)


# -- the other commands ----------------------------------------------------------------------


def test_schema_of_both_kinds() -> None:
    for arguments, title in (([], "scenario"), (["scenario"], "scenario"), (["world"], "world")):
        assert json.loads(call("schema", *arguments).stdout)["title"] == f"alliance_sim {title}"


def test_list_has_every_shipped_file() -> None:
    found = json.loads(call("list", "--json").stdout)
    assert [each["name"] for each in found["scenarios"]] == list(library.shipped_scenarios())
    assert [each["name"] for each in found["worlds"]] == list(library.whole_worlds())
    text = call("list").stdout
    for each in found["scenarios"]:
        assert each["name"] in text
        assert each["title"]


def test_names_of_a_world_are_listed(folder: Path) -> None:
    world = al.load_scenario("breach.yaml").world
    Path("world.yaml").write_text(json.dumps(small_scenario()["world"]), encoding="utf-8")
    Path("child.yaml").write_text("extends: world.yaml\nname: Later\n", encoding="utf-8")
    for file in ("breach.yaml", "world.yaml", "child.yaml"):
        found = json.loads(call("list", file, "--json").stdout)
        assert found["actors"] == {key: each.name for key, each in world.actors.items()}
        for kind in ("groups", "arenas", "domains", "agreements", "drivers", "outcomes"):
            assert list(found[kind]) == list(getattr(world, kind))
        assert found["mechanisms"] == list(world.mechanisms)
        assert found["theories"] == {key: list(each) for key, each in world.theories.items()}
        assert found["outcomes"]["trade"]["unit"] == world.outcomes["trade"].unit
        text = call("list", file).stdout
        names = [*world.actors, *world.arenas, *world.drivers, *world.mechanisms, *world.outcomes]
        assert all(name in text for name in names)
    Path("wrong.yaml").write_text("extends: calm.yaml\nhorizn: {months: 5}\n")
    assert call("list", "wrong.yaml").stderr.startswith("wrong.yaml:2:1: ")


@needs_baseline
def test_values_for_worlds_are_no_world(folder: Path) -> None:
    assert "west_asia_2018_initial" in library.shipped_worlds()
    assert "west_asia_2018_initial" not in library.whole_worlds()
    for command in ("validate", "list"):
        result = call(command, "west_asia_2018_initial")
        assert result.exit_code == 2
        assert len(result.stderr.splitlines()) == 1
        assert "is no world by itself" in result.stderr
    for command in ("run", "cite"):
        result = call(command, "west_asia_2018")
        assert result.exit_code == 2
        assert result.stderr.startswith("'west_asia_2018' is a world; name a scenario")
    assert call("validate", "west_asia_2018").stdout == "west_asia_2018: ok\n"


@needs_baseline
def test_new_scenario_has_a_title_and_a_name_of_its_own(folder: Path) -> None:
    assert call("new", "saudi_iran-detente", "--out", "a.yaml").exit_code == 0
    scenario = al.load_scenario("a.yaml")
    assert scenario.name == "Saudi Iran detente"
    assert scenario.question == "What changes if ...?"
    result = call("new", "us_exits_jcpoa")
    assert result.exit_code == 2
    assert "is the name of a shipped scenario" in result.stderr
    assert not Path("us_exits_jcpoa.yaml").exists()


@needs_baseline
def test_new_scenario_is_valid_and_not_overwritten(folder: Path) -> None:
    assert call("new", "turkey_leaves").exit_code == 0
    assert check_file("turkey_leaves.yaml") == []
    assert al.load_scenario("turkey_leaves.yaml").name == "Turkey leaves"
    before = Path("turkey_leaves.yaml").read_bytes()
    result = call("new", "turkey_leaves")
    assert result.exit_code == 2
    assert "is there already" in result.stderr
    assert Path("turkey_leaves.yaml").read_bytes() == before
    assert call("new", "other", "--out", "turkey_leaves.yaml").exit_code == 2


def test_cite_names_references_mechanisms_and_interventions(folder: Path) -> None:
    text = call("cite", "breach.yaml").stdout
    assert "- Thucydides, History of the Peloponnesian War\n" in text
    assert "- common_threat: " in text
    assert "Walt 1987" in text
    assert "- dependence: " not in text  # not in the theory of the scenario
    assert "- decree: thucydides 1.67\n" in text


def test_initial_state_prints_or_writes(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Made:
        def to_yaml(self) -> str:
            return "actors: {}\n"

    asked: list[Any] = []

    def make(*given: Any) -> Made:
        asked.append(given)
        return Made()

    monkeypatch.setattr("alliance_sim.initial_state.initial_state", make)
    arguments = ["initial-state", "--data", "data", "--year", "2016"]
    assert call(*arguments).stdout == "actors: {}\n"
    assert call(*arguments, "--actors", "IRN, USA", "--out", "world.yaml").exit_code == 0
    assert Path("world.yaml").read_text() == "actors: {}\n"
    assert asked == [(Path("data"), 2016, None), (Path("data"), 2016, ["IRN", "USA"])]


# -- as processes ----------------------------------------------------------------------------


def test_json_is_all_of_stdout(folder: Path) -> None:
    done = process("run", "breach.yaml", "--runs", "4", "--no-plots", "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["runs"] == 4
    assert done.stderr == ""


def test_a_mistake_in_a_process_of_its_own(folder: Path) -> None:
    Path("wrong.yaml").write_text("name: [\n")
    done = process("run", "wrong.yaml")
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.startswith("wrong.yaml:")
    assert "Traceback" not in done.stderr


def test_quiet_and_a_terminal_without_the_characters(folder: Path) -> None:
    arguments = ("run", "breach.yaml", "--runs", "4", "--no-plots", "--quiet")
    done = process(*arguments, PYTHONIOENCODING="ascii", PYTHONWARNINGS="error")
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    assert "Athens breaks the peace" in done.stdout


def test_a_result_without_uncertain_numbers_can_be_read_back(tmp_path: Path) -> None:
    import xarray as xr

    world = """
world:
  name: Two
  date: 2000-01
  actors: {a: {name: A, capability: 0.1}, b: {name: B, capability: 0.1}}
  dyads: {a-b: {alignment: 0.2}}
  outcomes: {liking: {name: Liking, measure: {alignment: a->b}, range: [-1, 1]}}
"""
    file = tmp_path / "two.yaml"
    file.write_text(
        f"name: Two\n{world}horizon: {{start: 2000-01, months: 3}}\noutcomes: [liking]\n"
    )
    out = tmp_path / "out"
    result = CliRunner().invoke(
        app, ["run", str(file), "--runs", "3", "--out", str(out), "--no-plots", "--quiet"]
    )
    assert result.exit_code == 0, result.stderr
    with xr.open_zarr(out / "result.zarr", consolidated=False, chunks=None) as ds:
        assert ds["liking"].shape == (3, 4)


def test_cite_says_what_has_no_source(folder: Path) -> None:
    data = small_scenario()
    told = {each["id"]: "judgement" for each in data["interventions"]}
    left = told.popitem()[0]
    Path("mine.yaml").write_text(json.dumps({**data, "sources": told}))
    result = call("cite", "mine.yaml")
    assert result.exit_code == 0, result.stderr
    bare = result.stdout.split("Without a source\n")[1]
    assert f"- intervention {left}\n" in bare
    assert not any(f"- intervention {each}\n" in bare for each in told)
    assert "rest on judgement" in bare


def test_different_worlds_are_named_in_one_problem(folder: Path) -> None:
    other = small_scenario()
    other["world"] = {
        **other["world"],
        "name": "Elsewhere",
        "arenas": dict(other["world"]["arenas"]),
    }
    other["world"]["arenas"]["hills"] = {"name": "Hills", "level": 0.2}
    Path("here.yaml").write_text(json.dumps(small_scenario()))
    Path("other.yaml").write_text(json.dumps(other))
    result = call("compare", "here.yaml", "other.yaml", "--runs", 4)
    assert result.exit_code == 2
    [line] = result.stderr.splitlines()
    assert "'Elsewhere' and 'Greece before the war'" in line
    assert "are about different worlds" in line


def test_all_stores_are_looked_at_before_any_is_continued(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A baseline of another seed is not run, and left there, before the result is refused."""
    write_pair(tmp_path)
    monkeypatch.chdir(tmp_path)
    base = ["run", "breach.yaml", "--no-plots", "--quiet", "--out", "out", "--workers", "1"]
    assert CliRunner().invoke(app, [*base, "--runs", "20", "--no-baseline"]).exit_code == 0
    done = CliRunner().invoke(app, [*base, "--runs", "30", "--seed", "5", "--resume"])
    assert done.exit_code == 2
    assert "it has another seed" in " ".join(done.output.split())
    assert not (tmp_path / "out" / "baseline.zarr").exists()
