"""The plugins that move nothing yet: each owns its names, and says so in words."""

from __future__ import annotations

import subprocess
import sys
from importlib import import_module
from typing import TYPE_CHECKING, Any

import pytest
import sqlalchemy

from mover_redshift.plugin import CLAIMED_VERSION, is_redshift
from records_mover import Session
from records_mover.errors import DatabaseError, StoreError
from records_mover.parts import Refusal
from records_mover.url import StoreContext

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

HEAVY = {"boto3", "botocore", "psycopg2", "vertica_python", "sqlalchemy", "pyarrow", "pandas"}
DATABASES = ["redshift", "vertica"]
DRIVER = "postgresql+psycopg2"


def _plugin(name: str) -> Any:
    return import_module(f"mover_{name}.plugin")


@pytest.mark.parametrize("name", [*DATABASES, "s3"])
def test_a_plugin_imports_nothing_heavy(name: str) -> None:
    ask = f"import sys, mover_{name}.plugin; print(*sys.modules)"
    ran = subprocess.run([sys.executable, "-c", ask], capture_output=True, text=True, check=True)
    assert not HEAVY & set(ran.stdout.split())


@pytest.mark.parametrize("name", DATABASES)
def test_a_database_is_owned_and_its_parts_refuse(name: str) -> None:
    plugin = _plugin(name)
    (kind,) = plugin.mover_databases()
    (unloader,) = plugin.mover_unloaders()
    (loader,) = plugin.mover_loaders()
    assert kind.dialects == unloader.dialects == loader.dialects == {name}
    refusals = [*unloader.offers(None), *loader.offers(None)]
    assert refusals == [Refusal(why=f"mover-{name} cannot move rows yet")] * 2


@pytest.mark.parametrize("name", DATABASES)
def test_a_database_that_is_used_all_the_same_is_a_clear_error(name: str) -> None:
    plugin = _plugin(name)
    (kind,) = plugin.mover_databases()
    (unloader,) = plugin.mover_unloaders()
    (loader,) = plugin.mover_loaders()
    words = f"mover-{name} cannot move rows yet; export the rows to a file"
    with pytest.raises(DatabaseError, match=words):
        kind.open(None)
    with pytest.raises(DatabaseError, match=words):
        unloader.unload(None)
    with pytest.raises(DatabaseError, match=words):
        loader.load(None, None)


@pytest.mark.parametrize("name", DATABASES)
def test_a_url_is_refused_in_the_plugins_words(name: str, tmp_path: Path) -> None:
    source = tmp_path / "in.csv"
    source.write_text("a\n1\n")
    with pytest.raises(DatabaseError, match=f"mover-{name} cannot move rows yet"), Session() as one:
        one.move(source, f"{name}://me@localhost/lab::t")


def test_s3_is_owned_and_its_store_is_a_clear_error() -> None:
    schemes = _plugin("s3").mover_schemes()
    assert [scheme.name for scheme in schemes] == ["s3", "s3a"]
    for scheme in schemes:
        with pytest.raises(StoreError, match="mover-s3 cannot read or write S3 objects yet"):
            scheme.store(StoreContext())


@pytest.fixture
def connection(pg_url: str) -> Iterator[sqlalchemy.Connection]:
    engine = sqlalchemy.create_engine(sqlalchemy.make_url(pg_url).set(drivername=DRIVER))
    with engine.connect() as connection:
        yield connection
    engine.dispose()


def test_a_real_postgresql_is_not_taken_for_redshift(connection: sqlalchemy.Connection) -> None:
    (kind,) = _plugin("redshift").mover_databases()
    assert "postgresql" in kind.relatives
    assert not kind.recognises(connection)


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
