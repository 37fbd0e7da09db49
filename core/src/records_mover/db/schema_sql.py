"""Records schemas of tables and of queries."""

from __future__ import annotations

import datetime as dt
import uuid
from collections import Counter
from contextlib import closing
from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from records_mover.db import ddl
from records_mover.db.columns.declared import ORIGIN, declared
from records_mover.db.columns.matching import suggestion
from records_mover.db.sql.spelling import spell_type
from records_mover.errors import ColumnMismatchError, DatabaseError
from records_mover.schema import (
    DecimalConstraints,
    Field,
    RecordsSchema,
    TableRepresentation,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from sqlalchemy import Connection, CursorResult

    from records_mover.db.naming import SqlNames
    from records_mover.parts import Selection, TableName
    from records_mover.schema import FieldType

__all__ = ["chosen_columns", "query_schema", "result_names", "sampled_fields", "table_schema"]

_SAMPLE_ROWS = 1000


def table_schema(
    database: SqlNames,
    table: TableName,
    described: Sequence[Mapping[str, Any]],
    columns: tuple[str, ...] | None = None,
) -> RecordsSchema:
    """Return the schema of a table, or of some of its columns in the order asked for.

    ``described`` are SQLAlchemy's descriptions of all of its columns.
    """
    fields = [_represented(database, column) for column in described]
    statement = ddl.reflected_statement(database, table, described)
    origin = TableRepresentation(type=f"sql/{database.dialect}", table_ddl=statement)
    known = {} if statement is None else {ORIGIN: origin}
    return RecordsSchema(_chosen(fields, columns, str(table)), known)


def _represented(database: SqlNames, column: Mapping[str, Any]) -> Field:
    kind = spell_type(column["type"], database.engine.dialect)
    modifiers = "" if column.get("nullable", True) else "NOT NULL"
    origin = declared(f"sql/{database.dialect}", kind, modifiers)
    return replace(database.field_for(column), representations={ORIGIN: origin})


def chosen_columns(schema: RecordsSchema, selection: Selection) -> RecordsSchema:
    """Return the schema of those columns of a table that a selection wants, in its order.

    The schema itself where it wants all. Raises ``ColumnMismatchError`` for one that is not there.
    """
    if selection.columns is None:
        return schema
    return RecordsSchema(_chosen(schema.fields, selection.columns, f"'{selection}'"))


def query_schema(fields: Sequence[Field], columns: tuple[str, ...] | None = None) -> RecordsSchema:
    """Return the schema of a query's result, whose names must differ.

    Raises ``ColumnMismatchError`` where two are alike, or one of ``columns`` is not there.
    """
    twice = [name for name, times in Counter(field.name for field in fields).items() if times > 1]
    if twice:
        what = f"the query gives more than one column called '{twice[0]}'"
        raise ColumnMismatchError(what, "name each column of the query with AS")
    return RecordsSchema(_chosen(fields, columns, "the query"))


def _chosen(
    fields: Sequence[Field], columns: tuple[str, ...] | None, source: str
) -> Sequence[Field]:
    if columns is None:
        return fields
    by_name = {field.name: field for field in fields}
    for name in columns:
        if name not in by_name:
            raise ColumnMismatchError(f"no column '{name}' in {source}", suggestion(name, by_name))
    return [by_name[name] for name in columns]


def sampled_fields(database: SqlNames, connection: Connection, query: str) -> list[Field]:
    """Return the fields of a query's result by the values of its first rows.

    Drivers agree on no code for a column's type, so the values are what there is to go by; a
    column that holds none so far is text, and numbers of several kinds are unlimited decimals.
    """
    from records_mover.db.sql.query_text import plain_query

    result = database.run(connection, plain_query(query), stream_results=True)
    with closing(result):
        names = result_names(result)
        rows = result.fetchmany(_SAMPLE_ROWS)
    values: Iterable[Sequence[Any]] = zip(*rows, strict=True) if rows else [()] * len(names)
    return [_seen(name, column) for name, column in zip(names, values, strict=True)]


def result_names(result: CursorResult[Any]) -> list[str]:
    """Return the names of a result's columns as the driver gives them.

    Raises ``DatabaseError`` for a statement that gives no rows.
    """
    if not result.returns_rows:
        raise DatabaseError("the query returns no rows", "give a SELECT")
    cursor = result.context.cursor
    return [column[0] for column in cursor.description]


_KINDS: tuple[tuple[type, FieldType], ...] = (
    (bool, "boolean"),
    (int, "integer"),
    (dt.datetime, "datetime"),
    (dt.date, "date"),
    (dt.time, "time"),
    (dt.timedelta, "interval"),
    (uuid.UUID, "uuid"),
    (dict, "json"),
    (list, "json"),
    (bytes, "bytes"),
    (bytearray, "bytes"),
    (memoryview, "bytes"),
)


def _seen(name: str, values: Sequence[Any]) -> Field:
    kinds = {type(value) for value in values} - {type(None)}
    if kinds == {float}:
        bits = DecimalConstraints(fp_total_bits=64, fp_significand_bits=53)
        return Field(name, "decimal", bits)
    if kinds and kinds <= {int, float, Decimal} and kinds != {int}:
        return Field(name, "decimal", DecimalConstraints())
    if len(kinds) != 1:
        return Field(name, "string")
    kind = kinds.pop()
    field_type = next((name_ for type_, name_ in _KINDS if issubclass(kind, type_)), "string")
    zoned = field_type in {"datetime", "time"} and any(getattr(v, "tzinfo", None) for v in values)
    return Field(name, f"{field_type}tz" if zoned else field_type)  # type: ignore[arg-type]
