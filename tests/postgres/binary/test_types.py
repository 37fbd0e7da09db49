"""Every type that has a binary way lands as the same value that its text gives."""

from __future__ import annotations

import datetime as dt
import uuid
from decimal import Decimal
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from mover_postgres.binary.choose import binary_encoder
from mover_postgres.binary.pgtypes import parse_type
from records_mover.errors import BadRowError, LoadUnloadError

_UUID = uuid.UUID("00112233-4455-6677-8899-aabbccddeeff")
_NINES = "9" * 38

SAME: list[tuple[str, pa.DataType, list[Any], list[str | None]]] = [
    ("boolean", pa.bool_(), [True, False, None], ["t", "f", None]),
    ("smallint", pa.int16(), [-(2**15), 2**15 - 1, None, 0], ["-32768", "32767", None, "0"]),
    ("smallint", pa.int64(), [-(2**15), 2**15 - 1, None], ["-32768", "32767", None]),
    ("integer", pa.int32(), [-(2**31), 2**31 - 1], ["-2147483648", "2147483647"]),
    ("integer", pa.uint16(), [0, 65535], ["0", "65535"]),
    ("bigint", pa.int64(), [-(2**63), 2**63 - 1, None], [str(-(2**63)), str(2**63 - 1), None]),
    ("bigint", pa.int8(), [-128, 127], ["-128", "127"]),
    ("bigint", pa.uint64(), [0, 2**63 - 1], ["0", str(2**63 - 1)]),
    ("oid", pa.uint32(), [0, 2**32 - 1], ["0", str(2**32 - 1)]),
    (
        "real",
        pa.float32(),
        [1.5, -0.0, float("nan"), float("inf"), 1e-45, None],
        ["1.5", "-0", "NaN", "Infinity", "1e-45", None],
    ),
    ("real", pa.float64(), [0.1, 3.4028234e38, float("-inf")], ["0.1", "3.4028234e38", "-inf"]),
    ("real", pa.float16(), list(np.array([0.5, -2], np.float16)), ["0.5", "-2"]),
    (
        "double precision",
        pa.float64(),
        [0.1, 5e-324, 1.7976931348623157e308, float("nan"), None],
        ["0.1", "5e-324", "1.7976931348623157e308", "NaN", None],
    ),
    (
        "double precision",
        pa.int64(),
        [2**53 + 1, -3, 2**63 - 1],
        [str(2**53 + 1), "-3", str(2**63 - 1)],
    ),
    ("real", pa.int64(), [2**24 + 1, 2**62 + 12345], [str(2**24 + 1), str(2**62 + 12345)]),
    (
        "numeric",
        pa.int64(),
        [-(2**63), 2**63 - 1, 0, None, 10000, 9999],
        [str(-(2**63)), str(2**63 - 1), "0", None, "10000", "9999"],
    ),
    ("numeric", pa.uint64(), [2**64 - 1, 0], [str(2**64 - 1), "0"]),
    ("numeric(20,0)", pa.int8(), [-128, 127], ["-128", "127"]),
    (
        "numeric",
        pa.decimal128(38, 0),
        [Decimal(_NINES), Decimal(f"-{_NINES}"), None, Decimal(0)],
        [_NINES, f"-{_NINES}", None, "0"],
    ),
    (
        "numeric",
        pa.decimal128(38, 38),
        [Decimal(f"0.{_NINES}"), Decimal(f"-0.{'0' * 37}1")],
        [f"0.{_NINES}", f"-0.{'0' * 37}1"],
    ),
    (
        "numeric",
        pa.decimal128(20, 3),
        [Decimal("12345678901234567.891"), Decimal("-0.001")],
        ["12345678901234567.891", "-0.001"],
    ),
    (
        "numeric",
        pa.decimal128(5, 2),
        [Decimal("1.50"), Decimal("0.00"), Decimal("-999.99"), None],
        ["1.50", "0.00", "-999.99", None],
    ),
    (
        "numeric",
        pa.decimal128(18, 17),
        [Decimal("9.99999999999999999"), Decimal("0E-17")],
        ["9.99999999999999999", "0.00000000000000000"],
    ),
    (
        "numeric",
        pa.decimal128(9, 8),
        [Decimal("0.00012345"), Decimal("1.00000000")],
        ["0.00012345", "1.00000000"],
    ),
    (
        "numeric",
        pa.decimal128(5, -3),
        [Decimal("12345000"), Decimal("-1000")],
        ["12345000", "-1000"],
    ),
    (
        "numeric(10,2)",
        pa.decimal128(10, 4),
        [Decimal("1.0050"), Decimal("-2.3456")],
        ["1.0050", "-2.3456"],
    ),
    (
        "numeric",
        pa.decimal256(76, 10),
        [Decimal("9" * 66 + "." + "9" * 10), Decimal("-1E-10"), None, Decimal("7.0000000000")],
        ["9" * 66 + "." + "9" * 10, "-0.0000000001", None, "7.0000000000"],
    ),
    (
        "text",
        pa.string(),
        ["", "ä€😀", None, "a\nb\\.", "NULL"],
        ["", "ä€😀", None, "a\nb\\.", "NULL"],
    ),
    ("text", pa.large_string(), ["", "x", None], ["", "x", None]),
    (
        "text",
        pa.string_view(),
        ["short", "a text of more than twelve bytes", None],
        ["short", "a text of more than twelve bytes", None],
    ),
    ("varchar(3)", pa.string(), ["abc  ", "äöü", ""], ["abc  ", "äöü", ""]),
    ("char(4)", pa.string(), ["ab", "", "abcd", None], ["ab", "", "abcd", None]),
    ("name", pa.string(), ["x" * 63], ["x" * 63]),
    ("json", pa.string(), ['{"a":  1, "a": 2}', "null", None], ['{"a":  1, "a": 2}', "null", None]),
    (
        "jsonb",
        pa.string(),
        ['{"b": 1e3, "a": "ä"}', "[]", None, '""'],
        ['{"b": 1e3, "a": "ä"}', "[]", None, '""'],
    ),
    ("bytea", pa.binary(), [b"", b"\0\xff", None], ["", "\\x00ff", None]),
    ("bytea", pa.large_binary(), [b"abc", None], ["\\x616263", None]),
    ("bytea", pa.binary(3), [b"abc", b"\0\0\0", None], ["\\x616263", "\\x000000", None]),
    ("bytea", pa.binary_view(), [b"a" * 20, None], ["\\x" + "61" * 20, None]),
    (
        "uuid",
        pa.binary(16),
        [_UUID.bytes, bytes(16), None],
        [str(_UUID), str(uuid.UUID(int=0)), None],
    ),
    ("uuid", pa.string(), [str(_UUID), None, str(_UUID).upper()], [str(_UUID), None, str(_UUID)]),
    (
        "date",
        pa.date32(),
        [dt.date(1, 1, 1), dt.date(9999, 12, 31), None, dt.date(2000, 1, 1)],
        ["0001-01-01", "9999-12-31", None, "2000-01-01"],
    ),
    ("date", pa.date64(), [dt.date(1969, 12, 31), None], ["1969-12-31", None]),
    (
        "timestamp",
        pa.date32(),
        [dt.date(1, 1, 1), dt.date(9999, 12, 31), None],
        ["0001-01-01", "9999-12-31", None],
    ),
    (
        "time",
        pa.time64("us"),
        [dt.time(), dt.time(23, 59, 59, 999999), None],
        ["00:00", "23:59:59.999999", None],
    ),
    ("time", pa.time64("ns"), [dt.time(1, 2, 3, 4)], ["01:02:03.000004"]),
    ("time", pa.time32("s"), [dt.time(1, 2, 3)], ["01:02:03"]),
    ("time", pa.time32("ms"), [dt.time(1, 2, 3, 4000), None], ["01:02:03.004", None]),
    ("time(3)", pa.time64("us"), [dt.time(1, 2, 3, 4500)], ["01:02:03.0045"]),
    (
        "timestamp",
        pa.timestamp("us"),
        [dt.datetime(1, 1, 1), dt.datetime(9999, 12, 31, 23, 59, 59, 999999), None],
        ["0001-01-01", "9999-12-31 23:59:59.999999", None],
    ),
    (
        "timestamp",
        pa.timestamp("s"),
        [dt.datetime(1969, 12, 31, 23, 59, 59)],
        ["1969-12-31 23:59:59"],
    ),
    (
        "timestamp",
        pa.timestamp("ms"),
        [dt.datetime(2020, 2, 29, 1, 2, 3, 4000)],
        ["2020-02-29 01:02:03.004"],
    ),
    (
        "timestamp(0)",
        pa.timestamp("us"),
        [dt.datetime(2020, 1, 1, 0, 0, 0, 500000)],
        ["2020-01-01 00:00:00.5"],
    ),
    (
        "timestamp",
        pa.timestamp("ns"),
        [dt.datetime(1700, 1, 1, 0, 0, 0, 1), None],
        ["1700-01-01 00:00:00.000001", None],
    ),
    (
        "timestamptz",
        pa.timestamp("us", "Europe/Berlin"),
        [dt.datetime(2020, 7, 1, 12, tzinfo=dt.UTC), None],
        ["2020-07-01 12:00+00", None],
    ),
    ("interval", pa.duration("s"), [dt.timedelta(days=400, seconds=1), None], ["9600:00:01", None]),
    ("interval", pa.duration("us"), [dt.timedelta(microseconds=-1)], ["-0.000001 s"]),
    (
        "interval",
        pa.month_day_nano_interval(),
        [(14, -3, 1000), (0, 0, 0), None],
        ["14 mons -3 days 0.000001 s", "0", None],
    ),
    (
        "integer[]",
        pa.list_(pa.int32()),
        [[1, None, 3], [], None, [2**31 - 1]],
        ["{1,NULL,3}", "{}", None, "{2147483647}"],
    ),
    ("integer[]", pa.list_(pa.int64()), [[1], [2, 3]], ["{1}", "{2,3}"]),
    (
        "text[]",
        pa.large_list(pa.string()),
        [["", None, "a,b", '"'], [], None],
        ['{"",NULL,"a,b","\\""}', "{}", None],
    ),
    ("numeric(5,2)[]", pa.list_(pa.decimal128(5, 2)), [[Decimal("1.50"), None]], ["{1.50,NULL}"]),
    (
        "timestamptz[]",
        pa.list_(pa.timestamp("us", "UTC")),
        [[dt.datetime(2020, 1, 1, tzinfo=dt.UTC)]],
        ['{"2020-01-01 00:00:00+00"}'],
    ),
    ("bigint[]", pa.list_(pa.int64(), 2), [[1, 2], None, [3, None]], ["{1,2}", None, "{3,NULL}"]),
    ("jsonb[]", pa.list_(pa.string()), [['{"a": 1}', None]], ['{"{\\"a\\": 1}",NULL}']),
    ("uuid[]", pa.list_(pa.binary(16)), [[_UUID.bytes], []], [f"{{{_UUID}}}", "{}"]),
    ("text", pa.null(), [None, None], [None, None]),
    ("integer[]", pa.list_(pa.null()), [[None], []], ["{NULL}", "{}"]),
]


