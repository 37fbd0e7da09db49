"""Frames of every dtype into PostgreSQL and back, with every value and every NULL exact."""

from __future__ import annotations

import datetime as dt
import uuid
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import duckdb
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from records_mover import Session
from records_mover.errors import BadRowError, MoverError, SchemaError, UsageError
from support import torture

if TYPE_CHECKING:
    from postgres.conftest import Bench

NAN, INF = float("nan"), float("inf")
U1, U2 = uuid.UUID(int=1), uuid.UUID(int=2**128 - 1)
MOMENT = dt.datetime(2020, 1, 2, 3, 4, 5, 678901)
TOKYO = pd.Timestamp("2020-01-02 03:04:05", tz="Asia/Tokyo")
ZONED = MOMENT.replace(tzinfo=dt.UTC)


def arrow(values: list[Any], kind: pa.DataType) -> pd.Series[Any]:
    chunks: Any = pa.chunked_array([pa.array(values, kind)])
    return pd.Series(pd.arrays.ArrowExtensionArray(chunks))


def objects(*values: Any) -> pd.Series[Any]:
    return pd.Series(list(values), dtype=object)


def of(values: list[Any], dtype: Any) -> pd.Series[Any]:
    made: pd.Series[Any] = pd.Series(values, dtype=dtype)
    return made


