"""A proxy that harms the n-th request on purpose: what a bad network and a busy server do."""

from __future__ import annotations

import http.client
import socket
import socketserver
import struct
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["FAULTS", "Exchange", "FaultProxy", "fault_proxy"]


@dataclass(slots=True, kw_only=True)
class Exchange:
    """A request, and the answer once there is one."""

    method: str
    path: str
    headers: list[tuple[str, str]]
    body: bytes = b""
    status: int = 0
    reason: str = ""
    answer_headers: list[tuple[str, str]] = field(default_factory=list)
    answer: bytes = b""

    @property
    def says_length_only(self) -> bool:
        """Whether the answer has a length and no body."""
        return self.method == "HEAD" or self.status in (204, 304)

    def header(self, name: str) -> str:
        """Return a request header, or nothing."""
        return next((value for key, value in self.headers if key.lower() == name), "")


class _Hangup(Exception):
    """The client is to find its connection reset."""


class FaultProxy:
    """Counts the requests that come by; ``harm`` says which of them meets which fault."""

    def __init__(self, endpoint: str) -> None:
        split = urlsplit(endpoint)
        self.upstream = (str(split.hostname), int(split.port or 80))
        self.endpoint = ""
        self.seen: list[tuple[str, str]] = []
        self.times: list[float] = []
        self._lock = threading.Lock()
        self._fault = ""
        self._when: Callable[[int, Exchange], bool] = lambda _number, _exchange: False

    def harm(self, fault: str, when: Callable[[int, Exchange], bool] | int) -> None:
        """Do ``fault`` to the request of this number, from 1 on, or to all that a function picks.

        Counting begins anew.
        """
        chosen = when if callable(when) else lambda number, _exchange: number == when
        with self._lock:
            self.seen.clear()
            self.times.clear()
            self._fault, self._when = fault, chosen

    def heal(self) -> None:
        """Harm nothing any more."""
        self.harm("", lambda _number, _exchange: False)

    def fault_for(self, exchange: Exchange) -> str:
        """Count a request and say what happens to it."""
        with self._lock:
            self.seen.append((exchange.method, exchange.path))
            self.times.append(time.monotonic())
            return self._fault if self._when(len(self.seen), exchange) else ""


@contextmanager
def fault_proxy(endpoint: str) -> Iterator[FaultProxy]:
    """Run a proxy in front of a server."""
    proxy = FaultProxy(endpoint)

    class Server(socketserver.ThreadingTCPServer):
        daemon_threads = True
        block_on_close = False
        request_queue_size = 64

        def handle_error(self, *_: object) -> None:
            """Say nothing: clients go away in the middle all the time."""

    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            try:
                while _serve(proxy, self.rfile, self.connection):
                    pass
            except _Hangup:
                self.connection.setsockopt(
                    socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0)
                )
                self.connection.close()

    with Server(("127.0.0.1", 0), Handler) as server:
        proxy.endpoint = f"http://127.0.0.1:{server.server_address[1]}"
        thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        try:
            yield proxy
        finally:
            server.shutdown()
            thread.join()


def _serve(proxy: FaultProxy, requests: object, connection: socket.socket) -> bool:
    """Serve one request; say whether the connection can take another."""
    exchange = _read_request(requests, connection)
    if exchange is None:
        return False
    fault = FAULTS.get(proxy.fault_for(exchange))
    if fault is not None and fault.before is not None:
        fault.before(exchange)
    if not exchange.status:
        _ask_upstream(proxy, exchange)
    if fault is not None and fault.after is not None:
        fault.after(exchange)
    connection.sendall(_head(exchange))
    if fault is not None and fault.body is not None and not exchange.says_length_only:
        fault.body(connection, exchange.answer)
        return False
    if not exchange.says_length_only:
        connection.sendall(exchange.answer)
    return True


def _read_request(requests: object, connection: socket.socket) -> Exchange | None:
    line = requests.readline().decode("latin-1").split()  # type: ignore[attr-defined]
    if len(line) != 3:
        return None
    headers: list[tuple[str, str]] = []
    while (raw := requests.readline().decode("latin-1").rstrip("\r\n")) != "":  # type: ignore[attr-defined]
        name, _, value = raw.partition(":")
        headers.append((name, value.strip()))
    exchange = Exchange(method=line[0], path=line[1], headers=headers)
    if exchange.header("expect"):
        connection.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
    exchange.body = requests.read(int(exchange.header("content-length") or 0))  # type: ignore[attr-defined]
    return exchange


