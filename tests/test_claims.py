"""Claims from their file to the verdict: loading, planning, judging, and the command."""

from __future__ import annotations

import importlib.util
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner
from worlds import small_scenario, small_world

import alliance_sim as al
from alliance_sim.analysis import verdicts
from alliance_sim.claims import judge_claims, plan_claims, rows
from alliance_sim.claims import plan as plan_module
from alliance_sim.claims.measure import Case, first_month
from alliance_sim.claims.variants import widened
from alliance_sim.cli import app
from alliance_sim.errors import DifferentWorldsWarning, InputError
from alliance_sim.load.claims import load_claims, load_passages, load_tensions
from alliance_sim.rules.classes import CLASSES
from alliance_sim.spec import numbers as num
from alliance_sim.spec.claims import ClassName

RUNS = 12
MONTHS = 10
PAGE = Path(__file__).resolve().parents[1] / "tools" / "claims_page.py"


def world() -> dict[str, Any]:
    """The small world, in which the decree moves what claims can measure."""
    data = small_world()
    data["drivers"]["megarian_decree"]["passages"] = ["TH02"]
    data["drivers"]["decree_grudge"] = {
        "name": "A decree is not forgotten",
        "direction": "divergence",
        "dyads": ["corinth->athens"],
        "signal": {"coercion": "athens->corinth"},
        "weight": {"lognormal": [3, 0.3]},
        "passages": ["TH03"],
        "reading": {"grudge": ["held"]},
        "source": "judgement",
    }
    data["readings"]["grudge"] = {
        "name": "Whether Corinth bears a grudge",
        "options": {"held": "It does.", "dropped": "It does not."},
        "default": "held",
    }
    goodwill = {"name": "Goodwill of Corinth", "measure": {"alignment": "corinth->athens"}}
    data["outcomes"] |= {
        "goodwill": {**goodwill, "range": [-1, 1], "smallest_effect": 0.001},
        "break": {
            "name": "A break",
            "measure": {"fallen": {"of": "goodwill", "by": 0.02}},
            "unit": "probability",
            "smallest_effect": 0.05,
        },
        **{
            reports: {
                "name": reports,
                "measure": {"effect": {"on": "goodwill", "reports": reports}},
                "range": [-10, 10],
                "smallest_effect": 0.1,
            }
            for reports in ("time_to_peak", "persistence", "explained_share")
        },
    }
    return data


def scenario(name: str, level: float | None, **changes: Any) -> dict[str, Any]:
    """A decree of some severity, or none."""
    decree = {
        "id": "decree",
        "at": "1432-03",
        "coercion": {"by": "athens", "on": "corinth", "level": level},
    }
    return {
        "name": name,
        "world": "world.yaml",
        "horizon": {"start": "1432-01", "months": MONTHS},
        "interventions": [] if level is None else [decree],
        "outcomes": ["trade"],
        "baseline": None if level is None else "calm.yaml",
        **changes,
    }


def claim(**changes: Any) -> dict[str, Any]:
    return {
        "statement": "A decree estranges Corinth.",
        "in_conclusion": True,
        "strength": "asserted",
        "scenario": "hard.yaml",
        "outcomes": ["goodwill"],
        "expected": "fall",
        "drivers": ["TH03"],
        "mechanism": "Coercion is resented.",
        "source": "thucydides 1.67",
        **changes,
    }


Write = Callable[..., Path]


@pytest.fixture
def write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Write:
    """Writes claims beside the scenarios that they use."""
    files = {
        "world": world(),
        "calm": scenario("Peace", None),
        "mild": scenario("A mild decree", 0.3),
        "hard": scenario("A hard decree", 0.9),
        # As the hard one, but for what it says of itself.
        "same": scenario("The same decree", 0.9, about="Another name for it."),
    }
    for name, data in files.items():
        (tmp_path / f"{name}.yaml").write_text(json.dumps(data), encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "120")

    def write_claims(found: Mapping[str, Any] | None = None, **changes: Any) -> Path:
        data = {"world": "world.yaml", "claims": found or {"C01": claim(**changes)}}
        path = tmp_path / "claims.yaml"
        path.write_text(json.dumps(data, indent=1), encoding="utf-8")
        return path

    return write_claims


