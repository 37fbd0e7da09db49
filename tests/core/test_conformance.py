"""Files, SQLite, SELECT and INSERT pass the suites for plugin authors; gaps are declared."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest

from records_mover.testing import (
    DatabaseSuite,
    LoaderSuite,
    SqlBench,
    StoreSuite,
    UnloaderSuite,
    refused,
)

if TYPE_CHECKING:
    from pathlib import Path


GAPS = {
    "float_nan": refused("SQLite keeps no NaN"),
    "float_negative_zero": refused("SQLite keeps no -0.0"),
    "time_24_00": refused("Python has no time 24:00"),
}


@pytest.fixture
def bench(tmp_path: Path) -> SqlBench:
    path = tmp_path / "kit.db"

    def ask(sql: str) -> list[Any]:
        with closing(sqlite3.connect(path, timeout=30)) as connection, connection:
            return connection.execute(sql).fetchall()

    names = "SELECT name FROM sqlite_schema WHERE type = 'table'"
    return SqlBench(url=f"sqlite:///{path}", run=ask, rows=ask, names=names)


class TestDatabase(DatabaseSuite):
    subject = "SQLite"
    capabilities = DatabaseSuite.known - {"grants", "secrets"}


class TestInsert(LoaderSuite):
    part = subject = "sql-insert"
    capabilities = frozenset({"memory", "rejects"})
    gaps = GAPS
    routes = {
        "batches": ["sql-insert"],
        "text": ["read", "decode", "sql-insert"],
        "parquet": ["read", "decode", "sql-insert"],
        "table": ["sql-select", "sql-insert"],
    }


class TestSelect(UnloaderSuite):
    part = subject = "sql-select"
    capabilities = frozenset({"memory"})
    memory, growth = 400_000, 80 << 20  # a batch of Python's own values takes that much
    gaps = {**GAPS, "date_bc": refused("Arrow reads no text of a day before the year 1")}
    routes = {
        "batches": ["sql-select", "collect"],
        "text": ["sql-select", "encode", "write"],
        "parquet": ["sql-select", "encode", "write"],
    }


class TestFiles(StoreSuite):
    subject = "file://"
    capabilities = frozenset({"names", "wildcards"})

    @pytest.fixture
    def folder(self, tmp_path: Path) -> str:
        return f"{tmp_path}/kit/"