# What a column holds, the type that a new table gives it, and the values as the server shows them.
COLUMNS: dict[str, tuple[pd.Series[Any], str, list[str | None]]] = {
    "int8": (of([-128, 127], "int8"), "smallint", ["-128", "127"]),
    "int32": (of([-(2**31), 1], "int32"), "integer", ["-2147483648", "1"]),
    "int64": (of([-(2**63), 1], "int64"), "bigint", ["-9223372036854775808", "1"]),
    "uint8": (of([0, 255], "uint8"), "smallint", ["0", "255"]),
    "uint32": (of([0, 2**32 - 1], "uint32"), "bigint", ["0", "4294967295"]),
    "uint64": (of([0, 2**64 - 1], "uint64"), "numeric(20,0)", ["0", "18446744073709551615"]),
    "float16": (of([1.5, NAN], "float16"), "real", ["1.5", None]),
    "float32": (of([0.1, INF], "float32"), "real", ["0.1", "Infinity"]),
    "float64": (of([5e-324, NAN], "float64"), "double precision", ["5e-324", None]),
    "bool": (of([True, False], "bool"), "boolean", ["t", "f"]),
    "datetime64[s]": (
        of(["2020-01-02 03:04:05", None], "datetime64[s]"),
        "timestamp without time zone",
        ["2020-01-02 03:04:05", None],
    ),
    "datetime64[ms]": (
        of(["2020-01-02 03:04:05.678", None], "datetime64[ms]"),
        "timestamp without time zone",
        ["2020-01-02 03:04:05.678", None],
    ),
    "datetime64[us]": (
        of(["1600-01-02 03:04:05.678901", None], "datetime64[us]"),
        "timestamp without time zone",
        ["1600-01-02 03:04:05.678901", None],
    ),
    "datetime64[ns]": (
        of(["2020-01-02 03:04:05.678901", None], "datetime64[ns]"),
        "timestamp without time zone",
        ["2020-01-02 03:04:05.678901", None],
    ),
    "datetime64[ns, tz]": (
        of(
            [pd.Timestamp("2020-01-02 03:04:05", tz="Asia/Tokyo"), None],
            "datetime64[ns, Asia/Tokyo]",
        ),
        "timestamp with time zone",
        ["2020-01-01 18:04:05+00", None],
    ),
    "datetime64[s, tz]": (
        of(
            [pd.Timestamp("2020-01-02 03:04:05", tz="Asia/Tokyo"), None],
            "datetime64[s, Asia/Tokyo]",
        ),
        "timestamp with time zone",
        ["2020-01-01 18:04:05+00", None],
    ),
    "timedelta64": (
        of([dt.timedelta(days=1, seconds=2), None], "timedelta64[us]"),
        "interval",
        ["24:00:02", None],
    ),
    "category": (of(["b", None, "a"], "category"), "text", ["b", None, "a"]),
    "category of ints": (of([3, None, 1], "category"), "bigint", ["3", None, "1"]),
    "category of dates": (
        of([dt.date(2020, 1, 2), None], "category"),
        "date",
        ["2020-01-02", None],
    ),
    "period": (of([pd.Period("2020-01", "M"), None], "period[M]"), "text", ["2020-01", None]),
    "interval": (pd.Series(pd.interval_range(0, 2)), "text", ["(0, 1]", "(1, 2]"]),
    "sparse": (
        pd.Series(pd.arrays.SparseArray([0, 7, 0])),
        "bigint",
        ["0", "7", "0"],
    ),
    "string[python]": (of(["", None], "string[python]"), "text", ["", None]),
    "string[pyarrow]": (of(["", None], "string[pyarrow]"), "text", ["", None]),
    "str": (of(["é\n", None], "str"), "text", ["é\n", None]),
    "Int64": (of([2**63 - 1, None], "Int64"), "bigint", ["9223372036854775807", None]),
    "UInt16": (of([65535, None], "UInt16"), "integer", ["65535", None]),
    "Float32": (of([0.1, None], "Float32"), "real", ["0.1", None]),
    "Float64": (of([0.1, None], "Float64"), "double precision", ["0.1", None]),
    "boolean": (of([True, None], "boolean"), "boolean", ["t", None]),
    "arrow float": (
        arrow([NAN, None, 0.5], pa.float64()),
        "double precision",
        ["NaN", None, "0.5"],
    ),
    "arrow int": (arrow([1, None], pa.int16()), "smallint", ["1", None]),
    "arrow decimal": (
        arrow([Decimal("1.50"), None], pa.decimal128(9, 2)),
        "numeric(9,2)",
        ["1.50", None],
    ),
    "arrow wide decimal": (
        arrow([Decimal("1" * 60), None], pa.decimal256(70, 2)),
        "numeric(70,2)",
        [f"{'1' * 60}.00", None],
    ),
    "arrow date": (arrow([dt.date(1, 1, 1), None], pa.date32()), "date", ["0001-01-01", None]),
    "arrow date64": (arrow([dt.date(2020, 1, 1)], pa.date64()), "date", ["2020-01-01"]),
    "arrow time": (
        arrow([dt.time(1, 2, 3), None], pa.time32("s")),
        "time without time zone",
        ["01:02:03", None],
    ),
    "arrow binary": (arrow([b"\x00\xff", None], pa.binary()), "bytea", ["\\x00ff", None]),
    "arrow list": (arrow([["a", None], None], pa.list_(pa.string())), "text[]", ["{a,NULL}", None]),
    "arrow struct": (
        arrow([{"a": 1}, None], pa.struct([("a", pa.int64())])),
        "jsonb",
        ['{"a": 1}', None],
    ),
    "arrow null": (arrow([None, None], pa.null()), "text", [None, None]),
    "Decimal": (
        objects(Decimal("1.50"), None, Decimal("-123.4"), 7),
        "numeric(5,2)",
        ["1.50", None, "-123.40", "7.00"],
    ),
    "long Decimal": (
        objects(Decimal("9" * 100), None),
        "numeric",
        ["9" * 100, None],
    ),
    "infinite Decimal": (
        objects(Decimal("Infinity"), Decimal("0.5")),
        "numeric",
        ["Infinity", "0.5"],
    ),
    "date": (objects(dt.date(2020, 1, 2), None, pd.NaT), "date", ["2020-01-02", None, None]),
    "datetime": (
        objects(MOMENT, None, dt.datetime(1, 1, 1)),
        "timestamp without time zone",
        ["2020-01-02 03:04:05.678901", None, "0001-01-01 00:00:00"],
    ),
    "datetime, zones": (
        objects(ZONED, ZONED.astimezone(dt.timezone(dt.timedelta(hours=9)))),
        "timestamp with time zone",
        ["2020-01-02 03:04:05.678901+00", "2020-01-02 03:04:05.678901+00"],
    ),
    "time": (
        objects(dt.time(1, 2, 3, 4), None),
        "time without time zone",
        ["01:02:03.000004", None],
    ),
    "time, offset": (
        objects(dt.time(1, 2, 3, tzinfo=dt.timezone(dt.timedelta(hours=-3))), None),
        "time with time zone",
        ["01:02:03-03", None],
    ),
    "timedelta": (objects(dt.timedelta(-1, 5), None), "interval", ["-23:59:55", None]),
    "UUID": (objects(U1, U2, None), "uuid", [str(U1), str(U2), None]),
    "bytes": (
        objects(b"\x00", bytearray(b"\xff"), None),
        "bytea",
        ["\\x00", "\\xff", None],
    ),
    "dict": (
        objects({"a": 1}, {"b": [2, None]}, None),
        "jsonb",
        ['{"a": 1}', '{"b": [2, null]}', None],
    ),
    "dict and list": (objects({"a": 1}, [1, "x"]), "jsonb", ['{"a": 1}', '[1, "x"]']),
    "list": (objects([1, None], None, []), "bigint[]", ["{1,NULL}", None, "{}"]),
    "list of text": (objects(["NULL", ""], ("a",)), "text[]", ['{"NULL",""}', "{a}"]),
    "list of numpy": (objects(np.array([1, 2])), "bigint[]", ["{1,2}"]),
    "list of many": (objects([1, "a"]), "jsonb", ['[1, "a"]']),
    "list of dict": (objects([{"a": 1}, {"b": 2}]), "jsonb", ['[{"a": 1}, {"b": 2}]']),
    "int beside NULL": (objects(1, None, NAN, pd.NA), "bigint", ["1", None, None, None]),
    "int past 64 bits": (objects(2**70, None), "numeric(22,0)", [str(2**70), None]),
    "int and float": (objects(1, 2.5), "double precision", ["1", "2.5"]),
    "bool beside NULL": (objects(True, None), "boolean", ["t", None]),
    "text beside NULL": (objects("", None, NAN, pd.NA), "text", ["", None, None, None]),
    "numpy's own": (
        objects(np.int8(3), np.uint64(2**63), None),
        "numeric(20,0)",
        ["3", str(2**63), None],
    ),
    "numpy's bool": (objects(np.bool_(True), None), "boolean", ["t", None]),
    "nothing": (objects(None, None), "text", [None, None]),
    "no rows": (of([], "int64"), "bigint", []),
    "no rows of objects": (of([], "object"), "text", []),
}
SINCE = {"infinite Decimal": 14}
NAMES = [pytest.param(name, marks=pytest.mark.since(SINCE.get(name, 13))) for name in COLUMNS]


