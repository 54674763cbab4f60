"""Backtests of a made-up world, whose observations come from the model itself or from elsewhere."""

from __future__ import annotations

import importlib.util
import json
import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pytest
from typer.testing import CliRunner
from worlds import small_scenario

import alliance_sim as al
from alliance_sim.cli import app
from alliance_sim.errors import InputError
from alliance_sim.load import read_scenario
from alliance_sim.observations.model import Linear
from alliance_sim.observations.skill import Skill
from alliance_sim.observations.tables import Observations
from alliance_sim.scoring import make_task, persistence
from alliance_sim.simulate import backtest_inputs, backtests
from alliance_sim.simulate.backtest_data import Backtest
from alliance_sim.simulate.backtests import ALONE, BacktestDesign, BacktestStudy, plan_backtest
from alliance_sim.simulate.designs import Experiment, spread
from alliance_sim.simulate.hindcasts import History, Tracker

Floats = npt.NDArray[np.float64]
CODES = {"athens": "ATH", "sparta": "SPA", "corinth": "COR", "persia": "PER"}
FIRST, LAST = 1998, 2000
START = 1992
TABLES = Path(__file__).parents[1] / "tools" / "backtest_tables.py"
RUNS = 64
TRUE_RUN = 5000  # luck and parameters that no run of a backtest has


def history_data() -> dict[str, Any]:
    """Nothing happens from outside until 1998, and then Athens presses the league hard."""
    data = small_scenario()
    for actor, code in CODES.items():
        data["world"]["actors"][actor]["iso3"] = code
    moved = {
        "signal": {"coercion": "athens->corinth"},
        "weight": {"lognormal": [3, 0.2]},
        "source": "judgement",
    }
    apart = {"name": "Estranged", "direction": "divergence", "dyads": ["athens-league"]}
    close = {
        "name": "Drawn together",
        "direction": "convergence",
        "dyads": ["sparta-persia", "sparta-corinth"],
    }
    data["world"]["drivers"] = {"estranged": apart | moved, "drawn": close | moved}
    data["world"]["outcomes"].pop("votes")
    del data["theory"]
    data |= {"sources": {}, "readings": {}, "sampling": "latin_hypercube"}
    data["interventions"] = [
        {"id": "war", "at": "1432-01", "coercion": {"by": "athens", "on": "league", "level": 0.9}}
    ]
    text = json.dumps(data).replace("143", "199")
    found: dict[str, Any] = json.loads(text)
    found["interventions"][0]["at"] = "1998-01"
    found["horizon"]["months"] = 12 * (LAST - START + 1)
    return found


@pytest.fixture(scope="module")
def history() -> Any:
    return read_scenario(history_data())


def latent_of(scenario: Any, years: int = LAST - START + 1) -> tuple[tuple[str, ...], Floats]:
    """One run of the model as (pair, year)."""
    horizon = scenario.horizon.model_copy(update={"months": 12 * years})
    one = Experiment(scenario.model_copy(update={"horizon": horizon}), None, (), 0, chance=True)
    points = spread(TRUE_RUN + 1, one.factors, 0)[-1:]
    found = one.years(points, np.array([TRUE_RUN]), ["alignment"], 1)
    return one.pairs, found[0, ..., 0].astype(float)


def seen(scenario: Any, slope: float, seed: int = 1) -> Observations:
    """What would have been observed, had relations been so and the slope been this."""
    pairs, latent = latent_of(scenario)
    truth = Linear(level=0.05, slope=slope, noise=0.02, drift=0.01, between=0.1 if slope else 0.4)
    made = truth.simulate(latent[..., None], np.random.default_rng(seed))[..., 0]
    years = range(START, LAST + 1)
    rows = pd.DataFrame(made.clip(-1, 1), index=list(pairs), columns=list(years))
    frame = rows.stack().reset_index()
    frame.columns = pd.Index(["dyad", "year", "value"])
    return Observations({"votes": frame.assign(error=0.02, source="calendar_year")})


def design(**asked: Any) -> BacktestDesign:
    return BacktestDesign(**{"posterior": "none", "runs": RUNS, **asked})


@pytest.fixture(scope="module")
def found(history: Any) -> dict[str, Backtest]:
    """Conditional and pure forecasts of what follows the model."""
    follows = seen(history, 0.9)

    def of(observed: Observations, conditional: bool) -> Backtest:
        asked = design(conditional=conditional)
        return al.backtest(observed, FIRST, LAST, history, asked, workers=1)

    return {
        "conditional": of(follows, True),
        "pure": of(follows, False),
    }


