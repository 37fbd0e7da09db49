"""Which values two delimited formats write the same way, so that their text can stay."""

from __future__ import annotations

from typing import TYPE_CHECKING

from records_mover.formats.columns.dates import parse_format
from records_mover.schema import Field, RecordsSchema

if TYPE_CHECKING:
    from records_mover.formats.delimited.hints import ValidatedRecordsHints

__all__ = ["as_text", "same_text"]

_DATES = ("dateformat", "timeonlyformat", "datetimeformat", "datetimeformattz")
_HINT_OF = {
    "decimal": "decimal_separator",
    "boolean": "boolean_format",
    "date": "dateformat",
    "time": "timeonlyformat",
    "datetime": "datetimeformat",
    "datetimetz": "datetimeformattz",
}


def same_text(one: ValidatedRecordsHints, other: ValidatedRecordsHints) -> bool:
    """Tell whether both formats write values of every type the same way."""
    return all(_same_hint(hint, one, other) for hint in _HINT_OF.values())


def as_text(
    schema: RecordsSchema, one: ValidatedRecordsHints, other: ValidatedRecordsHints
) -> RecordsSchema:
    """Return the schema with text for each column that both formats write the same way."""
    fields = [
        Field(field.name, "string") if _same_text(field, one, other) else field
        for field in schema.fields
    ]
    return RecordsSchema(fields)


def _same_text(field: Field, one: ValidatedRecordsHints, other: ValidatedRecordsHints) -> bool:
    hint = _HINT_OF.get(field.field_type)
    return hint is None or _same_hint(hint, one, other)


def _same_hint(hint: str, one: ValidatedRecordsHints, other: ValidatedRecordsHints) -> bool:
    mine, its = getattr(one, hint), getattr(other, hint)
    return bool(mine == its or (hint in _DATES and parse_format(mine) == parse_format(its)))
