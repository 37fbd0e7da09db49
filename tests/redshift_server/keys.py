"""Distribution and sort keys that change after the table was made."""

from __future__ import annotations

from typing import TYPE_CHECKING

from redshift_server.backend import literal

if TYPE_CHECKING:
    from redshift_server.grammar.table_attributes import TableAttributes
    from redshift_server.session import Session

__all__ = ["change_keys"]

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
