"""Hints become options of COPY, or reasons why they cannot; identifiers and texts are quoted."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import create_engine, make_url

from mover_vertica.catalog import Described, DescribedColumn
from mover_vertica.database import VerticaDatabase
from mover_vertica.dialect import register
from mover_vertica.holding import lying
from mover_vertica.options import NO_NULL, CopyOptions, copy_options
from mover_vertica.rejected import Place, bad_row
from mover_vertica.reshaping import SPELLING, alters, is_altered, made_like
from mover_vertica.settings import driver_options, settings_of
from mover_vertica.statements import CopyColumn, CopyStatement
from mover_vertica.types import column_type, field_of
from mover_vertica.words import identifier, literal, option, shortened
from records_mover.errors import ConfigError, FormatError, MoverError, SchemaError
from records_mover.formats import (
    AvroRecordsFormat,
    DelimitedRecordsFormat,
    JsonLinesRecordsFormat,
    ParquetRecordsFormat,
)
from records_mover.parts import Column, Reshape, TableName
from records_mover.schema import (
    DecimalConstraints,
    Field,
    IntegerConstraints,
    RecordsSchema,
    StringConstraints,
    StringStatistics,
    TimeConstraints,
)
from vertica_server.grammar.copy import parse_copy
from vertica_server.grammar.table import parse_create_table
from vertica_server.sql.cursor import Cursor
from vertica_server.sql.lexer import tokens

if TYPE_CHECKING:
    from records_mover.schema import FieldType

GENERATED = Path(__file__).parents[1] / "judges" / "generated.txt"
PLAIN = {"compression": None}


def _text(variant: Any = "bluelabs", **hints: Any) -> DelimitedRecordsFormat:
    named = {name.replace("_", "-"): value for name, value in hints.items()}
    return DelimitedRecordsFormat(variant, {**PLAIN, **named})


@pytest.mark.parametrize(
    ("form", "clauses"),
    [
        (_text(), r"DELIMITER ',' ENFORCELENGTH ESCAPE AS '\' NULL AS '\N' NO COMMIT"),
        (_text("dumb"), "DELIMITER ',' ENFORCELENGTH NO ESCAPE NULL AS '' NO COMMIT"),
        (
            _text("vertica"),
            (
                r"DELIMITER E'\001' ENFORCELENGTH NO ESCAPE NULL AS ''"
                r" RECORD TERMINATOR E'\002' NO COMMIT"
            ),
        ),
        (
            _text(field_delimiter="\t", record_terminator="\r\n", header_row=True, skip_lines=2),
            (
                r"DELIMITER E'\t' ENFORCELENGTH ESCAPE AS '\' NULL AS '\N'"
                r" RECORD TERMINATOR E'\r\n' SKIP 3 NO COMMIT"
            ),
        ),
        (
            _text(null_marker=None, field_delimiter="'"),
            rf"DELIMITER '''' ENFORCELENGTH ESCAPE AS '\' NULL AS '{NO_NULL}' NO COMMIT",
        ),
    ],
)
def test_hints_become_options(form: DelimitedRecordsFormat, clauses: str) -> None:
    options = copy_options(form)
    assert isinstance(options, CopyOptions)
    statement = CopyStatement(table='"t"', columns=(CopyColumn(name="a"),), options=options)
    assert str(statement) == f'COPY "t" ("a") FROM STDIN ABORT ON ERROR {clauses}'
    parse_copy(Cursor(tokens(str(statement))))


@pytest.mark.parametrize("name", ["GZIP", "BZIP", "ZSTD", "LZO"])
def test_what_is_packed_is_sent_packed(name: str) -> None:
    options = copy_options(_text(compression=name))
    assert isinstance(options, CopyOptions)
    assert options.codec == name


@pytest.mark.parametrize(
    ("hints", "hint", "why"),
    [
        ({"compression": "LZ4"}, "compression", "unpacks no LZ4"),
        ({"encoding": "LATIN1"}, "encoding", "UTF8, not LATIN1"),
        ({"encoding": "UTF8BOM"}, "encoding", "UTF8, not UTF8BOM"),
        ({"comment": "#"}, "comment", "knows no comments"),
        ({"field_delimiter": "||"}, "field-delimiter", "one ASCII character"),
        ({"field_delimiter": "é"}, "field-delimiter", "one ASCII character"),
        ({"field_delimiter": "\n"}, "field-delimiter", "one ASCII character"),
        ({"record_terminator": "é"}, "record-terminator", "cannot be told"),
        ({"record_terminator": ",\n"}, "record-terminator", "holds the delimiter"),
        ({"quoting": "all", "doublequote": True}, "doublequote", "knows no doubled quotes"),
        ({"quoting": "all", "quotechar": ","}, "quotechar", "cannot quote with"),
        ({"quoting": "minimal"}, "quoting", "ends a row at a newline even inside of quotes"),
        ({"null_marker": "NULL"}, "null-marker", "also takes 'null' for NULL"),
        ({"null_marker": "é"}, "null-marker", "cannot be told"),
        ({"null_marker": "\\X"}, "null-marker", "cannot be told"),
        ({"null_marker": "\\N", "escape": None}, "null-marker", "also takes"),
        ({"decimal_separator": ","}, "decimal-separator", "with a point only"),
        ({"boolean_format": "ja/nein"}, "boolean-format", "does not read"),
        ({"dateformat": "DD/MM/YY"}, "dateformat", "no FORMAT for"),
        ({"datetimeformattz": "MM/DD/YYYY HH24:MI:SSOF"}, "datetimeformattz", "no FORMAT for"),
    ],
)
def test_a_hint_that_copy_cannot_honour_is_refused_with_its_reason(
    hints: dict[str, Any], hint: str, why: str
) -> None:
    found = copy_options(_text(**hints))
    assert not isinstance(found, CopyOptions)
    assert any(one.hint == hint and why in one.why for one in found)


def test_whoever_says_that_hints_need_not_be_honoured_gets_more() -> None:
    form = _text(quoting="minimal", null_marker="NULL")
    assert not isinstance(copy_options(form), CopyOptions)
    options = copy_options(form, lenient=True)
    assert isinstance(options, CopyOptions)
    assert (options.quote, options.null) == ('"', "NULL")


def test_dates_that_are_not_written_as_iso_has_it_have_a_format_each() -> None:
    options = copy_options(
        _text(
            dateformat="MM/DD/YYYY",
            datetimeformat="DD.MM.YYYY HH24.MI.SS",
            timeonlyformat="HH24.MI",
        )
    )
    assert isinstance(options, CopyOptions)
    assert options.formats == {
        "date": "MM/DD/YYYY",
        "datetime": "DD.MM.YYYY HH24.MI.SS",
        "time": "HH24.MI",
    }


def test_other_formats_have_parsers_of_their_own() -> None:
    for form, mode in (
        (JsonLinesRecordsFormat(), "json"),
        (ParquetRecordsFormat(), "parquet"),
        (AvroRecordsFormat(), "avro"),
    ):
        options = copy_options(form)
        assert isinstance(options, CopyOptions)
        assert options.mode == mode


def _statements() -> dict[str, str]:
    """Return statements of every kind that is generated, with what the judge is to say."""
    text = copy_options(_text(header_row=True))
    json, parquet = copy_options(JsonLinesRecordsFormat()), copy_options(ParquetRecordsFormat())
    packed = copy_options(_text("vertica", compression="GZIP"))
    quoted = copy_options(_text(quoting="minimal"), lenient=True)
    for each in (text, json, parquet, packed, quoted):
        assert isinstance(each, CopyOptions)
    plain = (CopyColumn(name="a"), CopyColumn(name='b "c"'))
    made = (
        CopyColumn(name="d", format="MM/DD/YYYY"),
        CopyColumn(name="x", filler="long varchar(32000000)", made="HEX_TO_BINARY({0})"),
        CopyColumn(name="row", filler="boolean"),
    )
    urls = ("s3://b/k", "s3://b/l")
    rejecting: dict[str, Any] = {"rejects": '"r"', "reject_max": 3}
    said: list[tuple[str, Any]] = [
        ("yes", CopyStatement(table='"s"."t"', columns=plain, options=text)),  # type: ignore[arg-type]
        ("yes", CopyStatement(table='"t"', columns=plain, options=text, **rejecting)),  # type: ignore[arg-type]
        ("yes", CopyStatement(table='"t"', columns=made, options=text)),  # type: ignore[arg-type]
        ("yes", CopyStatement(table='"t"', columns=plain, options=quoted)),  # type: ignore[arg-type]
        ("yes", CopyStatement(table='"t"', columns=plain, options=text, sources=urls)),  # type: ignore[arg-type]
        ("ours", CopyStatement(table='"t"', columns=plain, options=packed, sources=urls)),  # type: ignore[arg-type]
        ("yes", CopyStatement(table='"t"', columns=plain, options=parquet, sources=urls)),  # type: ignore[arg-type]
        ("order", CopyStatement(table='"t"', columns=plain, options=json, sources=urls)),  # type: ignore[arg-type]
        ("yes", CopyStatement(table='"t"', columns=plain, options=text, stream="mine")),  # type: ignore[arg-type]
    ]
    return {" ".join(str(statement).split()): word for word, statement in [*said, *_definitions()]}


def _definitions() -> list[tuple[str, str]]:
    register()
    url = "vertica://h/db?order_by=a&segmented_by=b,a&ksafe=1"
    database = VerticaDatabase(create_engine(url))
    plain = VerticaDatabase(create_engine("vertica://h/db?segmented_by=none"))
    kinds: tuple[FieldType, ...] = (
        "integer", "decimal", "string", "boolean", "date", "time", "timetz", "datetime",
        "datetimetz", "bytes", "uuid", "json", "interval",
    )  # fmt: skip
    required = IntegerConstraints(required=True, min=0, max=9)
    fields = [Field("a", "integer", required), *(Field(f"{kind} x", kind) for kind in kinds)]
    schema, few = (
        RecordsSchema([*fields, Field("b", "string")]),
        RecordsSchema([Field("a", "date")]),
    )
    name, stage = TableName(name="t", schema="s"), TableName(name="mover_stage_1_t", schema="s")
    return [
        ("yes", database.create_statements(name, schema)[0]),
        ("yes", plain.create_statements(name, few)[0]),
        *(("yes", sql) for sql in made_like(database, stage, _described(name), [], Reshape())),
        *(("yes", sql) for sql in alters(database, stage, _described(name), _change())),
    ]


def _described(name: TableName) -> Described:
    columns = (
        DescribedColumn(name="v", type="varchar(5)", required=True),
        DescribedColumn(name="d", type="date", required=True, default="'2020-01-02'::date"),
        DescribedColumn(name="n", type="int", required=True),
        DescribedColumn(name="gone", type="int"),
    )
    return Described(name=name, schema="s", kind="table", owner="dbadmin", columns=columns)


def _change() -> Reshape:
    return Reshape(
        added=(Column(name="new", type="numeric(9,4)", nullable=False),),
        dropped=("gone",),
        retyped=(("v", "varchar(9)"), ("d", "timestamp")),
        loosened=("n",),
    )


def test_the_statements_that_the_judge_from_outside_sees_are_those_of_today() -> None:
    lines = [f"{word} {sql}" for sql, word in _statements().items()]
    assert GENERATED.read_text().splitlines()[2:] == lines


@pytest.mark.parametrize("sql", [sql for sql in _statements() if not sql.startswith("ALTER")])
def test_the_strict_server_reads_every_statement(sql: str) -> None:
    parse = parse_copy if sql.startswith("COPY") else parse_create_table
    parse(Cursor(tokens(sql)))


def test_names_and_texts_are_quoted() -> None:
    assert identifier('a "b"') == '"a ""b"""'
    assert literal("it's \\ 100%") == "'it''s \\ 100%'"
    assert option("\x01'\\\n") == "E'\\001''\\\\\\n'"
    assert option("|") == "'|'"
    assert shortened("é" * 70) == "é" * 64
    for quote in (identifier, literal):
        with pytest.raises(SchemaError, match="NUL"):
            quote("a\0")
    with pytest.raises(FormatError, match="sign of ASCII"):
        option("é")


