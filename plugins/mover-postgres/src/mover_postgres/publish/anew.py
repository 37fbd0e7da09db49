"""Makes a table anew, with all that hangs on it, where no ALTER TABLE does what its rows need.

The last resort: the table's name, columns, rights and all are the same, and its OID is another.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from psycopg2 import sql

from mover_postgres.connections import fetch
from mover_postgres.publish.alter import Altering, add_columns, alter, required_of
from mover_postgres.publish.apart import full_name, give_back, in_full, run, saying, take_away
from mover_postgres.publish.definition import definition_of
from mover_postgres.publish.inventory import inventory, refuse_missing
from mover_postgres.publish.reasons import refuse_anew, why_anew
from mover_postgres.publish.saved import save, scope
from mover_postgres.publish.stage import execute
from mover_postgres.statements import relation
from records_mover.errors import DatabaseError
from records_mover.parts import TableName

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from psycopg2.extensions import connection as PsycopgConnection  # noqa: N812  it is a class

    from mover_postgres.publish.views import View
    from records_mover.parts import Reshape

__all__ = ["make_anew"]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Made:
    """A table in its new shape, empty: its views, and what its partitions have left to do."""

    views: Sequence[View]
    partitions: Sequence[Altering]


class Anew(Altering):
    """A table that was made anew: what is left to do when its rows are in it."""

    def __init__(
        self,
        table: TableName,
        change: Reshape,
        made: _Made,
        *,
        why: Sequence[str],
        referring: Sequence[str],
        before: frozenset[str],
    ) -> None:
        super().__init__(table, required_of(change), made.views)
        self._partitions, self._dropped = made.partitions, change.dropped
        self._why, self._referring, self._before = why, referring, before

    def finish(self, driver: PsycopgConnection) -> Iterator[str]:
        """Have others refer to it again, and make sure that nothing is missing."""
        yield (
            f"'{self.table}' was made anew, with all that hangs on it and under another OID "
            f"({', '.join(self._why)})"
        )
        with in_full(driver):
            for restore in self._referring:
                run(driver, restore, f"'{self.table}' cannot be referred to again")
        for partition in self._partitions:
            yield from partition.finish(driver)
        yield from super().finish(driver)
        execute(driver, sql.SQL("ANALYZE {}").format(relation(self.table)))
        with in_full(driver):
            refuse_missing(driver, self.table, self._before, self._dropped)


def make_anew(
    driver: PsycopgConnection, table: TableName, change: Reshape, why: list[str]
) -> Altering:
    """Delete the rows, drop the table, and make it with its new columns, empty.

    Rows are deleted, as triggers and subscribers want to know of them.
    """
    refuse_anew(driver, table, why)
    what = f"'{table}' cannot be made anew ({'; '.join(why)})"
    with in_full(driver):
        name = full_name(driver, table)
        before = inventory(driver, table, change.dropped)
        referring = fetch(driver, _REFERRING, (name,))
        for drop, _ in referring:
            run(driver, drop, what)
    _delete(driver, table)
    made = _made(driver, table, change, what)
    again = [restore for _, restore in referring]
    return Anew(table, change, made, why=why, referring=again, before=before)


def _delete(driver: PsycopgConnection, table: TableName) -> None:
    execute(driver, sql.SQL("DELETE FROM {}").format(relation(table)))
    execute(driver, "SET CONSTRAINTS ALL IMMEDIATE")
    if fetch(driver, sql.SQL("SELECT FROM {} LIMIT 1").format(relation(table))):
        raise DatabaseError(
            f"a trigger keeps rows of '{table}', which would go as the table is made anew",
            "disable the trigger, or cast the column in the source",
        )


def _made(driver: PsycopgConnection, table: TableName, change: Reshape, what: str) -> _Made:
    with in_full(driver):
        name = full_name(driver, table)
        definition = definition_of(driver, name, change)
        saved = save(driver, scope(driver, name, definition.types, whole=True))
        take_away(driver, saved, what)
        partitions = [
            (TableName(schema=schema, name=part), bound)
            for schema, part, bound in fetch(driver, _PARTITIONS, (name,))
        ]
        for part, _ in partitions:
            detach = sql.SQL("ALTER TABLE {} DETACH PARTITION {}")
            execute(driver, detach.format(relation(table), relation(part)))
        for statement in (f"DROP TABLE {name}", *definition.statements):
            run(driver, statement, what)
    if change.added:
        add_columns(driver, table, change)
    parts = [_take_on(driver, table, part, bound, change) for part, bound in partitions]
    with in_full(driver):
        give_back(driver, saved, what)
        for rights in definition.rights:
            rights.give(driver)
    return _Made(views=saved.views, partitions=parts)


def _take_on(
    driver: PsycopgConnection, table: TableName, partition: TableName, bound: str, change: Reshape
) -> Altering:
    """Change a partition while it is a table by itself, and give it back to its own."""
    why = why_anew(driver, partition, change)
    taken_on = (
        make_anew(driver, partition, change, why)
        if why
        else alter(driver, partition, change, empty=True)
    )
    with saying(f"'{partition}' cannot be a partition of '{table}' again"):
        attach = sql.SQL("ALTER TABLE {} ATTACH PARTITION {} {}")
        execute(driver, attach.format(relation(table), relation(partition), sql.SQL(bound)))
    return taken_on


_PARTITIONS = """
SELECT n.nspname::text, c.relname::text, pg_get_expr(c.relpartbound, c.oid)
FROM pg_inherits JOIN pg_class c ON c.oid = inhrelid JOIN pg_namespace n ON n.oid = relnamespace
WHERE inhparent = %s::regclass AND c.relispartition ORDER BY c.oid
"""
_REFERRING = """
SELECT format('ALTER TABLE %%s DROP CONSTRAINT %%I', conrelid::regclass, conname),
    format('ALTER TABLE %%s ADD CONSTRAINT %%I %%s; COMMENT ON CONSTRAINT %%I ON %%s IS %%L',
        conrelid::regclass, conname, pg_get_constraintdef(oid), conname, conrelid::regclass,
        obj_description(oid, 'pg_constraint'))
FROM pg_constraint
WHERE contype = 'f' AND confrelid = %s::regclass AND conrelid <> confrelid AND conparentid = 0
ORDER BY oid
"""
