"""Where an export goes: a directory of the server, or keys below one in S3."""

from __future__ import annotations

import secrets
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from vertica_server.errors import VerticaError
from vertica_server.store import Store, from_session, is_object_url, split_url

if TYPE_CHECKING:
    from vertica_server.session import Session

__all__ = ["Place", "open_place"]


@dataclass(slots=True)
class Place:
    """A directory that is written to; in S3 what was written stays after a failure."""

    path: str
    store: Store | None
    stem: str

    def write(self, name: str, data: bytes) -> None:
        """Write a file."""
        if self.store is not None:
            self.store.write(f"{self.path}/{name}", data)
            return
        target = Path(self.path) / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(data)

    def name(self, number: int, extension: str) -> str:
        """Return the name of a file: where it was made, and by whom."""
        return f"{self.stem}-{number}.{extension}" if extension else f"{self.stem}-{number}"


def open_place(directory: str, if_exists: str, session: Session) -> Place:
    """Check that the directory may be written to."""
    stem = f"{secrets.token_hex(4)}-v_{session.config.database}_node0001-{session.number}"
    path = directory.rstrip("/")
    store = None
    if is_object_url(directory):
        bucket, _ = split_url(directory)
        store = from_session(session, bucket)
        found = [f"s3://{bucket}/{key}" for key, _ in store.listed(f"{path}/")]
    else:
        found = [path] if Path(path).exists() else []
    if found and if_exists == "fail":
        raise VerticaError(
            f"Unable to export: directory [{directory}] already exists", sqlstate="42710", code=7108
        )
    if found and if_exists == "overwrite":
        if store is None:
            shutil.rmtree(path)
        else:
            for url in found:
                store.delete(url)
    return Place(path, store, stem)
