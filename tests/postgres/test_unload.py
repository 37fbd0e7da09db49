"""Unloading by COPY: every kind of relation, every hint, and streams that end badly."""

from __future__ import annotations

import csv
import io
import threading
import time
from typing import TYPE_CHECKING

import pytest

from mover_postgres.unloading.copy_out import CopyOut
from records_mover.errors import DatabaseError, FormatError, MoverError
from records_mover.parts import Selection, Streams, TableName

if TYPE_CHECKING:
    from postgres.conftest import Bench

MANY = "SELECT n, repeat('x', 100) FROM generate_series(1, 1000000) AS q (n)"


def test_a_table_comes_out_with_its_header(pg: Bench) -> None:
    pg.run("CREATE TABLE t (a int, b text)", "INSERT INTO t VALUES (1, NULL), (2, ''), (3, 'x,y')")
    assert pg.unload("t") == b'a,b\n1,\n2,""\n3,"x,y"\n'


def test_text_mode_puts_the_character_itself_after_a_backslash(pg: Bench) -> None:
    pg.run(
        "CREATE TABLE t (a text, b text)",
        r"INSERT INTO t VALUES (E'x\ny\tz\\n', NULL), ('', E'\b\f\r\x0b,\\')",
    )
    expected = b"x\\\ny\\\tz\\\\n,\\N\n,\\\b\\\f\\\r\\\v\\,\\\\\n"
    assert pg.unload("t", pg.text()) == expected
    pg.load(expected, "t", form=pg.text(), mode="delete")
    assert pg.rows("SELECT a FROM t WHERE b IS NULL") == [("x\ny\tz\\n",)]


@pytest.mark.parametrize("size", [1, 2, 3, 7])
def test_escapes_split_between_reads_are_respelled_too(one_pg: Bench, size: int) -> None:
    one_pg.run("CREATE TABLE t (a text)", r"INSERT INTO t VALUES (E'\n\\\n\\n'), (E'\\')")
    job = one_pg.unload_job("t", one_pg.text())
    with one_pg.reading(job) as stream:
        whole = b"".join(iter(lambda: stream.read(size), b""))
    assert whole == b"\\\n\\\\\\\n\\\\n\n\\\\\n"


def test_views_parents_partitions_and_generated_columns_come_out_whole(pg: Bench) -> None:
    pg.run(
        "CREATE TABLE t (a int, g int GENERATED ALWAYS AS (a * 2) STORED)",
        "INSERT INTO t VALUES (1)",
        "CREATE VIEW v AS SELECT * FROM t",
        "CREATE MATERIALIZED VIEW m AS SELECT * FROM t",
        "CREATE TABLE p (a int) PARTITION BY RANGE (a)",
        "CREATE TABLE p1 PARTITION OF p FOR VALUES FROM (0) TO (10)",
        "INSERT INTO p VALUES (1)",
        "CREATE TABLE parent (a int)",
        "CREATE TABLE child () INHERITS (parent)",
        "INSERT INTO parent VALUES (1)",
        "INSERT INTO child VALUES (2)",
    )
    for name in ("t", "v", "m"):
        assert pg.unload(name) == b"a,g\n1,2\n"
    assert pg.unload("p") == b"a\n1\n"
    assert pg.unload("parent") == b"a\n1\n2\n"


def test_columns_and_queries_are_selected(pg: Bench) -> None:
    pg.run("CREATE TABLE t (a int, b text, c int)", "INSERT INTO t VALUES (1, '50%', 3)")
    table = TableName(schema="public", name="t")
    assert pg.unload(Selection(table=table, columns=("c", "a"))) == b"c,a\n3,1\n"
    query = "SELECT b, a FROM t WHERE b LIKE '%\\%' -- all of them; "
    assert pg.unload(Selection(query=query)) == b"b,a\n50%,1\n"
    assert pg.unload(Selection(query=query + "\n;", columns=("a",))) == b"a\n1\n"
    assert (
        pg.unload(Selection(query="WITH q AS (SELECT 1 AS x) SELECT x, x FROM q")) == b"x,x\n1,1\n"
    )


