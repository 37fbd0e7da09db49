"""An SQLAlchemy dialect that refuses, so that ``redshift://`` is met with words of ours."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy.engine.default import DefaultDialect

from mover_redshift.refusal import refusal

if TYPE_CHECKING:
    from sqlalchemy.engine.interfaces import DBAPIModule

__all__ = ["RefusingDialect"]


class RefusingDialect(DefaultDialect):
    """Takes the name, and refuses when an engine is made."""

    name = "redshift"
    supports_statement_cache = False

    @classmethod
    def import_dbapi(cls) -> DBAPIModule:
        """Refuse: SQLAlchemy asks this first."""
        raise refusal()
