"""Values that break careless movers go to Redshift and come back; the table in the docs is true."""

from __future__ import annotations

import io
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from records_mover.errors import MoverError
from support.torture import WAREHOUSE
from support.warehouse import Trip, said_of

if TYPE_CHECKING:
    from collections.abc import Sequence

PAGE = Path(__file__).parents[3] / "docs" / "redshift.md"
CASES: dict[str, Sequence[str]] = {
    **WAREHOUSE,
    "numeric(19,0)": ["9999999999999999999"],
}
MADE = (
    "select type from pg_table_def where tablename = 't' and \"column\" = 'c'"
    " and schemaname = '{schema}'"
)


@pytest.mark.parametrize("kind", CASES)
def test_a_type_of_postgresql_comes_back_as_the_page_says(
    session: Any, warehouse: Any, pg_url: str, postgres_cursor: Any, kind: str
) -> None:
    made, outcome = said_of(kind, PAGE)
    trip = Trip(session, warehouse, pg_url, postgres_cursor)
    refused = [value for value in CASES[kind] if value and f"`{value}`" in outcome]
    if outcome.startswith("refused") and not refused:
        with pytest.raises(MoverError, match=outcome.removeprefix("refused: ")):
            trip.there(kind, CASES[kind], None)
        return
    for value in refused:
        with pytest.raises(MoverError):
            trip.there(kind, [value], None)
        warehouse.ask("drop table if exists t")
    lossy = outcome.startswith("lossy")
    if lossy:
        with pytest.raises(MoverError, match="may lose something"):
            trip.there(kind, CASES[kind], None)
    trip.there(kind, [v for v in CASES[kind] if v not in refused], ["all"] if lossy else None)
    assert warehouse.ask(MADE.format(schema=warehouse.ask.schema))[0][0] == made
    assert bool(trip.back(kind)) == lossy


def _table() -> pa.Table:
    import datetime as dt
    from decimal import Decimal

    day, moment = dt.date(2020, 2, 29), dt.datetime(2020, 1, 2, 3, 4, 5, 6)
    utc = pa.timestamp("us", "UTC")
    return pa.table(
        {
            "id": pa.array([1, 2, 3], pa.int32()),
            "i8": pa.array([-128, 127, None], pa.int8()),
            "i64": pa.array([-(2**63), 2**63 - 1, None], pa.int64()),
            "dec": pa.array([Decimal("-9.99"), Decimal("0.01"), None], pa.decimal128(12, 2)),
            "wide": pa.array([Decimal(10**27), Decimal("0"), None], pa.decimal128(38, 10)),
            "yes": pa.array([True, False, None]),
            "text": pa.array(["", 'a,"b"\n\r\t\\.\\N', None]),
            "uni": pa.array(["\u00e9\u4e2d\U0001f600", " x ", None]),
            "day": pa.array([day, dt.date(1, 1, 1), None]),
            "time": pa.array([dt.time(23, 59, 59, 999999), dt.time(0), None], pa.time64("us")),
            "at": pa.array([moment, moment, None], pa.timestamp("us")),
            "atz": pa.array([moment, moment, None], utc),
        }
    )


def _sorted(table: pa.Table) -> list[dict[str, Any]]:
    return sorted(table.to_pylist(), key=lambda row: int(row["id"]))


def test_parquet_comes_back_with_every_value(session: Any, warehouse: Any, tmp_path: Path) -> None:
    floats = {"f32": pa.array([0.1, -3.4e38, None], pa.float32()), "f64": [0.1, 5e-324, None]}
    table = _table()
    for name, column in floats.items():
        table = table.append_column(name, pa.array(column))
    path, out = tmp_path / "in.parquet", tmp_path / "out.parquet"
    pq.write_table(table, path)
    session.move(path, warehouse.url("t"))
    session.move(warehouse.url("t"), out)
    assert _sorted(pq.read_table(out)) == _sorted(table)


