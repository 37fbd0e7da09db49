"""Files of every format as Arrow batches with a records schema, in bounded memory."""

from __future__ import annotations

import os
from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from typing import TYPE_CHECKING, BinaryIO, TypeVar

from records_mover.errors import ColumnMismatchError
from records_mover.formats.delimited import DelimitedRecordsFormat
from records_mover.formats.dialect import dialect_of
from records_mover.formats.header import column_names, read_first
from records_mover.formats.records import chunks, split_fields
from records_mover.formats.text import plain_text
from records_mover.instructions import ProcessingInstructions

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    import pyarrow as pa

    from records_mover.errors import BadRowError
    from records_mover.formats.base import BaseRecordsFormat
    from records_mover.formats.mending import Mender
    from records_mover.schema import RecordsSchema

__all__ = ["in_order", "read_batches"]

_In = TypeVar("_In")
_Out = TypeVar("_Out")

_WORKERS = min(4, os.cpu_count() or 1)


def read_batches(
    stream: BinaryIO,
    fmt: BaseRecordsFormat,
    schema: RecordsSchema | None = None,
    *,
    source: str = "",
    instructions: ProcessingInstructions | None = None,
    on_reject: Callable[[BadRowError], None] | None = None,
) -> pa.RecordBatchReader:
    """Return the rows of one file, read as they are asked for.

    Columns come in the order of ``schema`` and match by name where the file holds names. Without
    a schema, those of a delimited file are text. ``on_reject`` is told of each row that the
    instructions tolerate as bad and that is left out. The stream is closed at the end.
    """
    instructions = instructions or ProcessingInstructions()
    if isinstance(fmt, DelimitedRecordsFormat):
        return _read_delimited(stream, fmt, schema, source, instructions, on_reject)
    from records_mover.formats import self_described

    return self_described.read(stream, fmt, schema, source)


def _read_delimited(
    stream: BinaryIO,
    fmt: DelimitedRecordsFormat,
    schema: RecordsSchema | None,
    source: str,
    instructions: ProcessingInstructions,
    on_reject: Callable[[BadRowError], None] | None,
) -> pa.RecordBatchReader:
    import pyarrow as pa

    from records_mover.formats.mending import Mender
    from records_mover.formats.parse import layout_of

    hints = fmt.validate()
    dialect = dialect_of(hints)
    text = plain_text(stream, hints)
    record, read = read_first(text, dialect)
    fields = split_fields(record, dialect) if record else []
    names = column_names(fields if hints.header_row else [""] * len(fields))
    schema, names = _matched(schema, names, source, named=hints.header_row)
    layout = layout_of(names, schema, hints, dialect)
    rest = read[len(record) :] if hints.header_row else read
    line = 1 + hints.skip_lines + (record.count(b"\n") if hints.header_row else 0)
    mender = Mender(layout, source=source, instructions=instructions, on_reject=on_reject)
    batches = _batches(text, rest, line, mender)
    return pa.RecordBatchReader.from_batches(layout.schema, batches)


def _matched(
    schema: RecordsSchema | None, names: list[str], source: str, *, named: bool
) -> tuple[RecordsSchema, list[str]]:
    from records_mover.schema import Field, RecordsSchema

    if schema is None:
        return RecordsSchema([Field(name, "string") for name in names]), names
    if not names:
        return schema, list(schema.names)
    if not named:
        return schema, _by_position(schema, names, source)
    missing = [name for name in schema.names if name not in names]
    unknown = [name for name in names if name not in schema]
    if missing or unknown:
        raise _mismatch(missing, unknown, source)
    return schema, names


def _by_position(schema: RecordsSchema, names: Sequence[str], source: str) -> list[str]:
    if len(names) != len(schema):
        what = f"{_in(source)}the first row has {len(names)} fields for {len(schema)} columns"
        raise ColumnMismatchError(what, "check the hints 'field-delimiter' and 'quoting'")
    return list(schema.names)


def _quoted(names: Sequence[str]) -> str:
    return ", ".join(f"'{name}'" for name in names)


def _mismatch(missing: Sequence[str], unknown: Sequence[str], source: str) -> ColumnMismatchError:
    lacking = f"no column {_quoted(missing)}" if missing else ""
    strange = f"unknown column {_quoted(unknown)}" if unknown else ""
    what = f"{_in(source)}{' and '.join(filter(None, (lacking, strange)))}"
    return ColumnMismatchError(what, "columns match by name: check the header and the schema")


def _in(source: str) -> str:
    return f"in '{source}': " if source else ""


def _batches(text: BinaryIO, head: bytes, line: int, mender: Mender) -> Iterator[pa.RecordBatch]:
    with closing(text):
        pieces = chunks(text, mender.layout.dialect, head=head, line=line)
        yield from in_order(pieces, mender.batch)


def in_order(pieces: Iterator[_In], work: Callable[[_In], _Out]) -> Iterator[_Out]:
    """Work on pieces in threads; the results come in order and few are held at a time."""
    pool = ThreadPoolExecutor(_WORKERS, thread_name_prefix="records-mover")
    waiting: deque[Future[_Out]] = deque()
    try:
        for piece in pieces:
            waiting.append(pool.submit(work, piece))
            if len(waiting) > _WORKERS:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    finally:
        pool.shutdown(wait=True, cancel_futures=True)
