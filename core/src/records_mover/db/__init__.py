"""Any database that SQLAlchemy can open: engines, DDL, publishing, SELECT and INSERT."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from records_mover.db.columns import match_columns
    from records_mover.db.database import SqlDatabase
    from records_mover.db.engine import open_database, open_engine

__all__ = ["SqlDatabase", "match_columns", "open_database", "open_engine"]

_HOMES = {
    "SqlDatabase": "records_mover.db.database",
    "match_columns": "records_mover.db.columns",
    "open_database": "records_mover.db.engine",
    "open_engine": "records_mover.db.engine",
}


def __getattr__(name: str) -> object:
    from importlib import import_module

    if name not in _HOMES:
        raise AttributeError(f"module '{__name__}' has no attribute '{name}'")
    return getattr(import_module(_HOMES[name]), name)
