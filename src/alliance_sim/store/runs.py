"""Runs on disk: a Zarr store that grows block by block, each block known to be whole.

The store is a Zarr group like any other: ``xarray.open_zarr(path, consolidated=False)`` opens it
without this library. Every variable has one chunk for a block of runs, so that a block is written
by whoever ran it without asking anybody. A block counts once its checksum stands in the store, and
only while its numbers give that checksum: what was cut short, lost or altered is found out.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import uuid
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from alliance_sim.errors import AllianceSimError, InputError, Problem
from alliance_sim.results import FAILURE, with_failed, without_failed
from alliance_sim.rng import BLOCK
from alliance_sim.store.netcdf import with_far_months_as_text, with_months_as_dates
from alliance_sim.store.seal import SEAL, is_sealed, seal_of
from alliance_sim.store.trust import CHECKSUM, CHECKSUM_BYTES, DistrustError, check_store

if TYPE_CHECKING:
    import xarray as xr
    import zarr

FORMAT = "1.2"
"""Version of the format. The first number changes where older readers would go wrong."""
_KNOWN = FORMAT.split(".", maxsplit=1)[0]
_ORDER = "variables"
_LOCK = f"{CHECKSUM}/.lock"  # beside the chunks of an array, where no reader of a group looks
_IN_MEMORY = 2**28
"""Bytes up to which results are read at once rather than when they are looked at."""


# -- making -------------------------------------------------------------------------------------


def create(path: Path, like: xr.Dataset, runs: int) -> None:
    """Make an empty store for so many runs of what ``like`` has; put in place whole.

    Args:
        path: where; nothing may be there yet.
        like: results of any number of runs, for names, units, coordinates and attributes.
        runs: number of runs.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    part = _beside(path)
    try:
        like = like.drop_dims([name for name, size in like.sizes.items() if not size])
        order = [str(name) for name in like.data_vars if name != FAILURE]
        attributes = {**_plain(like.attrs), "runs": runs, "format": FORMAT, _ORDER: order}
        without_runs = with_far_months_as_text(like.drop_dims("run").assign_attrs(attributes))
        plain = _with_plain_text(without_runs)
        bare: dict[Any, Any] = {name: {"compressors": ()} for name in plain.variables}
        plain.to_zarr(part, zarr_format=3, consolidated=False, mode="w", encoding=bare)
        group = _group(part, "r+")
        for name, each in like.data_vars.items():
            _make(group, str(name), each, runs)
        group.create_array(
            CHECKSUM,
            shape=(count(runs), CHECKSUM_BYTES),
            chunks=(1, CHECKSUM_BYTES),
            dtype=np.uint8,
            fill_value=0,
            compressors=None,
            dimension_names=("block", "byte"),
        )
        annotate(part)
        os.rename(part, path)
    except BaseException:
        shutil.rmtree(part, ignore_errors=True)
        raise


def _make(group: zarr.Group, name: str, like: xr.DataArray, runs: int) -> None:
    """An empty array of a variable; runs come first, and a block of them is a chunk."""
    from zarr.codecs import Crc32cCodec

    rest = like.shape[1:]
    group.create_array(
        name,
        shape=(runs, *rest),
        chunks=(BLOCK, *rest),
        dtype=str if name == FAILURE else like.dtype,
        fill_value={"f": np.nan, "i": -1}.get(like.dtype.kind, ""),
        dimension_names=[str(dim) for dim in like.dims],
        chunk_key_encoding={"name": "default", "separator": "."},
        # Noise hardly shrinks, and what is not packed cannot unpack to more than it is.
        compressors=[Crc32cCodec()],
        attributes=_plain(like.attrs),
    )


