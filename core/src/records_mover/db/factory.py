"""Drivers of databases without a session, where 1.x had them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from records_mover.db.driver import DBDriver

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine

    from records_mover.parts import Database

__all__ = ["db_driver"]


def db_driver(
    db: Engine | Connection | None = None,
    db_conn: Connection | None = None,
    db_engine: Engine | None = None,
) -> DBDriver:
    """Return what is known of the database behind an engine, by the plugins that are installed."""
    return DBDriver(db, db_conn, db_engine, database_of=_database)


def _database(engine: Engine) -> Database:
    from records_mover.db.engine import open_database
    from records_mover.plugins import Plugins

    return open_database(engine, Plugins().databases)
