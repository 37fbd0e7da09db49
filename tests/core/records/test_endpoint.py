"""Endpoint strings: files, folders, streams, and tables behind URLs and names."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from records_mover.errors import EndpointError
from records_mover.parts import TableName
from records_mover.records.ends.endpoint import (
    FileEndpoint,
    TableEndpoint,
    parse_endpoint,
    parse_table_name,
)


@pytest.mark.parametrize(
    "text",
    [
        "-",
        "a.csv",
        "folder/",
        "~/data/a b.csv",
        "~user/a.csv",
        "./a::b.csv",
        "/data/a::b.csv",
        "../x::y::z",
        "C:\\data\\a.csv",
        "C:/data/a.csv",
        "file:///data/a::b.csv",
        "https://host/a::b.csv?sig=x::y",
        "s3://bucket/key.csv",
        "a:b.csv",
        '"quoted".csv',
        " ",
    ],
)
def test_a_file_stays_as_it_was_written(text: str) -> None:
    assert parse_endpoint(text) == FileEndpoint(url=text)


@pytest.mark.parametrize(
    ("text", "database", "schema", "name"),
    [
        ("postgresql://host/db::trips", "postgresql://host/db", None, "trips"),
        ("postgresql://host/db::public.trips", "postgresql://host/db", "public", "trips"),
        ("postgresql+psycopg2://u:p@h:5/db::t", "postgresql+psycopg2://u:p@h:5/db", None, "t"),
        ("sqlite:///a/b.db::t", "sqlite:///a/b.db", None, "t"),
        ("sqlite://::t", "sqlite://", None, "t"),
        ("prod::t", "prod", None, "t"),
        ("prod:: s . t ", "prod", "s", "t"),
        ("prod::My Table", "prod", None, "My Table"),
        ('prod::"My.Table"', "prod", None, "My.Table"),
        ('prod::"a::b"."c ""d"""', "prod", "a::b", 'c "d"'),
        ('prod::s."a/b@c:d"', "prod", "s", "a/b@c:d"),
        ("postgresql://u:a::b@h/db::t", "postgresql://u:a::b@h/db", None, "t"),
        ("postgresql://u:a::b::@h/db::s.t", "postgresql://u:a::b::@h/db", "s", "t"),
        ('postgresql://h:5432/db::"a@b"', "postgresql://h:5432/db", None, "a@b"),
        ("postgresql://[::1]:5432/db::t", "postgresql://[::1]:5432/db", None, "t"),
        ("mssql://h/db?driver=ODBC+Driver+18::t", "mssql://h/db?driver=ODBC+Driver+18", None, "t"),
        ("prod::表", "prod", None, "表"),
    ],
)
def test_a_table_is_what_follows_the_last_colons(
    text: str, database: str, schema: str | None, name: str
) -> None:
    expected = TableEndpoint(database=database, table=TableName(name=name, schema=schema))
    assert parse_endpoint(text) == expected


@pytest.mark.parametrize("database", ["prod", "postgresql://h/db", "postgresql://u:a::b@h/db"])
def test_no_table_leaves_it_to_a_query(database: str) -> None:
    assert parse_endpoint(f"{database}::") == TableEndpoint(database=database, table=None)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "an empty string names nothing"),
        ("::t", "no database before '::'"),
        ("  ::t", "no database before '::'"),
        ("prod::a.b.c", "'a.b.c' has 3 parts; write schema.table"),
        ('prod::"a', "cannot read the table name"),
        ('prod::"a"b', "cannot read the table name"),
        ('prod::""', "cannot read the table name"),
        ("prod::a.", "cannot read the table name 'a.'"),
        ("prod::.a", "cannot read the table name '.a'"),
        ("prod::a..b", "cannot read the table name"),
        ("prod:: ", "cannot read the table name ' '"),
        ("prod::a@b", "put odd names in double quotes"),
    ],
)
def test_what_cannot_be_read_is_refused_with_a_remedy(text: str, words: str) -> None:
    with pytest.raises(EndpointError) as raised:
        parse_endpoint(text)
    assert words in str(raised.value)
    assert raised.value.advice
    assert raised.value.exit_code == 2


@pytest.mark.parametrize(
    "text", ["postgresql://u:s3::cr3t@h/db", "postgresql://u:x::s3.cr.3t@h/db", "pg://u:::s3@h"]
)
def test_a_password_with_colons_is_not_shown_where_the_table_is_missing(text: str) -> None:
    with pytest.raises(EndpointError, match="no table name follows the database's URL") as raised:
        parse_endpoint(text)
    assert "s3" not in str(raised.value)


def test_a_password_is_not_in_the_repr() -> None:
    assert "s3cr3t" not in repr(parse_endpoint("postgresql://u:s3cr3t@h/db::t"))


pieces = st.sampled_from(
    ["::", ":", ".", '"', "/", "@", "~", " ", "a", "é", "pg://", "-", "\n", "\0"]
)


@given(st.one_of(st.text(), st.lists(pieces).map("".join)))
@example("::::")
def test_nothing_that_one_can_write_crashes(text: str) -> None:
    with suppress(EndpointError):
        assert isinstance(parse_endpoint(text), FileEndpoint | TableEndpoint)


@given(st.text(min_size=1), st.none() | st.text(min_size=1))
def test_every_name_can_be_written_in_quotes(name: str, schema: str | None) -> None:
    def quoted(part: str) -> str:
        return '"' + part.replace('"', '""') + '"'

    text = quoted(name) if schema is None else f"{quoted(schema)}.{quoted(name)}"
    expected = TableName(name=name, schema=schema)
    assert parse_table_name(text) == expected
    for database in ("prod", "postgresql://u:p::w@h:1/db", "sqlite:///x.db"):
        assert parse_endpoint(f"{database}::{text}") == TableEndpoint(
            database=database, table=expected
        )
