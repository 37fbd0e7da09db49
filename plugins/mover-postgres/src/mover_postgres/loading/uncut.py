"""Text of batches on its way to ``varchar(n)``, which cuts blanks past its length in silence."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.types as pat

from mover_postgres.binary.arrays import binary_run, plain
from mover_postgres.watched.roundings import watched_columns
from records_mover.errors import BadRowError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from psycopg2.extensions import connection as PsycopgConnection  # noqa: N812  it is a class

    from mover_postgres.watched.roundings import Watched
    from records_mover.parts import LoadJob

__all__ = ["Uncut", "cut_columns"]


def cut_columns(job: LoadJob, driver: PsycopgConnection, schema: pa.Schema) -> tuple[Watched, ...]:
    """Return the columns of which blanks may be cut, and may not."""
    if not any(_may_be_text(kind) for kind in schema.types):
        return ()
    found = watched_columns(driver, job.landing.table, job.columns, (*job.lossy, *job.fitted))
    return tuple(one for one in found if one.length is not None)


def _may_be_text(kind: pa.DataType) -> bool:
    typed = pat.is_primitive(kind) or pat.is_decimal(kind) or pat.is_null(kind)
    return not typed


@dataclass(slots=True)
class Uncut:
    """Passes batches on, and looks at the columns of which blanks would be cut.

    ``first`` is the first row with such a value, once there was one; it is raised unless ``keep``
    says that the rows after it are wanted, too.
    """

    columns: Sequence[Watched]
    keep: bool = False
    first: BadRowError | None = field(default=None, init=False)

    def passing(self, batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """Yield each batch after a look at it."""
        rows = 0
        for batch in batches:
            if self.first is None and (self._look(batch, rows) and not self.keep):
                assert self.first is not None, "that is what was seen"
                raise self.first
            yield batch
            rows += batch.num_rows

    def _look(self, batch: pa.RecordBatch, before: int) -> bool:
        for column in self.columns:
            for row, value in _ending_in_blanks(batch.column(column.place), column.length or 0):
                if column.changes(value):
                    self.first = _error(before + row + 1, column, value)
                    return True
        return False


def _ending_in_blanks(array: pa.Array, length: int) -> Iterator[tuple[int, str]]:
    """Yield the texts of more bytes than ``length`` that end in a blank, and their rows."""
    array = plain(array)
    if not _holds_text(array.type):
        return
    lengths, run = binary_run(array)
    long = np.flatnonzero(lengths > length)
    if not len(long):
        return
    data = np.frombuffer(run.buffers()[2], np.uint8)
    ends = np.cumsum(lengths)
    for row in long[data[ends[long] - 1] == ord(" ")].tolist():
        yield row, bytes(data[ends[row] - lengths[row] : ends[row]]).decode("utf-8", "replace")


def _holds_text(kind: pa.DataType) -> bool:
    return bool(pat.is_string(kind) or pat.is_large_string(kind) or pat.is_string_view(kind))


def _error(row: int, column: Watched, value: str) -> BadRowError:
    return BadRowError(
        f"row {row}: column {column.name!r} is {column.type}: {column.why()} ({value!r})",
        column.advice(),
        column=column.name,
        value=value,
    )
