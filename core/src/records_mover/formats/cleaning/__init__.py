"""Text with bytes that no database takes: NULs and what is no character of the encoding."""

from __future__ import annotations

import codecs
import io
import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, BinaryIO, cast

if TYPE_CHECKING:
    from collections.abc import Callable

    from records_mover.formats.base import BaseRecordsFormat
    from records_mover.instructions import BadBytes

__all__ = ["Mended", "cleaned", "cleaned_opener", "plain_format"]

# Whose NULs are halves of other characters.
_WIDE = ("utf-16", "utf-32")


_ORDERS = {
    "utf-16": {"le": codecs.BOM_UTF16_LE, "be": codecs.BOM_UTF16_BE},
    "utf-32": {"le": codecs.BOM_UTF32_LE, "be": codecs.BOM_UTF32_BE},
}


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
    stream: BinaryIO,
    codec: str,
    policy: BadBytes,
    mended: Mended,
    *,
    source: str,
    line_end: str = "\n",
) -> BinaryIO:
    """Return the stream without its bad bytes, or with a replacement character for each."""
    if policy == "fail":
        return stream
    kind = _CleanedWide if codec.startswith(_WIDE) else _Cleaned
    mending = kind(stream, codec, policy, mended, source)
    mending.line_end = line_end
    return cast(BinaryIO, io.BufferedReader(mending, 1 << 20))


def plain_format(form: BaseRecordsFormat) -> BaseRecordsFormat | None:
    """Return a format of text that is not compressed; None for what is no text."""
    from records_mover.formats.delimited.format import DelimitedRecordsFormat
    from records_mover.formats.plain import JsonLinesRecordsFormat

    if isinstance(form, DelimitedRecordsFormat):
        return form.alter_hints({"compression": None})
    return JsonLinesRecordsFormat() if isinstance(form, JsonLinesRecordsFormat) else None


def cleaned_opener(
    opener: Callable[[], BinaryIO],
    form: BaseRecordsFormat,
    policy: BadBytes,
    mended: Mended,
    source: str,
) -> Callable[[], BinaryIO]:
    """Return how to open a file of text decompressed and without its bad bytes."""
    from records_mover.formats.compression import decompressing
    from records_mover.formats.delimited.format import DelimitedRecordsFormat

    codec, end = "utf-8", "\n"
    if isinstance(form, DelimitedRecordsFormat):
        hints = form.validate()
        codec, end = hints.codec, hints.line_end

    def opened() -> BinaryIO:
        stream = decompressing(opener(), form.compression)
        return cleaned(stream, codec, policy, mended, source=source, line_end=end)

    return opened


class _Cleaned(io.RawIOBase):
    line_end = "\n"

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
        end = self.line_end.encode()
        self._line += data.count(end) - self._rest.count(end)
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
            line = self._line + data.count(self.line_end.encode(), 0, start)
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


class _CleanedWide(_Cleaned):
    """Text whose characters have two bytes or four: a NUL is a character, not a byte."""

    def __init__(
        self, stream: BinaryIO, codec: str, policy: BadBytes, mended: Mended, source: str
    ) -> None:
        super().__init__(stream, codec, policy, mended, source)
        self._width = 2 if codec.startswith("utf-16") else 4
        self._marked = codec in _WIDE  # and so the byte order is told by a mark
        self._mark_seen = b""

    def _next(self) -> bytes:
        block = self._stream.read(1 << 20)
        self._ended = not block
        data, self._rest = self._rest + block, b""
        if self._marked and not self._learn_order(data):
            self._rest = b"" if self._ended else data
            return data if self._ended else b""
        mark, self._mark_seen = self._mark_seen, b""
        text, used = self._decoded(data[len(mark) :])
        self._rest = data[len(mark) + used :]
        return mark + text.encode(self._codec, "replace")

    def _learn_order(self, data: bytes) -> bool:
        """Take the byte order from the mark at the start; without one it is the usual one."""
        if len(data) < self._width:
            return False
        order = "le"
        for name, mark in _ORDERS[self._codec].items():
            if data.startswith(mark):
                order, self._mark_seen = name, mark
        self._codec, self._marked = f"{self._codec}-{order}", False
        return True

    def _decoded(self, data: bytes) -> tuple[str, int]:
        """Return the text without what is bad in it, and how many bytes it was made of."""
        pieces: list[str] = []
        spot = 0
        while spot < len(data):
            try:
                text, used = codecs.lookup(self._codec).decode(data[spot:], "strict")
            except UnicodeDecodeError as error:
                text, used = data[spot : spot + error.start].decode(self._codec), error.end
                pieces.append(self._without_nul(text))
                if spot + error.end >= len(data) and not self._ended:
                    return "".join(pieces), spot + error.start
                self._note(error.end - error.start)
                pieces.append(self._mark)
            else:
                pieces.append(self._without_nul(text))
            spot += used
        return "".join(pieces), spot

    def _without_nul(self, text: str) -> str:
        """Return a text without its NULs, and count its lines."""
        first, *others = text.split("\0")
        self._line += first.count(self.line_end)
        for piece in others:
            self._note(self._width)
            self._line += piece.count(self.line_end)
        return self._mark.join((first, *others))

    def _note(self, count: int) -> None:
        self._mended.add(count, f"line {self._line} of {self._source!r}")
