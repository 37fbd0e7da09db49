"""What mover-duckdb offers: DuckDB as a kind of database, and Arrow in and out of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mover_duckdb.parts import ArrowIn, ArrowOut
from records_mover import hookimpl
from records_mover.parts import DatabaseKind

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy import Engine

    from records_mover.parts import Database, Loader, Unloader

MOVER_API = 1


def _open(engine: Engine) -> Database:
    from mover_duckdb.database import DuckDatabase

    return DuckDatabase(engine)


@hookimpl
def mover_databases() -> Iterable[DatabaseKind]:
    """Offer DuckDB."""
    return [DatabaseKind(name="duckdb", dialects=frozenset({"duckdb"}), open=_open)]


@hookimpl
def mover_loaders() -> Iterable[Loader]:
    """Offer INSERT from a stream of Arrow batches."""
    return [ArrowIn()]


@hookimpl
def mover_unloaders() -> Iterable[Unloader]:
    """Offer SELECT into a stream of Arrow batches."""
    return [ArrowOut()]
