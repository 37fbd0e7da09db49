"""The stand-in presents itself as a Redshift does, to unmodified drivers."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psycopg2
import pytest
import redshift_connector
import sqlalchemy as sa
from redshift_connector.error import ProgrammingError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from redshift_server import RedshiftServer
    from support.postgres import PostgresServer

TESTS = Path(__file__).parents[2]


@pytest.fixture
def connector(redshift: RedshiftServer) -> Iterator[Any]:
    """A session of AWS's own driver, which speaks the extended protocol alone."""
    config = redshift.config
    connection = redshift_connector.connect(
        host=config.host, port=redshift.port, user=config.user, password=config.password,
        database=config.database, ssl=False,
    )  # fmt: skip
    yield connection
    connection.close()


def test_the_version_is_redshifts(ask: Any) -> None:
    assert ask.connection.server_version == 80002
    ((version,),) = ask("select version()")
    assert version.startswith("PostgreSQL 8.0.2 on i686-pc-linux-gnu")
    assert "Redshift 1.0." in version
    assert ask("select current_database(), pg_catalog.version()") == [("dev", version)]
    assert ask("show server_version") == [("8.0.2",)]


def test_the_server_says_nothing_of_standard_conforming_strings(ask: Any) -> None:
    assert ask.connection.get_parameter_status("standard_conforming_strings") is None
    assert ask.connection.get_parameter_status("server_protocol_version") == "0"
    assert ask.error("show standard_conforming_strings").startswith("42704 unrecognized")


def test_a_backslash_in_quotes_escapes(ask: Any) -> None:
    assert ask(r"select 'a\'b', 'tab\there'") == [("a'b", "tab\there")]
    assert ask("select %s", "a\\b'c") == [("a\\b'c",)]


@pytest.mark.parametrize("change", [{"password": "Wr0ngPass"}, {"user": "nobody"}])
def test_a_wrong_password_or_user_is_refused(
    redshift: RedshiftServer, change: dict[str, str]
) -> None:
    with pytest.raises(psycopg2.OperationalError, match="password authentication failed for user"):
        psycopg2.connect(redshift.url, **change)


def test_an_unknown_database_is_refused(redshift: RedshiftServer) -> None:
    with pytest.raises(psycopg2.OperationalError, match='database "other" does not exist'):
        psycopg2.connect(redshift.url, dbname="other")


def test_tls_is_refused_as_postgresql_refuses_it(redshift: RedshiftServer) -> None:
    with pytest.raises(psycopg2.OperationalError, match="does not support SSL"):
        psycopg2.connect(redshift.url, sslmode="require")


def test_parameters_that_redshift_does_not_know_are_dropped(redshift: RedshiftServer) -> None:
    psycopg2.connect(redshift.url, options="-c jit=off").close()


def test_a_session_keeps_the_settings_of_redshift(ask: Any) -> None:
    ask("set query_group to 'etl'")
    assert ask("show query_group") == [("etl",)]
    ask("reset query_group")
    assert ask("show query_group") == [("unset",)]
    ask("set statement_timeout to 10000")
    assert ask.error("set synchronous_commit to off").startswith("42704 unrecognized configuration")


def test_aws_own_driver_works_unmodified(connector: Any) -> None:
    cursor = connector.cursor()
    cursor.execute("create temp table t (id int, d decimal(30,5), s super, v varbyte(3))")
    cursor.execute("insert into t values (%s, %s, json_parse(%s), %s)", (1, "1.5", '{"a": 1}', "x"))
    cursor.execute("select id, d::varchar, s, v from t")
    assert cursor.fetchall() == ([1, "1.50000", '{"a":1}', "x"],)
    assert [column[1] for column in cursor.description] == [23, 1043, 4000, 6551]
    connector.rollback()


def test_copy_is_caught_in_the_extended_protocol_too(connector: Any) -> None:
    cursor = connector.cursor()
    with pytest.raises(ProgrammingError, match="LOAD source is not supported"):
        cursor.execute("copy t from stdin")
    with pytest.raises(ProgrammingError, match="current transaction is aborted"):
        cursor.execute("select 1")
    connector.rollback()
    cursor.execute("select pg_last_copy_count()")
    assert cursor.fetchall() == ([0],)


