"""Lines that begin as comments do: above the table, within it, or rows of it after all."""

from __future__ import annotations

import re
from typing import Any

from records_mover.formats.sniff.shape import all_rows, best_shapes
from records_mover.frozen import frozen
from records_mover.utils.words import many

__all__ = ["MARK", "Commented", "lines_of", "without_comments", "without_marked"]

MARK = "#"


@frozen
class Commented:
    """A text without its comments, and what to call them.

    ``above`` lines are to be skipped, or else ``marked`` says that all are comments that begin so.
    ``doubt`` is what is to be said of it.
    """

    text: str
    above: int = 0
    marked: bool = False
    why: str = ""
    doubt: str = ""


def lines_of(text: str) -> list[str]:
    """Return the lines with their ends; other ends than newlines are gone by now, or data."""
    return re.findall(r"[^\n]*\n|[^\n]+", text)


def without_marked(mark: str, lines: list[str]) -> str:
    """Return the lines that do not begin so."""
    return "".join(line for line in lines if not line.startswith(mark))


def without_comments(text: str, given: dict[str, Any], *, whole: bool) -> Commented:
    """Leave out comments, where nothing says what they begin with.

    A row that begins as a comment does is never left out in silence: a hint would do that in the
    part of the file that was not looked at, too.
    """
    lines = lines_of(text)
    marked = [line for line in lines if line.startswith(MARK)]
    if not marked or len(marked) > len(lines) / 2 or _like_header(marked[0], lines):
        return Commented(text=text)
    top = _above(lines)
    body = "".join(lines[top:])
    if not any(line.startswith(MARK) for line in lines[top:]) and (whole or "skip-lines" in given):
        begin = many(len(marked), "line begins", "lines begin")
        return Commented(text=body, marked=True, why=f"{begin} with '{MARK}'")
    fields, width = _fields_within(body, given, whole=whole)
    begin = f"{many(len(fields), 'line begins', 'lines begin')} with '{MARK}'"
    if set(fields) - {width}:
        doubt = f"{begin} within the table, left out as comments: say --hint comment=null if not"
        return Commented(text=without_marked(MARK, lines), marked=True, why=begin, doubt=doubt)
    doubt = f"{begin} within the table, taken for rows: say --hint comment='{MARK}' if not"
    why = f"{many(top, 'line of comments stands', 'lines of comments stand')} above the table"
    return Commented(text=body, above=top, why=why, doubt=doubt if fields else "")


def _like_header(line: str, lines: list[str]) -> bool:
    """Whether it may be a header such as ``#id,name``: it has as many fields as others."""
    others = [other for other in lines if not other.startswith(line[0])][:1]
    marks = [mark for mark in ",\t;|" if mark in line]
    return any(other.count(mark) == line.count(mark) for other in others for mark in marks)


def _above(lines: list[str]) -> int:
    """Return how many lines there are to the last comment above the table."""
    rows = (at for at, line in enumerate(lines) if line.strip() and not line.startswith(MARK))
    first = next(rows, len(lines))
    return max((at + 1 for at in range(first) if lines[at].startswith(MARK)), default=0)


def _fields_within(text: str, given: dict[str, Any], *, whole: bool) -> tuple[list[int], int]:
    """Return how many fields each row has that begins as a comment does, and how many all have."""
    shapes = best_shapes(text, whole=whole, given=given)
    if not shapes:
        return [], 0
    rows = all_rows(text, shapes[0])
    complete = rows if whole else rows[:-1]
    found = [len(row) for row in complete if row and row[0].startswith(MARK)]
    return found, shapes[0].width
