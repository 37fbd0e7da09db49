"""Rows of one delimited dialect as rows of another by their bytes, with no value taken apart.

What could be mistaken - a delimiter inside quotes, an escaped newline - gets a stand-in that never
occurs in UTF-8, so that the marks between values are changed all at once. A chunk with anything
out of the ordinary in it is refused, and goes the careful way.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from records_mover.formats.delimited import bitmaps
from records_mover.formats.delimited.dialect import dialect_of
from records_mover.formats.delimited.lines import Marks

if TYPE_CHECKING:
    import numpy.typing as npt

    from records_mover.formats.delimited.bitmaps import Words
    from records_mover.formats.delimited.hints import ValidatedRecordsHints

__all__ = ["Bytewise", "bytewise"]

_EDGE, _GONE = b"\xff", b"\xfe"
_STAND_INS = bytes((0xC0, 0xC1, *range(0xF5, 0xFE)))
# NUL, which no delimited file may hold, stands for NULL.
_NULL = b"\x00"
_NEWLINE, _RETURN = b"\n", b"\r"


@dataclass(frozen=True, slots=True, kw_only=True)
class Bytewise:
    """What is to be done to the bytes of any chunk of one file."""

    fields: int
    delimiter: bytes
    terminator: bytes
    quote: bytes | None
    doublequote: bool
    escape: bytes | None
    comment: bytes | None
    null: bytes | None
    stand_in: dict[bytes, bytes]
    written: dict[bytes, bytes | None]
    wrapped: bytes
    new_delimiter: bytes
    new_terminator: bytes
    new_quote: bytes | None
    new_null: bytes | None
    nulls_alike: bool
    blanks: bool

    def rows(self, data: bytes) -> tuple[int, bytes] | None:
        """Return how many rows a chunk has, and what they are in the other dialect."""
        text = self._usual(data)
        if text is None:
            return None
        if self.escape and self.escape in text:
            masked = self._unescaped(text)
        else:
            masked = self._unquoted(self._without_returns(text))
        return None if masked is None else self._rewritten(self._rows_in_newlines(masked))

    def _usual(self, data: bytes) -> bytes | None:
        """Return the chunk with an end to its last row, if all in it is text."""
        if _NULL in data or (self.comment is not None and self.comment in data):
            return None
        if not data.isascii():
            try:
                data.decode()
            except UnicodeDecodeError:
                return None
        if data.endswith(self.terminator):
            return data
        return None if data.endswith(_RETURN) else data + self.terminator

    def _unescaped(self, text: bytes) -> bytes | None:
        """Return the text with stand-ins for what was escaped."""
        escape = self.escape or b""
        if _RETURN in text or (self.quote and self.quote in text):
            return None
        text = text.replace(escape * 2, self.stand_in[escape])
        for mark, stand_in in self.stand_in.items():
            if mark != escape:
                text = text.replace(escape + mark, stand_in)
        if self.null is not None and escape in self.null:
            text = self._marked(text, self.null)
        return text.replace(escape, b"")

    def _without_returns(self, text: bytes) -> bytes:
        """Return the text with rows that end in newlines alone, and stand-ins for other returns."""
        if self.terminator != _NEWLINE or _RETURN not in text:
            return text
        view = np.frombuffer(text, np.uint8).copy()
        returns = bitmaps.of_byte(view, _RETURN[0])
        data = returns & ~bitmaps.behind(bitmaps.of_byte(view, _NEWLINE[0]))
        if self.quote and self.quote in text:
            data |= returns & bitmaps.inside(bitmaps.of_byte(view, self.quote[0]))
        view[bitmaps.places_of(data)] = self.stand_in[_RETURN][0]
        return view.tobytes().replace(b"\r\n", _NEWLINE)

    def _unquoted(self, text: bytes) -> bytes | None:
        """Return the text with edges for quotes, and stand-ins for the marks inside."""
        if self.quote is None or self.quote not in text:
            return text
        view = np.frombuffer(text, np.uint8)
        quotes = bitmaps.of_byte(view, self.quote[0])
        quoted = bitmaps.inside(quotes)
        opening, closing = quotes & quoted, quotes & ~quoted
        doubled = closing & bitmaps.behind(opening)
        marks = {byte: bitmaps.of_byte(view, byte) for byte in self.delimiter + self.terminator}
        ends = np.bitwise_or.reduce(list(marks.values()))
        if bitmaps.count(quotes) % 2 or (doubled.any() and not self.doublequote):
            return None
        if not _quoted_whole(opening, closing, doubled, ends):
            return None
        masked = view.copy()
        for mark in (self.delimiter, self.terminator):
            masked[bitmaps.places_of(marks[mark[0]] & quoted)] = self.stand_in[mark][0]
        np.copyto(masked, np.uint8(_EDGE[0]), where=view == self.quote[0])
        spots = bitmaps.places_of(doubled)
        if not len(spots):
            return masked.tobytes()
        masked[spots] = self.stand_in[self.quote][0]
        masked[spots + 1] = _GONE[0]
        return masked.tobytes().replace(_GONE, b"")

    def _rows_in_newlines(self, text: bytes) -> bytes:
        if self.terminator == _NEWLINE:
            return text
        text = text.replace(_NEWLINE, self.stand_in[_NEWLINE])
        return text.replace(self.terminator, _NEWLINE)

    def _rewritten(self, text: bytes) -> tuple[int, bytes] | None:
        """Return the number of rows, and the text in the other dialect."""
        marks = _marks(text, self.delimiter)
        count = self._count(text, marks)
        if count is None or (self.blanks and self._has_blanks(text, marks)):
            return None
        nulled = self._with_nulls(text, marks)
        changed = None if nulled is None else self._changed(self._wrapped(self._masked(nulled)))
        return None if changed is None else (count, changed)

    def _has_blanks(self, text: bytes, marks: Words) -> bool:
        return _has_twice(text, _EDGE) or (self.null != b"" and len(_empty(marks)) > 0)

    def _count(self, text: bytes, marks: Words) -> int | None:
        """Return the number of rows if each has as many fields as there are columns."""
        ends = bitmaps.places_of(bitmaps.of_byte(np.frombuffer(text, np.uint8), 10))
        last = np.arange(self.fields - 1, (len(ends) + 1) * self.fields - 1, self.fields)
        fine = np.array_equal(bitmaps.Ranks(marks)(ends), last)
        return len(ends) if fine else None

    def _with_nulls(self, text: bytes, marks: Words) -> bytes | None:
        """Return the text with a stand-in for each NULL; None where a value looks like one."""
        if self.nulls_alike:
            return text
        if self.null is not None and not (self.escape and self.escape in self.null):
            text = self._marked(text, self.null, marks)
        if self.new_quote is None or self.new_null is None:
            return text
        if self.new_null:
            found = self._marked(text, self.new_null)
            return text if found == text else None
        return self._empty_quoted(text)

    def _empty_quoted(self, text: bytes) -> bytes:
        """Return the text with quotes for empty values, which would be taken for NULL."""
        spots = _empty(_marks(text, self.delimiter))
        return _inserted(text, np.repeat(spots, 2), _EDGE) if len(spots) else text

    def _marked(self, text: bytes, null: bytes, marks: Words | None = None) -> bytes:
        """Return the text with a stand-in for each field that is the marker."""
        if not null:
            spots = _empty(_marks(text, self.delimiter) if marks is None else marks)
            return _inserted(text, spots, _NULL) if len(spots) else text
        if null not in text:
            return text
        text = _NEWLINE + text
        for left in (self.delimiter, _NEWLINE):
            for right in (self.delimiter, _NEWLINE):
                # Twice, as two neighbours share the mark between them.
                for _ in range(2):
                    text = text.replace(left + null + right, left + _NULL + right)
        return text[1:]

    def _masked(self, text: bytes) -> bytes:
        for mark, stand_in in self.stand_in.items():
            if mark not in (self.delimiter, _NEWLINE) and mark in text:
                text = text.replace(mark, stand_in)
        return text

    def _wrapped(self, text: bytes) -> bytes:
        """Return the text with quotes around fields that need them in the other dialect."""
        if not any(mark in text for mark in self.wrapped):
            return text
        view = np.frombuffer(text, np.uint8)
        spots = np.flatnonzero(_one_of(view, self.wrapped))
        marks = bitmaps.places_of(_marks(text, self.delimiter))
        ends = np.unique(np.searchsorted(marks, spots))
        starts = np.where(ends > 0, marks[ends - 1] + 1, 0)
        fields = np.column_stack((starts, marks[ends]))
        bare = fields[view[starts] != _EDGE[0]]
        return _inserted(text, bare.ravel(), _EDGE)

    def _changed(self, text: bytes) -> bytes | None:
        """Return the text with the marks of the other dialect."""
        if len(self.new_terminator) > 1:
            text = text.replace(_NEWLINE, self.new_terminator)
        present = {} if text.isascii() else self._present(text)
        if None in present.values():
            return None
        same = {key: new for key, new in present.items() if new is not None and len(new) == 1}
        if self.new_delimiter != self.delimiter:
            same[self.delimiter] = self.new_delimiter
        if len(self.new_terminator) == 1 and self.new_terminator != _NEWLINE:
            same[_NEWLINE] = self.new_terminator
        if same:
            text = text.translate(bytes.maketrans(b"".join(same), b"".join(same.values())))
        for key, new in present.items():
            if new is not None and len(new) != 1:
                text = text.replace(key, new)
        return text if self.nulls_alike else text.replace(_NULL, self.new_null or b"")

    def _present(self, text: bytes) -> dict[bytes, bytes | None]:
        written = {**self.written, _EDGE: self.new_quote or b""}
        return {key: new for key, new in written.items() if key in text}


def bytewise(
    one: ValidatedRecordsHints, other: ValidatedRecordsHints, fields: int, *, blanks: bool = False
) -> Bytewise | None:
    """Return what turns chunks of one dialect into another; None where bytes do not suffice.

    ``blanks`` says that empty values in quotes need a closer look.
    """
    dialect, marks = dialect_of(one), Marks.of(other)
    if not fields or not _simple(one, other, marks):
        return None
    new_quote = other.quotechar.encode() if other.quoting is not None else None
    masked = [dialect.delimiter, _NEWLINE, _RETURN, dialect.terminator, dialect.quote]
    masked += [dialect.escape, *marks.special]
    known = list(dict.fromkeys(mark for mark in masked if mark is not None))
    if len(known) > len(_STAND_INS) or new_quote == dialect.delimiter:
        return None
    stand_in = {mark: _STAND_INS[spot : spot + 1] for spot, mark in enumerate(known)}
    null, new_null = _bytes(one.null_marker), _bytes(other.null_marker)
    marked = [mark for mark in known if mark in (null or b"")]
    if any(mark != dialect.escape for mark in marked) and marked != [_bytes(other.escape)]:
        return None
    # A value that is spelled with an escape here could come out as the marker there.
    if any(mark in (new_null or b"") and _written(mark, other, marks) == mark for mark in known):
        return None
    if dialect.escape and null and (null.count(dialect.escape) > 1 or null.endswith(b"\\")):
        return None
    return Bytewise(
        fields=fields,
        delimiter=dialect.delimiter,
        terminator=dialect.terminator,
        quote=dialect.quote,
        doublequote=dialect.doublequote,
        escape=dialect.escape,
        comment=dialect.comment,
        null=null,
        stand_in=stand_in,
        written={mask: _written(mark, other, marks) for mark, mask in stand_in.items()},
        wrapped=b"".join(stand_in[mark] for mark in marks.special) if new_quote else b"",
        new_delimiter=other.field_delimiter.encode(),
        new_terminator=other.record_terminator.encode(),
        new_quote=new_quote,
        new_null=new_null,
        nulls_alike=null == new_null and not marked,
        blanks=blanks,
    )


def _simple(one: ValidatedRecordsHints, other: ValidatedRecordsHints, marks: Marks) -> bool:
    """Tell whether all marks are single bytes, and only fields that need them get quotes."""
    ends = (one.record_terminator, other.record_terminator)
    single = [*one.field_delimiter, *other.field_delimiter, *map(bytes.decode, marks.special)]
    return (
        len(one.field_delimiter) == len(other.field_delimiter) == 1
        and all(end == "\r\n" or (len(end) == 1 and end.isascii()) for end in ends)
        and all(len(mark) == 1 and mark.isascii() and mark != "\0" for mark in single)
        and "\0" not in "".join((*ends, one.null_marker or "", other.null_marker or ""))
        and one.field_delimiter not in "\r\n"
        and not (one.escape and one.record_terminator not in ("\n", "\r\n"))
        and other.quoting in (None, "minimal")
        and other.comment is None
    )


def _written(mark: bytes, other: ValidatedRecordsHints, marks: Marks) -> bytes | None:
    """Return how a mark inside a value is written; None where it cannot be."""
    quote, escape = other.quotechar.encode(), _bytes(other.escape)
    if other.quoting is None:
        if mark not in marks.special:
            return mark
        return None if escape is None else escape + mark
    if mark == quote:
        return quote * 2 if other.doublequote else None if escape is None else escape + quote
    return mark * 2 if mark == escape else mark


def _bytes(text: str | None) -> bytes | None:
    return None if text is None else text.encode()


def _one_of(view: npt.NDArray[np.uint8], marks: bytes) -> npt.NDArray[np.bool_]:
    table = np.zeros(256, bool)
    table[list(marks)] = True
    found: npt.NDArray[np.bool_] = table[view]
    return found


def _marks(text: bytes, delimiter: bytes) -> Words:
    view = np.frombuffer(text, np.uint8)
    return bitmaps.of_byte(view, delimiter[0]) | bitmaps.of_byte(view, 10)


def _quoted_whole(opening: Words, closing: Words, doubled: Words, ends: Words) -> bool:
    """Tell whether quotes stand around whole fields, and inside them in pairs."""
    fine = bitmaps.before(ends | doubled)
    fine[0] |= np.uint64(1)
    if (opening & ~fine).any():
        return False
    return not (closing & ~doubled & ~bitmaps.behind(ends)).any()


def _empty(marks: Words) -> npt.NDArray[np.int64]:
    """Return where empty fields end: at marks that follow a mark, or begin the text."""
    followed = bitmaps.before(marks)
    followed[0] |= np.uint64(1)
    return bitmaps.places_of(marks & followed)


def _has_twice(text: bytes, mark: bytes) -> bool:
    """Tell whether a byte stands twice in a row, which bytes themselves search for slowly."""
    spots = bitmaps.of_byte(np.frombuffer(text, np.uint8), mark[0])
    return bool((spots & bitmaps.before(spots)).any())


def _inserted(text: bytes, spots: npt.NDArray[np.int64], mark: bytes) -> bytes:
    """Return the text with a byte before each of these spots, which are in order."""
    made = np.empty(len(text) + len(spots), np.uint8)
    kept = np.ones(len(made), bool)
    kept[spots + np.arange(len(spots))] = False
    made[kept] = np.frombuffer(text, np.uint8)
    made[~kept] = mark[0]
    return made.tobytes()
