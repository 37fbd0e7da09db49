"""The bytes of an answer: where the connection breaks, the rest of the same file is asked for."""

from __future__ import annotations

import os
import re
import socket
import threading
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from records_mover.errors import StoreError
from records_mover.streams import Reader
from records_mover.url.http.address import shown
from records_mover.url.http.client import pause_after
from records_mover.url.http.failures import BROKEN, AnsweredError, reason_of
from records_mover.url.waiting import pause
from records_mover.utils.words import many

if TYPE_CHECKING:
    from http.client import HTTPResponse

    from records_mover.meter import Cancellation
    from records_mover.url.http.client import Client

__all__ = ["Body", "Place", "Version"]

_RANGE = re.compile(r"bytes (\d+)-\d+/(\d+|\*)")
_SKIPPED_AT_ONCE = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """What tells one version of a file from another."""

    etag: str | None
    modified: str | None

    @classmethod
    def of(cls, response: HTTPResponse) -> Version:
        """Read it from an answer; a weak ETag does not promise the same bytes."""
        etag = response.headers.get("ETag")
        strong = etag if etag and not etag.startswith("W/") else None
        return cls(etag=strong, modified=response.headers.get("Last-Modified"))

    @property
    def condition(self) -> str | None:
        """What ``If-Range`` is to say, if anything can be said."""
        return self.etag or self.modified

    def is_other(self, later: Version) -> bool:
        """Whether a later answer is of another version, as far as both of them say."""
        pairs = ((self.etag, later.etag), (self.modified, later.modified))
        return any(ours and theirs and ours != theirs for ours, theirs in pairs)


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """The bytes of a file from ``start`` up to ``end``."""

    url: str
    start: int
    end: int | None


class _Wire:
    """The connection of an answer, which whoever cancels the move cuts from another thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._held: socket.socket | None = None

    def hold(self, response: HTTPResponse | None) -> None:
        """Take the connection of an answer in the place of the one before, if it has one still."""
        with self._lock:
            if self._held is not None:
                self._held.close()
            self._held = None
            with suppress(OSError, ValueError, AttributeError):  # it was read to its end already
                if response is not None:
                    self._held = socket.socket(fileno=os.dup(response.fileno()))

    def cut(self) -> None:
        """Have whoever reads from it read no more."""
        with self._lock, suppress(OSError):
            if self._held is not None:
                self._held.shutdown(socket.SHUT_RDWR)


class Body(Reader):
    """The bytes of a place, whole or an error: an early end never looks like one."""

    def __init__(
        self, client: Client, place: Place, response: HTTPResponse, cancellation: Cancellation
    ) -> None:
        super().__init__()
        self._client = client
        self._url, self._start, self._end = place.url, place.start, place.end
        self._response = response
        self._version = Version.of(response)
        self._got = 0
        self._promised = response.length
        self._broken_at = -1
        self._tries = 0
        self._cancellation, self._wire, self._stack = cancellation, _Wire(), ExitStack()
        self._wire.hold(response)
        try:
            self._stack.enter_context(cancellation.stopping_by(self._wire.cut))
        except BaseException:
            self.close()
            raise

    def fill(self, view: memoryview) -> int:
        """Fill ``view``; ``StoreError`` where the rest is not to be had."""
        while True:
            try:
                got = self._response.readinto(view) or 0
            except BROKEN as error:
                self._resume(reason_of(error))
                continue
            self._got += got
            if not got:
                self._cancellation.check()
            if got or not len(view) or self._promised in (None, self._got):
                return got
            self._resume(f"{self._promised} were promised")

    def close(self) -> None:
        """Close the connection."""
        if not self.closed:
            self._stack.close()
            self._wire.hold(None)
            self._response.close()
        super().close()

    def _resume(self, why: str) -> None:
        """Ask for the rest of the same version; the old connection is of no more use."""
        self._response.close()
        self._tries = self._tries + 1 if self._broken_at == self._got else 1
        self._broken_at = self._got
        condition = self._version.condition
        if condition is None or self._tries >= self._client.settings.tries:
            raise self._cut_off(why)
        if self._tries > 1:
            pause(pause_after(self._tries), self._cancellation)
        last = "" if self._end is None else self._end - 1
        headers = {"Range": f"bytes={self._start + self._got}-{last}", "If-Range": condition}
        try:
            response = self._client.send(
                self._url, headers=headers, met=True, cancellation=self._cancellation
            )
        except AnsweredError:
            raise self._cut_off(why) from None
        self._take_up(response, why)

    def _take_up(self, response: HTTPResponse, why: str) -> None:
        """Go on with an answer, if it is the rest, or the whole, of the same version."""
        self._response = response
        self._wire.hold(response)
        self._cancellation.check()  # who cancelled just now has cut the connection before
        if self._version.is_other(Version.of(response)):
            raise self._changed()
        if response.status == 206:
            placed = _RANGE.fullmatch(response.headers.get("Content-Range", "").strip())
            if placed is None or int(placed[1]) != self._start + self._got:
                raise self._cut_off(why)
        elif Version.of(response).condition is None:
            raise self._changed()
        else:
            self._skip(self._start + self._got, why)
        left = response.length
        if left is not None and self._promised not in (None, self._got + left):
            raise self._changed()

    def _skip(self, count: int, why: str) -> None:
        """Pass over what we have: the server sends the whole file again."""
        while count:
            try:
                passed = len(self._response.read(min(count, _SKIPPED_AT_ONCE)))
            except BROKEN:
                passed = 0
            if not passed:
                raise self._cut_off(why)
            count -= passed

    def _changed(self) -> StoreError:
        self._response.close()
        return StoreError(
            f"{shown(self._url)!r} was changed while it was read",
            "move it again when nobody writes to it",
        )

    def _cut_off(self, why: str) -> StoreError:
        return StoreError(
            f"{shown(self._url)!r} was cut off after {many(self._got, 'byte')}: {why}", "try again"
        )
