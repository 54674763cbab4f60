"""Stores from anywhere: what is not as it should be is refused, quickly and in little memory."""

from __future__ import annotations

import contextlib
import json
import os
import random
import shutil
import struct
import tracemalloc
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import hostile
import pytest
import xarray as xr
import zarr
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner
from watched import ended, how_many, watched
from worlds import small_scenario

import alliance_sim as al
from alliance_sim import store
from alliance_sim.cli import app
from alliance_sim.rng import BLOCK

RUNS = BLOCK + 3
MOST_MEMORY = 100 * 2**20
posix = pytest.mark.skipif(os.name == "nt", reason="Windows has no wait4, and rights for links")
HOSTILE = [
    *(-1, 0, 2, 10**9, 10**18, 1e300, True, None, "", "x", "../../etc", "\0", [], {}, [[]]),
    *([10**9, 10**9], ["gzip"], [{"name": "numcodecs.pickle"}], [{"name": "zstd"}]),
    json.loads("[" * 900 + "]" * 900),
]


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("sound") / "some.zarr"
    hostile.make_store(place, RUNS)
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


@posix
@pytest.mark.parametrize("link", sorted(LINKS))
def test_links_out_of_the_folder_are_not_followed(place: Path, link: str) -> None:
    other = place.parent / "elsewhere"
    LINKS[link](place, other)
    before = {each: each.stat().st_mtime_ns for each in [other, *other.rglob("*")]}
    scenario = hostile.brief_scenario()
    for attempt in (
        lambda: store.read(place),
        lambda: al.run(scenario, 3 * BLOCK, 3, store=place, resume=True),
    ):
        with pytest.raises(al.InputError, match="holds no results as this library writes them"):
            attempt()
    assert {each: each.stat().st_mtime_ns for each in [other, *other.rglob("*")]} == before


def edited(file: Path, key: str, value: object) -> None:
    told = json.loads(file.read_text())
    told["attributes"][key] = value
    file.write_text(json.dumps(told))


@pytest.mark.parametrize(
    ("array", "key", "value"),
    [
        ("", "seed", 4),
        ("", "scenario", "{}"),
        ("", "scenario_hash", "0" * 64),
        ("", "question", "Another?"),
        ("", "runs", 2 * BLOCK - 1),
        ("trade", "units", "percent"),
        ("month", "units", "days since 1433-01-01"),
    ],
)
def test_what_was_edited_is_refused(place: Path, array: str, key: str, value: object) -> None:
    edited(place / array / "zarr.json", key, value)
    with pytest.raises(al.InputError, match="was changed after it was written"):
        store.read(place)
    with pytest.raises(al.InputError, match="was changed after it was written"):
        al.run(hostile.brief_scenario(), 3 * BLOCK, 3, store=place, resume=True)


def test_numbers_are_not_read_as_others(place: Path) -> None:
    file = place / "trade" / "zarr.json"
    told = json.loads(file.read_text())
    assert told["data_type"] == "float32"
    file.write_text(json.dumps(told | {"data_type": "int32", "fill_value": 0}))
    with pytest.raises(al.InputError, match=r"was changed after|holds no results"):
        store.read(place)


