"""Delimiter, quotes and escapes of a text, by which reading of it makes the best table."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from itertools import islice

from records_mover.frozen import frozen

__all__ = ["Shape", "all_rows", "best_shapes"]

_CANDIDATES = (",", "\t", ";", "|", "\x01", "^", "~", ":", " ")
_RELUCTANT = {":": 0.5, " ": 0.4, "^": 0.8, "~": 0.8}
_MOMENT = re.compile(
    r"(?:\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}[ T])?\d{1,2}:\d{2}(?::\d{2}(?:[.,]\d+)?)?"
    r"(?: ?[AaPp][Mm]\b)?(?: ?(?:Z|UTC|[+-]\d{2}(?::?\d{2})?)\b)?"
)
_LONE_RETURN = re.compile(r"\r(?!\n)")  # which is data where rows end otherwise
_ROWS = 300
_TITLE = 20
_LONGEST_FIELD = 1 << 26

_CLEAN = re.compile(
    r"""\s*(?:
      |[+-]?[\d.,]*\d%?                                  # numbers
      |[$€£]\s?-?[\d.,]+
      |[+-]?\d*\.?\d+[eE][+-]?\d+
      |\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}(?:[ T][\d:.]+(?:\s?[AaPp][Mm])?(?:Z|[+-][\d:]+)?)?
      |\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:\s?[AaPp][Mm])?
      |[\w.+-]+@[\w.-]+|https?://\S+
      |[^\W\d_][\w .'\u2019&()/%#+-]*                         # words
      |[\w.-]+
    )\s*""",
    re.VERBOSE,
)


@frozen
class Shape:
    """One reading of a text: its dialect, the rows that come out, and how good a table they are."""

    delimiter: str
    quote: str | None
    escape: str | None
    doublequote: bool
    rows: list[list[str]]
    score: float
    width: int


def best_shapes(text: str, *, whole: bool, given: dict[str, object]) -> list[Shape]:
    """Return the readings of a text, best first; ``given`` holds what is known of the dialect."""
    delimiter = given.get("field-delimiter")
    delimiters = [delimiter] if isinstance(delimiter, str) else _delimiters(text)
    shapes = [
        shape
        for candidate in delimiters
        for quote, escape in _quotings(text, candidate, given)
        if (shape := _shape(text, candidate, quote, escape, whole=whole)) is not None
    ]
    return sorted(shapes, key=lambda shape: -shape.score)


def _delimiters(text: str) -> list[str]:
    """Return a comma and what else occurs; a colon or a space within times only is none."""
    apart = _MOMENT.sub("", text)
    others = [mark for mark in _CANDIDATES[1:] if mark in (apart if mark in ": " else text)]
    return [_CANDIDATES[0], *others]


def _quotings(
    text: str, delimiter: str, given: dict[str, object]
) -> list[tuple[str | None, str | None]]:
    """Return the pairs of quote and escape that are worth a try, the likeliest first."""
    escapes = _escapes(text, delimiter, given)
    quotes: list[str | None]
    if "quoting" in given:
        quotes = [None] if given["quoting"] is None else [str(given.get("quotechar", '"'))]
    elif "quotechar" in given:
        quotes = [str(given["quotechar"])]
    else:
        quotes = _quotes(text, delimiter, escapes, bool(given.get("escape")))
    return [(quote, escape) for quote in quotes for escape in escapes]


def _escapes(text: str, delimiter: str, given: dict[str, object]) -> list[str | None]:
    if "escape" in given:
        return ["\\"] if given["escape"] else [None]
    if re.search(rf'\\"[^"\n{re.escape(delimiter)}]', text):
        return ["\\", None]  # no field ends there, as it would if the backslash meant nothing
    escaping = f"\\{delimiter}" in text or '\\"' in text or "\\\n" in text
    return [None, "\\"] if escaping else [None]


def _quotes(
    text: str,
    delimiter: str,
    escapes: list[str | None],
    escape_given: bool,
) -> list[str | None]:
    if delimiter == "\x01":
        return [None]
    spot = re.escape(delimiter)
    single = re.search(f"(?:^|{spot})'[^'\n]*'(?:{spot}|$)", text, re.MULTILINE) is not None
    opening = re.search(f'(?:^|{spot})[ ]?"', text, re.MULTILINE) is not None
    if escape_given or "\\" in escapes:
        return [None, '"'] if not opening else ['"', None]
    return ['"', *(["'"] if single and not opening else []), *([None] if opening else [])]


def _shape(
    text: str, delimiter: str, quote: str | None, escape: str | None, *, whole: bool
) -> Shape | None:
    double = quote is not None and (escape is None or quote * 2 in text)
    rows = _rows(text, delimiter, quote, escape, doublequote=double)
    if rows is None:
        return None
    if not whole and len(rows) > 1 and len(rows) < _ROWS:
        rows = rows[:-1]
    filled = [row for row in rows if row]
    if not filled:
        return None
    width, score = _score(filled, delimiter, quote)
    return Shape(
        delimiter=delimiter,
        quote=quote,
        escape=escape,
        doublequote=double,
        rows=filled,
        score=score,
        width=width,
    )


def all_rows(text: str, shape: Shape) -> list[list[str]]:
    """Return every row of a text in one reading of it; a shape has only the first ones."""
    double = shape.doublequote
    found = _rows(text, shape.delimiter, shape.quote, shape.escape, doublequote=double, most=None)
    return found or []


def _rows(
    text: str,
    delimiter: str,
    quote: str | None,
    escape: str | None,
    *,
    doublequote: bool,
    most: int | None = _ROWS,
) -> list[list[str]] | None:
    csv.field_size_limit(max(csv.field_size_limit(), _LONGEST_FIELD))
    if len(delimiter) != 1:
        return [line.split(delimiter) for line in text.splitlines()[:most]]
    reader = csv.reader(
        io.StringIO(_LONE_RETURN.sub(" ", text), newline="\n"),
        delimiter=delimiter,
        quotechar=quote or '"',
        quoting=csv.QUOTE_MINIMAL if quote else csv.QUOTE_NONE,
        escapechar=escape,
        doublequote=doublequote,
    )
    try:
        return list(islice(reader, most))
    except csv.Error:
        return None


def _score(rows: list[list[str]], delimiter: str, quote: str | None) -> tuple[int, float]:
    """Return how many columns most rows have, and how much like a table they are, 0 to 1."""
    widths = Counter(len(row) for row in rows)
    # Where two widths are equally common the greater is that of the table, not of its preamble.
    width = max(widths, key=lambda wide: (widths[wide], wide))
    above = _above(rows)
    if delimiter in _RELUCTANT and len(rows[0]) != width:
        return width, 0.0  # words and times below a name: one column
    if above:
        width, rows = len(rows[-1]), rows[above:]
        widths = Counter(len(row) for row in rows)
    steady = widths[width] / len(rows)
    cells = [cell for row in islice(rows, 60) for cell in row]
    clean = sum(_CLEAN.fullmatch(cell) is not None for cell in cells) / len(cells)
    if quote is None:
        # Cells that begin or end with a quote were meant to be quoted, or are pieces of such.
        quoted = sum(len(cell) > 1 and '"' in (cell[0], cell[-1]) for cell in cells)
        clean -= quoted / len(cells)
    else:
        longest = max(map(len, cells))
        clean -= 0.3 if longest > 20_000 else 0.0
    many = 1 - 0.5 ** (width - 1)
    return width, many * steady**2 * (0.3 + 0.7 * max(clean, 0)) * _RELUCTANT.get(delimiter, 1.0)


def _above(rows: list[list[str]]) -> int:
    """Return how many lines of one field stand above rows that all have several."""
    above = next((spot for spot, row in enumerate(rows) if len(row) > 1), 0)
    steady = {len(row) for row in rows[above:]}
    return above if len(steady) == 1 and len(rows) - above > 1 and above <= _TITLE else 0
