"""From a format and its hints to the options of COPY, or to why it cannot."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from records_mover.formats import DelimitedRecordsFormat
from records_mover.formats.columns.dates import parse_format
from records_mover.formats.delimited.unable import NO_NULL, Unable, is_one_byte

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from records_mover.formats import BaseRecordsFormat
    from records_mover.formats.delimited.hints import ValidatedRecordsHints

__all__ = ["NO_NULL", "CopyOptions", "Unable", "copy_options"]

Mode = Literal["delimited", "json", "avro", "parquet"]

_CODECS = frozenset({"GZIP", "BZIP", "ZSTD", "LZO"})
_TRUE = frozenset({"t", "true", "y", "yes", "1"})
_FALSE = frozenset({"f", "false", "n", "no", "0"})
_ISO = {
    "date": frozenset({"YYYY-MM-DD"}),
    "time": frozenset({"HH24:MI:SS", "HH24:MI"}),
    "datetime": frozenset(
        {f"YYYY-MM-DD{sign}HH24:MI{rest}" for sign in " T" for rest in ("", ":SS", ":SSOF")}
    ),
}
_HINTS = {
    "date": "dateformat",
    "time": "timeonlyformat",
    "datetime": "datetimeformat",
    "datetimetz": "datetimeformattz",
}
"""The hint that says how columns of a type are written."""
_TOKENS = frozenset({"YYYY", "MM", "DD", "HH24", "HH12", "MI", "SS", "AM"})
_SIGNS = frozenset("-/. :,")


@dataclass(frozen=True, slots=True, kw_only=True)
class CopyOptions:
    """What a format asks of COPY.

    ``escape`` and ``quote`` are empty for none. ``formats`` are the patterns of FORMAT by records
    type, of those that are not written as ISO has it. ``skip`` is how many records come before.
    """

    mode: Mode
    delimiter: str = ""
    quote: str = ""
    escape: str = ""
    null: str = ""
    terminator: str = "\n"
    codec: str = ""
    skip: int = 0
    formats: Mapping[str, str] = field(default_factory=dict)

    @property
    def by_line(self) -> bool:
        """Whether a record is a line: none has one end inside of it, by an escape or in quotes."""
        return self.mode != "avro" and not (self.escape or self.quote)


def copy_options(
    form: BaseRecordsFormat, *, lenient: bool = False
) -> CopyOptions | tuple[Unable, ...]:
    """Return how COPY reads a format, or every reason why it cannot.

    ``lenient`` lets pass what may change a value, or refuse a row that is fine: it is for a user
    who has said that hints need not be honoured.
    """
    if isinstance(form, DelimitedRecordsFormat):
        return _delimited(form.validate(), lenient=lenient)
    if form.format_type == "jsonl":
        if form.compression is not None and form.compression not in _CODECS:
            return (Unable("", f"COPY unpacks no {form.compression}"),)
        return CopyOptions(mode="json", codec=form.compression or "")
    if form.format_type == "parquet":
        return CopyOptions(mode="parquet")
    if form.format_type == "avro":
        return CopyOptions(mode="avro")
    return (Unable("", f"COPY reads no {form.format_type}"),)


def _delimited(hints: ValidatedRecordsHints, *, lenient: bool) -> CopyOptions | tuple[Unable, ...]:
    unable = [*_signs(hints), *_values(hints), *_times(hints)]
    if not lenient:
        unable += _strictly(hints)
    if unable:
        return tuple(unable)
    return CopyOptions(
        mode="delimited",
        delimiter=hints.field_delimiter,
        quote="" if hints.quoting is None else hints.quotechar,
        escape=hints.escape or "",
        null=NO_NULL if hints.null_marker is None else hints.null_marker,
        terminator=hints.record_terminator,
        codec=hints.compression or "",
        skip=hints.skip_lines + hints.header_row,
        formats={
            kind: format_
            for kind, hint in _HINTS.items()
            if (format_ := _pattern(kind, getattr(hints, hint)))
        },
    )


def _signs(hints: ValidatedRecordsHints) -> Iterator[Unable]:
    if hints.compression is not None and hints.compression not in _CODECS:
        yield Unable("compression", f"COPY unpacks no {hints.compression}")
    if hints.codec != "utf-8" or hints.encoding == "UTF8BOM":
        yield Unable("encoding", f"COPY reads UTF8, not {hints.encoding}")
    if hints.comment is not None:
        yield Unable("comment", "COPY knows no comments")
    if not is_one_byte(hints.field_delimiter):
        said = f"COPY takes one ASCII character, not {hints.field_delimiter!r}"
        yield Unable("field-delimiter", said)
    if not hints.record_terminator.isascii() or "\0" in hints.record_terminator:
        yield Unable("record-terminator", f"COPY cannot be told {hints.record_terminator!r}")
    elif hints.field_delimiter in hints.record_terminator:
        yield Unable("record-terminator", "it holds the delimiter")
    if hints.quoting is not None:
        yield from _quotes(hints)
    yield from _null(hints)


def _quotes(hints: ValidatedRecordsHints) -> Iterator[Unable]:
    if hints.doublequote:
        yield Unable("doublequote", "COPY knows no doubled quotes")
    if not is_one_byte(hints.quotechar) or hints.quotechar == hints.field_delimiter:
        yield Unable("quotechar", f"COPY cannot quote with {hints.quotechar!r}")


def _null(hints: ValidatedRecordsHints) -> Iterator[Unable]:
    marker = hints.null_marker
    if marker is None or (marker == "\\N" and hints.escape):
        return
    signs = {"\r", "\n", "\0", hints.field_delimiter, hints.escape or "\0"}
    if hints.quoting is not None:
        signs.add(hints.quotechar)
    if not marker.isascii() or signs & set(marker):
        yield Unable("null-marker", f"COPY cannot be told {marker!r}")


def _values(hints: ValidatedRecordsHints) -> Iterator[Unable]:
    if hints.decimal_separator != ".":
        yield Unable("decimal-separator", "Vertica knows numbers with a point only")
    true, false = (word.lower() for word in hints.booleans)
    if true not in _TRUE or false not in _FALSE:
        yield Unable("boolean-format", f"Vertica does not read {hints.boolean_format!r}")


def _strictly(hints: ValidatedRecordsHints) -> Iterator[Unable]:
    """Yield what may change a value, or refuse a row that is fine, in some files of this kind."""
    marker = hints.null_marker or ""
    if marker.swapcase() != marker and not (marker == "\\N" and hints.escape):
        yield Unable("null-marker", f"COPY also takes '{marker.swapcase()}' for NULL")
    if hints.quoting is not None:
        yield Unable("quoting", "COPY ends a row at a newline even inside of quotes")


def _times(hints: ValidatedRecordsHints) -> Iterator[Unable]:
    for kind, hint in _HINTS.items():
        said = getattr(hints, hint)
        if _is_iso(kind, said):
            continue
        found = parse_format(said)
        between = "".join(part for part in found.parts if part not in found.tokens)
        if not found.tokens <= _TOKENS or not set(between) <= _SIGNS:
            yield Unable(hint, f"COPY has no FORMAT for {said!r}")


def _is_iso(kind: str, said: str) -> bool:
    return parse_format(said).canonical in _ISO[kind.removesuffix("tz")]


def _pattern(kind: str, said: str) -> str:
    return "" if _is_iso(kind, said) else parse_format(said).canonical
