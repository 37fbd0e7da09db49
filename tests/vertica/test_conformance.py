"""mover-vertica passes the suites for plugin authors on the stand-in; its gaps are declared."""

from __future__ import annotations

import threading
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from records_mover.testing import (
    DatabaseSuite,
    LoaderSuite,
    PluginSuite,
    SqlBench,
    UnloaderSuite,
    missing,
    refused,
)
from support.real import real_bench, real_url

if TYPE_CHECKING:
    from collections.abc import Iterator

    from records_mover.schema import Field

CASES = Path(__file__).with_name("cases")
# What is staged is read ahead: from 400,000 rows to ten times as many, which are 400 MB, 20 to 40
# MB came on top, as at a tenth of both.
MANY, AHEAD = 2_000_000, 64 << 20
EARLY = refused("COPY reads no text of a day before the year 1")
LEAST = refused("the least integer of 64 bits is NULL in Vertica")
NO_NUL = refused("no text file holds NUL")


NO_24 = refused("Arrow has no time 24:00")
FIFTEEN = missing("S3EXPORT writes floats with 15 digits: they go by vertica-export")
NO_BYTES = missing("COPY from S3 takes no bytes from text: they go by vertica-copy")


def look(schema: str) -> dict[str, Any]:
    """Return how a schema is looked at from outside."""
    return {
        "names": f"SELECT table_name FROM v_catalog.tables WHERE table_schema = '{schema}'",
        "shown": as_text,
        "grantee": "public",
        "privileges": (
            "SELECT grantee, privileges_description FROM v_catalog.grants"
            f" WHERE object_schema = '{schema}' AND object_name = '{{table}}'"
        ),
    }


@pytest.fixture
def bench(request: pytest.FixtureRequest, objects: Any, scratch: str) -> Iterator[SqlBench]:
    staged: dict[str, Any] = {
        "options": {"scratch_s3_url": scratch},
        "scratch": lambda: objects.names("tmp/"),
    }
    if real_url("vertica"):
        with real_bench("vertica", look) as bench:
            yield replace(bench, **staged)
        return
    warehouse, lock = request.getfixturevalue("warehouse"), threading.Lock()

    def ask(sql: str) -> list[Any]:
        with lock:
            warehouse.ask.connection.rollback()
            found = warehouse.ask(sql)
            warehouse.ask.connection.commit()
            return list(found)

    yield SqlBench(
        url=warehouse.url().removesuffix("::"),
        schema=warehouse.ask.schema,
        run=ask,
        rows=ask,
        secrets=(warehouse.ask.server.login["password"],),
        **look(warehouse.ask.schema),
        **staged,
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
    capabilities = DatabaseSuite.known


class TestCopy(LoaderSuite):
    part = subject = "vertica-copy"
    cases = CASES
    capabilities = LoaderSuite.known
    gaps = {"date_bc": EARLY, "integer_ends": LEAST, "text_nul": NO_NUL}
    routes = {"text": ["read", "decode", "vertica-copy"]}


class TestCopyS3(LoaderSuite):
    part = subject = "vertica-copy-s3"
    memory, growth = MANY, AHEAD
    cases = CASES
    capabilities = LoaderSuite.known
    gaps = {"date_bc": EARLY, "integer_ends": LEAST, "text_nul": NO_NUL, "bytes": NO_BYTES}
    routes = {"parquet": ["vertica-copy-s3"]}

    @pytest.fixture
    def folder(self, objects: Any) -> str:
        return str(objects.url("in/"))


class TestSelect(UnloaderSuite):
    part = subject = "vertica-select"
    memory, growth = MANY, AHEAD
    cases = CASES
    capabilities = UnloaderSuite.known
    gaps = {"date_bc": EARLY, "integer_ends": LEAST, "text_nul": NO_NUL, "time_24_00": NO_24}
    routes = {"batches": ["vertica-select", "collect"]}

    @pytest.fixture
    def bench(self, bench: SqlBench) -> SqlBench:
        return replace(bench, options={})


class TestExport(UnloaderSuite):
    part = subject = "vertica-export"
    memory, growth = MANY, AHEAD
    cases = CASES
    capabilities = UnloaderSuite.known
    gaps = {"date_bc": EARLY, "integer_ends": LEAST, "text_nul": NO_NUL}
    routes = {
        "batches": ["vertica-export", "read", "decode", "collect"],
        "folder": ["vertica-export"],
    }

    @pytest.fixture
    def folder(self, objects: Any) -> str:
        return str(objects.url("out/"))


class TestS3Export(UnloaderSuite):
    part = subject = "vertica-s3export"
    memory, growth = 2 * MANY, 96 << 20  # of 360 MB of text
    cases = CASES
    capabilities = UnloaderSuite.known
    gaps = {
        "date_bc": EARLY,
        "float_ends": FIFTEEN,
        "float_infinities": FIFTEEN,
        "float_nan": FIFTEEN,
        "float_negative_zero": FIFTEEN,
        "integer_ends": LEAST,
        "text_nul": NO_NUL,
        "time_24_00": NO_24,
    }
    routes = {"folder": ["vertica-s3export"]}
    folder_options = {
        "target_variant": "bluelabs",
        "target_hints": {"compression": None, "header-row": False},
    }

    @pytest.fixture
    def folder(self, objects: Any) -> str:
        return str(objects.url("out/"))

    @pytest.fixture
    def bench(self, bench: SqlBench) -> SqlBench:
        return replace(bench, url=f"{bench.url}&s3export=on")