def _whole(low: int, high: int) -> IntegerConstraints:
    return IntegerConstraints(min=low, max=high)


def _fixed(digits: int, scale: int) -> DecimalConstraints:
    return DecimalConstraints(fixed_precision=digits, fixed_scale=scale)


def _seen(octets: int) -> StringStatistics:
    return StringStatistics(rows_sampled=2, total_rows=2, max_length_bytes=octets)


_SINGLE = DecimalConstraints(fp_total_bits=32, fp_significand_bits=23)


@pytest.mark.parametrize(
    ("field", "word"),
    [
        (Field("a", "integer", _whole(0, 2**63 - 1)), "int"),
        (Field("a", "integer", _whole(0, 2**64 - 1)), "numeric(20,0)"),
        (Field("a", "decimal", _fixed(50, 12)), "numeric(50,12)"),
        (Field("a", "decimal", _fixed(3, -2)), "numeric(5,0)"),
        (Field("a", "decimal", _SINGLE), "float"),
        (Field("a", "decimal"), "varchar(65000)"),
        (Field("a", "string"), "varchar(65000)"),
        (Field("a", "string", StringConstraints(max_length_chars=10)), "varchar(40)"),
        (Field("a", "string", StringConstraints(max_length_bytes=10)), "varchar(10)"),
        (Field("a", "string", StringConstraints(max_length_chars=0)), "varchar(1)"),
        (Field("a", "string", StringConstraints(max_length_chars=20_000)), "long varchar(80000)"),
        (Field("a", "string", None, _seen(300)), "varchar(512)"),
        (Field("a", "string", None, _seen(40_000)), "varchar(65000)"),
        (Field("a", "time", TimeConstraints(precision=3)), "time(3)"),
        (Field("a", "datetimetz"), "timestamptz"),
        (Field("a", "bytes"), "long varbinary(1048576)"),
        (Field("a", "uuid"), "uuid"),
        (Field("a", "json"), "varchar(65000)"),
    ],
)
def test_a_field_gets_the_type_that_holds_it(field: Field, word: str) -> None:
    assert column_type(field) == word


