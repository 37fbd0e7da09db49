"""Arrow batches into tables: every type exact, NULL and the empty text apart."""

from __future__ import annotations

import datetime as dt
import subprocess
import sys
from decimal import Decimal
from typing import TYPE_CHECKING

import pyarrow as pa
import pytest

from records_mover.errors import BadRowError, ColumnMismatchError, SchemaError

if TYPE_CHECKING:
    from postgres.conftest import Bench

UTC = dt.UTC


def test_every_arrow_type_lands_exactly(pg: Bench) -> None:
    pg.run(
        "CREATE TABLE t (i bigint, d numeric, h numeric, b bool, s text, x bytea, f float8,"
        " day date,"
        " ts timestamp, tz timestamptz, at time, span interval, l int[], w text[], c text, n int)"
    )
    table = pa.table(
        {
            "i": pa.array([2**63 - 1, None, -(2**63)]),
            "d": pa.array([Decimal("1.50"), None, Decimal("-0.01")]),
            "h": pa.array([Decimal("1" * 60), None, Decimal("0")], pa.decimal256(70, 2)),
            "b": pa.array([True, None, False]),
            "s": pa.array(['q"uo,te\nline', None, ""]),
            "x": pa.array([b"\x00\xff\\", None, b""]),
            "f": pa.array([float("inf"), None, 5e-324]),
            "day": pa.array([dt.date(1, 1, 1), None, dt.date(9999, 12, 31)]),
            "ts": pa.array([dt.datetime(2020, 1, 2, 3, 4, 5, 6), None, dt.datetime(1, 1, 1)]),
            "tz": pa.array([dt.datetime(2020, 1, 2, 3, 4, 5, 6, tzinfo=UTC), None, None]),
            "at": pa.array([dt.time(1, 2, 3, 4), None, dt.time(0)]),
            "span": pa.array([dt.timedelta(days=1, microseconds=5), None, dt.timedelta(0)]),
            "l": pa.array([[1, None], None, []]),
            "w": pa.array([['a"b\\', None, "", "NULL", "x,{y}"], None, []]),
            "c": pa.array(["one", None, "one"]).dictionary_encode(),
            "n": pa.nulls(3),
        }
    )
    assert pg.load_batches(table, "t").rows == 3
    rows = pg.rows("SELECT * FROM t ORDER BY i DESC NULLS LAST")
    first, last, empty = rows
    assert first[:5] == (2**63 - 1, Decimal("1.50"), Decimal("1" * 60), True, 'q"uo,te\nline')
    assert bytes(first[5]) == b"\x00\xff\\"
    assert first[6:9] == (float("inf"), dt.date(1, 1, 1), dt.datetime(2020, 1, 2, 3, 4, 5, 6))
    assert first[9] == dt.datetime(2020, 1, 2, 3, 4, 5, 6, tzinfo=UTC)
    assert first[10:12] == (dt.time(1, 2, 3, 4), dt.timedelta(days=1, microseconds=5))
    assert first[12:] == ([1, None], ['a"b\\', None, "", "NULL", "x,{y}"], "one", None)
    assert empty == (None,) * 16
    assert last[4] == ""
    assert bytes(last[5]) == b""
    assert last[12:14] == ([], [])


def test_slices_of_batches_land_as_what_they_show(pg: Bench) -> None:
    pg.run("CREATE TABLE t (a bytea, l int[])")
    whole = pa.table({"a": [b"no", b"\x01\x02", None, b"\x03"], "l": [[0], [1, 2], None, [3]]})
    pg.load_batches(whole.slice(1), "t")
    found = [(None if a is None else bytes(a), b) for a, b in pg.rows("SELECT * FROM t")]
    assert found == [(b"\x01\x02", [1, 2]), (None, None), (b"\x03", [3])]


def test_nested_lists_are_arrays_of_arrays(pg: Bench) -> None:
    pg.run("CREATE TABLE t (a int[])")
    pg.load_batches(pa.table({"a": [[[1, 2], [3, 4]], None]}), "t")
    assert pg.rows("SELECT a FROM t") == [([[1, 2], [3, 4]],), (None,)]


