"""Small things around DataFrames, by their names in 1.x."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["NumPyJSONEncoder", "json_dumps", "purge_unnamed_unused_columns"]


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
