"""The query of an export: each column as its format wants it, or why it cannot have it."""

# ruff: noqa: S608 - every name and text in these statements is quoted by words.py

from __future__ import annotations

from typing import TYPE_CHECKING

from mover_vertica.words import identifier, literal, option
from records_mover.db.sql.query_text import subquery
from records_mover.schema import DecimalConstraints

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mover_vertica.export.options import ExportOptions
    from records_mover.parts import Selection
    from records_mover.schema import Field, RecordsSchema

__all__ = ["cannot_carry", "columns_of", "looked_for", "source_of"]

_PARQUET_DIGITS = 38
_TEXTUAL = frozenset({"string", "json"})
_SPELLED = {
    "interval": "an interval as nobody else reads it",
    "array": "an array as COPY alone reads it",
    "json": "what is nested as COPY alone reads it",
}


def cannot_carry(
    schema: RecordsSchema, options: ExportOptions, statement: str, *, lenient: bool
) -> str:
    """Say which column the format would not keep, nothing where it keeps all."""
    for field in schema.fields:
        why = next(_reasons(field, options, lenient=lenient), "")
        if why:
            return f"{statement} writes {why}, and column '{field.name}' is one"
    return ""


def _reasons(field: Field, options: ExportOptions, *, lenient: bool) -> Iterator[str]:
    kind, facts = field.field_type, field.constraints
    if kind in _SPELLED:
        yield _SPELLED[kind]
    decimal = facts if isinstance(facts, DecimalConstraints) else DecimalConstraints()
    if options.mode == "parquet":
        if kind in ("time", "timetz"):
            yield "a time of day as text"
        wide = decimal.fixed_precision is None or decimal.fixed_precision > _PARQUET_DIGITS
        if kind == "decimal" and decimal.fp_significand_bits is None and wide:
            yield "a NUMERIC of more than 38 digits as text"
    elif kind == "decimal" and decimal.fp_significand_bits is not None and not lenient:
        yield "15 digits of a FLOAT in text"


def source_of(selection: Selection, table: str) -> str:
    """Return what stands behind FROM; ``table`` is the table's name as it is written in SQL."""
    if selection.table is not None:
        return table
    return subquery(selection.query or "")


def columns_of(schema: RecordsSchema, options: ExportOptions) -> tuple[str, ...]:
    """Return the columns as they are selected, each under its own name."""
    return tuple(_expression(field, options) for field in schema.fields)


def _expression(field: Field, options: ExportOptions) -> str:
    name = identifier(field.name)
    made = next(_made(name, field, options), name)
    return name if made == name else f"{made} AS {name}"


def _made(name: str, field: Field, options: ExportOptions) -> Iterator[str]:
    kind, text = field.field_type, options.mode == "delimited"
    if kind == "datetimetz" and not text:
        yield f"({name} AT TIME ZONE 'UTC')"
    if kind == "uuid" and not text:
        yield f"CAST({name} AS VARCHAR(36))"
    if kind == "bytes" and text:
        yield f"'\\x' || TO_HEX({name})"
    if kind == "boolean" and text and options.booleans is not None:
        true, false = (literal(spelled) for spelled in options.booleans)
        yield f"CASE WHEN {name} THEN {true} WHEN NOT {name} THEN {false} END"


def looked_for(schema: RecordsSchema, options: ExportOptions, source: str) -> str:
    """Return a query for one column whose text holds what it must not; empty where none can."""
    if not options.forbidden:
        return ""
    fields = [field for field in schema.fields if field.field_type in _TEXTUAL]
    tests = [(field.name, _holds(field, options.forbidden)) for field in fields]
    if not tests:
        return ""
    cases = " ".join(f"WHEN {test} THEN {literal(name)}" for name, test in tests)
    wanted = " OR ".join(test for _, test in tests)
    return f"SELECT CASE {cases} END FROM {source} WHERE {wanted} LIMIT 1"


def _holds(field: Field, signs: str) -> str:
    name = identifier(field.name)
    return "(" + " OR ".join(f"INSTR({name}, {option(sign)}) > 0" for sign in signs) + ")"
