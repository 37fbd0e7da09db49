"""From a format and its hints to the options of COPY and UNLOAD, or to why they cannot."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from records_mover.formats import DelimitedRecordsFormat
from records_mover.formats.columns.dates import parse_format
from records_mover.formats.delimited.unable import NO_NULL, Unable, is_one_byte, unlike_iso

if TYPE_CHECKING:
    from collections.abc import Iterator

    from records_mover.formats import BaseRecordsFormat
    from records_mover.formats.delimited.hints import ValidatedRecordsHints

__all__ = ["COLUMNAR", "NO_NULL", "Options", "Unable", "copy_options", "unload_options"]

Mode = Literal["delimited", "csv", "json", "parquet", "avro", "orc"]

COLUMNAR = frozenset({"parquet", "orc"})
"""Modes in which COPY maps columns by position, and takes hardly any option."""

_CODECS = {"GZIP": "GZIP", "BZIP": "BZIP2", "LZO": "LZOP", "ZSTD": "ZSTD"}
_UNLOAD_CODECS = frozenset({"GZIP", "BZIP", "ZSTD"})
_ENCODINGS = {
    "utf-8": "",
    "utf-16": "UTF16",
    "utf-16-le": "UTF16LE",
    "utf-16-be": "UTF16BE",
}
_TRUE = frozenset({"t", "true", "y", "yes", "1"})
_FALSE = frozenset({"f", "false", "n", "no", "0"})
_ISO_DATES = frozenset({"YYYY-MM-DD"})
_ISO_TIMES = frozenset({"HH24:MI:SS", "HH24:MI"})
_ISO_MOMENTS = frozenset(
    {f"YYYY-MM-DD{sign}HH24:MI{rest}" for sign in " T" for rest in ("", ":SS", ":SSOF", "OF")}
)
_DATE_TOKENS = frozenset({"YYYY", "YY", "MM", "DD"})
_MOMENT_TOKENS = _DATE_TOKENS | {"HH24", "HH12", "MI", "SS", "AM"}
_SIGNS = frozenset("-/. :,T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What a format asks of COPY or UNLOAD; ``null`` None is what JSON, Avro and Parquet have.

    ``timeformat`` and ``dateformat`` are for COPY alone, ``header`` is lines for COPY to ignore.
    """

    mode: Mode
    delimiter: str = ""
    quote: str = ""
    escape: bool = False
    remove_quotes: bool = False
    null: str | None = None
    encoding: str = ""
    codec: str = ""
    header: int = 0
    dateformat: str = ""
    timeformat: str = ""
    booleans: tuple[str, str] | None = None


def copy_options(form: BaseRecordsFormat, *, lenient: bool = False) -> Options | tuple[Unable, ...]:
    """Return how COPY reads a format, or every reason why it cannot.

    ``lenient`` lets pass what may change a value without a word: it is for a user who has said
    that hints need not be honoured.
    """
    if isinstance(form, DelimitedRecordsFormat):
        return _copy_text(form.validate(), lenient=lenient)
    if form.format_type == "jsonl":
        if form.compression is not None and form.compression not in _CODECS:
            return (Unable("", f"COPY unpacks no {form.compression}"),)
        return Options(mode="json", codec=_codec(form.compression))
    if form.format_type == "parquet":
        return Options(mode="parquet")
    if form.format_type == "avro":
        return Options(mode="avro")
    if form.format_type == "orc":
        return Options(mode="orc")
    return (Unable("", f"COPY reads no {form.format_type}"),)


def unload_options(form: BaseRecordsFormat) -> Options | tuple[Unable, ...]:
    """Return how UNLOAD writes a format, or every reason why it cannot."""
    if isinstance(form, DelimitedRecordsFormat):
        return _unload_text(form.validate())
    if form.format_type == "jsonl" and form.compression is None:
        return Options(mode="json")
    if form.format_type == "parquet":
        return Options(mode="parquet")
    return (Unable("", f"UNLOAD writes no {form}"),)


