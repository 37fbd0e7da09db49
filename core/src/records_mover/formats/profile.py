"""What a column of text may hold, from whole arrays at a time: the narrowest type that is exact.

A type is found only where every value can be written back as it was, up to cosmetics such as a
trailing zero: ``007``, ``+1``, ``1e5``, ``NA`` and numbers of more than 76 digits are text. A zero
with a sign makes decimals floats, or text where a float would change another value.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from records_mover.formats.columns import tokens
from records_mover.formats.columns.dates import parse_format
from records_mover.formats.columns.values import flags

if TYPE_CHECKING:
    import numpy.typing as npt

    from records_mover.formats.delimited.hints import ValidatedRecordsHints

    Bytes = npt.NDArray[np.uint8]
    Spots = npt.NDArray[np.int32]

__all__ = ["SHORT_FLOAT", "Facts", "look", "merge"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What was seen of a column.

    ``kind`` is a field type, ``float`` for decimals of a binary floating point, or None where no
    value was seen. ``digits`` stand before the decimal point at most, ``scale`` after it or after
    the second. ``words`` are the spellings of a column of booleans. ``signed`` says that there was
    a zero with a sign.
    """

    rows: int = 0
    count: int = 0
    empties: int = 0
    max_bytes: int = 0
    max_chars: int = 0
    kind: str | None = None
    min: Decimal | None = None
    max: Decimal | None = None
    digits: int = 0
    scale: int = 0
    words: frozenset[str] = frozenset()
    signed: bool = False


_NUMERIC = ("integer", "decimal", "float")
_MAX_DIGITS = 76
SHORT_FLOAT = 17  # digits that tell every double from its neighbours
_EXACT_FLOAT = 15  # digits that any double keeps
_WORDS = frozenset({"true", "false", "t", "f"})
# Past these exponents a double may overflow or vanish.
_POWER = r"[+-]?[12]?\d{1,2}"
_SIGNED_POWER = r"[+-][12]?\d{1,2}"
_FLOAT = rf"^-?(?:(?:0|[1-9]\d*)?\.\d+(?:[eE]{_POWER})?|(?:0|[1-9]\d*)(?:[eE]{_SIGNED_POWER})?)$"


def merge(one: Facts, other: Facts) -> Facts:
    """Return what is true of both parts of a column together."""
    kind, words = _common(one, other), one.words | other.words
    if kind == "boolean" and not _booleans(words):
        kind = "string"
    return Facts(
        rows=one.rows + other.rows,
        count=one.count + other.count,
        empties=one.empties + other.empties,
        max_bytes=max(one.max_bytes, other.max_bytes),
        max_chars=max(one.max_chars, other.max_chars),
        kind=kind,
        min=min((value for value in (one.min, other.min) if value is not None), default=None),
        max=max((value for value in (one.max, other.max) if value is not None), default=None),
        digits=max(one.digits, other.digits),
        scale=max(one.scale, other.scale),
        words=words if kind == "boolean" else frozenset(),
        signed=one.signed or other.signed,
    )


def _common(one: Facts, other: Facts) -> str | None:
    kinds = {one.kind, other.kind} - {None}
    if len(kinds) < 2:
        return next(iter(kinds), None)
    if kinds == {"date", "datetime"}:
        return "datetime"
    if not kinds <= set(_NUMERIC):
        return "string"
    digits = max(one.digits, other.digits) + max(one.scale, other.scale)
    if one.signed or other.signed:
        return "float" if digits <= _EXACT_FLOAT else "string"
    if "float" in kinds:
        return "float" if digits <= SHORT_FLOAT else "string"
    return "decimal" if digits <= _MAX_DIGITS else "string"


def _booleans(words: frozenset[str]) -> bool:
    lower = {word.lower() for word in words}
    return lower <= {"true", "false"} or words == {"t", "f"}


def look(text: pa.Array, hints: ValidatedRecordsHints, *, as_text: bool = False) -> Facts:
    """Return the facts of a column of text; only its lengths where it is known to be text."""
    data, starts, ends = _spread(text)
    count = len(text) - text.null_count
    lengths = ends - starts
    filled = int(np.count_nonzero(lengths))
    facts = Facts(rows=len(text), count=count, empties=count - filled)
    if not filled:
        return facts
    high = int(data.max())
    longest = int(lengths.max())
    chars = longest if high < 128 else int(pc.max(pc.utf8_length(text)).as_py())
    facts = replace(facts, max_bytes=longest, max_chars=chars, kind="string")
    if as_text or (longest > 64 and data[starts[lengths > 0][0]] not in b"{["):
        return facts
    return _Look(facts, text, data, starts, ends, hints).facts(int(data.min()), high)


