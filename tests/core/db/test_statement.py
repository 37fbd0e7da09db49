"""Statements whose secrets only the server is to see."""

from __future__ import annotations

from records_mover.db.sql.statement import Statement
from records_mover.secret import Secret

_STATEMENT = Statement(("COPY t FROM 's3://b/k' KEY ", Secret("'wJalrXUtnFEMI'"), " GZIP"))


def test_a_statement_that_is_shown_keeps_its_secrets() -> None:
    for shown in (str(_STATEMENT), f"{_STATEMENT}", repr(_STATEMENT)):
        assert "wJalr" not in shown
    assert str(_STATEMENT).startswith("COPY t FROM 's3://b/k' KEY ")
    assert str(_STATEMENT).endswith(" GZIP")


def test_the_server_is_given_the_whole_text() -> None:
    assert _STATEMENT.reveal() == "COPY t FROM 's3://b/k' KEY 'wJalrXUtnFEMI' GZIP"
