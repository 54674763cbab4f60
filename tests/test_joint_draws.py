"""Posteriors: numbers that are drawn together, from a table that a world builds on."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from worlds import small_scenario

import alliance_sim as al
from alliance_sim.load import check_file, load_scenario, read_scenario
from alliance_sim.simulate.designs import Experiment
from alliance_sim.spec.numbers import Joint

RISE = (0.01, 0.02, 0.03, 0.04)
FALL = (0.5, 0.6, 0.7, 0.8)
PATHS = ("world.behaviour.trust.rise", "world.behaviour.trust.fall")
POSTERIOR = """
behaviour:
  trust:
    rise: {joint: {of: history, values: [0.01, 0.02, 0.03, 0.04]}}
    fall: {joint: {of: history, values: [0.5, 0.6, 0.7, 0.8]}}
"""


def joint(values: Any, of: str = "history") -> dict[str, Any]:
    return {"joint": {"of": of, "values": list(values)}}


def with_posterior(fall: Any = FALL, of: str = "history") -> dict[str, Any]:
    data = small_scenario()
    data["world"]["behaviour"]["trust"] = {"rise": joint(RISE), "fall": joint(fall, of)}
    return data


def test_columns_are_read_in_the_same_row_of_every_run() -> None:
    found = al.run(read_scenario(with_posterior()), 512, seed=0, workers=1)
    rise, fall = (found["parameters"].sel(parameter=path).to_numpy() for path in PATHS)
    rows = [RISE.index(round(float(each), 6)) for each in rise]
    np.testing.assert_allclose(fall, np.array(FALL)[rows], rtol=1e-6)
    counts = np.bincount(rows, minlength=4)
    assert counts.sum() == 512
    assert counts.min() > 100  # all rows are equally likely


def test_tables_of_different_names_are_drawn_apart() -> None:
    found = al.run(read_scenario(with_posterior(of="other")), 512, seed=0, workers=1)
    rise, fall = (found["parameters"].sel(parameter=path).to_numpy() for path in PATHS)
    assert len({*zip(rise.tolist(), fall.tolist(), strict=True)}) == 16


def test_a_table_is_one_factor() -> None:
    keys = [
        each.key for each in Experiment(read_scenario(with_posterior()), None, ("trade",)).factors
    ]
    assert keys.count("world.joint.history") == 1
    assert not {*PATHS} & {*keys}


def test_the_median_is_that_of_the_values_not_of_the_rows() -> None:
    assert Joint(joint={"of": "a", "values": (9.0, 1.0, 2.0)}).median == 2.0


def test_columns_of_one_table_are_equally_long() -> None:
    with pytest.raises(al.InputError, match=r"fall.*3 draws of 'history', which has 4 elsewhere"):
        read_scenario(with_posterior(fall=FALL[:3]))


def test_columns_in_lists_are_as_long_too() -> None:
    data = with_posterior()
    data["world"]["arenas"]["corcyra"]["inputs"][1]["weight"] = joint([0.1, 0.2])
    with pytest.raises(al.InputError, match=r"fall.*4 draws of 'history', which has 2 elsewhere"):
        read_scenario(data)


def test_draws_lie_where_the_number_may() -> None:
    with pytest.raises(al.InputError, match=r"can reach \[0.5, 1.5\]"):
        read_scenario(with_posterior(fall=(0.5, 0.6, 0.7, 1.5)))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    import json

    data = small_scenario()
    (tmp_path / "prior.yaml").write_text(json.dumps(data.pop("world")))
    (tmp_path / "posterior.yaml").write_text(POSTERIOR)
    (tmp_path / "world.yaml").write_text("extends: [prior.yaml, posterior.yaml]\n")
    (tmp_path / "scenario.yaml").write_text(json.dumps(data | {"world": "world.yaml"}))
    return tmp_path


def test_a_world_builds_on_a_prior_and_a_posterior(folder: Path) -> None:
    assert check_file(folder / "world.yaml") == []
    trust = load_scenario(folder / "scenario.yaml").world.behaviour.trust
    assert trust.rise == Joint(joint={"of": "history", "values": RISE})
    (folder / "world.yaml").write_text("extends: [posterior.yaml, prior.yaml]\n")
    assert load_scenario(folder / "scenario.yaml").world.behaviour.trust.fall == 0.05


def test_what_is_set_outranks_the_posterior(folder: Path) -> None:
    scenario = load_scenario(folder / "scenario.yaml", ["world.behaviour.trust.rise=0.005"])
    assert scenario.world.behaviour.trust.rise == 0.005


@pytest.mark.parametrize(
    ("extends", "said"),
    [
        ("[prior.yaml, world.yaml]", "extend each other in a circle"),
        ("[prior.yaml, nowhere.yaml]", "there is no world 'nowhere.yaml'"),
        ("[]", "expected the name or path of a world, found a list"),
        ("[prior.yaml, [posterior.yaml]]", "1:23: expected the name or path of a world"),
    ],
)
def test_several_parents_that_cannot_be_used(folder: Path, extends: str, said: str) -> None:
    (folder / "world.yaml").write_text(f"extends: {extends}\n")
    assert any(said in str(each) for each in check_file(folder / "world.yaml"))
