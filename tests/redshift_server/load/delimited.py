"""Delimited text, by pages copy-parameters-data-format and copy-parameters-data-conversion."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from redshift_server.load.problem import LineProblem
from redshift_server.load.record import Record

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Delimited"]

_ESCAPED_LINE = re.compile(rb"((?:[^\\\n]|\\.)*)(\n|\Z)", re.DOTALL)
_PLAIN_LINE = re.compile(rb"([^\n]*)(\n|\Z)")
_ESCAPE = re.compile(rb"\\(.)", re.DOTALL)


@dataclass(frozen=True, slots=True, kw_only=True)
class Delimited:
    """How a delimited file is cut."""

    delimiter: bytes = b"|"
    escape: bool = False
    remove_quotes: bool = False
    ignore_blank: bool = False
    null: bytes = b"\\N"

    def records(self, data: bytes, header: int) -> Iterator[Record]:
        """Yield the lines of a file behind its header."""
        pattern = _ESCAPED_LINE if self.escape else _PLAIN_LINE
        line, at = 0, 0
        while at < len(data):
            found = pattern.match(data, at)
            if found is None:  # a backslash is the last byte
                yield Record(
                    line=line + 1, raw=data[at:], fields=[],
                    problem=LineProblem(1214, "Delimiter not found"),
                )  # fmt: skip
                return
            raw, at = found.group(1), found.end()
            number = line + 1
            line += 1 + (raw.count(b"\n") if self.escape else 0)
            raw = raw.removesuffix(b"\r")
            if number <= header or (not raw and self.ignore_blank):
                continue
            yield self._record(number, raw)

    def _record(self, number: int, raw: bytes) -> Record:
        text = raw if self.null == b"\0" else raw.split(b"\0")[0]
        try:
            fields = self._fields(text)
        except LineProblem as problem:
            return Record(line=number, raw=raw, fields=[], problem=problem)
        return Record(line=number, raw=raw, fields=fields)

    def _fields(self, text: bytes) -> list[bytes | None]:
        if not self.escape and not self.remove_quotes:
            return [None if field == self.null else field for field in text.split(self.delimiter)]
        return [self._field(field) for field in self._cut(text)]

    def _cut(self, text: bytes) -> list[bytes]:
        mark = re.escape(self.delimiter)
        char = rb"(?:[^\\" + mark + rb"]|\\.)*" if self.escape else rb"[^" + mark + rb"]*"
        inside = rb"(?:[^\\]|\\.)*?" if self.escape else rb".*?"
        quoted = rb"([\"'])" + inside + rb"\1(?=" + mark + rb"|\Z)|"
        one = re.compile((quoted if self.remove_quotes else b"") + char, re.DOTALL)
        found, at = list[bytes](), 0
        while True:
            match = one.match(text, at)
            field = match.group() if match else text[at:]
            found.append(field)
            at += len(field)
            if at >= len(text):
                return found
            at += 1

    def _field(self, field: bytes) -> bytes | None:
        if field == self.null:
            return None
        if self.remove_quotes and field[:1] in (b'"', b"'"):
            if len(field) < 2 or field[-1:] != field[:1]:
                raise LineProblem(1214, "Delimited value missing end quote")
            field = field[1:-1]
            if field == self.null:
                return None
        return _ESCAPE.sub(rb"\1", field) if self.escape else field
