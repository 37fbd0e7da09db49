"""Text with bytes that no database takes: NULs and what is no character of the encoding."""

from __future__ import annotations

import codecs
import io
import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, BinaryIO, cast

if TYPE_CHECKING:
    from records_mover.instructions import BadBytes

__all__ = ["Mended", "cleaned"]

# Whose NULs are halves of other characters; they are decoded before anybody looks for any.
_WIDE = ("utf-16", "utf-32")


@dataclass(slots=True)
class Mended:
    """How many bad bytes were left out or replaced in all streams of a move, and where first."""

    count: int = 0
    first: str | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, count: int, place: str) -> None:
        """Note some more, of which the first is at this place."""
        with self._lock:
            self.count += count
            self.first = self.first or place


def cleaned(
    stream: BinaryIO, codec: str, policy: BadBytes, mended: Mended, *, source: str
) -> BinaryIO:
    """Return the stream without its bad bytes, or with a replacement character for each."""
    if policy == "fail" or codec.startswith(_WIDE):
        return stream
    return cast(
        BinaryIO, io.BufferedReader(_Cleaned(stream, codec, policy, mended, source), 1 << 20)
    )


class _Cleaned(io.RawIOBase):
    def __init__(
        self, stream: BinaryIO, codec: str, policy: BadBytes, mended: Mended, source: str
    ) -> None:
        self._stream = stream
        self._codec = codec
        self._mark = "\ufffd" if policy == "replace" else ""
        self._mended = mended
        self._source = source
        self._line = 1
        self._decoder = codecs.getincrementaldecoder(codec)("strict")
        self._rest = b""
        self._ready = b""
        self._ended = False

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray | memoryview, /) -> int:  # type: ignore[override]
        while not self._ready and not self._ended:
            self._ready = self._next()
        block, self._ready = self._ready[: len(buffer)], self._ready[len(buffer) :]
        buffer[: len(block)] = block
        return len(block)

    def close(self) -> None:
        if not self.closed:
            self._stream.close()
        super().close()

    def _next(self) -> bytes:
        block = self._stream.read(1 << 20)
        self._ended = not block
        data, self._rest = self._rest + block, b""
        clean = data if self._is_clean(data) else self._mend(data)
        self._line += data.count(b"\n") - self._rest.count(b"\n")
        return clean

    def _is_clean(self, data: bytes) -> bool:
        if b"\0" in data:
            return False
        if data.isascii():
            return True
        self._decoder.reset()
        try:
            self._decoder.decode(data, final=True)
        except UnicodeDecodeError:
            return False
        return True

    def _mend(self, data: bytes) -> bytes:
        """Return the data with each bad byte replaced; half a character at the end waits."""
        pieces: list[bytes] = []
        spot = 0
        while spot < len(data):
            bad = self._first_bad(data, spot)
            if bad is None:
                pieces.append(data[spot:])
                break
            start, end = bad
            if end == len(data) and not self._ended and data[start]:
                pieces.append(data[spot:start])
                self._rest = data[start:]
                break
            line = self._line + data.count(b"\n", 0, start)
            self._mended.add(end - start, f"line {line} of {self._source!r}")
            pieces += [data[spot:start], self._replacement()]
            spot = end
        return b"".join(pieces)

    def _first_bad(self, data: bytes, spot: int) -> tuple[int, int] | None:
        nul = data.find(b"\0", spot)
        try:
            data[spot : nul if nul >= 0 else len(data)].decode(self._codec)
        except UnicodeDecodeError as error:
            return spot + error.start, spot + error.end
        return (nul, nul + 1) if nul >= 0 else None

    def _replacement(self) -> bytes:
        return self._mark.encode(self._codec, "replace")
