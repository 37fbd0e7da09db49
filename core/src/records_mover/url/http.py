"""HTTP and HTTPS as a store that can be read: one file to a URL, with a deadline and ranges."""

from __future__ import annotations

import http.client
import io
from typing import TYPE_CHECKING, BinaryIO, NoReturn, cast
from urllib.parse import quote, unquote, urlsplit, urlunsplit

from records_mover.errors import NotFoundError, StoreError
from records_mover.streams import Reader
from records_mover.url.store import Entry, StoreContext

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import AbstractContextManager
    from urllib.parse import SplitResult
    from urllib.request import Request

__all__ = ["HttpStore"]

TIMEOUT = 30.0
"""Seconds without a byte before a server is given up."""
_RESERVED = "!#$%&'()*+,/:;=?@[]~"
_RANGE_NOT_SATISFIABLE = http.HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE


class HttpStore:
    """Files behind HTTP(S) URLs, read only. A user and password in a URL are sent to its host."""

    def __init__(self, context: StoreContext) -> None:
        self._context = context

    def list(self, url: str) -> Iterator[Entry]:
        """Yield the one file that a URL names."""
        if _split(url).path.endswith("/"):
            raise StoreError(
                f"{_shown(url)!r} is no file", "HTTP has no folders; name a file in it"
            )
        yield Entry(url=url, size=self.size(url))

    def open(self, url: str, *, offset: int = 0, length: int | None = None) -> BinaryIO:
        """Open a GET response, from byte ``offset`` on where the server serves ranges.

        A response that ends before its length raises; it never looks like a short file.
        """
        if length == 0:
            return io.BytesIO()
        headers = {}
        if offset or length is not None:
            end = "" if length is None else str(offset + length - 1)
            headers["Range"] = f"bytes={offset}-{end}"
        response = self._request(url, headers=headers)
        body = _Body(response, _shown(url))
        if not headers or response.status == http.HTTPStatus.PARTIAL_CONTENT:
            return cast(BinaryIO, body)
        if offset:
            body.close()
            raise StoreError(f"{_shown(url)!r} does not serve ranges", "download it first")
        from records_mover.url.bounded import BoundedReader

        return cast(BinaryIO, BoundedReader(body, cast(int, length)))

    def size(self, url: str) -> int | None:
        """Return the size that a HEAD request tells, if it does."""
        try:
            with self._request(url, method="HEAD") as response:
                length = response.headers.get("Content-Length")
        except _AnsweredError:
            return None
        return int(length) if length and length.isdecimal() else None

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

    def _request(
        self, url: str, *, method: str = "GET", headers: dict[str, str] | None = None
    ) -> http.client.HTTPResponse:
        from urllib.error import HTTPError, URLError
        from urllib.request import urlopen

        request = _request_of(url, method, headers or {})
        try:
            return cast(http.client.HTTPResponse, urlopen(request, timeout=TIMEOUT))  # noqa: S310
        except HTTPError as error:
            error.close()
            raise _refused(url, error.code, error.msg) from None
        except (URLError, OSError, http.client.HTTPException, ValueError) as error:
            raise StoreError(
                f"cannot reach {_shown(url)!r}: {_reason(error)}", "try again"
            ) from None


class _Body(Reader):
    """The bytes of a response. Their end is the end only if all that was promised has come."""

    def __init__(self, response: http.client.HTTPResponse, shown: str) -> None:
        super().__init__(response)
        self._response = response
        self._shown = shown
        self._got = 0
        self._promised = response.length

    def fill(self, view: memoryview) -> int:
        try:
            got = self._response.readinto(view) or 0
        except (OSError, http.client.HTTPException, ValueError) as error:
            raise self._cut_off(_reason(error)) from None
        self._got += got
        if not got and len(view) and self._promised not in (None, self._got):
            raise self._cut_off(f"{self._promised} were promised")
        return got

    def _cut_off(self, why: str) -> StoreError:
        return StoreError(
            f"{self._shown!r} was cut off after {self._got} bytes: {why}", "try again"
        )


def _request_of(url: str, method: str, headers: dict[str, str]) -> Request:
    """Make a request; what is secret stays with the host that it was meant for."""
    from base64 import b64encode
    from urllib.request import Request

    split = _split(url)
    login, _, host = split.netloc.rpartition("@")
    plain = urlunsplit(
        (
            split.scheme,
            host,
            quote(split.path, safe=_RESERVED),
            quote(split.query, safe=_RESERVED),
            "",
        )
    )
    request = Request(plain, method=method, headers=headers)  # noqa: S310 - http(s) only
    if login:
        user, _, password = login.partition(":")
        token = b64encode(f"{unquote(user)}:{unquote(password)}".encode()).decode()
        request.add_unredirected_header("Authorization", f"Basic {token}")
    return request


def _split(url: str) -> SplitResult:
    """Split a URL, or raise ``StoreError`` that does not repeat it."""
    try:
        split = urlsplit(url)
        split.port  # noqa: B018 - reading it checks it
    except ValueError:
        raise StoreError("the URL cannot be understood", "write https://host/path") from None
    if not split.hostname:
        raise StoreError("the URL names no host", "write https://host/path")
    return split


class _AnsweredError(StoreError):
    """The server is there, and said no."""


def _refused(url: str, code: int, words: str) -> StoreError:
    answer = f"{_shown(url)!r} answered {code} {words}"
    if code in (http.HTTPStatus.NOT_FOUND, http.HTTPStatus.GONE):
        return NotFoundError(f"there is nothing at {_shown(url)!r}", "check the URL")
    if code in (http.HTTPStatus.UNAUTHORIZED, http.HTTPStatus.FORBIDDEN):
        return _AnsweredError(answer, "check who may read it")
    if code == _RANGE_NOT_SATISFIABLE:
        return _AnsweredError(answer, "it is shorter than what was asked for")
    return _AnsweredError(answer, "try again" if code >= 500 else "check the URL")


def _reason(error: Exception) -> str:
    """Say what went wrong; the words of an exception that may repeat the URL are not shown."""
    reason = getattr(error, "reason", error)
    if isinstance(reason, TimeoutError):
        return "it did not answer in time"
    if isinstance(reason, OSError):
        return (reason.strerror or type(reason).__name__).lower()
    return type(reason).__name__ if isinstance(reason, Exception) else str(reason)


def _read_only(url: str) -> NoReturn:
    raise StoreError(f"cannot write to {_shown(url)!r}", "HTTP can only be read from")


def _shown(url: str) -> str:
    """Return the URL without user, password and query, any of which may hold a secret."""
    split = _split(url)
    return f"{split.scheme}://{split.netloc.rpartition('@')[2]}{split.path}"
