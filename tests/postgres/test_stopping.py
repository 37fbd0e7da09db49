"""Who cancels a move ends what the servers do for it, wherever it is, and nothing has changed."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest

from records_mover import Session
from records_mover.errors import DatabaseError, MoveCancelled
from records_mover.meter import Cancellation

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from postgres.conftest import Bench

ACTIVE = """
SELECT count(*) FROM pg_stat_activity WHERE application_name = 'records-mover'
AND datname = current_database() AND state <> 'idle' AND query ~ %s AND wait_event ~ %s
"""
NAP = """
CREATE FUNCTION nap() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN PERFORM pg_sleep(100); RETURN NEW; END $$
"""
SLOW_INSERT = (
    NAP,
    "CREATE TRIGGER nap BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION nap()",
)
SLOW_COMMIT = (
    NAP,
    """CREATE CONSTRAINT TRIGGER nap AFTER INSERT ON t DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION nap()""",
)
SLOW_SUM = (
    """CREATE FUNCTION sum_slowly(a int) RETURNS text LANGUAGE plpgsql AS $$ BEGIN
    IF current_query() LIKE '%hashtextextended%' THEN PERFORM pg_sleep(100); END IF;
    RETURN 'b'; END $$""",
    "CREATE VIEW s AS SELECT 2 AS a, sum_slowly(2) AS b",
)


@dataclass
class Running:
    """A move on a thread of its own, which is cancelled once the server is in the middle of it."""

    source: Any
    target: Any
    options: dict[str, Any]
    cancellation: Cancellation = field(default_factory=Cancellation)
    raised: BaseException | None = None

    def run(self) -> None:
        try:
            with Session() as session:
                session.move(
                    self.source, self.target, cancellation=self.cancellation, **self.options
                )
        except BaseException as error:  # noqa: BLE001  looked at by the test
            self.raised = error

    def stopped_at(self, bench: Bench, query: str, event: str = "PgSleep") -> None:
        """Cancel when such a query is in such a wait; it ends soon, there and here."""
        thread = threading.Thread(target=self.run)
        thread.start()
        other = bench.other()
        try:
            _wait(lambda: _count(other, query, event), f"{query} {event}, but {self.raised!r}")
        finally:
            self.cancellation.cancel()
            thread.join(10)
        assert not thread.is_alive()
        assert isinstance(self.raised, MoveCancelled), self.raised
        _wait(lambda: not _count(other, ".", "."), "the server goes on")


def _count(other: Any, query: str, event: str) -> int:
    with other.cursor() as cursor:
        cursor.execute(ACTIVE, (query, event))
        return int(cursor.fetchone()[0])


def _wait(true: Callable[[], object], what: str) -> None:
    deadline = time.monotonic() + 15
    while not true():
        assert time.monotonic() < deadline, f"waited in vain: {what}"
        time.sleep(0.02)


@pytest.fixture
def near(one_pg: Bench) -> Bench:
    one_pg.run("CREATE TABLE t (a int, b text)", "INSERT INTO t VALUES (1, 'old')")
    return one_pg


@pytest.fixture
def csv(tmp_path: Path) -> str:
    path = tmp_path / "in.csv"
    path.write_text("a,b\n2,new\n3,new\n")
    return str(path)


@pytest.mark.parametrize("mode", ["append", "truncate", "delete"])
def test_a_copy_in(near: Bench, csv: str, mode: str) -> None:
    near.run(*SLOW_INSERT)
    Running(csv, f"{near.url}::t", {"if_exists": mode}).stopped_at(near, "^COPY")
    assert near.rows("TABLE t") == [(1, "old")]


def test_a_copy_in_of_batches(near: Bench) -> None:
    import pyarrow as pa

    near.run(*SLOW_INSERT)
    rows = pa.table({"a": pa.array([2, 3], pa.int32()), "b": ["x", "y"]})
    Running(rows, f"{near.url}::t", {}).stopped_at(near, "^COPY")
    assert near.rows("TABLE t") == [(1, "old")]


def test_a_copy_in_that_leaves_out_bad_rows(near: Bench, tmp_path: Path) -> None:
    near.run(*SLOW_INSERT)
    path = tmp_path / "in.csv"
    path.write_text("a,b\nx,new\n3,new\n")
    Running(str(path), f"{near.url}::t", {"max_failure_rows": 2}).stopped_at(near, "^COPY")
    assert near.rows("TABLE t") == [(1, "old")]


@pytest.mark.parametrize("name", ["out.csv", "out.parquet", "out/"])
def test_a_copy_out(near: Bench, tmp_path: Path, name: str) -> None:
    options = {"query": "SELECT 1 AS a, pg_sleep(100)::text AS b"}
    Running(f"{near.url}::", f"{tmp_path}/{name}", options).stopped_at(near, "^COPY")
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_an_insert_select(near: Bench) -> None:
    near.run("CREATE TABLE s AS SELECT 2 AS a, 'new' AS b", *SLOW_INSERT)
    Running(f"{near.url}::s", f"{near.url}::t", {}).stopped_at(near, "^INSERT")
    assert near.rows("TABLE t") == [(1, "old")]


@pytest.mark.parametrize("slow", ["source", "target"])
def test_a_pipe_between_servers(near: Bench, far_pg: Bench, slow: str) -> None:
    far_pg.run("CREATE TABLE t (a int, b text)")
    ends = f"{near.url}::", f"{far_pg.url}::t"
    if slow == "source":
        query = "SELECT 1 AS a, pg_sleep(100)::text AS b"
        Running(*ends, {"query": query}).stopped_at(near, "^COPY")
    else:
        far_pg.run(*SLOW_INSERT)
        Running(*ends, {"query": "TABLE t"}).stopped_at(far_pg, "^COPY")
    assert far_pg.rows("TABLE t") == []


def test_the_sums_that_verify(near: Bench, far_pg: Bench) -> None:
    near.run(*SLOW_SUM)
    far_pg.run("CREATE TABLE t (a int, b text)")
    running = Running(f"{near.url}::s", f"{far_pg.url}::t", {"verify": True})
    running.stopped_at(near, "hashtextextended")
    assert far_pg.rows("TABLE t") == []


def test_the_sums_that_verify_within_the_server(near: Bench) -> None:
    near.run(*SLOW_SUM)
    running = Running(f"{near.url}::s", f"{near.url}::t", {"verify": True})
    running.stopped_at(near, "hashtextextended")
    assert near.rows("TABLE t") == [(1, "old")]


@pytest.mark.parametrize("mode", ["replace", "upsert"])
def test_publishing_what_was_staged(near: Bench, csv: str, mode: str) -> None:
    near.run(*SLOW_INSERT)
    options = {"if_exists": mode, "key": ("a",) if mode == "upsert" else ()}
    Running(csv, f"{near.url}::t", options).stopped_at(near, "^INSERT|^MERGE|^WITH")
    assert near.rows("TABLE t") == [(1, "old")]


@pytest.mark.parametrize("mode", ["truncate", "replace", "upsert"])
def test_publishing_that_waits_for_a_lock(near: Bench, csv: str, mode: str) -> None:
    holder = near.other()
    holder.autocommit = False
    with holder.cursor() as cursor:
        cursor.execute("INSERT INTO t VALUES (7, 'other')")
    options = {"if_exists": mode, "key": ("a",) if mode == "upsert" else ()}
    Running(csv, f"{near.url}::t", options).stopped_at(near, ".", "relation")
    holder.commit()
    assert near.rows("SELECT a FROM t ORDER BY a") == [(1,), (7,)]


@pytest.mark.parametrize("way", ["in", "out", "between"])
def test_looking_at_a_table_that_is_locked(near: Bench, tmp_path: Path, csv: str, way: str) -> None:
    holder = near.other()
    holder.autocommit = False
    with holder.cursor() as cursor:
        cursor.execute("LOCK TABLE t IN ACCESS EXCLUSIVE MODE")
    table, out = f"{near.url}::t", str(tmp_path / "out.csv")
    source, target = {"in": (csv, table), "out": (table, out), "between": (table, f"{table}2")}[way]
    Running(source, target, {}).stopped_at(near, ".", "relation")
    holder.rollback()
    assert near.rows("TABLE t") == [(1, "old")]


def test_constraints_that_wait_for_the_commit(near: Bench, csv: str) -> None:
    near.run(*SLOW_COMMIT)
    Running(csv, f"{near.url}::t", {}).stopped_at(near, "^COMMIT")
    assert near.rows("TABLE t") == [(1, "old")]


@pytest.mark.parametrize("way", ["out", "between"])
def test_a_lock_is_not_waited_for_for_ever_by_a_reader(
    near: Bench, tmp_path: Path, way: str
) -> None:
    name = near.database.engine.url.database
    near.run(f"ALTER DATABASE {name} SET lock_timeout = '200ms'")
    holder = near.other()
    holder.autocommit = False
    with holder.cursor() as cursor:
        cursor.execute("LOCK TABLE t IN ACCESS EXCLUSIVE MODE")
    target = str(tmp_path / "out.csv") if way == "out" else f"{near.url}::u"
    with Session() as session, pytest.raises(DatabaseError, match="lock timeout"):
        session.move(f"{near.url}::t", target)
    assert not list(tmp_path.iterdir())


def test_every_wait_for_a_lock_has_an_end_unless_someone_says(near: Bench) -> None:
    from mover_postgres.connections import driver_connection, fetch

    with near.database.connection() as connection:
        assert fetch(driver_connection(connection), "SHOW lock_timeout") == [("1min",)]
    near.run(f"ALTER DATABASE {near.database.engine.url.database} SET lock_timeout = '2s'")
    near.database.engine.dispose()
    with near.database.connection() as connection:
        assert fetch(driver_connection(connection), "SHOW lock_timeout") == [("2s",)]


def test_the_server_looks_after_a_client_that_died(pg: Bench) -> None:
    from mover_postgres.connections import driver_connection, fetch

    with pg.database.connection() as connection:
        driver = driver_connection(connection)
        if driver.server_version >= 140000:
            shown = fetch(driver, "SHOW client_connection_check_interval")
            assert shown == [("10s",)]
