"""A table that is replaced takes on the columns of the rows, where its database can alter it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from records_mover.db.columns.matching import place_columns

if TYPE_CHECKING:
    from collections.abc import Callable

    from records_mover.parts import Reshape, Reshaping, TableInfo
    from records_mover.records.ends.end import SourceEnd

__all__ = ["reshaped"]


def reshaped(
    database: Reshaping, info: TableInfo, source: SourceEnd, stored: Callable[[str], str]
) -> tuple[tuple[str, ...], Reshape | None]:
    """Return the table's columns in the source's order, and how it changes to have them.

    Rows are looked at only to find the type of a column that the table does not have.
    """
    assert source.columns is not None, "rows without names come by position"
    columns = place_columns(source.columns, info, stored=stored)
    schema = source.declared()
    if schema is None and not set(columns) <= {column.name for column in info.columns}:
        schema = source.schema()
    if schema is not None:
        schema = schema.select(source.columns)
    return columns, database.reshape(info, columns, schema) or None
