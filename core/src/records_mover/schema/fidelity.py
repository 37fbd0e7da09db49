"""What becomes of a column's values in a column of another type: one table for every move."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from records_mover.frozen import frozen
from records_mover.schema.constraints import (
    Constraints,
    DecimalConstraints,
    IntegerConstraints,
    StringConstraints,
    TimeConstraints,
)
from records_mover.schema.representations import SqlRepresentation
from records_mover.schema.statistics import IntegerStatistics
from records_mover.utils.words import many

if TYPE_CHECKING:
    from records_mover.schema.field import Field

__all__ = ["EXACT", "Kept", "Verdict", "kept", "same_words", "type_words", "worst"]

Verdict = Literal["exact", "widened", "checked", "lossy"]
_ORDER: tuple[Verdict, ...] = ("exact", "widened", "checked", "lossy")

_MICROSECONDS = 6
_MOMENTS = frozenset({"date", "time", "timetz", "datetime", "datetimetz"})
# How many decimal digits survive a binary floating point of so many significant bits.
_DIGITS_OF_BITS = ((53, 15), (23, 6), (11, 3))


@frozen
class Kept:
    """How well a column keeps its values, and why not better.

    ``exact``: every value as it is. ``widened``: every value, in a type that holds more.
    ``checked``: a value that does not fit is refused, never changed. ``lossy``: a value may be
    changed without a word.
    """

    verdict: Verdict
    why: str = ""


EXACT = Kept(verdict="exact")


def worst(*found: Kept) -> Kept:
    """Return the worst of several steps' verdicts, the first of equals."""
    return max(found, key=lambda kept: _ORDER.index(kept.verdict))


def kept(source: Field, target: Field, *, strict: bool = False) -> Kept:
    """Return what becomes of the source's values in the target's column.

    ``strict`` says that who puts them there refuses a value rather than rounding it.
    """
    if same_words(source, target):
        return EXACT
    found = _of_types(source, target)
    if found.verdict != "lossy" or not strict or found.why in _NEVER_CHECKED:
        return found
    return Kept(verdict="checked", why=f"refused where this is not so: {found.why}")


def same_words(source: Field, target: Field) -> bool:
    """Whether one system declared both columns alike."""
    here, there = _origin(source), _origin(target)
    return here is not None and there is not None and _words(here) == _words(there)


def type_words(field: Field) -> str:
    """Return a column's type as its system spells it, or else as a records schema does."""
    known, facts = _origin(field), field.constraints
    if known is not None and known.col_type:
        return known.col_type
    if field.field_type == "array" and field.items is not None:
        return f"{type_words(field.items)}[]"
    if isinstance(facts, DecimalConstraints) and facts.fixed_precision is not None:
        return f"decimal({facts.fixed_precision},{facts.fixed_scale or 0})"
    if isinstance(facts, DecimalConstraints) and facts.fp_total_bits is not None:
        return f"float{facts.fp_total_bits}"
    if isinstance(facts, StringConstraints) and (limit := _length(facts)) is not None:
        return f"string({limit})"
    if isinstance(facts, TimeConstraints) and facts.precision is not None:
        return f"{field.field_type}({facts.precision})"
    return field.field_type


def _origin(field: Field) -> SqlRepresentation | None:
    known = field.representations.get("origin")
    return known if isinstance(known, SqlRepresentation) else None


def _words(known: SqlRepresentation) -> tuple[str, str]:
    return known.rep_type, known.col_type or known.col_ddl


_NO = "values that are no"


def _of_types(source: Field, target: Field) -> Kept:
    here, there = source.field_type, target.field_type
    if there == "string":
        return _to_string(source, target)
    if here == there:
        return _SAME[here](source, target) if here in _SAME else EXACT
    if here == "string":
        return _from_string(target)
    if (here, there) == ("integer", "decimal"):
        return _integer_to_decimal(source, target)
    if here in _MOMENTS and there in _MOMENTS:
        return _between_moments(source, target)
    if here in ("integer", "decimal") and there in (*_MOMENTS, "interval"):
        return _lossy(f"digits may be read as the text of another {there}")
    return _checked(f"{_NO} {there} are refused")


