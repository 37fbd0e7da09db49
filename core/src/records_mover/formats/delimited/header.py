"""The names in the first record of a delimited file."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, BinaryIO

from records_mover.errors import BadRowError, FormatError
from records_mover.formats.delimited.dialect import dialect_of
from records_mover.formats.delimited.records import first_record, split_fields
from records_mover.formats.delimited.text import BAD, is_utf8, plain_text

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from records_mover.formats.delimited.dialect import Dialect
    from records_mover.formats.delimited.format import DelimitedRecordsFormat
    from records_mover.formats.delimited.hints import ValidatedRecordsHints

__all__ = ["check_marks", "column_names", "naming", "read_first", "read_header"]

_BLOCK = 64 << 10
_LONGEST = 64 << 20


def read_header(stream: BinaryIO, fmt: DelimitedRecordsFormat, source: str = "") -> list[str]:
    """Return the fields of the first record; none on an empty stream.

    The record may span lines. Comments and lines to skip are left out. The stream is not closed.
    """
    hints = fmt.validate()
    dialect = dialect_of(hints)
    with naming(source):
        # What is wrong below the header is for those who read on to say.
        text = plain_text(_Lent(stream), hints, marked=True)  # type: ignore[arg-type]
        _, record, _ = read_first(text, dialect)
        check_marks(record, hints)
    return split_fields(record, dialect) if record else []


@contextmanager
def naming(source: str) -> Iterator[None]:
    """Say in which file it is that something is wrong."""
    try:
        yield
    except (FormatError, BadRowError) as err:
        if not source or source in err.what:
            raise
        what = f"{source}: {err.what}"
        if isinstance(err, BadRowError):
            raise BadRowError(what, err.advice, source=source, line=err.line) from err
        raise FormatError(what, err.advice, in_python=err.in_python) from err


def check_marks(record: bytes, hints: ValidatedRecordsHints) -> None:
    """Raise ``FormatError`` where a header that was decoded has bytes that were no text."""
    if BAD in record and not is_utf8(hints.codec):
        what = f"the first record has bytes that are no {hints.encoding}"
        raise FormatError(what, "say which encoding the file has with the hint 'encoding'")


def read_first(text: BinaryIO, dialect: Dialect) -> tuple[bytes, bytes, bytes]:
    """Return what stands above the first record, that record, and what was read after it.

    Comments and blank lines stand above; where there is no record all of it may be empty.
    """
    data, ended = b"", False
    while not ended and len(data) < _LONGEST:
        block = text.read(max(_BLOCK, len(data)))
        data, ended = data + block, not block
        start = _above(data, dialect)
        record = first_record(data[start:], dialect) if start < len(data) else b""
        if record.endswith(dialect.terminator) or ended:
            return data[:start], record, data[start + len(record) :]
    return b"", data, b""


def _above(data: bytes, dialect: Dialect) -> int:
    """Return where the first line stands that is neither blank nor a comment."""
    spot = 0
    ends = (dialect.terminator, b"\r\n") if dialect.terminator == b"\n" else (dialect.terminator,)
    while spot < len(data):
        blank = next((end for end in ends if data.startswith(end, spot)), None)
        if blank is not None:
            spot += len(blank)
        elif dialect.comment is not None and data.startswith(dialect.comment, spot):
            end = data.find(dialect.terminator, spot)
            spot = len(data) if end < 0 else end + len(dialect.terminator)
        else:
            break
    return spot


def column_names(fields: Sequence[str]) -> list[str]:
    """Return names without gaps or repetition: ``column_2`` where empty, ``a_2`` where repeated."""
    taken: set[str] = set()
    given = set(fields)
    names = []
    for number, field in enumerate(fields, start=1):
        stem = field or f"column_{number}"
        name, count = stem, 1
        while name in taken or (count > 1 and name in given):
            count += 1
            name = f"{stem}_{count}"
        taken.add(name)
        names.append(name)
    return names


class _Lent:
    """Lends a stream to a reader that would close it."""

    closed = False

    def __init__(self, stream: BinaryIO) -> None:
        self.read = stream.read

    def close(self) -> None:
        """Leave the stream open: its owner closes it."""