def test_json_lists_become_the_arrays_that_they_were(pg: Bench) -> None:
    pg.run("CREATE TABLE t (i int[], t text[], n numeric[], b bool[], d date[])")
    rows = {
        "i": ["[1,null,3]", None, "[]", " [ 7 ]", "{4,5}", "[0:1]={8,9}"],
        "t": ['["a","","x,y",null]', "[]", None, '["q\\"{}\\\\n\\n"]', "{NULL,a}", '["]={"]'],
        "n": ["[1.50,12345678901234567890123456789.12]", "[1e3]", "[]", None, "{1}", "[null]"],
        "b": ["[true,false,null]", "[]", None, "[true]", "{t}", "[false]"],
        "d": ['["2020-02-29"]', "[]", None, "[null]", "{2020-01-01}", "[]"],
    }
    for step in (1, 6):  # one after another, and all at once
        pg.run("TRUNCATE t")
        for start in range(0, 6, step):
            pg.load_batches(pa.table(rows).slice(start, step), "t")
        texts = pg.rows("SELECT i::text, t::text, n::text, b::text, d::text FROM t")
        assert [list(column) for column in zip(*texts, strict=True)] == [
            ["{1,NULL,3}", None, "{}", "{7}", "{4,5}", "[0:1]={8,9}"],
            ['{a,"","x,y",NULL}', "{}", None, '{"q\\"{}\\\\n\n"}', "{NULL,a}", '{"]={"}'],
            ["{1.50,12345678901234567890123456789.12}", "{1000}", "{}", None, "{1}", "{NULL}"],
            ["{t,f,NULL}", "{}", None, "{t}", "{t}", "{f}"],
            ["{2020-02-29}", "{}", None, "{NULL}", "{2020-01-01}", "{}"],
        ]


@pytest.mark.parametrize("bad", ["[1,2", "[[1],[2]]", '[{"a":1}]', "[true]", '["x"]', "5"])
def test_what_is_no_list_of_the_items_is_named_by_its_row(pg: Bench, bad: str) -> None:
    pg.run("CREATE TABLE t (a int[])")
    with pytest.raises(BadRowError, match="row 2: column 'a'"):
        pg.load_batches(pa.table({"a": ["{1}", bad]}), "t")
    assert pg.rows("SELECT a FROM t") == []


def test_what_has_no_like_is_refused(pg: Bench) -> None:
    pg.run("CREATE TABLE t (a text)", "INSERT INTO t VALUES ('old')")
    with pytest.raises(SchemaError, match="struct"):
        pg.load_batches(pa.table({"a": [{"x": 1}]}), "t", mode="delete")
    assert pg.rows("SELECT a FROM t") == [("old",)]


def test_a_bad_value_is_named_by_its_row(pg: Bench) -> None:
    pg.run("CREATE TABLE t (a smallint)")
    with pytest.raises(BadRowError, match="row 2: column 'a'") as caught:
        pg.load_batches(pa.table({"a": [1, 70000]}), "t")
    assert caught.value.value == "70000"


def test_another_number_of_columns_is_refused(pg: Bench) -> None:
    pg.run("CREATE TABLE t (a int)")
    with pytest.raises(ColumnMismatchError, match="2 columns come for the 1"):
        pg.load_batches(pa.table({"a": [1], "b": [2]}), "t")


def test_no_rows_are_no_rows(pg: Bench) -> None:
    pg.run("CREATE TABLE t (a int)")
    assert pg.load_batches(pa.table({"a": pa.array([], pa.int64())}), "t").rows == 0


BOMB = """
import sys
class Bomb:
    def find_spec(self, name, path=None, target=None):
        if name == "pandas":
            raise RuntimeError("pandas was imported")
sys.meta_path.insert(0, Bomb())
import io
import pyarrow as pa
from pyarrow import csv
from mover_postgres.loading.batches import csv_blocks
as_bytes = csv.ConvertOptions(column_types={"a": pa.binary()})
table = csv.read_csv(io.BytesIO(b"a,b\\nx,1\\n,2\\n"), convert_options=as_bytes)
bounds = pa.py_buffer(b"".join(at.to_bytes(4, "little") for at in range(3)))
offsets = pa.Array.from_buffers(pa.int32(), 3, [None, bounds])
lists = pa.ListArray.from_arrays(offsets, table["b"].combine_chunks())
table = table.append_column("c", lists)
reader = pa.RecordBatchReader.from_batches(table.schema, table.to_batches())
print(b"".join(csv_blocks(reader)).decode())
"""


def test_making_csv_of_batches_imports_no_pandas() -> None:
    ran = subprocess.run([sys.executable, "-c", BOMB], capture_output=True, text=True, check=False)
    assert (ran.stderr, ran.stdout.strip()) == ("", '"\\x78",1,"{1}"\n"\\x",2,"{2}"')
