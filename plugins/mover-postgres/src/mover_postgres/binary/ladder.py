"""Loads CSV by the binary way where that is sure to give what the server's own reading gives."""

from __future__ import annotations

from collections import deque
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any

from mover_postgres.binary.chunks import Chunk, Cutter, Differs
from mover_postgres.binary.command import HEADER, SETTINGS, TRAILER, check_count, statement
from mover_postgres.binary.early import EarlyText, early_text
from mover_postgres.binary.parsed import left_to_server
from mover_postgres.binary.pgtypes import column_types
from mover_postgres.connections import set_locally, stopping
from mover_postgres.errors import DRIVER_ERRORS
from mover_postgres.statements import relation
from mover_postgres.wire.feed import send_by
from records_mover.errors import BadRowError
from records_mover.formats.ordered import in_order
from records_mover.frozen import frozen

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
    from concurrent.futures import Future

    from psycopg2.extensions import cursor as PsycopgCursor  # noqa: N812  it is a class

    from mover_postgres.binary.chunks import Quotes
    from mover_postgres.binary.csv import CsvLayout
    from mover_postgres.binary.pgtypes import PgType
    from mover_postgres.options import LoadOptions
    from mover_postgres.watched.roundings import Watched
    from records_mover.meter import Cancellation, Meter
    from records_mover.parts import Part, TableName

    # Blocks of binary COPY, and how many rows they are.
    Tuples = tuple[list[bytes], int]
    Task = Callable[[], Tuples]

__all__ = ["CsvLadder", "Declined", "plan_csv"]

_SAVEPOINT = "mover_before_binary"
_EARLY = 32


class Declined(Exception):
    """The file has to go as text, and the table is as it was before the attempt."""


def plan_csv(
    cursor: PsycopgCursor,
    table: TableName,
    columns: Sequence[str],
    options: LoadOptions,
    watched: Sequence[Watched] | None = None,
    workers: int = 1,
) -> CsvLadder | str:
    """Return the load that can be tried, or why files of this format have to go as text.

    Of the columns that are ``watched`` no value goes that the server would change. Where they are
    not told, none is, and no record goes as text: the rows are then what the parser makes of them.
    """
    types = column_types(cursor, relation(table).as_string(cursor))
    why = left_to_server(columns, types, options)
    if why is not None:
        return why
    early = None
    if watched is not None:
        early = early_text(cursor, table, columns, options, watched)
    return CsvLadder(
        table=table,
        columns=columns,
        types=types,
        options=options,
        watched=watched or (),
        early=early,
        workers=workers,
    )


@frozen
class CsvLadder:
    """Loads whole files by parsing them here, each all or nothing."""

    table: TableName
    columns: Sequence[str]
    types: Mapping[str, PgType]
    options: LoadOptions
    watched: Sequence[Watched] = ()
    early: EarlyText | None = None
    workers: int = 1

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
            except Exception as error:
                if not _is_of_rows(error):
                    raise
                cancellation.check()
                if cursor.connection.closed:
                    raise
                meter.bytes, meter.rows = before
                raise Declined(str(error).strip()) from error

    def _run(
        self, cursor: PsycopgCursor, part: Part, meter: Meter, cancellation: Cancellation
    ) -> int:
        set_locally(cursor.connection, SETTINGS)
        into = statement(self.table, self.columns, cursor)
        first = self.early.statement if self.early is not None else into
        before = meter.rows
        with closing(part.open()) as stream:
            cutter = Cutter(stream, header=self.options.copy.header)
            with closing(self._blocks(cutter, into, meter, cancellation)) as blocks:
                counts = send_by(cursor.connection, first, blocks)
        check_count(cursor, self.table, sent=meter.rows - before, counted=counts[into])
        meter.rows = before + counts.total()
        return counts.total()

    def _blocks(
        self, cutter: Cutter, into: str, meter: Meter, cancellation: Cancellation
    ) -> Generator[tuple[str, bytes]]:
        """Yield text until the parser is there, and then what it makes of all that is left."""
        chunks = cutter.chunks()
        early: deque[Chunk] = deque()
        with ThreadPoolExecutor(1, thread_name_prefix="mover-import") as pool:
            parser = pool.submit(self._parser)
            if self.early is not None:
                for chunk in _until(parser, chunks):
                    cancellation.check()
                    early.append(chunk)
                    yield self.early.statement, chunk.rows
            layout, cutter.quotes = parser.result()
        yield into, HEADER
        with closing(in_order(self._tasks(chunks, early, layout), _done, self.workers)) as done:
            for blocks, rows in done:
                cancellation.check()
                meter.rows += rows
                for block in blocks:
                    yield into, block
        yield into, TRAILER

    def _parser(self) -> tuple[CsvLayout, Quotes]:
        from mover_postgres.binary.csv import csv_layout
        from mover_postgres.binary.records import quotes_in

        layout = csv_layout(self.columns, self.types, self.options, self.watched)
        return layout, quotes_in

    def _tasks(
        self, chunks: Iterator[Chunk], early: deque[Chunk], layout: CsvLayout
    ) -> Iterator[Task]:
        """Yield what is to be done: between chunks that are parsed, look at those sent before."""
        for chunk in chunks:
            yield partial(layout.tuples, chunk)
            if early:
                yield partial(self._seen, early.popleft())
        for chunk in early:
            yield partial(self._seen, chunk)

    def _seen(self, chunk: Chunk) -> Tuples:
        assert self.early is not None, "else nothing was sent before"
        self.early.check(chunk)
        return [], 0


def _until(ready: Future[Any], chunks: Iterator[Chunk]) -> Iterator[Chunk]:
    """Yield chunks until the parser is there, but no more than may be kept to be looked at."""
    for _ in range(_EARLY):
        if ready.done() or (chunk := next(chunks, None)) is None:
            return
        yield chunk


def _done(task: Task) -> Tuples:
    return task()


def _is_of_rows(error: Exception) -> bool:
    """Whether an error may be of the rows, so that the server is to say what is wrong."""
    import pyarrow as pa

    return isinstance(error, (Differs, BadRowError, pa.ArrowException, *DRIVER_ERRORS))


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
