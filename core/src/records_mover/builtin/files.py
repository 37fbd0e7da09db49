"""The stores that need no plugin, registered as a plugin like any other."""

from __future__ import annotations

from typing import TYPE_CHECKING

from records_mover.hookspecs import hookimpl
from records_mover.url.store import Scheme, Store, StoreContext

if TYPE_CHECKING:
    from collections.abc import Iterable

MOVER_API = 1


def _local(context: StoreContext) -> Store:
    del context
    from records_mover.url.local import LocalStore

    return LocalStore()


def _stdio(context: StoreContext) -> Store:
    del context
    from records_mover.url.stdio import StdioStore

    return StdioStore()


def _http(context: StoreContext) -> Store:
    from records_mover.url.http import HttpStore

    return HttpStore(context)


@hookimpl
def mover_schemes() -> Iterable[Scheme]:
    """Files, standard input and output, HTTP and HTTPS."""
    return [
        Scheme(name="file", store=_local, copies=True),
        Scheme(name="stdio", store=_stdio, rereadable=False),
        Scheme(name="http", store=_http, writable=False),
        Scheme(name="https", store=_http, writable=False),
    ]
