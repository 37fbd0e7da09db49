"""Rows into the reference database and out of it, value by value, as text."""

from __future__ import annotations

import tempfile
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING, Any, BinaryIO, cast

import pyarrow as pa

from records_mover.errors import BadRowError, LoadUnloadError
from records_mover.formats import DelimitedRecordsFormat, read_batches, write_batches
from records_mover.parts import (
    Ask,
    Batches,
    Files,
    Form,
    Loaded,
    LoadJob,
    Offer,
    Part,
    Payload,
    Refusal,
    Reject,
    Selection,
    Streams,
    Tier,
    UnloadJob,
)
from records_mover.schema import Field, RecordsSchema
from records_mover.testing.arrows import array_of, texts_of
from records_mover.testing.texts import canonical
from support.reference.database import ReferenceDatabase

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

__all__ = ["Put", "Take", "as_texts"]

ROWS = 2000
ISO = ("YYYY-MM-DD", "HH24:MI:SS")
Row = tuple[str | None, ...]


def answers(ask: Ask) -> list[Offer | Refusal]:
    """Offer batches, and the text that was asked for where its values are spelt as ours."""
    said: list[Offer | Refusal] = [Offer(form=Form(kind="batches"), cost=float(Tier.RECODE))]
    for form in ask.forms:
        if form.kind == "streams" and form.format is not None and not form.format.opaque:
            why = _unable(form)
            offer = Offer(form=form, cost=float(Tier.BULK))
            said.append(Refusal(why=why, form=form) if why else offer)
    return said


def _unable(form: Form) -> str:
    if not isinstance(form.format, DelimitedRecordsFormat):
        return "rows come and go as delimited text"
    hints = form.format.validate()
    if (hints.dateformat, hints.timeonlyformat) != ISO or not hints.header_row:
        return "dates are written as ISO 8601 has them, under a header"
    return ""


def as_texts(fields: Sequence[Field]) -> RecordsSchema:
    """Return columns of text of the same names."""
    return RecordsSchema([Field(field.name, "string") for field in fields])


class Put:
    """INSERT of texts, after each has been looked at."""

    name = "reference-put"
    dialects = frozenset({"reference"})

    def offers(self, ask: Ask) -> Sequence[Offer | Refusal]:
        """Offer what can be taken."""
        return answers(ask)

    def load(self, job: LoadJob, payload: Payload) -> Loaded:
        """Insert every row that fits."""
        database = cast(ReferenceDatabase, job.database)
        connection = job.landing.connection
        wanted = Selection(table=job.landing.table, columns=job.columns)
        fields = database.schema_on(connection, wanted).fields
        marks = ", ".join("?" for _ in fields)
        names = ", ".join(database.quote(field.name) for field in fields)
        table = database.table_sql(job.landing.table)
        cursor = cast(Any, connection.connection.driver_connection).cursor()
        rows = self.checked(job, fields, self.texts(job, fields, payload))
        with database.doing(f"cannot load into '{job.landing.shown}'"), closing(cursor):
            cursor.executemany(f"INSERT INTO {table} ({names}) VALUES ({marks})", rows)
            return Loaded(rows=cursor.rowcount if cursor.rowcount > 0 else 0)

    def texts(self, job: LoadJob, fields: Sequence[Field], payload: Payload) -> Iterator[Row]:
        """Yield the rows of a payload as texts."""
        if isinstance(payload, Batches):
            for batch in payload.reader:
                job.cancellation.check()
                columns = zip(fields, batch.columns, strict=True)
                yield from zip(*(texts_of(*column) for column in columns), strict=True)
        elif isinstance(payload, (Streams, Files)):
            for part in payload.parts:
                stream, schema = part.open(), as_texts(fields)
                with (
                    closing(stream),
                    closing(read_batches(stream, payload.format, schema)) as reader,
                ):
                    for batch in reader:
                        job.cancellation.check()
                        lists = (column.to_pylist() for column in batch.columns)
                        yield from zip(*lists, strict=True)
        else:
            raise LoadUnloadError("rows are put one by one", "read them first")

    def checked(self, job: LoadJob, fields: Sequence[Field], rows: Iterator[Row]) -> Iterator[Row]:
        """Yield the rows that fit, in their one spelling; tell of the others."""
        for number, row in enumerate(rows, start=1):
            try:
                yield tuple(map(canonical, fields, row))
            except (ValueError, ArithmeticError) as error:
                self.misfit(job, number, row, str(error))

    def misfit(self, job: LoadJob, number: int, row: Row, why: str) -> None:
        """Leave out a row where that is allowed, else end the move."""
        if job.rejects is None:
            raise BadRowError(f"row {number} does not fit: {why}", "mend it", line=number)
        text = ",".join(map(str, row))
        job.rejects.add(Reject(source="", line=number, column=None, reason=why, text=text))
        job.rejects.check()


