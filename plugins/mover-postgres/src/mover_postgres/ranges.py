"""Cutting a large table into ranges of blocks, which several connections read in one snapshot."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from psycopg2 import sql

from mover_postgres.connections import fetch
from mover_postgres.statements import relation

if TYPE_CHECKING:
    from psycopg2.extensions import connection as PsycopgConnection  # noqa: N812  it is a class

    from records_mover.parts import TableName

__all__ = ["Blocks", "export_snapshot", "import_snapshot", "ranges_of", "streams_for"]

LARGE = 32 << 20
"""Bytes of a table from which on a second connection saves more than it costs."""
HUGE = 8 << 30
"""Bytes from which on one stream is enough unless more are asked for: what several streams give
has to wait somewhere until its turn comes."""
STREAMS_AT_MOST = 4
# Before this version a range of row addresses is found by reading the whole table.
RANGES_SINCE = 140000


@dataclass(frozen=True, slots=True)
class Blocks:
    """A range of a table's blocks; the last one has no end, so that no row is left out."""

    first: int
    end: int | None

    @property
    def condition(self) -> sql.Composable:
        """The condition on a row's address."""
        from_here = sql.SQL("ctid >= {}::tid").format(sql.Literal(f"({self.first},0)"))
        if self.end is None:
            return from_here
        to_there = sql.SQL("ctid < {}::tid").format(sql.Literal(f"({self.end},0)"))
        return sql.SQL("{} AND {}").format(from_here, to_there)


def streams_for(asked: int | None, size: int, server: int) -> int:
    """Return how many streams a table of ``size`` bytes is worth, unless told how many."""
    if server < RANGES_SINCE:
        return 1
    if asked is not None:
        return asked
    return min(STREAMS_AT_MOST, os.cpu_count() or 1) if LARGE <= size < HUGE else 1


def ranges_of(driver: PsycopgConnection, table: TableName, asked: int | None) -> tuple[Blocks, ...]:
    """Cut a plain table into ranges of about the same size; one or none is no cut at all."""
    name = relation(table).as_string(driver)
    query = "SELECT pg_relation_size(%s, 'main'), current_setting('block_size')::int"
    ((size, block),) = fetch(driver, query, (name,))
    blocks = size // block
    streams = min(streams_for(asked, size, driver.server_version), blocks)
    if streams < 2:
        return ()
    starts = [blocks * number // streams for number in range(streams)]
    return tuple(Blocks(*pair) for pair in zip(starts, [*starts[1:], None], strict=True))


def export_snapshot(driver: PsycopgConnection) -> str:
    """Let other connections see what this transaction sees, for as long as it lasts."""
    ((name,),) = fetch(driver, "SELECT pg_export_snapshot()")
    return str(name)


def import_snapshot(driver: PsycopgConnection, name: str) -> None:
    """See what the exporting transaction sees; it must be the first statement here."""
    with driver.cursor() as cursor:
        cursor.execute(sql.SQL("SET TRANSACTION SNAPSHOT {}").format(sql.Literal(name)))
