"""The temporary tables of a salvage: the rows as text with their numbers, and what is wrong."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from psycopg2 import sql

from mover_postgres.connections import fetch
from mover_postgres.statements import relation
from records_mover.parts import TableName

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence

    from psycopg2.extensions import connection as PsycopgConnection  # noqa: N812  it is a class

    from records_mover.parts import Landing

__all__ = [
    "REJECTED",
    "TEXT",
    "Target",
    "TargetColumn",
    "count",
    "describe",
    "drop",
    "field_name",
    "forget_rejected",
    "make",
    "rejected",
    "run",
]

TEXT = TableName(schema="pg_temp", name="mover_text")
REJECTED = TableName(schema="pg_temp", name="mover_rejected")

_ARRAY, _BITS = "A", "V"


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetColumn:
    """A column that is loaded, with its type as a cast spells it.

    ``size`` is how many characters of text it holds, where it is a text of limited length.
    """

    place: int
    name: str
    type: str
    required: bool
    is_text: bool
    size: int | None
    cast_checks: bool

    @property
    def field(self) -> sql.Composable:
        """The column of text that its values come in."""
        return sql.Identifier(field_name(self.place))

    @property
    def typed(self) -> sql.Composable:
        """The value, once it is known to be one of the type."""
        return sql.SQL("{}::{}").format(self.field, sql.SQL(self.type))


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """The table that rows land in."""

    table: TableName
    shown: TableName
    columns: tuple[TargetColumn, ...]

    def typed(self) -> sql.Composable:
        """Return a SELECT of the rows in the table's own types and names."""
        wanted = [
            sql.SQL("{} AS {}").format(column.typed, sql.Identifier(column.name))
            for column in self.columns
        ]
        return sql.SQL("SELECT mover_row, {} FROM {}").format(
            sql.SQL(", ").join(wanted), relation(TEXT)
        )


# Below a domain the type and what it demands are those of its base.
_COLUMNS = """
WITH RECURSIVE base AS (
    SELECT a.attname, a.atttypid AS id, a.atttypmod AS mod, a.attnotnull AS required
    FROM pg_attribute a
    WHERE a.attrelid = %(table)s::regclass AND a.attname = ANY (%(names)s)
  UNION ALL
    SELECT b.attname, t.typbasetype, t.typtypmod, b.required OR t.typnotnull
    FROM base b JOIN pg_type t ON t.oid = b.id AND t.typtype = 'd'
)
SELECT a.attname, format_type(a.atttypid, a.atttypmod),
    (SELECT bool_or(b.required) FROM base b WHERE b.attname = a.attname),
    t.typtype = 'b' AND a.atttypid IN (25, 1042, 1043) AND a.atttypmod < 0,
    CASE WHEN a.atttypid IN (1042, 1043) AND a.atttypmod > 0 THEN a.atttypmod - 4 END,
    t.typtype <> 'd' AND t.typcategory <> ALL (%(uncheckable)s)
FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid
WHERE a.attrelid = %(table)s::regclass AND a.attname = ANY (%(names)s) AND a.attnum > 0
"""


def describe(driver: PsycopgConnection, landing: Landing, columns: Sequence[str]) -> Target:
    """Look up the columns that are loaded."""
    table = landing.table
    told = {
        "table": relation(table).as_string(driver),
        "names": list(columns),
        # A cast to these cuts or says nothing where the type's own input refuses.
        "uncheckable": [_ARRAY, _BITS],
    }
    found = {row[0]: row[1:] for row in fetch(driver, sql.SQL(_COLUMNS), told)}
    return Target(
        table=table,
        shown=landing.shown,
        columns=tuple(
            TargetColumn(
                place=place,
                name=name,
                type=found[name][0],
                required=bool(found[name][1]),
                is_text=found[name][2],
                size=found[name][3],
                cast_checks=found[name][4],
            )
            for place, name in enumerate(columns)
        ),
    )


def field_name(place: int) -> str:
    """Return the name of a column of text."""
    return f"c{place}"


def make(driver: PsycopgConnection, columns: int) -> None:
    """Make the tables, empty."""
    fields = [sql.SQL("{} text").format(sql.Identifier(field_name(at))) for at in range(columns)]
    run(
        driver,
        sql.SQL(
            "CREATE TEMPORARY TABLE {} (mover_row bigint GENERATED ALWAYS AS IDENTITY, {}) "
            "ON COMMIT DROP"
        ).format(sql.Identifier(TEXT.name), sql.SQL(", ").join(fields)),
    )
    run(
        driver,
        sql.SQL(
            "CREATE TEMPORARY TABLE {} (mover_row bigint PRIMARY KEY, col text, "
            "reason text) ON COMMIT DROP"
        ).format(sql.Identifier(REJECTED.name)),
    )


def drop(driver: PsycopgConnection) -> None:
    """Drop them, as another stream may need some of its own."""
    run(driver, sql.SQL("DROP TABLE {}, {}").format(relation(TEXT), relation(REJECTED)))


def forget_rejected(driver: PsycopgConnection) -> None:
    """Take the rejected rows out of those that are left."""
    statement = sql.SQL("DELETE FROM {} AS t USING {} AS r WHERE t.mover_row = r.mover_row")
    run(driver, statement.format(relation(TEXT), relation(REJECTED)))


def count(driver: PsycopgConnection, first: int | None = None) -> int:
    """Count the rejected rows, of all or of the first so many."""
    query = sql.SQL("SELECT count(*) FROM {} WHERE mover_row <= coalesce({}, mover_row)")
    rows = fetch(driver, query.format(relation(REJECTED), sql.Literal(first)))
    return int(rows[0][0])


def rejected(driver: PsycopgConnection) -> Generator[tuple[int, str | None, str], None, None]:
    """Yield number, column and reason of the rejected rows in order."""
    query = sql.SQL("SELECT mover_row, col, reason FROM {} ORDER BY mover_row")
    with driver.cursor("mover_rejected_rows") as cursor:
        cursor.itersize = 10_000
        cursor.execute(query.format(relation(REJECTED)))
        yield from cursor


def run(driver: PsycopgConnection, statement: sql.Composable) -> int:
    """Run a statement and return the count of rows."""
    with driver.cursor() as cursor:
        cursor.execute(statement)
        return int(cursor.rowcount)
