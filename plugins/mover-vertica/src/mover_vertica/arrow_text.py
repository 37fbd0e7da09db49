"""Arrow batches as the text that COPY reads, a few megabytes at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.types as pat

from records_mover.formats.columns import values
from records_mover.formats.columns.conform import conforming
from records_mover.formats.delimited.lines import Marks, lines
from records_mover.formats.delimited.render import render
from records_mover.schema import RecordsSchema

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from records_mover.formats.delimited.hints import ValidatedRecordsHints

__all__ = ["Lines"]

_BYTES = 4 << 20


class Lines:
    """Reads batches as lines; ``rows`` is how many there were so far.

    ``alone`` puts another field behind the only one, so that no line is empty.
    """

    def __init__(
        self,
        reader: pa.RecordBatchReader,
        hints: ValidatedRecordsHints,
        check: Callable[[], None],
        *,
        alone: bool,
    ) -> None:
        self.rows = 0
        self._hints = hints
        self._marks = Marks.of(hints)
        self._alone = alone
        # Arrow has several types of text, and the writer of lines looks into one of them only.
        plain = conforming(reader, RecordsSchema.from_arrow(reader.schema))
        self._blocks = self._written(plain, check)
        self._block: memoryview[Any] = memoryview(b"")

    def read(self, size: int) -> Any:
        """Return so many bytes or fewer, none at the end."""
        while not self._block:
            block = next(self._blocks, None)
            if block is None:
                return b""
            self._block = memoryview(block)
        piece, self._block = self._block[:size], self._block[size:]
        return piece

    def _written(self, reader: pa.RecordBatchReader, check: Callable[[], None]) -> Iterator[Any]:
        for batch in reader:
            each = max(1, batch.num_rows * _BYTES // max(batch.nbytes, 1))
            for start in range(0, batch.num_rows, each):
                check()
                part = batch.slice(start, each)
                self.rows += part.num_rows
                yield lines(self._prepared(part), self._marks)

    def _prepared(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        columns = [self._column(column) for column in batch.columns]
        if self._alone:
            columns.append(pa.repeat(values.text("t"), batch.num_rows))
        return pa.record_batch(columns, names=[str(at) for at in range(len(columns))])

    def _column(self, column: pa.Array) -> pa.Array:
        r"""Return bytes as hexadecimal digits behind ``0x``, and all else as it is."""
        if not pat.is_binary(column.type):
            return column
        text = render(column, self._hints)
        return pc.replace_substring(text, "\\x", "0x", max_replacements=1)