def extend(path: Path, runs: int) -> None:
    """Make room for so many runs; what is there stays, but for a last block that is part of one.

    Mends a store left half extended.
    """
    group = _group(path, "r+")
    sums: Any = group[CHECKSUM]
    held = int(group.attrs["runs"])  # type: ignore[arg-type]
    if held < runs and held % BLOCK:
        sums[held // BLOCK] = 0  # it is run again, with others, and until then is not there
    for name in _names(group):
        array: Any = group[name]
        array.resize((runs, *array.shape[1:]))
    sums.resize((count(runs), CHECKSUM_BYTES))
    _say(group, {"runs": runs})


def remove(path: Path) -> None:
    """Take a store away; it is gone at once or not at all."""
    gone = _beside(path)
    os.rename(path, gone)
    shutil.rmtree(gone)


def _beside(path: Path) -> Path:
    """A name that nothing has, in the same folder."""
    return path.with_name(f".{path.name}.{uuid.uuid4().hex}")


def write(data: xr.Dataset, path: Path) -> Path:
    """Write runs that are in memory, in place of what is there; runs that failed stay told of."""
    complete = with_failed(data)
    if path.exists():
        remove(path)
    create(path, complete, complete.sizes["run"])
    for block in range(count(complete.sizes["run"])):
        put(path, block, complete.isel(run=slice(block * BLOCK, (block + 1) * BLOCK)))
    return path


# -- blocks -------------------------------------------------------------------------------------


def put(path: Path, block: int, part: xr.Dataset) -> None:
    """Write the runs of a block; its checksum comes last."""
    group, where = _group(path, "r+"), _places(block, part.sizes["run"])
    values = {name: part[name].to_numpy() for name in _names(group)}
    for name, each in values.items():
        array: Any = group[name]
        array[where] = each
    sums: Any = group[CHECKSUM]
    sums[block] = _checksum(values)


def annotate(path: Path, **attributes: str) -> None:
    """Add to what a store says of itself, and seal it."""
    _say(_group(path, "r+"), attributes)


def _say(group: zarr.Group, attributes: dict[str, Any]) -> None:
    """Set attributes and seal in one write: of two, the first alone would be refused for good."""
    said = {**group.attrs.asdict(), **attributes}
    group.update_attributes({**attributes, SEAL: seal_of(group, said)})


def progress(path: Path) -> str:
    """How far a store has come, in words."""
    return saved(int(about(path)["runs"]), states(path))


def saved(asked: int, found: Sequence[bool | None]) -> str:
    """How many runs the whole blocks hold, in words."""
    done = sum(_width(block, asked) for block, each in enumerate(found) if each)
    return f"{done:,} of {asked:,} runs are saved"


def kept(path: Path, runs: int) -> int:
    """How many runs of a store stay when it is continued to so many; 0 if there is none."""
    if not path.exists():
        return 0
    held = int(about(path)["runs"])
    widths = [_width(block, held) for block in range(count(held))]
    return sum(
        width
        for block, (width, state) in enumerate(zip(widths, states(path), strict=True))
        if state and width == _width(block, runs)
    )


def spans(blocks: Sequence[int]) -> str:
    """The runs of some blocks, in words."""
    told = ", ".join(f"{each * BLOCK:,} to {(each + 1) * BLOCK - 1:,}" for each in blocks[:4])
    more = f" and {len(blocks) - 4} more blocks" if len(blocks) > 4 else ""
    return f"runs {told}{more}"


def _width(block: int, runs: int) -> int:
    """How many of so many runs a block holds."""
    return max(0, min(BLOCK, runs - block * BLOCK))


def state(path: Path, block: int) -> bool | None:
    """Of a block: True where it is whole, False where damaged, None where not there."""
    return _state(_group(path, "r"), block)


def states(path: Path) -> list[bool | None]:
    """Of each block: True where it is whole, False where damaged, None where not there."""
    group = _group(path, "r")
    found: list[bool | None] = [None] * count(int(group.attrs["runs"]))  # type: ignore[arg-type]
    folder = path / CHECKSUM / "c"
    names = [each.name for each in folder.iterdir()] if folder.is_dir() else []
    there = [int(name) for name in names if name.isdecimal() and int(name) < len(found)]
    with ThreadPoolExecutor() as threads:  # decoding and summing leave the interpreter to others
        for block, state in zip(
            there, threads.map(lambda block: _state(group, block), there), strict=True
        ):
            found[block] = state
    return found


def _state(group: zarr.Group, block: int) -> bool | None:
    try:
        sums: Any = group[CHECKSUM]
        expected = sums[block]
        if not expected.any():
            return None
        runs = _width(block, int(group.attrs["runs"]))  # type: ignore[arg-type]
        where = _places(block, runs)
        arrays: dict[str, Any] = {name: group[name] for name in _names(group)}
        values = {name: np.asarray(array[where]) for name, array in arrays.items()}
        return np.array_equal(expected, _checksum(values))
    except Exception:  # a chunk that was cut or altered breaks its decoder in many ways
        return False


def _checksum(values: Mapping[str, npt.NDArray[Any]]) -> npt.NDArray[np.uint8]:
    """Of the numbers rather than of files, so that equal results have equal checksums."""
    digest = hashlib.blake2b(digest_size=CHECKSUM_BYTES)
    for name in sorted(values):
        each = values[name]
        digest.update(name.encode())
        if name == FAILURE:
            digest.update("\0".join(map(str, each)).encode())
        else:
            digest.update(np.ascontiguousarray(each, each.dtype.newbyteorder("<")).data)
    return np.frombuffer(digest.digest(), np.uint8)


def _places(block: int, runs: int) -> slice:
    return slice(block * BLOCK, block * BLOCK + runs)


def _names(group: zarr.Group) -> list[str]:
    """The variables that have runs."""
    dims: dict[str, Any] = {
        name: getattr(array.metadata, "dimension_names", None) for name, array in group.arrays()
    }
    return [name for name, each in dims.items() if each and each[0] == "run"]


def count(runs: int) -> int:
    """Number of blocks that hold so many runs."""
    return -(-runs // BLOCK)


# -- reading ------------------------------------------------------------------------------------


def about(path: Path) -> dict[str, Any]:
    """What a store says of itself.

    Raises:
        InputError: where it is none, is of a format that this version does not know, or was
            changed after it was written.
    """
    mend = "give a file or folder that a command of alliance-sim wrote"
    try:
        check_store(path)
        group = _group(path, "r")
        _names(group)  # Zarr looks at what each array says of itself only when it is opened
        attributes = group.attrs.asdict()
        known = str(attributes["format"]).split(".", maxsplit=1)[0]
        sealed = known != _KNOWN or is_sealed(group, attributes)
    except FileNotFoundError as error:
        what = f"'{path}' holds no results" if path.exists() else f"there is no folder '{path}'"
        raise InputError([Problem(what, mend)]) from error
    except OSError as error:
        reason = str(error.strerror or error).lower()
        raise InputError([Problem(f"cannot read '{path}': {reason}", "name another")]) from error
    except DistrustError as error:
        what = f"'{path}' holds no results as this library writes them: {error}"
        raise InputError([Problem(what, mend)]) from error
    except Exception as error:  # Zarr raises nearly anything on a folder that is no store
        raise InputError([Problem(f"'{path}' holds no results", mend)]) from error
    if known != _KNOWN:
        told = str(attributes["format"])[:20]
        what = f"'{path}' is in format {told}, and this version reads {FORMAT}"
        raise InputError([Problem(what, "read it with the version of alliance-sim that wrote it")])
    if not sealed:
        what = f"'{path}' was changed after it was written: its names, months or what it says of it"
        raise InputError([Problem(what, "make the results anew")])
    return attributes


def read(path: Path) -> xr.Dataset:
    """The runs of a store: all that are whole, but for those that failed.

    Small results are in memory; large ones are read when they are looked at, variable by
    variable. Attributes tell of what is missing: ``runs`` is the number of runs there are,
    ``unfinished`` how many were asked for where that is more, ``failures`` those that failed.

    Raises:
        InputError: where there is no store, none of its blocks is whole, or one of them is
            damaged.
    """
    asked = int(about(path)["runs"])
    found = states(path)
    _refuse_damage(path, found)
    try:
        return without_failed(_open(path, asked, found))
    except AllianceSimError:
        raise
    except Exception as error:  # what names and months are stored in has no checksum
        what = f"the names or months in '{path}' are damaged"
        raise InputError([Problem(what, "make the results anew")]) from error


def _open(path: Path, asked: int, found: list[bool | None]) -> xr.Dataset:
    """The runs of the whole blocks."""
    import xarray as xr

    data = xr.open_dataset(path, engine="zarr", consolidated=False, chunks=None, cache=False)
    if not all(found):
        kept = np.repeat([bool(each) for each in found], BLOCK)[:asked]
        data = data.isel(run=np.flatnonzero(kept)).assign_attrs(unfinished=asked)
        numbers = np.flatnonzero(kept)
    else:
        numbers = np.arange(asked)
    # The files of a folder have no order; outcomes have that of the scenario.
    data.attrs.pop(SEAL, None)
    data = data[[*data.attrs.pop(_ORDER), FAILURE]]
    data = _with_plain_text(data.assign_coords(run=numbers))
    data = with_months_as_dates(data)
    if data.nbytes <= _IN_MEMORY:
        data = data.load()
    return data


def _refuse_damage(path: Path, found: list[bool | None]) -> None:
    broken = [block for block, state in enumerate(found) if state is False]
    again = "run the same command once more with --resume, which computes what is missing"
    if broken:
        raise InputError([Problem(f"'{path}' is damaged: {spans(broken)}", again)])
    if not any(found):
        raise InputError([Problem(f"'{path}' holds no finished runs yet", again)])


# -- one writer at a time -----------------------------------------------------------------------


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """Keep other processes from writing to a store; one that is killed lets go of it.

    Raises:
        InputError: where another process is writing to it.
    """
    from filelock import FileLock, Timeout

    lock = FileLock(path / _LOCK)
    try:
        lock.acquire(timeout=0)
    except Timeout as error:
        mend = "wait until it is done, or choose another folder with --out"
        raise InputError([Problem(f"another process is writing to '{path}'", mend)]) from error
    try:
        yield
    finally:
        lock.release()


def _group(path: Path, mode: Any) -> zarr.Group:
    import zarr

    return zarr.open_group(path, mode=mode, zarr_format=3)


def _with_plain_text(data: xr.Dataset) -> xr.Dataset:
    """Text of any length as Python has it: other kinds are not the same everywhere."""
    return data.assign_coords(
        {
            name: (each.dims, each.to_numpy().astype(object), each.attrs)
            for name, each in data.coords.items()
            if each.dtype.kind in "UT"
        }
    )


def _plain(attributes: Mapping[Any, Any]) -> dict[str, Any]:
    """Attributes as JSON can hold them."""
    return {
        str(key): value.tolist() if isinstance(value, np.ndarray | np.generic) else value
        for key, value in attributes.items()
    }
