"""A delimited file that was opened: its columns are known and its rows are still to be read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO

from records_mover.formats.delimited.dialect import dialect_of
from records_mover.formats.delimited.header import check_marks, column_names, naming, read_first
from records_mover.formats.delimited.records import CHUNK, chunks, split_fields
from records_mover.formats.delimited.text import plain_text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from records_mover.formats.delimited.dialect import Dialect
    from records_mover.formats.delimited.format import DelimitedRecordsFormat
    from records_mover.formats.delimited.hints import ValidatedRecordsHints
    from records_mover.formats.delimited.records import Chunk

__all__ = ["OpenedText", "open_text"]


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenedText:
    """The names of the columns and the text after the header."""

    hints: ValidatedRecordsHints
    dialect: Dialect
    names: tuple[str, ...]
    text: BinaryIO
    head: bytes
    line: int
    source: str

    def chunks(self, size: int = CHUNK) -> Iterator[Chunk]:
        """Yield the rows in chunks of whole records; the stream is closed at the end."""
        try:
            with naming(self.source):
                yield from chunks(
                    self.text, self.dialect, head=self.head, line=self.line, size=size
                )
        finally:
            self.text.close()


def open_text(
    stream: BinaryIO, fmt: DelimitedRecordsFormat, source: str = "", *, marked: bool = False
) -> OpenedText:
    """Read the header of a file, or count the fields of its first row where it has none.

    What cannot be read is said with the name of the ``source``, here and later. Where bytes that
    are no text are to be ``marked``, they make their rows bad ones and end nothing.
    """
    hints = fmt.validate()
    dialect = dialect_of(hints)
    named = hints.header_row
    try:
        with naming(source):
            text = plain_text(stream, hints, marked=marked)
            above, record, rest = read_first(text, dialect)
            if named:
                check_marks(record, hints)
    except BaseException:
        stream.close()
        raise
    fields = split_fields(record, dialect) if record else []
    return OpenedText(
        hints=hints,
        dialect=dialect,
        names=tuple(column_names(fields if named else [""] * len(fields))),
        text=text,
        head=rest if named else above + record + rest,
        line=1 + hints.skip_lines + ((above + record).count(dialect.line_end) if named else 0),
        source=source,
    )
