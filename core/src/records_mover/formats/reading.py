"""Files of every format as Arrow batches with a records schema, in bounded memory."""

from __future__ import annotations

from typing import TYPE_CHECKING, BinaryIO

from records_mover.errors import ColumnMismatchError
from records_mover.formats.delimited.format import DelimitedRecordsFormat
from records_mover.formats.delimited.opened import open_text
from records_mover.formats.ordered import in_order
from records_mover.instructions import ProcessingInstructions
from records_mover.utils.words import many

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import pyarrow as pa

    from records_mover.errors import BadRowError
    from records_mover.formats.base import BaseRecordsFormat
    from records_mover.formats.delimited.opened import OpenedText
    from records_mover.formats.delimited.places import Note
    from records_mover.schema import RecordsSchema

__all__ = ["match_columns", "read_batches"]


def read_batches(
    stream: BinaryIO,
    fmt: BaseRecordsFormat,
    schema: RecordsSchema | None = None,
    *,
    source: str = "",
    instructions: ProcessingInstructions | None = None,
    on_reject: Callable[[BadRowError], None] | None = None,
    note: Note | None = None,
) -> pa.RecordBatchReader:
    """Return the rows of one file, read as they are asked for.

    Columns come in the order of ``schema`` and match by name where the file holds names. Without
    a schema, those of a delimited file are text. ``on_reject`` is told of each row that the
    instructions tolerate as bad and that is left out, and ``note`` of the lines on which the others
    stand, where they stand on lines. The stream is closed at the end.
    """
    if not isinstance(fmt, DelimitedRecordsFormat):
        from records_mover.formats import self_described

        return self_described.read(stream, fmt, schema, source)
    import pyarrow as pa

    from records_mover.formats.delimited.mending import Mender
    from records_mover.formats.delimited.parse import layout_of

    strictness = instructions or ProcessingInstructions()
    opened = open_text(stream, fmt, source, marked=strictness.tolerant)
    schema = match_columns(opened, schema, source)
    names = opened.names if opened.hints.header_row and opened.names else schema.names
    layout = layout_of(names, schema, opened.hints, opened.dialect)
    mender = Mender(layout, source=source, instructions=strictness, on_reject=on_reject, note=note)
    batches = in_order(opened.chunks(), mender.batch)
    return pa.RecordBatchReader.from_batches(layout.schema, batches)


def match_columns(
    opened: OpenedText, schema: RecordsSchema | None, source: str = ""
) -> RecordsSchema:
    """Return the schema of the file's columns; by default all of them are text."""
    from records_mover.schema import Field, RecordsSchema

    if schema is None:
        return RecordsSchema([Field(name, "string") for name in opened.names])
    if not opened.names:
        return schema
    if not opened.hints.header_row:
        if len(opened.names) != len(schema):
            fields, columns = many(len(opened.names), "field"), many(len(schema), "column")
            what = f"{fields} in the first row for {columns}"
            advice = "check the hints 'field-delimiter' and 'quoting'"
            raise ColumnMismatchError(f"{_in(source)}{what}", advice)
        return schema
    missing = [name for name in schema.names if name not in opened.names]
    unknown = [name for name in opened.names if name not in schema]
    if missing or unknown:
        raise _mismatch(missing, unknown, source)
    return schema


def _quoted(names: Sequence[str]) -> str:
    return ", ".join(f"'{name}'" for name in names)


def _mismatch(missing: Sequence[str], unknown: Sequence[str], source: str) -> ColumnMismatchError:
    lacking = f"no column {_quoted(missing)}" if missing else ""
    strange = f"unknown column {_quoted(unknown)}" if unknown else ""
    what = f"{_in(source)}{' and '.join(filter(None, (lacking, strange)))}"
    return ColumnMismatchError(what, "columns match by name: check the header and the schema")


def _in(source: str) -> str:
    return f"in '{source}': " if source else ""
