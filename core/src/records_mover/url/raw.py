"""A file that says which file it is when the system refuses to read or write it."""

from __future__ import annotations

import errno
import io
import os
from contextlib import contextmanager
from typing import TYPE_CHECKING, BinaryIO, cast

from records_mover.errors import NotFoundError, StoreError
from records_mover.utils.words import meant

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

__all__ = ["RawFile", "buffered_writer", "store_errors"]

_BLOCK = 1 << 18
"""Bytes that are gathered; larger blocks go through as they are, without a copy."""
_ADVICE = {
    errno.ENOSPC: "free some space",
    errno.EDQUOT: "free some space, or ask for a larger quota",
    errno.EFBIG: "allow larger files (ulimit -f), or write elsewhere",
    errno.EISDIR: "end it in '/' if that folder is meant",
    errno.EPIPE: "whoever read it has gone away",
}


class RawFile(io.FileIO):
    """A file whose errors are ``StoreError``s that name it, however far from here they arise."""

    def __init__(self, file: int | Path, mode: str, *, name: str, permissions: int = 0o666) -> None:
        """Open a file; one that is made gets ``permissions``, less what the umask takes."""
        super().__init__(file, mode, opener=lambda path, flags: os.open(path, flags, permissions))
        self._shown = name

    def readinto(self, buffer: bytearray | memoryview, /) -> int:  # type: ignore[override]
        """Fill ``buffer``."""
        try:
            return super().readinto(buffer) or 0
        except OSError as error:
            raise _store_error(self._shown, error) from error

    def read(self, size: int | None = -1, /) -> bytes:
        """Read at most ``size`` bytes."""
        try:
            return super().read(-1 if size is None else size) or b""
        except OSError as error:
            raise _store_error(self._shown, error) from error

    def write(self, data: bytes | bytearray | memoryview, /) -> int:  # type: ignore[override]
        """Write as much as the system takes."""
        try:
            return super().write(data) or 0
        except OSError as error:
            raise _store_error(self._shown, error) from error


def buffered_writer(raw: RawFile) -> BinaryIO:
    """Return a buffer in front of a file to write."""
    return cast(BinaryIO, io.BufferedWriter(raw, _BLOCK))


@contextmanager
def store_errors(path: Path) -> Iterator[None]:
    """Turn what the system says of ``path`` into ``StoreError``; use it around single calls."""
    try:
        yield
    except StoreError:
        raise
    except FileNotFoundError as error:
        missing = "file" if os.path.lexists(path.parent) else "directory"
        name = path if missing == "file" else path.parent
        what = f"there is no {missing} {str(name)!r}{_meant(name)}"
        raise NotFoundError(what, "check the path") from error
    except OSError as error:
        raise _store_error(str(path), error) from error


def _meant(path: Path) -> str:
    """Say which of its neighbours a path that is not there was probably to name."""
    try:
        return meant(path.name, os.listdir(path.parent))  # noqa: PTH208 - only their names
    except OSError:
        return ""


def _store_error(name: str, error: OSError) -> StoreError:
    if isinstance(error, PermissionError):
        return StoreError(f"no permission for {name!r}", "check who may use it")
    reason = (error.strerror or str(error)).lower()
    return StoreError(f"cannot use {name!r}: {reason}", _ADVICE.get(error.errno or 0))
