from __future__ import annotations

import datetime as dt
import json
import math
import subprocess
import sys
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pytest

from records_mover import Session
from records_mover.db.engine import open_engine
from records_mover.db.rows.parts import SqlInsert, SqlSelect
from records_mover.db.sqlite import SqliteDatabase
from records_mover.errors import BadRowError, LoadUnloadError, MoveCancelled, SchemaError
from records_mover.instructions import ProcessingInstructions
from records_mover.meter import Cancellation
from records_mover.parts import (
    Ask,
    Batches,
    Form,
    Landing,
    LoadJob,
    Offer,
    Refusal,
    Selection,
    Streams,
    TableName,
    Tier,
    UnloadJob,
)
from records_mover.schema import Field, RecordsSchema

if TYPE_CHECKING:
    from pathlib import Path


T = TableName(name="t")


def test_both_offer_batches_at_the_dearest_tier_and_refuse_the_rest(database: Any) -> None:
    forms = (Form(kind="streams"), Form(kind="batches"), Form(kind="files", place="s3://b/k"))
    ask = Ask(database=database, selection=Selection(table=T), forms=forms)
    for part, word in ((SqlSelect(), "SELECT"), (SqlInsert(), "INSERT")):
        answers = part.offers(ask)
        offers = [each for each in answers if isinstance(each, Offer)]
        assert [(each.form.kind, each.cost) for each in offers] == [("batches", Tier.ROWS)]
        assert offers[0].note == f"rows travel as {word} statements"
        refused = [each for each in answers if isinstance(each, Refusal)]
        assert [each.form for each in refused] == [forms[0], forms[2]]
        assert part.dialects == {"*"}


KEPT: list[tuple[str, pa.DataType, list[Any]]] = [
    ("integers", pa.int64(), [0, -(2**63), 2**63 - 1, None]),
    ("floats", pa.float64(), [0.1, 1e308, 5e-324, -math.inf, None]),
    ("texts", pa.string(), ["", " ", "NULL", "\\N", "007", "1e5", "tab\t", "a\0b", "☃", "'", None]),
    ("bytes", pa.binary(), [b"", b"\0\xff\xfe", "ü".encode(), None]),
    ("booleans", pa.bool_(), [True, False, None]),
    ("dates", pa.date32(), [dt.date(1, 1, 1), dt.date(9999, 12, 31), None]),
    ("times", pa.time64("us"), [dt.time(0), dt.time(23, 59, 59, 999999), None]),
    (
        "moments",
        pa.timestamp("us"),
        [dt.datetime(1, 1, 1), dt.datetime(9999, 12, 31, 23, 59, 59, 999999), None],
    ),
    (
        "decimals",
        pa.decimal128(15, 2),
        [Decimal("0.10"), Decimal("-9999999999999.99"), Decimal("0.01"), None],
    ),
    ("whole decimals", pa.decimal128(5, 0), [Decimal(12345), Decimal(-1), Decimal(0), None]),
]


@pytest.mark.parametrize(("name", "kind", "values"), KEPT, ids=[each[0] for each in KEPT])
def test_values_come_back_as_they_went(
    database: Any, load: Any, read: Any, name: str, kind: pa.DataType, values: list[Any]
) -> None:
    rows = pa.table({name: pa.array(values, kind)})
    assert load(database, "t", rows).rows == len(values)
    assert read(database, "t") == rows


WORDS: list[tuple[str, pa.Array, list[Any]]] = [
    (
        "wide decimals",
        pa.array([Decimal("123456789012345678901234.5678901230"), None], pa.decimal128(38, 10)),
        ["123456789012345678901234.5678901230", None],
    ),
    ("tiny decimals", pa.array([Decimal("0.0000000001")], pa.decimal128(20, 10)), ["0.0000000001"]),
    ("uint64", pa.array([2**64 - 1], pa.uint64()), ["18446744073709551615"]),
    (
        "moments with a zone",
        pa.array([dt.datetime(2020, 1, 2, 3, 4, 5)], pa.timestamp("us", "UTC")),
        ["2020-01-02 03:04:05.000000Z"],
    ),
    ("arrays", pa.array([[1, None], [], None]), ["[1, null]", "[]", None]),
    ("structs", pa.array([{"ü": 1.5}]), ['{"ü": 1.5}']),
    (
        "intervals",
        pa.array([dt.timedelta(days=-1, seconds=3), dt.timedelta(0), None], pa.duration("us")),
        ["PT-23H-59M-57S", "PT0S", None],
    ),
]


