"""The server thinks of the corpus what the judge from outside thinks of it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from vertica_server.errors import VerticaError
from vertica_server.grammar.copy import parse_copy
from vertica_server.grammar.export import parse_export, parse_s3export
from vertica_server.grammar.table import parse_create_table
from vertica_server.sql.cursor import Cursor
from vertica_server.sql.lexer import tokens

if TYPE_CHECKING:
    from collections.abc import Callable

CORPUS = Path(__file__).parents[1] / "judges" / "corpus.txt"
LINES = [
    line.split(" ", 1)
    for line in CORPUS.read_text().splitlines()
    if line and not line.startswith("#")
]
PARSERS: dict[str, Callable[[Cursor], object]] = {
    "COPY": parse_copy,
    "CREATE": parse_create_table,
    "EXPORT": parse_export,
    "SELECT S3EXPORT": parse_s3export,
    "SELECT": Cursor.rest,
}


@pytest.mark.parametrize(("word", "statement"), LINES)
def test_a_statement_is_judged_as_the_corpus_says(word: str, statement: str) -> None:
    parse = next(each for begin, each in PARSERS.items() if statement.startswith(begin))
    try:
        parse(Cursor(tokens(statement)))
        parsed = True
    except VerticaError:
        parsed = False
    assert parsed is (word in ("yes", "order", "ours"))
