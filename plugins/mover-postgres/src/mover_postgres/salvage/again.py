"""Opening a stream for a second time, be it that it can be read once only."""

from __future__ import annotations

import io
import shutil
import tempfile
from contextlib import suppress
from typing import IO, TYPE_CHECKING, Any, BinaryIO, cast

from records_mover.errors import StoreError

if TYPE_CHECKING:
    from types import TracebackType

    from records_mover.parts import Part

__all__ = ["Again", "on_disk"]

_BLOCK = 1 << 20


class Again:
    """A part; what was read of it is kept on disk where it cannot be opened twice."""

    def __init__(self, part: Part) -> None:
        self._part = part
        self._first: BinaryIO | None = None
        self._kept: IO[bytes] | None = None

    def open(self) -> BinaryIO:
        """Open the part from its start, as often as wanted."""
        if self._part.rereadable:
            return self._part.open()
        if self._kept is None:
            self._first = self._part.open()
            self._kept = tempfile.TemporaryFile(prefix="mover-")  # noqa: SIM115
            return cast(BinaryIO, _Kept(self._first, self))
        self._read_on()
        self._kept.seek(0)
        return cast(BinaryIO, _Replayed(self._kept))

    def keep(self, data: bytes) -> None:
        """Keep what was read."""
        assert self._kept is not None, "opened before"
        with on_disk(repr(self._part.name)):
            self._kept.write(data)

    def _read_on(self) -> None:
        """Read the stream to its end, once."""
        if self._first is None or self._kept is None:
            return
        first, self._first = self._first, None
        with on_disk(repr(self._part.name)):
            self._kept.seek(0, io.SEEK_END)
            shutil.copyfileobj(first, self._kept, _BLOCK)
        first.close()

    def __enter__(self) -> Again:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._first is not None:
            self._first.close()
        if self._kept is not None:
            with suppress(OSError):  # what is left in its buffer has no room, as was said
                self._kept.close()


class on_disk:  # noqa: N801  it is used as a function
    """Says in our words that there is no room on the disk for what is kept."""

    def __init__(self, what: str) -> None:
        self._what = what

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: Any, error: BaseException | None, traceback: Any) -> None:
        if isinstance(error, OSError) and not isinstance(error, StoreError):
            raise StoreError(
                f"cannot keep {self._what} to read it twice: {error.strerror}",
                "free some space for temporary files, or name another TMPDIR",
            ) from error


class _Kept(io.RawIOBase):
    """The first reading of a stream. It closes nothing, as who kept it may read on."""

    def __init__(self, stream: BinaryIO, again: Again) -> None:
        self._stream = stream
        self._again = again

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1, /) -> bytes:
        block = self._stream.read(size)
        self._again.keep(block)
        return block


class _Replayed(io.RawIOBase):
    """One more reading of what was kept, which stays open."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1, /) -> bytes:
        return self._file.read(size)