def _ask_upstream(proxy: FaultProxy, exchange: Exchange) -> None:
    upstream = http.client.HTTPConnection(*proxy.upstream, timeout=60)
    upstream.putrequest(exchange.method, exchange.path, skip_host=True, skip_accept_encoding=True)
    for name, value in exchange.headers:
        if name.lower() not in ("expect", "connection"):
            upstream.putheader(name, value)
    upstream.endheaders(exchange.body or None)
    answer = upstream.getresponse()
    exchange.status, exchange.reason = answer.status, answer.reason
    exchange.answer_headers = answer.getheaders()
    exchange.answer = answer.read()
    upstream.close()


def _head(exchange: Exchange) -> bytes:
    lines = [f"HTTP/1.1 {exchange.status} {exchange.reason}"]
    sized = False
    for name, value in exchange.answer_headers:
        if name.lower() in ("transfer-encoding", "connection"):
            continue
        sized = sized or name.lower() == "content-length"
        lines.append(f"{name}: {value}")
    if not sized and exchange.status != 204:
        lines.append(f"Content-Length: {len(exchange.answer)}")
    return "\r\n".join([*lines, "", ""]).encode("latin-1")


# the faults


@dataclass(frozen=True, slots=True, kw_only=True)
class _Fault:
    before: Callable[[Exchange], None] | None = None
    after: Callable[[Exchange], None] | None = None
    body: Callable[[socket.socket, bytes], None] | None = None


def _reset(_exchange: Exchange) -> None:
    raise _Hangup


def _answering(status: int, code: str, headers: list[tuple[str, str]]) -> Callable[..., None]:
    text = f"<Error><Code>{code}</Code><Message>made up by the proxy</Message></Error>"

    def answer(exchange: Exchange) -> None:
        exchange.status, exchange.reason = status, "Made Up"
        exchange.answer_headers = [("Content-Type", "application/xml"), *headers]
        exchange.answer = text.encode()

    return answer


def _resized(change: Callable[[int], int]) -> Callable[[Exchange], None]:
    def resize(exchange: Exchange) -> None:
        if exchange.says_length_only:
            return
        kept = [pair for pair in exchange.answer_headers if pair[0].lower() != "content-length"]
        length = change(len(exchange.answer))
        exchange.answer = exchange.answer[:length]
        exchange.answer_headers = [*kept, ("Content-Length", str(length))]

    return resize


def _truncated(connection: socket.socket, answer: bytes) -> None:
    connection.sendall(answer[: len(answer) // 2])


def _broken(connection: socket.socket, answer: bytes) -> None:
    connection.sendall(answer[: len(answer) // 2])
    raise _Hangup


def _stalled(connection: socket.socket, answer: bytes) -> None:
    connection.sendall(answer[: len(answer) // 2])
    time.sleep(2.5)


def _damage(exchange: Exchange) -> None:
    if exchange.method == "PUT" and exchange.body:
        middle = len(exchange.body) // 2
        flipped = bytes([exchange.body[middle] ^ 1])
        exchange.body = exchange.body[:middle] + flipped + exchange.body[middle + 1 :]


FAULTS = {
    "reset": _Fault(before=_reset),
    "lost answer": _Fault(after=_reset),
    "slow down": _Fault(before=_answering(503, "SlowDown", [])),
    "slow down for a second": _Fault(before=_answering(503, "SlowDown", [("Retry-After", "1")])),
    "internal error": _Fault(before=_answering(500, "InternalError", [])),
    "error in success": _Fault(before=_answering(200, "InternalError", [])),
    "other region": _Fault(
        before=_answering(
            400, "AuthorizationHeaderMalformed", [("x-amz-bucket-region", "eu-west-9")]
        )
    ),
    "another region": _Fault(
        before=_answering(301, "PermanentRedirect", [("x-amz-bucket-region", "eu-west-8")])
    ),
    "no lists": _Fault(before=_answering(400, "MissingContentMD5", [])),
    "forbidden": _Fault(before=_answering(403, "AccessDenied", [])),
    "expired": _Fault(before=_answering(400, "ExpiredToken", [])),
    "truncated body": _Fault(body=_truncated),
    "broken body": _Fault(body=_broken),
    "stalled body": _Fault(body=_stalled),
    "length too small": _Fault(after=_resized(lambda length: length // 2)),
    "length too large": _Fault(after=_resized(lambda length: length + 100), body=_truncated),
    "damaged upload": _Fault(before=_damage),
}
"""Faults by name."""
