"""The unloader ``vertica-select``: the rows of a SELECT as Arrow batches, made in bulk."""

from __future__ import annotations

import logging
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from records_mover.db.rows.parts import as_sql
from records_mover.parts import Batches, Form, Offer, Refusal, Tier

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from contextlib import AbstractContextManager

    import pyarrow as pa
    from sqlalchemy import Connection

    from mover_vertica.select.columns import Decoder
    from mover_vertica.select.wire import Rows
    from records_mover.db import SqlDatabase
    from records_mover.meter import Cancellation
    from records_mover.parts import Ask, Payload, UnloadJob
    from records_mover.schema import RecordsSchema

__all__ = ["VerticaSelect", "batches_on", "stopping"]

log = logging.getLogger(__name__)

_COST = float(Tier.BULK + Tier.RECODE / 2)


@dataclass(frozen=True, slots=True)
class VerticaSelect:
    """SELECT, its rows taken apart in bulk."""

    name: str = "vertica-select"
    dialects: frozenset[str] = frozenset({"vertica"})

    def offers(self, ask: Ask) -> Sequence[Offer | Refusal]:
        """Offer batches of this process."""
        why = "a SELECT's rows come into this process, not into "
        refused = [
            Refusal(why=why + form.kind, form=form)
            for form in ask.forms
            if form.kind in ("files", "streams") and not (form.format and form.format.opaque)
        ]
        note = "columns are taken out of the rows in bulk"
        return [Offer(form=Form(kind="batches"), cost=_COST, note=note), *refused]

    @contextmanager
    def unload(self, job: UnloadJob) -> Iterator[Payload]:
        """Give the rows as they come, some megabytes of them at a time."""
        database = as_sql(job.database)
        schema = job.schema or database.schema_of(job.selection)
        with (
            database.connection() as connection,
            batches_on(database, connection, job, schema) as batches,
        ):
            yield batches


@contextmanager
def batches_on(
    database: SqlDatabase, connection: Connection, job: UnloadJob, schema: RecordsSchema
) -> Iterator[Batches]:
    """Read rows by a connection that is open; one that is left in their middle is thrown away."""
    import pyarrow as pa

    from mover_vertica.connect import driver_connection

    with stopping(job.cancellation, connection):
        rows = _asked(database, driver_connection(connection), job, schema)
        try:
            batches = _read(database, rows, job, schema)
            reader = pa.RecordBatchReader.from_batches(schema.to_arrow(), batches)
            yield Batches(reader=reader, schema=schema)
        finally:
            if not rows.whole:
                connection.invalidate()


def _asked(database: SqlDatabase, driver: Any, job: UnloadJob, schema: RecordsSchema) -> Rows:
    from mover_vertica.select.statement import select_of
    from mover_vertica.select.wire import ask

    table = job.selection.table
    sql = select_of(
        job.selection, schema, database.quote, "" if table is None else database.table_sql(table)
    )
    with _told(database, job):
        return ask(driver, sql)


def _read(
    database: SqlDatabase, rows: Rows, job: UnloadJob, schema: RecordsSchema
) -> Iterator[pa.RecordBatch]:
    decoder = _decoder(rows, job, schema)
    done = 0
    with _told(database, job):
        for block in rows.blocks():
            job.cancellation.check()
            batch = decoder.batch(block, done)
            done += batch.num_rows
            job.meter.rows = done
            job.meter.add_bytes(len(block.data))
            yield batch


def _decoder(rows: Rows, job: UnloadJob, schema: RecordsSchema) -> Decoder:
    from mover_vertica.select.columns import Decoder, rounded

    cut = rounded(rows.columns)
    if cut:
        log.warning(
            "this server sends FLOAT as text of 15 digits: %s may lose some", ", ".join(cut)
        )
    return Decoder.of(rows.columns, schema.to_arrow(), str(job.selection))


@contextmanager
def _told(database: SqlDatabase, job: UnloadJob) -> Iterator[None]:
    """Raise what the server says as an error of ours; of a move that was cancelled, that it was."""
    from vertica_python.errors import Error

    try:
        yield
    except Error as error:
        job.cancellation.check()
        doing = f"cannot read the rows of '{job.selection}'"
        raise database.translate(error, doing) from error


def stopping(cancellation: Cancellation, connection: Connection) -> AbstractContextManager[None]:
    """While a block runs, let whoever cancels the move have the server end what it does."""
    from mover_vertica.connect import cancelling, driver_connection

    return cancellation.stopping_by(cancelling(driver_connection(connection)))
