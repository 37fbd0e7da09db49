"""Moves from several threads, from asyncio, and moves that are stopped."""

from __future__ import annotations

import asyncio
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pandas as pd
import pyarrow as pa
import pytest

from records_mover import Cancellation, Session, move, sources
from records_mover.errors import DatabaseError, MoveCancelled
from records_mover.meter import Meter
from records_mover.utils import lazyprop
from support import storelite

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    import sqlalchemy as sa

    from support.fakeplugins import FakeSite

    Rows = Callable[[str], list[tuple[Any, ...]]]

THREADS = 8
SLOWLY = "SELECT 1 AS a, 'x' AS b FROM pg_sleep(100)"


def _wait(true: Callable[[], object], what: str) -> None:
    deadline = time.monotonic() + 20
    while not true():
        assert time.monotonic() < deadline, f"waited in vain: {what}"
        time.sleep(0.02)


# threads


def _csv(folder: Path, number: int) -> Path:
    path = folder / f"in{number}.csv"
    lines = [f"{number},{row},name {row}" for row in range(200)]
    path.write_text("\n".join(["thread,row,name", *lines, ""]))
    return path


@pytest.mark.parametrize("by", ["url", "engine"])
def test_one_session_serves_eight_threads(
    pg_url: str, engine: sa.Engine, rows: Rows, tmp_path: Path, by: str
) -> None:
    rows("CREATE TABLE t (thread int, row int, name text)")
    together = threading.Barrier(THREADS)
    with Session() as session:
        database = pg_url if by == "url" else engine

        def run(number: int) -> int:
            source = _csv(tmp_path, number)
            together.wait(30)
            target = session.targets.table(database, None, "t", "append")
            session.move(source, target)
            own = session.targets.table(database, None, f"own{number}", "drop")
            session.move(source, own, verify=True)
            out = tmp_path / f"out{number}.csv"
            session.move(session.sources.table(database, None, f"own{number}"), out)
            assert sorted(out.read_text().splitlines()) == sorted(source.read_text().splitlines())
            parquet = tmp_path / f"out{number}.parquet"
            return session.move(f"{pg_url}::own{number}", parquet).move_count or 0

        with ThreadPoolExecutor(THREADS) as pool:
            assert list(pool.map(run, range(THREADS))) == [200] * THREADS
        assert len(session.context._databases.values()) <= 2
    found = rows("SELECT thread, count(*), count(DISTINCT row) FROM t GROUP BY 1 ORDER BY 1")
    assert found == [(number, 200, 200) for number in range(THREADS)]


@pytest.mark.parametrize("mode", ["append", "drop", "replace"])
def test_a_table_that_another_move_makes_meanwhile_is_taken_as_it_is_then(
    pg_url: str, engine: sa.Engine, rows: Rows, mode: str
) -> None:
    frame, told = pd.DataFrame({"id": [1, 2]}), Meter()
    with ThreadPoolExecutor(1) as pool, engine.connect() as other:
        other.exec_driver_sql("CREATE TABLE t (id bigint)")
        other.exec_driver_sql("INSERT INTO t VALUES (0)")
        moving = pool.submit(move, frame, f"{pg_url}::t", if_exists=mode, meter=told)
        _wait_for_a_lock(rows)
        other.commit()
        result = moving.result()
    assert (result.move_count, told.rows) == (2, 2)
    kept = [(0,)] if mode == "append" else []
    assert rows("SELECT id FROM t ORDER BY id") == [*kept, (1,), (2,)]


def test_rows_that_are_read_once_do_not_follow_a_table_that_is_made_meanwhile(
    pg_url: str, engine: sa.Engine, rows: Rows
) -> None:
    source = sources.dataframes(pd.DataFrame({"id": [number]}) for number in range(2))
    with ThreadPoolExecutor(1) as pool, engine.connect() as other:
        other.exec_driver_sql("CREATE TABLE t (id bigint)")
        moving = pool.submit(move, source, f"{pg_url}::t")
        _wait_for_a_lock(rows)
        other.commit()
        with pytest.raises(DatabaseError, match=r"table 'public\.t' was made by somebody else"):
            moving.result()
    assert rows("SELECT id FROM t") == []


