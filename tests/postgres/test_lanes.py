"""Rows taken off the socket: none is lost or damaged, however they come and whoever sends them."""

from __future__ import annotations

import os
import random
import struct
import threading
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from mover_postgres import ranges
from mover_postgres.decode.messages import BinaryInbox
from mover_postgres.ranges import streams_for
from mover_postgres.wire import frames, lanes, text_rows
from mover_postgres.wire.copydata import spots
from mover_postgres.wire.text_rows import TextInbox
from records_mover import Session
from records_mover.errors import MoverError

if TYPE_CHECKING:
    from pathlib import Path

    from postgres.conftest import Bench

MAKE = (
    "CREATE TABLE wide AS SELECT i AS id, repeat(chr(97 + i % 26), i % 400) AS a, "
    "CASE WHEN i % 5 > 0 THEN i / 7.0 END::numeric(12,4) AS n, E'x\\n\"y' AS q "
    "FROM generate_series(1, 30000) AS i"
)


def message(kind: bytes, body: bytes) -> bytes:
    return kind + struct.pack(">I", len(body) + 4) + body


def answer(rows: list[bytes]) -> bytes:
    """What a server sends for one COPY."""
    body = b"".join(message(b"d", row) for row in rows)
    done = message(b"C", b"COPY %d\0" % len(rows))
    return message(b"H", bytes(3)) + body + message(b"c", b"") + done + message(b"Z", b"T")