def skill(one: Backtest, against: str, fold: str = "known") -> float:
    table = one.table.skill
    keys = {"origins": "rolling", "fold": fold, "horizon": "all", "score": "crps"}
    for key, value in (keys | {"forecaster": "model", "against": against}).items():
        table = table[table[key] == value]
    return float(table["skill"].iloc[0])


# -- what forecasts are worth --------------------------------------------------------------


def test_the_model_wins_where_it_is_the_truth_and_knows_what_comes(found: Any) -> None:
    one = found["conditional"]
    assert skill(one, "persistence") > 0.4
    assert skill(one, ALONE) > 0.3


def test_it_has_no_such_skill_where_it_does_not_know_what_comes(found: Any) -> None:
    assert skill(found["pure"], ALONE) < skill(found["conditional"], ALONE) - 0.2


PAIRS = ["athens-corinth", "athens-persia", "athens-sparta", "corinth-sparta", "persia-sparta"]
STEP = 0.05


@pytest.fixture(scope="module")
def simulated(history: Any) -> Any:
    """What the model makes of the years, which do not hang on what was observed."""
    study = plan_backtest(seen(history, 0.0), FIRST, LAST, history, design())
    return study.simulated(1, lambda done: None)


def walks(seed: int, step: float) -> tuple[Observations, pd.DataFrame]:
    """Random walks of which nothing is known but the last value, and each as (pair, year)."""
    rng = np.random.default_rng(seed)
    years = range(START, LAST + 1)
    values = rng.uniform(-0.3, 0.3, (len(PAIRS), 1))
    values = values + step * rng.standard_normal((len(PAIRS), len(years))).cumsum(axis=1)
    rows = pd.DataFrame(values, index=PAIRS, columns=list(years))
    frame = rows.stack().reset_index()
    frame.columns = pd.Index(["dyad", "year", "value"])
    return Observations({"votes": frame.assign(error=0.0, source="calendar_year")}), rows


def nothing_hidden(study: BacktestStudy) -> BacktestStudy:
    """The same without forecasts of dyads that are left out, which take most of the time."""
    first, last = study.task.first, study.task.last
    return replace(study, task=make_task(study.frame, first, last, measure="votes", folds=0))


def next_year(one: Backtest) -> pd.DataFrame:
    """Scores of forecasts of the next year, by forecaster."""
    scores = one.table.scores
    kept = scores.query("origins == 'rolling' and fold == 'known' and horizon == '1'")
    return kept.set_index("forecaster")


def of_walks(history: Any, simulated: Any, observed: Observations) -> pd.DataFrame:
    study = nothing_hidden(plan_backtest(observed, FIRST, LAST, history, design()))
    return next_year(study.scored(*simulated))


def test_what_never_moves_is_forecast_without_error(history: Any, simulated: Any) -> None:
    """Whatever the model's alignments do: no slope can be left."""
    observed, _ = walks(0, 0.0)
    scores = of_walks(history, simulated, observed)
    assert (scores.loc[["persistence", "drift"], ["mae", "crps"]] == 0).all(axis=None)
    assert (scores[["mae", "crps"]] < 1e-5).all(axis=None)


def test_nothing_beats_the_last_value_of_a_random_walk(history: Any, simulated: Any) -> None:
    """Its mean error is that of the step; what the model adds can only take away."""
    errors = []
    for seed in range(8):
        observed, rows = walks(seed, STEP)
        scores = of_walks(history, simulated, observed)["mae"]
        moved = rows.diff(axis=1)[list(range(FIRST, LAST + 1))].abs().to_numpy().mean()
        errors.append([moved, *scores[["persistence", ALONE, "model"]]])
    moved, persistence, alone, model = np.mean(errors, axis=0)
    # The median of 64 draws is off by 0.16 steps, which adds to a mean error of 0.8 in squares.
    assert persistence == pytest.approx(moved, rel=0.03)
    assert moved < alone < 1.15 * moved
    assert moved < model < 1.4 * moved


