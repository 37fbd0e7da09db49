"""Arrow batches to JSON lines."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, BinaryIO

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from records_mover.formats.columns.conform import conforming
from records_mover.formats.columns.json_values import json_text
from records_mover.formats.columns.values import text
from records_mover.formats.compression import compressing

if TYPE_CHECKING:
    from records_mover.schema import RecordsSchema

__all__ = ["write"]

_ROWS = 1 << 16


def write(
    reader: pa.RecordBatchReader, sink: BinaryIO, schema: RecordsSchema, compression: str | None
) -> int:
    """Write the batches as JSON lines; return the number of rows."""
    out = compressing(sink, compression)
    rows = 0
    for batch in conforming(reader, schema):
        for start in range(0, batch.num_rows, _ROWS):
            out.write(_lines(batch.slice(start, _ROWS)))
        rows += batch.num_rows
    out.close()
    return rows


def _lines(batch: pa.RecordBatch) -> memoryview:
    pieces: list[pa.Array | pa.Scalar] = []
    for index, name in enumerate(batch.schema.names):
        key = ("{" if index == 0 else ",") + json.dumps(name, ensure_ascii=False) + ":"
        pieces += [
            text(key),
            pc.fill_null(json_text(batch.column(index)), text("null")),
        ]
    pieces.append(text("}\n"))
    joined = pc.binary_join_element_wise(*pieces, text(""))
    offsets = np.frombuffer(joined.buffers()[1], np.int32)
    return memoryview(joined.buffers()[2])[offsets[0] : offsets[-1]]
