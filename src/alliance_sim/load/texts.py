"""The text that a file holds."""

from __future__ import annotations

import codecs
import os
from pathlib import Path

from alliance_sim.errors import Problem
from alliance_sim.load.tree import Mark


def text_of(path: Path, most: int) -> str | Problem:
    """What a file holds, or why it cannot be read.

    Args:
        path: the file, in UTF-8 with or without its mark.
        most: largest size in bytes; a multiple of a million.
    """
    mark = Mark(str(path))
    try:
        data = _bytes_of(path, most + 1).removeprefix(codecs.BOM_UTF8)
    except (OSError, ValueError) as error:  # ValueError: a null character in the name
        reason = str(getattr(error, "strerror", None) or error).lower()
        return mark.problem(f"the file cannot be read: {reason}", "give a readable file")
    if len(data) > most:
        what = f"the file is larger than {most // 1_000_000} MB"
        return mark.problem(what, "split it, or take out bulk data")
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        before = data[: error.start].decode()
        line, start = before.count("\n") + 1, before.rfind("\n") + 1
        return Mark(str(path), line, len(before) - start + 1).problem(
            f"byte 0x{data[error.start]:02x} is not UTF-8 text",
            "save the file with the encoding UTF-8",
        )


def _bytes_of(path: Path, most: int) -> bytes:
    """What a file begins with; raises OSError where it is no file, but a device or a pipe."""
    if path.exists() and not path.is_file():
        # Reading from those may never end, and opening them may wait forever.
        raise OSError("it is a folder" if path.is_dir() else "it is no regular file")
    with open(path, "rb", opener=_at_once) as file:
        found: bytes | None = file.read(most)
    if found is None:
        raise OSError("there is nothing in it yet")
    return found


def _at_once(name: str, flags: int) -> int:
    """Open a file that is read without waiting; there are such as wait for what is to come."""
    return os.open(name, flags | getattr(os, "O_NONBLOCK", 0))
