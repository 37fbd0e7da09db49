r"""CSV into columns of known types: parsed here in threads and sent as binary, or not at all.

The server's own input functions are the measure. What goes this way is what Arrow's parser is
known to read as they do; it raises for the rest, or the checks of this module do, and the caller
sends the file as it is. Per type, beyond the empty field that is NULL in all:

============================  =============================================================
type                          what goes; all else raises, or its column does not go at all
============================  =============================================================
bool                          the server's spellings, in lower, upper or capitalised letters
int2, int4, int8              decimal digits with ``-`` before and blanks around, in range; no
                              ``0x`` (Arrow wraps what the server refuses)
float4, float8                finite numbers; no overflow, and no zero that is an underflow
numeric(p,s), p up to 38      digits and point, no digit but 0 beyond the scale; no exponent, as
                              one like ``1e-2000000000`` makes Arrow's parser crash
numeric, numeric(p,s) beyond  not at all: each value keeps the scale that it is written with
text, varchar, char, name,    the bytes, which the server checks as it does those of text
enums, citext, json, jsonb
bytea                         ``\\x`` and pairs of hexadecimal digits
uuid                          8-4-4-4-12 hexadecimal digits
date                          YYYY-MM-DD in the years 0001 to 9999, blanks around
time                          hh:mm, hh:mm:ss and up to six places, blanks around; no 24:00
timestamp                     such a date, or one with such a time behind a blank or a T
timestamptz                   such a date and a time of hh:mm:ss with Z or an offset below 16 h
others                        not at all
============================  =============================================================

Domains go as their base does. ``infinity``, BC, NaN, leap seconds and zones by name are text's.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.csv as pacsv
import pyarrow.types as pat

from mover_postgres.binary.arrays import bits, fixed, offsets_of, valid_rows
from mover_postgres.binary.choose import binary_encoder, complete
from mover_postgres.binary.chunks import Chunk, Differs
from mover_postgres.binary.numbers import decimals, small_decimals
from mover_postgres.binary.records import check_structure
from mover_postgres.binary.rows import RowEncoder
from mover_postgres.binary.spelled import plain_dates, scaled_integers
from mover_postgres.binary.texts import bytea_of_hex, json_binary, raw, uuids_of_text
from mover_postgres.binary.times import moments
from records_mover.formats.columns import compute as pc

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    import numpy.typing as npt

    from mover_postgres.binary.choose import Encode
    from mover_postgres.binary.pgtypes import PgType
    from mover_postgres.binary.pieces import Encoded
    from mover_postgres.options import LoadOptions
    from mover_postgres.watched.roundings import Watched

    # Parses the column once more, as another type.
    Again = Callable[[pa.DataType], pa.Array]
    # Makes what is encoded of what was parsed; raises ``Differs``.
    Finish = Callable[[pa.Array, Again], pa.Array]

__all__ = ["CsvLayout", "csv_layout"]

_TRUE = ("t", "tr", "tru", "true", "y", "ye", "yes", "on", "1")
_FALSE = ("f", "fa", "fal", "fals", "false", "n", "no", "of", "off", "0")
_FIXED_TYPES: Mapping[str, pa.DataType] = {
    "bool": pa.bool_(),
    "int2": pa.int16(),
    "int4": pa.int32(),
    "int8": pa.int64(),
    "float4": pa.float32(),
    "float8": pa.float64(),
    "date": pa.date32(),
    "time": pa.time64("us"),
    "timestamp": pa.timestamp("us"),
}
# Kinds whose text is made into a payload here; Arrow only cuts it out and unquotes it.
_FROM_TEXT: Mapping[str, Encode] = {
    "text": raw,
    "jsonb": json_binary,
    "uuid": uuids_of_text,
    "bytea": bytea_of_hex,
}
_MOMENT = r"^\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d(?:\.\d{1,6})?(?:Z|[+-](?:0\d|1[0-5])(?::?[0-5]\d)?)$"
_ZERO = r"^[ \t]*[+-]?[0.]+(?:[eE][+-]?[0-9]+)?[ \t]*$"
_YEAR_ONE_DAYS = -719_162
_DAY = 86_400_000_000
_HOUR = 3_600_000_000
_LOWER, _ZERO_X = np.uint16(0x2000), np.uint16(0x7830)  # the second byte is the higher one
# A date and an hour without minutes, which Arrow takes for a moment and the server does not.
_NOT_HOUR_ALONE = r"^.{10}$|^.{14}"
_BLANK = ord(" ")
_PLACES = 6
_ROUNDED = "a time would be rounded"
_NO_MOMENT = "a timestamp is not written in ISO form with an offset"


@dataclass(frozen=True, slots=True)
class CsvColumn:
    """A column: what Arrow's parser makes of it, what then is made of that, and its encoder."""

    kind: pa.DataType
    finish: Finish | None
    encode: Encode


