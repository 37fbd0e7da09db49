"""The extended protocol: which message is answered by what, and what an error passes over."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, ClassVar, Generic, TypeVar

from standins.errors import ServerError

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Extended"]

ErrorT = TypeVar("ErrorT", bound=ServerError)


class Extended(ABC, Generic[ErrorT]):
    """Takes the messages of a session one at a time."""

    ignored: ClassVar[bytes] = b"H"
    """Messages that are not answered."""
    unknown: ClassVar[str] = "invalid frontend message type"

    def __init__(self, error: type[ErrorT], fail: Callable[[ErrorT], None]) -> None:
        self._error = error
        self._fail = fail
        self._skipping = False

    def take(self, tag: bytes, body: bytes) -> None:
        """Answer one message; behind an error they are passed over until Sync."""
        if tag == b"S":
            self._skipping = False
            self._sync()
        elif self._skipping or tag in self.ignored:
            return
        else:
            try:
                self._answer(tag, body)
            except self._error as error:
                self._fail(error)
                self._skipping = True

    def _answer(self, tag: bytes, body: bytes) -> None:
        handlers = {
            b"P": self._parse,
            b"B": self._bind,
            b"D": self._describe,
            b"E": self._execute,
            b"C": self._close,
        }
        if tag not in handlers:
            raise self._error(f"{self.unknown} {tag!r}", sqlstate="08P01")
        handlers[tag](body)

    @abstractmethod
    def _sync(self) -> None:
        """Say that the next statement may come."""

    @abstractmethod
    def _parse(self, body: bytes) -> None:
        """Prepare a statement."""

    @abstractmethod
    def _bind(self, body: bytes) -> None:
        """Give a statement its values."""

    @abstractmethod
    def _describe(self, body: bytes) -> None:
        """Tell what a statement takes and returns."""

    @abstractmethod
    def _execute(self, body: bytes) -> None:
        """Run a statement with its values."""

    @abstractmethod
    def _close(self, body: bytes) -> None:
        """Forget a statement or its values."""
