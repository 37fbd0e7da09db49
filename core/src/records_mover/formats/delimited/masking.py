r"""Text that Arrow's parser cannot take as it is, made so that it can, and put right afterwards.

Arrow ends rows at ``\n`` and ``\r`` only and knows delimiters of one ASCII character. Bytes that
would mislead it are swapped for bytes that never occur in UTF-8, and swapped back in the columns.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.types as pat

from records_mover.errors import BadRowError

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from records_mover.formats.delimited.dialect import Dialect
    from records_mover.formats.delimited.hints import ValidatedRecordsHints

__all__ = ["Masked", "escapes", "mask"]

# No byte of 0xF8..0xFF occurs in UTF-8.
_NEWLINE, _RETURN, _UNIT, _NUL = b"\xff", b"\xfe", b"\xfd", b"\x00"
_STAND_IN = "\x1f"
_LONE_RETURN = re.compile(rb"\r(?!\n)")


@dataclass(frozen=True, slots=True)
class Masked:
    """A chunk that Arrow can parse, and what to swap back in its text columns."""

    data: bytes
    delimiter: str
    null_values: list[str]
    swapped: tuple[tuple[bytes, bytes], ...] = field(default=())

    def text_type(self, native: pa.DataType | None) -> pa.DataType:
        """Return the type to parse a column as; bytes while stand-ins may be in its text."""
        kind = native or pa.string()
        return pa.binary() if self.swapped and pat.is_string(kind) else kind

    def unmask(self, array: pa.Array) -> pa.Array:
        """Return the column with the original bytes in its text."""
        if not self.swapped or not pat.is_binary(array.type):
            return array
        for stand_in, original in self.swapped:
            array = pc.replace_substring(array, stand_in, original)
        return pc.cast(array, pa.string())


def mask(data: bytes, hints: ValidatedRecordsHints, dialect: Dialect) -> Masked:
    """Return the chunk in a form that Arrow parses right."""
    if _NUL in data:
        line = data.count(dialect.line_end, 0, data.index(_NUL))
        what = "a NUL byte stands in the text"
        raise BadRowError(what, "is it UTF-16? check the hint 'encoding'", line=line)
    swapped: list[tuple[bytes, bytes]] = []
    data = _drop_comments(data, dialect)
    data = _rows_end_in_newlines(data, dialect, swapped)
    data, delimiter = _one_byte_delimiter(data, dialect, swapped)
    if not data.endswith((b"\n", b"\r")):
        data += b"\n"
    data, null_values = _mark_nulls(data, hints, dialect, delimiter)
    return Masked(data, delimiter, null_values, tuple(swapped))


def _drop_comments(data: bytes, dialect: Dialect) -> bytes:
    if dialect.comment is None or not dialect.has_comments(data):
        return data
    records = []
    spot = 0
    while spot < len(data):
        match = dialect.record.match(data, spot)
        end = match.end() if match else len(data)
        if not data.startswith(dialect.comment, spot):
            records.append(data[spot:end])
        spot = end
    return b"".join(records)


def _rows_end_in_newlines(
    data: bytes, dialect: Dialect, swapped: list[tuple[bytes, bytes]]
) -> bytes:
    if dialect.terminator == b"\n":
        # A lone return is data, but Arrow would end the row there.
        if b"\r" in data and data.count(b"\r") != data.count(b"\r\n"):
            data = _LONE_RETURN.sub(_RETURN, data)
            swapped.append((_RETURN, b"\r"))
        return data
    if dialect.terminator == b"\r" and b"\n" not in data:
        return data
    for byte, stand_in in ((b"\n", _NEWLINE), (b"\r", _RETURN)):
        if byte in data and byte != dialect.terminator:
            data = data.replace(byte, stand_in)
            swapped.append((stand_in, byte))
    data = data.replace(_masked(dialect.terminator), b"\n")
    if _may_hold_marks(dialect):
        # Quoted or escaped terminators are data; the newlines there can be no others by now.
        swapped.insert(0, (b"\n", dialect.terminator))
    return data


def _may_hold_marks(dialect: Dialect) -> bool:
    return dialect.quote is not None or dialect.escape is not None


def _masked(terminator: bytes) -> bytes:
    if terminator == b"\r":
        return terminator
    return terminator.replace(b"\n", _NEWLINE).replace(b"\r", _RETURN)


def _one_byte_delimiter(
    data: bytes, dialect: Dialect, swapped: list[tuple[bytes, bytes]]
) -> tuple[bytes, str]:
    delimiter = dialect.delimiter
    if len(delimiter) == 1 and delimiter.isascii():
        return data, delimiter.decode()
    stand_in = _STAND_IN.encode()
    if stand_in in data:
        data = data.replace(stand_in, _UNIT)
    data = data.replace(delimiter, stand_in)
    if _may_hold_marks(dialect):
        swapped.append((stand_in, delimiter))
    if _UNIT in data:
        swapped.append((_UNIT, stand_in))
    return data, _STAND_IN


def _mark_nulls(
    data: bytes, hints: ValidatedRecordsHints, dialect: Dialect, delimiter: str
) -> tuple[bytes, list[str]]:
    marker = hints.null_marker
    if marker is None:
        return data, []
    if dialect.escape is None or dialect.escape not in marker.encode():
        return data, [marker]
    return _swap_marker(data, marker.encode(), delimiter.encode())


def _swap_marker(data: bytes, marker: bytes, delimiter: bytes) -> tuple[bytes, list[str]]:
    """Swap a marker that holds the escape, which Arrow would unescape before it looks.

    NUL, which was refused above, takes the place of the marker's backslash.
    """
    stand_in = marker.replace(b"\\", _NUL)
    if marker not in data:
        return data, [stand_in.decode()]
    import numpy as np

    text = np.frombuffer(b"\n" + data + b"\n", np.uint8)
    starts = escaping = escapes(text)
    ends = starts + len(marker)
    edge = np.zeros(256, bool)
    edge[[delimiter[0], 10, 13]] = True
    fits = ends < len(text)
    starts, ends = starts[fits], ends[fits]
    fits = edge[text[starts - 1]] & edge[text[ends]]
    for offset, byte in enumerate(marker):
        fits &= text[starts + offset] == byte
    escaped = np.zeros(len(text) + 1, bool)
    escaped[escaping + 1] = True
    fits &= ~escaped[starts - 1]
    swapped = text.copy()
    for offset, byte in enumerate(stand_in):
        swapped[starts[fits] + offset] = byte
    return swapped[1:-1].tobytes(), [stand_in.decode()]


def escapes(text: npt.NDArray[np.uint8]) -> npt.NDArray[np.int64]:
    """Return where the backslashes stand that escape, and are not escaped themselves."""
    import numpy as np

    spots = np.flatnonzero(text == 92)
    if not len(spots):
        return spots
    # In a run of backslashes the first one escapes the second, the third the fourth.
    fresh = np.concatenate(([True], np.diff(spots) != 1))
    first = np.maximum.accumulate(np.where(fresh, spots, 0))
    escaping: npt.NDArray[np.int64] = spots[(spots - first) % 2 == 0]
    return escaping
