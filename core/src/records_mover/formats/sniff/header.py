"""Whether the first row of a table holds names."""

from __future__ import annotations

import re

from records_mover.utils.words import many

__all__ = ["NULLS", "has_header"]

NULLS = frozenset(
    ("NA", "N/A", "n/a", "#N/A", "NULL", "null", "None", "NaN", "nan", "\\N", "-", "?", ".", "..")
)
"""Words that often stand for NULL."""

_TYPED = re.compile(
    r"[+-]?[$€£]?[\d.,]*\d%?|[+-]?\d*[.,]?\d+[eE][+-]?\d+"
    r"|\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}(?:[ T].*)?|\d{1,2}:\d{2}(?::.*)?"
)
_TRUTH = frozenset({"true", "false"})
_NAME = re.compile(r"[^\W\d][\w .,:;()/%#$€&'\u2019?+*<>=\[\]-]*")
_YEAR = re.compile(r"(?:1[89]|20)\d{2}")


def has_header(rows: list[list[str]]) -> tuple[bool, float, str]:
    """Return whether the first row holds names, how sure that is, and why."""
    first, rest = [cell.strip() for cell in rows[0]], rows[1:]
    if _typed_names(first):
        return False, 0.9, "the first row holds values, not names"
    if not rest:
        named = all(_NAME.fullmatch(cell) for cell in first if cell)
        return named, 0.5, "there is one row only, and it reads like names"
    above = [cell for index, cell in enumerate(first) if cell and _typed_below(index, rest)]
    typed = sum(cell not in NULLS for cell in above)
    if typed:
        sure = 0.99 if typed > 1 else 0.95
        hold = many(typed, "column holds", "columns hold")
        return True, sure, f"{hold} numbers or dates below a word"
    if above:
        return False, 0.6, f"'{above[0]}' of the first row may stand for NULL among numbers"
    against = _recurring(first, rest)
    if against:
        return False, 0.7, f"'{against}' of the first row is a value further down"
    return _all_text(first, rest)


def _typed_names(first: list[str]) -> bool:
    typed = [cell for cell in first if _TYPED.fullmatch(cell) or cell.lower() in _TRUTH]
    if not typed:
        return not any(first)
    # A table by year: names such as 1990, 1991 beside words, none of them twice.
    years = all(_YEAR.fullmatch(cell) for cell in typed) and len(set(typed)) == len(typed) > 1
    return not (years and len(typed) < len(first))


def _typed_below(index: int, rest: list[list[str]]) -> bool:
    cells = [cell for row in rest if index < len(row) and (cell := row[index].strip())]
    typed = sum(_TYPED.fullmatch(cell) is not None or cell.lower() in _TRUTH for cell in cells)
    return bool(cells) and typed >= 0.8 * len(cells)


def _recurring(first: list[str], rest: list[list[str]]) -> str | None:
    for index, cell in enumerate(first):
        if cell and any(index < len(row) and row[index].strip() == cell for row in rest):
            return cell
    return None


def _all_text(first: list[str], rest: list[list[str]]) -> tuple[bool, float, str]:
    filled = [cell for cell in first if cell]
    distinct = len(set(filled)) == len(filled) > 0.7 * len(first)
    named = distinct and all(_NAME.fullmatch(cell) and len(cell) <= 64 for cell in filled)
    if not named:
        return False, 0.5, "every column is text and the first row does not read like names"
    shorter = _length(filled) <= _length([cell for row in rest[:50] for cell in row if cell])
    snake = all(re.fullmatch(r"[a-z][a-z0-9_]*", cell) for cell in filled)
    sure = 0.6 + 0.1 * shorter + 0.2 * (snake and len(filled) > 1)
    return True, sure, "every column is text; the first row reads like names"


def _length(cells: list[str]) -> float:
    return sum(map(len, cells)) / max(len(cells), 1)
