"""Putting Arrow batches into a table by INSERT, and finding the row that does not fit."""

from __future__ import annotations

import csv
import io
import logging
import re
from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING, Any

from records_mover.db.connections.failures import reason_of, scrub
from records_mover.db.publishing import staging
from records_mover.db.rows.insert_sql import insert_statement
from records_mover.errors import BadRowError, SchemaError
from records_mover.parts import LoadJob, Reject, Selection
from records_mover.utils.words import many

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pyarrow as pa

    from records_mover.db.database import SqlDatabase
    from records_mover.parts import RejectSink
    from records_mover.schema import Field

__all__ = ["Inserter"]

log = logging.getLogger(__name__)

_MOST_ROWS = 10_000
_MOST_PARAMETERS = 100_000
_MOST_BYTES = 16 << 20
_LOGGED = 20


class _MisfitError(Exception):
    """A value of this column, by its place, cannot be what the table's column holds."""

    def __init__(self, place: int, why: str) -> None:
        super().__init__(place, why)
        self.place = place
        self.why = why


class Inserter:
    """Inserts one payload; ``rows`` and ``rejected`` count what became of its rows."""

    def __init__(self, database: SqlDatabase, job: LoadJob, arrow: pa.Schema) -> None:
        self.rows = 0
        self.rejected = 0
        self._database = database
        self._job = job
        self._tolerated = job.instructions.tolerated
        wanted = Selection(table=job.landing.table, columns=job.columns)
        schema = database.schema_on(job.landing.connection, wanted)
        self._fields = schema.fields
        self._kinds = [field.type for field in schema.to_arrow()]
        name = job.landing.table.name
        self._table = staging.target_of(name) or name
        self._check(arrow)
        self._send = insert_statement(database, job)

    def _check(self, arrow: pa.Schema) -> None:
        """Raise when the columns are of types that can never fit."""
        import pyarrow as pa

        from records_mover.db.columns.values import fit

        if len(arrow) != len(self._kinds):
            come = many(len(arrow), "column comes", "columns come")
            what = f"{come} for {many(len(self._kinds), 'column')}"
            raise SchemaError(what, "give every column that comes a place in the table")
        for field, name, kind in zip(arrow, self._job.columns, self._kinds, strict=True):
            try:
                fit(pa.array([], field.type), kind)
            except (pa.ArrowNotImplementedError, pa.ArrowTypeError) as err:
                what = f"column '{name}' holds {kind} and {field.type} comes"
                raise SchemaError(what, "convert it, or give the column another type") from err

    def put(self, batch: pa.RecordBatch) -> None:
        """Insert a batch, in pieces of bounded rows, parameters and bytes."""
        piece = _piece_rows(batch)
        for start in range(0, batch.num_rows, piece):
            self._job.cancellation.check()
            part = batch.slice(start, piece)
            self._put(part, self.rows + self.rejected + 1)
            # The other end of the move may count too, and is a batch ahead.
            self._job.meter.rows = max(self._job.meter.rows, self.rows)

    def _put(self, batch: pa.RecordBatch, first: int) -> None:
        """Insert rows of which the first has this number."""
        from sqlalchemy.exc import SQLAlchemyError

        try:
            with self._savepoint():
                self._send(self._job.landing.connection, self._rows(batch))
        except (SQLAlchemyError, _MisfitError, ValueError, TypeError, OverflowError) as err:
            self._narrow(batch, first, err)
        else:
            self.rows += batch.num_rows

    def _savepoint(self) -> AbstractContextManager[Any]:
        if not self._database.savepoints:
            return nullcontext()
        return self._job.landing.connection.begin_nested()

    def _rows(self, batch: pa.RecordBatch) -> Iterator[tuple[Any, ...]]:
        columns = [self._bound(batch.column(place), place) for place in range(batch.num_columns)]
        return zip(*columns, strict=True)

    def _bound(self, column: pa.Array, place: int) -> list[Any]:
        import pyarrow as pa

        from records_mover.db.columns.values import fit

        try:
            fitted = fit(column, self._kinds[place])
            if self._job.columns[place] in self._job.lossy:
                fitted = self._database.eased(fitted)
            return self._database.bound(fitted)
        except pa.ArrowException as err:  # which names the types of Arrow, not those of the table
            raise _MisfitError(place, "") from err
        except (ValueError, TypeError, ArithmeticError) as err:
            raise _MisfitError(place, f": {err}") from err

    def _narrow(self, batch: pa.RecordBatch, first: int, err: Exception) -> None:
        """Find the rows at fault by halves: reject them while that is tolerated, else raise."""
        lone = batch.num_rows == 1
        # Without a savepoint what the server refused has ended the transaction.
        undone = isinstance(err, _MisfitError) or self._database.savepoints
        if self._hopeless(err) or not undone:
            last = first + batch.num_rows - 1
            rows = f"row {first}" if lone else f"rows {first} to {last}"
            what = f"cannot insert {rows} into '{self._table}'"
            raise self._database.translate(err, what) from err
        if lone:
            self._reject(batch, first, err)
            return
        half = batch.num_rows // 2
        self._put(batch.slice(0, half), first)
        self._put(batch.slice(half), first + half)

    def _hopeless(self, err: Exception) -> bool:
        """Whether the server, not a row, is at fault: gone, locked, out of disk."""
        from sqlalchemy.exc import OperationalError

        lost = getattr(err, "connection_invalidated", False)
        return bool(lost) or (isinstance(err, OperationalError) and not self._database.blames(err))

    def _reject(self, batch: pa.RecordBatch, number: int, err: Exception) -> None:
        bad = self._bad_row(batch, number, err)
        self.rejected += 1
        if self._job.rejects is not None:
            self._report(self._job.rejects, batch, number, bad)
        elif self.rejected > self._tolerated:
            raise bad from err
        elif self.rejected <= _LOGGED:
            log.warning("left out: %s", bad)

    @staticmethod
    def _report(sink: RejectSink, batch: pa.RecordBatch, number: int, bad: BadRowError) -> None:
        text = _row_text(batch)
        sink.add(Reject(source="", line=number, column=bad.column, reason=bad.reason, text=text))
        sink.check()

    def _bad_row(self, batch: pa.RecordBatch, number: int, err: Exception) -> BadRowError:
        place, why = self._at_fault(err)
        if place is None:
            what = f"does not fit table '{self._table}': {why}"
            return BadRowError(f"row {number} {what}", reason=what)
        name = self._job.columns[place]
        value = _shown(_only(batch.column(place)))
        what = f"{value} does not fit column '{name}' of table '{self._table}'{why}"
        return BadRowError(f"row {number}: {what}", column=name, value=value, reason=what)

    def _at_fault(self, err: Exception) -> tuple[int | None, str]:
        if isinstance(err, _MisfitError):
            return err.place, err.why or f", which is {_declared(self._fields[err.place])}"
        why = scrub(reason_of(err), self._database.engine.url)
        by_length = sorted(enumerate(self._job.columns), key=lambda each: -len(each[1]))
        for place, name in by_length:
            if re.search(rf"(?<!\w){re.escape(name)}(?!\w)", why):
                return place, f": {why}"
        return None, why


def _only(column: pa.Array) -> Any:
    """Return the only value of a column; as text where Python has none like it, such as BC."""
    import pyarrow as pa

    try:
        return column[0].as_py()
    except (ValueError, ArithmeticError):
        return column.cast(pa.string())[0].as_py()


def _declared(field: Field) -> str:
    """Return a column's type as the database spells it, where it did."""
    for origin in field.representations.values():
        spelling = getattr(origin, "col_type", None)
        if spelling:
            return str(spelling)
    return field.field_type


def _row_text(batch: pa.RecordBatch) -> str:
    """Return a batch's only row as a line of CSV."""
    line = io.StringIO()
    csv.writer(line, lineterminator="").writerow(map(_only, batch.columns))
    return line.getvalue()


def _piece_rows(batch: pa.RecordBatch) -> int:
    rows: int = min(_MOST_ROWS, _MOST_PARAMETERS // max(batch.num_columns, 1))
    size: int = batch.nbytes // max(batch.num_rows, 1)
    return max(min(rows, _MOST_BYTES // max(size, 1)), 1)


def _shown(value: object) -> str:
    text = "NULL" if value is None else f"'{value}'" if isinstance(value, str) else repr(value)
    return text if len(text) <= 100 else f"{text[:100]}..."
