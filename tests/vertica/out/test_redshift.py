"""From Vertica to Redshift and back: one reads what the other writes, or it is recoded."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Any

import psycopg2
import pytest

from redshift_server import RedshiftServer, ServerConfig
from redshift_server.config import Keys

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from support.postgres import PostgresServer
    from support.s3 import S3Server

TEXTS = [
    "",
    "a,b",
    'q"q',
    "\\",
    "\\N",
    "two\nlines",
    "cr\rlf\r\n",
    "|",
    "é中😀",
    " x ",
    "NULL",
    None,
]
SIGNS = [*TEXTS[:-1], "\1\2\3", None]


@pytest.fixture(scope="module")
def redshift(postgres: PostgresServer, vertica_s3: S3Server) -> Iterator[RedshiftServer]:
    keys = Keys(key_id=vertica_s3.access_key, secret=vertica_s3.secret_key)
    config = ServerConfig(
        backend=postgres.url(),
        s3_endpoint=vertica_s3.endpoint,
        roles={"arn:aws:iam::123456789012:role/loader": keys},
    )
    with RedshiftServer(config) as server:
        yield server


@pytest.fixture
def target(redshift: RedshiftServer) -> Iterator[tuple[str, Callable[[str], list[Any]]]]:
    """A schema of Redshift's, as a move names it, and what asks it."""
    schema = f"t_{secrets.token_hex(6)}"
    connection = psycopg2.connect(redshift.url)
    connection.autocommit = True

    def ask(sql: str) -> list[Any]:
        with connection.cursor() as cursor:
            cursor.execute(sql)
            return cursor.fetchall() if cursor.description else []

    ask(f"create schema {schema}")
    ask(f"set search_path to {schema}")
    url = f"redshift+psycopg2://{redshift.url.partition('://')[2]}"
    yield f"{url}{'&' if '?' in url else '?'}sslmode=disable::{schema}.t", ask
    ask(f"drop schema {schema} cascade")
    connection.close()


def fill(warehouse: Any, texts: list[str | None], more: str = "") -> None:
    warehouse.ask(
        f"CREATE TABLE t (id INT, name VARCHAR(40), price NUMERIC(8,2), at TIMESTAMPTZ{more})"
    )
    for number, text in enumerate(texts):
        said = "NULL" if text is None else "'" + text.replace("'", "''") + "'"
        warehouse.ask(
            f"INSERT INTO t (id, name, price, at)"
            f" VALUES ({number}, {said}, {number}.25, '2020-01-02 03:04:05.000006+02')"
        )
    warehouse.ask("COMMIT")


def test_parquet_goes_from_server_to_server(session: Any, warehouse: Any, target: Any) -> None:
    fill(warehouse, SIGNS)
    url, ask = target
    plan = session.explain(warehouse.url("t"), url)
    result = session.move(warehouse.url("t"), url)
    assert result.route == ("vertica-export", "redshift-copy"), str(plan)
    assert result.rows == len(SIGNS)
    rows = ask("select name, price::text, at::text from t order by id")
    assert [row[0] for row in rows] == SIGNS
    assert rows[1][1:] == ("1.25", "2020-01-02 01:04:05.000006+00")


def test_rows_come_back_from_redshift(session: Any, warehouse: Any, target: Any) -> None:
    fill(warehouse, SIGNS)
    url, _ = target
    session.move(warehouse.url("t"), url)
    result = session.move(url, warehouse.url("back"))
    assert result.route[0] == "redshift-unload"
    assert result.rows == len(SIGNS)
    there, back = (
        warehouse.ask(f"SELECT name, price, at FROM {table} ORDER BY id") for table in ("t", "back")
    )
    assert back == there


def test_what_parquet_lacks_goes_as_rows(session: Any, warehouse: Any, target: Any) -> None:
    fill(warehouse, SIGNS, ", day TIME, f FLOAT, i INTERVAL DAY TO SECOND")
    warehouse.ask("UPDATE t SET day = '12:30:00.5', f = 0.1, i = '1 02:00:00'")
    warehouse.ask("COMMIT")
    url, ask = target
    result = session.move(warehouse.url("t"), url)
    assert result.route == ("vertica-select", "stage", "redshift-copy")
    rows = ask("select name, day::text, f::text, i::text from t order by id")
    assert [row[0] for row in rows] == SIGNS
    assert rows[0][1:] == ("12:30:00.5", "0.1", "P1DT2H")


def test_few_rows_travel_as_statements_without_scratch(
    bare: Any, warehouse: Any, target: Any
) -> None:
    fill(warehouse, SIGNS)
    url, ask = target
    assert bare.move(warehouse.url("t"), url).route == ("vertica-select", "redshift-insert")
    assert [row[0] for row in ask("select name from t order by id")] == SIGNS


def test_files_of_the_old_variant_are_recoded_on_their_way(
    session: Any, warehouse: Any, target: Any, objects: Any
) -> None:
    """Of the variant nothing tells NULL from empty text, and nobody can write its signs in text."""
    fill(warehouse, TEXTS)
    folder = objects.url("old/")
    session.move(warehouse.url("t"), folder, target_variant="vertica", allow_lossy=["all"])
    assert b"\1" in objects.get(next(n for n in objects.names("old/") if "/_" not in n))
    url, ask = target
    result = session.move(folder, url)
    assert result.route == ("read", "decode", "stage", "redshift-copy")
    found = [row[0] or None for row in ask("select name from t order by id")]
    assert found == [text or None for text in TEXTS]
