"""The properties that any version of the model must have, on drawn worlds.

Numbers as in docs/model.md. Property 8 (two blocs) is in test_closed_forms.py, the ablation
of property 9 in test_shipped_scenarios.py.
"""

from __future__ import annotations

import copy
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, assume, given, settings
from hypothesis import strategies as st
from strategies import scenario, scenario_data, signed, unit

from alliance_sim import rng
from alliance_sim.engines.agents import AllianceModel
from alliance_sim.engines.ensemble import run_ensemble
from alliance_sim.results import Record
from alliance_sim.spec import Scenario

FIELDS = ("outcomes", "alignment", "classes", "first", "last", "parameters")
WIDE = {
    "deadline": None,
    "suppress_health_check": [HealthCheck.too_slow, HealthCheck.data_too_large],
    # Shrinking a whole world takes minutes; a drawn world that fails is readable as it is.
    "phases": [Phase.explicit, Phase.reuse, Phase.generate],
}


def same(a: Record, b: Record, runs: int | None = None) -> bool:
    """Whether two records hold the same numbers, bit for bit, in their first runs."""
    return all(
        np.array_equal(getattr(a, name)[..., :runs], getattr(b, name)[..., :runs])
        for name in FIELDS
    )


# -- 1: adding changes nothing -------------------------------------------------------------


@given(scenario_data(), st.integers(1, 9), st.integers(0, 9))
@settings(max_examples=25, **WIDE)
def test_more_runs_change_no_run(data: dict[str, Any], few: int, more: int) -> None:
    checked = scenario(data)
    assert same(run_ensemble(checked, few + more, 3), run_ensemble(checked, few, 3), few)


def test_more_blocks_change_no_run() -> None:
    checked = scenario(_example())
    many = run_ensemble(checked, rng.BLOCK + 5, 3)
    assert same(many, run_ensemble(checked, 7, 3), 7)
    assert not np.array_equal(many.last[..., 0], many.last[..., rng.BLOCK])


@given(scenario_data(), st.integers(1, 30))
@settings(max_examples=20, **WIDE)
def test_more_months_change_no_month(data: dict[str, Any], more: int) -> None:
    longer = copy.deepcopy(data)
    longer["horizon"]["months"] += more
    short, long = run_ensemble(scenario(data), 5, 3), run_ensemble(scenario(longer), 5, 3)
    months = data["horizon"]["months"] + 1
    assert np.array_equal(short.outcomes, long.outcomes[:, :months])
    assert np.array_equal(short.alignment, long.alignment[:, :months])
    assert np.array_equal(short.classes, long.classes[:, :months])


@given(scenario_data(), st.sampled_from(["aaa", "lesbos", "zzz"]), unit)
@settings(max_examples=25, **WIDE)
def test_actor_without_ties_changes_nothing(
    data: dict[str, Any], name: str, capability: float
) -> None:
    larger = copy.deepcopy(data)
    larger["world"]["actors"][name] = {"name": name, "capability": capability}
    small, large = run_ensemble(scenario(data), 5, 3), run_ensemble(scenario(larger), 5, 3)
    assert np.array_equal(small.outcomes, large.outcomes)
    assert np.array_equal(small.alignment, large.alignment)
    assert np.array_equal(small.classes, large.classes)


@given(scenario_data(), st.data())
@settings(max_examples=25, **WIDE)
def test_driver_of_zero_weight_changes_nothing(data: dict[str, Any], choice: st.DataObject) -> None:
    from strategies import driver

    world = data["world"]
    idle = choice.draw(
        driver(*(sorted(world[each]) for each in ("actors", "arenas", "domains", "choices")))
    )
    more = copy.deepcopy(data)
    more["world"]["drivers"]["another"] = idle | {"weight": 0.0}
    assert same(run_ensemble(scenario(data), 5, 3), run_ensemble(scenario(more), 5, 3))


@pytest.mark.slow
def test_workers_change_nothing() -> None:
    checked = scenario(_example())
    runs = 2 * rng.BLOCK + 3
    assert same(run_ensemble(checked, runs, 3), run_ensemble(checked, runs, 3, workers=2))


# -- 2: names and order ----------------------------------------------------------------------


