"""Views: kept as text and looked up by name, so that they follow a table that is swapped."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vertica_server.actions import Result
from vertica_server.ddl.create import place_of
from vertica_server.ddl.record import forget_relation, learn_columns, write_table
from vertica_server.errors import VerticaError
from vertica_server.sql.names import inner, literal, quoted
from vertica_server.sql.rewrite import rewrite, spellings

if TYPE_CHECKING:
    from vertica_server.session import Session
    from vertica_server.sql.cursor import Cursor

__all__ = ["create_schema", "create_view", "follow"]


def create_view(cursor: Cursor, session: Session) -> Result:
    """CREATE [OR REPLACE] VIEW name [(columns)] AS SELECT."""
    cursor.need("create")
    replace = cursor.take("or", "replace")
    temporary = cursor.take("local")
    temporary = cursor.one_of("temp", "temporary") is not None or temporary
    cursor.need("view")
    name = cursor.qualified()
    labels = cursor.names() if cursor.at_op("(") else []
    if cursor.one_of("include", "exclude"):
        cursor.take("schema")
        cursor.need("privileges")
    cursor.need("as")
    query = cursor.rest()
    where = place_of(name, session, temporary=temporary)
    found = session.engine.texts(f"SELECT to_regclass({literal(where)})::oid")[0][0]
    if found is not None and not replace:
        said = f'Object "{name.table}" already exists'
        raise VerticaError(said, sqlstate="42710", code=4213)
    if found is not None:
        session.engine.run(f"DROP VIEW {where} CASCADE")
        forget_relation(session, int(found))
    columns = f" ({', '.join(quoted(label) for label in labels)})" if labels else ""
    inside = rewrite(query, session.functions)
    session.engine.run(f"CREATE VIEW {where}{columns} AS {inside}")
    oid = int(session.engine.texts(f"SELECT {literal(where)}::regclass::oid")[0][0] or 0)
    text = " ".join(token.text for token in query)
    write_table(session, oid, name.table, is_view=True, definition=text)
    learn_columns(session, oid, spellings(query) | {inner(one): one for one in labels})
    return Result(tag="CREATE VIEW")


def follow(old: dict[str, int], session: Session) -> None:
    """Make the views over renamed tables again: they look at names (page Renaming tables)."""
    oids = ", ".join(str(oid) for oid in old.values()) or "0"
    found = session.engine.texts(
        "SELECT DISTINCT r.ev_class, r.ev_class::regclass::text, pg_get_viewdef(r.ev_class)"
        " FROM pg_depend d JOIN pg_rewrite r ON r.oid = d.objid"
        " JOIN pg_class c ON c.oid = r.ev_class AND c.relkind = 'v'"
        f" WHERE d.refobjid IN ({oids}) AND d.classid = 'pg_rewrite'::regclass"
    )
    for _, name, definition in found:
        session.engine.run(f"CREATE OR REPLACE VIEW {name} AS {definition}")


def create_schema(cursor: Cursor, session: Session) -> Result:
    """CREATE SCHEMA [IF NOT EXISTS] name."""
    cursor.need("create", "schema")
    exists = cursor.take("if", "not", "exists")
    name = cursor.name()
    if cursor.take("authorization"):
        cursor.name()
    if cursor.take("default"):
        cursor.one_of("include", "exclude")
        cursor.take("schema")
        cursor.need("privileges")
    cursor.end()
    known = f"SELECT 1 FROM pg_namespace WHERE nspname = {literal(inner(name))}"
    if session.engine.texts(known):
        if not exists:
            said = f'Schema "{name}" already exists'
            raise VerticaError(said, sqlstate="42V06", code=4655)
        session.notice(f'Schema "{name}" already exists; nothing was done')
        return Result(tag="CREATE SCHEMA")
    session.engine.run(f"CREATE SCHEMA {quoted(name)}")
    session.engine.run(
        f"INSERT INTO v_internal.schema_facts SELECT oid, {literal(name)} FROM pg_namespace"
        f" WHERE nspname = {literal(inner(name))}"
    )
    return Result(tag="CREATE SCHEMA")
