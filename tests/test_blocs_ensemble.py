"""Shared blocs over runs: against brute force, and against the scenario's own months."""

from __future__ import annotations

import itertools
import json
import tracemalloc
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xarray as xr
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.font_manager import findfont, get_font
from typer.testing import CliRunner

import alliance_sim as al
from alliance_sim import plots
from alliance_sim.analysis.landscape import landscape
from alliance_sim.analysis.membership import (
    MOST_LISTED,
    membership,
    run_sizes,
    shared_blocs,
    system_of_run,
)
from alliance_sim.cli import app
from alliance_sim.errors import InputError
from alliance_sim.simulate import run_until, scenario_hash

EXAMPLES = Path(__file__).parents[1] / "examples"
RUNS, SEED = 24, 7


@pytest.fixture(scope="module")
def whole() -> xr.Dataset:
    return al.run("us_exits_jcpoa", RUNS, SEED)


@pytest.fixture(scope="module")
def shared() -> xr.Dataset:
    return al.shared_blocs("us_exits_jcpoa", "2020-01", RUNS, SEED)


def drawn(runs: int, n: int, seed: int = 2) -> Any:
    return np.random.default_rng(seed).uniform(-1, 1, size=(runs, n, n)).astype(np.float32)


def together(a: Any, s: Any) -> Any:
    """Whether pairs share a bloc in the best of all partitions, by looping over them."""
    n = len(a)
    found = []
    for rest in itertools.product((0, 1), repeat=n - 1):
        side = np.array((0, *rest))
        split = side[:, None] != side[None, :]
        found.append((float((s[:, None] * s[None, :] * a * split).sum()), side))
    least = min(energy for energy, _ in found)
    best = [side for energy, side in found if energy <= least + 1e-9]
    return np.mean([side[:, None] == side[None, :] for side in best], axis=0)


def test_shares_are_those_of_brute_force() -> None:
    a, s = drawn(30, 6), np.random.default_rng(0).uniform(0.1, 2, size=(30, 6))
    each = np.array([together(x, y) for x, y in zip(a.astype(float), s, strict=True)])
    found = membership(a, s)
    assert found.shared == pytest.approx(each.mean(axis=0))
    assert found.error == pytest.approx(each.std(axis=0, ddof=1) / np.sqrt(30))
    assert sum(found.best.values()) == pytest.approx(1)
    assert list(found.best.values()) == sorted(found.best.values(), reverse=True)


def test_ties_are_shared_evenly() -> None:
    """Three equal foes: each pair is together in one of three best partitions; a fourth actor
    without ties is with each of the others half of the time."""
    a = np.zeros((5, 4, 4))
    a[:, :3, :3] = -0.1
    found = membership(a, np.ones(4))
    assert found.shared[0, 1] == pytest.approx(1 / 3)
    assert found.shared[3, :3] == pytest.approx(0.5)
    assert found.error.max() == pytest.approx(0)
    assert np.diag(found.shared) == pytest.approx(1)
    assert list(found.best.values()) == pytest.approx([1 / 6] * 6)


def test_more_runs_than_are_held_at_once_give_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    a = drawn(50, 5)
    before = membership(a, np.ones(5))
    monkeypatch.setattr("alliance_sim.analysis.membership._ENTRIES", 64)
    after = membership(a, np.ones(5))
    assert after.shared == pytest.approx(before.shared)
    assert after.best == pytest.approx(before.best)


def test_level_runs_take_little_memory() -> None:
    """Without ties all 2^17 partitions tie: none may take more than 64 bytes a run."""
    tracemalloc.start()
    try:
        found = membership(np.zeros((8, 18, 18), np.float32), np.ones(18))
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert found.shared[0, 1:] == pytest.approx(0.5)
    assert found.best == pytest.approx(dict.fromkeys(range(MOST_LISTED), 2.0 ** (-17)))
    assert most < 64 * 8 * 2**17


