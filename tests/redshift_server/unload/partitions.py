"""PARTITION BY of UNLOAD: Hive's paths."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote

from redshift_server.errors import RedshiftError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from redshift_server.grammar.unload import UnloadStatement
    from redshift_server.unload.fields import Field

__all__ = ["NULL", "partition_path", "partition_places"]

_TYPES = {
    "int2", "int4", "int8", "numeric", "float4", "bool", "bpchar", "varchar", "date", "timestamp",
    "text",
}  # fmt: skip
NULL = "__HIVE_DEFAULT_PARTITION__"


def partition_places(statement: UnloadStatement, fields: Sequence[Field]) -> list[int]:
    """Return the places of the partition columns, in the order that was asked for."""
    names = [field.name for field in fields]
    for name in statement.partition:
        if name not in names:
            raise RedshiftError(f'column "{name}" does not exist', sqlstate="42703")
        if (kind := fields[names.index(name)].type) not in _TYPES:
            said = f"Unsupported type {kind} for partition column {name}"
            raise RedshiftError(said, sqlstate="0A000")
    if statement.partition and len(set(statement.partition)) >= len(names):
        raise RedshiftError("UNLOAD needs at least one column that is no partition column")
    return [names.index(name) for name in statement.partition]


def partition_path(
    row: Sequence[bytes | None], fields: Sequence[Field], places: Sequence[int]
) -> str:
    """Return ``name=value/`` for each partition column."""
    path = ""
    for place in places:
        value = row[place]
        text = NULL if value is None else quote(value.decode(), safe=" -.,()@&$!~+;")
        path += f"{fields[place].name}={text}/"
    return path
