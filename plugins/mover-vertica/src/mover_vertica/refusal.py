"""What this release says instead of moving rows."""

from __future__ import annotations

from records_mover.errors import DatabaseError

__all__ = ["WHY", "refusal"]

WHY = "mover-vertica cannot move rows yet"


def refusal() -> DatabaseError:
    """Return the error that says so, and what to do instead."""
    return DatabaseError(WHY, "export the rows to a file with Vertica's own tools, and move that")
