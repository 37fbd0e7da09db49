"""Any database that SQLAlchemy can open: engines, DDL, publishing, SELECT and INSERT."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from records_mover.db.columns.matching import match_columns
    from records_mover.db.connect import create_sqlalchemy_url, engine_from_db_facts
    from records_mover.db.database import SqlDatabase
    from records_mover.db.driver import DBDriver
    from records_mover.db.engine import open_database, open_engine
    from records_mover.db.errors import LoadError, LoadUnloadError, UnloadError
    from records_mover.db.factory import db_driver
    from records_mover.db.quoting import (
        quote_column_name,
        quote_group_name,
        quote_schema_and_table,
        quote_table_only,
        quote_user_name,
        quote_value,
    )

__all__ = [
    "DBDriver",
    "LoadError",
    "LoadUnloadError",
    "SqlDatabase",
    "UnloadError",
    "create_sqlalchemy_url",
    "db_driver",
    "engine_from_db_facts",
    "match_columns",
    "open_database",
    "open_engine",
    "quote_column_name",
    "quote_group_name",
    "quote_schema_and_table",
    "quote_table_only",
    "quote_user_name",
    "quote_value",
]

_HOMES = {
    "columns.matching": ("match_columns",),
    "connect": ("create_sqlalchemy_url", "engine_from_db_facts"),
    "database": ("SqlDatabase",),
    "driver": ("DBDriver",),
    "engine": ("open_database", "open_engine"),
    "errors": ("LoadError", "LoadUnloadError", "UnloadError"),
    "factory": ("db_driver",),
    "quoting": (
        "quote_column_name",
        "quote_group_name",
        "quote_schema_and_table",
        "quote_table_only",
        "quote_user_name",
        "quote_value",
    ),
}
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names}

if not TYPE_CHECKING:  # so that a slip of the pen is found by type checkers

    def __getattr__(name: str) -> Any:
        if name not in _HOME_OF:
            raise AttributeError(f"module '{__name__}' has no attribute '{name}'")
        return getattr(import_module(f"{__name__}.{_HOME_OF[name]}"), name)


def __dir__() -> list[str]:
    """Let a notebook complete the public names, whose homes nobody has looked into yet."""
    return sorted({*globals(), *__all__})
