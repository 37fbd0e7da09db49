"""Files and folders as objects, by their names in 1.x; the stores do the work."""

from __future__ import annotations

import io
import json
import secrets
import time
import warnings
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, BinaryIO, cast

from records_mover.errors import EndpointError, NotFoundError, StoreError
from records_mover.streams import CountedSink
from records_mover.url.scratch import ScratchStore
from records_mover.url.store import scheme_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from records_mover.url.store import Store

    StoreOf = Callable[[str], Store]

__all__ = ["BaseDirectoryUrl", "BaseFileUrl", "UrlResolver"]

_BLOCK = 1 << 20
_WAIT = 60.0


class UrlResolver:
    """Makes objects of URLs; ``store_of`` gives the store that owns one."""

    def __init__(self, store_of: StoreOf, *, session: object = None) -> None:
        self._store_of = store_of
        self.session = session

    def file_url(self, url: str) -> BaseFileUrl:
        """Return the file that a URL names; ``EndpointError`` for one of a folder."""
        if url.endswith("/"):
            raise EndpointError(f"{url!r} is a folder", "name a file, or ask for directory_url")
        self._store_of(url)
        return BaseFileUrl(url, self._store_of)

    def directory_url(self, url: str) -> BaseDirectoryUrl:
        """Return the folder that a URL names; ``EndpointError`` where ``/`` is not its last."""
        if not url.endswith("/"):
            raise EndpointError(f"{url!r} is no folder", "write it with / last")
        self._store_of(url)
        return BaseDirectoryUrl(url, self._store_of)


class _Url:
    """A place in a store. Whatever the store cannot do raises ``StoreError``."""

    def __init__(self, url: str, store_of: StoreOf) -> None:
        self.url = url
        self._store_of = store_of

    @property
    def scheme(self) -> str:
        """The scheme of the URL; of a plain path it is ``file``."""
        return scheme_of(self.url)

    @property
    def _store(self) -> Store:
        return self._store_of(self.url)

    def filename(self) -> str:
        """Return the last part of the URL."""
        return self.url.rstrip("/").rpartition("/")[2]

    def containing_directory(self) -> BaseDirectoryUrl:
        """Return the folder that this is in."""
        return BaseDirectoryUrl(f"{self.url.rstrip('/').rpartition('/')[0]}/", self._store_of)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, _Url):
            return NotImplemented
        return self.url == other.url

    def __hash__(self) -> int:
        return hash(self.url)

    def __str__(self) -> str:
        return self.url

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.url!r})"


class BaseFileUrl(_Url):
    """A file, which need not be there."""

    def open(self, mode: str = "rb") -> BinaryIO:
        """Open it as binary, to read (``rb``) or to write (``wb``).

        What is written appears, whole, when it is closed; nothing, where a ``with`` block around it
        ends by an exception, or nobody closes it. Raises ``NotFoundError``, a
        ``FileNotFoundError``, for a missing one.
        """
        if mode == "rb":
            return self._store.open(self.url)
        if mode != "wb":
            raise StoreError(f"{self.url!r} cannot be opened as {mode!r}", "use 'rb' or 'wb'")
        return cast(BinaryIO, _Written(self._store.write(self.url), self.url))

    def exists(self) -> bool:
        """Whether it is there."""
        try:
            self._store.size(self.url)
        except NotFoundError:
            return False
        return True

    def size(self) -> int | None:
        """Return its size in bytes, or None where the store cannot say."""
        return self._store.size(self.url)

    def delete(self) -> None:
        """Delete it."""
        self._store.delete(self.url)

    def is_directory(self) -> bool:
        """Say that this is a file."""
        return False

    def string_contents(self, encoding: str = "utf-8") -> str:
        """Return all that is in it as text."""
        with self.open() as stream:
            return stream.read().decode(encoding)

    def store_string(self, contents: str) -> None:
        """Write a text in UTF-8."""
        with self.open("wb") as sink:
            sink.write(contents.encode("utf-8"))

    def json_contents(self) -> Any:
        """Return what its JSON says; None for an empty file."""
        text = self.string_contents()
        return json.loads(text) if text else None

    def upload_fileobj(self, fileobj: BinaryIO, mode: str = "wb") -> int:
        """Write what is left of a binary stream, and return how many bytes that were."""
        with self.open(mode) as sink:
            counted = CountedSink(sink)
            _copy(fileobj, cast(BinaryIO, counted))
            return counted.written

    def download_fileobj(self, output_fileobj: BinaryIO) -> None:
        """Write all that is in it to a binary stream."""
        with self.open() as stream:
            _copy(stream, output_fileobj)

    def copy_to(self, other: BaseFileUrl) -> BaseFileUrl:
        """Copy it, within its store where both are in one; return the copy."""
        if other.scheme == self.scheme:
            self._store.copy(self.url, other.url)
        else:
            with self.open() as stream:
                other.upload_fileobj(stream)
        return other

    def concatenate_from(self, other_locs: Sequence[BaseFileUrl]) -> int:
        """Write the bytes of several files, one after the other; return how many that were."""
        with self.open("wb") as sink:
            counted = CountedSink(sink)
            for other in other_locs:
                other.download_fileobj(cast(BinaryIO, counted))
            return counted.written

    def rename_to(self, new: BaseFileUrl) -> BaseFileUrl:
        """Copy it, and delete it then; return the new one."""
        self.copy_to(new)
        self.delete()
        return new

    def wait_to_exist(self, log_level: int = 0, ms_between_polls: int = 50) -> None:
        """Wait until it is there; for a minute at most, and then raise ``NotFoundError``."""
        del log_level
        deadline = time.monotonic() + _WAIT
        while not self.exists():
            if time.monotonic() > deadline:
                raise NotFoundError(f"{self.url!r} did not appear", "see who was to write it")
            time.sleep(ms_between_polls / 1000)

    def file_in_this_directory(self, filename: str) -> BaseFileUrl:
        """Return a file beside this one."""
        return self.containing_directory().file_in_this_directory(filename)

    def directory_in_this_directory(self, directory_name: str) -> BaseDirectoryUrl:
        """Return a folder beside this file."""
        return self.containing_directory().directory_in_this_directory(directory_name)

    @contextmanager
    def temporary_directory(self) -> Iterator[BaseDirectoryUrl]:
        """Give a new folder beside this file, which is gone when the block ends."""
        with self.containing_directory().temporary_directory() as folder:
            yield folder


