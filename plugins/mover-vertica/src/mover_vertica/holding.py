"""What holds on to a table, and to its columns: keys, projections, partitions, views, an owner."""

# ruff: noqa: S608 - every name and text in these statements is quoted by words.py

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mover_vertica.words import literal, same_name
from records_mover.db.sql.mentions import mentions, reads

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from mover_vertica.catalog import Ask, Described

__all__ = ["FOREIGN", "Projection", "bound", "lying", "needing", "projections"]

FOREIGN = "the table belongs to another user"

_BY_ITSELF = ("DELAYED_CREATION", "CREATE TABLE")
"""How V_CATALOG.PROJECTIONS calls those that the server makes of a table without a design."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Projection:
    """A projection; ``designed`` says that someone has said how it lies."""

    name: str
    columns: tuple[str, ...]
    order: tuple[str, ...]
    segments: str
    whole: bool
    designed: bool

    def needs(self, column: str) -> bool:
        """Whether it would be another one, or none, without the column."""
        if not self.whole and column in self.columns:
            return True
        return column in self.order or mentions(self.segments, column)


def bound(ask: Ask, table: Described) -> str:
    """Say what holds on to the table itself, so that no other can take its place."""
    if any(column.identity for column in table.columns):
        return "the table counts an identity column up"
    where = f"table_schema = {literal(table.schema)} AND table_name = {literal(table.name.name)}"
    other = (
        f"reference_table_schema = {literal(table.schema)} AND "
        f"reference_table_name = {literal(table.name.name)}"
    )
    if _any(ask, f"SELECT COUNT(*) FROM v_catalog.foreign_keys WHERE {where} OR {other}"):
        return "foreign keys bind it to other tables"
    (user,) = ask("SELECT CURRENT_USER()")
    if str(user[0]).lower() != table.owner.lower():
        return FOREIGN
    laid = (
        "SELECT COUNT(*) FROM v_catalog.comments c JOIN v_catalog.projections p "
        "ON p.projection_name = c.object_name AND p.projection_schema = c.object_schema "
        f"WHERE {_anchored(table)}"
    )
    return "its projections have comments" if _any(ask, laid) else ""


def _any(ask: Ask, count: str) -> bool:
    return int(ask(count)[0][0]) > 0


def _anchored(table: Described) -> str:
    schema, name = literal(table.schema), literal(table.name.name)
    return f"p.projection_schema = {schema} AND p.anchor_table_name = {name}"


def projections(ask: Ask, table: Described) -> list[Projection]:
    """Return the projections of a table."""
    listed = ask(
        "SELECT c.projection_name, c.table_column_name, c.sort_position "
        "FROM v_catalog.projection_columns c "
        f"WHERE c.table_schema = {literal(table.schema)} AND c.table_name = "
        f"{literal(table.name.name)} ORDER BY c.projection_name, c.column_position"
    )
    rows = ask(
        "SELECT p.projection_name, p.is_segmented, p.segment_expression, p.create_type "
        f"FROM v_catalog.projections p WHERE {_anchored(table)} ORDER BY p.projection_name"
    )
    names = tuple(column.name for column in table.columns)
    found = []
    for projection, segmented, expression, made in rows:
        of_it = [row for row in listed if row[0] == projection]
        columns = tuple(str(row[1]) for row in of_it)
        sorted_by = sorted((row for row in of_it if row[2] is not None), key=lambda row: row[2])
        order = tuple(str(row[1]) for row in sorted_by)
        found.append(
            Projection(
                name=str(projection),
                columns=columns,
                order=order,
                segments=str(expression or "") if segmented else "",
                whole=set(columns) == set(names),
                designed=str(made) not in _BY_ITSELF and order != names,
            )
        )
    return found


def needing(
    ask: Ask, table: Described, columns: Sequence[str], laid: Sequence[Projection]
) -> list[tuple[str, str]]:
    """Return what would go with each of these columns, or would fail without it."""
    if not columns:
        return []
    return sorted({*lying(ask, table, columns, laid), *_views(ask, table, columns)})


def lying(
    ask: Ask, table: Described, columns: Sequence[str], laid: Sequence[Projection]
) -> Iterator[tuple[str, str]]:
    """Yield what of the table itself is made of each of these columns."""
    constraints = [*_keyed(ask, table), *_checked(ask, table, columns)]
    for name in columns:
        yield from ((name, f"projection {p.name}") for p in laid if p.designed and p.needs(name))
        if mentions(table.partition_by, name):
            yield name, "the partition key"
        yield from ((name, what) for column, what in constraints if column == name)
        for other in table.columns:
            made = f"{other.default or ''} {other.using or ''}"
            if other.name != name and mentions(made, name):
                yield name, f"column {other.name}"


def _keyed(ask: Ask, table: Described) -> Iterator[tuple[str, str]]:
    rows = ask(
        "SELECT column_name, constraint_name FROM v_catalog.constraint_columns WHERE table_schema "
        f"= {literal(table.schema)} AND table_name = {literal(table.name.name)}"
    )
    return ((str(column), f"constraint {name}") for column, name in rows)


def _checked(ask: Ask, table: Described, columns: Sequence[str]) -> Iterator[tuple[str, str]]:
    rows = ask(
        "SELECT c.constraint_name, c.predicate FROM v_catalog.table_constraints c "
        "JOIN v_catalog.tables t ON t.table_id = c.table_id WHERE c.constraint_type = 'c' AND "
        f"t.table_schema = {literal(table.schema)} AND t.table_name = {literal(table.name.name)}"
    )
    for name, predicate in rows:
        yield from ((each, f"constraint {name}") for each in columns if mentions(predicate, each))


def _views(ask: Ask, table: Described, columns: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Yield the views that read a column, by their text: they go by names, and would fail."""
    held = f"LOWER(view_definition) LIKE {literal(_like(table.name.name))}"
    views = ask(
        f"SELECT table_schema, table_name, view_definition FROM v_catalog.views WHERE {held}"
    )
    for schema, view, definition in views:
        if not reads(definition, table.schema, table.name.name):
            continue
        where = f"table_schema = {literal(schema)} AND table_name = {literal(view)}"
        rows = ask(f"SELECT column_name FROM v_catalog.view_columns WHERE {where}")
        shown = {same_name(str(row[0])) for row in rows} if "*" in definition else set()
        for each in columns:
            if mentions(definition, each) or same_name(each) in shown:
                yield each, f"view {schema}.{view}"


def _like(name: str) -> str:
    escaped = "".join(f"\\{each}" if each in "\\%_" else each for each in name.lower())
    return f"%{escaped}%"