def test_what_is_said_and_its_seal_are_one_write(
    place: Path, expected: xr.Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A process that is killed between two would leave a store that is refused for good."""

    def read(path: Path) -> int:
        return store.read(path).sizes["run"]

    kept = zarr.Group.update_attributes
    written: list[int] = []

    def write(group: zarr.Group, attributes: dict[str, Any]) -> zarr.Group:
        done = kept(group, attributes)
        written.append(read(place))
        return done

    monkeypatch.setattr(zarr.Group, "update_attributes", write)
    monkeypatch.setattr(zarr.core.attributes.Attributes, "__setitem__", pytest.fail)
    store.runs.annotate(place, command="x", other="y")
    assert written == [expected.sizes["run"]]


@pytest.mark.parametrize("name", ["actor_name", "parameter", "month"])
def test_a_byte_of_names_or_months_is_refused(place: Path, name: str) -> None:
    [chunk] = [each for each in files(place / name) if each.name != "zarr.json"]
    data = bytearray(chunk.read_bytes())
    data[-1] ^= 1
    chunk.write_bytes(data)
    with pytest.raises(al.InputError, match=r"was changed after|are damaged|holds no results"):
        store.read(place)


def test_a_flipped_bit_of_a_description_changes_nothing_or_is_refused(
    place: Path, expected: xr.Dataset
) -> None:
    chance = random.Random(0)
    for file in (place / "zarr.json", place / "trade" / "zarr.json"):
        kept = file.read_bytes()
        for _ in range(20):
            data = bytearray(kept)
            data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
            file.write_bytes(data)
            found = read_in_little_memory(place)
            if found is not None:
                xr.testing.assert_identical(found, expected)
        file.write_bytes(kept)


def test_a_later_format_is_refused(place: Path) -> None:
    edited(place / "zarr.json", "format", "2.0")
    with pytest.raises(al.InputError, match=r"is in format 2\.0, and this version reads 1"):
        store.read(place)


def test_a_store_that_grew_or_was_annotated_is_read(place: Path, expected: xr.Dataset) -> None:
    grown = al.run(hostile.brief_scenario(), RUNS + 1, 3, store=place, resume=True, workers=1)
    assert grown.sizes["run"] == RUNS + 1
    store.runs.annotate(place, command="x")
    again = store.read(place)
    assert again.attrs["command"] == "x"
    xr.testing.assert_equal(again.isel(run=slice(RUNS)), expected)


def test_packed_chunks_are_not_unpacked(place: Path) -> None:
    """A megabyte of zeros packs into a few bytes, and so do a million of them."""
    file = place / "trade" / "zarr.json"
    told = json.loads(file.read_text())
    told["codecs"].insert(1, {"name": "zstd", "configuration": {"level": 1, "checksum": False}})
    file.write_text(json.dumps(told))
    with pytest.raises(al.InputError, match="'trade' is packed by bytes, crc32c, zstd"):
        store.read(place)


@posix
def test_nothing_is_written_started_or_run(tmp_path: Path) -> None:
    """Every open, process, socket and import of one that reads 40 stores is looked at."""
    assert 0 < watched("stores", tmp_path, seed=0, count=40) < 40


@posix
@pytest.mark.slow
def test_nothing_is_written_started_or_run_by_any_of_many(tmp_path: Path) -> None:
    seed, count = how_many(300)
    assert watched("stores", tmp_path, seed, count) < count


# -- what commands make of results ---------------------------------------------------------------


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder as `run` leaves it, with the scenario beside it."""
    folder = tmp_path_factory.mktemp("finished")
    brief = {"horizon": {"start": "1432-01", "months": 40}}
    hostile.put(folder / "self.yaml", hostile.written(small_scenario() | brief))
    done = command(folder, "run", "self.yaml", "--runs=8", "--no-plots", "--out=results")
    assert done.exit_code == 0, done.output
    return folder


def command(folder: Path, *words: str) -> Any:
    with contextlib.chdir(folder):
        return CliRunner().invoke(app, [*words, *(["--workers=1"] if words[0] == "run" else [])])


COMMANDS = [
    ("plot", "results", "--out=pictures"),
    ("report", "results", "--out=page.html"),
    ("export", "results", "--format=csv", "--out=tables"),
    ("run", "self.yaml", "--runs=16", "--resume", "--no-plots", "--out=results"),
]


def noted(name: str, key: str, value: Any) -> Callable[[Path], object]:
    """Say something else of a variable, or of all results."""

    def change(place: Path) -> None:
        file = place / name / "zarr.json"
        told = json.loads(file.read_text())
        told["attributes"][key] = value
        file.write_text(json.dumps(told))
        hostile.seal(place)

    return change


@pytest.mark.parametrize(
    ("words", "change", "code"),
    [
        (COMMANDS[0], noted("trade", "valid_range", {"a": [0, 1]}), 2),
        (COMMANDS[0], noted("trade", "valid_range", [[0], [0, 1]]), 2),
        (COMMANDS[0], noted("trade", "units", ["index"]), 2),
        (COMMANDS[0], noted("", "interventions", [[[]]]), 0),
        (COMMANDS[1], noted("", "interventions", "[" * 100_000), 0),
        (COMMANDS[1], noted("", "failures", "7"), 0),
        (COMMANDS[3], noted("", "versions", [True]), 2),
        (COMMANDS[3], noted("", "versions", "{"), 2),
    ],
)
def test_notes_that_were_found_to_break_commands(
    finished: Path,
    tmp_path: Path,
    words: tuple[str, ...],
    change: Callable[[Path], object],
    code: int,
) -> None:
    shutil.copytree(finished, tmp_path, dirs_exist_ok=True)
    change(tmp_path / "results" / store.RESULT)
    done = command(tmp_path, *words)
    assert done.exit_code == code, done.output


def test_sizes_that_are_no_numbers(finished: Path, tmp_path: Path) -> None:
    shutil.copytree(finished, tmp_path, dirs_exist_ok=True)
    file = tmp_path / "results" / store.RESULT / "other" / "zarr.json"
    told = json.loads(file.read_text())
    told["shape"] = [str(each) for each in told["shape"]]
    file.write_text(json.dumps(told))
    done = command(tmp_path, *COMMANDS[3])
    assert done.exit_code == 2
    assert "'other' has sizes that no results have" in " ".join(done.output.split())


def test_months_that_are_none_in_netcdf(sound: Path, tmp_path: Path) -> None:
    file = tmp_path / "some.nc"
    data = sound.with_suffix(".nc").read_bytes()
    assert b"1432-01" in data
    file.write_bytes(data.replace(b"1432-01", b"11432-0"))
    with pytest.raises(al.InputError, match="holds no results"):
        store.read(file)


@pytest.mark.slow
def test_commands_use_results_or_refuse_them(finished: Path, tmp_path: Path) -> None:
    """One of the files is damaged, or says something else of itself."""
    shutil.copytree(finished, tmp_path, dirs_exist_ok=True)
    kept = {each: each.read_bytes() for each in files(tmp_path / "results" / store.RESULT)}
    for number in range(40):
        chance = random.Random(number)
        file = chance.choice([*kept])
        file.write_bytes(hostile.damaged(chance, file, kept[file]))
        if chance.random() < 0.5:
            hostile.seal(tmp_path / "results" / store.RESULT)
        done = command(tmp_path, *chance.choice(COMMANDS))
        assert done.exit_code in (0, 2), (number, done.output)
        for each, data in kept.items():
            each.write_bytes(data)


# -- what is no file, leads elsewhere or asks for more than there is -------------------------------


PIPES = [
    ("result.zarr/trade/zarr.json", "results", 2),
    ("result.zarr/zarr.json", "results", 2),
    ("result.zarr/trade/c.0.0", "results", 2),
    ("comparison.nc", "results/comparison.nc", 2),
    ("log_run_1.txt", "results", 0),
    ("discovery.json", "results", 0),
]


@posix
@pytest.mark.parametrize(("name", "given", "code"), PIPES)
def test_pipes_are_not_waited_for(
    finished: Path, tmp_path: Path, name: str, given: str, code: int
) -> None:
    shutil.copytree(finished, tmp_path, dirs_exist_ok=True)
    pipe = tmp_path / "results" / name
    pipe.unlink(missing_ok=True)
    os.mkfifo(pipe)
    found = ended(tmp_path, "-m", "alliance_sim", "report", given, "--out", "page.html")
    assert found.code == code, found.err


@posix
def test_a_pipe_of_claims_is_not_waited_for(finished: Path, tmp_path: Path) -> None:
    shutil.copytree(finished, tmp_path, dirs_exist_ok=True)
    os.mkfifo(tmp_path / "pipe")
    found = ended(tmp_path, "-m", "alliance_sim", "report", "results", "--claims", "pipe")
    assert found.code == 2
    assert "cannot read 'pipe': it is no regular file" in found.err


@posix
def test_links_in_place_of_files_are_replaced(finished: Path, tmp_path: Path) -> None:
    shutil.copytree(finished, tmp_path, dirs_exist_ok=True)
    other = hostile.put(tmp_path / "other", "mine")
    results = tmp_path / "results"
    for name in ("summary.csv", "blocs.nc", "blocs.nc.part", "blocs.json", "blocs.png"):
        (results / name).unlink(missing_ok=True)
        (results / name).symlink_to(other)
    for words in (("run", "--runs=8", "--no-plots"), ("blocs", "--runs=4", "--workers=1")):
        done = command(tmp_path, words[0], "self.yaml", *words[1:], "--out=results")
        assert done.exit_code == 0, done.output
    assert other.read_text() == "mine"
    for name in ("summary.csv", "blocs.nc", "blocs.json", "blocs.png"):
        assert not (results / name).is_symlink()


@posix
@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("plots", ("plot", "results")),
        ("plots", ("run", "self.yaml", "--runs=8", "--out=results")),
        ("export", ("export", "results", "--format=csv")),
        (store.BASELINE, ("run", "self.yaml", "--runs=8", "--out=results")),
    ],
)
def test_folders_that_lead_elsewhere_are_refused(
    finished: Path, tmp_path: Path, name: str, words: tuple[str, ...]
) -> None:
    shutil.copytree(finished, tmp_path, dirs_exist_ok=True)
    (tmp_path / "other").mkdir()
    (tmp_path / "results" / name).symlink_to(tmp_path / "other")
    done = command(tmp_path, *words)
    assert done.exit_code == 2, done.output
    assert "is a link that leads elsewhere" in done.output
    assert not [*(tmp_path / "other").iterdir()]


