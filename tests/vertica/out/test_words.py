"""From hints to the statements of EXPORT and S3EXPORT, which the corpus of the judges has too."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from mover_vertica.export.options import ExportOptions, export_options, s3export_options
from mover_vertica.export.selecting import cannot_carry, columns_of, looked_for, source_of
from mover_vertica.export.statements import ExportStatement, LibraryStatement
from mover_vertica.select.statement import select_of
from mover_vertica.types import field_of
from mover_vertica.words import identifier
from records_mover.formats import (
    AvroRecordsFormat,
    DelimitedRecordsFormat,
    JsonLinesRecordsFormat,
    ParquetRecordsFormat,
)
from records_mover.parts import Selection, TableName
from records_mover.schema import Field, RecordsSchema

CORPUS = (Path(__file__).parents[1] / "judges" / "corpus.txt").read_text()
ISO = {
    "dateformat": "YYYY-MM-DD",
    "datetimeformat": "YYYY-MM-DD HH24:MI:SS",
    "datetimeformattz": "YYYY-MM-DD HH24:MI:SSOF",
    "compression": None,
}


def text(variant: str, **hints: Any) -> DelimitedRecordsFormat:
    return DelimitedRecordsFormat(variant, {n.replace("_", "-"): v for n, v in hints.items()})


def csv(**hints: Any) -> DelimitedRecordsFormat:
    return text("csv", **{**ISO, **hints})


def options(form: Any, make: Any = export_options) -> ExportOptions:
    found = make(form)
    assert isinstance(found, ExportOptions), found
    return found


def schema(**spelled: str) -> RecordsSchema:
    return RecordsSchema([field_of(name, kind.replace("_", " ")) for name, kind in spelled.items()])


@pytest.mark.parametrize(
    "form",
    [ParquetRecordsFormat(), csv(), text("bluelabs"), text("vertica"),
     csv(compression="ZSTD", header_row=False, escape="\\", doublequote=False)],
    ids=["parquet", "csv", "bluelabs", "vertica", "escaped"],
)  # fmt: skip
def test_an_export_is_one_that_the_judges_know(form: Any) -> None:
    statement = ExportStatement(
        query='SELECT "a" FROM "t"', folder="s3://b/x/", options=options(form)
    )
    assert f"ours {statement}\n" in CORPUS


@pytest.mark.parametrize(
    "form",
    [csv(header_row=False, compression="BZIP"), text("bluelabs", compression=None),
     text("vertica")],
    ids=["csv", "bluelabs", "vertica"],
)  # fmt: skip
def test_an_s3export_is_one_that_the_judges_know(form: Any) -> None:
    statement = LibraryStatement(
        columns=('"a"', '"b"'),
        source='"t"',
        url="s3://b/x/records.csv",
        options=options(form, s3export_options),
        chunk_bytes=134217728,
    )
    assert f"yes {statement}\n" in CORPUS


def test_the_size_of_files_is_said_where_it_is_wanted() -> None:
    made = ExportStatement(
        query="SELECT 1", folder="s3://b/x", options=options(ParquetRecordsFormat()), file_mb=5
    )
    assert "directory = 's3://b/x', fileSizeMB = 5" in str(made)


@pytest.mark.parametrize(
    ("hints", "why"),
    [
        ({"field_delimiter": "||"}, "field-delimiter: Vertica takes one ASCII character"),
        ({"record_terminator": "é"}, "record-terminator: Vertica takes ASCII"),
        ({"null_marker": None}, "null-marker: Vertica needs a way to write NULL"),
        ({"null_marker": "é"}, "null-marker: Vertica cannot be told"),
        ({"decimal_separator": ","}, "decimal-separator: Vertica writes numbers with a point"),
        ({"skip_lines": 1}, "skip-lines: Vertica writes no lines before"),
        ({"compression": "LZO"}, "compression: it packs with GZIP, BZIP, ZSTD only, not LZO"),
        ({"encoding": "UTF16"}, "encoding: Vertica writes UTF8"),
        ({"encoding": "UTF8BOM"}, "encoding: Vertica writes UTF8"),
        ({"quoting": "all"}, "quoting: Vertica puts quotes around text and dates only"),
        ({"escape": "\\"}, "escape: Vertica escapes a quote in one way"),
        ({"doublequote": False}, "doublequote: Vertica needs a way to write a quote"),
        ({"dateformat": "MM/DD/YY"}, "dateformat: Vertica writes YYYY-MM-DD, not MM/DD/YY"),
        ({"timeonlyformat": "HH12:MI AM"}, "timeonlyformat: Vertica writes HH24:MI:SS"),
        ({"datetimeformat": "YYYY-MM-DD"}, "datetimeformat: Vertica writes"),
        ({"datetimeformattz": "YYYY-MM-DD HH24:MI:SS"}, "datetimeformattz: Vertica writes"),
    ],
)  # fmt: skip
def test_a_hint_that_cannot_be_honoured_is_refused_with_its_reason(
    hints: dict[str, Any], why: str
) -> None:
    found = export_options(csv(**hints))
    assert not isinstance(found, ExportOptions)
    assert any(str(each).startswith(why) for each in found)


def test_formats_that_are_not_written_are_refused() -> None:
    for form, why in (
        (JsonLinesRecordsFormat(), "EXPORT TO JSON leaves open"),
        (AvroRecordsFormat(), "no avro"),
    ):
        found = export_options(form)
        assert not isinstance(found, ExportOptions)
        assert why in str(found[0])
    others = (
        (ParquetRecordsFormat(), "delimited text, not parquet"),
        (csv(), "no header"),
    )
    for other, why in others:
        found = s3export_options(other)
        assert not isinstance(found, ExportOptions)
        assert why in "; ".join(map(str, found))


def test_a_column_that_a_format_would_not_keep_is_named() -> None:
    parquet, quoted = options(ParquetRecordsFormat()), options(csv())
    for spelled, made, why in (
        ("float", quoted, "15 digits of a FLOAT in text, and column 'c' is one"),
        ("interval day to second", quoted, "an interval as nobody else reads it"),
        ("interval year to month", parquet, "an interval as nobody else reads it"),
        ("array[int]", parquet, "what is nested as COPY alone reads it"),
        ("time", parquet, "a time of day as text"),
        ("timetz", parquet, "a time of day as text"),
        ("numeric(39,2)", parquet, "a NUMERIC of more than 38 digits as text"),
    ):
        said = cannot_carry(schema(c=spelled), made, "EXPORT", lenient=False)
        assert said.startswith(f"EXPORT writes {why}")
    assert not cannot_carry(schema(c="float"), quoted, "EXPORT", lenient=True)
    kept = schema(
        a="int", b="numeric(38,2)", c="varchar(5)", d="timestamptz", e="long varbinary(9)"
    )
    for made in (parquet, quoted):
        assert not cannot_carry(kept, made, "EXPORT", lenient=False)
    assert not cannot_carry(schema(a="float"), parquet, "EXPORT", lenient=False)


def test_columns_are_selected_as_the_format_wants_them() -> None:
    every = schema(u="uuid", z="timestamptz", r="varbinary(5)", b="boolean", n="numeric(9,2)")
    assert columns_of(every, options(ParquetRecordsFormat())) == (
        'CAST("u" AS VARCHAR(36)) AS "u"', '("z" AT TIME ZONE \'UTC\') AS "z"', '"r"', '"b"', '"n"',
    )  # fmt: skip
    assert columns_of(every, options(csv())) == (
        '"u"', '"z"', "'\\x' || TO_HEX(\"r\") AS \"r\"",
        "CASE WHEN \"b\" THEN 'true' WHEN NOT \"b\" THEN 'false' END AS \"b\"", '"n"',
    )  # fmt: skip
    assert columns_of(schema(b="boolean"), options(csv(boolean_format="t/f"))) == ('"b"',)
    assert source_of(Selection(query="SELECT 1; -- so"), "") == "(SELECT 1\n) mover_query"


def test_only_text_that_nothing_escapes_is_looked_at() -> None:
    every = schema(n="int", a="varchar(5)")
    assert not looked_for(every, options(csv()), "t")
    assert not looked_for(schema(n="int"), options(text("vertica")), "t")
    query = looked_for(every, options(text("vertica")), '"t"')
    assert query.startswith("SELECT CASE WHEN (INSTR(\"a\", E'\\001') > 0 OR ")
    assert query.endswith("E'\\003') > 0) LIMIT 1")
    assert f"yes {query}\n" in CORPUS


def test_a_select_asks_for_text_where_binary_would_not_do() -> None:
    table = Selection(table=TableName(name="t"))
    every = schema(a="int", z="timetz", n="numeric(77,2)", m="numeric(76,2)", f="float")
    assert select_of(table, every, identifier, '"t"') == (
        'SELECT "a", CAST("z" AS VARCHAR(32)) AS "z", CAST("n" AS VARCHAR(1030)) AS "n", "m", "f"'
        ' FROM "t"'
    )
    unlimited = RecordsSchema([Field("n", "decimal")])
    assert 'CAST("n" AS' in select_of(table, unlimited, identifier, '"t"')
    query = Selection(query="SELECT a FROM t ORDER BY a;")
    assert select_of(query, schema(a="int"), identifier, "") == "SELECT a FROM t ORDER BY a"
    wrapped = select_of(query, schema(a="timetz"), identifier, "")
    assert wrapped.endswith("FROM (SELECT a FROM t ORDER BY a\n) mover_query")
