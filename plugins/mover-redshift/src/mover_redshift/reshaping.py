"""A table that takes on the columns of the rows: altered, or made anew to take its place."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mover_redshift import catalog, holding
from mover_redshift.ddl import table_clauses
from mover_redshift.encodings import goes_with
from mover_redshift.types import DIGITS, SCALE, VARCHAR_BYTES, long_name, spell
from mover_redshift.words import identifier
from records_mover.db import match_columns
from records_mover.db.ddl import create_table
from records_mover.db.publishing.misfits import Spelling
from records_mover.db.publishing.misfits import reshape as asked_for
from records_mover.db.publishing.reshaping import cannot_take_on, refuse_needed
from records_mover.parts import Reshape

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mover_redshift.catalog import Described, DescribedColumn
    from mover_redshift.session import RedshiftSession
    from records_mover.parts import Column, TableInfo, TableName
    from records_mover.schema import RecordsSchema

__all__ = ["SPELLING", "alterations", "made_anew", "reshape"]


def _own(standard: str) -> str | None:
    """Return a type as it is spelled here; None for one with more digits or text than there are."""
    found = spell(standard)
    name, _, args = found.rstrip(")").partition("(")
    numbers = [int(each) for each in args.split(",") if each]
    if name in ("decimal", "varchar") and not numbers:
        return None
    if name == "decimal":
        return found if numbers[0] <= DIGITS and numbers[-1] <= SCALE else None
    return found if name != "varchar" or numbers[0] <= VARCHAR_BYTES else None


SPELLING = Spelling(standard=long_name, own=_own)


def reshape(
    database: RedshiftSession,
    info: TableInfo,
    columns: tuple[str, ...],
    schema: RecordsSchema | None,
) -> Reshape:
    """Say what changes; raise where a column that would go is needed by something else."""
    if info.kind == "other":  # the files of an external table are of its columns
        match_columns(columns, info)
        return Reshape()
    change = asked_for(database, info, columns, schema, SPELLING)
    if not change:
        return change
    with database.connection() as connection, database.doing(f"cannot look at '{info.name}'"):
        table = catalog.described(database, connection, info.name)
        if holding.bound(database, connection, table):
            # No ALTER TABLE changes a type in a transaction: what does not fit is refused.
            change = Reshape(added=change.added, dropped=change.dropped)
        if change and not holding.is_owned(database, connection, table):
            why = "it belongs to another user"
            raise cannot_take_on(info.name, change, why, "move as its owner")
        refuse_needed(info.name, holding.needing(database, connection, table, change.dropped))
    return change


def alterations(database: RedshiftSession, table: TableName, change: Reshape) -> Iterator[str]:
    """Yield what adds and drops columns; a new one takes NULL, which no ALTER TABLE forbids."""
    head = f"ALTER TABLE {database.table_sql(table)}"
    for column in change.added:
        yield f"{head} ADD COLUMN {identifier(column.name)} {column.type.upper()}"
    for name in change.dropped:
        yield f"{head} DROP COLUMN {identifier(name)}"


def made_anew(
    database: RedshiftSession, stage: TableName, table: Described, change: Reshape
) -> str:
    """Return CREATE TABLE of a table with the columns of afterwards, which lies as it did."""
    types = dict(change.retyped)
    kept = [
        _kept(column, types, required=column.required and column.name not in change.loosened)
        for column in table.columns
        if column.name not in change.dropped
    ]
    added = [_added(column) for column in change.added]
    return create_table(database, stage, [*kept, *added], table_clauses(table.attributes))


def _kept(column: DescribedColumn, types: dict[str, str], *, required: bool) -> str:
    kind = types.get(column.name, spell(column.type))
    words = [identifier(column.name), kind.upper()]
    if column.default is not None:
        words.append(f"DEFAULT {column.default}")
    encoding = column.encoding or "raw"
    if goes_with(encoding, kind):
        words.append(f"ENCODE {encoding.upper()}")
    return " ".join([*words, "NOT NULL"] if required else words)


def _added(column: Column) -> str:
    words = f"{identifier(column.name)} {column.type.upper()}"
    return words if column.nullable else f"{words} NOT NULL"
