"""Values that break careless movers go to Vertica and come back; the table in the docs is true."""

from __future__ import annotations

import datetime as dt
import json
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from records_mover.errors import MoverError
from support.torture import BUILT_IN, COMMON
from support.warehouse import Trip, said_of

if TYPE_CHECKING:
    from collections.abc import Sequence

PAGE = Path(__file__).parents[3] / "docs" / "vertica.md"
SOME = (
    "numeric", "numeric(1000,500)", "money", "interval", "time with time zone", "inet", "numrange",
    "oid",
)  # fmt: skip
CASES: dict[str, Sequence[str]] = {
    **COMMON,
    **{kind: BUILT_IN[kind] for kind in SOME},
    "time with time zone": ["01:02:03.000004+05:30", "00:00:00+15:59:59"],
    "numeric(38,10)": ["9999999999999999999999999999.9999999999", "-0.0000000001"],
    "numeric(76,10)": ["-" + "9" * 66 + ".0000000001"],
}
MADE = (
    "SELECT data_type FROM v_catalog.columns WHERE table_name = 't' AND column_name = 'c'"
    " AND table_schema = '{schema}'"
)


@pytest.mark.parametrize("way", ["bare", "session"])
@pytest.mark.parametrize("kind", CASES)
def test_a_type_of_postgresql_comes_back_as_the_page_says(
    request: pytest.FixtureRequest,
    warehouse: Any,
    pg_url: str,
    postgres_cursor: Any,
    kind: str,
    way: str,
) -> None:
    made, outcome = said_of(kind, PAGE)
    trip = Trip(request.getfixturevalue(way), warehouse, pg_url, postgres_cursor)
    refused = [value for value in CASES[kind] if value and f"`{value}`" in outcome]
    for value in refused:
        with pytest.raises(MoverError):
            trip.there(kind, [value])
    trip.there(kind, [value for value in CASES[kind] if value not in refused])
    assert warehouse.ask(MADE.format(schema=warehouse.ask.schema))[0][0] == made
    assert trip.back(kind) == []


def _table() -> pa.Table:
    day, moment = dt.date(2020, 2, 29), dt.datetime(2020, 1, 2, 3, 4, 5, 6)
    return pa.table(
        {
            "id": pa.array([1, 2, 3], pa.int64()),
            "i8": pa.array([-128, 127, None], pa.int8()),
            "i64": pa.array([-(2**63) + 1, 2**63 - 1, None], pa.int64()),
            "dec": pa.array([Decimal("-9.99"), Decimal("0.01"), None], pa.decimal128(12, 2)),
            "wide": pa.array([Decimal(10**27), Decimal("0"), None], pa.decimal128(38, 10)),
            "wider": pa.array([Decimal(10**60), Decimal("-1"), None], pa.decimal256(76, 10)),
            "f32": pa.array([0.1, -3.4e38, None], pa.float32()),
            "f64": pa.array([0.1, 5e-324, None], pa.float64()),
            "yes": pa.array([True, False, None]),
            "text": pa.array(["", 'a,"b"\n\r\t\\.\\N\1\2', None]),
            "uni": pa.array(["é中😀", " x ", None]),
            "raw": pa.array([b"", b"\x00\xff\\x", None], pa.binary()),
            "day": pa.array([day, dt.date(1, 1, 1), None]),
            "time": pa.array([dt.time(23, 59, 59, 999999), dt.time(0), None], pa.time64("us")),
            "at": pa.array([moment, moment, None], pa.timestamp("us")),
            "atz": pa.array([moment, moment, None], pa.timestamp("us", "UTC")),
        }
    )


def _sorted(table: pa.Table) -> list[dict[str, Any]]:
    return sorted(table.to_pylist(), key=lambda row: int(row["id"]))


@pytest.mark.parametrize("way", ["bare", "session"])
def test_parquet_comes_back_with_every_value(
    request: pytest.FixtureRequest, warehouse: Any, tmp_path: Path, way: str
) -> None:
    session, table = request.getfixturevalue(way), _table()
    path, out = tmp_path / "in.parquet", tmp_path / "out.parquet"
    pq.write_table(table, path)
    session.move(path, warehouse.url("t"))
    session.move(warehouse.url("t"), out)
    found = pq.read_table(out)
    kept = [name for name in table.column_names if name not in ("i8", "f32")]
    narrow = found.set_column(
        found.column_names.index("f32"), "f32", found.column("f32").cast(pa.float32())
    )
    assert _sorted(narrow) == _sorted(table)
    assert [found.schema.field(name).type for name in kept] == [
        table.schema.field(name).type for name in kept
    ]


