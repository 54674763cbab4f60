"""Boxes and trees on planted structures and on nothing; the language of conditions; the command."""

from __future__ import annotations

import json
from itertools import pairwise
from math import comb
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner
from worlds import small_scenario

import alliance_sim as al
from alliance_sim import plots, store
from alliance_sim.analysis import boxes, rule_tree
from alliance_sim.analysis.boxes import Box, Sample
from alliance_sim.analysis.conditions import read_all
from alliance_sim.cli import app, discovery
from alliance_sim.errors import InputError
from alliance_sim.load import read_scenario
from alliance_sim.simulate import discoveries

FACTORS = 12


def box(limits: dict[int, tuple[float, float]], factors: int = FACTORS) -> Box:
    low, high = np.zeros(factors), np.ones(factors)
    for k, (a, b) in limits.items():
        low[k], high[k] = a, b
    return Box(low, high)


def planted(
    where: list[Box], n: int = 2000, inside: float = 0.95, outside: float = 0.05, seed: int = 0
) -> tuple[Any, Any]:
    """Points, and cases that are frequent in some boxes and seldom elsewhere."""
    generator = np.random.default_rng(seed)
    x = generator.random((n, FACTORS))
    within = np.any([each.holds(x) for each in where], axis=0)
    return x, generator.random(n) < np.where(within, inside, outside)


# -- boxes -----------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_a_planted_box_is_found_and_nothing_else(seed: int) -> None:
    truth = box({2: (0.6, 1.0), 7: (0.0, 0.5)})
    x, y = planted([truth], seed=seed)
    found = boxes.find_boxes(x, y, np.random.default_rng(seed))
    assert found[0].box.restricted == (2, 7)
    assert found[0].box.low[2] == pytest.approx(0.6, abs=0.05)
    assert found[0].box.high[7] == pytest.approx(0.5, abs=0.05)
    assert found[0].box.high[2] > 0.95
    assert found[0].worth.density > 0.85
    assert found[0].worth.coverage > 0.7
    assert max(found[0].quasi_p.values()) < 1e-6
    assert min(found[0].returns.values()) > 0.9
    assert len(found) == 1


def test_a_box_in_the_middle_has_both_limits() -> None:
    x, y = planted([box({4: (0.3, 0.6)})])
    found = boxes.find_boxes(x, y, np.random.default_rng(0))
    assert found[0].box.restricted == (4,)
    assert (found[0].box.low[4], found[0].box.high[4]) == pytest.approx((0.3, 0.6), abs=0.05)


def test_two_boxes_are_found_one_after_the_other() -> None:
    first, second = box({0: (0.7, 1.0)}), box({1: (0.0, 0.2)})
    x, y = planted([first, second])
    found = boxes.find_boxes(x, y, np.random.default_rng(0))
    assert [each.box.restricted for each in found] == [(0,), (1,)]
    assert found[0].box.low[0] == pytest.approx(0.7, abs=0.05)
    assert found[1].box.high[1] == pytest.approx(0.2, abs=0.05)


def test_where_there_is_nothing_to_find_nothing_is_found() -> None:
    """Of forty samples without any structure a few at most may give a box."""
    found = 0
    for seed in range(40):
        generator = np.random.default_rng(seed)
        x, y = generator.random((600, 30)), generator.random(600) < 0.3
        found += bool(boxes.find_boxes(x, y, generator))
    assert found <= 3


def test_worth_is_counted() -> None:
    x = np.array([[0.1], [0.2], [0.6], [0.7], [0.9]])
    sample = Sample(x, np.array([False, True, True, True, False]))
    worth = sample.worth(box({0: (0.5, 1.0)}, 1))
    assert (worth.coverage, worth.density, worth.mass, worth.inside) == (
        pytest.approx(2 / 3),
        pytest.approx(2 / 3),
        pytest.approx(3 / 5),
        3,
    )
    assert sample.gain(Box.whole(1)) == 0
    perfect = Sample(x, np.array([False, False, True, True, True]))
    assert perfect.gain(box({0: (0.5, 1.0)}, 1)) == pytest.approx(1)


