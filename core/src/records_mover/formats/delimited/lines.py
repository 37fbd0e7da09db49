"""The rows of a batch as lines of delimited text.

Arrow's CSV writer joins the columns, as nothing else does so quickly. It refuses delimiters,
quotes and ends of lines in the text, so where these belong there - inside quotes or after
escapes - stand-ins that never occur in UTF-8 take their place until the lines are made.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pacsv
import pyarrow.types as pat

from records_mover.errors import BadRowError
from records_mover.formats.columns import values
from records_mover.formats.delimited.render import render, writes_itself

if TYPE_CHECKING:
    import numpy.typing as npt

    from records_mover.formats.delimited.hints import ValidatedRecordsHints

__all__ = ["Marks", "lines"]

_STAND_INS = bytes(range(0xF8, 0x100))
# What Arrow's writer refuses in a value, besides the delimiter.
_REFUSED = (b'"', b"\n", b"\r")
_ENDS = (b"\n", b"\r", b"\r\n")
# All that numbers, dates, times, booleans and bytes in hexadecimal digits are written with.
_PLAIN = frozenset("0123456789+-.:eEinfaINFNxabcdefTZ")


@dataclass(frozen=True, slots=True)
class Marks:
    """The characters that need care in one kind of delimited file, and their stand-ins."""

    hints: ValidatedRecordsHints
    special: tuple[bytes, ...]
    stand_in: dict[bytes, bytes]
    null: str
    writable: bool

    @classmethod
    def of(cls, hints: ValidatedRecordsHints) -> Marks:
        """Return the marks of files of these hints."""
        delimiter, end = hints.field_delimiter.encode(), hints.record_terminator.encode()
        quote = [hints.quotechar.encode()] if hints.quoting is not None else []
        escape = [hints.escape.encode()] if hints.escape else []
        # Of a mark of several characters the first needs care: | before || would shift it.
        first, last = hints.field_delimiter[0].encode(), hints.record_terminator[0].encode()
        ends = [last, b"\n", b"\r"] if quote or escape or end in _ENDS else [last]
        # A row whose first value began with it would be left out by whoever reads the file.
        comment = [hints.comment.encode()] if hints.comment else []
        special = tuple(dict.fromkeys([*escape, first, *quote, *ends, *comment]))
        swapped = dict.fromkeys([delimiter, *quote, *_REFUSED])
        one_byte = [mark for mark in swapped if len(mark) == 1]
        stand_in = {mark: _STAND_INS[spot : spot + 1] for spot, mark in enumerate(one_byte)}
        plain = len(delimiter) == 1 and delimiter.isascii() and end == b"\n"
        return cls(hints, special, stand_in, hints.null_marker or "", plain)

    def harmless(self, kind: pa.DataType) -> bool:
        """Tell whether no value of a type can hold a mark, or be taken for NULL."""
        if pat.is_string(kind) or pat.is_list(kind):
            return False
        words = self.hints.boolean_format if pat.is_boolean(kind) else ""
        dates = _date_words(self.hints) if pat.is_temporal(kind) else ""
        used = _PLAIN | set(words) | set(dates) | {self.hints.decimal_separator}
        used |= {"\\"} if pat.is_binary(kind) else set()
        marks = "".join(mark.decode() for mark in (*self.special, b'"'))
        return not used & set(marks) and self.null not in words.split("/")


def _date_words(hints: ValidatedRecordsHints) -> str:
    formats = (hints.dateformat, hints.timeonlyformat, hints.datetimeformat, hints.datetimeformattz)
    return "".join(formats)


def lines(batch: pa.RecordBatch, marks: Marks) -> Any:
    """Return the rows of a batch in UTF-8, each with its terminator, as a buffer of bytes."""
    if not batch.num_rows:
        return b""
    fields = [_named_field(*each, marks) for each in zip(batch.schema.names, batch, strict=True)]
    return _written(fields, marks) if marks.writable else _joined(fields, marks)


def _named_field(name: str, column: pa.Array, marks: Marks) -> pa.Array:
    """Return a column ready to be written; what cannot be is told with the column's name."""
    try:
        return _field(column, marks)
    except BadRowError as err:
        raise BadRowError(f"column '{name}': {err.what}", err.advice, column=name) from err


def _field(column: pa.Array, marks: Marks) -> pa.Array:
    """Return a column ready to be written: as Arrow writes it itself, or as text."""
    hints = marks.hints
    harmless = marks.harmless(column.type) and hints.quoting not in ("all", "nonnumeric")
    nulls = column.null_count and marks.null
    if harmless and marks.writable and not nulls and writes_itself(column, hints):
        return column
    textual = pat.is_string(column.type) or pat.is_list(column.type) or pat.is_binary(column.type)
    text = render(column, hints)
    if not harmless:
        text = _marked(text, marks, textual=textual)
    if nulls:
        text = pc.fill_null(text, values.text(marks.null))
    return text


def _marked(text: pa.Array, marks: Marks, *, textual: bool) -> pa.Array:
    """Return text with quotes or escapes where it needs them, and stand-ins for all marks."""
    hints = marks.hints
    if hints.quoting == "all" or (hints.quoting == "nonnumeric" and textual):
        _needy(text, marks)
        return _swapped(_quoted(text, marks), marks)
    needy = _needy(text, marks)
    if needy is None:
        return text
    mask = values.flags(needy)
    part = pc.filter(text, mask)
    part = _quoted(part, marks) if hints.quoting is not None else _escaped(part, marks)
    return pc.replace_with_mask(text, mask, _swapped(part, marks))


