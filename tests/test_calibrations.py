"""Calibration of a world on panels that were made with known numbers, and on the files of users."""

from __future__ import annotations

import json
from dataclasses import fields, replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pandas as pd
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from ruamel.yaml import YAML
from typer.testing import CliRunner

import alliance_sim as al
from alliance_sim.calibration import Effort
from alliance_sim.cli import app
from alliance_sim.cli.calibrating import _notes, posterior_text
from alliance_sim.load import load_scenario, read_scenario
from alliance_sim.observations.filtering import filtered
from alliance_sim.observations.model import Linear
from alliance_sim.observations.summaries import SPREADS, summaries
from alliance_sim.observations.tables import Observations
from alliance_sim.observations.together import Together, members_of, shared_part
from alliance_sim.simulate.calibrated import BINS, Calibration
from alliance_sim.simulate.calibrations import Study, plan
from alliance_sim.spec.provenance import provenance_of

ACTORS = 9
FIRST, LAST = 1950, 1961
ERROR = 0.05
QUICK = Effort(particles=200, most=2000)


def world() -> dict[str, Any]:
    """States with alignments in a pattern; treaties and pressure come and go."""
    names = [f"state_{place}" for place in range(ACTORS)]
    rng = np.random.default_rng(3)
    pairs = [(a, b) for place, a in enumerate(names) for b in names[place + 1 :]]
    return {
        "name": "Made up",
        "date": f"{FIRST}-01",
        "actors": {
            name: {"name": name, "iso3": f"AA{chr(65 + place)}", "capability": 0.11}
            for place, name in enumerate(names)
        },
        "agreements": {
            f"pact_{a[-1]}{b[-1]}": {
                "name": "pact",
                "parties": [a, b],
                "depth": 0.8,
                "in_force": False,
            }
            for a, b in pairs[::3]
        },
        "dyads": {
            f"{a}-{b}": {"alignment": round(float(value), 3), "commitment": 0.1, "proximity": 1.0}
            for (a, b), value in zip(pairs, rng.uniform(-0.5, 0.5, len(pairs)), strict=True)
        },
        "mechanisms": {
            "commitment": {"weight": {"uniform": [0.0, 3.0]}},
            "direct_threat": {"weight": {"uniform": [0.0, 1.5]}},
        },
        "outcomes": {"o": {"name": "o", "measure": {"alignment": "state_0->state_1"}}},
    }


def history(folder: Path) -> Path:
    """A scenario file: pacts that all parties join, and states that press others."""
    made = world()
    pairs = [each.split("-") for each in made["dyads"]]
    joins = [
        (name, party) for name, pact in made["agreements"].items() for party in pact["parties"]
    ]
    events: list[dict[str, Any]] = [
        {
            "id": f"{name}_{party}",
            "at": f"{FIRST + 2}-01",
            "agreement": {"id": name, "party": party, "does": "join"},
        }
        for name, party in joins
    ]
    events += [
        {
            "id": f"press_{a}_{b}",
            "at": f"{FIRST + 3}-01",
            "coercion": {"by": a, "on": b, "level": 0.8},
        }
        for a, b in pairs[1::4]
    ]
    told = {
        "name": "History",
        "question": "Which weights?",
        "world": made,
        "horizon": {"start": f"{FIRST}-01", "months": 12 * (LAST - FIRST + 1)},
        "outcomes": ["o"],
        "interventions": events,
    }
    path = folder / "history.yaml"
    path.write_text(json.dumps(told))
    return path


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return history(tmp_path_factory.mktemp("calibration"))


def blank(file: Path) -> Study:
    """A study of a panel in which everything was observed, as 0."""
    scenario = load_scenario(file)
    pairs = ["-".join(sorted(each.split("-"))) for each in scenario.world.dyads]
    return plan(seen(pairs, np.zeros((len(pairs), LAST - FIRST + 1))), LAST, scenario)


def seen(pairs: list[str], values: np.ndarray) -> Observations:
    years = range(FIRST, FIRST + values.shape[1])
    rows = [
        (pair, year, values[place, at], ERROR, "calendar_year")
        for place, pair in enumerate(pairs)
        for at, year in enumerate(years)
    ]
    columns = ["dyad", "year", "value", "error", "source"]
    return Observations({"votes": pd.DataFrame(rows, columns=columns)})


def made_with(study: Study, share: float) -> np.ndarray:
    """A panel (dyad, year) of which every number stands at this probability of its prior."""
    point = np.full((1, len(study.paths)), share)
    return study.panels(point, np.array([7]), 1)[..., 0]


