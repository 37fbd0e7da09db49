"""The shapes that rows take in files: delimited text, Parquet, Avro and JSON lines."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from records_mover.formats.base import BaseRecordsFormat
    from records_mover.formats.columns.conform import conforming
    from records_mover.formats.delimited.format import DelimitedRecordsFormat
    from records_mover.formats.delimited.header import read_header
    from records_mover.formats.delimited.hints import (
        PartialRecordsHints,
        UntypedRecordsHints,
        ValidatedRecordsHints,
    )
    from records_mover.formats.fidelity import Loss, losses
    from records_mover.formats.infer import infer_schema
    from records_mover.formats.names import RecordsFormat, format_from_config, format_from_name
    from records_mover.formats.plain import (
        AvroRecordsFormat,
        JsonLinesRecordsFormat,
        OrcRecordsFormat,
        ParquetRecordsFormat,
    )
    from records_mover.formats.reading import read_batches
    from records_mover.formats.recode.files import read_files, write_files
    from records_mover.formats.sniff import Finding, Sniffed
    from records_mover.formats.writing import write_batches

__all__ = [
    "AvroRecordsFormat",
    "BaseRecordsFormat",
    "DelimitedRecordsFormat",
    "Finding",
    "JsonLinesRecordsFormat",
    "Loss",
    "OrcRecordsFormat",
    "ParquetRecordsFormat",
    "PartialRecordsHints",
    "RecordsFormat",
    "Sniffed",
    "UntypedRecordsHints",
    "ValidatedRecordsHints",
    "conforming",
    "format_from_config",
    "format_from_name",
    "infer_schema",
    "losses",
    "read_batches",
    "read_files",
    "read_header",
    "write_batches",
    "write_files",
]

_HOMES = {
    "base": ("BaseRecordsFormat",),
    "columns.conform": ("conforming",),
    "fidelity": ("Loss", "losses"),
    "recode.files": ("read_files", "write_files"),
    "delimited.format": ("DelimitedRecordsFormat",),
    "delimited.header": ("read_header",),
    "delimited.hints": ("PartialRecordsHints", "UntypedRecordsHints", "ValidatedRecordsHints"),
    "infer": ("infer_schema",),
    "names": ("RecordsFormat", "format_from_config", "format_from_name"),
    "plain": (
        "AvroRecordsFormat",
        "JsonLinesRecordsFormat",
        "OrcRecordsFormat",
        "ParquetRecordsFormat",
    ),
    "reading": ("read_batches",),
    "sniff": ("Finding", "Sniffed"),
    "writing": ("write_batches",),
}
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names}

if not TYPE_CHECKING:  # so that a slip of the pen is found by type checkers

    def __getattr__(name: str) -> Any:
        if name not in _HOME_OF:
            raise AttributeError(f"module '{__name__}' has no attribute '{name}'")
        value = getattr(import_module(f"{__name__}.{_HOME_OF[name]}"), name)
        globals()[name] = value
        return value


def __dir__() -> list[str]:
    """Let a notebook complete the public names, whose homes nobody has looked into yet."""
    return sorted({*globals(), *__all__})
