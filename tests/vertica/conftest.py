"""Fixtures of everything that talks to Vertica: the stand-in, objects for it, and a session."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from support.real import real_folder, real_url
from support.s3 import seaweed_server
from support.warehouse import Folder, bare, csv, move_in, postgres_cursor, scratch, session
from vertica_server import ServerConfig, VerticaServer

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from support.postgres import PostgresServer
    from support.s3 import S3Server

__all__ = ["bare", "csv", "postgres_cursor", "scratch", "session"]

BUCKET = "vertica-data"


@pytest.fixture(scope="session")
def vertica_s3() -> Iterator[S3Server]:
    """An S3 server that checks signatures, with a bucket."""
    with seaweed_server() as server:
        server.client().create_bucket(Bucket=BUCKET)
        yield server


@pytest.fixture(scope="session")
def vertica(postgres: PostgresServer) -> Iterator[VerticaServer]:
    """The stand-in, one a test process."""
    config = ServerConfig(
        backend=postgres.url(), lock_seconds=6, expired_tokens=frozenset({"stale"})
    )
    with VerticaServer(config) as server:
        yield server


@dataclass(frozen=True, slots=True, kw_only=True)
class Objects(Folder):
    """A folder of the bucket for one test, and the way to it for Vertica."""

    server: S3Server

    @property
    def session_parameters(self) -> str:
        """What lets a session of Vertica in."""
        return (
            f"ALTER SESSION SET AWSAuth = '{self.server.access_key}:{self.server.secret_key}',"
            f" AWSEndpoint = '127.0.0.1:{self.server.port}', AWSEnableHttps = 0"
        )


@pytest.fixture(scope="session")
def vertica_s3_client(vertica_s3: S3Server) -> Any:
    """A client that looks at the S3 server from outside."""
    return vertica_s3.client()


@pytest.fixture
def objects(request: pytest.FixtureRequest) -> Iterator[Folder]:
    """A folder for this test alone; a real database wants one in a real S3."""
    if real_url("vertica"):
        with real_folder() as folder:
            yield folder
        return
    yield Objects(
        client=request.getfixturevalue("vertica_s3_client"),
        bucket=BUCKET,
        folder=secrets.token_hex(6),
        server=request.getfixturevalue("vertica_s3"),
    )


class Ask:
    """A session of vertica-python in a schema of its own."""

    def __init__(
        self, server: VerticaServer, schema: str, *, first: bool = True, **options: Any
    ) -> None:
        import vertica_python

        self.server = server
        self.schema = schema
        self.options: dict[str, Any] = {**server.login, "tlsmode": "disable", **options}
        self.others: list[Ask] = []
        self.connection: Any = vertica_python.connect(**self.options)
        self.cursor: Any = self.connection.cursor()
        if first:
            self(f"CREATE SCHEMA {schema}")
        self(f"SET search_path TO {schema}, public")

    def reconnect(self) -> None:
        """Open a new session, after the server has dropped the old one."""
        import vertica_python

        self.connection.close_socket()
        self.connection = vertica_python.connect(**self.options)
        self.cursor = self.connection.cursor()
        self(f"SET search_path TO {self.schema}, public")

    def __call__(self, sql: str, *values: Any, **more: Any) -> list[list[Any]]:
        """Run a statement and return its rows."""
        self.cursor.execute(sql, *values, **more)
        return list(self.cursor.fetchall())

    def copy(self, sql: str, data: bytes | str) -> list[int]:
        """Run a COPY FROM STDIN; return how many rows were accepted and rejected."""
        self.cursor.copy(sql, data)
        counts = self("SELECT GET_NUM_ACCEPTED_ROWS(), GET_NUM_REJECTED_ROWS()")
        return list(counts[0])

    def error(self, sql: str, *values: Any) -> str:
        """Run a statement that must fail; return number, SQLSTATE and message."""
        import vertica_python

        with pytest.raises(vertica_python.errors.QueryError) as caught:
            self(sql, *values)
        return _told(caught.value)

    def copy_error(self, sql: str, data: bytes | str) -> str:
        """Run a COPY that must fail; return number, SQLSTATE and message."""
        import vertica_python

        with pytest.raises(vertica_python.errors.QueryError) as caught:
            self.cursor.copy(sql, data)
        return _told(caught.value)

    def types(self) -> list[str]:
        """The names of the types of what was asked for last."""
        return [column.type_name for column in self.cursor.description]

    def other(self, **options: Any) -> Ask:
        """Return a second session in the same schema."""
        self.others.append(Ask(self.server, self.schema, first=False, **options))
        return self.others[-1]


def _told(error: Any) -> str:
    said = error.error_response
    return f"{said.error_code} {said.sqlstate} {said.message}"


@pytest.fixture
def ask(vertica: VerticaServer) -> Iterator[Ask]:
    """A session for this test alone."""
    asked = Ask(vertica, f"t_{secrets.token_hex(6)}")
    yield asked
    for other in asked.others:
        other.connection.close()
    asked.connection.rollback()
    asked(f"DROP SCHEMA {asked.schema} CASCADE")
    asked.connection.close()


class Warehouse:
    """A schema of the stand-in for one test, as a move names it, and a look from outside."""

    def __init__(self, ask: Ask) -> None:
        self.ask = ask
        login = ask.server.login
        self.base = (
            f"vertica://{login['user']}:{login['password']}@{login['host']}:{login['port']}"
            f"/{login['database']}?tlsmode=disable"
        )
        self.before = len(ask.server.log.seen)

    def url(self, table: str = "", **settings: str) -> str:
        """Name a table of the schema as an endpoint string does."""
        said = "".join(f"&{name}={value}" for name, value in settings.items())
        named = f"{self.ask.schema}.{table}" if table else ""
        return f"{self.base}{said}::{named}"

    def rows(self, table: str = "t", columns: str = "*", order: str = "1") -> list[list[Any]]:
        """Return the rows of a table."""
        self.ask.connection.rollback()
        return self.ask(f"SELECT {columns} FROM {table} ORDER BY {order}")

    def tables(self) -> list[str]:
        """Name the tables of the schema."""
        self.ask.connection.rollback()
        named = "SELECT table_name FROM v_catalog.tables WHERE table_schema = %s ORDER BY 1"
        return [row[0] for row in self.ask(named, [self.ask.schema])]

    def statements(self, *words: str) -> list[str]:
        """Return what the server was sent since this test began, credentials included."""
        seen = self.ask.server.log.seen[self.before :]
        sent = [str(line["sql"]) for line in seen if line["event"] == "statement"]
        wanted = tuple(word.lower() for word in words)
        return [sql for sql in sent if not wanted or sql.lower().startswith(wanted)]


@pytest.fixture
def warehouse(
    ask: Ask, vertica_s3: S3Server, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Warehouse:
    """A schema to move into, with an environment in which S3 is the test's."""
    move_in(monkeypatch, vertica_s3, tmp_path)
    return Warehouse(ask)
