"""What plugins may import: what a room of the core lists, and what some modules below one do.

These names change with the major version alone. docs/api-parts.md describes them.
"""

from __future__ import annotations

from importlib import import_module

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
    """Whether a name is listed by the core itself, by one of its rooms, or by one of those."""
    listed = getattr(import_module(module), "__all__", ())
    return (module.count(".") <= 1 or module in BELOW) and name in listed
