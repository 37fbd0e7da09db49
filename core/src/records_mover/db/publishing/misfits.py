"""Tables that are made anew with other columns: what changes, and which of it a value needs.

For servers that cannot alter a table as it is filled: rows land in a table of the roomier types,
and one query over it says which of its columns might have stayed as they were.
"""

# ruff: noqa: S608 - every name in these statements is quoted by the database

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from records_mover.db.columns.roomier import DIGITS, parsed, roomier, same_family, size_of
from records_mover.db.publishing import reshaping
from records_mover.errors import SchemaError
from records_mover.frozen import frozen
from records_mover.parts import Reshape

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from sqlalchemy import Connection

    from records_mover.db.columns.roomier import SqlType
    from records_mover.db.naming import SqlNames
    from records_mover.parts import PublishRequest, TableInfo, TableName
    from records_mover.schema import RecordsSchema

__all__ = ["Spelling", "misfit", "needed", "reshape", "taking_over"]

_BITS = {"smallint": 15, "integer": 31, "bigint": 63}
_MOST_IN_REAL = "3.4e38"


@frozen
class Spelling:
    """How a server's types are spelled as SQL's standard does, and the other way round.

    ``own`` answers None to a type that the server has not.
    """

    standard: Callable[[str], str]
    own: Callable[[str], str | None]

    def roomier(self, old: str, new: str) -> str | None:
        """Return the server's type that holds what comes, None where its own does."""
        found = roomier(self.standard(old), self.standard(new))
        return None if found is None else self.own(found)


def reshape(
    database: SqlNames,
    info: TableInfo,
    columns: Sequence[str],
    schema: RecordsSchema | None,
    spelling: Spelling,
) -> Reshape:
    """Say how the columns of a table change, and may change, to be those of the rows."""
    dropped = reshaping.dropped_columns(info, columns)
    if schema is None:
        return Reshape(dropped=dropped)
    added = reshaping.added_columns(database, info, columns, schema)
    types = {column.name: column.type for column in info.columns}
    roomy = {
        name: spelling.roomier(types[name], kind)
        for name, field in zip(columns, schema.fields, strict=True)
        if name in types and (kind := _declared(database, schema.select([field.name])))
    }
    return Reshape(
        added=tuple(replace(column, type=column.type.lower()) for column in added),
        dropped=dropped,
        retyped=tuple((name, kind) for name, kind in roomy.items() if kind is not None),
        loosened=tuple(reshaping.loosened_columns(info, columns, schema)),
    )


def _declared(database: SqlNames, schema: RecordsSchema) -> str:
    """Return the type that a new column would have; "" where the server has none for it.

    That does not matter to a column that is there, which refuses what does not fit.
    """
    try:
        return database.declared(schema)[0].lower()
    except SchemaError:
        return ""


def needed(
    database: SqlNames,
    connection: Connection,
    rows: TableName,
    info: TableInfo,
    asked: Reshape,
    spelling: Spelling,
) -> Reshape:
    """Return what of a change has to be, now that the rows are in a table to tell."""
    types = {column.name: column.type for column in info.columns}
    tests: dict[str, str] = {}
    for name, kind in asked.retyped:
        test = misfit(database.quote(name), types[name], kind, spelling)
        if test is not None:
            tests[f"type {name}"] = test
    for name in asked.loosened:
        tests[f"null {name}"] = f"{database.quote(name)} IS NULL"
    found = _found(database, connection, rows, tests)
    return replace(
        asked,
        retyped=tuple(each for each in asked.retyped if found.get(f"type {each[0]}", True)),
        loosened=tuple(name for name in asked.loosened if found[f"null {name}"]),
    )


def _found(
    database: SqlNames, connection: Connection, rows: TableName, tests: dict[str, str]
) -> dict[str, bool]:
    """Return which of the conditions is true of a row at least."""
    if not tests:
        return {}
    listed = ", ".join(f"MAX(CASE WHEN {test} THEN 1 ELSE 0 END)" for test in tests.values())
    row = database.run(connection, f"SELECT {listed} FROM {database.table_sql(rows)}").one()
    return {name: bool(value) for name, value in zip(tests, row, strict=True)}


def taking_over(
    database: SqlNames,
    rows: TableName,
    made: TableName,
    request: PublishRequest,
    change: Reshape,
) -> str:
    """Return the INSERT of all rows into a table that changes less than their own was made to."""
    assert request.info is not None, "a table that is not there is created"
    types = {column.name: column.type for column in request.info.columns}
    kept = (request.reshape or change).types.keys() - change.types.keys()
    names = {name: database.quote(name) for name in request.columns or types}
    given = ", ".join(
        f"CAST({quoted} AS {types[name].upper()})" if name in kept else quoted
        for name, quoted in names.items()
    )
    into = f"INSERT INTO {database.table_sql(made)} ({', '.join(names.values())})"
    return f"{into} SELECT {given} FROM {database.table_sql(rows)}"


def misfit(column: str, old: str, new: str, spelling: Spelling) -> str | None:
    """Return SQL that is true of a ``new`` value which ``old`` does not hold; None if none can be.

    No cast in it can fail, as there is no way back from that in the middle of a transaction.
    """
    here, there = parsed(spelling.standard(old)), parsed(spelling.standard(new))
    if here is None or there is None:
        return None
    if here.limit is not None:
        return " OR ".join(_text_misfits(column, here))
    held = _held(column, here, there)
    if held is None:
        return None
    back = f"CAST(CAST(CASE WHEN {held} THEN {column} END AS {old}) AS {new})"
    return f"{column} IS NOT NULL AND ({back} IS NULL OR {back} <> {column})"


def _text_misfits(column: str, here: SqlType) -> Iterator[str]:
    """Yield what is too long, and what a column that is filled up with blanks would change."""
    yield f"OCTET_LENGTH({column}) > {here.limit}"
    if here.name != "character varying":
        yield f"OCTET_LENGTH({column}) <> OCTET_LENGTH(RTRIM({column}))"


def _held(column: str, here: SqlType, there: SqlType) -> str | None:
    """Return SQL that is true of values which a cast takes; None where there is no such cast."""
    if same_family(here, there):
        return f"{column} IS NOT NULL"
    if there.name not in (*DIGITS, "real", "double precision", "numeric"):
        return None
    if here.name in _BITS:
        most = 2 ** _BITS[here.name]
        return f"{column} BETWEEN {-most} AND {most - 1}"
    if here.name == "real":
        return f"ABS({column}) <= {_MOST_IN_REAL}"
    size = size_of(here) if here.name == "numeric" else None
    if size is None:
        return None
    digits = "9" * size[0] or "0"
    return f"ABS({column}) <= {digits}" + (f".{'9' * size[1]}" if size[1] else "")
