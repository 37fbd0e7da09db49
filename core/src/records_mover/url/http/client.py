"""Requests that are tried again: which failures pass, how long to wait, when to give up."""

from __future__ import annotations

import random
import time
from functools import cached_property, partial
from typing import TYPE_CHECKING, cast
from urllib.error import HTTPError

from records_mover.url.http.auth import Logins
from records_mover.url.http.failures import BROKEN, Failed, refused, unreachable
from records_mover.url.http.opener import make_opener, make_request
from records_mover.url.waiting import patient
from records_mover.url.waiting import pause as wait

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from http.client import HTTPResponse
    from urllib.request import OpenerDirector, Request

    from records_mover.meter import Cancellation
    from records_mover.url.http.settings import Settings

__all__ = ["Client", "pause_after"]

FIRST_PAUSE = 0.25
LONGEST_PAUSE = 10.0


class Client:
    """Sends requests; safe between threads."""

    def __init__(self, settings: Settings, creds: Callable[[str], object] | None) -> None:
        self.settings = settings
        self._logins = Logins(creds)

    def send(
        self,
        url: str,
        *,
        method: str = "GET",
        headers: Mapping[str, str] | None = None,
        met: bool = False,
        cancellation: Cancellation,
    ) -> HTTPResponse:
        """Return the answer to a request, once there is one; its body is not read yet.

        Raises ``StoreError``, and ``MoveCancelled`` at once. A host that does not answer at all is
        tried again only if it was ``met`` before: else the address is wrong, and waiting does not
        mend it.
        """
        started, tries = time.monotonic(), 0
        while True:
            try:
                return self._once(url, method, headers or {}, cancellation)
            except Failed as failed:
                tries += 1
                pause = max(failed.pause, pause_after(tries))
                spent = time.monotonic() - started + pause
                hopeless = not failed.passes or (failed.absent and not met)
                if hopeless or tries >= self.settings.tries or spent > self.settings.deadline:
                    raise failed.error from None
            wait(pause, cancellation)

    @cached_property
    def _opener(self) -> OpenerDirector:
        return make_opener(self.settings.redirects)

    def _once(
        self, url: str, method: str, headers: Mapping[str, str], cancellation: Cancellation
    ) -> HTTPResponse:
        login = self._logins.for_url(url)
        request = make_request(url, method, dict(headers), login)
        host = request.host
        try:
            asking = partial(self._opener.open, request, timeout=self.settings.timeout)
            answer = patient(asking, cancellation, lambda late: late.close())
        except HTTPError as error:
            error.close()
            raise refused(url, error, known=login is not None) from None
        except BROKEN as error:
            raise unreachable(url, error, _proxy(request, host)) from None
        return cast("HTTPResponse", answer)


def _proxy(request: Request, host: str) -> str | None:
    """Return the proxy that a request was sent through: urllib puts it in the host's place."""
    return request.host if request.host != host else None


def pause_after(tries: int) -> float:
    """Double from one try to the next, with jitter."""
    grown: float = FIRST_PAUSE * 2 ** min(tries - 1, 10)
    return min(grown, LONGEST_PAUSE) * random.uniform(0.5, 1.0)  # noqa: S311 - jitter