@dataclass(frozen=True, slots=True, kw_only=True)
class CsvLayout:
    """How one file is parsed and encoded: ready for any chunk of it."""

    names: tuple[str, ...]
    columns: tuple[CsvColumn, ...]
    delimiter: bytes
    null: str | None

    def tuples(self, piece: Chunk) -> tuple[list[bytes], int]:
        """Return the rows as tuples of binary COPY, and their number; raises for what differs."""
        check_structure(piece, self.delimiter)
        chunk = piece.rows
        if not chunk:
            return [], 0
        if _may_hold_hexadecimal(chunk):
            self._check_integers(chunk)
        batch = self._parsed(chunk)
        encode = [column.encode for column in self.columns]
        return list(RowEncoder(self.names, encode).blocks(batch)), batch.num_rows

    def _check_integers(self, chunk: bytes) -> None:
        """Arrow takes 0xFFFFFFFF for -1."""
        for index, column in enumerate(self.columns):
            if pat.is_integer(column.kind):
                _check_none(self._again(chunk, index)(pa.string()), "[xX]", "it is hexadecimal")

    def _parsed(self, chunk: bytes) -> pa.RecordBatch:
        batch = self._read(chunk, {str(at): one.kind for at, one in enumerate(self.columns)})
        arrays = [
            array if column.finish is None else column.finish(array, self._again(chunk, at))
            for at, (array, column) in enumerate(zip(batch.columns, self.columns, strict=True))
        ]
        return pa.RecordBatch.from_arrays(arrays, names=[str(at) for at in range(len(arrays))])

    def _again(self, chunk: bytes, index: int) -> Again:
        return lambda kind: self._read(chunk, {str(index): kind}).column(0)

    def _read(self, chunk: bytes, types: dict[str, pa.DataType]) -> pa.RecordBatch:
        if not chunk.endswith((b"\n", b"\r")):
            chunk += b"\n"  # else Arrow takes an empty last field for quoted if the one before was
        table = pacsv.read_csv(
            pa.BufferReader(chunk),
            pacsv.ReadOptions(
                column_names=[str(at) for at in range(len(self.columns))],
                use_threads=False,
                block_size=len(chunk) + 1,
            ),
            pacsv.ParseOptions(
                delimiter=self.delimiter.decode(), newlines_in_values=True, ignore_empty_lines=False
            ),
            pacsv.ConvertOptions(
                include_columns=list(types),
                column_types=types,
                null_values=[] if self.null is None else [self.null],
                strings_can_be_null=self.null is not None,
                quoted_strings_can_be_null=False,
                true_values=_spellings(_TRUE),
                false_values=_spellings(_FALSE),
            ),
        )
        batches = table.to_batches()
        assert len(batches) == 1, "the chunk is one block"
        batch: pa.RecordBatch = batches[0]
        return batch


def _spellings(words: Sequence[str]) -> list[str]:
    return sorted({spelled for word in words for spelled in (word, word.upper(), word.title())})


def csv_layout(
    columns: Sequence[str],
    types: Mapping[str, PgType],
    options: LoadOptions,
    watched: Sequence[Watched] = (),
) -> CsvLayout:
    """Return how to parse a file for these columns, of which none is left to the server.

    In those that are ``watched`` a value that the server would round or cut is none to go this way.
    """
    found = [_column(types[name]) for name in columns]
    for one in watched:
        found[one.place] = _watching(found[one.place], one)
    return CsvLayout(
        names=tuple(columns),
        columns=tuple(found),
        delimiter=options.copy.delimiter.encode(),
        null=options.copy.null,
    )


def _watching(column: CsvColumn, watched: Watched) -> CsvColumn:
    """Return the column with a look at what was parsed; numeric is exact without."""
    if watched.length is not None:
        return replace(column, finish=partial(_uncut, watched.length))
    decimals = watched.decimals
    if decimals is None or decimals >= _PLACES or watched.type.startswith("numeric"):
        return column
    if pat.is_string(column.kind):
        return replace(column, finish=partial(_unrounded_text, decimals))
    return replace(column, finish=partial(_unrounded, decimals, column.finish))


def _uncut(length: int, array: pa.Array, _again: Again) -> pa.Array:
    """Of a text with too many characters the server cuts blanks, and refuses all else."""
    offsets = offsets_of(array)
    ends = offsets[1:][np.diff(offsets) > length]
    if len(ends) and (np.frombuffer(array.buffers()[2], np.uint8)[ends - 1] == _BLANK).any():
        raise Differs("blanks may be cut")
    return array


def _unrounded(decimals: int, finish: Finish | None, array: pa.Array, again: Again) -> pa.Array:
    found = array if finish is None else finish(array, again)
    if (_held(found, fixed(found, "<i8")) % 10 ** (_PLACES - decimals)).any():
        raise Differs(_ROUNDED)
    return found


