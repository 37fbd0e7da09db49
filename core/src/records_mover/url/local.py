"""The local file system as a store: ``file://`` URLs, plain paths, ``~`` and wildcards."""

from __future__ import annotations

import errno
import fcntl
import glob
import os
import secrets
import shutil
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, cast
from urllib.parse import unquote, urlsplit

from records_mover.errors import NotFoundError, StoreError
from records_mover.url.store import Entry, scheme_of

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["LocalStore", "local_path"]

_PART = ".mover-part"
_BLOCK = 1 << 20


def local_path(url: str) -> Path:
    """Return the path that a ``file://`` URL or a plain path names, with ``~`` expanded."""
    if scheme_of(url) == "file" and url[:5].lower() == "file:":
        split = urlsplit(url)
        if split.netloc not in ("", "localhost"):
            raise StoreError(
                f"{url!r} names the host {split.netloc!r}", "a local file is file:///path or a path"
            )
        return Path(unquote(split.path))
    return Path(url).expanduser()


class LocalStore:
    """Files of this machine. A write is a hidden part file beside the target, then a rename."""

    def list(self, url: str) -> Iterator[Entry]:
        """Yield the files that a path, a directory (``/`` at the end) or wildcards name."""
        path = local_path(url)
        if url.endswith("/"):
            yield from self._directory(path, url)
        elif path.is_file() or not glob.has_magic(str(path)):
            yield self._entry(path)
        else:
            found = sorted(Path(name) for name in glob.glob(str(path)) if Path(name).is_file())  # noqa: PTH207 - keeps the path as typed
            if not found:
                raise NotFoundError(f"no file matches {url!r}", "check the pattern")
            yield from map(self._entry, found)

    def _directory(self, path: Path, url: str) -> Iterator[Entry]:
        if not path.is_dir():
            raise NotFoundError(f"there is no directory {url!r}", "check the path")
        for child in sorted(path.iterdir()):
            if child.is_file():
                yield self._entry(child)

    def _entry(self, path: Path) -> Entry:
        with _store_errors(path):
            stat = path.stat()
        if path.is_dir():
            raise StoreError(
                f"{str(path)!r} is a directory", "end it in '/' to read the files in it"
            )
        return Entry(url=str(path), size=stat.st_size if path.is_file() else None)

    def open(self, url: str, *, offset: int = 0, length: int | None = None) -> BinaryIO:
        """Open for reading, from byte ``offset`` on, at most ``length`` bytes."""
        path = local_path(url)
        with _store_errors(path):
            raw = path.open("rb", buffering=0)
            if offset:
                raw.seek(offset)
        if length is None:
            return cast(BinaryIO, raw)
        from records_mover.url.bounded import BoundedReader

        return cast(BinaryIO, BoundedReader(raw, length))

    @contextmanager
    def write(self, url: str) -> Iterator[BinaryIO]:
        """Write to a hidden part file; rename it over the target when the block ends well."""
        path = local_path(url)
        if path.exists() and not path.is_file():
            with _store_errors(path), path.open("wb", buffering=_BLOCK) as device:
                yield device
            return
        _sweep(path)
        part = path.with_name(f".{path.name[:180]}.{secrets.token_hex(4)}{_PART}")
        try:
            with _store_errors(path):
                with part.open("xb", buffering=_BLOCK) as sink:
                    fcntl.flock(sink, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    yield sink
                    sink.flush()
                    os.fsync(sink.fileno())
                part.replace(path)
        except BaseException:
            part.unlink(missing_ok=True)
            raise

    def make_folder(self, url: str) -> None:
        """Make the folder, and those above it, unless they are there."""
        path = local_path(url)
        with _store_errors(path):
            path.mkdir(parents=True, exist_ok=True)

    def delete(self, url: str) -> None:
        """Delete a file."""
        path = local_path(url)
        with _store_errors(path):
            path.unlink()

    def copy(self, source: str, target: str) -> None:
        """Copy a file by the kernel's own means, visible when whole."""
        with self.open(source) as reader, self.write(target) as sink:
            shutil.copyfileobj(reader, sink, _BLOCK)

    def size(self, url: str) -> int | None:
        """Return the size in bytes; None for pipes and devices."""
        return self._entry(local_path(url)).size

    def folders(self, url: str) -> Iterator[str]:
        """Yield the folders directly below a folder, each ending in ``/``."""
        path = local_path(url)
        if path.is_dir():
            with _store_errors(path):
                yield from sorted(f"{child}/" for child in path.iterdir() if child.is_dir())

    def purge(self, url: str) -> None:
        """Delete a folder and everything below it; to have nothing there is no error."""
        path = local_path(url)
        with _store_errors(path), suppress(FileNotFoundError):
            shutil.rmtree(path)


def _sweep(path: Path) -> None:
    """Remove part files that a killed move left beside ``path``: those that nobody has locked."""
    prefix = f".{path.name[:180]}."
    with suppress(OSError):
        for stray in path.parent.iterdir():
            if stray.name.startswith(prefix) and stray.name.endswith(_PART):
                _remove_unlocked(stray)


def _remove_unlocked(stray: Path) -> None:
    with suppress(OSError), stray.open("rb") as held:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        stray.unlink()


@contextmanager
def _store_errors(path: Path) -> Iterator[None]:
    try:
        yield
    except FileNotFoundError as error:
        missing = "directory" if not path.parent.is_dir() else "file"
        name = path.parent if missing == "directory" else path
        raise NotFoundError(f"there is no {missing} {str(name)!r}", "check the path") from error
    except PermissionError as error:
        raise StoreError(f"no permission for {str(path)!r}", "check who may use it") from error
    except OSError as error:
        if error.errno is None:
            raise
        advice = "free some space" if error.errno in (errno.ENOSPC, errno.EDQUOT) else None
        reason = (error.strerror or str(error)).lower()
        raise StoreError(f"cannot use {str(path)!r}: {reason}", advice) from error
