"""Binary COPY as Arrow batches: the same as its text gives, or refused by row and column."""

from __future__ import annotations

import random
import struct
from decimal import Decimal
from typing import TYPE_CHECKING

import numpy as np
import pytest

from mover_postgres.decode.messages import rows_of
from mover_postgres.unloading import arrow_binary
from mover_postgres.wire import frames
from records_mover import Session
from records_mover.errors import BadRowError, MoverError

if TYPE_CHECKING:
    from pathlib import Path

    import pyarrow as pa

    from postgres.conftest import Bench, Move


ROUTE = ("postgres-binary-arrow", "encode", "write")
PLACES = [(1, 0), (4, 0), (5, 0), (18, 0), (18, 18), (18, 1), (17, 4), (15, 2), (5, 5), (9, 3)]
MANY = """
CREATE TABLE t AS SELECT i, i::smallint AS s, -i::bigint * 1000000007 AS b, i % 3 = 0 AS yes,
    (i / 7.0)::real AS r, i / 3.0::float8 AS f, (i * 12345.678)::numeric(15,2) AS n,
    date '1990-01-01' + i AS d, time '00:00' + i * interval '1.000001 s' AS at,
    timestamp '1999-12-31' + i * interval '1.000001 h' AS ts,
    timestamptz '1999-12-31 00:00+00' - i * interval '1 h' AS tz,
    repeat('é', i % 5) AS text, (chr(97 + i % 26))::char(3) AS c, ('v' || i)::varchar AS v,
    decode(md5(i::text), 'hex') AS bytes, md5(i::text)::uuid AS u,
    json_build_object('a', i) AS j, jsonb_build_object('a', i) AS jb
FROM generate_series(1, 20000) AS i
"""


