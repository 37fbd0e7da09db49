"""Delimited text of any encoding as a stream of UTF-8 without byte order mark."""

from __future__ import annotations

import codecs
import io
from typing import TYPE_CHECKING, BinaryIO

from records_mover.errors import FormatError
from records_mover.formats.compression import decompressing
from records_mover.streams import Reader

if TYPE_CHECKING:
    from records_mover.formats.delimited.hints import ValidatedRecordsHints

__all__ = ["BAD", "is_text", "is_utf8", "plain_text", "utf8"]

BAD = b"\xff"
"""What stands in marked text for bytes that were none; it is no UTF-8 either."""

_BLOCK = 1 << 20
# The decoders of these drop the byte order mark themselves.
_UNMARKED = ("utf-8-sig", "utf-16", "utf-32")
_UTF8 = ("utf-8", "utf-8-sig")


# A character that no decoder gives, and which is encoded as no other is.
_STAND_IN = "\udcff"
_STAND_IN_BYTES = _STAND_IN.encode("utf-8", "surrogatepass")
_MARKING = "records-mover-mark"
codecs.register_error(_MARKING, lambda error: (_STAND_IN, error.end))  # type: ignore[attr-defined]


def plain_text(stream: BinaryIO, hints: ValidatedRecordsHints, *, marked: bool = False) -> BinaryIO:
    """Return the text of a file as UTF-8: decompressed, decoded, without lines to skip.

    Bytes that are no text raise, or where they are to be ``marked``, ``BAD`` stands for them.
    """
    plain = decompressing(stream, hints.compression)
    text = utf8(plain, hints.codec, marked=marked, line_end=hints.line_end)
    for _ in range(hints.skip_lines):
        _skip_line(text, hints.record_terminator.encode())
    return text


def _skip_line(text: BinaryIO, end: bytes) -> None:
    """Read to the end of a line; a newline is none where rows end with something else."""
    if end.endswith(b"\n"):
        text.readline()
        return
    line = bytearray()
    while not line.endswith(end) and (letter := text.read(1)):
        line += letter


def utf8(stream: BinaryIO, codec: str, *, marked: bool = False, line_end: str = "\n") -> BinaryIO:
    """Return the stream as UTF-8 without byte order mark; it is not checked where it is UTF-8."""
    if is_utf8(codec):
        return io.BufferedReader(_WithoutMark(stream), _BLOCK)
    return io.BufferedReader(_Recoded(stream, codec, marked=marked, line_end=line_end), _BLOCK)


def is_text(data: bytes) -> bool:
    """Tell whether bytes are UTF-8."""
    try:
        return data.isascii() or bool(data.decode())
    except UnicodeDecodeError:
        return False


def is_utf8(codec: str) -> bool:
    """Tell whether text of an encoding is UTF-8 as it stands, but for a byte order mark."""
    return codec in _UTF8


class _WithoutMark(Reader):
    """Drops a byte order mark from UTF-8 and passes everything else on."""

    def __init__(self, stream: BinaryIO) -> None:
        super().__init__(stream)
        self._stream = stream
        self._first: bytes | None = None

    def fill(self, view: memoryview) -> int:
        if self._first is None:
            self._first = _three(self._stream).removeprefix(codecs.BOM_UTF8)
        if self._first:
            size = min(len(view), len(self._first))
            view[:size], self._first = self._first[:size], self._first[size:]
            return size
        if hasattr(self._stream, "readinto"):
            return int(self._stream.readinto(view) or 0)
        data = self._stream.read(len(view))
        view[: len(data)] = data
        return len(data)


def _three(stream: BinaryIO) -> bytes:
    head = stream.read(3)
    while len(head) < 3 and (more := stream.read(3 - len(head))):
        head += more
    return head


class _Recoded(Reader):
    """Decodes one codec and encodes UTF-8."""

    def __init__(self, stream: BinaryIO, codec: str, *, marked: bool, line_end: str) -> None:
        super().__init__(stream)
        self._stream = stream
        self._codec = codec
        self._decoder = codecs.getincrementaldecoder(codec)(_MARKING if marked else "strict")
        self._pending = b""
        self._ended = False
        self._started = False
        self._line, self._line_end = 1, line_end

    def fill(self, view: memoryview) -> int:
        while not self._pending and not self._ended:
            self._pending = self._next()
        size = min(len(view), len(self._pending))
        view[:size], self._pending = self._pending[:size], self._pending[size:]
        return size

    def _next(self) -> bytes:
        data = self._stream.read(_BLOCK)
        self._ended = not data
        try:
            text = self._decoder.decode(data, final=self._ended)
        except UnicodeError as err:
            where = f"line {self._line + _lines_before(err, self._line_end)}"
            what = f"{where}: the file is no {self._codec}: {err}"
            advice = "say which encoding it has with the hint 'encoding', or use --bad-bytes"
            raise FormatError(what, advice) from err
        self._line += text.count(self._line_end)
        if text and not self._started:
            self._started = True
            if self._codec not in _UNMARKED:
                text = text.removeprefix("\ufeff")
        return text.encode("utf-8", "surrogatepass").replace(_STAND_IN_BYTES, BAD)


def _lines_before(error: UnicodeError, line_end: str) -> int:
    """Count the lines of a block that stand before what is no text."""
    if not isinstance(error, UnicodeDecodeError):
        return 0
    return error.object[: error.start].decode(error.encoding, "ignore").count(line_end)