def test_the_slope_is_found_on_the_history_alone(found: Any) -> None:
    numbers = found["conditional"].numbers
    model = numbers[(numbers["forecaster"] == "model") & (numbers["hidden"] == -1)]
    assert np.allclose(model["slope"], 0.9, atol=0.35)
    assert (numbers.loc[numbers["forecaster"] == ALONE, "slope"] == 0).all()


def test_every_rival_is_in_the_table_on_the_same_rows(found: Any) -> None:
    scores = found["conditional"].table.scores
    names = {"persistence", "drift", "dyad mean", "AR(1)", "local level", "regression", ALONE}
    assert {*scores["forecaster"]} == {*names, "model"}
    assert (scores.groupby(["origins", "fold", "horizon"])["n"].nunique() == 1).all()


# -- nothing from after the origin ---------------------------------------------------------


def test_nothing_after_an_origin_moves_its_forecasts(history: Any, found: Any) -> None:
    table = seen(history, 0.9)["votes"]
    later = table["year"] > FIRST
    changed = table.assign(value=table["value"].where(~later, -table["value"]))
    changed = changed.assign(error=table["error"].where(~later, 0.3))
    data = history_data()
    data["interventions"] += [
        {"id": "peace", "at": {"between": ["1999-01", "1999-06"]}, "coercion":
            {"by": "athens", "on": "league", "level": {"uniform": [0.0, 0.1]}}},
        {"id": "revolt", "at": {"hazard_per_year": 2.0, "from": "2000-01"},
         "arena": {"id": "aegean", "change": -0.5}},
    ]  # fmt: skip
    other = al.backtest(
        Observations({"votes": changed}), FIRST, LAST, read_scenario(data), design(), workers=1
    )
    rows = other.task.rows
    same = (rows["origin"] <= FIRST).to_numpy()
    assert same.sum() > 20
    before = found["pure"].draws
    for name, draws in other.draws.items():
        np.testing.assert_array_equal(draws[same], before[name][same], err_msg=name)
    assert (other.draws["model"][~same] != before["model"][~same]).any()


def test_pure_and_conditional_runs_agree_up_to_the_origin(history: Any) -> None:
    short = backtest_inputs.until(history, FIRST, LAST, "votes")
    both = [
        History(short, 0, conditional).paths([FIRST - 1], "alignment", 40, 1, lambda done: None)
        for conditional in (False, True)
    ]
    pure, conditional = (each[FIRST - 1] for each in both)
    known = FIRST - START
    np.testing.assert_array_equal(pure[:, :known], conditional[:, :known])
    assert np.abs(pure[:, -1] - conditional[:, -1]).max() > 0.2


def test_what_may_have_begun_is_known(history: Any) -> None:
    dates = {
        "past": "1997-12",
        "next": "1998-01",
        "may_have": {"between": ["1997-12", "1999-01"]},
        "will": {"between": ["1998-01", "1999-01"]},
        "any_time": {"hazard_per_year": 0.1},
        "later": {"hazard_per_year": 0.1, "from": "1998-01"},
    }
    data = history_data()
    push = {"arena": {"id": "aegean", "change": -0.2}}
    data["interventions"] = [{"id": name, "at": at} | push for name, at in dates.items()]
    scenario = read_scenario(data)
    assert [each.id for each in History(scenario, 0, False).known(1997)] == [
        "past",
        "may_have",
        "any_time",
    ]
    assert len(History(scenario, 0, True).known(1997)) == len(dates)


def test_origins_that_know_the_same_share_a_simulation(history: Any) -> None:
    pure, conditional = (History(history, 0, each) for each in (False, True))
    assert pure.simulations([1996, 1997, 1998, 1999]) == {(): (1996, 1997), ("war",): (1998, 1999)}
    assert len(conditional.simulations([1996, 1997, 1998])) == 1


def test_the_forecast_moves_with_the_slope_times_the_change_of_the_run() -> None:
    """Without noise or spread it is the last value plus that: the formula of the page."""
    frame = pd.DataFrame({"dyad": "a-b", "year": range(2000, 2012), "value": 0.1})
    task = make_task(frame, 2010, 2011, folds=0)
    latent = np.zeros((1, 12, 200))
    latent[0, 10:] = np.linspace(-0.5, 0.5, 200)
    start = Linear(level=0.0, slope=0.5, noise=1e-6, drift=1e-6, between=0.3)
    tracker = Tracker(("a-b",), range(2000, 2012), np.zeros((1, 12)), start, 0)
    draws, fits = tracker.draws(task, dict.fromkeys((2009, 2010), latent), 200)
    first = draws[(task.rows["origin"] == 2009).to_numpy()]
    assert np.allclose(first, 0.1 + fits[0]["slope"] * latent[0, 10:], atol=1e-3)  # type: ignore[operator]


