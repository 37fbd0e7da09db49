"""A large table is read by several connections, and the file is the same as by one."""

from __future__ import annotations

import os
import threading
from typing import TYPE_CHECKING, Any

import pytest

from mover_postgres.ranges import Blocks, streams_for
from records_mover import Session
from records_mover.errors import MoverError
from records_mover.meter import Meter

if TYPE_CHECKING:
    from pathlib import Path

    from postgres.conftest import Bench

MAKE = (
    'CREATE TABLE wide AS SELECT i AS id, md5(i::text) AS "odd ""name", '
    "now() + i * interval '1 s' AS at FROM generate_series(1, 60000) AS i"
)


def unload(pg: Bench, target: Path, parallel: int | None, **options: Any) -> tuple[bytes, int]:
    meter = Meter()
    with Session() as session:
        result = session.move(
            f"{pg.url}::wide", str(target), parallel=parallel, meter=meter, **options
        )
    assert result.rows == meter.rows
    return target.read_bytes(), meter.rows


@pytest.mark.parametrize("streams", [2, 3, 7])
def test_several_streams_give_the_file_that_one_gives(
    pg: Bench, tmp_path: Path, streams: int
) -> None:
    pg.run(MAKE)
    alone = unload(pg, tmp_path / "one.csv", 1)
    assert unload(pg, tmp_path / "several.csv", streams) == alone
    assert alone[1] == 60000


def test_several_streams_are_packed_into_one_file(pg: Bench, tmp_path: Path) -> None:
    import gzip

    pg.run(MAKE)
    alone, _ = unload(pg, tmp_path / "one.csv", 1)
    packed, _ = unload(pg, tmp_path / "several.csv.gz", 3)
    assert gzip.decompress(packed) == alone


def test_a_table_of_fewer_blocks_than_streams_is_whole(pg: Bench, tmp_path: Path) -> None:
    pg.run("CREATE TABLE wide AS SELECT 1 AS id")
    assert unload(pg, tmp_path / "few.csv", 8) == (b"id\n1\n", 1)
    pg.run("TRUNCATE wide")
    assert unload(pg, tmp_path / "none.csv", 8) == (b"id\n", 0)


def test_all_streams_see_one_moment_while_another_client_writes(pg: Bench, tmp_path: Path) -> None:
    """Two rows far apart in the table always hold the same number, as others can see it."""
    pg.run(
        "CREATE TABLE wide AS SELECT i AS id, 0 AS n, repeat('x', 200) AS pad "
        "FROM generate_series(1, 20000) AS i",
        "ALTER TABLE wide SET (autovacuum_enabled = off)",
    )
    other, stop = pg.other(), threading.Event()

    def write() -> None:
        with other.cursor() as cursor:
            for n in range(1, 10_000):
                if stop.is_set():
                    return
                cursor.execute("UPDATE wide SET n = %s WHERE id IN (1, 20000)", (n,))
                other.commit()

    writer = threading.Thread(target=write)
    writer.start()
    try:
        for _ in range(10):
            content, rows = unload(pg, tmp_path / "now.csv", 3)
            lines = content.decode().splitlines()[1:]
            ends = {line.split(",")[1] for line in lines if line.split(",")[0] in ("1", "20000")}
            assert rows == len(lines) == 20000
            assert len(ends) == 1
    finally:
        stop.set()
        writer.join()


def test_an_error_in_a_later_stream_fails_the_move(pg: Bench, tmp_path: Path) -> None:
    pg.run(
        MAKE,
        # A character that the file's encoding lacks fails the COPY of the range that holds it.
        "INSERT INTO wide VALUES (60001, E'\\u20ac', now())",
    )
    target = tmp_path / "out.csv"
    with pytest.raises(MoverError, match="LATIN1"):
        unload(pg, target, 3, target_format="csv", target_hints={"encoding": "LATIN1"})
    assert list(tmp_path.iterdir()) == []


def test_small_tables_stay_single_and_large_ones_use_the_cores() -> None:
    assert streams_for(None, 1 << 20, 180000) == 1
    assert streams_for(None, 1 << 30, 180000) == min(4, os.cpu_count() or 1)
    assert streams_for(None, 1 << 40, 180000) == 1
    assert streams_for(5, 1 << 20, 180000) == 5
    assert streams_for(5, 1 << 30, 130000) == 1


def test_the_last_range_has_no_end() -> None:
    assert Blocks(7, None).condition != Blocks(7, 9).condition
