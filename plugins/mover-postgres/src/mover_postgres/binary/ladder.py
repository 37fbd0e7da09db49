"""Loads CSV by the binary way where that is sure to give what the server's own reading gives."""

from __future__ import annotations

from contextlib import closing, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pyarrow as pa

from mover_postgres.binary.command import check_count, statement
from mover_postgres.binary.csv import CsvLayout, csv_layout
from mover_postgres.binary.load import SETTINGS
from mover_postgres.binary.pgtypes import column_types
from mover_postgres.binary.records import Chunk, Differs, chunks
from mover_postgres.binary.rows import HEADER, TRAILER
from mover_postgres.connections import set_locally, stopping
from mover_postgres.errors import DRIVER_ERRORS
from mover_postgres.feed import send
from mover_postgres.statements import relation
from records_mover.errors import BadRowError
from records_mover.formats.ordered import in_order

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from psycopg2.extensions import cursor as PsycopgCursor  # noqa: N812  it is a class

    from mover_postgres.options import LoadOptions
    from records_mover.meter import Cancellation, Meter
    from records_mover.parts import Part, TableName

__all__ = ["CsvLadder", "Declined", "plan_csv"]

_SAVEPOINT = "mover_before_binary"


class Declined(Exception):
    """The file has to go as text, and the table is as it was before the attempt."""


def plan_csv(
    cursor: PsycopgCursor, table: TableName, columns: Sequence[str], options: LoadOptions
) -> CsvLadder | str:
    """Return the load that can be tried, or why files of this format have to go as text."""
    types = column_types(cursor, relation(table).as_string(cursor))
    layout = csv_layout(columns, types, options)
    if isinstance(layout, str):
        return layout
    return CsvLadder(table=table, layout=layout, header=options.copy.header)


@dataclass(frozen=True, slots=True, kw_only=True)
class CsvLadder:
    """Loads whole files by parsing them here, each all or nothing."""

    table: TableName
    layout: CsvLayout
    header: bool

    def run(
        self, cursor: PsycopgCursor, part: Part, meter: Meter, cancellation: Cancellation
    ) -> int:
        """Load one file and return its count of rows.

        Raises ``Declined`` when a value may be read otherwise by the server, or is bad: the file
        can then be loaded as text, which tells the line, the column and the value.
        """
        if not part.rereadable:
            raise Declined(f"'{part.name}' can be read once only")
        before = meter.bytes, meter.rows
        with cancellation.stopping_by(stopping(cursor.connection)):
            try:
                with _savepoint(cursor):
                    return self._run(cursor, part, meter, cancellation)
            except (Differs, BadRowError, pa.ArrowException, *DRIVER_ERRORS) as error:
                cancellation.check()
                if cursor.connection.closed:
                    raise
                meter.bytes, meter.rows = before
                raise Declined(str(error).strip()) from error

    def _run(
        self, cursor: PsycopgCursor, part: Part, meter: Meter, cancellation: Cancellation
    ) -> int:
        set_locally(cursor.connection, SETTINGS)
        into = statement(self.table, self.layout.names, cursor)
        before = meter.rows
        with closing(part.open()) as stream:
            pieces = chunks(stream, header=self.header)
            count = send(cursor.connection, into, self._blocks(pieces, meter, cancellation))
        check_count(cursor, self.table, sent=meter.rows - before, counted=count)
        return count

    def _blocks(
        self, pieces: Iterator[Chunk], meter: Meter, cancellation: Cancellation
    ) -> Iterator[bytes]:
        yield HEADER
        for blocks, rows in in_order(pieces, self.layout.tuples):
            cancellation.check()
            meter.rows += rows
            yield from blocks
        yield TRAILER


@contextmanager
def _savepoint(cursor: PsycopgCursor) -> Iterator[None]:
    cursor.execute(f"SAVEPOINT {_SAVEPOINT}")
    try:
        yield
    except BaseException:
        if not cursor.connection.closed:
            cursor.execute(f"ROLLBACK TO SAVEPOINT {_SAVEPOINT}")
        raise
    cursor.execute(f"RELEASE SAVEPOINT {_SAVEPOINT}")
