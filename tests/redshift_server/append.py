"""ALTER TABLE APPEND by page r_ALTER_TABLE_APPEND: blocks move, and it commits by itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

from redshift_server.actions import Action, Local
from redshift_server.backend import literal
from redshift_server.errors import RedshiftError
from redshift_server.grammar.cursor import quoted, spelled

if TYPE_CHECKING:
    from redshift_server.grammar.cursor import Cursor, Name
    from redshift_server.session import Session

__all__ = ["plan_append"]

_COLUMNS = (
    "SELECT attname, format_type(atttypid, atttypmod) || ' ' || attnotnull || ' ' ||"
    " attencodingtype || ' ' || attisdistkey || ' ' || attsortkeyord"
    " FROM rs_catalog.pg_attribute WHERE attrelid = {table} AND attnum > 0 AND NOT attisdropped"
    " ORDER BY attnum"
)


def plan_append(cursor: Cursor, target: Name, session: Session) -> Action:
    """Read what follows APPEND."""
    cursor.need("from")
    source = cursor.qualified()
    extra = cursor.take("ignoreextra")
    fill = not extra and cursor.take("filltarget")
    cursor.end()

    def run() -> str:
        session.no_transaction("ALTER TABLE APPEND")
        session.atomic(lambda: _move(session, target, source, extra=extra, fill=fill))
        return "ALTER TABLE APPEND"

    return Local(run=run)


def _move(session: Session, target: Name, source: Name, *, extra: bool, fill: bool) -> None:
    into, out_of = _columns(session, target), _columns(session, source)
    shared = [name for name in out_of if name in into]
    if set(out_of) - set(into) and not extra:
        raise _refusal("source has columns that the target has not; use IGNOREEXTRA")
    if set(into) - set(out_of) and not fill:
        raise _refusal("target has columns that the source has not; use FILLTARGET")
    for name in shared:
        if into[name] != out_of[name]:
            raise _refusal(f'column "{name}" differs: {out_of[name]} and {into[name]}')
    _check_permanent(session, target, source)
    names = ", ".join(map(quoted, shared))
    session.backend.query(
        f"INSERT INTO {spelled(target)} ({names}) SELECT {names} FROM {spelled(source)}"
    )
    session.backend.query(f"TRUNCATE {spelled(source)}")


def _columns(session: Session, name: Name) -> dict[str, str]:
    table = literal(spelled(name)) + "::regclass"
    found = session.backend.query(_COLUMNS.format(table=table)).texts()
    return {str(column): str(facts) for column, facts in found}


def _check_permanent(session: Session, target: Name, source: Name) -> None:
    names = ", ".join(literal(spelled(name)) + "::regclass" for name in (target, source))
    temporary = session.backend.query(
        f"SELECT count(*) FROM pg_class WHERE oid IN ({names}) AND relpersistence = 't'"
    ).one()
    if temporary != "0":
        raise _refusal("both tables must be permanent")


def _refusal(why: str) -> RedshiftError:
    return RedshiftError(f"ALTER TABLE APPEND cannot move: {why}", sqlstate="0A000")