def _wait_for_a_lock(rows: Rows) -> None:
    """Wait until somebody waits for what is not committed yet."""
    waiting = (
        "SELECT count(*) FROM pg_stat_activity"
        " WHERE wait_event_type = 'Lock' AND datname = current_database()"
    )
    _wait(lambda: rows(waiting) == [(1,)], "nobody makes the table")


def test_the_default_session_is_one_for_all_threads(tmp_path: Path) -> None:
    from records_mover.default import default_session

    together = threading.Barrier(THREADS)

    def run(number: int) -> Any:
        together.wait(30)
        move(_csv(tmp_path, number), tmp_path / f"{number}.parquet")
        return default_session()

    with ThreadPoolExecutor(THREADS) as pool:
        assert len(set(pool.map(run, range(THREADS)))) == 1


def test_a_property_is_worked_out_once_whoever_asks_first() -> None:
    class Slow:
        made = 0

        @lazyprop
        def value(self) -> int:
            """Count how often it is made."""
            time.sleep(0.05)
            Slow.made += 1
            return Slow.made

    slow = Slow()
    with ThreadPoolExecutor(THREADS) as pool:
        assert set(pool.map(lambda _: slow.value, range(THREADS))) == {1}
    assert isinstance(Slow.value, lazyprop)


def test_what_is_worked_out_holds_up_no_other_instance_and_no_other_property() -> None:
    meeting = threading.Barrier(3, timeout=20)

    class Slow:
        @lazyprop
        def value(self) -> int:
            """Wait for the others."""
            return meeting.wait()

        @lazyprop
        def other(self) -> int:
            """Wait for the others."""
            return meeting.wait()

    one, two = Slow(), Slow()
    asked = (lambda: one.value, lambda: two.value, lambda: one.other)
    with ThreadPoolExecutor(3) as pool:
        assert {found.result() for found in [pool.submit(ask) for ask in asked]} == {0, 1, 2}


def test_a_database_that_does_not_answer_holds_up_no_other_thread(tmp_path: Path) -> None:
    import socket

    with socket.socket() as deaf, Session() as session:
        deaf.bind(("127.0.0.1", 0))
        deaf.listen()  # takes connections, and says nothing
        dead = f"postgresql://me@127.0.0.1:{deaf.getsockname()[1]}/x?connect_timeout=3"
        with ThreadPoolExecutor(1) as pool:
            waiting = pool.submit(session.move, f"{dead}::t", tmp_path / "dead.csv")
            time.sleep(0.2)
            moved = session.move(_csv(tmp_path, 1), f"sqlite:///{tmp_path}/a.db::t")
            assert moved.rows == 200
            assert not waiting.done()
            assert waiting.exception(20) is not None


# asyncio


def test_moves_of_asyncio_run_beside_each_other(pg_url: str, tmp_path: Path) -> None:
    async def all_of_them() -> list[Any]:
        moves = [
            asyncio.to_thread(move, _csv(tmp_path, number), f"{pg_url}::t{number}")
            for number in range(4)
        ]
        return await asyncio.gather(*moves)

    assert [result.rows for result in asyncio.run(all_of_them())] == [200] * 4


def test_a_move_of_asyncio_is_stopped_by_its_cancellation(
    pg_url: str, rows: Rows, tmp_path: Path
) -> None:
    async def stopped() -> None:
        cancellation = Cancellation()
        moving = asyncio.create_task(
            asyncio.to_thread(
                move, f"{pg_url}::", tmp_path / "a.csv", query=SLOWLY, cancellation=cancellation
            )
        )
        while not _asleep(rows):
            await asyncio.sleep(0.02)
        cancellation.cancel()
        with pytest.raises(MoveCancelled):
            await moving

    asyncio.run(asyncio.wait_for(stopped(), 30))
    assert list(tmp_path.iterdir()) == []


# stopping


def _asleep(rows: Rows) -> int:
    """Count what the server does for moves in this database."""
    asked = (
        "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'records-mover' "
        "AND datname = current_database() AND wait_event = 'PgSleep'"
    )
    return int(rows(asked)[0][0])


