"""mover-redshift passes the suites for plugin authors on the stand-in; its gaps are declared."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from records_mover.testing import (
    DatabaseSuite,
    LoaderSuite,
    PluginSuite,
    SqlBench,
    UnloaderSuite,
    lossy,
    missing,
    refused,
)

if TYPE_CHECKING:
    from records_mover.schema import Field

DIGITS = refused("decimals have at most 38 digits")
EARLY = refused("COPY reads no text of a day before the year 1")
NO_NUL = refused("no text file holds NUL")


@pytest.fixture
def bench(warehouse: Any, objects: Any, scratch: str) -> SqlBench:
    url, schema = warehouse.url(unload_wait_seconds="1").removesuffix("::"), warehouse.ask.schema
    return SqlBench(
        url=url,
        schema=schema,
        run=warehouse.ask,
        rows=warehouse.ask,
        names=f"SELECT tablename FROM pg_tables WHERE schemaname = '{schema}'",
        shown=as_text,
        grantee="public",
        options={"scratch_s3_url": scratch},
        scratch=lambda: objects.names("tmp/"),
        secrets=(warehouse.ask.server.url.split(":")[2].partition("@")[0],),
    )


def as_text(column: str, field: Field) -> str:
    text = field.field_type in ("date", "datetime", "datetimetz", "time")
    return f"{column}::varchar" if text else column


class TestPlugin(PluginSuite):
    distribution, module = "mover-redshift", "mover_redshift.plugin"
    subject = "mover-redshift"
    heavy = frozenset({"psycopg2", "redshift_connector", "boto3"})


class TestDatabase(DatabaseSuite):
    subject = "redshift"
    capabilities = DatabaseSuite.known - {"grants"}
    gaps = {
        "decimal_40_digits": missing(DIGITS.why),
        "words": lossy("Redshift folds names to lower case"),
    }


class TestCopy(LoaderSuite):
    part = subject = "redshift-copy"
    capabilities = LoaderSuite.known - {"memory"}
    gaps = {"date_bc": EARLY, "decimal_40_digits": DIGITS, "text_nul": NO_NUL}
    routes = {
        "batches": ["stage", "redshift-copy"],
        "text": ["read", "decode", "stage", "redshift-copy"],
        "parquet": ["read", "stage", "redshift-copy"],
    }


class TestUnload(UnloaderSuite):
    part = subject = "redshift-unload"
    cases = Path(__file__).with_name("cases")  # the stand-in is slow with 1,600 columns
    capabilities = UnloaderSuite.known - {"memory"}
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