def _unrounded_text(decimals: int, array: pa.Array, _again: Again) -> pa.Array:
    _check_none(array, rf"\.\d{{{decimals}}}\d*[1-9]", _ROUNDED)
    return array


def _column(target: PgType) -> CsvColumn:
    if target.kind in _FROM_TEXT:
        return CsvColumn(pa.binary(), None, complete(_FROM_TEXT[target.kind]))
    if target.kind == "timestamptz":
        return CsvColumn(pa.string(), None, complete(_zoned_moments))
    if target.kind == "numeric":
        return _numeric(target)
    kind = _FIXED_TYPES[target.kind]
    encode = binary_encoder(kind, target)
    assert not isinstance(encode, str), encode
    read = pa.binary() if target.kind == "date" else kind
    return CsvColumn(read, _FINISHES.get(target.kind), encode)


def _numeric(target: PgType) -> CsvColumn:
    precision, scale = target.precision, target.scale
    assert precision is not None, "numeric without bounds is not parsed"
    assert scale is not None, "it comes with a precision"
    kind = pa.decimal128(precision, scale)
    small, large = small_decimals(64, scale), decimals(128, scale)

    def finish(array: pa.Array, again: Again) -> pa.Array:
        found = scaled_integers(array, scale)
        if found is not None:
            return found
        # Arrow's parser crashes on 1e-2000000000.
        _check_none(again(pa.string()), "[eE]", "a decimal number has an exponent")
        return again(kind)

    def encode(array: pa.Array) -> Encoded:
        return (small if pat.is_int64(array.type) else large)(array)

    return CsvColumn(pa.binary(), finish, complete(encode))


def _may_hold_hexadecimal(chunk: bytes) -> bool:
    """Look for ``0x`` and ``0X`` at even places and at odd ones, two bytes at once."""
    return any(
        ((np.frombuffer(chunk, "<u2", (len(chunk) - at) // 2, at) | _LOWER) == _ZERO_X).any()
        for at in (0, 1)
    )


def _check_none(texts: pa.Array, pattern: str, why: str) -> None:
    found = pc.match_substring_regex(texts, pattern)
    if (_held(found, bits(found.buffers()[1], found.offset, len(found)))).any():
        raise Differs(why)


def _finite(array: pa.Array, again: Again) -> pa.Array:
    """Arrow reads what is too large as infinite and what is too small as zero."""
    values = fixed(array, f"<f{array.type.bit_width // 8}")
    if not np.isfinite(_held(array, values)).all():
        raise Differs("a float is not finite, or out of range")
    zeros = _rows_of(array, values == 0)
    if zeros.any():
        _check_spelling(again(pa.string()), zeros, _ZERO, "a float is too small")
    return array


def _dates(array: pa.Array, again: Again) -> pa.Array:
    found = plain_dates(array)
    if found is None:
        found = again(pa.date32())
        if (_held(found, fixed(found, "<i4")) < _YEAR_ONE_DAYS).any():
            raise Differs("a date is of the year 0000")
    return found


def _moments(array: pa.Array, again: Again) -> pa.Array:
    values = fixed(array, "<i8")
    if (_held(array, values) < _YEAR_ONE_DAYS * _DAY).any():
        raise Differs("a timestamp is of the year 0000")
    on_the_hour = _rows_of(array, values % _HOUR == 0)
    if on_the_hour.any():
        _check_spelling(again(pa.string()), on_the_hour, _NOT_HOUR_ALONE, "a time has no minutes")
    return array


def _zoned_moments(array: pa.Array) -> Encoded:
    _check_spelling(array, _rows_of(array, np.ones(len(array), np.bool_)), _MOMENT, _NO_MOMENT)
    moments_ = pc.cast(array, pa.timestamp("us", "UTC"))
    if (_held(moments_, fixed(moments_, "<i8")) < _YEAR_ONE_DAYS * _DAY).any():
        raise Differs("a timestamp is of the year 0000")
    return moments("us")(moments_)


def _held(array: pa.Array, values: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Return the values that are not NULL."""
    valid = valid_rows(array)
    return values if valid is None else values[valid]


def _rows_of(array: pa.Array, rows: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
    """Return the rows without those that are NULL."""
    valid = valid_rows(array)
    return rows if valid is None else rows & valid


def _check_spelling(texts: pa.Array, rows: npt.NDArray[np.bool_], pattern: str, why: str) -> None:
    matched = pc.match_substring_regex(texts, pattern)
    if (rows & ~bits(matched.buffers()[1], matched.offset, len(matched))).any():
        raise Differs(why)


_FINISHES: Mapping[str, Finish] = {
    "float4": _finite,
    "float8": _finite,
    "date": _dates,
    "timestamp": _moments,
}
