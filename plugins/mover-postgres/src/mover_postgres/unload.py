"""The unloader ``postgres-copy-out``: COPY TO STDOUT as a stream that is read as it comes."""

from __future__ import annotations

from contextlib import ExitStack, contextmanager
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, BinaryIO

from mover_postgres.forms import answers, options_or_error, preferred
from mover_postgres.options import unload_options
from records_mover.errors import LoadUnloadError, MoverError
from records_mover.meter import Meter
from records_mover.parts import Batches, Offer, Part, Refusal, Streams, Tier

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from psycopg2.extensions import connection as PsycopgConnection  # noqa: N812  it is a class
    from sqlalchemy import Connection

    from mover_postgres.ranges import Blocks
    from records_mover.parts import Ask, Database, Fingerprint, Payload, Selection, UnloadJob
    from records_mover.schema import RecordsSchema

__all__ = ["CopyOut", "as_text", "parsed", "reading_again", "unloading"]


class CopyOut:
    """Gives the rows of a table, a view or a query as delimited text."""

    name = "postgres-copy-out"
    dialects = frozenset({"postgresql"})

    def offers(self, ask: Ask) -> Sequence[Offer | Refusal]:
        """Offer each form that COPY can write, and the two that it writes best."""
        liked = preferred(text=Tier.BULK + 0.1, csv=Tier.BULK)
        return answers(ask, unload_options, Tier.BULK, liked)

    @contextmanager
    def unload(self, job: UnloadJob) -> Iterator[Payload]:
        """Read in one snapshot, a large table in several streams; closing one cancels its COPY."""
        from mover_postgres.connections import driver_connection, stopping
        from mover_postgres.progress import rows_watched

        with ExitStack() as stack:
            connection = stack.enter_context(_snapshot(job.database))
            driver = driver_connection(connection)
            run = _Run(job, driver)
            run.prepare()
            stack.enter_context(job.cancellation.stopping_by(stopping(driver)))
            others = _others(job, run, driver, stack)
            stack.callback(run.close, connection)
            backends = [driver, *(other.driver for _, other in others)]
            stack.enter_context(rows_watched(job.meter, job.database, backends))
            payload = run.payload(connection)
            yield replace(
                payload, parts=(*payload.parts, *(other.part(at) for at, other in others))
            )


def _others(
    job: UnloadJob, run: _Run, driver: PsycopgConnection, stack: ExitStack
) -> list[tuple[int, _Run]]:
    """Cut the table into ranges, the first of them for ``run``, and open the others."""
    from mover_postgres.connections import driver_connection, limit_waits, stopping
    from mover_postgres.ranges import export_snapshot, import_snapshot

    ranges = run.ranges()
    if not ranges:
        return []
    name = export_snapshot(driver)
    run.prepare(ranges[0])
    others = []
    for number, blocks in enumerate(ranges[1:], start=2):
        connection = stack.enter_context(_snapshot(job.database))
        another = driver_connection(connection, limited=False)
        import_snapshot(another, name)
        limit_waits(another)
        other = _Run(job, another, counts=run.counts)
        other.prepare(blocks)
        stack.enter_context(job.cancellation.stopping_by(stopping(another)))
        stack.callback(other.close, connection)
        others.append((number, other))
    return others


@contextmanager
def unloading(
    job: UnloadJob,
    respelled: Callable[[PsycopgConnection], Selection] | None = None,
    *,
    binary: bool = False,
) -> Iterator[Streams]:
    """Read as one stream; ``respelled`` returns another query for the same rows."""
    from mover_postgres.connections import driver_connection, stopping
    from mover_postgres.progress import rows_watched

    with ExitStack() as stack:
        connection = stack.enter_context(_snapshot(job.database))
        driver = driver_connection(connection)
        run = _Run(job, driver, rows=respelled(driver) if respelled else None)
        run.prepare_binary() if binary else run.prepare()
        stack.enter_context(job.cancellation.stopping_by(stopping(driver)))
        stack.callback(run.close, connection)
        if not binary:  # where it is the target that tells
            stack.enter_context(rows_watched(job.meter, job.database, [driver]))
        yield run.payload(connection)


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
    run = _Run(
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


@contextmanager
def _snapshot(database: Database) -> Iterator[Connection]:
    from mover_postgres.source import opened

    with opened(database) as connection:
        yield connection.execution_options(
            isolation_level="REPEATABLE READ", postgresql_readonly=True
        )


class _Run:
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

    def prepare(self, blocks: Blocks | None = None) -> None:
        """Ask the server for the columns and compose the statement."""
        from mover_postgres.connections import EXACT_TEXT, set_locally
        from mover_postgres.outputs import field_types, is_plain, outputs_of, statement_for

        try:
            outputs = outputs_of(self._driver, self._rows)
            options = options_or_error(
                self._job.form,
                unload_options,
                server=self._driver.server_version,
                types=lambda: field_types(outputs),
            )
            settings = {**EXACT_TEXT, "datestyle": options.date_style}
            set_locally(self._driver, settings | _row_security(self._job.selection))
            composed = statement_for(self._driver, self._rows, outputs, options, blocks)
            self._statement = composed.as_string(self._driver)
            self._plain = is_plain(self._driver, self._job.selection, outputs)
        except Exception as error:
            raise self._translated(error) from error
        self._bom = options.bom
        self._raw_controls = options.raw_controls
        self.names = tuple(output.name for output in outputs)

    def prepare_binary(self) -> None:
        """Compose the statement of a COPY in binary."""
        from mover_postgres.connections import BINARY_SETTINGS, set_locally
        from mover_postgres.outputs import binary_statement_for, outputs_of

        try:
            outputs = outputs_of(self._driver, self._rows)
            set_locally(self._driver, {**BINARY_SETTINGS, **_row_security(self._job.selection)})
            self._binary = True
            composed = binary_statement_for(self._driver, self._rows, outputs)
            self._statement = composed.as_string(self._driver)
        except Exception as error:
            raise self._translated(error) from error
        self.names = tuple(output.name for output in outputs)

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
        from mover_postgres.frames import Wired

        wired = Wired(self.open, self._driver, self._statement)
        return Part(name=name, open=wired, rereadable=False)

    def ranges(self) -> tuple[Blocks, ...]:
        """Return the ranges of blocks that are worth a stream each; none for one stream."""
        from mover_postgres.ranges import ranges_of

        table = self._job.selection.table
        if table is None or not self._plain:
            return ()
        try:
            return ranges_of(self._driver, table, self._job.parallel)
        except Exception as error:
            raise self._translated(error) from error

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
        from mover_postgres.connections import stopping
        from records_mover.bridge import pulled

        if self._stream is not None:
            raise LoadUnloadError("a COPY can be read once only", "unload again")
        raw = pulled(self._push, stop=stopping(self._driver))
        self._stream = self._job.meter.counting(raw)
        if self._raw_controls:
            from mover_postgres.controls import raw_controls

            self._stream = raw_controls(self._stream)
        return self._stream

    def _push(self, sink: BinaryIO) -> None:
        try:
            if self._bom:
                sink.write(b"\xef\xbb\xbf")
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

    def _translated(self, error: Exception) -> MoverError:
        from mover_postgres.errors import translate

        return translate(error, self._doing)


def _row_security(selection: Selection) -> dict[str, str]:
    """Of a table, rows that are hidden from us are an error; a query asks for what it can see."""
    return {} if selection.query is not None else {"row_security": "off"}
