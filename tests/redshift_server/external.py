"""External schemas and tables, by pages r_CREATE_EXTERNAL_SCHEMA, r_CREATE_EXTERNAL_TABLE and
r_ALTER_TABLE_external-table."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from redshift_server.actions import Action, Local
from redshift_server.backend import literal
from redshift_server.errors import RedshiftError
from redshift_server.grammar.cursor import quoted, spelled
from redshift_server.grammar.external import (
    parse_external_schema,
    parse_external_table,
    take_properties,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from redshift_server.grammar.cursor import Cursor, Name
    from redshift_server.session import Session
    from standins.lexer import Token

__all__ = ["alter_external", "create_schema", "create_table", "refresh_named"]

_MOST_PARTITIONS = 100
"""That one statement adds, by page r_ALTER_TABLE_external-table."""


def create_schema(cursor: Cursor, _tokens: list[Token], session: Session) -> Action:
    """Read CREATE EXTERNAL SCHEMA ... FROM DATA CATALOG."""
    said = parse_external_schema(cursor)

    def run() -> str:
        asked = f"SELECT to_regnamespace({literal(quoted(said.name))})"
        if said.if_not_exists and session.backend.query(asked).one() is not None:
            return "CREATE SCHEMA"
        session.atomic(work)
        return "CREATE SCHEMA"

    def work() -> None:
        session.backend.query(f"CREATE SCHEMA {quoted(said.name)}")
        facts = ", ".join(map(literal, (said.database, said.role, f'{{"IAM_ROLE":"{said.role}"}}')))
        session.backend.query(
            f"INSERT INTO rs_catalog.external_schemas VALUES ("
            f"{literal(quoted(said.name))}::regnamespace, {facts})"
        )

    return Local(run=run)


def create_table(cursor: Cursor, _tokens: list[Token], session: Session) -> Action:
    """Read CREATE EXTERNAL TABLE; it is not allowed in a transaction block."""
    said = parse_external_table(cursor)

    def run() -> str:
        session.no_transaction("CREATE EXTERNAL TABLE")
        _need_schema(session, said.table)
        session.atomic(work)
        session.server.has_external_tables = True
        return "CREATE EXTERNAL TABLE"

    def work() -> None:
        columns = ", ".join(f"{quoted(n)} {kind}" for n, kind in said.columns + said.partitions)
        session.backend.query(f"CREATE TABLE {spelled(said.table)} ({columns})")
        facts = [said.location, said.format, said.delimiter, said.properties]
        names = ", ".join(literal(name) for name, _ in said.partitions)
        session.backend.query(
            f"INSERT INTO rs_catalog.external_tables VALUES ({_regclass(said.table)},"
            f" {', '.join(map(literal, facts))}, ARRAY[{names}]::text[])"
        )

    return Local(run=run)


def _regclass(table: Name) -> str:
    return literal(spelled(table)) + "::regclass"


def _need_schema(session: Session, table: Name) -> None:
    found = session.backend.query(
        "SELECT count(*) FROM rs_catalog.svv_external_schemas WHERE schemaname ="
        f" {literal(table[0] or '')}"
    ).one()
    if found == "0":
        said = f'External tables need an external schema; "{table[0]}" is none'
        raise RedshiftError(said, sqlstate="3F000")


def alter_external(cursor: Cursor, table: Name, session: Session) -> Action | None:
    """Read the clauses of ALTER TABLE that only external tables have."""
    run = session.backend.query
    if cursor.take("set", "location"):
        location = literal(cursor.string())
        update = f"UPDATE rs_catalog.external_tables SET location = {location}"
        return _altering(cursor, table, session, lambda: run(f"{update} {_where(table)}"))
    if cursor.take("set", "table", "properties"):
        told = literal(take_properties(cursor))
        merged = f"(coalesce(properties, '{{}}')::jsonb || {told}::jsonb)::text"
        update = f"UPDATE rs_catalog.external_tables SET properties = {merged}"
        return _altering(cursor, table, session, lambda: run(f"{update} {_where(table)}"))
    if cursor.take("set", "file", "format"):
        form = literal(cursor.name())
        update = f"UPDATE rs_catalog.external_tables SET format = {form}"
        return _altering(cursor, table, session, lambda: run(f"{update} {_where(table)}"))
    if cursor.take("add", "if", "not", "exists", "partition"):
        return _add_partitions(cursor, table, session, unless=True)
    if cursor.take("add", "partition"):
        return _add_partitions(cursor, table, session, unless=False)
    if cursor.take("drop", "partition"):
        spec = _spec(cursor)
        delete = f"DELETE FROM rs_catalog.external_partitions {_where(table)} AND spec ="
        return _altering(
            cursor, table, session, lambda: run(f"{delete} {spec.sql(table, session)}")
        )
    if cursor.take("partition"):
        return _move_partition(cursor, table, session)
    return None


def _move_partition(cursor: Cursor, table: Name, session: Session) -> Action:
    spec = _spec(cursor)
    cursor.need("set", "location")
    location = literal(cursor.string())

    def work() -> None:
        same = f"{_where(table)} AND spec = {spec.sql(table, session)}"
        asked = f"SELECT count(*) FROM rs_catalog.external_partitions {same}"
        if session.backend.query(asked).one() == "0":
            raise RedshiftError("Partition does not exist", sqlstate="XX000")
        session.backend.query(
            f"UPDATE rs_catalog.external_partitions SET location = {location} {same}"
        )

    return _altering(cursor, table, session, work)


def _where(table: Name) -> str:
    return f"WHERE reloid = {_regclass(table)}"


@dataclass(frozen=True, slots=True)
class _Spec:
    """Names of partition columns, and a value for each."""

    values: dict[str, str]

    def sql(self, table: Name, session: Session) -> str:
        """Write the values in the order of the table's partition columns."""
        found = session.backend.query(
            f"SELECT to_json(partition_columns) FROM rs_catalog.external_tables {_where(table)}"
        ).one()
        names = json.loads(str(found))
        if sorted(names) != sorted(self.values):
            said = f"Partition keys {sorted(self.values)} are not those of the table: {names}"
            raise RedshiftError(said, sqlstate="XX000")
        return f"ARRAY[{', '.join(literal(self.values[name]) for name in names)}]::text[]"


