"""S3 as records-mover sees it: this plugin owns ``s3://`` and ``s3a://``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from records_mover.hookspecs import hookimpl
from records_mover.url import Scheme

if TYPE_CHECKING:
    from collections.abc import Iterable

    from records_mover.url import Store, StoreContext

MOVER_API = 1

SCHEMES = ("s3", "s3a")


@hookimpl
def mover_schemes() -> Iterable[Scheme]:
    """Own ``s3://`` and ``s3a://``."""
    return [Scheme(name=name, store=_store, copies=True) for name in SCHEMES]


def _store(context: StoreContext) -> Store:
    from mover_s3.named import with_named_creds
    from mover_s3.settings import read_settings
    from mover_s3.store import S3Store

    return S3Store(with_named_creds(read_settings(context.settings.get("s3")), context.creds))