@pytest.fixture(scope="module")
def found(file: Path) -> Calibration:
    study = blank(file)
    panel = seen(list(study.panel.dyads), made_with(study, 0.8))
    return plan(panel, LAST, load_scenario(file)).run(QUICK, 600, 1)


TELLING = (
    "world.mechanisms.commitment.weight",
    "observation.votes.level",
    "observation.votes.slope",
    "observation.votes.drift",
    "observation.votes.between",
)
"""Of these a panel of a dozen years says much; of the others little."""


def test_numbers_of_a_made_up_history_are_found_again(found: Calibration) -> None:
    """What the summaries can tell, the posterior holds, and more narrowly than the prior."""
    again = dict(zip(found.study.paths, found.recovery, strict=True))
    columns = dict(zip(found.study.paths, found.points.T, strict=True))
    for path, column in columns.items():
        low, high = np.quantile(column, [0.01, 0.99])
        assert low < 0.8 < high, path
    for path in TELLING:
        assert again[path] > 0.7, path
        assert columns[path].std() < 0.65 * np.sqrt(1 / 12), path  # that of the prior


def test_ranks_are_uniform(found: Calibration) -> None:
    """Simulation-based calibration: every number's ranks within the 99.99% band.

    80 bins are looked at: in one of a hundred calibrations as good as can be, one of them is out.
    """
    low, high = found.ranks.band(BINS, 0.9999)
    counts = found.ranks.counts(BINS)
    assert counts.min() >= low
    assert counts.max() <= high
    assert found.ranks.p_values(BINS).min() > 0.001


def test_a_posterior_simulates_what_it_was_fitted_to(found: Calibration) -> None:
    assert found.looks.below.min() > 0.005
    assert found.looks.below.max() < 0.995


SHORT = Effort(particles=50, first=2, most=150)


def test_the_seed_is_the_result(file: Path) -> None:
    one, again, other = (
        replace(study, experiment=replace(study.experiment, seed=seed)).run(SHORT, 100, workers)
        for study, seed, workers in ((blank(file), 0, 1), (blank(file), 0, 2), (blank(file), 1, 1))
    )
    np.testing.assert_array_equal(one.points, again.points)
    assert (one.points != other.points).any()


def test_nothing_later_counts(file: Path) -> None:
    """All that was observed after the last year is something else, and the posterior the same."""
    study = blank(file)
    values = made_with(study, 0.5)
    later, earlier = values.copy(), values.copy()
    later[:, 6:] = np.random.default_rng(0).uniform(-1, 1, later[:, 6:].shape)
    earlier[:, 5:] = later[:, 5:] + 0.1
    pairs = list(study.panel.dyads)
    plans = [
        plan(seen(pairs, each), FIRST + 5, load_scenario(file)) for each in (values, later, earlier)
    ]
    assert plans[0].experiment.scenario.horizon.months == 72
    one, same, other = (each.run(SHORT, 100, 1) for each in plans)
    np.testing.assert_array_equal(one.points, same.points)
    np.testing.assert_array_equal(one.looks.below, same.looks.below)
    assert (one.points != other.points).any()


STEP = 1e-5


def slopes(values: np.ndarray, parts: tuple[Any, ...], numbers: Linear) -> np.ndarray:
    """Of the Kalman filter's likelihood, by differences: level, slope, move, then the spreads."""
    latent, move, errors = parts

    def likelihood(level: float, slope: float, along: float, *squares: float) -> float:
        path = (latent + along * move)[..., None]
        spread = {
            name: float(np.sqrt(getattr(numbers, name) ** 2 + square))
            for name, square in zip(SPREADS, squares, strict=True)
        }
        at = replace(numbers, level=numbers.level + level, slope=numbers.slope + slope, **spread)
        return float(filtered(path, values, errors, at).log_likelihood[0])

    return np.array(
        [
            (likelihood(*(STEP * row)) - likelihood(*(-STEP * row))) / (2 * STEP)
            for row in np.eye(3 + len(SPREADS))
        ]
    )


def test_scores_are_slopes_of_the_likelihood() -> None:
    """Two panels with the same years missing: what a score is multiplied by does not change."""
    rng = np.random.default_rng(5)
    numbers = Linear(level=0.1, slope=0.7, noise=0.03, drift=0.05, between=0.2, sampling=0.5)
    latent, move = rng.normal(0, 0.3, (2, 6, 9))
    errors = rng.uniform(0.02, 0.1, (6, 9))
    gone = rng.random((6, 9)) < 0.3
    panels = [np.where(gone, np.nan, rng.normal(0, 0.3, (6, 9))) for _ in range(2)]
    made = summaries(panels[0], errors, latent, move[None], numbers)
    one, other = (made.of(each[..., None])[0] for each in panels)
    steep, flat = (slopes(each, (latent, move, errors), numbers) for each in panels)
    np.testing.assert_allclose(steep[:3] / one[:3], flat[:3] / other[:3], rtol=1e-4)
    assert (steep[:3] / one[:3] > 0).all()
    # Of spreads, the score is half of (square form less its expectation).
    ones, others = np.exp(one[3:7]) - 1, np.exp(other[3:7]) - 1
    np.testing.assert_allclose(steep[3:] / ones, flat[3:] / others, rtol=1e-3)
    assert (steep[3:] / ones > 0).all()