def _name(case: Any) -> str:
    return str(case) if isinstance(case, str | pa.DataType) else ""


@pytest.mark.parametrize(("kind", "arrow", "values", "texts"), SAME, ids=_name)
def test_a_value_in_binary_is_the_value_of_its_text(
    load: Any, literals: Any, kind: str, arrow: pa.DataType, values: list[Any], texts: list[Any]
) -> None:
    assert load(pa.array(values, arrow), kind) == literals(texts, kind)


@pytest.mark.parametrize(("kind", "arrow", "values", "texts"), SAME, ids=_name)
def test_a_slice_of_an_array_lands_as_that_slice_alone(
    load: Any, literals: Any, kind: str, arrow: pa.DataType, values: list[Any], texts: list[Any]
) -> None:
    array = pa.array([*values] * 9, arrow)
    for start, count in ((1, 3), (len(values) * 2 - 1, len(values) * 6), (5, 0)):
        part = array.slice(start, count)
        assert load(part, kind) == literals((texts * 9)[start : start + count], kind)


def test_dictionaries_runs_and_extensions_are_unwrapped(load: Any) -> None:
    words = pa.array(["a", None, "b", "a"]).dictionary_encode()
    assert load(words.slice(1), "text") == [None, "b", "a"]
    numbers = pa.DictionaryArray.from_arrays(pa.array([1, 0, None]), pa.array([None, 7]))
    assert load(numbers, "int") == ["7", None, None]
    runs = pa.RunEndEncodedArray.from_arrays(pa.array([2, 3], pa.int32()), pa.array([5, None]))
    assert load(runs, "int") == ["5", "5", None]
    ids = pa.ExtensionArray.from_storage(pa.uuid(), pa.array([_UUID.bytes], pa.binary(16)))
    assert load(ids, "uuid") == [str(_UUID)]
    documents = pa.ExtensionArray.from_storage(pa.json_(pa.string()), pa.array(["[1]"]))
    assert load(documents, "jsonb") == ["[1]"]


