"""mover-vertica passes the suites for plugin authors on the stand-in; its gaps are declared."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from records_mover.testing import (
    DatabaseSuite,
    LoaderSuite,
    PluginSuite,
    SqlBench,
    refused,
)

if TYPE_CHECKING:
    from records_mover.schema import Field


@pytest.fixture
def bench(warehouse: Any, objects: Any, scratch: str) -> SqlBench:
    lock, schema = threading.Lock(), warehouse.ask.schema

    def ask(sql: str) -> list[Any]:
        with lock:
            warehouse.ask.connection.rollback()
            found = warehouse.ask(sql)
            warehouse.ask.connection.commit()
            return list(found)

    return SqlBench(
        url=warehouse.url().removesuffix("::"),
        schema=schema,
        run=ask,
        rows=ask,
        names=f"SELECT table_name FROM v_catalog.tables WHERE table_schema = '{schema}'",
        shown=as_text,
        options={"scratch_s3_url": scratch},
        scratch=lambda: objects.names("tmp/"),
        secrets=(warehouse.ask.server.login["password"],),
    )


def as_text(column: str, field: Field) -> str:
    """Select as text what the driver has no value for."""
    text = field.field_type in ("date", "datetime", "datetimetz", "time")
    return f"{column}::varchar" if text else column


class TestPlugin(PluginSuite):
    distribution, module = "mover-vertica", "mover_vertica.plugin"
    subject = "mover-vertica"
    heavy = frozenset({"vertica_python"})


class TestDatabase(DatabaseSuite):
    subject = "vertica"
    capabilities = DatabaseSuite.known - {"grants"}


class TestCopy(LoaderSuite):
    part = subject = "vertica-copy"
    cases = Path(__file__).with_name("cases")
    capabilities = LoaderSuite.known - {"memory"}
    gaps = {
        "date_bc": refused("COPY reads no text of a day before the year 1"),
        "integer_ends": refused("the least integer of 64 bits is NULL in Vertica"),
        "text_nul": refused("no text file holds NUL"),
    }
    routes = {"text": ["read", "decode", "vertica-copy"]}
