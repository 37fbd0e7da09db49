"""From the hints of a delimited format to the options of COPY, or to why COPY cannot."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from mover_postgres.dates import HINT_TYPES, style_to_read, styles_to_write
from mover_postgres.encodings import SAFE_FOR_BACKSLASH, server_encoding
from records_mover.formats.delimited.unable import Unable
from records_mover.frozen import frozen

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from records_mover.formats.delimited.hints import ValidatedRecordsHints

__all__ = [
    "TEXT_HEADER_SINCE",
    "CopyOptions",
    "LoadOptions",
    "Unable",
    "UnloadOptions",
    "load_options",
    "unload_options",
]

TEXT_HEADER_SINCE = 150000
"""The first server version that knows HEADER in text mode."""

_TEXT_MODE_REFUSES = frozenset("abcdefghijklmnopqrstuvwxyz0123456789.\\")
_UNPRINTED = [chr(code) for code in (*range(1, 9), *range(14, 32))]
_TRUE = frozenset({"t", "tr", "tru", "true", "y", "ye", "yes", "on", "1"})
_FALSE = frozenset({"f", "fa", "fal", "fals", "false", "n", "no", "of", "off", "0"})


@frozen
class CopyOptions:
    """What stands between the parentheses of ``COPY ... WITH (...)``.

    ``null`` None says that no value may be taken for NULL. ``quote`` and ``escape`` are None in
    text mode.
    """

    mode: Literal["text", "csv"]
    delimiter: str
    null: str | None
    encoding: str
    header: bool = False
    quote: str | None = None
    escape: str | None = None


@frozen
class LoadOptions:
    """How to load a format: the statement, the session, and what is done to the bytes before.

    ``skip_lines`` lines are dropped first, then ``skip_header`` drops one record (where the server
    cannot). ``guard`` is a character that must not occur, as the server would take it for a quote.
    ``null_if_quoted_empty``: a quoted empty field is NULL in a column that is not text.
    """

    copy: CopyOptions
    date_style: str
    skip_lines: int = 0
    skip_header: bool = False
    guard: str | None = None
    null_if_quoted_empty: bool = False


@frozen
class UnloadOptions:
    r"""How to unload into a format: the statement, the session, and what each type is made into.

    ``booleans`` are the spellings of true and false, None where the server's own ``t`` and ``f``
    will do. ``in_utc`` moves moments to UTC and leaves out the offset. ``raw_controls`` puts the
    character itself after the backslash where the server writes a letter, as in ``\n``.
    """

    copy: CopyOptions
    date_style: str
    force_quote: Literal["all", "nonnumeric"] | None = None
    booleans: tuple[str, str] | None = None
    in_utc: bool = False
    bom: bool = False
    raw_controls: bool = False


def load_options(
    hints: ValidatedRecordsHints, *, server: int, types: Iterable[str] | None = None
) -> LoadOptions | tuple[Unable, ...]:
    """Return how COPY FROM reads a format, or every reason why it cannot.

    ``server`` is its version as a number, such as 150018. ``types`` are the field types that
    occur, None where that is not known; a hint about a type that does not occur never matters.
    """
    unable = [*_common(hints), *_cannot_read(hints)]
    orders = list(_read_orders(hints, types))
    unable += [found for found in orders if isinstance(found, Unable)]
    if unable:
        return tuple(unable)
    guard = _guard(hints) if hints.quoting is None and hints.escape is None else None
    copy = _copy(hints, quote=guard or hints.quotechar)
    late_header = copy.mode == "text" and hints.header_row and server < TEXT_HEADER_SINCE
    return LoadOptions(
        copy=_without_header(copy) if late_header else copy,
        date_style=f"ISO, {next((order for order in orders if isinstance(order, str)), 'MDY')}",
        skip_lines=hints.skip_lines,
        skip_header=late_header,
        guard=guard,
        null_if_quoted_empty=hints.quoting == "all" and copy.null == "",
    )


def unload_options(
    hints: ValidatedRecordsHints, *, server: int, types: Iterable[str] | None = None
) -> UnloadOptions | tuple[Unable, ...]:
    """Return how COPY TO writes a format, or every reason why it cannot."""
    style = _written_style(hints, types)
    unable = [*_common(hints), *_cannot_write(hints, server)]
    if isinstance(style, Unable) or unable:
        return (*unable, style) if isinstance(style, Unable) else tuple(unable)
    copy = _copy(hints, quote=hints.quotechar)
    return UnloadOptions(
        copy=copy,
        date_style=style,
        force_quote=hints.quoting if hints.quoting in ("all", "nonnumeric") else None,  # type: ignore[arg-type]
        booleans=None if hints.booleans == ("t", "f") else hints.booleans,
        in_utc="OF" not in hints.datetimeformattz,
        bom=hints.codec == "utf-8-sig" or hints.encoding == "UTF8BOM",
        raw_controls=copy.mode == "text",
    )


def _copy(hints: ValidatedRecordsHints, *, quote: str) -> CopyOptions:
    encoding = server_encoding(hints.codec)
    assert encoding is not None, "refused before"
    text = _is_text(hints)
    backslash = not text and not hints.doublequote and hints.quoting is not None
    return CopyOptions(
        mode="text" if text else "csv",
        delimiter=hints.field_delimiter,
        null=hints.null_marker,
        encoding=encoding,
        header=hints.header_row,
        quote=None if text else quote,
        escape=hints.escape if backslash else None if text else quote,
    )


def _without_header(copy: CopyOptions) -> CopyOptions:
    from dataclasses import replace

    return replace(copy, header=False)


def _is_text(hints: ValidatedRecordsHints) -> bool:
    return hints.quoting is None and hints.escape is not None


def _guard(hints: ValidatedRecordsHints) -> str:
    taken = {hints.field_delimiter, *(hints.null_marker or "")}
    return next(sign for sign in _UNPRINTED if sign not in taken)


def _common(hints: ValidatedRecordsHints) -> Iterator[Unable]:
    if hints.compression is not None:
        yield Unable("compression", f"COPY takes and gives plain bytes, no {hints.compression}")
    if server_encoding(hints.codec) is None:
        yield Unable("encoding", f"PostgreSQL knows no encoding {hints.encoding!r}")
    if hints.comment is not None:
        yield Unable("comment", "COPY knows no comments")
    if hints.decimal_separator != ".":
        yield Unable("decimal-separator", "PostgreSQL writes and reads numbers with a point only")
    yield from _delimiter(hints)
    yield from _quoting(hints)
    yield from _null_marker(hints)


def _delimiter(hints: ValidatedRecordsHints) -> Iterator[Unable]:
    delimiter = hints.field_delimiter
    if not _one_byte(delimiter):
        yield Unable("field-delimiter", f"COPY takes one ASCII character, not {delimiter!r}")
    elif _is_text(hints) and delimiter in _TEXT_MODE_REFUSES:
        yield Unable("field-delimiter", f"COPY's text mode cannot be delimited by {delimiter!r}")


def _one_byte(sign: str) -> bool:
    return len(sign) == 1 and sign.isascii() and sign not in "\0\r\n"


def _quoting(hints: ValidatedRecordsHints) -> Iterator[Unable]:
    if hints.quoting is None:
        return
    if not _one_byte(hints.quotechar):
        yield Unable("quotechar", f"COPY takes one ASCII character, not {hints.quotechar!r}")
    elif hints.quotechar == hints.field_delimiter:
        yield Unable("quotechar", "COPY cannot quote with the delimiter")
    if hints.doublequote and hints.escape is not None:
        yield Unable("escape", "COPY escapes a quote by doubling it or by a backslash, not by both")
    elif not hints.doublequote and hints.escape is None:
        yield Unable("doublequote", "COPY needs a way to write a quote inside quotes")
    elif not hints.doublequote and hints.quoting == "minimal":
        yield Unable("escape", "COPY knows backslashes inside of quotes only")


def _null_marker(hints: ValidatedRecordsHints) -> Iterator[Unable]:
    marker = hints.null_marker
    if marker is None:
        return
    signs = {"\r", "\n", "\0", hints.field_delimiter}
    if hints.quoting is not None:
        signs.add(hints.quotechar)
    if signs & set(marker):
        yield Unable("null-marker", f"{marker!r} holds a delimiter, a quote or the end of a line")
    elif not marker.isascii():
        yield Unable("null-marker", f"{marker!r} is not ASCII")


def _cannot_read(hints: ValidatedRecordsHints) -> Iterator[Unable]:
    if hints.record_terminator not in ("\n", "\r\n", "\r"):
        yield Unable(
            "record-terminator", f"COPY knows no rows ended by {hints.record_terminator!r}"
        )
    true, false = (spelling.lower() for spelling in hints.booleans)
    if true not in _TRUE or false not in _FALSE:
        yield Unable("boolean-format", f"PostgreSQL does not read {hints.boolean_format!r}")


def _cannot_write(hints: ValidatedRecordsHints, server: int) -> Iterator[Unable]:
    if hints.record_terminator != "\n":
        yield Unable("record-terminator", "COPY ends rows by a newline only")
    if hints.skip_lines:
        yield Unable("skip-lines", "COPY writes no lines before the rows")
    if hints.null_marker is None:
        yield Unable("null-marker", "COPY needs a way to write NULL")
    if hints.quoting is None and hints.escape is None:
        yield Unable("quoting", "COPY always quotes or escapes what needs it")
    if _is_text(hints):
        yield from _cannot_write_text(hints, server)


def _cannot_write_text(hints: ValidatedRecordsHints, server: int) -> Iterator[Unable]:
    if hints.header_row and server < TEXT_HEADER_SINCE:
        yield Unable("header-row", "COPY's text mode has headers since PostgreSQL 15 only")
    if server_encoding(hints.codec) not in SAFE_FOR_BACKSLASH:
        yield Unable("encoding", f"a backslash may be half a character in {hints.encoding}")


def _relevant(hint: str, types: Iterable[str] | None) -> bool:
    return types is None or not HINT_TYPES[hint].isdisjoint(types)


def _read_orders(
    hints: ValidatedRecordsHints, types: Iterable[str] | None
) -> Iterator[str | Unable]:
    """Yield the one order that is demanded, if any, and what stands against it."""
    known = None if types is None else frozenset(types)
    demanded: tuple[str, str] | None = None
    for hint in HINT_TYPES:
        if not _relevant(hint, known):
            continue
        text: str = getattr(hints, hint)
        style = style_to_read(hint, text)
        if style is None:
            yield Unable(hint, f"PostgreSQL does not read {text!r}")
        elif style.order is not None and demanded is None:
            demanded = (style.order, hint)
            yield style.order
        elif style.order is not None and demanded is not None and demanded[0] != style.order:
            yield Unable(hint, f"{text!r} asks for {style.order}, {demanded[1]} for {demanded[0]}")


def _written_style(hints: ValidatedRecordsHints, types: Iterable[str] | None) -> str | Unable:
    known = None if types is None else frozenset(types)
    left: frozenset[str] | None = None
    for hint in HINT_TYPES:
        if not _relevant(hint, known):
            continue
        text: str = getattr(hints, hint)
        styles = styles_to_write(hint, text)
        if not styles:
            return Unable(hint, f"PostgreSQL has no DateStyle that writes {text!r}")
        left = styles if left is None else left & styles
        if not left:
            return Unable(hint, f"no DateStyle writes {text!r} and what the other date hints ask")
    return min(left, key=_preference) if left else "ISO, YMD"


def _preference(style: str) -> tuple[bool, str]:
    return (not style.startswith("ISO"), style)
