"""Projections: written down only; the rows lie once in the PostgreSQL behind."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vertica_server.actions import Result
from vertica_server.ddl.record import array, relation
from vertica_server.errors import VerticaError
from vertica_server.grammar.design import Design, parse_design
from vertica_server.sql.names import inner, literal

if TYPE_CHECKING:
    from collections.abc import Sequence

    from vertica_server.grammar.table import CreateTable
    from vertica_server.session import Session
    from vertica_server.sql.cursor import Cursor

__all__ = ["copy", "create", "drop", "ensure", "of_table"]


def of_table(made: CreateTable, oid: int, session: Session) -> None:
    """A table with a physical design gets its projections at once."""
    if made.design.is_said:
        known = _columns(oid, session)
        order = [_spelled(name, known) for name in made.design.order]
        _write(made.name.table, oid, known, order or known, made.design, session, own=False)


def ensure(oid: int, session: Session) -> None:
    """A table without a projection gets one with its first rows."""
    found = session.engine.texts(
        f"SELECT 1 FROM v_internal.projection_facts WHERE relid = {oid} LIMIT 1"
    )
    if found:
        return
    known = _columns(oid, session)
    name = session.engine.texts(f"SELECT v_internal.name_of({oid})")[0][0]
    if name is not None and known:
        _write(name, oid, known, known, Design(), session, own=False)


def create(cursor: Cursor, session: Session) -> Result:
    """CREATE PROJECTION name [(columns)] AS SELECT columns FROM table design."""
    cursor.need("create")
    cursor.take("or", "replace")
    cursor.need("projection")
    exists = cursor.take("if", "not", "exists")
    name = cursor.qualified()
    if cursor.at_op("("):
        cursor.group()
    cursor.need("as", "select")
    listed = [token.name for token in cursor.until("from") if token.is_name]
    cursor.need("from")
    table = cursor.qualified()
    clauses = ("order", "segmented", "unsegmented", "ksafe")
    if cursor.here is not None and cursor.here.is_name and not cursor.here.is_word(*clauses):
        cursor.next()  # the table's alias
    oid = relation(session, table, kinds="rp")
    design = parse_design(cursor)
    cursor.end()
    known = _columns(oid, session)
    columns = [_spelled(one, known) for one in listed] or known
    order = [_spelled(one, known) for one in design.order]
    taken = session.engine.texts(
        "SELECT 1 FROM v_internal.projection_facts WHERE"
        f" lower({literal(name.table)}) IN (lower(name), lower(basename))"
    )
    if taken and exists:
        return Result(tag="CREATE PROJECTION")
    if taken:
        said = f'Object "{name.table}" already exists'
        raise VerticaError(said, sqlstate="42710", code=4213)
    _write(name.table, oid, columns, order or columns, design, session, own=True)
    return Result(tag="CREATE PROJECTION")


def drop(cursor: Cursor, session: Session) -> Result:
    """DROP PROJECTION."""
    cursor.need("drop", "projection")
    exists = cursor.take("if", "exists")
    while True:
        name = cursor.qualified().table
        found = session.engine.texts(
            "DELETE FROM v_internal.projection_facts WHERE lower(name) ="
            f" {literal(name.lower())} OR lower(basename) = {literal(name.lower())} RETURNING id"
        )
        if not found and not exists:
            said = f'Projection "{name}" does not exist'
            raise VerticaError(said, sqlstate="42704", code=4501)
        if not cursor.take_op(","):
            break
    cursor.one_of("cascade", "restrict")
    cursor.end()
    return Result(tag="DROP PROJECTION")


def copy(source: int, target: int, name: str, session: Session) -> None:
    """Copy the projections of one table to another, under its name."""
    session.engine.run(
        "INSERT INTO v_internal.projection_facts (relid, name, basename, columns, encodings,"
        f" orders, segmented, offsets, ksafe, is_created_by_user, create_type) SELECT {target},"
        f" CASE WHEN offsets IS NULL THEN {literal(name)} ELSE {literal(name)} || '_b' || offsets"
        f" END, {literal(name)}, columns, encodings, orders, segmented, offsets, ksafe,"
        f" is_created_by_user, create_type FROM v_internal.projection_facts WHERE relid = {source}"
    )


def _write(
    name: str, oid: int, columns: Sequence[str], order: Sequence[str], design: Design,
    session: Session, *, own: bool,
) -> None:  # fmt: skip
    """Write one projection, or two buddies where it is segmented and K-safe."""
    ksafe = design.ksafe if design.ksafe is not None else int(session.config.nodes > 2)
    segmented = design.segmented or f"hash({', '.join(columns[:8])})"
    whole = segmented == "UNSEGMENTED"
    by_clause = "CREATE TABLE WITH PROJ CLAUSE" if design.is_said else "DELAYED_CREATION"
    how = "CREATE PROJECTION" if own else by_clause
    offsets = [None] if whole else list(range(ksafe + 1))
    if not own and not design.is_said and ksafe == 0:
        offsets = [None]
    for offset in offsets:
        shown = f"{name}_super" if offset is None and not own else name
        shown = shown if offset is None else f"{name}_b{offset}"
        session.engine.run(
            "INSERT INTO v_internal.projection_facts (relid, name, basename, columns, encodings,"
            " orders, segmented, offsets, ksafe, is_created_by_user, create_type) VALUES"
            f" ({oid}, {literal(shown)}, {literal(name)}, {array(columns)}, NULL,"
            f" {array(order)}, {literal('' if whole else segmented)}, {literal(offset)},"
            f" {ksafe}, {literal(own)}, {literal(how)})"
        )


def _columns(oid: int, session: Session) -> list[str]:
    found = session.engine.texts(
        f"SELECT spelled FROM v_internal.column_facts WHERE relid = {oid} ORDER BY number"
    )
    return [str(name) for (name,) in found]


def _spelled(name: str, known: Sequence[str]) -> str:
    for column in known:
        if inner(column) == inner(name):
            return column
    raise VerticaError(f'Column "{name}" does not exist', sqlstate="42703", code=2624)
