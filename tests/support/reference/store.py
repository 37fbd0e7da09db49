"""Files of this machine behind URLs of another scheme, whose paths are percent-encoded nowhere."""

from __future__ import annotations

import fnmatch
import io
import secrets
import shutil
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from records_mover.errors import NotFoundError
from records_mover.secret import Secret
from records_mover.url import Entry, StoreAccess

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["ReferenceStore"]

SCHEME = "reference://"
PART = ".part"


class ReferenceStore:
    """Each file appears by a rename."""

    def list(self, url: str) -> Iterator[Entry]:
        """Yield the files of a folder, those that match, or one."""
        path = self.path(url)
        if url.endswith("/"):
            found = [each for each in sorted(path.glob("*")) if each.is_file()]
        elif path.is_file():
            found = [path]
        else:
            near = sorted(path.parent.glob("*"))
            found = [each for each in near if fnmatch.fnmatch(each.name, path.name)]
        found = [each for each in found if each.suffix != PART]
        if not found and not (url.endswith("/") and path.is_dir()):
            raise NotFoundError(f"there is nothing at {url!r}", "check the name")
        return (Entry(url=f"{SCHEME}{each}", size=each.stat().st_size) for each in found)

    def open(self, url: str, *, offset: int = 0, length: int | None = None) -> BinaryIO:
        """Open for reading."""
        try:
            stream = self.path(url).open("rb")
        except FileNotFoundError as error:
            raise NotFoundError(f"there is nothing at {url!r}", "check the name") from error
        stream.seek(offset)
        if length is None:
            return stream
        with stream:
            return io.BytesIO(stream.read(length))

    @contextmanager
    def write(self, url: str) -> Iterator[BinaryIO]:
        """Write beside the name, and rename."""
        path = self.path(url)
        part = path.with_name(f"{secrets.token_hex(8)}{PART}")
        try:
            with part.open("wb") as sink:
                yield sink
            part.replace(path)
        finally:
            part.unlink(missing_ok=True)

    def make_folder(self, url: str) -> None:
        """Make a folder."""
        self.path(url).mkdir(parents=True, exist_ok=True)

    def delete(self, url: str) -> None:
        """Delete a file."""
        self.path(url).unlink()

    def copy(self, source: str, target: str) -> None:
        """Copy a file, which appears whole."""
        with self.open(source) as stream, self.write(target) as sink:
            shutil.copyfileobj(stream, sink)

    def size(self, url: str) -> int | None:
        """Return the size."""
        try:
            return self.path(url).stat().st_size
        except FileNotFoundError as error:
            raise NotFoundError(f"there is nothing at {url!r}", "check the name") from error

    def access(self, url: str) -> StoreAccess:
        """Let a server in by a key that does not print."""
        del url
        return StoreAccess(access_key=Secret("AK-reference"), secret_key=Secret("a-reference-key"))

    def path(self, url: str) -> Path:
        """Return the path that a URL names."""
        return Path(url.removeprefix(SCHEME))