@given(scenario_data(), st.randoms(use_true_random=False))
@settings(max_examples=25, **WIDE)
def test_order_of_the_file_changes_nothing(data: dict[str, Any], random: Any) -> None:
    assert same(
        run_ensemble(scenario(data), 5, 3), run_ensemble(scenario(_shuffled(data, random)), 5, 3)
    )


@given(scenario_data(), st.randoms(use_true_random=False))
@settings(max_examples=25, **WIDE)
def test_relabelling_permutes_and_changes_nothing(data: dict[str, Any], random: Any) -> None:
    """New ids that keep the identity of draws give the same trajectories."""
    old = sorted(data["world"]["actors"])
    fresh = [f"state_{number}" for number in range(len(old))]
    random.shuffle(fresh)
    names = dict(zip(old, fresh, strict=True))
    renamed = _renamed(data, names)
    for name, actor in data["world"]["actors"].items():
        renamed["world"]["actors"][names[name]] = copy.deepcopy(actor) | {"keyed_as": name}
        if "government" in actor:
            government = _renamed(actor["government"], names)
            renamed["world"]["actors"][names[name]]["government"] = government
    a, b = run_ensemble(scenario(data), 5, 3), run_ensemble(scenario(renamed), 5, 3)
    for name in ("outcomes", "alignment", "classes", "first", "last"):
        assert np.array_equal(getattr(a, name), getattr(b, name)), name


# -- 3: an intervention that changes nothing -------------------------------------------------


@given(scenario_data(interventions=False), st.data())
@settings(max_examples=25, **WIDE)
def test_empty_intervention_is_the_baseline(data: dict[str, Any], choice: st.DataObject) -> None:
    world = data["world"]
    actor = sorted(world["actors"])[0]
    options: list[dict[str, Any]] = []
    if isinstance(world["actors"][actor]["capability"], float):
        level = world["actors"][actor]["capability"]
        options.append({"capability": {"of": actor, "level": level, "over_months": 4}})
    options += [{"arena": {"id": arena, "change": 0.0}} for arena in world["arenas"]]
    options += [{"presence": {"of": actor, "in": arena, "level": 0.0}} for arena in world["arenas"]]
    options += [
        # Who is bound joins nothing, and who is not bound yet breaks nothing.
        {
            "agreement": {
                "id": name,
                "party": given["parties"][0],
                "does": "join" if given["in_force"] else "leave",
            }
        }
        for name, given in world["agreements"].items()
    ]
    for key, relation in world["dyads"].items():
        a, b = key.split("-")
        if not relation["coercion"]:
            options.append({"coercion": {"by": b, "on": a, "level": 0.0, "over_months": 2}})
    assume(options)
    changed = copy.deepcopy(data)
    action = choice.draw(st.sampled_from(options))
    changed["interventions"] = [{"id": "nothing", "at": "2000-03"} | action]
    assert same(run_ensemble(scenario(data), 5, 3), run_ensemble(scenario(changed), 5, 3))


@pytest.mark.parametrize("sampling", ["monte_carlo", "latin_hypercube", "sobol"])
def test_scenario_and_baseline_share_every_draw(sampling: str) -> None:
    """What a scenario adds, uncertain numbers included, moves no draw of its baseline."""
    data = _example() | {"sampling": sampling}
    assert data["interventions"]
    alone = data | {"interventions": []}
    records = [run_ensemble(scenario(each), 20, 3) for each in (data, alone)]
    paths = [_paths(scenario(each)) for each in (data, alone)]
    assert len(paths[0]) > len(paths[1]) > 0
    rows = [paths[0].index(path) for path in paths[1]]
    assert np.array_equal(records[0].parameters[rows], records[1].parameters)
    assert np.array_equal(records[0].first, records[1].first)


def _paths(checked: Scenario) -> list[str]:
    from alliance_sim.compile import compile_scenario

    return [leaf.path for leaf in compile_scenario(checked).leaves]


# -- 4: two engines, one trajectory -------------------------------------------------------------