def _codec(compression: str | None) -> str:
    return _CODECS.get(compression or "", "")


def _copy_text(hints: ValidatedRecordsHints, *, lenient: bool) -> Options | tuple[Unable, ...]:
    unable = [*_common(hints), *_cannot_read(hints), *_read_times(hints)]
    if not lenient:
        unable += _read_strictly(hints)
    if unable:
        return tuple(unable)
    csv = _is_csv(hints)
    return Options(
        mode="csv" if csv else "delimited",
        delimiter=hints.field_delimiter,
        quote=hints.quotechar if csv else "",
        escape=not csv and hints.escape is not None,
        remove_quotes=not csv and hints.quoting is not None,
        null=NO_NULL if hints.null_marker is None else hints.null_marker,
        encoding=_ENCODINGS[hints.codec],
        codec=_codec(hints.compression),
        header=hints.skip_lines + hints.header_row,
        dateformat=_format(hints.dateformat, _ISO_DATES),
        timeformat=_format(hints.datetimeformat, _ISO_MOMENTS) or "auto",
    )


def _is_csv(hints: ValidatedRecordsHints) -> bool:
    return hints.quoting is not None and hints.doublequote


def _common(hints: ValidatedRecordsHints) -> Iterator[Unable]:
    if not is_one_byte(hints.field_delimiter):
        said = f"Redshift takes one ASCII character, not {hints.field_delimiter!r}"
        yield Unable("field-delimiter", said)
    if hints.comment is not None:
        yield Unable("comment", "Redshift knows no comments")
    if hints.decimal_separator != ".":
        yield Unable("decimal-separator", "Redshift knows numbers with a point only")
    marker = hints.null_marker
    if marker not in (None, "\\N") and not _plain(marker or "", hints):
        yield Unable("null-marker", f"Redshift cannot be told {marker!r}")


def _plain(marker: str, hints: ValidatedRecordsHints) -> bool:
    signs = {"\r", "\n", "\0", "\\", hints.field_delimiter}
    if hints.quoting is not None:
        signs.add(hints.quotechar)
    return marker.isascii() and not signs & set(marker)


def _cannot_read(hints: ValidatedRecordsHints) -> Iterator[Unable]:
    if hints.compression is not None and hints.compression not in _CODECS:
        yield Unable("compression", f"COPY unpacks no {hints.compression}")
    if hints.codec not in _ENCODINGS or hints.encoding == "UTF8BOM":
        yield Unable("encoding", f"COPY reads UTF8 and UTF16, not {hints.encoding}")
    if hints.record_terminator not in ("\n", "\r\n"):
        yield Unable("record-terminator", "COPY knows rows that end with a newline only")
    true, false = (word.lower() for word in hints.booleans)
    if true not in _TRUE or false not in _FALSE:
        yield Unable("boolean-format", f"COPY does not read {hints.boolean_format!r}")
    if hints.quoting is not None:
        yield from _cannot_unquote(hints)


def _cannot_unquote(hints: ValidatedRecordsHints) -> Iterator[Unable]:
    if hints.doublequote:
        if hints.escape is not None:
            yield Unable("escape", "COPY in CSV mode escapes a quote by doubling it only")
        if not is_one_byte(hints.quotechar):
            yield Unable("quotechar", f"COPY takes one ASCII character, not {hints.quotechar!r}")
    elif hints.quoting != "all" or hints.quotechar not in "\"'":
        yield Unable("quoting", "COPY takes quotes off fields only where all of them have some")
    elif hints.escape is None:
        yield Unable("doublequote", "COPY needs a way to write a quote inside quotes")


def _read_strictly(hints: ValidatedRecordsHints) -> Iterator[Unable]:
    if _is_csv(hints) and hints.null_marker is not None:
        marker = f"a quoted '{hints.null_marker}'" if hints.null_marker else "quoted empty text"
        yield Unable(
            "null-marker",
            f"COPY in CSV mode takes {marker} for NULL too; where no NULL occurs say so with the "
            "hint null-marker=null",
        )


