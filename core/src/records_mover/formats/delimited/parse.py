"""One chunk of delimited text to one Arrow batch, by Arrow's own parser."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.csv as pacsv

from records_mover.formats.delimited import convert, masking

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from records_mover.formats.delimited.dialect import Dialect
    from records_mover.formats.delimited.hints import ValidatedRecordsHints
    from records_mover.schema import RecordsSchema

__all__ = ["Column", "Layout", "layout_of", "parse_chunk", "read_text"]


@dataclass(frozen=True, slots=True)
class Column:
    """A column to be read: what Arrow's parser makes of it, and what remains to be done."""

    name: str
    kind: pa.DataType
    native: pa.DataType | None
    convert: Callable[[pa.Array], pa.Array]


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """All that is needed to read any chunk of one file."""

    names: tuple[str, ...]
    columns: tuple[Column, ...]
    schema: pa.Schema
    hints: ValidatedRecordsHints
    dialect: Dialect


def layout_of(
    names: Sequence[str], schema: RecordsSchema, hints: ValidatedRecordsHints, dialect: Dialect
) -> Layout:
    """Return the layout of a file with columns of these names, read with the schema's types."""
    arrow = schema.to_arrow()
    columns = tuple(
        Column(
            field.name,
            kind.type,
            convert.native_type(kind.type, hints),
            convert.converter(kind.type, hints),
        )
        for field, kind in zip(schema.fields, arrow, strict=True)
    )
    return Layout(names=tuple(names), columns=columns, schema=arrow, hints=hints, dialect=dialect)


def parse_chunk(layout: Layout, data: bytes) -> pa.RecordBatch:
    """Return the rows of a chunk; raises ArrowInvalid, which does not say which row is bad."""
    masked = masking.mask(data, layout.hints, layout.dialect)
    types = {column.name: masked.text_type(column.native) for column in layout.columns}
    table = read_text(layout, masked, types)
    arrays = []
    for column in layout.columns:
        array = masked.unmask(_one_chunk(table.column(column.name)))
        ready = column.native is not None
        arrays.append(convert.within_precision(array) if ready else column.convert(array))
    return pa.RecordBatch.from_arrays(arrays, schema=layout.schema)


def read_text(
    layout: Layout,
    masked: masking.Masked,
    types: dict[str, pa.DataType],
    on_bad_row: Callable[[pacsv.InvalidRow], str] | None = None,
) -> pa.Table:
    """Run Arrow's parser over a chunk with these types for its columns."""
    hints = layout.hints
    quote: str | bool = hints.quotechar if hints.quoting is not None else False
    read = pacsv.ReadOptions(
        column_names=layout.names, use_threads=False, block_size=len(masked.data) + 1
    )
    parse = pacsv.ParseOptions(
        delimiter=masked.delimiter,
        quote_char=quote,
        double_quote=hints.doublequote if quote else False,
        escape_char=hints.escape or False,
        # The chunk is one block that ends with a row, so Arrow need not look for row ends first.
        newlines_in_values=False,
        ignore_empty_lines=len(layout.names) > 1,
        invalid_row_handler=on_bad_row,
    )
    convert_options = pacsv.ConvertOptions(
        # To look at all bytes at once is much quicker than at each value.
        check_utf8=not masked.data.isascii(),
        include_columns=[column.name for column in layout.columns],
        column_types=types,
        null_values=masked.null_values,
        strings_can_be_null=bool(masked.null_values),
        quoted_strings_can_be_null=False,
        true_values=convert.true_spellings(hints),
        false_values=convert.false_spellings(hints),
        decimal_point=hints.decimal_separator,
    )
    source = pa.BufferReader(masked.data)
    return pacsv.read_csv(source, read, parse, convert_options)


def _one_chunk(column: pa.ChunkedArray) -> pa.Array:
    chunks = column.chunks
    return chunks[0] if len(chunks) == 1 else pa.concat_arrays(chunks) if chunks else _empty(column)


def _empty(column: pa.ChunkedArray) -> pa.Array:
    return pa.nulls(0, column.type)
