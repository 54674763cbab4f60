"""Stores from anywhere: what is not as it should be is refused, quickly and in little memory."""

from __future__ import annotations

import json
import os
import shutil
import tracemalloc
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import xarray as xr
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from worlds import small_scenario

import alliance_sim as al
from alliance_sim import store
from alliance_sim.rng import BLOCK

RUNS = BLOCK + 3
MOST_MEMORY = 100 * 2**20
HOSTILE = [
    *(-1, 0, 2, 10**9, 10**18, 1e300, True, None, "", "x", "../../etc", "\0", [], {}, [[]]),
    *([10**9, 10**9], ["gzip"], [{"name": "numcodecs.pickle"}], [{"name": "zstd"}]),
    json.loads("[" * 900 + "]" * 900),
]


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    brief = {"horizon": {"start": "1432-01", "months": 40}}
    place = tmp_path_factory.mktemp("sound") / "some.zarr"
    al.run(al.read_scenario(small_scenario() | brief), RUNS, 3, store=place)
    return place


@pytest.fixture
def place(sound: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(sound, tmp_path / "some.zarr"))


@pytest.fixture(scope="module")
def expected(sound: Path) -> xr.Dataset:
    return store.read(sound)


def files(place: Path) -> list[Path]:
    return sorted(each for each in place.rglob("*") if each.is_file() and each.name != ".lock")


def leaves(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The paths of everything in a JSON value."""
    yield path
    if isinstance(value, dict | list):
        for key, each in value.items() if isinstance(value, dict) else enumerate(value):
            yield from leaves(each, (*path, key))


def replaced(value: Any, path: tuple[Any, ...], other: Any) -> Any:
    if not path:
        return other
    copy = dict(value) if isinstance(value, dict) else list(value)
    copy[path[0]] = replaced(value[path[0]], path[1:], other)
    return copy


def read_in_little_memory(place: Path) -> xr.Dataset | None:
    """The results, or nothing where they are refused."""
    tracemalloc.start()
    try:
        return store.read(place).load()
    except al.InputError:
        return None
    finally:
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert peak < MOST_MEMORY


@given(st.data())
@settings(max_examples=25, deadline=5000, suppress_health_check=[*HealthCheck])
def test_bytes_that_were_changed(sound: Path, expected: xr.Dataset, data: st.DataObject) -> None:
    """Numbers are either those that were written, or refused."""
    chunks = [each for each in files(sound) if each.name != "zarr.json"]
    file = data.draw(st.sampled_from(chunks))
    kept = file.read_bytes()
    start = data.draw(st.integers(0, len(kept)))
    stop = data.draw(st.integers(start, min(len(kept), start + 9)))
    other = data.draw(st.binary(max_size=9))
    try:
        file.write_bytes(kept[:start] + other + kept[stop:])
        found = read_in_little_memory(sound)
    finally:
        file.write_bytes(kept)
    labels = file.relative_to(sound).parts[0] in expected.coords
    if found is not None and not labels:  # names and months have no checksum
        xr.testing.assert_equal(found.drop_vars(found.coords), expected.drop_vars(expected.coords))


@given(st.data())
@settings(max_examples=50, deadline=5000, suppress_health_check=[*HealthCheck])
def test_descriptions_that_ask_for_too_much(sound: Path, data: st.DataObject) -> None:
    file = data.draw(st.sampled_from([each for each in files(sound) if each.name == "zarr.json"]))
    kept = file.read_bytes()
    told = json.loads(kept)
    path = data.draw(st.sampled_from([*leaves(told)]))
    other = data.draw(st.sampled_from(HOSTILE))
    before = {each: each.stat().st_mtime_ns for each in files(sound)}
    try:
        file.write_text(json.dumps(replaced(told, path, other)))
        read_in_little_memory(sound)
    finally:
        file.write_bytes(kept)
    assert {*files(sound)} == {*before}


LINKS: dict[str, Callable[[Path, Path], object]] = {
    "array": lambda place, other: (
        shutil.move(place / "trade", other),
        (place / "trade").symlink_to(other),
    ),
    "checksums": lambda place, other: (
        shutil.move(place / "checksum" / "c", other),
        (place / "checksum" / "c").symlink_to(other),
    ),
    "description": lambda place, other: (
        shutil.move(place / "trade" / "zarr.json", other),
        (place / "trade" / "zarr.json").symlink_to(other),
    ),
}


@pytest.mark.skipif(os.name == "nt", reason="links take rights on Windows")
@pytest.mark.parametrize("link", sorted(LINKS))
def test_links_out_of_the_folder_are_not_followed(place: Path, link: str) -> None:
    other = place.parent / "elsewhere"
    LINKS[link](place, other)
    before = {each: each.stat().st_mtime_ns for each in [other, *other.rglob("*")]}
    brief = {"horizon": {"start": "1432-01", "months": 40}}
    scenario = al.read_scenario(small_scenario() | brief)
    for attempt in (
        lambda: store.read(place),
        lambda: al.run(scenario, 3 * BLOCK, 3, store=place, resume=True),
    ):
        with pytest.raises(al.InputError, match="holds no results as this library writes them"):
            attempt()
    assert {each: each.stat().st_mtime_ns for each in [other, *other.rglob("*")]} == before


def test_packed_chunks_are_not_unpacked(place: Path) -> None:
    """A megabyte of zeros packs into a few bytes, and so do a million of them."""
    file = place / "trade" / "zarr.json"
    told = json.loads(file.read_text())
    told["codecs"].insert(1, {"name": "zstd", "configuration": {"level": 1, "checksum": False}})
    file.write_text(json.dumps(told))
    with pytest.raises(al.InputError, match="'trade' is packed by bytes, crc32c, zstd"):
        store.read(place)
