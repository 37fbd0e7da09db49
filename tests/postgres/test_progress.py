"""Whoever looks at a long COPY sees its rows, and nobody else pays for it."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Any

import pytest

from mover_postgres import progress
from mover_postgres.progress import PROGRESS_SINCE
from records_mover import Session
from records_mover.meter import Meter

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from postgres.conftest import Bench

ROWS = 40
SLOWLY = (
    """CREATE FUNCTION nap() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN PERFORM pg_sleep(0.02); RETURN NEW; END $$""",
    "CREATE TABLE t (a int, b text)",
    "CREATE TRIGGER nap BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION nap()",
)
# Not the workers of autovacuum, which pass through any database.
CLIENTS = """SELECT count(*) FROM pg_stat_activity
    WHERE datname = current_database() AND backend_type = 'client backend'"""


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress, "_EVERY", 0.1)


@pytest.fixture
def csv(tmp_path: Path) -> str:
    path = tmp_path / "in.csv"
    path.write_text("a,b\n" + "".join(f"{n},x\n" for n in range(ROWS)))
    return str(path)


def figures(meter: Meter, move: Callable[[], Any]) -> tuple[list[int], Any]:
    """Return the rows that were to be seen while a move ran, and its result."""
    seen: list[int] = []
    over = threading.Event()

    def look() -> None:
        while not over.wait(0.02):
            seen.append(meter.rows_seen)

    thread = threading.Thread(target=look)
    thread.start()
    try:
        return seen, move()
    finally:
        over.set()
        thread.join()


@pytest.mark.parametrize("mode", ["append", "delete"])
def test_rows_of_a_copy_in_are_seen(pg: Bench, csv: str, mode: str) -> None:
    pg.run(*SLOWLY)
    meter = Meter()
    meter.watched = True
    with Session() as session:
        seen, moved = figures(
            meter, lambda: session.move(csv, f"{pg.url}::t", if_exists=mode, meter=meter)
        )
    assert moved.rows == ROWS
    if _tells(pg):
        assert seen == sorted(seen)
        assert any(0 < rows < ROWS for rows in seen)


def test_rows_of_a_copy_out_are_seen_and_counted_exactly(pg: Bench, tmp_path: Path) -> None:
    pg.run("CREATE FUNCTION nap(n int) RETURNS int AS 'SELECT n FROM pg_sleep(0.02)' LANGUAGE sql")
    meter = Meter()
    meter.watched = True
    query = f"SELECT nap(n) AS a FROM generate_series(1, {ROWS}) AS n"
    with Session() as session:
        seen, moved = figures(
            meter,
            lambda: session.move(
                f"{pg.url}::", str(tmp_path / "out.csv"), query=query, meter=meter
            ),
        )
    assert moved.rows == ROWS
    if _tells(pg):
        assert any(0 < rows < ROWS for rows in seen)


def test_rows_of_a_pipe_are_seen(one_pg: Bench, far_pg: Bench) -> None:
    one_pg.run(f"CREATE TABLE s AS SELECT n AS a, 'x' AS b FROM generate_series(1, {ROWS}) AS n")
    far_pg.run(*SLOWLY)
    meter = Meter()
    meter.watched = True
    with Session() as session:
        seen, moved = figures(
            meter, lambda: session.move(f"{one_pg.url}::s", f"{far_pg.url}::t", meter=meter)
        )
    assert moved.rows == ROWS
    if _tells(far_pg):
        assert any(0 < rows < ROWS for rows in seen)


def test_where_nobody_looks_nobody_asks(one_pg: Bench, csv: str) -> None:
    one_pg.run(*SLOWLY)
    other, clients = one_pg.other(), []
    over = threading.Event()

    def count() -> None:
        with other.cursor() as cursor:
            while not over.wait(0.05):
                cursor.execute(CLIENTS)
                clients.append(cursor.fetchone()[0])

    thread = threading.Thread(target=count)
    thread.start()
    with Session() as session:
        session.move(csv, f"{one_pg.url}::t")
    over.set()
    thread.join()
    one_pg.database.engine.dispose()
    assert max(clients) <= 3, "this one, the bench's and the move's"


def test_a_server_that_lets_nobody_else_in_is_no_failure(one_pg: Bench, csv: str) -> None:
    one_pg.run(*SLOWLY)
    name = one_pg.database.engine.url.database
    role = f"lonely_{name}"
    one_pg.run(
        f"CREATE ROLE {role} LOGIN PASSWORD 'canary' CONNECTION LIMIT 1",
        f"GRANT ALL ON t TO {role}",
    )
    host = one_pg.url.rpartition("@")[2]
    meter = Meter()
    meter.watched = True
    try:
        with Session() as session:
            target = f"postgresql://{role}:canary@{host}::t"
            assert session.move(csv, target, meter=meter).rows == ROWS
        assert meter.server_rows == 0
    finally:
        one_pg.run(f"DROP OWNED BY {role}", f"DROP ROLE {role}")


def test_a_move_that_is_over_at_once_is_not_asked_about(
    one_pg: Bench, csv: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(progress, "_EVERY", 60.0)
    meter = Meter()
    meter.watched = True
    started = time.monotonic()
    with Session() as session:
        session.move(csv, f"{one_pg.url}::t", meter=meter)
    assert time.monotonic() - started < 20
    assert meter.server_rows == 0


def _tells(bench: Bench) -> bool:
    return int(bench.rows("SHOW server_version_num")[0][0]) >= PROGRESS_SINCE
