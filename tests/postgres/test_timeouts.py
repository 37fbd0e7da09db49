"""Every wait has an end: for a connection, a lock, a statement, and a network that is dead."""

from __future__ import annotations

import socket
import sys
import time
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import make_url

from mover_postgres.connections import driver_connection, fetch, with_timeouts
from mover_postgres.plugin import mover_databases
from records_mover import Session
from records_mover.db import open_database, open_engine
from records_mover.errors import ConfigError, ConnectError, DatabaseError, MoverError

if TYPE_CHECKING:
    from pathlib import Path

    from postgres.conftest import Bench


@pytest.fixture
def near(one_pg: Bench) -> Bench:
    one_pg.run("CREATE TABLE t (a int)", "INSERT INTO t VALUES (1)")
    return one_pg


@pytest.fixture
def csv(tmp_path: Path) -> str:
    path = tmp_path / "in.csv"
    path.write_text("a\n2\n")
    return str(path)


def shown(url: str, name: str) -> str:
    kinds = list(mover_databases())
    engine = open_engine(url, kinds=kinds)
    database = open_database(engine, kinds)
    with database.connection() as connection:  # type: ignore[attr-defined]  # it is ours
        found = fetch(driver_connection(connection), f"SHOW {name}")
    engine.dispose()
    return str(found[0][0])


@pytest.mark.parametrize("mode", ["truncate", "replace", "upsert"])
def test_the_url_says_how_long_to_wait_for_a_lock(near: Bench, csv: str, mode: str) -> None:
    holder = near.other()
    holder.autocommit = False
    with holder.cursor() as cursor:
        cursor.execute("INSERT INTO t VALUES (3)")
    started = time.monotonic()
    target = f"{near.url}?lock_timeout=300ms::t"
    key = ("a",) if mode == "upsert" else ()
    with Session() as session, pytest.raises(DatabaseError, match="lock timeout"):
        session.move(csv, target, if_exists=mode, key=key)
    assert time.monotonic() - started < 10
    holder.rollback()
    assert near.rows("TABLE t") == [(1,)]


def test_the_url_says_how_long_a_statement_may_take(near: Bench, csv: str, tmp_path: Path) -> None:
    near.run(
        "CREATE FUNCTION nap() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN PERFORM pg_sleep(100); RETURN NEW; END $$",
        "CREATE TABLE slow (a int)",
        "CREATE TRIGGER nap BEFORE INSERT ON slow FOR EACH ROW EXECUTE FUNCTION nap()",
    )
    url = f"{near.url}?statement_timeout=300ms"
    naps = {"query": "SELECT pg_sleep(100)::text AS a"}
    moves: list[tuple[str, str, dict[str, str]]] = [
        (csv, f"{url}::slow", {}),
        (csv, f"{url}::slow", {"if_exists": "replace"}),
        (f"{url}::t", f"{url}::slow", {}),
        (f"{url}::", str(tmp_path / "out.csv"), naps),
    ]
    for source, target, options in moves:
        with Session() as session, pytest.raises(MoverError, match="raise statement_timeout") as e:
            session.move(source, target, **options)  # type: ignore[arg-type]
        assert "\n" not in str(e.value)
    assert near.rows("TABLE slow") == []
    assert [path.name for path in tmp_path.iterdir()] == ["in.csv"]


def test_a_server_that_says_nothing_is_not_waited_for(csv: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"postgresql://me:canary@127.0.0.1:{silent.getsockname()[1]}/db"
        started = time.monotonic()
        with Session() as session, pytest.raises(ConnectError, match="timeout expired") as caught:
            session.move(csv, f"{url}?connect_timeout=2::t")
    assert time.monotonic() - started < 8
    assert "canary" not in str(caught.value)


def test_what_is_no_time_is_refused_before_anyone_connects(csv: str) -> None:
    url = "postgresql://me@127.0.0.1:1/db?lock_timeout=soon"
    with Session() as session, pytest.raises(ConfigError, match=r"'soon', which is no time; .*5s"):
        session.move(csv, f"{url}::t")


def test_timeouts_of_the_url_stand_beside_its_other_options(near: Bench) -> None:
    url = f"{near.url}?options=-c%20geqo%3Doff&lock_timeout=5s&statement_timeout=2h"
    assert shown(url, "lock_timeout") == "5s"
    assert shown(url, "statement_timeout") == "2h"
    assert shown(url, "geqo") == "off"
    assert shown(near.url, "lock_timeout") == "1min"
    assert shown(near.url, "statement_timeout") == "0"


def test_another_driver_gets_the_url_as_it_is() -> None:
    url = make_url("postgresql+pg8000://me@h/db?lock_timeout=5s")
    assert with_timeouts(url) == url


def test_a_dead_network_is_noticed_within_a_minute(near: Bench) -> None:
    with near.database.connection() as connection:
        wire = socket.socket(fileno=driver_connection(connection).fileno())
        try:
            assert wire.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE) == 1
            if sys.platform == "linux":  # elsewhere the names differ
                idle = wire.getsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE)
                every = wire.getsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPINTVL)
                times = wire.getsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPCNT)
                assert idle + every * times <= 60
                assert wire.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT) == 60_000
        finally:
            wire.detach()
