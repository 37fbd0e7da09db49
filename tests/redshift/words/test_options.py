"""Hints become options of COPY and UNLOAD, or a reason why they cannot; others judge the text."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, Any

import pytest

from mover_redshift.access import Authorization, policy
from mover_redshift.options import NO_NULL, Options, copy_options, unload_options
from mover_redshift.settings import Settings, settings_of
from mover_redshift.statements import CopyStatement, UnloadStatement
from mover_redshift.words import folded, identifier, literal
from records_mover.errors import ConfigError
from records_mover.formats import (
    DelimitedRecordsFormat,
    ParquetRecordsFormat,
    RecordsFormat,
)
from records_mover.secret import Secret
from redshift_server.grammar.copy import parse_copy
from redshift_server.grammar.cursor import Cursor
from redshift_server.grammar.unload import parse_unload
from redshift_server.lexer import tokens

if TYPE_CHECKING:
    from collections.abc import Mapping

KEYS = Authorization(key_id=Secret("AKIA5CANARY5CANARY"), secret=Secret("s3cret'canary\\5"))
TEMPORARY = Authorization(
    key_id=Secret("ASIA5CANARY5CANARY"), secret=Secret("other5canary"), token=Secret("token5canary")
)
ROLE = Authorization(role="arn:aws:iam::123456789012:role/loader")
DEFAULT = Authorization(role="default")


def text(variant: str = "bluelabs", **hints: Any) -> DelimitedRecordsFormat:
    named = {name.replace("_", "-"): value for name, value in hints.items()}
    return DelimitedRecordsFormat(variant, {"compression": None, **named})


CSV = {"dateformat": "YYYY-MM-DD", "datetimeformat": "YYYY-MM-DD HH24:MI:SS",
       "datetimeformattz": "YYYY-MM-DD HH24:MI:SSOF", "null_marker": None}  # fmt: skip

READABLE: Mapping[str, Any] = {
    "bluelabs": text(),
    "gzip": text(compression="GZIP"),
    "bzip": text(compression="BZIP"),
    "lzo": text(compression="LZO"),
    "zstd": text(compression="ZSTD"),
    "tabs": text(field_delimiter="\t"),
    "controls": text(field_delimiter="\x01"),
    "quote as delimiter": text(field_delimiter="'"),
    "header": text(header_row=True, skip_lines=2),
    "utf16": text(encoding="UTF16"),
    "utf16le": text(encoding="UTF16LE"),
    "dates": text(dateformat="MM/DD/YYYY"),
    "moments": text(
        datetimeformat="DD.MM.YYYY HH24:MI:SS", datetimeformattz="DD.MM.YYYY HH24:MI:SS"
    ),
    "twelve": text(
        datetimeformat="MM/DD/YYYY HH12:MI:SS AM", datetimeformattz="MM/DD/YYYY HH12:MI:SS AM"
    ),
    "csv": text("csv", **CSV),
    "quotes": text(quoting="all"),
    "no escape": text(escape=None, null_marker="NULL"),
    "json": RecordsFormat("jsonl"),
    "avro": RecordsFormat("avro"),
    "parquet": ParquetRecordsFormat(),
    "orc": RecordsFormat("orc"),
}
WRITABLE: Mapping[str, Any] = {
    "bluelabs": text(),
    "gzip": text(compression="GZIP"),
    "bzip": text(compression="BZIP"),
    "zstd": text(compression="ZSTD"),
    "header": text(header_row=True),
    "csv": text("csv", **(CSV | {"null_marker": ""}), escape=None),
    "json": RecordsFormat("jsonl"),
    "parquet": ParquetRecordsFormat(),
}


def copy(form: Any, **more: Any) -> CopyStatement:
    options = copy_options(form)
    assert isinstance(options, Options), options
    facts = {
        "table": '"s"."t"',
        "columns": ("a", 'b"c'),
        "source": "s3://b/k/m",
        "options": options,
    }
    return CopyStatement(**{**facts, **more})


def unload(form: Any, **more: Any) -> UnloadStatement:
    options = unload_options(form)
    assert isinstance(options, Options), options
    query = "SELECT \"a\", 'it''s \\\\ ' FROM \"t\""
    return UnloadStatement(**{"query": query, "target": "s3://b/k/", "options": options, **more})


@cache
def linter() -> Any:
    from sqlfluff.core import FluffConfig, Linter

    return Linter(config=FluffConfig(overrides={"dialect": "redshift"}))


def judged(sql: str) -> list[str]:
    """Return what sqlfluff's grammar of Redshift does not understand."""
    parsed = linter().parse_string(sql + ";")
    return [str(violation) for violation in parsed.violations]


@pytest.mark.parametrize("access", [KEYS, TEMPORARY, ROLE, DEFAULT], ids=str)
def test_each_way_in_is_a_clause_that_the_manual_knows(access: Authorization) -> None:
    for statement in (copy(text()), unload(text())):
        assert judged(statement.statement(access).reveal()) == []
    parsed = parse_copy(Cursor(tokens(copy(text()).statement(access).reveal())))
    assert parsed.source == "s3://b/k/m"


