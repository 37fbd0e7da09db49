"""Plugins of which one part is used, so that no other one passes for it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from records_mover.plugins import Plugins

if TYPE_CHECKING:
    from records_mover.parts import Loader, Unloader

__all__ = ["OnlyPart"]


class OnlyPart(Plugins):
    """All plugins, but where a loader (or an unloader) of this name is for a dialect, it alone."""

    def __init__(self, kind: Literal["loader", "unloader"], name: str) -> None:
        super().__init__()
        self._wanted = (kind, name)

    def names(self) -> list[str]:
        """Return the names of all parts of this kind, for any dialect."""
        offers = [record.offers for record in self.records]
        parts = [each.loaders if self._wanted[0] == "loader" else each.unloaders for each in offers]
        return [part.name for some in parts for part in some]

    def loaders(self, dialect: str) -> tuple[Loader, ...]:
        """Return the loader that is looked at, where it is for this dialect."""
        found = super().loaders(dialect)
        return tuple(part for part in found if self._is_it("loader", part)) or found

    def unloaders(self, dialect: str) -> tuple[Unloader, ...]:
        """Return the unloader that is looked at, where it is for this dialect."""
        found = super().unloaders(dialect)
        return tuple(part for part in found if self._is_it("unloader", part)) or found

    def _is_it(self, kind: str, part: Loader | Unloader) -> bool:
        return self._wanted == (kind, part.name)
