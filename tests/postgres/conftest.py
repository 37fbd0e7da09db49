"""A database of one's own in each kind of server, and short ways to load, unload and look."""

from __future__ import annotations

import io
import secrets
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, BinaryIO, cast

import pytest

from mover_postgres.database import PostgresDatabase
from mover_postgres.loading.copy_in import CopyIn
from mover_postgres.plugin import mover_databases
from mover_postgres.unloading.copy_out import CopyOut
from records_mover import Session
from records_mover.db import open_database, open_engine
from records_mover.formats import DelimitedRecordsFormat
from records_mover.meter import Cancellation
from records_mover.parts import (
    Batches,
    Form,
    LoadJob,
    Part,
    PublishRequest,
    Selection,
    Stored,
    Streams,
    TableName,
    UnloadJob,
)
from support.postgres import PostgresServer, bin_dirs, embedded_bin_dir, postgres_server

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import pyarrow as pa
    from psycopg2.extensions import connection as PsycopgConnection  # noqa: N812  it is a class

    from records_mover.parts import ExistingMode, Loaded, Payload, TableInfo
    from records_mover.records import MoveResult
    from records_mover.schema import RecordsSchema

    Move = Callable[..., MoveResult]

EXACT = {
    "compression": None,
    "dateformat": "YYYY-MM-DD",
    "datetimeformat": "YYYY-MM-DD HH24:MI:SS",
    "datetimeformattz": "YYYY-MM-DD HH24:MI:SSOF",
}


def csv_format(**hints: Any) -> DelimitedRecordsFormat:
    """CSV with a header and ISO dates; hints in Python's spelling."""
    changed = {name.replace("_", "-"): value for name, value in hints.items()}
    return DelimitedRecordsFormat("csv", {**EXACT, **changed})


def text_format(**hints: Any) -> DelimitedRecordsFormat:
    """The variant bluelabs, uncompressed."""
    changed = {name.replace("_", "-"): value for name, value in hints.items()}
    return DelimitedRecordsFormat("bluelabs", {**EXACT, **changed})


def part_of(name: str, content: bytes | io.RawIOBase) -> Part:
    """A part over bytes, or over a reader that is already open."""
    if isinstance(content, bytes):
        return Part(name=name, open=lambda: io.BytesIO(content))
    return Part(name=name, open=lambda: cast(BinaryIO, content), rereadable=False)


