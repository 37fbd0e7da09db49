"""What a session may set: AUTOCOMMIT, where names are looked up, and how S3 is reached."""

from __future__ import annotations

from dataclasses import dataclass, field

__all__ = ["Settings"]


@dataclass(slots=True, kw_only=True)
class Settings:
    """A session's own; nothing of it outlives the session."""

    autocommit: bool = False
    search_path: list[str] = field(default_factory=lambda: ["public"])
    parameters: dict[str, str] = field(default_factory=dict)
    """Configuration parameters set by ALTER SESSION, by their names in lower case."""
    library: dict[str, str] = field(default_factory=dict)
    """UDPARAMETERs of awslib; their names keep their case."""
    is_prepared: bool = False
    """The statement that runs was described before."""