def test_quasi_p_is_the_tail_of_a_binomial() -> None:
    """Bryant and Lempert (2010): 3 of 4 in the box, 5 of 10 with the restriction set free."""
    x = np.linspace(0.05, 0.95, 10)[:, None]
    y = np.array([0, 0, 1, 0, 1, 0, 1, 1, 0, 1], dtype=bool)
    found = boxes.quasi_p(Sample(x, y), box({0: (0.6, 1.0)}, 1))
    expected = sum(comb(4, k) * 0.5**4 for k in (3, 4))
    assert found == {0: pytest.approx(expected)}


def test_peeling_only_ever_cuts() -> None:
    x, y = planted([box({2: (0.6, 1.0)})])
    sample = Sample(x, y)
    trajectory = boxes.peel(sample, range(FACTORS))
    sizes = [sample.worth(each).inside for each in trajectory]
    assert sizes[0] == len(y)
    assert all(b < a for a, b in pairwise(sizes))
    assert sizes[-1] >= 0.95 * boxes.LEAST_MASS * len(y)
    for outer, inner in pairwise(trajectory):
        assert (inner.low >= outer.low).all()
        assert (inner.high <= outer.high).all()


def test_pasting_brings_back_what_was_cut_too_far() -> None:
    x, y = planted([box({2: (0.6, 1.0)})], inside=1.0, outside=0.0)
    grown = boxes.paste(Sample(x, y), box({2: (0.8, 1.0)}))
    assert grown.low[2] == pytest.approx(0.6, abs=0.02)
    assert grown.restricted == (2,)


# -- trees -----------------------------------------------------------------------------------


def test_a_tree_tells_the_planted_box() -> None:
    x, y = planted([box({2: (0.6, 1.0), 7: (0.0, 0.5)})])
    halves = boxes.halves(x, y, np.random.default_rng(0))
    tree = rule_tree.grow(*halves, seed=0)
    assert tree.right > 0.9
    assert tree.guess < 0.8
    best = tree.rules[0]
    assert {2, 7} <= set(best.box.restricted)
    assert best.box.low[2] == pytest.approx(0.6, abs=0.05)
    assert best.box.high[7] == pytest.approx(0.5, abs=0.05)
    assert best.density > 0.85
    # The ends leave out no point and share none.
    held = np.stack([rule.box.holds(x) for rule in tree.rules])
    assert (held.sum(axis=0) == 1).all()
    assert sum(rule.share for rule in tree.rules) == pytest.approx(1)


def test_a_tree_of_noise_is_no_better_than_guessing() -> None:
    generator = np.random.default_rng(1)
    x, y = generator.random((2000, FACTORS)), generator.random(2000) < 0.3
    tree = rule_tree.grow(*boxes.halves(x, y, generator), seed=0)
    assert tree.right <= tree.guess + 0.02


# -- conditions ------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def breach() -> Any:
    return read_scenario({**small_scenario(), "sampling": "latin_hypercube"})


@pytest.fixture(scope="module")
def calm(breach: Any) -> Any:
    return breach.model_copy(update={"interventions": (), "name": "Peace"})


def test_conditions_are_read(breach: Any) -> None:
    texts = ["kind_of_tie = hostile", "effect:trade<=-0.1@1433-02", "sparta_to_persia>1e-3"]
    classed, effect, plain = read_all(texts, breach, "--when", conditions=True)
    assert (classed.outcome, classed.sign, classed.value) == ("kind_of_tie", "=", 0)
    assert (effect.effect, effect.value, effect.month) == (True, -0.1, 13)
    assert (plain.effect, plain.month) == (False, None)
    after, before = np.array([1.0, 1.0]), np.array([1.05, 1.2])
    assert effect.ask(after, before).tolist() == [0, 1]
    assert plain.ask(np.array([0.0, 1.0])).tolist() == [0, 1]
    assert classed.ask(np.array([0, 1])).tolist() == [1, 0]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("trad>1", "--when:1:1: unknown outcome 'trad'; did you mean 'trade'?"),
        ("effect:trad>1", "--when:1:8: unknown outcome 'trad'"),
        ("trade", "--when:1:6: 'trade' says no condition"),
        ("trade>", "--when:1:6: cannot read 'trade>' from here on"),
        ("trade>much", "--when:1:7: 'much' is no number; compare 'trade' with one"),
        ("trade>nan", "--when:1:7: 'nan' is no number"),
        ("trade=1", "--when:1:6: 'trade' is a number and hardly ever equals another"),
        ("kind_of_tie=hostil", "--when:1:13: unknown relation class 'hostil'; did you mean 'host"),
        ("kind_of_tie>1", "--when:1:12: 'kind_of_tie' is a relation class, no number"),
        ("effect:kind_of_tie=hostile", "has no difference"),
        ("trade>1@1500-01", "--when:1:9: '1500-01' is no month of the scenario; use 1432-01 to"),
        ("lasting>1", "unknown outcome 'lasting'"),
        ("effect:trade>1", "an effect needs a baseline"),
    ],
)
def test_mistakes_are_located(breach: Any, text: str, said: str) -> None:
    """On the command line by option and column; in Python by argument."""
    with pytest.raises(InputError) as caught:
        discoveries.plan_discovery(breach, [text])
    assert said in str(caught.value)
    with pytest.raises(InputError, match=r"^when: "):
        al.discover(breach, text)


