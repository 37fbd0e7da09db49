"""The query of an UNLOAD: each column as the format wants its values."""

# ruff: noqa: S608 - every name and text in these statements is quoted by words.py

from __future__ import annotations

from typing import TYPE_CHECKING

from mover_redshift.types import ORIGIN
from mover_redshift.words import identifier, literal
from records_mover.db.sql.query_text import subquery
from records_mover.schema import SqlRepresentation

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mover_redshift.database import RedshiftDatabase
    from mover_redshift.options import Options
    from records_mover.parts import Selection
    from records_mover.schema import Field, RecordsSchema

__all__ = ["cannot_carry", "unload_query"]

_TEXTUAL = frozenset({"string", "json", "interval", "uuid", "timetz", "array"})
_SPATIAL = frozenset({"geometry", "geography", "hllsketch"})


def _word(field: Field) -> str:
    known = field.representations.get(ORIGIN)
    kind = known.col_type if isinstance(known, SqlRepresentation) else None
    return (kind or "").partition("(")[0]


def cannot_carry(schema: RecordsSchema, options: Options, *, lenient: bool) -> str:
    """Say which columns a format of UNLOAD would not keep, nothing where it keeps all."""
    found = (why for field in schema.fields if (why := _why(field, options, lenient=lenient)))
    return next(found, "")


def _why(field: Field, options: Options, *, lenient: bool) -> str:
    word, mode, name = _word(field), options.mode, f"column '{field.name}'"
    if mode in ("delimited", "csv") and word in ("real", "double precision"):
        return f"UNLOAD cuts the digits of {word} in text, and {name} is of that"
    if mode == "csv" and not lenient and field.field_type in _TEXTUAL and not field.required:
        return f"UNLOAD in CSV mode writes NULL and a text like it alike, and {name} may hold both"
    if mode in ("parquet", "json") and (word in _SPATIAL or word == "varbyte"):
        return f"UNLOAD writes no {word} as {mode.upper()}, which {name} is"
    if mode == "json" and field.field_type == "boolean":
        return f"UNLOAD writes booleans as text in JSON, and {name} is one"
    return ""


def unload_query(
    database: RedshiftDatabase, selection: Selection, schema: RecordsSchema, options: Options
) -> str:
    """Return the SELECT of an UNLOAD; its outermost part has no LIMIT."""
    listed = ", ".join(_expression(field, options) for field in schema.fields)
    if selection.table is not None:
        return f"SELECT {listed} FROM {database.table_sql(selection.table)}"
    return f"SELECT {listed} FROM {subquery(selection.query or '')}"


def _expression(field: Field, options: Options) -> str:
    name = identifier(field.name)
    made = next(_made(name, field, options), name)
    return name if made == name else f"{made} AS {name}"


def _made(name: str, field: Field, options: Options) -> Iterator[str]:
    word, text = _word(field), options.mode in ("delimited", "csv")
    if word == "super":
        yield f"JSON_SERIALIZE({name})"
    if text and field.field_type == "boolean" and options.booleans is not None:
        true, false = (literal(spelled) for spelled in options.booleans)
        yield f"CASE WHEN {name} THEN {true} WHEN NOT {name} THEN {false} END"
    if text and word == "varbyte":
        yield f"'\\\\x' || to_hex({name})"
    if options.mode == "parquet" and (word == "timetz" or word.startswith("interval")):
        yield f"CAST({name} AS VARCHAR(64))"
