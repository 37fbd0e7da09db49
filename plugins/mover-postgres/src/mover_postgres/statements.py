"""Composes the statements; every identifier and literal goes through the driver's composer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from psycopg2 import sql

from records_mover.frozen import frozen

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mover_postgres.options import CopyOptions, UnloadOptions
    from records_mover.parts import TableName

__all__ = [
    "Output",
    "columns_of",
    "copy_in",
    "copy_out_query",
    "copy_out_table",
    "relation",
    "subquery",
]

_BOOL, _TIMESTAMPTZ = 16, 1184
_NUMBERS = frozenset({20, 21, 23, 26, 700, 701, 1700})
_NEVER_TEXT = _NUMBERS | {_BOOL, _TIMESTAMPTZ, 1082, 1083, 1114, 1266, 1186, 2950}

# In text mode a lone backslash always escapes what follows it, so that no field can be one.
_NEVER = "\\"


@frozen(kw_only=False)
class Output:
    """A column of the result by name and by the OID of its base type."""

    name: str
    oid: int

    @property
    def is_number(self) -> bool:
        """Whether the column holds numbers."""
        return self.oid in _NUMBERS

    @property
    def is_never_text(self) -> bool:
        """Whether an empty text can be no value of the column."""
        return self.oid in _NEVER_TEXT

    def needs_work(self, options: UnloadOptions) -> bool:
        """Whether the format spells this type in another way than COPY does."""
        return (self.oid == _BOOL and options.booleans is not None) or (
            self.oid == _TIMESTAMPTZ and options.in_utc
        )

    def expression(self, column: sql.Composable, options: UnloadOptions) -> sql.Composable:
        """Return the column's value as the format spells it."""
        if self.oid == _BOOL and options.booleans is not None:
            true, false = (sql.Literal(spelling) for spelling in options.booleans)
            return sql.SQL("CASE {} WHEN true THEN {} WHEN false THEN {} END").format(
                column, true, false
            )
        if self.oid == _TIMESTAMPTZ and options.in_utc:
            return sql.SQL("{} AT TIME ZONE 'UTC'").format(column)
        return column


def relation(name: TableName) -> sql.Composable:
    """Return a table's name as it stands in a statement."""
    parts = (name.schema, name.name) if name.schema else (name.name,)
    return sql.Identifier(*parts)


def columns_of(names: Sequence[str]) -> sql.Composable:
    """Return names, quoted, with commas between."""
    return sql.SQL(", ").join(sql.Identifier(name) for name in names)


def subquery(query: str) -> sql.Composable:
    """Return a query of the user's in parentheses, whatever comment it ends with."""
    from records_mover.db.sql.query_text import plain_query

    return sql.SQL("({}\n)").format(sql.SQL(plain_query(query)))


def copy_in(
    table: TableName,
    columns: Sequence[str],
    copy: CopyOptions,
    *,
    force_null: Sequence[str] = (),
) -> sql.Composable:
    """Return the statement that loads rows from the client."""
    options = [*_options(copy)]
    if copy.null is None and copy.mode == "csv":
        options.append(_of_columns("FORCE_NOT_NULL", columns))
    if force_null:
        options.append(_of_columns("FORCE_NULL", force_null))
    return sql.SQL("COPY {} ({}) FROM STDIN WITH ({})").format(
        relation(table), columns_of(columns), sql.SQL(", ").join(options)
    )


def copy_out_table(
    table: TableName, outputs: Sequence[Output], options: UnloadOptions
) -> sql.Composable:
    """Return the statement that unloads a plain table; the quickest way."""
    names = columns_of([output.name for output in outputs])
    return sql.SQL("COPY {} ({}) TO STDOUT WITH ({})").format(
        relation(table), names, _out_options(outputs, options)
    )


def copy_out_query(
    query: sql.Composable, outputs: Sequence[Output], options: UnloadOptions
) -> sql.Composable:
    """Return the statement that unloads the rows of a query."""
    return sql.SQL("COPY ({}\n) TO STDOUT WITH ({})").format(query, _out_options(outputs, options))


def _out_options(outputs: Sequence[Output], options: UnloadOptions) -> sql.Composable:
    composed = [*_options(options.copy)]
    if options.force_quote == "all":
        composed.append(sql.SQL("FORCE_QUOTE *"))
    elif options.force_quote == "nonnumeric":
        texts = [output.name for output in outputs if not output.is_number]
        composed += [_of_columns("FORCE_QUOTE", texts)] if texts else []
    return sql.SQL(", ").join(composed)


def _of_columns(option: str, names: Sequence[str]) -> sql.Composable:
    return sql.SQL("{} ({})").format(sql.SQL(option), columns_of(names))


def _options(copy: CopyOptions) -> list[sql.Composable]:
    null = copy.null if copy.null is not None else _NEVER if copy.mode == "text" else ""
    values = {
        "DELIMITER": copy.delimiter,
        "NULL": null,
        "QUOTE": copy.quote,
        "ESCAPE": copy.escape,
        "ENCODING": copy.encoding,
    }
    options = [sql.SQL(f"FORMAT {copy.mode}")]
    options += [sql.SQL("HEADER")] if copy.header else []
    return options + [
        sql.SQL("{} {}").format(sql.SQL(name), sql.Literal(value))
        for name, value in values.items()
        if value is not None
    ]
