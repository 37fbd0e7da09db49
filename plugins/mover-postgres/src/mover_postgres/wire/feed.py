"""Sends blocks through COPY FROM STDIN on one thread while another makes the next ones."""

from __future__ import annotations

import queue
import threading
from collections import Counter
from contextlib import suppress
from typing import TYPE_CHECKING

from mover_postgres.connections import stopping
from mover_postgres.wire.blocks import BLOCK
from mover_postgres.wire.quiet import no_driver_traceback
from mover_postgres.wire.socket import Wire

if TYPE_CHECKING:
    from collections.abc import Iterable

    from psycopg2.extensions import connection as PsycopgConnection  # noqa: N812  it is a class
    from psycopg2.extensions import cursor as PsycopgCursor  # noqa: N812  it is a class

__all__ = ["send", "send_by"]

_BLOCKS_AHEAD = 4
_GRACE_SECONDS = 1.0
_CANCEL_SECONDS = 10.0
_END = ("", b"")


class _Stopped(Exception):
    """Raised inside of ``read`` so that the driver fails the COPY."""


def send(connection: PsycopgConnection, statement: str, blocks: Iterable[bytes]) -> int:
    """Run a COPY FROM STDIN over the blocks and return its count of rows.

    The blocks are made on the calling thread. Whatever that raises, Ctrl-C included, leaves from
    here as itself once the COPY has failed, instead of as the server's words for it.
    """
    return send_by(connection, statement, ((statement, block) for block in blocks)).total()


def send_by(
    connection: PsycopgConnection, first: str, blocks: Iterable[tuple[str, bytes]]
) -> Counter[str]:
    """Run a COPY for each run of blocks that name the same statement; count the rows by statement.

    ``first`` is run even where there are no blocks.
    """
    sender = _Sender(connection, first)
    sender.start()
    try:
        for statement, block in blocks:
            if not sender.put(statement, block):
                break
        sender.finish()
    except BaseException:
        sender.stop()
        raise
    if sender.error is not None:
        raise sender.error
    return sender.rows


class _Sender(threading.Thread):
    """``read`` and ``run`` are of this thread, all else of the one that makes the blocks."""

    def __init__(self, connection: PsycopgConnection, first: str) -> None:
        super().__init__(name="mover-copy-in", daemon=True)
        self._connection = connection
        self._wire = Wire(connection)
        self._statement = first
        self._blocks: queue.Queue[tuple[str, bytes]] = queue.Queue(_BLOCKS_AHEAD)
        self._held = b""
        self._stopped = False
        self._ended = False
        self.error: BaseException | None = None
        self.rows: Counter[str] = Counter()

    def run(self) -> None:
        try:
            with no_driver_traceback(), self._connection.cursor() as cursor:
                while not self._copied(cursor):
                    pass
        except BaseException as error:  # noqa: BLE001  raised again on the calling thread
            self.error = error
        finally:
            self._ended = True
            self._drain()

    def _copied(self, cursor: PsycopgCursor) -> bool:
        """Run one COPY; say whether it was the last."""
        statement = self._statement
        cursor.copy_expert(statement, self, size=BLOCK)
        self.rows[statement] += cursor.rowcount
        return statement == self._statement

    def read(self, size: int) -> bytes:
        """Give the driver the next block, whatever size it asks for; none where its COPY ends."""
        del size
        block, self._held = self._held, b""
        if not block:
            statement, block = self._blocks.get()
            if block and statement != self._statement:
                self._statement, self._held, block = statement, block, b""
        if self._stopped or (block and self._wire.failed()):
            raise _Stopped
        return block

    def put(self, statement: str, block: bytes) -> bool:
        """Hand over a block; False when COPY has ended already, by an error."""
        if block:
            self._blocks.put((statement, block))
        return not self._ended

    def finish(self) -> None:
        """Say that there are no more blocks, and wait for the server's answer."""
        self._blocks.put(_END)
        self.join()

    def stop(self) -> None:
        """Fail the COPY: from the client's side, else by a cancel, else by hanging up."""
        self._stopped = True
        self._drain()
        with suppress(queue.Full):
            self._blocks.put_nowait(_END)
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