def both(
    pg: Bench, move: Move, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> tuple[pa.Table, pa.Table]:
    """Return a table as it comes by binary COPY and by its text."""
    import pyarrow.parquet as pq

    assert move(f"{pg.url}::t", f"{folder}/binary.parquet").route == ROUTE
    with monkeypatch.context() as patched:
        patched.setattr(arrow_binary.BinaryArrow, "offers", lambda _, ask: ())
        assert "decode" in move(f"{pg.url}::t", f"{folder}/text.parquet").route
    return pq.read_table(f"{folder}/binary.parquet"), pq.read_table(f"{folder}/text.parquet")


@pytest.mark.parametrize("nulls", [0, 1, 2])
def test_each_type_is_what_its_text_gives(
    pg: Bench, move: Move, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, nulls: int
) -> None:
    pg.run(MANY)
    columns = [
        name
        for (name,) in pg.rows(
            "SELECT attname FROM pg_attribute WHERE attnum > 0 AND attrelid = 't'::regclass"
        )
    ]
    if nulls:  # in some rows, or in most
        gaps = (
            f"{name} = CASE WHEN (i + {at}) % 5 >= {nulls} THEN {name} END"
            for at, name in enumerate(columns)
            if name != "i"
        )
        pg.run(f"UPDATE t SET {', '.join(gaps)} WHERE i % 2 = 0 OR {nulls} = 2")
    binary, text = both(pg, move, tmp_path, monkeypatch)
    assert binary.schema.equals(text.schema, check_metadata=True)
    assert binary.equals(text)
    assert binary.num_rows == 20000


@pytest.mark.parametrize(("precision", "scale"), PLACES)
def test_decimals_keep_every_digit(
    one_pg: Bench,
    move: Move,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    precision: int,
    scale: int,
) -> None:
    draw = random.Random(precision * 100 + scale)
    most = 10**precision - 1
    units = [0, 1, -1, most, -most, 10 ** (precision - 1)]
    units += [draw.randint(-most, most) // 10 ** draw.randint(0, precision) for _ in range(500)]
    values = ", ".join(f"('{Decimal(unit).scaleb(-scale):f}')" for unit in units)
    one_pg.run(f"CREATE TABLE t (n numeric({precision},{scale}))", f"INSERT INTO t VALUES {values}")
    binary, text = both(one_pg, move, tmp_path, monkeypatch)
    assert binary.equals(text)
    assert binary.column("n").to_pylist() == [Decimal(unit).scaleb(-scale) for unit in units]


def test_values_that_look_like_messages_are_values(
    one_pg: Bench, move: Move, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The last byte of a, with what follows, reads as a message of a row with four columns.
    one_pg.run(
        "CREATE TABLE t AS SELECT 100 AS a, 262144 + i % 9 AS b, 100 AS c, 262144 AS d "
        "FROM generate_series(1, 30000) AS i"
    )
    binary, text = both(one_pg, move, tmp_path, monkeypatch)
    assert binary.equals(text)


def test_rows_larger_than_any_block_and_tables_without_rows(
    one_pg: Bench, move: Move, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one_pg.run(
        "CREATE TABLE t AS SELECT i, repeat('x', i % 4 * 9000000) AS a "
        "FROM generate_series(1, 7) AS i"
    )
    binary, text = both(one_pg, move, tmp_path, monkeypatch)
    assert binary.equals(text)
    one_pg.run("TRUNCATE t")
    binary, text = both(one_pg, move, tmp_path, monkeypatch)
    assert binary.equals(text)
    assert binary.num_rows == 0


def test_behind_tls_the_driver_passes_the_rows(
    one_pg: Bench, move: Move, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one_pg.run(MANY)
    monkeypatch.setattr(frames, "is_bare", lambda connection: False)
    binary, text = both(one_pg, move, tmp_path, monkeypatch)
    assert binary.equals(text)


@pytest.mark.parametrize("bare", [True, False])
@pytest.mark.parametrize(
    ("spoiled", "words"),
    [("1 / (i - 50000)", "division by zero"), ("killed", "the server cut the connection")],
)
def test_a_source_that_fails_midway_gives_no_file(
    one_pg: Bench,
    move: Move,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    spoiled: str,
    words: str,
    *,
    bare: bool,
) -> None:
    if not bare:
        monkeypatch.setattr(frames, "is_bare", lambda connection: False)
    if spoiled == "killed":
        end = "pg_terminate_backend(pg_backend_pid())"
        spoiled = f"CASE WHEN i = 50000 THEN {end}::int END"
    query = f"SELECT i, {spoiled} AS x FROM generate_series(1, 100000) AS i"
    with pytest.raises(MoverError, match=words):
        move(f"{one_pg.url}::", f"{tmp_path}/t.parquet", query=query)
    assert list(tmp_path.iterdir()) == []
    assert one_pg.rows("SELECT 1") == [(1,)]


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("'infinity'::date", "row 40001: 'infinity' in the column 'x' is no date32"),
        ("'-infinity'::timestamp", "row 40001: '-infinity' in the column 'x'"),
        ("'0044-03-15 BC'::date", "row 40001: 'a date outside of the years 1 to 9999'"),
        ("'NaN'::numeric(9,2)", "row 40001: 'NaN' in the column 'x' is no decimal128"),
        ("'24:00'::time", "row 40001: '24:00:00' in the column 'x'"),
    ],
)
def test_what_arrow_has_no_room_for_is_told_by_row_and_column(
    one_pg: Bench, move: Move, tmp_path: Path, value: str, words: str
) -> None:
    kind = value.split("::")[1]
    one_pg.run(
        f"CREATE TABLE t (i int, x {kind})",
        "INSERT INTO t SELECT i FROM generate_series(1, 40000) AS i",
        f"INSERT INTO t VALUES (0, {value})",
    )
    with pytest.raises(BadRowError, match=words):
        move(f"{one_pg.url}::t", f"{tmp_path}/t.parquet")
    assert list(tmp_path.iterdir()) == []


def test_a_database_that_knows_no_encoding_gives_no_bad_text(
    one_pg: Bench, move: Move, tmp_path: Path
) -> None:
    name = f"ascii_{one_pg.database.engine.url.database}"
    autocommit = one_pg.database.engine.execution_options(isolation_level="AUTOCOMMIT")
    with autocommit.connect() as connection:
        connection.exec_driver_sql(
            f"CREATE DATABASE {name} ENCODING 'SQL_ASCII' LOCALE 'C' TEMPLATE template0"
        )
    url = one_pg.database.engine.url.set(database=name).render_as_string(hide_password=False)
    query = "SELECT 1 AS i, 'caf' || chr(233) AS a"
    with Session() as session, pytest.raises(MoverError, match="UTF8"):
        session.move(f"{url}::", f"{tmp_path}/t.parquet", query=query)
    with autocommit.connect() as connection:
        connection.exec_driver_sql(f"DROP DATABASE {name} WITH (FORCE)")


def test_other_types_and_rows_to_be_left_out_go_as_text(one_pg: Bench, tmp_path: Path) -> None:
    one_pg.run("CREATE TABLE t AS SELECT 1 AS i", "CREATE TABLE n AS SELECT 1 AS i, 1.5 AS n")
    target = f"{tmp_path}/t.parquet"
    with Session() as session:
        plan = session.explain(f"{one_pg.url}::n", target)
        assert "column 'n' is numeric, which is read as text" in str(plan)
        tolerant = session.explain(f"{one_pg.url}::t", target, max_failure_rows=3)
        assert plan.route.names == tolerant.route.names
        assert plan.route.names == ("postgres-copy-out", "decode", "encode", "write")


def message(*values: bytes | None) -> bytes:
    row = struct.pack(">h", len(values))
    for value in values:
        row += struct.pack(">i", -1) if value is None else struct.pack(">i", len(value)) + value
    return b"d" + struct.pack(">I", len(row) + 4) + row


@pytest.mark.parametrize("size", [1, 2, 5, 64, 4096])
def test_rows_are_found_however_the_bytes_are_cut(size: int) -> None:
    tricky = message(b"d\0\0\0\x12", None)
    wanted = [message(b"%d" % at, tricky if at % 3 else None) for at in range(200)]
    head = b"PGCOPY\n\xff\r\n\0" + bytes(8) + wanted[0][5:]
    stream = b"d" + struct.pack(">I", len(head) + 4) + head + b"".join(wanted[1:])
    notice, trailer = b"N\0\0\0\x06ab", b"d\0\0\0\x06\xff\xff"
    stream += notice + trailer + b"c\0\0\0\4" + b"Z\0\0\0\5T"
    heard: list[int] = []
    spot = 0

    def read_into(view: memoryview) -> int:
        nonlocal spot
        block = stream[spot : spot + min(size, len(view))]
        view[: len(block)] = block
        spot += len(block)
        return len(block)

    def over(kind: int, body: bytes) -> bool:
        heard.append(kind)
        return kind == ord("Z")

    found = [
        rows.data[start - 2 : end].tobytes()
        for rows in rows_of(read_into, 2, over)
        for start, end in zip(rows.starts.tolist(), rows.ends.tolist(), strict=True)
    ]
    assert found == [row[5:] for row in wanted]
    assert bytes(heard) == b"NcZ"


def test_a_parquet_file_has_dictionaries_for_what_comes_again(
    one_pg: Bench, move: Move, tmp_path: Path
) -> None:
    import pyarrow.parquet as pq

    one_pg.run(
        "CREATE TABLE t AS SELECT i, i % 5 AS few, md5(i::text) AS alone, 'x' || i % 7 AS again "
        "FROM generate_series(1, 50000) AS i"
    )
    move(f"{one_pg.url}::t", f"{tmp_path}/t.parquet")
    (group, *others) = range(pq.ParquetFile(f"{tmp_path}/t.parquet").metadata.num_row_groups)
    assert others == []
    columns = pq.ParquetFile(f"{tmp_path}/t.parquet").metadata.row_group(group)
    packed = [columns.column(at).has_dictionary_page for at in range(4)]
    assert packed == [False, True, False, True]
    assert np.unique(pq.read_table(f"{tmp_path}/t.parquet").column("few")).tolist() == [*range(5)]
