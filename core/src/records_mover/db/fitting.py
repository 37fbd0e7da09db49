"""Batches as the columns that they land in have them, for a statement that takes no others."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.types as pat

from records_mover.db.columns.values import fit
from records_mover.errors import BadRowError, SchemaError
from records_mover.formats.columns.conform import conform
from records_mover.parts import Selection

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from records_mover.db.tables import SqlTables
    from records_mover.parts import Batches, LoadJob

__all__ = ["fitting"]


def fitting(
    database: SqlTables, job: LoadJob, payload: Batches, eased: Callable[[pa.Array], pa.Array]
) -> pa.RecordBatchReader:
    """Return the rows with the names and the types of the columns of the landing table."""
    wanted = Selection(table=job.landing.table, columns=job.columns)
    schema = database.schema_on(job.landing.connection, wanted).to_arrow()
    _check(payload.reader.schema, schema)
    batches = _fitted(job, payload, schema, eased)
    return pa.RecordBatchReader.from_batches(schema, batches)


def _check(given: pa.Schema, wanted: pa.Schema) -> None:
    """Raise where a column is of a type that can never fit."""
    for come, there in zip(given, wanted, strict=True):
        try:
            _column(pa.array([], come.type), there)
        except (pa.ArrowNotImplementedError, pa.ArrowTypeError) as err:
            what = f"column '{there.name}' holds {there.type} and {come.type} comes"
            raise SchemaError(what, "convert it, or give the column another type") from err


def _fitted(
    job: LoadJob, payload: Batches, schema: pa.Schema, eased: Callable[[pa.Array], pa.Array]
) -> Iterator[pa.RecordBatch]:
    rows = 0
    for batch in payload.reader:
        job.cancellation.check()
        pairs = zip(batch.columns, schema, strict=True)
        columns = [_column(column, field) for column, field in pairs]
        named = zip(job.columns, columns, strict=True)
        columns = [eased(column) if name in job.lossy else column for name, column in named]
        yield pa.RecordBatch.from_arrays(columns, schema=schema)
        rows += batch.num_rows
        # The other end of the move may count too, and is a batch ahead.
        job.meter.rows = max(job.meter.rows, rows)


def _column(column: pa.Array, field: pa.Field) -> pa.Array:
    if pat.is_time(field.type) and pat.is_string(column.type):  # which Arrow does not parse
        try:
            return fit(column, field.type)
        except ValueError as err:
            what = f"a value of the column '{field.name}' does not fit {field.type}: {err}"
            raise BadRowError(what, "mend it, or make the column text", column=field.name) from err
    batch = pa.RecordBatch.from_arrays([column], [field.name])
    return conform(batch, pa.schema([field])).column(0)
