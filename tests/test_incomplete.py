"""Files of analyses that lack something, or have it in other terms: refused in words, or used."""

from __future__ import annotations

import contextlib
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import hostile
import matplotlib.figure
import numpy as np
import pytest
import xarray as xr
from typer.testing import CliRunner, Result
from worlds import small_scenario

import alliance_sim as al
from alliance_sim import store
from alliance_sim.cli import app
from alliance_sim.report.parts import PARTS
from alliance_sim.store.needed import NEEDED

SHORT = {"horizon": {"start": "1432-01", "months": 40}}
MADE = {
    store.COMPARISON: ("compare", "calm.yaml", "self.yaml", "more.yaml", "--runs=16"),
    store.EXPLANATION: ("explain", "self.yaml", "--runs=8"),
    store.SENSITIVITY: ("sensitivity", "self.yaml", "--series", "--points=8", "--trajectories=2"),
    store.POINTS: ("discover", "self.yaml", "--runs=64", "--when=trade>0.3"),
    store.BLOCS: ("blocs", "self.yaml", "--runs=8"),
}
PICTURES = {
    store.COMPARISON: "variance_split",
    store.EFFECTS: "ridgeline",
    store.EXPLANATION: "utility",
    store.SENSITIVITY: "tornado",
    store.POINTS: "conditions",
    store.BLOCS: "comembership",
}


def command(folder: Path, *words: str) -> Result:
    with contextlib.chdir(folder):
        return CliRunner().invoke(app, [*words])


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with what every command leaves."""
    folder = tmp_path_factory.mktemp("made")
    scenario = small_scenario() | SHORT
    hostile.put(folder / "self.yaml", hostile.written(scenario))
    hostile.put(folder / "more.yaml", hostile.written(scenario | {"name": "More"}))
    calm = scenario | {"interventions": [], "sources": {}}
    hostile.put(folder / "calm.yaml", hostile.written(calm))
    for words in (("run", "self.yaml", "--runs=8"), *MADE.values()):
        plain = [] if words[0] in ("blocs", "explain") else ["--no-plots"]
        done = command(folder, *words, *plain, "--workers=1", "--out=results")
        assert done.exit_code == 0, (words, done.output)
    return folder / "results"


@pytest.fixture
def undrawn(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pictures are made, but not drawn out, and the page has those parts that files give."""
    blank = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1 1" width="9pt"/>'
    monkeypatch.setattr("alliance_sim.report.pictures._svg", lambda whole: blank)
    monkeypatch.setattr(matplotlib.figure.Figure, "savefig", lambda *_, **__: None)
    about = ["explanation", "comparison", "sensitivity", "discovery", "blocs", "reproduce"]
    of_page = sys.modules["alliance_sim.report.page"]  # the function has the name of the module
    monkeypatch.setattr(of_page, "PARTS", [part for part in PARTS if part.name in about])


def changed(data: xr.Dataset, name: str, dims: tuple[str, ...], values: object) -> xr.Dataset:
    assign = data.assign_coords if name in data.coords else data.assign
    return assign({name: (dims, values)})


def without(data: xr.Dataset) -> Iterator[tuple[str, xr.Dataset]]:
    """The dataset without each of its variables and attributes in turn."""
    for name in map(str, data.variables):
        yield name, data.drop_vars(name)
    for key in data.attrs:
        less = data.copy()
        less.attrs = {name: each for name, each in data.attrs.items() if name != key}
        yield str(key), less


def otherwise(data: xr.Dataset) -> Iterator[tuple[str, xr.Dataset]]:
    """The dataset with each variable of another kind or size, and each attribute another."""
    for name, each in data.variables.items():
        text = np.full(each.shape, "x", dtype=object)
        yield f"{name} as text", changed(data, str(name), each.dims, text)
        yield f"{name} as 0", changed(data, str(name), each.dims, np.zeros(each.shape))
        if each.ndim and name not in data.dims:
            part = each.dims[1:], each.to_numpy()[0]
            yield f"{name} shorter", changed(data, str(name), *part)
    for key, other in ((key, other) for key in data.attrs for other in ("x", 7)):
        yield f"{key} as {other}", data.assign_attrs({key: other})


def said(done: Result) -> str:
    text = " ".join(done.output.split())
    assert done.exit_code in (0, 2), (done.output, done.exception)
    assert "unexpected" not in text
    assert "Traceback" not in text
    return text


