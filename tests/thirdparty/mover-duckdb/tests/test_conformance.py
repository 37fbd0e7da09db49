"""mover-duckdb passes the suites for plugin authors."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import Any

import duckdb
import pytest

from records_mover.schema import Field
from records_mover.testing import (
    DatabaseSuite,
    LoaderSuite,
    PluginSuite,
    SqlBench,
    UnloaderSuite,
    refused,
)


@pytest.fixture
def bench(tmp_path: Path) -> SqlBench:
    path = tmp_path / "duck.db"

    def ask(sql: str) -> list[Any]:
        with closing(duckdb.connect(str(path))) as connection:
            return connection.execute(sql).fetchall()

    return SqlBench(
        url=f"duckdb:///{path}",
        run=ask,
        rows=ask,
        names="SELECT table_name FROM duckdb_tables()",
        shown=as_text,
    )


def as_text(column: str, field: Field) -> str:
    """Select as text what Python has no value for."""
    text = field.field_type.startswith(("date", "time"))
    return f"{column}::varchar" if text else column


class TestPlugin(PluginSuite):
    distribution, module = "mover-duckdb", "mover_duckdb.plugin"
    heavy = frozenset({"duckdb"})
    capabilities = PluginSuite.known


class TestDatabase(DatabaseSuite):
    subject = "duckdb"
    capabilities = frozenset({"kill", "readers", "schemas", "upsert", "views"})


# Neither has "memory": what DuckDB has read or written stays in its own, up to its memory_limit.


class TestArrowIn(LoaderSuite):
    part = subject = "duckdb-arrow-in"
    gaps = {"time_24_00": refused("DuckDB shows no time 24:00")}
    routes = {
        "batches": ["duckdb-arrow-in"],
        "text": ["read", "decode", "duckdb-arrow-in"],
        "table": ["duckdb-arrow-out", "duckdb-arrow-in"],
    }


class TestArrowOut(UnloaderSuite):
    part = subject = "duckdb-arrow-out"
    gaps = {"time_24_00": refused("DuckDB shows no time 24:00")}
    routes = {"parquet": ["duckdb-arrow-out", "encode", "write"]}
