"""Rows of a SELECT over a streaming cursor, as Arrow batches of a few megabytes."""

from __future__ import annotations

from contextlib import closing, contextmanager
from typing import TYPE_CHECKING, Any

from records_mover.db.sql.query_text import plain_query, subquery
from records_mover.errors import BadRowError, LoadUnloadError
from records_mover.parts import Batches
from records_mover.utils.words import many

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import pyarrow as pa
    from sqlalchemy import Connection, CursorResult

    from records_mover.db.tables import SqlTables
    from records_mover.parts import Selection, UnloadJob
    from records_mover.schema import RecordsSchema

__all__ = ["rows_on", "select_statement"]

_FIRST_ROWS = 1_000
_MOST_ROWS = 50_000
_BATCH_BYTES = 4 << 20


@contextmanager
def rows_on(
    database: SqlTables, connection: Connection, job: UnloadJob, schema: RecordsSchema
) -> Iterator[Batches]:
    """Read rows by a connection that is open."""
    import pyarrow as pa

    arrow = schema.to_arrow()
    with database.doing(f"cannot read the rows of '{job.selection}'"):
        statement = select_statement(database, job.selection)
        result = database.run(connection, statement, stream_results=True)
    with closing(result):
        batches = _read(database, result, arrow, job)
        yield Batches(reader=pa.RecordBatchReader.from_batches(arrow, batches), schema=schema)


def select_statement(database: SqlTables, selection: Selection) -> str:
    """Return the SELECT for a table, for some of its columns, or for a query."""
    if selection.table is not None:
        columns = selection.columns or database.schema_of(selection).names
        source = database.table_sql(selection.table)
    else:
        query = selection.query or ""
        if selection.columns is None:
            return plain_query(query)
        columns, source = selection.columns, subquery(query)
    listed = ", ".join(database.quote(name) for name in columns)
    return f"SELECT {listed} FROM {source}"  # noqa: S608 - every name is quoted


def _read(
    database: SqlTables, result: CursorResult[Any], arrow: pa.Schema, job: UnloadJob
) -> Iterator[pa.RecordBatch]:
    wanted, done = _FIRST_ROWS, 0
    while True:
        job.cancellation.check()
        with database.doing(f"cannot read the rows of '{job.selection}' after row {done}"):
            rows = result.fetchmany(wanted)
        if not rows:
            return
        batch = _batch(rows, arrow, str(job.selection), done)
        done += len(rows)
        job.meter.rows = done
        size = max(batch.nbytes // len(rows), 1)
        wanted = min(max(_BATCH_BYTES // size, 1), _MOST_ROWS)
        yield batch


def _batch(rows: Sequence[Any], arrow: pa.Schema, source: str, done: int) -> pa.RecordBatch:
    import pyarrow as pa

    columns = list(zip(*rows, strict=True))
    if len(columns) != len(arrow):
        what = f"'{source}' gives {many(len(columns), 'column')} instead of {len(arrow)}"
        raise LoadUnloadError(what, "its definition changed while it was read: move again")
    arrays = [
        _array(values, field, source, done) for values, field in zip(columns, arrow, strict=True)
    ]
    return pa.RecordBatch.from_arrays(arrays, schema=arrow)


def _array(values: Sequence[Any], field: pa.Field, source: str, done: int) -> pa.Array:
    from records_mover.db.columns.values import to_array

    try:
        return to_array(values, field.type)
    except (ValueError, TypeError, ArithmeticError) as err:
        raise _misfit(values, field, source, done) or LoadUnloadError(
            f"cannot read column '{field.name}' of '{source}': {err}"
        ) from err


def _misfit(values: Sequence[Any], field: pa.Field, source: str, done: int) -> BadRowError | None:
    from records_mover.db.columns.values import to_array

    for place, value in enumerate(values, done + 1):
        try:
            to_array((value,), field.type)
        except (ValueError, TypeError, ArithmeticError):
            shown = repr(value)[:100]
            return BadRowError(
                f"row {place} of '{source}' holds {shown} in column '{field.name}', "
                f"which is declared to hold {field.type}",
                "cast the column in a query",
                source=source,
                column=field.name,
                value=shown,
            )
    return None
