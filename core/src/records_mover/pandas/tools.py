"""Small things around DataFrames, most of them by their names in 1.x."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

    from records_mover.schema import RecordsSchema

__all__ = [
    "NumPyJSONEncoder",
    "frame_dtypes",
    "json_dumps",
    "purge_unnamed_unused_columns",
    "schema_of_frame",
]


class NumPyJSONEncoder(json.JSONEncoder):
    """Writes numbers, booleans and arrays of numpy as JSON's own."""

    def default(self, o: Any) -> Any:
        """Return the Python value of one of numpy's; ``TypeError`` for anything else."""
        if hasattr(o, "tolist") and type(o).__module__.partition(".")[0] == "numpy":
            return o.tolist()
        return super().default(o)


def json_dumps(item: object) -> str:
    """Return JSON of data that may hold values of numpy."""
    return json.dumps(item, cls=NumPyJSONEncoder)


def purge_unnamed_unused_columns(df: pd.DataFrame) -> pd.DataFrame:
    """Return a frame without the columns that have no name in the file and no value in any row.

    pandas calls them ``Unnamed: 7`` where a spreadsheet has written delimiters after its last
    column.
    """
    unused = [
        name
        for name in df.columns
        if str(name).startswith("Unnamed: ") and not df[name].notna().any()
    ]
    return df.drop(columns=unused)


def schema_of_frame(frame: pd.DataFrame, *, include_index: bool = False) -> RecordsSchema:
    """Return the schema of a DataFrame, by its dtypes and by the values of its object columns."""
    from records_mover.schema import RecordsSchema

    return RecordsSchema.from_dataframe(frame, include_index=include_index)


def frame_dtypes(schema: RecordsSchema) -> dict[str, str]:
    """Return the pandas dtypes that hold the columns with their NULLs and without rounding."""
    from records_mover.schema.frames import dtypes_of

    return dtypes_of(schema.to_arrow())
