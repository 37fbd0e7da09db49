"""The records API: sources, targets, plans and moves."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from records_mover.errors import RecordsException, RecordsFolderNonEmptyException
    from records_mover.formats import (
        AvroRecordsFormat,
        BaseRecordsFormat,
        DelimitedRecordsFormat,
        JsonLinesRecordsFormat,
        ParquetRecordsFormat,
        PartialRecordsHints,
        RecordsFormat,
        UntypedRecordsHints,
    )
    from records_mover.formats.base import RecordsFormatType
    from records_mover.formats.delimited.hints import DelimitedVariant
    from records_mover.instructions import ProcessingInstructions
    from records_mover.records.ends.end import RecordsSource, RecordsTarget
    from records_mover.records.existing import ExistingTableHandling
    from records_mover.records.options import MoveOptions
    from records_mover.records.progress import Progress
    from records_mover.records.result import MoveResult
    from records_mover.records.route.plan import Plan
    from records_mover.records.sources import RecordsSources
    from records_mover.records.targets import RecordsTargets
    from records_mover.schema import RecordsSchema

__all__ = [
    "AvroRecordsFormat",
    "BaseRecordsFormat",
    "DelimitedRecordsFormat",
    "DelimitedVariant",
    "ExistingTableHandling",
    "JsonLinesRecordsFormat",
    "MoveOptions",
    "MoveResult",
    "ParquetRecordsFormat",
    "PartialRecordsHints",
    "Plan",
    "ProcessingInstructions",
    "Progress",
    "Records",
    "RecordsException",
    "RecordsFolderNonEmptyException",
    "RecordsFormat",
    "RecordsFormatType",
    "RecordsSchema",
    "RecordsSource",
    "RecordsSources",
    "RecordsTarget",
    "RecordsTargets",
    "UntypedRecordsHints",
    "move",
]

_HOMES = {
    "errors": ("RecordsException", "RecordsFolderNonEmptyException"),
    "formats": (
        "AvroRecordsFormat",
        "BaseRecordsFormat",
        "DelimitedRecordsFormat",
        "JsonLinesRecordsFormat",
        "ParquetRecordsFormat",
        "PartialRecordsHints",
        "RecordsFormat",
        "UntypedRecordsHints",
    ),
    "formats.base": ("RecordsFormatType",),
    "formats.delimited.hints": ("DelimitedVariant",),
    "instructions": ("ProcessingInstructions",),
    "records.ends.end": ("RecordsSource", "RecordsTarget"),
    "records.existing": ("ExistingTableHandling",),
    "records.options": ("MoveOptions",),
    "records.progress": ("Progress",),
    "records.result": ("MoveResult",),
    "records.route.plan": ("Plan",),
    "records.sources": ("RecordsSources",),
    "records.targets": ("RecordsTargets",),
    "schema": ("RecordsSchema",),
    # Of the rooms above, which 1.x had here too.
    "default": ("move",),
    "session": ("Records",),
}
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names}


def __getattr__(name: str) -> Any:
    """Import a public name from its home when it is first asked for."""
    if name in ("schema", "sources", "targets"):  # modules, which 1.x had imported by now
        return import_module(f"records_mover.records.{name}")
    if name not in _HOME_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"records_mover.{_HOME_OF[name]}"), name)


def __dir__() -> list[str]:
    """Let a notebook complete the public names, whose homes nobody has looked into yet."""
    return sorted({*globals(), *__all__, "schema", "sources", "targets"})
