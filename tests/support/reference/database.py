"""Columns that hold the text of any value, and declare the field that they were made for."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from records_mover.db.sqlite import SqliteDatabase
from records_mover.parts import TableName
from records_mover.schema import Field

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy import Engine, Inspector

__all__ = ["ReferenceDatabase", "open_reference"]

_PREFIX = "BLOB_"  # so that SQLite changes no value: https://www.sqlite.org/datatype3.html


class FieldType(sa.types.UserDefinedType[str]):
    """The type of a column: its field, in hexadecimal, which is no other word of SQLite's."""

    cache_ok = True

    def __init__(self, document: str) -> None:
        self.document = document

    def get_col_spec(self, **_: Any) -> str:
        """Spell it."""
        return _PREFIX + self.document.encode().hex()


def open_reference(engine: Engine) -> ReferenceDatabase:
    """Open the database behind an engine."""
    return ReferenceDatabase(engine)


class ReferenceDatabase(SqliteDatabase):
    """A file of SQLite in which nothing is lost."""

    def identity(self) -> str:
        """Name the file."""
        return f"{self.dialect}://{self.engine.url.database}"

    def known_type(self, field: Field) -> FieldType:
        """Return a type that holds the field."""
        return FieldType(json.dumps(_plain(field).to_data()))

    def made_field(self, field: Field) -> Field:
        """Return the field itself."""
        return _plain(field)

    def reflect(self, inspector: Inspector, name: TableName) -> list[Mapping[str, Any]] | None:
        """Return the columns with their own declarations, which SQLAlchemy does not keep."""
        columns = super().reflect(inspector, name)
        if columns is None:
            return None
        bind: Any = inspector.bind
        told = bind.exec_driver_sql(f"PRAGMA table_info({self.table_sql(name)})")
        declared = {row[1]: row[2] for row in told}
        return [{**column, "type": _type(declared[column["name"]])} for column in columns]

    def field_for(self, column: Mapping[str, Any]) -> Field:
        """Return the field that a column was made for."""
        kind = column["type"]
        if not isinstance(kind, FieldType):
            return super().field_for(column)
        return Field.from_data(column["name"], json.loads(kind.document))


def _plain(field: Field) -> Field:
    return Field(field.name, field.field_type, field.constraints, items=field.items)


def _type(declared: str) -> FieldType | sa.types.Text:
    if not declared.startswith(_PREFIX):
        return sa.Text()
    return FieldType(bytes.fromhex(declared.removeprefix(_PREFIX)).decode())
