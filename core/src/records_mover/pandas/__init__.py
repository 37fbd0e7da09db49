"""DataFrames of pandas: what their columns are, and to and from Arrow with every value exact.

pandas itself is imported by the functions, when they are called. ``sources.dataframe`` and
``targets.dataframe`` move frames; this is for whoever wants what they do by itself.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from records_mover.pandas.tools import (
        NumPyJSONEncoder,
        frame_dtypes,
        json_dumps,
        purge_unnamed_unused_columns,
        schema_of_frame,
    )
    from records_mover.schema.frames import frame_to_arrow, to_arrow_frame, to_frame

__all__ = [
    "NumPyJSONEncoder",
    "frame_dtypes",
    "frame_to_arrow",
    "json_dumps",
    "purge_unnamed_unused_columns",
    "schema_of_frame",
    "to_arrow_frame",
    "to_frame",
]

_FRAMES = ("frame_to_arrow", "to_arrow_frame", "to_frame")

if not TYPE_CHECKING:  # so that a slip of the pen is found by type checkers

    def __getattr__(name: str) -> Any:
        """Import a name from its home when it is first asked for."""
        if name not in __all__:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        home = "records_mover.schema.frames" if name in _FRAMES else "records_mover.pandas.tools"
        return getattr(import_module(home), name)


def __dir__() -> list[str]:
    """Let a notebook complete the public names, whose homes nobody has looked into yet."""
    return sorted({*globals(), *__all__})
