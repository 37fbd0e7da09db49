"""What the driver reads from and sends: blocks of bytes, whose own failure is not lost."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mover_vertica.errors import driver_errors

if TYPE_CHECKING:
    from collections.abc import Callable

    from mover_vertica.connect import Connection

__all__ = ["send"]

BLOCK = 1 << 17


class _BrokenOffError(Exception):
    """Reading failed; the driver then tells the server that nothing more comes."""


class _Feed:
    def __init__(self, read: Callable[[int], Any]) -> None:
        self._read = read
        self.failure: BaseException | None = None

    def read(self, size: int) -> bytes:
        """Return the next block; whatever goes wrong is kept, and told as an error."""
        try:
            return bytes(self._read(size))
        except BaseException as failure:  # noqa: BLE001 - raised again by ``send``
            self.failure = failure
            raise _BrokenOffError("the rows cannot be read to their end") from None


def send(driver: Connection, statement: str, read: Callable[[int], Any]) -> None:
    """Run a COPY FROM STDIN; what ``read`` raises ends it, and is raised here."""
    feed = _Feed(read)
    try:
        driver.cursor().copy(statement, feed, buffer_size=BLOCK)
        driver.cursor().flush_to_query_ready()
    except driver_errors():
        if feed.failure is not None:
            raise feed.failure from None
        raise
    except BaseException:  # as of Ctrl-C: half a message is sent, and nothing can follow it
        driver.close_socket()
        raise
