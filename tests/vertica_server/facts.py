"""What Vertica knows of each column and the PostgreSQL behind does not: spelling and exact type."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vertica_server.grammar.shown import type_of
from vertica_server.grammar.types import VType, parse_type
from vertica_server.sql.cursor import Cursor
from vertica_server.sql.lexer import tokens
from vertica_server.sql.names import inner
from vertica_server.wire.results import Field

if TYPE_CHECKING:
    from collections.abc import Sequence

    from standins.backend import Column
    from vertica_server.engine import Engine

__all__ = ["Facts"]

_QUERY = (
    "SELECT f.number, f.spelled, f.type, s.spelled, t.spelled, f.not_null, f.identity"
    " FROM v_internal.column_facts f JOIN v_internal.table_facts t USING (relid)"
    " JOIN v_internal.schema_facts s ON s.oid = t.schema WHERE f.relid = "
)


class Facts:
    """Looks columns up, each table once until a DDL statement says that something changed."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._known: dict[int, dict[int, Field]] = {}
        found = engine.texts(
            "SELECT oid, typname FROM pg_type WHERE typnamespace = 'v_internal'::regnamespace"
            " AND typname ~ '^_?(long_varchar|long_varbinary|varbinary|binary)$'"
        )
        self.own = {
            int(oid or 0): (f"{name[1:]}[]" if (name or "").startswith("_") else str(name))
            for oid, name in ((oid, name or "") for oid, name in found)
        }

    def forget(self) -> None:
        """A definition changed."""
        self._known.clear()

    def fields(
        self, columns: Sequence[Column], places: Sequence[tuple[int, int]], names: dict[str, str]
    ) -> list[Field]:
        """Return the columns of a result as Vertica tells them."""
        return [
            self._field(column, table, number, names)
            for column, (table, number) in zip(columns, places, strict=True)
        ]

    def type_of(self, column: Column) -> VType:
        """Return the type of an expression."""
        return type_of(column.oid, column.modifier, self.own)

    def _field(self, column: Column, table: int, number: int, names: dict[str, str]) -> Field:
        known = self._of(table).get(number) if table else None
        if known is None:
            name = _unnamed(names.get(column.name, column.name))
            return Field(name=name, type=self.type_of(column))
        name = known.name
        if inner(known.name) != column.name:
            name = names.get(column.name, column.name)
        return Field(
            name=name, type=known.type, table_oid=table, number=number, schema=known.schema,
            table=known.table, nullable=known.nullable, identity=known.identity,
        )  # fmt: skip

    def _of(self, table: int) -> dict[int, Field]:
        if table not in self._known:
            found = self._engine.texts(f"{_QUERY}{table}")
            self._known[table] = {
                int(number or 0): Field(
                    name=str(name),
                    type=parse_type(Cursor(tokens(str(kind)))),
                    schema=str(schema),
                    table=str(relation),
                    nullable=not_null == "f",
                    identity=identity == "t",
                )
                for number, name, kind, schema, relation, not_null, identity in found
            }
        return self._known[table]


def _unnamed(name: str) -> str:
    return "?column?" if name == "?column?" else name