def test_an_ensemble_and_a_run_by_itself_read_single_precision_alike(whole: xr.Dataset) -> None:
    """As decimals 0.3 - 3 x 0.7 = -1.8 and 3 x 0.1 - 3 x 0.7 = -1.8; as binary numbers of single
    precision the first is less by more than rounding."""
    a = np.zeros((1, 3, 3), np.float32)
    for i, j, value in ((0, 1, 0.3), (0, 2, 0.1), (1, 2, -0.7)):
        a[0, i, j] = a[0, j, i] = value
    one = xr.Dataset(
        {"alignment_last": (("run", "actor", "other"), a)},
        coords={
            "run": [0],
            "actor": list("abc"),
            "other": list("abc"),
            "actor_name": ("actor", list("ABC")),
            "month": whole["month"].values[:1],
        },
    )
    sizes = np.array([1.0, 1.0, 3.0])
    system = system_of_run(one, 0, sizes="equal")
    exact = landscape(sizes.tolist(), system.table()).minima()
    lowest = {each.code for each in exact if each.energy == exact[0].energy}
    assert membership(a, sizes).best == pytest.approx(dict.fromkeys(sorted(lowest), 0.5))
    assert len(lowest) == 2


def test_one_run_has_no_error() -> None:
    assert np.isnan(membership(drawn(1, 3), np.ones(3)).error).all()


def test_the_month_is_that_of_the_whole_horizon(whole: xr.Dataset) -> None:
    """Alignments at a cut horizon are those that the whole run records for that month."""
    cut, when = run_until("us_exits_jcpoa", "2020-01", RUNS, SEED)
    assert when == "last"
    recorded = whole["alignment"].sel(month="2020-01-01")
    for dyad in map(str, whole["dyad"].values):
        a, b = dyad.replace("->", "-").split("-")
        last = cut["alignment_last"].sel(actor=a, other=b).values
        if "->" not in dyad:
            last = (last + cut["alignment_last"].sel(actor=b, other=a).values) / 2
        assert (last == recorded.sel(dyad=dyad).values).all()
    assert run_until("us_exits_jcpoa", "2018-05", 2, SEED)[1] == "first"
    assert cut.attrs["scenario_hash"] == whole.attrs["scenario_hash"]
    assert cut.attrs["scenario"] == whole.attrs["scenario"]


def test_the_base_date_is_read_from_the_base_state(whole: xr.Dataset) -> None:
    found = al.shared_blocs("us_exits_jcpoa", "2018-05", RUNS, SEED)
    base = membership(whole["alignment_first"].values, run_sizes(whole))
    assert found["shared"].values == pytest.approx(base.shared)
    assert found.attrs["month_read"] == "2018-05"


def test_a_run_by_itself_is_that_run_of_the_ensemble(whole: xr.Dataset) -> None:
    system = system_of_run(whole, 5)
    place = {actor: i for i, actor in enumerate(system.actors)}
    values = whole["alignment_last"].values[5]
    assert system.table()[place["iran"]][place["russia"]] == float(
        str(values[place["iran"], place["russia"]])
    )
    exact = landscape(system.sizes(), system.table()).minima()[0]
    one = membership(values[None], run_sizes(whole)[:1])
    side = np.array(exact.across)
    assert (one.shared == (side[:, None] == side[None, :])).all()
    with pytest.raises(InputError, match="there is no run 24; choose one from 0 to 23"):
        system_of_run(whole, RUNS)


