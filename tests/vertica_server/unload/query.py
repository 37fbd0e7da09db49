"""The rows that an export writes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from standins.wire import split_row
from vertica_server.sql.rewrite import rewrite, spellings
from vertica_server.wire.results import Field
from vertica_server.wire.text import text_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from standins.lexer import Token
    from vertica_server.session import Session

__all__ = ["Rows", "ask"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rows:
    """A query's columns and its rows as the text that a client would see."""

    fields: list[Field]
    rows: Iterator[list[bytes | None]]


def ask(query: list[Token], session: Session, order: str = "", *, exact: bool = False) -> Rows:
    """Run a query; ``order`` is added outside of it; ``exact`` leaves floats whole."""
    sql = rewrite(query, session.functions)
    if order:
        sql = f"SELECT * FROM ({sql}) vertica_export ORDER BY {order}"
    answer = session.engine.ask(sql)
    fields = session.server.fields(answer.columns, answer.places, spellings(query))
    mends = [
        None if exact and field.type.kind == "float" else text_of(field.type) for field in fields
    ]

    def rows() -> Iterator[list[bytes | None]]:
        for body in answer.bodies():
            values = split_row(body)
            for place, mend in enumerate(mends):
                value = values[place]
                if mend is not None and value is not None:
                    values[place] = mend(value)
            yield values

    return Rows(fields=fields, rows=rows())
