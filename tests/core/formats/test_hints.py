"""Every hint with each of its values, every variant's defaults, and every codec of Python."""

from __future__ import annotations

import codecs
import datetime as dt
import encodings
import io
import pkgutil
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from records_mover import Session, move
from records_mover.errors import MoverError
from records_mover.formats import DelimitedRecordsFormat, read_batches, write_batches
from records_mover.formats.delimited.hints import ENCODINGS, HINTS, VARIANTS
from records_mover.formats.names import PLAIN_CSV
from records_mover.schema import DecimalConstraints, Field, RecordsSchema

SCHEMA = RecordsSchema(
    [
        Field("id", "integer"),
        Field("name", "string"),
        Field("price", "decimal", DecimalConstraints(fixed_precision=6, fixed_scale=2)),
        Field("fine", "boolean"),
        Field("day", "date"),
        Field("at", "time"),
        Field("moment", "datetime"),
        Field("zoned", "datetimetz"),
    ]
)
DATA = (
    b'id,name,price,fine,day,at,moment,zoned\n1,"a, ""b""",1.50,true,2001-02-03,04:05:06,'
    b"2001-02-03 04:05:00,2001-02-03 04:05:00Z\n,,,,,,,\n-2,x,-0.25,false,1999-12-31,23:59:59,"
    b"1999-12-31 23:59:00,1999-12-31 23:59:00Z\n"
)


def through(fmt: DelimitedRecordsFormat, data: bytes = DATA) -> bytes:
    sink = io.BytesIO()
    write_batches(read_batches(io.BytesIO(data), PLAIN_CSV, SCHEMA), fmt, sink, schema=SCHEMA)
    return sink.getvalue()


def rows(data: bytes, fmt: DelimitedRecordsFormat) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = read_batches(io.BytesIO(data), fmt, SCHEMA).read_all().to_pylist()
    return found


ROWS = rows(DATA, PLAIN_CSV)
VALUES = [(name, value) for name, hint in HINTS.items() for value in hint.values if value != "LZO"]
OTHERS: list[tuple[str, object]] = [
    ("field-delimiter", "\x01"),
    ("field-delimiter", "\t"),
    ("field-delimiter", "|"),
    ("record-terminator", "\r\n"),
    ("record-terminator", "\r"),
    ("record-terminator", "\x02"),
    ("quotechar", "'"),
    ("dateformat", "DD-MM-YYYY"),
    ("dateformat", "MM/DD/YY"),
    ("timeonlyformat", "HH12:MI:SS AM"),
    ("datetimeformat", "DD/MM/YYYY HH24:MI"),
    ("datetimeformattz", "YYYY-MM-DD HH24:MI:SS"),
    ("null-marker", "\\N"),
    ("null-marker", "NULL"),
    ("boolean-format", "t/f"),
    ("boolean-format", "1/0"),
    ("boolean-format", "yes/no"),
    ("boolean-format", "YES/NO"),
]


@pytest.mark.parametrize(("hint", "value"), [*VALUES, *OTHERS], ids=repr)
def test_each_value_of_each_hint_is_written_and_read(hint: str, value: object) -> None:
    # Without quotes only a backslash tells a comma in a text from the next field.
    alone = (hint, value) in (("quoting", None), ("doublequote", False))
    more = {"escape": "\\"} if alone else {}
    fmt = PLAIN_CSV.alter_hints({**more, hint: value})
    assert rows(through(fmt), fmt) == ROWS


@pytest.mark.parametrize(
    ("hint", "value", "data"),
    [
        ("comment", "#", b"# a note\n" + DATA + b"# the end\n"),
        ("comment", ";", DATA.replace(b"\n", b"\n;1,2\n")),
        ("skip-lines", 2, b"a title\n\n" + DATA),
        ("decimal-separator", ",", DATA.replace(b"1.50", b'"1,50"').replace(b"-0.25", b'"-0,25"')),
    ],
)
def test_hints_about_what_others_wrote_are_read(hint: str, value: object, data: bytes) -> None:
    assert rows(data, PLAIN_CSV.alter_hints({hint: value})) == ROWS


DATES = {
    "bluelabs": ("YYYY-MM-DD", "HH24:MI:SS", "YYYY-MM-DD HH:MI:SSOF", "YYYY-MM-DD HH24:MI:SS"),
    "csv": ("MM/DD/YY", "HH24:MI:SS", "MM/DD/YY HH24:MI", "MM/DD/YY HH24:MI"),
    "bigquery": ("YYYY-MM-DD", "HH24:MI:SS", "YYYY-MM-DD HH:MI:SS", "YYYY-MM-DD HH:MI:SS"),
    "dumb": ("YYYY-MM-DD", "HH24:MI:SS", "YYYY-MM-DD HH:MI:SSOF", "YYYY-MM-DD HH:MI:SS"),
    "vertica": ("YYYY-MM-DD", "HH24:MI:SS", "YYYY-MM-DD HH:MI:SSOF", "YYYY-MM-DD HH:MI:SS"),
}


@pytest.mark.parametrize("variant", VARIANTS)
def test_a_variant_says_how_moments_are_written(variant: str) -> None:
    hints = DelimitedRecordsFormat(variant).hints
    names = ("dateformat", "timeonlyformat", "datetimeformattz", "datetimeformat")
    assert tuple(hints[name] for name in names) == DATES[variant]
    assert (hints["encoding"], hints["quotechar"]) == ("UTF8", '"')


