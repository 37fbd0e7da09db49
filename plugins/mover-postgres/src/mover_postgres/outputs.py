"""The columns that an unload gives, and what each is made into for the format's sake."""

from __future__ import annotations

from typing import TYPE_CHECKING

from psycopg2 import sql

from mover_postgres.connections import fetch
from mover_postgres.statements import (
    Output,
    columns_of,
    copy_out_query,
    copy_out_table,
    relation,
    subquery,
)
from records_mover.parts import Selection

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from psycopg2.extensions import connection as PsycopgConnection  # noqa: N812  it is a class

    from mover_postgres.options import UnloadOptions
    from mover_postgres.ranges import Blocks
    from records_mover.parts import TableName
    from records_mover.schema import Field, RecordsSchema

__all__ = [
    "binary_statement_for",
    "field_types",
    "inputs_of",
    "is_plain",
    "outputs_of",
    "rows_of",
    "statement_for",
    "with_json",
]

_AS_IN_JSON = frozenset({"boolean", "integer"})
"""What JSON spells as the core reads it; anything else is asked for as its text."""

# OIDs of the types, and of their arrays, whose spelling the date hints are about.
_FIELD_TYPES = {
    1082: "date",
    1182: "date",
    1083: "time",
    1183: "time",
    1266: "timetz",
    1270: "timetz",
    1114: "datetime",
    1115: "datetime",
    1184: "datetimetz",
    1185: "datetimetz",
}


def outputs_of(connection: PsycopgConnection, selection: Selection) -> tuple[Output, ...]:
    """Return the columns that the server says the selection has; no row is read."""
    with connection.cursor() as cursor:
        cursor.execute(sql.SQL("SELECT * FROM ({}) AS q LIMIT 0").format(rows_of(selection)))
        return tuple(Output(column.name, column.type_code) for column in cursor.description or ())


# Of a domain over a domain only the upper one is seen, which leaves the type unknown.
_COLUMNS = """
SELECT a.attname, CASE WHEN t.typtype = 'd' THEN t.typbasetype ELSE a.atttypid END
FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid
WHERE a.attrelid = %s::regclass AND a.attnum > 0 AND NOT a.attisdropped
ORDER BY a.attnum
"""


def inputs_of(connection: PsycopgConnection, table: TableName) -> tuple[Output, ...]:
    """Return the columns of a table that is loaded, of which we may have no right to read any."""
    rows = fetch(connection, _COLUMNS, (relation(table).as_string(connection),))
    return tuple(Output(name, int(oid)) for name, oid in rows)


def field_types(outputs: Iterable[Output]) -> frozenset[str]:
    """Return the field types among the columns about which there are hints."""
    return frozenset(_FIELD_TYPES[output.oid] for output in outputs if output.oid in _FIELD_TYPES)


def statement_for(
    selection: Selection,
    outputs: Sequence[Output],
    options: UnloadOptions,
    blocks: Blocks | None = None,
    *,
    plain: bool = False,
) -> sql.Composable:
    """Return the quickest COPY TO that gives the selection, or a range of it, in this format.

    ``plain`` says that COPY can name the table itself, as ``is_plain`` finds out.
    """
    if any(output.needs_work(options) for output in outputs):
        return copy_out_query(_worked(selection, outputs, options, blocks), outputs, options)
    if plain:
        return copy_out_table(_table(selection), outputs, options)
    return copy_out_query(rows_of(selection, blocks), outputs, options)


def binary_statement_for(
    selection: Selection,
    outputs: Sequence[Output],
    blocks: Blocks | None = None,
    *,
    plain: bool = False,
) -> sql.Composable:
    """Return the quickest COPY TO that gives the selection, or a range of it, in binary."""
    if plain:
        names = columns_of([output.name for output in outputs])
        rows = sql.SQL("{} ({})").format(relation(_table(selection)), names)
    else:
        rows = sql.SQL("({}\n)").format(rows_of(selection, blocks))
    return sql.SQL("COPY {} TO STDOUT WITH (FORMAT binary)").format(rows)


def _table(selection: Selection) -> TableName:
    assert selection.table is not None, "a selection has a table or a query"
    return selection.table


def rows_of(selection: Selection, blocks: Blocks | None = None) -> sql.Composable:
    """Return the query that gives a selection, or those of its rows that lie in some blocks."""
    if selection.query is not None and selection.columns is None:
        from records_mover.db.sql.query_text import plain_query

        return sql.SQL(plain_query(selection.query)) + sql.SQL("\n")
    wanted = sql.SQL("*") if selection.columns is None else columns_of(selection.columns)
    rows = (
        relation(_table(selection))
        if selection.query is None
        else subquery(selection.query) + sql.SQL(" AS q")
    )
    query = sql.SQL("SELECT {} FROM {}").format(wanted, rows)
    return query if blocks is None else query + sql.SQL(" WHERE ") + blocks.condition


def _worked(
    selection: Selection,
    outputs: Sequence[Output],
    options: UnloadOptions,
    blocks: Blocks | None,
) -> sql.Composable:
    """Name the columns by position first, as a query may give one name to several."""
    places = [sql.Identifier(f"c{place}") for place in range(len(outputs))]
    wanted = [
        sql.SQL("{} AS {}").format(output.expression(place, options), sql.Identifier(output.name))
        for output, place in zip(outputs, places, strict=True)
    ]
    return sql.SQL("SELECT {} FROM ({}) AS q ({})").format(
        sql.SQL(", ").join(wanted), rows_of(selection, blocks), sql.SQL(", ").join(places)
    )


_PLAIN = """
SELECT c.relkind = 'r' AND NOT c.relhassubclass AND NOT EXISTS (
    SELECT FROM pg_attribute a
    WHERE a.attrelid = c.oid AND a.attgenerated <> '' AND a.attname = ANY (%s))
FROM pg_class c WHERE c.oid = %s::regclass
"""


def is_plain(
    connection: PsycopgConnection, selection: Selection, outputs: Sequence[Output]
) -> bool:
    """Whether COPY can name the table itself: no query, view, parent or generated column."""
    if selection.query is not None:
        return False
    names = [output.name for output in outputs]
    rows = fetch(connection, _PLAIN, (names, relation(_table(selection)).as_string(connection)))
    return bool(rows and rows[0][0])


def with_json(selection: Selection, schema: RecordsSchema, driver: PsycopgConnection) -> Selection:
    """Return the query for the same rows with arrays as JSON."""
    columns = sql.SQL(", ").join(_as_json(field) for field in schema.fields)
    query = sql.SQL("SELECT {} FROM ({}) AS q").format(columns, rows_of(selection))
    return Selection(query=query.as_string(driver))


def _as_json(field: Field) -> sql.Composable:
    """Return a column's value.

    No JSON array says that an array has several dimensions, or a first place that is not 1: such
    a one stays as it is, which the reader refuses.
    """
    name = sql.Identifier(field.name)
    if field.field_type != "array":
        return name
    texts = field.items is None or field.items.field_type not in _AS_IN_JSON
    values = sql.SQL("{}::text[]" if texts else "{}").format(name)
    return sql.SQL(
        "CASE WHEN array_ndims({0}) = 1 AND array_lower({0}, 1) <> 1 OR array_ndims({0}) > 1 "
        "THEN {0}::text ELSE array_to_json({1})::text END AS {0}"
    ).format(name, values)