def test_a_query_changes_nothing(pg: Bench) -> None:
    pg.run("CREATE TABLE t (a int)")
    query = "WITH q AS (INSERT INTO t VALUES (1) RETURNING a) SELECT * FROM q"
    with pytest.raises(MoverError):
        pg.unload(Selection(query=query))
    with pytest.raises(DatabaseError, match=r"syntax error|must have an alias"):
        pg.unload(Selection(query="SELECT 1) TO STDOUT; DROP TABLE t; --"))
    assert pg.rows("SELECT count(*) FROM t") == [(0,)]


@pytest.mark.parametrize(
    ("hints", "expected"),
    [
        ({}, "true,2020-01-02,03:04:05,2020-01-02 03:04:05.5,2020-01-02 03:04:05+00"),
        ({"boolean_format": "t/f"}, "t,2020-01-02,03:04:05,"),
        ({"boolean_format": "yes/no's"}, "yes,2020-01-02,03:04:05,"),
        (
            {"datetimeformattz": "YYYY-MM-DD HH:MI:SS"},
            "2020-01-02 03:04:05.5,2020-01-02 03:04:05\n",
        ),
        (
            {
                "dateformat": "DD/MM/YYYY",
                "datetimeformat": "DD/MM/YYYY HH24:MI:SS",
                "datetimeformattz": "DD/MM/YYYY HH24:MI:SS",
            },
            "true,02/01/2020,03:04:05,02/01/2020 03:04:05.5,02/01/2020 03:04:05\n",
        ),
        ({"quoting": "all"}, '"true","2020-01-02","03:04:05"'),
        ({"field_delimiter": "\t"}, "true\t2020-01-02\t03:04:05"),
        ({"field_delimiter": "\x01", "quotechar": "'"}, "true\x012020-01-02"),
        ({"encoding": "UTF8BOM"}, "\ufeffb,d,t,ts,tz\n"),
    ],
)
def test_hints_are_honoured_whatever_the_session_is_set_to(
    pg: Bench, hints: dict[str, object], expected: str
) -> None:
    name = pg.database.engine.url.database
    pg.run(
        "CREATE TABLE t (b bool, d date, t time, ts timestamp, tz timestamptz)",
        "INSERT INTO t VALUES (true, '2020-01-02', '03:04:05', '2020-01-02 03:04:05.5',"
        " '2020-01-02 03:04:05+00')",
        f"ALTER DATABASE {name} SET timezone = 'Asia/Kolkata'",
        f"ALTER DATABASE {name} SET datestyle = 'German'",
        f"ALTER DATABASE {name} SET bytea_output = 'escape'",
    )
    pg.database.engine.dispose()
    assert expected in pg.unload("t", pg.csv(**hints)).decode()


def test_a_date_hint_matters_only_where_a_date_is(pg: Bench) -> None:
    pg.run("CREATE TABLE t (a int)", "INSERT INTO t VALUES (1)", "CREATE TABLE d (a date)")
    odd = pg.csv(dateformat="MM/DD/YY")
    assert pg.unload("t", odd) == b"a\n1\n"
    with pytest.raises(FormatError, match="dateformat"):
        pg.unload("d", odd)


def test_nonnumeric_quotes_all_but_numbers(pg: Bench) -> None:
    pg.run("CREATE TABLE t (a int, b text, n numeric)", "INSERT INTO t VALUES (1, 'x', 2.50)")
    assert pg.unload("t", pg.csv(quoting="nonnumeric")) == b'a,b,n\n1,"x",2.50\n'


def test_backslashes_escape_quotes_where_asked(pg: Bench) -> None:
    pg.run("CREATE TABLE t (a text)", r"""INSERT INTO t VALUES ('say "x\y"')""")
    form = pg.csv(quoting="all", doublequote=False, escape="\\")
    out = pg.unload("t", form)
    assert out == b'a\n"say \\"x\\\\y\\""\n'
    pg.load(out, "t", form=form, mode="delete")
    assert pg.rows("SELECT a FROM t") == [('say "x\\y"',)]


def test_an_error_in_the_middle_never_looks_like_the_end(pg: Bench) -> None:
    query = "SELECT 1 / (500000 - n) AS x FROM generate_series(1, 1000000) AS q (n)"
    with pytest.raises(MoverError, match="division by zero"):
        pg.unload(Selection(query=query))


