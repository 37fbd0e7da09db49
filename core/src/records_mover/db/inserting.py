"""Putting Arrow batches into a table by INSERT, and finding the row that does not fit."""

from __future__ import annotations

import logging
import math
import re
from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING, Any

from records_mover.db.failures import reason_of, scrub
from records_mover.errors import BadRowError, MoverError, SchemaError
from records_mover.parts import LoadJob, Selection

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pyarrow as pa
    from sqlalchemy import Insert

    from records_mover.db.database import SqlDatabase
    from records_mover.instructions import ProcessingInstructions

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
        self._tolerated = _tolerated(job.instructions)
        wanted = Selection(table=job.landing.table, columns=job.columns)
        fields = database.schema_on(job.landing.connection, wanted)
        self._kinds = [field.type for field in fields.to_arrow()]
        self._check(arrow)
        self._keys = _parameter_names(job.columns)
        self._statement = self._insert()

    def _check(self, arrow: pa.Schema) -> None:
        """Raise when the columns are of types that can never fit."""
        import pyarrow as pa

        from records_mover.db.values import fit

        if len(arrow) != len(self._kinds):
            what = f"{len(arrow)} columns come and {len(self._kinds)} are to be filled"
            raise SchemaError(what, "give every column that comes a place in the table")
        for field, name, kind in zip(arrow, self._job.columns, self._kinds, strict=True):
            try:
                fit(pa.array([], field.type), kind)
            except (pa.ArrowNotImplementedError, pa.ArrowTypeError) as err:
                what = f"column '{name}' holds {kind} and {field.type} comes"
                raise SchemaError(what, "convert it, or give the column another type") from err

    def _insert(self) -> Insert:
        import sqlalchemy as sa

        from records_mover.db.merge import clause

        table = clause(self._database, self._job.landing.table, self._job.columns)
        pairs = zip(table.c, self._keys, strict=True)
        return sa.insert(table).values({column: sa.bindparam(key) for column, key in pairs})

    def put(self, batch: pa.RecordBatch) -> None:
        """Insert a batch, in pieces of bounded rows, parameters and bytes."""
        piece = _piece_rows(batch)
        for start in range(0, batch.num_rows, piece):
            self._job.cancellation.check()
            part = batch.slice(start, piece)
            landed = self._put(part, self.rows + self.rejected + 1)
            self._job.meter.rows += landed

    def _put(self, batch: pa.RecordBatch, first: int) -> int:
        """Insert rows of which the first has this number; return how many landed."""
        from sqlalchemy.exc import SQLAlchemyError

        try:
            with self._savepoint():
                self._send(batch)
        except (SQLAlchemyError, _MisfitError, ValueError, TypeError, OverflowError) as err:
            return self._narrow(batch, first, err)
        landed: int = batch.num_rows
        self.rows += landed
        return landed

    def _savepoint(self) -> AbstractContextManager[Any]:
        if not self._database.savepoints:
            return nullcontext()
        return self._job.landing.connection.begin_nested()

    def _send(self, batch: pa.RecordBatch) -> None:
        columns = [self._bound(batch.column(place), place) for place in range(batch.num_columns)]
        rows = [dict(zip(self._keys, row, strict=True)) for row in zip(*columns, strict=True)]
        self._job.landing.connection.execute(self._statement, rows)

    def _bound(self, column: pa.Array, place: int) -> list[Any]:
        from records_mover.db.values import fit

        kind = self._kinds[place]
        try:
            fitting = fit(column, kind)
            return self._database.bound(fitting)
        except (ValueError, TypeError, NotImplementedError, ArithmeticError) as err:
            raise _MisfitError(place, reason_of(err)) from err

    def _narrow(self, batch: pa.RecordBatch, first: int, err: Exception) -> int:
        """Find the rows at fault by halves: reject them while that is tolerated, else raise."""
        lone = batch.num_rows == 1
        if self._hopeless(err) or (not lone and not self._database.savepoints):
            last = first + batch.num_rows - 1
            rows = f"row {first}" if lone else f"rows {first} to {last}"
            raise self._database.translate(
                err, f"cannot insert {rows} into '{self._job.landing.table}'"
            ) from err
        if lone:
            return self._reject(batch, first, err)
        half = batch.num_rows // 2
        landed = self._put(batch.slice(0, half), first)
        return landed + self._put(batch.slice(half), first + half)

    def _hopeless(self, err: Exception) -> bool:
        """Whether the server, not a row, is at fault: gone, locked, out of disk."""
        from sqlalchemy.exc import OperationalError

        lost = getattr(err, "connection_invalidated", False)
        return bool(lost) or (isinstance(err, OperationalError) and not self._database.blames(err))

    def _reject(self, batch: pa.RecordBatch, number: int, err: Exception) -> int:
        bad = self._bad_row(batch, number, err)
        self.rejected += 1
        if self.rejected > self._tolerated:
            raise bad from err
        if self.rejected <= _LOGGED:
            log.warning("left out: %s", bad)
        return 0

    def _bad_row(self, batch: pa.RecordBatch, number: int, err: Exception) -> MoverError:
        table = self._job.landing.table
        place, why = self._at_fault(err)
        if place is None:
            return BadRowError(f"row {number} does not fit table '{table}': {why}")
        name = self._job.columns[place]
        value = _shown(batch.column(place)[0].as_py())
        what = f"row {number}: {value} does not fit column '{name}' of table '{table}': {why}"
        return BadRowError(what, column=name, value=value)

    def _at_fault(self, err: Exception) -> tuple[int | None, str]:
        if isinstance(err, _MisfitError):
            return err.place, err.why
        why = scrub(reason_of(err), self._database.engine.url)
        by_length = sorted(enumerate(self._job.columns), key=lambda each: -len(each[1]))
        for place, name in by_length:
            if re.search(rf"(?<!\w){re.escape(name)}(?!\w)", why):
                return place, why
        return None, why


def _tolerated(instructions: ProcessingInstructions) -> float:
    if instructions.max_failure_rows is not None:
        return instructions.max_failure_rows
    return 0 if instructions.fail_if_row_invalid else math.inf


def _piece_rows(batch: pa.RecordBatch) -> int:
    rows: int = min(_MOST_ROWS, _MOST_PARAMETERS // max(batch.num_columns, 1))
    size: int = batch.nbytes // max(batch.num_rows, 1)
    return max(min(rows, _MOST_BYTES // max(size, 1)), 1)


def _parameter_names(columns: Sequence[str]) -> tuple[str, ...]:
    # SQLAlchemy wants the parameters to be called otherwise than the columns.
    prefix = "value_"
    while any(name.startswith(prefix) for name in columns):
        prefix += "_"
    return tuple(f"{prefix}{place}" for place in range(len(columns)))


def _shown(value: object) -> str:
    text = "NULL" if value is None else f"'{value}'" if isinstance(value, str) else repr(value)
    return text if len(text) <= 100 else f"{text[:100]}..."
