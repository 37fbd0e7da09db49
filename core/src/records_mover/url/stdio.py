"""Standard input and output as a store, by the URL ``-``."""

from __future__ import annotations

import os
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, BinaryIO

from records_mover.errors import StoreError
from records_mover.url.store import Entry

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["StdioStore"]


class StdioStore:
    """Reads standard input once; writes standard output as it comes."""

    def list(self, url: str) -> Iterator[Entry]:
        """Yield the one entry there is."""
        yield Entry(url=url)

    def open(self, url: str, *, offset: int = 0, length: int | None = None) -> BinaryIO:
        """Open standard input."""
        if offset or length is not None:
            raise StoreError("standard input cannot be read from the middle", f"asked for {url!r}")
        if sys.stdin.isatty():
            raise StoreError("standard input is a terminal", "pipe a file into it")
        return os.fdopen(os.dup(sys.stdin.fileno()), "rb", buffering=0)

    @contextmanager
    def write(self, url: str) -> Iterator[BinaryIO]:
        """Write to standard output; a reader that goes away ends the move."""
        del url
        sys.stdout.flush()
        try:
            with os.fdopen(os.dup(sys.stdout.fileno()), "wb", buffering=1 << 20) as sink:
                yield sink
        except BrokenPipeError as error:
            raise StoreError("whoever read standard output has gone away") from error

    def make_folder(self, url: str) -> None:
        """Refuse: a stream is no folder."""
        raise StoreError(f"{url!r} is a stream and holds no files")

    def delete(self, url: str) -> None:
        """Refuse: a stream cannot be deleted."""
        raise StoreError(f"{url!r} is a stream and cannot be deleted")

    def copy(self, source: str, target: str) -> None:
        """Refuse: a stream cannot be copied in place."""
        raise StoreError(f"{source!r} cannot be copied to {target!r} in place")

    def size(self, url: str) -> int | None:
        """Return None: a stream's size is not known."""
        del url
        return None
