"""What must change of a table's columns so that it holds rows of another shape, and its words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from records_mover.errors import DatabaseError
from records_mover.parts import Column

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from records_mover.db.naming import SqlNames
    from records_mover.parts import Reshape, TableInfo, TableName
    from records_mover.schema import Field, RecordsSchema

__all__ = [
    "added_columns",
    "cannot_take_on",
    "dropped_columns",
    "explained",
    "loosened_columns",
    "refuse_needed",
    "told_of",
]


def dropped_columns(info: TableInfo, columns: Sequence[str]) -> tuple[str, ...]:
    """Return the columns that go, as the rows bring none of them.

    One that the table fills by itself stays.
    """
    return tuple(
        column.name
        for column in info.columns
        if column.name not in columns and not column.filled and not column.generated
    )


def added_columns(
    database: SqlNames, info: TableInfo, columns: Sequence[str], schema: RecordsSchema
) -> Iterator[Column]:
    """Yield the columns that come, typed as those of a new table."""
    there = {column.name for column in info.columns}
    new = [place for place, name in enumerate(columns) if name not in there]
    fields = [schema.fields[place] for place in new]
    types = database.declared(schema.select([field.name for field in fields])) if new else ()
    for place, field, spelling in zip(new, fields, types, strict=True):
        yield Column(name=columns[place], type=spelling, nullable=not field.required)


def loosened_columns(
    info: TableInfo,
    columns: Sequence[str],
    schema: RecordsSchema,
    knows: Callable[[Field], bool] = lambda _: True,
) -> Iterator[str]:
    """Yield columns that need a value here and none in the source, if it knows the difference."""
    if not any(field.required for field in schema.fields):
        return
    there = {column.name: column for column in info.columns}
    for name, field in zip(columns, schema.fields, strict=True):
        if name in there and not there[name].nullable and not field.required and knows(field):
            yield name


def explained(change: Reshape, beside: str = "") -> Iterator[str]:
    """Yield clauses that say what changes, and what may; ``beside`` is what a new type entails."""
    if change.added:
        added = ", ".join(f"'{each.name}' ({each.type})" for each in change.added)
        yield f"adding {added}"
    if change.dropped:
        yield f"dropping {_listed(change.dropped)}, which the rows do not bring"
    for name, spelling in change.retyped:
        yield f"making '{name}' {spelling} if a value needs it{beside}"
    if change.loosened:
        yield f"allowing NULL in {_listed(change.loosened)} if one comes"


def told_of(change: Reshape, *, done: bool = True) -> Iterator[str]:
    """Yield what was done, or could not be, for people."""
    for column in change.added:
        yield f"column '{column.name}' ({column.type}) {'was' if done else 'would be'} added"
    for name in change.dropped:
        yield f"column '{name}' {'was' if done else 'would be'} dropped"
    for name, spelling in change.retyped:
        yield f"column '{name}' {'became' if done else 'would become'} {spelling}"
    for name in change.loosened:
        yield f"column '{name}' {'allows' if done else 'would allow'} NULL"


def cannot_take_on(table: TableName, change: Reshape, why: str, advice: str) -> DatabaseError:
    """Return the error to raise where nobody, or not this user, could change the table so."""
    what = f"'{table}' cannot take on the columns of the rows ({'; '.join(explained(change))})"
    return DatabaseError(f"{what}: {why}", advice)


def refuse_needed(table: TableName, found: Sequence[tuple[str, str]]) -> None:
    """Raise for the first column of ``found``, which holds (column, what would go with it)."""
    if not found:
        return
    column = found[0][0]
    needed = ", ".join(dict.fromkeys(what for name, what in found if name == column))
    raise DatabaseError(
        f"the rows bring no column '{column}' for '{table}', and {needed} would go with it",
        f"give the column, or alter or drop {'these' if ', ' in needed else 'this'} first",
    )


def _listed(names: Sequence[str]) -> str:
    return ", ".join(f"'{name}'" for name in names)
