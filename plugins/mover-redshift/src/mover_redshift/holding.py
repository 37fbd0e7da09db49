"""What holds on to a table, and to its columns: keys, views, an owner, how its rows lie."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mover_redshift.words import literal
from records_mover.db.sql.mentions import mentions, reads

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sqlalchemy import Connection

    from mover_redshift.catalog import Described
    from mover_redshift.session import RedshiftSession

__all__ = ["bound", "is_owned", "needing"]


def bound(database: RedshiftSession, connection: Connection, table: Described) -> str:
    """Say what holds on to the table itself, so that no other can take its place."""
    if any(column.identity for column in table.columns):
        return "the table counts an identity column up"
    if database.run(connection, _CONSTRAINTS.format(oid=table.oid)).scalar():
        return "the table has keys, or others refer to it"
    if database.run(connection, _VIEWS.format(oid=table.oid)).scalar():
        return "views look at the table"
    return "" if is_owned(database, connection, table) else "the table belongs to another user"


def is_owned(database: RedshiftSession, connection: Connection, table: Described) -> bool:
    """Whether the table belongs to the user of this connection."""
    return bool(database.run(connection, _OWNER.format(oid=table.oid)).scalar())


_CONSTRAINTS = (
    "SELECT count(*) FROM pg_catalog.pg_constraint WHERE conrelid = {oid} OR confrelid = {oid}"
)
_VIEWS = (
    "SELECT count(*) FROM pg_catalog.pg_depend d JOIN pg_catalog.pg_rewrite r ON r.oid = d.objid "
    "WHERE d.refobjid = {oid} AND r.ev_class <> {oid}"
)
_OWNER = (
    "SELECT count(*) FROM pg_catalog.pg_class c JOIN pg_catalog.pg_user u "
    "ON u.usesysid = c.relowner WHERE c.oid = {oid} AND u.usename = current_user"
)


def needing(
    database: RedshiftSession, connection: Connection, table: Described, columns: Sequence[str]
) -> list[tuple[str, str]]:
    """Return what would go with each of these columns, or would fail without it."""
    if not columns:
        return []
    asked = _KEYED.format(oid=table.oid), _READ.format(oid=table.oid)
    found = [
        *_lying(table),
        *((str(row[0]), str(row[1])) for sql in asked for row in database.asked(connection, sql)),
        *_late_views(database, connection, table, columns),
    ]
    return sorted({each for each in found if each[0] in columns})


def _lying(table: Described) -> Iterator[tuple[str, str]]:
    for column in table.columns:
        if column.distkey:
            yield column.name, "the distribution key"
        if column.sortkey:
            yield column.name, "the sort key"


_KEYED = (
    "SELECT a.attname, 'constraint ' || k.conname FROM pg_catalog.pg_constraint k "
    "JOIN pg_catalog.pg_attribute a ON a.attrelid = {oid} "
    "AND (k.conrelid = {oid} AND a.attnum = ANY (k.conkey) "
    "OR k.confrelid = {oid} AND a.attnum = ANY (k.confkey))"
)
_READ = (
    "SELECT a.attname, 'view ' || v.relname FROM pg_catalog.pg_depend d "
    "JOIN pg_catalog.pg_rewrite r ON r.oid = d.objid "
    "JOIN pg_catalog.pg_class v ON v.oid = r.ev_class "
    "JOIN pg_catalog.pg_attribute a ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid "
    "WHERE d.refobjid = {oid} AND v.oid <> {oid}"
)


def _late_views(
    database: RedshiftSession, connection: Connection, table: Described, columns: Sequence[str]
) -> Iterator[tuple[str, str]]:
    """Yield late-binding views by their text, as the catalog keeps nothing of what they read."""
    schema = str(database.run(connection, _SCHEMA.format(oid=table.oid)).scalar())
    asked = _LATE.format(name=literal(table.name.name))
    for view, definition in database.asked(connection, asked):
        if reads(definition, schema, table.name.name):
            yield from ((each, f"view {view}") for each in columns if mentions(definition, each))


_SCHEMA = (
    "SELECT n.nspname FROM pg_catalog.pg_class c "
    "JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE c.oid = {oid}"
)
_LATE = (
    "SELECT viewname, definition FROM pg_catalog.pg_views "
    "WHERE strpos(lower(definition), 'no schema binding') > 0 "
    "AND strpos(lower(definition), {name}) > 0"
)
