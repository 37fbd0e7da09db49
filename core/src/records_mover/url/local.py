"""The local file system as a store: ``file://`` URLs, plain paths, ``~`` and wildcards."""

from __future__ import annotations

import fcntl
import glob
import os
import shutil
import stat
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, cast
from urllib.parse import unquote

from records_mover.errors import NotFoundError, StoreError
from records_mover.url.pipes import PipeReader, PipeWriter, is_pipe
from records_mover.url.raw import RawFile, buffered_writer, store_errors
from records_mover.url.store import Entry, scheme_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager

__all__ = ["LocalStore", "absolute_url", "local_path"]

_PART = ".mover-part"
_BLOCK = 1 << 20
_NAME_BYTES = 200
"""Bytes of a target's name in that of its part file, so that no name gets longer than 255."""


def local_path(url: str) -> Path:
    """Return the path that a ``file:`` URL or a plain path names, with ``~`` expanded.

    A ``file:`` URL has no query and no fragment: ``?`` and ``#`` belong to the name.
    """
    if "\0" in url:
        raise StoreError(f"a path cannot hold a zero byte: {url!r}", "check the path")
    if scheme_of(url) == "file" and url[:5].lower() == "file:":
        rest = url[5:]
        host, slash, path = rest[2:].partition("/") if rest.startswith("//") else ("", "", rest)
        if host not in ("", "localhost"):
            raise StoreError(
                f"{url!r} names the host {host!r}", "a local file is file:///path or a path"
            )
        return Path(unquote(slash + path))
    try:
        return Path(url).expanduser()
    except RuntimeError as error:
        raise NotFoundError(f"nobody's home is {url!r}", "check the name after '~'") from error


def absolute_url(url: str) -> str:
    """Return a URL that means the same from any working directory: of a path, a ``file://`` URL."""
    return local_path(url).absolute().as_uri() if scheme_of(url) == "file" else url


class LocalStore:
    """Files of this machine. A write is a hidden part file beside the target, then a rename."""

    def list(self, url: str) -> Iterator[Entry]:
        """Yield the files that a path, a directory (``/`` at the end) or wildcards name."""
        path = local_path(url)
        with store_errors(path):
            if url.endswith("/"):
                found = _directory(path, url)
            elif glob.has_magic(str(path)) and not path.exists():
                found = _matching(path, url)
            else:
                found = [path]
        yield from map(self._entry, found)

    @staticmethod
    def _entry(path: Path) -> Entry:
        with store_errors(path):
            if _leads_nowhere(path):
                raise NotFoundError(
                    f"{str(path)!r} is a link to {str(path.readlink())!r}, which is not there",
                    "mend the link, or remove it",
                )
            stat = path.stat()
            regular = path.is_file()
            if path.is_dir():
                raise StoreError(
                    f"{str(path)!r} is a directory", "end it in '/' to read the files in it"
                )
        size = stat.st_size if regular else None
        return Entry(url=str(path), size=size, rereadable=regular)

    def open(self, url: str, *, offset: int = 0, length: int | None = None) -> BinaryIO:
        """Open for reading, from byte ``offset`` on, at most ``length`` bytes."""
        path = local_path(url)
        with store_errors(path):
            raw = PipeReader(path) if is_pipe(path) else RawFile(path, "rb", name=str(path))
            if offset:
                try:
                    raw.seek(offset)
                except OSError:
                    raw.close()
                    raise
        if length is None:
            return cast(BinaryIO, raw)
        from records_mover.url.bounded import BoundedReader

        return cast(BinaryIO, BoundedReader(raw, length))

    def write(self, url: str, *, private: bool = False) -> AbstractContextManager[BinaryIO]:
        """Write to a hidden part file; rename it over the target when the block ends well.

        As with ``>``, a symbolic link is followed, the mode of a file that is there is kept, and a
        file that may not be written to is refused. One that is ``private`` is its owner's alone.
        """
        return self._write(url, private=private)

    def write_while(self, url: str, check: Callable[[], None]) -> AbstractContextManager[BinaryIO]:
        """Write; ``check`` ends a wait for whoever reads a pipe by raising."""
        return self._write(url, check=check)

    @contextmanager
    def _write(
        self, url: str, *, private: bool = False, check: Callable[[], None] = lambda: None
    ) -> Iterator[BinaryIO]:
        path = local_path(url)
        with store_errors(path):
            there = path.exists()
            device = there and not path.is_file()
            if not device:  # what /dev/stdout is a link to has no name where it is a pipe
                path = Path(os.path.realpath(path))
            if there and not os.access(path, os.W_OK):
                raise StoreError(f"no permission for {str(path)!r}", "check who may use it")
        with _device(path, check) if device else _whole(path, private=private) as sink:
            yield sink

    def is_stream(self, url: str) -> bool:
        """Whether a pipe or a device is there."""
        path = local_path(url)
        with store_errors(path):
            return path.exists() and not (path.is_file() or path.is_dir())

    def make_folder(self, url: str) -> None:
        """Make the folder, and those above it, unless they are there."""
        path = local_path(url)
        with store_errors(path):
            path.mkdir(parents=True, exist_ok=True)

    def delete(self, url: str) -> None:
        """Delete a file."""
        path = local_path(url)
        with store_errors(path):
            path.unlink()

    def copy(self, source: str, target: str) -> None:
        """Copy a file in the kernel where it can, visible when whole."""
        with self.open(source) as reader, self.write(target) as sink:
            with suppress(OSError):
                while os.copy_file_range(reader.fileno(), sink.fileno(), 1 << 30):
                    pass
            shutil.copyfileobj(reader, sink, _BLOCK)

    def size(self, url: str) -> int | None:
        """Return the size in bytes; None for pipes and devices."""
        return self._entry(local_path(url)).size

    def folders(self, url: str) -> Iterator[str]:
        """Yield the folders directly below a folder, each ending in ``/``."""
        path = local_path(url)
        if path.is_dir():
            with store_errors(path):
                yield from sorted(f"{child}/" for child in path.iterdir() if child.is_dir())

    def purge(self, url: str) -> None:
        """Delete a folder and everything below it; to have nothing there is no error."""
        path = local_path(url)
        with store_errors(path), suppress(FileNotFoundError):
            shutil.rmtree(path)


