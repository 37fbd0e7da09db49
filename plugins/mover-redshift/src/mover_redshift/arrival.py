r"""Where values cannot go straight into their columns: a temporary table, and what is made of it.

COPY maps Parquet by position and wants the very types of the file; text of a VARBYTE comes as
``\x`` and digits. Such rows land in a temporary table and are inserted from there by the server.
"""

# ruff: noqa: S608 - every name and text in these statements is quoted by words.py

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mover_redshift.words import folded, identifier
from records_mover.db import match_columns
from records_mover.db.publishing import staging
from records_mover.errors import FormatError
from records_mover.parts import TableInfo, TableName

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pyarrow as pa
    from sqlalchemy import Connection

    from mover_redshift.database import RedshiftDatabase

__all__ = ["Arrival", "landed", "parquet_arrivals", "text_arrivals"]

_BYTES = "varbyte"
_FROM_HEX = "from_hex(CASE WHEN substring({0}, 1, 2) = '\\\\x' THEN substring({0}, 3) ELSE {0} END)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """How a column's values arrive: the type that they land in, and what is made of them."""

    column: str
    type: str
    direct: bool
    made: str = "{}"


def text_arrivals(columns: Sequence[str], types: Sequence[str]) -> list[Arrival]:
    r"""Say how text arrives: straight, but for bytes, which other systems write as ``\x6162``."""
    return [
        Arrival(
            column=name,
            type="varchar(65535)",
            direct=False,
            made=_FROM_HEX,
        )
        if kind.startswith(_BYTES)
        else Arrival(column=name, type=kind, direct=True)
        for name, kind in zip(columns, types, strict=True)
    ]


def parquet_arrivals(info: TableInfo, schema: pa.Schema) -> list[Arrival]:
    """Say how the columns of a Parquet file arrive: straight where the types are the same.

    COPY maps them by position; here the table's columns are found by name, in the file's order.
    """
    columns = match_columns(tuple(schema.names), info, stored=folded)
    types = {column.name: column.type for column in info.columns}
    return [
        _arriving(name, types[name], field) for name, field in zip(columns, schema, strict=True)
    ]


def _arriving(name: str, kind: str, field: pa.Field) -> Arrival:
    arrives = _type_of(field, name)
    if kind == "super":
        return Arrival(column=name, type=kind, direct=True)
    same = arrives.partition("(")[0] == kind.partition("(")[0]
    if same and ("decimal" not in kind or kind == arrives):
        return Arrival(column=name, type=kind, direct=True)
    # Text is not taken for anything else unasked; cut to a length it must not be, as CAST would.
    textual = kind.partition("(")[0] in ("varchar", "char", "character varying", "character")
    read = arrives.startswith("varchar") and not textual
    made = f"CAST({{}} AS {kind})" if read else "{}"
    return Arrival(column=name, type=arrives, direct=False, made=made)


def _type_of(field: pa.Field, column: str) -> str:
    import pyarrow.types as pat

    kind = field.type
    known = (
        (pat.is_int8, "smallint"),
        (pat.is_int16, "smallint"),
        (pat.is_int32, "integer"),
        (pat.is_int64, "bigint"),
        (pat.is_float32, "real"),
        (pat.is_float64, "double precision"),
        (pat.is_boolean, "boolean"),
        (pat.is_date32, "date"),
        (pat.is_string, "varchar(65535)"),
        (pat.is_large_string, "varchar(65535)"),
        (pat.is_binary, "varbyte(1024000)"),
        (pat.is_large_binary, "varbyte(1024000)"),
        (pat.is_nested, "super"),
    )
    for test, spelled in known:
        if test(kind):
            return spelled
    if pat.is_decimal(kind) and kind.precision <= 38 and kind.scale >= 0:
        return f"decimal({kind.precision},{kind.scale})"
    if pat.is_timestamp(kind):
        return "timestamptz" if kind.tz else "timestamp"
    if pat.is_time(kind) and str(kind) in ("time64[us]", "time32[ms]"):
        return "time"
    what = f"COPY reads no Parquet column of {kind}, which '{column}' is"
    raise FormatError(what, "name scratch space and give the columns types with --schema")


def landed(
    database: RedshiftDatabase,
    connection: Connection,
    table: TableName,
    arrivals: Sequence[Arrival],
) -> tuple[TableName, str]:
    """Make the table to COPY into, and return it with the INSERT that empties it; "" for none."""
    if all(arrival.direct for arrival in arrivals):
        return table, ""
    stage = TableName(name=f"{staging.STAGE}{staging.new_token()}_arriving")
    columns = ", ".join(f"{identifier(a.column)} {a.type.upper()}" for a in arrivals)
    made, target = database.table_sql(stage), database.table_sql(table)
    database.run(connection, f"CREATE TEMP TABLE {made} ({columns})")
    listed = ", ".join(identifier(arrival.column) for arrival in arrivals)
    given = ", ".join(a.made.format(identifier(a.column)) for a in arrivals)
    return stage, f"INSERT INTO {target} ({listed}) SELECT {given} FROM {made}"
