"""The rows of a SELECT become Arrow columns, value for value, from binary and from text."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pytest

from mover_vertica.select.columns import Decoder
from mover_vertica.select.wire import Block
from mover_vertica.select.wire import ask as ask_rows
from records_mover.errors import BadRowError, LoadUnloadError

if TYPE_CHECKING:
    from vertica.conftest import Ask

DAY, MOMENT = dt.date(2020, 2, 29), dt.datetime(2020, 1, 2, 3, 4, 5, 6)
UTC = dt.UTC


def read(asked: Any, sql: str, *kinds: pa.DataType) -> list[list[Any]]:
    """Return the values of each column, which must be of these types."""
    rows = ask_rows(asked.connection, sql)
    schema = pa.schema([(f"c{at}", kind) for at, kind in enumerate(kinds)])
    decoder = Decoder.of(rows.columns, schema, "q")
    batches = [decoder.batch(block, 0) for block in rows.blocks()]
    assert rows.whole
    table = pa.Table.from_batches(batches, schema)
    table.validate(full=True)
    return [column.to_pylist() for column in table.columns]


@pytest.fixture(params=["binary", "text"])
def session(ask: Ask, request: pytest.FixtureRequest) -> Ask:
    """A session that is sent values as binary, and one that is sent text."""
    return ask.other(binary_transfer=request.param == "binary")


CASES: dict[str, tuple[str, pa.DataType, list[tuple[str, Any]]]] = {
    "boolean": ("BOOLEAN", pa.bool_(), [("true", True), ("false", False)]),
    "int": ("INT", pa.int64(), [("0", 0), ("-9223372036854775807", -(2**63) + 1),
                                ("9223372036854775807", 2**63 - 1)]),
    "float": ("FLOAT", pa.float64(), [
        ("0.5", 0.5), ("-1e300", -1e300), ("'Infinity'", float("inf"))]),
    "numeric 9": ("NUMERIC(9,2)", pa.decimal128(9, 2), [("1.5", Decimal("1.50")),
                                                        ("-0.01", Decimal("-0.01"))]),
    "numeric 18": ("NUMERIC(18,0)", pa.decimal128(18, 0), [("999999999999999999", 10**18 - 1),
                                                           ("-999999999999999999", -(10**18) + 1)]),
    "numeric 37": ("NUMERIC(37,15)", pa.decimal128(37, 15), [("-1.5", Decimal("-1.5"))]),
    "numeric 38": ("NUMERIC(38,38)", pa.decimal128(38, 38), [
        ("-0." + "9" * 38, Decimal("-0." + "9" * 38)), ("0", Decimal(0))]),
    "numeric 76": ("NUMERIC(76,10)", pa.decimal256(76, 10), [
        ("9" * 66 + "." + "1" * 10, Decimal("9" * 66 + "." + "1" * 10)), ("-1", Decimal(-1))]),
    "date": ("DATE", pa.date32(), [("'2020-02-29'", DAY), ("'0001-01-01'", dt.date(1, 1, 1)),
                                   ("'9999-12-31'", dt.date(9999, 12, 31))]),
    "time": ("TIME", pa.time64("us"), [("'23:59:59.999999'", dt.time(23, 59, 59, 999999)),
                                       ("'00:00'", dt.time(0))]),
    "timestamp": ("TIMESTAMP", pa.timestamp("us"), [
        ("'2020-01-02 03:04:05.000006'", MOMENT), ("'0001-01-01'", dt.datetime(1, 1, 1)),
        ("'9999-12-31 23:59:59.999999'", dt.datetime.max)]),
    "timestamptz": ("TIMESTAMPTZ", pa.timestamp("us", "UTC"), [
        ("'2020-01-02 05:34:05.000006+02:30'", MOMENT.replace(tzinfo=UTC))]),
    "interval": ("INTERVAL DAY TO SECOND", pa.string(), [
        ("'1 12:00:00.5'", "P1DT12H0.5S"), ("-(INTERVAL '1 12:00:01')", "P-1DT-12H-1S"),
        ("'0 00:00:00'", "PT0S"), ("'3 00:00:00'", "P3D"), ("'0 00:05:00'", "PT5M")]),
    "interval ym": ("INTERVAL YEAR TO MONTH", pa.string(), [
        ("'1-6'", "P1Y6M"), ("'-2-1'", "P-2Y-1M"), ("'0-0'", "P0M"), ("'3-0'", "P3Y")]),
    "uuid": ("UUID", pa.string(), [("'01234567-89AB-cdef-0123-456789abcdef'",
                                    "01234567-89ab-cdef-0123-456789abcdef")]),
    "varbinary": ("VARBINARY(20)", pa.binary(), [
        ("X''", b""), ("X'00ff5c5c31'", b"\x00\xff\\\\1"), ("X'5c'", b"\\"), ("X'5c00'", b"\\\0"),
        ("X'005c5c00'", b"\0\\\\\0"), ("X'414243'", b"ABC")]),
    "binary": ("BINARY(3)", pa.binary(), [("X'01'", b"\1\0\0")]),
    "varchar": ("VARCHAR(40)", pa.string(), [
        ("''", ""), ("'a|b'", "a|b"), (r"'\N'", r"\N"), (r"'\\'", r"\\"),
        ("E'\\001\\002\\n\\r\\t\"'", '\1\2\n\r\t"'), ("'é中😀'", "é中😀"), ("' x '", " x ")]),
    "char": ("CHAR(4)", pa.string(), [("'ab'", "ab  ")]),
    "long varchar": ("LONG VARCHAR", pa.string(), [("'x'", "x")]),
    "array": ("ARRAY[INT]", pa.string(), [("ARRAY[1,NULL,3]", "[1,null,3]")]),
    "array as a list": ("ARRAY[INT]", pa.list_(pa.int64()), [("ARRAY[1,NULL,3]", [1, None, 3])]),
    "array of text": ("ARRAY[VARCHAR(9)]", pa.list_(pa.string()), [
        ("ARRAY['a,\"b','']", ['a,"b', ""])]),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_every_value_of_a_type_is_read(session: Ask, case: str) -> None:
    spelled, kind, pairs = CASES[case]
    session(f"CREATE TABLE t (id INT, c {spelled})")
    for number, (written, _) in enumerate([*pairs, ("NULL", None)]):
        session(f"INSERT INTO t VALUES ({number}, {written})")
    wanted = [value for _, value in pairs] + [None]
    found = read(session, "SELECT id, c FROM t ORDER BY id", pa.int64(), kind)
    assert found == [list(range(len(wanted))), wanted]
    [alone] = read(session, "SELECT c FROM t WHERE c IS NOT NULL ORDER BY id", kind)
    assert alone == wanted[:-1]
    assert read(session, "SELECT c FROM t WHERE id < 0", kind) == [[]]


def test_a_float_keeps_every_bit_in_binary(ask: Ask) -> None:
    session = ask.other(binary_transfer=True)
    values = [0.1 + 0.2, 5e-324, 1.7976931348623157e308]
    selects = " UNION ALL ".join(f"SELECT {value!r}::FLOAT AS c" for value in values)
    [found] = read(session, f"SELECT c FROM ({selects}) q", pa.float64())
    assert sorted(found) == sorted(values)


def test_rows_of_any_size_are_read_and_the_connection_goes_on(session: Ask) -> None:
    session("CREATE TABLE t (id INT, c LONG VARCHAR(9000000))")
    texts = ["x" * size for size in (0, 1, 70_000, 3, 8_000_000, 1_048_576, 5)]
    data = "".join(f"{number}|{text}\n" for number, text in enumerate(texts))
    session.copy("COPY t FROM STDIN NULL AS 'none'", data)
    ids, found = read(session, "SELECT id, c FROM t ORDER BY id", pa.int64(), pa.string())
    assert ids == list(range(len(texts)))
    assert found == texts
    assert session("SELECT count(*) FROM t") == [[len(texts)]]
    assert read(session, "SELECT count(*) FROM t", pa.int64()) == [[len(texts)]]


def test_many_rows_come_in_blocks(session: Ask) -> None:
    session("CREATE TABLE t (id INT, c VARCHAR(80))")
    data = "".join(f"{number}|{'y' * 60}\n" for number in range(150_000))
    session.copy("COPY t FROM STDIN", data)
    rows = ask_rows(session.connection, "SELECT id, c FROM t")
    decoder = Decoder.of(rows.columns, pa.schema([("id", pa.int64()), ("c", pa.string())]), "q")
    batches = [decoder.batch(block, 0) for block in rows.blocks()]
    assert len(batches) > 1
    assert max(batch.nbytes for batch in batches) < 16 << 20
    ids = pa.Table.from_batches(batches).column("id").to_pylist()
    assert sorted(ids) == list(range(150_000))


def test_a_notice_between_rows_is_heard(ask: Ask) -> None:
    from vertica_python.vertica import messages
    from vertica_python.vertica.messages.message import BackendMessage

    session = ask.other(binary_transfer=True)
    heard = list[Any]()
    session.connection.notice_handler = heard.append
    known = BackendMessage.from_type(b"N", b"SNOTICE\0MBeware\0C00000\0\0")
    read(session, "SELECT 1", pa.int64())  # from here on the reader is the wide one
    reader = session.connection.socket_as_file
    taken = session.connection.read_message

    def noticing() -> Any:
        session.connection.handle_asynchronous_message(known)
        return taken()

    session.connection.read_message = noticing
    assert read(session, "SELECT 7", pa.int64()) == [[7]]
    assert heard
    assert isinstance(heard[0], messages.NoticeResponse)
    assert session.connection.socket_as_file is reader


def test_what_the_server_refuses_is_raised_in_its_words(session: Ask) -> None:
    import vertica_python

    with pytest.raises(vertica_python.errors.MissingRelation, match="nowhere"):
        ask_rows(session.connection, "SELECT * FROM nowhere")
    assert session("SELECT 1") == [[1]]


def test_an_error_behind_some_rows_is_raised(session: Ask) -> None:
    import vertica_python

    session("CREATE TABLE t (id INT)")
    session.copy("COPY t FROM STDIN", "".join(f"{n}\n" for n in range(200_000)))
    query = "SELECT 1 / (150000 - id) FROM (SELECT id FROM t ORDER BY id) q"
    rows = ask_rows(session.connection, query)
    with pytest.raises(vertica_python.errors.QueryError, match=r"[Dd]ivision by zero"):
        list(rows.blocks())
    assert session("SELECT 1") == [[1]]


def test_text_that_is_no_utf8_is_refused_by_its_column(session: Ask) -> None:
    session("CREATE TABLE t (id INT, bad VARCHAR(10))")
    session.copy("COPY t FROM STDIN", b"1|fine\n2|\xff\xfe\n")
    with pytest.raises(BadRowError, match=r"column 'c1' holds what is not string.*UTF8") as caught:
        read(session, "SELECT id, bad FROM t", pa.int64(), pa.string())
    assert caught.value.column == "c1"


@pytest.mark.parametrize(
    ("oid", "kind", "value"),
    [(10, pa.date32(), 2**40), (12, pa.timestamp("us"), 2**63 - 1)],
)
def test_a_day_that_arrow_has_not_is_refused_by_its_column(
    oid: int, kind: pa.DataType, value: int
) -> None:
    row = b"\0\1\0\0\0\x08" + value.to_bytes(8, "big")
    data = b"D" + (len(row) + 4).to_bytes(4, "big") + row
    column = SimpleNamespace(name="c0", type_code=oid, format_code=1, type_name="x")
    decoder = Decoder.of([column], pa.schema([("c0", kind)]), "q")
    with pytest.raises(BadRowError, match="rows 8 to 8: column 'c0' holds what is not"):
        decoder.batch(Block(data=data, starts=[0]), 7)


def test_a_type_that_is_not_known_has_to_be_cast() -> None:
    column = SimpleNamespace(name="c0", type_code=99, format_code=1, type_name="Odd")
    with pytest.raises(LoadUnloadError, match=r"column 'c0' is Odd, which is not read.*CAST"):
        Decoder.of([column], pa.schema([("c0", pa.string())]), "q")


def test_columns_that_changed_on_the_way_are_told(session: Ask) -> None:
    with pytest.raises(LoadUnloadError, match="gives 2 columns instead of 1"):
        read(session, "SELECT 1, 2", pa.int64())