def test_sizes_are_capabilities_of_the_world_drawn_or_stated(whole: xr.Dataset) -> None:
    stated = run_sizes(whole)
    iran = list(whole["actor"].values).index("iran")
    assert (
        stated[:, iran] == al.load_scenario("us_exits_jcpoa").world.actors["iran"].capability
    ).all()
    assert (run_sizes(whole, "equal") == 1).all()
    path = "world.actors.iran.capability"
    uncertain = al.load_scenario("us_exits_jcpoa", [f"{path}={{uniform: [0.01, 0.02]}}"])
    ds = al.run(uncertain, 8, SEED)
    drawn_sizes = run_sizes(ds)[:, iran]
    assert len(set(drawn_sizes)) == 8
    assert drawn_sizes == pytest.approx(ds["parameters"].sel(parameter=path).values)
    with pytest.raises(InputError, match="does not say the capability"):
        run_sizes(whole.assign_attrs(scenario="{}"))
    with pytest.raises(InputError, match="use one of: 'capability', 'equal'"):
        shared_blocs(whole, sizes="large")  # type: ignore[arg-type]


def test_the_command_reads_a_scenario(tmp_path: Any, shared: xr.Dataset) -> None:
    arguments = ["blocs", "us_exits_jcpoa", "--month", "2020-01", "--runs", str(RUNS)]
    arguments += ["--seed", str(SEED), "--out", str(tmp_path / "found"), "--json"]
    result = CliRunner().invoke(app, arguments)
    assert result.exit_code == 0, result.stderr
    assert result.stderr == ""
    found = json.loads(result.stdout)
    assert found["month"] == "2020-01"
    assert found["hash"] == scenario_hash(al.load_scenario("us_exits_jcpoa"))
    pair = shared["shared"].sel(actor="iran", other="russia").item()
    assert found["shared"]["iran-russia"]["share"] == pair
    assert len(found["shared"]) == 14 * 13 // 2
    best = found["partitions"][0]
    assert best["share"] == shared["best_share"].values[0]
    assert sorted(itertools.chain(*best["blocs"])) == sorted(map(str, shared["actor"].values))
    from alliance_sim import store

    back = store.read(tmp_path / "found" / "blocs.nc")
    assert back["shared"].values == pytest.approx(shared["shared"].values)


def test_the_command_reads_one_run() -> None:
    arguments = ["blocs", "us_exits_jcpoa", "--month", "2019-01", "--run", "2", "--seed", "7"]
    result = CliRunner().invoke(app, arguments)
    assert result.exit_code == 0, result.stderr
    assert "run 2, 2019-01" in result.stdout
    assert "among 8,192 partitions" in result.stdout
    assert "United States" in result.stdout
    assert "united_states" not in result.stdout


# -- pictures --------------------------------------------------------------------------------


def labels_apart(ax: Any) -> bool:
    """Whether no two labels of an axis overlap once the figure is laid out."""
    whole = ax.get_figure(root=True)
    FigureCanvasAgg(whole).draw()
    boxes = [each.get_window_extent() for each in ax.get_yticklabels()]
    return not any(a.overlaps(b) for a, b in itertools.combinations(boxes, 2))


def test_cells_say_the_shares_and_blocs_stand_together(shared: xr.Dataset) -> None:
    ax = plots.comembership(shared)
    names = [each.get_text() for each in ax.get_yticklabels()]
    assert sorted(names) == sorted(map(str, shared["actor_name"].values))
    assert [each.get_text() for each in ax.get_xticklabels()] == names
    by_name = dict(zip(map(str, shared["actor_name"].values), shared["actor"].values, strict=True))
    drawn_cells = {(t.get_position()[1], t.get_position()[0]): t.get_text() for t in ax.texts}
    for (i, j), text in drawn_cells.items():
        pair = {"actor": by_name[names[int(i)]], "other": by_name[names[int(j)]]}
        value = shared["shared"].sel(pair).item()
        if text.isdigit():
            assert int(text) == pytest.approx(100 * value, abs=0.51)
        else:
            assert text in ("<1", ">99")
    side = dict(zip(by_name.values(), shared["across"].values[0], strict=True))
    sides = [int(side[by_name[name]]) for name in names]
    assert sum(a != b for a, b in itertools.pairwise(sides)) == 1  # the usual blocs are whole
    assert labels_apart(ax)