def test_what_a_null_hides_is_not_sent(load: Any) -> None:
    validity = pa.py_buffer(b"\x05")
    text = pa.array(["a", "hidden", "b"])
    hiding = pa.Array.from_buffers(pa.string(), 3, [validity, *text.buffers()[1:]])
    assert load(hiding, "text") == ["a", None, "b"]
    assert load(hiding.slice(1), "text") == [None, "b"]
    lists = pa.array([[1], [2, 3], [4]])
    hidden = pa.Array.from_buffers(
        lists.type, 3, [validity, lists.buffers()[1]], children=[lists.values]
    )
    assert load(hidden, "int[]") == ["{1}", None, "{4}"]
    numbers = pa.Array.from_buffers(
        pa.int64(), 3, [validity, pa.py_buffer(np.array([1, 2**60, 3], np.int64))]
    )
    assert load(numbers, "smallint") == ["1", None, "3"]
    moments = pa.Array.from_buffers(
        pa.timestamp("ns"), 3, [validity, pa.py_buffer(np.array([0, 1, 0], np.int64))]
    )
    assert load(moments, "timestamp")[1] is None


@pytest.mark.parametrize(
    ("kind", "array", "row", "value"),
    [
        ("smallint", pa.array([1, None, 40000]), 3, "40000"),
        ("integer", pa.array([-(2**31) - 1]), 1, "-2147483649"),
        ("bigint", pa.array([1, 2**63], pa.uint64()), 2, "9223372036854775808"),
        ("real", pa.array([1.0, 1e300]), 2, "1e+300"),
        ("real", pa.array([1e-300]), 1, "1e-300"),
        ("uuid", pa.array([None, "x"]), 2, "x"),
        ("uuid", pa.array([str(_UUID), "g" + str(_UUID)[1:]]), 2, "g" + str(_UUID)[1:]),
        ("integer[]", pa.array([[1], [], [1, None, 2**40]]), 3, f"[1, None, {2**40}]"),
        (
            "date",
            pa.array([0, 2**31 - 1], pa.int32()).cast(pa.date32()),
            2,
            "<value out of range: 2147483647>",
        ),
        (
            "timestamp",
            pa.array([1, -(2**63)], pa.int64()).cast(pa.timestamp("us")),
            2,
            f"<value out of range: {-(2**63)}>",
        ),
    ],
)
def test_a_value_that_does_not_fit_is_named_with_row_and_column(
    load: Any, kind: str, array: pa.Array, row: int, value: str
) -> None:
    with pytest.raises(BadRowError, match=f"row {row}: column 'v'") as caught:
        load(array, kind)
    assert caught.value.value == value


