"""Formats as values: their hints, their equality, their names."""

from __future__ import annotations

import dataclasses
import pickle
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from records_mover.errors import FormatError
from records_mover.formats import (
    AvroRecordsFormat,
    DelimitedRecordsFormat,
    JsonLinesRecordsFormat,
    ParquetRecordsFormat,
    RecordsFormat,
    ValidatedRecordsHints,
    format_from_config,
    format_from_name,
)
from records_mover.formats.delimited.hints import HINTS, VARIANTS
from records_mover.formats.names import PLAIN_CSV
from records_mover.instructions import ProcessingInstructions

if TYPE_CHECKING:
    from records_mover.formats import BaseRecordsFormat

LENIENT = ProcessingInstructions(fail_if_dont_understand=False, fail_if_cant_handle_hint=False)


def test_every_hint_has_its_place_among_the_validated_ones() -> None:
    names = {field.name for field in dataclasses.fields(ValidatedRecordsHints)}
    assert names == {hint.attribute for hint in HINTS.values()}
    assert all(set(defaults) == set(HINTS) for defaults in VARIANTS.values())


@pytest.mark.parametrize(
    ("variant", "expected"),
    [
        ("bluelabs", (False, ",", "\n", "GZIP", None, False, "\\", "\\N")),
        ("csv", (True, ",", "\n", "GZIP", "minimal", True, None, "")),
        ("bigquery", (True, ",", "\n", "GZIP", "minimal", True, None, "")),
        ("dumb", (False, ",", "\n", "GZIP", None, False, None, "")),
        ("vertica", (False, "\x01", "\x02", None, None, False, None, "")),
    ],
)
def test_a_variant_has_its_defaults(variant: str, expected: tuple[Any, ...]) -> None:
    hints = DelimitedRecordsFormat(variant).validate()
    assert expected == (
        hints.header_row,
        hints.field_delimiter,
        hints.record_terminator,
        hints.compression,
        hints.quoting,
        hints.doublequote,
        hints.escape,
        hints.null_marker,
    )


def test_altering_hints_and_variants_makes_new_formats() -> None:
    base = DelimitedRecordsFormat("bluelabs", {"quoting": "all"})
    altered = base.alter_hints({"field-delimiter": "|"}).alter_variant("csv")
    assert dict(altered.custom_hints) == {"quoting": "all", "field-delimiter": "|"}
    assert altered.variant == "csv"
    assert altered.hints["header-row"] is True
    assert base.hints["field-delimiter"] == ","
    with pytest.raises(TypeError):
        base.hints["quoting"] = None  # type: ignore[index]
    with pytest.raises(AttributeError):
        base.variant = "csv"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"datetimeformat": "YYYY-MM-DD HH:MI:SS"}, {"datetimeformat": "YYYY-MM-DD HH24:MI:SS"}),
        ({"timeonlyformat": "HH:MI AM"}, {"timeonlyformat": "HH12:MI AM"}),
        ({"quoting": "all"}, {"quoting": "minimal"}),
        ({"encoding": "UTF16"}, {"encoding": "UTF16BOM"}),
        ({"encoding": "LATIN1"}, {"encoding": "iso-8859-1"}),
        ({"quoting": None, "quotechar": "'"}, {"quoting": None, "quotechar": '"'}),
    ],
)
def test_formats_are_equal_when_a_reader_sees_no_difference(
    one: dict[str, object], other: dict[str, object]
) -> None:
    left, right = DelimitedRecordsFormat("csv", one), DelimitedRecordsFormat("csv", other)
    assert left == right
    assert hash(left) == hash(right)


def test_another_variant_name_alone_makes_no_difference() -> None:
    csv = DelimitedRecordsFormat("csv")
    same = DelimitedRecordsFormat("dumb", csv.hints)
    assert csv == same
    assert csv != DelimitedRecordsFormat("dumb")


@pytest.mark.parametrize(
    "hints",
    [
        {"quoting": None},
        {"timeonlyformat": "HH12:MI:SS"},
        {"compression": None},
        {"null-marker": "NULL"},
        {"encoding": "UTF8BOM"},
        {"dateformat": "DD/MM/YY"},
    ],
)
def test_formats_differ_where_a_reader_would_read_otherwise(hints: dict[str, object]) -> None:
    assert DelimitedRecordsFormat("csv", hints) != DelimitedRecordsFormat("csv")


def test_formats_survive_pickling_and_their_configuration() -> None:
    for fmt in (
        DelimitedRecordsFormat("csv", {"quoting": "all"}),
        ParquetRecordsFormat(),
        AvroRecordsFormat(),
        JsonLinesRecordsFormat("GZIP"),
    ):
        assert pickle.loads(pickle.dumps(fmt)) == fmt
        config = fmt.config()
        assert config is None or format_from_config(config) == fmt


def test_an_unknown_hint_is_refused_with_the_likely_one() -> None:
    with pytest.raises(
        FormatError, match=r"'field_delimiter' \(did you mean 'field-delimiter'\?\)"
    ):
        DelimitedRecordsFormat("csv", {"field_delimiter": ";"})


def test_an_unknown_hint_or_variant_is_a_warning_when_asked(
    caplog: pytest.LogCaptureFixture,
) -> None:
    fmt = DelimitedRecordsFormat("strange", {"colour": "red"}, LENIENT)
    assert "the variant 'strange'" in caplog.text
    assert "'colour'" in caplog.text
    assert fmt == DelimitedRecordsFormat("dumb")


