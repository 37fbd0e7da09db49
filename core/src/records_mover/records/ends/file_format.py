"""What the options say about how a file is, or is to be, written."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from records_mover.errors import FormatError, NotFoundError, SchemaError, UsageError
from records_mover.formats import (
    BaseRecordsFormat,
    DelimitedRecordsFormat,
    RecordsFormat,
    format_from_name,
)
from records_mover.formats.compression import compression_of_name, without_suffix
from records_mover.formats.names import OTHER_KINDS, PLAIN_CSV, TEXT_KINDS
from records_mover.utils.words import meant

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from records_mover.records.options import MoveOptions
    from records_mover.schema import RecordsSchema

__all__ = [
    "check_format",
    "check_hints",
    "read_schema",
    "source_format",
    "target_format",
    "told_format",
]

_CSV = "write .csv, which spreadsheets open"
_PACKED = "write .csv.gz or .csv.zst"
_ARROW = "write .parquet"
_OTHERS = {
    **dict.fromkeys((".xlsx", ".xls", ".ods"), _CSV),
    **dict.fromkeys((".zip", ".xz", ".7z", ".tar", ".rar", ".br"), _PACKED),
    **dict.fromkeys((".arrow", ".feather", ".ipc", ".orc"), _ARROW),
    **dict.fromkeys((".json", ".geojson"), "write .jsonl, one JSON object a line"),
    **dict.fromkeys((".db", ".sqlite", ".sqlite3"), "name it as sqlite:///path::table"),
    **dict.fromkeys((".parquet", ".avro"), "leave out the last suffix: it is packed within"),
    **dict.fromkeys((".xml", ".html", ".pdf"), "write .csv or .jsonl"),
}
"""Names that would promise what is not in the file, and what to do instead."""

_HINTS = {"jsonl": {"compression"}}
"""Hints of formats that are no delimited text."""


def source_format(options: MoveOptions, name: str) -> BaseRecordsFormat | None:
    """Return the format that the options spell out, or None where it is to be sniffed."""
    return _spelled(options.format, options.variant, options.hints, name)


def target_format(options: MoveOptions, name: str) -> BaseRecordsFormat:
    """Return the format to write: as the options say, else as the name says, else plain CSV."""
    kind, variant, hints = options.target_format, options.target_variant, options.target_hints
    spelled = _spelled(kind, variant, hints, name, header=True)
    if spelled is not None:
        return spelled
    named = format_from_name(name) or _plain_csv(name)
    return told_format(named, options, "target_")


def check_hints(form: BaseRecordsFormat, hints: Mapping[str, object]) -> None:
    """Raise ``UsageError`` for hints of what says itself how it is written.

    How it is compressed is the one thing that may be said of any file.
    """
    if not isinstance(form, DelimitedRecordsFormat):
        _with_hints(form, {name: hints[name] for name in hints if name != "compression"})


def told_format(
    form: BaseRecordsFormat, options: MoveOptions, end: Literal["", "target_"]
) -> BaseRecordsFormat:
    """Return a format that a factory was given, with the hints of the move over its own.

    Raises ``UsageError`` where the move names a format, too, or hints for what takes none.
    """
    options.refuse((f"{end}format", f"{end}variant"), "a file whose format was given")
    hints: Mapping[str, object] = getattr(options, f"{end}hints")
    if isinstance(form, DelimitedRecordsFormat):
        return form.alter_hints(hints)
    return _with_hints(form, hints)


def _plain_csv(name: str) -> BaseRecordsFormat:
    """Return plain CSV for a name that says no format, unless it says one that is none of ours."""
    stem = without_suffix(name.rpartition("/")[2]).lower()
    advice = next((_OTHERS[suffix] for suffix in _OTHERS if stem.endswith(suffix)), None)
    if advice is not None:
        what = f"{name!r} is called like a file of a format that is not written"
        raise FormatError(what, f"{advice}, or name a format with --target-format")
    return PLAIN_CSV.alter_hints({"compression": compression_of_name(name)})


def _spelled(
    kind: str | None,
    variant: str | None,
    hints: Mapping[str, object],
    name: str,
    *,
    header: bool = False,
) -> BaseRecordsFormat | None:
    """Build a format from its options; ``csv`` and ``tsv`` are kinds too."""
    if kind is None and variant is None:
        return None
    if kind is not None and kind not in (*TEXT_KINDS, *OTHER_KINDS):
        raise _unknown(kind)
    if kind in OTHER_KINDS:
        if variant is not None:
            what = f"the variant {variant!r} is one of delimited text, and the format is {kind!r}"
            raise UsageError(what, "leave out one of them")
        return _with_hints(RecordsFormat(str(kind)), hints).for_name(name)
    if header:
        hints = {"header-row": True, **hints}
    if kind == "tsv" and variant is not None:
        raise UsageError("the format 'tsv' has no variants", "say --format delimited, or leave out")
    if variant is not None or kind == "delimited":
        return DelimitedRecordsFormat(variant or "csv", hints).for_name(name)
    tab = {"field-delimiter": "\t"} if kind == "tsv" else {}
    return PLAIN_CSV.alter_hints({**tab, "compression": compression_of_name(name), **hints})


def _with_hints(named: BaseRecordsFormat, hints: Mapping[str, object]) -> BaseRecordsFormat:
    """Return a format whose files say themselves how to read them, but for their compression."""
    strange = sorted(hints.keys() - _HINTS.get(named.format_type, set()))
    if strange:
        what = f"the format '{named.format_type}' takes no hint '{strange[0]}'"
        raise UsageError(what, "leave it out, or name a format of delimited text")
    return RecordsFormat(named.format_type, hints=hints) if hints else named


def _unknown(kind: str) -> FormatError:
    known = (*TEXT_KINDS, *OTHER_KINDS)
    return FormatError(
        f"the format {kind!r} is unknown{meant(kind, known)}", f"use one of: {', '.join(known)}"
    )


def read_schema(path: str | Path | RecordsSchema) -> RecordsSchema:
    """Read a records schema from a JSON file; one that is given stays itself.

    Raises ``NotFoundError`` where it cannot be read, ``SchemaError`` where it is no schema.
    """
    from os import PathLike
    from pathlib import Path as LocalPath

    from records_mover.schema import RecordsSchema

    if isinstance(path, RecordsSchema):
        return path
    if not isinstance(path, str | PathLike):
        raise UsageError(
            f"{type(path).__name__!r} is no records schema",
            "give the path of its JSON, or make one by RecordsSchema.from_data",
        )
    try:
        return RecordsSchema.from_json(LocalPath(path).read_text(encoding="utf-8"))
    except OSError as error:
        raise NotFoundError(f"cannot read the schema {str(path)!r}", "check the path") from error
    except SchemaError as error:
        advice = "'mvrec schema SOURCE' prints one"
        raise SchemaError(f"in {str(path)!r}: {error.what}", advice) from error


def check_format(form: object) -> None:
    """Raise ``UsageError`` unless this is a format, or None."""
    if form is not None and not isinstance(form, BaseRecordsFormat):
        raise UsageError(f"{form!r} is no format", "give RecordsFormat(...)")