def judged(path: Path, runs: int = RUNS, **options: Any) -> dict[str, Any]:
    return {row["id"]: row for row in judge_claims(file=path, runs=runs, **options).claims}


def effect_of(name: str, outcome: str, runs: int = RUNS) -> np.ndarray:
    """By the library's own comparison."""
    found = al.load_scenario(f"{name}.yaml").model_copy(update={"outcomes": (outcome,)})
    return al.compare("calm.yaml", found, runs)[outcome].isel(month=-1).to_numpy()


# -- loading -------------------------------------------------------------------------------


def test_class_names_are_those_of_the_rules() -> None:
    assert ClassName.__args__ == CLASSES  # type: ignore[attr-defined]


def test_claims_are_bound_to_scenarios_and_baselines(write: Write) -> None:
    path = write(
        {
            "C01": claim(),
            "C02": claim(at="1432-06", baseline="mild.yaml"),
            "C03": claim(untestable="Nobody was asked.", scenario="no such scenario"),
        }
    )
    found = load_claims(path)
    first, second, third = found.claims
    assert (first.scenario.stem, first.baseline and first.baseline.stem) == ("hard", "calm")
    assert first.at == MONTHS
    assert (second.baseline and second.baseline.stem, second.at) == ("mild", 5)
    assert third.baseline is None
    assert {each.stem for each in found.scenarios} == {"hard", "calm", "mild"}
    assert [each.id for each in load_claims(path, ["C02"]).claims] == ["C02"]


_FAULTS: dict[str, tuple[dict[str, Any], str, str, str]] = {
    "scenario": ({"scenario": "hrad.yaml"}, "no scenario 'hrad.yaml'", "hard.yaml", '"hrad.yaml"'),
    "baseline": ({"baseline": "mildd.yaml"}, "no scenario 'mildd.yaml'", "mild.yaml", "mildd"),
    "no baseline": ({"scenario": "calm.yaml"}, "no baseline", "add `baseline`", '"calm.yaml"'),
    "outcome": ({"outcomes": ["godwill"]}, "no outcome 'godwill'", "goodwill", '"godwill"'),
    "twice": ({"outcomes": ["trade", "trade"]}, "listed twice", "keep one", '"trade"'),
    "expected": ({"expected": "rises"}, "'rises' is not known", "rise", '"rises"'),
    "classes": ({"expected": "class"}, "with 0 classes", "give classes", '"class"'),
    "class": (
        {"expected": "class", "classes": ["friend"]},
        "'friend' is not known",
        "hostile",
        '"friend"',
    ),
    "no class": (
        {"expected": "class", "classes": ["hostile"]},
        "'goodwill' is no relation class",
        "name an outcome",
        '"goodwill"',
    ),
    "shape": ({"expected": "shape"}, "none is given", "add `shape`", '"shape"'),
    "middle": (
        {"shape": {"kind": "ends", "scenarios": ["calm.yaml", "hard.yaml"]}},
        "nothing between",
        "three or more",
        "[",
    ),
    "margin": (
        {"margin": 0.1, "margin_source": "judgement"},
        "no use for 'fall'",
        "leave it out",
        "0.1",
    ),
    "unsourced": (
        {"expected": "no_fall", "margin": 0.1},
        "without a source",
        "margin_source",
        "0.1",
    ),
    "rival": ({"rival_expected": "fall"}, "expects the same", "leave it out", '"fall"'),
    "month": ({"at": "1440-01"}, "1440-01 is not after", "choose a month", '"1440-01"'),
    "reading": ({"readings": {"t99": ["held"]}}, "no reading 't99'", "grudge", "["),
    "option": ({"readings": {"grudge": ["hold"]}}, "no option 'hold'", "held", '"hold"'),
    "share": (
        {"outcomes": ["explained_share"]},
        "compares two scenarios",
        "against",
        '"explained_share"',
    ),
    "against": (
        {"against": "mild.yaml"},
        "no outcome of the claim compares",
        "leave it out",
        '"mild.yaml"',
    ),
    "passage": ({"drivers": ["TH3"]}, "no id of a passage", "IR01", '"TH3"'),
    "key": ({"notes": "What?"}, "unknown key 'notes'", "note", '"notes"'),
}


