"""Waiting for what another program writes, with a deadline."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, TypeVar

from records_mover.errors import NotFoundError

if TYPE_CHECKING:
    from collections.abc import Callable

    from records_mover.url.store import Store

__all__ = ["wait_for", "wait_for_file"]

T = TypeVar("T")

_STEP = 1.0


def wait_for(
    get: Callable[[], T], *, seconds: float, check: Callable[[], None] | None = None
) -> T | None:
    """Return what ``get`` returns once it finds something; None when the time is over.

    ``get`` raises ``NotFoundError`` meanwhile. ``check`` is called before each look, and stops the
    waiting by raising.
    """
    deadline = time.monotonic() + seconds
    while True:
        if check is not None:
            check()
        try:
            return get()
        except NotFoundError:
            if time.monotonic() >= deadline:
                return None
        time.sleep(min(_STEP, max(deadline - time.monotonic(), 0.05)))


def wait_for_file(
    store: Store, url: str, *, seconds: float, check: Callable[[], None] | None = None
) -> bool:
    """Wait until a file is there, or for so long; say whether it is."""

    def there() -> bool:
        store.size(url)
        return True

    return wait_for(there, seconds=seconds, check=check) is not None