def landed(pg: Bench, table: str = "t", column: str = "x") -> tuple[str, list[str | None]]:
    kind = pg.rows(
        "SELECT format_type(atttypid, atttypmod) FROM pg_attribute "
        f"WHERE attrelid = '{table}'::regclass AND attname = '{column}'"
    )[0][0]
    text = f'"{column}"::text' if kind != "boolean" else f'left("{column}"::text, 1)'
    return kind, [row[0] for row in pg.rows(f'SELECT {text} FROM {table} ORDER BY "n"')]


@pytest.mark.parametrize("name", NAMES)
def test_a_column_of_any_dtype_lands_exactly(one_pg: Bench, session: Session, name: str) -> None:
    series, kind, shown = COLUMNS[name]
    frame = pd.DataFrame({"n": range(len(series)), "x": series})
    moved = session.move(frame, f"{one_pg.url}::t")
    assert moved.rows == len(series)
    assert landed(one_pg) == (kind, shown)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("kind", ["numpy_nullable", "pyarrow", "arrow", "polars"])
def test_what_landed_comes_back_into_every_kind_of_frame_and_lands_again(
    one_pg: Bench, session: Session, name: str, kind: str
) -> None:
    series, _, shown = COLUMNS[name]
    session.move(pd.DataFrame({"n": range(len(series)), "x": series}), f"{one_pg.url}::t")
    words = {"kind": kind} if kind in ("arrow", "polars") else {"backend": kind}
    made = session.targets.dataframe(**words)
    if name == "arrow float" and kind == "numpy_nullable":
        with pytest.raises(SchemaError, match=r"'x' holds NaN.* backend='pyarrow'"):
            session.move(f"{one_pg.url}::t", made)
        return
    if name == "arrow wide decimal" and kind == "polars":
        with pytest.raises(SchemaError, match=r"polars holds no decimals .* 'x'"):
            session.move(f"{one_pg.url}::t", made)
        return
    assert session.move(f"{one_pg.url}::t", made).rows == len(series)
    one_pg.run("CREATE TABLE again AS TABLE t WITH NO DATA")
    session.move(made.frame, f"{one_pg.url}::again", allow_lossy="all")
    assert landed(one_pg, "again") == landed(one_pg)
    if kind != "polars":  # which keeps no word of what a column was
        session.move(made.frame, f"{one_pg.url}::new")
        assert landed(one_pg, "new") == landed(one_pg)
    assert [value is None for value in landed(one_pg, "again")[1]] == [
        value is None for value in shown
    ]