@pytest.mark.parametrize(
    "word",
    [
        "int", "float", "numeric(37,15)", "varchar(80)", "char(3)", "long varchar(1048576)",
        "boolean", "date", "time(3)", "timetz", "timestamp", "timestamptz(2)", "uuid",
        "varbinary(80)", "binary(2)", "long varbinary(99)", "interval day to second",
        "interval year to month", "array[int]", "set[varchar(80)]", "row(a int)",
        "geometry(1000000)",
    ],
)  # fmt: skip
def test_a_type_of_vertica_becomes_itself_again(word: str) -> None:
    assert column_type(field_of("a", word)) == word


def test_more_digits_than_there_are_is_refused_by_its_column() -> None:
    facts = DecimalConstraints(fixed_precision=1025, fixed_scale=2)
    with pytest.raises(SchemaError, match="column 'a' needs a numeric of 1025 digits"):
        column_type(Field("a", "decimal", facts))


def test_a_url_says_what_the_driver_is_given() -> None:
    url = make_url(
        "vertica://me:p%40ss@h:1/db?tlsmode=Verify-Full&tls_cafile=/ca.pem&s3=off"
        "&connection_load_balance=true&backup_server_node=a,b:2&connection_timeout=2.5"
        "&oauth_access_token=t&session_label=mine"
    )
    assert driver_options(url) == {
        "host": "h", "port": 1, "user": "me", "password": "p@ss", "database": "db",
        "tlsmode": "verify-full", "tls_cafile": "/ca.pem", "connection_load_balance": True,
        "backup_server_node": [("a", 1), ("b", 2)], "connection_timeout": 2.5,
        "oauth_access_token": "t", "session_label": "mine",
    }  # fmt: skip
    assert not settings_of(url, {}).s3
    assert settings_of(make_url("vertica://h/db"), {"VERTICA_S3": "off"}).s3 is False


