"""Parquet, Avro and JSON lines as Arrow batches, and back."""

from __future__ import annotations

from typing import TYPE_CHECKING, BinaryIO

from records_mover.errors import FormatError
from records_mover.formats.alike import alike

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import pyarrow as pa

    from records_mover.formats.base import BaseRecordsFormat
    from records_mover.instructions import ProcessingInstructions
    from records_mover.schema import RecordsSchema

__all__ = ["infer", "read", "writer"]


def read(
    stream: BinaryIO, fmt: BaseRecordsFormat, schema: RecordsSchema | None, source: str
) -> pa.RecordBatchReader:
    """Return the rows of a file that says itself what its columns are."""
    if fmt.format_type == "parquet":
        from records_mover.formats import parquet

        return parquet.read(stream, schema, source)
    if fmt.format_type == "jsonl":
        from records_mover.formats.json_lines import reader as json_lines_reader

        return json_lines_reader.read(stream, fmt.compression, schema, source)
    if fmt.format_type == "avro":
        from records_mover.formats import avro

        return avro.read(stream, schema, source)
    raise _unknown(fmt)


def infer(
    openers: Sequence[tuple[Callable[[], BinaryIO], str]],
    fmt: BaseRecordsFormat,
    instructions: ProcessingInstructions,
) -> RecordsSchema:
    """Return the schema of files, each with its name, that are taken as one table."""
    if fmt.format_type == "parquet":
        from records_mover.formats import parquet

        return alike([parquet.schema_of(opener(), source) for opener, source in openers])
    if fmt.format_type == "jsonl":
        from records_mover.formats.json_lines import infer as json_lines_infer

        return json_lines_infer.infer(openers, fmt.compression, instructions)
    if fmt.format_type == "avro":
        from records_mover.formats import avro

        return alike([avro.schema_of(opener(), source) for opener, source in openers])
    if fmt.format_type == "orc":
        from records_mover.formats import orc

        return alike([orc.schema_of(opener(), source) for opener, source in openers])
    raise _unknown(fmt)


def writer(
    fmt: BaseRecordsFormat,
) -> Callable[[pa.RecordBatchReader, BinaryIO, RecordsSchema], int]:
    """Return the function that writes batches to a file of the format, and counts the rows."""
    if fmt.format_type == "parquet":
        from records_mover.formats import parquet

        return parquet.write
    if fmt.format_type == "jsonl":
        from records_mover.formats.json_lines import writer as jsonl

        return lambda reader, sink, schema: jsonl.write(reader, sink, schema, fmt.compression)
    if fmt.format_type == "avro":
        from records_mover.formats import avro

        return avro.write
    raise _unknown(fmt)


def _unknown(fmt: BaseRecordsFormat) -> FormatError:
    what = f"the format '{fmt.format_type}' cannot be read or written here"
    return FormatError(what, "use one of: delimited, parquet, avro, jsonl")
