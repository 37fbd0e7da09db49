"""Batches in pieces of a size, whatever a row weighs."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pyarrow as pa

__all__ = ["pieces"]


def pieces(reader: pa.RecordBatchReader, *, rows: int, size: int) -> Iterator[pa.RecordBatch]:
    """Yield batches of at most so many rows and about so many bytes, at least a row each."""
    for batch in reader:
        weight = batch.nbytes // max(batch.num_rows, 1) + 1
        step = max(min(rows, size // weight), 1)
        for start in range(0, batch.num_rows, step):
            yield batch.slice(start, step)