@pytest.mark.parametrize("variant", VARIANTS)
def test_each_variant_is_written_and_read(variant: str) -> None:
    fmt = DelimitedRecordsFormat(variant, {"compression": None})
    plain = DATA.replace(b'"a, ""b"""', b"a b")
    assert rows(through(fmt, plain), fmt) == rows(plain, PLAIN_CSV)


# What only these letters need can be written in almost every encoding.
WORDS = b"id,name\n1,abc\n2,XYZ\n"


def codecs_of_python() -> list[str]:
    found = {module.name for module in pkgutil.iter_modules(encodings.__path__)}
    return sorted(found - {"aliases"})


@pytest.mark.parametrize("codec", [*ENCODINGS, *codecs_of_python()])
def test_every_codec_of_python_is_an_encoding_or_refused(codec: str) -> None:
    fmt = PLAIN_CSV.alter_hints({"encoding": codec})
    schema = RecordsSchema([Field("id", "integer"), Field("name", "string")])
    source = read_batches(io.BytesIO(WORDS), PLAIN_CSV, schema)
    sink = io.BytesIO()
    try:
        write_batches(source, fmt, sink)
        table = read_batches(io.BytesIO(sink.getvalue()), fmt, schema).read_all()
    except MoverError as err:
        refused = f"{err.what} {err.advice}"
        assert "encoding" in refused, refused
        assert codec in NO_ENCODING, refused
    else:
        assert table.to_pydict() == {"id": [1, 2], "name": ["abc", "XYZ"]}
        assert sink.getvalue() == WORDS or codecs.lookup(fmt.validate().codec).name != "utf-8"


# Of bytes or of host names, of another system, or of no letters at all.
NO_ENCODING = frozenset(
    {"base64_codec", "bz2_codec", "hex_codec", "idna", "mbcs", "oem", "punycode"}
    | {"quopri_codec", "rot_13", "undefined", "uu_codec", "zlib_codec"}
)


@pytest.mark.parametrize("name", ["in.csv", "in.csv.lzo"])
def test_lzo_is_refused_with_what_to_do(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(b"\x89LZO\x00\r\n\x1a\n rest")
    with pytest.raises(MoverError, match="LZO files cannot be read or written"):
        move(str(tmp_path / name), str(tmp_path / "out.csv"))
    (tmp_path / "fine.csv").write_bytes(WORDS)
    with pytest.raises(MoverError, match="LZO files cannot be read or written"):
        move(str(tmp_path / "fine.csv"), str(tmp_path / "out.csv.lzo"))
    assert not (tmp_path / "out.csv.lzo").exists()


@pytest.mark.parametrize("variant", ["csv", "bluelabs", "bigquery", "dumb"])
def test_a_file_of_an_explicit_format_is_as_packed_as_its_name_says(
    tmp_path: Path, variant: str
) -> None:
    (tmp_path / "in.csv").write_bytes(b"1,abc\n2,XYZ\n")
    fmt = DelimitedRecordsFormat(variant, {"header-row": False})
    with Session() as session:
        source = session.sources.local_file(str(tmp_path / "in.csv"), records_format=fmt)
        target = session.targets.local_file(str(tmp_path / "out.csv"), records_format=fmt)
        session.move(source, target)
    assert (tmp_path / "out.csv").read_bytes() == b"1,abc\n2,XYZ\n"


@pytest.mark.parametrize("variant", VARIANTS)
def test_a_written_file_has_a_header_unless_told_otherwise(tmp_path: Path, variant: str) -> None:
    source, target = tmp_path / "in.csv", tmp_path / "out.csv"
    source.write_bytes(WORDS)
    delimiter = str(VARIANTS[variant]["field-delimiter"]).encode()
    move(str(source), str(target), target_variant=variant, allow_lossy="all")
    assert target.read_bytes().startswith(b"id" + delimiter + b"name")
    hints = {"header-row": False}
    move(str(source), str(target), target_variant=variant, target_hints=hints, allow_lossy="all")
    assert target.read_bytes().startswith(b"1" + delimiter + b"abc")


ORDERS = st.permutations(["YYYY", "MM", "DD"])
MARKS = st.sampled_from(["-", "/", ".", " ", "", "_"])
HOURS = st.sampled_from(["HH24:MI:SS", "HH:MI:SS", "HH12:MI:SS AM", "HH12.MI.SS PM", "HH24-MI-SS"])


@given(ORDERS, MARKS, HOURS, st.datetimes(dt.datetime(1, 1, 1), dt.datetime(9999, 12, 31)))
def test_any_order_of_the_tokens_is_a_format(
    order: list[str], mark: str, hours: str, moment: dt.datetime
) -> None:
    moment = moment.replace(microsecond=0)
    day = mark.join(order)
    fmt = PLAIN_CSV.alter_hints(
        {"dateformat": day, "datetimeformat": f"{day} {hours}", "timeonlyformat": hours}
    )
    schema = RecordsSchema([Field("d", "date"), Field("t", "datetime"), Field("h", "time")])
    sink = io.BytesIO()
    text = f"d,t,h\n{moment.date().isoformat()},{moment.isoformat(' ')},{moment.time()}\n"
    source = read_batches(io.BytesIO(text.encode()), PLAIN_CSV, schema)
    write_batches(source, fmt, sink, schema=schema)
    back = read_batches(io.BytesIO(sink.getvalue()), fmt, schema).read_all().to_pylist()
    assert back == [{"d": moment.date(), "t": moment, "h": moment.time()}]
