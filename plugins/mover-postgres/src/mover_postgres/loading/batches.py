"""Loads Arrow record batches: each is written as CSV in bulk and sent while the next is made."""

from __future__ import annotations

import logging
import tempfile
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

import pyarrow as pa
from pyarrow import csv

from mover_postgres.binary.load import BinaryCopy, plan_binary
from mover_postgres.binary.pgtypes import column_types
from mover_postgres.connections import EXACT_TEXT, set_locally
from mover_postgres.errors import DRIVER_ERRORS, translate
from mover_postgres.loading.arrow_text import as_csv_column
from mover_postgres.loading.json_lists import list_columns, with_arrays
from mover_postgres.loading.uncut import Uncut, cut_columns
from mover_postgres.options import CopyOptions
from mover_postgres.statements import copy_in, relation
from mover_postgres.wire.blocks import BLOCK
from mover_postgres.wire.feed import send
from records_mover.errors import BadRowError, ColumnMismatchError
from records_mover.parts import Loaded
from records_mover.utils.words import many

if TYPE_CHECKING:
    from collections.abc import Iterator

    from psycopg2.extensions import connection as PsycopgConnection  # noqa: N812  it is a class

    from records_mover.parts import Batches, LoadJob, RejectSink

__all__ = ["csv_blocks", "load_batches"]

logger = logging.getLogger(__name__)

_COPY = CopyOptions(
    mode="csv", delimiter=",", null="", encoding="UTF8", quote='"', escape='"', header=False
)
_BYTES_AT_ONCE = 4 << 20
# Every text is quoted and NULL never is, so that the empty text and NULL stay apart.
_WRITING = csv.WriteOptions(include_header=False, quoting_style="needed", batch_size=1 << 16)


def load_batches(job: LoadJob, payload: Batches, driver: PsycopgConnection) -> Loaded:
    """Load every batch by one COPY: in binary where each column has a sure way, else as CSV."""
    names = payload.reader.schema.names
    if len(names) != len(job.columns):
        come = many(len(names), "column comes", "columns come")
        what = f"{come} for the {len(job.columns)} of '{job.landing.table}'"
        raise ColumnMismatchError(what, "name the columns")
    looking = Uncut(cut_columns(job, driver, payload.reader.schema), keep=job.rejects is not None)
    if looking.columns:
        schema = payload.reader.schema
        seen = pa.RecordBatchReader.from_batches(schema, looking.passing(payload.reader))
        payload = replace(payload, reader=seen)
    if job.rejects is None:
        with driver.cursor() as cursor:
            planned = plan_binary(cursor, job.landing.table, job.columns, payload.reader.schema)
            if isinstance(planned, BinaryCopy):
                rows = planned.run(cursor, payload.reader, job.meter, job.cancellation)
                return Loaded(rows=rows)
        logger.debug("batches go as text: %s", ", ".join(planned))
    payload = _arrays_spelled(job, payload, driver)
    set_locally(driver, {**EXACT_TEXT, "datestyle": "ISO, YMD"})
    statement = copy_in(job.landing.table, job.columns, _COPY).as_string(driver)
    if job.rejects is not None:
        return _load_what_fits(job, payload, driver, statement, job.rejects, looking)
    try:
        return Loaded(rows=send(driver, statement, _checked(job, payload.reader)))
    except DRIVER_ERRORS as error:
        job.cancellation.check()
        raise translate(error, f"loading into '{job.landing.shown}'", unit="row") from error


def _arrays_spelled(job: LoadJob, payload: Batches, driver: PsycopgConnection) -> Batches:
    """Return the rows with JSON lists as arrays are written, where they go into arrays."""
    schema = payload.reader.schema
    with driver.cursor() as cursor:
        types = column_types(cursor, relation(job.landing.table).as_string(cursor))
    lists = list_columns(schema, job.columns, types)
    if not lists:
        return payload
    for at in lists:
        schema = schema.set(at, pa.field(schema.field(at).name, pa.large_string()))
    reader = pa.RecordBatchReader.from_batches(schema, with_arrays(payload.reader, lists))
    return replace(payload, reader=reader)