def lines(draw: random.Random, longest: int) -> list[bytes]:
    """Rows whose lengths make any byte of a length NUL, or the letter of a message."""
    lengths = [0, 251, 252, 507, 0x6400 - 5, 0x64 - 5, 65531, 65532, 100, 101]
    lengths += [draw.randint(0, longest) for _ in range(300)]
    draw.shuffle(lengths)
    return [b"d" * (length // 2) + b"\n" * (length - length // 2) + b"\n" for length in lengths]


def taken(inbox: Any, stream: bytes, size: int) -> list[Any]:
    """Give an inbox a stream in pieces, as a socket would."""
    found, spot = [], 0
    while spot < len(stream):
        room = inbox.room()
        block = stream[spot : spot + min(size, len(room))]
        room[: len(block)] = block
        spot += len(block)
        if inbox.came(len(block)):
            found += inbox.found()
    return found


@pytest.mark.parametrize("few", [0, 1 << 30])
@pytest.mark.parametrize("size", [1 << 10, 65537, 1 << 20])
def test_rows_of_text_are_found_however_the_bytes_are_cut(
    monkeypatch: pytest.MonkeyPatch, few: int, size: int
) -> None:
    monkeypatch.setattr(text_rows, "_FEW", few)
    monkeypatch.setattr(text_rows, "_PIECE", 1 << 16)
    draw = random.Random(size)
    answers = [lines(draw, longest) for longest in (10, 300, 70000)] + [[], [b"\n"] * 5000]
    heard: list[bytes] = []

    def over(kind: int, body: bytes) -> bool:
        heard.append(bytes([kind]))
        return kind == ord("Z")

    found = taken(TextInbox(over), b"".join(map(answer, answers)), size)
    assert b"".join(heard) == b"HcCZ" * len(answers)
    for rows in answers:
        end = found.index(None)
        texts, found = found[:end], found[end + 1 :]
        assert sum(text.count for text in texts) == len(rows)
        same = b"".join(bytes(text.data) for text in texts) == b"".join(rows)
        assert same
    assert sum(text.count for text in found) == 0


def test_what_several_answers_share_is_used_again_only_when_all_are_done_with_it() -> None:
    row = struct.pack(">hi4s", 1, 4, b"abcd")
    head = b"PGCOPY\n\xff\r\n\0" + bytes(8)
    stream = answer([head, row, row, b"\xff\xff"]) * 3
    inbox = BinaryInbox(1, lambda kind, _: kind == ord("Z"))
    found = [rows for rows in taken(inbox, stream, len(stream)) if rows is not None]
    assert [rows.count for rows in found] == [2, 2, 2]
    for rows in found[1:]:
        rows.release()
    inbox.room()[:] = bytes(len(inbox.room()))
    assert not any(np.shares_memory(found[0].data, inbox._memory.take(1)) for _ in range(3))
    assert found[0].data[found[0].starts[0] :][:8].tobytes() == row[2:]


@pytest.mark.parametrize("share", [0.0, 0.001, 0.02, 0.4, 1.0])
@pytest.mark.parametrize("size", [0, 1, 63, 64, 65, 5000])
def test_marks_are_found_where_they_are(size: int, share: float) -> None:
    marks = np.random.default_rng(size).random(size) < share
    assert spots(marks).tolist() == np.flatnonzero(marks).tolist()
    first = marks.copy()
    first[1:] &= ~marks[:-1]
    assert spots(marks, first=True).tolist() == np.flatnonzero(first).tolist()


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ranges of a block each, of which nearly none may wait."""
    monkeypatch.setattr(ranges, "PIECE", 1 << 13)
    monkeypatch.setattr(ranges, "LEAST", 0)
    monkeypatch.setattr(lanes, "_HELD", 1 << 10)


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("variant", ["csv", "bluelabs"])
def test_ranges_taken_in_turn_give_the_file_that_one_stream_gives(
    pg: Bench, tmp_path: Path, variant: str
) -> None:
    pg.run(MAKE)
    with Session() as session:
        for name, parallel in (("one", 1), ("several", 3)):
            moved = session.move(
                f"{pg.url}::wide",
                f"{tmp_path}/{name}",
                parallel=parallel,
                target_format="delimited",
                target_variant=variant,
                target_hints={"header-row": True},
            )
            assert moved.rows == 30000
    same = (tmp_path / "one").read_bytes() == (tmp_path / "several").read_bytes()
    assert same


@pytest.mark.usefixtures("small")
def test_ranges_decoded_in_turn_keep_the_order_of_the_rows(pg: Bench, tmp_path: Path) -> None:
    import pyarrow.parquet as pq

    pg.run(MAKE)
    with Session() as session:
        for name, parallel in (("one", 1), ("several", 3)):
            session.move(f"{pg.url}::wide", f"{tmp_path}/{name}.parquet", parallel=parallel)
    one, several = (pq.read_table(f"{tmp_path}/{name}.parquet") for name in ("one", "several"))
    assert one.num_rows == 30000
    same = one.equals(several)
    assert same


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("name", ["out.csv", "out.parquet"])
@pytest.mark.parametrize("which", ["first", "other"])
def test_a_backend_that_is_killed_among_several_leaves_no_file_and_no_session(
    one_pg: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, which: str
) -> None:
    one_pg.run(MAKE)
    other = one_pg.other()
    pieces = iter(range(10**9))
    receive = lanes._Lane.receive

    def killing(lane: Any) -> bool:
        if next(pieces) == 20:
            with other.cursor() as cursor:
                cursor.execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                    " WHERE query LIKE 'COPY%' AND datname = current_database()"
                    f" ORDER BY backend_start {'ASC' if which == 'first' else 'DESC'} LIMIT 1"
                )
        return receive(lane)

    monkeypatch.setattr(lanes._Lane, "receive", killing)
    with Session() as session, pytest.raises(MoverError, match="connection"):
        session.move(f"{one_pg.url}::wide", f"{tmp_path}/{name}", parallel=3)
    assert list(tmp_path.iterdir()) == []
    with other.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE query LIKE 'COPY%'"
            " AND datname = current_database() AND state = 'active'"
        )
        assert cursor.fetchone() == (0,)


def test_behind_tls_several_streams_are_joined_as_the_driver_gives_them(
    one_pg: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one_pg.run(MAKE)
    with Session() as session:
        session.move(f"{one_pg.url}::wide", f"{tmp_path}/bare.csv", parallel=3)
        monkeypatch.setattr(frames, "is_bare", lambda connection: False)
        session.move(f"{one_pg.url}::wide", f"{tmp_path}/driven.csv", parallel=3)
    same = (tmp_path / "bare.csv").read_bytes() == (tmp_path / "driven.csv").read_bytes()
    assert same


def test_streams_that_take_turns_are_worth_it_for_any_large_table() -> None:
    processors = os.cpu_count() or 1
    assert streams_for(None, 1 << 20, 180000, turns=True) == 1
    assert streams_for(None, 1 << 40, 180000, turns=True) == min(4, processors)
    wanted = min(4, max(1, processors // 2))
    assert streams_for(None, 1 << 40, 180000, turns=True, decoded=True) == wanted


@pytest.mark.parametrize(("blocks", "streams"), [(1, 1), (2, 2), (7, 3), (8, 8), (19000, 2)])
def test_ranges_are_the_whole_table_and_get_smaller_towards_its_end(
    blocks: int, streams: int
) -> None:
    found = list(ranges._tapered(blocks, streams, 8192))
    assert [each.first for each in found] == [0, *(each.end for each in found[:-1])]
    assert (found[-1].end, len(found) >= streams) == (None, True)
    sizes = [each.end - each.first for each in found if each.end is not None]
    assert sizes == sorted(sizes, reverse=True)
    assert all(size << 13 <= ranges.PIECE for size in sizes)


def test_a_reader_that_stops_leaves_no_copy_running(one_pg: Bench) -> None:
    one_pg.run(MAKE)
    before = threading.active_count()
    with one_pg.reading(one_pg.unload_job("wide")) as stream:
        assert stream.read(9) == b"id,a,n,q\n"
    assert threading.active_count() == before
    assert one_pg.rows("SELECT count(*) FROM wide") == [(30000,)]