@given(scenario_data(), st.integers(0, rng.BLOCK + 40), st.integers(0, 5))
@settings(max_examples=20, **WIDE)
def test_mesa_model_is_the_run_of_the_ensemble(data: dict[str, Any], run: int, seed: int) -> None:
    checked = scenario(data)
    ensemble = run_ensemble(checked, run + 1, seed)
    model = AllianceModel(checked, seed=seed, run=run)
    while model.running:
        model.step()
    for name in ("outcomes", "alignment", "classes", "first", "last"):
        assert np.array_equal(
            getattr(model.record, name)[..., 0], getattr(ensemble, name)[..., run]
        )


# -- 5: range --------------------------------------------------------------------------------------


UNIT = ("trust", "coercion", "commitment", "cooperation", "arena", "isolation")


@pytest.mark.parametrize("chance", [True, False], ids=["shaken", "expected path"])
@given(scenario_data())
@settings(max_examples=50, **WIDE)
def test_states_stay_in_range(chance: bool, data: dict[str, Any]) -> None:
    from alliance_sim.compile import compile_scenario
    from alliance_sim.engines import noise
    from alliance_sim.engines.blocks import Lanes, prepare
    from alliance_sim.step import advance

    program = compile_scenario(scenario(data))
    where = Lanes(1, 0, slice(0, 9), "monte_carlo")
    block = prepare(program, where)
    shaken = noise.monthly(program, where)
    for month, shock in enumerate(shaken if chance else [None] * program.months):
        advance(block, month, shock)
        state = block.situation.state
        assert np.all(np.abs(state.alignment) < 1)
        for name in (*UNIT, "choice", "wronged"):
            array = getattr(state, name)
            assert np.all((array >= 0) & (array <= 1)), name
        assert np.all(np.isfinite(state.threat))
        assert np.all(state.threat >= 0)
        assert np.all(np.isfinite(state.anchor))
        assert np.all(np.abs(state.pressure) <= 1)


@given(scenario_data())
@settings(max_examples=25, **WIDE)
def test_measures_over_months_are_those_of_the_recorded_series(data: dict[str, Any]) -> None:
    record = run_ensemble(scenario(data), 9, 3)
    names = data["outcomes"]
    liking, reading, fell, spread = (
        record.outcomes[names.index(name)].astype(np.float64)
        for name in ("liking", "reading", "fell", "spread")
    )
    lowest = np.minimum.accumulate(liking, axis=0)
    clear = np.abs(liking[0] - lowest - 0.02) > 1e-6  # not at the edge, where rounding decides
    assert np.array_equal(fell[clear], (liking[0] - lowest >= 0.02)[clear])
    assert set(np.unique(fell)) <= {0, 1}
    assert np.all(np.diff(fell, axis=0) >= 0)
    for month in range(len(reading)):
        wanted = reading[: month + 1].var(axis=0)
        scale = max(1.0, float(np.abs(reading - reading[0]).max()) ** 2)
        assert np.allclose(spread[month], wanted, rtol=1e-4, atol=1e-6 * scale)


# -- 7: monotone in a driver ---------------------------------------------------------------------


@given(st.floats(0, 5), st.floats(0, 5), unit, unit, st.integers(0, 99))
@settings(max_examples=25, **WIDE)
def test_a_stronger_driver_never_lowers_a_choice_or_what_it_raises(
    less: float, more: float, share: float, rise: float, seed: int
) -> None:
    """A choice that a rising signal favours, and exchange that it draws on."""
    low, high = sorted((less, more))
    share = min(max(share, 0.01), 0.99)
    records = [run_ensemble(_voting(w, share, rise), 40, seed) for w in (low, high)]
    assert np.all(records[1].outcomes >= records[0].outcomes)


def test_a_driver_does_raise_a_choice_and_what_that_raises() -> None:
    records = [run_ensemble(_voting(w, 0.5, 0.5), 40, 1) for w in (0.0, 4.0)]
    rise = records[1].outcomes.mean(axis=2) - records[0].outcomes.mean(axis=2)
    assert (rise[:, -1] > 0.02).all()


@given(st.floats(0, 5), st.floats(0, 5), signed, unit, st.integers(0, 99))
@settings(max_examples=40, **WIDE)
def test_stronger_convergence_never_lowers_alignment(
    less: float, more: float, alignment: float, rise: float, seed: int
) -> None:
    """With feedback off (no mechanisms, no persistence) and a signal that only rises."""
    low, high = sorted((less, more))
    records = [run_ensemble(_driven(w, alignment, rise), 40, seed) for w in (low, high)]
    assert np.all(records[1].outcomes >= records[0].outcomes)


