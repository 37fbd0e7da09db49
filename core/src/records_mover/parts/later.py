"""Loaders and unloaders whose modules are imported when they are asked, and not before.

A plugin is loaded by every move, and most moves go to other databases than its own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Generic, TypeVar

from records_mover.frozen import frozen
from records_mover.parts.jobs import Loader, Unloader

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from contextlib import AbstractContextManager

    from records_mover.parts.forms import Offer, Refusal
    from records_mover.parts.jobs import Ask, Loaded, LoadJob, UnloadJob
    from records_mover.parts.payloads import Payload

__all__ = ["LaterLoader", "LaterUnloader"]

AnyPart = TypeVar("AnyPart", Loader, Unloader)


@frozen
class _Later(Generic[AnyPart]):
    """What is known of a part before it is there: ``part`` imports and makes it."""

    name: str
    dialects: frozenset[str]
    part: Callable[[], AnyPart]

    def offers(self, ask: Ask) -> Sequence[Offer | Refusal]:
        """Ask the part."""
        return self.part().offers(ask)


class LaterLoader(_Later[Loader]):
    """A loader of this name, for these dialects, that is yet to be imported."""

    def load(self, job: LoadJob, payload: Payload) -> Loaded:
        """Have the part load."""
        return self.part().load(job, payload)


class LaterUnloader(_Later[Unloader]):
    """An unloader of this name, for these dialects, that is yet to be imported."""

    def unload(self, job: UnloadJob) -> AbstractContextManager[Payload]:
        """Have the part unload."""
        return self.part().unload(job)