def _spread(text: pa.Array) -> tuple[Bytes, Spots, Spots]:
    """Return the bytes of a column, and where in them each value begins and ends."""
    offsets = np.frombuffer(text.buffers()[1], np.int32)[text.offset : text.offset + len(text) + 1]
    buffer = text.buffers()[2]
    data = np.frombuffer(buffer, np.uint8) if buffer is not None else np.zeros(0, np.uint8)
    data = data[offsets[0] : offsets[-1]]
    if offsets[0]:
        offsets = offsets - offsets[0]
    return data, offsets[:-1], offsets[1:]


_DASH, _DOT, _SLASH, _ZERO, _NINE = 0x2D, 0x2E, 0x2F, 0x30, 0x39
_TIME = r"\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?"
_ZONE = r"(?:Z|[+-]\d{2}(?::?\d{2})?)"
_DATE = r"\d{4}-\d{2}-\d{2}"
_SHAPES = (
    ("time", re.compile(_TIME)),
    ("datetime", re.compile(f"{_DATE}[ T]{_TIME}")),
    ("datetimetz", re.compile(f"{_DATE}[ T]{_TIME}{_ZONE}")),
)
_EXPONENT_BYTES = np.zeros(256, bool)
_EXPONENT_BYTES[np.frombuffer(b"0123456789+-.eE", np.uint8)] = True
_UUID_BYTES = np.zeros(256, bool)
_UUID_BYTES[np.frombuffer(b"0123456789abcdef", np.uint8)] = True
_UUID_DASHES = [8, 13, 18, 23]
_UUID_DIGITS = [spot for spot in range(36) if spot not in _UUID_DASHES]