def _read_times(hints: ValidatedRecordsHints) -> Iterator[Unable]:
    date = parse_format(hints.dateformat)
    if not _spelled(hints.dateformat, _ISO_DATES, _DATE_TOKENS):
        yield Unable("dateformat", f"COPY has no DATEFORMAT for {date.canonical!r}")
    if parse_format(hints.timeonlyformat).canonical not in _ISO_TIMES:
        yield Unable("timeonlyformat", "COPY reads times of day as HH24:MI:SS only")
    plain, zoned = hints.datetimeformat, hints.datetimeformattz
    iso = [parse_format(each).canonical in _ISO_MOMENTS for each in (plain, zoned)]
    if all(iso):
        return
    if parse_format(plain).canonical != parse_format(zoned).canonical:
        yield Unable("datetimeformattz", f"COPY has one TIMEFORMAT, for {plain!r} and {zoned!r}")
    elif not _spelled(plain, _ISO_MOMENTS, _MOMENT_TOKENS):
        yield Unable("datetimeformat", f"COPY has no TIMEFORMAT for {plain!r}")


def _spelled(text: str, iso: frozenset[str], tokens: frozenset[str]) -> bool:
    """Whether a format is one of ISO's, or can be spelled out to COPY."""
    found = parse_format(text)
    if found.canonical in iso:
        return True
    between = "".join(part for part in found.parts if part not in found.tokens)
    return found.tokens <= tokens and "YY" not in found.tokens and set(between) <= _SIGNS


def _format(text: str, iso: frozenset[str]) -> str:
    found = parse_format(text).canonical
    return "" if found in iso else found


def _unload_text(hints: ValidatedRecordsHints) -> Options | tuple[Unable, ...]:
    unable = [*_common(hints), *_cannot_write(hints), *unlike_iso(hints, "UNLOAD")]
    if unable:
        return tuple(unable)
    csv = _is_csv(hints)
    return Options(
        mode="csv" if csv else "delimited",
        delimiter=hints.field_delimiter,
        escape=not csv,
        null=hints.null_marker,
        codec=_codec(hints.compression),
        header=int(hints.header_row),
        booleans=None if hints.booleans == ("t", "f") else hints.booleans,
    )


def _cannot_write(hints: ValidatedRecordsHints) -> Iterator[Unable]:
    if hints.compression is not None and hints.compression not in _UNLOAD_CODECS:
        yield Unable(
            "compression", f"UNLOAD packs with GZIP, BZIP2 or ZSTD, no {hints.compression}"
        )
    if hints.codec != "utf-8" or hints.encoding == "UTF8BOM":
        yield Unable("encoding", f"UNLOAD writes UTF8, not {hints.encoding}")
    if hints.record_terminator != "\n":
        yield Unable("record-terminator", "UNLOAD ends rows by a newline only")
    if hints.skip_lines:
        yield Unable("skip-lines", "UNLOAD writes no lines before the rows")
    if hints.null_marker is None:
        yield Unable("null-marker", "UNLOAD needs a way to write NULL")
    yield from _cannot_quote(hints)


def _cannot_quote(hints: ValidatedRecordsHints) -> Iterator[Unable]:
    if _is_csv(hints):
        if hints.quotechar != '"' or hints.escape is not None or hints.quoting != "minimal":
            yield Unable("quoting", 'UNLOAD in CSV mode puts " around what needs it only')
    elif hints.quoting is not None:
        yield Unable("quoting", "UNLOAD quotes in CSV mode only")
    elif hints.escape is None:
        yield Unable("escape", "UNLOAD escapes delimiters and newlines")
    elif hints.null_marker != "\\N":
        yield Unable("null-marker", "UNLOAD tells NULL from text by \\N only")
