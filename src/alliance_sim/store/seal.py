"""A checksum over what a store of runs says of itself, as blocks have one over their numbers.

It covers the attributes, what the arrays are, and the names and months in those that have no runs.
It finds what was damaged or edited, and is no signature: who edits a store can make it anew.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from alliance_sim.store.trust import CHECKSUM

if TYPE_CHECKING:
    import zarr

SEAL = "seal"
"""The attribute that it stands in."""
_BEFORE = ("1.0", "1.1")


def seal_of(group: zarr.Group, attributes: Mapping[str, Any]) -> str:
    """The checksum of a store that has these attributes."""
    digest = hashlib.blake2b(digest_size=16)
    _add(digest, {key: each for key, each in attributes.items() if key != SEAL})
    for name, array in sorted(group.arrays()):
        about: Any = array.metadata
        dims = about.dimension_names or ()
        grows = "run" in dims or name == CHECKSUM
        shape = array.shape[grows:]
        _add(digest, [name, dims, shape, str(array.dtype), str(array.fill_value)])
        _add(digest, array.attrs.asdict())
        if not grows:
            values = np.asarray(array[...])
            text = values.dtype.kind not in "biufM"
            digest.update(_of_texts(values) if text else values.tobytes())
    return digest.hexdigest()


def is_sealed(group: zarr.Group, attributes: Mapping[str, Any]) -> bool:
    """Whether a store is as it was written; formats before 1.2 had no seal."""
    if attributes["format"] in _BEFORE:
        return True
    return attributes.get(SEAL) == seal_of(group, attributes)


def _of_texts(values: npt.NDArray[Any]) -> bytes:
    return json.dumps([str(each) for each in values.ravel()]).encode()


def _add(digest: Any, value: object) -> None:
    digest.update(json.dumps(value, sort_keys=True).encode())