@pytest.mark.parametrize(("name", "column", "texts"), WORDS, ids=[each[0] for each in WORDS])
def test_what_sqlite_has_no_type_for_travels_as_text_with_a_warning(
    database: Any, load: Any, read: Any, caplog: Any, name: str, column: pa.Array, texts: list[Any]
) -> None:
    load(database, "t", pa.table({name: column}))
    assert read(database, "t")[name].to_pylist() == texts
    assert f"column '{name}' becomes text" in caplog.text


def test_dictionaries_and_large_texts_are_texts(database: Any, load: Any, read: Any) -> None:
    rows = pa.table(
        {
            "d": pa.array(["a", "b", "a", None]).dictionary_encode(),
            "l": pa.array(["x", "", None, "y"], pa.large_string()),
        }
    )
    load(database, "t", rows)
    assert read(database, "t").to_pylist() == rows.to_pylist()


def test_values_are_converted_to_the_types_of_an_existing_table(
    database: Any, load: Any, read: Any, sql: Any
) -> None:
    sql(database, "CREATE TABLE t (i INTEGER, d DATE, n NUMERIC(6,2), b BOOLEAN, m TIME, s TEXT)")
    rows = {"i": ["12"], "d": ["2020-02-29"], "n": ["1.5"], "b": ["true"], "m": ["01:02:03"]}
    load(database, "t", pa.table({**rows, "s": [12]}))
    assert read(database, "t").to_pylist() == [
        {
            "i": 12,
            "d": dt.date(2020, 2, 29),
            "n": Decimal("1.50"),
            "b": True,
            "m": dt.time(1, 2, 3),
            "s": "12",
        }
    ]


@pytest.mark.parametrize(
    ("declared", "values", "shown"),
    [
        ("INTEGER", ["1", "2", "three"], "'three' does not fit"),
        ("DATE", ["2020-01-01", "2020-01-02", "2020-13-01"], "'2020-13-01'"),
        ("NUMERIC(4,2)", ["1", "2", "1.234"], "'1.234'"),
        ("NUMERIC(4,2)", [1, 2, 123456], "123456"),
        ("INTEGER", [1.0, 2.0, 2.5], "2.5"),
        ("TIME", ["01:02:03", "01:02", "25:00"], "'25:00'"),
        ("FLOAT", [1.0, 2.0, math.nan], "nan"),
        ("TEXT NOT NULL", ["a", "b", None], "NULL"),
        ('INTEGER CHECK ("the value" < 9)', [1, 2, 9], "the value"),
        ("INTEGER UNIQUE", [1, 2, 1], "1"),
    ],
)
def test_a_value_that_does_not_fit_is_named_with_row_and_column(
    database: Any, load: Any, sql: Any, declared: str, values: list[Any], shown: str
) -> None:
    sql(database, f'CREATE TABLE t (id INTEGER, "the value" {declared})')
    ids = list(range(len(values) + 4000))
    filler: list[Any] = [None] * 4000
    if "NOT NULL" in declared:
        filler = ["x"] * 4000
    column = pa.array(filler + values)
    with pytest.raises(BadRowError) as caught:
        load(database, "t", pa.table({"id": ids, "the value": column}))
    assert "row 4003" in str(caught.value)
    assert "'the value'" in str(caught.value)
    assert shown in str(caught.value)
    assert caught.value.column == "the value"
    assert sql(database, "SELECT count(*) FROM t") == [(0,)]


def test_the_table_is_named_and_not_the_stage(database: Any, load: Any, sql: Any) -> None:
    load(database, "t", pa.table({"f": [1.0]}))
    with pytest.raises(BadRowError, match="nan does not fit column 'f' of table 't': SQLite"):
        load(database, "t", pa.table({"f": [math.nan]}), "drop")


