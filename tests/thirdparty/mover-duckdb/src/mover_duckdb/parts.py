"""Arrow batches into DuckDB and out of it, without a value ever being one of Python's."""

from __future__ import annotations

from contextlib import closing, contextmanager
from typing import TYPE_CHECKING, Any, cast

from records_mover.errors import LoadUnloadError
from records_mover.parts import Batches, Form, Loaded, Offer, Selection, Tier

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import pyarrow as pa

    from mover_duckdb.database import DuckDatabase
    from records_mover.parts import Ask, LoadJob, Payload, Refusal, UnloadJob

DIALECTS = frozenset({"duckdb"})
ROWS = 10_000


class ArrowIn:
    """INSERT ... SELECT from the batches themselves."""

    name = "duckdb-arrow-in"
    dialects = DIALECTS

    def offers(self, ask: Ask) -> Sequence[Offer | Refusal]:
        """Offer to take batches."""
        del ask
        return [Offer(form=Form(kind="batches"), cost=float(Tier.BULK))]

    def load(self, job: LoadJob, payload: Payload) -> Loaded:
        """Insert the rows inside the transaction that is open."""
        import pyarrow as pa

        if not isinstance(payload, Batches):
            raise LoadUnloadError("rows come in as Arrow batches", "read them first")
        database = cast("DuckDatabase", job.database)
        duck = cast(Any, job.landing.connection.connection.driver_connection).duck
        columns = ", ".join(database.quote(name) for name in job.columns)
        target = database.table_sql(job.landing.table)
        given, passed = payload.reader.schema, Passed(job)
        names = [f"c{place}" for place in range(len(given))]
        values = _values(database, job, names)
        batches = passed.through(payload.reader, pa.schema(list(map(_renamed, names, given))))
        duck.register("mover_rows", batches)
        try:
            insert = f"INSERT INTO {target} ({columns}) SELECT {values} FROM mover_rows"
            with database.doing(f"cannot load into '{job.landing.shown}'"):
                database.run(job.landing.connection, insert)
        except Exception as error:  # noqa: BLE001 - the reader's own says more than DuckDB's
            raise passed.failure or error from None
        duck.unregister("mover_rows")
        return Loaded(rows=passed.rows)


def _renamed(name: str, field: pa.Field) -> pa.Field:
    """Return a field under a name that no other has; decimals of more digits are text."""
    import pyarrow as pa

    wide = pa.types.is_decimal256(field.type)
    return pa.field(name, pa.string() if wide else field.type)


class Passed:
    """Counts batches on their way, and keeps the error that DuckDB would tell in its own words."""

    def __init__(self, job: LoadJob) -> None:
        self.rows = 0
        self.failure: Exception | None = None
        self._job = job

    def through(self, reader: pa.RecordBatchReader, schema: pa.Schema) -> pa.RecordBatchReader:
        """Return the same batches under other names."""
        import pyarrow as pa

        return pa.RecordBatchReader.from_batches(schema, self._counted(reader, schema))

    def _counted(self, reader: pa.RecordBatchReader, schema: pa.Schema) -> Iterator[pa.RecordBatch]:
        import pyarrow as pa

        try:
            for batch in reader:
                self._job.cancellation.check()
                self.rows += batch.num_rows
                self._job.meter.rows = self.rows
                columns = [
                    column if column.type == kind else column.cast(kind)
                    for column, kind in zip(batch.columns, schema.types, strict=True)
                ]
                yield pa.RecordBatch.from_arrays(columns, schema=schema)
        except Exception as error:
            self.failure = error
            raise


def _values(database: DuckDatabase, job: LoadJob, names: Sequence[str]) -> str:
    """Return what to insert; DuckDB takes 24:00 for a time, and could not show it."""
    wanted = Selection(table=job.landing.table, columns=job.columns)
    fields = database.schema_on(job.landing.connection, wanted).fields
    past = "error('a time is past the end of its day')"
    return ", ".join(
        f"CASE WHEN {name}::varchar >= '24' THEN {past} ELSE {name} END"
        if field.field_type == "time"
        else name
        for name, field in zip(names, fields, strict=True)
    )


class ArrowOut:
    """SELECT, whose result is a stream of batches."""

    name = "duckdb-arrow-out"
    dialects = DIALECTS

    def offers(self, ask: Ask) -> Sequence[Offer | Refusal]:
        """Offer batches."""
        del ask
        return [Offer(form=Form(kind="batches"), cost=float(Tier.BULK))]

    @contextmanager
    def unload(self, job: UnloadJob) -> Iterator[Payload]:
        """Give the rows as they are read."""
        import pyarrow as pa

        database = cast("DuckDatabase", job.database)
        schema = job.schema or database.schema_of(job.selection)
        arrow = schema.to_arrow()
        with database.connection() as connection:
            duck = cast(Any, connection.connection.driver_connection).duck
            # A cursor of DuckDB's is a connection of its own: closing it ends what is not read.
            with closing(duck.cursor()) as own:
                with database.doing(f"cannot read '{job.selection}'"):
                    rows = own.sql(_select(database, job)).to_arrow_reader(ROWS)
                batches = _read(job, rows, arrow)
                with pa.RecordBatchReader.from_batches(arrow, batches) as reader:
                    yield Batches(reader=reader, schema=schema)


def _select(database: DuckDatabase, job: UnloadJob) -> str:
    if job.selection.table is None:
        source = f"({job.selection.query}\n)"
    else:
        source = database.table_sql(job.selection.table)
    columns = ", ".join(map(database.quote, job.selection.columns or ())) or "*"
    return f"SELECT {columns} FROM {source}"


def _read(job: UnloadJob, rows: pa.RecordBatchReader, arrow: pa.Schema) -> Iterator[pa.RecordBatch]:
    import pyarrow as pa

    done = 0
    for batch in rows:
        job.cancellation.check()
        done += batch.num_rows
        job.meter.rows = done
        columns = [
            column if column.type == kind else column.cast(kind)
            for column, kind in zip(batch.columns, arrow.types, strict=True)
        ]
        yield pa.RecordBatch.from_arrays(columns, schema=arrow)