@pytest.mark.parametrize("fault", _FAULTS)
def test_mistakes_are_told_with_their_place(write: Write, fault: str) -> None:
    changes, what, mend, place = _FAULTS[fault]
    with pytest.raises(InputError) as caught:
        load_claims(write(**changes))
    [problem] = caught.value.problems
    assert what in problem.what
    assert mend in problem.mend
    assert Path(problem.file).name == "claims.yaml"
    # The place is that of the value; of what is missing, that of its claim or next of kin.
    assert problem.line
    assert problem.column
    text = Path(problem.file).read_text().splitlines()[problem.line - 1]
    assert place in text[problem.column - 1 :]


def test_all_mistakes_are_told_at_once(write: Write) -> None:
    path = write({"C01": claim(scenario="x.yaml", baseline="y.yaml"), "C2": claim()})
    with pytest.raises(InputError) as caught:
        load_claims(path)
    assert "'C2' is no id of a claim" in str(caught.value)
    path = write({"C01": claim(scenario="x.yaml", baseline="y.yaml"), "C02": claim(against="z")})
    with pytest.raises(InputError) as caught:
        load_claims(path)
    assert len(caught.value.problems) == 3


def test_a_mistake_in_a_scenario_is_told_there(write: Write) -> None:
    Path("hard.yaml").write_text(json.dumps(scenario("Broken", 9.0)), encoding="utf-8")
    with pytest.raises(InputError) as caught:
        load_claims(write())
    [problem] = caught.value.problems
    assert Path(problem.file).name == "hard.yaml"


def test_passages_beside_the_claims_are_known(write: Write) -> None:
    passage = {"title": "A grudge", "section": "one", "paragraph": 1}
    passage |= {"direction": "divergence", "modality": "asserted"}
    Path("passages.yaml").write_text(json.dumps({"passages": {"TH01": passage}}))
    assert list(load_passages(Path("passages.yaml")).passages) == ["TH01"]
    with pytest.raises(InputError, match="unknown passage 'TH03'; did you mean 'TH01'"):
        load_claims(write())
    doubt = {"topic": "When", "kind": "ambiguity", "doubt": "No date.", "handling": "None."}
    Path("tensions.yaml").write_text(json.dumps({"tensions": {"T01": doubt | {"source": "1.67"}}}))
    assert load_tensions(Path("tensions.yaml")).tensions["T01"].where == ()


def test_unknown_claims_and_bad_numbers_are_refused(write: Write) -> None:
    path = write()
    with pytest.raises(InputError, match="there is no claim 'C09'; did you mean 'C01'"):
        plan_claims(path, ["C09"])
    with pytest.raises(InputError) as caught:
        plan_claims(path, runs=0, seed=True)
    assert len(caught.value.problems) == 2


# -- planning ------------------------------------------------------------------------------