def _directory(path: Path, url: str) -> list[Path]:
    if not path.is_dir():
        raise NotFoundError(f"there is no directory {url!r}", "check the path")
    files = [child for child in path.iterdir() if child.is_file() or _leads_nowhere(child)]
    return sorted(child for child in files if not child.name.endswith(_PART))


def _matching(path: Path, url: str) -> list[Path]:
    found = sorted(Path(name) for name in glob.glob(str(path)))  # noqa: PTH207 - as typed
    found = [child for child in found if child.is_file() or _leads_nowhere(child)]
    if not found:
        raise NotFoundError(f"no file matches {url!r}", "check the pattern")
    return found


def _leads_nowhere(path: Path) -> bool:
    """Whether this is a link to what is not there, whose rows must not be missed in silence.

    Hidden ones are no data; editors lock files by such links.
    """
    return path.name[:1] not in ("_", ".") and path.is_symlink() and not path.exists()


@contextmanager
def _device(path: Path, check: Callable[[], None]) -> Iterator[BinaryIO]:
    """Write to what is no regular file, as it comes."""
    with store_errors(path):
        pipe = is_pipe(path)
        raw = PipeWriter.to(path, check) if pipe else RawFile(path, "wb", name=str(path))
    with buffered_writer(raw) as sink:
        yield sink


@contextmanager
def _whole(path: Path, *, private: bool) -> Iterator[BinaryIO]:
    """Write to a part file that becomes ``path`` when the block ends well, else nothing.

    Until then nobody else can read it, nor write into it, whatever the umask.
    """
    _sweep(path)
    with store_errors(path):
        part, raw = _part_file(path)
    sink = buffered_writer(raw)
    try:
        yield sink
        sink.flush()
        with store_errors(path):
            # No fsync: it costs as much as the writing itself, and guards against power cuts alone.
            if not private:
                part.chmod(_mode_for(path))
            sink.close()
            part.replace(path)
    except BaseException:
        with suppress(StoreError, ValueError):  # what was buffered is not wanted any more
            sink.close()
        raw.close()
        part.unlink(missing_ok=True)
        raise


def _part_file(path: Path) -> tuple[Path, RawFile]:
    """Create a part file and lock it, so that nobody takes it for a stray.

    A sweeper may hold it for a moment after it was made, and remove it; then another one is made.
    Where files cannot be locked, nobody sweeps either.
    """
    while True:
        part = path.with_name(f"{_part_prefix(path)}{os.urandom(4).hex()}{_PART}")
        raw = RawFile(part, "xb", name=str(path), permissions=0o600)
        with suppress(OSError):
            fcntl.flock(raw, fcntl.LOCK_EX)
        if os.fstat(raw.fileno()).st_nlink:
            return part, raw
        raw.close()


def _mode_for(path: Path) -> int:
    """Return the mode that a file has, or that a new one would get."""
    with suppress(FileNotFoundError):
        return stat.S_IMODE(path.stat().st_mode)
    return 0o666 & ~_umask()


def _umask() -> int:
    """Read the umask, if possible without setting it, as other threads make files meanwhile."""
    with (
        suppress(OSError, ValueError, StopIteration),
        open(  # noqa: PTH123
            "/proc/self/status", encoding="ascii", errors="replace"
        ) as file,
    ):
        return int(next(line for line in file if line.startswith("Umask:")).split()[1], 8)
    found = os.umask(0o077)
    os.umask(found)
    return found


def _part_prefix(path: Path) -> str:
    return f".{os.fsdecode(os.fsencode(path.name)[:_NAME_BYTES])}."


def _sweep(path: Path) -> None:
    """Remove part files that a killed move left beside ``path``: those that nobody has locked."""
    prefix = _part_prefix(path)
    with suppress(OSError):
        for stray in path.parent.iterdir():
            if stray.name.startswith(prefix) and stray.name.endswith(_PART):
                _remove_unlocked(stray)


def _remove_unlocked(stray: Path) -> None:
    with suppress(OSError), stray.open("rb") as held:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        stray.unlink()
