"""ALTER TABLE by its page: one action on one table, or many tables renamed at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vertica_server.actions import Result
from vertica_server.ddl import constraints, dependencies, views
from vertica_server.ddl.record import array, need_schema, relation, write_column
from vertica_server.errors import VerticaError
from vertica_server.grammar.table import CreateTable, parse_column, parse_constraint
from vertica_server.grammar.types import parse_type
from vertica_server.sql.names import Name, inner, literal, quoted, spelled
from vertica_server.sql.rewrite import rewrite

if TYPE_CHECKING:
    from vertica_server.session import Session
    from vertica_server.sql.cursor import Cursor

__all__ = ["alter_table"]

_TAG = Result(tag="ALTER TABLE")


def alter_table(cursor: Cursor, session: Session) -> Result:
    """Run the statement."""
    cursor.need("alter", "table")
    names = [cursor.qualified()]
    while cursor.take_op(","):
        names.append(cursor.qualified())
    if cursor.take("rename", "to"):
        _rename_tables(cursor, names, session)
    elif len(names) > 1:
        cursor.fail()
    else:
        _one_action(cursor, names[0], session)
    cursor.end()
    return _TAG


def _rename_tables(cursor: Cursor, names: list[Name], session: Session) -> None:
    """Names are exchanged in one step, from left to right (page Renaming tables)."""
    new = [cursor.name()]
    while cursor.take_op(","):
        new.append(cursor.name())
    if cursor.at_op("."):
        cursor.fail()  # only the left list may name a schema
    if len(new) != len(names):
        raise VerticaError(
            "The number of new table names must match the number of old ones",
            sqlstate="42601", code=4105,
        )  # fmt: skip
    schemas = {inner(name.schema or "") for name in names}
    if len(schemas) > 1:
        raise VerticaError(
            "All tables in a rename must be in the same schema", sqlstate="0A000", code=2098
        )
    oids = [relation(session, name, kinds="rp") for name in names[:1]]
    oids += [oid for name in names[1:] if (oid := _there(name, session))]
    lookers = views.lookers(oids, session)
    for old, target in zip(names, new, strict=True):
        _rename(old, target, session)
    views.renew([*lookers, *views.broken(session)], session)


def _there(name: Name, session: Session) -> int:
    """A name further right may be one that this statement only makes."""
    found = session.engine.texts(f"SELECT to_regclass({literal(spelled(name))})::oid")
    return int(found[0][0] or 0)


def _rename(old: Name, target: str, session: Session) -> None:
    oid = relation(session, old, kinds="rp")
    where = session.engine.texts(
        "SELECT quote_ident(nspname) FROM pg_class c JOIN pg_namespace n"
        f" ON n.oid = relnamespace WHERE c.oid = {oid}"
    )[0][0]
    taken = session.engine.texts(f"SELECT to_regclass({literal(f'{where}.{quoted(target)}')})")
    if taken[0][0] is not None:
        raise VerticaError(f'Object "{target}" already exists', sqlstate="42710", code=4213)
    from_where = session.engine.texts(f"SELECT {oid}::regclass::text")[0][0]
    session.engine.run(f"ALTER TABLE {from_where} RENAME TO {quoted(target)}")
    session.engine.run(
        f"UPDATE v_internal.table_facts SET spelled = {literal(target)} WHERE relid = {oid}"
    )
    for facts in ("comment_facts", "grant_facts"):
        session.engine.run(
            f"UPDATE v_internal.{facts} SET name = {literal(target)} WHERE relid = {oid}"
        )


def _one_action(cursor: Cursor, name: Name, session: Session) -> None:
    oid = relation(session, name, kinds="rp")
    where = str(session.engine.texts(f"SELECT {oid}::regclass::text")[0][0])
    if cursor.take("add", "column"):
        _add_column(cursor, oid, where, session)
    elif cursor.at("add", "constraint") or cursor.at("add", "primary") or cursor.at("add"):
        _add_constraint(cursor, oid, session)
    elif cursor.take("drop", "constraint"):
        constraints.drop(cursor.name(), oid, session)
        cursor.one_of("cascade", "restrict")
    elif cursor.take("drop"):
        _drop_column(cursor, oid, where, session)
    elif cursor.take("rename"):
        _rename_column(cursor, oid, where, session)
    elif cursor.take("alter", "column"):
        _alter_column(cursor, oid, where, session)
    elif cursor.take("alter", "constraint"):
        constraint = cursor.name()
        enabled = cursor.one_of("enabled", "disabled") or cursor.fail()
        constraints.switch(constraint, oid, session, enabled=enabled == "enabled")
    else:
        _of_table(cursor, oid, where, session)


def _of_table(cursor: Cursor, oid: int, where: str, session: Session) -> None:
    if cursor.take("set", "schema"):
        schema = cursor.name()
        cursor.one_of("cascade", "restrict")
        need_schema(session, schema)
        session.engine.run(f"ALTER TABLE {where} SET SCHEMA {quoted(schema)}")
        session.engine.run(
            "UPDATE v_internal.table_facts SET schema ="
            f" (SELECT relnamespace FROM pg_class WHERE oid = {oid}) WHERE relid = {oid}"
        )
    elif cursor.take("owner", "to"):
        owner = cursor.name()
        session.engine.run(
            f"UPDATE v_internal.table_facts SET owner = {literal(owner)} WHERE relid = {oid}"
        )
    elif cursor.one_of("include", "exclude", "materialize"):
        cursor.take("schema")
        cursor.need("privileges")
    elif cursor.take("partition", "by"):
        said = " ".join(token.text for token in cursor.until("reorganize", "group"))
        cursor.take("reorganize")
        session.engine.run(
            f"UPDATE v_internal.table_facts SET partition_expression = {literal(said)}"
            f" WHERE relid = {oid}"
        )
    else:
        cursor.fail()


def _add_column(cursor: Cursor, oid: int, where: str, session: Session) -> None:
    exists = cursor.take("if", "not", "exists")
    made = CreateTable(name=Name(schema=None, table=""))
    column = parse_column(cursor, made)
    taken = session.engine.texts(
        f"SELECT 1 FROM v_internal.column_facts WHERE relid = {oid}"
        f" AND lower(spelled) = {literal(column.name.lower())}"
    )
    if taken and exists:
        return
    default = f" DEFAULT {rewrite(column.default, session.functions)}" if column.default else ""
    null = " NOT NULL" if column.not_null else ""
    session.engine.run(
        f"ALTER TABLE {where} ADD COLUMN {quoted(column.name)} {column.type.pg}{default}{null}"
    )
    write_column(session, oid, column, " ".join(token.text for token in column.default))
    for one in made.constraints:
        constraints.add(one, oid, session)
    # Superprojections have every column, and so the new one too (page Adding table columns).
    session.engine.run(
        "UPDATE v_internal.projection_facts SET columns = columns ||"
        f" {array([column.name])} WHERE relid = {oid} AND array_length(columns, 1) ="
        f" (SELECT count(*) - 1 FROM v_internal.column_facts WHERE relid = {oid})"
    )


def _add_constraint(cursor: Cursor, oid: int, session: Session) -> None:
    cursor.need("add")
    one = parse_constraint(cursor)
    if one.kind == "p":
        where = session.engine.texts(f"SELECT {oid}::regclass::text")[0][0]
        for column in one.columns:
            session.engine.run(f"ALTER TABLE {where} ALTER COLUMN {quoted(column)} SET NOT NULL")
        session.engine.run(
            f"UPDATE v_internal.column_facts SET not_null = true WHERE relid = {oid}"
            f" AND lower(spelled) = ANY ({array([name.lower() for name in one.columns])})"
        )
    constraints.add(one, oid, session)


def _column_of(cursor: Cursor, oid: int, session: Session) -> tuple[str, int]:
    name = cursor.name()
    found = session.engine.texts(
        f"SELECT number FROM v_internal.column_facts WHERE relid = {oid}"
        f" AND lower(spelled) = {literal(name.lower())}"
    )
    if not found:
        raise VerticaError(f'Column "{name}" does not exist', sqlstate="42703", code=2624)
    return name, int(found[0][0] or 0)


def _drop_column(cursor: Cursor, oid: int, where: str, session: Session) -> None:
    cursor.take("column")
    exists = cursor.take("if", "exists")
    if exists and cursor.here is not None:
        listed = session.engine.texts(
            f"SELECT lower(spelled) FROM v_internal.column_facts WHERE relid = {oid}"
        )
        if cursor.here.name.lower() not in {row[0] for row in listed}:
            cursor.next()
            cursor.one_of("cascade", "restrict")
            return
    name, number = _column_of(cursor, oid, session)
    cascade = cursor.one_of("cascade", "restrict") == "cascade"
    dependencies.check_droppable(name, oid, session, cascade=cascade)
    session.engine.run(f"ALTER TABLE {where} DROP COLUMN {quoted(name)} CASCADE")
    session.engine.run(
        f"DELETE FROM v_internal.column_facts WHERE relid = {oid} AND number = {number}"
    )
    for listed_in in ("columns", "orders"):
        session.engine.run(
            f"UPDATE v_internal.projection_facts SET {listed_in} = ARRAY(SELECT c FROM"
            f" unnest({listed_in}) c WHERE lower(c) <> {literal(name.lower())})"
            f" WHERE relid = {oid}"
        )


def _rename_column(cursor: Cursor, oid: int, where: str, session: Session) -> None:
    cursor.take("column")
    name, number = _column_of(cursor, oid, session)
    cursor.need("to")
    new = cursor.name()
    if inner(new) != inner(name):
        session.engine.run(f"ALTER TABLE {where} RENAME COLUMN {quoted(name)} TO {quoted(new)}")
    old = session.engine.texts(
        "WITH old AS (SELECT spelled FROM v_internal.column_facts"
        f" WHERE relid = {oid} AND number = {number})"
        f" UPDATE v_internal.column_facts f SET spelled = {literal(new)} FROM old"
        f" WHERE f.relid = {oid} AND f.number = {number} RETURNING old.spelled"
    )[0][0]
    session.engine.run(
        f"UPDATE v_internal.projection_facts SET"
        f" columns = array_replace(columns, {literal(old)}, {literal(new)}),"
        f" orders = array_replace(orders, {literal(old)}, {literal(new)}) WHERE relid = {oid}"
    )


def _alter_column(cursor: Cursor, oid: int, where: str, session: Session) -> None:
    name, number = _column_of(cursor, oid, session)
    begin = f"ALTER TABLE {where} ALTER COLUMN {quoted(name)}"
    facts = f"WHERE relid = {oid} AND number = {number}"
    if cursor.take("set", "data", "type"):
        kind = parse_type(cursor)
        dependencies.check_type(name, oid, kind, session)
        session.engine.run(f"{begin} TYPE {kind.pg}")
        session.engine.run(
            f"UPDATE v_internal.column_facts SET type = {literal(kind.shown)},"
            f" type_oid = {kind.oid}, modifier = {kind.modifier} {facts}"
        )
    elif cursor.take("set", "default"):
        said = cursor.rest()
        session.engine.run(f"{begin} SET DEFAULT {rewrite(said, session.functions)}")
        text = " ".join(token.text for token in said)
        session.engine.run(
            f"UPDATE v_internal.column_facts SET default_text = {literal(text)} {facts}"
        )
    elif cursor.take("drop", "default"):
        session.engine.run(f"{begin} DROP DEFAULT")
        session.engine.run(f"UPDATE v_internal.column_facts SET default_text = '' {facts}")
    elif cursor.one_of("set", "drop") is not None:
        _nullable(cursor, begin, facts, session)
    else:
        cursor.fail()


def _nullable(cursor: Cursor, begin: str, facts: str, session: Session) -> None:
    before = cursor.ahead(-1)
    cursor.need("not", "null")
    word = "SET" if before is not None and before.is_word("set") else "DROP"
    session.engine.run(f"{begin} {word} NOT NULL")
    session.engine.run(
        f"UPDATE v_internal.column_facts SET not_null = {literal(word == 'SET')} {facts}"
    )
