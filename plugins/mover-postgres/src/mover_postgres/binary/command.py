"""The statement of a binary COPY FROM STDIN, and what the server's count must be; no Arrow here."""

from __future__ import annotations

from typing import TYPE_CHECKING

from psycopg2 import sql

from mover_postgres.statements import columns_of, relation
from records_mover.errors import LoadUnloadError
from records_mover.utils.words import many

if TYPE_CHECKING:
    from collections.abc import Sequence

    from psycopg2.extensions import cursor as PsycopgCursor  # noqa: N812  it is a class

    from records_mover.parts import TableName

__all__ = ["HEADER", "SETTINGS", "TRAILER", "check_count", "statement"]

HEADER = b"PGCOPY\n\xff\r\n\0" + bytes(8)
"""The signature, then no flags and no extension."""
TRAILER = b"\xff\xff"

# Sent text is in the client's encoding, and Arrow's is UTF-8.
SETTINGS = {"client_encoding": "UTF8"}

_DROPPING_TRIGGERS = """
SELECT count(*) FROM pg_catalog.pg_trigger
 WHERE (tgtype & 7) = 7 AND NOT tgisinternal AND tgenabled <> 'D'
   AND (tgrelid = %(table)s::regclass
        OR tgrelid IN (SELECT relid FROM pg_partition_tree(%(table)s::regclass)))
"""


def statement(table: TableName, columns: Sequence[str], cursor: PsycopgCursor) -> str:
    """Return the COPY statement."""
    composed = sql.SQL("COPY {} ({}) FROM STDIN WITH (FORMAT binary)")
    text: str = composed.format(relation(table), columns_of(columns)).as_string(cursor)
    return text


def check_count(cursor: PsycopgCursor, table: TableName, *, sent: int, counted: int) -> None:
    """Raise when rows are missing that no trigger of the table can have left out.

    The server takes a stream that is cut between two rows for a whole one.
    """
    if sent == counted:
        return
    cursor.execute(_DROPPING_TRIGGERS, {"table": relation(table).as_string(cursor)})
    triggers = cursor.fetchone()
    if counted > sent or not (triggers and triggers[0]):
        rows = many(sent, "row was", "rows were")
        what = f"{rows} sent into '{table}' and the server counts {counted}"
        raise LoadUnloadError(what, "nothing is kept: try again, and report it if it stays so")