def test_all_mistakes_are_told_at_once(breach: Any) -> None:
    with pytest.raises(InputError) as caught:
        al.discover(breach, ["trad>1", "trade>much"])
    assert len(caught.value.problems) == 2


# -- the search ------------------------------------------------------------------------------


def test_what_happens_is_what_runs_say(breach: Any, calm: Any) -> None:
    """The points are those of the ensemble of the same seed."""
    found = al.discover(breach, ["effect:trade<0", "trade<0.3"], calm, runs=60, seed=4)
    after, before = (al.run(each, 60, 4, chance=False)["trade"][:, -1] for each in (breach, calm))
    expected = (after - before < 0) & (after < 0.3)
    assert (found.y == expected.to_numpy()).all()


@pytest.mark.parametrize(
    ("when", "finding"), [("trade>9", "never"), ("trade>-9", "always"), ("peace<0.5", "")]
)
def test_never_and_always_are_findings(breach: Any, when: str, finding: str) -> None:
    found = al.discover(breach, when, runs=40)
    assert found.finding in ({finding} if finding else {"never", "always", "rare", "common"})
    assert found.boxes == ()
    assert json.dumps(found.as_json(), allow_nan=False)


@pytest.fixture(scope="module")
def decided(breach: Any) -> Any:
    """Cases decided by the outcome's own base value alone, at the base date."""
    return al.discover(breach, "sparta_to_persia>-0.05@1432-01", runs=400, seed=1)


def test_the_number_that_decides_is_found(decided: Any) -> None:
    told = decided.as_json()
    assert told["finding"] == "conditions found"
    (condition,) = told["boxes"][0]["conditions"]
    assert condition["parameter"] == "world.dyads.sparta-persia.alignment"
    assert float(condition["above"]) == pytest.approx(-0.05, abs=0.01)
    assert condition["below"] is None
    assert condition["basis"] == "paper"  # the text its drivers have passages of
    assert told["boxes"][0]["density"] > 0.97
    assert told["tree"]["right"] > 0.97


@pytest.mark.parametrize("rows", [8, 16, 24, 101])
def test_a_number_of_a_table_is_cut_by_its_value_and_not_by_its_row(rows: int) -> None:
    """Rows are in no order that means anything; the other column of the table decides nothing."""
    data = {**small_scenario(), "sampling": "latin_hypercube"}
    rng = np.random.default_rng(5)
    alignment, fall = rng.permutation(np.linspace(-0.4, 0.4, rows)), rng.uniform(0.01, 0.2, rows)
    column = {"joint": {"of": "posterior", "values": alignment.tolist()}}
    data["world"]["dyads"]["sparta-persia"]["alignment"] = column
    column = {"joint": {"of": "posterior", "values": fall.tolist()}}
    data["world"]["behaviour"]["trust"] = {"fall": column}
    found = al.discover(read_scenario(data), "sparta_to_persia>-0.05@1432-01", runs=400, seed=1)
    told = found.as_json()
    (condition,) = told["boxes"][0]["conditions"]
    assert condition["parameter"] == "world.dyads.sparta-persia.alignment"
    first = min(each for each in alignment if each > -0.05)  # the cut is at a row, or in it
    assert float(condition["above"]) == pytest.approx(first, abs=0.8 / (rows - 1) + 0.01)
    assert condition["below"] is None
    assert told["boxes"][0]["density"] > 0.9
    assert told["boxes"][0]["coverage"] > 0.9
    numbers = [str(each) for each in found.dataset()["parameter"].to_numpy()]
    assert "world.behaviour.trust.fall" in numbers
    assert told["uncertain_numbers"] == len(numbers) == len({*numbers})


