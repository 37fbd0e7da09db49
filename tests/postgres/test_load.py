"""Loading by COPY: every value, every oddity of a file, into real servers."""

from __future__ import annotations

import io
import threading
import time
from typing import TYPE_CHECKING

import pytest

from records_mover.errors import BadRowError, DatabaseError, MoveCancelled
from records_mover.meter import Cancellation
from records_mover.parts import TableName

if TYPE_CHECKING:
    from collections.abc import Iterable

    from postgres.conftest import Bench
    from records_mover.parts import ExistingMode

ODD = [
    'select"; drop table x; --',
    "100%s %(x)s %",
    "a:b :c",
    "Grüße 表 🎉",
    "select",
    "MiXed Case",
    " ",
    "back\\slash 'quote'",
    "é" * 35,
]


def test_a_csv_lands_with_its_rows_counted(pg: Bench) -> None:
    pg.run("CREATE TABLE t (a int, b text)")
    loaded = pg.load(b"a,b\n1,x\n2,y\n", "t")
    assert loaded.rows == 2
    assert pg.rows("SELECT * FROM t ORDER BY a") == [(1, "x"), (2, "y")]


def test_null_and_the_empty_text_stay_apart_in_csv(pg: Bench) -> None:
    pg.run("CREATE TABLE t (a int, b text)")
    pg.load(b'a,b\n1,\n2,""\n', "t")
    assert pg.rows("SELECT * FROM t ORDER BY a") == [(1, None), (2, "")]


def test_null_and_the_empty_text_stay_apart_in_text_mode(pg: Bench) -> None:
    pg.run("CREATE TABLE t (a int, b text)")
    pg.load(b"1,\\N\n2,\n3,a\\,b\\\\\n", "t", form=pg.text())
    assert pg.rows("SELECT * FROM t ORDER BY a") == [(1, None), (2, ""), (3, "a,b\\")]


def test_without_a_null_marker_nothing_is_null(pg: Bench) -> None:
    pg.run("CREATE TABLE t (a int, b text)")
    pg.load(b'a,b\n1,\n2,""\n', "t", form=pg.csv(null_marker=None))
    pg.load(b"3,\n4,\\\\N\n", "t", form=pg.text(null_marker=None))
    assert pg.rows("SELECT b FROM t ORDER BY a") == [("",), ("",), ("",), ("\\N",)]


def test_quoted_empty_fields_are_null_in_numbers_when_all_is_quoted(pg: Bench) -> None:
    pg.run("CREATE TABLE t (a int, b text)")
    pg.load(b'"a","b"\n"","x"\n"2",""\n', "t", form=pg.csv(quoting="all"))
    assert pg.rows("SELECT * FROM t ORDER BY a NULLS FIRST") == [(None, "x"), (2, "")]


def test_the_right_to_insert_is_enough(pg: Bench) -> None:
    name = pg.database.engine.url.database
    other = pg.other()
    pg.run(
        "CREATE TABLE t (a int, b text, d date)",
        f"CREATE ROLE writer_{name}",
        f"GRANT INSERT ON t TO writer_{name}",
        f"ALTER DATABASE {name} SET role = 'writer_{name}'",
    )
    pg.database.engine.dispose()
    form = pg.csv(quoting="all", dateformat="DD/MM/YY", datetimeformat="MM/DD/YY HH24:MI")
    try:
        assert pg.load(b'"a","b","d"\n"","x","02/01/20"\n', "t", form=form).rows == 1
        with other.cursor() as cursor:
            cursor.execute("SELECT a, d::text FROM t")
            assert cursor.fetchall() == [(None, "2020-01-02")]
    finally:
        with other.cursor() as cursor:
            cursor.execute(f"DROP OWNED BY writer_{name}; DROP ROLE writer_{name}")


@pytest.mark.parametrize("end", [b"\n", b"\r\n", b"\r"])
def test_every_line_end_is_read(pg: Bench, end: bytes) -> None:
    pg.run("CREATE TABLE t (a int, b text)")
    form = pg.csv(record_terminator=end.decode())
    pg.load(end.join([b"a,b", b"1,x", b'2,"two\nlines"', b""]), "t", form=form)
    assert pg.rows("SELECT b FROM t ORDER BY a") == [("x",), ("two\nlines",)]