def test_a_driver_does_raise_alignment() -> None:
    """The property above would hold of a driver that does nothing."""
    records = [run_ensemble(_driven(w, 0.0, 0.5), 40, 1) for w in (0.0, 2.0)]
    assert np.mean(records[1].outcomes[0, -1]) > np.mean(records[0].outcomes[0, -1]) + 0.05


# -- worlds by hand ------------------------------------------------------------------------------


def _driven(driver_weight: float, alignment: float, rise: float) -> Scenario:
    world = {
        "name": "Two",
        "date": "2000-01",
        "actors": {"a": {"name": "A", "capability": 0.1}, "b": {"name": "B", "capability": 0.1}},
        "arenas": {"war": {"name": "War", "level": 0.2, "noise": 0.0}},
        "dyads": {"a-b": {"alignment": alignment}},
        "drivers": {
            "enemy": {
                "name": "Common enemy",
                "direction": "convergence",
                "dyads": ["a-b"],
                "signal": {"arena": "war"},
                "weight": driver_weight,
                "source": "judgement",
            }
        },
        "outcomes": {"liking": {"name": "Liking", "measure": {"alignment": "a->b"}}},
        "behaviour": {"postures": {"persistence": 0.0}},
    }
    return scenario(
        {
            "name": "War",
            "world": world,
            "horizon": {"start": "2000-01", "months": 24},
            "interventions": [
                {"id": "war", "at": "2000-03", "arena": {"id": "war", "change": rise}}
            ],
            "outcomes": ["liking"],
        }
    )


def _voting(weight: float, share: float, rise: float) -> Scenario:
    """A driver on a choice, and one of the choice on exchange whose gap is closed every month.

    Where pairs revise in some months only, a wider gap can be closed earlier and to less.
    """
    data = _driven(weight, 0.0, rise).model_dump(mode="json", by_alias=True, exclude_unset=True)
    world = data["world"]
    world["choices"] = {
        "vote": {
            "name": "Vote",
            "by": "a",
            "options": ["no", "yes"],
            "shares": [1 - share, share],
        }
    }
    world["domains"] = {"trade": {"name": "Trade", "elasticity": 0.0}}
    world["dyads"]["a-b"]["cooperation"] = {"trade": 0.4}
    world["behaviour"]["revision"] = {"chance": 1 - 1e-12}
    world["drivers"]["enemy"] |= {"dyads": [], "channel": {"choice": "vote"}}
    world["drivers"]["aid"] = world["drivers"]["enemy"] | {
        "dyads": ["a-b"],
        "signal": {"choice": "vote"},
        "weight": 0.5,
        "channel": {"desire": "trade"},
    }
    world["outcomes"] = {
        "vote": {"name": "Vote", "measure": {"choice": "vote"}},
        "trade": {"name": "Trade", "measure": {"cooperation": {"dyad": "a-b"}}},
    }
    return scenario(data | {"outcomes": ["vote", "trade"]})


def _example() -> dict[str, Any]:
    from worlds import small_scenario

    return small_scenario()


def _shuffled(value: Any, random: Any) -> Any:
    """The same document with the keys of every mapping in another order."""
    if isinstance(value, dict):
        keys = list(value)
        if "uniform" not in value:
            random.shuffle(keys)
        return {key: _shuffled(value[key], random) for key in keys}
    if isinstance(value, list):
        return [_shuffled(each, random) for each in value]
    return value


def _renamed(value: Any, names: dict[str, str]) -> Any:
    """The same document with actors' ids replaced, alone and in dyads."""
    if isinstance(value, dict):
        return {_renamed(k, names): _renamed(v, names) for k, v in value.items()}
    if isinstance(value, list):
        return [_renamed(each, names) for each in value]
    if isinstance(value, str):
        for mark in ("->", "-"):
            if mark in value and not value[0].isdigit():
                return mark.join(names.get(part, part) for part in value.split(mark))
        return names.get(value, value)
    return value
