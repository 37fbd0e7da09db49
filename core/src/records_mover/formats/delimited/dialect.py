"""The bytes that shape a delimited file once its text is UTF-8, worked out from the hints."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING

from records_mover.errors import FormatError

if TYPE_CHECKING:
    from records_mover.formats.delimited.hints import ValidatedRecordsHints

__all__ = ["Dialect", "dialect_of"]


@dataclass(frozen=True)
class Dialect:
    r"""How fields and records are told apart, in bytes of UTF-8.

    ``terminator`` is ``\n`` for files that end rows with ``\r\n``, too. A line that begins with
    ``comment`` is a record to what matches records here, and ends with its line.
    """

    delimiter: bytes
    terminator: bytes
    quote: bytes | None
    doublequote: bool
    escape: bytes | None
    comment: bytes | None

    @property
    def line_end(self) -> bytes:
        """The byte that lines are counted by: a newline, unless rows end without one."""
        return b"\n" if b"\n" in self.terminator else self.terminator[-1:]

    @cached_property
    def record(self) -> re.Pattern[bytes]:
        """Matches one record with its terminator, or the last one without."""
        return re.compile(b"(?:%s)(?:%s|\\Z)" % (self._record, self._end), re.DOTALL)

    @cached_property
    def records(self) -> re.Pattern[bytes]:
        """Matches as many whole records as there are; its end is where the last one ends."""
        return re.compile(b"(?>(?:(?:%s)%s)*)" % (self._record, self._end), re.DOTALL)

    @cached_property
    def field(self) -> re.Pattern[bytes]:
        """Matches one field; the group tells whether it is quoted."""
        return re.compile(b"(?:%s)" % self._field, re.DOTALL)

    def has_comments(self, data: bytes) -> bool:
        """Whether any line of the data begins as a comment does."""
        mark = self.comment
        return mark is not None and (data.startswith(mark) or self.terminator + mark in data)

    def has_odd_comments(self, data: bytes) -> bool:
        """Whether a comment may hold marks, which mean nothing there but something elsewhere."""
        odd = self._odd_comment
        if odd is None or not self.has_comments(data):
            return False
        first = self.terminator + data[: data.find(self.terminator) + 1 or None]
        return bool(odd.search(data) or odd.match(first))

    @cached_property
    def _odd_comment(self) -> re.Pattern[bytes] | None:
        """Finds a line that begins as a comment does and holds a mark."""
        marks = b"|".join(re.escape(mark) for mark in (self.quote, self.escape) if mark)
        if self.comment is None or not marks:
            return None
        end, line = re.escape(self.terminator), b"(?:(?!%s).)*?" % self._end
        start = b"%s%s" % (end, re.escape(self.comment))
        return re.compile(b"%s%s(?:%s)" % (start, line, marks), re.DOTALL)

    @property
    def _record(self) -> bytes:
        if self.comment is None:
            return self._fields
        line = b"(?>(?:(?!%s).)*)" % self._end
        return b"%s%s|%s" % (re.escape(self.comment), line, self._fields)

    @property
    def _end(self) -> bytes:
        return b"\\r?\\n" if self.terminator == b"\n" else re.escape(self.terminator)

    @property
    def _fields(self) -> bytes:
        return b"%s(?>(?:%s%s)*)" % (self._field, re.escape(self.delimiter), self._field)

    @property
    def _field(self) -> bytes:
        # Runs first: the fewer steps a match has, the less it has to remember.
        returns = b"\r" if self.terminator == b"\n" else b""
        run = _none_of(self.delimiter[:1], self.terminator[:1], returns, self.escape or b"")
        plain = b"(?:(?>%s+)|(?!%s)%s)" % (run, self._stop, self._escaped_or(b"."))
        if self.quote is None:
            return b"(?>%s*)" % plain
        quote = re.escape(self.quote)
        inner = self._escaped_or(b"(?>%s+)" % _none_of(self.quote, self.escape or b""))
        twice = b"|%s%s" % (quote, quote) if self.doublequote else b""
        quoted = b"%s(?>(?:%s%s)*)%s" % (quote, inner, twice, quote)
        # As Arrow has it, what follows the quote that closes is text of the field, too.
        return b"(?:%s(?>%s*)|(?!%s)(?>%s*))" % (quoted, plain, quote, plain)

    def _escaped_or(self, other: bytes) -> bytes:
        return other if self.escape is None else b"(?:%s.|%s)" % (re.escape(self.escape), other)

    @property
    def _stop(self) -> bytes:
        return b"%s|%s" % (re.escape(self.delimiter), self._end)


def _none_of(*marks: bytes) -> bytes:
    return b"[^%s]" % b"".join(re.escape(mark) for mark in marks)


def dialect_of(hints: ValidatedRecordsHints) -> Dialect:
    """Return the bytes that shape a file of these hints."""
    return _dialect(
        hints.field_delimiter,
        hints.record_terminator,
        hints.quotechar if hints.quoting is not None else None,
        hints.doublequote,
        hints.escape,
        hints.comment,
    )


@lru_cache(maxsize=64)
def _dialect(
    delimiter: str,
    terminator: str,
    quote: str | None,
    doublequote: bool,
    escape: str | None,
    comment: str | None,
) -> Dialect:
    marks = [mark for mark in (delimiter, terminator, quote, escape) if mark is not None]
    if len(set(marks)) < len(marks):
        what = f"delimiter {delimiter!r}, terminator {terminator!r}, quote {quote!r}"
        raise FormatError(f"{what} and escape {escape!r} must differ", "change one of these hints")
    return Dialect(
        delimiter.encode(),
        b"\n" if terminator == "\r\n" else terminator.encode(),
        None if quote is None else quote.encode(),
        doublequote,
        None if escape is None else escape.encode(),
        None if comment is None else comment.encode(),
    )
