"""What fails on the way out leaves no file, nothing in S3, and the server's own words."""

from __future__ import annotations

import logging
import threading
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from mover_s3.store import S3Store
from records_mover import Session
from records_mover.errors import (
    BadRowError,
    ConnectError,
    DatabaseError,
    LoadUnloadError,
    MoveCancelled,
    MoverError,
)
from records_mover.secret import Secret

if TYPE_CHECKING:
    from pathlib import Path

ROWS = 60_000


@pytest.fixture
def filled(warehouse: Any) -> Any:
    """A table of several megabytes."""
    warehouse.ask("CREATE TABLE t (id INT, name VARCHAR(100))")
    lines = "".join(f"{number}|{'x' * 80}\n" for number in range(ROWS))
    warehouse.ask.copy("COPY t FROM STDIN", lines)
    warehouse.ask("COMMIT")
    return warehouse


def given(monkeypatch: pytest.MonkeyPatch, **changed: Any) -> None:
    """Have the store give other credentials to servers than it uses itself."""
    known = S3Store.access

    def access(self: S3Store, url: str) -> Any:
        return replace(known(self, url), **changed)

    monkeypatch.setattr(S3Store, "access", access)


def wide(warehouse: Any) -> dict[str, Any]:
    """Return what makes a source of more rows than fit between a server and us."""
    table = f"{warehouse.ask.schema}.t"
    return {
        "records_source": warehouse.url(),
        "query": f"SELECT id, REPEAT(name, 20) AS name FROM {table}",
    }


def cut_after_first(monkeypatch: pytest.MonkeyPatch, act: Any) -> None:
    """Do something once the first block of rows has come."""
    from mover_vertica.select import wire
    from mover_vertica.select.wire import Rows

    monkeypatch.setattr(wire, "_BLOCK", 1 << 16)
    known = Rows.blocks

    def blocks(self: Rows) -> Any:
        found = known(self)
        yield next(found)
        act()
        yield from found

    monkeypatch.setattr(Rows, "blocks", blocks)