def _needy(text: pa.Array, marks: Marks) -> npt.NDArray[np.bool_] | None:
    """Return which values hold a mark or would be taken for NULL; None where there are none."""
    offsets = np.frombuffer(text.buffers()[1], np.int32)[text.offset : text.offset + len(text) + 1]
    buffer = text.buffers()[2]
    flat = memoryview(buffer)[offsets[0] : offsets[-1]] if buffer is not None else b""
    data = np.frombuffer(flat, np.uint8)
    if not data.all():
        raise BadRowError(
            "a value holds a NUL character",
            "no delimited file can hold it: leave it out with --bad-bytes strip",
        )
    needy = np.zeros(len(text), bool)
    searched = (*marks.special, b'"') if marks.writable else marks.special
    for mark in dict.fromkeys(searched):
        spots = _spots(data, mark)
        if len(spots):
            needy[np.searchsorted(offsets, spots + offsets[0], "right") - 1] = True
    if marks.hints.null_marker is not None and marks.hints.quoting is not None:
        needy |= _like_null(text, offsets, marks.null)
    return needy if needy.any() else None


def _spots(data: npt.NDArray[np.uint8], mark: bytes) -> npt.NDArray[np.int64]:
    spots = np.flatnonzero(data == mark[0])
    for offset, byte in enumerate(mark[1:], start=1):
        spots = spots[spots + offset < len(data)]
        spots = spots[data[spots + offset] == byte]
    return spots


def _like_null(text: pa.Array, offsets: npt.NDArray[np.int32], null: str) -> npt.NDArray[np.bool_]:
    if not null:
        empty: npt.NDArray[np.bool_] = np.diff(offsets) == 0
        if not text.null_count:
            return empty
        return empty & _bits(pc.is_valid(text))
    like = pc.fill_null(pc.equal(text, values.text(null)), values.flags([False])[0])
    return _bits(like)


def _bits(array: pa.Array) -> npt.NDArray[np.bool_]:
    bits = np.unpackbits(np.frombuffer(array.buffers()[1], np.uint8), bitorder="little")
    return bits[array.offset : array.offset + len(array)].view(np.bool_)


def _quoted(text: pa.Array, marks: Marks) -> pa.Array:
    hints = marks.hints
    quote = hints.quotechar
    if hints.escape:
        text = pc.replace_substring(text, hints.escape, hints.escape * 2)
    if hints.doublequote:
        text = pc.replace_substring(text, quote, quote * 2)
    elif hints.escape:
        text = pc.replace_substring(text, quote, hints.escape + quote)
    elif pc.any(pc.match_substring(text, quote)).as_py():
        what = f"a value holds {quote!r}, which can be neither doubled nor escaped"
        raise BadRowError(what, "set the hint 'doublequote' to true")
    mark = values.text(quote)
    return pc.binary_join_element_wise(mark, text, mark, values.text(""))


def _escaped(text: pa.Array, marks: Marks) -> pa.Array:
    hints = marks.hints
    if hints.escape:
        for mark in map(bytes.decode, marks.special):
            text = pc.replace_substring(text, mark, hints.escape + mark)
        return text
    for mark in map(bytes.decode, marks.special):
        if pc.any(pc.match_substring(text, mark)).as_py():
            what = (
                f"a value holds {mark!r}, which nothing would tell from the end of a field or row"
            )
            raise BadRowError(what, "write a variant with quotes or escapes: csv or bluelabs")
    return text


def _swapped(text: pa.Array, marks: Marks) -> pa.Array:
    """Return the text with the stand-ins of all marks, which Arrow's writer lets pass."""
    if not marks.writable:
        return text
    raw = text.view(pa.binary())
    for mark, stand_in in marks.stand_in.items():
        raw = pc.replace_substring(raw, mark, stand_in)
    return raw.view(pa.string())


def _written(fields: list[pa.Array], marks: Marks) -> Any:
    batch = pa.RecordBatch.from_arrays(fields, names=[""] * len(fields))
    options = pacsv.WriteOptions(
        include_header=False,
        batch_size=batch.num_rows,
        delimiter=marks.hints.field_delimiter,
        quoting_style="none",
    )
    sink = pa.BufferOutputStream()
    pacsv.write_csv(batch, sink, options)
    buffer = sink.getvalue()
    if all(field.type != pa.string() for field in fields):
        return buffer
    data = np.frombuffer(buffer, np.uint8)
    if data.max() < _STAND_INS[0]:
        return buffer
    data = data if data.flags.writeable else data.copy()
    for mark, stand_in in marks.stand_in.items():
        data[data == stand_in[0]] = mark[0]
    return pa.py_buffer(data)


def _joined(fields: list[pa.Array], marks: Marks) -> Any:
    """Join columns by marks that Arrow's writer does not know."""
    hints = marks.hints
    filled = [pc.fill_null(field, values.text(marks.null)) for field in fields]
    last = pc.binary_join_element_wise(
        filled[-1], values.text(hints.record_terminator), values.text("")
    )
    whole = last
    if len(filled) > 1:
        whole = pc.binary_join_element_wise(*filled[:-1], last, values.text(hints.field_delimiter))
    offsets = np.frombuffer(whole.buffers()[1], np.int32)
    return memoryview(whole.buffers()[2])[offsets[0] : offsets[-1]]
