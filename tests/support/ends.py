"""Databases to move between, each with a schema of one's own: embedded, stand-ins, or real ones.

A real one is named by a URL in the environment: ITEST_POSTGRES_URL, ITEST_REDSHIFT_URL,
ITEST_VERTICA_URL. Their passwords may stand there; nothing here prints them.
"""

from __future__ import annotations

import os
import secrets
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, unquote, urlsplit

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

__all__ = ["KINDS", "Kind", "Place", "place", "real_url"]

KINDS = ("postgres", "redshift", "vertica")


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """How one kind of database spells what the others spell in another way."""

    like: str
    differs: str
    types: Mapping[str, Sequence[str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A schema in a database, gone when the test ends."""

    name: str
    base: str
    schema: str
    kind: Kind
    ask: Callable[[str], list[tuple[Any, ...]]]

    def url(self, table: str) -> str:
        """Name a table as an endpoint string does."""
        return f"{self.base}::{self.schema}.{table}"

    def make(self, table: str, types: Mapping[str, Sequence[str]]) -> None:
        """Make a table with a column of each type, a row a value, and a row of NULLs."""
        columns = [f"c{at} {kind}" for at, kind in enumerate(types)]
        self.ask(f"CREATE TABLE {self.schema}.{table} (id integer, {', '.join(columns)})")
        for row in range(max(map(len, types.values())) + 1):
            values = [
                _literal(kind, given[row]) if row < len(given) else "NULL"
                for kind, given in types.items()
            ]
            # By SELECT, as not every database takes an expression in VALUES.
            self.ask(f"INSERT INTO {self.schema}.{table} SELECT {row}, {', '.join(values)}")

    def make_like(self, table: str, other: str) -> None:
        """Make an empty table with the columns of another one."""
        names = {"new": f"{self.schema}.{table}", "old": f"{self.schema}.{other}"}
        self.ask(self.kind.like.format(**names))

    def drop_column(self, table: str, column: str) -> None:
        """Drop a column of a table."""
        self.ask(f"ALTER TABLE {self.schema}.{table} DROP COLUMN {column}")

    def differing(self, one: str, other: str, columns: Sequence[str]) -> set[str]:
        """Return the columns in which two tables with the same ids differ."""
        where = f"FROM {self.schema}.{one} a JOIN {self.schema}.{other} b ON a.id = b.id"
        found = set()
        for column in columns:
            differs = self.kind.differs.format(a=f"a.{column}", b=f"b.{column}")
            if self.ask(f"SELECT count(*) {where} WHERE {differs}") != [(0,)]:
                found.add(column)
        return found

    def count(self, table: str) -> int:
        """Count the rows of a table."""
        return int(self.ask(f"SELECT count(*) FROM {self.schema}.{table}")[0][0])


def _literal(kind: str, value: str) -> str:
    text = "'" + value.replace("'", "''") + "'"
    if kind == "super":
        return f"json_parse({text})"
    if kind in ("varbyte", "varbinary(9)"):
        return f"from_hex({text})" if kind == "varbyte" else f"HEX_TO_BINARY({text})"
    return f"{text}::{kind}"


_TEXT = ["", "\\N", "NULL", " x ", 'a,"b"\n\r\t\\.', "\u00e9\u4e2d\U0001f600", "'"]
_COMMON: dict[str, Sequence[str]] = {
    "boolean": ["t", "f"],
    "numeric(12,2)": ["-9999999999.99", "0.01"],
    "numeric(38,10)": ["9999999999999999999999999999.9999999999", "-0.0000000001"],
    "double precision": ["0.1", "-1.5e300", "0"],
    "varchar(20)": _TEXT,
    "char(5)": ["ab", "12345"],
    "date": ["2020-02-29", "1970-01-01", "9999-12-31", "0001-01-01"],
    "time": ["00:00:00", "23:59:59.999999", "12:30:00"],
    "timestamp": ["2020-01-02 03:04:05.000006", "1900-01-01 00:00:00"],
    "timestamptz": ["2020-01-02 03:04:05.000006+05:30", "2021-03-28 01:30:00+00"],
}

POSTGRES = Kind(
    like="CREATE TABLE {new} (LIKE {old})",
    differs="{a}::text IS DISTINCT FROM {b}::text",
    types={
        **_COMMON,
        "smallint": ["-32768", "32767"],
        "integer": ["-2147483648", "2147483647"],
        "bigint": ["-9223372036854775808", "9223372036854775807"],
        "numeric": ["1.50", "123456789012345678901234567890.5"],
        "real": ["1.1", "-3.4028235e38"],
        "text": _TEXT,
        "bytea": ["\\x00ff0a5c", "\\xdeadbeef"],
        "time with time zone": ["01:02:03.000004+05:30"],
        "uuid": ["00000000-0000-0000-0000-000000000000"],
        "json": ['{"a": 1, "b": [null]}'],
        "jsonb": ['{"b": 1.00, "a": null}'],
        "interval": ["1 day 02:03:04.5"],
        "integer[]": ["{1,NULL,3}"],
        "text[]": ['{a,"",NULL,"x,y"}'],
    },
)
REDSHIFT = Kind(
    like="CREATE TABLE {new} (LIKE {old})",
    differs="({a} <> {b} OR ({a} IS NULL) <> ({b} IS NULL))",
    types={
        **_COMMON,
        "smallint": ["-32768", "32767"],
        "integer": ["-2147483648", "2147483647"],
        "bigint": ["-9223372036854775808", "9223372036854775807"],
        "real": ["1.5", "-0.25"],
        "timetz": ["01:02:03.000004+05:30"],
    },
)
VERTICA = Kind(
    like="CREATE TABLE {new} LIKE {old}",
    differs="NOT ({a} <=> {b})",
    types={
        **_COMMON,
        "int": ["-9223372036854775807", "9223372036854775807"],
        "long varchar(1000)": _TEXT,
        "timetz": ["01:02:03.000004+05:30"],
        "uuid": ["00000000-0000-0000-0000-000000000001"],
    },
)


def real_url(name: str) -> str | None:
    """Return the URL of a real database that the user has named."""
    return os.environ.get(f"ITEST_{name.upper()}_URL") or None


@contextmanager
def place(name: str, base: str) -> Iterator[Place]:
    """Make a schema in the database at a URL, and drop it at the end."""
    kind, connect = {
        "postgres": (POSTGRES, _connect_libpq),
        "redshift": (REDSHIFT, _connect_libpq),
        "vertica": (VERTICA, _connect_vertica),
    }[name]
    connection = connect(base)
    schema = f"itest_{secrets.token_hex(6)}"

    def ask(sql: str) -> list[tuple[Any, ...]]:
        cursor = connection.cursor()
        cursor.execute(sql)
        return [tuple(row) for row in cursor.fetchall()] if cursor.description else []

    ask(f"CREATE SCHEMA {schema}")
    try:
        yield Place(name=name, base=base, schema=schema, kind=kind, ask=ask)
    finally:
        ask(f"DROP SCHEMA {schema} CASCADE")
        connection.close()


_LIBPQ = {"host", "port", "service", "sslmode", "sslrootcert", "sslcert", "sslkey"}
"""What is libpq's of the query of a URL, in which settings of a plugin stand too."""


def _connect_libpq(url: str) -> Any:
    import psycopg2

    parts = urlsplit(url)
    asked = dict(parse_qsl(parts.query))
    given = {
        "host": parts.hostname,
        "port": parts.port,
        "user": unquote(parts.username or ""),
        "password": unquote(parts.password or ""),
        "dbname": unquote(parts.path[1:]),
        **{name: asked[name] for name in _LIBPQ & asked.keys()},
    }
    connection = psycopg2.connect(**{name: value for name, value in given.items() if value})
    connection.autocommit = True
    return connection


def _connect_vertica(url: str) -> Any:
    import vertica_python

    parts = urlsplit(url)
    return vertica_python.connect(
        host=parts.hostname,
        port=parts.port or 5433,
        user=unquote(parts.username or ""),
        password=unquote(parts.password or ""),
        database=unquote(parts.path[1:]),
        tlsmode=dict(parse_qsl(parts.query)).get("tlsmode", "prefer"),
        autocommit=True,
    )