def _stopped(rows: Rows, *ends: Any, **options: Any) -> None:
    """Cancel a move once the server is in the middle of it; both end soon."""
    cancellation = Cancellation()
    with Session() as session, ThreadPoolExecutor(1) as pool:
        moving = pool.submit(session.move, *ends, cancellation=cancellation, **options)
        try:
            _wait(lambda: _asleep(rows) or moving.done(), "the server to begin")
        finally:
            cancellation.cancel()
        with pytest.raises(MoveCancelled, match="the target is as it was"):
            moving.result(20)
    _wait(lambda: not _asleep(rows), "the server to end")


def test_cancelling_ends_what_the_server_reads(pg_url: str, rows: Rows, tmp_path: Path) -> None:
    for name in ("a.csv", "a.parquet", "folder/"):
        _stopped(rows, f"{pg_url}::", f"{tmp_path}/{name}", query=SLOWLY)
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_cancelling_leaves_a_table_as_it_was(pg_url: str, rows: Rows) -> None:
    rows("CREATE TABLE t AS SELECT 9 AS a, 'old' AS b")
    rows(
        "CREATE FUNCTION nap() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN PERFORM pg_sleep(100); RETURN NEW; END $$"
    )
    rows("CREATE TRIGGER nap BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION nap()")
    frame = pa.table({"a": [1, 2], "b": ["x", "y"]})
    for mode in ("append", "delete", "truncate"):
        _stopped(rows, frame, f"{pg_url}::t", if_exists=mode)
        assert rows("TABLE t") == [(9, "old")]


def test_a_move_that_was_cancelled_before_it_began_touches_nothing(
    trips: Path, pg_url: str, rows: Rows
) -> None:
    cancellation = Cancellation()
    cancellation.cancel()
    with pytest.raises(MoveCancelled):
        move(trips, f"{pg_url}::t", cancellation=cancellation)
    assert rows("SELECT to_regclass('t')") == [(None,)]


def test_a_thread_whose_move_was_cancelled_moves_on(pg_url: str, rows: Rows) -> None:
    with Session() as session, ThreadPoolExecutor(1) as pool:
        for _ in range(2):
            cancellation, arrow = Cancellation(), session.targets.dataframe("arrow")
            moving = pool.submit(
                session.move, f"{pg_url}::", arrow, query=SLOWLY, cancellation=cancellation
            )
            _wait(lambda: _asleep(rows), "the server to begin")
            napping = "SELECT 1 AS a FROM pg_sleep(1)"
            following = pool.submit(session.move, f"{pg_url}::", arrow, query=napping)
            cancellation.cancel()
            cancellation.cancel()
            with pytest.raises(MoveCancelled):
                moving.result(20)
            assert following.result(20).rows == 1


def test_cancelling_empties_scratch_space(
    bucket: str, seaweed: Any, fake_site: FakeSite, tmp_path: Path
) -> None:
    def staged() -> list[str]:
        found = seaweed.client().list_objects_v2(Bucket=bucket).get("Contents", ())
        return [item["Key"] for item in found]

    def batches() -> Iterator[pa.RecordBatch]:
        schema = pa.schema({"id": pa.int64(), "name": pa.string()})
        for _ in range(1000):
            yield pa.record_batch([pa.array(range(10_000)), ["a name" * 20] * 10_000], schema)
            time.sleep(0.005)

    fake_site.install(storelite.PLUGIN)
    first = next(batches())
    table = f"storelite:///{tmp_path / 'one.db'}::t"
    with fake_site.on_path(), Session(scratch_s3_url=f"s3://{bucket}/tmp/") as session:
        assert session.move(pa.table({"id": [1], "name": ["x"]}), table).rows == 1
        assert staged() == []
        cancellation = Cancellation()
        source = pa.RecordBatchReader.from_batches(first.schema, batches())
        with ThreadPoolExecutor(1) as pool:
            moving = pool.submit(session.move, source, table, cancellation=cancellation)
            try:
                _wait(lambda: staged() or moving.done(), "something to be staged")
            finally:
                cancellation.cancel()
            with pytest.raises(MoveCancelled):
                moving.result(30)
        assert staged() == []
        arrow = session.targets.dataframe("arrow")
        session.move(f"sqlite:///{tmp_path / 'one.db'}::t", arrow)
    assert arrow.frame.num_rows == 1
