"""The table of what PostgreSQL's columns keep of each other's values; a test moves each of them.

Run it to write the page anew: ``python tests/postgres/fidelity_page.py``.
"""

from __future__ import annotations

from pathlib import Path

from mover_postgres.fidelity import keeps
from mover_postgres.types import field_of
from records_mover.parts import Form

PAGE = Path(__file__).parents[2] / "docs" / "fidelity-postgres.md"

# Source type, target type, and a value that is hard for the target.
PAIRS: tuple[tuple[str, str, str], ...] = (
    ("integer", "bigint", "-2147483648"),
    ("bigint", "integer", "2147483648"),
    ("bigint", "numeric", "9223372036854775807"),
    ("bigint", "numeric(5,0)", "100000"),
    ("bigint", "double precision", "9007199254740993"),
    ("integer", "double precision", "2147483647"),
    ("integer", "boolean", "2"),
    ("integer", "interval", "5"),
    ("numeric(38,10)", "numeric(10,2)", "1.005"),
    ("numeric(10,2)", "numeric(12,4)", "99999999.99"),
    ("numeric(12,2)", "numeric(10,2)", "1234567890.12"),
    ("numeric(12,2)", "integer", "1.5"),
    ("numeric", "numeric(10,2)", "0.001"),
    ("numeric", "double precision", "0.12345678901234567890"),
    ("numeric(12,2)", "double precision", "1234567890.12"),
    ("double precision", "real", "0.1234567890123"),
    ("double precision", "numeric", "5e-324"),
    ("double precision", "integer", "NaN"),
    ("real", "double precision", "0.1"),
    ("text", "character varying(3)", "abcd"),
    ("character varying(3)", "text", "abc"),
    ("text", "character(3)", "abcd"),
    ("text", "name", "x" * 70),
    ("text", '"char"', "xy"),
    ("text", "integer", "1.5"),
    ("text", "numeric(10,2)", "1.005"),
    ("text", "double precision", "0.12345678901234567890"),
    ("text", "date", "2020-01-02 03:04:05"),
    ("text", "timestamp without time zone", "2020-01-02 03:04:05+05"),
    ("text", "uuid", "no uuid"),
    ("text", "inet", "10.1.2.300"),
    ("text", "jsonb", "{"),
    ("date", "timestamp without time zone", "2020-01-02"),
    ("date", "text", "0044-03-15 BC"),
    ("timestamp without time zone", "date", "2020-01-02 03:04:05"),
    ("timestamp without time zone", "timestamp(3) without time zone", "2020-01-02 03:04:05.6789"),
    ("timestamp(3) without time zone", "timestamp without time zone", "2020-01-02 03:04:05.678"),
    ("timestamp without time zone", "time without time zone", "2020-01-02 03:04:05"),
    ("timestamp without time zone", "timestamp with time zone", "2020-01-02 03:04:05"),
    ("timestamp with time zone", "timestamp without time zone", "2020-01-02 03:04:05+05"),
    ("time with time zone", "time without time zone", "03:04:05+05"),
    ("time without time zone", "date", "03:04:05"),
    ("interval", "interval(0)", "1.5 seconds"),
    ("interval", "interval year to month", "1 year 1 day"),
    ("json", "jsonb", '{"b":1,"a":2}'),
    ("jsonb", "json", '{"a": 1}'),
    ("boolean", "text", "t"),
    ("boolean", "integer", "t"),
    ("inet", "text", "10.1.2.3/8"),
    ("inet", "cidr", "10.1.2.3/8"),
    ("money", "text", "1234.50"),
    ("numeric(10,4)", "money", "1.0050"),
    ("bit varying(9)", "bit(4)", "10101"),
    ("text[]", "inet[]", "{x}"),
    ("numeric[]", "numeric(10,2)[]", "{1.005}"),
    ("bytea", "text", "\\x00ff"),
    ("uuid", "text", "00000000-0000-0000-0000-000000000000"),
    ("xid8", "bigint", "18446744073709551615"),
)

HEAD = """\
# What a column of PostgreSQL keeps

The marks are those of [fidelity-types.md](fidelity-types.md). A test moves each value between two
tables: **exact** and **widened** values come out as they were, **checked** ones are refused, and
**lossy** ones move with `--allow-lossy` only. The page is made by
`python tests/postgres/fidelity_page.py`. Types that are the same in both columns are exact.

| from | into | becomes | why | for example |
| --- | --- | --- | --- | --- |
"""


def verdict(source: str, target: str) -> tuple[str, str]:
    """Return the verdict on two types, and why."""
    form = Form(kind="streams")
    found = keeps(field_of("x", source), field_of("x", target), form)
    return found.verdict, found.why


def page() -> str:
    """Return the page as Markdown."""
    lines = []
    for source, target, value in PAIRS:
        marked, why = verdict(source, target)
        shown = value if len(value) < 40 else f"{value[:20]}..."
        lines.append(f"| {source} | {target} | **{marked}** | {why or '-'} | `{shown}` |")
    return HEAD + "\n".join(lines) + "\n"


if __name__ == "__main__":
    PAGE.write_text(page(), "utf-8")
