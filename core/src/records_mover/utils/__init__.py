"""What has no room of its own: a drawer that is kept nearly empty."""

from __future__ import annotations

from functools import cached_property
from threading import RLock
from typing import Any, TypeVar, overload

__all__ = ["lazyprop"]

T = TypeVar("T")

_LOCK = "_lock of "


class lazyprop(cached_property[T]):  # noqa: N801  its name in 1.x, and a decorator's
    """A property that is worked out once, whichever thread asks first, and then kept.

    Who asks another instance does not wait, as all do in Python 3.11 for what is a
    ``cached_property`` of one class: use this where working it out reads, or waits.
    """

    @overload
    def __get__(self, instance: None, owner: type[Any] | None = None) -> lazyprop[T]: ...
    @overload
    def __get__(self, instance: object, owner: type[Any] | None = None) -> T: ...
    def __get__(self, instance: object | None, owner: type[Any] | None = None) -> lazyprop[T] | T:
        """Return the value; from the second time on, Python finds it without asking here."""
        if instance is None:
            return self
        kept, name = instance.__dict__, self.attrname or ""
        with kept.setdefault(f"{_LOCK}{name}", RLock()):
            if name not in kept:
                kept[name] = self.func(instance)
            found: T = kept[name]
        return found
