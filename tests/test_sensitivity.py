"""Shares of variance against closed forms; designs against plain runs; the command."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy.integrate import quad
from scipy.special import ndtri
from typer.testing import CliRunner
from worlds import small_scenario

import alliance_sim as al
from alliance_sim import plots, rng, store
from alliance_sim.analysis import screening
from alliance_sim.analysis.swings import swings
from alliance_sim.analysis.variance_shares import Shares, shares
from alliance_sim.cli import app
from alliance_sim.errors import InputError
from alliance_sim.load import read_scenario
from alliance_sim.simulate.designs import Experiment, spread
from alliance_sim.simulate.sensitivities import SensitivityDesign, plan_sensitivity, rows

TINY = SensitivityDesign(points=8, trajectories=2, top=2)


def shared(model: Any, size: int, n: int, groups: list[list[int]], seed: int = 0) -> Shares:
    """Indices of a function of the unit cube, (point, size) -> (point,)."""
    a, b = rows(size, n, rng.stream(seed, "test"))
    mixed = []
    for members in groups:
        ab = a.copy()
        ab[:, members] = b[:, members]
        mixed.append(model(ab)[None])
    return shares(model(a)[None], model(b)[None], np.array(mixed), rng.stream(seed, "boot"))


# -- closed forms ----------------------------------------------------------------------------


def ishigami(u: Any) -> Any:
    x = np.pi * (2 * u - 1)
    return np.sin(x[:, 0]) + 7 * np.sin(x[:, 1]) ** 2 + 0.1 * x[:, 2] ** 4 * np.sin(x[:, 0])


def test_ishigami() -> None:
    """Ishigami and Homma (1990), a = 7 and b = 0.1; also the closed index of a group."""
    a, b = 7.0, 0.1
    v1 = (1 + b * np.pi**4 / 5) ** 2 / 2
    v2 = a**2 / 8
    v13 = b**2 * np.pi**8 * 8 / 225
    whole = v1 + v2 + v13
    found = shared(ishigami, 3, 8192, [[0], [1], [2], [0, 2]])
    first = np.array([v1, v2, 0, v1 + v13]) / whole
    total = np.array([v1 + v13, v2, v13, v1 + v13]) / whole
    assert found.first[:, 0] == pytest.approx(first, abs=0.015)
    assert found.total[:, 0] == pytest.approx(total, abs=0.015)


def test_the_g_function_of_sobol() -> None:
    """V_i = 1 / (3 (1 + a_i)^2); the total variance is the product of 1 + V_i, less one."""
    a = np.array([0, 1, 4.5, 9, 99, 99])
    part = 1 / (3 * (1 + a) ** 2)
    whole = np.prod(1 + part) - 1
    total = [part[k] * np.prod(1 + np.delete(part, k)) / whole for k in range(6)]

    def model(u: Any) -> Any:
        return np.prod((np.abs(4 * u - 2) + a) / (1 + a), axis=1)

    found = shared(model, 6, 8192, [[k] for k in range(6)])
    assert found.first[:, 0] == pytest.approx(part / whole, abs=0.02)
    assert found.total[:, 0] == pytest.approx(total, abs=0.02)


def line(u: Any) -> Any:
    """Shares 16/21, 4/21 and 1/21."""
    return u @ np.array([4.0, 2.0, 1.0])


def test_a_line_shares_its_variance_by_squares_of_its_slopes() -> None:
    found = shared(line, 3, 1024, [[0], [1], [2], [1, 2], [0, 1, 2]])
    expected = np.array([16, 4, 1, 5, 21]) / 21
    assert found.first[:, 0] == pytest.approx(expected, abs=0.02)
    assert found.total[:, 0] == pytest.approx(expected, abs=0.02)
    assert (found.first_low <= found.first).all()
    assert (found.first <= found.first_high).all()


def test_a_group_of_nearly_everything_is_measured_by_what_it_leaves() -> None:
    """The plain estimator would be off by some percent here."""
    slopes = np.array([1.0, 1.0, 0.05])
    expected = 1 - slopes[2] ** 2 / (slopes**2).sum()
    found = shared(lambda u: u @ slopes, 3, 256, [[0, 1]])
    assert found.first[0, 0] == pytest.approx(expected, abs=5e-4)
    assert found.total[0, 0] == pytest.approx(expected, abs=5e-3)
    assert found.first_high[0, 0] - found.first_low[0, 0] < 2e-3


def test_intervals_of_the_design_hold_the_truth_at_least_as_often_as_they_say() -> None:
    """Rows as a study draws them, whose evenness the bootstrap does not know of."""
    expected = np.array([16, 4, 1]) / 21
    inside, width, off = [], [], []
    for seed in range(60):
        found = shared(line, 3, 256, [[0], [1], [2]], seed)
        ends = found.first_low[:, 0], found.first_high[:, 0]
        inside.append((ends[0] <= expected) & (expected <= ends[1]))
        width.append(ends[1] - ends[0])
        off.append(found.first[:, 0] - expected)
    assert np.mean(inside) >= 0.9
    assert np.max(width) < 0.2  # and yet they say something
    # What docs/sensitivity.md says of them: far wider than the errors.
    assert (np.mean(width, axis=0) > 5 * np.std(off, axis=0)).all()


def test_intervals_of_independent_rows_hold_the_truth_about_as_often_as_they_say() -> None:
    """The bootstrap itself, on the rows that it is meant for."""
    expected = np.array([16, 4, 1]) / 21
    inside = []
    for seed in range(60):
        generator = np.random.default_rng(seed)
        a, b = generator.random((2, 256, 3))
        mixed = [np.where(np.arange(3) == k, b, a) for k in range(3)]
        found = shares(
            line(a)[None],
            line(b)[None],
            np.array([line(each)[None] for each in mixed]),
            rng.stream(seed, "boot"),
        )
        inside.append((found.first_low[:, 0] <= expected) & (expected <= found.first_high[:, 0]))
    assert 0.8 < np.mean(inside) < 0.98


def test_what_does_not_vary_has_no_shares() -> None:
    found = shared(lambda u: 5.0 + 1e-9 * u[:, 0], 2, 8, [[0], [1]])
    for each in vars(found).values():
        assert np.isnan(each).all()


def test_rounding_of_levels_has_no_shares_and_a_small_effect_has() -> None:
    """Effects of nothing, as single precision leaves them: differences of levels near 0.7."""
    generator = np.random.default_rng(0)
    levels = generator.uniform(0.6, 0.8, (4, 1, 64)).astype(np.float32)
    again = np.nextafter(levels, generator.choice(np.float32([0, 1]), levels.shape))
    a, b, *ab = again.astype(np.float64) - levels
    assert np.ptp(a) > 0
    found = shares(a, b, np.array(ab), rng.stream(0, "boot"), scale=np.array([0.8]))
    for each in vars(found).values():
        assert np.isnan(each).all()
    rows_ = generator.random((2, 64, 2))
    small = [1e-4 * (each.sum(axis=1) - 1)[None] for each in rows_]
    mixed = [np.where(np.arange(2) == k, rows_[1], rows_[0]) for k in range(2)]
    some = np.array([1e-4 * (each.sum(axis=1) - 1)[None] for each in mixed])
    found = shares(*small, some, rng.stream(0, "boot"), scale=np.array([0.8]))
    assert np.isfinite(found.first).all()


def test_outputs_do_not_disturb_one_another() -> None:
    a, b, ab = (np.random.default_rng(1).random(shape) for shape in ((2, 64), (2, 64), (3, 2, 64)))
    both = shares(a, b, ab, rng.stream(0, "boot"))
    for k in range(2):
        alone = shares(a[[k]], b[[k]], ab[:, [k]], rng.stream(0, "boot"))
        assert alone.first[:, 0] == pytest.approx(both.first[:, k], rel=1e-12)
        assert alone.total_high[:, 0] == pytest.approx(both.total_high[:, k], rel=1e-12)


def test_elementary_effects_of_a_line_are_its_slopes() -> None:
    """From the 1/8 to the 7/8 quantile is three quarters of the way."""
    points = screening.trajectories(3, 5, rng.stream(0, "test"))
    found = screening.screen(points, line(points) - 6 * points[:, 2], rng.stream(0, "boot"))
    assert found.mu == pytest.approx([3, 1.5, -3.75])
    assert found.mu_star == pytest.approx([3, 1.5, 3.75])
    assert found.sigma == pytest.approx(0, abs=1e-9)
    assert set(np.round(points.ravel(), 9)) <= {0.125, 0.375, 0.625, 0.875}


def test_interplay_shows_as_sigma() -> None:
    points = screening.trajectories(2, 40, rng.stream(0, "test"))
    found = screening.screen(points, points[:, 0] * points[:, 1], rng.stream(0, "boot"))
    assert found.sigma.min() > 0.1


def test_screening_leaves_the_global_generator_alone() -> None:
    before = np.random.get_state()[1].copy()  # noqa: NPY002
    points = screening.trajectories(3, 4, rng.stream(0, "test"))
    screening.screen(points, line(points), rng.stream(0, "boot"))
    assert (np.random.get_state()[1] == before).all()  # noqa: NPY002
    again = screening.trajectories(3, 4, rng.stream(0, "test"))
    assert (points == again).all()
    assert (points != screening.trajectories(3, 4, rng.stream(1, "test"))).any()


def test_swings_are_means_around_the_deciles() -> None:
    points = np.random.default_rng(3).random((1, 4000, 3))
    flat = line(points[0])
    found = swings(points, np.stack([flat, flat**2])[:, None])
    middle = 3.5
    assert found.mean[0] == pytest.approx(middle, abs=0.02)
    assert found.low[0] == pytest.approx(middle - 0.4 * np.array([4, 2, 1]), abs=0.03)
    assert found.high[0] == pytest.approx(middle + 0.4 * np.array([4, 2, 1]), abs=0.03)
    rest = (4 + 1) / 12  # variance of the other two, for the square given the first at 0.9
    assert found.high[1, 0] == pytest.approx(5.1**2 + rest, abs=0.25)


@pytest.mark.parametrize(("n", "repeats"), [(64, 60), (1024, 12)])
def test_swings_are_unbiased_with_as_many_factors_as_a_scenario_has(n: int, repeats: int) -> None:
    """y = z0 + z1² + 0.3 Σ z: around the lowest decile E z = -1.3, and E z² by integration."""
    size = 80
    low, _ = quad(lambda u: float(ndtri(u)), 0.05, 0.15)
    curved, _ = quad(lambda u: float(ndtri(u)) ** 2, 0.05, 0.15)
    truth = np.array([low / 0.1 + 1, curved / 0.1])

    def model(points: Any) -> Any:
        z = ndtri(points)
        return z[..., 0] + z[..., 1] ** 2 + 0.3 * z[..., 2:].sum(axis=-1)

    off, errors = [], []
    for seed in range(repeats):
        a, b = rows(size, n, rng.stream(seed, "test"))
        matrices = [a, b]
        for place in range(2):
            mixed = a.copy()
            mixed[:, place] = b[:, place]
            matrices.append(mixed)
        points = np.stack(matrices)
        found = swings(points, model(points)[None])
        off.append(found.low[0, :2] - truth)
        errors.append(found.low_error[0, :2])
    spread = np.sqrt(np.mean(np.square(off), axis=0))
    told = np.sqrt(np.mean(np.square(errors), axis=0))
    assert (np.abs(np.mean(off, axis=0)) < 3.5 * told / np.sqrt(repeats)).all()
    assert (np.abs(np.mean(off, axis=0)) < 0.3).all()
    assert (spread < 1.5 * told).all()  # a Sobol sequence may do better, not worse
    if n > size:  # and the control is worth its while: plain means would have 0.13
        assert (spread < 0.06).all()


def test_a_swing_of_a_single_row_has_no_error() -> None:
    points = np.array([[[0.1], [0.5], [0.6], [0.9]]])
    found = swings(points, np.arange(4.0)[None, None])
    assert (found.low[0, 0], found.high[0, 0]) == (0, 3)
    assert np.isnan([found.low_error, found.high_error]).all()


# -- designs ---------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def breach() -> Any:
    return read_scenario({**small_scenario(), "sampling": "latin_hypercube"})


@pytest.fixture(scope="module")
def calm(breach: Any) -> Any:
    return breach.model_copy(update={"interventions": (), "name": "Peace"})


@pytest.mark.parametrize("chance", [False, True])
def test_points_of_an_ensemble_give_the_ensemble(breach: Any, chance: bool) -> None:
    """Bit for bit, across blocks of chance and in any order."""
    runs = 520
    experiment = Experiment(breach, None, ("trade", "sparta_to_persia"), seed=0, chance=chance)
    order = np.random.default_rng(1).permutation(runs)
    points = spread(runs, experiment.factors, 0)
    found = experiment.run(points[order], order)
    expected = al.run(breach, runs, 0, chance=chance)
    for place, name in enumerate(experiment.outcomes):
        assert (expected[name].to_numpy()[order] == found.scenario[place].T).all()


def test_scenario_and_baseline_share_points_and_chance(breach: Any, calm: Any) -> None:
    experiment = Experiment(breach, calm, ("trade",), seed=3, chance=True)
    points, luck = spread(6, experiment.factors, 3), np.arange(6)
    found = experiment.run(points, luck)
    alone = Experiment(calm, None, ("trade",), seed=3, chance=True)
    keys = [factor.key for factor in experiment.factors]
    own = [keys.index(factor.key) for factor in alone.factors]
    assert len(own) < len(keys)
    assert found.baseline is not None
    assert (found.baseline == alone.run(points[:, own], luck).scenario).all()
    with_chance = replace(experiment, chance=True).run(points, luck + 6)
    assert (with_chance.scenario != found.scenario).any()


def test_each_number_once_with_its_name(breach: Any) -> None:
    factors = {each.path: each for each in Experiment(breach, None, ("trade",)).factors}
    assert len({each.key for each in factors.values()}) == len(factors)
    assert factors["world.drivers.common_enemy.weight"].name.endswith("Athens: weight")
    assert factors["interventions.fleet.at"].name == "fleet: date"
    assert factors["interventions.fleet.at"].shown(0.0) == "1432-06"
    assert factors["interventions.fleet.at"].shown(0.9999) == "1432-12"


# -- the analysis ----------------------------------------------------------------------------


@pytest.fixture(scope="module")
def one_cause() -> tuple[Any, Any]:
    """A scenario in which one number decides an outcome: how far the sea grows rough, and when
    it does is known."""
    data = small_scenario()
    data["interventions"] = [
        {
            "id": "revolt",
            "at": "1433-01",
            "agreement": {"id": "thirty_years_peace", "party": "athens", "does": "leave"},
        },
    ]
    data["sources"] = {}
    data["outcomes"] = ["tie", "trade"]
    data["world"]["dyads"]["sparta-corinth"]["commitment"] = {"uniform": [0.1, 0.3]}
    made = read_scenario(data)
    return made, made


def test_effect_of_nothing_has_nothing_to_share(calm: Any) -> None:
    found = al.sensitivity(calm, calm, ["trade"], design=TINY)
    assert found["S1"].isnull().all()
    assert found["group_ST"].isnull().all()
    assert (found["mu_star"].dropna("parameter") == 0).all()


def test_who_decides_the_base_state_carries_its_variance(one_cause: tuple[Any, Any]) -> None:
    """At the base date an outcome is its own initial value, and nothing else moves it."""
    made, _ = one_cause
    design = replace(TINY, points=64)
    found = al.sensitivity(made, None, ["tie"], month="1432-01", design=design)
    one = found.isel(outcome=0, month=0)
    assert one["parameter"].to_numpy()[0] == "world.dyads.sparta-corinth.commitment"
    assert one["S1"].to_numpy()[0] == pytest.approx(1, abs=1e-6)
    assert one["ST"].sel(parameter="all others").item() == pytest.approx(0, abs=1e-6)
    assert one["S1"].sel(parameter="chance").item() == pytest.approx(0, abs=1e-6)
    assert one["group_ST"].sel(ground="judgement").item() == pytest.approx(1, abs=1e-6)
    assert (one[["swing_low_error", "swing_high_error"]].isel(parameter=0).to_array() > 0).all()
    swing = one["swing_high"].to_numpy()[0] - one["swing_low"].to_numpy()[0]
    # Commitment is 1 - (1 - k)(1 - treaties): linear in k, here over 0.8 of its width.
    whole = one["mu"].to_numpy()[0] / 0.75
    assert swing == pytest.approx(0.8 * whole, rel=0.1)


def test_design_numbers_seed_and_workers(breach: Any, calm: Any) -> None:
    found = al.sensitivity(breach, calm, ["trade"], design=TINY)
    again = al.sensitivity(breach, calm, ["trade"], design=TINY)
    assert found.identical(again)
    other = al.sensitivity(breach, calm, ["trade"], design=TINY, seed=1)
    assert not np.allclose(found["mu_star"], other["mu_star"], equal_nan=True)


@pytest.mark.slow
def test_workers_change_nothing(breach: Any) -> None:
    design = replace(TINY, points=64)
    one = al.sensitivity(breach, None, ["trade"], design=design)
    two = al.sensitivity(breach, None, ["trade"], design=design, workers=2)
    assert one.identical(two)


def test_cost_is_what_is_run(breach: Any, calm: Any) -> None:
    for design in (TINY, replace(TINY, method="sobol", parameters="*.at"), replace(TINY, top=99)):
        study, done = plan_sensitivity(breach, calm, ["trade"], design=design), []
        study.run(1, done.append)
        assert sum(done) == study.runs


def test_series_and_file(breach: Any, tmp_path: Path) -> None:
    design = replace(TINY, series=True)
    outcomes = ["trade", "kind_of_tie=hostile"]
    found = al.sensitivity(breach, None, outcomes, design=design)
    assert found.sizes["month"] == breach.horizon.months + 1
    assert found["S1"].dims == ("outcome", "month", "parameter")
    read = store.read(store.write(found, tmp_path / "sensitivity.nc"))
    assert list(read["parameter"].values) == list(found["parameter"].values)
    assert list(read["source"].values) == list(found["source"].values)
    np.testing.assert_array_equal(read["ST"], found["ST"])


def test_patterns_look_at_some_and_vary_all(breach: Any) -> None:
    design = replace(TINY, method="sobol", parameters="world.dyads.*")
    found = al.sensitivity(breach, None, ["trade"], design=design)
    shares_of = found["S1"].isel(outcome=0, month=0).notnull()
    named = [str(each) for each in found["parameter"].values[shares_of.values]]
    assert all(each.startswith("world.dyads.") for each in named[:-2])
    assert named[-2:] == ["all others", "chance"]


def test_patterns_hold_for_the_screening_too(breach: Any) -> None:
    design = replace(TINY, method="morris", parameters="*.weight")
    found = al.sensitivity(breach, None, ["trade"], design=design)
    asked = found["mu_star"].isel(outcome=0, month=0).notnull().to_numpy()
    assert [str(each).endswith(".weight") for each in found["parameter"].values] == asked.tolist()


@pytest.mark.parametrize(
    ("changes", "what", "mend"),
    [
        ({"outcomes": ["trad"]}, "unknown outcome 'trad'", "did you mean 'trade'?"),
        ({"outcomes": ["kind_of_tie"]}, "is a relation class and has no variance", "how often"),
        ({"outcomes": ["trade@1433-01"]}, "has a month of its own", "--month"),
        ({"month": "1500-01"}, "is no month of the scenario", "use 1432-01 to 1437-01"),
        ({"design": replace(TINY, points=100)}, "are not a power of two", "use 128"),
        ({"design": replace(TINY, method="bogus")}, "no method 'bogus'", "both, morris, sobol"),
        ({"design": replace(TINY, trajectories=1)}, "1 trajectories", "use 2 to"),
        ({"design": replace(TINY, parameters="world.driver")}, "is called", "use one of"),
        ({"seed": -1}, "seed is -1", "at least 0"),
    ],
)
def test_mistakes(breach: Any, changes: dict[str, Any], what: str, mend: str) -> None:
    with pytest.raises(InputError) as caught:
        plan_sensitivity(breach, **{"outcomes": ["trade"], "design": TINY, **changes})
    assert what in str(caught.value)
    assert mend in str(caught.value)


# -- the command -----------------------------------------------------------------------------


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    scenario = {**small_scenario(), "baseline": "calm.yaml"}
    calm = {**small_scenario(), "name": "Peace", "interventions": [], "sources": {}}
    for name, data in (("breach", scenario), ("calm", calm)):
        (tmp_path / f"{name}.yaml").write_text(json.dumps(data), encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "100")
    return tmp_path


def call(*arguments: object) -> Any:
    small = ("--points", 8, "--trajectories", 2, "--top", 2, "--workers", 1)
    words = ["sensitivity", "breach.yaml", *small, *arguments]
    return CliRunner().invoke(app, [str(each) for each in words])


def test_command_writes_and_prints(folder: Path) -> None:
    result = call("--outcome", "trade")
    assert result.exit_code == 0, result.stderr
    assert "uncertain: 17 numbers and 3 dates; " in result.stderr  # the cost comes before
    assert "Trade of Athens and Corinth in 1437-01" in result.stdout
    assert "rests on" in result.stdout
    assert "judgement" in result.stdout
    table = pd.read_csv(folder / "results" / "breach" / "sensitivity.csv")
    data = store.read(folder / "results" / "breach" / "sensitivity.nc")
    assert set(table["parameter"]) == set(map(str, data["parameter"].values))
    assert {"S1", "ST_high", "mu_star", "source", "basis"} <= set(table.columns)
    assert (folder / "results" / "breach" / "plots" / "tornado_trade.png").exists()


def test_command_as_json(folder: Path) -> None:
    result = call("--outcome", "peace", "--month", "1432-01", "--json", "--no-plots")
    assert result.exit_code == 0, result.stderr
    assert result.stderr == ""
    told = json.loads(result.stdout)
    assert told["month"] == "1432-01"
    rows = told["outcomes"]["peace"]["parameters"]
    assert {row["S1"] for row in rows.values()} == {None}  # no effect varies at the base date


def test_command_screens_alone(folder: Path) -> None:
    result = call("--method", "morris", "--no-baseline", "--outcome", "trade")
    assert result.exit_code == 0, result.stderr
    assert "mu*" in result.stdout
    assert "level" not in result.stderr


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--outcome", "trad"), "--outcome:1:1: unknown outcome 'trad'; did you mean 'trade'?"),
        (("--against", "calm.yaml", "--no-baseline"), "exclude each other"),
        (("--against", "clam.yaml"), "did you mean 'calm.yaml'?"),
        (("--points", "9"), "--points: 9 points are not a power of two; use 8"),
    ],
)
def test_command_tells_mistakes(folder: Path, words: tuple[str, ...], said: str) -> None:
    result = call(*words)
    assert result.exit_code == 2
    assert said in result.stderr
    assert not (folder / "results").exists()


def test_against_another_baseline(folder: Path) -> None:
    result = call("--against", "calm.yaml", "--json", "--no-plots", "--outcome", "trade")
    assert result.exit_code == 0, result.stderr
    assert json.loads(result.stdout)["baseline"] == "calm"


# -- pictures --------------------------------------------------------------------------------


def test_tornado_draws_the_swings(breach: Any, calm: Any) -> None:
    found = al.sensitivity(breach, calm, ["trade"], design=replace(TINY, points=64, top=4))
    axes = plots.tornado(found)
    one = found.isel(outcome=0, month=0)
    width = np.abs(one["swing_high"] - one["swing_low"]).dropna("parameter")
    drawn = [patch.get_width() for patch in axes.patches]
    assert drawn == pytest.approx(sorted(width.to_numpy(), reverse=True))
    assert "1437-01" in axes.get_xlabel()


def test_influence_is_stacked_shares(breach: Any) -> None:
    found = al.sensitivity(breach, None, ["trade"], design=replace(TINY, points=32, series=True))
    axes = plots.influence(found)
    top = max(path.vertices[:, 1].max() for each in axes.collections for path in each.get_paths())
    assert top <= 100 + 1e-6
    with pytest.raises(InputError, match="one month only"):
        plots.influence(found.isel(month=[-1]))


def test_pictures_refuse_what_is_not_there(breach: Any) -> None:
    found = al.sensitivity(breach, None, ["trade"], design=replace(TINY, method="morris"))
    with pytest.raises(InputError, match="no shares"):
        plots.tornado(found)
    with pytest.raises(InputError, match="no sensitivity of 'peace'"):
        plots.tornado(found, "peace")


def test_the_library_names_its_arguments_and_takes_one_outcome() -> None:
    small = al.SensitivityDesign(points=2, trajectories=2, top=1)
    with pytest.raises(al.InputError) as caught:
        al.sensitivity("us_exits_jcpoa", outcomes="foo", design=small)
    assert str(caught.value).startswith("outcomes: ")
    assert "'foo'" in str(caught.value)
    assert "--" not in str(caught.value)
    with pytest.raises(al.InputError, match=r"^design\.points: 3 points"):
        al.sensitivity("us_exits_jcpoa", design=al.SensitivityDesign(points=3))
    one, several = (
        al.sensitivity("us_exits_jcpoa", None, each, design=small)
        for each in ("iran_to_russia", ["iran_to_russia"])
    )
    assert one.identical(several)
