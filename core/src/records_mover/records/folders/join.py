"""Making one stream of several by their bytes, without parsing a row."""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace
from typing import TYPE_CHECKING, BinaryIO, cast

from records_mover.bridge import pulled
from records_mover.formats import DelimitedRecordsFormat, JsonLinesRecordsFormat
from records_mover.parts import Part, Streams
from records_mover.records.once import Headed

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from records_mover.formats import BaseRecordsFormat

__all__ = ["can_join", "join_into", "joined"]

_BLOCK = 1 << 20
_MARKS = '\r\n",\\'


def can_join(form: BaseRecordsFormat) -> bool:
    """Whether files of this format can follow each other: text whose line ends are plain bytes."""
    if isinstance(form, DelimitedRecordsFormat):
        return _MARKS.encode(form.validate().codec) == _MARKS.encode()
    return isinstance(form, JsonLinesRecordsFormat)


def joined(streams: Streams, name: str) -> Streams:
    """Return one stream with the rows of several, under the header of the first.

    Compressed ones are decompressed and compressed again, as headers must be taken from within.
    """
    parts, form = streams.parts, streams.format
    part = Part(name=name, open=lambda: pulled(lambda sink: join_into(parts, form, sink)))
    return replace(streams, parts=(replace(part, rereadable=False),))


def join_into(
    parts: Sequence[Part],
    form: BaseRecordsFormat,
    sink: BinaryIO,
    check: Callable[[], None] = lambda: None,
) -> None:
    """Write the rows of several parts, under the header of the first.

    ``check`` is called before each block, and stops by raising.
    """
    from records_mover.formats.compression import compressing

    with closing(compressing(sink, form.compression)) as out:
        ended = _Ended(out, _terminator(form))
        for part in parts:
            with closing(_rows(part, form, first=not ended.last)) as rows:
                ended.end_line()
                while block := rows.read(_BLOCK):
                    check()
                    ended.write(block)


class _Ended:
    """Writes on, and knows whether the last line has its end."""

    def __init__(self, sink: BinaryIO, terminator: bytes) -> None:
        self._sink = sink
        self._terminator = terminator
        self.last = b""

    def write(self, block: bytes) -> int:
        self.last = (self.last + block[-len(self._terminator) :])[-len(self._terminator) :]
        return self._sink.write(block)

    def end_line(self) -> None:
        if self.last and self.last != self._terminator:
            self.write(self._terminator)


def _terminator(form: BaseRecordsFormat) -> bytes:
    if isinstance(form, DelimitedRecordsFormat):
        return str(form.validate().record_terminator).encode()
    return b"\n"


def _rows(part: Part, form: BaseRecordsFormat, *, first: bool) -> BinaryIO:
    """Open a part; of a later one, drop what only the first may have: mark, skipped lines, header.

    Bytes above ASCII stay as they are, whatever they mean.
    """
    from records_mover.formats.compression import decompressing

    plain = decompressing(part.open(), form.compression)
    if first or not isinstance(form, DelimitedRecordsFormat):
        return plain
    from records_mover.formats.delimited.dialect import dialect_of
    from records_mover.formats.delimited.header import read_first
    from records_mover.formats.delimited.text import plain_text

    hints = replace(form.validate(), compression=None, encoding="UTF8")
    text = plain_text(plain, hints)
    if not hints.header_row:
        return text
    _, _, rest = read_first(text, dialect_of(hints))
    return cast(BinaryIO, Headed(rest, text))
