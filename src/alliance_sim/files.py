"""Files that may be other than they look: read only where regular, written without following.

Folders of results are passed around. A pipe in the place of a file would be waited for without
end, and a link would lead a writer to a file that nobody meant.
"""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from alliance_sim.errors import InputError, Problem


def check_regular(path: Path) -> None:
    """Raise OSError where a path is there and is no file, but a folder, a pipe or a device."""
    if path.exists() and not path.is_file():
        # Reading from those may never end, and opening them may wait forever.
        raise OSError("it is a folder" if path.is_dir() else "it is no regular file")


def regular_bytes(path: Path, most: int) -> bytes:
    """What a file holds, up to ``most`` bytes and one more, by which what is longer is known.

    Raises:
        OSError: where it cannot be read, or is no file, but a folder, a pipe or a device.
        ValueError: where there is a null character in the name.
    """
    check_regular(path)
    with open(path, "rb", opener=_at_once) as file:
        found: bytes | None = file.read(most + 1)
    if found is None:
        raise OSError("there is nothing in it yet")
    return found


def regular_text(path: Path, most: int) -> str:
    """The UTF-8 text that a file holds.

    Raises:
        OSError: where it cannot be read, is no file, or is longer than ``most`` bytes.
        ValueError: where it is no such text, or there is a null character in the name.
    """
    found = regular_bytes(path, most)
    if len(found) > most:
        raise OSError(f"it is larger than {most / 1e6:.0f} MB")
    return found.decode()


def _at_once(name: str, flags: int) -> int:
    """Open a file that is read without waiting; there are such as wait for what is to come."""
    return os.open(name, flags | getattr(os, "O_NONBLOCK", 0))


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """A new file beside a path, to be written in here, which then takes its place whole.

    A link in that place is replaced rather than followed. Where writing fails, what was there
    stays.

    Raises:
        OSError: where it cannot be written, or something stands there that is no file.
    """
    check_regular(path)
    part = path.with_name(f".{uuid.uuid4().hex}{path.suffix}")
    os.close(os.open(part, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o666))
    try:
        yield part
        os.replace(part, path)
    except BaseException:
        part.unlink(missing_ok=True)
        raise


def write_text(path: Path, text: str) -> None:
    """Write a text in place of what stands in a file, whole or not at all."""
    with replacing(path) as part:
        part.write_text(text, encoding="utf-8")


def check_inside(folder: Path, names: Iterable[str]) -> None:
    """Refuse a folder in which one of these names is a link that leads out of it.

    Raises:
        InputError: with every such link.
    """
    whole = Path(os.path.realpath(folder))
    out = [
        folder / name
        for name in names
        if (folder / name).is_symlink()
        and whole not in Path(os.path.realpath(folder / name)).parents
    ]
    mend = "remove the link, or choose another folder with --out"
    if out:
        raise InputError(Problem(f"'{each}' is a link that leads elsewhere", mend) for each in out)
