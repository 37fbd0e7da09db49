"""HTTP and HTTPS as a store that can be read: one file to a URL, with a deadline and ranges."""

from __future__ import annotations

import http.client
from typing import TYPE_CHECKING, BinaryIO, NoReturn, cast

from records_mover.errors import NotFoundError, StoreError
from records_mover.url.store import Entry, StoreContext

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import AbstractContextManager

__all__ = ["HttpStore"]

TIMEOUT = 30.0
"""Seconds without a byte before a server is given up."""


class HttpStore:
    """Files behind HTTP(S) URLs, read only."""

    def __init__(self, context: StoreContext) -> None:
        self._context = context

    def list(self, url: str) -> Iterator[Entry]:
        """Yield the one file that a URL names."""
        yield Entry(url=url, size=self.size(url))

    def open(self, url: str, *, offset: int = 0, length: int | None = None) -> BinaryIO:
        """Open a GET response, from byte ``offset`` on where the server serves ranges."""
        headers = {}
        if offset or length is not None:
            end = "" if length is None else str(offset + length - 1)
            headers["Range"] = f"bytes={offset}-{end}"
        response = self._request(url, headers=headers)
        if headers and response.status != http.HTTPStatus.PARTIAL_CONTENT:
            response.close()
            raise StoreError(f"{_shown(url)!r} does not serve ranges", "download it first")
        return cast(BinaryIO, response)

    def size(self, url: str) -> int | None:
        """Return the size that a HEAD request tells, if it does."""
        try:
            with self._request(url, method="HEAD") as response:
                length = response.headers.get("Content-Length")
        except NotFoundError:
            raise
        except StoreError:
            return None
        return int(length) if length and length.isdigit() else None

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
        _read_only(f"{source} -> {target}")

    def _request(
        self, url: str, *, method: str = "GET", headers: dict[str, str] | None = None
    ) -> http.client.HTTPResponse:
        from urllib.error import HTTPError, URLError
        from urllib.request import Request, urlopen

        request = Request(url, method=method, headers=headers or {})  # noqa: S310 - http(s) only
        try:
            return cast(http.client.HTTPResponse, urlopen(request, timeout=TIMEOUT))  # noqa: S310
        except HTTPError as error:
            error.close()
            if error.code in (http.HTTPStatus.NOT_FOUND, http.HTTPStatus.GONE):
                raise NotFoundError(f"there is nothing at {_shown(url)!r}", "check it") from None
            raise StoreError(
                f"{_shown(url)!r} answered {error.code} {error.reason}", "check the URL and access"
            ) from None
        except (URLError, OSError, http.client.HTTPException) as error:
            reason = getattr(error, "reason", error)
            raise StoreError(f"cannot reach {_shown(url)!r}: {reason}", "try again") from None


def _read_only(url: str) -> NoReturn:
    raise StoreError(f"cannot write to {_shown(url)!r}", "HTTP can only be read from")


def _shown(url: str) -> str:
    """Return the URL without user, password and query, any of which may hold a secret."""
    from urllib.parse import urlsplit

    split = urlsplit(url)
    host = split.hostname or ""
    return f"{split.scheme}://{host}{f':{split.port}' if split.port else ''}{split.path}"
