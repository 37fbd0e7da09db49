"""COPY FROM STDIN in binary: batches are encoded while those before them are sent."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mover_postgres.binary.command import HEADER, SETTINGS, TRAILER, check_count, statement
from mover_postgres.binary.pgtypes import column_types
from mover_postgres.binary.rows import RowEncoder, encoders, reasons
from mover_postgres.connections import set_locally, stopping
from mover_postgres.errors import DRIVER_ERRORS, translate
from mover_postgres.statements import relation
from mover_postgres.wire.feed import send
from records_mover.errors import ColumnMismatchError, LoadUnloadError
from records_mover.utils.words import many

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    import pyarrow as pa
    from psycopg2.extensions import cursor as PsycopgCursor  # noqa: N812  it is a class

    from mover_postgres.binary.choose import Encode
    from records_mover.meter import Cancellation, Meter
    from records_mover.parts import TableName

__all__ = ["BinaryCopy", "copy_binary", "plan_binary"]


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
        come = many(len(schema), "column comes", "columns come")
        what = f"{come} for the {len(columns)} of '{table}'"
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
            with cancellation.stopping_by(stopping(cursor.connection)):
                sent = _counted(rows, reader, meter, cancellation)
                count = send(cursor.connection, statement(self.table, self.columns, cursor), sent)
        except DRIVER_ERRORS as error:
            cancellation.check()
            raise translate(error, f"loading into '{self.table}'", unit="row") from error
        check_count(cursor, self.table, sent=rows.rows, counted=count)
        return count


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
