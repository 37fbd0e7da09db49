"""What a COPY is told of each column: how it is written, and what is made of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mover_vertica.statements import CopyColumn
from mover_vertica.types import LONG_BYTES, field_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mover_vertica.catalog import Described

__all__ = ["FILLED", "arrow_columns", "text_columns"]

FILLED = CopyColumn(name="row", filler="boolean")
"""A field that is in every row, so that none is empty: an empty line is no row to COPY."""

_FROM_HEX = "HEX_TO_BINARY(CASE WHEN SUBSTR({0}, 1, 2) = '\\x' THEN SUBSTR({0}, 3) ELSE {0} END)"


def _types(table: Described) -> dict[str, str]:
    return {column.name.lower(): column.type for column in table.columns}


def text_columns(
    table: Described, names: Sequence[str], formats: Mapping[str, str]
) -> tuple[CopyColumn, ...]:
    r"""Return the columns of text as others write it: bytes as ``\x6162``, dates by the hints."""
    types = _types(table)
    return tuple(_text_column(name, types.get(name.lower(), ""), formats) for name in names)


def _text_column(name: str, kind: str, formats: Mapping[str, str]) -> CopyColumn:
    known = field_of(name, kind).field_type
    if known == "bytes":
        return CopyColumn(name=name, filler=f"long varchar({LONG_BYTES})", made=_FROM_HEX)
    return CopyColumn(name=name, format=formats.get(known, ""))


def arrow_columns(table: Described, names: Sequence[str]) -> tuple[CopyColumn, ...]:
    """Return the columns of rows that are written here: bytes in hexadecimal digits."""
    types = _types(table)
    return tuple(
        CopyColumn(
            name=name,
            format="hex"
            if field_of(name, types.get(name.lower(), "")).field_type == "bytes"
            else "",
        )
        for name in names
    )