@pytest.mark.parametrize(
    ("hint", "value"),
    [
        ("header-row", "yes"),
        ("field-delimiter", ""),
        ("quoting", "some"),
        ("quotechar", "«"),
        ("encoding", "klingon"),
        ("encoding", "rot13"),
        ("escape", "^"),
        ("compression", "ZIP"),
        ("dateformat", "YYYY-Mon-DD"),
        ("skip-lines", -1),
        ("boolean-format", "yes"),
        ("decimal-separator", ";"),
    ],
)
def test_a_bad_value_is_refused_or_replaced_by_the_fallback(
    hint: str, value: object, caplog: pytest.LogCaptureFixture
) -> None:
    fmt = DelimitedRecordsFormat("bluelabs", {hint: value})
    with pytest.raises(FormatError, match=f"the hint '{hint}' cannot be used"):
        fmt.validate()
    checked = fmt.validate(fail_if_cant_handle_hint=False)
    assert getattr(checked, HINTS[hint].attribute) == HINTS[hint].fallback
    assert hint in caplog.text


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("a.csv", PLAIN_CSV),
        ("dir.parquet/a.CSV.GZ", PLAIN_CSV.alter_hints({"compression": "GZIP"})),
        ("a.tsv.zst", PLAIN_CSV.alter_hints({"compression": "ZSTD", "field-delimiter": "\t"})),
        ("a.csv.bz2", PLAIN_CSV.alter_hints({"compression": "BZIP"})),
        ("https://host/a.csv.lz4?x=a.avro", PLAIN_CSV.alter_hints({"compression": "LZ4"})),
        ("a.parquet", ParquetRecordsFormat()),
        ("a.avro", AvroRecordsFormat()),
        ("a.jsonl", JsonLinesRecordsFormat()),
        ("a.ndjson.gz", JsonLinesRecordsFormat("GZIP")),
        ("a.txt", None),
        ("csv", None),
        ("a.parquet.gz", None),
    ],
)
def test_a_name_tells_the_format(name: str, expected: BaseRecordsFormat | None) -> None:
    assert format_from_name(name) == expected


def test_a_file_name_settles_the_compression_that_no_hint_says() -> None:
    assert DelimitedRecordsFormat("csv").for_name("a.csv").compression is None
    assert DelimitedRecordsFormat("csv").for_name("a.csv.gz").compression == "GZIP"
    told = DelimitedRecordsFormat("csv", {"compression": "BZIP"})
    assert told.for_name("a.csv").compression == "BZIP"
    assert JsonLinesRecordsFormat().for_name("a.jsonl.zst").compression == "ZSTD"


@pytest.mark.parametrize(
    ("fmt", "name"),
    [
        (DelimitedRecordsFormat("csv"), "x.csv.gz"),
        (DelimitedRecordsFormat("csv", {"compression": "ZSTD"}), "x.csv.zst"),
        (DelimitedRecordsFormat("csv", {"compression": None, "field-delimiter": "\t"}), "x.tsv"),
        (ParquetRecordsFormat(), "x.parquet"),
        (AvroRecordsFormat(), "x.avro"),
        (JsonLinesRecordsFormat("LZ4"), "x.jsonl.lz4"),
    ],
)
def test_a_format_names_its_files(fmt: BaseRecordsFormat, name: str) -> None:
    assert fmt.generate_filename("x") == name


def test_the_factory_knows_each_type_and_refuses_others() -> None:
    assert RecordsFormat() == DelimitedRecordsFormat("bluelabs")
    assert RecordsFormat("parquet") == ParquetRecordsFormat()
    assert RecordsFormat("jsonl", hints={"compression": "GZIP"}) == JsonLinesRecordsFormat("GZIP")
    with pytest.raises(FormatError, match="the format 'excel' is unknown"):
        RecordsFormat("excel")


def test_importing_formats_and_schemas_loads_nothing_heavy() -> None:
    code = (
        "import sys, io, records_mover.formats, records_mover.schema\n"
        "from records_mover.formats import DelimitedRecordsFormat, format_from_name\n"
        "from records_mover.formats.sniff import sniff\n"
        "import gzip\n"
        "for data in (b'a,b\\n1,2\\n', gzip.compress(b'a,b\\n1,2\\n')):\n"
        "    assert sniff(lambda: io.BytesIO(data)).columns == ('a', 'b')\n"
        "heavy = {'pyarrow', 'pandas', 'numpy', 'charset_normalizer', 'fastavro'}\n"
        "assert not heavy & set(sys.modules), heavy & set(sys.modules)\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_moving_rows_never_loads_pandas() -> None:
    code = (
        "import io, sys\n"
        "from records_mover.formats import *\n"
        "from records_mover.formats.names import PLAIN_CSV\n"
        "from records_mover.formats.recode.files import recode\n"
        'rows = (b\'id,name,price,day,ts,tz,b\\n1,"a,""b""",1.5,2000-01-01,\'\n'
        "    b'2000-01-01 01:02:03.5,2000-01-01 01:02:03Z,true\\n,,,,,,\\n')\n"
        "schema = infer_schema([lambda: io.BytesIO(rows)], PLAIN_CSV)\n"
        "bluelabs = DelimitedRecordsFormat('bluelabs', {'compression': None})\n"
        "for fmt in (PLAIN_CSV, bluelabs, ParquetRecordsFormat(), JsonLinesRecordsFormat()):\n"
        "    sink, again = io.BytesIO(), io.BytesIO()\n"
        "    recode([lambda: io.BytesIO(rows)], PLAIN_CSV, sink, fmt, schema=schema)\n"
        "    table = read_batches(io.BytesIO(sink.getvalue()), fmt, schema).read_all()\n"
        "    write_batches(table.to_reader(), PLAIN_CSV, again, schema=schema)\n"
        "assert 'pandas' not in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
