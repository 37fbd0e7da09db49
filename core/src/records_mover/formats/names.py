"""Formats by name: of a file, of a type, of a configuration."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, overload

from records_mover.errors import FormatError
from records_mover.formats.columns.dates import ISO_HINTS
from records_mover.formats.compression import compression_of_name, without_suffix
from records_mover.formats.delimited.format import DelimitedRecordsFormat
from records_mover.formats.plain import (
    AvroRecordsFormat,
    JsonLinesRecordsFormat,
    OrcRecordsFormat,
    ParquetRecordsFormat,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from records_mover.formats.base import BaseRecordsFormat
    from records_mover.instructions import ProcessingInstructions

__all__ = [
    "OTHER_KINDS",
    "PLAIN_CSV",
    "TEXT_KINDS",
    "RecordsFormat",
    "format_from_config",
    "format_from_name",
]

# What is written to a file called .csv: no value loses digits, seconds, a century or its zone.
PLAIN_CSV = DelimitedRecordsFormat("csv", {"compression": None, **ISO_HINTS})

_TEXT_SUFFIXES = {".csv": ",", ".tsv": "\t", ".tab": "\t", ".psv": "|"}
_JSON_LINES = (".jsonl", ".ndjson")

TEXT_KINDS = ("csv", "tsv", "delimited")
"""What a user may call delimited text."""
OTHER_KINDS = ("parquet", "avro", "jsonl", "orc")
"""The formats that are no delimited text."""


def format_from_name(filename: str) -> BaseRecordsFormat | None:
    """Return the format that a file of this name should have; None where the name does not say."""
    path = filename.partition("?")[0] if "://" in filename else filename
    stem, compression = without_suffix(path), compression_of_name(path)
    suffix = _suffix(stem)
    if suffix in _TEXT_SUFFIXES:
        hints = {"compression": compression, "field-delimiter": _TEXT_SUFFIXES[suffix]}
        return PLAIN_CSV.alter_hints(hints)
    if suffix in _JSON_LINES:
        return JsonLinesRecordsFormat(compression)
    if compression is None and suffix == ".parquet":
        return ParquetRecordsFormat()
    return AvroRecordsFormat() if compression is None and suffix == ".avro" else None


def _suffix(path: str) -> str:
    name = path.rpartition("/")[2].lower()
    dot = name.rfind(".")
    return name[dot:] if dot >= 0 else ""


@overload
def RecordsFormat(
    format_type: Literal["delimited"] = "delimited",
    variant: str = "bluelabs",
    hints: Mapping[str, object] | None = None,
    processing_instructions: ProcessingInstructions | None = None,
) -> DelimitedRecordsFormat: ...
@overload
def RecordsFormat(
    format_type: str,
    variant: str = "bluelabs",
    hints: Mapping[str, object] | None = None,
    processing_instructions: ProcessingInstructions | None = None,
) -> BaseRecordsFormat: ...
def RecordsFormat(  # noqa: N802  a function that reads like a class, as in 1.x
    format_type: str = "delimited",
    variant: str = "bluelabs",
    hints: Mapping[str, object] | None = None,
    processing_instructions: ProcessingInstructions | None = None,
) -> BaseRecordsFormat:
    """Return a format of the type named."""
    if format_type == "delimited":
        return DelimitedRecordsFormat(variant, hints, processing_instructions)
    if format_type == "jsonl":
        compression = (hints or {}).get("compression")
        return JsonLinesRecordsFormat(compression if compression is None else str(compression))
    if format_type == "parquet":
        return ParquetRecordsFormat()
    if format_type == "avro":
        return AvroRecordsFormat()
    if format_type == "orc":
        return OrcRecordsFormat()
    what = f"the format '{format_type}' is unknown"
    raise FormatError(what, "use one of: delimited, parquet, avro, jsonl, orc")


def format_from_config(
    config: Mapping[str, Any],
    format_type: str = "delimited",
    processing_instructions: ProcessingInstructions | None = None,
) -> BaseRecordsFormat:
    """Return the format that ``config()`` described; ``type`` may be left out of it."""
    hints = config.get("hints") or {}
    if not isinstance(hints, dict):
        raise FormatError(f"the hints of a format are {hints!r}", "they must be a JSON object")
    written = str(config.get("type", format_type))
    if written == "delimited" and not isinstance(config.get("variant"), str):
        what = f"the variant of a delimited format is {config.get('variant')!r}"
        raise FormatError(what, "name it in 'variant'")
    return RecordsFormat(written, config.get("variant", ""), hints, processing_instructions)
