"""What is known of a plugin: where it comes from, how it fares, and what it offers."""

from __future__ import annotations

from dataclasses import field
from typing import TYPE_CHECKING, Literal

from records_mover.frozen import frozen

if TYPE_CHECKING:
    from records_mover.parts import DatabaseKind, FormatKind, Loader, Unloader
    from records_mover.url import Scheme

__all__ = ["Offered", "PluginRecord", "Status"]

Status = Literal["ok", "broken", "disabled"]


@frozen
class Offered:
    """The parts that one plugin registered."""

    schemes: tuple[Scheme, ...] = ()
    databases: tuple[DatabaseKind, ...] = ()
    unloaders: tuple[Unloader, ...] = ()
    loaders: tuple[Loader, ...] = ()
    formats: tuple[FormatKind, ...] = ()
    creds: bool = False
    moved: bool = False

    def words(self) -> tuple[str, ...]:
        """Name each part in a word, as ``mvrec plugins`` shows it."""
        return (
            *(f"{scheme.name}://" for scheme in self.schemes),
            *(f"database {kind.name}" for kind in self.databases),
            *(part.name for part in self.unloaders),
            *(part.name for part in self.loaders),
            *(f"format {kind.name}" for kind in self.formats),
            *(["credentials"] if self.creds else []),
            *(["told of moves"] if self.moved else []),
        )


@frozen
class PluginRecord:
    """How one plugin fares: what it offers, or why it does not."""

    name: str
    distribution: str
    version: str
    status: Status
    offers: Offered = field(default_factory=Offered)
    why: str = ""

    def __str__(self) -> str:
        how = f"installed but {self.status}: {self.why}" if self.status != "ok" else "installed"
        return f"{self.distribution} {self.version} is {how}"
