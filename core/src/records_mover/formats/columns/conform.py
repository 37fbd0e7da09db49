"""Arrow columns of any type as the types of a records schema, without a change of value."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.types as pat

from records_mover.errors import BadRowError, ColumnMismatchError
from records_mover.formats.columns import compute as pc
from records_mover.formats.columns.decimals import plain_decimals
from records_mover.formats.columns.tokens import text_of_objects, uuid_text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from records_mover.schema import RecordsSchema

__all__ = ["as_text", "conform", "conforming", "plain_array", "recast"]


def conforming(reader: pa.RecordBatchReader, schema: RecordsSchema) -> pa.RecordBatchReader:
    """Return the batches with the Arrow types that the records schema asks for, in its order."""
    return recast(reader, schema.to_arrow())


def recast(reader: pa.RecordBatchReader, wanted: pa.Schema) -> pa.RecordBatchReader:
    """Return the batches with the fields of an Arrow schema, matched by name."""
    if reader.schema.equals(wanted):
        return reader

    def batches() -> Iterator[pa.RecordBatch]:
        for batch in reader:
            yield conform(batch, wanted)

    return pa.RecordBatchReader.from_batches(wanted, batches())


def conform(batch: pa.RecordBatch, wanted: pa.Schema) -> pa.RecordBatch:
    """Return a batch with these fields, in their order."""
    there = dict.fromkeys(batch.schema.names)
    missing = [field.name for field in wanted if field.name not in there]
    if missing:
        what = f"no column '{missing[0]}'"
        raise ColumnMismatchError(what, f"there are: {', '.join(there)}")
    arrays = [_column(batch.column(field.name), field) for field in wanted]
    return pa.RecordBatch.from_arrays(arrays, schema=wanted)


def _column(array: pa.Array, field: pa.Field) -> pa.Array:
    if array.type == field.type:
        return array
    array = plain_array(array)
    try:
        if pat.is_list(field.type):
            return _list(array, field.type)
        return as_text(array) if pat.is_string(field.type) else pc.cast(array, field.type)
    except pa.ArrowInvalid as err:
        what = f"a value of the column '{field.name}' does not fit {field.type}: {err}"
        raise BadRowError(what, "give the column a wider type", column=field.name) from err


def _list(array: pa.Array, kind: pa.DataType) -> pa.Array:
    """Return lists of any kind with these items."""
    lists = pc.cast(array, pa.list_(array.type.value_field))
    items = _column(lists.values, kind.value_field)
    buffers = lists.buffers()[:2]
    return pa.Array.from_buffers(kind, len(lists), buffers, lists.null_count, lists.offset, [items])


def plain_array(array: pa.Array) -> pa.Array:
    """Return the values themselves, not wrapped in an extension nor looked up in a dictionary."""
    if isinstance(array.type, pa.ExtensionType) or hasattr(array, "storage"):
        array = _without_extension(array)
    return _decoded(array) if pat.is_dictionary(array.type) else array


def _decoded(array: pa.DictionaryArray) -> pa.Array:
    words = array.dictionary
    if pat.is_string_view(words.type) or pat.is_binary_view(words.type):  # Arrow takes from none
        plain = pa.large_string() if pat.is_string_view(words.type) else pa.large_binary()
        array = pa.DictionaryArray.from_arrays(array.indices, words.cast(plain))
    return array.dictionary_decode()


def _without_extension(array: pa.Array) -> pa.Array:
    if "uuid" in str(array.type):
        return uuid_text(array.storage)
    return array.storage


def as_text(array: pa.Array) -> pa.Array:
    """Return values as the text that a column of text gets of them."""
    kind = array.type
    if pat.is_nested(kind) or pat.is_duration(kind) or pat.is_interval(kind):
        return text_of_objects(array)
    if pat.is_decimal(kind):
        return plain_decimals(array)
    return pc.cast(array, pa.string())
