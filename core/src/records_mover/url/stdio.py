"""Standard input and output as a store, by the URL ``-``."""

from __future__ import annotations

import fcntl
import os
import sys
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, BinaryIO, cast

from records_mover.errors import StoreError
from records_mover.url.pipes import own_writer
from records_mover.url.raw import RawFile, buffered_writer
from records_mover.url.store import Entry

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager

__all__ = ["StdioStore"]

_IN, _OUT = 0, 1


class StdioStore:
    """Reads standard input once; writes standard output as it comes."""

    def list(self, url: str) -> Iterator[Entry]:
        """Yield the one entry there is."""
        yield Entry(url=url, rereadable=False)

    def open(self, url: str, *, offset: int = 0, length: int | None = None) -> BinaryIO:
        """Open standard input."""
        if offset or length is not None:
            raise StoreError("standard input cannot be read from the middle", f"asked for {url!r}")
        if os.isatty(_IN):
            raise StoreError("standard input is a terminal", "pipe a file into it")
        return cast(BinaryIO, RawFile(_duplicate(_IN, "input"), "rb", name="standard input"))

    def write(self, url: str) -> AbstractContextManager[BinaryIO]:
        """Write to standard output; a reader that goes away ends the move."""
        return self.write_while(url, lambda: None)

    @contextmanager
    def write_while(self, url: str, check: Callable[[], None]) -> Iterator[BinaryIO]:
        """Write to standard output; ``check`` ends a wait for its reader by raising."""
        del url
        with suppress(AttributeError, ValueError):  # there may be none, or it may be closed
            sys.stdout.flush()
        raw = _output(check)
        sink = buffered_writer(raw)
        try:
            yield sink
            sink.close()
        except BaseException:
            with suppress(StoreError, ValueError):
                sink.close()
            raise
        finally:
            raw.close()

    def is_stream(self, url: str) -> bool:
        """Say that it is one."""
        del url
        return True

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


def _output(check: Callable[[], None]) -> RawFile:
    name = "standard output"
    mine = _duplicate(_OUT, "output")
    pipe = own_writer(mine, name, check)
    if pipe is None:
        return RawFile(mine, "wb", name=name)
    os.close(mine)
    return pipe


def _duplicate(descriptor: int, name: str) -> int:
    """Return a descriptor of our own, which can be closed."""
    unusable = os.O_WRONLY if descriptor == _IN else os.O_RDONLY
    try:
        if fcntl.fcntl(descriptor, fcntl.F_GETFL) & os.O_ACCMODE == unusable:
            raise OSError  # something else holds its place
        return os.dup(descriptor)
    except OSError as error:
        raise StoreError(f"standard {name} is closed", f"open it: it is {descriptor}") from error
