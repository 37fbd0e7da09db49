"""A network that dies under a move: who cancels waits for seconds, and other threads for nothing.

Each move is in a process of its own: what stops every thread of one would stop the tests, too.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest

from support.relay import relay_to

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from postgres.conftest import Bench
    from support.relay import Relay

MOVER = """
import json, sys, threading, time
from records_mover import Session
from records_mover.meter import Cancellation

told = {"longest": 0.0}
def tick():
    last = time.monotonic()
    while True:
        time.sleep(0.05)
        now = time.monotonic()
        told["longest"] = max(told["longest"], now - last)
        last = now

def move(source, target, options):
    try:
        with Session() as session:
            session.move(source, target, cancellation=cancellation, **options)
    except BaseException as error:
        told["raised"] = type(error).__name__

cancellation = Cancellation()
moving = threading.Thread(target=move, args=json.loads(sys.argv[1]))
moving.start()
sys.stdin.readline()
threading.Thread(target=tick, daemon=True).start()
began = time.monotonic()
cancellation.cancel()
moving.join(60)
told["seconds"] = time.monotonic() - began
print(json.dumps(told), flush=True)
"""
NAP = """
CREATE FUNCTION nap() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN PERFORM pg_sleep(100); RETURN NEW; END $$
"""
SLOW = "SELECT 1 AS a, pg_sleep(100)::text AS b"
SLEEPS = "SELECT FROM pg_stat_activity WHERE wait_event = 'PgSleep' AND query ~ %s"


@pytest.fixture
def bench(one_pg: Bench) -> Bench:
    one_pg.run("CREATE TABLE t (a int, b text)", "INSERT INTO t VALUES (1, 'old')", NAP)
    one_pg.run("CREATE TRIGGER nap BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION nap()")
    return one_pg


@pytest.fixture
def relay(bench: Bench) -> Iterator[Relay]:
    port = bench.database.engine.url.port
    assert port is not None
    with relay_to(lambda: port) as relay:
        yield relay


def _through(relay: Relay, url: str) -> str:
    before, _, after = url.rpartition(":")
    return f"{before}:{relay.port}/{after.partition('/')[2]}"


def _sleeps(bench: Bench, query: str) -> None:
    deadline = time.monotonic() + 20
    with bench.other().cursor() as cursor:
        while True:
            cursor.execute(SLEEPS, (query,))
            if cursor.fetchall():
                return
            assert time.monotonic() < deadline, "waited in vain for the server"
            time.sleep(0.05)


@contextmanager
def _moving(*what: Any) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-c", MOVER, json.dumps(what)]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            yield process
        finally:
            process.kill()


@pytest.mark.parametrize("way", ["in", "out", "parquet"])
def test_who_cancels_is_not_held_by_a_server_that_does_not_answer(
    bench: Bench, relay: Relay, tmp_path: Path, way: str
) -> None:
    url, source = _through(relay, bench.url), tmp_path / "in.csv"
    source.write_text("a,b\n2,new\n")
    moves: dict[str, list[Any]] = {
        "in": [str(source), f"{url}::t", {}],
        "out": [f"{url}::", str(tmp_path / "out.csv"), {"query": SLOW}],
        "parquet": [f"{url}::", str(tmp_path / "out.parquet"), {"query": SLOW}],
    }
    with _moving(*moves[way]) as process:
        _sleeps(bench, "^COPY")
        relay.fall_silent()
        said, _ = process.communicate("now\n", timeout=100)
    told = json.loads(said)
    assert told["raised"] == "MoveCancelled"
    assert told["longest"] < 2.0
    assert told["seconds"] < 30.0
    assert [path.name for path in tmp_path.iterdir()] == ["in.csv"]


@pytest.mark.parametrize("door", ["tcp", "socket"])
def test_a_statement_is_ended_by_every_door(bench: Bench, postgres: Any, door: str) -> None:
    import threading

    import psycopg2

    from mover_postgres.connections import stopping

    name = bench.database.engine.url.database
    with psycopg2.connect(bench.url if door == "tcp" else postgres.socket_url(name)) as connection:
        stop = stopping(connection)
        timer = threading.Timer(0.3, stop)
        timer.start()
        with connection.cursor() as cursor, pytest.raises(psycopg2.errors.QueryCanceled):
            cursor.execute("SELECT pg_sleep(100)")
    timer.join()
    connection.close()
    stop()  # there is nothing to cancel any more
