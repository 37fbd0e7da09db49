"""Ctrl-C ends what the server does for a move, and leaves no row and no object behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psycopg2
import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

MVREC = str(Path(sys.executable).with_name("mvrec"))
RUNS = """
SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND state = 'active'
AND pid <> pg_backend_pid() AND query ~* %s AND (wait_event_type = 'Lock' OR wait_event = 'PgSleep')
"""


@pytest.fixture
def private(redshift: Any, postgres: Any) -> str:
    """The URL of the database behind the stand-in."""
    return str(postgres.url(redshift._private))


@pytest.fixture
def behind(private: str) -> Iterator[Any]:
    """A session of it."""
    with closing(psycopg2.connect(private)) as connection:
        connection.autocommit = True
        yield connection.cursor()


@pytest.fixture
def table(warehouse: Any) -> Any:
    warehouse.ask("create table t (id integer, name varchar(5))")
    warehouse.ask("insert into t values (0, 'old')")
    return warehouse


@pytest.fixture(params=["psycopg2", "redshift_connector"])
def named(request: pytest.FixtureRequest, table: Any) -> str:
    """The table as an endpoint string, by each driver."""
    if request.param == "psycopg2":
        return str(table.url("t"))
    rest = table.ask.server.url.partition("://")[2].partition("?")[0]
    return f"redshift+redshift_connector://{rest}?ssl=false::{table.ask.schema}.t"


def _stopped(behind: Any, query: str, *command: str) -> str:
    """Run a command until the server is in the middle of it, and press Ctrl-C."""
    with subprocess.Popen(
        [MVREC, "move", *command], stderr=subprocess.PIPE, text=True, env=dict(os.environ)
    ) as process:
        try:
            _wait(lambda: _count(behind, query), process)
            process.send_signal(signal.SIGINT)
            _, said = process.communicate(timeout=20)
        finally:
            process.kill()
    assert process.returncode == 1, said
    _wait(lambda: not _count(behind, "."), process)
    return said


def _count(behind: Any, query: str) -> int:
    behind.execute(RUNS, (query,))
    return int(behind.fetchone()[0])


def _wait(true: Callable[[], object], process: subprocess.Popen[str]) -> None:
    deadline = time.monotonic() + 40
    while not true():
        assert process.poll() in (None, 1), "it has ended"
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_a_copy(
    private: str, behind: Any, table: Any, named: str, scratch: str, tmp_path: Path
) -> None:
    path = tmp_path / "in.csv"
    path.write_text("id,name\n1,new\n")
    with closing(psycopg2.connect(private)) as holder:
        holder.cursor().execute(f"LOCK TABLE {table.ask.schema}.t IN SHARE MODE")
        said = _stopped(behind, "^COPY", str(path), named, "--scratch", scratch)
    assert "cancelled; the target is as it was" in said
    assert table.rows() == [(0, "old")]


def test_an_unload(behind: Any, named: str, scratch: str, tmp_path: Path) -> None:
    out = tmp_path / "out.csv"
    server, _, name = named.rpartition("::")
    query = f"select id from {name} where pg_sleep(100) is not null"
    slow = ("--query", query, "--scratch", scratch)
    said = _stopped(behind, "pg_sleep", f"{server}::", str(out), *slow)
    assert "cancelled; the target is as it was" in said
    assert list(tmp_path.glob("*.csv*")) == []
