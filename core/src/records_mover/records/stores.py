"""The stores of one move, as loaders and unloaders use them beside their servers."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, BinaryIO

from records_mover.errors import NotFoundError, StoreError
from records_mover.frozen import frozen
from records_mover.parts import Part
from records_mover.url import GivesAccess, scheme_of

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from records_mover.records.context import Context
    from records_mover.url import StoreAccess

__all__ = ["MoveStores"]


@frozen(kw_only=False)
class MoveStores:
    """See ``records_mover.parts.Stores``."""

    context: Context

    def access(self, url: str) -> StoreAccess:
        """Return what a server needs to use ``url``."""
        store = self.context.store(url)
        if not isinstance(store, GivesAccess):
            raise StoreError(
                f"{scheme_of(url)}:// lets nobody but this process use {url!r}",
                "name files of another store",
            )
        return store.access(url)

    def parts(self, folder: str) -> tuple[Part, ...]:
        """Return the files directly below a folder; none where there is no such folder."""
        try:
            found = list(self.context.store(folder).list(folder))
        except NotFoundError:
            return ()
        return tuple(self.part(entry.url, entry.size) for entry in found)

    def part(self, url: str, size: int | None = None) -> Part:
        """Return one file."""
        known = self.context.store(url).size(url) if size is None else size
        return Part(name=url, url=url, size=known, open=partial(self.context.open, url))

    def open(self, url: str) -> BinaryIO:
        """Open a file for reading."""
        return self.context.open(url)

    def write(self, url: str) -> AbstractContextManager[BinaryIO]:
        """Open a file for writing; it appears when the block ends well."""
        return self.context.store(url).write(url)
