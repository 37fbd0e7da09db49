"""Sends blocks through COPY FROM STDIN on one thread while another makes the next ones."""

from __future__ import annotations

import queue
import threading
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from mover_postgres.blocks import BLOCK
from mover_postgres.connections import stopping
from mover_postgres.quiet import no_driver_traceback
from mover_postgres.wire import Wire

if TYPE_CHECKING:
    from collections.abc import Iterable

    from psycopg2.extensions import connection as PsycopgConnection  # noqa: N812  it is a class

__all__ = ["send"]

_BLOCKS_AHEAD = 4
_GRACE_SECONDS = 1.0
_CANCEL_SECONDS = 10.0


class _Stopped(Exception):
    """Raised inside of ``read`` so that the driver fails the COPY."""


def send(connection: PsycopgConnection, statement: Any, blocks: Iterable[bytes]) -> int:
    """Run a COPY FROM STDIN over the blocks and return its count of rows.

    The blocks are made on the calling thread. Whatever that raises, Ctrl-C included, leaves from
    here as itself once the COPY has failed, instead of as the server's words for it.
    """
    sender = _Sender(connection, statement)
    sender.start()
    try:
        for block in blocks:
            if not sender.put(block):
                break
        sender.finish()
    except BaseException:
        sender.stop()
        raise
    if sender.error is not None:
        raise sender.error
    return sender.rows


class _Sender(threading.Thread):
    def __init__(self, connection: PsycopgConnection, statement: Any) -> None:
        super().__init__(name="mover-copy-in", daemon=True)
        self._connection = connection
        self._wire = Wire(connection)
        self._statement = statement
        self._blocks: queue.Queue[bytes] = queue.Queue(_BLOCKS_AHEAD)
        self._stopped = False
        self._ended = False
        self.error: BaseException | None = None
        self.rows = 0

    def run(self) -> None:
        try:
            with no_driver_traceback(), self._connection.cursor() as cursor:
                cursor.copy_expert(self._statement, self, size=BLOCK)
                self.rows = cursor.rowcount
        except BaseException as error:  # noqa: BLE001  raised again on the calling thread
            self.error = error
        finally:
            self._ended = True
            self._drain()

    def read(self, size: int) -> bytes:
        """Give the driver the next block, whatever size it asks for."""
        del size
        block = self._blocks.get()
        if self._stopped or (block and self._wire.failed()):
            raise _Stopped
        return block

    def put(self, block: bytes) -> bool:
        """Hand over a block; False when COPY has ended already, by an error."""
        if block:
            self._blocks.put(block)
        return not self._ended

    def finish(self) -> None:
        """Say that there are no more blocks, and wait for the server's answer."""
        self._blocks.put(b"")
        self.join()

    def stop(self) -> None:
        """Fail the COPY: from the client's side, else by a cancel, else by hanging up."""
        self._stopped = True
        self._drain()
        with suppress(queue.Full):
            self._blocks.put_nowait(b"")
        self.join(_GRACE_SECONDS)
        if self.is_alive():
            stopping(self._connection)()
            self.join(_CANCEL_SECONDS)
        if self.is_alive():
            self._wire.hang_up()
            self.join(_CANCEL_SECONDS)

    def _drain(self) -> None:
        with suppress(queue.Empty):
            while True:
                self._blocks.get_nowait()
