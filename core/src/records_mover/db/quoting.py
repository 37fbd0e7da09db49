"""Names and values as SQL writes them, by the names of 1.x; the dialect quotes, always."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from records_mover.db.sql.spelling import quote

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine

__all__ = [
    "quote_column_name",
    "quote_group_name",
    "quote_schema_and_table",
    "quote_table_only",
    "quote_user_name",
    "quote_value",
]


def quote_schema_and_table(db: Engine | Connection, schema: str | None, table: str) -> str:
    """Return ``"schema"."table"``."""
    name = quote(table, db.dialect)
    return f"{quote(schema, db.dialect)}.{name}" if schema else name


def quote_table_only(db: Engine | Connection, table: str) -> str:
    """Return the name of a table, quoted."""
    return quote(table, db.dialect)


def quote_column_name(db: Engine | Connection, column_name: str) -> str:
    """Return the name of a column, quoted."""
    return quote(column_name, db.dialect)


def quote_user_name(db: Engine | Connection, user_name: str) -> str:
    """Return the name of a user, quoted."""
    return quote(user_name, db.dialect)


def quote_group_name(db: Engine | Connection, group_name: str) -> str:
    """Return the name of a group, quoted."""
    return quote(group_name, db.dialect)


def quote_value(db: Engine | Connection, value: str) -> str:
    """Return a text as a literal."""
    import sqlalchemy as sa

    kind: Any = sa.String()
    written: str = kind.literal_processor(db.dialect)(value)
    # Where a driver fills in parameters by %, SQLAlchemy doubles it; this travels with none.
    return (
        written.replace("%%", "%") if db.dialect.paramstyle in {"format", "pyformat"} else written
    )