class BaseDirectoryUrl(_Url):
    """A folder; its URL ends in ``/``."""

    def is_directory(self) -> bool:
        """Say that this is a folder."""
        return True

    def file_in_this_directory(self, filename: str) -> BaseFileUrl:
        """Return a file in it, which need not be there."""
        return BaseFileUrl(f"{self.url}{filename}", self._store_of)

    def directory_in_this_directory(self, directory_name: str) -> BaseDirectoryUrl:
        """Return a folder in it, which need not be there."""
        return BaseDirectoryUrl(f"{self.url}{directory_name.rstrip('/')}/", self._store_of)

    def make(self) -> None:
        """Make it, where folders must be made, unless it is there."""
        self._store.make_folder(self.url)

    def files_in_directory(self) -> list[BaseFileUrl]:
        """List the files directly below it, however many they are."""
        return [BaseFileUrl(entry.url, self._store_of) for entry in self._store.list(self.url)]

    def directories_in_directory(self) -> list[BaseDirectoryUrl]:
        """List the folders directly below it."""
        return [BaseDirectoryUrl(url, self._store_of) for url in self._whole.folders(self.url)]

    def files_and_directories_in_directory(self) -> list[BaseFileUrl | BaseDirectoryUrl]:
        """List what is directly below it."""
        return [*self.files_in_directory(), *self.directories_in_directory()]

    def files_matching_prefix(self, prefix: str) -> list[BaseFileUrl]:
        """List the files directly below it whose names begin so."""
        return [file for file in self.files_in_directory() if file.filename().startswith(prefix)]

    def purge_directory(self) -> None:
        """Delete everything below it."""
        self._whole.purge(self.url)

    def copy_to(self, other_loc: BaseDirectoryUrl) -> BaseDirectoryUrl:
        """Copy all that is below it, folders included; return the copy."""
        other_loc.make()
        for file in self.files_in_directory():
            file.copy_to(other_loc.file_in_this_directory(file.filename()))
        for folder in self.directories_in_directory():
            folder.copy_to(other_loc.directory_in_this_directory(folder.filename()))
        return other_loc

    @contextmanager
    def temporary_directory(self) -> Iterator[BaseDirectoryUrl]:
        """Give a new folder in this one, which is gone when the block ends."""
        folder = self.directory_in_this_directory(secrets.token_urlsafe(8))
        folder.make()
        try:
            yield folder
        finally:
            folder.purge_directory()

    @property
    def _whole(self) -> ScratchStore:
        store = self._store
        if not isinstance(store, ScratchStore):
            raise StoreError(f"the store of {self.url!r} has no folders", "name files one by one")
        return store


class _Written(io.BufferedWriter):
    """A file that appears when it is closed, unless a block around it has failed."""

    def __init__(self, opened: Any, url: str) -> None:
        self._opened, self._url = opened, url
        super().__init__(CountedSink(opened.__enter__()), _BLOCK)

    def close(self) -> None:
        """Show the file; where that fails, there is none."""
        if self.closed:
            return
        try:
            super().close()
        except BaseException as error:
            self._abandon(error)
            raise
        self._opened.__exit__(None, None, None)

    def __exit__(self, kind: Any, error: Any, traceback: Any) -> None:
        if error is None:
            self.close()
        else:
            self._abandon(error)

    def __del__(self) -> None:
        """Show nothing that nobody has closed: who knows whether it is whole."""
        if getattr(self, "raw", None) is None or self.closed:
            return
        warnings.warn(f"{self._url!r} was not closed, and is not written", ResourceWarning, 2)
        self._abandon(GeneratorExit())

    def _abandon(self, error: BaseException) -> None:
        """Leave what was there before, and nothing of this."""
        self.raw.close()
        self._opened.__exit__(type(error), error, error.__traceback__)


def _copy(source: BinaryIO, sink: BinaryIO) -> None:
    while block := source.read(_BLOCK):
        sink.write(block)
