"""Views: kept as text and looked up by name, so that they follow a table that is swapped."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vertica_server.actions import Result
from vertica_server.ddl.create import place_of
from vertica_server.ddl.record import array, forget_relation, learn_columns, write_table
from vertica_server.errors import VerticaError
from vertica_server.sql.lexer import tokens
from vertica_server.sql.names import inner, literal, quoted
from vertica_server.sql.rewrite import rewrite, spellings

if TYPE_CHECKING:
    from vertica_server.session import Session
    from vertica_server.sql.cursor import Cursor

__all__ = ["broken", "create_schema", "create_view", "lookers", "renew"]


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
    session.engine.run(
        "UPDATE v_internal.table_facts SET path = current_setting('search_path'),"
        f" labels = {array(labels)} WHERE relid = {oid}"
    )
    learn_columns(session, oid, spellings(query) | {inner(one): one for one in labels})
    return Result(tag="CREATE VIEW")


def lookers(oids: list[int], session: Session) -> list[int]:
    """Return the views that look at relations, directly or through other views."""
    listed = ", ".join(str(oid) for oid in oids) or "0"
    found = session.engine.texts(f"SELECT v_internal.lookers(ARRAY[{listed}]::oid[])")
    return [int(oid or 0) for (oid,) in found]


def broken(session: Session) -> list[int]:
    """Return the views that look at nothing."""
    found = session.engine.texts("SELECT relid FROM v_internal.table_facts WHERE is_broken")
    return [int(oid or 0) for (oid,) in found]


def renew(oids: list[int], session: Session) -> None:
    """Make views again from their text: they look at names, and stay when a table goes."""
    for oid in oids:
        found = session.engine.texts(
            "SELECT quote_ident(n.nspname), f.spelled, f.definition, f.path,"
            " array_to_string(f.labels, chr(1)) FROM v_internal.table_facts f"
            f" JOIN pg_namespace n ON n.oid = f.schema WHERE f.relid = {oid} AND f.is_view"
        )
        for schema, name, definition, path, labels in found:
            where = f"{schema}.{quoted(str(name))}"
            _renew_one(oid, where, str(definition), str(path), labels or "", session)


def _renew_one(
    oid: int, where: str, definition: str, path: str, labels: str, session: Session
) -> None:
    engine, listed = session.engine, [quoted(one) for one in labels.split("\1") if one]
    columns = f" ({', '.join(listed)})" if listed else ""
    engine.run(f"DROP VIEW IF EXISTS {where} CASCADE")
    before = engine.texts("SELECT current_setting('search_path')")[0][0]
    engine.run(f"SET LOCAL search_path = {path}")
    engine.run("SAVEPOINT vertica_view")
    is_broken = False
    try:
        inside = rewrite(tokens(definition), session.functions)
        engine.run(f"CREATE VIEW {where}{columns} AS {inside}")
    except VerticaError as error:
        is_broken = True
        engine.run("ROLLBACK TO SAVEPOINT vertica_view")
        said = literal(error.message)
        engine.run(f"CREATE VIEW {where} AS SELECT v_internal.broken({said}) AS is_broken")
    engine.run(f"SET LOCAL search_path = {before}")
    new = engine.texts(f"SELECT {literal(where)}::regclass::oid")[0][0]
    for table in ("table", "column", "comment", "grant"):
        engine.run(f"UPDATE v_internal.{table}_facts SET relid = {new} WHERE relid = {oid}")
    engine.run(
        f"UPDATE v_internal.table_facts SET is_broken = {literal(is_broken)} WHERE relid = {new}"
    )


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
