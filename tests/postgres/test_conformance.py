"""mover-postgres passes the suites for plugin authors; what it refuses is declared."""

from __future__ import annotations

import secrets
from contextlib import closing
from typing import TYPE_CHECKING, Any

import psycopg2
import pytest

from records_mover.testing import (
    CredsSuite,
    DatabaseSuite,
    Known,
    LoaderSuite,
    PluginSuite,
    SqlBench,
    UnloaderSuite,
    lossy,
    missing,
    refused,
)
from support.real import real_bench, real_url

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from records_mover.schema import Field
    from support.postgres import PostgresServer

NO_NUL = refused("PostgreSQL has no NUL in text")
ARRAYS = refused("COPY spells arrays as nobody else does: postgres-copy-arrow reads them")
NO_ARRAYS = missing("arrays are not read in binary: postgres-copy-arrow reads them")
MANY_DIGITS = missing("decimals of more than 18 digits are not read in binary, but as text")
NAMES_ARE_CUT = lossy("names are cut after 63 bytes, as PostgreSQL does")


@pytest.fixture(scope="module")
def database(postgres: PostgresServer) -> Iterator[str]:
    yield from new_database(postgres)


@pytest.fixture(scope="module")
def other_database(postgres: PostgresServer) -> Iterator[str]:
    yield from new_database(postgres)


def new_database(postgres: PostgresServer) -> Iterator[str]:
    name = f"kit_{secrets.token_hex(6)}"
    yield postgres.create_database(name)
    postgres.drop_database(name)


@pytest.fixture
def bench(request: pytest.FixtureRequest) -> Iterator[SqlBench]:
    if real_url("postgres"):
        with real_bench("postgres", look) as bench:
            yield bench
        return
    server, database = map(request.getfixturevalue, ("postgres", "database"))
    yield bench_of(server, database)


def look(schema: str) -> dict[str, Any]:
    """Return how a schema is looked at from outside."""
    return {
        "names": f"SELECT tablename FROM pg_tables WHERE schemaname = '{schema}'",
        "shown": as_text,
        "grantee": "pg_monitor",
        "privileges": "SELECT relacl::text FROM pg_class WHERE relname = '{table}'",
    }


def bench_of(postgres: PostgresServer, database: str) -> SqlBench:
    def ask(sql: str) -> list[Any]:
        with closing(psycopg2.connect(database)) as connection:
            connection.autocommit = True
            with connection.cursor() as cursor:
                cursor.execute(sql)
                return cursor.fetchall() if cursor.description else []

    return SqlBench(url=database, run=ask, rows=ask, secrets=(postgres.password,), **look("public"))


def as_text(column: str, field: Field) -> str:
    """Select as text what psycopg2 has no value for, or gives as something else."""
    text = field.field_type in ("date", "datetime", "datetimetz", "time", "json")
    return f"{column}::text" if text else column


class TestPlugin(PluginSuite):
    distribution, module = "mover-postgres", "mover_postgres.plugin"
    subject = "mover-postgres"
    heavy = frozenset({"psycopg2"})


class TestDatabase(DatabaseSuite):
    subject = "postgresql"
    capabilities = DatabaseSuite.known
    gaps = {"bytes_64": NAMES_ARE_CUT, "colliding": refused("both are one after 63 bytes")}


class TestCopyIn(LoaderSuite):
    part = subject = "postgres-copy-in"
    capabilities = LoaderSuite.known - {"scratch"}
    gaps = {"text_nul": NO_NUL}
    routes = {
        "batches": ["postgres-copy-in"],
        "text": ["read", "postgres-copy-in"],
        "parquet": ["read", "decode", "postgres-copy-in"],
        "table": ["postgres-insert-select"],
    }


class TestCopyOut(UnloaderSuite):
    part = subject = "postgres-copy-out"
    capabilities = UnloaderSuite.known - {"scratch"}
    gaps = {
        "array_empty_and_null": ARRAYS,
        "array_of_nulls": ARRAYS,
        "array_of_text": ARRAYS,
        "date_bc": refused("Arrow reads no text of a day before the year 1"),
        "text_nul": NO_NUL,
    }
    routes = {
        "batches": ["postgres-binary-arrow", "collect"],
        "text": ["postgres-copy-out", "write"],
        "parquet": ["postgres-binary-arrow", "encode", "write"],
    }


class TestCopyArrow(UnloaderSuite):
    part = subject = "postgres-copy-arrow"  # for arrays alone: the planner takes another one
    applies = frozenset({"array_empty_and_null", "array_of_nulls", "array_of_text"})
    doors = ("batches",)


class TestBinaryArrow(UnloaderSuite):
    part = subject = "postgres-binary-arrow"
    capabilities = UnloaderSuite.known - {"scratch"}
    doors = ("batches",)
    memory = 2_000_000  # a tenth of it fills what is received ahead, and a row group
    gaps = {
        "array_empty_and_null": NO_ARRAYS,
        "array_of_nulls": NO_ARRAYS,
        "array_of_text": NO_ARRAYS,
        "date_bc": refused("Arrow has no day before the year 1"),
        "decimal_40_digits": MANY_DIGITS,
        "decimal_zero_scale": MANY_DIGITS,
        "text_nul": NO_NUL,
    }
    routes = {
        "batches": ["postgres-binary-arrow", "collect"],
        "parquet": ["postgres-binary-arrow", "encode", "write"],
    }


class BetweenDatabases:
    """Rows come from a table of another database, or go there."""

    @pytest.fixture
    def elsewhere(self, postgres: PostgresServer, other_database: str) -> SqlBench:
        return bench_of(postgres, other_database)


class TestBinaryIn(BetweenDatabases, LoaderSuite):
    doors = ("table",)
    part = subject = "postgres-binary-in"
    capabilities = frozenset({"memory", "secrets"})
    gaps = {"text_nul": NO_NUL}
    routes = {"table": ["postgres-binary-out", "postgres-binary-in"]}


class TestBinaryOut(BetweenDatabases, UnloaderSuite):
    doors = ("table",)
    part = subject = "postgres-binary-out"
    capabilities = frozenset({"memory", "secrets"})
    gaps = {"text_nul": NO_NUL}
    routes = {"table": ["postgres-binary-out", "postgres-binary-in"]}


class TestInsertSelect(LoaderSuite):
    part = subject = "postgres-insert-select"
    doors = ("table",)
    capabilities = frozenset({"memory", "secrets"})
    gaps = {"text_nul": NO_NUL}
    routes = {"table": ["postgres-insert-select"]}


class TestServices(CredsSuite):
    subject, provider = "pg_service.conf", "postgres"
    capabilities = CredsSuite.known

    @pytest.fixture
    def connection(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Known:
        path = tmp_path / "services"
        path.write_text("[nest]\nuser=me\npassword=kanarie-of-a-service\n")
        monkeypatch.setenv("PGSERVICEFILE", str(path))
        return Known(name="nest", facts={}, secrets=("kanarie-of-a-service",))

    @pytest.fixture
    def broken(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
        monkeypatch.setenv("PGSERVICEFILE", str(tmp_path))
        return "nest"
