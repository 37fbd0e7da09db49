"""Whether SQL that a catalog keeps as text names a table or a column: words are looked for."""

from __future__ import annotations

import re

__all__ = ["mentions", "reads"]


def mentions(text: str, name: str) -> bool:
    """Whether a name occurs as a word of its own, quoted or not, in upper or lower case."""
    return re.search(_word(name), text, re.IGNORECASE) is not None


def reads(text: str, schema: str, table: str) -> bool:
    """Whether a query names a table: with its schema, or behind FROM, JOIN or a comma without."""
    qualified = rf"{_word(schema)}\s*\.\s*{_word(table)}"
    alone = rf"(?:\bfrom|\bjoin|,)[\s(]*{_word(table)}(?!\s*\.)"
    return re.search(f"{qualified}|{alone}", text, re.IGNORECASE) is not None


def _word(name: str) -> str:
    bare = re.escape(name)
    quoted = re.escape(name.replace('"', '""'))
    return rf'(?:"{quoted}"|(?<![\w$"]){bare}(?![\w$"]))'