def test_the_picture_shows_prior_and_posterior(found: Calibration) -> None:
    data = found.dataset()
    ax = al.plots.posterior(data)
    names = [label.get_text() for label in ax.get_yticklabels()]
    assert "direct threat" in names
    assert "votes level" not in names  # it can be negative, and is left to the table
    middle = float(data["posterior"].sel(number="observation.votes.slope").median())
    prior = float(data["prior"].sel(number="observation.votes.slope", quantile=0.5))
    points = {line.get_label(): line for line in ax.get_lines()}
    drawn = np.asarray(points["posterior"].get_xdata())[names.index("votes slope")]
    assert drawn == pytest.approx(middle / prior)


# -- on the command line -------------------------------------------------------------------------


@pytest.fixture
def observed(file: Path, tmp_path: Path) -> Path:
    study = blank(file)
    actors = {name: each.iso3 for name, each in load_scenario(file).world.actors.items()}
    values = made_with(study, 0.5)
    rows = [
        (*(actors[each] for each in pair.split("-")), FIRST + at, round(float(value), 4), 70)
        for pair, row in zip(study.panel.dyads, values, strict=True)
        for at, value in enumerate(row)
    ]
    path = tmp_path / "votes.csv"
    pd.DataFrame(rows, columns=["iso_a", "iso_b", "year", "kappa_w", "n_votes"]).to_csv(
        path, index=False
    )
    return path


def call(*arguments: object) -> Any:
    return CliRunner().invoke(app, [*map(str, arguments)])


def test_a_world_builds_on_what_the_command_wrote(
    file: Path, observed: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    size = ("--particles", 50, "--most", 200, "--pilot", 200, "--workers", 1)
    asked = ("--observations", observed, "--until", LAST, "--scenario", file, "--out", out)
    ended = call("calibrate", *asked, *size, "--json", "--no-plots")
    assert ended.exit_code == 0, ended.output
    told = json.loads(ended.stdout)
    assert (told["first"], told["until"]) == (FIRST, LAST)
    (tmp_path / "own.yaml").write_text(json.dumps(world()))
    (tmp_path / "fitted.yaml").write_text("extends: [own.yaml, out/posterior.yaml]\n")
    data = json.loads(file.read_text()) | {"world": "fitted.yaml"}
    (tmp_path / "scenario.yaml").write_text(json.dumps(data))
    runs = al.run(tmp_path / "scenario.yaml", 512, seed=0, workers=1)
    path = "world.mechanisms.commitment.weight"
    drawn = runs["parameters"].sel(parameter=path).to_numpy()
    low, middle, high = told["numbers"][path]["posterior"]
    np.testing.assert_allclose(np.quantile(drawn, 0.5), middle, atol=0.15 * (high - low))
    about = provenance_of(load_scenario(tmp_path / "scenario.yaml"), path)
    assert about.basis == "mixed"  # its prior was judged


@given(
    size=st.integers(1, 5),
    values=st.lists(st.floats(0, 1e-3, allow_subnormal=False), min_size=7, max_size=7),
    words=st.lists(
        st.sampled_from(["a", "made-up", "-", ",", ": #'", '"', "\\", "é"]), max_size=60
    ),
)
@example(60, [1.2e-05, 1e-05, 3e-300, 0.0, 0.3, 1e16, 1.5e22], ["very-much-made-up"] * 40)
def test_what_is_written_reads_back_exactly(
    size: int, values: list[float], words: list[str]
) -> None:
    """Small numbers and hyphens too, wherever lines are broken."""
    source = " ".join(words)
    column = {"of": "votes_1950_1961", "values": (values * size)[: 7 * size - 3]}
    entry = {"weight": {"joint": column}, "source": source}
    told = {"references": {"votes_1950_1961": source}, "mechanisms": {"direct_threat": entry}}
    text = posterior_text(cast("Calibration", SimpleNamespace(fragment=lambda: told)), "it")
    assert YAML(typ="safe").load(text) == told
    assert max(map(len, text.splitlines())) <= 120


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((), "no observations were named"),
        (("--observations", "nowhere.csv"), "the file is missing"),
        (("--free", "world.nothing.*"), "no uncertain number of the world fits world.nothing.*"),
        (
            ("--free", "world.mechanisms.*", "--free", "world.nothing.*"),
            "no uncertain number of the world fits world.nothing.*",
        ),
        (("--particles", 100, "--most", 300), "300 runs are too few for 100 particles"),
        (("--measure", "arms"), "nothing of the measure 'arms' was observed"),
        (("--until", FIRST - 1), f"{FIRST - 1} comes before the history begins"),
    ],
)
def test_mistakes_are_told(
    file: Path, observed: Path, arguments: tuple[object, ...], said: str
) -> None:
    given = ("--until", LAST, "--scenario", file)
    if arguments and arguments[0] != "--observations":
        given = (*given, "--observations", observed)
    ended = call("calibrate", *given, *arguments)
    assert ended.exit_code == 2
    assert said in " ".join(ended.output.split())


