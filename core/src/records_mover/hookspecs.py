"""Every hook, in the order in which a move meets them.

A plugin is a module named by an entry point of the group ``records_mover``. It sets
``MOVER_API = 1`` and implements any of these with ``records_mover.hookimpl``. All but the last two
are asked once, when the plugin loads, with no argument: they register parts, and the parts do the
work. No row, file or connection goes through a hook.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import pluggy

if TYPE_CHECKING:
    from collections.abc import Iterable

    from records_mover.parts import Creds, DatabaseKind, FormatKind, Loader, Unloader
    from records_mover.url import Scheme

__all__ = ["GROUP", "MOVER_API", "MoverSpecs", "hookimpl", "hookspec"]

GROUP = "records_mover"
MOVER_API = 1

hookspec = pluggy.HookspecMarker(GROUP)
hookimpl = pluggy.HookimplMarker(GROUP)


class Moved(Protocol):
    """The part of a move's result that ``mover_moved`` may rely on."""

    @property
    def rows(self) -> int | None: ...
    @property
    def bytes(self) -> int: ...
    @property
    def seconds(self) -> float: ...
    @property
    def route(self) -> tuple[str, ...]: ...


class MoverSpecs:
    """The seven hooks."""

    @hookspec
    def mover_schemes(self) -> Iterable[Scheme]:  # type: ignore[empty-body]
        """Register file stores by URL scheme; a scheme has one owner."""

    @hookspec
    def mover_databases(self) -> Iterable[DatabaseKind]:  # type: ignore[empty-body]
        """Register kinds of database, by SQLAlchemy dialect or by what the server says it is."""

    @hookspec
    def mover_unloaders(self) -> Iterable[Unloader]:  # type: ignore[empty-body]
        """Register ways to get rows out of a table; any number to a dialect."""

    @hookspec
    def mover_loaders(self) -> Iterable[Loader]:  # type: ignore[empty-body]
        """Register ways to put rows into a table; any number, from any plugin."""

    @hookspec
    def mover_formats(self) -> Iterable[FormatKind]:  # type: ignore[empty-body]
        """Register formats that this process can read or write."""

    @hookspec(firstresult=True)
    def mover_creds(self, name: str) -> Creds | None:
        """Answer for a credentials name, or None; the first provider that knows it answers."""

    @hookspec
    def mover_moved(self, result: Moved) -> None:
        """Hear of a move that has ended; an exception here is logged and dropped."""
