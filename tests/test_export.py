"""Runs for other programs: what pandas reads back is what was simulated."""

from __future__ import annotations

import builtins
import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from typer.testing import CliRunner
from worlds import small_scenario, write_pair

import alliance_sim as al
from alliance_sim import store
from alliance_sim.analysis import summary
from alliance_sim.cli import app
from alliance_sim.rng import BLOCK
from alliance_sim.store import tables

RUNS = BLOCK + 3


@pytest.fixture(scope="module")
def ds(tmp_path_factory: pytest.TempPathFactory) -> xr.Dataset:
    text = json.dumps(small_scenario() | {"horizon": {"start": "1432-01", "months": 40}})
    scenario = al.read_scenario(json.loads(text.replace("143", "201")))
    return al.run(scenario, RUNS, 3, store=tmp_path_factory.mktemp("runs") / "some.zarr")


READERS = {"parquet": pd.read_parquet, "csv": pd.read_csv}


@pytest.mark.parametrize("form", sorted(READERS))
def test_tables_hold_the_runs(ds: xr.Dataset, tmp_path: Path, form: Any) -> None:
    runs, parameters = map(READERS[form], tables.export(ds, tmp_path, form))
    assert len(runs) == RUNS * ds.sizes["month"]
    assert list(runs["month"].unique()[[0, -1]]) == ["2012-01", "2015-05"]
    some = runs[(runs["run"] == BLOCK + 1) & (runs["month"] == "2013-03")].iloc[0]
    there = ds.sel(run=BLOCK + 1, month="2013-03-01")
    assert some["trade"] == pytest.approx(float(there["trade"]))
    dyad = str(ds["dyad"].values[0])
    assert some[f"alignment {dyad}"] == pytest.approx(float(there["alignment"].sel(dyad=dyad)))
    names = str(ds["kind_of_tie"].attrs["flag_meanings"]).split()
    assert some["kind_of_tie"] == names[int(there["kind_of_tie"])]
    np.testing.assert_allclose(
        parameters.set_index("run").to_numpy(), ds["parameters"].to_numpy(), rtol=1e-6
    )
    assert [*parameters.columns[1:]] == [*ds["parameter"].values]


def test_a_form_that_is_none(ds: xr.Dataset, tmp_path: Path) -> None:
    some: Any = "xlsx"
    with pytest.raises(al.InputError, match="'xlsx' is no format; use parquet, csv or netcdf"):
        tables.export(ds, tmp_path, some)


def test_netcdf_holds_everything(ds: xr.Dataset, tmp_path: Path) -> None:
    (file,) = tables.export(ds, tmp_path, "netcdf")
    xr.testing.assert_equal(store.read(file), ds)


def test_parquet_without_its_library(
    ds: xr.Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = builtins.__import__

    def without(name: str, *more: Any) -> Any:
        if name.startswith("pyarrow"):
            raise ImportError(name)
        return known(name, *more)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(al.InputError, match=r"pip install 'alliance-sim\[parquet\]'"):
        tables.export(ds, tmp_path, "parquet")
    assert not list(tmp_path.iterdir())


def test_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    write_pair(tmp_path)
    call = CliRunner().invoke
    done = call(app, ["run", "breach.yaml", "--runs", "3", "--no-plots", "--quiet"])
    assert done.exit_code == 0, done.stderr
    done = call(app, ["export", "results/breach", "--format", "csv"])
    assert done.exit_code == 0, done.stderr
    written = [line.removeprefix("Written: ") for line in done.stdout.splitlines()]
    assert [len(pd.read_csv(file)) for file in written] == [3 * 61, 3] * 2
    assert [Path(file).name for file in written[2:]] == [
        "baseline_runs.csv",
        "baseline_parameters.csv",
    ]
    runs, baseline = (pd.read_csv(file) for file in (written[0], written[2]))
    held = al.open_results("results/breach/baseline.zarr")["trade"].to_numpy().ravel()
    np.testing.assert_allclose(baseline["trade"], held, rtol=1e-6)
    assert not np.allclose(runs["trade"], held)
    done = call(app, ["export", "results/breach", "--format", "CSV", "--no-baseline"])
    assert done.stdout.splitlines() == [f"Written: {file}" for file in written[:2]]
    missing = call(app, ["export", "results/nowhere"])
    assert missing.exit_code == 2
    assert "did you mean" in missing.stderr or "there is no folder" in missing.stderr


def test_results_are_opened_by_folder_store_or_file(ds: xr.Dataset, tmp_path: Path) -> None:
    stored = store.write(ds, tmp_path / store.RESULT)
    file = store.write(ds, tmp_path / "some.nc")
    for place in (tmp_path, stored, file, str(tmp_path)):
        xr.testing.assert_equal(al.open_results(place), ds)


def test_a_store_is_known_by_what_is_in_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    write_pair(tmp_path)
    made = al.run("breach.yaml", runs=3, store="mine")
    xr.testing.assert_identical(al.open_results("mine")["trade"], made["trade"])
    call = CliRunner().invoke
    for command in (["export", "mine"], ["plot", "mine", "--kind", "fan"], ["report", "mine"]):
        done = call(app, command)
        assert done.exit_code == 0, done.stderr
    assert not (tmp_path / "mine" / "plots").exists()  # nothing is put into the store
    al.open_results("mine")


def test_quantiles_of_large_stores_are_those_of_the_whole(
    ds: xr.Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not loaded at once, and looked at a few months at a time: the same numbers, exactly."""
    place = store.write(ds, tmp_path / "some.zarr")
    monkeypatch.setattr(store.runs, "_IN_MEMORY", 0)
    lazy = store.read(place)
    assert not lazy["trade"].variable._in_memory
    monkeypatch.setattr(summary, "_PIECE", 7 * RUNS)
    levels = [0.05, 0.5, 0.95]
    found = summary.quantiles(lazy, "trade", levels)
    assert not lazy["trade"].variable._in_memory
    expected = np.quantile(ds["trade"].to_numpy().astype(float), levels, axis=0)
    np.testing.assert_array_equal(found.to_numpy(), expected)
