"""The hints of a table of text, from a sample of it."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from records_mover.formats.sniff.comments import (
    MARK,
    lines_of,
    without_comments,
    without_marked,
)
from records_mover.formats.sniff.dates import date_findings
from records_mover.formats.sniff.header import NULLS, has_header
from records_mover.formats.sniff.shape import Shape, best_shapes
from records_mover.utils.words import many

__all__ = ["Table", "sniff_table"]

_CLOSE = 0.93  # a second reading at least this good, in parts of the first, is worth a word
_TAIL = 250  # rows of each piece from further in
_SPOKEN = {"\t": "tab", " ": "space", "\x01": "\\x01"}
_DECIMAL_COMMA = re.compile(r"[+-]?\d+,\d+")
_NUMBER = re.compile(r"-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?")


@dataclass(slots=True)
class Table:
    """What was found: hint, value, sureness and why; the first row; what stays open."""

    first: list[str] = field(default_factory=list)
    findings: list[tuple[str, Any, float, str]] = field(default_factory=list)
    ambiguous: list[str] = field(default_factory=list)

    def add(self, hint: str, value: object, sureness: float, why: str) -> None:
        """Note a hint."""
        self.findings.append((hint, value, round(sureness, 2), why))


def sniff_table(text: str, further: list[str], *, whole: bool, given: dict[str, Any]) -> Table:
    """Return the hints of a text and its first row."""
    table = Table()
    text = _terminator(text, table, given)
    given = _announced(text, table, given)
    text, skipped = _preamble(text, table, given, whole=whole)
    shapes = best_shapes(text, whole=whole, given=given)
    if not shapes:
        shapes = best_shapes(text, whole=whole, given={**given, "quoting": None})
    shape = _settled(shapes, table)
    _dialect(shape, text, table)
    rows = _ragged_top(shape, table, text, skipped, given)
    table.first = rows[0] if rows else []
    body = _header(rows, table, given)
    more = _more_rows(shape, further)
    _values(table, body + more, given, marked_nulls=_marked_nulls(text, shape.delimiter))
    return table


def _terminator(text: str, table: Table, given: dict[str, Any]) -> str:
    """Note what ends rows and return the text with newlines in its place."""
    known = given.get("record-terminator")
    if isinstance(known, str):
        return text if known == "\n" else text.replace(known, "\n")
    if "\x02" in text and "\x01" in text:
        table.add("record-terminator", "\x02", 0.95, "\\x01 and \\x02 occur")
        return text.replace("\n", " ").replace("\x02", "\n")
    plain = re.sub('"[^"]*"', "", text) if "\r" in text and "\n" in text else text
    dos, unix, mac = plain.count("\r\n"), plain.count("\n"), plain.count("\r")
    if (twice := text.count("\r\r\n")) and twice == unix:
        why = f"{_ends(twice)}, as if they were made for DOS twice"
        table.add("record-terminator", "\r\r\n", 0.95, why)
        return text.replace("\r\r\n", "\n")
    if dos and dos >= unix / 2:
        table.add("record-terminator", "\r\n", 1.0 if dos == unix else 0.8, _ends(dos))
        return text.replace("\r\n", "\n")
    if mac and not unix:
        table.add("record-terminator", "\r", 0.95, f"{_ends(mac)} and none with a newline")
        return text.replace("\r", "\n")
    table.add("record-terminator", "\n", 1.0 if unix else 0.5, _ends(unix))
    return text


def _announced(text: str, table: Table, given: dict[str, Any]) -> dict[str, Any]:
    """Return what is given, and the delimiter of a first line ``sep=;``, as spreadsheets do."""
    line = re.match(r'"?sep=(.)"?\n', text, re.IGNORECASE)
    if line is None or not {"field-delimiter", "skip-lines"}.isdisjoint(given):
        return given
    table.add("skip-lines", 1, 0.95, "the first line says which delimiter follows")
    return {**given, "skip-lines": 1, "field-delimiter": line[1]}


def _preamble(text: str, table: Table, given: dict[str, Any], *, whole: bool) -> tuple[str, int]:
    """Drop the lines that were said to be skipped, and comments; return how many are skipped."""
    skipped = int(given.get("skip-lines", 0))
    if skipped:
        text = "".join(lines_of(text)[skipped:])
    if "comment" in given:
        mark = given["comment"]
        return (without_marked(str(mark), lines_of(text)) if mark else text), skipped
    found = without_comments(text, given, whole=whole)
    if found.doubt:
        table.ambiguous.append(found.doubt)
    if found.marked:
        table.add("comment", MARK, 0.8, found.why)
    elif found.above and "skip-lines" not in given:
        skipped += found.above
        table.add("skip-lines", skipped, 0.8, found.why)
    return found.text, skipped


def _settled(shapes: list[Shape], table: Table) -> Shape:
    best = shapes[0]
    delimiter = f"'{_SPOKEN.get(best.delimiter, best.delimiter)}'"
    rivals = [s for s in shapes if s.delimiter != best.delimiter and s.width > 1]
    if best.width == 1:
        table.add("field-delimiter", ",", 0.5, "there seems to be one column only")
        return best if best.delimiter == "," else _one_column(shapes)
    why = f"it makes {many(best.width, 'column')} of nearly every row"
    sure = min(0.99, 0.5 + best.score / 2)
    if rivals and rivals[0].score > _CLOSE * best.score:
        other = f"'{_SPOKEN.get(rivals[0].delimiter, rivals[0].delimiter)}'"
        sure = 0.5
        table.ambiguous.append(
            f"fields may be told apart by {delimiter} ({many(best.width, 'column')}) or by {other} "
            f"({many(rivals[0].width, 'column')}): say it with --hint field-delimiter=..."
        )
    table.add("field-delimiter", best.delimiter, sure, why)
    return best


def _one_column(shapes: list[Shape]) -> Shape:
    plain = [shape for shape in shapes if shape.delimiter == ","]
    return plain[0] if plain else shapes[0]


def _dialect(shape: Shape, text: str, table: Table) -> None:
    quote = shape.quote
    if quote is None:
        table.add("quoting", None, 0.8, "quotes do not enclose fields")
    else:
        enclosed = text.count(quote) // 2
        cells = sum(len(row) for row in shape.rows)
        every = enclosed >= cells and enclosed > 1
        why = f"quotes enclose {'every field' if every else 'some fields'}"
        known = (0.95, why) if enclosed else (0.6, "there are no quotes to tell by")
        table.add("quoting", "all" if every else "minimal", *known)
        table.add("quotechar", quote, *known)
    twice = quote is not None and quote * 2 in text
    why = "quotes are doubled inside quotes" if twice else "nothing tells; it is the usual way"
    table.add("doublequote", shape.doublequote, 0.9 if twice else 0.6, why)
    why = "backslashes stand before marks" if shape.escape else "no backslash escapes a mark"
    table.add("escape", shape.escape, 0.8, why)


def _ragged_top(
    shape: Shape, table: Table, text: str, skipped: int, given: dict[str, Any]
) -> list[list[str]]:
    """Note lines above the table that have fewer fields than it."""
    rows = shape.rows
    above = 0
    while above < min(len(rows) - 1, 30) and len(rows[above]) < shape.width and shape.width > 1:
        above += 1
    steady = sum(len(row) == shape.width for row in rows[above:]) >= 0.9 * len(rows[above:])
    if not above or not steady or "skip-lines" in given or len(rows[above - 1]) > 2:
        return rows
    lines = _lines_of(above, text)
    why = f"{above} line{'s' if above > 1 else ''} above the table: fewer fields than in it"
    table.add("skip-lines", skipped + lines, 0.7, why)
    first = "the first line has" if above == 1 else f"the first {above} lines have"
    table.ambiguous.append(
        f"{first} fewer fields than the rest and may be a title, which is left out: "
        "say --hint skip-lines=0 if it is none"
    )
    return rows[above:]


def _lines_of(above: int, text: str) -> int:
    """Return how many lines the first rows take, blank ones among them included."""
    for number, line in enumerate(text.split("\n"), start=1):
        above -= bool(line)
        if above == 0:
            return number
    return 0


def _header(rows: list[list[str]], table: Table, given: dict[str, Any]) -> list[list[str]]:
    if "header-row" in given:
        return rows[1:] if given["header-row"] else rows
    header, sure, why = has_header(rows) if rows else (True, 0.5, "there is no row")
    table.add("header-row", header, sure, why)
    if sure < 0.7:
        sense = "names" if header else "values"
        table.ambiguous.append(
            f"the first row is taken for {sense}, but nothing tells for certain: "
            f"say it with --hint header-row={'false' if header else 'true'} if that is wrong"
        )
    return rows[1:] if header else rows


def _more_rows(shape: Shape, further: list[str]) -> list[list[str]]:
    """Return rows from further in; only those that fit, as a sample may begin inside quotes."""
    rows: list[list[str]] = []
    for text in ("".join(lines_of(piece)[-_TAIL:]) for piece in further):
        pieces = best_shapes(
            text,
            whole=True,
            given={
                "field-delimiter": shape.delimiter,
                "quoting": "minimal" if shape.quote else None,
                "quotechar": shape.quote or '"',
                "escape": shape.escape,
            },
        )
        rows += [row for piece in pieces[:1] for row in piece.rows if len(row) == shape.width]
    return rows


def _marked_nulls(text: str, delimiter: str) -> bool:
    r"""Tell whether ``\N`` fills fields, which the csv module reads as ``N`` where it unescapes."""
    spot = re.escape(delimiter)
    return re.search(rf"(?:^|{spot})\\N(?:{spot}|$)", text, re.MULTILINE) is not None


def _values(
    table: Table, rows: list[list[str]], given: dict[str, Any], *, marked_nulls: bool
) -> None:
    """Note how the values of the columns are written."""
    width = len(table.first)
    columns = [[row[index] for row in rows if index < len(row)] for index in range(width)]
    names = [name or f"column_{spot}" for spot, name in enumerate(table.first, start=1)]
    dates = date_findings(names, columns)
    for hint, value in dates.hints.items():
        why = dates.why.get(hint, "no column tells otherwise")
        table.add(hint, value, 0.9 if hint in dates.why else 0.6, why)
    table.ambiguous += [text for text in dates.ambiguous if not any(hint in text for hint in given)]
    if "decimal-separator" not in given:
        _decimal_comma(table, names, columns)
    if "null-marker" not in given and marked_nulls:
        table.add("null-marker", "\\N", 0.95, "\\N stands alone in fields")
    elif "null-marker" not in given:
        _null_marker(table, names, columns)


def _decimal_comma(table: Table, names: list[str], columns: list[list[str]]) -> None:
    for name, column in zip(names, columns, strict=True):
        cells = [cell for cell in column if cell]
        commas = sum(_DECIMAL_COMMA.fullmatch(cell) is not None for cell in cells)
        if cells and commas and all(re.fullmatch(r"[+-]?\d+(?:,\d+)?", cell) for cell in cells):
            thousands = all(re.fullmatch(r"[+-]?\d{1,3}(?:,\d{3})*", cell) for cell in cells)
            if not thousands:
                table.add("decimal-separator", ",", 0.9, f"so the column '{name}' is written")
                return
            table.ambiguous.append(
                f"the commas in the column '{name}' may stand before fractions or between "
                "thousands: it is read as text"
            )


def _null_marker(table: Table, names: list[str], columns: list[list[str]]) -> None:
    """Point at columns that would be numbers but for a word that often stands for NULL."""
    seen: dict[str, list[str]] = {}
    for name, column in zip(names, columns, strict=True):
        others = {cell for cell in column if cell and not _NUMBER.fullmatch(cell)}
        if len(others) == 1 and (word := others.pop()) in NULLS and len(set(column)) > 2:
            seen.setdefault(word, []).append(name)
    for word, where in seen.items():
        shown = ", ".join(f"'{name}'" for name in where[:5]) + (", ..." if len(where) > 5 else "")
        table.ambiguous.append(
            f"but for '{word}' these columns hold numbers: {shown}; if it stands for NULL, "
            f"say --hint null-marker='{word}', else they are read as text"
        )


def _ends(lines: int) -> str:
    return many(lines, "line ends so", "lines end so")