REFUSED: dict[str, tuple[pd.Series[Any], str]] = {
    "complex": (of([1j], "complex128"), "complex"),
    "int and str": (objects(1, "a"), "int and str"),
    "bool and int": (objects(True, 1), "bool and int"),
    "date and datetime": (objects(MOMENT.date(), MOMENT), "date and datetime"),
    "zones and none": (objects(MOMENT, ZONED), "time zone"),
    "float among long ints": (objects(0.5, 2**60 + 1), "no float is exactly"),
    "Decimal and float": (objects(Decimal(1), 0.5), "Decimal and float"),
    "object": (objects(object()), "object"),
    "bytes in JSON": (objects({"a": b"x"}), "JSON"),
    "NaN in JSON": (objects({"a": NAN}), "JSON"),
    "200 digits": (objects(10**200), "200|201"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_has_no_like_is_refused_by_column(one_pg: Bench, session: Session, name: str) -> None:
    series, why = REFUSED[name]
    with pytest.raises(SchemaError, match=rf"column 'x' of the frame .*({why})"):
        session.move(pd.DataFrame({"x": series}), f"{one_pg.url}::t")


def test_nan_of_numpy_stays_where_that_is_asked_for(one_pg: Bench, session: Session) -> None:
    frame = pd.DataFrame({"n": [1, 2], "x": [NAN, 1.0]})
    session.move(session.sources.dataframe(frame, nan_is_null=False), f"{one_pg.url}::t")
    assert landed(one_pg) == ("double precision", ["NaN", "1"])


def test_nan_is_no_integer_and_null_is(one_pg: Bench, session: Session) -> None:
    one_pg.run("CREATE TABLE t (x int)")
    frame = pd.DataFrame({"x": [NAN, 1.0]})
    with pytest.raises(BadRowError, match="'x'"):
        session.move(session.sources.dataframe(frame, nan_is_null=False), f"{one_pg.url}::t")
    session.move(frame, f"{one_pg.url}::t")
    assert one_pg.rows("SELECT x FROM t ORDER BY x") == [(1,), (None,)]


@pytest.mark.parametrize("beside", [[1, 2], [{"a": 1}, None], [Decimal(1), None]])
def test_nanoseconds_are_refused_and_never_rounded(
    one_pg: Bench, session: Session, beside: list[Any]
) -> None:
    at = pd.Series(["2020-01-02 03:04:05.678901234", None], dtype="datetime64[ns]")
    with pytest.raises(BadRowError, match="'at'"):
        session.move(pd.DataFrame({"at": at, "x": beside}), f"{one_pg.url}::t")


def test_nanoseconds_are_refused_where_rows_go_as_text_too(one_pg: Bench, session: Session) -> None:
    one_pg.run("CREATE TABLE t (at timestamp, x inet)")
    at = pd.Series(["2020-01-02 03:04:05.678901"], dtype="datetime64[ns]")
    session.move(pd.DataFrame({"at": at, "x": ["10.0.0.1"]}), f"{one_pg.url}::t")
    fine = pd.Series(["2020-01-02 03:04:05.678901001"], dtype="datetime64[ns]")
    with pytest.raises(BadRowError, match="'at'"):
        session.move(pd.DataFrame({"at": fine, "x": ["10.0.0.2"]}), f"{one_pg.url}::t")
    assert one_pg.rows("SELECT at::text FROM t") == [("2020-01-02 03:04:05.678901",)]


def test_the_index_comes_along_on_request(one_pg: Bench, session: Session) -> None:
    frame = pd.DataFrame({"x": [1, 2]}, index=pd.Index(["a", "b"], name="k"))
    session.move(session.sources.dataframe(frame, include_index=True), f"{one_pg.url}::one")
    assert one_pg.rows("SELECT k, x FROM one ORDER BY k") == [("a", 1), ("b", 2)]
    several = pd.MultiIndex.from_tuples([("a", 1), ("b", 2)], names=["k", "l"])
    frame = pd.DataFrame({"x": [1, 2]}, index=several)
    session.move(session.sources.dataframe(frame, include_index=True), f"{one_pg.url}::two")
    assert one_pg.rows("SELECT k, l, x FROM two ORDER BY k") == [("a", 1, 1), ("b", 2, 2)]
    session.move(frame, f"{one_pg.url}::three")
    assert one_pg.rows("SELECT * FROM three ORDER BY 1") == [(1,), (2,)]
    clash = pd.DataFrame({"x": [1]}, index=pd.Index([5], name="x"))
    with pytest.raises(SchemaError, match="the index cannot become a column"):
        session.move(session.sources.dataframe(clash, include_index=True), f"{one_pg.url}::four")
    bare = session.sources.dataframe(pd.DataFrame(index=clash.index), include_index=True)
    assert session.move(bare, f"{one_pg.url}::five").rows == 1


def test_names_of_columns_become_text_and_must_differ(one_pg: Bench, session: Session) -> None:
    frame = pd.DataFrame([[1, 2, 3]], columns=pd.Index([0, dt.date(2020, 1, 1), "a"], dtype=object))
    session.move(frame, f"{one_pg.url}::t")
    assert one_pg.rows('SELECT "0", "2020-01-01", a FROM t') == [(1, 2, 3)]
    levels = pd.DataFrame([[1, 2]], columns=pd.MultiIndex.from_tuples([("a", "b"), ("c", "")]))
    session.move(levels, f"{one_pg.url}::levels")
    assert one_pg.rows("SELECT a_b, c FROM levels") == [(1, 2)]
    for names in (["a", "a"], [1, "1"]):
        twice = pd.DataFrame([[1, 2]], columns=pd.Index(names, dtype=object))
        with pytest.raises(SchemaError, match="more than one column is named"):
            session.move(twice, f"{one_pg.url}::twice")


def test_a_frame_without_columns_is_refused(one_pg: Bench, session: Session) -> None:
    with pytest.raises(SchemaError, match="no columns"):
        session.move(pd.DataFrame(index=[1, 2]), f"{one_pg.url}::t")


def test_every_object_with_an_arrow_interface_is_a_source(one_pg: Bench, session: Session) -> None:
    table = pa.table({"n": [1, 2], "x": ["a", None], "d": [{"k": 1}, None]})

    class OneBatch:
        def __arrow_c_array__(self, requested_schema: object = None) -> Any:
            return table.to_batches()[0].__arrow_c_array__(requested_schema)

    lake = duckdb.connect()
    sources = {
        "table": table,
        "reader": table.to_reader(),
        "batch": table.to_batches()[0],
        "one_batch": OneBatch(),
        "polars": pl.from_arrow(table),
        "lazy": pl.LazyFrame(pl.from_arrow(table)).filter(pl.col("n") > 0),
        "duckdb": lake.from_arrow(table),
    }
    for name, source in sources.items():
        session.explain(source, f"{one_pg.url}::{name}_t")
        assert session.move(source, f"{one_pg.url}::{name}_t").rows == 2
        rows = one_pg.rows(f"SELECT n, x, d->>'k' FROM {name}_t ORDER BY n")
        assert rows == [(1, "a", "1"), (2, None, None)], name
    lake.close()


def test_types_of_polars_land_exactly(one_pg: Bench, session: Session) -> None:
    frame = pl.DataFrame(
        {
            "n": [1, 2],
            "u": pl.Series([2**64 - 1, None], dtype=pl.UInt64),
            "f": pl.Series([NAN, None], dtype=pl.Float32),
            "c": pl.Series(["a", None], dtype=pl.Categorical),
            "e": pl.Series(["a", None], dtype=pl.Enum(["a"])),
            "d": pl.Series([Decimal("1.50"), None], dtype=pl.Decimal(9, 2)),
            "t": pl.Series([dt.time(1, 2, 3), None]),
            "s": pl.Series([dt.timedelta(1), None], dtype=pl.Duration("ms")),
            "z": pl.Series([ZONED, None], dtype=pl.Datetime("us", "Asia/Tokyo")),
            "l": pl.Series([[1, None], None], dtype=pl.List(pl.Int64)),
            "k": pl.Series([{"a": 1}, None]),
            "b": pl.Series([b"\x00", None]),
            "y": pl.Series([None, None]),
        }
    )
    session.move(frame, f"{one_pg.url}::t")
    shown = one_pg.rows("SELECT to_json(r)::text FROM t AS r ORDER BY n")[0][0]
    for part in (
        '"u":18446744073709551615,"f":"NaN","c":"a","e":"a","d":1.50,"t":"01:02:03"',
        '"s":"24:00:00","z":"2020-01-02T03:04:05.678901+00:00","l":[1,null],"k":{"a": 1}',
    ):
        assert part in shown
    empty = one_pg.rows("SELECT num_nulls(u, f, c, e, d, t, s, z, l, k, b, y) FROM t WHERE n = 2")
    assert empty == [(12,)]


@pytest.mark.parametrize("group", ["COMMON", "BUILT_IN"])
@pytest.mark.parametrize("kind", ["pyarrow", "arrow"])
def test_every_type_comes_back_from_a_frame_as_it_was(
    one_pg: Bench, session: Session, group: str, kind: str
) -> None:
    one_pg.run(torture.table("s", torture.known(getattr(torture, group), one_pg.version)))
    words = {"kind": kind} if kind == "arrow" else {"backend": kind}
    made = session.targets.dataframe(**words)
    session.move(f"{one_pg.url}::s", made)
    session.move(made.frame, f"{one_pg.url}::copy")
    assert torture.shown(one_pg.psql, "copy") == torture.shown(one_pg.psql, "s")


def test_files_and_frames_fill_frames(session: Session, tmp_path: Any) -> None:
    source = tmp_path / "a.csv"
    source.write_text("a,b\n1,x\n,y\n")
    made = session.targets.dataframe()
    result = session.move(str(source), made)
    assert result.route == ("read", "decode", "collect")
    assert made.frame["a"].dtype == "Int64" or str(made.frame["a"].dtype).startswith("Int")
    again = session.targets.dataframe("polars")
    assert session.move(made.frame, again).rows == 2
    assert again.frame.to_dicts() == [{"a": 1, "b": "x"}, {"a": None, "b": "y"}]


def test_what_is_asked_of_a_frame_must_make_sense(session: Session) -> None:
    with pytest.raises(UsageError, match="no rows were moved"):
        _ = session.targets.dataframe().frame
    for words in ({"kind": "dask"}, {"backend": "numpy"}):
        with pytest.raises(UsageError, match="no frame is"):
            session.targets.dataframe(**words)
    with pytest.raises(UsageError, match="if_exists"):
        session.move(pd.DataFrame({"a": [1]}), session.targets.dataframe(), if_exists="drop")
    source = session.sources.dataframe(pa.table({"a": [1]}), include_index=True)
    with pytest.raises(UsageError, match="has no index"):
        session.move(source, session.targets.dataframe())
    with pytest.raises(MoverError, match="is no source"):
        session.move(object(), session.targets.dataframe())  # type: ignore[arg-type]