def test_a_byte_order_mark_is_no_part_of_the_first_value(pg: Bench) -> None:
    pg.run("CREATE TABLE t (a text)")
    form = pg.csv(header_row=False, encoding="UTF8BOM")
    pg.load("\ufeffé\n".encode(), "t", form=form)
    pg.load("\ufefffirst\n".encode(), "t", form=pg.csv(header_row=False))
    assert sorted(pg.rows("SELECT a FROM t")) == [("first",), ("é",)]


class OneByte(io.RawIOBase):
    """Gives one byte at a time, as the worst of pipes."""

    def __init__(self, content: bytes) -> None:
        self._content = io.BytesIO(content)

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1, /) -> bytes:
        return self._content.read(1)


def test_a_byte_order_mark_in_pieces_is_dropped_too(pg: Bench) -> None:
    pg.run("CREATE TABLE t (a text)")
    pg.load(OneByte("\ufeffa\nx\n".encode()), "t")
    assert pg.rows("SELECT a FROM t") == [("x",)]


@pytest.mark.parametrize(
    ("encoding", "codec"),
    [("LATIN1", "latin-1"), ("CP1252", "cp1252"), ("koi8-r", "koi8-r"), ("shift_jis", "shift_jis")],
)
def test_encodings_that_the_server_knows_are_its_business(
    pg: Bench, encoding: str, codec: str
) -> None:
    text = {"koi8-r": "жук", "shift_jis": "表ソ"}.get(codec, "é")
    pg.run("CREATE TABLE t (a text)")
    pg.load(f"a\n{text}\n".encode(codec), "t", form=pg.csv(encoding=encoding))
    assert pg.rows("SELECT a FROM t") == [(text,)]


def test_lines_before_the_header_are_skipped(pg: Bench) -> None:
    pg.run("CREATE TABLE t (a int)")
    pg.load(b'made by "x"\n\na\n1\n', "t", form=pg.csv(skip_lines=2))
    with pytest.raises(BadRowError) as caught:
        pg.load(b"made by x\r\n\r\na\r\n1\r\nx\r\n", "t", form=pg.csv(skip_lines=2))
    assert caught.value.line == 5
    assert pg.rows("SELECT a FROM t") == [(1,)]


def test_a_header_in_text_mode_is_skipped_on_every_version(pg: Bench) -> None:
    pg.run("CREATE TABLE t (a int, b text)")
    pg.load(b"a,b\\\nc\n1,x\n", "t", form=pg.text(header_row=True))
    assert pg.rows("SELECT * FROM t") == [(1, "x")]


def test_unquoted_files_without_escape_load_as_they_are(pg: Bench) -> None:
    pg.run("CREATE TABLE t (a int, b text)")
    form = pg.csv(quoting=None, doublequote=False, header_row=False)
    pg.load(b'1,5" pipe\\n\n2,"\n3,\n', "t", form=form)
    assert pg.rows("SELECT b FROM t ORDER BY a") == [('5" pipe\\n',), ('"',), (None,)]
    with pytest.raises(BadRowError, match="holds the character"):
        pg.load(b"1,a\x01b\n", "t", form=form)


def test_empty_files_and_headers_alone_are_no_rows(pg: Bench) -> None:
    pg.run("CREATE TABLE t (a int)")
    assert pg.load([b"", b"a\n", b"a"], "t").rows == 0
    assert pg.load(b"", "t", form=pg.text()).rows == 0


def test_every_part_has_its_own_header(pg: Bench) -> None:
    pg.run("CREATE TABLE t (a int)")
    assert pg.load([b"a\n1\n", b"a\n2\n3", b"a\n4\n"], "t").rows == 4
    assert pg.rows("SELECT sum(a) FROM t") == [(10,)]


def test_a_json_list_of_a_file_is_refused_with_what_to_do(pg: Bench) -> None:
    pg.run("CREATE TABLE t (a int[])")
    with pytest.raises(BadRowError, match=r"malformed array .*; text of a file goes .* as \{1,2\}"):
        pg.load([b'a\n"[1,2]"\n'], "t")


def test_columns_come_in_the_order_of_the_file(pg: Bench) -> None:
    pg.run("CREATE TABLE t (a int, b text, c int DEFAULT 7)")
    pg.load(b"b,a\nx,1\n", "t", columns=("b", "a"))
    assert pg.rows("SELECT * FROM t") == [(1, "x", 7)]


