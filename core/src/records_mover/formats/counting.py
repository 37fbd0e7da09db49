"""How many rows a file has."""

from __future__ import annotations

from typing import TYPE_CHECKING, BinaryIO

if TYPE_CHECKING:
    from records_mover.formats.base import BaseRecordsFormat

__all__ = ["count_rows"]


def count_rows(stream: BinaryIO, fmt: BaseRecordsFormat, source: str = "") -> int:
    """Return the rows of a file: as it says itself where it does, else by reading it to its end."""
    if fmt.format_type == "parquet":
        from records_mover.formats import parquet

        return parquet.schema_of(stream, source)[1]
    if fmt.format_type == "avro":
        from records_mover.formats import avro

        return avro.schema_of(stream, source)[1]
    from records_mover.formats.reading import read_batches

    with read_batches(stream, fmt, source=source) as reader:
        return sum(batch.num_rows for batch in reader)
