"""CREATE TABLE with what is Vertica's own: how the rows are sorted, segmented and partitioned."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from mover_vertica.catalog import Layout
from mover_vertica.types import REP_TYPE, column_type
from mover_vertica.words import identifier, same_name
from records_mover.db.columns.declared import table_declared, table_origin_of
from records_mover.db.ddl import create_table, stored_names
from records_mover.errors import ConfigError, SchemaError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mover_vertica.settings import Settings
    from records_mover.db import SqlDatabase
    from records_mover.parts import TableName
    from records_mover.schema import Field, RecordsSchema, TableRepresentation

__all__ = ["create_statements", "layout_clauses", "represented"]


def create_statements(
    database: SqlDatabase, settings: Settings, name: TableName, schema: RecordsSchema
) -> tuple[str, ...]:
    """Return the DDL that makes a table of this schema."""
    names = stored_names(database, name, schema)
    _refuse_twins(names)
    columns = map(_column, names, schema.fields)
    layout = _wanted(settings, names, schema)
    return (create_table(database, name, columns, layout_clauses(layout)),)


def _refuse_twins(names: tuple[str, ...]) -> None:
    """Case is kept and means nothing, so that two names may be one to the server."""
    seen: dict[str, str] = {}
    for name in names:
        other = seen.setdefault(same_name(name), name)
        if other != name:
            what = f"columns '{other}' and '{name}' differ by case alone"
            raise SchemaError(what, "rename one of them: to Vertica they are the same name")


def _column(name: str, field: Field) -> str:
    words = [identifier(name), column_type(field).upper()]
    return " ".join([*words, "NOT NULL"] if field.required else words)


def layout_clauses(layout: Layout) -> str:
    """Return what follows the columns."""
    return "".join(f" {clause}" for clause in _clauses(layout))


def _clauses(layout: Layout) -> Iterator[str]:
    if layout.order_by:
        yield f"ORDER BY {', '.join(map(identifier, layout.order_by))}"
    if layout.segmented_by:
        yield f"SEGMENTED BY {layout.segmented_by} ALL NODES"
    elif layout.unsegmented:
        yield "UNSEGMENTED ALL NODES"
    if layout.ksafe is not None and (layout.segmented_by or layout.unsegmented or layout.order_by):
        yield f"KSAFE {layout.ksafe}"


def represented(layout: Layout) -> dict[str, TableRepresentation]:
    """Return how a table's rows lie, for another table to be made like it.

    Not by which columns they are segmented, as that is an expression of names that may change, nor
    the partitions, for the same reason: both are kept where the table itself is.
    """
    details = {"order_by": list(layout.order_by), "unsegmented": layout.unsegmented}
    return table_declared(REP_TYPE, details)


def _wanted(settings: Settings, names: tuple[str, ...], schema: RecordsSchema) -> Layout:
    """Return the layout of the settings, else that of the table that the schema is of."""
    for name in (*settings.order_by, *settings.segmented_by):
        if same_name(name) not in map(same_name, names) and name.lower() != "none":
            what = f"the table would have no column '{name}' to be sorted or segmented by"
            raise ConfigError(what, f"it has: {', '.join(names)}")
    found = replace(_kept(names, schema), ksafe=settings.ksafe)
    if settings.order_by:
        found = replace(found, order_by=settings.order_by)
    if [name.lower() for name in settings.segmented_by] == ["none"]:
        return replace(found, unsegmented=True)
    if settings.segmented_by:
        listed = ", ".join(map(identifier, settings.segmented_by))
        return replace(found, segmented_by=f"HASH({listed})", unsegmented=False)
    return found


def _kept(names: tuple[str, ...], schema: RecordsSchema) -> Layout:
    said = table_origin_of(schema, REP_TYPE)
    order = tuple(map(str, said.get("order_by", ())))
    return Layout(
        order_by=order if all(name in names for name in order) else (),
        unsegmented=bool(said.get("unsegmented")),
    )
