"""EXPORT_OBJECTS: the statements that make a table again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vertica_server.control import table_of
from vertica_server.ddl.record import relation
from vertica_server.sql.cursor import Cursor
from vertica_server.sql.lexer import tokens

if TYPE_CHECKING:
    from vertica_server.actions import Result
    from vertica_server.session import Session

__all__ = ["export_objects"]


def export_objects(given: list[str], session: Session) -> Result:
    """Return the DDL of the tables named; the file is not written."""
    scope = given[1] if len(given) > 1 else ""
    oids = [
        relation(session, Cursor(tokens(name)).qualified())
        for name in scope.split(",")
        if name.strip()
    ]
    if not oids:
        found = session.engine.texts("SELECT relid FROM v_internal.table_facts")
        oids = [int(oid or 0) for (oid,) in found]
    said = "\n\n".join(_table(oid, session) for oid in oids)
    return table_of("SELECT", ["EXPORT_OBJECTS"], [[said + "\n"]])


def _table(oid: int, session: Session) -> str:
    texts = session.engine.texts
    schema, name, is_view, definition = texts(
        f"SELECT v_internal.schema_of({oid}), spelled, is_view, definition"
        f" FROM v_internal.table_facts WHERE relid = {oid}"
    )[0]
    if is_view == "t":
        return f"CREATE VIEW {schema}.{name} AS\n {definition};"
    columns = texts(
        "SELECT spelled, type, not_null, default_text FROM v_internal.column_facts"
        f" WHERE relid = {oid} ORDER BY number"
    )
    lines = [
        f"    {column} {kind}"
        + (f" DEFAULT {default}" if default else "")
        + (" NOT NULL" if not_null == "t" else "")
        for column, kind, not_null, default in columns
    ]
    said = f"CREATE TABLE {schema}.{name}\n(\n" + ",\n".join(lines) + "\n);\n"
    return said + "".join(_projection(row) for row in _projections(oid, session))


def _projections(oid: int, session: Session) -> list[list[str | None]]:
    return session.engine.texts(
        "SELECT DISTINCT ON (basename) basename, v_internal.schema_of(relid),"
        " v_internal.name_of(relid), array_to_string(columns, ', '),"
        " array_to_string(orders, ', '), segmented FROM v_internal.projection_facts"
        f" WHERE relid = {oid} ORDER BY basename, offsets"
    )


def _projection(row: list[str | None]) -> str:
    name, schema, table, columns, orders, segmented = row
    spread = (
        f"SEGMENTED BY {segmented} ALL NODES OFFSET 0" if segmented else "UNSEGMENTED ALL NODES"
    )
    return (
        f"\nCREATE PROJECTION {schema}.{name}\n(\n {columns}\n)\nAS\n SELECT {columns}\n"
        f" FROM {schema}.{table}\n ORDER BY {orders}\n{spread};\n"
    )