def test_a_zero_with_a_sign_is_refused_or_allowed_to_lose_it(tmp_path: Path) -> None:
    frame = pa.table({"f": pa.array([1.5, -0.0, None]), "g": pa.array([0.0, 2.0, 3.0])})
    url = f"sqlite:///{tmp_path}/a.db"
    with Session() as session:
        with pytest.raises(BadRowError, match=r"row 2: -0.0 does not fit column 'f'.*keeps no -0"):
            session.move(session.sources.dataframe(frame), f"{url}::t")
        moved = session.move(session.sources.dataframe(frame), f"{url}::t", allow_lossy=("f",))
        assert moved.rows == 3
        session.move(f"{url}::t", f"{tmp_path}/a.csv")
    assert (tmp_path / "a.csv").read_text() == "f,g\n1.5,0\n0,2\n,3\n"


def test_tolerated_rows_are_left_out_and_counted(
    database: Any, load: Any, sql: Any, caplog: Any
) -> None:
    sql(database, "CREATE TABLE t (id INTEGER, n INTEGER NOT NULL)")
    rows = pa.table(
        {"id": list(range(100)), "n": ["x" if n % 50 == 7 else "1" for n in range(100)]}
    )
    some = ProcessingInstructions(max_failure_rows=2)
    loaded = load(database, "t", rows, instructions=some)
    assert (loaded.rows, loaded.rejected) == (98, 2)
    assert sql(database, "SELECT count(*) FROM t WHERE id IN (7, 57)") == [(0,)]
    assert "row 8: 'x' does not fit column 'n' of table 't', which is INTEGER" in caplog.text
    any_number = ProcessingInstructions(fail_if_row_invalid=False)
    assert load(database, "t", rows, instructions=any_number).rejected == 2
    with pytest.raises(BadRowError, match="row 58"):
        load(database, "t", rows, instructions=ProcessingInstructions(max_failure_rows=1))


def test_without_savepoints_a_refused_row_is_named_by_its_range(
    database: Any, load: Any, sql: Any
) -> None:
    class Plain(SqliteDatabase):
        savepoints = False

    plain = Plain(database.engine)
    sql(database, "CREATE TABLE t (n INTEGER NOT NULL)")
    some = ProcessingInstructions(max_failure_rows=2)
    with pytest.raises(LoadUnloadError, match="cannot insert rows 1 to 3 into 't': NOT NULL"):
        load(plain, "t", pa.table({"n": [1, None, 3]}), instructions=some)
    with pytest.raises(BadRowError, match="row 3: 'x' does not fit column 'n'"):
        load(plain, "t", pa.table({"n": ["1", "2", "x"]}))
    loaded = load(plain, "t", pa.table({"n": ["1", "2", "x"]}), instructions=some)
    assert (loaded.rows, loaded.rejected) == (2, 1)


def test_a_database_that_someone_else_writes_to_is_said_to_be_locked(
    database: Any, load: Any, sql: Any
) -> None:
    sql(database, "CREATE TABLE t (n INTEGER)")
    path = database.engine.url.database
    impatient = SqliteDatabase(open_engine(f"sqlite:///{path}", connect_args={"timeout": 0.1}))
    with (
        database.transaction(),
        pytest.raises(LoadUnloadError, match="cannot begin a transaction: database is locked"),
    ):
        load(impatient, "t", pa.table({"n": [1]}))
    assert load(impatient, "t", pa.table({"n": [1]})).rows == 1
    impatient.engine.dispose()


def test_types_that_can_never_fit_are_refused_at_once(database: Any, load: Any, sql: Any) -> None:
    sql(database, "CREATE TABLE t (at TIME)")
    with pytest.raises(SchemaError, match=r"column 'at' holds time64\[us\] and bool comes"):
        load(database, "t", pa.table({"at": [True]}))


def test_insert_takes_batches_only(database: Any, sql: Any) -> None:
    sql(database, "CREATE TABLE t (a)")
    with database.transaction() as connection:
        landing = Landing(connection=connection, table=T)
        form = Form(kind="batches")
        job = LoadJob(database=database, landing=landing, columns=("a",), form=form)
        payload = Streams(parts=(), format=None)  # type: ignore[arg-type]
        with pytest.raises(LoadUnloadError, match="cannot take streams"):
            SqlInsert().load(job, payload)


