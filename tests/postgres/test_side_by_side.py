"""Moves into one table at the same time: one waits for the other, and both land."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pytest

from records_mover import Session
from records_mover.errors import DatabaseError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from postgres.conftest import Bench

ROUNDS = 8


class Gate:
    """Rows that come once every move is in the middle of its own."""

    def __init__(self, moves: int) -> None:
        self._barrier = threading.Barrier(moves, timeout=60)

    def rows(self, **columns: list[Any]) -> pa.RecordBatchReader:
        table = pa.table(columns)

        def batches() -> Iterator[pa.RecordBatch]:
            self._barrier.wait()
            yield from table.to_batches()

        return pa.RecordBatchReader.from_batches(table.schema, batches())


def _replace(
    bench: Bench, rows: pa.RecordBatchReader, mode: str = "replace", **more: Any
) -> int | None:
    with Session() as session:
        return session.move(rows, f"{bench.url}::t", if_exists=mode, **more).move_count


def _all_land(bench: Bench, *sources: pa.RecordBatchReader) -> None:
    """Move each on a thread of its own; the third is merged."""
    options: list[dict[str, Any]] = [{}, {}, {"mode": "upsert", "key": ("a",)}]
    with ThreadPoolExecutor(len(sources)) as pool:
        moves = [
            pool.submit(_replace, bench, rows, **more)
            for rows, more in zip(sources, options, strict=False)
        ]
        assert [move.result(60) for move in moves] == [1] * len(sources)


def test_two_that_add_the_same_column_both_land(one_pg: Bench) -> None:
    for _ in range(ROUNDS):
        one_pg.run("DROP TABLE IF EXISTS t", "CREATE TABLE t (a int, b text)")
        one_pg.run("INSERT INTO t VALUES (0, 'old')")
        gate = Gate(2)
        first, second = (gate.rows(a=[n], b=["new"], c=[n * 1.5]) for n in (1, 2))
        _all_land(one_pg, first, second)
        assert one_pg.rows("TABLE t") in ([(1, "new", 1.5)], [(2, "new", 3.0)])


def test_two_that_add_columns_of_their_own_both_land(one_pg: Bench) -> None:
    for _ in range(ROUNDS):
        one_pg.run("DROP TABLE IF EXISTS t", "CREATE TABLE t (a int, b text)")
        gate = Gate(2)
        first, second = gate.rows(a=[1], b=["x"], c=[7]), gate.rows(a=[2], b=["y"], d=["z"])
        _all_land(one_pg, first, second)
        (row,) = one_pg.rows("SELECT to_jsonb(t) FROM t")
        assert row[0] in ({"a": 1, "b": "x", "c": 7}, {"a": 2, "b": "y", "d": "z"})


def test_two_that_widen_a_column_both_land(one_pg: Bench) -> None:
    for _ in range(ROUNDS):
        one_pg.run("DROP TABLE IF EXISTS t CASCADE", "CREATE TABLE t (a int, b text)")
        one_pg.run("CREATE VIEW v AS SELECT a FROM t")
        gate = Gate(2)
        first, second = (gate.rows(a=[n << 40], b=["new"]) for n in (1, 2))
        _all_land(one_pg, first, second)
        assert one_pg.rows("TABLE v") in ([(1 << 40,)], [(2 << 40,)])


def test_one_of_each_mode_lands(one_pg: Bench) -> None:
    for _ in range(ROUNDS):
        one_pg.run("DROP TABLE IF EXISTS t", "CREATE TABLE t (a int PRIMARY KEY, b text)")
        gate = Gate(3)
        added, plain, merged = (
            gate.rows(a=[1], b=["added"], c=[7]),
            gate.rows(a=[2], b=["plain"]),
            gate.rows(a=[3], b=["merged"]),
        )
        _all_land(one_pg, added, plain, merged)
        assert {row[0] for row in one_pg.rows("SELECT a FROM t")} & {1, 2, 3}


LOCKED = """
SELECT l.mode FROM pg_locks l JOIN pg_class c ON c.oid = l.relation
WHERE c.relname = 't' AND l.pid <> pg_backend_pid()
"""


@pytest.mark.parametrize("mode", ["replace", "upsert"])
def test_nobody_is_held_up_while_rows_are_on_their_way(one_pg: Bench, mode: str) -> None:
    one_pg.run("CREATE TABLE t (a int PRIMARY KEY, b text)")
    held: list[Any] = []
    schema = pa.schema({"a": pa.int32(), "b": pa.string()})

    def batches() -> Iterator[pa.RecordBatch]:
        yield pa.record_batch([pa.array([1], pa.int32()), pa.array(["x"])], schema=schema)
        time.sleep(0.3)
        held.extend(one_pg.rows(LOCKED))

    rows = pa.RecordBatchReader.from_batches(schema, batches())
    assert _replace(one_pg, rows, mode, **({"key": ("a",)} if mode == "upsert" else {})) == 1
    assert held == []


@pytest.mark.parametrize("mode", ["replace", "upsert"])
@pytest.mark.parametrize(
    ("change", "words"),
    [
        ("ALTER TABLE t ALTER COLUMN b TYPE varchar(2)", "'b' became character varying"),
        ("ALTER TABLE t DROP COLUMN b", "'b' was dropped"),
        ("DROP TABLE t", None),
    ],
)
def test_a_table_that_somebody_alters_meanwhile_takes_no_row(
    one_pg: Bench, mode: str, change: str, words: str | None
) -> None:
    one_pg.run("CREATE TABLE t (a int PRIMARY KEY, b text)", "INSERT INTO t VALUES (1, 'o')")
    schema = pa.schema({"a": pa.int32(), "b": pa.string()})

    def batches() -> Iterator[pa.RecordBatch]:
        yield pa.record_batch([pa.array([2], pa.int32()), pa.array(["long  "])], schema=schema)
        one_pg.run(change)

    rows = pa.RecordBatchReader.from_batches(schema, batches())
    with pytest.raises(DatabaseError, match=words):
        _replace(one_pg, rows, mode, **({"key": ("a",)} if mode == "upsert" else {}))
    if words:
        assert one_pg.rows("SELECT a FROM t") == [(1,)]


def test_a_column_that_somebody_adds_meanwhile_goes_with_the_old_rows(one_pg: Bench) -> None:
    one_pg.run("CREATE TABLE t (a int)", "INSERT INTO t VALUES (1)")
    schema = pa.schema({"a": pa.int32()})

    def batches() -> Iterator[pa.RecordBatch]:
        yield pa.record_batch([pa.array([2], pa.int32())], schema=schema)
        one_pg.run("ALTER TABLE t ADD COLUMN b text")

    assert _replace(one_pg, pa.RecordBatchReader.from_batches(schema, batches())) == 1
    assert one_pg.rows("TABLE t") == [(2,)]


WAITS = "SELECT count(*) FROM pg_locks l JOIN pg_class c ON c.oid = l.relation WHERE NOT granted"


def test_a_move_that_deletes_waits_for_another_and_deletes_its_rows(one_pg: Bench) -> None:
    one_pg.run("CREATE TABLE t (a int)", "INSERT INTO t VALUES (0)")
    begun, schema = threading.Event(), pa.schema({"a": pa.int32()})

    def batches() -> Iterator[pa.RecordBatch]:
        begun.set()
        deadline = time.monotonic() + 30
        while one_pg.rows(WAITS) == [(0,)] and time.monotonic() < deadline:
            time.sleep(0.01)
        one_pg.run("INSERT INTO t VALUES (9)")  # whoever is no move goes on
        yield pa.record_batch([pa.array([1], pa.int32())], schema=schema)

    with ThreadPoolExecutor(2) as pool:
        rows = pa.RecordBatchReader.from_batches(schema, batches())
        first = pool.submit(_replace, one_pg, rows, "delete")
        assert begun.wait(30)
        second = pool.submit(
            _replace, one_pg, pa.table({"a": pa.array([2], pa.int32())}).to_reader(), "delete"
        )
        assert [first.result(60), second.result(60)] == [1, 1]
    assert one_pg.rows("TABLE t") == [(2,)]
