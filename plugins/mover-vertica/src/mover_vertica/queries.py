"""The columns of a query's result, by what the server says of them before any row."""

# ruff: noqa: S608 - the query is the user's own

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mover_vertica.types import LONG_BYTES, VARCHAR_BYTES, field_of
from records_mover.db.sql.query_text import subquery
from records_mover.errors import DatabaseError

if TYPE_CHECKING:
    from mover_vertica.connect import Connection
    from records_mover.schema import Field

__all__ = ["query_fields", "spelled"]

_NAMES = {
    5: "boolean",
    6: "int",
    7: "float",
    8: "char",
    9: "varchar",
    10: "date",
    11: "time",
    12: "timestamp",
    13: "timestamptz",
    14: "interval day to second",
    15: "timetz",
    16: "numeric",
    17: "varbinary",
    20: "uuid",
    114: "interval year to month",
    115: "long varchar",
    116: "long varbinary",
    117: "binary",
}
_SIZED = (8, 9, 17, 115, 116, 117)
_NUMERIC = 16


def query_fields(connection: Connection, query: str) -> list[Field]:
    """Return the fields of a query's result.

    Raises ``DatabaseError`` for a statement that gives no rows.
    """
    cursor = connection.cursor()
    cursor.description = None
    cursor.execute(f"SELECT * FROM {subquery(query)} LIMIT 0")
    described = list(cursor.description or ())
    cursor.fetchall()
    if not described:
        raise DatabaseError("the query returns no rows", "give a SELECT")
    return [field_of(str(column.name), spelled(column)) for column in described]


def spelled(column: Any) -> str:
    """Return the type of a column of a result as V_CATALOG.COLUMNS spells it.

    What an expression gives has no size that means anything: text then has the most there is.
    """
    kind = int(column.type_code)
    name = _NAMES.get(kind)
    if name is None:
        return str(column.type_name or "varchar").lower()
    if kind in _SIZED:
        most = LONG_BYTES if name.startswith("long") else VARCHAR_BYTES
        size = column.display_size
        return f"{name}({size if size and 0 < size <= most else most})"
    if kind == _NUMERIC and column.precision:
        return f"{name}({column.precision},{column.scale or 0})"
    return name