@dataclass
class Bench:
    """A database and what tests do with it."""

    url: str
    database: PostgresDatabase
    opened: list[PsycopgConnection] = field(default_factory=list)
    csv = staticmethod(csv_format)
    text = staticmethod(text_format)

    def run(self, *statements: str) -> None:
        """Run statements, each committed."""
        with self.database.engine.connect() as connection:
            for statement in statements:
                self.database.run(connection, statement)
                connection.commit()

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """Return a query's rows."""
        with self.database.engine.connect() as connection:
            return [tuple(row) for row in self.database.run(connection, query)]

    @property
    def version(self) -> int:
        """The server's major version."""
        return int(self.rows("SHOW server_version_num")[0][0]) // 10000

    def psql(self, script: str) -> str:
        """Return the one column of the last statement's rows, a line each, as psql would."""
        settings, _, query = script.rpartition(";")
        with self.database.engine.connect() as connection:
            if settings:
                self.database.run(connection, settings)
            return "\n".join(str(row[0]) for row in self.database.run(connection, query))

    def info(self, name: str | TableName) -> TableInfo:
        """Return what is known of a table that is there."""
        info = self.database.inspect(TableName(name=name) if isinstance(name, str) else name)
        assert info is not None
        return info

    def other(self) -> PsycopgConnection:
        """Return a driver's connection beside those of the engine."""
        import psycopg2

        other = psycopg2.connect(self.url)
        other.autocommit = True
        self.opened.append(other)
        return other

    def load(
        self,
        content: bytes | io.RawIOBase | list[bytes],
        table: str | TableName,
        columns: tuple[str, ...] | None = None,
        form: DelimitedRecordsFormat | None = None,
        mode: ExistingMode = "append",
        **request: Any,
    ) -> Loaded:
        """Publish delimited text into a table."""
        form = form or csv_format()
        contents = content if isinstance(content, list) else [content]
        parts = tuple(part_of(f"part{at}.csv", each) for at, each in enumerate(contents, 1))
        payload = Streams(parts=parts, format=form)
        return self.publish(payload, table, columns, mode, **request)

    def load_batches(
        self,
        table: pa.Table,
        into: str | TableName,
        columns: tuple[str, ...] | None = None,
        mode: ExistingMode = "append",
        **request: Any,
    ) -> Loaded:
        """Publish Arrow batches into a table."""
        import pyarrow as pa

        reader = pa.RecordBatchReader.from_batches(table.schema, table.to_batches())
        return self.publish(Batches(reader=reader), into, columns, mode, **request)

    def publish(
        self,
        payload: Payload,
        table: str | TableName,
        columns: tuple[str, ...] | None,
        mode: ExistingMode,
        cancellation: Cancellation | None = None,
        schema: RecordsSchema | None = None,
        key: tuple[str, ...] = (),
    ) -> Loaded:
        """Publish a payload into a table."""
        name = TableName(name=table) if isinstance(table, str) else table
        info = self.database.inspect(name)
        request = PublishRequest(
            table=info.name if info else name,
            mode=mode,
            info=info,
            schema=schema,
            columns=columns,
            key=key,
        )
        if columns is None:
            columns = _columns(info, schema)
        if isinstance(payload, Batches):
            form = Form(kind="batches")
        else:
            assert not isinstance(payload, Stored)
            form = Form(kind="streams", format=payload.format)
        with self.database.publish(request) as landing:
            job = LoadJob(
                database=self.database,
                landing=landing,
                columns=columns,
                form=form,
                cancellation=cancellation or Cancellation(),
            )
            return CopyIn().load(job, payload)

    def unload_job(
        self, what: str | Selection | TableName, form: DelimitedRecordsFormat | None = None
    ) -> UnloadJob:
        """Return the job of unloading a table, a query or a selection."""
        if isinstance(what, str):
            what = TableName(name=what)
        if isinstance(what, TableName):
            what = Selection(table=what)
        wanted = Form(kind="streams", format=form or csv_format())
        return UnloadJob(database=self.database, selection=what, form=wanted)

    def unload(
        self, what: str | Selection | TableName, form: DelimitedRecordsFormat | None = None
    ) -> bytes:
        """Return what an unload gives."""
        with self.reading(self.unload_job(what, form)) as stream:
            return b"".join(iter(lambda: stream.read(1 << 16), b""))

    @contextmanager
    def reading(self, job: UnloadJob) -> Iterator[BinaryIO]:
        """Open the one stream that an unload gives."""
        with CopyOut().unload(job) as payload:
            assert isinstance(payload, Streams)
            (part,) = payload.parts
            with closing(part.open()) as stream:
                yield stream


def _columns(info: TableInfo | None, schema: RecordsSchema | None) -> tuple[str, ...]:
    if info is not None:
        return tuple(column.name for column in info.writable_columns)
    assert schema is not None
    return tuple(schema.names)


@pytest.fixture
def session() -> Iterator[Session]:
    """A session as anybody opens it."""
    with Session() as session:
        yield session


@pytest.fixture
def move(session: Session) -> Move:
    """What moves in that session."""
    return session.move


@pytest.fixture
def pg(each_pg_url: str) -> Iterator[Bench]:
    """A workbench over an empty database in each kind of server."""
    yield from _bench(each_pg_url)


@pytest.fixture
def one_pg(pg_url: str) -> Iterator[Bench]:
    """A workbench in the embedded server alone, or in the first one named."""
    yield from _bench(pg_url)


@pytest.fixture(scope="session")
def second_postgres(pytestconfig: pytest.Config) -> Iterator[PostgresServer]:
    """A server that is not the first one: the second named, or Debian's, which is older."""
    _, *others = bin_dirs(pytestconfig.getoption("--postgres-server")).values()
    with postgres_server(others[0] if others else embedded_bin_dir()) as server:
        yield server


@pytest.fixture
def far_pg(second_postgres: PostgresServer) -> Iterator[Bench]:
    """A workbench on the second server."""
    name = f"far_{secrets.token_hex(6)}"
    yield from _bench(second_postgres.create_database(name))
    second_postgres.drop_database(name)


def _bench(url: str) -> Iterator[Bench]:
    kinds = list(mover_databases())
    engine = open_engine(url, kinds=kinds)
    database = open_database(engine, kinds)
    assert isinstance(database, PostgresDatabase)
    bench = Bench(url, database)
    yield bench
    for connection in bench.opened:
        connection.close()
    engine.dispose()
