"""A transaction in a real server that every test rolls back, and loads into a table of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

import psycopg2
import pyarrow as pa
import pytest

from records_mover.meter import Cancellation, Meter
from records_mover.parts import TableName
from support.csv_ways import CsvWays

if TYPE_CHECKING:
    from support.postgres import PostgresServer

Load = Callable[[pa.Array, str], list[Any]]
Literals = Callable[[Sequence[str | None], str], list[Any]]


@pytest.fixture
def cursor(postgres: PostgresServer) -> Iterator[Any]:
    """A cursor of a transaction that nobody commits."""
    connection = psycopg2.connect(postgres.url())
    with connection.cursor() as cursor:
        cursor.execute("SET TimeZone TO 'UTC'")
        yield cursor
    connection.rollback()
    connection.close()


def _texts(cursor: Any, table: str) -> list[Any]:
    cursor.execute(f"SELECT v::text FROM {table} ORDER BY n")
    return [row[0] for row in cursor.fetchall()]


@pytest.fixture
def load(cursor: Any) -> Load:
    """Load an array into a column of the type named, and return what the server then shows."""

    def run(array: pa.Array, kind: str) -> list[Any]:
        from mover_postgres.binary.load import copy_binary

        cursor.execute("DROP TABLE IF EXISTS pg_temp.loaded")
        cursor.execute(f"CREATE TEMP TABLE loaded (n bigserial, v {kind})")
        batch = pa.record_batch([array], names=["v"])
        reader = pa.RecordBatchReader.from_batches(batch.schema, [batch])
        meter = Meter()
        name = TableName(schema="pg_temp", name="loaded")
        count = copy_binary(cursor, name, ["v"], reader, meter, Cancellation())
        assert count == meter.rows == len(array)
        return _texts(cursor, "loaded")

    return run


@pytest.fixture
def literals(cursor: Any) -> Literals:
    """Insert values as text into a column of the type named, and return what the server shows."""

    def run(values: Sequence[str | None], kind: str) -> list[Any]:
        cursor.execute("DROP TABLE IF EXISTS pg_temp.inserted")
        cursor.execute(f"CREATE TEMP TABLE inserted (n bigserial, v {kind})")
        for value in values:
            cursor.execute(f"INSERT INTO inserted (v) VALUES (%s::text::{kind})", (value,))
        return _texts(cursor, "inserted")

    return run


@pytest.fixture
def both_ways(cursor: Any) -> CsvWays:
    """Load bytes as the server reads them and by the binary way."""
    return CsvWays(cursor)
