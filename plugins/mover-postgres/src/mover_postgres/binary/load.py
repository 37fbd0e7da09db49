"""COPY FROM STDIN in binary: batches are encoded while those before them are sent."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from psycopg2 import sql

from mover_postgres.binary.pgtypes import column_types
from mover_postgres.binary.rows import HEADER, TRAILER, RowEncoder, encoders, reasons
from mover_postgres.connections import set_locally
from mover_postgres.errors import DRIVER_ERRORS, translate
from mover_postgres.feed import send
from mover_postgres.statements import columns_of, relation
from records_mover.errors import ColumnMismatchError, LoadUnloadError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    import pyarrow as pa
    from psycopg2.extensions import cursor as PsycopgCursor  # noqa: N812  it is a class

    from mover_postgres.binary.choose import Encode
    from records_mover.meter import Cancellation, Meter
    from records_mover.parts import TableName

__all__ = ["BinaryCopy", "check_count", "copy_binary", "plan_binary", "statement"]

# Sent text is in the client's encoding, and Arrow's is UTF-8.
SETTINGS = {"client_encoding": "UTF8"}

_DROPPING_TRIGGERS = """
SELECT count(*) FROM pg_catalog.pg_trigger
 WHERE (tgtype & 7) = 7 AND NOT tgisinternal AND tgenabled <> 'D'
   AND (tgrelid = %(table)s::regclass
        OR tgrelid IN (SELECT relid FROM pg_partition_tree(%(table)s::regclass)))
"""


def copy_binary(
    cursor: PsycopgCursor,
    table: TableName,
    columns: Sequence[str],
    reader: pa.RecordBatchReader,
    meter: Meter,
    cancellation: Cancellation,
) -> int:
    """Load the batches, whose columns go to ``columns`` in order, and return the server's count.

    Raises ``LoadUnloadError`` before anything is sent when a column has no binary way.
    """
    planned = plan_binary(cursor, table, columns, reader.schema)
    if isinstance(planned, BinaryCopy):
        return planned.run(cursor, reader, meter, cancellation)
    raise LoadUnloadError(
        f"no binary COPY into '{table}': {', '.join(planned)}", "load the rows as text"
    )


def plan_binary(
    cursor: PsycopgCursor, table: TableName, columns: Sequence[str], schema: pa.Schema
) -> BinaryCopy | tuple[str, ...]:
    """Return the load that is ready to run, or why columns have no binary way."""
    if len(schema) != len(columns):
        what = f"{len(schema)} columns come for the {len(columns)} of '{table}'"
        raise ColumnMismatchError(what, "name the columns")
    if not columns:
        return ("there are no columns",)
    types = column_types(cursor, relation(table).as_string(cursor))
    found = encoders(schema, types, columns)
    encode = [one for one in found if not isinstance(one, str)]
    if len(encode) < len(found):
        return reasons(found, columns)
    return BinaryCopy(table=table, columns=tuple(columns), encode=tuple(encode))


@dataclass(frozen=True, slots=True, kw_only=True)
class BinaryCopy:
    """A load whose every column has an encoder."""

    table: TableName
    columns: tuple[str, ...]
    encode: tuple[Encode, ...]

    def run(
        self,
        cursor: PsycopgCursor,
        reader: Iterable[pa.RecordBatch],
        meter: Meter,
        cancellation: Cancellation,
    ) -> int:
        """Encode on this thread and send on another; what either raises comes out as it is."""
        rows = RowEncoder(self.columns, self.encode)
        set_locally(cursor.connection, SETTINGS)
        try:
            with cancellation.stopping_by(cursor.connection.cancel):
                sent = _counted(rows, reader, meter, cancellation)
                count = send(cursor.connection, statement(self.table, self.columns, cursor), sent)
        except DRIVER_ERRORS as error:
            cancellation.check()
            raise translate(error, f"loading into '{self.table}'", unit="row") from error
        check_count(cursor, self.table, sent=rows.rows, counted=count)
        return count


def statement(table: TableName, columns: Sequence[str], cursor: PsycopgCursor) -> str:
    """Return the COPY statement."""
    composed = sql.SQL("COPY {} ({}) FROM STDIN WITH (FORMAT binary)")
    text: str = composed.format(relation(table), columns_of(columns)).as_string(cursor)
    return text


def _counted(
    rows: RowEncoder, reader: Iterable[pa.RecordBatch], meter: Meter, cancellation: Cancellation
) -> Iterator[bytes]:
    yield HEADER
    for batch in reader:
        cancellation.check()
        for block in rows.blocks(batch):
            meter.rows = rows.rows
            yield block
    yield TRAILER


def check_count(cursor: PsycopgCursor, table: TableName, *, sent: int, counted: int) -> None:
    """Raise when rows are missing that no trigger of the table can have left out.

    The server takes a stream that is cut between two rows for a whole one.
    """
    if sent == counted:
        return
    cursor.execute(_DROPPING_TRIGGERS, {"table": relation(table).as_string(cursor)})
    triggers = cursor.fetchone()
    if counted > sent or not (triggers and triggers[0]):
        what = f"{sent} rows were sent into '{table}' and the server counts {counted}"
        raise LoadUnloadError(what, "nothing is kept: try again, and report it if it stays so")