def test_pictures_of_one_and_of_two_numbers(decided: Any) -> None:
    data = decided.dataset()
    axes = plots.conditions(data)
    assert "alignment" in axes.get_xlabel()
    assert axes.get_ylabel() == "Points at which it comes about [%]"
    low = data["low"].to_numpy().copy()
    low[0, 0] = 0.5
    both = plots.conditions(data.assign(low=(("box", "parameter"), low)))
    assert len(both.patches) == 1
    assert both.get_ylabel() != axes.get_ylabel()
    with pytest.raises(InputError, match="no box was found"):
        plots.conditions(data.isel(box=slice(0, 0)))


def test_sentences() -> None:
    told = {"name": "Sea: level", "above": "0.2", "below": None, "probabilities": [0.25, 1.0]}
    assert discovery.sentence(told) == "Sea: level is at least 0.2 (highest 75% of its prior)"
    told |= {"below": "0.8", "probabilities": [0.25, 0.9]}
    assert discovery.sentence(told) == "Sea: level is between 0.2 and 0.8 (25% to 90% of its prior)"


# -- the command -----------------------------------------------------------------------------


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    scenario = {**small_scenario(), "baseline": "calm.yaml"}
    calm = {**small_scenario(), "name": "Peace", "interventions": [], "sources": {}}
    for name, data in (("breach", scenario), ("calm", calm)):
        (tmp_path / f"{name}.yaml").write_text(json.dumps(data), encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "120")
    return tmp_path


def call(*arguments: object) -> Any:
    words = ["discover", "breach.yaml", "--workers", 1, *arguments]
    return CliRunner().invoke(app, [str(each) for each in words])


def test_command_writes_and_prints(folder: Path) -> None:
    result = call("--when", "sparta_to_persia>-0.05@1432-01", "--runs", 400)
    assert result.exit_code == 0, result.stderr
    assert "Box 1: inside, it comes about at" in result.stdout
    assert "is at least -0.05" in result.stdout
    assert "As a tree, right at" in result.stdout
    told = json.loads((folder / "results" / "breach" / "discovery.json").read_text())
    assert told["boxes"][0]["conditions"]
    assert (folder / "results" / "breach" / "plots" / "conditions.png").exists()
    points = store.read(folder / "results" / "breach" / store.POINTS)
    assert float(points["happens"].mean()) == pytest.approx(told["share"])
    assert [float(each) for each in points["coverage"]] == [
        each["coverage"] for each in told["boxes"]
    ]
    assert points.attrs["when"] == "sparta_to_persia>-0.05@1432-01"


def test_command_with_effect_and_json(folder: Path) -> None:
    result = call("--when", "effect:trade<5", "--runs", 8, "--json")
    assert result.exit_code == 0, result.stderr
    assert result.stderr == ""
    told = json.loads(result.stdout)
    assert (told["finding"], told["baseline"], told["boxes"]) == ("always", "Peace", [])


def test_command_says_never(folder: Path) -> None:
    result = call("--when", "trade>7", "--runs", 8)
    assert result.exit_code == 0, result.stderr
    assert "It never comes about" in result.stdout


def test_without_scikit_learn_boxes_stay(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rule_tree, "available", lambda: False)
    result = call("--when", "sparta_to_persia>-0.05@1432-01", "--runs", 200)
    assert result.exit_code == 0, result.stderr
    assert "Box 1" in result.stdout
    assert discoveries.INSTALL in result.stdout


def test_command_tells_mistakes(folder: Path) -> None:
    result = call("--when", "trad>1")
    assert result.exit_code == 2
    assert "--when:1:1: unknown outcome 'trad'; did you mean 'trade'?" in result.stderr
    assert not (folder / "results").exists()


def test_the_library_names_its_argument() -> None:
    with pytest.raises(al.InputError) as caught:
        al.discover("us_exits_jcpoa", "foo>1", runs=2)
    assert str(caught.value).startswith("when: ")
    assert "--" not in str(caught.value)
