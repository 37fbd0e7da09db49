"""Errors of a row, numbered as page r_Load_Error_Reference does."""

from __future__ import annotations

__all__ = ["FieldProblem", "LineProblem"]


class LineProblem(Exception):
    """A line that cannot be cut into fields."""

    def __init__(self, code: int, reason: str, position: int = 0) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason
        self.position = position


class FieldProblem(LineProblem):
    """A field that does not fit its column."""