def _spec(cursor: Cursor) -> _Spec:
    cursor.need_op("(")
    values = dict[str, str]()
    while True:
        name = cursor.name()
        cursor.need_op("=")
        values[name] = cursor.string() if cursor.at_string() else str(cursor.integer())
        if not cursor.take_op(","):
            break
    cursor.need_op(")")
    return _Spec(values)


def _add_partitions(cursor: Cursor, table: Name, session: Session, *, unless: bool) -> Action:
    made = list[tuple[_Spec, str]]()
    while True:
        spec = _spec(cursor)
        cursor.need("location")
        made.append((spec, cursor.string()))
        if not cursor.take("partition"):
            break
    if len(made) > _MOST_PARTITIONS:
        said = f"ALTER TABLE ADD PARTITION takes {_MOST_PARTITIONS} partitions at most"
        raise RedshiftError(said, sqlstate="54000")

    def work() -> None:
        for spec, location in made:
            written = spec.sql(table, session)
            asked = "SELECT count(*) FROM rs_catalog.external_partitions"
            there = session.backend.query(f"{asked} {_where(table)} AND spec = {written}").one()
            if there != "0" and not unless:
                raise RedshiftError("Partition already exists", sqlstate="XX000")
            if there == "0":
                session.backend.query(
                    "INSERT INTO rs_catalog.external_partitions VALUES"
                    f" ({_regclass(table)}, {written}, {literal(location)})"
                )

    return _altering(cursor, table, session, lambda: session.atomic(work))


def _altering(cursor: Cursor, table: Name, session: Session, work: Callable[[], object]) -> Action:
    cursor.end()

    def run() -> str:
        session.no_transaction("ALTER EXTERNAL TABLE")
        found = session.backend.query(
            f"SELECT count(*) FROM rs_catalog.external_tables {_where(table)}"
        ).one()
        if found == "0":
            raise RedshiftError(f"{spelled(table)} is not an external table", sqlstate="42809")
        work()
        return "ALTER TABLE"

    return Local(run=run)


def refresh_named(tokens: Sequence[Token], session: Session) -> None:
    """Read anew what S3 holds for every external table that a statement names."""
    if not session.server.has_external_tables or tokens[0].is_word("create", "drop", "alter"):
        return
    from redshift_server.spectrum import refresh

    known = {
        (str(schema), str(name))
        for schema, name in session.server.admin(
            "SELECT schemaname, tablename FROM rs_catalog.svv_external_tables"
        )
    }
    named = {
        (tokens[place].value, tokens[place + 2].value)
        for place in range(len(tokens) - 2)
        if tokens[place].is_name and tokens[place + 1].is_op(".")
    }
    for table in sorted(known & named):
        if tokens[0].is_word("insert", "update", "delete"):
            raise RedshiftError("this server writes to no external table", sqlstate="0A000")
        refresh(table, session)