MANY = """
import resource, sys
import pyarrow as pa
from records_mover.db.engine import open_engine
from records_mover.db.engine import open_engine
from records_mover.db.rows.parts import SqlInsert, SqlSelect
from records_mover.db.sqlite import SqliteDatabase
from records_mover.parts import *
from records_mover.schema import RecordsSchema

schema = pa.schema([("id", pa.int64()), ("text", pa.string()), ("x", pa.float64())])

def batches():
    for start in range(0, 300_000, 30_000):
        ids = pa.array(range(start, start + 30_000), pa.int64())
        texts = pa.array([f"row number {n}" for n in range(start, start + 30_000)])
        yield pa.record_batch([ids, texts, ids.cast(pa.float64())], schema=schema)

def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

database, name = SqliteDatabase(open_engine("sqlite:///" + sys.argv[1])), TableName(name="t")
form = Form(kind="batches")
request = PublishRequest(
    table=name, mode="append", info=None, schema=RecordsSchema.from_arrow(schema)
)
for rows in (1, 300_000):
    reader = pa.RecordBatchReader.from_batches(schema, batches())
    if rows == 1:
        reader = next(batches()).slice(0, 1)
        reader = pa.RecordBatchReader.from_batches(schema, [reader])
    else:
        request = PublishRequest(table=name, mode="delete", info=database.inspect(name))
    with database.publish(request) as landing:
        columns = tuple(schema.names)
        job = LoadJob(database=database, landing=landing, columns=columns, form=form)
        loaded = SqlInsert().load(job, Batches(reader=reader))
    with SqlSelect().unload(
        UnloadJob(database=database, selection=Selection(table=name), form=form)
    ) as payload:
        seen = sum(batch.num_rows for batch in payload.reader)
    print(loaded.rows, job.meter.rows, seen, peak())
"""


def test_three_hundred_thousand_rows_pass_in_bounded_memory(tmp_path: Path) -> None:
    command = [sys.executable, "-c", MANY, str(tmp_path / "x.db")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True)
    one, many = ([int(word) for word in line.split()] for line in done.stdout.splitlines())
    assert one[:3] == [1, 1, 1]
    assert many[:3] == [300_000] * 3
    assert (many[3] - one[3]) / 1024 < 60  # MiB, of which two batches as Python's objects are most


def test_wide_rows_come_in_small_batches(database: Any, load: Any) -> None:
    wide = pa.table({"id": list(range(3000)), "b": [b"x" * 20_000] * 3000})
    load(database, "t", wide)
    job = UnloadJob(database=database, selection=Selection(table=T), form=Form(kind="batches"))
    with SqlSelect().unload(job) as payload:
        assert isinstance(payload, Batches)
        assert job.meter.rows == 0
        sizes = [batch.num_rows for batch in payload.reader]
    assert sum(sizes) == job.meter.rows == 3000
    assert max(sizes[1:]) <= 300


def test_a_value_that_its_declared_type_cannot_hold_is_named(
    database: Any, read: Any, sql: Any
) -> None:
    sql(database, "CREATE TABLE t (n INTEGER)", "INSERT INTO t VALUES (1), ('two'), (3)")
    with pytest.raises(BadRowError, match="row 2 of 't' holds 'two' in column 'n'"):
        read(database, "t")
    assert read(database, query="SELECT CAST(n AS TEXT) AS n FROM t")["n"].to_pylist() == [
        "1",
        "two",
        "3",
    ]


def test_floats_in_a_decimal_column_lose_their_noise_and_nothing_else(
    database: Any, read: Any, sql: Any
) -> None:
    sql(database, "CREATE TABLE t (n NUMERIC(10,2))", "INSERT INTO t VALUES (0.1 + 0.2), (7)")
    assert read(database, "t")["n"].to_pylist() == [Decimal("0.30"), Decimal("7.00")]
    sql(database, "INSERT INTO t VALUES (1.239)")
    with pytest.raises(BadRowError, match=r"row 3 of 't' holds 1\.239 in column 'n'"):
        read(database, "t")


def test_dates_in_sqlite_are_read_in_the_spellings_it_has(
    database: Any, read: Any, sql: Any
) -> None:
    sql(
        database,
        "CREATE TABLE t (at TIMESTAMP, day DATE)",
        "INSERT INTO t VALUES ('2020-01-02 03:04:05', '2020-01-02'), ('2020-01-02T03:04', NULL)",
        "INSERT INTO t VALUES (CURRENT_TIMESTAMP, CURRENT_DATE)",
    )
    moments = read(database, "t")["at"].to_pylist()
    assert moments[:2] == [dt.datetime(2020, 1, 2, 3, 4, 5), dt.datetime(2020, 1, 2, 3, 4)]
    sql(database, "INSERT INTO t VALUES (1577934245, NULL)")
    with pytest.raises(BadRowError, match="row 4 of 't' holds 1577934245 in column 'at'"):
        read(database, "t")


