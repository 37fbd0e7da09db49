"""Values as text that can be compared, whatever a driver or a file makes of them."""

from __future__ import annotations

import datetime as dt
import json
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from records_mover.schema import DecimalConstraints
from records_mover.testing import calendar

if TYPE_CHECKING:
    from collections.abc import Callable

    from records_mover.schema import Field

__all__ = ["canonical", "is_float", "spelt"]


def canonical(field: Field, value: object) -> str | None:
    """Return a value of a column in the one spelling that it has here; None is NULL.

    ``value`` is what a driver gives, or text. Two spellings differ where the values do: ``1.50``
    and ``1.5`` are one decimal, ``-0.0`` and ``0.0`` are two floats.
    """
    if value is None:
        return None
    if isinstance(value, (memoryview, bytearray)):
        value = bytes(value)
    if isinstance(value, bytes) and field.field_type != "bytes":
        value = value.decode()
    return _SPELL.get(field.field_type, _text)(field, value)


def spelt(field: Field, value: object) -> str | None:
    """Return a value as text; one that is no such thing is another one than was wanted."""
    try:
        return canonical(field, value)
    except (ValueError, ArithmeticError):
        return f"no {field.field_type}: {value!r}"


def is_float(field: Field) -> bool:
    """Whether a column holds binary floats."""
    facts = field.constraints
    return isinstance(facts, DecimalConstraints) and facts.fp_total_bits is not None


def _text(field: Field, value: Any) -> str:
    del field
    return str(value)


def _integer(field: Field, value: Any) -> str:
    del field
    return str(int(value))


def _decimal(field: Field, value: Any) -> str:
    if is_float(field):
        return repr(float(value))
    number = Decimal(str(value))
    text = f"{number:f}"
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if not number else text


def _boolean(field: Field, value: Any) -> str:
    del field
    word = str(value).lower()
    return {"1": "true", "t": "true", "0": "false", "f": "false"}.get(word, word)


def _date(field: Field, value: Any) -> str:
    del field
    return calendar.day_text(calendar.day_of(str(value)))


def _time(field: Field, value: Any) -> str:
    del field
    if isinstance(value, dt.timedelta):
        return calendar.time_text(value // dt.timedelta(microseconds=1))
    return calendar.time_text(calendar.time_micros(str(value)))


def _moment(field: Field, value: Any) -> str:
    zoned = field.field_type == "datetimetz"
    return calendar.moment_text(calendar.micros_of(str(value), zoned=zoned))


def _bytes(field: Field, value: Any) -> str:
    del field
    return value.hex() if isinstance(value, bytes) else str(value).removeprefix("\\x").lower()


def _json(field: Field, value: Any) -> str:
    del field
    document = json.loads(value) if isinstance(value, str) else value
    return json.dumps(document, sort_keys=True, ensure_ascii=False)


def _array(field: Field, value: Any) -> str:
    assert field.items is not None, "an array has items"
    items = json.loads(value) if isinstance(value, str) else value
    return json.dumps([canonical(field.items, item) for item in items], ensure_ascii=False)


_SPELL: dict[str, Callable[[Field, Any], str]] = {
    "integer": _integer,
    "decimal": _decimal,
    "boolean": _boolean,
    "date": _date,
    "time": _time,
    "datetime": _moment,
    "datetimetz": _moment,
    "bytes": _bytes,
    "json": _json,
    "array": _array,
}
