"""Cutting rows into files: whole records in each, and the header above each."""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace
from itertools import count
from typing import TYPE_CHECKING

from records_mover.formats import DelimitedRecordsFormat, JsonLinesRecordsFormat
from records_mover.records.folders.join import can_join

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager
    from typing import BinaryIO

    from records_mover.formats import BaseRecordsFormat
    from records_mover.formats.delimited.dialect import Dialect
    from records_mover.formats.delimited.records import Chunk
    from records_mover.parts import Part

__all__ = ["can_cut", "cut_text", "file_size"]

LEAST = 1 << 20
"""Bytes below which it never pays to cut a file further."""


def file_size(wanted: int, multiple: int, total: int | None) -> int:
    """Return how large to make files, so that their number is a multiple where that can be known.

    It is a little too large rather than too small: one more file would be one over the multiple.
    """
    if not total:
        return wanted
    count = -(-total // wanted)
    count = -(-count // multiple) * multiple
    return max(-(-total // count), LEAST)


def can_cut(form: BaseRecordsFormat) -> bool:
    """Whether a file of this format can be cut by its bytes."""
    if form.compression is not None or not can_join(form):
        return False
    if not isinstance(form, DelimitedRecordsFormat):
        return True
    hints = form.validate()
    return hints.codec != "utf-8-sig" and not hints.skip_lines


def cut_text(
    part: Part,
    form: BaseRecordsFormat,
    size: int,
    new_file: Callable[[], AbstractContextManager[BinaryIO]],
    check: Callable[[], None],
) -> None:
    """Write the rows of a part into files of about ``size`` bytes; one file where there are none.

    Each ends where the last record ends that fits into it and those before it, so that there is
    never a file more than all bytes need. ``check`` is called before each block, and stops by
    raising.
    """
    with closing(part.open()) as stream:
        header, dialect, blocks = _opened(stream, form)
        rows = _Rows(dialect, blocks)
        for number in count(1):
            with new_file() as sink:
                sink.write(header)
                for block in rows.until(number * size):
                    check()
                    sink.write(block)
            if rows.ended:
                return


class _Rows:
    """Whole records, given out up to one place after another."""

    def __init__(self, dialect: Dialect, blocks: Iterator[Chunk]) -> None:
        self._dialect = dialect
        self._blocks = blocks
        self._given = 0
        self._rest = b""
        self.ended = False
        self._next()

    def until(self, place: int) -> Iterator[bytes]:
        """Yield blocks up to the last record that ends before this many bytes; at least one."""
        first = True
        while not self.ended and (end := self._end(place - self._given, first=first)):
            block, self._rest = self._rest[:end], self._rest[end:]
            self._given += end
            first = False
            yield block
            if not self._rest:
                self._next()

    def _end(self, room: int, *, first: bool) -> int:
        from records_mover.formats.delimited.records import first_record, last_boundary

        if room >= len(self._rest):
            return len(self._rest)
        end = last_boundary(self._rest[:room], self._dialect) if room > 0 else 0
        return end or (len(first_record(self._rest, self._dialect)) if first else 0)

    def _next(self) -> None:
        chunk = next(self._blocks, None)
        self._rest = chunk.data if chunk is not None else b""
        self.ended = chunk is None


def _opened(stream: BinaryIO, form: BaseRecordsFormat) -> tuple[bytes, Dialect, Iterator[Chunk]]:
    """Return the header's line and the records after it, whatever bytes above ASCII mean."""
    from records_mover.formats.delimited.dialect import dialect_of
    from records_mover.formats.delimited.header import read_first
    from records_mover.formats.delimited.records import chunks
    from records_mover.formats.delimited.text import plain_text

    if isinstance(form, JsonLinesRecordsFormat) or not isinstance(form, DelimitedRecordsFormat):
        return b"", _lines(), chunks(stream, _lines())
    hints = replace(form.validate(), encoding="UTF8")
    dialect = dialect_of(hints)
    text = plain_text(stream, hints)
    if not hints.header_row:
        return b"", dialect, chunks(text, dialect)
    _, header, rest = read_first(text, dialect)
    if header and not header.endswith(dialect.terminator):
        header += hints.record_terminator.encode()
    return header, dialect, chunks(text, dialect, head=rest)


def _lines() -> Dialect:
    from records_mover.formats.delimited.dialect import Dialect

    return Dialect(
        delimiter=b"\0", terminator=b"\n", quote=None, doublequote=False, escape=None, comment=None
    )
