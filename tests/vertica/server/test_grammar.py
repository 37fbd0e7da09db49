"""The server thinks of the corpus what the judge from outside thinks of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from vertica_server.errors import VerticaError
from vertica_server.grammar.copy import parse_copy
from vertica_server.grammar.table import parse_create_table
from vertica_server.sql.cursor import Cursor
from vertica_server.sql.lexer import tokens

CORPUS = Path(__file__).parents[1] / "judges" / "corpus.txt"
LINES = [
    line.split(" ", 1)
    for line in CORPUS.read_text().splitlines()
    if line and not line.startswith("#")
]


@pytest.mark.parametrize(("word", "statement"), LINES)
def test_a_statement_is_judged_as_the_corpus_says(word: str, statement: str) -> None:
    parse = parse_copy if statement.startswith("COPY") else parse_create_table
    try:
        parse(Cursor(tokens(statement)))
        parsed = True
    except VerticaError:
        parsed = False
    assert parsed is (word in ("yes", "order", "ours"))