class Take:
    """SELECT of texts."""

    name = "reference-take"
    dialects = frozenset({"reference"})

    def offers(self, ask: Ask) -> Sequence[Offer | Refusal]:
        """Offer what can be given."""
        return answers(ask)

    @contextmanager
    def unload(self, job: UnloadJob) -> Iterator[Payload]:
        """Give the rows as batches, or as the text of a file of our own."""
        database = cast(ReferenceDatabase, job.database)
        fields = database.schema_of(job.selection).fields
        if job.form.kind == "batches":
            schema = RecordsSchema(fields)
            with closing(self.reader(job, fields, schema)) as reader:
                yield Batches(reader=reader, schema=schema)
            return
        assert job.form.format is not None
        schema = as_texts(fields)
        with tempfile.TemporaryFile() as sink:
            with closing(self.reader(job, schema.fields, schema)) as reader:
                write_batches(reader, job.form.format, cast(BinaryIO, sink), schema=schema)
            sink.seek(0)
            part = Part(name=str(job.selection), open=lambda: sink, rereadable=False)
            yield Streams(parts=(part,), format=job.form.format, columns=tuple(schema.names))

    def reader(
        self, job: UnloadJob, fields: Sequence[Field], schema: RecordsSchema
    ) -> pa.RecordBatchReader:
        """Read rows batch by batch."""
        arrow = schema.to_arrow()
        return pa.RecordBatchReader.from_batches(arrow, self.batches(job, fields, arrow))

    def batches(
        self, job: UnloadJob, fields: Sequence[Field], arrow: pa.Schema
    ) -> Iterator[pa.RecordBatch]:
        """Yield batches of a few thousand rows."""
        database = cast(ReferenceDatabase, job.database)
        names = ", ".join(database.quote(field.name) for field in fields)
        source = (
            f"({job.selection.query})"
            if job.selection.table is None
            else database.table_sql(job.selection.table)
        )
        done = 0
        with database.connection() as connection:
            result = database.run(connection, f"SELECT {names} FROM {source}", stream_results=True)
            while rows := result.fetchmany(ROWS):
                job.cancellation.check()
                done += len(rows)
                job.meter.rows = done
                yield self.batch(fields, arrow, self.rows([tuple(row) for row in rows]))

    def rows(self, rows: list[Row]) -> list[Row]:
        """Return the rows as they are."""
        return rows

    def batch(self, fields: Sequence[Field], arrow: pa.Schema, rows: list[Row]) -> pa.RecordBatch:
        """Make a batch of texts."""
        columns = list(zip(*rows, strict=True))
        arrays = []
        for field, kind, texts in zip(fields, arrow.types, columns, strict=True):
            try:
                arrays.append(array_of(field, texts, kind))
            except (ValueError, ArithmeticError) as error:
                what = f"column '{field.name}' holds what Arrow cannot: {error}"
                raise BadRowError(what, "write it to a text file") from error
        return pa.RecordBatch.from_arrays(arrays, schema=arrow)
