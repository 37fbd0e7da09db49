"""The core's own plugin for databases: SQLite, and SELECT and INSERT for any dialect."""

from __future__ import annotations

from typing import TYPE_CHECKING

from records_mover.hookspecs import hookimpl
from records_mover.parts import DatabaseKind, LaterLoader, LaterUnloader

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy import Engine

    from records_mover.parts import Database, Loader, Unloader

MOVER_API = 1

_ANY = frozenset({"*"})

__all__ = ["MOVER_API", "mover_databases", "mover_loaders", "mover_unloaders"]


def _open_sqlite(engine: Engine) -> Database:
    from records_mover.db.sqlite import open_sqlite

    return open_sqlite(engine)


@hookimpl
def mover_databases() -> Iterable[DatabaseKind]:
    """Register SQLite; every other dialect without a plugin is opened as generic SQL."""
    return [
        DatabaseKind(
            name="SQLite",
            dialects=frozenset({"sqlite"}),
            open=_open_sqlite,
            connect_args={"timeout": 30.0},
        )
    ]


def _select() -> Unloader:
    from records_mover.db.rows.parts import SqlSelect

    return SqlSelect()


@hookimpl
def mover_unloaders() -> Iterable[Unloader]:
    """Register SELECT, the last resort out of any dialect."""
    return [LaterUnloader(name="sql-select", dialects=_ANY, part=_select)]


def _insert() -> Loader:
    from records_mover.db.rows.parts import SqlInsert

    return SqlInsert()


@hookimpl
def mover_loaders() -> Iterable[Loader]:
    """Register INSERT, the last resort into any dialect."""
    return [LaterLoader(name="sql-insert", dialects=_ANY, part=_insert)]