def netcdf_of(count: int, dims: int) -> bytes:
    """The start of a NetCDF file with one variable of so many floats, and so many dimensions."""
    name = struct.pack(">I4s", 1, b"v")
    lengths = struct.pack(">4sIII", b"CDF\2", 0, 10, dims)
    lengths += name + struct.pack(">I", count) + (name + struct.pack(">I", 1)) * (dims - 1)
    variable = struct.pack(">IIII", 0, 0, 11, 1) + name + struct.pack(">II", 1, 0)
    variable += struct.pack(">IIII", 0, 0, 5, 4 * count)
    return lengths + variable + struct.pack(">Q", len(lengths) + len(variable) + 8)


@posix
@pytest.mark.parametrize(
    ("count", "dims", "told"),
    [(250_000_000, 1, "holds 1,000 MB"), (1, 300_000, "a list of 300000")],
)
def test_netcdf_that_asks_for_more_than_it_brings(
    tmp_path: Path, count: int, dims: int, told: str
) -> None:
    file = tmp_path / "some.nc"
    file.write_bytes(netcdf_of(count, dims))
    os.truncate(file, file.stat().st_size + 4 * count)
    tracemalloc.start()
    try:
        with pytest.raises(al.InputError, match=told):
            store.read(file)
        assert tracemalloc.get_traced_memory()[1] < MOST_MEMORY
    finally:
        tracemalloc.stop()


def test_netcdf_that_brings_what_it_says_is_read(tmp_path: Path) -> None:
    file = tmp_path / "some.nc"
    file.write_bytes(netcdf_of(3, 1) + struct.pack(">fff", 1, 2, 3))
    assert store.read(file)["v"].to_numpy().tolist() == [1, 2, 3]
