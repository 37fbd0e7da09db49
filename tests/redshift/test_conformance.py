"""mover-redshift passes the suites for plugin authors on the stand-in; its gaps are declared."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

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

    from records_mover.schema import Field

DIGITS = refused("decimals have at most 38 digits")
EARLY = refused("COPY reads no text of a day before the year 1")
FEW_ROWS = missing("at most 100,000 rows travel as statements; sql-insert and sql-select show it")
NO_NUL = refused("no text file holds NUL")
NO_SUPER = refused("INSERT carries no SUPER")


def look(schema: str) -> dict[str, Any]:
    """Return how a schema is looked at from outside."""
    return {
        "names": f"SELECT tablename FROM pg_tables WHERE schemaname = '{schema}'",
        "shown": as_text,
        "grantee": "public",
        "privileges": (
            "SELECT identity_name, privilege_type FROM svv_relation_privileges"
            f" WHERE namespace_name = '{schema}' AND relation_name = '{{table}}'"
        ),
    }


@pytest.fixture
def bare_bench(request: pytest.FixtureRequest) -> Iterator[SqlBench]:
    if real_url("redshift"):
        with real_bench("redshift", look) as bench:
            yield bench
        return
    warehouse = request.getfixturevalue("warehouse")
    yield SqlBench(
        url=warehouse.url(unload_wait_seconds="1").removesuffix("::"),
        schema=warehouse.ask.schema,
        run=warehouse.ask,
        rows=warehouse.ask,
        secrets=(warehouse.ask.server.url.split(":")[2].partition("@")[0],),
        **look(warehouse.ask.schema),
    )


@pytest.fixture
def bench(bare_bench: SqlBench, objects: Any, scratch: str) -> SqlBench:
    """With scratch space in S3."""
    options = {"scratch_s3_url": scratch}
    return replace(bare_bench, options=options, scratch=lambda: objects.names("tmp/"))


def as_text(column: str, field: Field) -> str:
    text = field.field_type in ("date", "datetime", "datetimetz", "time")
    return f"{column}::varchar" if text else column


class TestPlugin(PluginSuite):
    distribution, module = "mover-redshift", "mover_redshift.plugin"
    subject = "mover-redshift"
    heavy = frozenset({"psycopg2", "redshift_connector", "boto3"})


class TestDatabase(DatabaseSuite):
    subject = "redshift"
    capabilities = DatabaseSuite.known
    gaps = {
        "decimal_40_digits": missing(DIGITS.why),
        "words": lossy("Redshift folds names to lower case"),
    }


class TestCopy(LoaderSuite):
    part = subject = "redshift-copy"
    capabilities = LoaderSuite.known
    gaps = {"date_bc": EARLY, "decimal_40_digits": DIGITS, "text_nul": NO_NUL}
    routes = {
        "batches": ["stage", "redshift-copy"],
        "text": ["read", "decode", "stage", "redshift-copy"],
        "parquet": ["read", "stage", "redshift-copy"],
    }


class TestUnload(UnloaderSuite):
    part = subject = "redshift-unload"
    memory, growth = 4_000_000, 96 << 20  # of 360 MB of text; what is read ahead ends at 330 MB
    cases = Path(__file__).with_name("cases")  # the stand-in is slow with 1,600 columns
    capabilities = UnloaderSuite.known
    gaps = {
        "date_bc": EARLY,
        "decimal_40_digits": DIGITS,
        "text_nul": NO_NUL,
    }
    routes = {
        "batches": ["redshift-unload", "read", "decode", "collect"],
        "text": ["redshift-unload", "read", "decode", "encode", "write"],
        "parquet": ["redshift-unload", "read", "write"],
    }


class WithoutScratch:
    """Rows travel as statements: for a few of them, where nothing can be staged."""

    @pytest.fixture
    def bench(self, bare_bench: SqlBench) -> SqlBench:
        return bare_bench


class TestInsert(WithoutScratch, LoaderSuite):
    part = subject = "redshift-insert"
    capabilities = LoaderSuite.known - {"scratch"}
    memory = 10**9
    gaps = {
        "array_empty_and_null": NO_SUPER,
        "array_of_nulls": NO_SUPER,
        "array_of_text": NO_SUPER,
        "bytes": refused("INSERT carries no VARBYTE"),
        "date_bc": refused("Python has no day before the year 1"),
        "decimal_40_digits": DIGITS,
        "float_negative_zero": refused("the number -0.0 in a statement is 0.0"),
        "json": NO_SUPER,
        "memory_does_not_grow_with_the_rows": FEW_ROWS,
        "text_nul": refused("no literal holds NUL"),
        "time_24_00": refused("Python has no time 24:00"),
    }
    routes = {
        "batches": ["redshift-insert"],
        "text": ["read", "decode", "redshift-insert"],
        "parquet": ["read", "decode", "redshift-insert"],
        "table": ["redshift-select", "redshift-insert"],
    }


class TestSelect(UnloaderSuite):
    part = subject = "redshift-select"
    capabilities = UnloaderSuite.known - {"scratch"}
    memory = 200_010
    gaps = {
        "date_bc": EARLY,
        "decimal_40_digits": DIGITS,
        "memory_does_not_grow_with_the_rows": FEW_ROWS,
        "text_nul": NO_NUL,
        "time_24_00": refused("Python has no time 24:00"),
    }
    routes = {
        "batches": ["redshift-select", "collect"],
        "text": ["redshift-select", "encode", "write"],
        "parquet": ["redshift-select", "encode", "write"],
    }

    @pytest.fixture
    def bench(
        self, request: pytest.FixtureRequest, bare_bench: SqlBench, bench: SqlBench
    ) -> SqlBench:
        """Tables are filled by way of S3, which would be the way out as well."""
        return bare_bench if "route_taken" in request.node.name else bench


class TestIam(CredsSuite):
    subject, provider = "redshift-iam", "redshift"
    capabilities = CredsSuite.known

    @pytest.fixture
    def connection(self, serverless: Any, warehouse: Any) -> Known:
        config = warehouse.ask.server.config
        return Known(
            name="redshift-serverless:house:dev",
            facts={"user": config.user, "password": config.password, "database": "dev"},
            secrets=(config.password,),
            stranger="redshift-nobody-knows",
        )

    @pytest.fixture
    def broken(self, serverless: Any) -> str:
        return "redshift-serverless:nowhere:dev"