@pytest.mark.parametrize("text", ["24:00", "24:00:00", "24:00:00.000000", "T24:00"])
def test_the_time_that_ends_a_day_is_not_taken_for_the_one_that_begins_it(
    database: Any, load: Any, read: Any, sql: Any, text: str
) -> None:
    sql(database, "CREATE TABLE t (at TIME)", "INSERT INTO t VALUES ('23:59:59')")
    assert read(database, "t")["at"].to_pylist() == [dt.time(23, 59, 59)]
    with pytest.raises(BadRowError, match=f"row 1: '{text}' does not fit column 'at'"):
        load(database, "t", pa.table({"at": [text]}))
    sql(database, f"INSERT INTO t VALUES ('{text}')")
    with pytest.raises(BadRowError, match=f"row 2 of 't' holds '{text}' in column 'at'"):
        read(database, "t")


def test_a_query_gives_typed_columns_even_where_nothing_is_declared(
    database: Any, load: Any, read: Any
) -> None:
    load(database, "t", pa.table({"d": [dt.date(2020, 1, 1)], "n": [1], "b": [b"\xff"]}))
    query = "SELECT d, count(*) AS c, n / 2.0 AS half, b, NULL AS void, 'x' AS s FROM t;"
    rows = read(database, query=query)
    assert [str(field.type) for field in rows.schema] == [
        "date32[day]",
        "int64",
        "double",
        "binary",
        "string",
        "string",
    ]
    assert rows.to_pylist() == [
        {"d": dt.date(2020, 1, 1), "c": 1, "half": 0.5, "b": b"\xff", "void": None, "s": "x"}
    ]


def test_an_error_while_reading_is_raised_by_the_reader(database: Any, load: Any) -> None:
    load(database, "t", pa.table({"n": list(range(5000))}))
    query = "SELECT CASE WHEN n < 4000 THEN n ELSE abs(-9223372036854775807 - 1) END AS n FROM t"
    job = UnloadJob(
        database=database,
        selection=Selection(query=query),
        form=Form(kind="batches"),
        schema=RecordsSchema([Field("n", "integer")]),
    )
    with SqlSelect().unload(job) as payload:
        assert isinstance(payload, Batches)
        with pytest.raises(LoadUnloadError, match="integer overflow"):
            payload.reader.read_all()


def test_a_cancelled_move_stops_between_batches(database: Any, load: Any) -> None:
    load(database, "t", pa.table({"n": list(range(5000))}))
    cancellation = Cancellation()
    job = UnloadJob(
        database=database,
        selection=Selection(table=T),
        form=Form(kind="batches"),
        cancellation=cancellation,
    )
    with SqlSelect().unload(job) as payload:
        assert isinstance(payload, Batches)
        payload.reader.read_next_batch()
        cancellation.cancel()
        with pytest.raises(MoveCancelled):
            payload.reader.read_all()


def test_a_table_can_be_moved_within_its_own_database(
    database: SqliteDatabase, load: Any, read: Any
) -> None:
    load(database, "t", pa.table({"n": list(range(20_000))}))
    job = UnloadJob(database=database, selection=Selection(table=T), form=Form(kind="batches"))
    for target in ("u", "t"):
        with SqlSelect().unload(job) as payload:
            assert isinstance(payload, Batches)
            assert load(database, target, payload.reader, "drop").rows == 20_000
    assert read(database, "t") == read(database, "u")


def test_a_schema_travels_as_a_document(database: Any, load: Any) -> None:
    load(database, "t", pa.table({"n": [1], "s": ["x"]}))
    data = json.loads(database.schema_of(Selection(table=T)).to_json())
    assert data["fields"]["n"]["representations"]["origin"]["rep_type"] == "sql/sqlite"
    assert data["known_representations"]["origin"]["table_ddl"].startswith('CREATE TABLE "t"')
