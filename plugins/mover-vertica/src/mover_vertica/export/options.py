"""From a format and its hints to the parameters of EXPORT and S3EXPORT, or to why they cannot."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from records_mover.formats import DelimitedRecordsFormat
from records_mover.formats.delimited.unable import Unable, is_one_byte, unlike_iso

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from records_mover.formats import BaseRecordsFormat
    from records_mover.formats.delimited.hints import ValidatedRecordsHints

__all__ = ["ExportOptions", "export_options", "s3export_options"]

Mode = Literal["parquet", "delimited"]

NO_ESCAPE = "\x03"
"""An escape for rows that need none, see ``ExportOptions.forbidden``."""

_EXPORT_CODECS: Mapping[str | None, str] = {
    None: "Uncompressed",
    "GZIP": "GZip",
    "BZIP": "BZip",
    "ZSTD": "ZSTD",
}
_LIBRARY_CODECS: Mapping[str | None, str] = {None: "none", "BZIP": "bzip"}


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportOptions:
    """What a format asks of an export; all but ``mode`` is of delimited text alone.

    ``quote`` is empty where no text is enclosed. ``forbidden`` are the characters that no text may
    hold, as nothing would tell them from those that part values: they are looked for beforehand.
    ``booleans`` is None where Vertica's own ``t`` and ``f`` will do.
    """

    mode: Mode
    delimiter: str = ""
    terminator: str = ""
    quote: str = ""
    escape: str = ""
    null: str = ""
    codec: str = ""
    header: bool = False
    forbidden: str = ""
    booleans: tuple[str, str] | None = None


def export_options(form: BaseRecordsFormat) -> ExportOptions | tuple[Unable, ...]:
    """Return how EXPORT writes a format, or every reason why it cannot."""
    if isinstance(form, DelimitedRecordsFormat):
        hints = form.validate()
        return _text(hints, _EXPORT_CODECS, ()) or _options(hints, _EXPORT_CODECS)
    if form.format_type == "parquet":
        return ExportOptions(mode="parquet")
    if form.format_type == "jsonl":
        return (Unable("", "EXPORT TO JSON leaves open how it writes numbers, dates and bytes"),)
    return (Unable("", f"EXPORT writes no {form.format_type}"),)


def s3export_options(form: BaseRecordsFormat) -> ExportOptions | tuple[Unable, ...]:
    """Return how S3EXPORT writes a format, or every reason why it cannot."""
    if not isinstance(form, DelimitedRecordsFormat):
        return (Unable("", f"S3EXPORT writes delimited text, not {form.format_type}"),)
    hints = form.validate()
    more = (Unable("header-row", "S3EXPORT writes no header"),) if hints.header_row else ()
    return _text(hints, _LIBRARY_CODECS, more) or _options(hints, _LIBRARY_CODECS)


def _text(
    hints: ValidatedRecordsHints, codecs: Mapping[str | None, str], more: tuple[Unable, ...]
) -> tuple[Unable, ...]:
    return (
        *more,
        *_signs(hints),
        *_packing(hints, codecs),
        *_quotes(hints),
        *unlike_iso(hints, "Vertica"),
    )


def _options(hints: ValidatedRecordsHints, codecs: Mapping[str | None, str]) -> ExportOptions:
    quote = hints.quotechar if hints.quoting is not None else ""
    escape = hints.escape or (quote if hints.doublequote else "") or NO_ESCAPE
    return ExportOptions(
        mode="delimited",
        delimiter=hints.field_delimiter,
        terminator=hints.record_terminator,
        quote=quote,
        escape=escape,
        null=hints.null_marker or "",
        codec=codecs[hints.compression],
        header=hints.header_row,
        forbidden=_forbidden(hints, escape),
        booleans=None if hints.booleans == ("t", "f") else hints.booleans,
    )


def _forbidden(hints: ValidatedRecordsHints, escape: str) -> str:
    if escape != NO_ESCAPE:
        return ""
    signs = [hints.field_delimiter, *hints.record_terminator, escape]
    return "".join(dict.fromkeys(signs))


def _signs(hints: ValidatedRecordsHints) -> Iterator[Unable]:
    if not is_one_byte(hints.field_delimiter):
        said = f"Vertica takes one ASCII character, not {hints.field_delimiter!r}"
        yield Unable("field-delimiter", said)
    if not hints.record_terminator.isascii() or "\0" in hints.record_terminator:
        yield Unable("record-terminator", f"Vertica takes ASCII, not {hints.record_terminator!r}")
    if hints.null_marker is None:
        yield Unable("null-marker", "Vertica needs a way to write NULL")
    elif not hints.null_marker.isascii() or set(hints.null_marker) & {"\0", "\r", "\n"}:
        yield Unable("null-marker", f"Vertica cannot be told {hints.null_marker!r}")
    if hints.decimal_separator != ".":
        yield Unable("decimal-separator", "Vertica writes numbers with a point only")
    if hints.skip_lines:
        yield Unable("skip-lines", "Vertica writes no lines before the rows")


def _packing(hints: ValidatedRecordsHints, codecs: Mapping[str | None, str]) -> Iterator[Unable]:
    if hints.compression not in codecs:
        known = ", ".join(name for name in codecs if name)
        yield Unable("compression", f"it packs with {known} only, not {hints.compression}")
    if hints.codec != "utf-8" or hints.encoding == "UTF8BOM":
        yield Unable("encoding", f"Vertica writes UTF8, not {hints.encoding}")


def _quotes(hints: ValidatedRecordsHints) -> Iterator[Unable]:
    if hints.quoting is None:
        if hints.escape is None and NO_ESCAPE in hints.field_delimiter + hints.record_terminator:
            yield Unable("escape", "Vertica needs an escape beside these signs")
        return
    if hints.quoting == "all":
        yield Unable("quoting", "Vertica puts quotes around text and dates only")
    if not is_one_byte(hints.quotechar):
        yield Unable("quotechar", f"Vertica takes one ASCII character, not {hints.quotechar!r}")
    if hints.doublequote and hints.escape is not None:
        yield Unable("escape", "Vertica escapes a quote in one way, not in two")
    if not hints.doublequote and hints.escape is None:
        yield Unable("doublequote", "Vertica needs a way to write a quote inside quotes")
