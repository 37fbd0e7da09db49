"""How a SQLAlchemy dialect spells names and types, for statements without parameters."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from records_mover.db.sql.names import checked_name

if TYPE_CHECKING:
    from sqlalchemy import Dialect
    from sqlalchemy.types import TypeEngine

__all__ = ["plain", "quote", "spell_type"]


def quote(name: str, dialect: Dialect) -> str:
    """Return an identifier, quoted, as the server is to read it."""
    checked_name(name)
    preparer = dialect.identifier_preparer
    # Where unquoted names are folded to upper case, SQLAlchemy shows them in lower case: quoting
    # such a name would mean another one.
    folded = dialect.requires_name_normalize
    quoted = preparer.quote(name) if folded else preparer.quote_identifier(name)
    return plain(quoted, dialect)


def plain(sql: str, dialect: Dialect) -> str:
    """Return what SQLAlchemy has compiled as the server is to read it."""
    # SQLAlchemy doubles % for drivers that fill in parameters by it; ours travel with none.
    return sql.replace("%%", "%") if dialect.paramstyle in {"format", "pyformat"} else sql


def spell_type(kind: TypeEngine[Any], dialect: Dialect) -> str:
    """Return a type as the dialect spells it; SQLAlchemy's own name for one it cannot spell."""
    from sqlalchemy.exc import CompileError
    from sqlalchemy.types import NullType

    if isinstance(kind, NullType):
        return ""
    try:
        return plain(kind.compile(dialect=dialect), dialect)
    except CompileError:
        return type(kind).__name__
