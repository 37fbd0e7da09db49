"""JSON lists on their way into arrays, as a column of a database without arrays holds them."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.types as pat

from mover_postgres.binary.pgtypes import ARRAY
from mover_postgres.loading.arrow_text import as_csv_column
from records_mover.errors import RecordsException
from records_mover.formats import JsonLinesRecordsFormat, read_batches
from records_mover.formats.columns import compute as pc
from records_mover.formats.columns.values import flags, text
from records_mover.schema import Field, RecordsSchema

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from mover_postgres.binary.pgtypes import PgType
    from records_mover.schema import FieldType

__all__ = ["list_columns", "with_arrays"]

_LIST = r"^[ \t\r\n]*\["
_BOUNDS = r"^[ \t]*(\[[+-]?\d+(:[+-]?\d+)?\])+[ \t]*="
"""How an array begins that says where it begins, as PostgreSQL writes it: that is no JSON."""


def list_columns(
    schema: pa.Schema, columns: Sequence[str], types: Mapping[str, PgType]
) -> dict[int, FieldType]:
    """Return which columns are text on its way into an array, and what the items of each are."""
    found: dict[int, FieldType] = {}
    for at, (field, name) in enumerate(zip(schema, columns, strict=True)):
        target = types.get(name)
        is_text = pat.is_string(field.type) or pat.is_large_string(field.type)
        if is_text and target is not None and target.kind == ARRAY and target.element is not None:
            found[at] = "boolean" if target.element.kind == "bool" else "string"
    return found


def with_arrays(
    batches: Iterable[pa.RecordBatch], lists: Mapping[int, FieldType]
) -> Iterator[pa.RecordBatch]:
    """Yield the batches with JSON lists in these columns spelled as arrays.

    Whatever else is there stays, for the server to take or to refuse.
    """
    for batch in batches:
        columns = [
            _spelled(column, lists[at]) if at in lists else column
            for at, column in enumerate(batch.columns)
        ]
        yield pa.record_batch(columns, names=batch.schema.names)


def _spelled(column: pa.Array, items: FieldType) -> pa.Array:
    column = pc.cast(column, pa.large_string())
    like = pc.match_substring_regex(column, _LIST)
    like = pc.and_(like, pc.invert(pc.match_substring_regex(column, _BOUNDS)))
    found = pc.filter(column, like)
    if not len(found):
        return column
    try:
        lists = _parsed(found, items)
    except RecordsException:
        return column  # the server says which value it is
    written = pa.concat_arrays([pc.cast(as_csv_column(one), pa.large_string()) for one in lists])
    return pc.replace_with_mask(
        column, pc.fill_null(like, flags(np.zeros(1, np.bool_))[0]), written
    )


def _parsed(found: pa.Array, items: FieldType) -> list[pa.Array]:
    values = pc.replace_substring(pc.cast(found, pa.string()), "\n", " ")
    lines = pc.binary_join_element_wise(text('{"v":'), values, text("}\n"), text(""))
    offsets = pa.py_buffer((0).to_bytes(4, "little") + len(lines).to_bytes(4, "little"))
    whole = pa.Array.from_buffers(pa.list_(pa.string()), 1, [None, offsets], children=[lines])
    joined = pc.binary_join(whole, text(""))[0].as_buffer()
    schema = RecordsSchema([Field("v", "array", items=Field("item", items))])
    with read_batches(io.BytesIO(joined), JsonLinesRecordsFormat(), schema) as reader:
        return [batch.column(0) for batch in reader]