def test_a_killed_backend_never_looks_like_the_end(
    pg: Bench, capfd: pytest.CaptureFixture[str]
) -> None:
    other = pg.other()
    sizes: list[int] = []

    def kill_and_read_on() -> None:
        job = pg.unload_job(Selection(query=MANY))
        with pg.reading(job) as stream:
            sizes.append(len(stream.read(1 << 16)))
            with other.cursor() as cursor:
                cursor.execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                    " WHERE application_name = 'records-mover'"
                )
            while block := stream.read(1 << 16):
                sizes.append(len(block))

    with pytest.raises(DatabaseError, match="cut the connection"):
        kill_and_read_on()
    assert 0 < sum(sizes) < 100_000_000
    assert "Traceback" not in capfd.readouterr().err


def test_closing_early_cancels_the_copy_and_leaves_the_engine_usable(pg: Bench) -> None:
    started = time.monotonic()
    slow = "SELECT n, pg_sleep(0.001) FROM generate_series(1, 100000) AS q (n)"
    job = pg.unload_job(Selection(query=slow))
    with pg.reading(job):
        time.sleep(0.1)
    assert time.monotonic() - started < 5
    assert pg.rows("SELECT 1") == [(1,)]
    with pg.other().cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_stat_activity WHERE query LIKE 'COPY%pg_sleep%'")
        assert cursor.fetchone() == (0,)


def test_a_failing_consumer_leaves_no_thread_behind(pg: Bench) -> None:
    before = threading.active_count()

    def interrupted() -> None:
        with CopyOut().unload(pg.unload_job(Selection(query=MANY))) as payload:
            assert isinstance(payload, Streams)
            payload.parts[0].open().read(10)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert threading.active_count() == before


def test_rows_and_bytes_are_counted(pg: Bench) -> None:
    pg.run("CREATE TABLE t AS SELECT n FROM generate_series(1, 1000) AS q (n)")
    job = pg.unload_job("t")
    with pg.reading(job) as stream:
        whole = b"".join(iter(lambda: stream.read(100), b""))
    assert (job.meter.rows, job.meter.bytes) == (1000, len(whole))


def test_hidden_rows_are_an_error_not_a_loss(pg: Bench) -> None:
    role = f"reader_{pg.database.engine.url.database}"
    other = pg.other()
    pg.run(
        "CREATE TABLE t (a int)",
        "INSERT INTO t VALUES (1), (2)",
        "ALTER TABLE t ENABLE ROW LEVEL SECURITY",
        "CREATE POLICY p ON t USING (a = 1)",
        f"CREATE ROLE {role}",
        f"GRANT SELECT ON t TO {role}",
        f"ALTER DATABASE {pg.database.engine.url.database} SET role = '{role}'",
    )
    pg.database.engine.dispose()
    try:
        with pytest.raises(DatabaseError, match="row-level security"):
            pg.unload("t")
        assert pg.unload(Selection(query="SELECT * FROM t")) == b"a\n1\n"
    finally:
        with other.cursor() as cursor:
            cursor.execute(f"DROP OWNED BY {role}; DROP ROLE {role}")


def test_what_goes_in_comes_out_byte_for_byte(pg: Bench) -> None:
    pg.run("CREATE TABLE t (a bigint, b text, c numeric, d date, e bytea, f float8, g jsonb)")
    rows = [
        ["1", "plain", "1.50", "2020-01-02", "\\xdead", "0.1", '{"a": 1}'],
        ["2", "a,b", "-0", "0044-03-15 BC", "\\x", "1e+300", "[]"],
        ["-9223372036854775808", 'q"uo"te', "NaN", "infinity", "\\x00", "NaN", '"x"'],
        ["3", "two\nlines", "123456789012345678901234567890.12", "9999-12-31", "\\xff", "-0", "1"],
        ["4", " blank ", "0.00", "-infinity", "\\x0a", "Infinity", "null"],
        ["5", "\\N", "1", "2020-02-29", "\\x22", "5e-324", "{}"],
    ]
    sink = io.StringIO()
    writer = csv.writer(sink, lineterminator="\n")
    writer.writerows([list("abcdefg"), *rows])
    content = sink.getvalue().encode().replace(b",-0,", b",0,", 1)
    assert pg.load(content, "t").rows == 6
    assert pg.unload("t") == content
    text = pg.unload("t", pg.text())
    pg.load(text, "t", form=pg.text(), mode="replace")
    assert pg.unload("t") == content
