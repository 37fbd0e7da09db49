"""A wire between a client and a PostgreSQL server that counts bytes and does harm at one of them.

What passes is not looked at. The harm comes when so many bytes have gone one way, over all
connections together; the bytes up to there have been handed on by then.
"""

from __future__ import annotations

import socket
import struct
import threading
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["Line", "Relay", "relay_to"]

_BLOCK = 1 << 16
_AT_ONCE = struct.pack("ii", 1, 0)


class Line:
    """One connection that is passed on."""

    def __init__(self, client: socket.socket, server: socket.socket) -> None:
        self.client, self.server = client, server
        self.deaf = False
        """Whether the client hears nothing more, and is cut off when the server answers."""

    @property
    def port(self) -> int:
        """The port that the server knows the client by."""
        return int(self.server.getsockname()[1])

    def cut(self) -> None:
        """Reset both ends, as a network that breaks does."""
        for end in (self.client, self.server):
            with suppress(OSError):
                end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _AT_ONCE)
                end.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """Close both ends."""
        self.client.close()
        self.server.close()


class Relay:
    """Passes connections on to the port that ``upstream`` names at the time."""

    def __init__(self, upstream: Callable[[], int]) -> None:
        self._upstream = upstream
        self._lock = threading.Lock()
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=16)
        self._harm: Callable[[Line], None] | None = None
        self._way, self._at = "", 0
        self.passed = {"out": 0, "in": 0}
        self.lines: list[Line] = []
        self._held: list[socket.socket] = []
        self._silent, self._over = threading.Event(), threading.Event()

    def fall_silent(self) -> None:
        """Pass nothing on any more, and take connections without a word: a network that is dead."""
        self._silent.set()

    @property
    def port(self) -> int:
        """Where to connect to."""
        return int(self._listener.getsockname()[1])

    def reset(self, way: str = "", at: int = 0, harm: Callable[[Line], None] | None = None) -> None:
        """Count anew, and do harm after ``at`` bytes ``out`` to the server or ``in`` from it."""
        with self._lock:
            self.passed = {"out": 0, "in": 0}
            self._way, self._at, self._harm = way, at, harm
            self.lines.clear()

    def serve(self) -> None:
        """Pass connections on until ``close``."""
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            if self._silent.is_set():
                self._held.append(client)
                continue
            try:
                server = socket.create_connection(("127.0.0.1", self._upstream()), timeout=10)
            except OSError:
                client.close()
                continue
            server.settimeout(None)
            line = Line(client, server)
            with self._lock:
                self.lines.append(line)
            threading.Thread(target=self._carry, args=(line,), daemon=True).start()

    def close(self) -> None:
        """Take no more connections, and cut those that there are."""
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._over.set()
        for held in self._held:
            held.close()
        for line in self.lines:
            line.cut()

    def _carry(self, line: Line) -> None:
        back = threading.Thread(
            target=self._pump, args=(line, line.server, line.client, "in"), daemon=True
        )
        back.start()
        self._pump(line, line.client, line.server, "out")
        back.join()
        line.close()

    def _pump(self, line: Line, source: socket.socket, sink: socket.socket, way: str) -> None:
        with suppress(OSError):
            while block := source.recv(_BLOCK):
                if line.deaf and way == "in":
                    break
                if self._silent.is_set():
                    self._over.wait()
                before, harm = self._count(way, len(block))
                sink.sendall(block[:before])
                if harm is not None:
                    harm(line)
                sink.sendall(block[before:])
        if line.deaf:
            line.cut()
        with suppress(OSError):
            sink.shutdown(socket.SHUT_WR)

    def _count(self, way: str, length: int) -> tuple[int, Callable[[Line], None] | None]:
        """Return how much of a block goes before the harm, which is done once, and the harm."""
        with self._lock:
            start = self.passed[way]
            self.passed[way] += length
            if self._harm is None or way != self._way or start + length < self._at:
                return length, None
            harm, self._harm = self._harm, None
            return max(self._at - start, 0), harm


@contextmanager
def relay_to(upstream: Callable[[], int]) -> Iterator[Relay]:
    """Run a relay in front of a server."""
    relay = Relay(upstream)
    thread = threading.Thread(target=relay.serve, daemon=True)
    thread.start()
    try:
        yield relay
    finally:
        relay.close()
        thread.join(5)