@pytest.mark.parametrize("name", READABLE)
def test_every_copy_passes_its_judges(name: str) -> None:
    more: dict[str, Any] = {"manifest": True, "region": "eu-west-1"}
    columnar = name in ("parquet", "orc")
    if not columnar:
        more["max_errors"] = 7
    settings = Settings(compupdate="off", statupdate="on")
    if columnar:
        settings = Settings()
    sql = copy(READABLE[name], **more, settings=settings).statement(KEYS).reveal()
    assert judged(sql) == []
    parsed = parse_copy(Cursor(tokens(sql)))
    assert parsed.columns == ("a", 'b"c')
    assert parsed.flag("manifest")
    assert parsed.flag("roundec") == (not columnar)
    assert parsed.text("region") == ("" if columnar else "eu-west-1")


@pytest.mark.parametrize("name", WRITABLE)
def test_every_unload_passes_its_judges(name: str) -> None:
    settings = Settings(
        unload_parallel="off",
        unload_max_mb=64,
        unload_kms_key_id="1234abcd",
        unload_partition=("a",) if name == "parquet" else (),
    )
    made = unload(WRITABLE[name], region="eu-west-1", settings=settings)
    sql = made.statement(ROLE).reveal()
    parsed = parse_unload(Cursor(tokens(sql)))
    assert parsed.query == made.query
    assert parsed.manifest == "verbose"
    assert not {"ALLOWOVERWRITE", "CLEANPATH", "ADDQUOTES"} & set(sql.split())
    assert judged(sql) == []


def test_no_secret_is_in_what_is_printed() -> None:
    for access in (KEYS, TEMPORARY):
        statement = copy(text()).statement(access)
        assert "canary" in statement.reveal()
        assert "canary" not in (str(statement) + repr(statement) + repr(access)).lower()
        assert "SECRET_ACCESS_KEY ***" in str(statement)


@pytest.mark.parametrize(
    ("hint", "value", "why"),
    [
        ("field_delimiter", "||", "one ASCII character"),
        ("field_delimiter", "\\", "one ASCII character"),
        ("compression", "LZ4", "unpacks no LZ4"),
        ("encoding", "LATIN1", "not LATIN1"),
        ("encoding", "UTF8BOM", "not UTF8BOM"),
        ("record_terminator", "\x02", "newline"),
        ("boolean_format", "oui/non", "oui/non"),
        ("decimal_separator", ",", "a point only"),
        ("comment", "#", "no comments"),
        ("dateformat", "MM/DD/YY", "DATEFORMAT"),
        ("timeonlyformat", "HH12:MI AM", "times of day"),
        ("datetimeformattz", "MM/DD/YYYY HH24:MI:SS", "one TIMEFORMAT"),
        ("null_marker", "a\\b", "cannot be told"),
        ("quoting", "minimal", "all of them"),
    ],
)
def test_what_copy_cannot_read_is_refused_with_the_reason(hint: str, value: Any, why: str) -> None:
    found = copy_options(text(**{hint: value}))
    assert isinstance(found, tuple)
    assert any(hint.replace("_", "-") == each.hint and why in str(each) for each in found)


def test_csv_in_which_null_and_empty_text_are_told_apart_is_refused() -> None:
    form = text("csv", **(CSV | {"null_marker": ""}), escape=None)
    found = copy_options(form)
    assert isinstance(found, tuple)
    assert "null-marker=null" in str(found[0])
    lenient = copy_options(form, lenient=True)
    assert isinstance(lenient, Options)
    assert lenient.null == ""
    strict = copy_options(text("csv", **CSV, escape=None))
    assert isinstance(strict, Options)
    assert strict.null == NO_NULL


@pytest.mark.parametrize(
    ("hint", "value", "why"),
    [
        ("quoting", "all", "CSV mode only"),
        ("escape", None, "escapes delimiters"),
        ("null_marker", "NULL", "by \\N only"),
        ("compression", "LZO", "no LZO"),
        ("encoding", "UTF16", "not UTF16"),
        ("dateformat", "MM/DD/YYYY", "YYYY-MM-DD"),
        ("skip_lines", 1, "no lines"),
    ],
)
def test_what_unload_cannot_write_is_refused_with_the_reason(
    hint: str, value: Any, why: str
) -> None:
    found = unload_options(text(**{hint: value}))
    assert isinstance(found, tuple)
    assert any(why in str(each) for each in found), found


def words(sql: str) -> set[str]:
    """Return the options of a statement, in one spelling."""
    plain = re.sub(r"\s+", " ", sql.upper().replace(" AS ", " ").replace("FORMAT ", ""))
    known = ("MANIFEST", "GZIP", "ESCAPE", "ROUNDEC", "IGNOREHEADER 1", "MAXERROR 7", "CSV",
             "PARQUET", "REGION 'EU-WEST-1'", "TIMEFORMAT 'AUTO'", "NULL '\\N'", "HEADER",
             "DELIMITER ','", "QUOTE '\"'", "PARALLEL OFF", "MAXFILESIZE 64")  # fmt: skip
    return {word for word in known if re.search(rf"(?<![A-Z]){re.escape(word)}(?![A-Z0-9])", plain)}


