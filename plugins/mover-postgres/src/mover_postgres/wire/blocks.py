"""What happens to the bytes of a file on their way to COPY: cut at the start, and watched."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, BinaryIO

from records_mover.errors import BadRowError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mover_postgres.options import LoadOptions

__all__ = ["BLOCK", "Intake"]

BLOCK = 1 << 20
_BOM = b"\xef\xbb\xbf"
_LINE_END = re.compile(rb"\r\n|\n|\r")
_HEAD = 1 << 16
# Since this version a line of \. is data to COPY in csv mode; before, it ended the data.
_MARKER_IS_DATA_SINCE = 180000
_LONE_MARKER = re.compile(rb"(?:^|[\r\n])\\\.(?=[\r\n]|$)")
_UNESCAPED_MARKER = re.compile(rb"(?<!\\)(?:\\\\)*\\\.")


class Intake:
    """One file's blocks as COPY gets them.

    ``lines_before`` is how many lines of the file come before the line that the server counts as
    its first; ``first_record_lines`` how many line ends the server will not count, as they stand
    in the first record, from which it still learns how lines end.
    """

    def __init__(self, stream: BinaryIO, options: LoadOptions, *, server: int, source: str) -> None:
        self._stream = stream
        self._options = options
        self._server = server
        self._source = source
        self._ended = False
        self._seen = 0
        self.lines_before = 0
        self.first_record_lines = 0

    def blocks(self) -> Iterator[bytes]:
        """Yield what is left after the start is cut off; raises ``BadRowError`` for a trap."""
        yield from self._watched(self._cut())

    def line(self, counted: int) -> int:
        """Return the line of the file for the one that the server counted."""
        extra = self.first_record_lines if counted > 1 else 0
        return counted + self.lines_before + extra

    def _cut(self) -> Iterator[bytes]:
        head = self._read_head(_HEAD)
        if self._options.copy.encoding == "UTF8" and head.startswith(_BOM):
            head = head[len(_BOM) :]
        for _ in range(self._options.skip_lines):
            head = self._without_line(head, escaped=False)
        if self._options.skip_header:
            head = self._without_line(head, escaped=True)
        self.first_record_lines = self._lines_in_first_record(head[:_HEAD])
        if head:
            yield head
        while block := self._read():
            yield block

    def _read(self) -> bytes:
        """Read on; a stream that has ended is not asked again, as a terminal would go on."""
        block = b"" if self._ended else self._stream.read(BLOCK)
        self._ended = not block
        return block

    def _read_head(self, size: int) -> bytes:
        """Return at least ``size`` bytes, unless the file is shorter; a pipe may give few."""
        head = b""
        while len(head) < size and (block := self._read()):
            head += block
        return head

    def _without_line(self, head: bytes, *, escaped: bool) -> bytes:
        start = 0
        while True:
            end = _LINE_END.search(head, start)
            # A \r at the very end of what was read may be half of a \r\n.
            if end is None or (end.end() == len(head) and end.group() == b"\r"):
                block = self._read()
                if block:
                    head += block
                    continue
            if end is None:
                return b""
            self.lines_before += 1
            if escaped and _ends_in_escape(head[: end.start()]):
                start = end.end()
                continue
            return head[end.end() :]

    def _lines_in_first_record(self, head: bytes) -> int:
        quote = self._options.copy.quote
        if quote is None:
            record = re.match(rb"(?:[^\\\r\n]|\\(?:\r\n|.))*", head, re.DOTALL)
        else:
            sign = re.escape(quote.encode())
            pattern = b"(?:[^%b\r\n]|%b[^%b]*%b)*" % ((sign,) * 4)
            record = re.match(pattern, head)
        return len(_LINE_END.findall(record.group())) if record else 0

    def _watched(self, blocks: Iterator[bytes]) -> Iterator[bytes]:
        guard = self._options.guard
        if guard is not None:
            blocks = self._without_guard(blocks, guard.encode())
        if self._options.copy.mode == "text":
            blocks = self._without_text_marker(blocks)
        elif self._server < _MARKER_IS_DATA_SINCE:
            blocks = self._without_csv_marker(blocks)
        return blocks

    def _without_guard(self, blocks: Iterator[bytes], guard: bytes) -> Iterator[bytes]:
        for block in blocks:
            if guard in block:
                raise BadRowError(
                    f"{self._source!r} holds the character {guard.decode()!r}",
                    "PostgreSQL cannot load it unquoted: name another quoting or escape",
                    source=self._source,
                )
            yield block

    def _without_text_marker(self, blocks: Iterator[bytes]) -> Iterator[bytes]:
        r"""Refuse an unescaped ``\.``: the server drops every row after it without a word."""
        escaping = False
        for block in blocks:
            rest = block[1:] if escaping else block
            if escaping and block[:1] == b".":
                raise self._marker(b"")
            if b"\\." in rest and (found := _UNESCAPED_MARKER.search(rest)) is not None:
                raise self._marker(rest[: found.end()])
            escaping = _ends_in_escape(rest)
            self._seen += block.count(b"\n")
            yield block

    def _without_csv_marker(self, blocks: Iterator[bytes]) -> Iterator[bytes]:
        r"""Refuse a line that is just ``\.``, unless it stands between quotes."""
        quote = (self._options.copy.quote or "").encode()
        doubled = self._options.copy.quote == self._options.copy.escape
        quotes, tail = 0, b"\n"
        for block in blocks:
            if b"\\." in block or tail.endswith((b"\\", b"\\.")):
                for found in _LONE_MARKER.finditer(tail + block):
                    before = max(found.start() - len(tail), 0)
                    outside = (quotes + block.count(quote, 0, before)) % 2 == 0
                    if outside or not doubled:
                        raise self._marker((tail + block)[len(tail) : found.end()])
            quotes += block.count(quote)
            self._seen += block.count(b"\n")
            tail = (tail + block)[-3:]
            yield block

    def _marker(self, before: bytes) -> BadRowError:
        """Say where it stands: on the line that the last of these bytes is on."""
        line = self.lines_before + self._seen + before.count(b"\n") + 1
        return BadRowError(
            f"line {line} of {self._source!r} holds the mark '\\.', at which PostgreSQL stops "
            "reading",
            "quote it or write the backslash twice",
            source=self._source,
            line=line,
        )


def _ends_in_escape(text: bytes) -> bool:
    """Whether an odd number of backslashes ends the text, so that the next byte is escaped."""
    return (len(text) - len(text.rstrip(b"\\"))) % 2 == 1
