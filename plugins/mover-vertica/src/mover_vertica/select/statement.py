"""The SELECT that reads a selection: what has no binary to be read is asked for as text."""

# ruff: noqa: S608 - every name in these statements is quoted

from __future__ import annotations

from typing import TYPE_CHECKING

from records_mover.db.sql.query_text import plain_query, subquery
from records_mover.schema import DecimalConstraints

if TYPE_CHECKING:
    from collections.abc import Callable

    from records_mover.parts import Selection
    from records_mover.schema import Field, RecordsSchema

__all__ = ["select_of"]

_MOST_DIGITS = 76


def select_of(
    selection: Selection, schema: RecordsSchema, quote: Callable[[str], str], table: str
) -> str:
    """Return the statement; ``table`` is the table's name as it is written in SQL.

    A query stays as it is where that will do, so that its rows come in its own order.
    """
    listed = [_expression(field, quote) for field in schema.fields]
    if selection.table is not None:
        return f"SELECT {', '.join(listed)} FROM {table}"
    query = selection.query or ""
    if selection.columns is None and not any(map(_needs_text, schema.fields)):
        return plain_query(query)
    return f"SELECT {', '.join(listed)} FROM {subquery(query)}"


def _expression(field: Field, quote: Callable[[str], str]) -> str:
    name = quote(field.name)
    if field.field_type == "timetz":
        return f"CAST({name} AS VARCHAR(32)) AS {name}"
    return f"CAST({name} AS VARCHAR(1030)) AS {name}" if _needs_text(field) else name


def _needs_text(field: Field) -> bool:
    """Whether a column's binary says more, or less, than can be made of it."""
    if field.field_type != "decimal":
        return field.field_type == "timetz"
    said = field.constraints
    if not isinstance(said, DecimalConstraints):
        return True
    if said.fp_significand_bits is not None:
        return False
    return said.fixed_precision is None or said.fixed_precision > _MOST_DIGITS