@pytest.mark.parametrize("name", ["out.parquet", "out.csv"])
def test_a_connection_that_is_lost_amid_the_rows_leaves_no_file(
    bare: Any, filled: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    cut_after_first(monkeypatch, filled.ask.server.drop_connections)
    with pytest.raises(ConnectError, match=r"the connection to vertica at .* was lost"):
        bare.move(records_target=tmp_path / name, **wide(filled))
    assert not list(tmp_path.glob("*out*"))
    filled.ask.reconnect()


def test_a_connection_that_is_lost_leaves_no_rows_in_a_database(
    bare: Any, filled: Any, pg_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    import psycopg2

    cut_after_first(monkeypatch, filled.ask.server.drop_connections)
    with pytest.raises(ConnectError, match="was lost"):
        bare.move(records_target=f"{pg_url}::t", **wide(filled))
    connection = psycopg2.connect(pg_url.replace("postgresql+psycopg2", "postgresql"))
    with connection.cursor() as cursor:
        cursor.execute("SELECT to_regclass('t')")
        assert cursor.fetchall() == [(None,)]
    connection.close()
    filled.ask.reconnect()


def test_a_move_that_is_cancelled_stops_the_server_and_leaves_no_file(
    filled: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from records_mover.meter import Cancellation

    cancellation = Cancellation()
    cut_after_first(monkeypatch, cancellation.cancel)
    with Session() as session, pytest.raises(MoveCancelled):
        session.move(records_target=tmp_path / "out.csv", cancellation=cancellation, **wide(filled))
    assert not list(tmp_path.glob("*out*"))


def test_an_export_that_is_cancelled_stops_the_server(
    filled: Any, objects: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from records_mover.meter import Cancellation

    cancellation = Cancellation()
    table = f"{filled.ask.schema}.t"
    slow = f"SELECT count(*) AS n FROM {table} a, {table} b, {table} c"
    timer = threading.Timer(1.0, cancellation.cancel)
    timer.start()
    with Session() as session, pytest.raises(MoveCancelled):
        session.move(
            filled.url(), objects.url("dir/"), query=slow, target_format="parquet",
            cancellation=cancellation,
        )  # fmt: skip
    timer.join()
    assert objects.names("dir/") == []


def test_a_query_that_the_server_refuses_is_told_in_its_words(filled: Any, objects: Any) -> None:
    query = f"SELECT nothing_there FROM {filled.ask.schema}.t"
    with Session() as session, pytest.raises(DatabaseError, match=r"columns of .*nothing_there"):
        session.move(filled.url(), objects.url("dir/"), query=query, target_format="parquet")
    assert objects.names("dir/") == []


@pytest.mark.parametrize("s3export", ["on", "off"])
def test_a_wrong_key_is_told_in_the_servers_words(
    filled: Any, objects: Any, monkeypatch: pytest.MonkeyPatch, s3export: str
) -> None:
    given(monkeypatch, secret_key=Secret("wrong-but-secret"))
    with (
        Session() as session,
        pytest.raises(LoadUnloadError, match=r"S3 request failed.*SignatureDoesNotMatch") as caught,
    ):
        session.move(
            filled.url("t", s3export=s3export), objects.url("dir/"), target_variant="bluelabs",
            target_hints={"compression": None, "header-row": False},
        )  # fmt: skip
    assert objects.names("dir/") == []
    assert "wrong-but-secret" not in f"{caught.value!r} {caught.value.__cause__!r}"
    word = "select s3export" if s3export == "on" else "export to"
    assert filled.ask.schema in filled.statements(word)[-1]


def test_an_expired_token_is_told(
    bare: Any, filled: Any, objects: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    given(monkeypatch, session_token=Secret("stale"))
    with pytest.raises(LoadUnloadError, match=r"ExpiredToken.*renew the credentials"):
        bare.move(filled.url("t"), objects.url("dir/"), target_format="parquet")
    assert objects.names("dir/") == []


def test_a_bucket_that_is_not_there_is_named(bare: Any, filled: Any) -> None:
    with pytest.raises(MoverError, match="no-such-bucket"):
        bare.move(filled.url("t"), "s3://no-such-bucket/dir/", target_format="parquet")


def test_an_export_that_fails_in_the_middle_is_cleaned_up(
    session: Any, filled: Any, objects: Any, tmp_path: Path
) -> None:
    query = f"SELECT id, name, (1 / (50000 - id))::FLOAT AS x FROM {filled.ask.schema}.t"
    for target in (objects.url("dir/"), tmp_path / "out.parquet"):
        with pytest.raises(LoadUnloadError, match=r"[Dd]ivision by zero"):
            session.move(
                filled.url(export_file_mb="1"), target, query=query, target_format="parquet"
            )
    assert objects.names("dir/") == []
    assert "fileSizeMB = 1," in filled.statements("export to")[-1]
    assert not list(tmp_path.glob("*out*"))


def test_a_lost_connection_amid_an_export_is_cleaned_up(
    bare: Any, filled: Any, objects: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from mover_vertica.database import VerticaDatabase

    known = VerticaDatabase.run

    def cut(self: Any, connection: Any, statement: str, **options: Any) -> Any:
        found = known(self, connection, statement, **options)
        if statement.startswith("EXPORT"):
            filled.ask.server.drop_connections()
            known(self, connection, "SELECT 1")
        return found

    monkeypatch.setattr(VerticaDatabase, "run", cut)
    with pytest.raises(ConnectError, match="was lost"):
        bare.move(filled.url("t"), objects.url("dir/"), target_format="parquet")
    assert objects.names("dir/") == []
    filled.ask.reconnect()


def test_credentials_are_never_shown_and_taken_back(
    bare: Any, filled: Any, objects: Any, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    logging.getLogger("sqlalchemy.engine").setLevel(logging.INFO)
    try:
        bare.move(filled.url("t"), objects.url("dir/"), target_format="parquet")
    finally:
        logging.getLogger("sqlalchemy.engine").setLevel(logging.NOTSET)
    secret = objects.server.secret_key
    sent = filled.statements("ALTER SESSION")
    assert any(secret in statement for statement in sent)
    assert sent[-1].startswith("ALTER SESSION CLEAR PARAMETER AWSAuth")
    assert "AWSAuth = ***" in caplog.text
    shown = [
        record.getMessage()
        for record in caplog.records
        if "mover" in record.name or "sqlalchemy" in record.name
    ]
    assert shown
    assert not any(secret in line for line in shown)


def test_signs_that_part_values_are_refused_where_nothing_escapes_them(
    bare: Any, filled: Any, objects: Any
) -> None:
    result = bare.move(
        filled.url("t"), objects.url("fine/"), target_variant="vertica", allow_lossy=["all"]
    )
    assert (result.route, result.rows) == (("vertica-export",), ROWS)
    filled.ask("INSERT INTO t VALUES (0, E'a\\002b')")
    filled.ask("COMMIT")
    with pytest.raises(BadRowError, match=r"column 'name' of .* holds one of") as caught:
        bare.move(
            filled.url("t"), objects.url("dir/"), target_variant="vertica", allow_lossy=["all"]
        )
    assert caught.value.column == "name"
    assert objects.names("dir/") == []
