"""The formats that need no plugin, registered as a plugin like any other."""

from __future__ import annotations

from typing import TYPE_CHECKING

from records_mover.hookspecs import hookimpl
from records_mover.parts import FormatKind

if TYPE_CHECKING:
    from collections.abc import Iterable

MOVER_API = 1


@hookimpl
def mover_formats() -> Iterable[FormatKind]:
    """Delimited text, Parquet, Avro and JSON lines; ORC for servers that read it themselves."""
    return [
        FormatKind(name="delimited", extensions=(".csv", ".tsv", ".tab", ".psv", ".txt")),
        FormatKind(name="parquet", extensions=(".parquet",)),
        FormatKind(name="avro", extensions=(".avro",)),
        FormatKind(name="orc", extensions=(".orc",), readable=False, writable=False),
        FormatKind(name="jsonl", extensions=(".jsonl", ".ndjson")),
    ]
