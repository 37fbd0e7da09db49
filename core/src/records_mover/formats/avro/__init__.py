"""Apache Avro through fastavro, with rows that are written by whole columns."""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from io import BytesIO
from typing import TYPE_CHECKING, Any, BinaryIO

import pyarrow as pa

from records_mover.errors import FormatError
from records_mover.formats.avro.schema import arrow_schema, avro_schema, is_uuid, writable
from records_mover.formats.columns.conform import conforming, recast
from records_mover.formats.ordered import in_order
from records_mover.formats.pieces import pieces
from records_mover.schema import RecordsSchema

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["read", "schema_of", "write"]

_ROWS = 1 << 14
_DAMAGE = (
    *(ValueError, EOFError, OSError, LookupError, TypeError, MemoryError, OverflowError),
    zlib.error,
)
# Some readers take no block of more than 4 MB.
_BLOCK_ROWS, _BLOCK_BYTES = 1 << 14, 1 << 20


def read(stream: BinaryIO, schema: RecordsSchema | None, source: str) -> pa.RecordBatchReader:
    """Return the rows of an Avro object container file."""
    records = _opened(stream, source)
    written = arrow_schema(records.writer_schema)
    wanted = schema or RecordsSchema.from_arrow(written)
    batches = _batches(stream, records, written, source)
    return conforming(pa.RecordBatchReader.from_batches(written, batches), wanted)


def _count(blocks: Any, source: str) -> int:
    """Return how many rows there are, once all blocks have passed."""
    try:
        return sum(block.num_records for block in blocks)
    except _DAMAGE as err:
        raise _damaged(source, err) from err


def schema_of(stream: BinaryIO, source: str = "") -> tuple[RecordsSchema, int]:
    """Return the columns of an Avro file and how many rows it has, as its blocks say."""
    with stream:
        blocks = _opened(stream, source, blocks=True)
        schema = arrow_schema(blocks.writer_schema)
        rows = _count(blocks, source)
    return RecordsSchema.from_arrow(schema), rows


def _fastavro() -> Any:
    try:
        import fastavro
    except ImportError as err:
        what = "Avro files need the package fastavro, which is not installed"
        raise FormatError(what, "run: pip install 'records-mover[avro]'") from err
    return fastavro


def _opened(stream: BinaryIO, source: str, *, blocks: bool = False) -> Any:
    fastavro = _fastavro()
    try:
        return fastavro.block_reader(stream) if blocks else fastavro.reader(stream)
    except (*_DAMAGE, StopIteration, fastavro.schema.SchemaParseException) as err:
        what = f"{source or 'the file'} is no Avro file: {err}"
        raise FormatError(what, "it may be cut off, or of another format") from err


def _damaged(source: str, err: Exception) -> FormatError:
    what = f"{source or 'the file'} is a damaged Avro file: {err}"
    return FormatError(what, "get the file again from its origin")


def _batches(
    stream: BinaryIO, records: Any, schema: pa.Schema, source: str
) -> Iterator[pa.RecordBatch]:
    names = [field["name"] for field in records.writer_schema["fields"]]
    keyed = pa.schema([field.with_name(name) for field, name in zip(schema, names, strict=True)])

    spelled = [name for name, field in zip(names, schema, strict=True) if is_uuid(field)]

    def batch(rows: list[dict[str, Any]]) -> pa.RecordBatch:
        for name in spelled:
            for row in rows:
                row[name] = row[name] and str(row[name])
        arrays = pa.RecordBatch.from_pylist(rows, schema=keyed).columns
        return pa.RecordBatch.from_arrays(arrays, schema=schema)

    with stream:
        rows: list[dict[str, Any]] = []
        try:
            for record in records:
                rows.append(record)
                if len(rows) == _ROWS:
                    yield batch(rows)
                    rows = []
        except _DAMAGE as err:
            raise _damaged(source, err) from err
        if rows:
            yield batch(rows)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Block:
    """Rows as fastavro takes them, which compresses them and writes what stands around them."""

    num_records: int
    bytes_: BytesIO


def write(reader: pa.RecordBatchReader, sink: BinaryIO, schema: RecordsSchema) -> int:
    """Write the batches as one Avro file; return the number of rows."""
    fastavro = _fastavro()
    wanted = conforming(reader, schema)
    wanted = recast(wanted, writable(wanted.schema))
    parsed = fastavro.parse_schema(avro_schema(wanted.schema))
    file = fastavro.write.Writer(sink, parsed, codec="deflate")
    rows = 0
    for block in in_order(pieces(wanted, rows=_BLOCK_ROWS, size=_BLOCK_BYTES), _block):
        file.write_block(block)
        rows += block.num_records
    file.flush()
    return rows


def _block(batch: pa.RecordBatch) -> _Block:
    from records_mover.formats.avro.values import avro_rows

    return _Block(num_records=batch.num_rows, bytes_=BytesIO(avro_rows(batch)))
