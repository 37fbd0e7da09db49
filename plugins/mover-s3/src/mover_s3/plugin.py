"""S3 as records-mover sees it: this release owns the URL schemes and says what it cannot do."""

from __future__ import annotations

from typing import TYPE_CHECKING

from records_mover import hookimpl
from records_mover.errors import StoreError
from records_mover.url import Scheme

if TYPE_CHECKING:
    from collections.abc import Iterable

    from records_mover.url import Store, StoreContext

MOVER_API = 1

SCHEMES = ("s3", "s3a")


@hookimpl
def mover_schemes() -> Iterable[Scheme]:
    """Own ``s3://`` and ``s3a://``."""
    return [Scheme(name=name, store=_refuse) for name in SCHEMES]


def _refuse(_context: StoreContext) -> Store:
    raise StoreError(
        "mover-s3 cannot read or write S3 objects yet",
        "copy the object to or from a local file, and move that",
    )