def _widened(why: str) -> Kept:
    return Kept(verdict="widened", why=why)


def _checked(why: str) -> Kept:
    return Kept(verdict="checked", why=why)


def _lossy(why: str) -> Kept:
    return Kept(verdict="lossy", why=why)


def _to_string(source: Field, target: Field) -> Kept:
    limit = _length(target.constraints)
    if source.field_type != "string":
        if limit is None:
            return _widened("every value travels as its text")
        return _checked(f"text longer than {limit} is refused")
    held = _length(source.constraints)
    if limit is None or held == limit:
        return EXACT if held == limit else _widened("longer text fits")
    if held is not None and held < limit:
        return _widened("longer text fits")
    return _checked(f"text longer than {limit} is refused")


def _length(facts: Constraints | None) -> int | None:
    if not isinstance(facts, StringConstraints):
        return None
    return facts.max_length_bytes if facts.max_length_chars is None else facts.max_length_chars


def _from_string(target: Field) -> Kept:
    """Return what reading text does: most types refuse what they are not, some round."""
    facts, kind = target.constraints, target.field_type
    if isinstance(facts, DecimalConstraints) and facts.fixed_precision is not None:
        return _lossy(f"text with more than {many(facts.fixed_scale or 0, 'decimal')} is rounded")
    if isinstance(facts, DecimalConstraints) and facts.fp_total_bits is not None:
        return _lossy(f"text is rounded to a float of {facts.fp_total_bits} bits")
    if kind == "date":
        return _lossy("a time of day in the text is left out")
    if kind in _MOMENTS:
        zone = "" if kind.endswith("tz") else ", an offset is left out"
        return _lossy(f"text with more than {many(_precision(target), 'decimal')} is rounded{zone}")
    return _checked(f"text that is no {kind} is refused")


def _integers(source: Field, target: Field) -> Kept:
    (low, high), (least, most) = _range(source), _range(target)
    if least <= low and high <= most:
        return EXACT if (low, high) == (least, most) else _widened("larger integers fit")
    return _checked(f"integers outside of {least} to {most} are refused")


def _range(field: Field) -> tuple[int, int]:
    facts, seen = field.constraints, field.statistics
    low, high = -(2**63), 2**63 - 1
    if isinstance(facts, IntegerConstraints) and None not in (facts.min, facts.max):
        return facts.min, facts.max  # type: ignore[return-value]  # neither is None
    if isinstance(seen, IntegerStatistics) and seen.complete and None not in (seen.min, seen.max):
        return seen.min, seen.max  # type: ignore[return-value]  # neither is None
    return low, high


def _integer_to_decimal(source: Field, target: Field) -> Kept:
    facts = target.constraints
    low, high = _range(source)
    if not isinstance(facts, DecimalConstraints):
        return _widened("every integer is a decimal")
    if facts.fp_significand_bits is not None:
        # The bit before the point is not counted where floats of 32 bits have 23.
        most = 2 ** (facts.fp_significand_bits if facts.fp_significand_bits > 23 else 24)
        if -most <= low and high <= most:
            return _widened("every integer is a float")
        return _lossy(f"integers past {most} are rounded to the next float")
    if facts.fixed_precision is None:
        return _widened("every integer is a decimal")
    scale = facts.fixed_scale or 0
    if scale < 0:
        digits = "digit is" if scale == -1 else f"{-scale} digits are"
        return _lossy(f"the last {digits} rounded")
    if max(abs(low), abs(high)) < 10 ** (facts.fixed_precision - scale):
        return _widened("every integer is a decimal")
    digits = many(facts.fixed_precision - scale, "digit")
    return _checked(f"integers of more than {digits} are refused")