def test_copy_says_what_sqlalchemy_redshift_says_for_the_same_options() -> None:
    import sqlalchemy as sa
    from sqlalchemy_redshift.commands import Compression, CopyCommand, Encoding, Format
    from sqlalchemy_redshift.dialect import RedshiftDialect_psycopg2

    table = sa.Table("t", sa.MetaData(), sa.Column("a", sa.Integer))
    keys = {"access_key_id": "A" * 20, "secret_access_key": "s" * 40}
    like = {"data_location": "s3://b/k/m", "manifest": True, **keys}
    theirs = {
        "text": CopyCommand(
            table, **like, delimiter=",", escape=True, roundec=True, time_format="auto",
            ignore_header=1, max_error=7, region="eu-west-1", compression=Compression.gzip,
            encoding=Encoding.utf8,
        ),
        "csv": CopyCommand(
            table, **like, format=Format.csv, quote='"', delimiter=",", roundec=True,
            time_format="auto", region="eu-west-1",
        ),
        "parquet": CopyCommand(table, **like, format=Format.parquet),
    }  # fmt: skip
    more = {"manifest": True, "region": "eu-west-1"}
    ours = {
        "text": copy(text(compression="GZIP", header_row=True), max_errors=7, **more),
        "csv": copy(text("csv", **CSV, escape=None, header_row=False), **more),
        "parquet": copy(ParquetRecordsFormat(), **more),
    }
    for name, made in ours.items():
        other = str(
            theirs[name].compile(
                dialect=RedshiftDialect_psycopg2(), compile_kwargs={"literal_binds": True}
            )
        )
        # Theirs cannot be told NULL AS '\\N', which is COPY's own default.
        assert words(made.statement(KEYS).reveal()) - {"NULL '\\N'"} == words(other), name


def test_unload_says_what_sqlalchemy_redshift_says_for_the_same_options() -> None:
    import sqlalchemy as sa
    from sqlalchemy_redshift.commands import Format, UnloadFromSelect
    from sqlalchemy_redshift.dialect import RedshiftDialect_psycopg2

    keys = {"access_key_id": "A" * 20, "secret_access_key": "s" * 40}
    like = {"unload_location": "s3://b/k/", "manifest": True, "region": "eu-west-1", **keys}
    select = sa.select(sa.text("1"))
    theirs = {
        "text": UnloadFromSelect(
            select, **like, delimiter=",", escape=True, null="\\N", gzip=True, header=True,
            parallel=False,
        ),
        "parquet": UnloadFromSelect(select, **like, format=Format.parquet),
    }  # fmt: skip
    ours = {
        "text": unload(
            text(compression="GZIP", header_row=True),
            region="eu-west-1",
            settings=Settings(unload_parallel="off"),
        ),
        "parquet": unload(ParquetRecordsFormat(), region="eu-west-1"),
    }
    for name, made in ours.items():
        other = str(
            theirs[name].compile(
                dialect=RedshiftDialect_psycopg2(), compile_kwargs={"literal_binds": True}
            )
        )
        assert words(made.statement(KEYS).reveal()) == words(other), name


def test_names_fold_and_end_after_127_bytes() -> None:
    assert folded("MixedÄ") == "mixedÄ"
    assert len(folded("ä" * 200).encode()) == 126
    assert identifier('a"b') == '"a""b"'
    assert literal("it's \\ ") == "'it''s \\\\ '"


def test_the_policy_covers_one_folder_and_no_more() -> None:
    found = policy(["s3://b/tmp/x/", "s3://c/m"], "read")
    assert found["Statement"][0]["Resource"] == ["arn:aws:s3:::b/tmp/x/*", "arn:aws:s3:::c/m*"]
    assert found["Statement"][0]["Action"] == ["s3:GetObject"]
    assert "s3:PutObject" in policy(["s3://b/tmp/x/"], "write")["Statement"][0]["Action"]


@pytest.mark.parametrize(
    "query", ["diststyle=odd", "unload_max_mb=4", "unload_max_mb=x", "compupdate=maybe"]
)
def test_a_setting_that_makes_no_sense_is_refused(query: str) -> None:
    import sqlalchemy as sa

    with pytest.raises(ConfigError, match="cannot be"):
        settings_of(sa.make_url(f"redshift://h/d?{query}"), {})


def test_a_setting_of_the_url_goes_before_that_of_the_environment() -> None:
    import sqlalchemy as sa

    known = {"REDSHIFT_IAM_ROLE": "default", "REDSHIFT_SORTKEY": "a, b"}
    found = settings_of(sa.make_url("redshift://h/d?iam_role=mine"), known)
    assert (found.iam_role, found.sortkey) == ("mine", ("a", "b"))
