"""The system tables, as scripts for the PostgreSQL behind."""

from __future__ import annotations

from pathlib import Path

__all__ = ["scripts"]


def scripts() -> list[str]:
    """Return the scripts in the order in which they run."""
    return [path.read_text() for path in sorted(Path(__file__).parent.glob("*.sql"))]
