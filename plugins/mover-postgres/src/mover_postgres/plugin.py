"""What mover-postgres offers: PostgreSQL as a kind of database, and COPY in and out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mover_postgres.connections import CONNECT_ARGS, with_timeouts
from mover_postgres.loading.copy_in import CopyIn
from mover_postgres.pipe import BinaryIn, BinaryOut
from mover_postgres.unloading.arrow_binary import BinaryArrow
from mover_postgres.unloading.arrow_out import CopyArrow
from mover_postgres.unloading.copy_out import CopyOut
from mover_postgres.within.insert_select import InsertSelect
from records_mover.hookspecs import hookimpl
from records_mover.parts import DatabaseKind

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy import Engine

    from records_mover.parts import Creds, Database, Loader, Unloader

MOVER_API = 1


def _open(engine: Engine) -> Database:
    from mover_postgres.database import open_postgres

    return open_postgres(engine)


def _open_direct(url: str) -> Engine | None:
    from mover_postgres.direct import open_direct

    return open_direct(url)


@hookimpl
def mover_databases() -> Iterable[DatabaseKind]:
    """Offer PostgreSQL."""
    return (
        DatabaseKind(
            name="postgresql",
            dialects=frozenset({"postgresql"}),
            open=_open,
            driver="psycopg2",
            connect_args=CONNECT_ARGS,
            driver_url=with_timeouts,
            direct=_open_direct,
        ),
    )


@hookimpl
def mover_unloaders() -> Iterable[Unloader]:
    """Offer COPY TO STDOUT: in text, in binary, and as Arrow batches."""
    return (CopyOut(), BinaryOut(), BinaryArrow(), CopyArrow())


@hookimpl
def mover_loaders() -> Iterable[Loader]:
    """Offer COPY FROM STDIN, in text and in binary, and INSERT ... SELECT."""
    return (CopyIn(), BinaryIn(), InsertSelect())


@hookimpl
def mover_creds(name: str) -> Creds | None:
    """Read the services of ~/.pg_service.conf, and of what PGSERVICEFILE or PGSYSCONFDIR names."""
    from mover_postgres.services import service_creds

    return service_creds(name)