# -- observations of all kinds -------------------------------------------------------------


def test_pairs_and_years_that_are_new(history: Any) -> None:
    """A series that begins late, has gaps, and of whose pairs some are not tied."""
    table = seen(history, 0.0)["votes"]
    late = (table["dyad"] == "athens-persia") & (table["year"] < 1999)
    gap = (table["dyad"] == "athens-sparta") & table["year"].isin([1996, 1997])
    stranger = table.iloc[:1].assign(dyad="corinth-persia")
    kept = pd.concat([table[~late & ~gap], stranger])
    one = al.backtest(Observations({"votes": kept}), FIRST, LAST, history, design(), workers=1)
    assert {*one.table.scores["fold"]} == {"known", "left out", "new"}
    new = one.task.rows[one.task.rows["fold"] == "new"]
    assert {*new["dyad"]} == {"athens-persia"}
    assert any("corinth-persia" in note for note in one.notes)
    assert np.isfinite(one.draws["model"]).all()
    spread_of = one.draws["model"].std(axis=1)
    known = one.task.rows["fold"] == "known"
    assert spread_of[new.index].min() > np.median(spread_of[known])


def test_a_horizon_goes_on_to_the_last_year_asked_for(history: Any) -> None:
    short = backtest_inputs.until(history, 2023, 2024, "votes")
    assert History(short, 0, False).years == range(START, 2025)


def test_ties_to_domains(history: Any) -> None:
    table = seen(history, 0.0)["votes"]
    arms = table.assign(value=table["value"] + 2, error=0.0, source="sipri")
    one = al.backtest(
        Observations({"arms": arms}), FIRST, LAST, history, design(measure="arms"), workers=1
    )
    assert one.table.about["measure"] == "arms"
    assert (one.draws["model"] >= 0).all()


def test_the_skill_entry_holds_every_rival(found: Any) -> None:
    entry = found["pure"].skill_entry("alliance-sim backtest")
    assert entry["skill"]["persistence"][0] == pytest.approx(
        skill(found["pure"], "persistence"), abs=1e-4
    )
    assert all(low <= value <= high for value, low, high in entry["skill"].values())
    assert (entry["from"], entry["to"], entry["ahead"]) == (FIRST, LAST, [1, 3])
    assert entry["pairs"] == 5
    assert len(entry["skill"]) == 7


# -- posteriors ----------------------------------------------------------------------------


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "past.yaml"
    path.write_text(json.dumps(history_data()), encoding="utf-8")
    return path


def posterior(folder: Path, until: int) -> Path:
    column = {"joint": {"of": f"votes_1992_{until}", "values": [0.01, 0.03]}}
    path = folder / f"to_{until}.yaml"
    path.write_text(json.dumps({"behaviour": {"trust": {"rise": column}}}), encoding="utf-8")
    return path


def test_a_posterior_is_laid_over_the_world(file: Path, tmp_path: Path, history: Any) -> None:
    path = posterior(tmp_path, 1997)
    whole, used = backtest_inputs.history(file, path, FIRST, "shipped")
    assert used == path
    assert whole.world.behaviour.trust.rise.joint.values == (0.01, 0.03)  # type: ignore[union-attr]
    assert whole.world.behaviour.trust.fall == history.world.behaviour.trust.fall