def test_what_claims_share_is_run_once(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    found = {
        "C01": claim(),
        "C02": claim(outcomes=["trade"]),
        "C03": claim(scenario="same.yaml", readings={"grudge": ["held", "dropped"]}),
    }
    alone = plan_claims(write({"C01": claim()}), runs=RUNS)
    plan = plan_claims(write(found), runs=RUNS)
    # With chance, on the path, doubled, without the driver, two theories; scenario and baseline.
    # To drop the grudge is to take out its driver, so the readings bring nothing new.
    assert len(alone.tasks) == len(plan.tasks) == 2 * 6
    assert plan.work == sum(task.draws for task in plan.tasks.values()) == RUNS * len(plan.tasks)
    done: list[tuple[str, ...]] = []
    work = plan_module._work

    def count(job: Any) -> Any:
        done.append(job[0])
        return work(job)

    monkeypatch.setattr(plan_module, "_work", count)
    counted: list[int] = []
    plan.run(1, progress=counted.append)
    assert len(done) == len(plan.tasks)
    assert sum(counted) == plan.work


def test_only_what_is_needed_is_recorded(write: Write) -> None:
    plan = plan_claims(write(outcomes=["break", "persistence"]), runs=RUNS)
    columns = {task.chance: task.columns for task in plan.tasks.values()}
    assert columns[True] == {("break", "at", MONTHS)}
    assert columns[False] == {("goodwill", "deepest", MONTHS), ("goodwill", "series", MONTHS)}


def test_fewer_draws_are_the_first_of_more(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write()
    monkeypatch.setattr(rows, "ABLATION_DRAWS", 4)
    [row] = judged(path).values()
    [few] = judged(path, runs=4).values()
    assert row["without_its_drivers"] == few["without_its_drivers"]


def test_workers_change_nothing(write: Write) -> None:
    path = write()
    assert judged(path, runs=4, workers=2) == judged(path, runs=4)


# -- judging -------------------------------------------------------------------------------


def test_effect_and_share_are_those_of_paired_runs(write: Write) -> None:
    [row] = judged(write()).values()
    [found] = row["outcomes"]
    effect = effect_of("hard", "goodwill")
    assert found["effect"]["mean"] == pytest.approx(effect.mean(), rel=1e-5)
    assert found["effect"]["error"] == pytest.approx(effect.std() / np.sqrt(RUNS), rel=1e-5)
    assert found["share"] == 1.0
    assert found["path_mean"] < -0.001
    assert row["verdict"] == row["doubled"]["verdict"] == row["as_it_is"]["verdict"] == "supported"
    assert (found["smallest_effect"], found["margin"]) == (0.001, None)
    assert (row["scenario"], row["baseline"]) == ("hard", "calm")


def test_the_opposite_is_contradicted_and_the_rival_right(write: Write) -> None:
    [row] = judged(write(expected="rise", rival_expected="fall")).values()
    assert row["verdict"] == "contradicted"
    assert row["rival"] == {"expected": "fall", "verdict": "supported"}


def test_ablation_takes_out_the_drivers_that_cite_the_passages(write: Write) -> None:
    changes = {"C01": claim(), "C02": claim(drivers=["TH02"]), "C03": claim(drivers=[])}
    rows = judged(write(changes))
    [left] = rows["C01"]["without_its_drivers"]["outcomes"]
    assert rows["C01"]["without_its_drivers"]["removed"] == ["decree_grudge"]
    assert rows["C01"]["readings"] == []
    assert abs(left["mean"]) < abs(left["whole"])
    assert left["kept"] == pytest.approx(left["mean"] / left["whole"])
    assert rows["C02"]["without_its_drivers"]["removed"] == ["megarian_decree"]
    nothing = rows["C03"]["without_its_drivers"]
    assert nothing["removed"] == []
    assert nothing["outcomes"][0]["kept"] == 1


def test_a_reading_acts_like_the_world_under_it(write: Write) -> None:
    [row] = judged(write(readings={"grudge": ["held", "dropped"]})).values()
    held, dropped = row["readings"]
    assert (held["default"], dropped["default"]) == (True, False)
    assert held["outcomes"] == row["as_it_is"]["outcomes"]
    # Dropping the grudge is the same as taking out its driver.
    assert dropped["outcomes"][0]["mean"] == row["without_its_drivers"]["outcomes"][0]["mean"]
    assert dropped["says"] == "It does not."


def test_theories_speak_for_themselves(write: Write) -> None:
    [row] = judged(write()).values()
    assert set(row["theories"]) == {"balance_of_threat", "ties"}
    for found in row["theories"].values():
        assert found["agrees"] == (found["verdict"] in ("supported", "leaning"))
        assert found["outcomes"][0]["mean"] != row["as_it_is"]["outcomes"][0]["mean"]


def test_all_outcomes_have_to_hold(write: Write) -> None:
    [row] = judged(write(outcomes=["goodwill", "sparta_to_persia"])).values()
    first, second = (each["verdict"] for each in row["outcomes"])
    assert first == "supported"
    assert row["verdict"] == second != "supported"


def test_no_change_is_judged_by_its_margin(write: Write) -> None:
    wide = {"margin": 1.5, "margin_source": "judgement"}
    found = {
        "C01": claim(expected="no_change"),
        "C02": claim(expected="no_change", **wide),
        "C03": claim(expected="no_rise"),
    }
    rows = judged(write(found))
    assert [row["verdict"] for row in rows.values()] == ["contradicted", "supported", "supported"]
    assert [row["outcomes"][0]["margin"] for row in rows.values()] == [0.001, 1.5, 0.001]


def test_a_class_needs_no_baseline(write: Write) -> None:
    tie = {"scenario": "calm.yaml", "outcomes": ["kind_of_tie"], "expected": "class"}
    ds = al.run(
        al.load_scenario("calm.yaml").model_copy(update={"outcomes": ("kind_of_tie",)}), RUNS
    )
    usual = CLASSES[int(np.bincount(ds["kind_of_tie"].isel(month=-1)).argmax())]
    others = [each for each in CLASSES if each != usual]
    rows = judged(
        write({"C01": claim(**tie, classes=[usual]), "C02": claim(**tie, classes=others)})
    )
    assert rows["C01"]["baseline"] is None
    one, other = (rows[key]["outcomes"][0] for key in ("C01", "C02"))
    assert one["share"] + other["share"] == pytest.approx(1)
    assert one["effect"]["mean"] + other["effect"]["mean"] == pytest.approx(1)
    assert one["unit"] == "share of runs"


def test_an_event_is_a_probability_with_chance_and_a_depth_without(write: Write) -> None:
    [row] = judged(write(outcomes=["break"], expected="rise")).values()
    [found] = row["outcomes"]
    assert found["effect"]["mean"] == pytest.approx(effect_of("hard", "break").mean())
    assert found["smallest_effect"] == 0.05
    assert 0 < found["path_mean"] < 1
    # On the expected path the followed outcome's smallest effect counts.
    plan = plan_claims(write(outcomes=["break"], expected="rise"), runs=RUNS)
    case = Case(plan, plan.loaded.claims[0], "break")
    assert case.rule(chance=True).smallest == 0.05
    assert case.rule(chance=False).smallest == case.rule(chance=False).margin == 0.001


def test_measures_of_an_effect(write: Write) -> None:
    found = {
        "C01": claim(outcomes=["time_to_peak"], expected="rise"),
        "C02": claim(outcomes=["persistence"], expected="rise"),
        "C03": claim(outcomes=["explained_share"], expected="rise", against="mild.yaml"),
        "C04": claim(outcomes=["time_to_peak"], expected="rise", against="same.yaml"),
    }
    rows = judged(write(found))
    peak, lasting, share, nothing = (row["outcomes"][0] for row in rows.values())
    assert 0 < peak["effect"]["mean"] <= MONTHS - 2  # the decree is of the third month
    assert 0 < lasting["effect"]["mean"] <= 1
    assert 0 < share["effect"]["mean"] < 1
    assert nothing["effect"]["mean"] == 0
    assert not peak["chance"]
    assert peak["effect"]["mean"] == peak["path_mean"]


def test_shapes(write: Write) -> None:
    three = ["hard.yaml", "mild.yaml", "calm.yaml"]
    valley = ["calm.yaml", "hard.yaml", "mild.yaml"]
    found = {
        "C01": claim(expected="shape", shape={"kind": "ends", "scenarios": three}),
        "C02": claim(expected="shape", shape={"kind": "turn", "scenarios": valley}),
        "C03": claim(shape={"kind": "turn", "scenarios": valley}),
        "C04": claim(
            expected="shape",
            outcomes=["kind_of_tie"],
            shape={"kind": "switch", "scenarios": ["calm.yaml", "hard.yaml"]},
        ),
    }
    rows = judged(write(found))
    # Goodwill falls with severity: nothing rises at both ends.
    assert rows["C01"]["verdict"] in ("no effect", "contradicted")
    assert rows["C02"]["verdict"] == "supported"
    [turn] = rows["C02"]["shape"]
    assert turn["lowest"] == "hard"
    assert [each["scenario"] for each in turn["points"]] == ["calm", "hard", "mild"]
    assert rows["C03"]["shape"][0]["lowest"] == "hard"
    effects = [effect_of(name, "goodwill").mean() for name in ("hard", "mild")]
    found_turn = rows["C02"]["outcomes"][0]["effect"]["mean"]
    assert found_turn == pytest.approx(min(effects[1], 0) - effects[0], rel=1e-4)
    assert rows["C04"]["outcomes"][0]["effect"]["mean"] >= 0
    assert rows["C04"]["shape"][0]["points"][0]["usual_class"] in CLASSES


def test_a_scenario_may_change_the_world_on_purpose(write: Write) -> None:
    changed = scenario("Forgetful", 0.9)
    changed["world"] = {"extends": "world.yaml", "drivers": {"decree_grudge": {"weight": 0}}}
    changed["baseline"] = "hard.yaml"
    Path("forget.yaml").write_text(json.dumps(changed), encoding="utf-8")
    with pytest.warns(DifferentWorldsWarning):
        al.compare("hard.yaml", "forget.yaml", 1)
    [row] = judged(write(scenario="forget.yaml", expected="rise")).values()  # without a warning
    assert row["verdict"] == "supported"


def test_untestable_claims_stay_in_the_list(write: Write) -> None:
    path = write({"C01": claim(untestable="Nobody was asked.")})
    report = judge_claims(file=path, runs=RUNS)
    assert report.counts() == report.counts("doubled")
    assert report.counts()["untestable"] == 1
    assert report.settings["scenarios_run"] == 0
    json.dumps(report.as_json(), allow_nan=False)


def test_first_month_is_that_of_what_only_one_side_has(write: Write) -> None:
    write()
    hard, calm = al.load_scenario("hard.yaml"), al.load_scenario("calm.yaml")
    assert first_month(hard, calm) == first_month(calm, hard) == 2
    assert first_month(hard, hard) == 0
    dated = small_scenario()["interventions"][1:3]
    later = al.read_scenario({**small_scenario(), "interventions": dated, "sources": {}})
    assert first_month(later, later.model_copy(update={"interventions": ()})) == 5


# -- doubled widths ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("narrow", "wide"),
    [
        (0.3, 0.3),
        (num.Lognormal(lognormal=(0.4, 0.5)), num.Lognormal(lognormal=(0.4, 1.0))),
        (num.Lognormal(lognormal=(0.4, 2.0)), num.Lognormal(lognormal=(0.4, 3.0))),
        (
            num.Triangular(triangular=(0.3, 0.4, 0.6)),
            num.Triangular(triangular=(2 * 0.3 - 0.4, 0.4, 2 * 0.6 - 0.4)),
        ),
        (
            num.Triangular(triangular=(0.0, 0.4, 0.5)),
            num.Triangular(triangular=(0.0, 0.4, 2 * 0.5 - 0.4)),
        ),
        (num.Uniform(uniform=(0.25, 0.5)), num.Uniform(uniform=(0.125, 0.625))),
        (num.Uniform(uniform=(0.0, 0.5)), num.Uniform(uniform=(0.0, 0.75))),
        (
            num.TruncatedNormal(truncated_normal=(0.5, 0.1, 0.0, 1.0)),
            num.TruncatedNormal(truncated_normal=(0.5, 0.2, 0.0, 1.5)),
        ),
    ],
)
def test_widened_priors(narrow: Any, wide: Any) -> None:
    assert widened(narrow) == wide


def test_widened_joint_draws_keep_their_rows_and_their_median() -> None:
    def draws(*values: float) -> num.Joint:
        return num.Joint(joint={"of": "history", "values": values})

    assert widened(draws(4.0, 1.0, 2.0)).joint.values == pytest.approx((8.0, 0.5, 2.0))
    assert widened(draws(0.0, 1.0, 0.5)).joint.values == pytest.approx((0.0, 1.5, 0.5))


def test_widened_beta_and_categorical_keep_their_means() -> None:
    u = np.linspace(0.0005, 0.9995, 1000)
    beta = num.Beta(beta=(6, 12))
    wide = widened(beta)
    assert isinstance(wide, num.Beta)
    assert wide.ppf(u).mean() == pytest.approx(beta.ppf(u).mean(), abs=0.002)
    assert wide.ppf(u).std() == pytest.approx(2 * beta.ppf(u).std(), rel=0.02)
    two = num.Options(values=(0.2, 0.4), probabilities=(0.5, 0.5))
    stretched = widened(num.Categorical(categorical=two))
    assert isinstance(stretched, num.Categorical)
    assert stretched.categorical.values == pytest.approx((0.1, 0.5))


# -- command and page ----------------------------------------------------------------------


def test_command_prints_a_table(write: Write) -> None:
    path = write({"C01": claim(), "C02": claim(untestable="Nobody was asked.")})
    result = CliRunner().invoke(app, ["claims", "--file", str(path), "--runs", "4"])
    assert result.exit_code == 0, result.stderr
    for text in ("C01", "supported", "goodwill in hard", "C02 untestable: Nobody was asked.", "/2"):
        assert text in result.stdout
    assert "1 supported, 1 untestable" in result.stdout
    assert result.stderr.startswith("claims: 48 runs in ")


def test_command_prints_json_alone_and_ends_with_the_usual_codes(write: Write) -> None:
    path = str(write({"C01": claim(), "C02": claim(expected="rise")}))
    options = ["claims", "--file", path, "--runs", "4", "--workers", "1"]
    result = CliRunner().invoke(app, [*options, "--only", "C02", "--json", "--seed", "5"])
    assert (result.exit_code, result.stderr) == (0, "")
    found = json.loads(result.stdout)
    assert [row["id"] for row in found["claims"]] == ["C02"]
    assert (found["settings"]["seed"], found["settings"]["runs"]) == (5, 4)
    assert found["settings"]["rules"]["most"] == verdicts.MOST
    assert found["summary"]["verdicts"]["contradicted"] == 1
    wrong = CliRunner().invoke(app, [*options, "--only", "C07"])
    assert (wrong.exit_code, wrong.stdout) == (2, "")
    assert "there is no claim 'C07'" in wrong.stderr


def test_the_page_is_made_from_the_json(write: Write) -> None:
    spec = importlib.util.spec_from_file_location("claims_page", PAGE)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    path = write(
        {
            "C01": claim(note="Only once.", readings={"grudge": ["dropped"]}),
            "C02": claim(in_conclusion=False, untestable="Nobody was asked."),
            "C03": claim(in_conclusion=False, expected="rise", rival_expected="fall"),
        }
    )
    found = judge_claims(file=path, runs=4).as_json()
    page = module.page(found)
    assert page == module.page(json.loads(json.dumps(found)))
    for text in (
        "A decree estranges Corinth.",
        "Coercion is resented.",
        "Only once.",
        "It does not.",
        "Nobody was asked.",
        "## Claims of the conclusion",
        "## Claims of the body",
    ):
        assert text in page
