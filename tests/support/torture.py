"""A table of every type of PostgreSQL with the values that break careless movers."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

__all__ = [
    "BEYOND",
    "BUILT_IN",
    "COMMON",
    "CONTRIB",
    "OBJECTS",
    "OWN",
    "TYPES",
    "known",
    "shown",
    "table",
]

_DIGITS = "9" * 500
_MICROSECOND = "23:59:59.999999"

COMMON: Mapping[str, Sequence[str]] = {
    "boolean": ["t", "f"],
    "smallint": ["-32768", "32767"],
    "integer": ["-2147483648", "2147483647"],
    "bigint": ["-9223372036854775808", "9223372036854775807"],
    "numeric(12,2)": ["-9999999999.99", "0.01"],
    "real": ["1.1", "-3.4028235e38", "1e-45", "NaN", "-Infinity"],
    "double precision": ["0.1", "1.7976931348623157e308", "5e-324", "-0", "NaN", "Infinity"],
    "text": [
        "",
        "\\N",
        "NULL",
        " x ",
        'a,"b"\n\r\t\\.',
        "\u00e9\u4e2d\U0001f600",
        "\x01\x7f",
        "\\.",
    ],
    "character varying(5)": ["", "12345", "\u00e9\u00e9\u00e9\u00e9\u00e9"],
    "character(5)": ["ab", "", "12345"],
    "bytea": ["", "\\x00ff0a5c", "\\xdeadbeef"],
    "date": ["2020-02-29", "1970-01-01", "9999-12-31", "0001-01-01"],
    "time without time zone": ["00:00:00", _MICROSECOND, "12:30:00"],
    "time(3) without time zone": ["12:30:00.123"],
    "timestamp without time zone": ["2020-01-02 03:04:05.000006", "0001-01-01 00:00:00"],
    "timestamp(3) without time zone": ["2020-01-02 03:04:05.678"],
    "timestamp with time zone": ["2020-01-02 03:04:05.000006+05:30", "1900-01-01 00:00:00+00"],
    "timestamp(3) with time zone": ["2020-01-02 03:04:05.678+00"],
    "uuid": ["00000000-0000-0000-0000-000000000000", "ffffffff-ffff-ffff-ffff-ffffffffffff"],
    "json": ['{"a": 1,  "a": 2}', "null", '"x"', "[1e400]"],
    "jsonb": ['{"b": 1.00, "a": null}', "1e40", "[]"],
    "integer[]": ["{}", "{1,NULL,3}"],
    "text[]": ["{}", '{a,"",NULL,"NULL","x,y","q\\"r"}'],
}
"""What other systems know as well."""

BUILT_IN: Mapping[str, Sequence[str]] = {
    "numeric": ["NaN", "Infinity", "-Infinity", f"{_DIGITS}.{_DIGITS}", "1.50", "1e-16383"],
    "numeric(1000,500)": [f"-{_DIGITS}.{_DIGITS}", "NaN"],
    "numeric(3,-2)": ["12300"],
    "numeric(2,5)": ["0.00012"],
    "money": ["-92233720368547758.08", "1234.50"],
    "name": ["x" * 63, ""],
    '"char"': ["x", ""],
    "oid": ["0", "4294967295"],
    "interval": ["1 year 2 mons -3 days 04:05:06.789", "-178000000 years", "00:00:00", "100:00:00"],
    "interval(3)": ["00:00:01.123"],
    "interval year to month": ["1 year 2 mons"],
    "time with time zone": ["00:00:00+15:59:59", "23:59:59.999999-15:59:59", "24:00:00+00"],
    "inet": ["10.1.2.3", "10.1.2.3/8", "::1/128", "fe80::/64"],
    "cidr": ["10.0.0.0/8", "10.1.2.3/32"],
    "macaddr": ["08:00:2b:01:02:03"],
    "macaddr8": ["08:00:2b:01:02:03:04:05"],
    "bit(4)": ["1010"],
    "bit varying(9)": ["", "101010101"],
    "int4range": ["empty", "[1,5)", "(,)"],
    "int8range": ["[-9223372036854775808,5)"],
    "numrange": ["(1.50,2.5]", "[,NaN]"],
    "tsrange": ['["2020-01-01 00:00:00",infinity)'],
    "tstzrange": ['["2020-01-01 00:00:00+00","2020-01-02 00:00:00+00")'],
    "daterange": ["[2020-01-01,)"],
    "int4multirange": ["{}", "{[1,3),[5,7)}"],
    "point": ["(1,2.5)", "(NaN,-Infinity)"],
    "line": ["{1,2,3}"],
    "lseg": ["[(1,2),(3,4)]"],
    "box": ["(3,4),(1,2)"],
    "path": ["[(1,2),(3,4)]", "((1,2),(3,4))"],
    "polygon": ["((1,2),(3,4),(5,6))"],
    "circle": ["<(1,2),3>"],
    "tsvector": ["'a':1A 'fat':2,3B,4C", ""],
    "tsquery": ["'a' & !'b' <-> 'c':*"],
    "pg_lsn": ["FFFFFFFF/FFFFFFFF"],
    "tid": ["(4294967295,65535)"],
    "xid8": ["18446744073709551615"],
    "pg_snapshot": ["1:2:"],
    "jsonpath": ['$."a"[*]?(@ > 1)'],
    "numeric(5,2)[]": ["{1.50,NULL}"],
    "int4range[]": ['{empty,"[1,5)"}'],
}
"""What PostgreSQL alone knows, with values that no calendar and no float has."""

BEYOND: Mapping[str, Sequence[str]] = {
    "date": ["4713-01-01 BC", "5874897-12-31", "infinity", "-infinity"],
    "numeric(12,2)": ["NaN"],
    "numeric(5,2)[]": ["{NaN}"],
    "time without time zone": ["24:00:00"],
    "timestamp without time zone": [
        "infinity",
        "4713-11-24 00:00:00 BC",
        "294276-12-31 23:59:59.999999",
    ],
    "timestamp with time zone": ["-infinity", "0044-03-15 00:00:00+00 BC"],
    "integer[]": ["[0:1]={5,6}", "{{1,2},{3,4}}", "[0:1][2:3]={{1,2},{3,4}}"],
    "date[]": ['{infinity,2020-01-01,"0044-03-15 BC"}'],
    "timestamp with time zone[]": ['{"2020-01-01 00:00:00+00",-infinity}'],
}
"""More values of the common types, which only PostgreSQL holds."""

_TYPES_SINCE = {"int4multirange": 14, "numeric(3,-2)": 15, "numeric(2,5)": 15}
_VALUES_SINCE = {("numeric", "Infinity"): 14, ("numeric", "-Infinity"): 14}

OWN: Mapping[str, Sequence[str]] = {
    "mood": ["sad", 'o,k "q"'],
    "mood[]": ["{sad,NULL}"],
    "price": ["1.50", "-0.01"],
    "fine_price": ["2.25"],
    "pair": ['(1,"a b")', "(,)", '(2,"x,y""z")'],
    "pair[]": ['{"(1,a)","(2,)"}'],
    "floats": ["[1.5,2.5]"],
}
"""Types of the database's own; ``TYPES`` makes them."""

