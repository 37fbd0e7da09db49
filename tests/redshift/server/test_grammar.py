"""COPY, UNLOAD and DDL as the manual shows them: accepted here and by sqlfluff's own grammar."""

from __future__ import annotations

from typing import Any

import pytest

from redshift_server.errors import RedshiftError
from redshift_server.grammar.copy import parse_copy
from redshift_server.grammar.cursor import Cursor
from redshift_server.grammar.table import parse_create_table
from redshift_server.grammar.unload import parse_unload
from redshift_server.lexer import tokens

ROLE = "iam_role 'arn:aws:iam::0123456789012:role/MyRedshiftRole'"
COPY = f"copy venue from 's3://mybucket/data/venue' {ROLE}"
UNLOAD = f"unload ('select * from venue') to 's3://mybucket/unload/' {ROLE}"

ACCEPTED = [
    f"{COPY};",
    f"copy public.venue (venueid, venuename) from 's3://mybucket/data/' {ROLE} delimiter '|' gzip",
    (
        "copy listing from 's3://mybucket/data/l.txt' access_key_id 'A' secret_access_key 'S'"
        " session_token 'T'"
    ),
    "copy t from 's3://b/k' credentials 'aws_iam_role=arn:aws:iam::123456789012:role/R' csv",
    "copy t from 's3://b/k' iam_role default format as parquet",
    (
        f"{COPY} removequotes emptyasnull blanksasnull maxerror 5 delimiter '|'"
        " timeformat 'YYYY-MM-DD HH:MI:SS'"
    ),
    f"{COPY} fixedwidth 'venueid:3,venuename:25,venuecity:12,venuestate:2,venueseats:6'",
    f"{COPY} csv quote as '%'",
    f"{COPY} csv delimiter ',' ignoreheader 1 null as '\\N' region 'eu-west-1'",
    f"{COPY} explicit_ids",
    f"{COPY} delimiter '\\t' lzop",
    f"{COPY} format as json 'auto ignorecase'",
    f"{COPY} format as avro 's3://mybucket/paths.avropath'",
    f"{COPY} json 's3://mybucket/paths.json' dateformat 'auto' timeformat 'epochmillisecs'",
    f"{COPY} parquet manifest statupdate off compupdate off",
    f"{COPY} orc serializetojson",
    (
        f"{COPY} manifest escape fillrecord trimblanks truncatecolumns roundec acceptanydate"
        " acceptinvchars as '^' ignoreblanklines encoding as utf8 zstd"
    ),
    f"{COPY} noload comprows 1000 compupdate preset statupdate on bzip2",
    f"{UNLOAD};",
    f"{UNLOAD} parquet partition by (l_shipdate) include manifest verbose",
    f"{UNLOAD} format as csv delimiter as '|' header null as '\\N' parallel off zstd",
    f"{UNLOAD} json maxfilesize 100 mb cleanpath extension 'json.gz' gzip",
    f"{UNLOAD} delimiter '\\t' addquotes escape allowoverwrite region 'us-east-2' bzip2",
    f"{UNLOAD} fixedwidth as 'venueid:3,venuename:39' maxfilesize as 1 gb parallel on",
    f"{UNLOAD} encrypted kms_key_id '1234abcd-12ab-34cd-56ef-1234567890ab' manifest",
    f"{UNLOAD} parquet rowgroupsize 64 mb encrypted auto",
    (
        "create table sales (salesid integer not null, listid integer encode az64, d decimal(8,2)"
        " default 0, primary key (salesid)) diststyle key distkey (listid) sortkey (listid)"
    ),
    "create temp table t (like sales including defaults)",
    "create table if not exists t (id bigint identity(0,1), v varchar(max), s super) backup no",
    "create table t2 diststyle even interleaved sortkey (a, b) as select a, b from t",
]
REFUSED = [
    # options that nobody knows, values out of range, and the same thing twice
    (f"{COPY} bogus", 42601), (f"{COPY} maxerror 100001", 22023), (f"{COPY} gzip zstd", 42601),
    (f"{COPY} comprows 5", 22023), (f"{COPY} gzip gzip", 42601), (f"{COPY} csv json 'auto'", 42601),
    (f"{COPY} delimiter '||'", "0A000"), (f"{COPY} encoding latin9", 22023),
    (f"{COPY} null as '\n'", "0A000"), (f"{COPY} maxerror 1 ignoreallerrors", 42601),
    (f"{COPY} fixedwidth 'a'", 22023), (f"{COPY} json 'yes'", 22023), (f"{COPY} format", 42601),
    # what does not go with the format
    (f"{COPY} quote '%'", "0A000"), (f"{COPY} csv escape", "0A000"),
    (f"{COPY} csv removequotes", "0A000"), (f"{COPY} csv fixedwidth 'a:1'", "0A000"),
    (f"{COPY} fixedwidth 'a:1' delimiter ','", "0A000"), (f"{COPY} json 'auto' escape", "0A000"),
    (f"{COPY} json 'auto' null as ''", "0A000"), (f"{COPY} json 'auto' delimiter ','", "0A000"),
    (f"{COPY} json 'auto' fillrecord", "0A000"), (f"{COPY} avro 'auto' gzip", "0A000"),
    (f"{COPY} parquet region 'us-east-1'", "0A000"), (f"{COPY} parquet gzip", "0A000"),
    (f"{COPY} parquet maxerror 1", "0A000"), (f"{COPY} orc ignoreheader 1", "0A000"),
    (f"{COPY} parquet null as 'x'", "0A000"), (f"{COPY} serializetojson", "0A000"),
    (f"{COPY} parquet noload", "0A000"), (f"{COPY} ssh", "0A000"), (f"{COPY} readratio 5", "0A000"),
    # authorization
    ("copy t from 's3://b/k'", 42601), (f"{COPY} access_key_id 'a' secret_access_key 'b'", 42601),
    (f"{COPY} session_token 'x'", 42601), ("copy t from 's3://b/k' access_key_id 'a'", 42601),
    ("copy t from 's3://b/k' credentials 'aws_iam_role = x'", 42601),
    ("copy t from 's3://b/k' iam_role 'loader'", 42601),
    ("copy t from 's3://b/k' credentials 'aws_access_key_id=a'", 42601),
    # the source and the target
    ("copy t from 'file:///x' iam_role default", "0A000"), ("copy t from stdin", "0A000"),
    ("copy t to 's3://b/k' iam_role default", "0A000"), ("copy from 's3://b/k'", 42601),
    # UNLOAD
    (f"{UNLOAD} bogus", 42601), (f"{UNLOAD} csv addquotes", "0A000"),
    (f"{UNLOAD} csv fixedwidth 'a:1'", "0A000"), (f"{UNLOAD} parquet header", "0A000"),
    (f"{UNLOAD} parquet gzip", "0A000"), (f"{UNLOAD} parquet null as 'x'", "0A000"),
    (f"{UNLOAD} parquet delimiter ','", "0A000"), (f"{UNLOAD} json header", "0A000"),
    (f"{UNLOAD} json null as ''", "0A000"), (f"{UNLOAD} header fixedwidth 'a:1'", "0A000"),
    (f"{UNLOAD} allowoverwrite cleanpath", 42601), (f"{UNLOAD} maxfilesize 4 mb", 22023),
    (f"{UNLOAD} maxfilesize 7 gb", 22023), (f"{UNLOAD} parquet rowgroupsize 16 mb", 22023),
    (f"{UNLOAD} csv rowgroupsize 64 mb", "0A000"), (f"{UNLOAD} csv parquet", 42601),
    (f"{UNLOAD} kms_key_id 'k'", 42601), (f"{UNLOAD} parallel maybe", 42601),
    (f"{UNLOAD} gzip bzip2", 42601), (f"{UNLOAD} manifest manifest", 42601),
    (f"{UNLOAD} noload", 42601), (f"{UNLOAD} partition by l_shipdate", 42601),
    ("unload 'select 1' to 's3://b/k' iam_role default", 42601),
    ("unload ('select 1') to 's3://b-s3alias/k' iam_role default", "0A000"),
    ("unload ('select 1 limit 1') to 's3://b/k' iam_role default", "0A000"),
]  # fmt: skip
# What sqlfluff knows better than to accept. Of the refusals above it takes two thirds: it knows
# words and their order, not what excludes what, what a number may be, nor that access is needed.
SQLFLUFF_REFUSES = [
    f"{COPY} bogus", f"{COPY} maxerror many", f"{UNLOAD} bogus", f"{UNLOAD} noload",
    f"{UNLOAD} partition by l_shipdate", f"{UNLOAD} parallel maybe",
]  # fmt: skip


