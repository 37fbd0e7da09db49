"""Date, time, binary and list columns to and from the text that a format wants, in bulk."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.types as pat

from records_mover.errors import BadRowError
from records_mover.formats.columns import compute as pc
from records_mover.formats.columns import values

if TYPE_CHECKING:
    import numpy.typing as npt

    from records_mover.formats.columns.dates import DateFormat

    Bytes = npt.NDArray[np.uint8]

__all__ = [
    "bytes_from_hex",
    "from_iso",
    "from_json_type",
    "hex_from_bytes",
    "json_type",
    "lists_from_json",
    "matrix",
    "parse",
    "strings_of",
]

# Where a POSIX strptime puts the years of two digits: 69..99 are 19xx, 00..68 are 20xx.
_PIVOT = 69
_GROUP = {
    "YYYY": r"(?P<YYYY>\d{4})",
    "YY": r"(?P<YY>\d{2})",
    "MM": r"(?P<MM>\d{1,2})",
    "DD": r"(?P<DD>\d{1,2})",
    "HH24": r"(?P<HH24>\d{1,2})",
    "HH12": r"(?P<HH12>\d{1,2})",
    "MI": r"(?P<MI>\d{2})",
    "SS": r"(?P<SS>\d{2})(?P<F>\.\d{1,9})?",
    "OF": r"(?P<OF>Z|[+-]\d{2}(?::?\d{2})?)",
    "AM": r"(?P<AM>[AaPp]\.?[Mm]\.?)",
}


def parse(text: pa.Array, format_: DateFormat, kind: pa.DataType) -> pa.Array:
    """Return dates or times from text of the format; ArrowInvalid names the first bad value."""
    if format_.is_iso and _iso_zone_fits(format_, kind):
        return from_iso(pc.utf8_trim(text, " "), kind)
    iso = _iso(pc.utf8_trim(text, " "), format_, kind)
    if pat.is_timestamp(kind) and kind.tz is not None and "OF" not in format_.tokens:
        return pc.cast(iso, pa.timestamp(kind.unit)).cast(kind)
    return from_iso(iso, kind)


def from_iso(text: pa.Array, kind: pa.DataType) -> pa.Array:
    """Return dates or times from ISO 8601 text; Arrow itself casts no text to times of day."""
    if not pat.is_time(kind):
        return pc.cast(text, kind)
    moments = pc.binary_join_element_wise(_text("1970-01-01"), text, _text(" "))
    return pc.cast(pc.cast(moments, pa.timestamp(kind.unit)), kind)


def to_iso(array: pa.Array) -> pa.Array:
    """Return dates or times as ISO 8601 text; BadRowError for one that no clock or calendar has."""
    text = pc.cast(array, pa.string())
    # Arrow writes such a one as "<value out of range: 86400>", and does not raise.
    wrong = pc.starts_with(text, "<")
    if pc.any(wrong).as_py():
        number = pc.filter(text, wrong)[0].as_py().strip("<>").rpartition(" ")[2]
        raise BadRowError(
            f"a {array.type} holds {number}, which no clock or calendar shows",
            "mend the value, or move it as a number",
        )
    return text


def _iso_zone_fits(format_: DateFormat, kind: pa.DataType) -> bool:
    zoned = pat.is_timestamp(kind) and kind.tz is not None
    return zoned == ("OF" in format_.tokens)


def _iso(text: pa.Array, format_: DateFormat, kind: pa.DataType) -> pa.Array:
    """Return the text rewritten in the order of ISO 8601."""
    parts = pc.extract_regex(text, _pattern(format_))
    bad = pc.and_(pc.is_valid(text), pc.is_null(parts))
    if pc.any(bad).as_py():
        value = pc.filter(text, bad)[0].as_py()
        raise pa.ArrowInvalid(f"invalid value '{value}' for the format {format_.canonical}")
    group = functools.partial(_group, parts, format_.tokens)
    pieces = []
    if not pat.is_time(kind):
        pieces = [_year(group), _text("-"), group("MM", "01"), _text("-"), group("DD", "01")]
    if not pat.is_date(kind):
        pieces += [_text(" ")] if pieces else []
        pieces += [_hour(group), _text(":"), group("MI", "00"), _text(":"), group("SS", "00")]
        pieces += [pc.struct_field(parts, "F")] if "SS" in format_.tokens else []
        pieces += [group("OF", "")] if "OF" in format_.tokens else []
    return pc.binary_join_element_wise(*pieces, _text(""), null_handling="emit_null")


def _text(value: str) -> pa.Scalar:
    return values.text(value)


def _small(value: int) -> pa.Scalar:
    return values.small(value, pa.int8())


def _one() -> pa.Scalar:
    return values.small(1, pa.int32())


def _group(
    parts: pa.Array, tokens: frozenset[str], token: str, default: str
) -> pa.Array | pa.Scalar:
    if token not in tokens:
        return _text(default)
    found = pc.struct_field(parts, token)
    return found if token == "OF" else pc.utf8_lpad(found, len(default), "0")  # noqa: S105


@functools.lru_cache(maxsize=64)
def _pattern(format_: DateFormat) -> str:
    import re

    return "^" + "".join(_GROUP.get(part) or re.escape(part) for part in format_.parts) + "$"


def _year(group: functools.partial[pa.Array]) -> pa.Array:
    tokens = group.args[1]
    if "YYYY" in tokens or "YY" not in tokens:
        return group("YYYY", "1970")
    short = group("YY", "00")
    century = pc.if_else(
        pc.less(pc.cast(short, pa.int8()), _small(_PIVOT)), _text("20"), _text("19")
    )
    return pc.binary_join_element_wise(century, short, _text(""))


def _hour(group: functools.partial[pa.Array]) -> pa.Array:
    tokens = group.args[1]
    if "HH12" not in tokens:
        return group("HH24", "00")
    hour = pc.cast(group("HH12", "00"), pa.int8())
    if pc.any(pc.or_(pc.less(hour, _small(1)), pc.greater(hour, _small(12)))).as_py():
        raise pa.ArrowInvalid("an hour outside 1..12")
    hour = pc.if_else(pc.equal(hour, _small(12)), _small(0), hour)
    if "AM" in tokens:
        afternoon = pc.match_substring_regex(group("AM", "AM"), "^[Pp]")
        hour = pc.if_else(afternoon, pc.add(hour, _small(12)), hour)
    return pc.utf8_lpad(pc.cast(hour, pa.string()), 2, "0")


def matrix(text: pa.Array) -> Bytes | None:
    """Return the bytes of the text, a row each, if all of it is of one length and none is NULL."""
    if not len(text) or text.null_count:
        return None
    offsets = np.frombuffer(text.buffers()[1], np.int32)[text.offset : text.offset + len(text) + 1]
    width = int(offsets[1] - offsets[0])
    if int(offsets[-1] - offsets[0]) != width * len(text) or not (np.diff(offsets) == width).all():
        return None
    data = np.frombuffer(text.buffers()[2], np.uint8)[offsets[0] : offsets[-1]]
    return data.reshape(len(text), width)


def strings_of(rows: Bytes, validity: pa.Buffer | None = None, nulls: int = 0) -> pa.Array:
    """Return a text column from a matrix of its bytes, a row each."""
    count, width = rows.shape
    offsets = np.arange(0, (count + 1) * width, width, dtype=np.int32) if width else None
    if offsets is None:
        offsets = np.zeros(count + 1, np.int32)
    data = np.ascontiguousarray(rows)
    buffers = [validity, pa.py_buffer(offsets), pa.py_buffer(data)]
    return pa.Array.from_buffers(pa.string(), count, buffers, nulls)


_HEX = np.frombuffer(b"0123456789abcdef", np.uint8)
_NIBBLE = np.full(256, 255, np.uint8)
_NIBBLE[np.frombuffer(b"0123456789", np.uint8)] = np.arange(10)
_NIBBLE[np.frombuffer(b"abcdef", np.uint8)] = np.arange(10, 16)
_NIBBLE[np.frombuffer(b"ABCDEF", np.uint8)] = np.arange(10, 16)


def _flat(array: pa.Array) -> tuple[Bytes, npt.NDArray[np.int32]]:
    """Return the bytes of a text or binary column without gaps, and where each value begins."""
    offsets = np.frombuffer(array.buffers()[1], np.int32)
    offsets = offsets[array.offset : array.offset + len(array) + 1]
    data = array.buffers()[2]
    flat = np.frombuffer(data, np.uint8) if data is not None else np.zeros(0, np.uint8)
    return flat[offsets[0] : offsets[-1]], offsets - offsets[0]


def hex_from_bytes(array: pa.Array) -> pa.Array:
    r"""Return ``\x`` and two hexadecimal digits for each byte, as PostgreSQL writes bytea."""
    if not len(array):
        return pa.nulls(0, pa.string())
    data, offsets = _flat(array)
    digits = np.empty((len(data), 2), np.uint8)
    digits[:, 0], digits[:, 1] = _HEX[data >> 4], _HEX[data & 15]
    text = pa.Array.from_buffers(
        pa.string(), len(array), [None, pa.py_buffer(offsets * np.int32(2)), pa.py_buffer(digits)]
    )
    marked = pc.binary_join_element_wise(_text("\\x"), text, _text(""))
    return pc.if_else(pc.is_valid(array), marked, values.null(pa.string()))


def bytes_from_hex(text: pa.Array) -> pa.Array:
    r"""Return the bytes that ``\x`` and hexadecimal digits stand for."""
    marked = pc.starts_with(text, "\\x")
    odd = pc.equal(pc.bit_wise_and(pc.binary_length(text), _one()), _one())
    bad = pc.or_(pc.invert(marked), odd)
    if pc.any(bad).as_py():
        value = pc.filter(text, bad)[0].as_py()
        raise pa.ArrowInvalid(f"invalid value '{value}': bytes are written as \\x0123ab")
    written, starts = _flat(pc.fill_null(text, _text("\\x")))
    kept = np.ones(len(written), bool)
    kept[starts[:-1]] = kept[starts[:-1] + 1] = False
    offsets = starts - 2 * np.arange(len(starts), dtype=np.int32)
    nibbles = _NIBBLE[written[kept]]
    if nibbles.size and nibbles.max() == 255:
        raise pa.ArrowInvalid("a value holds something other than hexadecimal digits")
    data = (nibbles[0::2] << 4) | nibbles[1::2]
    buffers = [None, pa.py_buffer(offsets // np.int32(2)), pa.py_buffer(data)]
    whole = pa.Array.from_buffers(pa.binary(), len(text), buffers)
    return pc.if_else(pc.is_valid(text), whole, values.null(pa.binary()))


def lists_from_json(text: pa.Array, kind: pa.DataType) -> pa.Array:
    """Return lists from JSON arrays, one a value, parsed in one go."""
    import pyarrow.json as pajson

    if not len(text):
        return pa.nulls(0, kind)
    filled = pc.fill_null(text, _text("null"))
    lines = pc.binary_join_element_wise(_text('{"a":'), filled, _text("}\n"), _text(""))
    data, _ = _flat(lines)
    if np.count_nonzero(data == 10) != len(text):
        raise pa.ArrowInvalid("a JSON array that spans lines")
    options = pajson.ParseOptions(explicit_schema=pa.schema([("a", json_type(kind))]))
    source = pa.BufferReader(pa.py_buffer(data))
    read = pajson.ReadOptions(use_threads=False, block_size=max(len(data), 1))
    table = pajson.read_json(source, read, options)
    return from_json_type(pa.concat_arrays(table.column(0).chunks), kind)


def json_type(kind: pa.DataType) -> pa.DataType:
    """Return the type as which JSON is parsed: text for dates, times and bytes, also in lists."""
    if pat.is_list(kind):
        return pa.list_(kind.value_field.with_type(json_type(kind.value_type)))
    return pa.string() if pat.is_temporal(kind) or pat.is_binary(kind) else kind


def from_json_type(array: pa.Array, kind: pa.DataType) -> pa.Array:
    """Return what was parsed as ``json_type`` in its own type."""
    if array.type == kind:
        return array
    if pat.is_list(kind):
        items = from_json_type(array.values, kind.value_type)
        buffers = array.buffers()[:2]
        return pa.Array.from_buffers(
            kind, len(array), buffers, array.null_count, array.offset, [items]
        )
    return bytes_from_hex(array) if pat.is_binary(kind) else from_iso(array, kind)


def uuid_text(storage: pa.Array) -> pa.Array:
    """Return UUIDs of 16 bytes in their usual text."""
    digits = hex_from_bytes(pc.cast(storage, pa.binary()))
    cuts = ((2, 10), (10, 14), (14, 18), (18, 22), (22, 34))
    parts = [pc.utf8_slice_codeunits(digits, start, stop) for start, stop in cuts]
    return pc.binary_join_element_wise(*parts, _text("-"))


def text_of_objects(array: pa.Array) -> pa.Array:
    """Return nested array as JSON and spans as ISO 8601, a row at a time, as they are rare."""
    import json

    from records_mover.formats.columns.spans import span_text

    if pat.is_nested(array.type):
        texts = (
            None if item is None else json.dumps(item, default=str) for item in array.to_pylist()
        )
    else:
        texts = (None if item.as_py() is None else span_text(item) for item in array)
    return values.texts(list(texts))
