"""Options of COPY, for the whole statement and for one column (page COPY parameters)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from vertica_server.errors import VerticaError

if TYPE_CHECKING:
    from vertica_server.sql.cursor import Cursor
    from vertica_server.sql.names import Name

__all__ = ["Options", "column_options", "options"]


@dataclass(slots=True, kw_only=True)
class Options:
    """What was said; None where nothing was."""

    delimiter: str | None = None
    enclosed_by: str | None = None
    escape: str | None = None
    no_escape: bool = False
    null: str | None = None
    format: str | None = None
    trim: str | None = None
    enforce_length: bool = False
    record_terminator: str | None = None
    trailing_nullcols: bool = False
    skip: int | None = None
    skip_bytes: int | None = None
    reject_max: int | None = None
    rejected_data: str | None = None
    rejected_table: Name | None = None
    exceptions: str | None = None
    abort_on_error: bool = False
    error_tolerance: bool = False
    stream_name: str | None = None
    no_commit: bool = False
    return_rejected: bool = False
    hint: str | None = None
    collection: dict[str, str] | None = None


Taker = Callable[["Cursor", Options], None]


def _one_octet(cursor: Cursor, what: str, *, or_none: bool = False) -> str:
    cursor.take("as")
    value = cursor.string()
    if or_none and not value:
        return value
    if len(value) != 1 or ord(value) > 127:
        said = f'COPY {what} must be a single ASCII character: "{value}"'
        raise VerticaError(said, sqlstate="22023", code=2734)
    return value


def _delimiter(cursor: Cursor, said: Options) -> None:
    said.delimiter = _one_octet(cursor, "DELIMITER")


def _enclosed(cursor: Cursor, said: Options) -> None:
    cursor.take("by")
    said.enclosed_by = _one_octet(cursor, "ENCLOSED BY", or_none=True)


def _escape(cursor: Cursor, said: Options) -> None:
    said.escape = _one_octet(cursor, "ESCAPE AS")


def _null(cursor: Cursor, said: Options) -> None:
    cursor.take("as")
    said.null = cursor.string()


def _terminator(cursor: Cursor, said: Options) -> None:
    said.record_terminator = cursor.string()
    if not said.record_terminator:
        raise VerticaError("COPY RECORD TERMINATOR must not be empty", sqlstate="22023", code=2734)


def _rejected(cursor: Cursor, said: Options) -> None:
    if cursor.take("as", "table"):
        said.rejected_table = cursor.qualified()
        return
    said.rejected_data = _paths(cursor)


def _exceptions(cursor: Cursor, said: Options) -> None:
    said.exceptions = _paths(cursor)


def _paths(cursor: Cursor) -> str:
    """Paths, each on a node; this stand-in writes the first."""
    first = cursor.string()
    while True:
        if cursor.take("on"):
            cursor.name()
        if not cursor.take_op(","):
            return first
        cursor.string()


def _set(name: str, value: object) -> Taker:
    return lambda _cursor, said: setattr(said, name, value)


def _number(name: str) -> Taker:
    return lambda cursor, said: setattr(said, name, cursor.integer())


def _text(name: str) -> Taker:
    return lambda cursor, said: setattr(said, name, cursor.string())


def _collection(name: str) -> Taker:
    def take(cursor: Cursor, said: Options) -> None:
        cursor.take("by")
        said.collection = {**(said.collection or {}), name: cursor.string()}

    return take


_OF_COLUMN: dict[tuple[str, ...], Taker] = {
    ("delimiter",): _delimiter,
    ("enclosed",): _enclosed,
    ("enforcelength",): _set("enforce_length", True),
    ("escape",): _escape,
    ("no", "escape"): _set("no_escape", True),
    ("format",): _text("format"),
    ("null",): _null,
    ("trim",): _text("trim"),
}
_OF_STATEMENT: dict[tuple[str, ...], Taker] = {
    **{words: taker for words, taker in _OF_COLUMN.items() if words != ("format",)},
    ("record", "terminator"): _terminator,
    ("trailing", "nullcols"): _set("trailing_nullcols", True),
    ("skip", "bytes"): _number("skip_bytes"),
    ("skip",): _number("skip"),
    ("rejectmax",): _number("reject_max"),
    ("rejected", "data"): _rejected,
    ("exceptions",): _exceptions,
    ("abort", "on", "error"): _set("abort_on_error", True),
    ("error", "tolerance"): _set("error_tolerance", True),
    ("stream", "name"): _text("stream_name"),
    ("no", "commit"): _set("no_commit", True),
    ("returnrejected",): _set("return_rejected", True),
    ("auto",): _set("hint", "auto"),
    ("direct",): _set("hint", "direct"),
    ("trickle",): _set("hint", "trickle"),
    ("collectiondelimiter",): _collection("delimiter"),
    ("collectionopen",): _collection("open"),
    ("collectionclose",): _collection("close"),
    ("collectionnullelement",): _collection("null"),
    ("collectionenclose",): _collection("enclose"),
}


def column_options(cursor: Cursor) -> Options:
    """Take the options behind a column's name."""
    return _take(cursor, _OF_COLUMN)


def options(cursor: Cursor) -> Options:
    """Take the options behind the sources, none of them twice."""
    return _take(cursor, _OF_STATEMENT)


def _take(cursor: Cursor, known: dict[tuple[str, ...], Taker]) -> Options:
    said, seen = Options(), set[str]()
    while cursor.here is not None:
        words = next((words for words in known if cursor.at(*words)), None)
        if words is None:
            break
        once = "escape" if words[-1] == "escape" else " ".join(words)
        if once in seen or (once in ("auto", "direct", "trickle") and said.hint):
            raise VerticaError(
                f"Conflicting or redundant options: {' '.join(words).upper()}",
                sqlstate="42601", code=2735, position=cursor.here.position,
            )  # fmt: skip
        seen.add(once)
        cursor.take(*words)
        known[words](cursor, said)
    return said
