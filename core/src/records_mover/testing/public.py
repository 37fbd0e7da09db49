"""What plugins may import: what a room of the core lists, and what some modules below one do.

These names change with the major version alone. docs/api-parts.md describes them.
"""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec

__all__ = ["BELOW", "is_public"]

BELOW = frozenset(
    {
        "records_mover.db.columns.declared",
        "records_mover.db.columns.keeping",
        "records_mover.db.columns.roomier",
        "records_mover.db.ddl",
        "records_mover.db.interrupts",
        "records_mover.db.merge",
        "records_mover.db.publishing.misfits",
        "records_mover.db.publishing.publish",
        "records_mover.db.publishing.reshaping",
        "records_mover.db.schema_sql",
        "records_mover.db.settings",
        "records_mover.db.sql.mentions",
        "records_mover.db.sql.names",
        "records_mover.db.sql.query_text",
        "records_mover.db.sql.spelled",
        "records_mover.db.sql.statement",
        "records_mover.formats.delimited.unable",
    }
)
"""Modules below a room whose names are for plugins, too."""


def is_public(module: str, name: str) -> bool:
    """Whether a name is listed by the core itself, by one of its rooms, or by one of those.

    Such a module itself is public, too: as a name of its package, or with no name.
    """
    listed = getattr(import_module(module), "__all__", ())
    if name in listed:
        return _is_open(module)
    whole = f"{module}.{name}" if name else module
    return _is_open(whole) and _is_module(whole)


def _is_open(module: str) -> bool:
    return module.count(".") <= 1 or module in BELOW


def _is_module(name: str) -> bool:
    try:
        return find_spec(name) is not None
    except ModuleNotFoundError:  # what stands before the last dot is no package
        return False
