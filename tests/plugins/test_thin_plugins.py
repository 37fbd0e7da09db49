"""Plugins load quickly, and take no server for one of theirs that is not."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
import sqlalchemy

from mover_redshift.plugin import CLAIMED_VERSION, is_redshift
from records_mover.parts import LaterLoader, LaterUnloader
from records_mover.plugins import Plugins

if TYPE_CHECKING:
    from collections.abc import Iterator

HEAVY = {"boto3", "botocore", "psycopg2", "vertica_python", "sqlalchemy", "pyarrow", "pandas"}
DRIVER = "postgresql+psycopg2"


@pytest.mark.parametrize("name", ["vertica", "redshift", "s3"])
def test_a_plugin_imports_nothing_heavy(name: str) -> None:
    ask = f"import sys, mover_{name}.plugin; print(*sys.modules)"
    ran = subprocess.run([sys.executable, "-c", ask], capture_output=True, text=True, check=True)
    assert not HEAVY & set(ran.stdout.split())


def test_a_part_that_is_imported_later_is_the_one_that_was_promised() -> None:
    offers = [record.offers for record in Plugins(strict=True).records]
    parts = [part for one in offers for part in (*one.loaders, *one.unloaders)]
    later = [part for part in parts if isinstance(part, LaterLoader | LaterUnloader)]
    assert {one.name for one in later} >= {"redshift-copy", "vertica-select", "sql-insert"}
    for promised in later:
        made = promised.part()
        assert (made.name, made.dialects) == (promised.name, promised.dialects)
        assert hasattr(made, "load") is isinstance(promised, LaterLoader)


def test_s3_is_owned_and_imports_its_client_library_only_when_used() -> None:
    ask = (
        "import sys; from mover_s3.plugin import mover_schemes; from records_mover.url import *;"
        "made = [(s.name, s.copies, s.store(StoreContext())) for s in mover_schemes()];"
        "print(*(m[0] for m in made), *sys.modules)"
    )
    ran = subprocess.run([sys.executable, "-c", ask], capture_output=True, text=True, check=True)
    said = ran.stdout.split()
    assert said[:2] == ["s3", "s3a"]
    assert not HEAVY & set(said)


@pytest.fixture
def connection(pg_url: str) -> Iterator[sqlalchemy.Connection]:
    engine = sqlalchemy.create_engine(sqlalchemy.make_url(pg_url).set(drivername=DRIVER))
    with engine.connect() as connection:
        yield connection
    engine.dispose()


def test_a_real_postgresql_is_not_taken_for_redshift(connection: sqlalchemy.Connection) -> None:
    assert not is_redshift(connection)


def test_a_server_that_says_it_is_redshift_is_recognised(
    connection: sqlalchemy.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    says = "PostgreSQL 8.0.2 on i686-pc-linux-gnu, compiled by GCC, Redshift 1.0.12103"
    connection.execute(sqlalchemy.text("SET search_path = public, pg_catalog"))
    function = "CREATE FUNCTION version() RETURNS text LANGUAGE sql AS $$ SELECT '{}' $$"
    connection.execute(sqlalchemy.text(function.format(says)))
    assert not is_redshift(connection), "the driver has seen another version"
    monkeypatch.setattr(connection.dialect, "server_version_info", CLAIMED_VERSION)
    assert is_redshift(connection)