@dataclass(slots=True)
class _Look:
    """The tests of one column, each over all of its values at once."""

    plain: Facts
    text: pa.Array
    data: Bytes
    starts: Spots
    ends: Spots
    hints: ValidatedRecordsHints

    def facts(self, low: int, high: int) -> Facts:
        """Return the facts with the narrowest type."""
        if self.plain.empties or self.text.null_count:
            self._leave_out_empties()
        if self.hints.decimal_separator == "," and _DOT in self.data:
            return self._date_like() or self.plain
        if low >= _DASH and high <= _NINE:
            return self._digits(low) or self._date_like() or self.plain
        if self.hints.decimal_separator == "," and low >= 0x2C and high <= _NINE:
            return self._with_commas()
        return self._words() or self._date_like() or self._floats() or self._rare() or self.plain

    def _leave_out_empties(self) -> None:
        kept = self.ends > self.starts
        self.starts, self.ends = self.starts[kept], self.ends[kept]
        self.text = pc.filter(self.text, flags(kept))

    def _first(self) -> str:
        return self.data[self.starts[0] : self.ends[0]].tobytes().decode("utf-8")

    def _with_commas(self) -> Facts:
        self.data = np.where(self.data == 0x2C, np.uint8(_DOT), self.data)
        self.text = pc.replace_substring(self.text, ",", ".")
        return self._digits(int(self.data.min())) or self.plain

    def _digits(self, low: int) -> Facts | None:
        """Return the facts of integers and decimals, of which all bytes are among ``-./0-9``."""
        firsts = self.starts
        if low == _DASH:
            minus = self.data[self.starts] == _DASH
            if np.count_nonzero(self.data == _DASH) != np.count_nonzero(minus):
                return None
            firsts = self.starts + minus.astype(np.int32)
        if low <= _SLASH and _SLASH in self.data:
            return None
        if low > _DOT or _DOT not in self.data:
            found = self._integers(firsts)
        else:
            found = self._decimals(firsts, np.flatnonzero(self.data == _DOT))
        if found is None or low != _DASH or not self._has_signed_zero(firsts):
            return found
        # A whole number has one zero, but may stand among floats in other rows.
        return replace(found, signed=True) if found.kind == "integer" else self._as_floats(found)

    def _has_signed_zero(self, firsts: Spots) -> bool:
        """Tell whether a value is a zero with a minus, which decimals do not keep."""
        first = self.data[firsts]
        near = (firsts > self.starts) & ((first == _ZERO) | (first == _DOT))
        if not near.any():
            return False
        some = pc.filter(self.text, flags(near))
        return bool(pc.any(pc.match_substring_regex(some, r"^-[0.]+$")).as_py())

    def _as_floats(self, found: Facts) -> Facts:
        """Return the facts of floats where each value is one, else those of text."""
        if found.digits + found.scale > _EXACT_FLOAT and not self._are_floats(found):
            return replace(self.plain, signed=True)
        least, greatest = (None if end is None else end + 0 for end in (found.min, found.max))
        return replace(self.plain, kind="float", min=least, max=greatest, signed=True)

    def _are_floats(self, found: Facts) -> bool:
        """Tell whether the shortest spellings of the nearest floats are the same numbers."""
        kind = pa.decimal256(max(found.digits + found.scale, 1), found.scale)
        spelled = pc.cast(pc.cast(self.text, pa.float64()), pa.string())
        try:
            return bool(pc.all(pc.equal(pc.cast(spelled, kind), pc.cast(self.text, kind))).as_py())
        except pa.ArrowInvalid:
            return False

    def _padded(self, firsts: Spots, digits: Spots) -> bool:
        """Tell whether a value has a needless zero in front, or nothing but a minus."""
        spots = np.minimum(firsts, len(self.data) - 1)
        return bool(((self.data[spots] == _ZERO) & (digits > 1)).any())

    def _integers(self, firsts: Spots) -> Facts | None:
        digits = self.ends - firsts
        longest = int(digits.max())
        if int(digits.min()) == 0 or longest > _MAX_DIGITS or self._padded(firsts, digits):
            return None
        kind = pa.int64() if longest <= 18 else pa.decimal256(_MAX_DIGITS, 0)
        least, greatest = self._extremes(kind)
        return replace(self.plain, kind="integer", min=least, max=greatest, digits=longest)

    def _decimals(self, firsts: Spots, dots: npt.NDArray[np.int64]) -> Facts | None:
        owners = self._owners(dots)
        if owners is None:
            return None
        digits = self.ends - firsts
        before, after = digits.copy(), np.zeros(len(digits), np.int64)
        before[owners] = dots - firsts[owners]
        after[owners] = self.ends[owners] - dots - 1
        if (before + after == 0).any() or self._padded(firsts, before):
            return None
        whole, scale = int(before.max()), int(after.max())
        if whole + scale > _MAX_DIGITS:
            return None
        least, greatest = self._decimal_extremes(max(whole + scale, 1), scale)
        return replace(
            self.plain, kind="decimal", min=least, max=greatest, digits=whole, scale=scale
        )

    def _owners(self, dots: npt.NDArray[np.int64]) -> npt.NDArray[np.int64] | slice | None:
        """Return which value each dot stands in; None where one holds two."""
        if len(dots) == len(self.starts):
            every = bool(((dots >= self.starts) & (dots < self.ends)).all())
            return slice(None) if every else None
        owners = np.searchsorted(self.starts, dots, "right") - 1
        return owners if (np.diff(owners) > 0).all() else None

    def _extremes(self, kind: pa.DataType) -> tuple[Decimal, Decimal]:
        found = pc.min_max(pc.cast(self.text, kind)).as_py()
        return Decimal(found["min"]), Decimal(found["max"])

    def _decimal_extremes(self, precision: int, scale: int) -> tuple[Decimal, Decimal]:
        if precision > _EXACT_FLOAT:
            wide = pa.decimal128 if precision <= 38 else pa.decimal256
            return self._extremes(wide(precision, scale))
        # To make doubles takes a third of the time, and no two of so few digits are the same one.
        found = pc.min_max(pc.cast(self.text, pa.float64())).as_py()
        least, greatest = (f"{found[end] + 0.0:.{scale}f}" for end in ("min", "max"))
        return Decimal(least), Decimal(greatest)

    def _words(self) -> Facts | None:
        if self.plain.max_bytes > 5 or self._first().lower() not in _WORDS:
            return None
        words = frozenset(pc.unique(self.text).to_pylist())
        lower = {word.lower() for word in words}
        fits = lower <= {"true", "false"} or words <= {"t", "f"}
        return replace(self.plain, kind="boolean", words=words) if fits else None

    def _date_like(self) -> Facts | None:
        first = self._first()
        if re.fullmatch(_DATE, first):
            return self._iso_dates()
        for kind, shape in _SHAPES:
            if shape.fullmatch(first):
                return self._temporal(kind)
        return self._by_hints()

    def _iso_dates(self) -> Facts | None:
        if int((self.ends - self.starts).max()) == 10 and self._casts(pa.date32()):
            return replace(self.plain, kind="date")
        return self._temporal("datetime")

    def _temporal(self, kind: str) -> Facts | None:
        scale = self._fraction_digits()
        unit = "us" if scale <= 6 else "ns"
        zone = "UTC" if kind == "datetimetz" else None
        wanted = pa.time64(unit) if kind == "time" else pa.timestamp(unit, zone)
        if kind == "time" and int((self.ends - self.starts).min()) < 5:
            return None
        return replace(self.plain, kind=kind, scale=scale) if self._casts(wanted) else None

    def _fraction_digits(self) -> int:
        if _DOT not in self.data:
            return 0
        dots = np.flatnonzero(self.data == _DOT)
        owners = np.searchsorted(self.starts, dots, "right") - 1
        tail = self.ends[owners] - dots - 1
        if self.plain.max_bytes <= 26 and int(tail.max()) <= 6:
            return int(tail.max())
        found = pc.extract_regex(self.text, r"\.(?P<f>\d+)")
        return int(pc.max(pc.binary_length(pc.struct_field(found, "f"))).as_py() or 0)

    def _casts(self, kind: pa.DataType) -> bool:
        try:
            tokens.from_iso(self.text, kind)
        except pa.ArrowInvalid:
            return False
        return True

    def _by_hints(self) -> Facts | None:
        """Return the facts of dates and times that are written as the hints say."""
        hints = self.hints
        for kind, written, wanted in (
            ("date", hints.dateformat, pa.date32()),
            ("datetime", hints.datetimeformat, pa.timestamp("us")),
            ("time", hints.timeonlyformat, pa.time64("us")),
            ("datetimetz", hints.datetimeformattz, pa.timestamp("us", "UTC")),
        ):
            format_ = parse_format(written)
            if format_.is_iso or (kind == "datetimetz" and "OF" not in format_.tokens):
                continue
            try:
                tokens.parse(self.text.slice(0, 1), format_, wanted)
                tokens.parse(self.text, format_, wanted)
            except pa.ArrowInvalid:
                continue
            return replace(self.plain, kind=kind)
        return None

    def _floats(self) -> Facts | None:
        if self.hints.decimal_separator != "." or not _EXPONENT_BYTES[self.data].all():
            return None
        if not pc.all(pc.match_substring_regex(self.text, _FLOAT)).as_py():
            return None
        mantissa = pc.replace_substring_regex(self.text, r"[eE].*|[-.]", "")
        if pc.max(pc.binary_length(mantissa)).as_py() > SHORT_FLOAT:
            return None
        found = pc.min_max(pc.cast(self.text, pa.float64())).as_py()
        return replace(
            self.plain,
            kind="float",
            min=Decimal(repr(found["min"])),
            max=Decimal(repr(found["max"])),
        )

    def _rare(self) -> Facts | None:
        if self._first()[0] in "{[":
            return self._json()
        return self._uuids() if self.plain.max_bytes == 36 else None

    def _uuids(self) -> Facts | None:
        rows = tokens.matrix(self.text)
        if rows is None or not (rows[:, _UUID_DASHES] == _DASH).all():
            return None
        fits = bool(_UUID_BYTES[rows[:, _UUID_DIGITS]].all())
        return replace(self.plain, kind="uuid") if fits else None

    def _json(self) -> Facts | None:
        opening = np.isin(self.data[self.starts], np.frombuffer(b"{[", np.uint8))
        closing = np.isin(self.data[self.ends - 1], np.frombuffer(b"}]", np.uint8))
        if not (opening & closing).all():
            return None
        try:
            # No parser in C checks an array of documents; few columns come as far as here.
            for value in self.text.to_pylist():
                json.loads(value)
        except (ValueError, RecursionError):
            return None
        return replace(self.plain, kind="json")
