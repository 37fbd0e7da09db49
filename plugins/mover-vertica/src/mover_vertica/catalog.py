"""What V_CATALOG tells of tables: columns, keys, comments, grants, and how they are laid out."""

# ruff: noqa: S608 - every name and text in these statements is quoted by words.py

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from mover_vertica.types import field_of
from mover_vertica.words import literal
from records_mover.errors import DatabaseError
from records_mover.parts import Column, TableInfo, TableName

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from records_mover.db import SqlDatabase
    from records_mover.schema import Field

__all__ = [
    "Described",
    "DescribedColumn",
    "Layout",
    "asking",
    "describe",
    "described",
    "layout_of",
    "search_path",
]

Ask = Callable[[str], Sequence[Sequence[Any]]]
"""Runs a query and returns its rows."""

_SYSTEM = ("v_catalog", "v_monitor", "v_internal", "v_func", "v_txtindex")


@dataclass(frozen=True, slots=True, kw_only=True)
class DescribedColumn:
    """A column as the catalog tells it; ``type`` as V_CATALOG.COLUMNS spells it.

    ``default`` and ``using`` are the expressions of DEFAULT and SET USING.
    """

    name: str
    type: str
    required: bool = False
    default: str | None = None
    using: str | None = None
    identity: bool = False
    generated: bool = False

    def field(self) -> Field:
        """Return the records field."""
        return field_of(self.name, self.type, required=self.required)


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """How a table's rows are sorted, segmented and partitioned; empty for what is not known.

    ``segmented_by`` is an expression such as ``hash(a, b)``, and "" with ``unsegmented``.
    """

    order_by: tuple[str, ...] = ()
    segmented_by: str = ""
    unsegmented: bool = False
    ksafe: int | None = None
    partition_by: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Described:
    """A table or a view; ``schema`` is the one that it is in."""

    name: TableName
    schema: str
    kind: Literal["table", "view"]
    owner: str
    columns: tuple[DescribedColumn, ...]
    partition_by: str = ""
    inherits: bool = False
    info: TableInfo = field(init=False)

    def __post_init__(self) -> None:
        columns = tuple(
            Column(
                name=column.name,
                type=column.type,
                nullable=not column.required,
                filled=column.default is not None or column.identity,
                generated=column.generated or column.identity,
            )
            for column in self.columns
        )
        info = TableInfo(name=self.name, columns=columns, kind=self.kind)
        object.__setattr__(self, "info", info)


def asking(database: SqlDatabase, connection: Connection) -> Ask:
    """Return what runs a query on a connection and returns its rows."""

    def ask(query: str) -> list[Any]:
        return list(database.run(connection, query))

    return ask


def described(ask: Ask, name: TableName) -> Described:
    """Describe a table or a view that is there; raise ``DatabaseError`` where there is none."""
    found = describe(ask, name)
    if found is None:
        raise DatabaseError(f"there is no table '{name}'", "check its name")
    return found


def search_path(ask: Ask) -> list[str]:
    """Return the schemas in which a name without one is looked up."""
    (row,) = ask("SHOW SEARCH_PATH")
    names = [name.strip().strip('"') for name in str(row[1]).split(",")]
    if "$user" in names:
        (user,) = ask("SELECT CURRENT_USER()")
        names[names.index("$user")] = str(user[0])
    return [name for name in names if name.lower() not in _SYSTEM]


def describe(ask: Ask, name: TableName) -> Described | None:
    """Describe a table or a view, None where there is none."""
    found = _relation(ask, name)
    if found is None:
        return None
    schema, stored, kind, owner, partition, inherits = found
    columns = _view_columns if kind == "view" else _table_columns
    return Described(
        name=TableName(name=stored, schema=name.schema and schema),
        schema=schema,
        kind="view" if kind == "view" else "table",
        owner=str(owner or ""),
        columns=tuple(columns(ask, schema, stored)),
        partition_by=str(partition or ""),
        inherits=bool(inherits),
    )


def _relation(ask: Ask, name: TableName) -> Sequence[Any] | None:
    where = f"LOWER(table_name) = {literal(name.name.lower())}"
    if name.schema is not None:
        where += f" AND LOWER(table_schema) = {literal(name.schema.lower())}"
    rows = [
        *ask(
            "SELECT table_schema, table_name, 'table', owner_name, partition_expression, "
            f"inherited_privileges_enabled FROM v_catalog.tables WHERE {where}"
        ),
        *ask(
            "SELECT table_schema, table_name, 'view', owner_name, '', inherit_privileges "
            f"FROM v_catalog.views WHERE {where}"
        ),
    ]
    if name.schema is not None or not rows:
        return rows[0] if rows else None
    path = [schema.lower() for schema in search_path(ask)]
    there = [row for row in rows if str(row[0]).lower() in path]
    return min(there, key=lambda row: path.index(str(row[0]).lower()), default=None)


def _table_columns(ask: Ask, schema: str, table: str) -> list[DescribedColumn]:
    rows = ask(
        "SELECT column_name, data_type, is_nullable, column_default, is_identity, "
        f"column_set_using FROM v_catalog.columns WHERE {_of(schema, table)} "
        "ORDER BY ordinal_position"
    )
    return [
        DescribedColumn(
            name=str(row[0]),
            type=str(row[1]).lower(),
            required=not row[2],
            default=str(row[3]) if row[3] else None,
            using=str(row[5]) if row[5] else None,
            identity=bool(row[4]),
            generated=False,
        )
        for row in rows
    ]


def _view_columns(ask: Ask, schema: str, view: str) -> list[DescribedColumn]:
    rows = ask(
        f"SELECT column_name, data_type FROM v_catalog.view_columns WHERE {_of(schema, view)} "
        "ORDER BY ordinal_position"
    )
    return [DescribedColumn(name=str(row[0]), type=str(row[1]).lower()) for row in rows]


def _of(schema: str, table: str) -> str:
    return f"table_schema = {literal(schema)} AND table_name = {literal(table)}"


_BUDDY = re.compile(r"_b\d+$")


def layout_of(ask: Ask, table: Described) -> Layout:
    """Return how the rows of a table lie, by its first projection that holds every column."""
    rows = ask(
        "SELECT projection_name, is_segmented, segment_expression, verified_fault_tolerance "
        f"FROM v_catalog.projections WHERE projection_schema = {literal(table.schema)} AND "
        f"anchor_table_name = {literal(table.name.name)} AND is_super_projection "
        "ORDER BY projection_name"
    )
    if not rows:
        return Layout(partition_by=table.partition_by)
    name, segmented, expression, ksafe = rows[0]
    sorted_by = ask(
        "SELECT projection_column_name FROM v_catalog.projection_columns WHERE "
        f"table_schema = {literal(table.schema)} AND projection_name = {literal(str(name))} "
        "AND sort_position IS NOT NULL ORDER BY sort_position"
    )
    return Layout(
        order_by=tuple(str(row[0]) for row in sorted_by),
        segmented_by=str(expression or "") if segmented else "",
        unsegmented=not segmented,
        ksafe=None if ksafe is None else int(ksafe),
        partition_by=table.partition_by,
    )
