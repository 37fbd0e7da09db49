"""The arguments of a parser function, checked against those that it has."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vertica_server.errors import VerticaError

if TYPE_CHECKING:
    from vertica_server.grammar.copy import CopyStatement

__all__ = ["checked"]


def checked(statement: CopyStatement, known: dict[str, str]) -> dict[str, str]:
    """Return what was said over the defaults; an argument that is not known is an error."""
    for name in statement.arguments:
        if name not in known:
            said = f"Parameter {name} was specified but is not known to {statement.parser}"
            raise VerticaError(said, sqlstate="22023", code=3399)
    return known | statement.arguments