def _decimals(source: Field, target: Field) -> Kept:
    here, there = _decimal(source), _decimal(target)
    if here == there:
        return EXACT
    if there.fp_significand_bits is not None:
        return _to_float(here, there.fp_significand_bits, there.fp_total_bits)
    if there.fixed_precision is None:
        return _widened("decimals without limits")
    if here.fixed_precision is None:
        return _lossy(f"what has more than {many(there.fixed_scale or 0, 'decimal')} is rounded")
    return _fixed_points(here, there)


def _decimal(field: Field) -> DecimalConstraints:
    facts = field.constraints
    return (
        DecimalConstraints(
            fixed_precision=facts.fixed_precision,
            fixed_scale=(facts.fixed_scale or 0) if facts.fixed_precision is not None else None,
            fp_total_bits=facts.fp_total_bits,
            fp_significand_bits=facts.fp_significand_bits,
        )
        if isinstance(facts, DecimalConstraints)
        else DecimalConstraints()
    )


def _to_float(here: DecimalConstraints, bits: int, total: int | None) -> Kept:
    if here.fp_significand_bits is not None:
        if here.fp_significand_bits <= bits:
            return _widened("a longer float")
        return _lossy(f"{_NARROWED} {total} bits")
    digits = next((digits for least, digits in _DIGITS_OF_BITS if bits >= least), 0)
    if here.fixed_precision is not None and here.fixed_precision <= digits:
        return _widened(f"a float keeps {many(digits, 'digit')}")
    return _lossy(f"{_NARROWED} {total} bits")


_NARROWED = "digits are rounded to a float of"


def _fixed_points(here: DecimalConstraints, there: DecimalConstraints) -> Kept:
    scale, wanted = here.fixed_scale or 0, there.fixed_scale or 0
    if wanted < scale:
        return _lossy(f"what has more than {many(wanted, 'decimal')} is rounded")
    whole = (there.fixed_precision or 0) - wanted
    if (here.fixed_precision or 0) - scale <= whole:
        return _widened("more digits fit")
    return _checked(f"numbers of more than {many(whole, 'digit')} before the point are refused")


def _moments(source: Field, target: Field) -> Kept:
    here, there = _precision(source), _precision(target)
    if here == there:
        return EXACT
    if here < there:
        return _widened("finer times fit")
    return _lossy(f"what is finer than {many(there, 'decimal')} of a second is rounded")


def _precision(field: Field) -> int:
    facts = field.constraints
    told = facts.precision if isinstance(facts, TimeConstraints) else None
    return _MICROSECONDS if told is None else told


_ZONE = "the offset from UTC is left out"
_DAY = "the day is left out"
_NEVER_CHECKED = frozenset({_ZONE, _DAY, *(f"{_NARROWED} {bits} bits" for bits in (16, 32, 64))})
"""What casts in bulk do without a word, however strict they are."""


def _between_moments(source: Field, target: Field) -> Kept:
    here, there = source.field_type, target.field_type
    if there == "date":
        return _checked("no date") if here.startswith("time") else _lossy(_HOURS)
    if here == "date":
        if there.startswith("datetime"):
            return _widened("a day becomes its midnight" + (", UTC" if there[-2:] == "tz" else ""))
        return _checked(f"no {there}")
    if here.startswith("datetime") and not there.startswith("datetime"):
        return _lossy(_DAY)
    if there.startswith("datetime") and not here.startswith("datetime"):
        return _checked(f"a {here} without a day is refused")
    if here.endswith("tz") and not there.endswith("tz"):
        return _lossy(_ZONE)
    return worst(_moments(source, target), _widened("taken as UTC"))


_HOURS = "the time of day is left out"


def _arrays(source: Field, target: Field) -> Kept:
    if source.items is None or target.items is None:
        return _checked("items that do not fit are refused")
    return _of_types(source.items, target.items)


_SAME = {
    "integer": _integers,
    "decimal": _decimals,
    "time": _moments,
    "timetz": _moments,
    "datetime": _moments,
    "datetimetz": _moments,
    "array": _arrays,
}
