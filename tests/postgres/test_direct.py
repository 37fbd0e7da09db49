"""Connections by the driver alone, and SQLAlchemy's around them where it is asked for."""

from __future__ import annotations

import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import Engine, text

from mover_postgres.database import PostgresDatabase
from mover_postgres.direct import open_direct
from records_mover.errors import ConnectError
from records_mover.session import Session

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from postgres.conftest import Bench

_MOVES = """
import sys
from records_mover import move
csv, url, out = sys.argv[1:]
move(csv, f"{url}::t"), move(f"{url}::t", out)
for heavy in ("sqlalchemy", "pandas", "pyarrow", "numpy"):
    assert heavy not in sys.modules, heavy
"""


@pytest.fixture
def direct(one_pg: Bench) -> Iterator[Engine]:
    engine = open_direct(one_pg.url)
    assert engine is not None
    yield engine
    engine.dispose()


def test_a_file_goes_in_and_out_without_sqlalchemy(one_pg: Bench, tmp_path: Path) -> None:
    one_pg.run("CREATE TABLE t (a int)")
    source, out = tmp_path / "in.csv", tmp_path / "out.csv"
    source.write_text("a\n1\n2\n")
    command = [sys.executable, "-c", _MOVES, str(source), one_pg.url, str(out)]
    subprocess.run(command, check=True, timeout=60)
    assert out.read_text() == "a\n1\n2\n"


_BETWEEN = """
import sys
from records_mover import move
here, there = sys.argv[1:]
assert move(f"{here}::t", f"{there}::t").route == ("postgres-binary-out", "postgres-binary-in")
for heavy in ("sqlalchemy", "pandas", "pyarrow", "numpy"):
    assert heavy not in sys.modules, heavy
"""


def test_a_table_goes_to_another_server_without_arrow(one_pg: Bench, far_pg: Bench) -> None:
    one_pg.run("CREATE TABLE t (a int)", "INSERT INTO t VALUES (7)")
    far_pg.run("CREATE TABLE t (a int)")
    command = [sys.executable, "-c", _BETWEEN, one_pg.url, far_pg.url]
    subprocess.run(command, check=True, timeout=60)
    assert far_pg.rows("SELECT a FROM t") == [(7,)]


@pytest.mark.parametrize(
    "url", ["postgresql+asyncpg://h/d", "postgresql://h/d?host=a:1", "sqlite://", "no url"]
)
def test_a_url_that_says_more_is_left_to_sqlalchemy(url: str) -> None:
    assert open_direct(url) is None


def test_a_transaction_goes_on_when_sqlalchemy_is_asked_for(direct: Engine, one_pg: Bench) -> None:
    with direct.connect() as connection:
        told = {"no_parameters": True}
        connection.exec_driver_sql("CREATE TABLE t (a int)", execution_options=told)
        assert connection.in_transaction()
        connection.execute(text("INSERT INTO t VALUES (:a)"), {"a": 7})
        assert connection.scalar(text("SELECT a FROM t")) == 7
        assert one_pg.rows("SELECT to_regclass('t')") == [(None,)]
        connection.commit()
    assert one_pg.rows("SELECT a FROM t") == [(7,)]


def test_what_was_not_committed_is_rolled_back_and_the_connection_kept(
    direct: Engine, one_pg: Bench
) -> None:
    told = {"no_parameters": True}
    pids = []
    for _ in range(2):
        with direct.connect() as connection:
            found = connection.exec_driver_sql("SELECT pg_backend_pid()", execution_options=told)
            pids.append(found.scalar())
            connection.exec_driver_sql("CREATE TABLE t (a int)", execution_options=told)
    assert pids[0] == pids[1]
    assert one_pg.rows("SELECT to_regclass('t')") == [(None,)]


def test_a_snapshot_ends_with_its_connection(direct: Engine) -> None:
    told = {"no_parameters": True}
    asked = (
        "SELECT current_setting('transaction_isolation'), current_setting('transaction_read_only')"
    )
    with direct.connect() as connection:
        frozen = connection.execution_options(
            isolation_level="REPEATABLE READ", postgresql_readonly=True
        )
        found = frozen.exec_driver_sql(asked, execution_options=told).first()
        assert found == ("repeatable read", "on")
    with direct.connect() as connection:
        found = connection.exec_driver_sql(asked, execution_options=told).first()
        assert found == ("read committed", "off")


def test_a_backend_that_dies_when_all_is_read_spoils_nothing(direct: Engine, one_pg: Bench) -> None:
    database = PostgresDatabase(direct)
    pids = []
    for _ in range(2):
        with database.connection() as connection:
            pids.append(database.run(connection, "SELECT pg_backend_pid()").scalar())
            one_pg.rows(f"SELECT pg_terminate_backend({pids[-1]}, 10000)")
    assert pids[0] != pids[1]


def test_what_the_block_raises_is_not_hidden_by_a_backend_that_has_died(
    direct: Engine, one_pg: Bench
) -> None:
    def fail() -> None:
        database = PostgresDatabase(direct)
        with database.connection() as connection:
            pid = database.run(connection, "SELECT pg_backend_pid()").scalar()
            one_pg.rows(f"SELECT pg_terminate_backend({pid}, 10000)")
            raise ConnectError("first")

    with pytest.raises(ConnectError, match="first"):
        fail()


def test_the_dialect_compiles_as_sqlalchemys_own(direct: Engine, one_pg: Bench) -> None:
    with closing(direct.connect()) as connection:
        ours, theirs = connection.dialect, one_pg.database.engine.dialect
        assert ours.identifier_preparer.quote_identifier('a"b') == '"a""b"'
        assert ours.server_version_info == theirs.server_version_info


def test_a_wrong_password_is_told_without_it(one_pg: Bench) -> None:
    url = one_pg.url.replace("mover:", "mover:wrongsecret", 1)
    with Session() as session, pytest.raises(ConnectError) as caught:
        session.explain(f"{url}::t", "out.csv")
    assert "wrongsecret" not in f"{caught.value} {caught.value.__cause__!r}"


def test_a_connection_that_commits_by_itself_does_so_no_longer_than_it_is_open(
    direct: Engine, one_pg: Bench
) -> None:
    told = {"no_parameters": True}
    with direct.connect() as connection:
        free = connection.execution_options(isolation_level="AUTOCOMMIT")
        free.exec_driver_sql("CREATE TABLE t (a int)", execution_options=told)
        assert one_pg.rows("SELECT to_regclass('t')::text") == [("t",)]
    with direct.connect() as connection:
        connection.exec_driver_sql("INSERT INTO t VALUES (1)", execution_options=told)
    assert one_pg.rows("SELECT * FROM t") == []


@pytest.fixture
def hasty() -> Iterator[None]:
    """Have threads take turns as often as can be."""
    known = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(known)


def test_each_of_several_threads_adopts_its_own_connection(direct: Engine, hasty: None) -> None:
    together = threading.Barrier(8)

    def run(_: int) -> None:
        together.wait(30)
        for _turn in range(5):
            with direct.connect() as connection:
                driver: Any = connection.connection.driver_connection
                told = connection.execute(text("SELECT pg_backend_pid()")).scalar()
                assert told == driver.get_backend_pid()

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(run, range(8))) == [None] * 8