def test_a_history_begins_in_a_january(file: Path) -> None:
    data = json.loads(file.read_text())
    data["horizon"]["start"] = f"{FIRST}-02"
    with pytest.raises(al.InputError, match="begins within a year"):
        plan(seen(["state_0-state_1"], np.zeros((1, 3))), LAST, read_scenario(data))


# -- dyads that share a state --------------------------------------------------------------------


def test_dyads_that_share_a_state_go_together() -> None:
    """Half of the share where one state is common, none where none is, and one's own variance."""
    dyads = ["a-b", "a-c", "c-d"]
    made = Together(members_of(dyads), 0.4, np.random.default_rng(0))((3, 200_000))
    found = np.cov(made)
    np.testing.assert_allclose(np.diag(found), 1, atol=0.02)
    assert found[0, 1] == pytest.approx(0.2, abs=0.01)
    assert found[0, 2] == pytest.approx(0.0, abs=0.01)


def test_the_share_of_states_is_found_again() -> None:
    dyads = [f"s{a:02}-s{b:02}" for a in range(16) for b in range(a)]
    draw = Together(members_of(dyads), 0.3, np.random.default_rng(1))
    numbers = Linear(level=0, slope=0, noise=0.05, drift=0.05, between=0.2)
    latent = np.zeros((len(dyads), 80, 1))
    panel = numbers.simulate(latent, np.random.default_rng(2), 0.0, draw)[..., 0]
    panel[:, ::7] = np.nan
    assert shared_part(panel, dyads) == pytest.approx(0.3, abs=0.06)
    alone = numbers.simulate(latent, np.random.default_rng(2))[..., 0]
    assert shared_part(alone, dyads) < 0.02


def test_what_lies_beyond_simulations_counts_as_the_outermost(found: Calibration) -> None:
    """An observation unlike any simulation would carry its guess, and all numbers, far away."""
    reader = found.reader
    far = replace(reader, seen=reader.seen + 50 * reader.aside.features.std(axis=0))
    guesses = reader.reduced(reader.aside.features)
    assert far.beyond.any()
    assert (far.observed >= guesses.min(axis=0) - 1e-9).all()
    assert (far.observed <= guesses.max(axis=0) + 1e-9).all()
    assert list(found.dataset()["beyond"].to_numpy()) == list(reader.beyond)


def test_runs_of_the_search_have_chance_of_their_own(file: Path) -> None:
    """What summaries were learned from is not met again: not in the search, not in the checks."""
    met: list[tuple[int, int]] = []

    class Watched(Study):
        def latents(self, points: Any, luck: Any, workers: Any, chance: bool = True) -> Any:
            if chance:
                met.append((int(luck[0]), int(luck[-1])))
            return super().latents(points, luck, workers, chance)

    study = blank(file)
    effort = Effort(particles=50, first=2, most=200)
    Watched(**{each.name: getattr(study, each.name) for each in fields(study)}).run(effort, 60, 1)
    assert met[0] == (0, 119)
    assert len(met) > 2
    assert min(first for first, _ in met[1:]) > 119


def test_one_year_of_two_pairs_leaves_looks_open(file: Path) -> None:
    pairs = list(blank(file).panel.dyads)[:2]
    study = plan(seen(pairs, np.array([[0.1], [0.4]])), LAST, load_scenario(file))
    assert study.panel.years == (FIRST,)
    few = Effort(particles=50, first=2, most=100)
    data = study.run(few, 200, 1).dataset()
    empty = np.isnan(data["look_observed"].to_numpy())
    assert "root mean square yearly change" not in set(data["look"].to_numpy()[~empty])
    assert np.isnan(data["predictive"].to_numpy()[empty]).all()
    told = " ".join(_notes(data))
    assert "ended with its first generation" in told
    assert not any(look in told for look in data["look"].to_numpy()[empty])