@pytest.mark.parametrize(
    ("kind", "array"),
    [
        ("timestamp", pa.array([1000, 1001], pa.timestamp("ns"))),
        ("time", pa.array([1], pa.time64("ns"))),
        ("interval", pa.array([1], pa.duration("ns"))),
    ],
)
def test_nanoseconds_are_refused_not_cut(load: Any, kind: str, array: pa.Array) -> None:
    with pytest.raises(BadRowError, match="has nanoseconds"):
        load(array, kind)


@pytest.mark.parametrize(
    ("arrow", "kind"),
    [
        (pa.float64(), "integer"),
        (pa.float64(), "numeric"),
        (pa.string(), "integer"),
        (pa.string(), "inet"),
        (pa.string(), "timestamp"),
        (pa.binary(), "text"),
        (pa.timestamp("us"), "timestamptz"),
        (pa.timestamp("us", "UTC"), "timestamp"),
        (pa.timestamp("us"), "date"),
        (pa.list_(pa.list_(pa.int32())), "integer[]"),
        (pa.list_(pa.float64()), "integer[]"),
        (pa.struct([("a", pa.int32())]), "jsonb"),
        (pa.int64(), "text"),
        (pa.decimal128(5, 2), "double precision"),
    ],
    ids=str,
)
def test_what_has_no_exact_binary_way_is_refused_before_a_row_is_sent(
    load: Any, arrow: pa.DataType, kind: str
) -> None:
    with pytest.raises(LoadUnloadError, match="no binary COPY into"):
        load(pa.array([], arrow), kind)


def test_domains_enums_and_their_arrays_go_by_what_their_base_receives(
    cursor: Any, load: Any
) -> None:
    cursor.execute("CREATE TYPE mood AS ENUM ('sad', 'glad')")
    cursor.execute("CREATE DOMAIN small AS numeric(4,1) CHECK (VALUE < 100)")
    cursor.execute("CREATE DOMAIN smaller AS small CHECK (VALUE < 10)")
    assert load(pa.array(["sad", None]), "mood") == ["sad", None]
    assert load(pa.array([["glad", None], []]), "mood[]") == ["{glad,NULL}", "{}"]
    assert load(pa.array([Decimal("1.25")]), "smaller") == ["1.3"]
    assert load(pa.array([[Decimal("1.25")]]), "smaller[]") == ["{1.3}"]
    with pytest.raises(BadRowError, match="smaller_check"):
        load(pa.array([Decimal("99.0")]), "smaller")


def test_the_planner_can_ask_for_a_column_alone() -> None:
    def ask(arrow: pa.DataType, spelling: str) -> object:
        target = parse_type(spelling)
        assert target is not None
        return binary_encoder(arrow, target)

    assert callable(ask(pa.decimal128(15, 2), "numeric(15,2)"))
    assert callable(ask(pa.timestamp("us"), "timestamp(3) without time zone"))
    assert callable(ask(pa.list_(pa.string()), "character varying(44)[]"))
    assert ask(pa.float64(), "integer") == "double has no exact binary form in integer"
    assert parse_type("geometry") is None
    numeric = parse_type("numeric(15,2)")
    assert numeric is not None
    assert (numeric.precision, numeric.scale) == (15, 2)
