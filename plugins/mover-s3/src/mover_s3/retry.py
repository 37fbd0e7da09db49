"""Trying a request again: which failures pass, how long to wait, and when to give up."""

from __future__ import annotations

import random
import threading
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

from mover_s3.errors import Broken, code_of, status_of
from records_mover.errors import StoreError

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Retry", "Stopped"]

T = TypeVar("T")

FIRST_PAUSE = 0.1
LONGEST_PAUSE = 10.0
CONNECT_DEADLINE = 8.0
"""Seconds for which a server that cannot be reached at all is tried: most often a wrong address."""

# The body was damaged on the way, or the server asks for patience in a status below 500.
_PASSING = {
    "BadDigest",
    "BandwidthLimitExceeded",
    "ConditionalRequestConflict",
    "IncompleteBody",
    "InternalError",
    "OperationAborted",
    "RequestLimitExceeded",
    "RequestTimeout",
    "SlowDown",
    "Throttling",
    "ThrottlingException",
    "TooManyRequests",
    "XAmzContentChecksumMismatch",
    "XAmzContentSHA256Mismatch",
}
_UNREACHABLE = {"EndpointConnectionError", "ConnectTimeoutError", "ProxyConnectionError"}
_NOT_PASSING = {"SSLError", "InvalidProxiesConfigError", "501"}


class Stopped(StoreError):
    """The stream that a request was for has been closed."""


@dataclass(frozen=True, slots=True)
class Retry:
    """Calls until it works. ``deadline`` is for how many seconds it may get no further."""

    deadline: float
    stop: threading.Event = field(default_factory=threading.Event)

    def stoppable(self) -> Retry:
        """Return the same with a stop of its own, for the requests of one stream."""
        return Retry(self.deadline, threading.Event())

    def brief(self, deadline: float) -> Retry:
        """Return one that gives up sooner and cannot be stopped, for tidying up."""
        return Retry(min(deadline, self.deadline))

    def __call__(self, call: Callable[[], T], progress: Callable[[], int] = int) -> T:
        """Return what ``call`` returns; when ``progress`` rises, the deadline begins anew."""
        tries, started, reached = 0, time.monotonic(), progress()
        while True:
            if self.stop.is_set():
                raise Stopped("the stream was closed")
            try:
                return call()
            except Exception as error:
                if progress() > reached:
                    tries, started, reached = 0, time.monotonic(), progress()
                pause = _pause(error, tries)
                if not passes(error) or self._is_over(error, started, pause):
                    raise
            self.stop.wait(pause)
            tries += 1

    def _is_over(self, error: Exception, started: float, pause: float) -> bool:
        limit = self.deadline
        if code_of(error) in _UNREACHABLE:
            limit = min(limit, CONNECT_DEADLINE)
        return time.monotonic() + pause - started > limit


def passes(error: Exception) -> bool:
    """Whether the same request may work a moment later."""
    from botocore.exceptions import (
        ClientError,
        FlexibleChecksumError,
        HTTPClientError,
        IncompleteReadError,
    )
    from botocore.parsers import ResponseParserError
    from urllib3.exceptions import HTTPError

    if code_of(error) in _NOT_PASSING or status_of(error) == 501:
        return False
    if isinstance(error, ClientError):
        status = status_of(error)
        return status >= 500 or status == 429 or code_of(error) in _PASSING
    broken = (HTTPClientError, FlexibleChecksumError, IncompleteReadError, ResponseParserError)
    return isinstance(error, (*broken, HTTPError, Broken, ConnectionError, TimeoutError))


def _pause(error: Exception, tries: int) -> float:
    """Double from one try to the next, with jitter; a server that names its own pause is heard."""
    grown: float = FIRST_PAUSE * 2 ** min(tries, 10) * random.uniform(0.5, 1.0)  # noqa: S311 - jitter
    return max(min(grown, LONGEST_PAUSE), min(_asked_for(error), 3 * LONGEST_PAUSE))


def _asked_for(error: Exception) -> float:
    response: Any = getattr(error, "response", None) or {}
    headers = response.get("ResponseMetadata", {}).get("HTTPHeaders", {})
    asked = str(headers.get("retry-after", ""))
    return float(asked) if asked.isdigit() else 0.0
