"""What the header of a table in CSV means: which form the table has, and where it is unusual."""

from __future__ import annotations

import re
import unicodedata
from typing import Literal

from alliance_sim.load.csv_cells import Cell
from alliance_sim.spec.blocs import is_letter_like

Form = Literal["dyads", "stances", "square", "unclear", "headless"]

_SIZES = ("size", "other_size")
_DYAD = ("actor", "other", "propensity")
_FROM_TO = frozenset({("source", "target"), ("from", "to"), ("sender", "receiver")})
"""What other programs call the two ends of a tie."""
_TO = frozenset(each for _, each in _FROM_TO) | {"other"}
_ACCENTS = re.compile("[\u0300-\u036f]")


def identifier(text: str) -> str | None:
    """An id made of a name: 'Côte d'Ivoire' is cote_d_ivoire; None where nothing is left.

    Letters of all scripts stay; capitals and accents do not tell actors apart.
    """
    bare = _ACCENTS.sub("", unicodedata.normalize("NFKD", text))
    folded = unicodedata.normalize("NFC", bare.casefold())
    parts = (each if is_letter_like(each) else " " for each in folded)
    key = "_".join("".join(parts).split())
    if not key:
        return None
    return key if key[0].isalpha() else f"actor_{key}"


def tidied(header: list[Cell], rows: list[list[Cell]]) -> list[Cell]:
    """The header without empty fields at its end, and with the corner that some leave out."""
    while len(header) > 1 and not header[-1].text:
        header = header[:-1]
    first = header[0].text
    longer = all(len(row) == len(header) + 1 for row in rows)
    if first and longer and any(row[0].text == first for row in rows):
        return [Cell("", header[0].mark), *header]
    return header


def understood(header: list[Cell], rows: list[list[Cell]]) -> tuple[Form, list[str]]:
    """The form of a table, and what its columns are called in that form."""
    names = [cell.text.lower() for cell in header]
    if set(_DYAD) <= set(names):
        return "dyads", names
    if "position" in names:
        return "stances", names
    if not names[0] or _is_square(header, rows):
        return "square", names
    if any(cell.number is not None for cell in header):
        return "headless", names
    renamed = _two_names_and_a_number(names, rows)
    return ("dyads" if renamed or "other" in names else "unclear"), renamed or names


def _is_square(header: list[Cell], rows: list[list[Cell]]) -> bool:
    columns = {identifier(cell.text) for cell in header[1:] if cell.text}
    alike = any(identifier(row[0].text) in columns for row in rows)
    numbers = all(cell.number is not None for cell in header)
    return alike and not numbers and not _is_text(rows, 1)


def _two_names_and_a_number(names: list[str], rows: list[list[Cell]]) -> list[str] | None:
    """Columns called as here, where they are plainly the two ends of a tie and its number."""
    places = [place for place, name in enumerate(names) if name not in _SIZES]
    if len(places) != len(_DYAD) or len(set(names)) < len(names):
        return None
    one, other, value = places
    if names[one] in _TO:
        return None  # the ends stand the other way round
    if (names[one], names[other]) not in _FROM_TO and not _is_text(rows, other):
        return None
    if not any(len(row) > value and row[value].number is not None for row in rows):
        return None
    renamed = list(names)
    for place, name in zip(places, _DYAD, strict=True):
        renamed[place] = name
    return renamed


def _is_text(rows: list[list[Cell]], place: int) -> bool:
    """Whether a column holds names in all rows that say anything there, and in one at least."""
    cells = [row[place] for row in rows if len(row) > place and row[place].text]
    return bool(cells) and all(cell.number is None for cell in cells)