def test_parquet_in_s3_comes_back_without_passing_here(
    session: Any, warehouse: Any, objects: Any
) -> None:
    table = _table()
    sink = io.BytesIO()
    pq.write_table(table, sink)
    url = objects.put("in/t.parquet", sink.getvalue())
    assert session.move(url, warehouse.url("t")).route == ("redshift-copy",)
    folder = objects.url("out/")
    result = session.move(warehouse.url("t"), folder, target_format="parquet")
    assert result.route == ("redshift-unload",)
    found = [
        pq.read_table(io.BytesIO(objects.get(name)))
        for name in objects.names("out/")
        if name.endswith("parquet") and "_format" not in name
    ]
    rows = _sorted(pa.concat_tables(found))
    naive = [
        {**row, "atz": row["atz"] and row["atz"].replace(tzinfo=None)} for row in _sorted(table)
    ]
    assert rows == naive, "UNLOAD writes moments in UTC and leaves out the zone"


def test_csv_comes_back_with_every_value(session: Any, warehouse: Any, tmp_path: Path) -> None:
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
    head, *lines = out.read_bytes().split(b"\n", 1)
    assert head == b"id,text,dec,day,at,yes"
    assert sorted(lines[0]) == sorted(body.split(b"\n", 1)[1])
    again = tmp_path / "again.csv"
    session.move(out, warehouse.url("u"))
    session.move(warehouse.url("u"), again)
    assert warehouse.rows("u") == warehouse.rows("t")


def test_bytes_come_back_through_every_format(session: Any, warehouse: Any, tmp_path: Path) -> None:
    table = pa.table({"id": [1, 2, 3], "raw": pa.array([b"", b"\x00\xff\\x", None], pa.binary())})
    path, out = tmp_path / "in.parquet", tmp_path / "out.parquet"
    pq.write_table(table, path)
    session.move(path, warehouse.url("t"))
    session.move(warehouse.url("t"), out)
    assert _sorted(pq.read_table(out)) == _sorted(table)


def test_shapes_travel_as_their_text(session: Any, warehouse: Any, tmp_path: Path) -> None:
    point = "0101000000000000000000F03F0000000000000040"
    warehouse.ask("create table t (id integer, g geometry)")
    warehouse.ask(f"insert into t values (1, '{point}'), (2, null)")
    out = tmp_path / "out.csv"
    assert session.move(warehouse.url("t"), out).route[0] == "redshift-unload"
    assert sorted(out.read_text().split()) == [f"1,{point}", "2,", "id,g"]
    warehouse.ask("create table u (id integer, g geometry)")
    session.move(out, warehouse.url("u"))
    assert warehouse.rows("u") == warehouse.rows("t")


def test_a_decimal_of_too_many_digits_is_refused_by_its_column(
    session: Any, warehouse: Any, pg_url: str, postgres_cursor: Any
) -> None:
    postgres_cursor.execute("create table s (fine int, far_too_wide numeric(39,2))")
    with pytest.raises(MoverError, match="column 'far_too_wide' needs a decimal of 39 digits"):
        session.move(f"{pg_url}::s", warehouse.url("t"))


def test_names_that_become_one_are_refused(session: Any, warehouse: Any) -> None:
    with pytest.raises(MoverError, match="would both be called"):
        session.move(pa.table({"Name": ["a"], "name": ["b"]}), warehouse.url("t"))


def test_every_create_table_passes_its_judge(session: Any, warehouse: Any) -> None:
    from sqlfluff.core import FluffConfig, Linter

    session.move(_table(), warehouse.url("t", distkey="id", sortkey="id,day"))
    linter = Linter(config=FluffConfig(overrides={"dialect": "redshift"}))
    made = [s for s in warehouse.statements("create") if "DISTKEY" in s]
    assert made
    for statement in made:
        assert linter.parse_string(statement + ";").violations == []