def test_copy_takes_no_bound_values(connector: Any) -> None:
    cursor = connector.cursor()
    with pytest.raises(ProgrammingError, match="syntax error at or near"):
        cursor.execute("copy t from %s iam_role default", ("s3://b/k",))
    connector.rollback()


@pytest.mark.parametrize("driver", ["psycopg2", "redshift_connector"])
def test_the_dialect_reflects_tables_and_keys(
    ask: Any, redshift: RedshiftServer, driver: str
) -> None:
    ask(
        "create table parent (k int primary key, n varchar(7) encode zstd, unique (n))"
        " distkey (k) sortkey (k, n)"
    )
    ask("create table child (i bigint identity(1,1), k int references parent (k), s super)")
    ask("create view seen as select k from parent")
    ask("comment on table child is 'of a parent'")
    off = {"sslmode": "disable"} if driver == "psycopg2" else {"ssl": False, "sslmode": "verify-ca"}
    url = sa.make_url(redshift.url).set(drivername=f"redshift+{driver}")
    engine = sa.create_engine(url, connect_args=off)
    inspector: Any = sa.inspect(engine)
    schema = ask.schema
    assert sorted(inspector.get_table_names(schema)) == ["child", "parent"]
    assert inspector.get_view_names(schema) == ["seen"]
    assert "rs_catalog" not in inspector.get_schema_names()
    assert inspector.get_pk_constraint("parent", schema)["constrained_columns"] == ["k"]
    (foreign,) = inspector.get_foreign_keys("child", schema)
    assert (foreign["referred_table"], foreign["referred_columns"]) == ("parent", ["k"])
    (unique,) = inspector.get_unique_constraints("parent", schema)
    assert unique["column_names"] == ["n"]
    options = inspector.get_table_options("parent", schema)
    assert options["redshift_diststyle"] == "KEY"
    assert (options["redshift_distkey"], options["redshift_sortkey"]) == ("k", ("k", "n"))
    assert inspector.has_table("child", schema)
    engine.dispose()


def test_the_dialects_query_for_columns_runs_unmodified(ask: Any) -> None:
    """SQLAlchemy 2.1 cannot make types of what it returns: the dialect knows 2.0's way only."""
    from sqlalchemy_redshift.dialect import REFLECTION_SQL

    ask("create table t (i int identity(1,1), d decimal(30,5) encode az64, s super) sortkey (d)")
    ask("create view late as select 1 as one from nowhere.at_all with no schema binding")
    schema = f"AND schema = '{ask.schema}'"
    rows = ask(REFLECTION_SQL.format(schema_clause=schema, table_clause="AND table_name = 't'"))
    assert [(row[2], row[3], row[6], row[11]) for row in rows] == [
        ("i", "az64", 0, "integer"), ("d", "az64", 1, "numeric(30,5)"), ("s", "none", 0, "super"),
    ]  # fmt: skip


def test_the_server_runs_by_hand(postgres: PostgresServer) -> None:
    command = [sys.executable, "-m", "redshift_server", "--backend", postgres.url(), "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=TESTS) as process:
        assert process.stdout is not None
        url = process.stdout.readline().removeprefix("listening on ").strip()
        psycopg2.connect(url).close()
        process.terminate()
        assert process.stdout.read() == "stopped\n"
    assert process.returncode == 0


def test_everything_seen_is_recorded_for_judges(ask: Any, redshift: RedshiftServer) -> None:
    ask.error("copy nowhere from 's3://b/k' iam_role default csv escape")
    assert redshift.log.statements("copy")[-1].endswith("csv escape")


def test_a_lost_connection_is_lost_at_once(redshift: RedshiftServer) -> None:
    connection = psycopg2.connect(redshift.url)
    cursor = connection.cursor()
    cursor.execute("select 1")
    redshift.drop_connections()
    with pytest.raises(psycopg2.OperationalError):
        cursor.execute("select 1")
    connection.close()