TYPES = """
CREATE TYPE mood AS ENUM ('sad', 'o,k "q"');
CREATE DOMAIN price AS numeric(9,2) CHECK (VALUE > -1);
CREATE DOMAIN fine_price AS price;
CREATE TYPE pair AS (a integer, b text);
CREATE TYPE floats AS RANGE (subtype = float8);
"""


CONTRIB: Mapping[str, Sequence[str]] = {
    "hstore": ['"a"=>"1", "b"=>NULL, "c d"=>"q\\"\\\\x"', ""],
    "hstore[]": ['{"\\"a\\"=>\\"1\\"",NULL}'],
}
"""Types that extensions bring; they need ``CREATE EXTENSION hstore``."""

OBJECTS: Mapping[str, Sequence[str]] = {
    "regclass": ["pg_class", "-"],
    "regtype": ["integer", "text[]"],
    "regproc": ["now"],
    "regprocedure": ["length(text)"],
    "regrole": ["mover"],
    "regnamespace": ["pg_catalog"],
}
"""Names of what every server has, which hold numbers that no other server has."""


def known(types: Mapping[str, Sequence[str]], version: int) -> Mapping[str, Sequence[str]]:
    """Return those types, and values of them, that a PostgreSQL of this version has."""
    return {
        kind: [value for value in values if _VALUES_SINCE.get((kind, value), 0) <= version]
        for kind, values in types.items()
        if _TYPES_SINCE.get(kind, 0) <= version
    }


def table(name: str, types: Mapping[str, Sequence[str]]) -> str:
    """Return the statements that make a table with a column of each type and a row a value."""
    columns = [f"c{at} {kind}" for at, kind in enumerate(types)]
    made = [f"CREATE TABLE {name} (id integer NOT NULL, {', '.join(columns)})"]
    for row in range(max(map(len, types.values())) + 1):
        values = [_literal(given[row]) if row < len(given) else "NULL" for given in types.values()]
        made.append(f"INSERT INTO {name} VALUES ({row}, {', '.join(values)})")
    return ";\n".join(made) + ";\n"


def _literal(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"


_SETTINGS = "SET datestyle = 'ISO'; SET timezone = 'UTC'; SET intervalstyle = 'postgres';"


def shown(psql: Callable[[str], str], name: str) -> dict[str, str]:
    """Return each column's type and values as the server shows them."""
    declared = psql(
        "SELECT attname || '|' || format_type(atttypid, atttypmod) || '|' || attnotnull "
        f"FROM pg_attribute WHERE attrelid = '{name}'::regclass AND attnum > 0 ORDER BY attnum"
    )
    found: dict[str, str] = {}
    for line in declared.splitlines():
        column, kind, required = line.split("|")
        values = psql(
            f"{_SETTINGS} SELECT string_agg(coalesce(quote_literal(format('%s', {column})), 'NULL')"
            f", ' ' ORDER BY id) FROM {name} "
        )
        found[column] = f"{kind} {required} {values}"
    return found
