"""Results on disk: what was written comes back, and what is no result is refused."""

import numpy as np
import pytest
import xarray as xr
from worlds import small_scenario

import alliance_sim as al
from alliance_sim import store
from alliance_sim.errors import InputError


@pytest.fixture(scope="module")
def ds():
    return al.run(al.read_scenario(small_scenario()), runs=6, seed=0)


def test_a_dataset_comes_back_as_it_was(ds, tmp_path):
    found = store.read(store.write(ds, tmp_path / store.RESULT))
    assert list((tmp_path).iterdir()) == [tmp_path / store.RESULT]
    for name in ds.data_vars:
        np.testing.assert_array_equal(found[name].to_numpy(), ds[name].to_numpy())
        assert found[name].attrs.get("units") == ds[name].attrs.get("units")
    assert [str(each) for each in found["dyad"].values] == list(ds["dyad"].values)
    assert str(found.attrs["scenario_hash"]) == ds.attrs["scenario_hash"]


def test_what_is_no_result_is_refused(tmp_path):
    with pytest.raises(InputError, match="no such file"):
        store.read(tmp_path / "none.nc")
    (tmp_path / "text.nc").write_text("not a result")
    with pytest.raises(InputError, match="holds no results"):
        store.read(tmp_path / "text.nc")


def test_a_replicate_keeps_parameters_and_draws_chance_anew():
    scenario = al.read_scenario(small_scenario())
    one, two, again = (al.run(scenario, runs=9, seed=0, replicate=k) for k in (0, 1, 1))
    np.testing.assert_array_equal(one["parameters"], two["parameters"])
    assert not np.array_equal(one["alignment_last"], two["alignment_last"])
    np.testing.assert_array_equal(one["alignment_first"], two["alignment_first"])
    xr.testing.assert_identical(two, again)
    assert two.attrs["replicate"] == 1
    assert "replicate" not in one.attrs