def test_the_latest_shipped_posterior_that_saw_nothing_is_taken(
    file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shipped = {year: posterior(tmp_path, year) for year in (1995, 1997, 1998)}
    monkeypatch.setattr(backtest_inputs, "shipped_posteriors", lambda: shipped)
    name = str(file)
    assert backtest_inputs.history(name, "auto", FIRST, name)[1] == shipped[1997]
    assert backtest_inputs.history(name, "auto", 1995, name)[1] is None
    assert backtest_inputs.history(name, "none", FIRST, name)[1] is None
    assert backtest_inputs.history(name, "auto", FIRST, "another")[1] is None


def test_a_posterior_that_saw_what_is_forecast_is_told(file: Path, tmp_path: Path) -> None:
    path = posterior(tmp_path, 2000)
    observed = seen(read_scenario(history_data()), 0.9)
    plan = plan_backtest(observed, FIRST, LAST, file, design(posterior=path))
    assert plan.about["saw"] == 2000
    assert any("these are no forecasts" in note for note in plan.notes)
    earlier = design(posterior=posterior(tmp_path, 1997))
    told = plan_backtest(observed, FIRST, LAST, file, earlier).notes
    assert not any("these are no forecasts" in note for note in told)
    assert any("fitted up to 1997" in note for note in told)


# -- the command ---------------------------------------------------------------------------


@pytest.fixture
def folder(file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    table = seen(read_scenario(history_data()), 0.9)["votes"]
    sides = table["dyad"].str.split("-", expand=True).replace(CODES)
    rows = pd.DataFrame({"iso_a": sides[0], "iso_b": sides[1], "year": table["year"]})
    rows = rows.assign(kappa_w=table["value"], n_votes=70)
    rows[rows["year"] < FIRST].to_csv(tmp_path / "early.csv", index=False)
    rows[rows["year"] >= FIRST].to_csv(tmp_path / "late.csv", index=False)
    return tmp_path


def call(*arguments: object) -> Any:
    fixed = ("--history", "past.yaml", "--from", FIRST, "--to", LAST, "--runs", 20, "--workers", 1)
    words = ["backtest", *(str(each) for each in (*fixed, "--no-plots", *arguments))]
    return CliRunner().invoke(app, words)


def test_two_files_make_one_series_and_json_is_all_that_is_printed(folder: Path) -> None:
    files = ("--observations", "early.csv", "--observations", "late.csv")
    done = call(*files, "--json", "--out", "out", "--skill", "skill.yaml")
    assert done.exit_code == 0, done.output
    told = json.loads(done.stdout)
    assert done.stderr == ""
    assert told["forecast"] == "pure"
    assert told["posterior"] is None
    assert told["command"].startswith("alliance-sim backtest --from 1998")
    assert {each["origin"] for each in told["numbers"]} == {1997, 1998, 1999}
    assert {"backtest.nc", "backtest.csv", "skill.csv"} <= {
        each.name for each in Path("out").iterdir()
    }
    assert "persistence: [" in Path("skill.yaml").read_text()


def test_skill_of_one_measure_leaves_those_of_others(folder: Path) -> None:
    arms = {"forecast": "pure", "from": 2012, "to": 2016, "ahead": [1, 5], "pairs": 3}
    arms |= {"skill": {"drift": [0.1, 0, 0.2]}, "command": "made up", "world": "made_up"}
    Path("skill.yaml").write_text("# Kept.\n" + json.dumps({"observables": {"arms": arms}}))
    done = call("--observations", ".", "--quiet", "--skill", "skill.yaml")
    assert done.exit_code == 0, done.output
    held = Skill.read("skill.yaml").observables
    assert held["arms"].skill == {"drift": (0.1, 0.0, 0.2)}
    assert held["votes"].from_year == FIRST
    assert held["votes"].world == "past"
    assert Path("skill.yaml").read_text().startswith("# Kept.")


def test_a_file_that_holds_no_skill_is_left_as_it_is(folder: Path) -> None:
    Path("skill.yaml").write_text("actors: {}\n")
    done = call("--observations", ".", "--quiet", "--skill", "skill.yaml")
    assert done.exit_code == 2
    assert "skill.yaml:1" in done.stderr
    assert Path("skill.yaml").read_text() == "actors: {}\n"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--observations", "late.csv"], "several times"),
        (["--observations", "early.csv"], "nothing was observed from 1998 to 2000"),
        (["--observations", "none.csv"], "published"),
        ([], "no observations were named"),
        (["--observations", ".", "--measure", "vote"], "did you mean 'votes'"),
        (["--observations", ".", "--measure", "arms"], "nothing of the measure 'arms'"),
        (["--observations", ".", "--source", "sessions"], "no source 'sessions'"),
        (["--observations", ".", "--from", "2002"], "comes before the first"),
        (["--observations", ".", "--from", "1992"], "forecast from 1993 on"),
        (["--observations", ".", "--to", "2200"], "100 years"),
        (["--observations", ".", "--posterior", "nowhere.yaml"], "there is no world"),
    ],
)
def test_what_cannot_be_used_is_told(folder: Path, arguments: list[str], said: str) -> None:
    done = call(*arguments)
    assert done.exit_code == 2, done.output
    assert said in done.stderr.replace("\n", " ")
    assert not Path("results").exists()


