"""What mover-vertica offers: Vertica as a kind of database, and COPY."""

from __future__ import annotations

from typing import TYPE_CHECKING

from records_mover import hookimpl
from records_mover.parts import DatabaseKind, LaterLoader, LaterUnloader

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy import URL, Engine

    from records_mover.parts import Database, Loader, Unloader

MOVER_API = 1

DIALECTS = frozenset({"vertica"})


def _open(engine: Engine) -> Database:
    from mover_vertica.database import open_vertica

    return open_vertica(engine)


def _driver_url(url: URL) -> URL:
    """Make our dialect known before SQLAlchemy looks for it, and refuse what cannot be."""
    from mover_vertica.dialect import register
    from mover_vertica.settings import driver_options, settings_of

    register()
    driver_options(url)
    settings_of(url)
    return url


@hookimpl
def mover_databases() -> Iterable[DatabaseKind]:
    """Offer Vertica, by its dialect."""
    return (
        DatabaseKind(
            name="vertica",
            dialects=DIALECTS,
            open=_open,
            driver_url=_driver_url,
            statements=False,
        ),
    )


def _export() -> Unloader:
    from mover_vertica.export.unload import VerticaExport

    return VerticaExport()


def _s3_export() -> Unloader:
    from mover_vertica.export.unload import VerticaS3Export

    return VerticaS3Export()


def _select() -> Unloader:
    from mover_vertica.select.unload import VerticaSelect

    return VerticaSelect()


@hookimpl
def mover_unloaders() -> Iterable[Unloader]:
    """Offer SELECT into batches, EXPORT into S3, and S3EXPORT for servers of old."""
    return (
        LaterUnloader(name="vertica-export", dialects=DIALECTS, part=_export),
        LaterUnloader(name="vertica-s3export", dialects=DIALECTS, part=_s3_export),
        LaterUnloader(name="vertica-select", dialects=DIALECTS, part=_select),
    )


def _copy() -> Loader:
    from mover_vertica.load import VerticaCopy

    return VerticaCopy()


def _copy_s3() -> Loader:
    from mover_vertica.load_s3 import VerticaCopyS3

    return VerticaCopyS3()


@hookimpl
def mover_loaders() -> Iterable[Loader]:
    """Offer COPY, from here and from S3."""
    return (
        LaterLoader(name="vertica-copy", dialects=DIALECTS, part=_copy),
        LaterLoader(name="vertica-copy-s3", dialects=DIALECTS, part=_copy_s3),
    )
