"""Turns what the driver raises into the errors of records-mover, one line each."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import psycopg2

from records_mover.errors import (
    BadRowError,
    ConnectError,
    DatabaseError,
    LoadUnloadError,
    MoverError,
)
from records_mover.frozen import frozen

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["DRIVER_ERRORS", "Place", "place_of", "translate"]

DRIVER_ERRORS = (psycopg2.Error, SystemError)
"""A backend that is killed in the middle of a COPY can surface as a SystemError of the driver."""

_PLACE = re.compile(
    r"^COPY (?P<table>.+?), line (?P<line>\d+)"
    r"(?:, column (?P<column>.+?)(?:: \"(?P<value>.*)\"|: null input)?)?"
    r"(?:: \"(?P<row>.*)\")?$",
    re.DOTALL,
)
# In other languages of the server only the number is sure.
_LOOSE_PLACE = re.compile(r"^COPY .+?,\D*(?P<line>\d+)")
_SHOWN = 200

_BAD_ROW_CLASSES = ("22", "23")
_BAD_ROW_STATES = frozenset({"P0001"})
_NO_TEXT = "22021"
_NUL = "PostgreSQL's text holds no NUL: leave it out with --bad-bytes strip"
_ROW_ADVICE = {
    _NO_TEXT: "name the encoding of the file, as with --hint encoding=LATIN1",
    "22P05": "the database's encoding lacks the character: use one of UTF8",
    "22P04": "check the delimiter, the quotes and the number of fields",
    "23502": "give a value, or allow NULL in the column",
    "23505": "remove the row that comes twice, or load with upsert",
    "23503": "load the rows that it refers to first",
    "23514": "correct the row, or the table's check",
}

_STATES: dict[str, tuple[type[MoverError], str | None]] = {
    "28P01": (ConnectError, "check the user name and the password"),
    "28000": (ConnectError, "check the user name, and the server's pg_hba.conf"),
    "3D000": (ConnectError, "check the name of the database"),
    "53300": (ConnectError, "try again when others have left, or raise max_connections"),
    "57P03": (ConnectError, "try again in a moment"),
    "42P01": (DatabaseError, "check its name and its schema"),
    "3F000": (DatabaseError, "create it, or name another"),
    "42703": (DatabaseError, "check the names of the columns"),
    "42501": (DatabaseError, "have the right granted, or use another user"),
    "53100": (DatabaseError, "free some space on the server"),
    "54011": (DatabaseError, "dropped columns count too: make a new table by the mode 'drop'"),
    "53200": (DatabaseError, "the server has no memory left; try again later"),
    "55P03": (
        DatabaseError,
        "another session holds the table: try again when it has ended, or raise lock_timeout",
    ),
    "40P01": (DatabaseError, "another session was in the way: try again"),
    "40001": (DatabaseError, "another session was in the way: try again"),
    "25006": (DatabaseError, "connect to the primary server"),
    "2BP01": (DatabaseError, "use the mode 'replace' or 'delete', which keep the table itself"),
    "57014": (LoadUnloadError, "the target is as it was; raise statement_timeout if it ended this"),
    "25P03": (DatabaseError, "raise idle_in_transaction_session_timeout"),
    "25P04": (DatabaseError, "raise transaction_timeout"),
}
_CUT = frozenset({"57P01", "57P02", "08006", "08003", "08000"})


@frozen(kw_only=False)
class Place:
    """Where in its input COPY was: ``line`` as the server counts, ``text`` the whole row."""

    line: int
    column: str | None = None
    value: str | None = None
    text: str | None = None


def place_of(context: str | None) -> Place | None:
    """Read the place out of the context of an error; the frames of triggers come before it."""
    if not context:
        return None
    start = context.rfind("\nCOPY ") + 1
    found = _PLACE.match(context[start:])
    if found is not None:
        return Place(int(found["line"]), found["column"], found["value"], found["row"])
    loose = _LOOSE_PLACE.match(context[start:])
    return Place(int(loose["line"])) if loose is not None else None


def translate(
    error: BaseException,
    doing: str,
    *,
    source: str | None = None,
    line: Callable[[int], int] | None = None,
    unit: str = "line",
) -> MoverError:
    """Return the error to raise: what the server said, where, and what to do.

    ``line`` turns the server's count of lines into the line of ``source``; ``unit`` is what that
    counts where there are no lines.
    """
    if isinstance(error, MoverError):
        return error
    root = getattr(error, "orig", None) or error
    if not isinstance(root, psycopg2.Error):
        return _cut(doing) if isinstance(root, SystemError) else DatabaseError(f"{doing}: {root}")
    state = root.pgcode or ""
    if _is_cut(root):
        return _cut(doing)
    if state[:2] in _BAD_ROW_CLASSES or state in _BAD_ROW_STATES:
        return _bad_row(root, doing, source, line, unit)
    kind, advice = _STATES.get(state, (_kind_without_state(root), None))
    return kind(f"{doing}: {_words(root)}", advice or _hint(root))


def _is_cut(error: psycopg2.Error) -> bool:
    if error.pgcode:
        return error.pgcode in _CUT
    said = str(error)
    if "no message from the libpq" in said:  # the end of a COPY whose backend is gone, now and then
        return True
    return isinstance(error, psycopg2.OperationalError | psycopg2.InterfaceError) and any(
        words in said for words in ("closed", "terminat", "lost synchron", "reset by peer", "abort")
    )


def _cut(doing: str) -> MoverError:
    return DatabaseError(
        f"{doing}: the server cut the connection", "nothing was changed: see the server's log"
    )


def _kind_without_state(error: psycopg2.Error) -> type[MoverError]:
    connecting = isinstance(error, psycopg2.OperationalError) and not error.pgcode
    return ConnectError if connecting else DatabaseError


def _words(error: psycopg2.Error) -> str:
    primary = error.diag.message_primary or str(error).strip().split("\n", 1)[0]
    primary = primary.removeprefix("FATAL:  ").removeprefix("ERROR:  ").strip()
    detail = error.diag.message_detail
    return f"{primary} ({_short(detail)})" if detail else primary


def _hint(error: psycopg2.Error) -> str | None:
    hint = error.diag.message_hint
    return hint[0].lower() + hint[1:].rstrip(".").replace("\n", " ") if hint else None


def _bad_row(
    error: psycopg2.Error,
    doing: str,
    source: str | None,
    line: Callable[[int], int] | None,
    unit: str,
) -> BadRowError:
    place = place_of(error.diag.context)
    number = None if place is None else line(place.line) if line else place.line
    column = (place.column if place else None) or error.diag.column_name
    value, text = (place.value, place.text) if place else (None, None)
    words = _words(error)
    if text is None:
        text = _row_in(error)
    where = f"{unit} {number}" if number else None
    clauses = [
        f"{where} of {source!r}" if source and where else where or (source and repr(source)),
        f"column {column!r}" if column else None,
        words,
    ]
    what = ": ".join(clause for clause in clauses if clause)
    if not source:
        what = f"{doing}: {what}"
    if value is not None and repr(value)[1:-1] not in what and value not in what:
        what += f" ({_short(value)!r})"
    elif value is None and text and text not in what:
        what += f" in the row {_short(text)!r}"
    advice = _ROW_ADVICE.get(error.pgcode or "", _hint(error) or "correct the value or the column")
    if error.pgcode == _NO_TEXT and (unit == "row" or words.endswith(": 0x00")):
        advice = _NUL
    if error.pgcode == _NO_ARRAY and "malformed array" in words and (value or "").startswith("["):
        advice = _JSON_LIST
    return BadRowError(
        what, advice, source=source, line=number, column=column, value=value, text=text
    )


_NO_ARRAY = "22P02"
_JSON_LIST = (
    "text of a file goes into an array as {1,2}: write it so, move this JSON list into a jsonb "
    "column, or move it from a table or from Parquet, whose lists of JSON are read"
)


def _row_in(error: psycopg2.Error) -> str | None:
    found = re.search(r"\((.*)\)", error.diag.message_detail or "", re.DOTALL)
    wanted = error.pgcode in ("23502", "23514") and found is not None
    return found.group(1) if wanted and found is not None else None


def _short(text: str) -> str:
    line = " ".join(text.split("\n"))
    return line if len(line) <= _SHOWN else f"{line[:_SHOWN]}..."
