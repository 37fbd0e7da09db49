"""Lines of JSON that Arrow's parser does not take for the schema's types, by way of text."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.types as pat

from records_mover.errors import BadRowError
from records_mover.formats.delimited import convert
from records_mover.formats.names import PLAIN_CSV

if TYPE_CHECKING:
    from collections.abc import Callable

    from records_mover.formats.delimited.records import Chunk

__all__ = ["ISO", "as_text", "typed"]

# Times and dates in JSON are strings; these hints say that they are in ISO 8601.
ISO = PLAIN_CSV.validate()


def as_text(kind: pa.DataType) -> pa.DataType:
    """Return the type of a column whose numbers are in quotes."""
    if pat.is_list(kind):
        return pa.list_(kind.value_field.with_type(as_text(kind.value_type)))
    return kind if pat.is_boolean(kind) or pat.is_null(kind) else pa.string()


def typed(array: pa.Array, field: pa.Field, chunk: Chunk, source: str) -> pa.Array:
    """Return the column of a type, of what was parsed ``as_text``; the first bad line is named."""
    try:
        return _converted(array, field.type)
    except pa.ArrowInvalid as err:
        raise _bad_value(array, field, chunk, source) from err


def _converted(array: pa.Array, kind: pa.DataType) -> pa.Array:
    if array.type == kind:
        return array
    if pat.is_list(kind):
        items = _converted(array.values, kind.value_type)
        buffers = array.buffers()[:2]
        return pa.Array.from_buffers(
            kind, len(array), buffers, array.null_count, array.offset, [items]
        )
    return convert.converter(kind, ISO)(array)


def _bad_value(array: pa.Array, field: pa.Field, chunk: Chunk, source: str) -> BadRowError:
    row = _first(lambda length: _fails(array.slice(0, length), field.type), len(array)) - 1
    lines = [number for number, line in enumerate(chunk.data.split(b"\n")) if line.strip()]
    line = chunk.first_line + lines[min(row, len(lines) - 1)]
    where = f"{source or 'line'}{':' if source else ' '}{line}"
    value = str(array[row].as_py())[:200]
    what = f"{where}: '{value}' in the column '{field.name}' is no {field.type}"
    advice = "mend the value, or give the column another type"
    return BadRowError(
        what, advice, source=source or None, line=line, column=field.name, value=value
    )


def _fails(array: pa.Array, kind: pa.DataType) -> bool:
    try:
        _converted(array, kind)
    except pa.ArrowInvalid:
        return True
    return False


def _first(fails: Callable[[int], bool], high: int) -> int:
    """Return the least length that fails, where ``high`` is known to."""
    low = 0
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if fails(middle) else (middle, high)
    return high
