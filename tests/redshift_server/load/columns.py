"""The columns that a COPY fills, from the catalog."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from redshift_server.backend import literal
from redshift_server.errors import RedshiftError
from redshift_server.grammar.cursor import spelled

if TYPE_CHECKING:
    from redshift_server.grammar.copy import CopyStatement
    from redshift_server.session import Session

__all__ = ["TableColumn", "table_columns"]

_HEADER = 4
_SHOWN = {
    "int2": "int2", "int4": "int4", "int8": "int8", "float4": "float4", "float8": "float8",
    "bool": "bool", "bpchar": "char", "varchar": "varchar", "numeric": "numeric",
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class TableColumn:
    """A column: its type, and the bytes or digits that it holds."""

    name: str
    type: str
    size: int = 0
    scale: int = 0
    not_null: bool = False
    identity: str = ""

    @property
    def shown_type(self) -> str:
        """What STL_LOAD_ERRORS calls the type."""
        return _SHOWN.get(self.type, self.type)[:10]

    @property
    def shown_size(self) -> str:
        """What STL_LOAD_ERRORS calls the length."""
        if self.type == "numeric":
            return f"{self.size}, {self.scale}"
        return str(self.size) if self.size else "0"


def table_columns(statement: CopyStatement, session: Session) -> list[TableColumn]:
    """Return the columns to fill, in the order of the list or of the table."""
    name = spelled(statement.table)
    found = session.backend.query(
        "SELECT a.attname, t.typname, a.atttypmod, a.attnotnull, a.attidentity"
        " FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_type t ON t.oid = a.atttypid"
        f" WHERE a.attrelid = {literal(name)}::regclass AND a.attnum > 0 AND NOT a.attisdropped"
        " AND EXISTS (SELECT FROM pg_catalog.pg_class c WHERE c.oid = a.attrelid"
        " AND c.relkind = 'r') ORDER BY a.attnum"
    ).texts()
    if not found:
        raise RedshiftError(f"cannot load into {name}: not a table", sqlstate="42809")
    columns = {str(row[0]): _column(row) for row in found}
    return _chosen(statement, columns)


def _column(row: list[str | None]) -> TableColumn:
    name, kind, modifier, not_null, identity = (str(value) for value in row)
    size = max(int(modifier) - _HEADER, 0)
    digits, scale = (size >> 16, size & 0xFFFF) if kind == "numeric" else (size, 0)
    return TableColumn(
        name=name, type=kind, size=digits, scale=scale, not_null=not_null == "t", identity=identity
    )


def _chosen(statement: CopyStatement, columns: dict[str, TableColumn]) -> list[TableColumn]:
    explicit = statement.flag("explicit_ids")
    table = statement.table[1]
    if not statement.columns:
        if explicit and not any(column.identity for column in columns.values()):
            raise RedshiftError("EXPLICIT_IDS needs an IDENTITY column", sqlstate="0A000")
        return [c for c in columns.values() if explicit or c.identity != "a"]
    for name in statement.columns:
        if name not in columns:
            said = f'column "{name}" of relation "{table}" does not exist'
            raise RedshiftError(said, sqlstate="42703")
    if len(set(statement.columns)) < len(statement.columns):
        raise RedshiftError("column specified more than once", sqlstate="42701")
    chosen = [columns[name] for name in statement.columns]
    named = any(column.identity == "a" for column in chosen)
    if named and not explicit:
        raise RedshiftError(
            "cannot set an identity column to a value (Hint: use EXPLICIT_IDS)", sqlstate="42601"
        )
    if explicit and not any(column.identity for column in chosen):
        raise RedshiftError("EXPLICIT_IDS needs an IDENTITY column", sqlstate="0A000")
    return chosen
