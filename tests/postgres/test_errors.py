"""What goes wrong is said in one line: what, where, and what to do; the target stays as it was."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import pytest

from mover_postgres.errors import place_of
from mover_postgres.plugin import mover_databases
from records_mover.db import open_engine
from records_mover.errors import BadRowError, ConnectError, DatabaseError, MoverError
from records_mover.parts import Selection, TableName

if TYPE_CHECKING:
    from collections.abc import Callable

    from postgres.conftest import Bench
    from records_mover.parts import ExistingMode
    from support.postgres import PostgresServer

MODES = ["append", "delete", "truncate", "drop", "replace"]
TABLE = (
    "CREATE TABLE t (a int NOT NULL CHECK (a < 100), b text UNIQUE, d date, r int REFERENCES o,"
    " v varchar(3))"
)


@pytest.fixture
def table(pg: Bench) -> Bench:
    pg.run("CREATE TABLE o (id int PRIMARY KEY)", "INSERT INTO o VALUES (1)", TABLE)
    pg.run("INSERT INTO t VALUES (42, 'old', NULL, 1, NULL)")
    return pg


BAD = [
    (b"x,b2,,,", 2, "a", "x", "invalid input syntax for type integer"),
    (b"1,b2,2020-13-01,,", 2, "d", "2020-13-01", "out of range"),
    (b"99999999999,b2,,,", 2, "a", "99999999999", "out of range for type integer"),
    (b"1,b2,,,long", 2, "v", "long", "too long"),
    (b"1,b2", 2, None, None, "missing data"),
    (b"1,b2,,,,6", 2, None, None, "extra data"),
    (b",b2,,,", 2, "a", None, "null value"),
    (b"100,b2,,,", 2, None, None, "violates check constraint"),
    (b"1,b1,,,\n2,b1,,,", 3, None, None, "duplicate key"),
    (b"1,b2,,2,", None, None, None, "foreign key"),
    (b"1,b\xff2,,,", 2, None, None, "invalid byte sequence"),
    (b"1,b\x002,,,", 2, None, None, "invalid byte sequence"),
]


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize(("row", "line", "column", "value", "words"), BAD)
def test_a_bad_row_is_named_and_the_old_rows_stay(
    table: Bench,
    mode: ExistingMode,
    row: bytes,
    line: int | None,
    column: str | None,
    value: str | None,
    words: str,
) -> None:
    if mode == "drop" and words.split(maxsplit=1)[0] in (
        "null",
        "violates",
        "duplicate",
        "foreign",
    ):
        return  # a table made anew has no constraints
    with pytest.raises(BadRowError) as caught:
        table.load(
            b"a,b,d,r,v\n" + row + b"\n9,b9,,,\n",
            "t",
            mode=mode,
            schema=table.database.schema_of(table.unload_job("t").selection),
        )
    error = caught.value
    assert words in error.what
    if not (
        mode == "replace"
        and words.split(maxsplit=1)[0] in ("violates", "null", "duplicate", "foreign")
    ):
        assert error.line == line
        assert error.source is None or error.source == "part1.csv"
        assert line is None or f"line {line} of 'part1.csv'" in error.what
    if column is not None and mode != "replace":
        assert error.column == column
    if value is not None:
        assert error.value == value
        assert value in error.what
    assert "\n" not in str(error)
    assert error.advice
    assert table.rows("SELECT a, b FROM t") == [(42, "old")]


def test_the_text_of_a_row_with_the_wrong_number_of_fields_is_shown(table: Bench) -> None:
    with pytest.raises(BadRowError) as caught:
        table.load(b"a,b,d,r,v\n1,only two\n", "t")
    assert caught.value.text == "1,only two"
    assert "1,only two" in caught.value.what


@pytest.mark.parametrize("header", [b"a,b\n", b""])
@pytest.mark.parametrize("first", [b'1,"one\ntwo\nthree"\n', b"1,one\n"])
def test_lines_are_counted_as_an_editor_counts_them(pg: Bench, header: bytes, first: bytes) -> None:
    pg.run("CREATE TABLE t (a int, b text)")
    content = header + first + b'2,"x\ny"\nbad,z\n'
    with pytest.raises(BadRowError) as caught:
        pg.load(content, "t", form=pg.csv(header_row=bool(header)))
    assert caught.value.line == content.split(b"\n").index(b"bad,z") + 1


def test_the_part_that_holds_the_bad_row_is_named(pg: Bench) -> None:
    pg.run("CREATE TABLE t (a int)")
    with pytest.raises(BadRowError, match=r"line 3 of 'part2\.csv'"):
        pg.load([b"a\n1\n", b"a\n2\nx\n"], "t")
    assert pg.rows("SELECT count(*) FROM t") == [(0,)]


def test_an_error_in_the_first_row_does_not_wait_for_the_last(pg: Bench) -> None:
    pg.run("CREATE TABLE t (a int)")

    class Counted(io.RawIOBase):
        read_blocks = 0

        def read(self, size: int = -1, /) -> bytes:
            self.read_blocks += 1
            if self.read_blocks > 2000:
                return b""
            return b"1\n" * 50_000 if self.read_blocks > 1 else b"x\n" * 50_000

    reader = Counted()
    with pytest.raises(BadRowError):
        pg.load(reader, "t", form=pg.csv(header_row=False))
    assert reader.read_blocks < 500


def test_a_table_that_views_look_at_is_not_dropped(pg: Bench) -> None:
    pg.run("CREATE TABLE t (a int)", "INSERT INTO t VALUES (42)", "CREATE VIEW seen AS TABLE t")
    with pytest.raises(DatabaseError) as caught:
        pg.load(
            b"a\n1\n",
            "t",
            mode="drop",
            schema=pg.database.schema_of(pg.unload_job("t").selection),
        )
    assert "view seen depends on table t" in caught.value.what
    assert "replace" in (caught.value.advice or "")
    assert pg.rows("SELECT * FROM seen") == [(42,)]


@pytest.mark.parametrize("mode", ["append", "truncate", "replace"])
def test_a_lock_is_not_waited_for_for_ever(pg: Bench, mode: ExistingMode) -> None:
    name = pg.database.engine.url.database
    pg.run("CREATE TABLE t (a int)", f"ALTER DATABASE {name} SET lock_timeout = '200ms'")
    pg.database.engine.dispose()
    other = pg.other()
    other.autocommit = False
    with other.cursor() as cursor:
        cursor.execute("LOCK TABLE t IN ACCESS EXCLUSIVE MODE")
    info = pg.database.inspect(TableName(name="t"))
    assert info is not None
    with pytest.raises(DatabaseError, match="lock timeout") as caught:
        pg.load(b"a\n1\n", "t", mode=mode)
    assert "another session" in (caught.value.advice or "")
    other.rollback()
    assert pg.load(b"a\n1\n", "t", mode=mode).rows == 1


def test_a_missing_schema_names_those_that_are_there(pg: Bench) -> None:
    pg.run('CREATE SCHEMA "Other"')
    with pytest.raises(DatabaseError, match="no schema 'nope'") as caught:
        pg.database.inspect(TableName(schema="nope", name="t"))
    assert "'Other'" in (caught.value.advice or "")
    assert pg.database.inspect(TableName(schema="public", name="nope")) is None


def test_a_missing_right_is_said(pg: Bench) -> None:
    role = f"poor_{pg.database.engine.url.database}"
    other = pg.other()
    pg.run(
        "CREATE TABLE t (a int)",
        f"CREATE ROLE {role}",
        f"ALTER DATABASE {pg.database.engine.url.database} SET role = '{role}'",
    )
    pg.database.engine.dispose()
    try:
        ways: tuple[Callable[[], object], ...] = (
            lambda: pg.load(b"a\n1\n", "t"),
            lambda: pg.unload("t"),
        )
        for does in ways:
            with pytest.raises(DatabaseError, match="permission denied for table t") as caught:
                does()
            assert caught.value.advice
    finally:
        with other.cursor() as cursor:
            cursor.execute(f"DROP OWNED BY {role}; DROP ROLE {role}")


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"password": "wrong-secret"}, "password authentication failed"),
        ({"database": "nowhere"}, "does not exist"),
        ({"port": 1}, "refused"),
        ({"username": "nobody-here"}, "password authentication failed"),
    ],
)
def test_whoever_cannot_connect_is_told_why_without_the_password(
    one_pg: Bench, changed: dict[str, Any], words: str
) -> None:
    url = one_pg.database.engine.url.set(**changed)
    with pytest.raises(ConnectError, match=words) as caught:
        open_engine(url, kinds=list(mover_databases()))
    assert str(url.password) not in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_server_that_goes_away_is_one_line(own_postgres: PostgresServer) -> None:
    from records_mover.db import open_database

    kinds = list(mover_databases())
    engine = open_engine(own_postgres.url(), kinds=kinds)
    database = open_database(engine, kinds)
    database.inspect(TableName(name="t"))
    own_postgres.stop()
    with pytest.raises(MoverError) as caught:
        database.schema_of(Selection(query="SELECT 1"))
    assert "\n" not in str(caught.value)
    assert own_postgres.password not in str(caught.value)
    engine.dispose()


CONTEXTS = [
    ('COPY t, line 2, column a: "x"', (2, "a", "x", None)),
    ('COPY t, line 3: "1,2\n3"', (3, None, None, "1,2\n3")),
    ("COPY t, line 4, column a: null input", (4, "a", None, None)),
    ("COPY t, line 5", (5, None, None, None)),
    ('PL/pgSQL function f() line 1 at RAISE\nCOPY t, line 6: "1"', (6, None, None, "1")),
    ("COPY t, Zeile 7, Spalte a: »x«", (7, None, None, None)),
    ('COPY odd, line 1, name, line 8, column b: "q""', None),
]


@pytest.mark.parametrize(("context", "expected"), CONTEXTS)
def test_the_place_is_read_from_the_context(
    context: str, expected: tuple[int, str | None, str | None, str | None] | None
) -> None:
    place = place_of(context)
    assert place is not None
    if expected is not None:
        assert (place.line, place.column, place.value, place.text) == expected


def test_no_context_is_no_place() -> None:
    assert place_of(None) is None
    assert place_of("SQL function f") is None