def _load_what_fits(
    job: LoadJob,
    payload: Batches,
    driver: PsycopgConnection,
    statement: str,
    sink: RejectSink,
    looking: Uncut,
) -> Loaded:
    """Load with what was sent kept on disk, to load the good rows of it if any is bad."""
    from mover_postgres.salvage.again import on_disk
    from mover_postgres.salvage.find import undoing
    from mover_postgres.salvage.run import Reading, Salvage

    with on_disk("what was sent"), tempfile.TemporaryFile(prefix="mover-") as kept:

        def keeping() -> Iterator[bytes]:
            for block in _checked(job, payload.reader):
                kept.write(block)
                yield block

        @contextmanager
        def reading() -> Iterator[Reading]:
            kept.seek(0)
            yield Reading(iter(lambda: kept.read(BLOCK), b""), lambda: 0)

        blocks = keeping()
        doing = f"loading into '{job.landing.shown}'"
        before = sink.count
        try:
            try:
                with undoing(driver):
                    return Loaded(rows=_sent_whole(driver, statement, blocks, looking))
            except (BadRowError, *DRIVER_ERRORS) as error:
                bad = _to_be_left_out(error, looking, doing)
            for _ in blocks:
                pass
            salvage = Salvage(
                job=job,
                sink=sink,
                driver=driver,
                read=reading,
                copy=_COPY,
                codec="utf-8",
                source="",
                suspect=bad.column,
                watched=looking.columns,
                by_line=False,
            )
            return Loaded(rows=salvage.run(), rejected=sink.count - before)
        except DRIVER_ERRORS as error:
            job.cancellation.check()
            raise translate(error, doing, unit="row") from error


def _sent_whole(
    driver: PsycopgConnection, statement: str, blocks: Iterator[bytes], looking: Uncut
) -> int:
    rows = send(driver, statement, blocks)
    if looking.first is not None:
        raise looking.first
    return rows


def _to_be_left_out(error: Exception, looking: Uncut, doing: str) -> BadRowError:
    """Return what is wrong with a row that can be left out; raises what is wrong with more."""
    if error is looking.first:
        return looking.first
    bad = translate(error, doing, unit="row") if isinstance(error, DRIVER_ERRORS) else None
    if not isinstance(bad, BadRowError):
        raise error
    return bad


def _checked(job: LoadJob, reader: pa.RecordBatchReader) -> Iterator[bytes]:
    for block in csv_blocks(reader):
        job.cancellation.check()
        yield block


def csv_blocks(reader: pa.RecordBatchReader) -> Iterator[bytes]:
    """Yield the CSV of a few megabytes of rows at a time."""
    for batch in reader:
        for part in _slices(batch):
            columns = [_spelled(part, at) for at in range(part.num_columns)]
            written = pa.record_batch(columns, names=[str(at) for at in range(len(columns))])
            sink = pa.BufferOutputStream()
            csv.write_csv(written, sink, _WRITING)
            yield sink.getvalue().to_pybytes()


def _spelled(batch: pa.RecordBatch, at: int) -> pa.Array:
    try:
        return as_csv_column(batch.column(at))
    except pa.ArrowInvalid as error:
        name = batch.schema.names[at]
        what = f"a value of the column '{name}' is finer than PostgreSQL's: {error}"
        raise BadRowError(what, "round it first", column=name) from error


def _slices(batch: pa.RecordBatch) -> Iterator[pa.RecordBatch]:
    if not batch.num_rows:
        return
    each = max(1, batch.num_rows * _BYTES_AT_ONCE // max(batch.nbytes, 1))
    for start in range(0, batch.num_rows, each):
        yield batch.slice(start, each)
