"""Where records end in delimited text, found without looking at each byte in Python."""

from __future__ import annotations

from typing import TYPE_CHECKING, BinaryIO

from records_mover.errors import BadRowError
from records_mover.frozen import frozen

if TYPE_CHECKING:
    from collections.abc import Iterator

    from records_mover.formats.delimited.dialect import Dialect

__all__ = ["Chunk", "chunks", "first_record", "last_boundary", "split_fields"]

CHUNK = 4 << 20
_CACHED = 1 << 18
_LEAST, _MOST = 64 << 10, 64 << 20
_GAPS = 4096
_BACKSLASH = 92
# Past this size a record is taken for a quote that was never closed.
LONGEST_RECORD = 128 << 20


@frozen(kw_only=False)
class Chunk:
    """Whole records in a row, the number of the first one's line, and whether more may follow."""

    data: bytes
    first_line: int
    last: bool


def chunks(
    stream: BinaryIO, dialect: Dialect, *, head: bytes = b"", line: int = 1, size: int = CHUNK
) -> Iterator[Chunk]:
    """Cut a stream of UTF-8 text, and what was read of it already, into chunks of whole records."""
    carry, mark = head, dialect.line_end[0]
    while data := _read(stream, max(size - len(carry), min(len(carry), _MOST), _LEAST)):
        data = carry + data if carry else data
        end = last_boundary(data, dialect)
        if end:
            yield Chunk(data[:end], line, last=False)
            line += _lines(data, end, mark)
        elif len(data) > LONGEST_RECORD:
            raise _endless(line)
        carry = data[end:]
    if carry:
        ended = carry + dialect.terminator
        end = last_boundary(ended, dialect)
        if end < len(ended):
            raise _endless(line + _lines(ended, end, mark))
        yield Chunk(carry, line, last=True)


def _lines(data: bytes, end: int, mark: int) -> int:
    import numpy as np

    text = np.frombuffer(data, np.uint8, end)
    # In pieces that stay in the processor's cache.
    pieces = (text[spot : spot + _CACHED] for spot in range(0, end, _CACHED))
    return sum(int(np.count_nonzero(piece == mark)) for piece in pieces)


def _read(stream: BinaryIO, size: int) -> bytes:
    """Read ``size`` bytes; fewer only at the end, however small the pieces that a pipe gives."""
    data = stream.read(size)
    if not data or len(data) == size:
        return data
    pieces, missing = [data], size - len(data)
    while missing and (data := stream.read(missing)):
        pieces.append(data)
        missing -= len(data)
    return b"".join(pieces)


def _endless(line: int) -> BadRowError:
    what = f"the record that begins on line {line} does not end"
    advice = "a quote may be open: check the hints 'quoting', 'quotechar' and 'escape'"
    return BadRowError(what, advice, line=line)


def last_boundary(data: bytes, dialect: Dialect) -> int:
    """Return where the last whole record of the data ends; the data begins with a record."""
    quoted = dialect.quote is not None and dialect.quote in data
    escaped = dialect.escape is not None and dialect.escape in data
    if not quoted and not escaped:
        found = data.rfind(dialect.terminator)
        return found + len(dialect.terminator) if found >= 0 else 0
    if dialect.has_odd_comments(data):  # counting would take a mark in it for one that counts
        return _by_records(data, dialect)
    boundary = None
    if not escaped:
        boundary = _outside_quotes(data, dialect)
    elif not quoted and len(dialect.terminator) == 1:
        boundary = _not_escaped(data, dialect.terminator)
    return _by_records(data, dialect) if boundary is None else boundary


def _by_records(data: bytes, dialect: Dialect) -> int:
    match = dialect.records.match(data)
    return match.end() if match else 0


def _outside_quotes(data: bytes, dialect: Dialect) -> int | None:
    """Return the boundary by counting quotes; None where a quote stands inside plain text."""
    import numpy as np

    from records_mover.formats.delimited import bitmaps

    quote = dialect.quote or b'"'
    if len(quote) > 1 or not dialect.doublequote:
        return None
    text = np.frombuffer(data, np.uint8)
    quotes = bitmaps.of_byte(text, quote[0])
    quoted = bitmaps.inside(quotes)
    ends = bitmaps.of_byte(text, dialect.terminator[0])
    for offset, byte in enumerate(dialect.terminator[1:], start=1):
        ends &= bitmaps.behind(bitmaps.of_byte(text, byte), offset)
    fine = bitmaps.of_byte(text, dialect.delimiter[-1]) | quotes
    fine |= ends if len(dialect.terminator) == 1 else bitmaps.of_byte(text, dialect.terminator[-1])
    fine = bitmaps.before(fine)
    fine[0] |= np.uint64(1)
    if (quotes & quoted & ~fine).any():
        return None
    last = bitmaps.last(ends & ~quoted)
    return 0 if last is None else last + len(dialect.terminator)


def _not_escaped(data: bytes, terminator: bytes) -> int:
    """Return a boundary where only a backslash makes the end of a row part of a value."""
    import numpy as np

    end = len(data)
    for _ in range(_GAPS):
        end = data.rfind(terminator, 0, end)
        if end < 0:
            return 0
        before = end
        while before and data[before - 1] == _BACKSLASH:
            before -= 1
        if (end - before) % 2 == 0:
            return end + 1
    # So many rows of one value in a row: where no backslash stands before, there is no doubt.
    text = np.frombuffer(data, np.uint8, end)
    sure = np.flatnonzero((text[1:] == terminator[0]) & (text[:-1] != _BACKSLASH))
    return int(sure[-1]) + 2 if len(sure) else 0


def first_record(data: bytes, dialect: Dialect) -> bytes:
    """Return the first record of the data, with its terminator if it has one."""
    match = dialect.record.match(data)
    return match.group() if match else data


def split_fields(record: bytes, dialect: Dialect) -> list[str]:
    """Return the fields of one record, decoded and unquoted."""
    record = _without_end(record, dialect)
    fields, spot = [], 0
    while True:
        match = dialect.field.match(record, spot)
        raw = match.group() if match else record[spot:]
        fields.append(_unquoted(raw, dialect).decode("utf-8", "replace"))
        spot += len(raw) + len(dialect.delimiter)
        if spot > len(record):
            return fields


def _without_end(record: bytes, dialect: Dialect) -> bytes:
    if not record.endswith(dialect.terminator):
        return record
    record = record[: -len(dialect.terminator)]
    if dialect.terminator != b"\n" or not record.endswith(b"\r"):
        return record
    return record if _ends_escaped(record, dialect.escape) else record[:-1]


def _ends_escaped(record: bytes, escape: bytes | None) -> bool:
    """Whether the last character is a value's own, as an odd number of escapes before it says."""
    if escape is None:
        return False
    before = record[:-1]
    return (len(before) - len(before.rstrip(escape))) % 2 == 1


def _unquoted(raw: bytes, dialect: Dialect) -> bytes:
    quote = dialect.quote
    if quote is not None and raw.startswith(quote) and len(raw) > 1:
        end = raw.rfind(quote)
        raw = raw[1:end] + raw[end + 1 :] if end > 0 else raw
        if dialect.doublequote:
            raw = raw.replace(quote * 2, quote)
    if dialect.escape is not None and dialect.escape in raw:
        import re

        raw = re.sub(re.escape(dialect.escape) + b"(.)", rb"\1", raw, flags=re.DOTALL)
    return raw
