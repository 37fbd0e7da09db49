"""DataFrames to records schemas and Arrow tables, and back, with every value exact."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.types as pat

from records_mover.errors import SchemaError
from records_mover.schema.arrow import from_arrow

if TYPE_CHECKING:
    import pandas as pd

    from records_mover.schema.records_schema import RecordsSchema

__all__ = ["frame_dtypes", "frame_to_arrow", "schema_of_frame", "to_frame"]

_INTEGERS = ("Int8", "Int16", "Int32", "Int64", "UInt8", "UInt16", "UInt32", "UInt64")


def frame_to_arrow(frame: pd.DataFrame, *, include_index: bool = False) -> pa.Table:
    """Return the columns of a DataFrame; NaN and NaT are NULL.

    Every value is looked at: a column of mixed types is an error that names the column.
    """
    named = frame.reset_index() if include_index else frame
    names = [str(name) for name in named.columns]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise SchemaError(f"more than one column is named '{twice}'", "rename all but one of them")
    columns = [_column(named.iloc[:, spot], name) for spot, name in enumerate(names)]
    return pa.table(dict(zip(names, columns, strict=True)))


def _column(series: pd.Series[Any], name: str) -> pa.Array | pa.ChunkedArray:
    try:
        return pa.array(series, from_pandas=True)
    except (pa.ArrowInvalid, pa.ArrowTypeError, pa.ArrowNotImplementedError) as err:
        what = f"the column '{name}' of the frame cannot be moved: {err}"
        raise SchemaError(
            what, "give all of its values one type, for example by astype(str)"
        ) from err


def schema_of_frame(frame: pd.DataFrame, *, include_index: bool = False) -> RecordsSchema:
    """Return the schema of a DataFrame, by its dtypes and by the values of its object columns."""
    return from_arrow(frame_to_arrow(frame, include_index=include_index).schema)


def frame_dtypes(schema: RecordsSchema) -> dict[str, str]:
    """Return the pandas dtypes that hold the columns with their NULLs and without rounding."""
    return {field.name: _dtype(field.type) for field in schema.to_arrow()}


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
    """Return a DataFrame in which integers and booleans stay such beside NULL."""
    import pandas as pd

    extension = {kind: getattr(pd, f"{kind}Dtype")() for kind in _INTEGERS}

    def mapped(kind: pa.DataType) -> Any:
        name = _dtype(kind)
        if name in extension:
            return extension[name]
        if name == "boolean":
            return pd.BooleanDtype()
        return pd.StringDtype() if name == "string" else None

    frame: pd.DataFrame = table.to_pandas(types_mapper=mapped, date_as_object=True)
    return frame
