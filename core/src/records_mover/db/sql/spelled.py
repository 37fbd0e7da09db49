"""Types that are written in DDL as they stand here, whatever the dialect."""

from __future__ import annotations

from typing import Any

from sqlalchemy.types import UserDefinedType

__all__ = ["Spelled"]


class Spelled(UserDefinedType[Any]):
    """A type by its spelling."""

    cache_ok = True

    def __init__(self, spelling: str) -> None:
        self.spelling = spelling

    def __str__(self) -> str:
        return self.spelling

    def get_col_spec(self, **_: object) -> str:
        """Return the spelling."""
        return self.spelling