@pytest.mark.parametrize(
    ("hints", "line", "expected"),
    [
        ({"dateformat": "DD/MM/YYYY"}, "2,02/01/2020,03:04:05,,", "2020-01-02"),
        ({"dateformat": "MM/DD/YY"}, "2,01/02/20,03:04:05,,", "2020-01-02"),
        ({"dateformat": "DD.MM.YYYY"}, "2,02.01.2020,03:04:05,,", "2020-01-02"),
        ({"dateformat": "YY-MM-DD"}, "2,20-01-02,03:04:05,,", "2020-01-02"),
        ({"timeonlyformat": "HH12:MI AM"}, "2,2020-01-02,03:04 PM,,", "15:04:00"),
        (
            {"datetimeformat": "DD/MM/YY HH12:MI AM"},
            "2,,,02/01/20 03:04 PM,",
            "2020-01-02 15:04:00",
        ),
        (
            {"datetimeformattz": "MM/DD/YYYY HH24:MI:SSOF"},
            "2,,,,01/02/2020 03:04:05.5+0130",
            "2020-01-02 01:34:05.500000+00",
        ),
        ({"datetimeformattz": "MM/DD/YY HH24:MI"}, "2,,,,01/02/20 03:04", "2020-01-02 03:04:00+00"),
    ],
)
def test_date_hints_are_honoured(
    pg: Bench, hints: dict[str, object], line: str, expected: str
) -> None:
    pg.run(
        "CREATE TABLE t (a int, d date, t time, ts timestamp, tz timestamptz)",
        "ALTER DATABASE " + pg.url.rsplit("/", 1)[1] + " SET timezone = 'Asia/Kolkata'",
    )
    pg.database.engine.dispose()
    pg.load(f"{line}\n".encode(), "t", form=pg.csv(header_row=False, **hints))
    names = ("d", "t", "ts", "tz AT TIME ZONE 'UTC'")
    found = [
        str(value) for value in pg.rows(f"SELECT {', '.join(names)} FROM t")[0] if value is not None
    ]
    assert expected.replace("+00", "") in found


def test_null_in_an_array_is_null_whatever_the_database_is_set_to(pg: Bench) -> None:
    name = pg.database.engine.url.database
    pg.run("CREATE TABLE t (a text[])", f"ALTER DATABASE {name} SET array_nulls = off")
    pg.database.engine.dispose()
    pg.load(b'a\n"{NULL,""NULL"",x}"\n', "t", form=pg.csv())
    assert pg.rows("SELECT a FROM t") == [([None, "NULL", "x"],)]


@pytest.mark.parametrize("name", ODD)
def test_odd_names_are_only_names(pg: Bench, name: str) -> None:
    column = pg.database.column_name(name)
    schema = pg.database.column_name(f"s {name}")
    table = TableName(schema=schema, name=column)
    quoted = pg.database.table_sql(table)
    pg.run(
        "CREATE TABLE x (still int)",
        f"CREATE SCHEMA {pg.database.quote(schema)}",
        f"CREATE TABLE {quoted} ({pg.database.quote(column)} text, b int)",
    )
    modes: tuple[ExistingMode, ...] = ("append", "delete", "truncate", "replace")
    for mode in modes:
        assert pg.load(b"a,b\nv,1\n", table, mode=mode).rows == 1
    pg.load(b"a,b\nw,1\n", table, mode="upsert", key=("b",))
    info = pg.info(table)
    assert [each.name for each in info.columns] == [column, "b"]
    assert pg.unload(table).endswith(b"\nw,1\n")
    pg.load(
        b"a,b\nz,1\n",
        table,
        mode="drop",
        schema=pg.database.schema_of(pg.unload_job(table).selection),
    )
    assert pg.rows(f"SELECT * FROM {quoted}") == [("z", 1)]
    assert pg.rows("SELECT * FROM x") == []


def test_the_mark_that_ends_data_never_drops_rows_in_silence(pg: Bench) -> None:
    pg.run("CREATE TABLE t (a text)")
    content = b"a\nx\n\\.\ny\n"
    version = pg.rows("SHOW server_version_num")[0][0]
    if int(version) >= 180000:
        pg.load(content, "t")
        assert pg.rows("SELECT count(*) FROM t") == [(3,)]
    else:
        with pytest.raises(BadRowError, match="stops reading"):
            pg.load(content, "t")
    pg.run("DELETE FROM t")
    pg.load(b'a\n"\n\\.\n"\n"\\."\nx\\.\n', "t")
    assert pg.rows("SELECT * FROM t") == [("\n\\.\n",), ("\\.",), ("x\\.",)]


