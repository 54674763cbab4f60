"""The text that a file holds."""

from __future__ import annotations

import codecs
from pathlib import Path

from alliance_sim.errors import Problem
from alliance_sim.files import regular_bytes
from alliance_sim.load.tree import Mark


def text_of(path: Path, most: int) -> str | Problem:
    """What a file holds, or why it cannot be read.

    Args:
        path: the file, in UTF-8 with or without its mark.
        most: largest size in bytes; a multiple of a million.
    """
    mark = Mark(str(path))
    try:
        data = regular_bytes(path, most).removeprefix(codecs.BOM_UTF8)
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
