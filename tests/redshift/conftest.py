"""Fixtures of everything that talks to Redshift: the stand-in, objects for it, and a session."""

from __future__ import annotations

import json
import secrets
from http.server import BaseHTTPRequestHandler
from typing import TYPE_CHECKING, Any

import psycopg2
import pytest

from redshift_server import Keys, RedshiftServer, ServerConfig
from support.real import real_folder, real_url
from support.s3 import seaweed_server
from support.warehouse import Folder, bare, csv, move_in, postgres_cursor, scratch, session
from support.web import reply, serving

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from support.postgres import PostgresServer
    from support.s3 import S3Server

__all__ = ["bare", "csv", "postgres_cursor", "scratch", "session"]

ROLE = "arn:aws:iam::123456789012:role/loader"
BUCKET = "redshift-data"
ELSEWHERE = "redshift-elsewhere"


@pytest.fixture(scope="session")
def redshift_s3() -> Iterator[S3Server]:
    """An S3 server that checks signatures, with a bucket here and one in another region."""
    with seaweed_server() as server:
        for bucket in (BUCKET, ELSEWHERE):
            server.client().create_bucket(Bucket=bucket)
        yield server


@pytest.fixture(scope="session")
def redshift(postgres: PostgresServer, redshift_s3: S3Server) -> Iterator[RedshiftServer]:
    """The stand-in, one a test process."""
    keys = Keys(key_id=redshift_s3.access_key, secret=redshift_s3.secret_key)
    config = ServerConfig(
        backend=postgres.url(),
        s3_endpoint=redshift_s3.endpoint,
        roles={ROLE: keys},
        default_role=ROLE,
        bucket_regions={ELSEWHERE: "eu-west-1"},
        expired_tokens=frozenset({"stale"}),
    )
    with RedshiftServer(config) as server:
        yield server


@pytest.fixture(scope="session")
def redshift_s3_client(redshift_s3: S3Server) -> Any:
    """A client that looks at the S3 server from outside."""
    return redshift_s3.client()


@pytest.fixture
def objects(request: pytest.FixtureRequest) -> Iterator[Folder]:
    """A folder for this test alone; a real database wants one in a real S3."""
    if real_url("redshift"):
        with real_folder() as folder:
            yield folder
        return
    client = request.getfixturevalue("redshift_s3_client")
    yield Folder(client=client, bucket=BUCKET, folder=secrets.token_hex(6))


class Ask:
    """A psycopg2 session that commits by itself, in a schema of its own."""

    def __init__(self, server: RedshiftServer, schema: str) -> None:
        self.server = server
        self.schema = schema
        self.reconnect()
        self(f"create schema {schema}")

    def __call__(self, sql: str, *values: object) -> list[tuple[Any, ...]]:
        """Run a statement and return its rows."""
        self.cursor.execute(sql, values or None)
        return list(self.cursor.fetchall()) if self.cursor.description else []

    def reconnect(self) -> None:
        """Open a new session, after the server has dropped the old one."""
        self.connection: Any = psycopg2.connect(self.server.url)
        self.connection.autocommit = True
        self.cursor: Any = self.connection.cursor()
        self(f"set search_path to {self.schema}, public")

    def error(self, sql: str) -> str:
        """Run a statement that must fail; return SQLSTATE and message."""
        with pytest.raises(psycopg2.Error) as caught:
            self(sql)
        return f"{caught.value.pgcode} {caught.value.diag.message_primary}"

    def load_errors(self) -> list[tuple[Any, ...]]:
        """What STL_LOAD_ERRORS says of the last failed COPY: line, column, code, reason, field."""
        return self(
            "select line_number, trim(colname), err_code, trim(err_reason), trim(raw_field_value)"
            " from stl_load_errors where query = (select max(query) from stl_load_errors)"
            " order by line_number"
        )


@pytest.fixture
def ask(redshift: RedshiftServer) -> Iterator[Ask]:
    """A session for this test alone."""
    asked = Ask(redshift, f"t_{secrets.token_hex(6)}")
    yield asked
    asked(f"drop schema {asked.schema} cascade")
    asked.connection.close()


class Warehouse:
    """A schema of the stand-in for one test, as a move names it, and a look from outside."""

    def __init__(self, ask: Ask) -> None:
        self.ask = ask
        scheme, _, rest = ask.server.url.partition("://")
        del scheme
        self.base = f"redshift+psycopg2://{rest}"
        self.options = "sslmode=disable"

    def url(self, table: str = "", **settings: str) -> str:
        """Name a table of the schema as an endpoint string does."""
        said = "&".join([self.options, *(f"{name}={value}" for name, value in settings.items())])
        mark = "&" if "?" in self.base else "?"
        named = f"{self.ask.schema}.{table}" if table else ""
        return f"{self.base}{mark}{said}::{named}"

    def rows(self, table: str = "t", columns: str = "*", order: str = "1") -> list[tuple[Any, ...]]:
        """Return the rows of a table."""
        return self.ask(f"select {columns} from {table} order by {order}")

    def statements(self, *words: str) -> list[str]:
        """Return what the server was sent, credentials included."""
        return list(self.ask.server.log.statements(*words))


@pytest.fixture
def warehouse(
    ask: Ask, redshift_s3: S3Server, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Warehouse:
    """A schema to move into, with an environment in which S3 is the test's."""
    move_in(monkeypatch, redshift_s3, tmp_path)
    return Warehouse(ask)


@pytest.fixture
def serverless(warehouse: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Any]]:
    """The service that gives the stand-in's host and password for a workgroup."""
    asked: list[Any] = []
    server = warehouse.ask.server
    answers = {
        "GetWorkgroup": {
            "workgroup": {"endpoint": {"address": server.config.host, "port": server.port}}
        },
        "GetCredentials": {"dbUser": server.config.user, "dbPassword": server.config.password},
    }

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            action = self.headers["X-Amz-Target"].partition(".")[2]
            said = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            asked.append((action, said))
            known = said["workgroupName"] == "house"
            body = answers[action] if known else {"__type": "ResourceNotFoundException"}
            reply(self, 200 if known else 400, json.dumps(body).encode())

    with serving(Handler) as address:
        monkeypatch.setenv("AWS_ENDPOINT_URL_REDSHIFT_SERVERLESS", address)
        yield asked
