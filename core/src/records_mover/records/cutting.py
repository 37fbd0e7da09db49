"""Cutting rows into files: whole records in each, and the header above each."""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace
from typing import TYPE_CHECKING

from records_mover.formats import DelimitedRecordsFormat, JsonLinesRecordsFormat
from records_mover.records.join import can_join

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager
    from typing import BinaryIO

    import pyarrow as pa

    from records_mover.formats import BaseRecordsFormat
    from records_mover.formats.dialect import Dialect
    from records_mover.formats.records import Chunk
    from records_mover.parts import Batches, Part

__all__ = ["can_cut", "cut_batches", "cut_text", "file_size"]

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

    ``check`` is called before each block, and stops by raising.
    """
    with closing(part.open()) as stream:
        header, blocks = _opened(stream, form)
        more = next(blocks, None)
        while True:
            with new_file() as sink:
                written = sink.write(header)
                while more is not None and written < size:
                    check()
                    written += sink.write(more.data)
                    more = next(blocks, None)
            if more is None:
                return


def _opened(stream: BinaryIO, form: BaseRecordsFormat) -> tuple[bytes, Iterator[Chunk]]:
    """Return the header's line and the records after it, whatever bytes above ASCII mean."""
    from records_mover.formats.dialect import dialect_of
    from records_mover.formats.header import read_first
    from records_mover.formats.records import chunks
    from records_mover.formats.text import plain_text

    if isinstance(form, JsonLinesRecordsFormat) or not isinstance(form, DelimitedRecordsFormat):
        return b"", chunks(stream, _lines())
    hints = replace(form.validate(), encoding="UTF8")
    dialect = dialect_of(hints)
    text = plain_text(stream, hints)
    if not hints.header_row:
        return b"", chunks(text, dialect)
    _, header, rest = read_first(text, dialect)
    if header and not header.endswith(dialect.terminator):
        header += hints.record_terminator.encode()
    return header, chunks(text, dialect, head=rest)


def _lines() -> Dialect:
    from records_mover.formats.dialect import Dialect

    return Dialect(
        delimiter=b"\0", terminator=b"\n", quote=None, doublequote=False, escape=None, comment=None
    )


def cut_batches(
    batches: Batches,
    form: BaseRecordsFormat,
    size: int,
    new_file: Callable[[], AbstractContextManager[BinaryIO]],
) -> None:
    """Write batches into files of about ``size`` bytes in memory; one file where there are none."""
    import pyarrow as pa

    from records_mover.formats.writing import write_batches

    reader = batches.reader
    more, first = next(reader, None), True

    def some() -> Iterator[pa.RecordBatch]:
        nonlocal more
        taken = 0
        while more is not None and taken < size:
            taken += more.nbytes
            yield more
            more = next(reader, None)

    while True:
        with new_file() as sink:
            one = pa.RecordBatchReader.from_batches(reader.schema, some())
            write_batches(one, form, sink, schema=batches.schema, warn=first)
        first = False
        if more is None:
            return
