"""SQLite under another name, whose URL may hold a key that nobody must see."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite

if TYPE_CHECKING:
    from sqlalchemy import URL

__all__ = ["ReferenceDialect"]


class ReferenceDialect(SQLiteDialect_pysqlite):
    """The library's own, without what its connect would not understand."""

    name = "reference"
    supports_statement_cache = True

    def create_connect_args(self, url: URL) -> Any:
        """Leave out what is ours in the query."""
        return super().create_connect_args(url.difference_update_query(["token", "fault"]))
