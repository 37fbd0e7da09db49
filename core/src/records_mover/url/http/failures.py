"""What can go wrong with a request: in plain words, with advice, and whether to try again."""

from __future__ import annotations

import http.client
import socket
import ssl
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import TYPE_CHECKING

from records_mover.errors import NotFoundError, StoreError
from records_mover.url.http.address import origin_of, shown

if TYPE_CHECKING:
    from urllib.error import HTTPError

__all__ = ["BROKEN", "AnsweredError", "Failed", "reason_of", "refused", "unreachable"]

BROKEN = (OSError, http.client.HTTPException, ValueError)
"""What the library raises when a connection or an answer is broken."""

_PASSING = {
    HTTPStatus.REQUEST_TIMEOUT,
    HTTPStatus.TOO_MANY_REQUESTS,
    HTTPStatus.INTERNAL_SERVER_ERROR,
    HTTPStatus.BAD_GATEWAY,
    HTTPStatus.SERVICE_UNAVAILABLE,
    HTTPStatus.GATEWAY_TIMEOUT,
}
_TUNNEL = "Tunnel connection failed: "


class AnsweredError(StoreError):
    """The server is there, and said no."""


class Failed(Exception):
    """A request that failed: with what to tell the user, and whether and when it may work again.

    ``absent`` says that nobody was there at all: most often a wrong address.
    """

    def __init__(
        self, error: StoreError, *, passes: bool, absent: bool = False, pause: float = 0.0
    ) -> None:
        super().__init__(error.what)
        self.error = error
        self.passes = passes
        self.absent = absent
        self.pause = pause


def refused(url: str, error: HTTPError, *, known: bool) -> Failed:
    """Describe an answer that is no success; ``known`` says that we told who we are."""
    pause = _asked_for(error.headers.get("Retry-After", "") if error.headers else "")
    told = _answer(url, error, known=known, pause=pause)
    return Failed(told, passes=error.code in _PASSING, pause=pause)


def _answer(url: str, error: HTTPError, *, known: bool, pause: float) -> StoreError:
    answer = f"{shown(url)!r} answered {error.code} {_phrase(error.code)}".rstrip()
    if error.code in (HTTPStatus.NOT_FOUND, HTTPStatus.GONE):
        return NotFoundError(f"there is nothing at {shown(url)!r}", "check the URL")
    if error.code == HTTPStatus.UNAUTHORIZED:
        wanted = f'set [connections."{origin_of(url)}"] in config.toml, or ~/.netrc'
        return AnsweredError(answer, "check the user and the password" if known else wanted)
    if error.code == HTTPStatus.FORBIDDEN:
        return AnsweredError(answer, "check who may read it")
    if error.code == HTTPStatus.PROXY_AUTHENTICATION_REQUIRED:
        return AnsweredError(answer, "give the proxy's user and password in HTTPS_PROXY")
    if error.code == HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:
        return AnsweredError(answer, "it is shorter than what was asked for")
    if 300 <= error.code < 400:
        return AnsweredError(f"{shown(url)!r} is redirected without end", "check the URL")
    if pause:
        seconds = f"{pause:g} second{'s' * (pause != 1)}"
        return AnsweredError(answer, f"it asks to be left alone for {seconds}")
    again = error.code >= 500 or error.code in _PASSING
    return AnsweredError(answer, "try again" if again else "check the URL")


def _phrase(code: int) -> str:
    """Return the standard's words: a server's own may say anything."""
    try:
        return HTTPStatus(code).phrase
    except ValueError:
        return ""


def _asked_for(header: str) -> float:
    """Return the seconds that ``Retry-After`` asks for; it may name a date."""
    import time

    if header.strip().isdecimal():
        return float(header)
    try:
        return max(0.0, parsedate_to_datetime(header).timestamp() - time.time())
    except (TypeError, ValueError, OverflowError):
        return 0.0


def unreachable(url: str, error: Exception, proxy: str | None) -> Failed:
    """Describe a connection that came to nothing."""
    cause = getattr(error, "reason", error)
    via = f" through the proxy {proxy!r}" if proxy else ""
    told = StoreError(f"cannot reach {shown(url)!r}{via}: {reason_of(error)}", _advice(cause))
    absent = isinstance(cause, ConnectionRefusedError | socket.gaierror)
    broken = isinstance(cause, ConnectionError | TimeoutError | http.client.HTTPException)
    return Failed(told, passes=absent or broken, absent=absent)


def _advice(cause: object) -> str:
    if isinstance(cause, ssl.SSLCertVerificationError):
        return "check the host's name; SSL_CERT_FILE may name the authorities to trust"
    if isinstance(cause, ssl.SSLError):
        return "check that the port speaks TLS"
    if isinstance(cause, socket.gaierror):
        return "check the host's name"
    if str(cause).startswith(_TUNNEL):
        return "check HTTPS_PROXY, and whether the proxy lets you through"
    return "try again"


def reason_of(error: Exception) -> str:
    """Say what went wrong; the words of an exception that may repeat the URL are not shown."""
    reason = getattr(error, "reason", error)
    if isinstance(error, ssl.SSLError):  # whose `reason` is a code
        reason = error
    if isinstance(reason, TimeoutError):
        return "it did not answer in time"
    if isinstance(reason, ssl.SSLCertVerificationError):
        return f"its certificate is not trusted: {reason.verify_message}"
    if isinstance(reason, ssl.SSLError):
        return f"TLS failed: {(reason.reason or 'broken off').lower().replace('_', ' ')}"
    if isinstance(reason, OSError):
        words = str(reason) if str(reason).startswith(_TUNNEL) else reason.strerror
        return (words or type(reason).__name__).lower()
    return type(reason).__name__ if isinstance(reason, Exception) else str(reason)
