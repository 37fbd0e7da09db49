"""Record batches with NUL characters in their text, which no database and no text file takes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.types as pat

if TYPE_CHECKING:
    from collections.abc import Iterator

    from records_mover.formats.cleaning import Mended
    from records_mover.instructions import BadBytes

__all__ = ["without_nuls"]


def without_nuls(
    reader: pa.RecordBatchReader, policy: BadBytes, mended: Mended
) -> pa.RecordBatchReader:
    """Return the rows with no NUL in any text, or with a replacement character for each."""
    mark = "\ufffd" if policy == "replace" else ""

    def batches() -> Iterator[pa.RecordBatch]:
        rows = 0
        for batch in reader:
            columns = [
                _without(column, mark, mended, name, rows)
                for name, column in zip(batch.schema.names, batch.columns, strict=True)
            ]
            rows += batch.num_rows
            yield pa.RecordBatch.from_arrays(columns, schema=batch.schema)

    return pa.RecordBatchReader.from_batches(reader.schema, batches())


def _without(column: pa.Array, mark: str, mended: Mended, name: str, rows: int) -> pa.Array:
    if not (pat.is_string(column.type) or pat.is_large_string(column.type)):
        return column
    counts = pc.fill_null(pc.count_substring(column, "\0"), 0)
    found = pc.sum(counts).as_py()
    if not found:
        return column
    first = rows + pc.index(pc.greater(counts, 0), True).as_py() + 1
    mended.add(found, f"row {first:,}, column '{name}'")
    return pc.replace_substring(column, "\0", mark)