def _parse(sql: str) -> object:
    parts = [token for token in tokens(sql) if not token.is_op(";")]
    cursor: Any = Cursor(parts)
    readers: dict[str, Any] = {"copy": parse_copy, "unload": parse_unload}
    return readers.get(parts[0].value, parse_create_table)(cursor)


@pytest.mark.parametrize("sql", ACCEPTED)
def test_what_the_manual_shows_is_accepted(sql: str) -> None:
    assert _parse(sql)


@pytest.mark.parametrize(("sql", "sqlstate"), REFUSED)
def test_what_the_manual_excludes_is_refused(sql: str, sqlstate: int | str) -> None:
    with pytest.raises(RedshiftError) as caught:
        _parse(sql)
    assert caught.value.sqlstate == str(sqlstate)


@pytest.fixture(scope="module")
def sqlfluff_minds() -> Any:
    """Return what sqlfluff cannot read in a statement."""
    from sqlfluff.core import Linter

    linter = Linter(dialect="redshift", rules=["CP01"])

    def minds(sql: str) -> list[str]:
        parsed = linter.parse_string(sql.rstrip(";") + ";\n")
        return [str(problem.desc()) for problem in parsed.violations]

    return minds


def test_sqlfluff_accepts_what_is_accepted_here(sqlfluff_minds: Any) -> None:
    """All but two things that its grammar lacks: a newer word, and an order that the manual has."""
    refused = [sql for sql in ACCEPTED if sqlfluff_minds(sql)]
    assert [sql.split(ROLE)[1].split()[1] for sql in refused] == ["serializetojson", "kms_key_id"]


@pytest.mark.parametrize("sql", SQLFLUFF_REFUSES)
def test_sqlfluff_refuses_what_is_not_even_a_word(sqlfluff_minds: Any, sql: str) -> None:
    assert sqlfluff_minds(sql)


def test_a_message_says_what_clashes() -> None:
    with pytest.raises(RedshiftError, match="CSV is not compatible with ESCAPE"):
        _parse(f"{COPY} csv escape")
    with pytest.raises(RedshiftError, match="ADDQUOTES is not supported for UNLOAD to CSV"):
        _parse(f"{UNLOAD} csv addquotes")
    with pytest.raises(RedshiftError, match="REGION argument is not supported for PARQUET based"):
        _parse(f"{COPY} parquet region 'x'")


def test_quotes_inside_a_query_are_doubled_or_escaped() -> None:
    doubled: Any = _parse("unload ('select ''a''') to 's3://b/k' iam_role default")
    escaped: Any = _parse(r"unload ('select \'a\'') to 's3://b/k' iam_role default")
    assert doubled.query == escaped.query == "select 'a'"