def test_a_posterior_needs_a_world_in_a_file(history: Any, tmp_path: Path) -> None:
    asked = replace(design(), posterior=posterior(tmp_path, 1997))
    with pytest.raises(InputError, match="name or path"):
        al.backtest(seen(history, 0.9), FIRST, LAST, history, asked)


# -- the page ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "shown"),
    [(-0.0049, "0.00"), (0.0049, "0.00"), (-0.0, "0.00"), (-0.0051, "-0.01"), (0.0051, "+0.01")],
)
def test_what_rounds_to_nothing_has_no_sign_on_the_page(value: float, shown: str) -> None:
    spec = importlib.util.spec_from_file_location("backtest_tables", TABLES)
    assert spec is not None
    assert spec.loader is not None
    tool = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(tool)
    row = {"skill_crps": value, "skill_crps_low": -1.0, "skill_crps_high": value}
    assert tool.cell("skill_crps", row) == f"{shown} (-1.00 to {shown})"
    assert tool.cell("log_score", {"log_score": value}) == shown


# -- with data -----------------------------------------------------------------------------

DATA = os.environ.get("ALLIANCE_SIM_DATA", "")


def votes_by_hand(years: range) -> pd.DataFrame:
    """Agreement in votes as (pair, year), from the file itself."""
    table = pd.read_csv(Path(DATA) / "unga_dyad_calendar_year.csv")
    codes = {
        each.iso3: name for name, each in al.load_scenario("history_1991_2016").world.actors.items()
    }
    table = table.assign(a=table["iso_a"].map(codes), b=table["iso_b"].map(codes)).dropna()
    table["dyad"] = ["-".join(sorted(pair)) for pair in zip(table["a"], table["b"], strict=True)]
    wide = table.pivot(index="dyad", columns="year", values="kappa_w")
    return wide.reindex(columns=list(years))


@pytest.mark.slow
@pytest.mark.skipif(not DATA, reason="needs the data that ALLIANCE_SIM_DATA names")
def test_votes_as_they_were() -> None:
    """Forecasts of persistence, and errors of all forecasters, from the file by hand."""
    asked = design(conditional=True, runs=40)
    study = nothing_hidden(plan_backtest(DATA, 2012, 2013, design=asked))
    one = study.run(1)
    rows = study.task.rows.query("horizon == 1")
    assert {*rows["fold"]} == {"known"}
    wide = votes_by_hand(range(1946, 2014))
    keys = list(zip(rows["dyad"], rows["origin"], strict=True))
    came = np.array([wide.at[dyad, origin + 1] for dyad, origin in keys])
    last = np.array([wide.loc[dyad, :origin].dropna().iloc[-1] for dyad, origin in keys])
    assert (
        len(rows) == wide.loc[wide.index.isin(study.history.experiment.pairs), 2012:].count().sum()
    )
    told = np.full(len(study.task.rows), np.nan)
    for block in study.task.blocks():
        told[block.places] = persistence(block.history, block.rows).mean
    np.testing.assert_array_equal(told[rows.index], last)
    error = next_year(one)["mae"]
    assert len(error) == 8
    for name, draws in one.draws.items():
        middle = np.median(draws[rows.index], axis=1)
        assert error[name] == pytest.approx(np.abs(middle - came).mean(), rel=1e-9), name
    # Its draws lie around the last value: their means by as much as those of 40 normal numbers.
    draws = one.draws["persistence"][rows.index]
    off = (draws.mean(axis=1) - last) / (draws.std(axis=1, ddof=1) / np.sqrt(draws.shape[1]))
    assert np.mean(off**2) == pytest.approx(39 / 37, abs=4 * np.sqrt(2 / len(off)))


def test_searches_that_found_no_end_are_told() -> None:
    fits = [{"converged": True}, {"converged": False}, {"converged": True}]
    (said,) = backtests._unsure(fits)
    assert said.startswith("1 of 3 searches")
    assert not [*backtests._unsure(fits[:1])]


def test_a_shipped_posterior_has_a_name() -> None:
    _, file = backtest_inputs.history("history_1991_2016", "to_1998", 2012, "history_1991_2016")
    assert file is not None
    assert file.name == "to_1998.yaml"
