"""How a database names and types what it holds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from records_mover.db.columns import types
from records_mover.db.connections.transactions import SqlConnections
from records_mover.db.sql import spelling
from records_mover.parts import Column

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy.types import TypeEngine

    from records_mover.parts import Form, TableName
    from records_mover.schema import Field, RecordsSchema
    from records_mover.schema.fidelity import Kept

__all__ = ["SqlNames"]


class SqlNames(SqlConnections):
    """Names and types as a SQLAlchemy dialect has them.

    ``varchar_in_bytes`` says that VARCHAR(n) counts bytes, and ``varchar_limit`` the greatest n;
    ``privileges`` are the words that GRANT knows, and there are none where it has no GRANT.
    """

    varchar_in_bytes: ClassVar[bool] = False
    varchar_limit: ClassVar[int | None] = None
    privileges: ClassVar[frozenset[str]] = frozenset(
        {
            *("ALL", "ALL PRIVILEGES", "SELECT", "INSERT", "UPDATE", "DELETE"),
            *("REFERENCES", "TRIGGER", "TRUNCATE"),
        }
    )

    def quote(self, name: str) -> str:
        """Return an identifier as it is written in a statement for ``run``."""
        return spelling.quote(name, self._engine.dialect)

    def table_sql(self, name: TableName) -> str:
        """Return a table's name as it is written in a statement for ``run``."""
        table = self.quote(name.name)
        return f"{self.quote(name.schema)}.{table}" if name.schema else table

    def column_name(self, name: str) -> str:
        """Return ``name`` as this database will store it."""
        return name[: self._engine.dialect.max_identifier_length]

    def type_for(self, field: Field) -> TypeEngine[Any]:
        """Return the column type for a field; text, with a warning, where the dialect has none."""
        kind = self.known_type(field)
        return self.as_text(field) if kind is None else kind

    def known_type(self, field: Field) -> TypeEngine[Any] | None:
        """Return the column type for a field, None where the dialect has none."""
        if field.field_type == "string":
            return types.text_type(field, in_bytes=self.varchar_in_bytes, limit=self.varchar_limit)
        return types.type_from_field(field, self._engine.dialect)

    def made_field(self, field: Field) -> Field:
        """Return the column that a new table would have for this one, without a warning."""
        import sqlalchemy as sa

        kind = self.known_type(field) or sa.Text()
        return types.field_from_type(
            field.name, kind, required=field.required, in_bytes=self.varchar_in_bytes
        )

    def declared(self, schema: RecordsSchema) -> tuple[str, ...]:
        """Return the types that a new table's columns would have, as DDL spells them."""
        import sqlalchemy as sa

        kinds = [self.known_type(field) or sa.Text() for field in schema.fields]
        return tuple(spelling.spell_type(kind, self._engine.dialect) for kind in kinds)

    def keeps(self, source: Field, target: Field, form: Form) -> Kept:
        """Say what becomes of a source's values here: rows as statements are cast strictly."""
        from records_mover.schema.fidelity import kept

        del form
        return kept(source, target, strict=True)

    def as_text(self, field: Field) -> TypeEngine[Any]:
        """Return a type for text, and warn that this column travels so."""
        import sqlalchemy as sa

        types.warn_of_text([field], self.dialect)
        return sa.Text()

    def column_for(self, column: Mapping[str, Any]) -> Column:
        """Return what a move needs to know of a column, from SQLAlchemy's description of it."""
        identity = column.get("identity") or {}
        filled = column.get("default") is not None or bool(identity)
        return Column(
            name=column["name"],
            type=spelling.spell_type(column["type"], self._engine.dialect),
            nullable=bool(column.get("nullable", True)),
            filled=filled or column.get("autoincrement") is True,
            generated=bool(column.get("computed")) or bool(identity.get("always")),
        )

    def field_for(self, column: Mapping[str, Any]) -> Field:
        """Return the records field of a column, from SQLAlchemy's description of it."""
        required = not column.get("nullable", True)
        return types.field_from_type(
            column["name"], column["type"], required=required, in_bytes=self.varchar_in_bytes
        )

    def grantee(self, name: str, *, group: bool) -> str:
        """Return a user or a group as GRANT wants it."""
        del group
        return self.quote(name)
