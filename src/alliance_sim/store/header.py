"""What the header of a NetCDF file asks for, looked at before a library believes it.

The format is that of the NetCDF classic file: a magic number, the number of records, and lists of
dimensions, attributes and variables ("The NetCDF Classic Format Specification", Unidata).
"""

from __future__ import annotations

import math
import os
import struct
from pathlib import Path

from alliance_sim.files import regular_bytes
from alliance_sim.store.trust import DistrustError

_MOST_HEADER = 2**23
"""Bytes; the scenario, which stands in it as text, has at most 1 MB as a file."""
_MOST_NAMED = 4_096
"""Dimensions and variables, and attributes of each; a judgement, far above what is written here."""
_FREE = 2**26
"""Bytes of data that may be asked for whatever there is on disk."""
_MOST_PACKED = 4
"""Times the bytes on disk that data may have; file systems pack, and leave holes out."""
_MOST_DATA = 2**33
_SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 4, 6: 8}
"""Bytes of a value by the number of its type: byte, char, short, int, float, double."""


def check_header(path: Path) -> None:
    """Raise an error unless a file is NetCDF 3 that asks for no more than it brings.

    Raises:
        ValueError: where it is something else.
        DistrustError: where it asks for more.
        OSError: where it cannot be read.
    """
    data = regular_bytes(path, _MOST_HEADER)
    try:
        asked = _Header(data).bytes_of_data()
    except (struct.error, LookupError) as error:
        raise ValueError("its header is damaged") from error
    about = os.stat(path)
    on_disk = min(about.st_size, 512 * getattr(about, "st_blocks", about.st_size))
    if asked > min(_MOST_DATA, max(_FREE, _MOST_PACKED * on_disk)):
        raise DistrustError(f"it says that it holds {asked / 1e6:,.0f} MB")


class _Header:
    """Steps through a header."""

    def __init__(self, data: bytes) -> None:
        self.data, self.at = data, 4
        if data[:3] != b"CDF" or data[3:4] not in (b"\1", b"\2"):
            raise ValueError("it is no NetCDF 3")
        self.wide = data[3] == 2

    def bytes_of_data(self) -> int:
        """Bytes of all variables together."""
        records = self._number()
        dims = []
        for _ in range(self._count()):
            self._skip_name()
            dims.append(self._number() or records)  # the dimension of records has no length
        self._skip_attributes()
        total = 0
        for _ in range(self._count()):
            self._skip_name()
            shape = [dims[self._number()] for _ in range(self._counted())]
            self._skip_attributes()
            total += math.prod(shape) * _SIZES[self._number()]
            self.at += 12 if self.wide else 8  # its size in the file, and where it begins
        return total

    def _number(self) -> int:
        [found] = struct.unpack_from(">I", self.data, self.at)
        self.at += 4
        return int(found)

    def _counted(self) -> int:
        found = self._number()
        if found > _MOST_NAMED:
            raise DistrustError(f"its header has a list of {found}")
        return found

    def _count(self) -> int:
        """The length of a list, which comes after a number for its kind."""
        self.at += 4
        return self._counted()

    def _skip(self, size: int) -> None:
        self.at += size + -size % 4

    def _skip_name(self) -> None:
        self._skip(self._number())

    def _skip_attributes(self) -> None:
        for _ in range(self._count()):
            self._skip_name()
            size = _SIZES[self._number()]
            self._skip(size * self._number())
