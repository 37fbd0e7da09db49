"""Statements that define: tables made, grants given."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from records_mover.db.sql.spelling import plain, quote
from records_mover.errors import ConfigError, DatabaseError, SchemaError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from sqlalchemy import Connection, Dialect

    from records_mover.db.naming import SqlNames
    from records_mover.parts import PublishRequest, TableName
    from records_mover.schema import RecordsSchema

__all__ = [
    "check_grants",
    "create_statements",
    "create_table",
    "grant",
    "reflected_statement",
    "stored_names",
]


def stored_names(database: SqlNames, table: TableName, schema: RecordsSchema) -> tuple[str, ...]:
    """Return the names of a new table's columns as the database will store them.

    Raises ``SchemaError`` where there are none, one is empty, or two become one.
    """
    if not schema.fields:
        raise SchemaError(f"table '{table}' would have no columns", "give it at least one")
    stored: dict[str, str] = {}
    for position, name in enumerate(schema.names, 1):
        if not name:
            raise SchemaError(f"column {position} has no name", "give every column a name")
        short = database.column_name(name)
        if short in stored:
            what = f"columns '{stored[short]}' and '{name}' would both be called '{short}'"
            raise SchemaError(what, "rename one of them: the database shortens long names")
        stored[short] = name
    return tuple(stored)


def create_statements(
    database: SqlNames, name: TableName, schema: RecordsSchema, key: tuple[str, ...] = ()
) -> tuple[str, ...]:
    """Return CREATE TABLE for a records schema; ``key`` becomes its primary key."""
    import sqlalchemy as sa
    from sqlalchemy.schema import CreateTable

    dialect = database.engine.dialect
    names = stored_names(database, name, schema)
    columns = [
        sa.Column(
            _name(stored, dialect),
            database.type_for(field),
            nullable=not field.required and stored not in key,
            primary_key=stored in key,
            autoincrement=False,
        )
        for stored, field in zip(names, schema.fields, strict=True)
    ]
    table = sa.Table(
        _name(database.column_name(name.name), dialect),
        sa.MetaData(),
        *columns,
        schema=None if name.schema is None else _name(name.schema, dialect),
    )
    return (plain(str(CreateTable(table).compile(dialect=dialect)).strip(), dialect),)


def create_table(
    database: SqlNames, name: TableName, columns: Iterable[str], clauses: str = ""
) -> str:
    """Return CREATE TABLE; columns and what follows them are as they stand in SQL."""
    lines = ",\n".join(f"  {column}" for column in columns)
    return f"CREATE TABLE {database.table_sql(name)} (\n{lines}\n){clauses}"


def reflected_statement(
    database: SqlNames, name: TableName, columns: Sequence[Mapping[str, Any]]
) -> str | None:
    """Return CREATE TABLE with the types as the database has them, None where one has no name."""
    import sqlalchemy as sa
    from sqlalchemy.exc import CompileError
    from sqlalchemy.schema import CreateTable

    dialect = database.engine.dialect
    made = [
        sa.Column(_name(each["name"], dialect), each["type"], nullable=each.get("nullable", True))
        for each in columns
    ]
    schema = None if name.schema is None else _name(name.schema, dialect)
    table = sa.Table(_name(name.name, dialect), sa.MetaData(), *made, schema=schema)
    try:
        return plain(str(CreateTable(table).compile(dialect=dialect)).strip(), dialect)
    except CompileError:
        return None


def _name(name: str, dialect: Dialect) -> str:
    from sqlalchemy.sql import quoted_name

    quote(name, dialect)  # refuses what cannot be a name
    return quoted_name(name, None if dialect.requires_name_normalize else True)


def _asked(request: PublishRequest) -> Iterator[tuple[str, str, bool]]:
    for group, grants in ((False, request.user_grants), (True, request.group_grants)):
        for privilege, grantees in grants.items():
            names = (grantees,) if isinstance(grantees, str) else grantees
            yield from ((privilege, name, group) for name in names)


def check_grants(database: SqlNames, request: PublishRequest) -> None:
    """Raise when a privilege is no word that GRANT knows here."""
    for privilege, _, _ in _asked(request):
        if not database.privileges:
            what = f"'{privilege}' cannot be granted: {database.dialect} has no GRANT"
            raise DatabaseError(what, "leave the grants out")
        if " ".join(privilege.upper().split()) not in database.privileges:
            known = ", ".join(sorted(database.privileges))
            raise ConfigError(f"'{privilege}' is no privilege on a table", f"use one of: {known}")


def grant(
    database: SqlNames, connection: Connection, request: PublishRequest, table: TableName
) -> None:
    """Give the privileges that the request asks for on a table."""
    for privilege, name, group in _asked(request):
        words = " ".join(privilege.upper().split())
        grantee = database.grantee(name, group=group)
        with database.doing(f"cannot grant {words} on '{request.table}' to '{name}'"):
            database.run(connection, f"GRANT {words} ON {database.table_sql(table)} TO {grantee}")
