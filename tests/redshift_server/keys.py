"""Distribution and sort keys that change after the table was made, and what they hold on to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from redshift_server.backend import literal
from redshift_server.errors import RedshiftError

if TYPE_CHECKING:
    from redshift_server.grammar.table_attributes import TableAttributes
    from redshift_server.session import Session

__all__ = ["change_keys", "check_droppable"]

_STYLES = {"even": 0, "key": 1, "all": 8, "auto": 10}
_COLUMN = (
    "INSERT INTO rs_catalog.column_facts (reloid, attnum, {key}) SELECT attrelid, attnum, {value}"
    " FROM pg_attribute WHERE attrelid = {table} AND attname = {name}"
    " ON CONFLICT (reloid, attnum) DO UPDATE SET {key} = excluded.{key}"
)


def change_keys(session: Session, table: str, said: TableAttributes) -> None:
    """Keep a new DISTSTYLE, DISTKEY or SORTKEY."""
    run = session.backend.query
    style = said.diststyle or ("key" if said.distkey else "")
    if style:
        run(
            f"INSERT INTO rs_catalog.table_facts VALUES ({table}, {_STYLES[style]})"
            " ON CONFLICT (reloid) DO UPDATE SET diststyle = excluded.diststyle"
        )
        run(f"UPDATE rs_catalog.column_facts SET distkey = false WHERE reloid = {table}")
    if said.distkey:
        name = literal(said.distkey)
        run(_COLUMN.format(key="distkey", value="true", table=table, name=name))
    if said.sortkey:
        run(f"UPDATE rs_catalog.column_facts SET sortkey = 0 WHERE reloid = {table}")
    for place, column in enumerate(said.sortkey, 1):
        name = literal(column)
        run(_COLUMN.format(key="sortkey", value=place, table=table, name=name))


def check_droppable(session: Session, table: str, name: str, *, cascade: bool) -> None:
    """Refuse to drop a column that the table lies by, or that a key is of (page r_ALTER_TABLE)."""
    lies = session.backend.query(
        "SELECT f.distkey, f.sortkey <> 0 FROM rs_catalog.column_facts f JOIN pg_attribute a"
        f" ON a.attrelid = f.reloid AND a.attnum = f.attnum WHERE f.reloid = {table}"
        f" AND a.attname = {literal(name)}"
    ).texts()
    for word, found in zip(("distribution", "sort"), lies[0] if lies else (), strict=False):
        if found == "t":
            said = f'cannot drop {word} key column "{name}"'
            raise RedshiftError(said, sqlstate="0A000")
    keyed = session.backend.query(
        "SELECT k.conname FROM rs_catalog.pg_constraint k JOIN pg_attribute a ON a.attname ="
        f" {literal(name)} AND a.attrelid = {table} AND (k.conrelid = {table} AND a.attnum ="
        f" ANY (k.conkey) OR k.confrelid = {table} AND a.attnum = ANY (k.confkey))"
    ).texts()
    if keyed and not cascade:
        said = f'cannot drop column "{name}" because other objects depend on it'
        detail = f"constraint {keyed[0][0]} depends on column {name}"
        raise RedshiftError(said, sqlstate="2BP01", detail=detail)
