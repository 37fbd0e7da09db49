"""One unload as it runs: its statements, its connections, and the stream of its rows."""

from __future__ import annotations

from contextlib import ExitStack, closing, contextmanager
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, BinaryIO, cast

from mover_postgres.forms import options_or_error, preferred
from mover_postgres.options import unload_options
from mover_postgres.unloading.snapshot import beside
from records_mover.errors import LoadUnloadError, MoverError
from records_mover.meter import Meter
from records_mover.parts import Batches, Part, Streams

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Iterator, Mapping

    from psycopg2.extensions import connection as PsycopgConnection  # noqa: N812  it is a class
    from sqlalchemy import Connection

    from mover_postgres.ranges import Blocks
    from records_mover.parts import Fingerprint, Selection, UnloadJob
    from records_mover.schema import RecordsSchema

__all__ = ["Run", "as_text", "parsed", "reading_again"]

_BOM = b"\xef\xbb\xbf"


class Run:
    """One unload: what to run, and the stream that it was opened as."""

    def __init__(
        self,
        job: UnloadJob,
        driver: PsycopgConnection,
        counts: list[int] | None = None,
        rows: Selection | None = None,
    ) -> None:
        self._job = job
        self._rows = rows or job.selection
        self._driver = driver
        self._others: list[PsycopgConnection] = []
        self._turns: Iterable[Blocks | None] = (None,)
        self._plain = False
        self.counts = counts if counts is not None else []
        self._doing = f"reading {job.selection}"
        self._stream: BinaryIO | None = None
        self._whole = self._binary = False
        self._bom = self._raw_controls = False
        self.names: tuple[str, ...] = ()

    @property
    def driver(self) -> PsycopgConnection:
        """The connection that the rows come over."""
        return self._driver

    @property
    def drivers(self) -> list[PsycopgConnection]:
        """All the connections that the rows come over."""
        return [self._driver, *self._others]

    @property
    def is_bare(self) -> bool:
        """Whether the rows can be taken off the socket."""
        from mover_postgres.wire.frames import is_bare

        with self._translating():
            return is_bare(self._driver)

    def prepare(self, blocks: Blocks | None = None) -> None:
        """Ask the server for the columns and compose the statement."""
        from mover_postgres.connections import EXACT_TEXT
        from mover_postgres.outputs import field_types, is_plain, outputs_of

        with self._translating():
            self._outputs = outputs_of(self._driver, self._rows)
            self._options = options_or_error(
                self._job.form,
                unload_options,
                server=self._driver.server_version,
                types=lambda: field_types(self._outputs),
            )
            settings = {**EXACT_TEXT, "datestyle": self._options.date_style}
            self._set(settings)
            self._plain = is_plain(self._driver, self._rows, self._outputs)
            self._statement = self._composed(blocks)
        self._turns = (blocks,)
        self._bom = self._options.bom
        self._headers = int(self._options.copy.header)
        self._raw_controls = self._options.raw_controls
        self.names = tuple(output.name for output in self._outputs)

    def prepare_binary(self) -> None:
        """Compose the statement of a COPY in binary."""
        from mover_postgres.connections import BINARY_SETTINGS
        from mover_postgres.outputs import is_plain, outputs_of

        with self._translating():
            self._outputs = outputs_of(self._driver, self._rows)
            self._set(BINARY_SETTINGS)
            self._binary = True
            self._plain = is_plain(self._driver, self._rows, self._outputs)
            self._statement = self._composed()
        self.names = tuple(output.name for output in self._outputs)

    def _set(self, settings: Mapping[str, str]) -> None:
        from mover_postgres.connections import set_locally

        self._settings = {**settings, **_row_security(self._job.selection)}
        set_locally(self._driver, self._settings)

    def take_turns(self, stack: ExitStack) -> None:
        """Open as many connections as the table is worth; they read small ranges in turn."""
        from mover_postgres.connections import set_locally
        from mover_postgres.ranges import export_snapshot, turns_of

        table = self._job.selection.table
        if table is None or not self._plain:
            return
        with self._translating():
            asked, decoded = self._job.parallel, self._binary
            streams, turns = turns_of(self._driver, table, asked, decoded=decoded)
            if streams < 2:
                return
            self._turns, snapshot = turns, export_snapshot(self._driver)
        for _ in range(streams - 1):
            connection, another = beside(self._job, snapshot, stack)
            with self._translating():
                set_locally(another, self._settings)
            self._others.append(another)
            stack.callback(_let_go, connection, another)

    def _composed(self, blocks: Blocks | None = None, *, first: bool = True) -> str:
        """Return the statement for a range, of which only the first one has a header."""
        from mover_postgres.outputs import binary_statement_for, statement_for

        plain = self._plain and blocks is None
        if self._binary:
            composed = binary_statement_for(self._rows, self._outputs, blocks, plain=plain)
        else:
            options = self._options
            if not first:
                options = replace(options, copy=replace(options.copy, header=False))
            composed = statement_for(self._rows, self._outputs, options, blocks, plain=plain)
        statement: str = composed.as_string(self._driver)
        return statement

    def statements(self) -> Iterator[str]:
        """Yield a statement for each range, in the order of the rows."""
        for number, blocks in enumerate(self._turns):
            yield self._composed(blocks, first=not number)

    def payload(self, connection: Connection) -> Streams:
        """Return the rows, not opened yet, and how to have them summed up afterwards."""
        form = self._job.form.format
        assert form is not None, "a stream has a format"
        return Streams(
            parts=(self.part(),),
            format=form,
            columns=self.names,
            proof=lambda: self._proof(connection),
            again=partial(reading_again, self._job, connection),
        )

    def part(self, number: int = 1) -> Part:
        """Return the stream, not opened yet; the first has the selection's own name."""
        name = str(self._job.selection)
        name = name if number == 1 else f"{name} ({number})"
        if not self._binary:
            return Part(name=name, open=self.open, rereadable=False)
        from mover_postgres.wire.frames import Wired

        wired = Wired(self.open, self._driver, self._statement, self._others, self.statements)
        return Part(name=name, open=wired, rereadable=False)

    def ranges(self) -> tuple[Blocks, ...]:
        """Return the ranges of blocks that are worth a stream each; none for one stream."""
        from mover_postgres.ranges import ranges_of

        table = self._job.selection.table
        if table is None or not self._plain:
            return ()
        with self._translating():
            return ranges_of(self._driver, table, self._job.parallel)

    def _proof(self, connection: Connection) -> Fingerprint:
        from mover_postgres.fingerprint import fingerprint

        self._job.cancellation.check()
        try:
            return fingerprint(connection, self._job.selection)
        except Exception as error:
            self._job.cancellation.check()
            raise self._translated(error) from error

    def open(self) -> BinaryIO:
        """Start the COPY; it is read once."""
        if self._stream is not None:
            raise LoadUnloadError("a COPY can be read once only", "unload again")
        bare = not self._binary and self.is_bare
        self._stream = self._job.meter.counting(self._past() if bare else self._driven())
        if self._raw_controls:
            from mover_postgres.unloading.controls import raw_controls

            self._stream = raw_controls(self._stream)
        return self._stream

    def _past(self) -> BinaryIO:
        """Open the rows past the driver, which would hand them over one by one."""
        from records_mover.streams import Blocks

        return cast("BinaryIO", Blocks(self._blocks()))

    def _blocks(self) -> Generator[bytes | memoryview]:
        from mover_postgres.wire.lanes import in_turn
        from mover_postgres.wire.text_rows import TextInbox

        own, check, headers = len(self.counts), self._job.cancellation.check, self._headers
        self.counts.append(-headers)
        if self._bom:
            yield _BOM
        texts = in_turn(self.drivers, self.statements(), TextInbox, check, headers=headers)
        with self._translating(check), closing(texts):
            for text in texts:
                self.counts[own] += text.count
                self._job.meter.rows = sum(self.counts)
                yield text.data
                text.release()
        self._whole = True

    def _driven(self) -> BinaryIO:
        from mover_postgres.connections import stopping
        from records_mover.bridge import pulled

        return pulled(self._push, stop=stopping(self._driver))

    def _push(self, sink: BinaryIO) -> None:
        try:
            if self._bom:
                sink.write(_BOM)
            with self._driver.cursor() as cursor:
                cursor.copy_expert(self._statement, sink)
                self.counts.append(cursor.rowcount)
                self._job.meter.rows = sum(self.counts)
                self._whole = True
        except BrokenPipeError:
            raise
        except Exception as error:
            self._job.cancellation.check()
            raise self._translated(error) from error

    def close(self, connection: Connection) -> None:
        """End the COPY if it still runs; a connection left in the middle of one is thrown away."""
        if self._driver.closed:
            connection.invalidate()
        elif self._stream is not None:
            self._stream.close()
            if not self._whole:
                connection.invalidate()

    @contextmanager
    def _translating(self, check: Callable[[], None] = lambda: None) -> Iterator[None]:
        """Turn what the driver raises into an error of ours; ``check`` may raise its cause."""
        from mover_postgres.errors import DRIVER_ERRORS

        try:
            yield
        except DRIVER_ERRORS as error:
            check()
            raise self._translated(error) from error

    def _translated(self, error: Exception) -> MoverError:
        from mover_postgres.errors import translate

        return translate(error, self._doing)


