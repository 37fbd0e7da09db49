"""Cutting a large table into ranges of blocks, which several connections read in one snapshot."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from psycopg2 import sql

from mover_postgres.connections import fetch
from mover_postgres.statements import relation

if TYPE_CHECKING:
    from collections.abc import Iterator

    from psycopg2.extensions import connection as PsycopgConnection  # noqa: N812  it is a class

    from records_mover.parts import TableName

__all__ = [
    "Blocks",
    "export_snapshot",
    "import_snapshot",
    "ranges_of",
    "streams_for",
    "turns_of",
]

LARGE = 32 << 20
"""Bytes of a table from which on a second connection saves more than it costs."""
HUGE = 8 << 30
"""Bytes from which on one stream is enough unless more are asked for: what several streams give
has to wait on disk until its turn comes."""
PIECE, LEAST = 4 << 20, 1 << 20
"""Bytes of a table that one connection reads at a time where several take turns; fewer towards the
end, so that all end at about the same time."""
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


def streams_for(
    asked: int | None, size: int, server: int, *, turns: bool = False, decoded: bool = False
) -> int:
    """Return how many streams a table of ``size`` bytes is worth, unless told how many.

    Those that take ``turns`` at small ranges keep nobody waiting, however large the table is. What
    is ``decoded`` here keeps a processor as busy as the server is with it.
    """
    if server < RANGES_SINCE:
        return 1
    if asked is not None:
        return asked
    large = size >= LARGE and (turns or size < HUGE)
    processors = max(1, (os.cpu_count() or 1) // (2 if decoded else 1))
    return min(STREAMS_AT_MOST, processors) if large else 1


def ranges_of(driver: PsycopgConnection, table: TableName, asked: int | None) -> tuple[Blocks, ...]:
    """Cut a plain table into ranges of about the same size; one or none is no cut at all."""
    size, block = _size(driver, table)
    streams = min(streams_for(asked, size, driver.server_version), size // block)
    return tuple(_cut(size // block, streams)) if streams > 1 else ()


def turns_of(
    driver: PsycopgConnection, table: TableName, asked: int | None, *, decoded: bool
) -> tuple[int, Iterator[Blocks]]:
    """Return how many connections to read a plain table by, and ranges for whoever is free."""
    size, block = _size(driver, table)
    blocks = size // block
    version = driver.server_version
    streams = min(streams_for(asked, size, version, turns=True, decoded=decoded), blocks)
    return streams, _tapered(blocks, streams, block)


def _size(driver: PsycopgConnection, table: TableName) -> tuple[int, int]:
    name = relation(table).as_string(driver)
    query = "SELECT pg_relation_size(%s, 'main'), current_setting('block_size')::int"
    ((size, block),) = fetch(driver, query, (name,))
    return size, block


def _tapered(blocks: int, streams: int, block: int) -> Iterator[Blocks]:
    first, most = 0, max(1, min(PIECE // block, blocks // max(streams, 1)))
    least = min(LEAST // block, most)
    while first < blocks:
        end = first + max(1, least, min(most, (blocks - first) // (4 * streams)))
        yield Blocks(first, end if end < blocks else None)
        first = end


def _cut(blocks: int, pieces: int) -> Iterator[Blocks]:
    for piece in range(pieces):
        last = piece == pieces - 1
        end = None if last else blocks * (piece + 1) // pieces
        yield Blocks(blocks * piece // pieces, end)


def export_snapshot(driver: PsycopgConnection) -> str:
    """Let other connections see what this transaction sees, for as long as it lasts."""
    ((name,),) = fetch(driver, "SELECT pg_export_snapshot()")
    return str(name)


def import_snapshot(driver: PsycopgConnection, name: str) -> None:
    """See what the exporting transaction sees; it must be the first statement here."""
    with driver.cursor() as cursor:
        cursor.execute(sql.SQL("SET TRANSACTION SNAPSHOT {}").format(sql.Literal(name)))