@pytest.mark.parametrize(
    ("query", "why"),
    [
        ("tlsmode=yes", "tlsmode of Vertica cannot be 'yes'"),
        ("tlsmod=require", "did you mean 'tlsmode'"),
        ("log_path=x", "knows no option 'log_path'"),
        ("connection_timeout=soon", "a number of seconds"),
        ("connection_load_balance=perhaps", "true or false"),
        ("backup_server_node=h:x", "host:port"),
        ("s3=perhaps", "use one of: on, off"),
        ("ksafe=3", "use one of: 0, 1, 2"),
    ],
)
def test_what_a_url_cannot_say_is_an_error_before_anything_is_opened(query: str, why: str) -> None:
    url = make_url(f"vertica://h/db?{query}")

    def read() -> None:
        driver_options(url)
        settings_of(url, {})

    with pytest.raises(ConfigError, match=why):
        read()


class _Said:
    error_code = "2035"
    sqlstate = "22V04"
    detail = hint = None

    def __init__(self, message: str) -> None:
        self.message = message


def _rejected(message: str) -> Any:
    error = Exception("it has the statement")
    error.error_response = _Said(message)  # type: ignore[attr-defined]
    return error


def test_a_rejected_row_is_told_with_its_line_and_its_column() -> None:
    said = "COPY: Input record 2 has been rejected (Invalid integer format 'x' for column 1 (id))"
    found = bad_row(_rejected(said), "s.t", Place(source="a.csv", skip=1))
    assert isinstance(found, MoverError)
    assert (found.line, found.column) == (3, "id")
    assert str(found).startswith("cannot load 'a.csv', line 3, into 's.t': Invalid integer format")
    by_row = bad_row(_rejected(said), "s.t", Place(source="", by_line=False))
    assert str(by_row).startswith("cannot load row 2, into 's.t'")