def _let_go(connection: Connection, driver: PsycopgConnection) -> None:
    """Throw a connection away that was left in the middle of a COPY."""
    if driver.closed:
        connection.invalidate()


def _row_security(selection: Selection) -> dict[str, str]:
    """Of a table, rows that are hidden from us are an error; a query asks for what it can see."""
    return {} if selection.query is not None else {"row_security": "off"}


def as_text(job: UnloadJob) -> UnloadJob:
    """Return the job of giving the text that is to be parsed here."""
    _, (form, _) = preferred(text=0, csv=0)
    return replace(job, form=form)


@contextmanager
def parsed(rows: Streams, schema: RecordsSchema) -> Iterator[Batches]:
    """Parse the one stream of rows that were asked for with arrays as JSON."""
    from records_mover.formats.reading import read_batches

    (part,) = rows.parts
    with read_batches(part.open(), rows.format, schema, source=part.name) as reader:
        yield Batches(reader=reader, schema=schema)


@contextmanager
def reading_again(job: UnloadJob, connection: Connection) -> Iterator[Batches]:
    """Read and parse rows in a transaction that is open, and undo what was set for that."""
    from mover_postgres.connections import driver_connection
    from mover_postgres.outputs import with_json
    from mover_postgres.publish.stage import execute

    driver = driver_connection(connection)
    schema = job.schema or job.database.schema_of(job.selection)
    run = Run(
        replace(as_text(job), meter=Meter()), driver, rows=with_json(job.selection, schema, driver)
    )
    execute(driver, "SAVEPOINT mover_again")
    run.prepare()
    try:
        with parsed(run.payload(connection), schema) as batches:
            yield batches
    finally:
        run.close(connection)
    execute(driver, "ROLLBACK TO SAVEPOINT mover_again")
