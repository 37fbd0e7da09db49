"""What the reference backend offers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from records_mover import hookimpl
from records_mover.errors import CredsError
from records_mover.parts import Ask, Creds, DatabaseKind, LoadJob, UnloadJob
from records_mover.secret import Secret
from records_mover.url import Scheme

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy import Engine

    from records_mover.parts import Database, Loader, Unloader
    from records_mover.url import Store, StoreContext

__all__ = [
    "MOVER_API",
    "mover_creds",
    "mover_databases",
    "mover_loaders",
    "mover_schemes",
    "mover_unloaders",
]

MOVER_API = 1
DIALECTS = frozenset({"reference"})


class Put:
    """The loader, whose work is imported when there is some."""

    name = "reference-put"
    dialects = DIALECTS

    def offers(self, ask: Ask) -> Any:
        from support.reference.parts import answers

        return answers(ask)

    def load(self, job: LoadJob, payload: Any) -> Any:
        from support.reference import parts

        return parts.Put().load(job, payload)


class Take:
    """The unloader, likewise."""

    name = "reference-take"
    dialects = DIALECTS

    def offers(self, ask: Ask) -> Any:
        from support.reference.parts import answers

        return answers(ask)

    def unload(self, job: UnloadJob) -> Any:
        from support.reference import parts

        return parts.Take().unload(job)


def _open(engine: Engine) -> Database:
    from support.reference.database import open_reference

    return open_reference(engine)


def _store(context: StoreContext) -> Store:
    del context
    from support.reference.store import ReferenceStore

    return ReferenceStore()


@hookimpl
def mover_schemes() -> Iterable[Scheme]:
    """Own ``reference://``."""
    return [Scheme(name="reference", store=_store, copies=True)]


@hookimpl
def mover_databases() -> Iterable[DatabaseKind]:
    """Own the dialect."""
    return [DatabaseKind(name="reference", dialects=DIALECTS, open=_open)]


@hookimpl
def mover_loaders() -> Iterable[Loader]:
    """Register the one way in."""
    return [Put()]


@hookimpl
def mover_unloaders() -> Iterable[Unloader]:
    """Register the one way out."""
    return [Take()]


@hookimpl
def mover_creds(name: str) -> Creds | None:
    """Know the connections that the environment variable REFERENCE_CREDS names."""
    import json
    import os

    known = json.loads(os.environ.get("REFERENCE_CREDS", "{}"))
    if name not in known:
        return None
    if "password" not in known[name]:
        raise CredsError(f"the connection {name!r} has no password", "give it one")
    facts = {**known[name], "password": Secret(known[name]["password"])}
    return Creds(provider="reference", facts=facts)