def test_the_tree_joins_at_the_mean_share_apart() -> None:
    a = np.array([[1, 0.9, 0.2], [0.9, 1, 0.4], [0.2, 0.4, 1]])
    ds = xr.Dataset(
        {"shared": (("actor", "other"), a)},
        coords={"actor": list("abc"), "other": list("abc")},
    )
    ax = plots.comembership(ds)
    [beside] = ax.child_axes
    heights = sorted({float(x) for line in beside.lines for x in line.get_xdata()})
    assert heights == pytest.approx([0, 0.1, 0.7])  # 1 - 0.9, then 1 - (0.2 + 0.4) / 2


def test_the_picture_of_minima_shows_sides_energies_and_basins() -> None:
    system = al.load_blocs(EXAMPLES / "highland_tribes.csv")
    found = al.blocs(system)
    ax = plots.minima(found)
    names = [each.get_text() for each in ax.get_yticklabels()]
    table = ax.images[0].get_array()
    place = {name: i for i, name in enumerate(system.names())}
    for column, each in enumerate(found.landscape.minima()):
        sides = [each.across[place[name]] for name in names]
        assert (table[:, column] == sides).all()
    assert ax.get_xticklabels()[0].get_text() == "−44\n57%"
    assert labels_apart(ax)


def test_the_foot_of_the_picture_of_minima_says_where_numbers_come_from(tmp_path: Any) -> None:
    system = al.load_blocs(EXAMPLES / "border_dispute.yaml")
    whole = plots.minima(al.blocs(system)).get_figure(root=True)
    assert " ".join(whole.get_supxlabel().split()) == f"Source: {' '.join(system.source.split())}"
    assert " ".join(whole.get_suptitle().split()) == system.name
    bare = system.model_copy(update={"source": "", "about": ""})
    assert plots.minima(al.blocs(bare)).get_figure(root=True).get_supxlabel() == ""


def test_names_beyond_the_font_draw_without_a_warning(tmp_path: Any) -> None:
    """Where no font has the letters boxes stand for them; warnings are errors in tests."""
    path = tmp_path / "x.csv"
    path.write_text("actor,other,propensity\n中国,日本,-1\n", encoding="utf-8")
    out = str(tmp_path / "found")
    result = CliRunner().invoke(app, ["blocs", str(path), "--out", out, "--quiet"])
    assert result.exit_code == 0, result.stderr
    assert result.stderr == ""
    assert (tmp_path / "found" / "blocs.png").stat().st_size > 1000


def test_letters_come_from_a_font_that_has_them() -> None:
    """Mathematical script letters are in STIX, which comes with Matplotlib."""
    odd = {"actors": {"a": {"name": "\U0001d4d0"}, "b": {}}, "ties": {"a-b": 1}}
    ax = plots.minima(al.blocs(odd))
    families = ax.get_yticklabels()[0].get_fontfamily()
    assert len(families) == 2
    font = get_font(findfont(families[1], fallback_to_default=False))
    assert 0x1D4D0 in font.get_charmap()
    plain = plots.minima(al.blocs(EXAMPLES / "border_dispute.yaml"))
    assert len(plain.get_yticklabels()[0].get_fontfamily()) == 1


def test_pictures_take_axes_and_refuse_what_they_cannot_draw(shared: xr.Dataset) -> None:
    ax = Figure().add_subplot()
    assert plots.comembership(shared, ax=ax) is ax
    assert plots.minima(al.blocs(EXAMPLES / "border_dispute.yaml"), ax=Figure().add_subplot())
    with pytest.raises(InputError, match="no shared blocs"):
        plots.comembership(xr.Dataset())
    stances = al.load_blocs(EXAMPLES / "border_dispute.yaml").model_copy(update={"ties": {}})
    with pytest.raises(InputError, match="no landscape"):
        plots.minima(al.blocs(stances))
