"""The throw-away servers are real: they check passwords, can be killed, and leave nothing."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg2
import pytest

from support.lease import sweep
from support.postgres import (
    debian_bin_dir,
    debian_postgres_server,
    embedded_postgres_server,
)

if TYPE_CHECKING:
    from support.postgres import PostgresServer as Server

TESTS = Path(__file__).parents[1]


def _ask(url: str, sql: str) -> object:
    connection = psycopg2.connect(url)
    try:
        with connection.cursor() as cursor:
            cursor.execute(sql)
            row = cursor.fetchone()
            return None if row is None else row[0]
    finally:
        connection.close()


def test_a_server_answers_over_tcp_and_over_its_socket(postgres: Server) -> None:
    assert _ask(postgres.url(), "select inet_server_addr()::text") == "127.0.0.1/32"
    assert _ask(postgres.socket_url(), "select inet_server_addr()::text") is None


@pytest.mark.parametrize("where", ["url", "socket"])
def test_a_wrong_password_is_refused(postgres: Server, where: str) -> None:
    right = postgres.url() if where == "url" else postgres.socket_url()
    wrong = right.replace("p%40ss", "p%41ss")
    with pytest.raises(psycopg2.OperationalError, match="password authentication failed"):
        psycopg2.connect(wrong)


def test_each_test_has_an_empty_database(each_pg_url: str) -> None:
    count = "select count(*) from pg_class where relnamespace = 'public'::regnamespace"
    assert _ask(each_pg_url, count) == 0


def test_a_database_may_have_any_name(postgres: Server) -> None:
    name = 'a "b" /c?%20'
    assert _ask(postgres.create_database(name), "select current_database()") == name
    postgres.drop_database(name)


def test_psql_says_what_went_wrong(postgres: Server) -> None:
    with pytest.raises(RuntimeError, match="syntax error"):
        postgres.psql("selekt 1")


def test_debians_server_is_offered_only_where_it_is_installed() -> None:
    assert (debian_postgres_server() is None) == (debian_bin_dir() is None)


def test_a_killed_server_comes_back_with_its_data(own_postgres: Server) -> None:
    own_postgres.psql("create table kept (a int); checkpoint")
    port = own_postgres.port
    own_postgres.kill()
    with pytest.raises(psycopg2.OperationalError, match="refused"):
        psycopg2.connect(own_postgres.url())
    own_postgres.start()
    assert own_postgres.port == port
    assert own_postgres.psql("select count(*) from kept") == "0\n"


def test_nothing_is_left_after_the_block() -> None:
    with embedded_postgres_server() as server:
        base = server.data_dir.parent
        assert base.is_dir()
    assert not base.exists()
    with pytest.raises(psycopg2.OperationalError):
        psycopg2.connect(server.url())


def test_a_server_whose_process_was_killed_is_swept_away() -> None:
    script = (
        "import sys, time\n"
        "from support.postgres import embedded_postgres_server\n"
        "with embedded_postgres_server() as server:\n"
        "    print(server.data_dir.parent, server.url(), flush=True)\n"
        "    time.sleep(60)\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", script],
        env=os.environ | {"PYTHONPATH": str(TESTS)},
        stdout=subprocess.PIPE,
        text=True,
    ) as holder:
        assert holder.stdout is not None
        base, url = holder.stdout.readline().split()
        sweep()
        assert _ask(url, "select 1") == 1, "a server in use must not be swept away"
        holder.send_signal(signal.SIGKILL)
    sweep()
    assert not Path(base).exists()
    with pytest.raises(psycopg2.OperationalError):
        psycopg2.connect(url)


def test_the_users_own_settings_do_not_reach_psql(
    postgres: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PGHOST", "nowhere.invalid")
    monkeypatch.setenv("PGOPTIONS", "--nonsense")
    assert postgres.psql("select 1") == "1\n"
