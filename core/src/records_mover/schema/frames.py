"""DataFrames to records schemas and Arrow tables, and back, with every value exact."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.types as pat

from records_mover.errors import SchemaError
from records_mover.schema.arrow import fields_of, schema_of
from records_mover.schema.columns import document_of, fields_in
from records_mover.schema.frame_columns import FrameColumn, frame_column

if TYPE_CHECKING:
    from collections.abc import Hashable, Mapping

    import pandas as pd

    from records_mover.schema.field import Field

__all__ = ["dtypes_of", "frame_to_arrow", "to_arrow_frame", "to_frame"]

_INTEGERS = ("Int8", "Int16", "Int32", "Int64", "UInt8", "UInt16", "UInt32", "UInt64")

_SCHEMA = "records_mover.schema"
"""The entry of ``DataFrame.attrs`` that says what the columns were where they came from."""


def frame_to_arrow(
    frame: pd.DataFrame, *, include_index: bool = False, nan_is_null: bool = True
) -> pa.Table:
    """Return the columns of a DataFrame; None, NA and NaT are NULL.

    NaN is NULL in columns of numpy's floats, unless ``nan_is_null`` is False. Every value of an
    object column is looked at: one of mixed types is an error that names the column.
    """
    named = _with_index(frame) if include_index else frame
    names = [_name(name) for name in named.columns]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise SchemaError(f"more than one column is named '{twice}'", "rename all but one of them")
    if not names:
        raise SchemaError("the frame has no columns", "move its index too, or give it a column")
    known = _known(frame)
    fields, columns = [], []
    for spot, name in enumerate(names):
        column = frame_column(named.iloc[:, spot], name, nan_is_null=nan_is_null)
        values, field = _as_it_was(column, name, known)
        columns.append(values)
        fields.append(field)
    return pa.Table.from_arrays(columns, schema=pa.schema(fields))


def _with_index(frame: pd.DataFrame) -> pd.DataFrame:
    try:
        return frame.reset_index()
    except ValueError as err:
        advice = "name the index otherwise, for example by rename_axis()"
        raise SchemaError(f"the index cannot become a column: {err}", advice) from err


def _name(name: Hashable) -> str:
    """Return a column's name as text; of several levels, joined."""
    if isinstance(name, tuple):
        return "_".join(str(part) for part in name if str(part))
    return str(name)


def _known(frame: pd.DataFrame) -> dict[str, Field]:
    document = frame.attrs.get(_SCHEMA)
    if not isinstance(document, str):
        return {}
    try:
        return {field.name: field for field in fields_in(json.loads(document))}
    except (SchemaError, ValueError):  # the user's own, as anyone may write into attrs
        return {}


def _as_it_was(
    column: FrameColumn, name: str, known: Mapping[str, Field]
) -> tuple[pa.Array | pa.ChunkedArray, pa.Field]:
    """Return a column with the type that it came with, if its values are still of that kind."""
    field = column.field(name)
    if name not in known:
        return column.values, field
    wanted = schema_of([known[name]]).field(0)
    if not _alike(field, wanted) or (column.values.null_count and not wanted.nullable):
        return column.values, field
    try:
        return column.values.cast(wanted.type), wanted
    except pa.ArrowException:
        return column.values, field


def _alike(field: pa.Field, wanted: pa.Field) -> bool:
    here, there = (fields_of(pa.schema([one]))[0].field_type for one in (field, wanted))
    text = pat.is_string(wanted.type) and here == "string"
    return here == there or text or pat.is_null(field.type)


def dtypes_of(schema: pa.Schema) -> dict[str, str]:
    """Return the pandas dtypes that hold the columns with their NULLs and without rounding."""
    return {field.name: _dtype(field.type) for field in schema}


def _dtype(kind: pa.DataType) -> str:
    if pat.is_integer(kind):
        return str(kind).replace("uint", "UInt").replace("int", "Int")
    if pat.is_boolean(kind):
        return "boolean"
    if pat.is_floating(kind):
        return "float32" if kind == pa.float32() else "float64"
    if pat.is_timestamp(kind):
        return f"datetime64[{kind.unit}]" if kind.tz is None else f"datetime64[{kind.unit}, UTC]"
    return "string" if pat.is_string(kind) else "object"


def to_frame(table: pa.Table) -> pd.DataFrame:
    """Return a DataFrame in which integers and booleans stay such beside NULL.

    A NaN is refused: in numpy's floats it would be taken for NULL.
    """
    import pandas as pd

    for field, column in zip(table.schema, table.columns, strict=True):
        if pat.is_floating(field.type) and pc.any(pc.is_nan(column)).as_py():
            what = f"the column '{field.name}' holds NaN, which pandas takes for NULL"
            raise SchemaError(what, "ask for backend='pyarrow', which tells them apart")
    extension = {kind: getattr(pd, f"{kind}Dtype")() for kind in _INTEGERS}

    def mapped(kind: pa.DataType) -> Any:
        name = _dtype(kind)
        if name in extension:
            return extension[name]
        if name == "boolean":
            return pd.BooleanDtype()
        return pd.StringDtype() if name == "string" else None

    return _remembering(table.to_pandas(types_mapper=mapped, date_as_object=True), table)


def to_arrow_frame(table: pa.Table) -> pd.DataFrame:
    """Return a DataFrame of Arrow-backed columns, which hold what Arrow's do."""
    import pandas as pd

    return _remembering(table.to_pandas(types_mapper=pd.ArrowDtype), table)


def _remembering(frame: pd.DataFrame, table: pa.Table) -> pd.DataFrame:
    document = document_of(fields_of(table.schema))
    frame.attrs[_SCHEMA] = json.dumps(document, ensure_ascii=False)
    return frame