@pytest.mark.parametrize(
    ("own", "standard"),
    [
        ("int", "bigint"),
        ("float", "double precision"),
        ("numeric(9,4)", "numeric(9,4)"),
        ("varchar(9)", "character varying(9)"),
        ("long varchar(65001)", "character varying(65001)"),
        ("char(3)", "character(3)"),
        ("timestamp(3)", "timestamp(3) without time zone"),
        ("timetz", "time with time zone"),
        ("date", "date"),
        ("uuid", "uuid"),
    ],
)
def test_a_type_is_spelled_as_the_standard_does_and_back(own: str, standard: str) -> None:
    assert SPELLING.standard(own) == standard
    assert SPELLING.own(standard) == own


@pytest.mark.parametrize(
    ("old", "new", "found"),
    [
        ("varchar(5)", "varchar(9)", "varchar(9)"),
        ("varchar(5)", "long varchar(70000)", "long varchar(70000)"),
        ("int", "numeric(30,2)", "numeric(30,2)"),
        ("float", "int", None),  # digits without end, which no type here has
        ("date", "timestamptz", "timestamptz"),
        ("interval day to second", "varchar(9)", None),
        ("array[int8]", "varchar(9)", None),
    ],
)
def test_a_type_gives_way_to_one_of_the_server(old: str, new: str, found: str | None) -> None:
    assert SPELLING.roomier(old, new) == found


@pytest.mark.parametrize(
    ("old", "new", "altered"),
    [
        ("varchar(5)", "varchar(9)", True),
        ("char(5)", "varchar(9)", True),
        ("varchar(5)", "long varchar(70000)", False),
        ("numeric(5,2)", "numeric(18,2)", True),
        ("numeric(18,2)", "numeric(19,2)", False),
        ("numeric(5,2)", "numeric(6,3)", False),
        ("date", "timestamp", False),
        ("array[int8]", "varchar(9)", False),
    ],
)
def test_a_column_is_altered_where_its_rows_need_not_be_written_anew(
    old: str, new: str, altered: bool
) -> None:
    assert is_altered(old, new) is altered


def test_a_column_is_needed_where_another_is_made_of_it() -> None:
    made = DescribedColumn(name="b", type="int", default="(a + 1)")
    used = DescribedColumn(name="c", type="int", using='(SELECT max("a") FROM s.o)')
    columns = (DescribedColumn(name="a", type="int"), made, used)
    name = TableName(name="t", schema="s")
    table = Described(name=name, schema="s", kind="table", owner="dbadmin", columns=columns)
    assert list(lying(lambda _: [], table, ["a", "b"], [])) == [
        ("a", "column b"),
        ("a", "column c"),
    ]