def pages(folder: Path, made: Path) -> None:
    """What a page needs beside the file that is looked at."""
    shutil.copytree(made / store.RESULT, folder / store.RESULT)
    shutil.copy(made / store.DISCOVERY, folder)


def test_every_file_that_is_drawn_or_told_has_its_needs() -> None:
    assert {*PICTURES} == {*NEEDED}


@pytest.mark.parametrize("name", PICTURES)
def test_whole_files_are_read(name: str, made: Path, undrawn: None, tmp_path: Path) -> None:
    data = store.read(made / name)
    store.write(data, tmp_path / name)
    done = command(tmp_path, "plot", ".", f"--kind={PICTURES[name]}", "--out=pictures")
    assert done.exit_code == (2 if name == store.POINTS and "box" not in data.dims else 0)


@pytest.mark.parametrize("name", PICTURES)
def test_what_is_always_needed_is_named_where_it_is_missing(
    name: str, made: Path, tmp_path: Path
) -> None:
    data = store.read(made / name)
    needed = [each for names in NEEDED[name].always.values() for each in names.split()]
    for lacking in needed:
        if lacking in data.indexes and lacking not in data.dims:
            continue
        file = store.write(data.drop_vars(lacking), tmp_path / name)
        mend = f"make it anew with `alliance-sim {NEEDED[name].command}`"
        with pytest.raises(al.InputError, match=f"{name}' lacks '{lacking}'; {mend}"):
            store.read(file)


def test_a_part_is_there_whole_or_not_at_all(made: Path, tmp_path: Path) -> None:
    data = store.read(made / store.COMPARISON)
    file = tmp_path / store.COMPARISON
    split = [name for name in map(str, data.data_vars) if name.startswith(("share_", "variance_"))]
    store.read(store.write(data.drop_vars(split), file))
    store.write(data.drop_vars("share_chance"), file)
    with pytest.raises(al.InputError, match="lacks 'share_chance'"):
        store.read(file)


@pytest.mark.parametrize(
    ("name", "values", "told"),
    [
        ("effect_mean", "x", "'effect_mean' of .*, where it should be numbers"),
        ("unit", 0.0, "'unit' of float64, where it should be text"),
        ("month", 0.0, "'month' of float64, where it should be months"),
        ("scenario", "x", "a scenario twice"),
    ],
)
def test_another_kind_is_named(
    made: Path, tmp_path: Path, name: str, values: object, told: str
) -> None:
    data = store.read(made / store.COMPARISON)
    each = data[name]
    kind = object if values == "x" else float
    other = changed(data, name, tuple(map(str, each.dims)), np.full(each.shape, values, kind))
    file = store.write(other, tmp_path / store.COMPARISON)
    with pytest.raises(al.InputError, match=told):
        store.read(file)


def test_other_sizes_are_named(made: Path, tmp_path: Path) -> None:
    data = store.read(made / store.COMPARISON)
    file = store.write(data.assign(effect_mean=data["effect_mean"][0]), tmp_path / store.COMPARISON)
    told = "'effect_mean' for each theory outcome month, where it should be for each scenario"
    with pytest.raises(al.InputError, match=told):
        store.read(file)


def test_the_page_tells_what_is_lacking(made: Path, undrawn: None, tmp_path: Path) -> None:
    pages(tmp_path, made)
    less = store.read(made / store.BLOCS).drop_vars("shared")
    store.write(less, tmp_path / store.BLOCS)
    assert command(tmp_path, "report", ".", "--out=page.html").exit_code == 0
    told = " ".join((tmp_path / "page.html").read_text("utf-8").split())
    assert "blocs.nc could not be read: it lacks &#39;shared&#39;; make it anew with" in told


@pytest.mark.slow
@pytest.mark.parametrize("change", [without, otherwise])
@pytest.mark.parametrize("name", PICTURES)
def test_nothing_breaks_plot_or_report(
    name: str, change: object, made: Path, undrawn: None, tmp_path: Path
) -> None:
    pages(tmp_path, made)
    shutil.copy(made / store.COMPARISON, tmp_path)
    assert callable(change)
    for what, other in change(store.read(made / name)):
        file = tmp_path / name
        try:
            store.write(other, file)
        except (ValueError, TypeError):  # such a file cannot be written
            continue
        plot = command(tmp_path, "plot", ".", f"--kind={PICTURES[name]}", "--out=pictures", "-q")
        assert said(plot) is not None, what
        assert said(command(tmp_path, "report", ".", "--out=page.html", "-q")) is not None, what
