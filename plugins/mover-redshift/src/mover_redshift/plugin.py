"""Redshift as records-mover sees it: this release owns the dialect and says what it cannot do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mover_redshift.refusal import WHY, refusal
from records_mover import hookimpl
from records_mover.parts import DatabaseKind, Refusal

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from contextlib import AbstractContextManager

    from sqlalchemy import Connection, Engine

    from records_mover.parts import (
        Ask,
        Database,
        Loaded,
        Loader,
        LoadJob,
        Offer,
        Payload,
        Unloader,
        UnloadJob,
    )

MOVER_API = 1

DIALECTS = frozenset({"redshift"})

# https://docs.aws.amazon.com/redshift/latest/dg/c_redshift-and-postgres-sql.html
CLAIMED_VERSION = (8, 0, 2)


@dataclass(frozen=True, slots=True, kw_only=True)
class RefusingUnloader:
    """Stands where the unloader will be, and says so when asked."""

    name: str = "redshift-unload"
    dialects: frozenset[str] = DIALECTS

    def offers(self, ask: Ask) -> Sequence[Offer | Refusal]:  # noqa: ARG002
        """Refuse every form."""
        return [Refusal(why=WHY)]

    def unload(self, job: UnloadJob) -> AbstractContextManager[Payload]:  # noqa: ARG002
        """Refuse: no offer was made."""
        raise refusal()


@dataclass(frozen=True, slots=True, kw_only=True)
class RefusingLoader:
    """Stands where the loader will be, and says so when asked."""

    name: str = "redshift-copy"
    dialects: frozenset[str] = DIALECTS

    def offers(self, ask: Ask) -> Sequence[Offer | Refusal]:  # noqa: ARG002
        """Refuse every form."""
        return [Refusal(why=WHY)]

    def load(self, job: LoadJob, payload: Payload) -> Loaded:  # noqa: ARG002
        """Refuse: no offer was made."""
        raise refusal()


@hookimpl
def mover_databases() -> Iterable[DatabaseKind]:
    """Own the dialect, so that nothing else takes Redshift for what it is not."""
    return [
        DatabaseKind(
            name="redshift",
            dialects=DIALECTS,
            relatives=frozenset({"postgresql"}),
            open=_refuse,
            recognises=is_redshift,
        )
    ]


@hookimpl
def mover_unloaders() -> Iterable[Unloader]:
    """Register the way out."""
    return [RefusingUnloader()]


@hookimpl
def mover_loaders() -> Iterable[Loader]:
    """Register the way in."""
    return [RefusingLoader()]


def is_redshift(connection: Connection) -> bool:
    """Tell Redshift, which answers as PostgreSQL 8.0.2, from a real PostgreSQL."""
    version = getattr(connection.dialect, "server_version_info", None)
    if version is not None and tuple(version[:3]) != CLAIMED_VERSION:
        return False
    from sqlalchemy import text

    return "redshift" in str(connection.scalar(text("SELECT version()"))).lower()


def _refuse(_engine: Engine) -> Database:
    raise refusal()
