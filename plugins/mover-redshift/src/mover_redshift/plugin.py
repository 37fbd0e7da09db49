"""What mover-redshift offers: Redshift as a kind of database, COPY, UNLOAD, and IAM's keys."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING, Any

from mover_redshift.connections import CONNECT_ARGS, driver_url
from records_mover.hookspecs import hookimpl
from records_mover.parts import DatabaseKind, LaterLoader, LaterUnloader

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy import Connection, Engine

    from records_mover.parts import Creds, Database, Loader, Unloader

MOVER_API = 1

DIALECTS = frozenset({"redshift"})

# https://docs.aws.amazon.com/redshift/latest/dg/c_redshift-and-postgres-sql.html
CLAIMED_VERSION = (8, 0, 2)


def is_redshift(connection: Connection) -> bool:
    """Tell Redshift, which answers as PostgreSQL 8.0.2, from a real PostgreSQL."""
    version = getattr(connection.dialect, "server_version_info", None)
    if version is not None and tuple(version[:3]) != CLAIMED_VERSION:
        return False
    # By the driver itself: SQLAlchemy's own dialect of PostgreSQL asks what Redshift does not know.
    driver: Any = connection.connection.driver_connection
    with closing(driver.cursor()) as cursor:
        cursor.execute("SELECT version()")
        return "redshift" in str(cursor.fetchone()[0]).lower()


def _open(engine: Engine) -> Database:
    from mover_redshift.database import open_redshift

    return open_redshift(engine)


@hookimpl
def mover_databases() -> Iterable[DatabaseKind]:
    """Offer Redshift, by its own dialect or behind that of PostgreSQL."""
    return (
        DatabaseKind(
            name="redshift",
            dialects=DIALECTS,
            relatives=frozenset({"postgresql"}),
            open=_open,
            recognises=is_redshift,
            driver="psycopg2",
            connect_args=CONNECT_ARGS,
            driver_url=driver_url,
            statements=False,
        ),
    )


def _unload() -> Unloader:
    from mover_redshift.unload import RedshiftUnload

    return RedshiftUnload()


def _select() -> Unloader:
    from mover_redshift.rows import RedshiftSelect

    return RedshiftSelect()


@hookimpl
def mover_unloaders() -> Iterable[Unloader]:
    """Offer UNLOAD, and SELECT for a few rows."""
    return (
        LaterUnloader(name="redshift-unload", dialects=DIALECTS, part=_unload),
        LaterUnloader(name="redshift-select", dialects=DIALECTS, part=_select),
    )


def _copy() -> Loader:
    from mover_redshift.load import RedshiftCopy

    return RedshiftCopy()


def _insert() -> Loader:
    from mover_redshift.rows import RedshiftInsert

    return RedshiftInsert()


@hookimpl
def mover_loaders() -> Iterable[Loader]:
    """Offer COPY, and INSERT for a few rows."""
    return (
        LaterLoader(name="redshift-copy", dialects=DIALECTS, part=_copy),
        LaterLoader(name="redshift-insert", dialects=DIALECTS, part=_insert),
    )


@hookimpl
def mover_creds(name: str) -> Creds | None:
    """Have IAM give credentials for 'redshift-iam:CLUSTER:DATABASE:USER', and for serverless."""
    if not name.startswith("redshift-"):
        return None
    from mover_redshift.iam import iam_creds

    return iam_creds(name)