def test_parquet_that_vertica_writes_has_moments_in_utc(
    bare: Any, warehouse: Any, tmp_path: Path, objects: Any
) -> None:
    path = tmp_path / "in.parquet"
    table = _table().drop_columns(["time", "wider", "f32"])
    pq.write_table(table, path)
    bare.move(path, warehouse.url("t"))
    folder = objects.url("out/")
    result = bare.move(warehouse.url("t"), folder, target_format="parquet")
    assert result.route == ("vertica-export",)
    bare.move(folder, tmp_path / "out.parquet")
    naive = [
        {**row, "atz": row["atz"] and row["atz"].replace(tzinfo=None)} for row in _sorted(table)
    ]
    assert _sorted(pq.read_table(tmp_path / "out.parquet")) == naive
    assert json.loads(objects.get("out/_schema.json"))["fields"]["atz"]["type"] == "datetimetz"
    bare.move(folder, warehouse.url("again"))
    assert warehouse.rows("again") == warehouse.rows("t")


@pytest.mark.parametrize("way", ["bare", "session"])
def test_csv_comes_back_with_every_value(
    request: pytest.FixtureRequest, warehouse: Any, tmp_path: Path, way: str
) -> None:
    session = request.getfixturevalue(way)
    path, out = tmp_path / "in.csv", tmp_path / "out.csv"
    body = (
        b"id,text,dec,day,at,yes\n"
        b'1,"",1.50,2020-02-29,2020-01-02 03:04:05,true\n'
        b'2,"a,""b""\n\\N",-0.01,0001-01-01,2020-01-02 03:04:06,false\n'
        b"3,,,,,\n"
    )
    path.write_bytes(body)
    session.move(path, warehouse.url("t"))
    session.move(warehouse.url("t"), out)
    session.move(out, warehouse.url("u"))
    assert warehouse.rows("u") == warehouse.rows("t")
    again = tmp_path / "again.parquet"
    session.move(out, again)
    session.move(path, tmp_path / "first.parquet")
    assert _sorted(pq.read_table(again)) == _sorted(pq.read_table(tmp_path / "first.parquet"))


@pytest.mark.parametrize("way", ["bare", "session"])
def test_json_lists_go_back_into_arrays(
    request: pytest.FixtureRequest, warehouse: Any, pg_url: str, postgres_cursor: Any, way: str
) -> None:
    frame = pa.table({"id": [1, 2, 3], "i": [[1, None, 3], [], None], "s": [["a,b", ""], None, []]})
    session = request.getfixturevalue(way)
    session.move(frame, warehouse.url("t"))
    assert [row[1] for row in warehouse.rows("t")] == ["[1,null,3]", "[]", None]
    postgres_cursor.execute("create table t (id int, i int[], s text[])")
    session.move(warehouse.url("t"), f"{pg_url}::t")
    postgres_cursor.execute("select * from t order by 1")
    assert list(postgres_cursor.fetchall()) == [
        (1, [1, None, 3], ["a,b", ""]),
        (2, [], None),
        (3, None, []),
    ]


@pytest.mark.parametrize("way", ["bare", "session"])
def test_what_vertica_alone_has_goes_to_postgresql(
    request: pytest.FixtureRequest, warehouse: Any, pg_url: str, postgres_cursor: Any, way: str
) -> None:
    warehouse.ask(
        "CREATE TABLE t (id INT, i INTERVAL DAY TO SECOND, y INTERVAL YEAR TO MONTH,"
        " a ARRAY[INT], z TIMETZ, u UUID, n NUMERIC(80,3), b BINARY(3), c CHAR(4))"
    )
    warehouse.ask(
        "INSERT INTO t VALUES (1, -(INTERVAL '1 12:00:00.5'), '1-6', ARRAY[1,NULL],"
        " '12:00:00+05:30',"
        f" '01234567-89ab-cdef-0123-456789abcdef', -{'9' * 77}.125, X'0102', 'ab')"
    )
    warehouse.ask("INSERT INTO t (id) VALUES (2)")
    warehouse.ask("COMMIT")
    request.getfixturevalue(way).move(warehouse.url("t"), f"{pg_url}::t")
    postgres_cursor.execute(
        "SELECT i::interval::text, y::interval::text, a::text, z::text, u::text, n::text,"
        " b::text, c::text FROM t ORDER BY id"
    )
    assert postgres_cursor.fetchall() == [
        ("-1 days -12:00:00.5", "1 year 6 mons", "[1, null]", "12:00:00+05:30",
         "01234567-89ab-cdef-0123-456789abcdef", f"-{'9' * 77}.125", "\\x010200", "ab  "),
        (None,) * 8,
    ]  # fmt: skip