@pytest.mark.parametrize("content", [b"x\n\\.\ny\n", b"x\\.\ny\n", b"\\.\ny\n", b"x\\\\\\.\n"])
@pytest.mark.parametrize("slow", [False, True])
def test_the_mark_in_text_mode_is_refused(pg: Bench, content: bytes, slow: bool) -> None:
    pg.run("CREATE TABLE t (a text)")
    with pytest.raises(BadRowError, match="stops reading"):
        pg.load(OneByte(content) if slow else content, "t", form=pg.text())
    assert pg.load(OneByte(b"C:\\\\.x\n"), "t", form=pg.text()).rows == 1


class Raising(io.RawIOBase):
    """Gives some rows and then raises."""

    def __init__(self, error: BaseException, blocks: int) -> None:
        self._error = error
        self._left = blocks

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1, /) -> bytes:
        if self._left == 0:
            raise self._error
        self._left -= 1
        return b"1\n" * 100_000


@pytest.mark.parametrize("blocks", [0, 1, 40])
@pytest.mark.parametrize("error", [ValueError("boom"), KeyboardInterrupt(), DatabaseError("no")])
def test_what_a_reader_raises_comes_out_as_itself(
    pg: Bench, error: BaseException, blocks: int
) -> None:
    pg.run("CREATE TABLE t (a int)")
    with pytest.raises(type(error)) as caught:
        pg.load(Raising(error, blocks), "t", form=pg.csv(header_row=False))
    assert caught.value is error
    assert pg.rows("SELECT count(*) FROM t") == [(0,)]


class Endless(io.RawIOBase):
    """Gives rows for ever, a few at a time."""

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1, /) -> bytes:
        time.sleep(0.01)
        return b"1\n" * 1000


@pytest.mark.parametrize("mode", ["append", "delete", "truncate", "drop", "replace"])
def test_a_cancelled_load_leaves_the_old_rows(pg: Bench, mode: ExistingMode) -> None:
    pg.run("CREATE TABLE t (a int)", "INSERT INTO t VALUES (42)")
    cancellation = Cancellation()
    timer = threading.Timer(0.3, cancellation.cancel)
    timer.start()
    with pytest.raises(MoveCancelled):
        pg.load(
            Endless(),
            "t",
            form=pg.csv(header_row=False),
            mode=mode,
            cancellation=cancellation,
            schema=pg.database.schema_of(pg.unload_job("t").selection),
        )
    timer.join()
    assert pg.rows("SELECT * FROM t") == [(42,)]


@pytest.mark.parametrize("mode", ["append", "delete", "truncate", "drop", "replace"])
def test_a_killed_backend_leaves_the_old_rows(
    pg: Bench, mode: ExistingMode, capfd: pytest.CaptureFixture[str]
) -> None:
    pg.run("CREATE TABLE t (a int)", "INSERT INTO t VALUES (42)")
    other = pg.other()

    def kill() -> None:
        with other.cursor() as cursor:
            cursor.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE application_name = 'records-mover' AND query LIKE 'COPY%'"
            )

    timer = threading.Timer(0.3, kill)
    timer.start()
    with pytest.raises(DatabaseError, match="cut the connection"):
        pg.load(
            Endless(),
            "t",
            form=pg.csv(header_row=False),
            mode=mode,
            schema=pg.database.schema_of(pg.unload_job("t").selection),
        )
    timer.join()
    pg.database.engine.dispose()
    assert pg.rows("SELECT * FROM t") == [(42,)]
    assert "Traceback" not in capfd.readouterr().err


class Blocks(io.RawIOBase):
    """Gives one block after the other, however little is asked for."""

    def __init__(self, blocks: Iterable[bytes]) -> None:
        self._blocks = iter(blocks)

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1, /) -> bytes:
        return next(self._blocks, b"")


def test_memory_stays_small_and_the_count_right_for_many_rows(one_pg: Bench) -> None:
    one_pg.run("CREATE UNLOGGED TABLE t (a int)")
    reader = Blocks([b"1\n" * 100_000] * 20)
    assert one_pg.load(reader, "t", form=one_pg.csv(header_row=False)).rows == 2_000_000
