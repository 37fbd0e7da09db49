"""Content-Encoding: compression on the way is undone; that of the file itself is left alone."""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING, Any, BinaryIO, cast

from records_mover.errors import StoreError
from records_mover.formats.compression import compression_of_name, decompressing
from records_mover.streams import Reader
from records_mover.url.http.address import shown, split_url

if TYPE_CHECKING:
    from collections.abc import Sequence
    from http.client import HTTPResponse

__all__ = ["decoded", "encodings_of"]

_COMPRESSIONS = {"gzip": "GZIP", "x-gzip": "GZIP", "zstd": "ZSTD"}
_BLOCK = 1 << 16


def encodings_of(url: str, response: HTTPResponse) -> tuple[str, ...]:
    """Return what was done to the file on the way, in the order in which it was done.

    Some servers call a ``.csv.gz`` encoded: that is the file's own compression, and stays.
    """
    said = ",".join(response.headers.get_all("Content-Encoding") or [])
    found = [one.strip().lower() for one in said.split(",")]
    real = [one for one in found if one not in ("", "identity")]
    own = compression_of_name(split_url(url).path)
    if own is not None and [_COMPRESSIONS.get(one) for one in real] == [own]:
        return ()
    return tuple(real)


def decoded(body: BinaryIO, url: str, encodings: Sequence[str]) -> BinaryIO:
    """Return a stream of the file as it was before it was encoded; closing it closes ``body``."""
    for encoding in reversed(encodings):
        if encoding in _COMPRESSIONS:
            body = decompressing(body, _COMPRESSIONS[encoding])
        elif encoding == "deflate":
            body = cast(BinaryIO, _Inflating(body, url))
        else:
            body.close()
            raise StoreError(
                f"{shown(url)!r} is sent in the encoding {encoding!r}, though nobody asked for it",
                "download it with a browser, and move the file",
            )
    return body


class _Inflating(Reader):
    """Reads ``deflate``: zlib's format by the standard, the bare stream by some servers."""

    def __init__(self, raw: BinaryIO, url: str) -> None:
        super().__init__(raw)
        self._raw = raw
        self._url = url
        self._decoder: Any = None
        self._pending = b""

    def fill(self, view: memoryview) -> int:
        plain = b""
        while not plain and not (self._decoder is not None and self._decoder.eof):
            data = self._pending or self._raw.read(_BLOCK)
            if not data:
                raise StoreError(f"{shown(self._url)!r} was cut off", "try again")
            if self._decoder is None:
                self._decoder = zlib.decompressobj(15 if data[0] & 0x0F == 8 else -15)
            try:
                plain = self._decoder.decompress(data, len(view))
            except zlib.error:
                raise StoreError(f"{shown(self._url)!r} is damaged", "try again") from None
            self._pending = self._decoder.unconsumed_tail
        view[: len(plain)] = plain
        return len(plain)
