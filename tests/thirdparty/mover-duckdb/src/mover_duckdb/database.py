"""DuckDB: one file, whose statements are all undone when a transaction is."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from records_mover.db import SqlDatabase
from records_mover.schema import DecimalConstraints, Field

if TYPE_CHECKING:
    from sqlalchemy import Connection
    from sqlalchemy.types import TypeEngine

    from records_mover.parts import ExistingMode, TableName

DIGITS = 38


class DuckDatabase(SqlDatabase):
    """A file of DuckDB."""

    transactional_ddl: ClassVar[bool] = True
    savepoints: ClassVar[bool] = False
    privileges: ClassVar[frozenset[str]] = frozenset()

    def identity(self) -> str:
        """Name the file; a database in memory is seen by its own engine alone."""
        path = self.engine.url.database
        if not path or path == ":memory:":
            return f"duckdb://memory/{id(self.engine)}"
        return f"duckdb://{Path(path).resolve()}"

    def wiping(self, mode: ExistingMode) -> str:
        """Say in a clause what ``wipe`` does: DELETE is as good as TRUNCATE here."""
        del mode
        return "delete every row"

    def swap(self, connection: Connection, stage: TableName, table: TableName) -> None:
        """Put the stage in the place of the table; views look at it by its name."""
        super().swap(connection, stage, table)

    def known_type(self, field: Field) -> TypeEngine[Any] | None:
        """Return the column type for a field, None for more digits than DuckDB has."""
        facts = field.constraints
        if field.field_type == "json":
            return None
        if field.field_type == "decimal":
            if not isinstance(facts, DecimalConstraints):
                return None
            digits = facts.fixed_precision
            if facts.fp_total_bits is None and (digits is None or digits > DIGITS):
                return None
        return super().known_type(field)
