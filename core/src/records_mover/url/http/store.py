"""Files behind web addresses as a store: what the core asks of it, by URL."""

from __future__ import annotations

import copy
import io
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, BinaryIO, NoReturn, cast

from records_mover.errors import StoreError
from records_mover.meter import Cancellation
from records_mover.url.bounded import BoundedReader
from records_mover.url.http.address import shown, split_url
from records_mover.url.http.body import Body, Place
from records_mover.url.http.client import Client
from records_mover.url.http.encoding import decoded, encodings_of
from records_mover.url.http.failures import AnsweredError
from records_mover.url.http.settings import read_settings
from records_mover.url.store import Entry, StoreContext

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import AbstractContextManager
    from http.client import HTTPResponse

__all__ = ["HttpStore"]


class HttpStore:
    """Files behind HTTP(S) URLs, read only; it may be used from several threads at once."""

    def __init__(self, context: StoreContext) -> None:
        self._client = Client(read_settings(context.settings.get("http")), context.creds)
        self._cancellation = Cancellation()

    def heeding(self, cancellation: Cancellation) -> HttpStore:
        """Return this store for one move alone: whoever cancels that ends its waits."""
        heeding = copy.copy(self)
        heeding._cancellation = cancellation  # noqa: SLF001 - a copy of this one
        return heeding

    def list(self, url: str) -> Iterator[Entry]:
        """Yield the one file that a URL names."""
        if split_url(url).path.endswith("/"):
            raise StoreError(f"{shown(url)!r} is no file", "HTTP has no folders; name a file in it")
        yield Entry(url=url, size=self.size(url))

    def open(self, url: str, *, offset: int = 0, length: int | None = None) -> BinaryIO:
        """Open a GET response, from byte ``offset`` on where the server serves ranges.

        A response that ends before its length is taken up again where it broke, or raises; it
        never looks like a short file.
        """
        if length == 0:
            return io.BytesIO()
        end = None if length is None else offset + length
        if not offset and end is None:
            return self._whole(url)
        last = "" if end is None else end - 1
        response = self._send(url, headers={"Range": f"bytes={offset}-{last}"})
        partial = response.status == HTTPStatus.PARTIAL_CONTENT
        if partial and not encodings_of(url, response):
            return cast(BinaryIO, self._body(url, response, offset, end))
        response.close()
        if offset:
            raise StoreError(f"{shown(url)!r} does not serve ranges", "download it first")
        return cast(BinaryIO, BoundedReader(cast(io.RawIOBase, self._whole(url)), cast(int, end)))

    def size(self, url: str) -> int | None:
        """Return the size that a HEAD request tells, if it does."""
        try:
            with self._send(url, method="HEAD") as response:
                length = response.headers.get("Content-Length")
                encoded = encodings_of(url, response)
        except AnsweredError:
            return None
        return int(length) if length and length.isdecimal() and not encoded else None

    def write(self, url: str) -> AbstractContextManager[BinaryIO]:
        """Refuse: HTTP is read only here."""
        _read_only(url)

    def make_folder(self, url: str) -> None:
        """Refuse: HTTP is read only here."""
        _read_only(url)

    def delete(self, url: str) -> None:
        """Refuse: HTTP is read only here."""
        _read_only(url)

    def copy(self, source: str, target: str) -> None:
        """Refuse: HTTP is read only here."""
        del source
        _read_only(target)

    def _send(self, url: str, **request: Any) -> HTTPResponse:
        return self._client.send(url, cancellation=self._cancellation, **request)

    def _body(self, url: str, response: HTTPResponse, start: int, end: int | None) -> Body:
        place = Place(url=url, start=start, end=end)
        return Body(self._client, place, response, self._cancellation)

    def _whole(self, url: str) -> BinaryIO:
        response = self._send(url)
        body = cast(BinaryIO, self._body(url, response, 0, None))
        return decoded(body, url, encodings_of(url, response))


def _read_only(url: str) -> NoReturn:
    raise StoreError(f"cannot write to {shown(url)!r}", "HTTP can only be read from")
