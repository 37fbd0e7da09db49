"""What a format cannot carry of the columns of a schema, told before anything is written."""

from __future__ import annotations

from typing import TYPE_CHECKING

from records_mover.formats.columns.dates import ISO_HINTS, parse_format
from records_mover.formats.delimited.format import DelimitedRecordsFormat
from records_mover.frozen import frozen
from records_mover.schema import TimeConstraints

if TYPE_CHECKING:
    from collections.abc import Iterator

    from records_mover.formats.base import BaseRecordsFormat
    from records_mover.formats.delimited.hints import ValidatedRecordsHints
    from records_mover.schema import Field, RecordsSchema

__all__ = ["Loss", "losses"]

_TEXTUAL = ("string", "json", "interval", "uuid", "timetz", "array")
_HINTS = {
    "date": "dateformat",
    "time": "timeonlyformat",
    "datetime": "datetimeformat",
    "datetimetz": "datetimeformattz",
}
_DAY = (("YYYY", "the year"), ("MM", "the month"), ("DD", "the day"))
_HOUR = (("HH24", "the hour"), ("MI", "the minutes"), ("SS", "the seconds"))


@frozen
class Loss:
    """A column of which a format keeps less than it holds, and what it loses.

    ``refused`` says that such a value is refused when it comes, and not changed. ``keeps`` is the
    hint with which nothing is lost, and its value, where one is enough.
    """

    column: str
    why: str
    refused: bool = False
    keeps: tuple[str, str] | None = None

    def __str__(self) -> str:
        return f"column '{self.column}': {self.why}"


def losses(schema: RecordsSchema, fmt: BaseRecordsFormat) -> tuple[Loss, ...]:
    """Return what is lost when rows of the schema are written in the format.

    Values that cannot be written at all are no loss: they are refused with an error.
    """
    return tuple(loss for field in schema.fields for loss in _of_field(field, fmt))


def _of_field(field: Field, fmt: BaseRecordsFormat) -> Iterator[Loss]:
    if isinstance(fmt, DelimitedRecordsFormat):
        hints = fmt.validate()
        for why, keeps in _nulls(field, hints):
            yield Loss(column=field.name, why=why, keeps=keeps)
        for why, hint in _times(field, hints):
            yield Loss(column=field.name, why=why, keeps=(hint, ISO_HINTS[hint]))
    elif fmt.format_type == "avro" and _nanoseconds(field):
        why = "Avro has microseconds: values with more digits are refused"
        yield Loss(column=field.name, why=why, refused=True)


def _nulls(
    field: Field, hints: ValidatedRecordsHints
) -> Iterator[tuple[str, tuple[str, str] | None]]:
    if field.required or field.field_type not in _TEXTUAL:
        return
    if hints.null_marker is None:
        keeps = ("null-marker", "") if hints.quoting is not None else None
        yield "NULL is written as empty text and read as such", keeps
    elif hints.quoting is None and not (hints.escape and hints.escape in hints.null_marker):
        marker = f"the text '{hints.null_marker}'" if hints.null_marker else "empty text"
        if field.field_type == "string":
            yield f"nothing tells {marker} from NULL", ("quoting", "minimal")


def _times(field: Field, hints: ValidatedRecordsHints) -> Iterator[tuple[str, str]]:
    hint = _HINTS.get(field.field_type)
    if hint is None:
        return
    written = getattr(hints, hint)
    tokens = parse_format(written).tokens
    lost = [what for token, what in _parts(field.field_type) if not _kept(token, tokens)]
    if "YY" in tokens and "YYYY" not in tokens:
        lost.append("the century")
    if lost:
        yield f"{hint} {written} does not keep {', '.join(lost)}", hint


def _parts(field_type: str) -> tuple[tuple[str, str], ...]:
    if field_type == "date":
        return _DAY
    return _HOUR if field_type == "time" else (*_DAY, *_HOUR)


def _kept(token: str, tokens: frozenset[str]) -> bool:
    if token == "HH24":  # noqa: S105  a token of a format, no secret
        return "HH24" in tokens or {"HH12", "AM"} <= tokens
    return token in tokens or (token == "YYYY" and "YY" in tokens)  # noqa: S105


def _nanoseconds(field: Field) -> bool:
    return isinstance(field.constraints, TimeConstraints) and (field.constraints.precision or 0) > 6
