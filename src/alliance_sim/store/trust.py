"""Whether a folder is a store as this library writes it, before anything in it is decoded.

Results are passed around, and what comes from elsewhere is not to be believed: a description can
ask for any amount of memory, name any codec, or lead out of the folder by a link.
"""

from __future__ import annotations

import json
import math
import os
from pathlib import Path
from typing import Any

from alliance_sim.files import regular_bytes
from alliance_sim.rng import BLOCK

CHECKSUM, CHECKSUM_BYTES = "checksum", 16
"""The array of the checksums of blocks, and the bytes of each."""
_CODECS = frozenset({"bytes", "crc32c", "vlen-utf8"})  # none of them unpacks, none runs anything
_MOST_DESCRIPTION = 2**23
"""Bytes; as JSON so many can take thirty times the memory."""
_MOST_RUNS = 10**9
_MOST_OF_A_BLOCK = 2**28
_MOST_LABELS = 10**6
_MOST_AXES, _LONGEST_AXIS = 8, 10**9


class DistrustError(Exception):
    """A folder is no store as this library writes it; the message says in what."""


def check_store(path: Path) -> None:
    """Raise DistrustError unless everything in a folder is as it is written here.

    Raises:
        DistrustError: where something is otherwise.
        OSError: where it cannot be read.
    """
    runs = _description(path).get("attributes", {}).get("runs")
    if type(runs) is not int or not 1 <= runs <= _MOST_RUNS:
        raise DistrustError("it does not say how many runs it has")
    with os.scandir(path) as entries:
        arrays = {each.name: each for each in entries if each.name != "zarr.json"}
    for name, entry in arrays.items():
        if entry.is_symlink() or not entry.is_dir():
            raise DistrustError(f"'{name}' is no array")
        _check_files(path / name)
        told = _description(path / name)
        _check_array(name, told)
        _check_texts(path / name, told)
    if CHECKSUM not in arrays:
        raise DistrustError("it has no checksums")


def _check_files(folder: Path) -> None:
    """Raise DistrustError where something in an array is a link, a pipe or a device."""
    with os.scandir(folder) as entries:
        for each in entries:
            if each.is_dir(follow_symlinks=False):
                _check_files(Path(each))
            elif not each.is_file(follow_symlinks=False):
                raise DistrustError(f"'{each.name}' in '{folder.name}' is no regular file")


def _description(folder: Path) -> dict[str, Any]:
    """What Zarr says of a group or an array."""
    file = folder / "zarr.json"
    if file.is_symlink():
        raise DistrustError(f"'{file.name}' is a link")
    text = regular_bytes(file, _MOST_DESCRIPTION)
    if len(text) > _MOST_DESCRIPTION:
        raise DistrustError(f"'{file.name}' is too large")
    try:
        found = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise DistrustError(f"the description in '{folder.name}' is damaged") from error
    if not isinstance(found, dict) or found.get("zarr_format") != 3:
        raise DistrustError(f"the description in '{folder.name}' is not of Zarr 3")
    return found


def _check_array(name: str, told: dict[str, Any]) -> None:
    """Raise DistrustError unless an array is small enough, and in codecs that are harmless."""
    try:
        codecs = {each["name"] for each in told["codecs"]}
        shape, chunk = [*told["shape"]], [*told["chunk_grid"]["configuration"]["chunk_shape"]]
        rows = (told.get("dimension_names") or [None])[0]
    except (LookupError, TypeError) as error:
        raise DistrustError(f"the description of '{name}' is damaged") from error
    if not codecs <= _CODECS:
        raise DistrustError(f"'{name}' is packed by {', '.join(sorted(map(str, codecs)))[:80]}")
    sizes = [*shape, *chunk]
    if len(sizes) > 2 * _MOST_AXES or not all(map(_is_size, sizes)):
        raise DistrustError(f"'{name}' has sizes that no results have")
    if rows == "run":
        fits = chunk == [BLOCK, *shape[1:]] and 8 * math.prod(chunk) <= _MOST_OF_A_BLOCK
    elif name == CHECKSUM:
        fits = chunk == [1, CHECKSUM_BYTES] and shape[1:] == [CHECKSUM_BYTES]
    else:
        fits = math.prod(shape) <= _MOST_LABELS and math.prod(chunk) <= _MOST_LABELS
    if not fits:
        raise DistrustError(f"'{name}' has sizes {shape} in pieces of {chunk}")


def _is_size(value: object) -> bool:
    return type(value) is int and 0 <= value <= _LONGEST_AXIS


def _check_texts(folder: Path, told: dict[str, Any]) -> None:
    """Raise DistrustError where a chunk of texts says that it holds more than there is room for.

    Its decoder believes the number that the chunk begins with.
    """
    if all(each["name"] != "vlen-utf8" for each in told["codecs"]):
        return
    room = math.prod(told["chunk_grid"]["configuration"]["chunk_shape"])
    for file in folder.rglob("c*"):
        for chunk in file.rglob("*") if file.is_dir() else [file]:
            if chunk.is_file():
                with chunk.open("rb") as opened:
                    said = int.from_bytes(opened.read(4), "little")
                if said > room:
                    raise DistrustError(
                        f"a chunk of '{folder.name}' says that it holds {said} texts"
                    )
